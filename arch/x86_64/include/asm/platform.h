/* SPDX-License-Identifier: MIT */
/*
 * What firmware says about the machine, in arch terms: filled by the ACPI driver while the boot CPU
 * runs alone, or left at the defaults of a PC without ACPI (one CPU, i8259, PIT). Read-only
 * afterwards.
 *
 * Drivers that must come up before initcalls hook themselves in by one line, X86_PROBE(stage, fn):
 * a stage's functions run in link order.
 *   x86_probe_early    no allocator, no direct map (early_memremap works): fill x86_platform
 *   x86_probe_irqchip  allocators work, IRQs off: local APIC, then I/O APIC or i8259
 *   x86_probe_timer the same, after the interrupt controllers: clocksources, the boot CPU's clock
 *    event device
 */
#ifndef ASM_PLATFORM_H
#define ASM_PLATFORM_H

#include <lib/types.h>
#include <lib/compiler.h>

#define MAX_IOAPICS 8
#define NR_ISA_IRQS 16

struct x86_platform {
	u32 lapic_phys;
	bool has_i8259; /* the PC-AT pair is there too */
	unsigned int nr_cpus, nr_cpus_found; /* used; reported */
	u32 apic_id[CONFIG_NR_CPUS]; /* CPU 0 is the boot CPU */
	unsigned int nr_ioapics;
	struct {
		u32 phys, gsi_base;
		u8 id;
	} ioapic[MAX_IOAPICS];
	struct {
		u32 gsi;
		bool active_low, level;
	} isa_irq[NR_ISA_IRQS];
	phys_addr_t hpet_phys; /* 0: none */
	u16 pm_timer_port; /* 0: none */
	bool pm_timer_32bit;
	bool no_cmos_rtc;
	u8 century_reg; /* CMOS index of the century, 0: none */
};
extern struct x86_platform x86_platform;

typedef void (*x86_probe_t)(void);
#define X86_PROBE(stage, fn) static const x86_probe_t __##stage##_##fn __table_entry(#stage) = fn

/* Frequencies found by the timer probes, Hz; 0: unknown. */
extern u64 tsc_hz;

/*
 * Waits at least @ns (at most a second), by the TSC when its rate is known, else by counting I/O
 * port accesses. Any context.
 */
void udelay_ns(u64 ns);

#endif
