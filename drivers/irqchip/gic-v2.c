/* SPDX-License-Identifier: MIT */
/*
 * GICv2 (Arm IHI 0048B): one distributor, one memory-mapped CPU interface that shows each CPU its
 * own. The registers of private interrupts are banked in the distributor. CPUs are named by a bit
 * each, which a CPU reads from its own ITARGETSR.
 */
#define pr_fmt(fmt) "gic-v2: " fmt

#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <arch/barrier.h>
#include <arch/io.h>
#include <asm/irqchip.h>

#include "gic.h"

#define GICC_CTLR    0x00
#define GICC_PMR     0x04
#define GICC_BPR     0x08
#define GICC_IAR     0x0c
#define GICC_EOIR    0x10

#define GICC_ID(iar) ((iar)&0x3ff)

static void __iomem *dist __ro_after_init, *cpu_if __ro_after_init;
static struct irq_domain *domain __ro_after_init;
static u8 cpu_bit[CONFIG_NR_CPUS]; /* written by each CPU before it is online */

static void gic_mask(struct irq_data *d)
{
	gic_poke(dist, GICD_ICENABLER, d->hwirq);
}

static void gic_unmask(struct irq_data *d)
{
	gic_poke(dist, GICD_ISENABLER, d->hwirq);
}

static int gic_set_type(struct irq_data *d, unsigned int type)
{
	return gic_configure(dist, d->hwirq, type);
}

static void route(unsigned int hwirq, unsigned int cpu)
{
	writeb_relaxed(cpu_bit[cpu], dist + GICD_ITARGETSR + hwirq);
}

static int gic_set_affinity(struct irq_data *d, const cpumask_t *mask)
{
	cpumask_t usable;

	if (d->hwirq < GIC_FIRST_SPI || !cpumask_and(&usable, mask, cpu_online_mask))
		return -EINVAL;
	route(d->hwirq, cpumask_first(&usable));
	return 0;
}

static const struct irq_chip gic_chip = {
	.name = "GICv2",
	.irq_mask = gic_mask,
	.irq_unmask = gic_unmask,
	.irq_set_type = gic_set_type,
	.irq_set_affinity = gic_set_affinity,
};

static int gic_map(struct irq_domain *dom, struct irq_data *d)
{
	d->chip = &gic_chip;
	return 0;
}

static const struct irq_domain_ops gic_domain_ops = {.map = gic_map, .xlate = gic_xlate};

/* The write of EOIR, which names the sender of an SGI too, ends what the read of IAR began. */
static void gic_handle(void)
{
	for (;;) {
		u32 iar = readl_relaxed(cpu_if + GICC_IAR);
		unsigned int id = GICC_ID(iar);

		if (id >= GIC_MAX_ID)
			return;
		if (id < GIC_NR_SGI) {
			writel_relaxed(iar, cpu_if + GICC_EOIR);
			/* Pairs with gic_send_ipi(): what was stored before it was sent is seen. */
			smp_rmb();
			handle_ipi((enum ipi)id);
			continue;
		}
		generic_handle_domain_irq(domain, id);
		writel_relaxed(iar, cpu_if + GICC_EOIR);
	}
}

static void gic_send_ipi(unsigned int cpu, enum ipi ipi)
{
	dsb(ishst);
	writel_relaxed((u32)cpu_bit[cpu] << 16 | ipi, dist + GICD_SGIR);
}

/*
 * The bit of the calling CPU; a GIC of one CPU shows 0 (IHI 0048B 4.3.12), where any target is as
 * good: bit 0.
 */
static u8 my_bit(void)
{
	u32 targets = 0;

	for (unsigned int i = 0; i < GIC_FIRST_SPI && !targets; i += 4)
		targets = readl_relaxed(dist + GICD_ITARGETSR + i);
	targets |= targets >> 16;
	targets |= targets >> 8;
	return (u8)targets ? (u8)targets : 1;
}

static int gic_cpu_init(void)
{
	gic_reset_private(dist);
	cpu_bit[smp_processor_id_raw()] = my_bit();
	writel_relaxed(GIC_PRIORITY_OPEN, cpu_if + GICC_PMR);
	writel_relaxed(0, cpu_if + GICC_BPR);
	writel(1, cpu_if + GICC_CTLR);
	return 0;
}

static const struct arch_irqchip gic_irqchip = {
	.name = "GICv2",
	.handle = gic_handle,
	.send_ipi = gic_send_ipi,
	.cpu_init = gic_cpu_init,
};

static int __init gic_init(int node)
{
	unsigned int nr;

	dist = of_iomap(node, 0);
	cpu_if = of_iomap(node, 1);
	if (!dist || !cpu_if)
		return -ENXIO;
	nr = gic_nr_irqs(dist);
	domain = gic_create_domain("GICv2", nr, node, &gic_domain_ops);
	if (!domain)
		return -ENOMEM;
	writel_relaxed(0, dist + GICD_CTLR);
	gic_reset_spis(dist, nr, 0);
	gic_cpu_init();
	for (unsigned int i = GIC_FIRST_SPI; i < nr; i++)
		route(i, 0);
	writel(1, dist + GICD_CTLR);
	arch_set_irqchip(&gic_irqchip);
	pr_info("%u interrupts\n", nr);
	return 0;
}
IRQCHIP_DECLARE(gic_a15, "arm,cortex-a15-gic", gic_init);
IRQCHIP_DECLARE(gic_400, "arm,gic-400", gic_init);
IRQCHIP_DECLARE(gic_a7, "arm,cortex-a7-gic", gic_init);
IRQCHIP_DECLARE(gic_a9, "arm,cortex-a9-gic", gic_init);
