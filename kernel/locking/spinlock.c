/* SPDX-License-Identifier: MIT */
/*
 * The contended half of spinlocks: wait until the owner field reaches our ticket. The uncontended
 * half is inline in kernel/spinlock.h.
 */
#include <kernel/spinlock.h>

/* @ticket: the number this CPU drew. Preemption is off; IRQs as the caller has them. Acquires. */
void __spin_lock_slow(spinlock_t *lock, u32 ticket)
{
	while ((atomic_load_explicit(&lock->val, memory_order_acquire) & 0xffff) != ticket)
		cpu_relax();
}
