/* SPDX-License-Identifier: MIT */
/*
 * Sleeping mutual exclusion.
 *
 * The owner word holds the holder's task pointer and two flags. MUTEX_WAITERS: the wait list is
 * not empty, so unlock must take wait_lock. MUTEX_HANDOFF: the first waiter has been woken once
 * and lost the race; the next unlock gives it the lock outright, so a waiter loses at most once.
 *
 * Legal values: 0 free; T held; 0|W free, first waiter is being woken; T|W; T|W|H. Only wait_lock
 * holders set or clear flags. The acquire of the winning compare-and-exchange pairs with the
 * release in unlock.
 */
#include <kernel/bug.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <uapi/errno.h>

#define MUTEX_WAITERS 1UL
#define MUTEX_HANDOFF 2UL
#define MUTEX_FLAGS   3UL

struct mutex_waiter {
	struct list_head list;
	struct task_struct *task;
};

void __mutex_init(struct mutex *lock)
{
	atomic_init(&lock->owner, 0);
	spin_lock_init(&lock->wait_lock);
	INIT_LIST_HEAD(&lock->wait_list);
}

static __always_inline bool mutex_swap_owner(struct mutex *lock, unsigned long old,
					     unsigned long new, memory_order order)
{
	return atomic_compare_exchange_strong_explicit(&lock->owner, &old, new, order,
						       memory_order_relaxed);
}

/* Takes a lock that nobody holds and that is not promised to a waiter. */
static bool mutex_try_take(struct mutex *lock)
{
	unsigned long old = atomic_load_explicit(&lock->owner, memory_order_relaxed);

	if (old & ~MUTEX_WAITERS)
		return false;
	return mutex_swap_owner(lock, old, (unsigned long)current | old, memory_order_acquire);
}

/*
 * Spins while the holder runs on another CPU: it will be done sooner than two context switches.
 * True when the lock was taken.
 */
static bool mutex_spin(struct mutex *lock)
{
	bool taken = false;

	if (!IS_ENABLED(CONFIG_SMP) || num_online_cpus() == 1)
		return false;
	rcu_read_lock();
	for (;;) {
		unsigned long owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
		struct task_struct *holder = (void *)(owner & ~MUTEX_FLAGS);

		if (mutex_try_take(lock)) {
			taken = true;
			break;
		}
		if (owner & MUTEX_HANDOFF || need_resched())
			break;
		if (holder && !READ_ONCE(holder->on_cpu))
			break;
		cpu_relax();
	}
	rcu_read_unlock();
	return taken;
}

static void mutex_drop_waiter(struct mutex *lock, struct mutex_waiter *w)
{
	list_del(&w->list);
	if (list_empty(&lock->wait_list))
		atomic_fetch_and_explicit(&lock->owner, ~MUTEX_FLAGS, memory_order_relaxed);
}

/* One try of the first or a later waiter, wait_lock held: handed over, or free to take. */
static bool mutex_waiter_gets(struct mutex *lock, struct mutex_waiter *w)
{
	unsigned long owner = atomic_load_explicit(&lock->owner, memory_order_acquire);

	if ((owner & ~MUTEX_FLAGS) == (unsigned long)w->task)
		return true;
	if (owner & ~MUTEX_FLAGS || !list_is_first(&w->list, &lock->wait_list))
		return false;
	return mutex_swap_owner(lock, owner, (unsigned long)w->task | (owner & MUTEX_WAITERS),
				memory_order_acquire);
}

static int mutex_lock_slow(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter w = {.task = current};
	bool woken = false;
	int ret = 0;

	if (mutex_spin(lock) || mutex_try_take(lock))
		return 0;
	spin_lock(&lock->wait_lock);
	list_add_tail(&w.list, &lock->wait_list);
	atomic_fetch_or_explicit(&lock->owner, MUTEX_WAITERS, memory_order_relaxed);
	for (;;) {
		set_current_state(state);
		if (mutex_waiter_gets(lock, &w))
			break;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		if (woken && list_is_first(&w.list, &lock->wait_list))
			atomic_fetch_or_explicit(&lock->owner, MUTEX_HANDOFF, memory_order_relaxed);
		/* The holder may have let go between the look above and the flag. */
		if (mutex_waiter_gets(lock, &w))
			break;
		spin_unlock(&lock->wait_lock);
		schedule();
		woken = true;
		spin_lock(&lock->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	mutex_drop_waiter(lock, &w);
	/*
	 * A wake-up meant for the lock may have been spent on this waiter, which leaves: pass it
	 * on.
	 */
	if (ret && !list_empty(&lock->wait_list))
		wake_up_process(
			list_first_entry(&lock->wait_list, struct mutex_waiter, list)->task);
	spin_unlock(&lock->wait_lock);
	return ret;
}

static int mutex_lock_common(struct mutex *lock, unsigned int subclass, unsigned int state,
			     unsigned long ip)
{
	int ret = 0;

	might_sleep();
	lock_acquire(&lock->dep_map, subclass, false, false, LOCKDEP_SLEEP, ip);
	if (unlikely(!mutex_swap_owner(lock, 0, (unsigned long)current, memory_order_acquire)))
		ret = mutex_lock_slow(lock, state);
	if (unlikely(ret))
		lock_release(&lock->dep_map, ip);
	return ret;
}

void mutex_lock(struct mutex *lock) __acquires(lock)
{
	mutex_lock_common(lock, 0, TASK_UNINTERRUPTIBLE, _RET_IP_);
	__acquire(lock);
}

void mutex_lock_nested(struct mutex *lock, unsigned int subclass) __acquires(lock)
{
	mutex_lock_common(lock, subclass, TASK_UNINTERRUPTIBLE, _RET_IP_);
	__acquire(lock);
}

int mutex_lock_interruptible(struct mutex *lock)
{
	return mutex_lock_common(lock, 0, TASK_INTERRUPTIBLE, _RET_IP_);
}

int mutex_lock_killable(struct mutex *lock)
{
	return mutex_lock_common(lock, 0, TASK_KILLABLE, _RET_IP_);
}

bool mutex_trylock(struct mutex *lock)
{
	if (!mutex_try_take(lock))
		return false;
	lock_acquire(&lock->dep_map, 0, false, true, LOCKDEP_SLEEP, _RET_IP_);
	return true;
}

static noinline void mutex_unlock_slow(struct mutex *lock)
{
	struct mutex_waiter *first;
	unsigned long old, new;

	spin_lock(&lock->wait_lock);
	first = list_first_entry_or_null(&lock->wait_list, struct mutex_waiter, list);
	old = atomic_load_explicit(&lock->owner, memory_order_relaxed);
	do {
		new = first ? MUTEX_WAITERS : 0;
		if (first && old & MUTEX_HANDOFF)
			new |= (unsigned long)first->task;
	} while (!atomic_compare_exchange_weak_explicit(
		&lock->owner, &old, new, memory_order_release, memory_order_relaxed));
	if (first)
		wake_up_process(first->task);
	spin_unlock(&lock->wait_lock);
}

void mutex_unlock(struct mutex *lock) __releases(lock)
{
	__release(lock);
	lock_release(&lock->dep_map, _RET_IP_);
	if (unlikely(!mutex_swap_owner(lock, (unsigned long)current, 0, memory_order_release)))
		mutex_unlock_slow(lock);
}
