/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update. Readers hold preemption off. Callbacks are pushed on a per-CPU lock-free
 * list; one kernel thread takes all lists at once, waits for a grace period and runs them, so
 * there is one grace period a batch.
 *
 * Grace period: the thread marks every other online CPU (need_qs) and sleeps until each has
 * reported: by a context switch, by going idle, or by a tick that found it in user mode. A CPU
 * that is idle already (dynticks even) needs no report.
 *
 *   thread                         CPU going idle
 *   need_qs = true  (seq_cst)      dynticks++ to even (seq_cst)
 *   read dynticks   (seq_cst)      read need_qs       (seq_cst)
 * so at least one of the two sees the other. With one CPU online there can be no reader while the
 * thread runs: no wait at all.
 */
#include <kernel/bug.h>
#include <kernel/completion.h>
#include <kernel/kthread.h>
#include <kernel/percpu.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <kernel/wait.h>

struct rcu_data {
	_Atomic bool need_qs;
	_Atomic unsigned int dynticks; /* odd: not idle */
	_Atomic(struct rcu_head *) cbs; /* newest first */
	unsigned int nr;
};

#define RCU_URGENT 512 /* callbacks on one CPU after which the batch does not wait for the tick */

static DEFINE_PER_CPU(struct rcu_data, rcu_data);
static DECLARE_WAIT_QUEUE_HEAD(rcu_wait);
static DECLARE_WAIT_QUEUE_HEAD(rcu_qs_wait);
static _Atomic bool rcu_wanted;
static _Atomic int rcu_outstanding; /* CPUs yet to report */
static struct task_struct *rcu_task;

static void rcu_kick(void)
{
	if (!atomic_exchange_explicit(&rcu_wanted, true, memory_order_seq_cst))
		wake_up(&rcu_wait);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct rcu_data *rd;
	struct rcu_head *old;

	head->func = func;
	preempt_disable();
	rd = this_cpu_ptr(&rcu_data);
	old = atomic_load_explicit(&rd->cbs, memory_order_relaxed);
	do {
		head->next = old;
	} while (!atomic_compare_exchange_weak_explicit(&rd->cbs, &old, head, memory_order_release,
							memory_order_relaxed));
	if (unlikely(++rd->nr >= RCU_URGENT)) {
		rd->nr = 0;
		rcu_kick();
	}
	preempt_enable();
}

static noinline void rcu_report_qs(struct rcu_data *rd)
{
	if (atomic_exchange_explicit(&rd->need_qs, false, memory_order_seq_cst) &&
	    atomic_fetch_sub_explicit(&rcu_outstanding, 1, memory_order_seq_cst) == 1)
		wake_up(&rcu_qs_wait);
}

/* IRQs off, before the runqueue lock is taken. */
void rcu_note_context_switch(void)
{
	struct rcu_data *rd = this_cpu_ptr(&rcu_data);

	if (unlikely(atomic_load_explicit(&rd->need_qs, memory_order_relaxed)))
		rcu_report_qs(rd);
}

void rcu_idle_enter(void)
{
	struct rcu_data *rd = this_cpu_ptr(&rcu_data);

	if (atomic_load_explicit(&rd->cbs, memory_order_relaxed))
		rcu_kick(); /* no tick will do it */
	atomic_fetch_add_explicit(&rd->dynticks, 1, memory_order_seq_cst);
	if (unlikely(atomic_load_explicit(&rd->need_qs, memory_order_seq_cst)))
		rcu_report_qs(rd);
}

void rcu_idle_exit(void)
{
	atomic_fetch_add_explicit(&this_cpu_ptr(&rcu_data)->dynticks, 1, memory_order_seq_cst);
}

void rcu_tick(bool from_user)
{
	struct rcu_data *rd = this_cpu_ptr(&rcu_data);

	if (atomic_load_explicit(&rd->need_qs, memory_order_relaxed)) {
		if (from_user)
			rcu_report_qs(rd);
		else
			set_tsk_need_resched_self();
	}
	if (atomic_load_explicit(&rd->cbs, memory_order_relaxed))
		rcu_kick();
}

/*
 * An interrupt handler that hit the idle loop may be a reader: the CPU counts as busy while it
 * runs.
 */
