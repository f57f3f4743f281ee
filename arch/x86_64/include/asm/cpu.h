/* SPDX-License-Identifier: MIT */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <lib/types.h>
#include <asm/msr.h>
#include <asm/percpu.h>

struct task_struct;

extern struct task_struct *current_task; /* per-CPU; arch/x86_64/cpu/percpu.c */
extern u32 cpu_number; /* per-CPU */

#define current (this_cpu_read_stable(current_task))

#ifdef CONFIG_SMP
#define smp_processor_id_raw() (this_cpu_read(cpu_number))
#else
#define smp_processor_id_raw() 0u
#endif

static __always_inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" : : : "memory");
}

/*
 * sti takes effect after the next instruction, so an interrupt that is pending ends the hlt at
 * once.
 */
static __always_inline void cpu_idle_wait(void)
{
	__asm__ __volatile__("sti; hlt" : : : "memory");
}

static inline __noreturn void cpu_halt(void)
{
	for (;;)
		__asm__ __volatile__("cli; hlt" : : : "memory");
}

/* A move to a control register serialises (SDM vol. 3, 9.3). No fault is being looked at. */
static inline void sync_core(void)
{
	__asm__ __volatile__("mov %0, %%cr2" : : "r"(0ul) : "memory");
}

static __always_inline u64 get_cycles(void)
{
	return rdtsc();
}

#endif
