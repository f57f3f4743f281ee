/* SPDX-License-Identifier: MIT */
/*
 * CPU time. The sum of a task's run time is exact (taken at every switch); its split into user
 * and system is sampled by the tick and scaled to the exact sum when somebody reads it. Idle time
 * is exact.
 */
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>
#include <kernel/seqlock.h>
#include "sched.h"

/* The tick hit this CPU's current task. Hard IRQ. */
void account_tick(bool user)
{
	struct task_struct *t = current;
	struct rq *rq = this_rq();

	if (t == rq->idle)
		return;
	if (user) {
		t->utime += TICK_NSEC;
		if (task_nice(t) > 0)
			rq->times.nice += TICK_NSEC;
		else
			rq->times.user += TICK_NSEC;
	} else {
		t->stime += TICK_NSEC;
		rq->times.system += TICK_NSEC;
	}
	run_posix_cpu_timers(t);
}

/* rq->lock held, at a switch. */
void account_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (prev == rq->idle)
		tick_start(rq);
}

void idle_account_enter(struct rq *rq)
{
	WRITE_ONCE(rq->idle_since, sched_clock());
}

void idle_account_exit(struct rq *rq)
{
	u64 ns = sched_clock() - rq->idle_since;

	if (atomic_load_explicit(&rq->nr_iowait, memory_order_relaxed) > 0)
		rq->times.iowait += ns;
	else
		rq->times.idle += ns;
	WRITE_ONCE(rq->idle_since, 0);
}

void cpu_times(unsigned int cpu, struct cpu_times *out)
{
	struct rq *rq = cpu_rq(cpu);
	u64 since = READ_ONCE(rq->idle_since), now = sched_clock();

	*out = rq->times;
	if (since && now > since)
		out->idle += now - since;
}

u64 task_sched_runtime(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq;
	u64 ns;

	if (!t->on_cpu && !READ_ONCE(t->on_rq))
		return t->se.sum_exec_runtime;
	rq = task_rq_lock(t, &flags);
	if (rq->curr == t && t->on_rq)
		t->sched_class->update_curr(rq);
	ns = t->se.sum_exec_runtime;
	task_rq_unlock(rq, t, &flags);
	return ns;
}

/* Splits @total in the proportion of the samples; without any sample it counts as user time. */
static void cputime_scale(u64 total, u64 us, u64 ss, u64 *ut, u64 *st)
{
	u64 n, s;

	if (!us && !ss) {
		*ut = total;
		*st = 0;
		return;
	}
	/* In ticks the products fit: total = q * n + r, so total * s / n = q * s + r * s / n. */
	n = (us + ss) / TICK_NSEC;
	s = ss / TICK_NSEC;
	*st = total / n * s + total % n * s / n;
	*ut = total - *st;
}

void task_cputime_adjusted(struct task_struct *t, u64 *ut, u64 *st)
{
	cputime_scale(task_sched_runtime(t), t->utime, t->stime, ut, st);
}

void thread_group_cputime_adjusted(struct task_struct *task, u64 *ut, u64 *st)
{
	struct signal_struct *sig = task->signal;
	u64 us, ss, total;
	struct task_struct *t;

	rcu_read_lock();
	us = sig->utime;
	ss = sig->stime;
	total = sig->sum_sched_runtime;
	for_each_thread(task, t) {
		us += t->utime;
		ss += t->stime;
		total += task_sched_runtime(t);
	}
	rcu_read_unlock();
	cputime_scale(total, us, ss, ut, st);
}

/*
 * Load averages over 1, 5 and 15 minutes: exponential decay of the number of tasks running or in
 * uninterruptible sleep, sampled every 5 seconds. When all CPUs slept through samples, the missed
 * ones are folded in with what is runnable now.
 */
#define LOAD_FREQ (5 * NSEC_PER_SEC)
#define FSHIFT	  16
#define FIXED_1	  (1UL << FSHIFT)

static unsigned long avenrun[3];
static u64 next_sample;
static DEFINE_SPINLOCK(load_lock);

/* e^(-5s/T) in 16-bit fixed point for T = 60, 300, 900 s. */
static const unsigned long load_decay[3] = {60295, 64453, 65173};

static unsigned long active_tasks(void)
{
	struct task_struct *p, *t;
	unsigned long n = nr_running();

	rcu_read_lock();
	for_each_process_thread(
		p, t) if ((READ_ONCE(t->__state) & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) ==
			  TASK_UNINTERRUPTIBLE) n++;
	rcu_read_unlock();
	return n;
}

void calc_load_tick(void)
{
	u64 now = sched_clock();
	unsigned long active;
	int missed = 0;

	if (now < READ_ONCE(next_sample) || !spin_trylock(&load_lock))
		return;
	__acquire(&load_lock);
	active = active_tasks() << FSHIFT;
	while (now >= next_sample && missed++ < 180) {
		/* A sample nobody took: every CPU was idle then. */
		unsigned long n = now >= next_sample + LOAD_FREQ ? 0 : active;

		for (int i = 0; i < 3; i++)
			avenrun[i] = (avenrun[i] * load_decay[i] + n * (FIXED_1 - load_decay[i])) >>
				     FSHIFT;
		next_sample += LOAD_FREQ;
	}
	if (now >= next_sample)
		next_sample = now + LOAD_FREQ;
	spin_unlock(&load_lock);
}

void get_avenrun(unsigned long loads[3])
{
	for (int i = 0; i < 3; i++)
		loads[i] = READ_ONCE(avenrun[i]);
}
