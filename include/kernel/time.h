/* SPDX-License-Identifier: MIT */
/*
 * Kernel time is s64 nanoseconds (ktime_t). CLOCK_MONOTONIC counts from boot; real time is
 * monotonic plus an offset; boottime equals monotonic until suspend exists. Readers take no lock
 * (seqcount); context: any after timekeeping_init().
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <lib/types.h>
#include <uapi/time.h>

#define NSEC_PER_SEC  1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL
#define USEC_PER_SEC  1000000LL
#define MSEC_PER_SEC  1000LL
#define KTIME_MAX     ((s64)0x7fffffffffffffffLL)
#define USER_HZ	      100
#define HZ	      CONFIG_HZ
#define TICK_NSEC     (NSEC_PER_SEC / HZ)

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

ktime_t ktime_get(void); /* CLOCK_MONOTONIC */
ktime_t ktime_get_real(void); /* CLOCK_REALTIME */
/* as of the last tick or interrupt; cheap */
ktime_t ktime_get_coarse(void), ktime_get_coarse_real(void);
static inline ktime_t ktime_get_boottime(void)
{
	return ktime_get();
}
/*
 * ns since boot for the scheduler and printk: usable from the first instruction, never goes back
 * on one CPU
 */
u64 sched_clock(void);

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
	struct timespec64 ts = {.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = (long)(ns % NSEC_PER_SEC)};

	if (ts.tv_nsec < 0) {
		ts.tv_nsec += NSEC_PER_SEC;
		ts.tv_sec--;
	}
	return ts;
}

/* Saturates at KTIME_MAX. */
static inline s64 timespec64_to_ns(const struct timespec64 *ts)
{
	if (ts->tv_sec >= KTIME_MAX / NSEC_PER_SEC)
		return KTIME_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}
static inline bool timespec64_valid(const struct timespec64 *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

void ktime_get_real_ts64(struct timespec64 *ts);
void ktime_get_coarse_real_ts64(struct timespec64 *ts); /* inode timestamps */
/* Sets real time (clock_settime, RTC at boot); 0 or -EINVAL. May sleep. */
int do_settimeofday64(const struct timespec64 *ts);

/* User copies of the 64-bit time types; 0 or -EFAULT, values unchecked. */
int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts);
int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts);

/* What is to be added to monotonic time to get real time, ns; changes when the clock is set. */
ktime_t real_offset(void);

/* fn() runs after each setting of real time, in process context. Registered from an initcall. */
struct clock_set_notifier {
	void (*fn)(void);
	struct clock_set_notifier *next;
};
void register_clock_set_notifier(struct clock_set_notifier *n);

void timekeeping_init(void);

#endif
