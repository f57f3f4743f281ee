/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2): a timer whose expirations a descriptor counts.
 *
 * The wait queue's lock guards the whole object. An interval timer is not restarted by its
 * interrupt: who next looks (read, gettime, settime) counts the intervals gone by and starts it
 * again, so a timer that nobody reads costs one interrupt.
 *
 * A timer with TFD_TIMER_CANCEL_ON_SET is on a list while it is armed so; setting the clock wakes
 * it, and its next read says ECANCELED, once.
 */
#include <lib/err.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <uapi/capability.h>
#include <uapi/timerfd.h>
#include "internal.h"

#define SETTIME_FLAGS (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

/* All but clockid under wqh.lock. */
struct timerfd_ctx {
	wait_queue_head_t wqh;
	struct hrtimer timer;
	ktime_t interval; /* ns, 0: once */
	u64 ticks;
	bool expired; /* fired, and not restarted since */
	unsigned int settime_flags;
	clockid_t clockid; /* constant */
	bool might_cancel; /* on cancel_list */
	ktime_t offset; /* of real time when it was armed, or KTIME_MAX: set since */
	struct list_head cancel; /* cancel_lock */
};

static LIST_HEAD(cancel_list); /* cancel_lock */
static DEFINE_SPINLOCK(cancel_lock);
static const struct file_operations timerfd_fops;

static bool is_alarm(clockid_t clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

/* The line of time that the timer runs on: nothing here sleeps so deeply that alarms differ. */
static clockid_t timer_clock(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	default:
		return clock;
	}
}

static enum hrtimer_restart timerfd_fire(struct hrtimer *timer)
{
	struct timerfd_ctx *ctx = container_of(timer, struct timerfd_ctx, timer);
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	ctx->expired = true;
	ctx->ticks++;
	__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(EPOLLIN));
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return HRTIMER_NORESTART;
}

/* ---- clock_settime(2) ------------------------------------------------------------------------ */

/* Context: process. */
static void timerfd_clock_was_set(void)
{
	struct timerfd_ctx *ctx;

	spin_lock(&cancel_lock);
	list_for_each_entry(ctx, &cancel_list, cancel) {
		spin_lock_irq(&ctx->wqh.lock);
		if (ctx->offset != real_offset()) {
			ctx->offset = KTIME_MAX;
			ctx->ticks++;
			__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(EPOLLIN));
		}
		spin_unlock_irq(&ctx->wqh.lock);
	}
	spin_unlock(&cancel_lock);
}

/* The clock was set since this was asked last. wqh.lock held. */
static bool timerfd_canceled(struct timerfd_ctx *ctx)
{
	if (!ctx->might_cancel || ctx->offset != KTIME_MAX)
		return false;
	ctx->offset = real_offset();
	return true;
}

static void timerfd_set_cancel(struct timerfd_ctx *ctx, bool on)
{
	spin_lock(&cancel_lock);
	if (on && !ctx->might_cancel)
		list_add(&ctx->cancel, &cancel_list);
	if (!on && ctx->might_cancel)
		list_del(&ctx->cancel);
	spin_lock_irq(&ctx->wqh.lock);
	ctx->might_cancel = on;
	spin_unlock_irq(&ctx->wqh.lock);
	spin_unlock(&cancel_lock);
}

/* ---- the timer: wqh.lock held ---------------------------------------------------------------- */

/* Counts the intervals since it fired and runs on. */
static void timerfd_catch_up(struct timerfd_ctx *ctx)
{
	if (!ctx->expired || !ctx->interval)
		return;
	ctx->expired = false;
	ctx->ticks +=
		hrtimer_forward(&ctx->timer, hrtimer_clock_now(ctx->timer.clock), ctx->interval) -
		1;
	hrtimer_start(&ctx->timer, ctx->timer.expires, HRTIMER_MODE_ABS);
}

