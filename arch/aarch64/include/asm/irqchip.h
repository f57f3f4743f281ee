/* SPDX-License-Identifier: MIT */
/*
 * What the arch needs from the root interrupt controller. The driver registers itself once, from
 * its IRQCHIP_DECLARE() function on the boot CPU.
 */
#ifndef ASM_IRQCHIP_H
#define ASM_IRQCHIP_H

#include <lib/types.h>
#include <arch/irqflags.h>

struct arch_irqchip {
	const char *name;
	/* Takes and handles what is pending. Hard IRQ context, inside irq_enter()/irq_exit(). */
	void (*handle)(void);
	/*
	 * Makes @ipi pending on @cpu, with the barrier that arch_send_ipi() promises. Any context.
	 */
	void (*send_ipi)(unsigned int cpu, enum ipi ipi);
	/* The interface of the calling CPU, which has just started; IRQs off. 0 or -errno. */
	int (*cpu_init)(void);
};

void arch_set_irqchip(const struct arch_irqchip *chip);

/*
 * Something each secondary CPU does before it is online, IRQs off (timers). At most
 * ARCH_MAX_CPU_HOOKS are registered, at boot.
 */
#define ARCH_MAX_CPU_HOOKS 4
void arch_add_cpu_hook(void (*fn)(void));

/* The hardware id (MPIDR affinity bits) of a CPU. */
u64 cpu_hwid(unsigned int cpu);
#define MPIDR_AFF_MASK 0xff00ffffffULL

#endif
