/* SPDX-License-Identifier: MIT */
/*
 * Single steps and the debug registers (SDM vol. 3, chapter 17), which belong to the task that
 * runs: cpu/debugreg.c.
 */
#ifndef ASM_DEBUGREG_H
#define ASM_DEBUGREG_H

#include <lib/kconfig.h>
#include <asm/thread.h>

#define DR6_RESERVED 0xffff0ff0ul
#define DR6_TRAPS    0xful
#define DR6_STEP     0x4000ul

struct pt_regs;
struct task_struct;

/* Reads and rearms DR6. IRQs off: it is this CPU's. */
static inline unsigned long debugreg_take_status(void)
{
	unsigned long dr6;

	__asm__ __volatile__("movq %%db6, %0" : "=r"(dr6));
	__asm__ __volatile__("movq %0, %%db6" : : "r"(DR6_RESERVED));
	return dr6;
}

#if IS_ENABLED(CONFIG_PTRACE)
void __debugreg_switch(const struct arch_thread *next);
/* By the context switch: @next's breakpoints replace @prev's. */
static inline void debugreg_switch(const struct arch_thread *prev, const struct arch_thread *next)
{
	if (unlikely(prev->dr7 | next->dr7))
		__debugreg_switch(next);
}
/* exec: current has none any more. */
void debugreg_flush(void);
#else
static inline void debugreg_switch(const struct arch_thread *prev, const struct arch_thread *next)
{
}
static inline void debugreg_flush(void)
{
}
#endif

/* cpu/thread.c: arch_prctl(2) of another task. */
long do_arch_prctl(struct task_struct *task, int code, unsigned long addr);

#endif
