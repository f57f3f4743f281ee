/* SPDX-License-Identifier: MIT */
/* Futexes for the rest of the kernel: futex(2), get_robust_list(2). */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <lib/types.h>
#include <lib/kconfig.h>
#include <uapi/futex.h>

struct task_struct;

#if IS_ENABLED(CONFIG_FUTEX)
/*
 * current is about to lose its address space (exit, exec): marks the robust futexes it holds
 * OWNER_DIED and wakes a waiter of each. May sleep.
 */
void exit_robust_list(struct task_struct *task);
/*
 * FUTEX_WAKE on a word of current: up to @nr waiters; number woken or -errno. @shared: other
 * processes may wait too. May sleep.
 */
int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset);
#if IS_ENABLED(CONFIG_FUTEX_PI)
/*
 * Locks that current still owns go to their waiters: it ends, or gets a new address space (@exec).
 */
void futex_pi_exit(bool exec);
/* @t's priority changed: those whose locks it waits for inherit it. Process context, no locks. */
void futex_pi_reprioritize(struct task_struct *t);
#endif
#else
static inline void exit_robust_list(struct task_struct *task)
{
}
static inline int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	return 0;
}
#endif

#if !IS_ENABLED(CONFIG_FUTEX_PI)
static inline void futex_pi_exit(bool exec)
{
}
static inline void futex_pi_reprioritize(struct task_struct *t)
{
}
#endif

#endif
