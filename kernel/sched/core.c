/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: sleeping, waking, switching.
 *
 * A task that wants to sleep sets its state, tests its condition and calls schedule(). A waker
 * takes pi_lock, sees the state, and either finds the task still on its runqueue (then the state
 * alone is put back to running) or waits until its last CPU has let go of it (->on_cpu) and
 * queues it.
 *
 *   sleeper                                waker
 *   state = X; full barrier                condition = true
 *   test condition                         lock pi_lock (full barrier after)
 *   schedule(): rq->lock; if (state)       if (state & X): read on_rq ...
 *     on_rq = 0 ... on_cpu = 0 (release)     on_cpu == 0 (acquire) -> enqueue
 */
#include <lib/string.h>
#include <arch/barrier.h>
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/clocksource.h>
#include <kernel/futex.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/rseq.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include "sched.h"

DEFINE_PER_CPU_ALIGNED(struct rq, runqueues);

void activate_task(struct rq *rq, struct task_struct *t, int flags)
{
	t->sched_class->enqueue(rq, t, flags);
	rq->nr_running++;
	WRITE_ONCE(t->on_rq, TASK_ON_RQ_QUEUED);
}

void deactivate_task(struct rq *rq, struct task_struct *t, int flags)
{
	/* Moving, it is in no queue but not asleep either: a waker must not queue it. */
	WRITE_ONCE(t->on_rq, flags & DEQUEUE_MOVED ? TASK_ON_RQ_MIGRATING : 0);
	rq->nr_running--;
	t->sched_class->dequeue(rq, t, flags);
}

/* Locks @t's pi_lock and the runqueue that it is (or was last) on. */
struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags)
{
	spin_lock_irqsave(&t->pi_lock, *flags);
	for (;;) {
		struct rq *rq = task_rq(t);

		spin_lock(&rq->lock);
		if (likely(rq == task_rq(t))) {
			update_rq_clock(rq);
			/* For sparse, which cannot see that task_rq_unlock() pairs with this. */
			__release(&rq->lock);
			__release(&t->pi_lock);
			return rq;
		}
		spin_unlock(&rq->lock);
	}
}

void task_rq_unlock(struct rq *rq, struct task_struct *t, unsigned long *flags)
{
	__acquire(&t->pi_lock);
	__acquire(&rq->lock);
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->pi_lock, *flags);
}

bool signal_pending_state(unsigned int state, struct task_struct *t)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)))
		return false;
	if (!signal_pending(t))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(t);
}

void check_preempt_curr(struct rq *rq, struct task_struct *t, int wake_flags)
{
	struct task_struct *curr = rq->curr;

	if (curr == rq->idle)
		resched_curr(rq);
	else if (t->sched_class == curr->sched_class)
		t->sched_class->check_preempt(rq, t, wake_flags);
	else if (t->sched_class->rank > curr->sched_class->rank)
		resched_curr(rq);
}

/*
 * @t is still on its runqueue: it set its state but did not get to schedule(). False: it left
 * meanwhile.
 */
static bool ttwu_runnable(struct task_struct *t, int wake_flags)
{
	struct rq *rq = task_rq(t);
	bool ret = false;

	spin_lock(&rq->lock);
	while (unlikely(rq != task_rq(t))) {
		spin_unlock(&rq->lock);
		rq = task_rq(t);
		spin_lock(&rq->lock);
	}
	if (t->on_rq) {
		if (!t->on_cpu) {
			update_rq_clock(rq);
			check_preempt_curr(rq, t, wake_flags);
		}
		WRITE_ONCE(t->__state, TASK_RUNNING);
		ret = true;
	}
	spin_unlock(&rq->lock);
	return ret;
}

/*
 * The other CPU is interrupted after its queue's lock is free: the first thing it wants is that
 * lock, and it would spin for as long as this CPU takes to come back from the interrupt controller,
 * which on a virtual machine is as long as the host likes.
 */
