/* SPDX-License-Identifier: MIT */
/* Interrupts are masked by PSTATE.I; "flags" are the whole of DAIF. */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <lib/types.h>

#define DAIF_I 0x80UL

static inline void local_irq_disable(void)
{
	asm volatile("msr daifset, #2" : : : "memory");
}

static inline void local_irq_enable(void)
{
	asm volatile("msr daifclr, #2" : : : "memory");
}

static inline unsigned long local_save_flags(void)
{
	unsigned long flags;

	asm volatile("mrs %0, daif" : "=r"(flags) : : "memory");
	return flags;
}

static inline unsigned long local_irq_save_flags(void)
{
	unsigned long flags;

	asm volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(flags) : : "memory");
	return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
	asm volatile("msr daif, %0" : : "r"(flags) : "memory");
}

static inline bool irqs_disabled_flags(unsigned long flags)
{
	return flags & DAIF_I;
}

static inline bool irqs_disabled(void)
{
	return irqs_disabled_flags(local_save_flags());
}

#endif
