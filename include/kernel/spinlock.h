/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks. A holder may not sleep. Who comes first after it lets go is whoever sees it first, and
 * not in turn: on a virtual machine the next in turn may be a CPU that its host does not run just
 * now, and all others would wait for that one too. Preemption is off while one is held; the
 * _irq and _irqsave forms also keep this CPU's interrupts off and must be used by everyone if any
 * interrupt handler takes the lock. Without CONFIG_SMP only the preempt and IRQ part is left.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/compiler.h>
#include <kernel/irqflags.h>
#include <kernel/lockdep.h>
#include <kernel/preempt.h>
#include <arch/cpu.h>

typedef struct spinlock {
#ifdef CONFIG_SMP
	_Atomic u32 val; /* 1: held */
#endif
	struct lockdep_map dep_map;
} spinlock_t;

#ifdef CONFIG_SMP
#define __SPIN_LOCK_INIT(nm)                               \
	{                                                  \
		.val = 0, .dep_map = LOCKDEP_MAP_INIT(#nm) \
	}
#else
#define __SPIN_LOCK_INIT(nm)                     \
	{                                        \
		.dep_map = LOCKDEP_MAP_INIT(#nm) \
	}
#endif
#define DEFINE_SPINLOCK(x) spinlock_t x = __SPIN_LOCK_INIT(x)

#ifdef CONFIG_SMP
void __spin_lock_slow(spinlock_t *lock);

static __always_inline bool __spin_take(spinlock_t *lock)
{
	u32 free = 0;

	return atomic_compare_exchange_strong_explicit(&lock->val, &free, 1, memory_order_acquire,
						       memory_order_relaxed);
}

static __always_inline void arch_spin_lock(spinlock_t *lock)
{
	if (unlikely(!__spin_take(lock)))
		__spin_lock_slow(lock);
}

static __always_inline bool arch_spin_trylock(spinlock_t *lock)
{
	return !atomic_load_explicit(&lock->val, memory_order_relaxed) && __spin_take(lock);
}

/* Pairs with the acquire of the next owner. */
static __always_inline void arch_spin_unlock(spinlock_t *lock)
{
	atomic_store_explicit(&lock->val, 0, memory_order_release);
}

static inline bool spin_is_locked(spinlock_t *lock)
{
	return atomic_load_explicit(&lock->val, memory_order_relaxed);
}
#define __spin_val_init(lock) atomic_store_explicit(&(lock)->val, 0, memory_order_relaxed)
#else
#define arch_spin_lock(lock)	((void)(lock))
#define arch_spin_trylock(lock) ((void)(lock), true)
#define arch_spin_unlock(lock)	((void)(lock))
#define spin_is_locked(lock)	((void)(lock), true)
#define __spin_val_init(lock)	((void)(lock))
#endif

#define spin_lock_init(lock)                               \
	do {                                               \
		__spin_val_init(lock);                     \
		lockdep_init_map(&(lock)->dep_map, #lock); \
	} while (0)

static __always_inline void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
	__acquires(lock)
{
	preempt_disable();
	lock_acquire(&lock->dep_map, subclass, false, false, LOCKDEP_SPIN, _RET_IP_);
	arch_spin_lock(lock);
	__acquire(lock);
}

static __always_inline void spin_lock(spinlock_t *lock) __acquires(lock)
{
	spin_lock_nested(lock, 0);
}

static __always_inline void spin_unlock(spinlock_t *lock) __releases(lock)
{
	__release(lock);
	lock_release(&lock->dep_map, _RET_IP_);
	arch_spin_unlock(lock);
	preempt_enable();
}

static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (arch_spin_trylock(lock)) {
		lock_acquire(&lock->dep_map, 0, false, true, LOCKDEP_SPIN, _RET_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void spin_lock_irq(spinlock_t *lock) __acquires(lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock) __releases(lock)
{
	__release(lock);
	lock_release(&lock->dep_map, _RET_IP_);
	arch_spin_unlock(lock);
	local_irq_enable();
	preempt_enable();
}

static __always_inline unsigned long __spin_lock_irqsave(spinlock_t *lock) __acquires(lock)
{
	unsigned long flags = local_irq_save_flags();

	spin_lock(lock);
	return flags;
}

#define spin_lock_irqsave(lock, flags)               \
	do {                                         \
		(flags) = __spin_lock_irqsave(lock); \
	} while (0)

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
	__releases(lock)
{
	__release(lock);
	lock_release(&lock->dep_map, _RET_IP_);
	arch_spin_unlock(lock);
	local_irq_restore(flags);
	preempt_enable();
}

#define assert_spin_locked(lock) lockdep_assert_held(lock)

#endif
