/* SPDX-License-Identifier: MIT */
/*
 * The local APIC (SDM vol. 3, chapter 11): interrupts between CPUs, end of interrupt, and each
 * CPU's own timer. Registers are in memory (xAPIC) or, when firmware left it in that mode, MSRs
 * (x2APIC); register n of the first is MSR 0x800 + n / 16 of the second.
 */
#define pr_fmt(fmt) "lapic: " fmt

#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/irqflags.h>
#include <kernel/clockchips.h>
#include <kernel/hrtimer.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/lapic.h>
#include <asm/msr.h>
#include <asm/platform.h>
#include <asm/vectors.h>

#define LAPIC_ID	    0x020
#define LAPIC_TPR	    0x080
#define LAPIC_EOI	    0x0b0
#define LAPIC_SVR	    0x0f0
#define LAPIC_ESR	    0x280
#define LAPIC_ICR	    0x300
#define LAPIC_ICR_HIGH	    0x310
#define LAPIC_LVT_TIMER	    0x320
#define LAPIC_LVT_LINT0	    0x350
#define LAPIC_LVT_LINT1	    0x360
#define LAPIC_LVT_ERROR	    0x370
#define LAPIC_TIMER_INITIAL 0x380
#define LAPIC_TIMER_CURRENT 0x390
#define LAPIC_TIMER_DIVIDE  0x3e0

#define SVR_ENABLE	    0x100
#define LVT_MASKED	    0x10000
#define LVT_TSC_DEADLINE    0x40000
#define LVT_EXTINT	    0x700
#define LVT_NMI		    0x400
#define ICR_FIXED	    0x000
#define ICR_INIT	    0x500
#define ICR_STARTUP	    0x600
#define ICR_PENDING	    0x1000
#define ICR_ASSERT	    0x4000
#define DIVIDE_BY_1	    0xb

static bool x2apic __ro_after_init;
static u64 timer_hz __ro_after_init; /* 0: not known, no timer */
static DEFINE_PER_CPU(struct clock_event_device, lapic_event);

static u32 lapic_read(unsigned int reg)
{
	if (x2apic)
		return (u32)rdmsr(MSR_X2APIC + reg / 16);
	return *(volatile u32 *)((char *)fix_to_virt(FIX_LAPIC) + reg);
}

static void lapic_write(unsigned int reg, u32 value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, value);
	else
		*(volatile u32 *)((char *)fix_to_virt(FIX_LAPIC) + reg) = value;
}

static void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/*
 * xAPIC has two halves to write and may be busy: with IRQs off, so that no handler's message comes
 * in between. x2APIC writes are not ordered after earlier stores by themselves.
 */
