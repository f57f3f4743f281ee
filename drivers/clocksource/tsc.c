/* SPDX-License-Identifier: MIT */
/*
 * The time-stamp counter as clock. Its rate, and that of the local APIC's timer, come from CPUID
 * where a hypervisor or the CPU says them, else from one short measurement against the HPET, the
 * ACPI timer or the 8254.
 */
#define pr_fmt(fmt) "tsc: " fmt

#include <arch/cpu.h>
#include <arch/irqflags.h>
#include <kernel/clocksource.h>
#include <kernel/printk.h>
#include <lib/math64.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/lapic.h>
#include <asm/msr.h>
#include <asm/platform.h>
#include <asm/timer.h>

#define HYPERVISOR_TIMING 0x40000010u /* eax: TSC kHz, ebx: APIC timer kHz */

/*
 * Length of the measurement, us: a virtual machine's counters are exact, and each of its
 * instructions costs.
 */
#define MEASURE_VIRTUAL_US  500
#define MEASURE_PHYSICAL_US 10000
#define GRID_HZ		    100000 /* real rates are round */

static struct clocksource *reference;

static struct clocksource tsc_clocksource = {
	.name = "tsc",
	.read = rdtsc_ordered,
	.mask = ~0ull,
	.vdso = true,
};

void __init x86_timer_reference(struct clocksource *cs)
{
	if (!reference || cs->rating > reference->rating)
		reference = cs;
}

static bool __init rates_from_hypervisor(u64 *tsc, u64 *timer)
{
	struct cpuid_regs r;

	if (!cpu_has(X86_HYPERVISOR) || cpuid(0x40000000).eax < HYPERVISOR_TIMING)
		return false;
	r = cpuid(HYPERVISOR_TIMING);
	*tsc = (u64)r.eax * 1000;
	*timer = (u64)r.ebx * 1000;
	return r.eax;
}

/*
 * CPUID 15h: TSC = crystal * ebx / eax. Without the crystal's rate 16h has the TSC's in MHz. SDM
 * vol. 3, 18.7.3.
 */
static bool __init rates_from_cpu(u64 *tsc, u64 *timer)
{
	struct cpuid_regs r;
	u64 crystal;

	if (boot_cpu.max_leaf < 0x15)
		return false;
	r = cpuid(0x15);
	if (!r.eax || !r.ebx)
		return false;
	crystal = r.ecx;
	if (!crystal && boot_cpu.max_leaf >= 0x16)
		crystal = (u64)(cpuid(0x16).eax & 0xffff) * 1000000 * r.eax / r.ebx;
	*tsc = crystal * r.ebx / r.eax;
	*timer = crystal;
	return crystal;
}

struct sample {
	u64 ref, tsc;
	u64 error; /* TSC counts that the two may be apart */
};

/* The reference between two reads of the TSC: of a few tries the tightest. */
static struct sample __init take_sample(void)
{
	struct sample best = {.error = ~0ull};

	for (unsigned int i = 0; i < 4; i++) {
		u64 before = rdtsc_ordered();
		u64 ref = reference->read();
		u64 after = rdtsc_ordered();

		if (after - before < best.error)
			best = (struct sample){ref, before + (after - before) / 2, after - before};
	}
	return best;
}

/* The round number near @hz if it is as likely as @hz itself. */
static u64 __init snap(u64 hz, u64 error)
{
	u64 round = (hz + GRID_HZ / 2) / GRID_HZ * GRID_HZ;
	u64 off = round > hz ? round - hz : hz - round;

	return off <= error ? round : hz;
}

static bool __init measure(u64 *tsc, u64 *timer)
{
	u64 us = cpu_has(X86_HYPERVISOR) ? MEASURE_VIRTUAL_US : MEASURE_PHYSICAL_US;
	u64 ticks, elapsed, counts = 0, error;
	struct sample first, last;

	if (!reference)
		return false;
	ticks = reference->freq * us / 1000000;
	first = take_sample();
	if (apic)
		lapic_timer_measure_start();
	while (((reference->read() - first.ref) & reference->mask) < ticks)
		cpu_relax();
	if (apic)
		counts = lapic_timer_measure_stop();
	last = take_sample();
	elapsed = (last.ref - first.ref) & reference->mask;
	/* A step of the reference may be missing at either end. */
	error = mul_u64_u64_div_u64(first.error + last.error, reference->freq, elapsed) +
		mul_u64_u64_div_u64(last.tsc - first.tsc, reference->freq, elapsed) / elapsed;
	*tsc = snap(mul_u64_u64_div_u64(last.tsc - first.tsc, reference->freq, elapsed), error);
	*timer = 0;
	if (counts) {
		/* Over its own, shorter stretch: as much of the TSC as the reference's ticks. */
		u64 hz = mul_u64_u64_div_u64(counts, reference->freq, ticks);

		*timer = snap(hz, hz / 200);
	}
	return true;
}

static void __init tsc_probe(void)
{
	bool good = cpu_has(X86_TSC_INVARIANT) || cpu_has(X86_HYPERVISOR);
	u64 timer = 0;

	if (!rates_from_hypervisor(&tsc_hz, &timer) && !rates_from_cpu(&tsc_hz, &timer) &&
	    !measure(&tsc_hz, &timer)) {
		pr_crit("no timer to measure the TSC against: taking it for 1 GHz\n");
		tsc_hz = 1000000000;
	}
	tsc_clocksource.freq = tsc_hz;
	tsc_clocksource.rating = good ? 350 : 150;
	clocksource_register(&tsc_clocksource);
	if (!good && reference)
		clocksource_register(reference);
	if (apic)
		lapic_timer_init(timer);
	else
		pit_clockevent_init();
}
X86_PROBE(x86_probe_timer, tsc_probe);
