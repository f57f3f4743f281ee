/* SPDX-License-Identifier: MIT */
/*
 * FP/SIMD state. The kernel itself is compiled without it, so a task's values stay in the registers
 * while it is in the kernel, and also while kernel threads run in between.
 *
 * Facts
 *   - fpsimd_owner of a CPU is the task whose state its registers hold, as of that task's last
 *     switch-out or later; NULL: nobody's.
 *   - While a task with uses_fpsimd runs, its CPU's owner is it, and registers may be newer than
 *     thread.fpsimd.
 *   - A task's registers on an old CPU are stale as soon as it has run elsewhere: thread.fpsimd_cpu
 *     names the one valid CPU.
 *   - Copies in lib/ borrow v0-v3 for a moment (thread_info.kernel_simd). A switch in the middle
 *     saves everything as that task's state, kernel thread or not, and loads it again: then the
 *     copy goes on.
 */
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/string.h>
#include <arch/thread.h>
#include <asm/fpsimd.h>

static DEFINE_PER_CPU(struct task_struct *, fpsimd_owner);

static bool needs_registers(const struct task_struct *task)
{
	return task->thread.uses_fpsimd || task->thread_info.kernel_simd;
}

static void load_task(struct task_struct *task)
{
	fpsimd_load(&task->thread.fpsimd);
	task->thread.fpsimd_cpu = smp_processor_id_raw();
	this_cpu_write(fpsimd_owner, task);
}

void fpsimd_switch(struct task_struct *prev, struct task_struct *next)
{
	if (needs_registers(prev)) {
		fpsimd_save(&prev->thread.fpsimd);
		if (unlikely(!prev->thread.uses_fpsimd)) {
			this_cpu_write(fpsimd_owner, prev);
			prev->thread.fpsimd_cpu = smp_processor_id_raw();
		}
	}
	if (!needs_registers(next))
		return;
	if (this_cpu_read(fpsimd_owner) != next ||
	    next->thread.fpsimd_cpu != smp_processor_id_raw())
		load_task(next);
}

void fpsimd_sync_current(void)
{
	preempt_disable();
	if (current->thread.uses_fpsimd)
		fpsimd_save(&current->thread.fpsimd);
	preempt_enable();
}

void fpsimd_reload_current(void)
{
	preempt_disable();
	current->thread.uses_fpsimd = true;
	load_task(current);
	preempt_enable();
}

void fpsimd_flush_current(void)
{
	preempt_disable();
	memset(&current->thread.fpsimd, 0, sizeof(current->thread.fpsimd));
	preempt_enable();
	fpsimd_reload_current();
}

/* The registers become the caller's; what they held is saved with its task. */
void kernel_fpu_begin(void)
{
	preempt_disable();
	if (current->thread.uses_fpsimd)
		fpsimd_save(&current->thread.fpsimd);
	else
		this_cpu_write(fpsimd_owner, NULL);
}

void kernel_fpu_end(void)
{
	if (current->thread.uses_fpsimd)
		load_task(current);
	preempt_enable();
}
