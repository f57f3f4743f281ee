/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs (82093AA data sheet): each has up to 240 lines, numbered machine-wide as global system
 * interrupts (GSI). A line's 64-bit redirection entry names vector, destination CPU, polarity and
 * trigger. Level and edge lines are both ended at the local APIC, so the flow is the same for both.
 *
 * Lock: `lock` around index and data register of all of them.
 */
#define pr_fmt(fmt) "ioapic: " fmt

#include <arch/io.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include <asm/platform.h>

#define IOREGSEL	 0x00
#define IOWIN		 0x10
#define REG_VERSION	 0x01
#define REG_ENTRY(n)	 (0x10 + 2 * (n))

#define ENTRY_ACTIVE_LOW 0x02000u
#define ENTRY_LEVEL	 0x08000u
#define ENTRY_MASKED	 0x10000u

#define MAX_LINES	 240

struct ioapic {
	void __iomem *regs;
	u32 gsi_base, nr_lines;
};

struct line {
	struct ioapic *ioapic;
	u32 pin;
	u32 low; /* lower half of the entry as last written (lock) */
	u32 apic_id; /* destination */
};

static struct ioapic ioapics[MAX_IOAPICS];
static unsigned int nr_ioapics;
static DEFINE_SPINLOCK(lock);

/* lock held, or boot. */
static u32 ioapic_read(struct ioapic *io, u8 reg)
{
	writel(reg, io->regs + IOREGSEL);
	return readl(io->regs + IOWIN);
}

static void ioapic_write(struct ioapic *io, u8 reg, u32 value)
{
	writel(reg, io->regs + IOREGSEL);
	writel(value, io->regs + IOWIN);
}

/* Masked while the halves disagree. */
static void write_entry(struct line *l)
{
	ioapic_write(l->ioapic, REG_ENTRY(l->pin), l->low | ENTRY_MASKED);
	ioapic_write(l->ioapic, REG_ENTRY(l->pin) + 1, l->apic_id << 24);
	ioapic_write(l->ioapic, REG_ENTRY(l->pin), l->low);
}

static void change_low(struct irq_data *d, u32 clear, u32 set)
{
	struct line *l = d->chip_data;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	l->low = (l->low & ~clear) | set;
	ioapic_write(l->ioapic, REG_ENTRY(l->pin), l->low);
	spin_unlock_irqrestore(&lock, flags);
}

static void ioapic_mask(struct irq_data *d)
{
	change_low(d, 0, ENTRY_MASKED);
}

static void ioapic_unmask(struct irq_data *d)
{
	change_low(d, ENTRY_MASKED, 0);
}

static void ioapic_eoi(struct irq_data *d)
{
	apic->eoi();
}

static int ioapic_set_type(struct irq_data *d, unsigned int type)
{
	switch (type) {
	case IRQ_TYPE_EDGE_RISING:
		change_low(d, ENTRY_LEVEL | ENTRY_ACTIVE_LOW, 0);
		return 0;
	case IRQ_TYPE_EDGE_FALLING:
		change_low(d, ENTRY_LEVEL, ENTRY_ACTIVE_LOW);
		return 0;
	case IRQ_TYPE_LEVEL_HIGH:
		change_low(d, ENTRY_ACTIVE_LOW, ENTRY_LEVEL);
		return 0;
	case IRQ_TYPE_LEVEL_LOW:
		change_low(d, 0, ENTRY_LEVEL | ENTRY_ACTIVE_LOW);
		return 0;
	default:
		return -EINVAL;
	}
}

static int ioapic_set_affinity(struct irq_data *d, const cpumask_t *mask)
{
	struct line *l = d->chip_data;
	unsigned long flags;
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		if (cpu_online(cpu))
			break;
	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	spin_lock_irqsave(&lock, flags);
	l->apic_id = x86_platform.apic_id[cpu];
	write_entry(l);
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static const struct irq_chip ioapic_chip = {
	.name = "IO-APIC",
	.irq_mask = ioapic_mask,
	.irq_unmask = ioapic_unmask,
	.irq_eoi = ioapic_eoi,
	.irq_set_type = ioapic_set_type,
	.irq_set_affinity = ioapic_set_affinity,
};

/*
 * ISA lines are edge, active high, unless firmware says otherwise; PCI's, all others, level and
 * active low.
 */
static u32 default_mode(u32 gsi)
{
	for (unsigned int i = 0; i < NR_ISA_IRQS; i++)
		if (x86_platform.isa_irq[i].gsi == gsi)
			return (x86_platform.isa_irq[i].level ? ENTRY_LEVEL : 0) |
			       (x86_platform.isa_irq[i].active_low ? ENTRY_ACTIVE_LOW : 0);
	return ENTRY_LEVEL | ENTRY_ACTIVE_LOW;
}

static struct ioapic *find_ioapic(u32 gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].nr_lines)
			return &ioapics[i];
	return NULL;
}

static int ioapic_map(struct irq_domain *dom, struct irq_data *d)
{
	struct ioapic *io = find_ioapic(d->hwirq);
	struct line *l;
	unsigned int vector;
	unsigned long flags;

	if (!io)
		return -ENXIO;
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	vector = irq_vector_alloc(d->irq);
	if (!vector) {
		kfree(l);
		return -ENOSPC;
	}
	l->ioapic = io;
	l->pin = d->hwirq - io->gsi_base;
	l->low = vector | default_mode(d->hwirq) | ENTRY_MASKED;
	l->apic_id = x86_platform.apic_id[0];
	d->chip = &ioapic_chip;
	d->chip_data = l;
	spin_lock_irqsave(&lock, flags);
	write_entry(l);
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static const struct irq_domain_ops ioapic_domain_ops = {.map = ioapic_map};

/* Firmware may have left lines open. */
static void __init add_ioapic(u32 phys, u32 gsi_base)
{
	struct ioapic *io = &ioapics[nr_ioapics];

	io->regs = ioremap(phys, 0x20);
	if (!io->regs) {
		pr_err("no memory to map %#x\n", phys);
		return;
	}
	io->gsi_base = gsi_base;
	io->nr_lines = (ioapic_read(io, REG_VERSION) >> 16 & 0xff) + 1;
	if (io->nr_lines > MAX_LINES) {
		pr_err("nothing at %#x\n", phys);
		iounmap(io->regs);
		return;
	}
	for (u32 pin = 0; pin < io->nr_lines; pin++)
		ioapic_write(io, REG_ENTRY(pin), ENTRY_MASKED);
	nr_ioapics++;
}

static void __init ioapic_probe(void)
{
	u32 last = 0;

	if (!apic)
		return;
	for (unsigned int i = 0; i < x86_platform.nr_ioapics; i++)
		add_ioapic(x86_platform.ioapic[i].phys, x86_platform.ioapic[i].gsi_base);
	for (unsigned int i = 0; i < nr_ioapics; i++)
		last = max(last, ioapics[i].gsi_base + ioapics[i].nr_lines);
	if (!last)
		return;
	irq_gsi_domain = irq_domain_create("gsi", min(last, 4096u), &ioapic_domain_ops, NULL);
	if (!irq_gsi_domain)
		pr_err("no memory: devices have no interrupts\n");
}
X86_PROBE(x86_probe_irqchip, ioapic_probe);
