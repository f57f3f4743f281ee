/* SPDX-License-Identifier: MIT */
/*
 * The preemption counter is one per-CPU word. Bit 31 is the need-resched flag INVERTED, so "counter
 * is zero and a reschedule is wanted" is the word being zero: preempt_enable() is a decrement and a
 * branch. It is saved in thread_info across a switch.
 */
#ifndef ASM_PREEMPT_H
#define ASM_PREEMPT_H

#include <lib/types.h>
#include <asm/percpu.h>
#include <asm/thread_info.h>

#define PREEMPT_NO_RESCHED 0x80000000u

extern u32 __preempt_count; /* per-CPU; arch/x86_64/cpu/percpu.c */

static __always_inline u32 preempt_count(void)
{
	return this_cpu_read(__preempt_count) & ~PREEMPT_NO_RESCHED;
}

static __always_inline void preempt_count_add(u32 n)
{
	this_cpu_add(__preempt_count, n);
}

static __always_inline void preempt_count_sub(u32 n)
{
	this_cpu_add(__preempt_count, -n);
}

static __always_inline bool preempt_count_dec_and_test(void)
{
	bool zero;

	__asm__ __volatile__("decl " __percpu_seg "%1"
			     : "=@ccz"(zero), "+m"(__preempt_count)
			     :
			     : "memory");
	return zero;
}

static __always_inline void set_preempt_need_resched(void)
{
	__asm__ __volatile__("andl $0x7fffffff, " __percpu_seg "%0"
			     : "+m"(__preempt_count)
			     :
			     : "memory", "cc");
}

static __always_inline void clear_preempt_need_resched(void)
{
	__asm__ __volatile__("orl $0x80000000, " __percpu_seg "%0"
			     : "+m"(__preempt_count)
			     :
			     : "memory", "cc");
}

static __always_inline bool preempt_need_resched(void)
{
	return !(this_cpu_read(__preempt_count) & PREEMPT_NO_RESCHED);
}

struct task_struct;

/* thread_info is task_struct's first member; preempt_count comes after flags. */
#define __ti_preempt_count(task) (((struct thread_info *)(task))->preempt_count)

static __always_inline void preempt_count_init_task(struct task_struct *task)
{
	__ti_preempt_count(task) = PREEMPT_OFFSET;
}

/* The need-resched flag belongs to the CPU, not to the task: it stays. */
static __always_inline void preempt_count_switch(struct task_struct *prev, struct task_struct *next)
{
	u32 word = this_cpu_read(__preempt_count);

	__ti_preempt_count(prev) = word & ~PREEMPT_NO_RESCHED;
	this_cpu_write(__preempt_count, __ti_preempt_count(next) | (word & PREEMPT_NO_RESCHED));
}

#endif
