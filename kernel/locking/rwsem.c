/* SPDX-License-Identifier: MIT */
/*
 * Sleeping reader/writer lock.
 *
 * count = readers * RWSEM_READER | RWSEM_WAITERS | RWSEM_WRITER. While WAITERS is set nobody
 * takes the lock by the fast path; whoever releases it last hands it to the head of the queue:
 * one writer, or all readers up to the next writer. So waiting is first come, first served.
 * Acquire of a grant: the waiter reads ->task == NULL with acquire, paired with the granter's
 * release.
 */
#include <kernel/rwsem.h>
#include <kernel/sched.h>
#include <uapi/errno.h>

#define RWSEM_WRITER  1L
#define RWSEM_WAITERS 2L
#define RWSEM_READER  4L

struct rwsem_waiter {
	struct list_head list;
	struct task_struct *task; /* NULL once granted */
	bool write;
};

void __init_rwsem(struct rw_semaphore *sem)
{
	atomic_init(&sem->count, 0);
	spin_lock_init(&sem->wait_lock);
	INIT_LIST_HEAD(&sem->wait_list);
}

static void rwsem_grant(struct rw_semaphore *sem, struct rwsem_waiter *w)
{
	struct task_struct *task = get_task_struct(w->task);

	list_del(&w->list);
	smp_store_release(&w->task, NULL); /* @w may be gone after this */
	wake_up_process(task);
	put_task_struct(task);
}

/* wait_lock held. Gives the lock to the head of the queue if it can be had. */
static void rwsem_wake(struct rw_semaphore *sem)
{
	struct rwsem_waiter *w, *next;
	long old = atomic_load_explicit(&sem->count, memory_order_relaxed);

	w = list_first_entry_or_null(&sem->wait_list, struct rwsem_waiter, list);
	if (!w) {
		atomic_fetch_and_explicit(&sem->count, ~RWSEM_WAITERS, memory_order_relaxed);
		return;
	}
	if (old & RWSEM_WRITER)
		return;
	if (w->write) {
		do {
			if (old & ~RWSEM_WAITERS)
				return;
		} while (!atomic_compare_exchange_weak_explicit(
			&sem->count, &old, old | RWSEM_WRITER, memory_order_acquire,
			memory_order_relaxed));
		rwsem_grant(sem, w);
	} else {
		list_for_each_entry_safe(w, next, &sem->wait_list, list) {
			if (w->write)
				break;
			atomic_fetch_add_explicit(&sem->count, RWSEM_READER, memory_order_acquire);
			rwsem_grant(sem, w);
		}
	}
	if (list_empty(&sem->wait_list))
		atomic_fetch_and_explicit(&sem->count, ~RWSEM_WAITERS, memory_order_relaxed);
}

static int rwsem_wait(struct rw_semaphore *sem, bool write, unsigned int state)
{
	struct rwsem_waiter w = {.task = current, .write = write};
	int ret = 0;

	spin_lock(&sem->wait_lock);
	list_add_tail(&w.list, &sem->wait_list);
	atomic_fetch_or_explicit(&sem->count, RWSEM_WAITERS, memory_order_seq_cst);
	rwsem_wake(sem); /* the holder may have left before it could see WAITERS */
	spin_unlock(&sem->wait_lock);

	for (;;) {
		set_current_state(state);
		if (!smp_load_acquire(&w.task))
			break;
		if (signal_pending_state(state, current)) {
			spin_lock(&sem->wait_lock);
			if (w.task) {
				list_del(&w.list);
				rwsem_wake(sem);
				ret = -EINTR;
			}
			spin_unlock(&sem->wait_lock);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

static noinline void rwsem_release_slow(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait_lock);
	rwsem_wake(sem);
	spin_unlock(&sem->wait_lock);
}

static __always_inline bool rwsem_try_read(struct rw_semaphore *sem)
{
	long old = atomic_load_explicit(&sem->count, memory_order_relaxed);

	while (!(old & (RWSEM_WRITER | RWSEM_WAITERS)))
		if (atomic_compare_exchange_weak_explicit(&sem->count, &old, old + RWSEM_READER,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

static __always_inline bool rwsem_try_write(struct rw_semaphore *sem)
{
	long old = 0;

	return atomic_compare_exchange_strong_explicit(&sem->count, &old, RWSEM_WRITER,
						       memory_order_acquire, memory_order_relaxed);
}

static __always_inline int rwsem_lock(struct rw_semaphore *sem, unsigned int subclass, bool write,
				      unsigned int state, unsigned long ip)
{
	int ret = 0;

	might_sleep();
	lock_acquire(&sem->dep_map, subclass, !write, false, LOCKDEP_SLEEP, ip);
	if (unlikely(write ? !rwsem_try_write(sem) : !rwsem_try_read(sem)))
		ret = rwsem_wait(sem, write, state);
	if (unlikely(ret))
		lock_release(&sem->dep_map, ip);
	return ret;
}

void down_read(struct rw_semaphore *sem) __acquires(sem)
{
	rwsem_lock(sem, 0, false, TASK_UNINTERRUPTIBLE, _RET_IP_);
	__acquire(sem);
}

int down_read_killable(struct rw_semaphore *sem)
{
	return rwsem_lock(sem, 0, false, TASK_KILLABLE, _RET_IP_);
}

bool down_read_trylock(struct rw_semaphore *sem)
{
	if (!rwsem_try_read(sem))
		return false;
	lock_acquire(&sem->dep_map, 0, true, true, LOCKDEP_SLEEP, _RET_IP_);
	return true;
}

void up_read(struct rw_semaphore *sem) __releases(sem)
{
	__release(sem);
	lock_release(&sem->dep_map, _RET_IP_);
	if (unlikely(atomic_fetch_sub_explicit(&sem->count, RWSEM_READER, memory_order_seq_cst) ==
		     (RWSEM_READER | RWSEM_WAITERS)))
		rwsem_release_slow(sem);
}

void down_write(struct rw_semaphore *sem) __acquires(sem)
{
	rwsem_lock(sem, 0, true, TASK_UNINTERRUPTIBLE, _RET_IP_);
	__acquire(sem);
}

void down_write_nested(struct rw_semaphore *sem, unsigned int subclass) __acquires(sem)
{
	rwsem_lock(sem, subclass, true, TASK_UNINTERRUPTIBLE, _RET_IP_);
	__acquire(sem);
}

int down_write_killable(struct rw_semaphore *sem)
{
	return rwsem_lock(sem, 0, true, TASK_KILLABLE, _RET_IP_);
}

bool down_write_trylock(struct rw_semaphore *sem)
{
	if (!rwsem_try_write(sem))
		return false;
	lock_acquire(&sem->dep_map, 0, false, true, LOCKDEP_SLEEP, _RET_IP_);
	return true;
}

void up_write(struct rw_semaphore *sem) __releases(sem)
{
	__release(sem);
	lock_release(&sem->dep_map, _RET_IP_);
	if (unlikely(atomic_fetch_and_explicit(&sem->count, ~RWSEM_WRITER, memory_order_seq_cst) &
		     RWSEM_WAITERS))
		rwsem_release_slow(sem);
}

void downgrade_write(struct rw_semaphore *sem)
{
	if (atomic_fetch_add_explicit(&sem->count, RWSEM_READER - RWSEM_WRITER,
				      memory_order_seq_cst) &
	    RWSEM_WAITERS)
		rwsem_release_slow(sem);
}
