/* SPDX-License-Identifier: MIT */
/*
 * <asm/irqflags.h> gives: local_irq_disable(), local_irq_enable(), unsigned long
 * local_irq_save_flags(void) (returns old state, disables), local_irq_restore(flags), bool
 * irqs_disabled(void), bool irqs_disabled_flags(flags). All are compiler barriers.
 * <kernel/irqflags.h> defines local_irq_save(flags) on these.
 */
#ifndef ARCH_IRQFLAGS_H
#define ARCH_IRQFLAGS_H

#include <asm/irqflags.h>

/*
 * Inter-processor interrupts. arch_send_ipi() marks @ipi pending for @cpu and interrupts it; any
 * context, IRQs may be off. Everything stored before the call is visible to the handler. The arch
 * calls handle_ipi() in hard IRQ context on the target.
 */
enum ipi {
	IPI_RESCHEDULE, /* the return from interrupt looks at need_resched */
	IPI_CALL_FUNC, /* run the queue of kernel/smp.c */
	IPI_STOP, /* halt for good (panic, reboot) */
	NR_IPI,
};

#ifdef CONFIG_SMP
void arch_send_ipi(unsigned int cpu, enum ipi ipi);
void handle_ipi(enum ipi ipi); /* upcall: kernel/smp.c */
#else
static inline void handle_ipi(enum ipi ipi)
{
}
#endif

#endif
