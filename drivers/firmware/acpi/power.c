/* SPDX-License-Identifier: MIT */
/*
 * Power off through the PM1 control registers (ACPI 6.4, 4.8.3.2.1 and 7.4.2) and restart through
 * the reset register (4.8.3.6). What to write to power off is in AML, the object \_S5: a package of
 * small constants, which a scan for its name finds without an interpreter.
 */
#include <arch/io.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/reboot.h>
#include <lib/string.h>
#include <asm/platform.h>
#include "acpi.h"

#define PM1_SCI_ENABLE	 0x0001
#define PM1_SLEEP_TYPE	 10 /* shift of a 3-bit field */
#define PM1_SLEEP_ENABLE 0x2000

#define AML_NAME	 0x08
#define AML_ZERO	 0x00
#define AML_ONE		 0x01
#define AML_BYTE	 0x0a
#define AML_PACKAGE	 0x12

/* A constant of a package; advances @p. -1: something else. */
static int __init aml_constant(const u8 **p, const u8 *end)
{
	if (*p < end && (**p == AML_ZERO || **p == AML_ONE))
		return *(*p)++;
	if (end - *p >= 2 && **p == AML_BYTE) {
		*p += 2;
		return (*p)[-1];
	}
	return -1;
}

/*
 * @p is behind the name: a package of at least two constants follows (20.2.4: the two top bits of
 * its length count more length bytes).
 */
static bool __init parse_s5(const u8 *p, const u8 *end)
{
	int a, b;

	if (end - p < 8 || *p++ != AML_PACKAGE)
		return false;
	p += (*p >> 6) + 1;
	if (end - p < 3 || *p++ < 2)
		return false;
	a = aml_constant(&p, end);
	b = aml_constant(&p, end);
	if (a < 0 || a > 7 || b < 0 || b > 7)
		return false;
	acpi_facts.s5_type_a = (u8)a;
	acpi_facts.s5_type_b = (u8)b;
	acpi_facts.can_power_off = true;
	return true;
}

void __init acpi_find_s5(const struct acpi_table *table)
{
	const u8 *p = (const u8 *)(table + 1), *end = (const u8 *)table + table->length;

	for (; end - p >= 12 && !acpi_facts.can_power_off; p++) {
		const u8 *name = p + 1;

		if (*p != AML_NAME)
			continue;
		if (*name == '\\')
			name++;
		if (!memcmp(name, "_S5_", 4))
			parse_s5(name + 4, end);
	}
}

/* The registers belong to firmware until it is told to hand them over. */
static void take_over(void)
{
	if ((inw((u16)acpi_facts.pm1a_control) & PM1_SCI_ENABLE) || !acpi_facts.smi_port ||
	    !acpi_facts.enable_value)
		return;
	outb(acpi_facts.enable_value, (u16)acpi_facts.smi_port);
	for (unsigned int i = 0; i < 300 && !(inw((u16)acpi_facts.pm1a_control) & PM1_SCI_ENABLE);
	     i++)
		udelay_ns(1000000);
}

static void enter_s5(u32 port, u8 type)
{
	u16 value = inw((u16)port) & ~(7u << PM1_SLEEP_TYPE | PM1_SLEEP_ENABLE);

	value |= type << PM1_SLEEP_TYPE;
	outw(value, (u16)port);
	outw(value | PM1_SLEEP_ENABLE, (u16)port);
}

static void acpi_power_off(void)
{
	take_over();
	if (acpi_facts.pm1b_control)
		enter_s5(acpi_facts.pm1b_control, acpi_facts.s5_type_b);
	enter_s5(acpi_facts.pm1a_control, acpi_facts.s5_type_a);
	udelay_ns(500000000);
}

static void __iomem *reset_mem;

static void acpi_restart(void)
{
	if (acpi_facts.reset_reg.space == 1)
		outb(acpi_facts.reset_value, (u16)acpi_facts.reset_reg.address);
	else if (reset_mem)
		writeb(acpi_facts.reset_value, reset_mem);
	udelay_ns(50000000);
}

static struct reboot_handler power_off_handler = {
	.name = "acpi",
	.priority = 100,
	.action = REBOOT_POWER_OFF,
	.fn = acpi_power_off,
};
static struct reboot_handler restart_handler = {
	.name = "acpi",
	.priority = 100,
	.action = REBOOT_RESTART,
	.fn = acpi_restart,
};

static int __init acpi_power_init(void)
{
	if (acpi_facts.pm1a_control && acpi_facts.can_power_off)
		register_reboot_handler(&power_off_handler);
	else if (acpi_facts.present)
		pr_info("ACPI: no way to power off found\n");
	if (!acpi_facts.can_reset)
		return 0;
	if (acpi_facts.reset_reg.space == 0)
		reset_mem = ioremap(acpi_facts.reset_reg.address, 1);
	register_reboot_handler(&restart_handler);
	return 0;
}
core_initcall(acpi_power_init);