static void ttwu_queue(struct task_struct *t, unsigned int cpu, int wake_flags, bool moved)
{
	struct rq *rq = cpu_rq(cpu);
	bool kick;

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	activate_task(rq, t, ENQUEUE_WAKEUP | (moved ? ENQUEUE_MOVED : 0));
	WRITE_ONCE(t->__state, TASK_RUNNING);
	rq->defer_kick = true;
	check_preempt_curr(rq, t, wake_flags);
	kick = rq->kick;
	rq->kick = rq->defer_kick = false;
	spin_unlock(&rq->lock);
	if (kick)
		smp_send_reschedule(cpu);
}

bool try_to_wake_up(struct task_struct *t, unsigned int state, int wake_flags)
{
	unsigned long flags;
	unsigned int cpu;
	bool ret = false;

	if (t == current) {
		/* Its own state: nobody else can make it sleep now. */
		if (!(READ_ONCE(t->__state) & state))
			return false;
		WRITE_ONCE(t->__state, TASK_RUNNING);
		return true;
	}
	spin_lock_irqsave(&t->pi_lock, flags);
	/*
	 * Orders the caller's store of the condition before the load of the state; pairs with
	 * set_current_state().
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (!(READ_ONCE(t->__state) & state))
		goto out;
	ret = true;
	if (smp_load_acquire(&t->on_rq) && ttwu_runnable(t, wake_flags))
		goto out;
	if (IS_ENABLED(CONFIG_SMP))
		while (smp_load_acquire(&t->on_cpu))
			cpu_relax();
	if (t->flags & PF_IDLE || t->exit_state & EXIT_DEAD) {
		ret = false;
		goto out;
	}
	cpu = select_task_rq(t, wake_flags);
	if (cpu != task_cpu(t)) {
		/*
		 * Virtual time is each queue's own: carried over relative to it. A stale read
		 * costs fairness of one slice at most.
		 */
		t->se.vruntime -= READ_ONCE(task_rq(t)->cfs.min_vruntime);
		set_task_cpu(t, cpu);
		ttwu_queue(t, cpu, wake_flags, true);
	} else {
		ttwu_queue(t, cpu, wake_flags, false);
	}
out:
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return ret;
}

bool wake_up_state(struct task_struct *t, unsigned int state)
{
	return try_to_wake_up(t, state, 0);
}

bool wake_up_process(struct task_struct *t)
{
	return try_to_wake_up(t, TASK_NORMAL, 0);
}

/* What it runs at, of what it has and what it inherits. */
static void settle_prio(struct task_struct *t)
{
	t->prio = min(t->normal_prio, t->pi_prio);
	if (dl_policy(t->policy))
		t->sched_class = &dl_sched_class;
	else if (IS_ENABLED(CONFIG_SCHED_RT) && t->prio < MAX_RT_PRIO)
		t->sched_class = &rt_sched_class;
	else
		t->sched_class = &fair_sched_class;
}

static int normal_prio(const struct task_struct *t)
{
	if (dl_policy(t->policy))
		return DL_PRIO;
	if (rt_policy(t->policy))
		return MAX_RT_PRIO - 1 - (int)t->rt_priority;
	return t->static_prio;
}

int sched_fork(struct task_struct *t, unsigned long clone_flags)
{
	if (dl_policy(t->policy) && !t->sched_reset_on_fork)
		return -EAGAIN; /* one share is not for two */
	t->__state = TASK_NEW;
	t->on_rq = 0;
	t->on_cpu = 0;
	t->nvcsw = t->nivcsw = 0;
	t->utime = t->stime = 0;
	memset(&t->se, 0, sizeof(t->se));
	INIT_LIST_HEAD(&t->rt.run_list);
	RB_CLEAR_NODE(&t->se.run_node);
	if (unlikely(t->sched_reset_on_fork)) {
		if (rt_policy(t->policy) || dl_policy(t->policy)) {
			t->policy = SCHED_NORMAL;
			t->static_prio = NICE_TO_PRIO(0);
			t->rt_priority = 0;
		} else if (PRIO_TO_NICE(t->static_prio) < 0) {
			t->static_prio = NICE_TO_PRIO(0);
		}
		t->sched_reset_on_fork = false;
	}
	t->normal_prio = normal_prio(t);
	t->pi_prio = PI_PRIO_NONE;
	settle_prio(t);
	set_load_weight(t);
	preempt_count_init_task(t);
	return 0;
}

