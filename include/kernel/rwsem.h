/* SPDX-License-Identifier: MIT */
/*
 * Sleeping reader/writer lock. Readers share; a waiting writer stops new readers, so neither side
 * starves. Not recursive.
 */
#ifndef KERNEL_RWSEM_H
#define KERNEL_RWSEM_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <kernel/spinlock.h>

/* count: number of readers << 2 | RWSEM_WAITERS | RWSEM_WRITER. */
struct rw_semaphore {
	_Atomic long count;
	spinlock_t wait_lock;
	struct list_head wait_list; /* wait_lock */
	struct lockdep_map dep_map;
};

#define __RWSEM_INITIALIZER(nm)                                                               \
	{                                                                                     \
		.count = 0, .wait_lock = __SPIN_LOCK_INIT(#nm ".wait_lock"),                  \
		.wait_list = LIST_HEAD_INIT((nm).wait_list), .dep_map = LOCKDEP_MAP_INIT(#nm) \
	}
#define DECLARE_RWSEM(nm) struct rw_semaphore nm = __RWSEM_INITIALIZER(nm)

void __init_rwsem(struct rw_semaphore *sem);
#define init_rwsem(sem)                                  \
	do {                                             \
		__init_rwsem(sem);                       \
		lockdep_init_map(&(sem)->dep_map, #sem); \
	} while (0)

void down_read(struct rw_semaphore *sem) __acquires(sem);
int down_read_killable(struct rw_semaphore *sem); /* 0 or -EINTR */
bool down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem) __releases(sem);
void down_write(struct rw_semaphore *sem) __acquires(sem);
void down_write_nested(struct rw_semaphore *sem, unsigned int subclass) __acquires(sem);
int down_write_killable(struct rw_semaphore *sem); /* 0 or -EINTR */
bool down_write_trylock(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem) __releases(sem);
void downgrade_write(struct rw_semaphore *sem);
static inline bool rwsem_is_locked(struct rw_semaphore *sem)
{
	return atomic_load_explicit(&sem->count, memory_order_relaxed) & ~2L;
}

#endif
