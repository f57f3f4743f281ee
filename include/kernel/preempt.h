/* SPDX-License-Identifier: MIT */
/*
 * Preemption. A section between preempt_disable() and preempt_enable() is not left by a context
 * switch; hard interrupts count as such. Without CONFIG_PREEMPT the kernel switches only where it
 * sleeps, or on return to user mode, but the counter is kept (in_interrupt()).
 */
#ifndef KERNEL_PREEMPT_H
#define KERNEL_PREEMPT_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <arch/preempt.h>
#include <arch/irqflags.h>

/*
 * kernel/sched/core.c: the scheduler, entered because preempt_enable() found a reschedule wanted
 * / on return from interrupt, IRQs off.
 */
void preempt_schedule(void);
void preempt_schedule_irq(void);

#if defined(CONFIG_PREEMPT) || defined(CONFIG_SMP) || defined(CONFIG_DEBUG_ATOMIC_SLEEP)
#define PREEMPT_COUNTED 1
#define preempt_disable()                          \
	do {                                       \
		preempt_count_add(PREEMPT_OFFSET); \
		barrier();                         \
	} while (0)
#define preempt_enable_no_resched()                \
	do {                                       \
		barrier();                         \
		preempt_count_sub(PREEMPT_OFFSET); \
	} while (0)
#else
#define PREEMPT_COUNTED		    0
#define preempt_disable()	    barrier()
#define preempt_enable_no_resched() barrier()
#endif

#ifdef CONFIG_PREEMPT
#define preempt_enable()                                    \
	do {                                                \
		barrier();                                  \
		if (unlikely(preempt_count_dec_and_test())) \
			preempt_schedule();                 \
	} while (0)
#else
#define preempt_enable() preempt_enable_no_resched()
#endif

static __always_inline bool in_hardirq(void)
{
	return preempt_count() & HARDIRQ_BITS;
}

static __always_inline bool in_interrupt(void)
{
	return preempt_count() & (HARDIRQ_BITS | SOFTIRQ_BITS | NMI_OFFSET);
}

/*
 * True where sleeping is forbidden. Exact only with CONFIG_PREEMPT or CONFIG_SMP (the counter is
 * kept).
 */
static __always_inline bool in_atomic(void)
{
	return preempt_count() != 0;
}

static __always_inline bool preemptible(void)
{
	return preempt_count() == 0 && !irqs_disabled();
}

#ifdef CONFIG_DEBUG_ATOMIC_SLEEP
void __might_sleep(const char *file, int line);
#define might_sleep() __might_sleep(__FILE__, __LINE__)
#else
#define might_sleep() ((void)0)
#endif

#endif
