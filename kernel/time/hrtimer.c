/* SPDX-License-Identifier: MIT */
/*
 * High-resolution timers and the per-CPU clock event device. See kernel/hrtimer.h.
 *
 * Each CPU has a base: a tree of timers by monotonic expiry, and the device, which is always set
 * for the first (or off). base->lock is taken with IRQs off and is innermost but for console
 * locks. A timer belongs to the base where it was last started; it moves only when it is neither
 * queued nor running.
 */
#include <uapi/errno.h>
#include <kernel/clockchips.h>
#include <kernel/clocksource.h>
#include <kernel/hrtimer.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/math64.h>
#include "timekeeping.h"

struct hrtimer_cpu_base {
	spinlock_t lock;
	struct rb_root_cached tree; /* lock */
	struct hrtimer *running; /* lock: whose callback runs now */
	ktime_t programmed; /* lock: what the device is set for; KTIME_MAX: off */
	struct clock_event_device *dev; /* set once by its CPU */
	bool in_interrupt; /* lock: the device is set again at the end */
};

static DEFINE_PER_CPU(struct hrtimer_cpu_base, hrtimer_bases) = {
	.lock = __SPIN_LOCK_INIT("hrtimer_base"),
	.tree = RB_ROOT_CACHED,
	.programmed = KTIME_MAX,
};

#define timer_of(n) rb_entry(n, struct hrtimer, node)

static ktime_t clock_offset(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_TAI ? real_offset() : 0;
}

ktime_t hrtimer_clock_now(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_TAI ? ktime_get_real() : ktime_get();
}

static bool timer_less(struct rb_node *a, const struct rb_node *b)
{
	return timer_of(a)->mono < rb_entry(b, const struct hrtimer, node)->mono;
}

/* Sets the device of this CPU for @when. Base lock held. */
static void program(struct hrtimer_cpu_base *base, ktime_t when)
{
	struct clock_event_device *dev = base->dev;
	s64 delta;
	u64 counts;

	base->programmed = when;
	if (!dev)
		return;
	if (when == KTIME_MAX) {
		if (dev->shutdown)
			dev->shutdown(dev);
		return;
	}
	delta = when - ktime_get();
	if (delta < 0)
		delta = 0;
	counts = mul_u64_u32_shr(delta, dev->mult, dev->shift);
	if (counts < dev->min_delta)
		counts = dev->min_delta;
	if (counts > dev->max_delta)
		counts = dev->max_delta;
	dev->set_next_event(counts, dev);
}

static void reprogram(struct hrtimer_cpu_base *base)
{
	struct rb_node *first = rb_first_cached(&base->tree);
	ktime_t when = first ? timer_of(first)->mono : KTIME_MAX;

	if (when != base->programmed)
		program(base, when);
}

static void enqueue(struct hrtimer_cpu_base *base, struct hrtimer *t)
{
	t->mono = t->expires - clock_offset(t->clock);
	if (t->expires == KTIME_MAX)
		t->mono = KTIME_MAX - 1;
	t->base = base;
	WRITE_ONCE(t->queued, true);
	rb_add_cached(&t->node, &base->tree, timer_less);
}

static void dequeue(struct hrtimer_cpu_base *base, struct hrtimer *t)
{
	rb_erase_cached(&t->node, &base->tree);
	WRITE_ONCE(t->queued, false);
}

/* Locks the base that @t belongs to. */
static struct hrtimer_cpu_base *lock_base(const struct hrtimer *t, unsigned long *flags)
{
	for (;;) {
		struct hrtimer_cpu_base *base = READ_ONCE(t->base);

		spin_lock_irqsave(&base->lock, *flags);
		if (likely(base == t->base)) {
			__release(&base->lock); /* for sparse: the callers take it over */
			return base;
		}
		spin_unlock_irqrestore(&base->lock, *flags);
	}
}

