/* SPDX-License-Identifier: MIT */
/* futex_waitv(2): sleeps on several futexes at once; the number of one that woke it. */
#include <lib/errno.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include "futex.h"

struct wait_one {
	struct futex_q q;
	u32 __user *uaddr;
	u32 val;
	bool shared;
};

/* Takes the first @n off again. The last that was woken meanwhile, or -1. */
static int unqueue_all(struct wait_one *w, int n)
{
	int woken = -1;

	for (int i = 0; i < n; i++)
		if (!futex_unqueue(&w[i].q))
			woken = i;
	return woken;
}

/* 0, -EWOULDBLOCK or -EFAULT (fault it in). */
static int queue_one(struct wait_one *w)
{
	struct futex_hash_bucket *hb = futex_hash(&w->q.key);
	u32 seen;
	int err;

	hb_waiters_inc(hb);
	spin_lock(&hb->lock);
	err = futex_read_nofault(&seen, w->uaddr);
	if (!err && seen != w->val)
		err = -EWOULDBLOCK;
	if (!err) {
		w->q.hb = hb;
		list_add_tail(&w->q.list, &hb->chain);
	}
	spin_unlock(&hb->lock);
	if (err)
		hb_waiters_dec(hb);
	return err;
}

/*
 * All queued and the state set: -1. Or one was woken meanwhile: its number. Or an error with
 * nothing queued.
 */
static int queue_all(struct wait_one *w, int n, int *err)
{
	u32 seen;
	int i, woken;

again:
	*err = 0;
	for (i = 0; i < n && !*err; i++)
		*err = get_futex_key(w[i].uaddr, w[i].shared ? FLAGS_SHARED : 0, &w[i].q.key);
	if (*err)
		return -1;
	set_current_state(TASK_INTERRUPTIBLE);
	for (i = 0; i < n; i++) {
		*err = queue_one(&w[i]);
		if (*err)
			break;
	}
	if (!*err)
		return -1;
	__set_current_state(TASK_RUNNING);
	woken = unqueue_all(w, i);
	if (woken >= 0) {
		*err = 0;
		return woken;
	}
	if (*err == -EFAULT && !get_user(seen, w[i].uaddr))
		goto again;
	return -1;
}

static long wait_for_any(struct wait_one *w, int n, ktime_t when, clockid_t clock)
{
	bool timed_out = false;
	int woken, err;

	for (;;) {
		woken = queue_all(w, n, &err);
		if (err || woken >= 0)
			return err ? err : woken;
		if (when == KTIME_MAX)
			schedule();
		else
			timed_out = !schedule_hrtimeout_clock(when, clock);
		__set_current_state(TASK_RUNNING);
		woken = unqueue_all(w, n);
		if (woken >= 0)
			return woken;
		if (timed_out)
			return -ETIMEDOUT;
		if (signal_pending(current))
			return -ERESTARTSYS;
	}
}

static int read_waiters(struct wait_one *w, const struct futex_waitv __user *uw, int n)
{
	struct futex_waitv v;

	for (int i = 0; i < n; i++) {
		if (copy_from_user(&v, &uw[i], sizeof(v)))
			return -EFAULT;
		if ((v.flags & ~(FUTEX_32 | FUTEX_PRIVATE_FLAG)) || v.__reserved)
			return -EINVAL;
		if (!(v.flags & FUTEX_32))
			return -EINVAL;
		w[i].uaddr = (u32 __user *)(unsigned long)v.uaddr;
		w[i].val = (u32)v.val;
		w[i].shared = !(v.flags & FUTEX_PRIVATE_FLAG);
		w[i].q = (struct futex_q){.task = current, .bitset = FUTEX_BITSET_MATCH_ANY};
	}
	return 0;
}

SYSCALL_DEFINE5(futex_waitv, struct futex_waitv __user *, uwaiters, unsigned int, n, unsigned int,
		flags, const struct __kernel_timespec __user *, uts, clockid_t, clock)
{
	ktime_t when = KTIME_MAX;
	struct timespec64 ts;
	struct wait_one *w;
	long ret;

	if (flags || !n || n > FUTEX_WAITV_MAX || !uwaiters)
		return -EINVAL;
	if (uts) {
		if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
			return -EINVAL;
		if (get_timespec64(&ts, uts))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		when = timespec64_to_ns(&ts);
	}
	w = kmalloc(n * sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	ret = read_waiters(w, uwaiters, n);
	if (!ret)
		ret = wait_for_any(w, n, when, clock);
	kfree(w);
	return ret;
}
