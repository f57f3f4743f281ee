/* SPDX-License-Identifier: MIT */
#ifndef ASM_REGS_H
#define ASM_REGS_H

#include <lib/types.h>
#include <asm/irqflags.h>

/*
 * In the order in which entry code pushes; the same as ptrace's user_regs_struct up to ss. Offsets:
 * asm/asm-offsets.h.
 */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long
		orig_ax; /* system call number, else -1; entry code of exceptions: the error code */
	unsigned long ip, cs, flags, sp, ss;
};

static inline unsigned long regs_pc(const struct pt_regs *regs)
{
	return regs->ip;
}

static inline unsigned long regs_sp(const struct pt_regs *regs)
{
	return regs->sp;
}

static inline void regs_set_pc(struct pt_regs *regs, unsigned long pc)
{
	regs->ip = pc;
}

static inline void regs_set_sp(struct pt_regs *regs, unsigned long sp)
{
	regs->sp = sp;
}

static inline bool user_mode(const struct pt_regs *regs)
{
	return regs->cs & 3;
}

static inline int syscall_nr(const struct pt_regs *regs)
{
	return (int)regs->orig_ax;
}

static inline unsigned long syscall_arg(const struct pt_regs *regs, unsigned int n)
{
	switch (n) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

static inline long syscall_ret(const struct pt_regs *regs)
{
	return (long)regs->ax;
}

static inline void syscall_set_ret(struct pt_regs *regs, long ret)
{
	regs->ax = (unsigned long)ret;
}

static inline void syscall_set_nr(struct pt_regs *regs, int nr)
{
	regs->orig_ax = (unsigned long)(long)nr;
}

/* The SYSCALL instruction is two bytes. */
static inline void syscall_restart(struct pt_regs *regs)
{
	regs->ax = regs->orig_ax;
	regs->ip -= 2;
}

static inline void syscall_restart_block(struct pt_regs *regs)
{
	regs->ax = 219; /* __NR_restart_syscall */
	regs->ip -= 2;
}

/* As they were at SYSCALL, which counts as done. */
static inline void syscall_undo(struct pt_regs *regs)
{
	regs->ax = regs->orig_ax;
	regs->orig_ax = -1UL;
}

static inline bool regs_irqs_enabled(const struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_IF;
}

#endif
