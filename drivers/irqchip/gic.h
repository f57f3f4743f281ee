/* SPDX-License-Identifier: MIT */
/*
 * What GICv2 and GICv3 share: the distributor's register layout (Arm IHI 0048B, IHI 0069G) and the
 * devicetree binding.
 */
#ifndef DRIVERS_IRQCHIP_GIC_H
#define DRIVERS_IRQCHIP_GIC_H

#include <kernel/irq.h>
#include <lib/types.h>

/* Interrupt ids: 0-15 between CPUs, 16-31 of one CPU, from 32 on shared, from 1020 on special. */
#define GIC_NR_SGI	  16
#define GIC_FIRST_SPI	  32
#define GIC_MAX_ID	  1020
#define GIC_SPURIOUS	  1023

#define GICD_CTLR	  0x000
#define GICD_TYPER	  0x004
#define GICD_IGROUPR	  0x080
#define GICD_ISENABLER	  0x100
#define GICD_ICENABLER	  0x180
#define GICD_ICPENDR	  0x280
#define GICD_ICACTIVER	  0x380
#define GICD_IPRIORITYR	  0x400
#define GICD_ITARGETSR	  0x800
#define GICD_ICFGR	  0xc00
#define GICD_SGIR	  0xf00

#define GIC_PRIORITY	  0xa0a0a0a0 /* four interrupts: all the same */
#define GIC_PRIORITY_OPEN 0xf0 /* interface mask that lets them through */

/* Number of interrupt ids that the distributor at @dist has. */
unsigned int gic_nr_irqs(void __iomem *dist);

/* One bit of a register array of one bit an interrupt (enable, disable, ...). */
void gic_poke(void __iomem *base, unsigned int reg, unsigned int hwirq);

/*
 * Level or rising edge at the configuration registers of @base. 0, or -EINVAL for what a GIC cannot
 * do. Distributor lock held.
 */
int gic_configure(void __iomem *base, unsigned int hwirq, unsigned int type);

/* All shared interrupts off, group 1, same priority, level. */
/*
 * @group: 0 or ~0, the interrupt group of all of them. Without security, GICv2 signals group 0;
 * GICv3 to EL1 group 1.
 */
void gic_reset_spis(void __iomem *dist, unsigned int nr, u32 group);

/* Private interrupts of one CPU off but for the SGIs, same priority. */
void gic_reset_private(void __iomem *base);

/* irq_domain_ops.xlate: type, number, flags. */
int gic_xlate(struct irq_domain *dom, const u32 *cells, unsigned int n, unsigned int *hwirq,
	      unsigned int *type);

/* Registers the domain of the controller @node; NULL when out of memory. */
struct irq_domain *gic_create_domain(const char *name, unsigned int nr, int node,
				     const struct irq_domain_ops *ops);

#endif
