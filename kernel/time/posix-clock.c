/* SPDX-License-Identifier: MIT */
/*
 * Reading, setting and sleeping on clocks: clock_gettime(2), clock_nanosleep(2), gettimeofday(2).
 */
#include <lib/errno.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/posix-timers.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "posix-timers.h"
#include "timekeeping.h"

static struct timezone sys_tz; /* settimeofday()'s second argument: kept, and given back */

/* ---- reading ---- */

static bool is_cpu_clock(clockid_t clock)
{
	if (!IS_ENABLED(CONFIG_CPU_CLOCKS))
		return false;
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

int posix_clock_read(clockid_t clock, ktime_t *now)
{
	switch (clock) {
	case CLOCK_REALTIME:
		*now = ktime_get_real();
		return 0;
	case CLOCK_TAI:
		*now = ktime_get_real() + ntp_tai_offset();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		*now = ktime_get();
		return 0;
	case CLOCK_MONOTONIC_RAW:
		*now = ktime_get_raw();
		return 0;
	case CLOCK_REALTIME_COARSE:
		*now = ktime_get_coarse_real();
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*now = ktime_get_coarse();
		return 0;
	}
	return is_cpu_clock(clock) ? posix_cpu_clock_get(clock, (u64 *)now) : -EINVAL;
}

SYSCALL_DEFINE2(clock_gettime, clockid_t, clock, struct __kernel_timespec __user *, uts)
{
	struct timespec64 ts;
	ktime_t now;
	int err = posix_clock_read(clock, &now);

	if (err)
		return err;
	ts = ns_to_timespec64(now);
	return put_timespec64(&ts, uts);
}

SYSCALL_DEFINE2(clock_getres, clockid_t, clock, struct __kernel_timespec __user *, uts)
{
	struct timespec64 ts = {.tv_nsec = 1};
	ktime_t now;
	int err = posix_clock_read(clock, &now);

	if (err)
		return err;
	if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
		ts.tv_nsec = TICK_NSEC;
	return uts ? put_timespec64(&ts, uts) : 0;
}

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, utv, struct timezone __user *,
		utz)
{
	if (utv) {
		struct timespec64 ts = ns_to_timespec64(ktime_get_real());
		struct __kernel_old_timeval tv = {ts.tv_sec, ts.tv_nsec / NSEC_PER_USEC};

		if (copy_to_user(utv, &tv, sizeof(tv)))
			return -EFAULT;
	}
	return utz && copy_to_user(utz, &sys_tz, sizeof(sys_tz)) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(time, __kernel_old_time_t __user *, utime)
{
	__kernel_old_time_t now = ktime_get_real() / NSEC_PER_SEC;

	return utime && put_user(now, utime) ? -EFAULT : now;
}

/* ---- setting ---- */

SYSCALL_DEFINE2(clock_settime, clockid_t, clock, const struct __kernel_timespec __user *, uts)
{
	struct timespec64 ts;
	u64 ns;

	if (clock < 0 && !posix_cpu_clock_get(clock, &ns))
		return -EPERM; /* of the clocks that exist but nobody may set */
	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	return capable(CAP_SYS_TIME) ? do_settimeofday64(&ts) : -EPERM;
}

SYSCALL_DEFINE2(settimeofday, const struct __kernel_old_timeval __user *, utv,
		const struct timezone __user *, utz)
{
	struct __kernel_old_timeval tv;
	struct timespec64 ts;
	struct timezone tz;
	int err = 0;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_usec < 0 || tv.tv_usec >= USEC_PER_SEC || tv.tv_sec < 0)
			return -EINVAL;
		ts = (struct timespec64){tv.tv_sec, tv.tv_usec * NSEC_PER_USEC};
	}
	if (utz && copy_from_user(&tz, utz, sizeof(tz)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (utz && (tz.tz_minuteswest > 15 * 60 || tz.tz_minuteswest < -15 * 60))
		return -EINVAL;
	if (utv)
		err = do_settimeofday64(&ts);
	if (!err && utz) {
		sys_tz = tz;
		vdso_update_tz(&tz);
	}
	return err;
}

/* ---- sleeping ---- */

static int sleep_until(ktime_t when, clockid_t clock)
{
	do {
		__set_current_state(TASK_INTERRUPTIBLE);
		if (!schedule_hrtimeout_clock(when, clock))
			return 0;
	} while (!signal_pending(current));
	return -EINTR;
}

static int report_remaining(struct restart_block *rb, ktime_t now)
{
	s64 left = rb->nanosleep.expires - now;
	struct timespec64 ts = ns_to_timespec64(max_t(s64, left, 0));

	return rb->nanosleep.rmtp ? put_timespec64(&ts, rb->nanosleep.rmtp) : 0;
}

/* Sleeps to the restart block's time; also how restart_syscall(2) goes on. */
static long nanosleep_restart(struct restart_block *rb)
{
	if (!sleep_until(rb->nanosleep.expires, rb->nanosleep.clockid))
		return 0;
	if (report_remaining(rb, hrtimer_clock_now(rb->nanosleep.clockid)))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_relative(s64 ns, struct __kernel_timespec __user *rmtp)
{
	struct restart_block *rb = &current->restart_block;
	ktime_t now = ktime_get();

	/* Whatever clock was named: setting it does not change how long a relative sleep is. */
	rb->fn = nanosleep_restart;
	rb->nanosleep.clockid = CLOCK_MONOTONIC;
	rb->nanosleep.rmtp = rmtp;
	rb->nanosleep.expires = ns > KTIME_MAX - now ? KTIME_MAX : now + ns;
	return nanosleep_restart(rb);
}

static int get_sleep_time(s64 *ns, const struct __kernel_timespec __user *rqtp)
{
	struct timespec64 ts;

	if (get_timespec64(&ts, rqtp))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*ns = timespec64_to_ns(&ts);
	return 0;
}

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec __user *, rqtp,
		struct __kernel_timespec __user *, rmtp)
{
	s64 ns;
	int err = get_sleep_time(&ns, rqtp);

	return err ? err : sleep_relative(ns, rmtp);
}

/* Which clocks can be slept on, clock_nanosleep(2). */
static int check_sleep_clock(clockid_t clock)
{
	ktime_t now;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_PROCESS_CPUTIME_ID:
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	}
	if (clock < 0)
		return 0;
	return posix_clock_read(clock, &now) ? -EINVAL : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(clock_nanosleep, clockid_t, clock, int, flags,
		const struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *,
		rmtp)
{
	int err = check_sleep_clock(clock);
	s64 ns;

	if (!err)
		err = get_sleep_time(&ns, rqtp);
	if (err)
		return err;
	if (is_cpu_clock(clock))
		return posix_cpu_nsleep(clock, flags & TIMER_ABSTIME, ns, rmtp);
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(ns, rmtp);
	return sleep_until(ns, clock) ? -ERESTARTNOHAND : 0;
}
