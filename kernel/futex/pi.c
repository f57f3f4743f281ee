/* SPDX-License-Identifier: MIT */
/*
 * Priority-inheriting locks: FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, futex(2) "Priority-inheritance
 * futexes". The word holds the owner's thread id; FUTEX_WAITERS in it sends lock and unlock to us.
 *
 * A futex with waiters has a pi_state, which every waiter's futex_q points to and which is on its
 * owner's list. While it exists it says who owns the futex, whatever the word says. Unlocking hands
 * the futex over to the first waiter: by priority (all of the fair class are equal), then by time.
 * It is taken off all queues with that, so "off the queue" means "it is mine". A waiter runs the
 * owner at its priority, and whom that one waits for in turn (pi_propagate()).
 *
 *   no pi_state --lock finds an owner--> pi_state --last waiter leaves or is given it--> none
 *
 * An owner that ends gives its futexes to their waiters and lets these write FUTEX_OWNER_DIED.
 *
 * Locks: hb->lock for the queue, as for other futexes; inside it futex_pi_lock, one for the
 * machine: all
 * pi_states, their waiters, task->pi_owned and ->pi_blocked_on; inside it a runqueue's.
 */
#include <lib/errno.h>
#include <kernel/hrtimer.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include "futex.h"

static DEFINE_SPINLOCK(futex_pi_lock);

struct futex_pi_state {
	struct list_head owned; /* futex_pi_lock: owner->pi_owned */
	struct list_head waiters; /* futex_pi_lock: futex_q, the first gets it next; never empty */
	struct task_struct *owner; /* pi_lock */
};

#define PI_CHAIN_MAX 1024 /* owners that wait for each other; more are as good as a deadlock */

/* ---- priorities: futex_pi_lock held ---- */

static int waiter_prio(const struct task_struct *t)
{
	return min_t(int, t->prio, MAX_RT_PRIO);
}

static void insert_waiter(struct futex_pi_state *pi, struct futex_q *q)
{
	struct futex_q *other;

	q->pi_prio = waiter_prio(q->task);
	list_for_each_entry(other, &pi->waiters, pi_node)
		if (other->pi_prio > q->pi_prio)
			break;
	list_add_tail(&q->pi_node, &other->pi_node);
}

/* What the waiters of all that @t owns lend it. */
static int inherited_prio(struct task_struct *t)
{
	struct futex_pi_state *pi;
	int prio = PI_PRIO_NONE;

	list_for_each_entry(pi, &t->pi_owned, owned) {
		int top = list_first_entry(&pi->waiters, struct futex_q, pi_node)->pi_prio;

		if (top < MAX_RT_PRIO)
			prio = min(prio, top);
	}
	return prio;
}

/* The waiters of something that @t owns changed: so may its priority, and its owners' in turn. */
static void pi_propagate(struct task_struct *t)
{
	for (int i = 0; t && i < PI_CHAIN_MAX; i++) {
		struct futex_q *q = t->pi_blocked_on;

		sched_set_pi_prio(t, inherited_prio(t));
		if (!q || q->pi_prio == waiter_prio(t))
			return;
		list_del(&q->pi_node);
		insert_waiter(q->pi_state, q);
		t = q->pi_state->owner;
	}
}

/* Would @t wait for itself? */
static bool would_deadlock(const struct task_struct *t, struct task_struct *owner)
{
	for (int i = 0; owner && i < PI_CHAIN_MAX; i++) {
		if (owner == t)
			return true;
		if (!owner->pi_blocked_on)
			return false;
		owner = owner->pi_blocked_on->pi_state->owner;
	}
	return owner;
}

static void set_owner(struct futex_pi_state *pi, struct task_struct *owner)
{
	pi->owner = owner;
	list_add(&pi->owned, &owner->pi_owned);
}

/* ---- queues: hb and futex_pi_lock held ---- */

static void block_on(struct futex_pi_state *pi, struct futex_q *q)
{
	q->pi_state = pi;
	q->task->pi_blocked_on = q;
	insert_waiter(pi, q);
	pi_propagate(pi->owner);
}