void wake_up_new_task(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq;

	spin_lock_irqsave(&t->pi_lock, flags);
	WRITE_ONCE(t->__state, TASK_RUNNING);
	set_task_cpu(t, select_task_rq(t, 0));
	rseq_preempt(t); /* its copy of the area names the parent's CPU */
	rq = task_rq(t);
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	activate_task(rq, t, ENQUEUE_NEW);
	check_preempt_curr(rq, t, 0);
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}

/* Runs on the new task's stack, IRQs off, rq->lock held since the switch. */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *mm = rq->prev_mm;
	bool dead = READ_ONCE(prev->__state) == TASK_DEAD;
	bool migrating = READ_ONCE(prev->on_rq) == TASK_ON_RQ_MIGRATING;

	__acquire(&rq->lock); /* since __schedule() of the task before */
	lock_acquire(&rq->lock.dep_map, 0, false, true, LOCKDEP_SPIN, _RET_IP_);
	rq->prev_mm = NULL;
	smp_store_release(&prev->on_cpu, 0); /* pairs with try_to_wake_up()'s acquire */
	spin_unlock_irq(&rq->lock);
	if (unlikely(mm))
		mmdrop(mm);
	if (unlikely(dead))
		sched_dead(prev);
	else if (unlikely(migrating))
		finish_migration(prev);
}

void schedule_tail(struct task_struct *prev)
{
	/*
	 * A new task starts with a count of one, which the unlock takes back; kernels that do not
	 * count take it here.
	 */
	if (!PREEMPT_COUNTED)
		preempt_count_sub(PREEMPT_OFFSET);
	finish_task_switch(prev);
	if (current->set_child_tid)
		put_user(task_pid_nr(current), current->set_child_tid);
}

/*
 * A kernel thread runs on whatever address space is loaded; it holds a reference on it meanwhile.
 */
static void switch_mm(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm)
			mmgrab(prev->active_mm);
		else
			prev->active_mm = NULL;
		return;
	}
	if (prev->active_mm != next->mm)
		arch_switch_mm(prev->active_mm, next->mm);
	if (!prev->mm) {
		membarrier_lazy_return(next->mm);
		rq->prev_mm = prev->active_mm;
		prev->active_mm = NULL;
	}
}

static __always_inline void context_switch(struct rq *rq, struct task_struct *prev,
					   struct task_struct *next)
{
	WRITE_ONCE(next->on_cpu, 1);
	rseq_preempt(prev);
	switch_mm(rq, prev, next);
	preempt_count_switch(prev, next);
	/*
	 * The lock changes hands with the CPU: for the checker this task gives it up and the next
	 * one takes it.
	 */
	lock_release(&rq->lock.dep_map, _RET_IP_);
	prev = arch_switch_to(prev, next);
	barrier();
	finish_task_switch(prev);
}

/* Not all that is runnable is fair. */
static noinline struct task_struct *pick_next_urgent(struct rq *rq)
{
	struct task_struct *t = NULL;

	if (dl_queued(rq))
		t = dl_sched_class.pick_next(rq);
	if (!t && rq->rt.nr)
		t = rt_sched_class.pick_next(rq);
	return t;
}

static struct task_struct *pick_next_task(struct rq *rq)
{
	struct task_struct *t;

	if (IS_ENABLED(CONFIG_SCHED_RT) && unlikely(rq->nr_running != rq->cfs.nr)) {
		t = pick_next_urgent(rq);
		if (t)
			return t;
	}
	t = fair_sched_class.pick_next(rq);
	if (likely(t))
		return t;
	if (newidle_balance(rq))
		return pick_next_task(rq);
	return rq->idle;
}

/*
 * @prev's mask no longer has this CPU: it is queued elsewhere once its stack is free
 * (finish_task_switch).
 */
static void leave_forbidden_cpu(struct rq *rq, struct task_struct *prev)
{
	prev->migrate_pending = false;
	if (cpumask_test_cpu(rq->cpu, &prev->cpus_mask))
		return;
	deactivate_task(rq, prev, DEQUEUE_MOVED);
	WRITE_ONCE(prev->on_rq, TASK_ON_RQ_MIGRATING);
}