static void write_icr(u32 apic_id, u32 low)
{
	unsigned long flags;

	if (x2apic) {
		__asm__ __volatile__("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC + LAPIC_ICR / 16, (u64)apic_id << 32 | low);
		return;
	}
	flags = local_irq_save_flags();
	for (unsigned int i = 0; i < 100000 && (lapic_read(LAPIC_ICR) & ICR_PENDING); i++)
		cpu_relax();
	lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
	lapic_write(LAPIC_ICR, low);
	local_irq_restore(flags);
}

static void lapic_send_ipi(u32 apic_id, u8 vector)
{
	write_icr(apic_id, ICR_FIXED | ICR_ASSERT | vector);
}

/*
 * The Multiprocessor Specification's waits (10 ms, 200 us twice) are for APICs on a chip of their
 * own; in a 64-bit CPU INIT is done by the time the next message arrives. The second start-up
 * message is for one that was lost: a CPU that runs ignores it.
 */
static void lapic_start_cpu(u32 apic_id, u8 page)
{
	write_icr(apic_id, ICR_INIT | ICR_ASSERT);
	udelay_ns(10000);
	write_icr(apic_id, ICR_STARTUP | ICR_ASSERT | page);
	udelay_ns(10000);
	write_icr(apic_id, ICR_STARTUP | ICR_ASSERT | page);
}

/* ---- the timer ---- */

static int timer_set_next(u64 delta, struct clock_event_device *dev)
{
	lapic_write(LAPIC_TIMER_INITIAL, (u32)delta);
	return 0;
}

static void timer_shutdown(struct clock_event_device *dev)
{
	lapic_write(LAPIC_TIMER_INITIAL, 0);
}

static int deadline_set_cycles(u64 cycles, struct clock_event_device *dev)
{
	wrmsr(MSR_TSC_DEADLINE, cycles);
	return 0;
}

static int deadline_set_next(u64 delta, struct clock_event_device *dev)
{
	return deadline_set_cycles(rdtsc() + delta, dev);
}

static void deadline_shutdown(struct clock_event_device *dev)
{
	wrmsr(MSR_TSC_DEADLINE, 0);
}

static void lapic_timer_interrupt(void)
{
	lapic_eoi();
	hrtimer_interrupt();
}

static bool use_deadline(void)
{
	return cpu_has(X86_TSC_DEADLINE) && tsc_hz;
}

/* The calling CPU's timer, IRQs off. */
static void lapic_timer_setup(void)
{
	struct clock_event_device *dev = this_cpu_ptr(&lapic_event);

	if (use_deadline()) {
		lapic_write(LAPIC_LVT_TIMER, LVT_TSC_DEADLINE | LAPIC_TIMER_VECTOR);
		/* The mode must be in force before the MSR is written: SDM vol. 3, 11.5.4.1. */
		__asm__ __volatile__("mfence" : : : "memory");
		*dev = (struct clock_event_device){
			.name = "lapic-deadline",
			.rating = 450,
			.freq = tsc_hz,
			.min_delta = 100,
			.max_delta = ~0ull >> 2,
			.set_next_event = deadline_set_next,
			.set_next_cycles = deadline_set_cycles,
			.shutdown = deadline_shutdown,
		};
	} else if (timer_hz) {
		lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
		lapic_write(LAPIC_LVT_TIMER, LAPIC_TIMER_VECTOR);
		*dev = (struct clock_event_device){
			.name = "lapic",
			.rating = 400,
			.freq = timer_hz,
			.min_delta = 16,
			.max_delta = 0xffffffff,
			.set_next_event = timer_set_next,
			.shutdown = timer_shutdown,
		};
	} else {
		return;
	}
	clockevents_register_device(dev);
}

void lapic_timer_measure_start(void)
{
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | LAPIC_TIMER_VECTOR);
	lapic_write(LAPIC_TIMER_INITIAL, 0xffffffff);
}

u32 lapic_timer_measure_stop(void)
{
	u32 gone = 0xffffffff - lapic_read(LAPIC_TIMER_CURRENT);

	lapic_write(LAPIC_TIMER_INITIAL, 0);
	return gone;
}

void lapic_timer_init(u64 hz)
{
	timer_hz = hz;
	lapic_timer_setup();
}

/* ---- set-up ---- */

static void lapic_error_interrupt(void)
{
	u32 esr;

	lapic_write(LAPIC_ESR, 0);
	esr = lapic_read(LAPIC_ESR);
	lapic_eoi();
	pr_warn_ratelimited("error %#x on CPU %u\n", esr, smp_processor_id_raw());
}

static void enable(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLE))
		base |= APIC_BASE_ENABLE;
	if (x2apic)
		base |= APIC_BASE_X2APIC;
	wrmsr(MSR_APIC_BASE, base);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_SVR, SVR_ENABLE | SPURIOUS_VECTOR);
	lapic_write(LAPIC_LVT_LINT1, smp_processor_id_raw() ? LVT_MASKED : LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LAPIC_ERROR_VECTOR);
	/* Without an I/O APIC the i8259 speaks to the boot CPU through this pin. */
	lapic_write(LAPIC_LVT_LINT0,
		    smp_processor_id_raw() || x86_platform.nr_ioapics ? LVT_MASKED : LVT_EXTINT);
	lapic_eoi();
}

static void lapic_secondary_init(void)
{
	enable();
	lapic_timer_setup();
}

static const struct apic_ops lapic_ops = {
	.name = "lapic",
	.cpu_init = lapic_secondary_init,
	.send_ipi = lapic_send_ipi,
	.start_cpu = lapic_start_cpu,
	.eoi = lapic_eoi,
	.timer_interrupt = lapic_timer_interrupt,
	.error_interrupt = lapic_error_interrupt,
};

static void __init lapic_probe(void)
{
	if (!(boot_cpu.feat_1_edx & BIT(9))) {
		pr_warn("this CPU has none\n");
		return;
	}
	x2apic = cpu_has(X86_X2APIC) && (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC);
	if (!x2apic)
		set_fixmap(FIX_LAPIC, x86_platform.lapic_phys & PAGE_MASK, PT_KERNEL_IO);
	apic_register(&lapic_ops);
	enable();
}
X86_PROBE(x86_probe_irqchip, lapic_probe);
