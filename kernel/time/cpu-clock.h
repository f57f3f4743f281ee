/* SPDX-License-Identifier: MIT */
#ifndef TIME_CPU_CLOCK_H
#define TIME_CPU_CLOCK_H

#include <lib/types.h>

struct task_struct;

#define CPUCLOCK_PROF		  0
#define CPUCLOCK_VIRT		  1
#define CPUCLOCK_SCHED		  2

#define CPUCLOCK_PID(clock)	  ((pid_t) ~((clock) >> 3))
#define CPUCLOCK_PERTHREAD(clock) (((clock)&4) != 0)
#define CPUCLOCK_KIND(clock)	  ((unsigned int)(clock)&3)
#define CPUCLOCK_MAKE(pid, thread, kind) \
	((clockid_t)((~(unsigned int)(pid) << 3) | ((thread) ? 4u : 0u) | (kind)))

/* The two named clocks as pid-encoded ids; others as they are. */
clockid_t cpu_clock_normal(clockid_t clock);
/* What a pid-encoded @clock of the caller measures, NULL if it is no good. RCU. */
struct task_struct *cpu_clock_task(clockid_t clock);
/* ns of @task, or of its whole process if @clock says so. RCU or siglock. */
u64 cpu_clock_sample(struct task_struct *task, clockid_t clock);

void run_cpu_timers_tick(struct task_struct *t);

#endif
