/* SPDX-License-Identifier: MIT */
/* The contended half of spinlocks; the uncontended half is inline in kernel/spinlock.h. */
#include <kernel/spinlock.h>

/* Preemption is off; IRQs as the caller has them. Acquires. */
void __spin_lock_slow(spinlock_t *lock)
{
	do {
		/* Read only, so that the holder keeps its cache line. */
		while (atomic_load_explicit(&lock->val, memory_order_relaxed))
			cpu_relax();
	} while (!__spin_take(lock));
}
