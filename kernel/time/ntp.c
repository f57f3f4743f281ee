/* SPDX-License-Identifier: MIT */
/*
 * The discipline of the clock: adjtimex(2), by which a daemon keeps CLOCK_REALTIME on UTC. The
 * model is that of RFC 1589 and of D. Mills, "A kernel model for precision timekeeping": the clock
 * runs at its nominal rate plus a slew, which is the sum of
 *
 *   tick     what the caller says one 1/USER_HZ of a second lasts
 *   freq     a frequency error that the caller measured, in 2^-16 parts per million
 *   phase    a share of what is left of an offset, anew each second (ADJ_OFFSET with STA_PLL)
 *   single   at most 500 us a second of what is left of an old adjtime() (ADJ_OFFSET_SINGLESHOT)
 *
 * The timekeeper knows only the sum, in nanoseconds a second. A timer looks in once a second while
 * phase, single or a leap second is at work, and does not run else: the two errors grow by the
 * clock's tolerance as they are read.
 *
 * A leap second: STA_INS or STA_DEL is armed at any time of the last day; at its end the clock is
 * set by one second, state goes TIME_INS -> TIME_OOP -> TIME_WAIT and back to TIME_OK when the flag
 * is taken away.
 *
 * ntp_lock guards all here; order ntp_lock > tk_lock.
 */
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/workqueue.h>
#include <uapi/errno.h>
#include <uapi/timex.h>
#include "posix-timers.h"
#include "timekeeping.h"

#define NOMINAL_TICK  (USEC_PER_SEC / USER_HZ) /* us */
#define TICK_SPREAD   (NOMINAL_TICK / 10)
#define TOLERANCE_PPM 500
#define MAX_FREQ      ((s64)TOLERANCE_PPM << 16)
#define MAX_PHASE     (500 * NSEC_PER_MSEC)
#define MAX_ERROR_US  16000000 /* from there on nobody knows the time */
#define MAX_CONSTANT  10
#define PLL_SHIFT     4 /* the loop's time constant is 2^(PLL_SHIFT + constant) seconds */
#define MIN_PLL_SECS  1
#define MAX_PLL_SECS  2048
#define SINGLE_RATE   (500 * NSEC_PER_USEC)
#define LEAST_RATE    NSEC_PER_USEC
#define MAX_SINGLE_US (100ll * 365 * SECS_PER_DAY * USEC_PER_SEC)
#define SECS_PER_DAY  86400

static struct {
	int status, state; /* STA_*, TIME_* */
	s64 freq; /* 2^-16 ppm */
	s64 tick; /* us */
	s64 phase, single; /* ns left to slew */
	s64 phase_rate, single_rate; /* ns a second, since rates_at */
	ktime_t rates_at; /* CLOCK_MONOTONIC_RAW */
	int constant, tai;
	s64 maxerror, esterror; /* us, at errors_at */
	ktime_t errors_at, pll_at; /* pll_at: when the last offset came */
	bool timer_on; /* second_timer is set */
	s64 leap_at; /* UTC second at whose start the step is due */
} ntp = {
	.status = STA_UNSYNC,
	.tick = NOMINAL_TICK,
	.maxerror = MAX_ERROR_US,
	.esterror = MAX_ERROR_US,
	.constant = 2,
};
static DEFINE_SPINLOCK(ntp_lock);
static struct hrtimer second_timer;

static void say_clock_was_set(struct work_struct *work)
{
	clock_was_set();
}
static DECLARE_WORK(clock_set_work, say_clock_was_set);

/* ---- the slew -------------------------------------------------------------------------------- */

static void apply_slew(void)
{
	s64 ns = (ntp.tick - NOMINAL_TICK) * USER_HZ * NSEC_PER_USEC;

	ns += ntp.freq * NSEC_PER_USEC >> 16; /* 1 ppm is 1000 ns a second */
	tk_set_slew(ns + ntp.phase_rate + ntp.single_rate);
}

/*
 * Takes what was slewed since the rates were set off what is left. They may have run for longer
 * than planned, when the timer came late: then something is left in the other direction.
 */