/* @q waits no more. True: it was the last and its pi_state is to be freed. */
static bool unblock(struct futex_q *q)
{
	struct futex_pi_state *pi = q->pi_state;
	struct task_struct *owner = pi->owner;
	bool last;

	list_del(&q->pi_node);
	q->task->pi_blocked_on = NULL;
	last = list_empty(&pi->waiters);
	if (last)
		list_del(&pi->owned);
	pi_propagate(owner);
	return last;
}

/* The first waiter owns @pi from now on; it is woken when the locks are free. */
static void hand_over(struct futex_pi_state *pi, struct futex_wakeups *w, bool owner_died)
{
	struct futex_q *q = list_first_entry(&pi->waiters, struct futex_q, pi_node);
	struct task_struct *old = pi->owner, *new = q->task;

	list_del(&q->pi_node);
	new->pi_blocked_on = NULL;
	list_del(&pi->owned);
	q->pi_owner_died = owner_died;
	if (list_empty(&pi->waiters)) {
		kfree(pi);
	} else {
		set_owner(pi, new);
		pi_propagate(new);
	}
	pi_propagate(old);
	futex_mark_wake(w, q); /* the last touch of *q */
}

/* The pi_state of @key's waiters, NULL: none. ERR_PTR(-EINVAL): there are others than ours. */
static struct futex_pi_state *find_state(struct futex_hash_bucket *hb, const struct futex_key *key)
{
	struct futex_q *q;

	list_for_each_entry(q, &hb->chain, list)
		if (same_key(&q->key, key))
			return q->pi_state ? q->pi_state : ERR_PTR(-EINVAL);
	return NULL;
}

static int cmpxchg_nofault(u32 __user *uaddr, u32 old, u32 new, u32 *seen)
{
	int err;

	pagefault_disable();
	err = arch_futex_cmpxchg(uaddr, old, new, seen);
	pagefault_enable();
	return err;
}

/* ---- taking it ---- */

/* A pi_state for the owner that the word names. 0, -ESRCH, -EPERM; hb locked. */
static int attach_to_owner(struct futex_pi_state *pi, struct futex_q *q, u32 word)
{
	struct task_struct *owner;
	int err = -ESRCH;

	rcu_read_lock();
	spin_lock(&futex_pi_lock);
	owner = find_task_by_pid(word & FUTEX_TID_MASK);
	if (owner && owner->flags & PF_KTHREAD) {
		err = -EPERM;
	} else if (owner && !owner->pi_gone) {
		err = would_deadlock(q->task, owner) ? -EDEADLK : 0;
		if (!err) {
			INIT_LIST_HEAD(&pi->waiters);
			set_owner(pi, owner);
			block_on(pi, q);
		}
	}
	spin_unlock(&futex_pi_lock);
	rcu_read_unlock();
	return err;
}

static int join_state(struct futex_pi_state *pi, struct futex_q *q)
{
	int err;

	spin_lock(&futex_pi_lock);
	err = would_deadlock(q->task, pi->owner) ? -EDEADLK : 0;
	if (!err)
		block_on(pi, q);
	spin_unlock(&futex_pi_lock);
	return err;
}

/*
 * Takes the futex @key for q->task or makes it wait (*spare becomes its pi_state if there was
 * none). hb locked; q->hb is set. 1: taken, 0: waits, -EAGAIN: look again (trylock: others have
 * it), -EFAULT: fault the word in, or another error.
 */
int futex_pi_take(u32 __user *uaddr, struct futex_hash_bucket *hb, const struct futex_key *key,
		  struct futex_q *q, struct futex_pi_state **spare, bool trylock)
{
	u32 tid = task_pid_nr(q->task), word, new, seen;
	struct futex_pi_state *pi;
	int err;

	if (futex_read_nofault(&word, uaddr))
		return -EFAULT;
	if ((word & FUTEX_TID_MASK) == tid)
		return -EDEADLK;
	pi = find_state(hb, key);
	if (IS_ERR(pi))
		return PTR_ERR(pi);
	if (pi)
		return trylock ? -EWOULDBLOCK : join_state(pi, q);
	if (!(word & FUTEX_TID_MASK)) {
		new = (word & FUTEX_OWNER_DIED) | tid | (q->requeue_pi_key ? FUTEX_WAITERS : 0);
		err = cmpxchg_nofault(uaddr, word, new, &seen);
		return err ? err : seen == word ? 1 : -EAGAIN;
	}
	if (trylock)
		return -EWOULDBLOCK;
	/* From here on the owner cannot unlock without us. */
	err = cmpxchg_nofault(uaddr, word, word | FUTEX_WAITERS, &seen);
	if (err || seen != word)
		return err ? err : -EAGAIN;
	err = attach_to_owner(*spare, q, word);
	if (!err)
		*spare = NULL;
	/* It has just gone: its robust list may have been handled after we looked. */
	if (err == -ESRCH && !futex_read_nofault(&seen, uaddr) && seen != (word | FUTEX_WAITERS))
		err = -EAGAIN;
	return err;
}

