/* SPDX-License-Identifier: MIT */
/*
 * ACPI without an interpreter: the static tables (ACPI Specification 6.4, chapter 5) say where
 * CPUs, interrupt controllers, timers and PCI configuration space are and how the machine is turned
 * off. They are read once, early, into plain values; nothing keeps pointers into them.
 */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include <lib/types.h>

#define ACPI_MAX_MCFG 4

/*
 * A window of PCI Express configuration space: 1 MiB a bus from @base, which belongs to bus 0 of
 * the segment.
 */
struct acpi_mcfg_window {
	phys_addr_t base;
	u16 segment;
	u8 first_bus, last_bus;
};

struct acpi_generic_address {
	u8 space; /* 0: memory, 1: I/O port */
	u8 bits, offset, access;
	u64 address;
} __packed;

/* What the fixed hardware registers are for; 0: none. */
struct acpi_facts {
	bool present;
	u32 smi_port;
	u8 enable_value;
	u32 pm1a_control, pm1b_control; /* I/O ports */
	bool can_power_off;
	u8 s5_type_a, s5_type_b;
	bool can_reset;
	struct acpi_generic_address reset_reg;
	u8 reset_value;
	unsigned int nr_mcfg;
	struct acpi_mcfg_window mcfg[ACPI_MAX_MCFG];
	u16 sci_irq;
};
extern struct acpi_facts acpi_facts;

#endif
