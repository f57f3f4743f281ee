/* SPDX-License-Identifier: MIT */
/*
 * struct pt_regs starts with Linux's struct user_pt_regs. A system call that takes the fast path
 * saves x0-x17, x30, sp, pc and pstate; x18 is reserved in the kernel (-ffixed-x18) and, like
 * x19-x29, keeps the user's value until the frame is made whole.
 */
#ifndef ASM_REGS_H
#define ASM_REGS_H

#include <lib/types.h>
#include <asm/sysreg.h>

struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
	u64 orig_x0; /* x0 at entry of a system call */
	u64 syscallno; /* low 32 bits: the number, -1 when not in a system call */
	/* frame record {fp, pc} of an exception from the kernel, for stack walks; zero from user */
	u64 frame[2];
};

/*
 * The kernel stack ends with the task it belongs to: one load from the entry stack pointer finds
 * it.
 */
struct stack_end {
	struct task_struct *task;
	u64 pad;
};

/* What arch_switch_to() keeps on the stack of a task that does not run. */
struct switch_frame {
	u64 x19_x28[10];
	u64 fp;
	u64 lr;
};

#define NR_restart_syscall 128

static inline unsigned long regs_pc(const struct pt_regs *regs)
{
	return regs->pc;
}

static inline unsigned long regs_sp(const struct pt_regs *regs)
{
	return regs->sp;
}

static inline void regs_set_pc(struct pt_regs *regs, unsigned long pc)
{
	regs->pc = pc;
}

static inline void regs_set_sp(struct pt_regs *regs, unsigned long sp)
{
	regs->sp = sp;
}

static inline bool user_mode(const struct pt_regs *regs)
{
	return (regs->pstate & SPSR_MODE_MASK) == SPSR_MODE_EL0T;
}

static inline bool regs_irqs_enabled(const struct pt_regs *regs)
{
	return !(regs->pstate & SPSR_I);
}

static inline long syscall_nr(const struct pt_regs *regs)
{
	return (s32)regs->syscallno;
}

static inline void syscall_set_nr(struct pt_regs *regs, long nr)
{
	regs->syscallno = (u32)nr;
}

/* Argument @n (0..5). Valid from entry to syscall_set_ret(). */
static inline unsigned long syscall_arg(const struct pt_regs *regs, unsigned int n)
{
	return n == 0 ? regs->orig_x0 : regs->regs[n];
}

static inline long syscall_ret(const struct pt_regs *regs)
{
	return (long)regs->regs[0];
}

static inline void syscall_set_ret(struct pt_regs *regs, long ret)
{
	regs->regs[0] = (u64)ret;
}

/* x8 still holds the number: stepping back over `svc` is all it takes. */
static inline void syscall_restart(struct pt_regs *regs)
{
	regs->regs[0] = regs->orig_x0;
	regs->pc -= 4;
}

/* As they were at `svc`, which counts as done. */
static inline void syscall_undo(struct pt_regs *regs)
{
	regs->regs[0] = regs->orig_x0;
	syscall_set_nr(regs, -1);
}

static inline void syscall_restart_block(struct pt_regs *regs)
{
	syscall_restart(regs);
	regs->regs[8] = NR_restart_syscall;
}

#endif
