/* SPDX-License-Identifier: MIT */
/*
 * The Multiple APIC Description Table (5.2.12): CPUs, I/O APICs and how ISA interrupts are wired to
 * them.
 */
#define pr_fmt(fmt) "ACPI: " fmt

#include <kernel/printk.h>
#include <lib/string.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/platform.h>
#include "acpi.h"

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
};

struct acpi_madt {
	struct acpi_table header;
	u32 lapic_phys, flags;
} __packed;
#define MADT_PCAT_COMPAT 1u

struct madt_entry {
	u8 type, length;
	union {
		struct {
			u8 acpi_id, apic_id;
			u32 flags;
		} __packed lapic;
		struct {
			u8 id, reserved;
			u32 phys, gsi_base;
		} __packed ioapic;
		struct {
			u8 bus, source;
			u32 gsi;
			u16 flags;
		} __packed override;
		struct {
			u16 reserved;
			u64 phys;
		} __packed address;
		struct {
			u16 reserved;
			u32 apic_id, flags;
		} __packed x2apic;
	};
} __packed;

/* Bytes that each type must have. */
static const u8 min_length[] __initconst = {
	[MADT_LAPIC] = 8,	   [MADT_IOAPIC] = 12, [MADT_OVERRIDE] = 10,
	[MADT_LAPIC_ADDRESS] = 12, [MADT_X2APIC] = 16,
};

#define CPU_ENABLED 1u

static u32 __init boot_apic_id(void)
{
	struct cpuid_regs r;

	if (boot_cpu.max_leaf >= 0xb) {
		r = cpuid_count(0xb, 0);
		if (r.ebx)
			return r.edx;
	}
	return cpuid(1).ebx >> 24;
}

/* CPU 0 is the one that runs, whatever its place in the table. */
static void __init add_cpu(u32 apic_id, u32 flags)
{
	if (!(flags & CPU_ENABLED) || apic_id == x86_platform.apic_id[0])
		return;
	x86_platform.nr_cpus_found++;
	/* An id above 8 bits can be addressed only where firmware has turned the x2APIC mode on. */
	if (apic_id > 0xfe && !(rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC))
		return;
	if (x86_platform.nr_cpus < CONFIG_NR_CPUS)
		x86_platform.apic_id[x86_platform.nr_cpus++] = apic_id;
}

static void __init add_ioapic(u8 id, u32 phys, u32 gsi_base)
{
	unsigned int n = x86_platform.nr_ioapics;

	if (n == MAX_IOAPICS || !phys) {
		pr_warn("I/O APIC %u ignored\n", id);
		return;
	}
	x86_platform.ioapic[n].id = id;
	x86_platform.ioapic[n].phys = phys;
	x86_platform.ioapic[n].gsi_base = gsi_base;
	x86_platform.nr_ioapics++;
}

/*
 * Bits 0-1 of @flags: polarity, 3 is active low; bits 2-3: trigger, 3 is level; 0 is ISA's own:
 * high, edge.
 */
static void __init override_isa(u8 source, u32 gsi, u16 flags)
{
	if (source >= NR_ISA_IRQS)
		return;
	x86_platform.isa_irq[source].gsi = gsi;
	x86_platform.isa_irq[source].active_low = (flags & 3) == 3;
	x86_platform.isa_irq[source].level = (flags >> 2 & 3) == 3;
}

static void __init parse_entry(const struct madt_entry *e)
{
	if (e->type >= ARRAY_SIZE(min_length) || !min_length[e->type] ||
	    e->length < min_length[e->type])
		return;
	switch (e->type) {
	case MADT_LAPIC:
		return add_cpu(e->lapic.apic_id, e->lapic.flags);
	case MADT_X2APIC:
		return add_cpu(e->x2apic.apic_id, e->x2apic.flags);
	case MADT_IOAPIC:
		return add_ioapic(e->ioapic.id, e->ioapic.phys, e->ioapic.gsi_base);
	case MADT_OVERRIDE:
		return override_isa(e->override.source, e->override.gsi, e->override.flags);
	case MADT_LAPIC_ADDRESS:
		if (e->address.phys < 1ull << 32)
			x86_platform.lapic_phys = (u32)e->address.phys;
	}
}

void __init acpi_parse_madt(const struct acpi_table *table)
{
	const struct acpi_madt *madt = (const struct acpi_madt *)table;
	const u8 *p = (const u8 *)(madt + 1), *end = (const u8 *)table + table->length;

	if (table->length < sizeof(*madt))
		return;
	x86_platform.lapic_phys = madt->lapic_phys;
	x86_platform.has_i8259 = madt->flags & MADT_PCAT_COMPAT;
	x86_platform.apic_id[0] = boot_apic_id();
	while (end - p >= 2) {
		const struct madt_entry *e = (const struct madt_entry *)p;

		if (e->length < 2 || e->length > end - p) {
			pr_warn("MADT is cut short: %u CPUs found\n", x86_platform.nr_cpus);
			return;
		}
		parse_entry(e);
		p += e->length;
	}
}
