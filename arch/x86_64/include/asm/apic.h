/* SPDX-License-Identifier: MIT */
/*
 * The local APIC as the arch uses it. One driver (drivers/irqchip/lapic.c) registers itself before
 * interrupts are on.
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <lib/types.h>

struct apic_ops {
	const char *name;
	/* The calling CPU's own: enable, local vectors, timer. IRQs off. */
	void (*cpu_init)(void);
	/*
	 * Fixed interrupt @vector to the CPU with @apic_id. Any context; stores before it are
	 * visible to the handler.
	 */
	void (*send_ipi)(u32 apic_id, u8 vector);
	/*
	 * INIT and start-up to a waiting CPU, which begins in real mode at physical page @page. Not
	 * waited for.
	 */
	void (*start_cpu)(u32 apic_id, u8 page);
	void (*eoi)(void);
	/* LAPIC_TIMER_VECTOR and LAPIC_ERROR_VECTOR, hard IRQ context. */
	void (*timer_interrupt)(void);
	void (*error_interrupt)(void);
};
extern const struct apic_ops *apic; /* NULL: there is none */
void apic_register(const struct apic_ops *ops);

#endif
