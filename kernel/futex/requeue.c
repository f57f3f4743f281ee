/* SPDX-License-Identifier: MIT */
/* Operations on two futexes: FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP. */
#include <lib/bitops.h>
#include <lib/errno.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include "futex.h"

struct two_futexes {
	struct futex_key key1, key2;
	struct futex_hash_bucket *hb1, *hb2;
};

static int get_both(struct two_futexes *f, u32 __user *uaddr1, u32 __user *uaddr2,
		    unsigned int flags)
{
	int err = get_futex_key(uaddr1, flags, &f->key1);

	if (!err)
		err = get_futex_key(uaddr2, flags, &f->key2);
	if (err)
		return err;
	f->hb1 = futex_hash(&f->key1);
	f->hb2 = futex_hash(&f->key2);
	return 0;
}

/* Up to @nr (at least one) waiters of @key. hb locked. */
static int wake_some(struct futex_wakeups *w, struct futex_hash_bucket *hb,
		     const struct futex_key *key, int nr)
{
	struct futex_q *q, *next;
	int woken = 0;

	list_for_each_entry_safe(q, next, &hb->chain, list) {
		if (!same_key(&q->key, key))
			continue;
		if (unlikely(is_pi_waiter(q)))
			return -EINVAL;
		futex_mark_wake(w, q);
		if (++woken >= nr)
			break;
	}
	return woken;
}

/* ---- requeue ---- */

static void move_waiter(struct futex_q *q, struct two_futexes *f)
{
	if (f->hb1 != f->hb2) {
		list_move_tail(&q->list, &f->hb2->chain);
		hb_waiters_dec(f->hb1);
		WRITE_ONCE(q->hb, f->hb2); /* futex_unqueue() looks again when it has the lock */
	}
	q->key = f->key2;
}

/*
 * Wakes the first @nr_wake waiters of key1 and moves up to @nr_requeue others to key2. Both buckets
 * locked.
 */
static int wake_and_move(struct futex_wakeups *w, struct two_futexes *f, int nr_wake,
			 int nr_requeue)
{
	struct futex_q *q, *next;
	int count = 0;

	list_for_each_entry_safe(q, next, &f->hb1->chain, list) {
		if (count - nr_wake >= nr_requeue)
			break;
		if (!same_key(&q->key, &f->key1))
			continue;
		if (unlikely(is_pi_waiter(q)))
			return -EINVAL;
		if (++count <= nr_wake) {
			futex_mark_wake(w, q);
		} else {
			/*
			 * Counted in the new bucket before it is there, so that no waker passes it
			 * by.
			 */
			if (f->hb1 != f->hb2)
				hb_waiters_inc(f->hb2);
			move_waiter(q, f);
		}
	}
	return count;
}

long futex_requeue(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		   int nr_requeue, const u32 *cmpval)
{
	struct futex_wakeups w = {.n = 0};
	struct two_futexes f;
	long ret;
	u32 seen;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	for (;;) {
		ret = get_both(&f, uaddr1, uaddr2, flags);
		if (ret)
			return ret;
		rcu_read_lock();
		/*
		 * A waker of uaddr2 may come while we are moving waiters to it: it must take the
		 * lock.
		 */
		hb_waiters_inc(f.hb2);
		hb_lock_two(f.hb1, f.hb2);
		if (!cmpval)
			break;
		ret = futex_read_nofault(&seen, uaddr1);
		if (likely(!ret))
			break;
		hb_unlock_two(f.hb1, f.hb2);
		hb_waiters_dec(f.hb2);
		rcu_read_unlock();
		if (get_user(seen, uaddr1))
			return -EFAULT;
	}
	if (cmpval && seen != *cmpval)
		ret = -EAGAIN;
	else
		ret = wake_and_move(&w, &f, nr_wake, nr_requeue);
	hb_unlock_two(f.hb1, f.hb2);
	hb_waiters_dec(f.hb2);
	futex_wake_marked(&w);
	rcu_read_unlock();
	return ret;
}

/* ---- FUTEX_WAKE_OP ---- */

/*
 * *uaddr = *uaddr op arg, atomically; 1 or 0: does the old value compare as asked? Or -EFAULT,
 * -ENOSYS.
 */
static int apply_op(u32 encoded, u32 __user *uaddr)
{
	unsigned int op = (encoded >> 28) & 7, cmp = (encoded >> 24) & 15;
	int oparg = (int)sign_extend64(encoded >> 12 & 0xfff, 11);
	int cmparg = (int)sign_extend64(encoded & 0xfff, 11);
	int old, err;

	if (encoded & ((u32)FUTEX_OP_OPARG_SHIFT << 28))
		oparg = 1 << (oparg & 31);
	pagefault_disable();
	err = arch_futex_op(op, oparg, &old, uaddr);
	pagefault_enable();
	if (err)
		return err;
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == cmparg;
	case FUTEX_OP_CMP_NE:
		return old != cmparg;
	case FUTEX_OP_CMP_LT:
		return old < cmparg;
	case FUTEX_OP_CMP_GE:
		return old >= cmparg;
	case FUTEX_OP_CMP_LE:
		return old <= cmparg;
	case FUTEX_OP_CMP_GT:
		return old > cmparg;
	default:
		return -ENOSYS;
	}
}

long futex_wake_op(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		   int nr_wake2, u32 op)
{
	struct futex_wakeups w = {.n = 0};
	struct two_futexes f;
	long ret;
	int cond;

	for (;;) {
		ret = get_both(&f, uaddr1, uaddr2, flags);
		if (ret)
			return ret;
		rcu_read_lock();
		hb_lock_two(f.hb1, f.hb2);
		cond = apply_op(op, uaddr2);
		if (likely(cond >= 0))
			break;
		hb_unlock_two(f.hb1, f.hb2);
		rcu_read_unlock();
		if (cond != -EFAULT)
			return cond;
		if (futex_fault_in_writeable(uaddr2))
			return -EFAULT;
	}
	ret = wake_some(&w, f.hb1, &f.key1, nr_wake);
	if (cond && ret >= 0)
		ret += wake_some(&w, f.hb2, &f.key2, nr_wake2);
	hb_unlock_two(f.hb1, f.hb2);
	futex_wake_marked(&w);
	rcu_read_unlock();
	return ret;
}