/*
 * @preempt: the switch was not asked for, so a state other than running is left alone and the
 * task stays queued.
 */
static void __schedule(bool preempt)
{
	struct task_struct *prev = current, *next;
	unsigned int state;
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	rcu_note_context_switch();
	spin_lock(&rq->lock);
	/* Full barrier after set_current_state() came with that call. */
	update_rq_clock(rq);
	state = READ_ONCE(prev->__state);
	if (!preempt && state) {
		if (unlikely(signal_pending_state(state, prev)))
			WRITE_ONCE(prev->__state, TASK_RUNNING);
		else
			deactivate_task(rq, prev, DEQUEUE_SLEEP);
		prev->nvcsw++;
	} else {
		prev->nivcsw++;
	}
	if (prev != rq->idle)
		prev->sched_class->put_prev(rq, prev);
	if (unlikely(prev->migrate_pending) && prev->on_rq)
		leave_forbidden_cpu(rq, prev);
	next = pick_next_task(rq);
	clear_tsk_thread_flag(prev, TIF_NEED_RESCHED);
	clear_preempt_need_resched();
	if (likely(prev != next)) {
		rq->nr_switches++;
		account_switch(rq, prev, next);
		smp_mb__after_spinlock(); /* membarrier.c */
		WRITE_ONCE(rq->curr, next);
		context_switch(rq, prev, next);
		__release(&rq->lock); /* finish_task_switch() dropped it */
	} else {
		spin_unlock_irq(&rq->lock);
	}
}

void schedule(void)
{
	run_sleep_hook();
	do {
		preempt_disable();
		__schedule(false);
		preempt_enable_no_resched();
	} while (need_resched());
}

/* current is TASK_DEAD, preemption off: never returns. */
void schedule_dead(void)
{
	__schedule(false);
	BUG();
}

void schedule_idle(void)
{
	do {
		__schedule(false);
	} while (need_resched());
}

static void schedule_preempt(void)
{
	do {
		preempt_disable();
		__schedule(true);
		preempt_enable_no_resched();
	} while (need_resched());
}

void preempt_schedule(void)
{
	if (likely(preemptible()))
		schedule_preempt();
}

/* From the return of an interrupt to kernel mode, IRQs off before and after. */
void preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		local_irq_enable();
		__schedule(true);
		local_irq_disable();
		preempt_enable_no_resched();
	} while (need_resched());
}

void cond_resched_slow(void)
{
	if (preemptible())
		schedule_preempt();
}

void io_schedule(void)
{
	struct rq *rq = this_rq(); /* counted where it was, even if it wakes elsewhere */

	atomic_fetch_add_explicit(&rq->nr_iowait, 1, memory_order_relaxed);
	schedule();
	atomic_fetch_sub_explicit(&rq->nr_iowait, 1, memory_order_relaxed);
}

void schedule_first(void)
{
	schedule_idle();
	cpu_startup_entry();
}

bool task_curr(const struct task_struct *t)
{
	return READ_ONCE(task_rq(t)->curr) == t;
}

unsigned long nr_running(void)
{
	unsigned long n = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

unsigned long nr_iowait(void)
{
	unsigned long n = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		n += atomic_load_explicit(&cpu_rq(cpu)->nr_iowait, memory_order_relaxed);
	return n;
}

u64 nr_context_switches(void)
{
	unsigned int cpu;
	u64 n = 0;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return n;
}

char task_state_char(const struct task_struct *t)
{
	unsigned int state = READ_ONCE(t->__state);
	int exit_state = READ_ONCE(t->exit_state);

	if (exit_state & EXIT_ZOMBIE)
		return 'Z';
	if (exit_state & EXIT_DEAD || state == TASK_DEAD)
		return 'X';
	if (state & __TASK_STOPPED)
		return 'T';
	if (state & __TASK_TRACED)
		return 't';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_NOLOAD ? 'I' : 'D';
	return 'R';
}

/* The tick of a busy CPU: hard IRQ, IRQs off. @user: it interrupted user mode. */
void sched_tick(bool user)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	if (curr != rq->idle)
		curr->sched_class->tick(rq, curr);
	if (IS_ENABLED(CONFIG_SCHED_RT) && unlikely(rq->rt.throttled))
		rt_throttled_tick(rq);
	spin_unlock(&rq->lock);
	dl_tick_signal(curr);
	tick_balance(rq);
}

