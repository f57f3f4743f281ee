/* SPDX-License-Identifier: MIT */
/*
 * FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI: condition variables whose mutex inherits
 * priorities. A waiter sleeps on the first word and says to which lock it may be moved; a requeue
 * gives the lock to the first waiter if it is free, and makes the others wait for it.
 */
#include <lib/errno.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include "futex.h"

/* ---- the waiter ---- */

/* As futex_wait() queues: 0, or -EWOULDBLOCK, -EFAULT ... with nothing queued. */
static int queue_on_condition(u32 __user *uaddr, unsigned int flags, u32 val, struct futex_q *q)
{
	struct futex_hash_bucket *hb;
	u32 seen;
	int err;

	for (;;) {
		err = get_futex_key(uaddr, flags, &q->key);
		if (err)
			return err;
		hb = futex_hash(&q->key);
		spin_lock(&hb->lock);
		err = futex_read_nofault(&seen, uaddr);
		if (!err)
			break;
		spin_unlock(&hb->lock);
		if (get_user(seen, uaddr))
			return -EFAULT;
	}
	if (seen == val)
		futex_pi_queue(hb, q);
	else
		err = -EWOULDBLOCK;
	spin_unlock(&hb->lock);
	return err;
}

long futex_wait_requeue_pi(u32 __user *uaddr, unsigned int flags, u32 val, ktime_t when, u32 bitset,
			   u32 __user *uaddr2)
{
	struct futex_key lock_key;
	struct futex_q q = {.task = current, .bitset = bitset, .requeue_pi_key = &lock_key};
	int err;

	if (!bitset || uaddr == uaddr2)
		return -EINVAL;
	err = get_futex_key(uaddr2, flags, &lock_key);
	if (!err)
		err = queue_on_condition(uaddr, flags, val, &q);
	if (err)
		return err;
	err = futex_pi_wait(uaddr2, &q, flags, when);
	if (err != -EINTR)
		return err;
	/* Once it was moved it cannot start again: the condition was signalled. */
	return q.pi_state ? -EWOULDBLOCK : -ERESTARTNOINTR;
}

/* ---- the requeuer ---- */

struct requeue {
	u32 __user *uaddr1, *uaddr2;
	struct futex_key key1, key2;
	struct futex_hash_bucket *hb1, *hb2;
	struct futex_pi_state *spare;
	struct futex_wakeups wakeups;
	int left, done;
};

static struct futex_q *next_waiter(struct requeue *r)
{
	struct futex_q *q;

	list_for_each_entry(q, &r->hb1->chain, list)
		if (same_key(&q->key, &r->key1))
			return q;
	return NULL;
}

/* One waiter: it gets the lock or waits for it. 0, or an error with the waiter where it was. */
static int requeue_one(struct requeue *r, struct futex_q *q)
{
	int ret;

	if (!q->requeue_pi_key || q->pi_state || !same_key(q->requeue_pi_key, &r->key2))
		return -EINVAL;
	ret = futex_pi_take(r->uaddr2, r->hb2, &r->key2, q, &r->spare, false);
	if (ret < 0)
		return ret;
	if (ret) {
		futex_mark_wake(&r->wakeups, q); /* it has the lock */
		return 0;
	}
	q->key = r->key2;
	if (r->hb1 != r->hb2) {
		hb_waiters_inc(r->hb2);
		list_move_tail(&q->list, &r->hb2->chain);
		hb_waiters_dec(r->hb1);
		WRITE_ONCE(q->hb, r->hb2);
	}
	return 0;
}

/* Both buckets locked. -EAGAIN, -EFAULT: again when that was seen to. */
static int requeue_some(struct requeue *r)
{
	struct futex_q *q;
	int err;

	while (r->left && (q = next_waiter(r))) {
		if (!r->spare)
			return -EAGAIN;
		err = requeue_one(r, q);
		if (err)
			return err;
		r->left--;
		r->done++;
	}
	return 0;
}

enum round { ROUND_DONE, ROUND_AGAIN, ROUND_CHANGED, ROUND_FAULT };

/* One try under the locks. < 0: an error, or what comes next. */
static int requeue_round(struct requeue *r, unsigned int flags, u32 cmpval)
{
	u32 seen;
	int ret;

	if (!r->spare)
		r->spare = futex_pi_alloc();
	if (!r->spare)
		return -ENOMEM;
	ret = get_futex_key(r->uaddr1, flags, &r->key1);
	if (!ret)
		ret = get_futex_key(r->uaddr2, flags, &r->key2);
	if (ret)
		return ret;
	r->hb1 = futex_hash(&r->key1);
	r->hb2 = futex_hash(&r->key2);
	r->wakeups.n = 0;
	rcu_read_lock();
	hb_lock_two(r->hb1, r->hb2);
	if (futex_read_nofault(&seen, r->uaddr1)) {
		ret = ROUND_FAULT;
	} else if (!r->done && seen != cmpval) {
		ret = ROUND_CHANGED;
	} else {
		ret = requeue_some(r);
		if (ret == -EAGAIN)
			ret = ROUND_AGAIN;
	}
	hb_unlock_two(r->hb1, r->hb2);
	futex_wake_marked(&r->wakeups);
	rcu_read_unlock();
	return ret;
}

long futex_requeue_pi(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		      int nr_requeue, u32 cmpval)
{
	struct requeue r = {.uaddr1 = uaddr1, .uaddr2 = uaddr2};
	u32 seen;
	int ret;

	if (nr_requeue < 0 || nr_wake != 1 || uaddr1 == uaddr2)
		return -EINVAL;
	r.left = nr_requeue < INT_MAX ? nr_requeue + 1 : nr_requeue;
	do {
		ret = requeue_round(&r, flags, cmpval);
		if (ret == ROUND_FAULT && get_user(seen, uaddr1))
			ret = -EFAULT;
		else if (ret == -EFAULT && !futex_fault_in_writeable(uaddr2))
			ret = ROUND_AGAIN;
		cond_resched();
	} while (ret == ROUND_AGAIN || ret == ROUND_FAULT);
	futex_pi_free(r.spare);
	if (r.done)
		return r.done;
	return ret == ROUND_CHANGED ? -EAGAIN : ret;
}

/* ---- futex(2) -------------------------------------------------------------------------------- */

static long pi_sleeping(u32 __user *uaddr, int cmd, unsigned int flags, u32 val,
			const struct __kernel_timespec __user *utime, u32 __user *uaddr2)
{
	ktime_t when;
	int err = futex_read_timeout(utime, cmd, &when);

	if (err)
		return err;
	switch (cmd) {
	case FUTEX_LOCK_PI:
		return futex_lock_pi(uaddr, flags | FLAGS_CLOCKRT, when, false);
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(uaddr, flags, when, false);
	default:
		return futex_wait_requeue_pi(uaddr, flags, val, when, FUTEX_BITSET_MATCH_ANY,
					     uaddr2);
	}
}

long futex_pi(u32 __user *uaddr, int cmd, unsigned int flags, u32 val,
	      const struct __kernel_timespec __user *utime, u32 __user *uaddr2, u32 val3)
{
	switch (cmd) {
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(uaddr, flags);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(uaddr, flags, KTIME_MAX, true);
	case FUTEX_CMP_REQUEUE_PI: /* no timeout: its place holds a count */
		return futex_requeue_pi(uaddr, uaddr2, flags, val, (u32)(unsigned long)utime, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_WAIT_REQUEUE_PI:
		return pi_sleeping(uaddr, cmd, flags, val, utime, uaddr2);
	default:
		return -ENOSYS;
	}
}