struct futex_pi_state *futex_pi_alloc(void)
{
	return kmalloc(sizeof(struct futex_pi_state), GFP_KERNEL);
}

void futex_pi_free(struct futex_pi_state *pi)
{
	kfree(pi);
}

/* ---- waiting ---- */

/* The word still names the dead owner. Only we write it; faults are taken. */
static int fix_word(u32 __user *uaddr, bool died)
{
	u32 word, seen, tid = task_pid_nr(current);

	if (get_user(word, uaddr))
		return -EFAULT;
	for (;;) {
		u32 new = (word & FUTEX_OWNER_DIED) | (died ? FUTEX_OWNER_DIED : 0) | tid |
			  FUTEX_WAITERS;

		if (arch_futex_cmpxchg(uaddr, word, new, &seen))
			return -EFAULT;
		if (seen == word)
			return 0;
		word = seen;
	}
}

/* Off the queue before it was given the futex; false: it is ours meanwhile. */
static bool leave_queue(struct futex_q *q)
{
	struct futex_hash_bucket *hb;
	bool last = false;

	while ((hb = smp_load_acquire(&q->hb))) {
		spin_lock(&hb->lock);
		if (likely(q->hb == hb)) {
			list_del(&q->list);
			hb_waiters_dec(hb);
			if (q->pi_state) {
				spin_lock(&futex_pi_lock);
				last = unblock(q);
				spin_unlock(&futex_pi_lock);
			}
			spin_unlock(&hb->lock);
			if (last)
				kfree(q->pi_state);
			return true;
		}
		spin_unlock(&hb->lock);
	}
	return false;
}

/* 0: it is ours. -ETIMEDOUT, -EINTR: it is not, and we wait no more. */
int futex_pi_wait(u32 __user *uaddr, struct futex_q *q, unsigned int flags, ktime_t when)
{
	clockid_t clock = flags & FLAGS_CLOCKRT ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	int err = 0;

	while (!err) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!smp_load_acquire(&q->hb))
			break;
		if (signal_pending(current))
			err = -EINTR;
		else if (when == KTIME_MAX)
			schedule();
		else if (!schedule_hrtimeout_clock(when, clock))
			err = -ETIMEDOUT;
	}
	__set_current_state(TASK_RUNNING);
	if (err && leave_queue(q))
		return err;
	return q->pi_owner_died ? fix_word(uaddr, true) : 0;
}

/* Puts @q, which waits, on @hb (locked). */
void futex_pi_queue(struct futex_hash_bucket *hb, struct futex_q *q)
{
	hb_waiters_inc(hb);
	q->hb = hb;
	list_add_tail(&q->list, &hb->chain);
}

long futex_lock_pi(u32 __user *uaddr, unsigned int flags, ktime_t when, bool trylock)
{
	struct futex_q q = {.task = current, .bitset = FUTEX_BITSET_MATCH_ANY};
	struct futex_pi_state *spare = futex_pi_alloc();
	struct futex_hash_bucket *hb;
	long ret;

	if (!spare)
		return -ENOMEM;
	for (;;) {
		ret = get_futex_key(uaddr, flags, &q.key);
		if (ret)
			break;
		hb = futex_hash(&q.key);
		spin_lock(&hb->lock);
		q.hb = hb; /* before a dying owner can see it */
		ret = futex_pi_take(uaddr, hb, &q.key, &q, &spare, trylock);
		if (!ret)
			futex_pi_queue(hb, &q);
		spin_unlock(&hb->lock);
		if (!ret) {
			ret = futex_pi_wait(uaddr, &q, flags, when);
			if (ret == -EINTR)
				ret = -ERESTARTNOINTR;
			break;
		}
		if (ret == -EFAULT && futex_fault_in_writeable(uaddr))
			break;
		if (ret != -EFAULT && (ret != -EAGAIN || trylock))
			break;
		cond_resched();
	}
	kfree(spare);
	return ret > 0 ? 0 : ret;
}

