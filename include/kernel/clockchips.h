/* SPDX-License-Identifier: MIT */
/* A per-CPU device that interrupts at a chosen time. */
#ifndef KERNEL_CLOCKCHIPS_H
#define KERNEL_CLOCKCHIPS_H

#include <lib/types.h>

struct clock_event_device {
	const char *name;
	int rating;
	u64 freq; /* Hz of its counter */
	u64 min_delta, max_delta; /* counts */
	/* counts from now; IRQs off */
	int (*set_next_event)(u64 delta, struct clock_event_device *dev);
	/*
	 * Better when it can: fire when the clocksource of the same counter reaches @cycles (TSC
	 * deadline, arch timer CVAL). NULL: not.
	 */
	int (*set_next_cycles)(u64 cycles, struct clock_event_device *dev);
	void (*shutdown)(struct clock_event_device *dev);
	u32 mult, shift; /* counts = ns * mult >> shift; filled by registration */
};

/*
 * Makes @dev this CPU's timer. Called on that CPU, IRQs off, from the driver's per-CPU bring-up.
 * Its interrupt handler calls hrtimer_interrupt().
 */
void clockevents_register_device(struct clock_event_device *dev);

#endif
