/* SPDX-License-Identifier: MIT */
/* Core dumps, core(5): fs/coredump.c writes them. */
#ifndef KERNEL_COREDUMP_H
#define KERNEL_COREDUMP_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/completion.h>

struct siginfo;
struct task_struct;

/* A thread that waits at its end until the core is written. On its own stack. */
struct core_thread {
	struct task_struct *task; /* NULL: the core is done */
	struct core_thread *next;
};

/* signal->core_state (S) while a thread of the group writes a core. On that one's stack. */
struct core_state {
	int missing; /* S threads that have not come to wait yet */
	struct core_thread *threads; /* S those that have */
	struct completion startup; /* all have */
};

#if IS_ENABLED(CONFIG_CORE_DUMP)
/*
 * current is about to die of @info's signal: writes a core if limits, rights and core_pattern ask
 * for one. Ends every other thread of the group in any case that it started. True: a core was
 * written. May sleep; no locks.
 */
bool do_coredump(const struct siginfo *info);
/* First thing in do_exit(): another thread may want our registers. */
void coredump_task_exit(void);
#else
static inline bool do_coredump(const struct siginfo *info)
{
	return false;
}
static inline void coredump_task_exit(void)
{
}
#endif

#endif
