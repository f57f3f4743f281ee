/* SPDX-License-Identifier: MIT */
/*
 * Futexes, futex(2), futex(7): the kernel's part is a hash table of waiters, keyed by what the user
 * word is, not by its address.
 *
 * No wake-up is lost because of two pairs:
 *   waiter                                   waker (user space first stores the new value)
 *   hb->waiters++        (seq_cst)           store to *uaddr
 *   lock hb                                  full fence
 *   load *uaddr, compare                     load hb->waiters: 0 -> nobody to wake
 *   queue, unlock                            lock hb, take waiters off, unlock, wake
 * Either the waker sees the count and then, under the lock, the waiter; or the waiter sees the new
 * value and does not sleep. And a waiter sets its state before it is on the queue, so a wake-up
 * between unlock and schedule() just makes it runnable.
 *
 * A waiter's futex_q is on its stack. It is off the queue when q->hb is NULL, which the waker
 * stores last (release): from then on the waiter may return and the memory is gone. Wakers
 * therefore take the task first, and rely on RCU for its life until they have woken it.
 *
 * Locks: hb->lock; two of them in address order. User memory is touched under it with page faults
 * off only; a fault drops it, faults the page in and starts again.
 */
#ifndef FUTEX_FUTEX_H
#define FUTEX_FUTEX_H

#include <lib/atomic.h>
#include <lib/list.h>
#include <kernel/futex.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>

/* flags of the internal functions */
#define FLAGS_SHARED  0x01 /* other address spaces may use the word too */
#define FLAGS_CLOCKRT 0x02 /* the timeout is on CLOCK_REALTIME */

/*
 * Private: the mm and the address. Shared: the object's futex_id, which no mm's address equals, and
 * the byte in it.
 */
struct futex_key {
	u64 object, offset;
};

struct futex_hash_bucket {
	spinlock_t lock;
	atomic_t waiters; /* on the chain, or about to be */
	struct list_head chain; /* lock: futex_q */
};

struct futex_q {
	struct list_head list; /* hb->lock */
	struct task_struct *task;
	struct futex_hash_bucket
		*hb; /* where it is queued; written under that lock, read without */
	struct futex_key key; /* hb->lock */
	u32 bitset;
	/* FUTEX_PI: pi.c, requeue_pi.c */
	struct futex_pi_state *pi_state; /* hb->lock: waits for a lock; else NULL */
	const struct futex_key *requeue_pi_key; /* - may be moved to that lock */
	struct list_head pi_node; /* pi.c's lock */
	int pi_prio;
	bool pi_owner_died;
};

/* Not an ordinary waiter: FUTEX_WAKE and its like refuse to touch it. hb locked. */
static inline bool is_pi_waiter(const struct futex_q *q)
{
	return IS_ENABLED(CONFIG_FUTEX_PI) && (q->pi_state || q->requeue_pi_key);
}

/*
 * Tasks to wake when the bucket is unlocked again. Filled and used inside one rcu_read_lock()
 * section.
 */
#define WAKE_BATCH 16
struct futex_wakeups {
	unsigned int n;
	struct task_struct *task[WAKE_BATCH];
};

static inline bool same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->offset == b->offset && a->object == b->object;
}

/* 0, -EINVAL for a misaligned word, -EFAULT. May sleep when shared. */
int get_futex_key(u32 __user *uaddr, unsigned int flags, struct futex_key *key);
struct futex_hash_bucket *futex_hash(const struct futex_key *key);

static inline void hb_waiters_inc(struct futex_hash_bucket *hb)
{
	atomic_fetch_add_explicit(&hb->waiters, 1,
				  memory_order_seq_cst); /* pairs with hb_waiters_pending() */
}
static inline void hb_waiters_dec(struct futex_hash_bucket *hb)
{
	atomic_dec(&hb->waiters);
}
static inline bool hb_waiters_pending(struct futex_hash_bucket *hb)
{
	atomic_thread_fence(memory_order_seq_cst); /* pairs with hb_waiters_inc() */
	return atomic_read(&hb->waiters);
}

void hb_lock_two(struct futex_hash_bucket *a, struct futex_hash_bucket *b) __acquires(&a->lock)
	__acquires(&b->lock);
void hb_unlock_two(struct futex_hash_bucket *a, struct futex_hash_bucket *b) __releases(&a->lock)
	__releases(&b->lock);

/* Takes @q off its bucket (locked) and notes its task. */
void futex_mark_wake(struct futex_wakeups *w, struct futex_q *q);
void futex_wake_marked(struct futex_wakeups *w);
/* Off the queue whatever bucket it is on now: false if a waker was quicker. */
bool futex_unqueue(struct futex_q *q);

/* The word without faulting: 0 or -EFAULT. */
int futex_read_nofault(u32 *value, u32 __user *uaddr);
/* Makes the page writable; 0 or -EFAULT. May sleep. */
int futex_fault_in_writeable(u32 __user *uaddr);

/*
 * The operations; each 0 or a count, or -errno. @when: absolute on the flags' clock, KTIME_MAX: no
 * timeout.
 */
long futex_wait(u32 __user *uaddr, unsigned int flags, u32 val, ktime_t when, u32 bitset);
long __futex_wake(u32 __user *uaddr, unsigned int flags, int nr, u32 bitset);
long futex_requeue(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		   int nr_requeue, const u32 *cmpval);
/* pi.c; what each promises is said there */
struct futex_pi_state *futex_pi_alloc(void);
void futex_pi_free(struct futex_pi_state *pi);
int futex_pi_take(u32 __user *uaddr, struct futex_hash_bucket *hb, const struct futex_key *key,
		  struct futex_q *q, struct futex_pi_state **spare, bool trylock);
void futex_pi_queue(struct futex_hash_bucket *hb, struct futex_q *q);
int futex_pi_wait(u32 __user *uaddr, struct futex_q *q, unsigned int flags, ktime_t when);
long futex_lock_pi(u32 __user *uaddr, unsigned int flags, ktime_t when, bool trylock);
long futex_unlock_pi(u32 __user *uaddr, unsigned int flags);
long futex_wait_requeue_pi(u32 __user *uaddr, unsigned int flags, u32 val, ktime_t when, u32 bitset,
			   u32 __user *uaddr2);
long futex_requeue_pi(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		      int nr_requeue, u32 cmpval);
/*
 * core.c: the absolute time that an operation's timeout means. FUTEX_WAIT's is relative, that of
 * all others absolute. 0, -EFAULT, -EINVAL.
 */
int futex_read_timeout(const struct __kernel_timespec __user *uts, int cmd, ktime_t *when);
#if IS_ENABLED(CONFIG_FUTEX_PI)
/* futex(2)'s operations on locks with priority inheritance; -ENOSYS for any other. */
long futex_pi(u32 __user *uaddr, int cmd, unsigned int flags, u32 val,
	      const struct __kernel_timespec __user *utime, u32 __user *uaddr2, u32 val3);
#else
static inline long futex_pi(u32 __user *uaddr, int cmd, unsigned int flags, u32 val,
			    const struct __kernel_timespec __user *utime, u32 __user *uaddr2,
			    u32 val3)
{
	return -ENOSYS;
}
#endif
long futex_wake_op(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, int nr_wake,
		   int nr_wake2, u32 op);

#endif