static void settle(void)
{
	ktime_t raw = ktime_get_raw();
	s64 ms = (raw - ntp.rates_at) / NSEC_PER_MSEC;

	ntp.phase -= ntp.phase_rate * ms / MSEC_PER_SEC;
	ntp.single -= ntp.single_rate * ms / MSEC_PER_SEC;
	ntp.rates_at += ms * NSEC_PER_MSEC;
}

/* What the next second is to take of the offsets that are left. */
static void set_rates(void)
{
	s64 share = ntp.phase / (1 << (PLL_SHIFT + ntp.constant));

	if (share > -LEAST_RATE && share < LEAST_RATE)
		share = clamp(ntp.phase, -LEAST_RATE, LEAST_RATE);
	ntp.phase_rate = share;
	ntp.single_rate = clamp(ntp.single, -SINGLE_RATE, SINGLE_RATE);
	ntp.rates_at = ktime_get_raw();
}

/* The error bounds grow by what the clock may be off. */
static void age_errors(ktime_t now)
{
	s64 secs = (now - ntp.errors_at) / NSEC_PER_SEC;

	if (secs <= 0)
		return;
	ntp.errors_at += secs * NSEC_PER_SEC;
	ntp.maxerror =
		min(ntp.maxerror + min(secs, (s64)SECS_PER_DAY) * TOLERANCE_PPM, (s64)MAX_ERROR_US);
	if (ntp.maxerror == MAX_ERROR_US)
		ntp.status |= STA_UNSYNC;
}

/* ---- leap seconds ---------------------------------------------------------------------------- */

static void leap_step(int secs)
{
	tk_step_real(secs * NSEC_PER_SEC);
	ntp.tai -= secs;
	schedule_work(&clock_set_work);
	pr_info("time: leap second %s\n", secs < 0 ? "inserted" : "deleted");
}

/* Moves the state on at UTC second @now. */
static void leap_second(s64 now)
{
	switch (ntp.state) {
	case TIME_OK:
		if (ntp.status & (STA_INS | STA_DEL)) {
			bool ins = ntp.status & STA_INS;

			ntp.state = ins ? TIME_INS : TIME_DEL;
			ntp.leap_at = (now / SECS_PER_DAY + 1) * SECS_PER_DAY - !ins;
		}
		break;
	case TIME_INS:
		if (!(ntp.status & STA_INS)) {
			ntp.state = TIME_OK;
		} else if (now >= ntp.leap_at) {
			leap_step(-1);
			ntp.state = TIME_OOP;
		}
		break;
	case TIME_DEL:
		if (!(ntp.status & STA_DEL)) {
			ntp.state = TIME_OK;
		} else if (now >= ntp.leap_at) {
			leap_step(1);
			ntp.state = TIME_WAIT;
		}
		break;
	case TIME_OOP:
		if (now >= ntp.leap_at)
			ntp.state = TIME_WAIT;
		break;
	case TIME_WAIT:
		if (!(ntp.status & (STA_INS | STA_DEL)))
			ntp.state = TIME_OK;
		break;
	}
}

/* ---- once a second --------------------------------------------------------------------------- */

static bool at_work(void)
{
	return ntp.phase || ntp.single || ntp.phase_rate || ntp.single_rate ||
	       ntp.state != TIME_OK || (ntp.status & (STA_INS | STA_DEL));
}

/* ns until the next UTC second begins. */
static s64 to_next_second(void)
{
	return NSEC_PER_SEC - ktime_get_real() % NSEC_PER_SEC;
}

static enum hrtimer_restart second_fn(struct hrtimer *t)
{
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&ntp_lock, flags);
	leap_second(ktime_get_real() / NSEC_PER_SEC);
	settle();
	set_rates();
	apply_slew();
	more = ntp.timer_on = at_work();
	spin_unlock_irqrestore(&ntp_lock, flags);
	if (!more)
		return HRTIMER_NORESTART;
	t->expires = ktime_get() + to_next_second();
	return HRTIMER_RESTART;
}

