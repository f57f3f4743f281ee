/* SPDX-License-Identifier: MIT */
/*
 * Time as numbers: seconds and nanoseconds, and the proleptic Gregorian calendar in UTC. No clocks
 * here. A timespec64 is normal when 0 <= tv_nsec < 10^9.
 */
#ifndef _LIB_TIME64_H
#define _LIB_TIME64_H

#include <lib/types.h>

#define MSEC_PER_SEC  1000L
#define USEC_PER_MSEC 1000L
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define USEC_PER_SEC  1000000L
#define NSEC_PER_SEC  1000000000L

#define KTIME_MAX     ((s64)S64_MAX)
#define KTIME_SEC_MAX (KTIME_MAX / NSEC_PER_SEC)
#define TIME64_MAX    ((time64_t)S64_MAX)
#define TIME64_MIN    ((time64_t)S64_MIN)

struct timespec64 {
	time64_t tv_sec;
	long tv_nsec;
};

struct itimerspec64 {
	struct timespec64 it_interval;
	struct timespec64 it_value;
};

/* The calendar: tm_mon 0-11, tm_year since 1900 (wide, as years may be), tm_wday 0 = Sunday. */
struct tm {
	int tm_sec, tm_min, tm_hour;
	int tm_mday, tm_mon;
	long tm_year;
	int tm_wday, tm_yday;
};

/* Seconds since 1970 of a date; @mon 1-12, @year in full. Any in-range day of any year. */
time64_t mktime64(unsigned int year, unsigned int mon, unsigned int day, unsigned int hour,
		  unsigned int min, unsigned int sec);
void time64_to_tm(time64_t secs, int offset, struct tm *tm);

/* Nanoseconds; saturates. Any normal or abnormal ts with tv_sec >= 0. */
static inline s64 timespec64_to_ns(const struct timespec64 *ts)
{
	if (ts->tv_sec >= KTIME_SEC_MAX)
		return KTIME_MAX;
	if (ts->tv_sec <= -KTIME_SEC_MAX)
		return -KTIME_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

struct timespec64 ns_to_timespec64(s64 ns);
/* Make tv_nsec normal. */
void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec);
/* Saturates at TIME64_MAX. Both normal and not negative. */
struct timespec64 timespec64_add_safe(struct timespec64 a, struct timespec64 b);

static inline bool timespec64_valid(const struct timespec64 *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

static inline int timespec64_compare(const struct timespec64 *a, const struct timespec64 *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

static inline bool timespec64_equal(const struct timespec64 *a, const struct timespec64 *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static inline struct timespec64 timespec64_add(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec + b.tv_sec, (s64)a.tv_nsec + b.tv_nsec);
	return r;
}

static inline struct timespec64 timespec64_sub(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec - b.tv_sec, (s64)a.tv_nsec - b.tv_nsec);
	return r;
}

#endif
