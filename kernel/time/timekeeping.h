/* SPDX-License-Identifier: MIT */
#ifndef TIME_TIMEKEEPING_H
#define TIME_TIMEKEEPING_H

#include <kernel/time.h>

struct clocksource;

/* tk_lock (timekeeping.c). */
struct timekeeper {
	struct clocksource *cs;
	u32 mult; /* cs->mult with the slew of ntp.c */
	bool slewed; /* ever: CLOCK_MONOTONIC_RAW is a clock of its own */
	u64 base_cycles;
	u64 base_ns;
	u64 raw_base_ns; /* CLOCK_MONOTONIC_RAW at base_cycles */
	s64 real_offset; /* ns: CLOCK_REALTIME - CLOCK_MONOTONIC */
};
extern struct timekeeper timekeeper;

ktime_t ktime_get_raw(void); /* the counter's own rate */
/*
 * From now on the clock gains @ns every second of the counter's, |@ns| below a tenth of a second.
 * Any context.
 */
void tk_set_slew(s64 ns);
/* CLOCK_REALTIME jumps by @ns; the caller sees to clock_was_set(). Any context. */
void tk_step_real(s64 ns);
#if IS_ENABLED(CONFIG_NTP)
ktime_t ntp_tai_offset(void); /* ns: CLOCK_TAI - CLOCK_REALTIME */
#else
static inline ktime_t ntp_tai_offset(void)
{
	return 0;
}
#endif
void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 from, u64 to);

#ifdef CONFIG_VDSO
void vdso_update(const struct timekeeper *tk); /* time/vdso.c: tk_lock held for writing */
void vdso_update_tz(const struct timezone *tz);
#else
static inline void vdso_update(const struct timekeeper *tk)
{
}
static inline void vdso_update_tz(const struct timezone *tz)
{
}
#endif

#endif
