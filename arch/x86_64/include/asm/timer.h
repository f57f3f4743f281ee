/* SPDX-License-Identifier: MIT */
/*
 * The PC's old timers serve as the measure that the TSC and the local APIC's timer are calibrated
 * against.
 */
#ifndef ASM_TIMER_H
#define ASM_TIMER_H

struct clocksource;

/*
 * Offers a running counter of known rate; the best rated one is used. From x86_probe_timer, before
 * the TSC's own.
 */
void x86_timer_reference(struct clocksource *cs);

/* The 8254 as clock event device of the boot CPU, where there is no local APIC. */
#ifdef CONFIG_I8254
void pit_clockevent_init(void);
#else
static inline void pit_clockevent_init(void)
{
}
#endif

#endif
