/* SPDX-License-Identifier: MIT */
/*
 * CPU clocks: CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, and the ids that
 * clock_getcpuclockid(3) and pthread_getcpuclockid(3) make:
 *
 *   clock = ~pid << 3 | per-thread << 2 | kind kind 0: user and system time, 1: user time, 2: exact
 *   run time
 */
#include <kernel/pid.h>
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>
#include <kernel/time.h>
#include "cpu-clock.h"
#include "posix-timers.h"

static u64 thread_time(struct task_struct *t, unsigned int kind)
{
	switch (kind) {
	case CPUCLOCK_PROF:
		return t->utime + t->stime;
	case CPUCLOCK_VIRT:
		return t->utime;
	default:
		return task_sched_runtime(t);
	}
}

static u64 dead_threads_time(const struct signal_struct *sig, unsigned int kind)
{
	switch (kind) {
	case CPUCLOCK_PROF:
		return sig->utime + sig->stime;
	case CPUCLOCK_VIRT:
		return sig->utime;
	default:
		return sig->sum_sched_runtime;
	}
}

u64 cpu_clock_sample(struct task_struct *task, clockid_t clock)
{
	unsigned int kind = CPUCLOCK_KIND(clock);
	struct task_struct *t;
	u64 ns;

	if (CPUCLOCK_PERTHREAD(clock))
		return thread_time(task, kind);
	rcu_read_lock();
	ns = dead_threads_time(task->signal, kind);
	for_each_thread(task, t)
		ns += thread_time(t, kind);
	rcu_read_unlock();
	return ns;
}

clockid_t cpu_clock_normal(clockid_t clock)
{
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return CPUCLOCK_MAKE(0, false, CPUCLOCK_SCHED);
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return CPUCLOCK_MAKE(0, true, CPUCLOCK_SCHED);
	return clock;
}

struct task_struct *cpu_clock_task(clockid_t clock)
{
	pid_t nr = CPUCLOCK_PID(clock);
	struct task_struct *t;

	if (clock >= 0 || CPUCLOCK_KIND(clock) > CPUCLOCK_SCHED)
		return NULL;
	if (!nr)
		return current;
	t = find_task_by_pid(nr);
	if (!t)
		return NULL;
	if (CPUCLOCK_PERTHREAD(clock))
		return same_thread_group(t, current) ? t : NULL;
	/* A process by its id; one's own also by any of its threads'. */
	return thread_group_leader(t) || t == current ? t : NULL;
}

int posix_cpu_clock_get(clockid_t clock, u64 *ns)
{
	struct task_struct *t;
	int err = -EINVAL;

	clock = cpu_clock_normal(clock);
	rcu_read_lock();
	t = cpu_clock_task(clock);
	if (t) {
		*ns = cpu_clock_sample(t, clock);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

/* The tick, after it has accounted its time. Hard IRQ. */
void run_cpu_timers_tick(struct task_struct *t)
{
	run_posix_cpu_timers(t);
}
