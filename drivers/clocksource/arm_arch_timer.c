/* SPDX-License-Identifier: MIT */
/*
 * The architected timer of AArch64 (Arm ARM, D11): a counter that all CPUs share and a comparator
 * in each. The virtual one is used: it works at EL1 under a hypervisor too, and user space can read
 * its counter.
 */
#define pr_fmt(fmt) "arch_timer: " fmt

#include <kernel/clockchips.h>
#include <kernel/clocksource.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <arch/barrier.h>
#include <asm/irqchip.h>
#include <asm/sysreg.h>

#define CTL_ENABLE  (1 << 0)
#define CTL_IMASK   (1 << 1)
#define CTL_ISTATUS (1 << 2)

#define VIRT_INDEX  2 /* in `interrupts`: secure, non-secure, virtual, hypervisor */

static unsigned int timer_irq __ro_after_init;
static u64 timer_freq __ro_after_init;
static DEFINE_PER_CPU(struct clock_event_device, timer_event);

/* Not before earlier instructions: two reads on different CPUs keep their order. */
static u64 read_counter(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

static struct clocksource timer_clocksource = {
	.name = "arch_sys_counter",
	.rating = 400,
	.read = read_counter,
	.mask = ~0ULL,
	.vdso = true,
};

static int set_next_cycles(u64 cycles, struct clock_event_device *dev)
{
	write_sysreg(cycles, cntv_cval_el0);
	write_sysreg(CTL_ENABLE, cntv_ctl_el0);
	isb();
	return 0;
}

static int set_next_event(u64 delta, struct clock_event_device *dev)
{
	return set_next_cycles(read_counter() + delta, dev);
}

static void timer_shutdown(struct clock_event_device *dev)
{
	write_sysreg(0, cntv_ctl_el0);
	isb();
}

/*
 * The line is level: it drops with the comparator, which hrtimer_interrupt() sets anew if there is
 * something to wait for.
 */
static irqreturn_t timer_interrupt(int irq, void *dev)
{
	if (!(read_sysreg(cntv_ctl_el0) & CTL_ISTATUS))
		return IRQ_NONE;
	timer_shutdown(NULL);
	hrtimer_interrupt();
	return IRQ_HANDLED;
}

static void timer_cpu_init(void)
{
	struct clock_event_device *dev = this_cpu_ptr(&timer_event);

	timer_shutdown(dev);
	dev->name = "arch_sys_timer";
	dev->rating = 400;
	dev->freq = timer_freq;
	dev->min_delta = 15;
	dev->max_delta = 0x7fffffffffffffffULL;
	dev->set_next_event = set_next_event;
	dev->set_next_cycles = set_next_cycles;
	dev->shutdown = timer_shutdown;
	clockevents_register_device(dev);
	enable_percpu_irq(timer_irq);
}

static int __init timer_init(int node)
{
	u32 freq = 0;
	int err;

	timer_freq = read_sysreg(cntfrq_el0);
	if (!fdt_prop_u32(&of_fdt, node, "clock-frequency", 0, &freq) && freq)
		timer_freq = freq;
	if (!timer_freq) {
		pr_err("neither CNTFRQ_EL0 nor the devicetree gives the counter's frequency\n");
		return -EINVAL;
	}
	timer_irq = of_irq_get(node, VIRT_INDEX);
	if (!timer_irq)
		return -ENXIO;
	err = request_percpu_irq(timer_irq, timer_interrupt, "arch_timer", &timer_event);
	if (err)
		return err;
	timer_clocksource.freq = timer_freq;
	clocksource_register(&timer_clocksource);
	timer_cpu_init();
	arch_add_cpu_hook(timer_cpu_init);
	pr_info("%llu.%02llu MHz, virtual\n", timer_freq / 1000000, timer_freq / 10000 % 100);
	return 0;
}
TIMER_DECLARE(armv8_timer, "arm,armv8-timer", timer_init);
