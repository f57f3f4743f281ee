/* SPDX-License-Identifier: MIT */
/*
 * GICv3 (Arm IHI 0069G): a distributor for shared interrupts, a redistributor for each CPU's own,
 * and a CPU interface of system registers. Redistributors lie in one or more regions in an order of
 * their own; each says the affinity of its CPU.
 */
#define pr_fmt(fmt) "gic-v3: " fmt

#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <arch/barrier.h>
#include <arch/io.h>
#include <asm/irqchip.h>
#include <asm/sysreg.h>

#include "gic.h"

#define GICD_CTLR_VALUE	    0x13 /* affinity routing, group 1 in either security state */
#define GICD_CTLR_RWP	    (1u << 31)
#define GICD_IROUTER	    0x6000

#define GICR_CTLR	    0x00000
#define GICR_CTLR_RWP	    (1u << 3)
#define GICR_TYPER	    0x00008
#define GICR_TYPER_VLPIS    (1u << 1)
#define GICR_TYPER_LAST	    (1u << 4)
#define GICR_WAKER	    0x00014
#define GICR_WAKER_SLEEP    (1u << 1)
#define GICR_WAKER_CHILDREN (1u << 2)
/* the frame of private interrupts, laid out as in the distributor */
#define GICR_SGI_BASE 0x10000

#define MAX_REGIONS   32
#define WAIT_LOOPS    1000000

static void __iomem *dist __ro_after_init;
static struct irq_domain *domain __ro_after_init;

static struct {
	void __iomem *base;
	u64 size;
} regions[MAX_REGIONS] __ro_after_init;
static unsigned int nr_regions __ro_after_init;
static u64 stride __ro_after_init; /* 0: as the redistributor says */

static DEFINE_PER_CPU(void __iomem *, my_frame); /* redistributor of this CPU */

static bool wait_clear(void __iomem *reg, u32 bits)
{
	for (unsigned int i = 0; i < WAIT_LOOPS; i++) {
		if (!(readl_relaxed(reg) & bits))
			return true;
		cpu_relax();
	}
	pr_err("register 0x%lx stays busy\n", (unsigned long)reg & 0xffff);
	return false;
}

/* The frame with the enable and configuration registers of @hwirq, as the calling CPU sees it. */
static void __iomem *frame_of(unsigned int hwirq)
{
	return hwirq < GIC_FIRST_SPI ? this_cpu_read(my_frame) + GICR_SGI_BASE : dist;
}

static void gic_mask(struct irq_data *d)
{
	gic_poke(frame_of(d->hwirq), GICD_ICENABLER, d->hwirq);
	if (d->hwirq >= GIC_FIRST_SPI)
		wait_clear(dist + GICD_CTLR, GICD_CTLR_RWP);
}

static void gic_unmask(struct irq_data *d)
{
	gic_poke(frame_of(d->hwirq), GICD_ISENABLER, d->hwirq);
}

static int gic_set_type(struct irq_data *d, unsigned int type)
{
	return gic_configure(frame_of(d->hwirq), d->hwirq, type);
}

