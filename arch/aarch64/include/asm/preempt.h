/* SPDX-License-Identifier: MIT */
/* The counter lives in the task (thread_info.preempt): no change at a switch. */
#ifndef ASM_PREEMPT_H
#define ASM_PREEMPT_H

#include <lib/types.h>
#include <asm/cpu.h>

#define __preempt_ti ((volatile struct thread_info *)current_thread_info())

static inline u32 preempt_count(void)
{
	return __preempt_ti->preempt_count;
}

static inline void preempt_count_add(u32 n)
{
	__preempt_ti->preempt_count += n;
	asm volatile("" : : : "memory");
}

static inline void preempt_count_sub(u32 n)
{
	asm volatile("" : : : "memory");
	__preempt_ti->preempt_count -= n;
}

/*
 * One load, one store, and one test in the common case. The second look finds a flag that an
 * interrupt set between the load and the store.
 */
static inline bool preempt_count_dec_and_test(void)
{
	volatile struct thread_info *ti = __preempt_ti;
	u64 word;

	asm volatile("" : : : "memory");
	word = ti->preempt - 1;
	ti->preempt_count = (u32)word;
	return !word || !ti->preempt;
}

static inline void set_preempt_need_resched(void)
{
	__preempt_ti->preempt_not_resched = 0;
}

static inline void clear_preempt_need_resched(void)
{
	__preempt_ti->preempt_not_resched = 1;
}

static inline bool preempt_need_resched(void)
{
	return !__preempt_ti->preempt_not_resched;
}

static inline void preempt_count_init_task(struct task_struct *task)
{
	struct thread_info *ti = (struct thread_info *)task;

	ti->preempt_count = 1;
	ti->preempt_not_resched = 1;
}

static inline void preempt_count_switch(struct task_struct *prev, struct task_struct *next)
{
}

#endif
