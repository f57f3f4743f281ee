/* SPDX-License-Identifier: MIT */
/* The distributor as GICv2 and GICv3 share it. */
#include <kernel/of.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <arch/io.h>

#include "gic.h"

static DEFINE_SPINLOCK(config_lock); /* read-modify-write of GICD_ICFGR */

unsigned int gic_nr_irqs(void __iomem *dist)
{
	unsigned int nr = ((readl_relaxed(dist + GICD_TYPER) & 0x1f) + 1) * 32;

	return min_t(unsigned int, nr, GIC_MAX_ID);
}

void gic_poke(void __iomem *base, unsigned int reg, unsigned int hwirq)
{
	writel_relaxed(1u << (hwirq % 32), base + reg + hwirq / 32 * 4);
}

int gic_configure(void __iomem *base, unsigned int hwirq, unsigned int type)
{
	void __iomem *reg = base + GICD_ICFGR + hwirq / 16 * 4;
	u32 edge = 2u << (hwirq % 16 * 2), val;
	unsigned long flags;

	if (hwirq < GIC_NR_SGI)
		return -EINVAL;
	/*
	 * The sense of a shared line is fixed by an inverter in front of the GIC, if any; a private
	 * one's is known to the core.
	 */
	if (hwirq >= GIC_FIRST_SPI && (type & (IRQ_TYPE_LEVEL_LOW | IRQ_TYPE_EDGE_FALLING)))
		return -EINVAL;
	spin_lock_irqsave(&config_lock, flags);
	val = readl_relaxed(reg) & ~edge;
	if (type & (IRQ_TYPE_EDGE_RISING | IRQ_TYPE_EDGE_FALLING))
		val |= edge;
	writel_relaxed(val, reg);
	spin_unlock_irqrestore(&config_lock, flags);
	return 0;
}

void gic_reset_spis(void __iomem *dist, unsigned int nr, u32 group)
{
	for (unsigned int i = GIC_FIRST_SPI; i < nr; i += 32) {
		writel_relaxed(~0u, dist + GICD_ICENABLER + i / 8);
		writel_relaxed(~0u, dist + GICD_ICACTIVER + i / 8);
		writel_relaxed(group, dist + GICD_IGROUPR + i / 8);
	}
	for (unsigned int i = GIC_FIRST_SPI; i < nr; i += 4)
		writel_relaxed(GIC_PRIORITY, dist + GICD_IPRIORITYR + i);
	for (unsigned int i = GIC_FIRST_SPI; i < nr; i += 16)
		writel_relaxed(0, dist + GICD_ICFGR + i / 4);
}

void gic_reset_private(void __iomem *base)
{
	writel_relaxed(0xffff0000, base + GICD_ICENABLER);
	writel_relaxed(~0u, base + GICD_ICACTIVER);
	writel_relaxed(0x0000ffff, base + GICD_ISENABLER);
	for (unsigned int i = 0; i < GIC_FIRST_SPI; i += 4)
		writel_relaxed(GIC_PRIORITY, base + GICD_IPRIORITYR + i);
}

int gic_xlate(struct irq_domain *dom, const u32 *cells, unsigned int n, unsigned int *hwirq,
	      unsigned int *type)
{
	if (n < 3 || cells[0] > 1)
		return -EINVAL;
	*hwirq = cells[1] + (cells[0] == 0 ? GIC_FIRST_SPI : GIC_NR_SGI);
	*type = cells[2] & 0xf;
	return *hwirq < dom->nr_hwirq ? 0 : -EINVAL;
}

struct irq_domain *gic_create_domain(const char *name, unsigned int nr, int node,
				     const struct irq_domain_ops *ops)
{
	struct irq_domain *dom = irq_domain_create(name, nr, ops, NULL);

	if (dom)
		fdt_prop_u32(&of_fdt, node, "phandle", 0, &dom->of_phandle);
	return dom;
}