void sched_init_cpu(unsigned int cpu, struct task_struct *idle)
{
	struct rq *rq = cpu_rq(cpu);

	spin_lock_init(&rq->lock);
	rq->cpu = cpu;
	init_cfs_rq(&rq->cfs);
	init_rt_rq(&rq->rt);
	init_dl_rq(rq);
	rq->curr = rq->idle = idle;
	idle->cpu = cpu;
	idle->on_cpu = 1;
	idle->on_rq = 0;
	idle->__state = TASK_RUNNING;
	idle->flags |= PF_IDLE;
	idle->sched_class = &fair_sched_class;
	cpumask_clear(&idle->cpus_mask);
	cpumask_set_cpu(cpu, &idle->cpus_mask);
}

void sched_init(void)
{
	/* The boot task is an idle task: not preemptible, like all of them. */
	preempt_count_sub(preempt_count());
	if (PREEMPT_COUNTED)
		preempt_count_add(PREEMPT_OFFSET);
	clear_preempt_need_resched();
	set_load_weight(&init_task);
	sched_init_cpu(0, &init_task);
	/* An idle task stays where it is anyway; what is cloned from this one may run anywhere. */
	cpumask_setall(&init_task.cpus_mask);
}

/* Takes @t out of its queues, lets @change run, and puts it back where it was. */
static void sched_change(struct task_struct *t, void (*change)(struct task_struct *, void *),
			 void *arg)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	bool queued = t->on_rq == TASK_ON_RQ_QUEUED, running = rq->curr == t;

	if (queued) {
		if (running)
			t->sched_class->put_prev(rq, t);
		deactivate_task(rq, t, DEQUEUE_MOVED);
	}
	change(t, arg);
	if (queued) {
		activate_task(rq, t, ENQUEUE_MOVED);
		if (running)
			resched_curr(rq);
		else
			check_preempt_curr(rq, t, 0);
	}
	task_rq_unlock(rq, t, &flags);
}

static void change_pi_prio(struct task_struct *t, void *arg)
{
	/* The owner has no deadline to take over: it runs as the most urgent of the real-time. */
	t->pi_prio = max(*(int *)arg, 0);
	settle_prio(t);
}

void sched_set_pi_prio(struct task_struct *t, int prio)
{
	if (IS_ENABLED(CONFIG_FUTEX_PI) && READ_ONCE(t->pi_prio) != prio)
		sched_change(t, change_pi_prio, &prio);
}

static void change_nice(struct task_struct *t, void *arg)
{
	t->static_prio = NICE_TO_PRIO(*(int *)arg);
	t->normal_prio = normal_prio(t);
	settle_prio(t);
	set_load_weight(t);
}

void set_user_nice(struct task_struct *t, int nice)
{
	if (task_nice(t) != nice)
		sched_change(t, change_nice, &nice);
}

static void change_policy(struct task_struct *t, void *arg)
{
	const struct sched_policy *p = arg;

	t->policy = p->policy;
	t->rt_priority = p->rt_priority;
	t->sched_reset_on_fork = p->reset_on_fork;
	if (!rt_policy(p->policy) && !dl_policy(p->policy))
		t->static_prio = NICE_TO_PRIO(p->nice);
	t->normal_prio = normal_prio(t);
	dl_set_params(t, p);
	settle_prio(t);
	set_load_weight(t);
}

void sched_change_policy(struct task_struct *t, const struct sched_policy *p)
{
	sched_change(t, change_policy, (void *)p);
}

int __sched_setscheduler(struct task_struct *t, const struct sched_policy *p)
{
	int err = 0;

	if (dl_policy(p->policy) || has_dl_entity(t))
		err = dl_setscheduler(t, p);
	else
		sched_change_policy(t, p);
	if (!err)
		futex_pi_reprioritize(t);
	return err;
}