void hrtimer_init(struct hrtimer *t, clockid_t clock, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	RB_CLEAR_NODE(&t->node);
	t->function = fn;
	t->clock = clock;
	t->queued = false;
	t->expires = t->mono = 0;
	t->base = &per_cpu(hrtimer_bases, 0);
}

void hrtimer_start(struct hrtimer *t, ktime_t when, enum hrtimer_mode mode)
{
	struct hrtimer_cpu_base *base, *here;
	unsigned long flags;

	if (mode == HRTIMER_MODE_REL) {
		ktime_t now = hrtimer_clock_now(t->clock);

		when = when > KTIME_MAX - now ? KTIME_MAX : now + when;
	}
	base = lock_base(t, &flags);
	__acquire(&base->lock);
	if (t->queued)
		dequeue(base, t);
	t->expires = when;
	here = this_cpu_ptr(&hrtimer_bases);
	if (base != here && base->running != t) {
		/*
		 * Free to move: nobody can find it but through ->base, which lock_base() checks
		 * again.
		 */
		WRITE_ONCE(t->base, here);
		spin_unlock(&base->lock);
		spin_lock(&here->lock);
		base = here;
		if (unlikely(t->base != here || t->queued)) {
			/* Another starter was faster: its time stands. */
			spin_unlock_irqrestore(&here->lock, flags);
			return;
		}
	}
	enqueue(base, t);
	if (base == here && !base->in_interrupt && t->mono < base->programmed)
		program(base, t->mono);
	spin_unlock_irqrestore(&base->lock, flags);
}

int hrtimer_try_to_cancel(struct hrtimer *t)
{
	struct hrtimer_cpu_base *base;
	unsigned long flags;
	int ret = 0;

	base = lock_base(t, &flags);
	__acquire(&base->lock);
	if (t->queued) {
		dequeue(base, t);
		ret = 1; /* the device may fire early once; that is cheaper than setting it */
	} else if (base->running == t) {
		ret = -1;
	}
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

bool hrtimer_cancel(struct hrtimer *t)
{
	int ret;

	while ((ret = hrtimer_try_to_cancel(t)) < 0)
		cpu_relax();
	return ret;
}

u64 hrtimer_forward(struct hrtimer *t, ktime_t now, ktime_t interval)
{
	ktime_t late = now - t->expires;
	u64 n;

	if (late < 0 || interval <= 0)
		return 0;
	n = (u64)late / interval + 1;
	t->expires += n * interval;
	return n;
}

ktime_t hrtimer_get_remaining(const struct hrtimer *t)
{
	return t->expires - hrtimer_clock_now(t->clock);
}

/* Base lock held on entry and exit, dropped around the callback. */
static void run_timer(struct hrtimer_cpu_base *base, struct hrtimer *t, unsigned long *flags)
{
	enum hrtimer_restart again;

	__acquire(&base->lock); /* the caller's */
	dequeue(base, t);
	base->running = t;
	spin_unlock_irqrestore(&base->lock, *flags);
	again = t->function(t);
	spin_lock_irqsave(&base->lock, *flags);
	if (again == HRTIMER_RESTART && !t->queued)
		enqueue(base, t);
	base->running = NULL; /* last touch of @t: hrtimer_cancel() returns after this */
	__release(&base->lock);
}

void hrtimer_interrupt(void)
{
	struct hrtimer_cpu_base *base = this_cpu_ptr(&hrtimer_bases);
	struct rb_node *n;
	unsigned long flags;

	spin_lock_irqsave(&base->lock, flags);
	base->in_interrupt = true;
	while ((n = rb_first_cached(&base->tree)) && timer_of(n)->mono <= ktime_get())
		run_timer(base, timer_of(n), &flags);
	base->in_interrupt = false;
	base->programmed = KTIME_MAX;
	if (rb_first_cached(&base->tree))
		program(base, timer_of(rb_first_cached(&base->tree))->mono);
	spin_unlock_irqrestore(&base->lock, flags);
}

static void requeue_real_timers(void *unused)
{
	struct hrtimer_cpu_base *base = this_cpu_ptr(&hrtimer_bases);
	struct rb_node *n, *next;
	unsigned long flags;

	spin_lock_irqsave(&base->lock, flags);
	for (n = rb_first_cached(&base->tree); n; n = next) {
		struct hrtimer *t = timer_of(n);

		next = rb_next(n);
		if (t->mono == t->expires - clock_offset(t->clock) || t->expires == KTIME_MAX)
			continue;
		dequeue(base, t);
		enqueue(base, t);
	}
	if (!base->in_interrupt)
		reprogram(base);
	spin_unlock_irqrestore(&base->lock, flags);
}

void clock_was_set(void)
{
	on_each_cpu(requeue_real_timers, NULL, true);
}

void clockevents_register_device(struct clock_event_device *dev)
{
	struct hrtimer_cpu_base *base = this_cpu_ptr(&hrtimer_bases);
	unsigned long flags;

	clocks_calc_mult_shift(&dev->mult, &dev->shift, NSEC_PER_SEC, dev->freq);
	spin_lock_irqsave(&base->lock, flags);
	if (!base->dev || dev->rating > base->dev->rating) {
		if (base->dev && base->dev->shutdown)
			base->dev->shutdown(base->dev);
		base->dev = dev;
		base->programmed = KTIME_MAX;
		reprogram(base);
	}
	spin_unlock_irqrestore(&base->lock, flags);
}

/* ---- sleeping ---- */

struct sleeper {
	struct hrtimer timer;
	struct task_struct *task; /* NULL when time is up */
};

static enum hrtimer_restart sleeper_fn(struct hrtimer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);
	struct task_struct *task = s->task;

	WRITE_ONCE(s->task, NULL);
	if (task)
		wake_up_process(task);
	return HRTIMER_NORESTART;
}

