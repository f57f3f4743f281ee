/* SPDX-License-Identifier: MIT */
/*
 * Stack walks by frame records (AAPCS64, 6.4.6): x29 points at {caller's x29, return address}. An
 * exception from the kernel leaves such a record in its pt_regs, so that a walk goes on in what was
 * interrupted. Registers are printed here too.
 */
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <arch/debug.h>
#include <arch/param.h>
#include <arch/regs.h>
#include <asm/asm-offsets.h>

extern char overflow_stack[];

static bool on_stack(const struct task_struct *task, unsigned long fp)
{
	unsigned long stack = (unsigned long)task->stack;

	if (fp >= stack && fp <= stack + THREAD_SIZE - 16)
		return true;
	stack = (unsigned long)overflow_stack;
	return fp >= stack && fp <= stack + OVERFLOW_STACK_SIZE - 16;
}

/*
 * Records lie ever higher on one stack; the step from the overflow stack to the task's is the one
 * exception, taken once.
 */
static void walk(bool (*fn)(void *arg, unsigned long pc, bool reliable), void *arg,
		 const struct task_struct *task, unsigned long fp, unsigned long pc)
{
	bool switched = false;

	while (pc && fn(arg, pc, true)) {
		const unsigned long *record = (const unsigned long *)fp;

		if ((fp & 7) || !on_stack(task, fp))
			return;
		if (record[0] <= fp) {
			if (switched)
				return;
			switched = true;
		}
		fp = record[0];
		pc = record[1];
	}
}

void arch_stack_walk(bool (*fn)(void *arg, unsigned long pc, bool reliable), void *arg,
		     struct task_struct *task, struct pt_regs *regs)
{
	const struct switch_frame *frame;

	if (regs) {
		if (!user_mode(regs))
			walk(fn, arg, task, regs->regs[29], regs->pc);
	} else if (task == current) {
		walk(fn, arg, task, (unsigned long)__builtin_frame_address(0),
		     (unsigned long)__builtin_return_address(0));
	} else {
		frame = (const struct switch_frame *)task->thread_info.kernel_sp;
		if (on_stack(task, (unsigned long)frame))
			walk(fn, arg, task, frame->fp, frame->lr);
	}
}

void arch_show_regs(struct pt_regs *regs)
{
	printk(KERN_EMERG "pc : %016llx  sp : %016llx  pstate: %08llx\n", regs->pc, regs->sp,
	       regs->pstate);
	printk(KERN_EMERG "lr : %016llx\n", regs->regs[30]);
	for (unsigned int i = 0; i < 30; i += 3)
		printk(KERN_EMERG "x%-2u: %016llx  x%-2u: %016llx  x%-2u: %016llx\n", i,
		       regs->regs[i], i + 1, regs->regs[i + 1], i + 2, regs->regs[i + 2]);
}
