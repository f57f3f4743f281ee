/* SPDX-License-Identifier: MIT */
/*
 * The preemption counter. <asm/preempt.h> gives, for the running CPU or task (it is the arch's
 * choice where it lives):
 *
 *   u32  preempt_count(void)               the counter, without the need-resched flag
 *   void preempt_count_add(u32), preempt_count_sub(u32)
 *   bool preempt_count_dec_and_test(void)  true when it reached 0 AND a reschedule is wanted; one
 *                                          read-modify-write and one branch
 *   void set_preempt_need_resched(void), clear_preempt_need_resched(void)   this CPU only
 *   bool preempt_need_resched(void)
 *   void preempt_count_init_task(struct task_struct *)  a new task starts with PREEMPT_DISABLED
 *   (1), dropped in schedule_tail()
 *   void preempt_count_switch(struct task_struct *prev, struct task_struct *next)  called inside
 *   the switch, IRQs off, if the counter is per-CPU
 *
 * Layout: bits 0-7 preempt depth, 8-15 softirq (unused today), 16-19 hardirq depth, 20 NMI.
 * <kernel/preempt.h> builds preempt_disable()/enable(), in_interrupt() on these.
 */
#ifndef ARCH_PREEMPT_H
#define ARCH_PREEMPT_H

#define PREEMPT_OFFSET (1u << 0)
#define PREEMPT_BITS   0x000000ffu
#define SOFTIRQ_OFFSET (1u << 8)
#define SOFTIRQ_BITS   0x0000ff00u
#define HARDIRQ_OFFSET (1u << 16)
#define HARDIRQ_BITS   0x000f0000u
#define NMI_OFFSET     (1u << 20)

#include <asm/preempt.h>

#endif
