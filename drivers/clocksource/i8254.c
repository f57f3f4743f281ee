/* SPDX-License-Identifier: MIT */
/*
 * The PC's 8254 interval timer (Intel data sheet 231164): channel 2 counts as measure for the TSC;
 * channel 0 interrupts on line 0 and is the clock event device where there is no local APIC.
 */
#define pr_fmt(fmt) "i8254: " fmt

#include <arch/io.h>
#include <arch/irqflags.h>
#include <kernel/clockchips.h>
#include <kernel/clocksource.h>
#include <kernel/hrtimer.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <asm/platform.h>
#include <asm/timer.h>

#define PIT_HZ		1193182
#define CHANNEL0	0x40
#define CHANNEL2	0x42
#define COMMAND		0x43
#define GATE		0x61 /* bit 0: channel 2 counts, bit 1: speaker */

#define CMD_CH0_ONESHOT 0x30 /* both bytes, mode 0: the output rises when the count is over */
#define CMD_CH2_RATE	0xb4 /* both bytes, mode 2 */
#define CMD_CH2_LATCH	0x80

static u64 pit_read(void)
{
	unsigned long flags = local_irq_save_flags();
	unsigned int count;

	outb(CMD_CH2_LATCH, COMMAND);
	count = inb(CHANNEL2);
	count |= inb(CHANNEL2) << 8;
	local_irq_restore(flags);
	return 0xffff - count;
}

static struct clocksource pit_clocksource = {
	.name = "i8254",
	.rating = 110,
	.read = pit_read,
	.mask = 0xffff,
	.freq = PIT_HZ,
};

static void __init pit_probe(void)
{
	outb((inb(GATE) & ~2) | 1, GATE);
	outb(CMD_CH2_RATE, COMMAND);
	outb(0, CHANNEL2);
	outb(0, CHANNEL2);
	x86_timer_reference(&pit_clocksource);
}
X86_PROBE(x86_probe_timer, pit_probe);

/* ---- clock events ---- */

static int pit_set_next(u64 delta, struct clock_event_device *dev)
{
	outb(CMD_CH0_ONESHOT, COMMAND);
	outb((u8)delta, CHANNEL0);
	outb((u8)(delta >> 8), CHANNEL0);
	return 0;
}

/* In mode 0 a new command stops the count until a value is written. */
static void pit_shutdown(struct clock_event_device *dev)
{
	outb(CMD_CH0_ONESHOT, COMMAND);
}

static struct clock_event_device pit_event = {
	.name = "i8254",
	.rating = 110,
	.freq = PIT_HZ,
	.min_delta = 2,
	.max_delta = 0xffff,
	.set_next_event = pit_set_next,
	.shutdown = pit_shutdown,
};

static irqreturn_t pit_interrupt(int irq, void *dev)
{
	hrtimer_interrupt();
	return IRQ_HANDLED;
}

void __init pit_clockevent_init(void)
{
	unsigned int irq = irq_create_mapping(irq_gsi_domain, x86_platform.isa_irq[0].gsi);

	pit_shutdown(&pit_event);
	if (!irq || request_irq(irq, pit_interrupt, 0, "timer", NULL)) {
		pr_crit("no interrupt: the kernel has no timer\n");
		return;
	}
	clockevents_register_device(&pit_event);
}