static int __init ntp_init(void)
{
	hrtimer_init(&second_timer, CLOCK_MONOTONIC, second_fn);
	return 0;
}
core_initcall(ntp_init);

/* ---- adjtimex(2) ----------------------------------------------------------------------------- */

/* A new offset of @ns: the phase to slew, and what it says about the frequency. */
static void new_offset(s64 ns, ktime_t now)
{
	s64 secs = ntp.pll_at ? (now - ntp.pll_at) / NSEC_PER_SEC : 0;
	int shift = 2 * (PLL_SHIFT + ntp.constant);

	if (!(ntp.status & STA_PLL))
		return;
	ntp.phase = clamp(ns, -MAX_PHASE, MAX_PHASE);
	ntp.pll_at = now;
	if (!(ntp.status & STA_FREQHOLD) && secs >= MIN_PLL_SECS) {
		/* ns * s / s^2 is ns a second; 2^-16 ppm are wanted */
		s64 ns_per_sec = ntp.phase * min(secs, (s64)MAX_PLL_SECS) / (1ll << shift);

		ntp.freq =
			clamp(ntp.freq + (ns_per_sec << 16) / NSEC_PER_USEC, -MAX_FREQ, MAX_FREQ);
	}
}

static void new_status(int status)
{
	if ((ntp.status & STA_PLL) && !(status & STA_PLL)) {
		ntp.phase = ntp.phase_rate = 0;
		ntp.pll_at = 0;
	}
	ntp.status = (ntp.status & STA_RONLY) | (status & ~STA_RONLY);
	if (!(ntp.status & (STA_INS | STA_DEL)) && ntp.state != TIME_OOP)
		ntp.state = TIME_OK;
}

