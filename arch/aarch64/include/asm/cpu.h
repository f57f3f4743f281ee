/* SPDX-License-Identifier: MIT */
/*
 * current lives in SP_EL0 while the kernel runs; the CPU's number is kept in current's thread_info
 * by the context switch.
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <lib/types.h>
#include <asm/thread_info.h>

static inline void cpu_relax(void)
{
	asm volatile("yield" : : : "memory");
}

static inline void sync_core(void)
{
	asm volatile("isb" : : : "memory");
}

/* wfi completes on a pending interrupt even while it is masked, so nothing is slept through. */
static inline void cpu_idle_wait(void)
{
	asm volatile("dsb sy\n\twfi\n\tmsr daifclr, #2" : : : "memory");
}

static inline __attribute__((noreturn)) void cpu_halt(void)
{
	for (;;)
		asm volatile("msr daifset, #15\n\twfi" : : : "memory");
}

/* Ticks of the generic timer's virtual counter, the one user space reads. */
static inline u64 get_cycles(void)
{
	u64 v;

	asm volatile("mrs %0, cntvct_el0" : "=r"(v));
	return v;
}

static inline __attribute__((const)) struct task_struct *get_current(void)
{
	struct task_struct *task;

	asm("mrs %0, sp_el0" : "=r"(task));
	return task;
}
#define current get_current()

static inline struct thread_info *current_thread_info(void)
{
	return (struct thread_info *)get_current();
}

static inline unsigned int smp_processor_id_raw(void)
{
	return *(const volatile u32 *)&current_thread_info()->cpu;
}

#endif
