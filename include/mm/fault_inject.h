/* SPDX-License-Identifier: MIT */
/*
 * Making allocations fail on purpose: the Nth of a task after N was written to its
 * /proc/PID/fail-nth, once. Interrupts, kernel threads and __GFP_NOFAIL are spared.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include <kernel/sched.h>
#include <mm/gfp.h>

#ifdef CONFIG_FAULT_INJECTION
bool fault_inject(void);
/* A new task counts nothing. */
static inline void fault_inject_init_task(struct task_struct *t)
{
	t->fail_nth = 0;
}
#else
static inline void fault_inject_init_task(struct task_struct *t)
{
}
#endif

/* This page, or object, shall not be had. Any context. */
static __always_inline bool should_fail_alloc_page(gfp_t gfp)
{
#ifdef CONFIG_FAIL_PAGE_ALLOC
	return unlikely(current->fail_nth) && !(gfp & __GFP_NOFAIL) && fault_inject();
#else
	return false;
#endif
}

static __always_inline bool should_failslab(gfp_t gfp)
{
#ifdef CONFIG_FAILSLAB
	return unlikely(current->fail_nth) && !(gfp & __GFP_NOFAIL) && fault_inject();
#else
	return false;
#endif
}

#endif
