/* SPDX-License-Identifier: MIT */
/*
 * The High Precision Event Timer's main counter (IA-PC HPET Specification 1.0a): a clock, and the
 * measure for others.
 */
#define pr_fmt(fmt) "hpet: " fmt

#include <arch/io.h>
#include <kernel/clocksource.h>
#include <kernel/printk.h>
#include <asm/fixmap.h>
#include <asm/platform.h>
#include <asm/timer.h>

#define HPET_CAP	0x000
#define HPET_CAP_PERIOD 0x004 /* fs a count */
#define HPET_CONFIG	0x010
#define HPET_COUNTER	0x0f0

#define CAP_64BIT	0x2000u
#define HPET_ENABLE_CNF 0x1u

#define FS_PER_SECOND	1000000000000000ull
#define MAX_PERIOD	0x05f5e100u /* 100 ns: 2.3.4 */

static void __iomem *hpet_regs(void)
{
	return (void __force __iomem *)fix_to_virt(FIX_HPET);
}

/* The low half: enough between two wraps of 43 s or more, and one access. */
static u64 hpet_read(void)
{
	return readl(hpet_regs() + HPET_COUNTER);
}

static struct clocksource hpet_clocksource = {
	.name = "hpet",
	.rating = 250,
	.read = hpet_read,
	.mask = 0xffffffff,
};

static void __init hpet_probe(void)
{
	u32 period;

	if (!x86_platform.hpet_phys || (x86_platform.hpet_phys & ~PAGE_MASK))
		return;
	set_fixmap(FIX_HPET, x86_platform.hpet_phys, PT_KERNEL_IO);
	period = readl(hpet_regs() + HPET_CAP_PERIOD);
	if (readl(hpet_regs() + HPET_CAP) == 0xffffffff || !period || period > MAX_PERIOD) {
		pr_warn("nothing sensible at %#llx\n", x86_platform.hpet_phys);
		set_fixmap(FIX_HPET, 0, 0);
		return;
	}
	writel(readl(hpet_regs() + HPET_CONFIG) | HPET_ENABLE_CNF, hpet_regs() + HPET_CONFIG);
	hpet_clocksource.freq = FS_PER_SECOND / period;
	x86_timer_reference(&hpet_clocksource);
}
X86_PROBE(x86_probe_timer, hpet_probe);
