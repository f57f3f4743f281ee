/* SPDX-License-Identifier: MIT */
/*
 * Between the timer calibration (drivers/clocksource/tsc.c) and the local APIC: its timer's rate is
 * found by the same measurement.
 */
#ifndef ASM_LAPIC_H
#define ASM_LAPIC_H

#include <lib/types.h>

#ifdef CONFIG_X86_LOCAL_APIC
/*
 * The timer counts down from the top, no interrupt; stop gives what it counted. Only when `apic` is
 * set. IRQs off.
 */
void lapic_timer_measure_start(void);
u32 lapic_timer_measure_stop(void);
/*
 * Rate known (0: no timer): the boot CPU's clock event device is registered, other CPUs' when they
 * start.
 */
void lapic_timer_init(u64 hz);
#else
static inline void lapic_timer_measure_start(void)
{
}
static inline u32 lapic_timer_measure_stop(void)
{
	return 0;
}
static inline void lapic_timer_init(u64 hz)
{
}
#endif

#endif
