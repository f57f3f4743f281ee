/* SPDX-License-Identifier: MIT */
/*
 * Time from a counter.
 *
 *   monotonic ns = base_ns + ((cycles - base_cycles) * mult >> shift)
 *   real         = monotonic + offset
 *   raw          = the same with the counter's own mult, without the slew that ntp.c puts on
 *
 * The product is taken in 128 bits, so with a 64-bit counter the base never has to move and a
 * reader does no more than read, subtract, multiply and add. A counter with fewer bits has its
 * base moved by a timer at a quarter of its period. Readers retry around writers by a sequence
 * count.
 */
#include <uapi/errno.h>
#include <kernel/clocksource.h>
#include <kernel/hrtimer.h>
#include <kernel/printk.h>
#include <kernel/seqlock.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <lib/math64.h>
#include "timekeeping.h"

static u64 no_clock(void)
{
	return 0;
}

static struct clocksource null_clock = {.name = "none", .read = no_clock, .mask = ~0ULL, .mult = 1};

struct timekeeper timekeeper = {.cs = &null_clock, .mult = 1};
static DEFINE_SEQLOCK(tk_lock);
static struct hrtimer wrap_timer;

static __always_inline u64 cycles_to_ns(const struct clocksource *cs, u64 cycles, u32 mult)
{
	return mul_u64_u32_shr(cycles & cs->mask, mult, cs->shift);
}

static __always_inline ktime_t tk_now(void)
{
	struct clocksource *cs = timekeeper.cs;

	return timekeeper.base_ns +
	       cycles_to_ns(cs, cs->read() - timekeeper.base_cycles, timekeeper.mult);
}

ktime_t ktime_get(void)
{
	unsigned int seq;
	ktime_t now;

	do {
		seq = read_seqbegin(&tk_lock);
		now = tk_now();
	} while (read_seqretry(&tk_lock, seq));
	return now;
}

ktime_t ktime_get_real(void)
{
	unsigned int seq;
	ktime_t now;

	do {
		seq = read_seqbegin(&tk_lock);
		now = tk_now() + timekeeper.real_offset;
	} while (read_seqretry(&tk_lock, seq));
	return now;
}

/* Reading the counter is as cheap as keeping a stale value up to date would be. */
ktime_t ktime_get_coarse(void)
{
	return ktime_get();
}

ktime_t ktime_get_coarse_real(void)
{
	return ktime_get_real();
}

u64 sched_clock(void)
{
	return ktime_get();
}

ktime_t real_offset(void)
{
	return READ_ONCE(timekeeper.real_offset);
}

void ktime_get_real_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(ktime_get_real());
}

void ktime_get_coarse_real_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(ktime_get_real());
}

static struct clock_set_notifier *clock_set_notifiers; /* set at boot */

void register_clock_set_notifier(struct clock_set_notifier *n)
{
	n->next = clock_set_notifiers;
	smp_store_release(&clock_set_notifiers, n);
}

int do_settimeofday64(const struct timespec64 *ts)
{
	struct clock_set_notifier *n;
	unsigned long flags;

	if (!timespec64_valid(ts) || ts->tv_sec >= KTIME_MAX / NSEC_PER_SEC / 2)
		return -EINVAL;
	write_seqlock_irqsave(&tk_lock, flags);
	timekeeper.real_offset = timespec64_to_ns(ts) - tk_now();
	vdso_update(&timekeeper);
	write_sequnlock_irqrestore(&tk_lock, flags);
	clock_was_set();
	for (n = smp_load_acquire(&clock_set_notifiers); n; n = n->next)
		n->fn();
	return 0;
}

/* Moves the base to now; tk_lock held for writing. */
static void tk_rebase(void)
{
	struct clocksource *cs = timekeeper.cs;
	u64 cycles = cs->read();

	timekeeper.base_ns += cycles_to_ns(cs, cycles - timekeeper.base_cycles, timekeeper.mult);
	timekeeper.raw_base_ns += cycles_to_ns(cs, cycles - timekeeper.base_cycles, cs->mult);
	timekeeper.base_cycles = cycles;
}

