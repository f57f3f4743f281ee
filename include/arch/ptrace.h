/* SPDX-License-Identifier: MIT */
/*
 * What tracing needs of an architecture besides register sets (arch/regs.h). @task is stopped for
 * its tracer and off every CPU, or current.
 */
#ifndef ARCH_PTRACE_H
#define ARCH_PTRACE_H

#include <lib/types.h>

struct task_struct;
struct pt_regs;

/*
 * The task traps with SIGTRAP after its next instruction in user mode; TIF_SINGLESTEP tells that it
 * is so. A system call counts as an instruction: its exit reports the step.
 */
void arch_single_step_enable(struct task_struct *task);
void arch_single_step_disable(struct task_struct *task);
/* The step of current was over a system call: sends the SIGTRAP that the CPU would have caused. */
void arch_report_syscall_step(struct pt_regs *regs);

/*
 * Requests of one architecture's own (PTRACE_PEEKUSR, PTRACE_GETREGS ...); -EIO for those it does
 * not know. May sleep.
 */
long arch_ptrace(struct task_struct *task, long request, unsigned long addr, unsigned long data);

/* AUDIT_ARCH_* of this machine, <linux/audit.h>. */
u32 arch_audit_arch(void);

#endif