int schedule_hrtimeout_clock(ktime_t when, clockid_t clock)
{
	struct sleeper s = {.task = current};

	if (when == KTIME_MAX) {
		schedule();
		return -EINTR;
	}
	hrtimer_init(&s.timer, clock, sleeper_fn);
	hrtimer_start(&s.timer, when, HRTIMER_MODE_ABS);
	if (READ_ONCE(s.task))
		schedule();
	hrtimer_cancel(&s.timer);
	__set_current_state(TASK_RUNNING);
	return s.task ? -EINTR : 0;
}

s64 schedule_hrtimeout_left(s64 ns)
{
	ktime_t end;

	if (ns == KTIME_MAX) {
		schedule();
		return KTIME_MAX;
	}
	if (ns <= 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	end = ktime_get();
	end = ns > KTIME_MAX - end ? KTIME_MAX - 1 : end + ns;
	schedule_hrtimeout_clock(end, CLOCK_MONOTONIC);
	return end - ktime_get();
}

void msleep(unsigned int ms)
{
	s64 left = ms * NSEC_PER_MSEC;

	while (left > 0) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		left = schedule_hrtimeout_left(left);
	}
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	s64 left = min_us * NSEC_PER_USEC;

	while (left > 0) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		left = schedule_hrtimeout_left(left);
	}
}

void ndelay(unsigned long ns)
{
	ktime_t end = ktime_get() + ns;

	while (ktime_get() < end)
		cpu_relax();
}

void udelay(unsigned long us)
{
	ndelay(us * 1000);
}

static enum hrtimer_restart timer_list_fn(struct hrtimer *hr)
{
	struct timer_list *t = container_of(hr, struct timer_list, hr);

	t->function(t);
	return HRTIMER_NORESTART;
}

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *))
{
	hrtimer_init(&t->hr, CLOCK_MONOTONIC, timer_list_fn);
	t->function = fn;
}

void mod_timer_ns(struct timer_list *t, s64 ns_from_now)
{
	hrtimer_start(&t->hr, ns_from_now, HRTIMER_MODE_REL);
}

bool del_timer_sync(struct timer_list *t)
{
	return hrtimer_cancel(&t->hr);
}