static void change(const struct __kernel_timex *tx, ktime_t now)
{
	unsigned int modes = tx->modes;

	if (modes & ADJ_STATUS)
		new_status(tx->status);
	if (modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	if (modes & ADJ_FREQUENCY)
		ntp.freq = clamp((s64)tx->freq, -MAX_FREQ, MAX_FREQ);
	if (modes & ADJ_MAXERROR)
		ntp.maxerror = clamp((s64)tx->maxerror, 0ll, (s64)MAX_ERROR_US);
	if (modes & ADJ_ESTERROR)
		ntp.esterror = clamp((s64)tx->esterror, 0ll, (s64)MAX_ERROR_US);
	if (modes & ADJ_TIMECONST)
		ntp.constant = (int)clamp((s64)tx->constant, 0ll, (s64)MAX_CONSTANT);
	if ((modes & ADJ_TAI) && tx->constant >= 0 && tx->constant <= 100000)
		ntp.tai = (int)tx->constant;
	if (modes & ADJ_OFFSET) {
		s64 unit = ntp.status & STA_NANO ? 1 : NSEC_PER_USEC;

		new_offset(clamp((s64)tx->offset, -MAX_PHASE, MAX_PHASE) * unit, now);
	}
	if (modes & ADJ_TICK)
		ntp.tick = tx->tick;
	if (modes & (ADJ_TICK | ADJ_FREQUENCY | ADJ_OFFSET | ADJ_STATUS))
		apply_slew();
}

static int check(const struct __kernel_timex *tx)
{
	unsigned int modes = tx->modes;
	bool single = (modes & ADJ_OFFSET_SINGLESHOT) == ADJ_OFFSET_SINGLESHOT;

	if (single) {
		bool reads = (modes & ADJ_OFFSET_SS_READ) == ADJ_OFFSET_SS_READ;

		return reads || capable(CAP_SYS_TIME) ? 0 : -EPERM;
	}
	if (modes & (ADJ_OFFSET_SINGLESHOT & ~ADJ_OFFSET))
		return -EINVAL; /* the mark of an adjtime() without its offset */
	if (modes && !capable(CAP_SYS_TIME))
		return -EPERM;
	if ((modes & ADJ_TICK) &&
	    (tx->tick < NOMINAL_TICK - TICK_SPREAD || tx->tick > NOMINAL_TICK + TICK_SPREAD))
		return -EINVAL;
	return 0;
}

static int set_offset(const struct __kernel_timex *tx)
{
	long long sub = tx->time.tv_usec;
	struct timespec64 ts;
	s64 ns;

	if (sub < 0 || sub >= (tx->modes & ADJ_NANO ? NSEC_PER_SEC : USEC_PER_SEC))
		return -EINVAL;
	if (!(tx->modes & ADJ_NANO))
		sub *= NSEC_PER_USEC;
	if (__builtin_mul_overflow(tx->time.tv_sec, NSEC_PER_SEC, &ns) ||
	    __builtin_add_overflow(ns, sub, &ns) ||
	    __builtin_add_overflow(ns, ktime_get_real(), &ns))
		return -EINVAL;
	ts = ns_to_timespec64(ns);
	return do_settimeofday64(&ts);
}

static void report(struct __kernel_timex *tx, s64 single)
{
	bool nano = ntp.status & STA_NANO;
	struct timespec64 now = ns_to_timespec64(ktime_get_real());
	unsigned int modes = tx->modes;

	*tx = (struct __kernel_timex){
		.modes = modes,
		.offset = nano ? ntp.phase : ntp.phase / NSEC_PER_USEC,
		.freq = ntp.freq,
		.maxerror = ntp.maxerror,
		.esterror = ntp.esterror,
		.status = ntp.status,
		.constant = ntp.constant,
		.precision = 1,
		.tolerance = MAX_FREQ,
		.tick = ntp.tick,
		.tai = ntp.tai,
		.time = {now.tv_sec, nano ? now.tv_nsec : now.tv_nsec / NSEC_PER_USEC},
	};
	if ((modes & ADJ_OFFSET_SINGLESHOT) == ADJ_OFFSET_SINGLESHOT)
		tx->offset = single;
}

/* 0 to 5 (TIME_*) with the clock's state in @tx, -EPERM or -EINVAL. Sleeps. */
static int do_adjtimex(struct __kernel_timex *tx)
{
	bool single = (tx->modes & ADJ_OFFSET_SINGLESHOT) == ADJ_OFFSET_SINGLESHOT;
	int ret = check(tx);
	unsigned long flags;
	s64 before;

	if (!ret && !single && (tx->modes & ADJ_SETOFFSET))
		ret = set_offset(tx);
	if (ret)
		return ret;
	spin_lock_irqsave(&ntp_lock, flags);
	age_errors(ktime_get());
	settle();
	before = ntp.single / NSEC_PER_USEC;
	if (!single)
		change(tx, ktime_get());
	else if ((tx->modes & ADJ_OFFSET_SS_READ) != ADJ_OFFSET_SS_READ)
		ntp.single = clamp((s64)tx->offset, -MAX_SINGLE_US, MAX_SINGLE_US) * NSEC_PER_USEC;
	if (at_work() && !ntp.timer_on) {
		ntp.timer_on = true;
		hrtimer_start(&second_timer, to_next_second(), HRTIMER_MODE_REL);
	}
	report(tx, before);
	ret = (ntp.status & (STA_UNSYNC | STA_CLOCKERR)) ? TIME_ERROR : ntp.state;
	spin_unlock_irqrestore(&ntp_lock, flags);
	return ret;
}

static long adjtimex_user(struct __kernel_timex __user *utx)
{
	struct __kernel_timex tx;
	int ret;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	ret = do_adjtimex(&tx);
	if (ret >= 0 && copy_to_user(utx, &tx, sizeof(tx)))
		ret = -EFAULT;
	return ret;
}

SYSCALL_DEFINE1(adjtimex, struct __kernel_timex __user *, utx)
{
	return adjtimex_user(utx);
}

SYSCALL_DEFINE2(clock_adjtime, clockid_t, clock, struct __kernel_timex __user *, utx)
{
	ktime_t now;

	if (clock == CLOCK_REALTIME)
		return adjtimex_user(utx);
	return posix_clock_read(clock, &now) ? -EINVAL : -EOPNOTSUPP;
}

ktime_t ntp_tai_offset(void)
{
	return (s64)READ_ONCE(ntp.tai) * NSEC_PER_SEC;
}
