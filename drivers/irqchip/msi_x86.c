/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of a PC (SDM vol. 3, 11.11): a write to 0xfee00000 with the local
 * APIC's number in bits 12-19 raises the vector in the data, edge-triggered.
 */
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/msi.h>
#include <lib/atomic.h>
#include <lib/errno.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include <asm/platform.h>
#include <asm/vectors.h>

#define NR_MSI (LAST_DEVICE_VECTOR - FIRST_DEVICE_VECTOR + 1)

static struct irq_domain *domain;
static atomic_t next_hwirq;
static u8 vectors[NR_MSI]; /* by hwirq */

static void msi_eoi(struct irq_data *d)
{
	apic->eoi();
}

static const struct irq_chip msi_chip = {.name = "PCI-MSI", .irq_eoi = msi_eoi};

static int msi_map(struct irq_domain *dom, struct irq_data *d)
{
	unsigned int vector = irq_vector_alloc(d->irq);

	if (!vector)
		return -ENOSPC;
	d->chip = &msi_chip;
	vectors[d->hwirq] = vector;
	return 0;
}

static const struct irq_domain_ops msi_domain_ops = {.map = msi_map};

static unsigned int msi_alloc(struct msi_msg *msg, unsigned int cpu)
{
	unsigned int hwirq = atomic_fetch_add_explicit(&next_hwirq, 1, memory_order_relaxed);
	unsigned int irq = hwirq < NR_MSI ? irq_create_mapping(domain, hwirq) : 0;
	u32 apic_id;

	if (!irq)
		return 0;
	apic_id = x86_platform.apic_id[cpu_online(cpu) ? cpu : 0];
	if (apic_id > 255)
		apic_id = x86_platform.apic_id[0];
	msg->address = 0xfee00000 | apic_id << 12;
	msg->data = vectors[hwirq];
	return irq;
}

static const struct msi_controller msi = {.name = "lapic", .alloc = msi_alloc};

static int __init msi_init(void)
{
	if (!apic)
		return 0;
	domain = irq_domain_create("msi", NR_MSI, &msi_domain_ops, NULL);
	if (!domain)
		return -ENOMEM;
	msi_controller = &msi;
	return 0;
}
core_initcall(msi_init);
