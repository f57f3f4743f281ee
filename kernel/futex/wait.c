/* SPDX-License-Identifier: MIT */
/* FUTEX_WAIT and FUTEX_WAIT_BITSET. */
#include <lib/errno.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include "futex.h"

/*
 * Queues @q if the word still has the value: then returns 0 with the state set and must sleep. Else
 * -EWOULDBLOCK or -EFAULT, nothing queued.
 */
static int queue_if_equal(u32 __user *uaddr, unsigned int flags, u32 val, struct futex_q *q)
{
	struct futex_hash_bucket *hb;
	u32 seen;
	int err;

	for (;;) {
		err = get_futex_key(uaddr, flags, &q->key);
		if (err)
			return err;
		hb = futex_hash(&q->key);
		hb_waiters_inc(hb);
		spin_lock(&hb->lock);
		err = futex_read_nofault(&seen, uaddr);
		if (likely(!err))
			break;
		spin_unlock(&hb->lock);
		hb_waiters_dec(hb);
		if (get_user(seen, uaddr))
			return -EFAULT;
		/*
		 * The page is in now; what backs it may have changed, so the key is looked up
		 * again.
		 */
	}
	if (seen != val) {
		spin_unlock(&hb->lock);
		hb_waiters_dec(hb);
		return -EWOULDBLOCK;
	}
	q->hb = hb;
	list_add_tail(&q->list, &hb->chain);
	/* Before the unlock: a waker finds us asleep, or we find the CPU ours again. */
	set_current_state(TASK_INTERRUPTIBLE);
	spin_unlock(&hb->lock);
	return 0;
}

/* True if it was the timeout that ended the sleep. */
static bool sleep_queued(unsigned int flags, ktime_t when)
{
	if (when == KTIME_MAX) {
		schedule();
		return false;
	}
	return schedule_hrtimeout_clock(when, flags & FLAGS_CLOCKRT ? CLOCK_REALTIME :
								      CLOCK_MONOTONIC) == 0;
}

static long futex_wait_restart(struct restart_block *rb)
{
	return futex_wait(rb->futex.uaddr, rb->futex.flags, rb->futex.val, rb->futex.time,
			  rb->futex.bitset);
}

/* A wait without timeout is simply done again; with one, what is left of it counts. */
static long interrupted(u32 __user *uaddr, unsigned int flags, u32 val, ktime_t when, u32 bitset)
{
	struct restart_block *rb = &current->restart_block;

	if (when == KTIME_MAX)
		return -ERESTARTSYS;
	rb->fn = futex_wait_restart;
	rb->futex.uaddr = uaddr;
	rb->futex.val = val;
	rb->futex.flags = flags;
	rb->futex.time = when;
	rb->futex.bitset = bitset;
	return -ERESTART_RESTARTBLOCK;
}

long futex_wait(u32 __user *uaddr, unsigned int flags, u32 val, ktime_t when, u32 bitset)
{
	struct futex_q q = {.task = current, .bitset = bitset};
	bool timed_out;
	int err;

	if (!bitset)
		return -EINVAL;
	for (;;) {
		err = queue_if_equal(uaddr, flags, val, &q);
		if (err)
			return err;
		timed_out = sleep_queued(flags, when);
		__set_current_state(TASK_RUNNING);
		if (!futex_unqueue(&q))
			return 0;
		if (timed_out)
			return -ETIMEDOUT;
		if (signal_pending(current))
			return interrupted(uaddr, flags, val, when, bitset);
		/* Woken for another reason: still asleep, as far as user space can tell. */
	}
}
