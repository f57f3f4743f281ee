/* SPDX-License-Identifier: MIT */
/* A free-running counter that time is read from. Drivers register; the best rated is used. */
#ifndef KERNEL_CLOCKSOURCE_H
#define KERNEL_CLOCKSOURCE_H

#include <lib/types.h>

struct clocksource {
	const char *name;
	int rating; /* 1-499; TSC/arch timer 300-400, HPET 250, ACPI PM 200, PIT 110 */
	u64 (*read)(void); /* any context, IRQs off or on */
	u64 mask; /* of the counter's bits */
	u64 freq; /* Hz */
	bool vdso; /* user space can read it (asm/vdso.h knows how) */
	u32 mult, shift; /* ns = cycles * mult >> shift; filled by registration */
};

/* @cs->freq set. Context: boot or process, may be before the allocators. */
void clocksource_register(struct clocksource *cs);

#endif
