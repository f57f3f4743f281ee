/* SPDX-License-Identifier: MIT */
/*
 * Between posix-timers.c and posix-cpu.c.
 *
 * Locks: timer->lock (IRQs off) > siglock > hrtimer's own. A timer found by id is used inside
 * rcu_read_lock() until its lock is held and it is known not to be deleted. CPU timers that wait
 * are on their group's list, under siglock; the tick moves expired ones to a list of its own
 * (`firing`) and handles them without siglock.
 */
#ifndef TIME_POSIX_TIMERS_H
#define TIME_POSIX_TIMERS_H

#include <lib/list.h>
#include <lib/xarray.h>
#include <kernel/hrtimer.h>
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>

/* A deadline on a CPU clock. */
struct cpu_timer {
	struct list_head node; /* siglock of the group measured; the tick's own while firing */
	struct pid *pid; /* referenced: the thread or (leader's) process that is measured */
	clockid_t clock;
	u64 expires; /* ns on the clock; siglock */
	bool armed; /* on the list; siglock */
	bool firing; /* the tick has it; written under siglock, cleared last */
	/* Hard IRQ, no lock held. Returns when to fire next, 0: not again. */
	u64 (*fire)(struct cpu_timer *timer);
};

/*
 * What signal_struct->posix_timers points to; made by the first timer_create() or CPU-clock sleep.
 */
struct posix_timers {
	spinlock_t lock; /* ids; IRQs off */
	struct xarray ids; /* lock for writers: k_itimer */
	u32 next_id; /* lock */
	struct list_head cpu; /* siglock: armed cpu_timers that measure this group */
};

/*
 * Makes sure that the group has its posix_timers: 0, -ENOMEM, or -ESRCH when it has exited. May
 * sleep.
 */
int make_posix_timers(struct task_struct *task);
/* The group exits: those who wait for its CPU time are woken. */
void cpu_timers_group_exit(struct task_struct *task);

/* Indices of signal_struct->it. */
#define CPU_ITIMER_PROF 0
#define CPU_ITIMER_VIRT 1

#if IS_ENABLED(CONFIG_POSIX_TIMERS)
/* Sleeps on a CPU clock; 0, -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK, -EINVAL, -ENOMEM. */
long posix_cpu_nsleep(clockid_t clock, bool absolute, u64 ns,
		      struct __kernel_timespec __user *rmtp);
#else
static inline long posix_cpu_nsleep(clockid_t clock, bool absolute, u64 ns,
				    struct __kernel_timespec __user *rmtp)
{
	return -EOPNOTSUPP;
}
#endif

/* The time of @clock as clock_gettime(2) has it: 0 or -EINVAL. */
int posix_clock_read(clockid_t clock, ktime_t *now);
/* 0 and, in *pid, what @clock measures (referenced); -EINVAL. */
int cpu_clock_target(clockid_t clock, struct pid **pid);
/*
 * Arms at @expires: 0; 1 if that is past already, -ESRCH if the target is gone (then it is not
 * armed). Any context.
 */
int cpu_timer_arm(struct cpu_timer *timer, u64 expires);
/* True: neither armed nor firing now. False: the tick of another CPU is just handling it. */
bool cpu_timer_try_cancel(struct cpu_timer *timer);

#endif