/* What is left: of one that is not armed the time has passed, or is 0. */
static void timerfd_setting(const struct timerfd_ctx *ctx, struct __kernel_itimerspec *its)
{
	ktime_t ns = hrtimer_get_remaining(&ctx->timer);
	struct timespec64 left = ns_to_timespec64(max(ns, (ktime_t)0));
	struct timespec64 interval = ns_to_timespec64(ctx->interval);

	its->it_value = (struct __kernel_timespec){left.tv_sec, left.tv_nsec};
	its->it_interval = (struct __kernel_timespec){interval.tv_sec, interval.tv_nsec};
}

static void timerfd_get(struct timerfd_ctx *ctx, struct __kernel_itimerspec *its)
{
	timerfd_catch_up(ctx);
	timerfd_setting(ctx, its);
}

static void timerfd_start(struct timerfd_ctx *ctx, int flags, ktime_t value, ktime_t interval)
{
	clockid_t clock = timer_clock(ctx->clockid);
	bool abs = flags & TFD_TIMER_ABSTIME;

	ctx->expired = false;
	ctx->ticks = 0;
	ctx->interval = interval;
	ctx->settime_flags = flags & SETTIME_FLAGS;
	if (!abs && clock == CLOCK_REALTIME)
		clock = CLOCK_MONOTONIC; /* a length of time is not changed by setting the clock */
	hrtimer_init(&ctx->timer, clock, timerfd_fire);
	ctx->timer.expires = 0;
	if (value)
		hrtimer_start(&ctx->timer, value, abs ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
}

/* Takes the lock with the timer idle. */
static void timerfd_lock_stopped(struct timerfd_ctx *ctx) __acquires(&ctx->wqh.lock)
{
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (hrtimer_try_to_cancel(&ctx->timer) >= 0)
			return;
		spin_unlock_irq(&ctx->wqh.lock); /* it runs just now, and wants the lock */
		cpu_relax();
	}
}

/* ---- file ------------------------------------------------------------------------------------ */

static ssize_t timerfd_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct timerfd_ctx *ctx = file->private_data;
	bool canceled;
	u64 ticks;

	if (len < sizeof(ticks))
		return -EINVAL;
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (ctx->ticks)
			break;
		spin_unlock_irq(&ctx->wqh.lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->wqh, READ_ONCE(ctx->ticks)))
			return -ERESTARTSYS;
	}
	canceled = timerfd_canceled(ctx);
	timerfd_catch_up(ctx);
	ticks = ctx->ticks;
	ctx->ticks = 0;
	spin_unlock_irq(&ctx->wqh.lock);
	if (canceled)
		return -ECANCELED;
	return put_user(ticks, (u64 __user *)buf) ? -EFAULT : (ssize_t)sizeof(ticks);
}

static __poll_t timerfd_poll(struct file *file, poll_table *table)
{
	struct timerfd_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->wqh, table);
	return READ_ONCE(ctx->ticks) ? EPOLLIN : 0;
}

/* TFD_IOC_SET_TICKS: for restoring a process. */
static long timerfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct timerfd_ctx *ctx = file->private_data;
	int err = 0;
	u64 ticks;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (copy_from_user(&ticks, (u64 __user *)arg, sizeof(ticks)))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (timerfd_canceled(ctx)) {
		err = -ECANCELED;
	} else {
		ctx->ticks = ticks;
		__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(EPOLLIN));
	}
	spin_unlock_irq(&ctx->wqh.lock);
	return err;
}

static int timerfd_release(struct inode *inode, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;

	if (ctx->might_cancel)
		timerfd_set_cancel(ctx, false);
	hrtimer_cancel(&ctx->timer);
	kfree(ctx);
	return 0;
}

static void timerfd_show(struct seq_file *m, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;
	struct __kernel_itimerspec its;
	u64 ticks;

	spin_lock_irq(&ctx->wqh.lock);
	timerfd_get(ctx, &its);
	ticks = ctx->ticks;
	spin_unlock_irq(&ctx->wqh.lock);
	seq_printf(m,
		   "clockid: %d\nticks: %llu\nsettime flags: 0%o\n"
		   "it_value: (%llu, %llu)\nit_interval: (%llu, %llu)\n",
		   ctx->clockid, (unsigned long long)ticks, ctx->settime_flags,
		   (unsigned long long)its.it_value.tv_sec,
		   (unsigned long long)its.it_value.tv_nsec,
		   (unsigned long long)its.it_interval.tv_sec,
		   (unsigned long long)its.it_interval.tv_nsec);
}

