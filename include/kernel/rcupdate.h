/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update. A read-side section is preemption off; it must not sleep. A grace period has
 * passed when every CPU has switched tasks, idled or been in user mode since it began. Callbacks
 * run in a kernel thread (may not sleep long; may take sleeping locks). On one CPU without
 * CONFIG_SMP the same rules hold.
 */
#ifndef KERNEL_RCUPDATE_H
#define KERNEL_RCUPDATE_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <kernel/preempt.h>

static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
}

static __always_inline void rcu_read_unlock(void)
{
	preempt_enable();
}

/* Data dependency orders the loads on both arches; pairs with rcu_assign_pointer()'s release. */
#define rcu_dereference(p)		READ_ONCE(p)
#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), (v))
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)

/* func(head) after a grace period. Any context. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Waits for a grace period; sleeps. */
void synchronize_rcu(void);
/* Waits until all callbacks queued before have run; sleeps. */
void rcu_barrier(void);

/* kernel/rcu.c: the scheduler and idle loop report quiescent states. */
void rcu_note_context_switch(void);
void rcu_idle_enter(void);
void rcu_idle_exit(void);
void rcu_tick(bool from_user);
bool rcu_irq_enter(void); /* true: the CPU was idle; give that to rcu_irq_exit() */
void rcu_irq_exit(bool was_idle);
void rcu_init_cpu(void);
void rcu_init(void);

#endif
