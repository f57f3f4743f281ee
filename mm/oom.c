/* SPDX-License-Identifier: MIT */
/*
 * The last resort when memory is short: the process whose end frees most is killed (proc(5):
 * oom_score, oom_score_adj). While a victim is dying nobody else is killed: the victim may use the
 * reserve (TIF_MEMDIE), others wait for it.
 */
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include <mm/mm.h>
#include <mm/vmstat.h>

#include "internal.h"

#define OOM_ADJ_NEVER (-1000)
#define WAIT_NS	      (100ll * 1000 * 1000)

static DEFINE_MUTEX(oom_lock);
static DECLARE_WAIT_QUEUE_HEAD(oom_waits);
static atomic_t victims_done; /* counts address spaces given back */

/* Pages that the process's end would free. RCU. */
static long process_pages(struct task_struct *p)
{
	struct task_struct *t;
	long pages = 0;

	for_each_thread(p, t) {
		task_lock(t);
		if (t->mm)
			pages = get_mm_rss(t->mm) + get_mm_counter(t->mm, MM_SWAPENTS) +
				(atomic_long_read(&t->mm->pgtables_bytes) >> PAGE_SHIFT);
		task_unlock(t);
		if (pages)
			break;
	}
	return pages;
}

long oom_badness(struct task_struct *p, unsigned long totalpages)
{
	int adj = READ_ONCE(p->signal->oom_score_adj);
	long pages;

	if (is_global_init(p) || (p->flags & PF_KTHREAD) || adj == OOM_ADJ_NEVER)
		return LONG_MIN;
	rcu_read_lock();
	pages = process_pages(p);
	rcu_read_unlock();
	return pages ? pages + adj * (long)(totalpages / 1000) : LONG_MIN;
}

/* With a reference; NULL: nobody. *dying: a victim has not finished yet. */
static struct task_struct *choose_victim(bool *dying)
{
	struct task_struct *p, *worst = NULL;
	long most = LONG_MIN;

	rcu_read_lock();
	for_each_process(p) {
		long points;

		if (test_tsk_thread_flag(p, TIF_MEMDIE) && process_pages(p)) {
			*dying = true;
			break;
		}
		points = oom_badness(p, totalram_pages);
		if (points > most) {
			most = points;
			worst = p;
		}
	}
	if (worst)
		get_task_struct(worst);
	rcu_read_unlock();
	return worst;
}

static void kill_process(struct task_struct *p, gfp_t gfp, unsigned int order)
{
	struct task_struct *t;

	pr_err("Out of memory: Killed process %d (%s) rss:%lukB oom_score_adj:%d; "
	       "asked for by %s, order %u, gfp %#x\n",
	       p->tgid, p->comm, process_pages(p) << (PAGE_SHIFT - 10), p->signal->oom_score_adj,
	       current->comm, order, (__force unsigned int)gfp);
	inc_vmstat(OOM_KILL);
	for_each_thread(p, t) {
		set_tsk_thread_flag(t, TIF_MEMDIE);
		if (t->mm)
			set_bit(MMF_OOM_VICTIM, &t->mm->flags);
	}
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	struct task_struct *victim;
	bool dying = false;

	if (!__cond_lock(&oom_lock, mutex_trylock(&oom_lock)))
		return true;
	victim = choose_victim(&dying);
	if (victim && !dying) {
		rcu_read_lock();
		kill_process(victim, gfp, order);
		rcu_read_unlock();
	}
	if (victim)
		put_task_struct(victim);
	mutex_unlock(&oom_lock);
	return victim || dying;
}

void oom_wait(void)
{
	int seen = atomic_read(&victims_done);

	wait_event_hrtimeout_state(oom_waits, atomic_read(&victims_done) != seen, TASK_KILLABLE,
				   WAIT_NS);
}

void oom_victim_done(struct mm_struct *mm)
{
	if (likely(!test_bit(MMF_OOM_VICTIM, &mm->flags)))
		return;
	atomic_inc(&victims_done);
	wake_up_all(&oom_waits);
}