static const struct file_operations timerfd_fops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.unlocked_ioctl = timerfd_ioctl,
	.release = timerfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = timerfd_show,
};

/* ---- system calls ---------------------------------------------------------------------------- */

static bool known_clock(int clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME ||
	       is_alarm(clock);
}

SYSCALL_DEFINE2(timerfd_create, int, clockid, int, flags)
{
	struct timerfd_ctx *ctx;
	int fd;

	if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) || !known_clock(clockid))
		return -EINVAL;
	if (is_alarm(clockid) && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	ctx->clockid = clockid;
	hrtimer_init(&ctx->timer, timer_clock(clockid), timerfd_fire);
	fd = anon_inode_getfd("[timerfd]", &timerfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

/* The timer of @ufd with its file held; or NULL and *err. */
static struct timerfd_ctx *timerfd_fget(int ufd, struct fd *f, int *err)
{
	*f = fdget(ufd);
	if (fd_empty(*f)) {
		*err = -EBADF;
		return NULL;
	}
	if (fd_file(*f)->f_op == &timerfd_fops)
		return fd_file(*f)->private_data;
	fdput(*f);
	*err = -EINVAL;
	return NULL;
}

static int do_timerfd_settime(int ufd, int flags, ktime_t value, ktime_t interval,
			      struct __kernel_itimerspec *old)
{
	struct timerfd_ctx *ctx;
	struct fd f;
	int err = 0;

	ctx = timerfd_fget(ufd, &f, &err);
	if (!ctx)
		return err;
	if (is_alarm(ctx->clockid) && !capable(CAP_WAKE_ALARM)) {
		fdput(f);
		return -EPERM;
	}
	timerfd_set_cancel(ctx, timer_clock(ctx->clockid) == CLOCK_REALTIME &&
					(flags & SETTIME_FLAGS) == SETTIME_FLAGS);
	timerfd_lock_stopped(ctx);
	if (ctx->expired && ctx->interval)
		hrtimer_forward(&ctx->timer, hrtimer_clock_now(ctx->timer.clock), ctx->interval);
	timerfd_setting(ctx, old);
	if (ctx->offset != KTIME_MAX)
		ctx->offset = real_offset();
	timerfd_start(ctx, flags, value, interval);
	if (timerfd_canceled(ctx))
		err = -ECANCELED;
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return err;
}

static bool to_ns(const struct __kernel_timespec *ts, ktime_t *ns)
{
	struct timespec64 t = {ts->tv_sec, ts->tv_nsec};

	*ns = timespec64_to_ns(&t);
	return timespec64_valid(&t);
}

SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct __kernel_itimerspec __user *,
		unew, struct __kernel_itimerspec __user *, uold)
{
	struct __kernel_itimerspec new, old;
	ktime_t value, interval;
	int err;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if ((flags & ~SETTIME_FLAGS) || !to_ns(&new.it_value, &value) ||
	    !to_ns(&new.it_interval, &interval))
		return -EINVAL;
	err = do_timerfd_settime(ufd, flags, value, interval, &old);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct __kernel_itimerspec __user *, uits)
{
	struct __kernel_itimerspec its;
	struct timerfd_ctx *ctx;
	struct fd f;
	int err;

	ctx = timerfd_fget(ufd, &f, &err);
	if (!ctx)
		return err;
	spin_lock_irq(&ctx->wqh.lock);
	timerfd_get(ctx, &its);
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return copy_to_user(uits, &its, sizeof(its)) ? -EFAULT : 0;
}

static struct clock_set_notifier timerfd_notifier = {.fn = timerfd_clock_was_set};

static int __init timerfd_init(void)
{
	register_clock_set_notifier(&timerfd_notifier);
	return 0;
}
core_initcall(timerfd_init);
