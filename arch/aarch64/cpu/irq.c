/* SPDX-License-Identifier: MIT */
/*
 * Interrupt controllers and timers come from the devicetree; the kernel cannot go on without one of
 * each.
 */
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <asm/entry.h>

void __init arch_init_irq(void)
{
	of_init_irqchips();
	if (!arch_irqchip_present())
		panic("no usable interrupt controller in the devicetree; "
		      "is its driver configured (ARM_GIC, ARM_GIC_V3)?");
	if (!of_init_timers())
		panic("no usable timer in the devicetree: arm,armv8-timer is needed");
}