/* ---- giving it back ---- */

/* hb locked. 0, -EAGAIN, -EFAULT or another error. */
static int unlock_locked(u32 __user *uaddr, struct futex_hash_bucket *hb,
			 const struct futex_key *key, u32 word, struct futex_wakeups *w)
{
	struct futex_pi_state *pi = find_state(hb, key);
	struct futex_q *first;
	u32 new = 0, seen;
	int err;

	if (IS_ERR(pi))
		return PTR_ERR(pi);
	spin_lock(&futex_pi_lock);
	if (pi) {
		first = list_first_entry(&pi->waiters, struct futex_q, pi_node);
		new = FUTEX_WAITERS | task_pid_nr(first->task);
	}
	err = pi && pi->owner != current ? -EINVAL : cmpxchg_nofault(uaddr, word, new, &seen);
	if (!err && seen != word)
		err = (seen ^ word) & FUTEX_TID_MASK ? -EINVAL : -EAGAIN;
	if (!err && pi)
		hand_over(pi, w, false);
	spin_unlock(&futex_pi_lock);
	return err;
}

long futex_unlock_pi(u32 __user *uaddr, unsigned int flags)
{
	struct futex_hash_bucket *hb;
	struct futex_key key;
	long err;
	u32 word;

	do {
		struct futex_wakeups w = {.n = 0};

		if (get_user(word, uaddr))
			return -EFAULT;
		if ((word & FUTEX_TID_MASK) != (u32)task_pid_nr(current))
			return -EPERM;
		err = get_futex_key(uaddr, flags, &key);
		if (err)
			return err;
		hb = futex_hash(&key);
		rcu_read_lock();
		spin_lock(&hb->lock);
		err = unlock_locked(uaddr, hb, &key, word, &w);
		spin_unlock(&hb->lock);
		futex_wake_marked(&w);
		rcu_read_unlock();
		if (err == -EFAULT && futex_fault_in_writeable(uaddr))
			return err;
		cond_resched();
	} while (err == -EAGAIN || err == -EFAULT);
	return err;
}

/* ---- the scheduler and the end of a task ---- */

void futex_pi_reprioritize(struct task_struct *t)
{
	spin_lock(&futex_pi_lock);
	pi_propagate(t);
	spin_unlock(&futex_pi_lock);
}

/* The bucket that @pi's waiters are on, found and locked; NULL: current owns nothing any more. */
static struct futex_hash_bucket *lock_owned(void)
{
	struct futex_hash_bucket *hb;
	struct futex_pi_state *pi;

	for (;;) {
		spin_lock(&futex_pi_lock);
		current->pi_gone = true;
		pi = list_first_entry_or_null(&current->pi_owned, struct futex_pi_state, owned);
		hb = pi ? list_first_entry(&pi->waiters, struct futex_q, pi_node)->hb : NULL;
		spin_unlock(&futex_pi_lock);
		if (!pi)
			return NULL;
		spin_lock(&hb->lock);
		spin_lock(&futex_pi_lock);
		/* Still the same, now that it cannot change. */
		pi = list_first_entry_or_null(&current->pi_owned, struct futex_pi_state, owned);
		if (pi && list_first_entry(&pi->waiters, struct futex_q, pi_node)->hb == hb) {
			__release(&futex_pi_lock); /* both are the caller's */
			__release(&hb->lock);
			return hb;
		}
		spin_unlock(&futex_pi_lock);
		spin_unlock(&hb->lock);
	}
}

void futex_pi_exit(bool exec)
{
	struct futex_hash_bucket *hb;

	if (likely(list_empty(&current->pi_owned)) && exec)
		return;
	while ((hb = lock_owned())) {
		struct futex_wakeups w = {.n = 0};

		__acquire(&hb->lock);
		__acquire(&futex_pi_lock);
		rcu_read_lock();
		hand_over(list_first_entry(&current->pi_owned, struct futex_pi_state, owned), &w,
			  true);
		spin_unlock(&futex_pi_lock);
		spin_unlock(&hb->lock);
		futex_wake_marked(&w);
		rcu_read_unlock();
	}
	current->pi_gone = !exec;
}
