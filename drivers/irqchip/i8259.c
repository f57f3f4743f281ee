/* SPDX-License-Identifier: MIT */
/*
 * The PC-AT's pair of 8259A interrupt controllers (Intel data sheet 231468): 15 lines, the second
 * chip on line 2 of the first. Used when there is no I/O APIC; otherwise silenced, at vectors where
 * its spurious interrupts do no harm.
 *
 * Lock: `lock` around masks and chips.
 */
#define pr_fmt(fmt) "i8259: " fmt

#include <arch/io.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <uapi/errno.h>
#include <asm/entry.h>
#include <asm/platform.h>
#include <asm/vectors.h>

#define MASTER_CMD    0x20
#define MASTER_DATA   0x21
#define SLAVE_CMD     0xa0
#define SLAVE_DATA    0xa1
#define ELCR	      0x4d0 /* trigger of each line: a bit set is level */

#define ICW1_INIT     0x11
#define ICW4_8086     0x01
#define OCW3_READ_ISR 0x0b
#define EOI	      0x60 /* of the line in the low bits */
#define CASCADE	      2

static DEFINE_SPINLOCK(lock);
static u16 masked = 0xffff; /* (lock) */

static void write_masks(void)
{
	outb((u8)masked, MASTER_DATA);
	outb((u8)(masked >> 8), SLAVE_DATA);
}

static void set_mask(struct irq_data *d, bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	if (on)
		masked |= 1u << d->hwirq;
	else
		masked &= ~(1u << d->hwirq | 1u << CASCADE);
	write_masks();
	spin_unlock_irqrestore(&lock, flags);
}

static void i8259_mask(struct irq_data *d)
{
	set_mask(d, true);
}

static void i8259_unmask(struct irq_data *d)
{
	set_mask(d, false);
}

static void i8259_eoi(struct irq_data *d)
{
	if (d->hwirq >= 8) {
		outb(EOI | (d->hwirq & 7), SLAVE_CMD);
		outb(EOI | CASCADE, MASTER_CMD);
	} else {
		outb(EOI | d->hwirq, MASTER_CMD);
	}
}

static int i8259_set_type(struct irq_data *d, unsigned int type)
{
	u16 port = ELCR + (d->hwirq >> 3);
	u8 bit = 1u << (d->hwirq & 7);

	if (type == IRQ_TYPE_LEVEL_LOW || type == IRQ_TYPE_LEVEL_HIGH)
		outb(inb(port) | bit, port);
	else
		outb(inb(port) & ~bit, port);
	return 0;
}

static const struct irq_chip i8259_chip = {
	.name = "XT-PIC",
	.irq_mask = i8259_mask,
	.irq_unmask = i8259_unmask,
	.irq_eoi = i8259_eoi,
	.irq_set_type = i8259_set_type,
};

static int i8259_map(struct irq_domain *dom, struct irq_data *d)
{
	if (d->hwirq == CASCADE)
		return -EINVAL;
	d->chip = &i8259_chip;
	return 0;
}

static const struct irq_domain_ops i8259_domain_ops = {.map = i8259_map};

/* A request that went away before it was read shows as line 7 of its chip, not in service. */
static bool spurious(unsigned int line)
{
	u16 cmd = line < 8 ? MASTER_CMD : SLAVE_CMD;

	if ((line & 7) != 7)
		return false;
	outb(OCW3_READ_ISR, cmd);
	if (inb(cmd) & 0x80)
		return false;
	if (line >= 8)
		outb(EOI | CASCADE, MASTER_CMD);
	return true;
}

static void i8259_interrupt(unsigned int line)
{
	if (!spurious(line))
		generic_handle_domain_irq(irq_gsi_domain, line);
}

static void i8259_ignore(unsigned int line)
{
}

static void __init init_chips(void)
{
	outb(0xff, MASTER_DATA);
	outb(0xff, SLAVE_DATA);
	outb(ICW1_INIT, MASTER_CMD);
	outb(I8259_VECTOR, MASTER_DATA);
	outb(1 << CASCADE, MASTER_DATA);
	outb(ICW4_8086, MASTER_DATA);
	outb(ICW1_INIT, SLAVE_CMD);
	outb(I8259_VECTOR + 8, SLAVE_DATA);
	outb(CASCADE, SLAVE_DATA);
	outb(ICW4_8086, SLAVE_DATA);
	write_masks();
}

/*
 * Firmware leaves lines open. They are closed while the local APIC still passes the chip's
 * interrupt on: a request that stands when the APIC stops listening would stay with the CPU, with
 * nobody to name its vector.
 */
static void __init i8259_quiet(void)
{
	write_masks();
}
X86_PROBE(x86_probe_early, i8259_quiet);

static void __init i8259_probe(void)
{
	irq_set_i8259_handler(i8259_ignore);
	if (!x86_platform.has_i8259)
		return;
	init_chips();
	if (irq_gsi_domain)
		return;
	irq_gsi_domain = irq_domain_create("i8259", 16, &i8259_domain_ops, NULL);
	if (!irq_gsi_domain) {
		pr_err("no memory: devices have no interrupts\n");
		return;
	}
	for (unsigned int i = 0; i < NR_ISA_IRQS; i++)
		x86_platform.isa_irq[i].gsi = i;
	irq_set_i8259_handler(i8259_interrupt);
}
X86_PROBE(x86_probe_irqchip, i8259_probe);
