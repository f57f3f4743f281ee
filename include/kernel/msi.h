/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts: a device interrupts by writing @data to @address. The machine's one
 * controller of them registers itself; without it devices use their lines.
 */
#ifndef KERNEL_MSI_H
#define KERNEL_MSI_H

#include <lib/types.h>

struct msi_msg {
	u64 address;
	u32 data;
};

struct msi_controller {
	const char *name;
	/*
	 * A new irq number for one message, sent to @cpu if the controller can choose: 0 when there
	 * are none left. May sleep.
	 */
	unsigned int (*alloc)(struct msi_msg *msg, unsigned int cpu);
};
extern const struct msi_controller *msi_controller; /* set once; NULL: there is none */

#endif
