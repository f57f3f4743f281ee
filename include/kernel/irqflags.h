/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_IRQFLAGS_H
#define KERNEL_IRQFLAGS_H

#include <lib/types.h>
#include <arch/irqflags.h>

#define local_irq_save(flags)                     \
	do {                                      \
		(flags) = local_irq_save_flags(); \
	} while (0)

#endif
