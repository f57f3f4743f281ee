/* SPDX-License-Identifier: MIT */
/*
 * Restart when no driver could: the PC's reset control port, the keyboard controller, then a triple
 * fault. There is no way of the arch's own to power off.
 */
#include <arch/cpu.h>
#include <arch/io.h>
#include <lib/types.h>
#include <asm/platform.h>

#define RESET_PORT    0xcf9 /* ICH and later; QEMU too */
#define KBD_STATUS    0x64
#define KBD_CMD_RESET 0xfe

void arch_power_off(void)
{
}

void arch_restart(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed no_idt = {0, 0};

	outb(0x02, RESET_PORT);
	outb(0x06, RESET_PORT);
	udelay_ns(10000000);
	for (unsigned int i = 0; i < 10000 && (inb(KBD_STATUS) & 2); i++)
		io_delay();
	outb(KBD_CMD_RESET, KBD_STATUS);
	udelay_ns(10000000);
	__asm__ __volatile__("lidt %0; int3" : : "m"(no_idt));
}
