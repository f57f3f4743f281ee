/* SPDX-License-Identifier: MIT */
#ifndef TIME_TIMEKEEPING_H
#define TIME_TIMEKEEPING_H

#include <kernel/time.h>

struct clocksource;

/* tk_lock (timekeeping.c). */
struct timekeeper {
	struct clocksource *cs;
	u64 base_cycles;
	u64 base_ns;
	s64 real_offset; /* ns: CLOCK_REALTIME - CLOCK_MONOTONIC */
};
extern struct timekeeper timekeeper;

void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 from, u64 to);

#ifdef CONFIG_VDSO
void vdso_update(const struct timekeeper *tk); /* time/vdso.c: tk_lock held for writing */
#else
static inline void vdso_update(const struct timekeeper *tk)
{
}
#endif

#endif
