/* SPDX-License-Identifier: MIT */
/* The arch's own per-CPU words, hot ones together, and the register that reaches them. */
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <arch/preempt.h>
#include <asm/entry.h>
#include <asm/msr.h>

/* One cache line: everything that system-call entry and preempt_enable() touch. */
#ifdef CONFIG_SMP
#define HOT	 __section(".data..percpu..first") __aligned(CACHE_LINE)
#define WITH_HOT __section(".data..percpu..first")
#else
#define HOT
#define WITH_HOT
#endif

/* The boot CPU runs init_task on init_stack from the first C instruction. */
struct task_struct *current_task HOT = &init_task;
unsigned long cpu_kernel_sp WITH_HOT =
	(unsigned long)init_stack_end; /* top of current's kernel stack */
unsigned long cpu_user_sp WITH_HOT; /* between SYSCALL and the stack switch */
u32 __preempt_count WITH_HOT = PREEMPT_NO_RESCHED | PREEMPT_OFFSET;
u32 cpu_number WITH_HOT;

#ifdef CONFIG_SMP
unsigned long this_cpu_offset WITH_HOT;

void arch_set_percpu_base(unsigned int cpu)
{
	unsigned long offset = per_cpu_offset(cpu);

	wrmsr(MSR_GS_BASE, offset);
	this_cpu_write(this_cpu_offset, offset);
	this_cpu_write(cpu_number, cpu);
	cpu_tables_set_gs(offset);
}
#else
void arch_set_percpu_base(unsigned int cpu)
{
}
#endif
