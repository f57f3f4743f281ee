/* SPDX-License-Identifier: MIT */
/* Sleeping mutual exclusion. Only the task that locked unlocks; not usable in interrupts. */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <kernel/spinlock.h>

struct task_struct;

/*
 * owner: the holder's task pointer, bit 0 set when the wait list is not empty. Uncontended lock
 * and unlock are one compare-and-exchange each. Handed over directly to the first waiter when one
 * has waited, so that nobody starves.
 */
struct mutex {
	_Atomic unsigned long owner;
	spinlock_t wait_lock;
	struct list_head wait_list; /* wait_lock */
	struct lockdep_map dep_map;
};

#define __MUTEX_INITIALIZER(nm)                                                               \
	{                                                                                     \
		.owner = 0, .wait_lock = __SPIN_LOCK_INIT(#nm ".wait_lock"),                  \
		.wait_list = LIST_HEAD_INIT((nm).wait_list), .dep_map = LOCKDEP_MAP_INIT(#nm) \
	}
#define DEFINE_MUTEX(nm) struct mutex nm = __MUTEX_INITIALIZER(nm)

void __mutex_init(struct mutex *lock);
#define mutex_init(lock)                                   \
	do {                                               \
		__mutex_init(lock);                        \
		lockdep_init_map(&(lock)->dep_map, #lock); \
	} while (0)

void mutex_lock(struct mutex *lock) __acquires(lock);
void mutex_lock_nested(struct mutex *lock, unsigned int subclass) __acquires(lock);
/* 0, or -EINTR when a signal (killable: a fatal one) arrived first; not locked then. */
int mutex_lock_interruptible(struct mutex *lock);
int mutex_lock_killable(struct mutex *lock);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock) __releases(lock);
static inline bool mutex_is_locked(struct mutex *lock)
{
	return atomic_load_explicit(&lock->owner, memory_order_relaxed) != 0;
}

#endif
