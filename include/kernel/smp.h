/* SPDX-License-Identifier: MIT */
/* Talking to other CPUs. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <lib/types.h>
#include <arch/irqflags.h>
#include <kernel/cpumask.h>
#include <kernel/preempt.h>
#include <arch/cpu.h>

#ifdef CONFIG_SMP
/* Stable only while the caller cannot migrate. */
#define smp_processor_id() smp_processor_id_raw()

/*
 * Runs fn(arg) in hard IRQ context on each online CPU of @mask but this one; with @wait returns
 * when all have. Preemption off, IRQs ON (two CPUs waiting for each other with IRQs off would
 * deadlock).
 */
void smp_call_function_many(const cpumask_t *mask, void (*fn)(void *), void *arg, bool wait);
/* The same on one CPU (may be this one: then called at once with IRQs off). */
void smp_call_function_single(unsigned int cpu, void (*fn)(void *), void *arg, bool wait);
/* On all online CPUs, this one included. */
void on_each_cpu(void (*fn)(void *), void *arg, bool wait);
void smp_send_reschedule(unsigned int cpu);
void smp_send_stop(void); /* panic/reboot: every other CPU halts */
bool smp_wait_online(void); /* all that smp_init() started run; may sleep */
struct seq_file;
void show_ipis(struct seq_file *m); /* rows of /proc/interrupts */
void smp_init(void); /* brings up all possible CPUs; boot CPU, may sleep */
#else
#define smp_processor_id() 0u
static inline void smp_call_function_many(const cpumask_t *mask, void (*fn)(void *), void *arg,
					  bool wait)
{
}
static inline void on_each_cpu(void (*fn)(void *), void *arg, bool wait)
{
	unsigned long flags = local_irq_save_flags();

	fn(arg);
	local_irq_restore(flags);
}
static inline void smp_call_function_single(unsigned int cpu, void (*fn)(void *), void *arg,
					    bool wait)
{
	on_each_cpu(fn, arg, wait);
}
static inline void smp_send_reschedule(unsigned int cpu)
{
}
struct seq_file;
static inline void show_ipis(struct seq_file *m)
{
}
static inline void smp_send_stop(void)
{
}
static inline bool smp_wait_online(void)
{
	return true;
}
static inline void smp_init(void)
{
}
#endif

#define get_cpu()                   \
	({                          \
		preempt_disable();  \
		smp_processor_id(); \
	})
#define put_cpu() preempt_enable()

#endif