/* Aff3 of MPIDR is at bit 32, in IROUTER too. */
static void route(unsigned int hwirq, unsigned int cpu)
{
	writeq_relaxed(cpu_hwid(cpu), dist + GICD_IROUTER + hwirq * 8);
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
	.name = "GICv3",
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

static void gic_handle(void)
{
	for (;;) {
		unsigned int id = (unsigned int)read_sysreg(ICC_IAR1_EL1);

		dsb(sy); /* the acknowledgement before what the handler does */
		if (id >= GIC_MAX_ID)
			return;
		if (id < GIC_NR_SGI) {
			write_sysreg(id, ICC_EOIR1_EL1);
			isb();
			handle_ipi((enum ipi)id);
			continue;
		}
		generic_handle_domain_irq(domain, id);
		write_sysreg(id, ICC_EOIR1_EL1);
		isb();
	}
}

static void gic_send_ipi(unsigned int cpu, enum ipi ipi)
{
	u64 hwid = cpu_hwid(cpu);
	u64 val = (hwid >> 32 & 0xff) << 48 | (hwid >> 16 & 0xff) << 32 | (hwid >> 8 & 0xff) << 16 |
		  (hwid >> 4 & 0xf) << 44 | 1UL << (hwid & 0xf) | (u64)ipi << 24;

	dsb(ishst);
	write_sysreg(val, ICC_SGI1R_EL1);
	isb();
}

/* ---- the calling CPU ---- */

/* Aff3.Aff2.Aff1.Aff0 in one word, as GICR_TYPER has it. */
static u32 packed_affinity(u64 hwid)
{
	return (u32)(hwid >> 32 << 24 | (hwid & 0xffffff));
}

static u64 frame_size(u64 typer)
{
	if (stride)
		return stride;
	return typer & GICR_TYPER_VLPIS ? 0x40000 : 0x20000;
}

static void __iomem *find_frame(u64 hwid)
{
	for (unsigned int i = 0; i < nr_regions; i++) {
		u64 typer, off = 0;

		do {
			void __iomem *frame = regions[i].base + off;

			typer = readq_relaxed(frame + GICR_TYPER);
			if (typer >> 32 == packed_affinity(hwid))
				return frame;
			off += frame_size(typer);
		} while (!(typer & GICR_TYPER_LAST) && off < regions[i].size);
	}
	return NULL;
}

static bool wake_frame(void __iomem *frame)
{
	u32 waker = readl_relaxed(frame + GICR_WAKER);

	writel_relaxed(waker & ~GICR_WAKER_SLEEP, frame + GICR_WAKER);
	return wait_clear(frame + GICR_WAKER, GICR_WAKER_CHILDREN);
}

static int gic_cpu_init(void)
{
	void __iomem *frame = find_frame(cpu_hwid(smp_processor_id_raw()));

	if (!frame || !wake_frame(frame))
		return -ENODEV;
	this_cpu_write(my_frame, frame);
	writel_relaxed(~0u, frame + GICR_SGI_BASE + GICD_IGROUPR);
	gic_reset_private(frame + GICR_SGI_BASE);
	wait_clear(frame + GICR_CTLR, GICR_CTLR_RWP);

	write_sysreg(read_sysreg(ICC_SRE_EL1) | ICC_SRE_SRE, ICC_SRE_EL1);
	isb();
	if (!(read_sysreg(ICC_SRE_EL1) & ICC_SRE_SRE))
		return -EIO; /* firmware keeps the system registers to itself */
	write_sysreg(GIC_PRIORITY_OPEN, ICC_PMR_EL1);
	write_sysreg(0, ICC_BPR1_EL1);
	write_sysreg(0, ICC_CTLR_EL1); /* EOI ends an interrupt in one step */
	isb();
	write_sysreg(1, ICC_IGRPEN1_EL1);
	isb();
	return 0;
}

static const struct arch_irqchip gic_irqchip = {
	.name = "GICv3",
	.handle = gic_handle,
	.send_ipi = gic_send_ipi,
	.cpu_init = gic_cpu_init,
};

/* ---- boot ---- */

static int __init map_regions(int node)
{
	u32 nr = 1;
	u64 addr;

	fdt_prop_u32(&of_fdt, node, "#redistributor-regions", 0, &nr);
	fdt_prop_number(&of_fdt, node, "redistributor-stride", &stride);
	if (!nr || nr > MAX_REGIONS)
		return -EINVAL;
	for (u32 i = 0; i < nr; i++) {
		if (fdt_reg(&of_fdt, node, 1 + i, &addr, &regions[i].size))
			return -EINVAL;
		regions[i].base = of_iomap(node, 1 + i);
		if (!regions[i].base)
			return -ENOMEM;
	}
	nr_regions = nr;
	return 0;
}

static int __init gic_init(int node)
{
	unsigned int nr;
	int err;

	dist = of_iomap(node, 0);
	if (!dist)
		return -ENXIO;
	err = map_regions(node);
	if (err)
		return err;
	nr = gic_nr_irqs(dist);
	domain = gic_create_domain("GICv3", nr, node, &gic_domain_ops);
	if (!domain)
		return -ENOMEM;
	writel_relaxed(0, dist + GICD_CTLR);
	wait_clear(dist + GICD_CTLR, GICD_CTLR_RWP);
	gic_reset_spis(dist, nr, ~0u);
	writel(GICD_CTLR_VALUE, dist + GICD_CTLR);
	wait_clear(dist + GICD_CTLR, GICD_CTLR_RWP);
	for (unsigned int i = GIC_FIRST_SPI; i < nr; i++)
		route(i, 0);
	err = gic_cpu_init();
	if (err)
		return err;
	arch_set_irqchip(&gic_irqchip);
	pr_info("%u interrupts, %u redistributor region(s)\n", nr, nr_regions);
	return 0;
}
IRQCHIP_DECLARE(gic_v3, "arm,gic-v3", gic_init);
