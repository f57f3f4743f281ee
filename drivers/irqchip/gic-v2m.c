/* SPDX-License-Identifier: MIT */
/*
 * GICv2m (Arm Server Base System Architecture, appendix E): a write of an interrupt number to the
 * frame's doorbell raises that shared interrupt.
 */
#include <arch/io.h>
#include <kernel/irq.h>
#include <kernel/msi.h>
#include <kernel/of.h>
#include <lib/atomic.h>
#include <lib/errno.h>

#define MSI_TYPER  0x008
#define MSI_SETSPI 0x040

static struct irq_domain *gic;
static phys_addr_t doorbell;
static unsigned int first_spi, nr_spis;
static atomic_t used;

static unsigned int v2m_alloc(struct msi_msg *msg, unsigned int cpu)
{
	unsigned int n = atomic_fetch_add_explicit(&used, 1, memory_order_relaxed);
	cpumask_t mask = {};
	unsigned int irq;

	if (n >= nr_spis)
		return 0;
	irq = irq_create_mapping(gic, first_spi + n);
	if (!irq)
		return 0;
	irq_set_type(irq, IRQ_TYPE_EDGE_RISING);
	cpumask_set_cpu(cpu, &mask);
	irq_set_affinity(irq, &mask);
	msg->address = doorbell + MSI_SETSPI;
	msg->data = first_spi + n;
	return irq;
}

static const struct msi_controller v2m = {.name = "gic-v2m", .alloc = v2m_alloc};

static int v2m_probe(int node, const void *data)
{
	int parent = fdt_parent(&of_fdt, node);
	void __iomem *base = of_iomap(node, 0);
	u64 size;
	u32 phandle, typer;

	if (!base)
		return -ENXIO;
	typer = readl(base + MSI_TYPER);
	iounmap(base);
	if (msi_controller || parent < 0 || fdt_reg(&of_fdt, node, 0, &doorbell, &size) ||
	    fdt_prop_u32(&of_fdt, parent, "phandle", 0, &phandle))
		return -ENODEV;
	gic = irq_find_domain_of(phandle);
	if (!gic)
		return -ENODEV;
	first_spi = typer >> 16 & 0x3ff;
	nr_spis = typer & 0x3ff;
	msi_controller = &v2m;
	return 0;
}

static const struct of_device_id v2m_match[] = {{"arm,gic-v2m-frame", NULL}, {NULL, NULL}};
OF_DEVICE(gic_v2m, v2m_match, v2m_probe);
