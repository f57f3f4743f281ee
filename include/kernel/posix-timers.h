/* SPDX-License-Identifier: MIT */
/*
 * Interval timers and POSIX timers for fork, exit, exec and the tick. setitimer(2),
 * timer_create(2).
 */
#ifndef KERNEL_POSIX_TIMERS_H
#define KERNEL_POSIX_TIMERS_H

#include <lib/types.h>
#include <lib/kconfig.h>
#include <kernel/time.h>

struct task_struct;
struct signal_struct;
struct siginfo;

#if IS_ENABLED(CONFIG_POSIX_TIMERS)
/* fork: a new thread group has no timers. @sig->real_timer becomes usable. */
void posix_timers_init_signal(struct signal_struct *sig);
/*
 * The last thread of current's group exits: cancels ITIMER_REAL and deletes all POSIX timers. May
 * sleep.
 */
void exit_itimers(struct task_struct *task);
/* exec: deletes POSIX timers, keeps ITIMER_*. */
void exec_itimers(struct task_struct *task);
/*
 * ITIMER_VIRTUAL, ITIMER_PROF, POSIX timers on CPU clocks and RLIMIT_CPU, looked at for the running
 * @task at each tick. Hard IRQ, IRQs off; the tick calls it after it has accounted the time.
 */
void run_posix_cpu_timers(struct task_struct *task);
/*
 * A SIGEV_SIGNAL timer's signal was dequeued: sets the overrun in *info and starts the next period.
 * siglock NOT held.
 */
void posixtimer_rearm(struct siginfo *info);
/* SIGALRM was dequeued: ITIMER_REAL's next period. siglock held. */
void itimer_real_rearm(struct signal_struct *sig);
#else
static inline void posix_timers_init_signal(struct signal_struct *sig)
{
}
static inline void exit_itimers(struct task_struct *task)
{
}
static inline void exec_itimers(struct task_struct *task)
{
}
static inline void run_posix_cpu_timers(struct task_struct *task)
{
}
static inline void posixtimer_rearm(struct siginfo *info)
{
}
static inline void itimer_real_rearm(struct signal_struct *sig)
{
}
#endif

/* CPU clocks, clock_getcpuclockid(3): reads, ns. -EINVAL for a bad one or a task that is gone. */
int posix_cpu_clock_get(clockid_t clock, u64 *ns);

#endif
