/* SPDX-License-Identifier: MIT */
/*
 * Making, switching and changing threads. The stack of a user task ends with struct pt_regs and
 * struct stack_end (<asm/regs.h>).
 */
#include <kernel/bug.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <arch/barrier.h>
#include <arch/param.h>
#include <arch/regs.h>
#include <arch/thread.h>
#include <asm/entry.h>
#include <asm/fpsimd.h>
#include <asm/hwdebug.h>
#include <asm/sysreg.h>

static struct stack_end *task_stack_end(const struct task_struct *task)
{
	return (struct stack_end *)((char *)task->stack + THREAD_SIZE) - 1;
}

struct pt_regs *task_pt_regs(struct task_struct *task)
{
	return (struct pt_regs *)task_stack_end(task) - 1;
}

/* The registers that @child starts with in user mode. */
static void fork_user_regs(struct pt_regs *regs, const struct arch_fork_args *args)
{
	*regs = *args->regs;
	regs->regs[0] = 0;
	if (args->sp)
		regs->sp = args->sp;
}

static void fork_fpsimd(struct task_struct *child)
{
	struct arch_thread *thread = &child->thread;

	thread->uses_fpsimd = current->thread.uses_fpsimd;
	if (!thread->uses_fpsimd)
		return;
	preempt_disable();
	fpsimd_save(&thread->fpsimd);
	preempt_enable();
}

int arch_thread_fork(struct task_struct *child, const struct arch_fork_args *args)
{
	struct pt_regs *regs = task_pt_regs(child);
	struct switch_frame *frame = (struct switch_frame *)regs - 1;

	BUG_ON((unsigned long)child->stack & (THREAD_ALIGN - 1));
	task_stack_end(child)->task = child;
	memset(frame, 0, sizeof(*frame));
	child->thread_info.kernel_sp = (unsigned long)frame;
	child->thread_info.kernel_simd = 0;
	child->thread.fpsimd_cpu = FPSIMD_NO_CPU;
	child->thread.fault_address = 0;
	child->thread.fault_esr = 0;
	child->thread.hw_debug = NULL;
	child->thread.single_step = false;
	frame->lr = (u64)ret_from_fork;
	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		regs->syscallno = (u32)-1;
		frame->x19_x28[0] = (u64)args->fn;
		frame->x19_x28[1] = (u64)args->arg;
		child->thread.uses_fpsimd = false;
		child->thread.tpidr = 0;
		return 0;
	}
	fork_user_regs(regs, args);
	regs->pstate &= ~SPSR_SS;
	fork_fpsimd(child);
	child->thread.tpidr = args->set_tls ? args->tls : read_sysreg(tpidr_el0);
	return 0;
}

/*
 * Everything of ->thread is inside the task. Registers that still hold its state name it as owner:
 * forget it before it is reused.
 */
void arch_thread_release(struct task_struct *task)
{
	task->thread.fpsimd_cpu = FPSIMD_NO_CPU;
	hwdebug_release(task);
}

void arch_thread_exec(struct pt_regs *regs, unsigned long pc, unsigned long sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->syscallno = (u32)-1;
	regs->pc = pc;
	regs->sp = sp;
	regs->pstate = SPSR_MODE_EL0T;
	current->thread.fault_address = 0;
	current->thread.fault_esr = 0;
	current->thread.tpidr = 0;
	write_sysreg(0, tpidr_el0);
	hwdebug_flush();
	fpsimd_flush_current();
}

void arch_set_tls(struct task_struct *task, unsigned long tls)
{
	task->thread.tpidr = tls;
	if (task == current)
		write_sysreg(tls, tpidr_el0);
}

struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next)
{
	prev->thread.tpidr = read_sysreg(tpidr_el0);
	write_sysreg(next->thread.tpidr, tpidr_el0);
	fpsimd_switch(prev, next);
	hwdebug_switch(&prev->thread, &next->thread);
	next->thread_info.cpu = prev->thread_info.cpu;
	/*
	 * A program's cache maintenance must be over before it runs on another CPU, whose dsb knows
	 * nothing of it. membarrier(2) needs the barrier too.
	 */
	dsb(ish);
	return cpu_switch_to(prev, next);
}

int arch_get_tsc_mode(void)
{
	return -EINVAL;
}

int arch_set_tsc_mode(unsigned int mode)
{
	return -EINVAL;
}

/*
 * From ret_from_fork: a kernel thread's function returned. One that has become a user program by
 * exec goes on there.
 */
void arch_kthread_return(int ret)
{
	if (current->flags & PF_KTHREAD)
		do_exit(ret);
}

/*
 * From entry.S: TIF_SYSCALL_WORK is set. Returns the number of the call to make, or -1 when the
 * result is in @regs already.
 */
long arch_syscall_enter(struct pt_regs *regs)
{
	if (syscall_nr(regs) == -1)
		regs->regs[0] = (u64)-ENOSYS;
	return syscall_trace_enter(regs);
}

/* From entry.S: some flag is set on the way to user mode. IRQs are off on entry and return. */
void arch_exit_to_user_work(struct pt_regs *regs)
{
	if (current->thread_info.flags & TIF_WORK_MASK)
		exit_to_user_mode_loop(regs);
}