ktime_t ktime_get_raw(void)
{
	unsigned int seq;
	ktime_t now;

	do {
		struct clocksource *cs;

		seq = read_seqbegin(&tk_lock);
		cs = timekeeper.cs;
		now = timekeeper.raw_base_ns +
		      cycles_to_ns(cs, cs->read() - timekeeper.base_cycles, cs->mult);
	} while (read_seqretry(&tk_lock, seq));
	return now;
}

void tk_set_slew(s64 ns)
{
	unsigned long flags;

	write_seqlock_irqsave(&tk_lock, flags);
	tk_rebase();
	timekeeper.mult = timekeeper.cs->mult +
			  (s32)div_s64((s64)timekeeper.cs->mult * (ns / 16), NSEC_PER_SEC / 16);
	timekeeper.slewed |= ns != 0;
	vdso_update(&timekeeper);
	write_sequnlock_irqrestore(&tk_lock, flags);
}

void tk_step_real(s64 ns)
{
	unsigned long flags;

	write_seqlock_irqsave(&tk_lock, flags);
	timekeeper.real_offset += ns;
	vdso_update(&timekeeper);
	write_sequnlock_irqrestore(&tk_lock, flags);
}

static s64 wrap_period(void)
{
	return cycles_to_ns(timekeeper.cs, timekeeper.cs->mask, timekeeper.cs->mult) / 4;
}

static enum hrtimer_restart wrap_fn(struct hrtimer *t)
{
	unsigned long flags;

	write_seqlock_irqsave(&tk_lock, flags);
	tk_rebase();
	write_sequnlock_irqrestore(&tk_lock, flags);
	hrtimer_forward(t, ktime_get(), wrap_period());
	return HRTIMER_RESTART;
}

/*
 * mult and shift such that mult uses its 32 bits but for an eighth that a slew may add: the
 * rounding error is then below 0.6 ns a second.
 */
#define MOST_MULT 0xe0000000u

void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 from, u64 to)
{
	u32 sh = 32;
	u64 m;

	for (;; sh--) {
		if (to >> (63 - sh) && sh)
			continue; /* would not fit in 64 bits */
		m = ((to << sh) + from / 2) / from;
		if (m <= MOST_MULT || !sh)
			break;
	}
	*mult = (u32)m;
	*shift = sh;
}

void clocksource_register(struct clocksource *cs)
{
	unsigned long flags;

	clocks_calc_mult_shift(&cs->mult, &cs->shift, cs->freq, NSEC_PER_SEC);
	if (cs->rating <= timekeeper.cs->rating)
		return;
	write_seqlock_irqsave(&tk_lock, flags);
	tk_rebase();
	timekeeper.cs = cs;
	timekeeper.mult = cs->mult;
	timekeeper.base_cycles = cs->read();
	vdso_update(&timekeeper);
	write_sequnlock_irqrestore(&tk_lock, flags);
	pr_info("time: clock source %s, %llu.%03llu MHz\n", cs->name,
		(unsigned long long)cs->freq / 1000000, (unsigned long long)cs->freq / 1000 % 1000);
}

/* After the clock sources and the boot CPU's timer are registered. */
void timekeeping_init(void)
{
	if (timekeeper.cs->mask == ~0ULL)
		return;
	hrtimer_init(&wrap_timer, CLOCK_MONOTONIC, wrap_fn);
	hrtimer_start(&wrap_timer, wrap_period(), HRTIMER_MODE_REL);
}

int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts;

	if (copy_from_user(&kts, uts, sizeof(kts)))
		return -EFAULT;
	ts->tv_sec = kts.tv_sec;
	ts->tv_nsec = kts.tv_nsec;
	return 0;
}

int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts = {.tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec};

	return copy_to_user(uts, &kts, sizeof(kts)) ? -EFAULT : 0;
}