bool rcu_irq_enter(void)
{
	struct rcu_data *rd = this_cpu_ptr(&rcu_data);

	if (likely(atomic_load_explicit(&rd->dynticks, memory_order_relaxed) & 1))
		return false;
	atomic_fetch_add_explicit(&rd->dynticks, 1, memory_order_seq_cst);
	return true;
}

void rcu_irq_exit(bool was_idle)
{
	if (unlikely(was_idle))
		rcu_idle_enter();
}

static void rcu_wait_for_readers(void)
{
	unsigned int cpu;

	if (!IS_ENABLED(CONFIG_SMP) || num_online_cpus() == 1)
		return;
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store_explicit(&rcu_outstanding, 1, memory_order_seq_cst);
	preempt_disable();
	for_each_online_cpu(cpu) {
		struct rcu_data *rd = &per_cpu(rcu_data, cpu);

		if (cpu == smp_processor_id())
			continue;
		atomic_fetch_add_explicit(&rcu_outstanding, 1, memory_order_seq_cst);
		atomic_store_explicit(&rd->need_qs, true, memory_order_seq_cst);
		if (!(atomic_load_explicit(&rd->dynticks, memory_order_seq_cst) & 1))
			rcu_report_qs(rd);
	}
	preempt_enable();
	if (atomic_fetch_sub_explicit(&rcu_outstanding, 1, memory_order_seq_cst) != 1)
		wait_event(rcu_qs_wait,
			   atomic_load_explicit(&rcu_outstanding, memory_order_seq_cst) == 0);
	atomic_thread_fence(memory_order_seq_cst);
}

/* Takes every CPU's list; returns them as one, each in the order of call_rcu(). */
static struct rcu_head *rcu_collect(void)
{
	struct rcu_head *all = NULL;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct rcu_data *rd = &per_cpu(rcu_data, cpu);
		struct rcu_head *h = atomic_exchange_explicit(&rd->cbs, NULL, memory_order_acquire);

		while (h) {
			struct rcu_head *next = h->next;

			h->next = all;
			all = h;
			h = next;
		}
	}
	return all;
}

static int rcu_thread(void *unused)
{
	for (;;) {
		struct rcu_head *batch;

		wait_event_state(rcu_wait, atomic_load_explicit(&rcu_wanted, memory_order_seq_cst),
				 TASK_IDLE);
		atomic_store_explicit(&rcu_wanted, false, memory_order_seq_cst);
		batch = rcu_collect();
		if (batch)
			rcu_wait_for_readers();
		while (batch) {
			struct rcu_head *next = batch->next;

			batch->func(batch);
			batch = next;
			cond_resched();
		}
	}
	return 0;
}

struct rcu_sync {
	struct rcu_head head;
	struct completion done;
};

static void rcu_sync_done(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_sync, head)->done);
}

static void rcu_run_one_batch(void)
{
	struct rcu_sync s;

	init_completion(&s.done);
	call_rcu(&s.head, rcu_sync_done);
	rcu_kick();
	wait_for_completion(&s.done);
}

void synchronize_rcu(void)
{
	might_sleep();
	/* This task is no reader, and no other can be inside a section on this, the only CPU. */
	if (!rcu_task || !IS_ENABLED(CONFIG_SMP) || num_online_cpus() == 1)
		return;
	rcu_run_one_batch();
}

void rcu_barrier(void)
{
	/*
	 * The first batch may hold callbacks in any order; the second begins after all of it has
	 * run.
	 */
	if (rcu_task) {
		rcu_run_one_batch();
		rcu_run_one_batch();
	}
}

/* Each CPU, before it may read under RCU; the boot CPU also starts the thread. */
void rcu_init_cpu(void)
{
	atomic_store_explicit(&this_cpu_ptr(&rcu_data)->dynticks, 1, memory_order_seq_cst);
}

void rcu_init(void)
{
	struct task_struct *t = kthread_run(rcu_thread, NULL, "rcu");

	if (IS_ERR(t))
		panic("rcu: cannot start its thread: error %ld; give the machine more memory",
		      PTR_ERR(t));
	rcu_task = t;
}
