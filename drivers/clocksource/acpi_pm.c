/* SPDX-License-Identifier: MIT */
/*
 * The ACPI power management timer (ACPI 6.4, 4.8.2.1): 3.579545 MHz, 24 or 32 bits, in an I/O port.
 */
#include <arch/io.h>
#include <kernel/clocksource.h>
#include <asm/platform.h>
#include <asm/timer.h>

#define PM_TIMER_HZ 3579545

static u64 pm_timer_read(void)
{
	return inl(x86_platform.pm_timer_port);
}

static struct clocksource pm_timer_clocksource = {
	.name = "acpi_pm",
	.rating = 200,
	.read = pm_timer_read,
	.freq = PM_TIMER_HZ,
};

static void __init pm_timer_probe(void)
{
	if (!x86_platform.pm_timer_port || inl(x86_platform.pm_timer_port) == 0xffffffff)
		return;
	pm_timer_clocksource.mask = x86_platform.pm_timer_32bit ? 0xffffffff : 0xffffff;
	x86_timer_reference(&pm_timer_clocksource);
}
X86_PROBE(x86_probe_timer, pm_timer_probe);
