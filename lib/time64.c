/* SPDX-License-Identifier: MIT */
/*
 * Time and the calendar. Days are counted from 1 March of year 0, so that the leap day is a year's
 * last; an era is the 400 years, 146,097 days, after which the Gregorian calendar repeats.
 */
#include <lib/time64.h>

#define DAYS_PER_ERA  146097
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */
#define SECS_PER_DAY  86400

static s64 floor_div(s64 a, s64 b)
{
	return a / b - (a % b < 0);
}

/* Days from 1 March to the first of the @m'th month after March. */
static int month_days(int m)
{
	return (153 * m + 2) / 5;
}

static s64 days_from_civil(s64 year, int mon, int day)
{
	s64 y = mon <= 2 ? year - 1 : year;
	s64 era = floor_div(y, 400);
	s64 yoe = y - era * 400;
	s64 doy = month_days((mon + 9) % 12) + day - 1;

	return era * DAYS_PER_ERA + yoe * 365 + yoe / 4 - yoe / 100 + doy - DAYS_TO_EPOCH;
}

time64_t mktime64(unsigned int year, unsigned int mon, unsigned int day, unsigned int hour,
		  unsigned int min, unsigned int sec)
{
	return days_from_civil(year, (int)mon, (int)day) * SECS_PER_DAY + hour * 3600 + min * 60 +
	       sec;
}

void time64_to_tm(time64_t secs, int offset, struct tm *tm)
{
	s64 days = floor_div(secs, SECS_PER_DAY), era, doe, yoe, doy, year;
	int rem = (int)(secs - days * SECS_PER_DAY) + offset, m;

	days += floor_div(rem, SECS_PER_DAY);
	rem -= (int)floor_div(rem, SECS_PER_DAY) * SECS_PER_DAY;
	tm->tm_hour = rem / 3600;
	tm->tm_min = rem / 60 % 60;
	tm->tm_sec = rem % 60;
	tm->tm_wday = (int)(days + 4 - 7 * floor_div(days + 4, 7)); /* 1970-01-01: Thursday */

	days += DAYS_TO_EPOCH;
	era = floor_div(days, DAYS_PER_ERA);
	doe = days - era * DAYS_PER_ERA;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	m = (int)(5 * doy + 2) / 153;
	tm->tm_mday = (int)doy - month_days(m) + 1;
	tm->tm_mon = (m + 2) % 12;
	year = era * 400 + yoe + (tm->tm_mon < 2);
	tm->tm_year = (long)year - 1900;
	tm->tm_yday = (int)(days - DAYS_TO_EPOCH - days_from_civil(year, 1, 1));
}

void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec)
{
	s64 carry = floor_div(nsec, NSEC_PER_SEC);

	ts->tv_sec = (time64_t)((u64)sec + (u64)carry);
	ts->tv_nsec = (long)(nsec - carry * NSEC_PER_SEC);
}

struct timespec64 ns_to_timespec64(s64 ns)
{
	struct timespec64 ts;

	set_normalized_timespec64(&ts, 0, ns);
	return ts;
}

struct timespec64 timespec64_add_safe(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, 0, (s64)a.tv_nsec + b.tv_nsec);
	if (check_add_overflow(r.tv_sec, a.tv_sec, &r.tv_sec) ||
	    check_add_overflow(r.tv_sec, b.tv_sec, &r.tv_sec))
		return (struct timespec64){TIME64_MAX, 0};
	return r;
}
