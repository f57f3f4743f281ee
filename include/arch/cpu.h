/* SPDX-License-Identifier: MIT */
/*
 * The CPU itself. <asm/cpu.h> gives these as static inlines or macros:
 *
 *   void cpu_relax(void)               inside a busy wait
 *   void cpu_idle_wait(void)           IRQs off on entry; waits for an interrupt and returns with
 *                                      IRQs ON; an interrupt that
 *                                      was pending before the call is never slept through
 *   void cpu_halt(void) __noreturn     stops this CPU for good, IRQs off
 *   void sync_core(void)               what this CPU executes next is fetched anew
 *   u64  get_cycles(void)              free-running counter, unordered
 *   struct task_struct *current        the running task; a plain value the compiler may keep
 *   unsigned int smp_processor_id_raw(void)   id of this CPU; stable only with preemption or IRQs
 *                                             off
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <lib/types.h>

struct task_struct;
#include <asm/cpu.h>

/*
 * One line to @buf for each fact of CPU @cpu that /proc/cpuinfo shows (seq_file consumer).
 * Context: any.
 */
struct seq_file;
void arch_show_cpuinfo(struct seq_file *m, unsigned int cpu);

/*
 * Powers off / restarts by the arch's firmware interface if no driver registered one
 * (kernel/reboot.h). Return if impossible.
 */
void arch_power_off(void);
void arch_restart(void);

#endif
