/* SPDX-License-Identifier: MIT */
/*
 * High-resolution timers: one red-black tree per CPU ordered by expiry; the clock event device is
 * set for the first. Callbacks run in hard IRQ context, IRQs off, with no timer lock held.
 */
#ifndef KERNEL_HRTIMER_H
#define KERNEL_HRTIMER_H

#include <lib/types.h>
#include <lib/rbtree.h>
#include <kernel/time.h>

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
enum hrtimer_mode { HRTIMER_MODE_ABS, HRTIMER_MODE_REL };

struct hrtimer_cpu_base;
/*
 * States: idle (not queued, not running), queued (in base's tree), running (base->running ==
 * this), both when restarted by its own callback.
 */
struct hrtimer {
	struct rb_node node; /* base lock */
	ktime_t expires; /* on @clock's time line */
	ktime_t mono; /* base lock: the same as monotonic time, the key in the tree */
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	struct hrtimer_cpu_base *base;
	u8 clock; /* CLOCK_MONOTONIC, CLOCK_REALTIME or CLOCK_BOOTTIME */
	bool queued; /* base lock */
};

/* Realtime timers are re-sorted when the clock is set. */
void hrtimer_init(struct hrtimer *timer, clockid_t clock,
		  enum hrtimer_restart (*fn)(struct hrtimer *));
void hrtimer_start(struct hrtimer *timer, ktime_t when, enum hrtimer_mode mode);
/*
 * True if it was queued; -1 in try form when the callback is running now. hrtimer_cancel waits
 * for a running callback; not from the callback.
 */
int hrtimer_try_to_cancel(struct hrtimer *timer);
bool hrtimer_cancel(struct hrtimer *timer);
/*
 * Moves expiry forward past @now in steps of @interval; returns how many. For the callback or
 * when idle.
 */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);
ktime_t hrtimer_get_remaining(const struct hrtimer *timer);
static inline bool hrtimer_active(const struct hrtimer *timer)
{
	return READ_ONCE(timer->queued);
}
ktime_t hrtimer_clock_now(clockid_t clock);

/* Called by the clock event device's interrupt; by do_settimeofday64(). */
void hrtimer_interrupt(void);
void clock_was_set(void);

/*
 * Sleeps with current's state already set. _left: returns ns not slept (<= 0: timed out). @ns
 * KTIME_MAX: for ever.
 */
s64 schedule_hrtimeout_left(s64 ns);
/* Until absolute @when on @clock: 0 when it was reached, -EINTR when woken earlier. */
int schedule_hrtimeout_clock(ktime_t when, clockid_t clock);
void msleep(unsigned int ms);
void usleep_range(unsigned long min_us, unsigned long max_us);
/* Busy waits; any context. */
void udelay(unsigned long us);
void ndelay(unsigned long ns);

/* Simple one-shot timers for drivers: hrtimers of CLOCK_MONOTONIC. */
struct timer_list {
	struct hrtimer hr;
	void (*function)(struct timer_list *t);
};
void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *));
void mod_timer_ns(struct timer_list *t, s64 ns_from_now);
bool del_timer_sync(struct timer_list *t);

#endif
