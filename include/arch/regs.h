/* SPDX-License-Identifier: MIT */
/*
 * struct pt_regs: the user (or interrupted kernel) registers at the top of a kernel stack.
 * <asm/regs.h> gives the struct and these inlines:
 *
 *   regs_pc/regs_sp/regs_set_pc/regs_set_sp(regs), user_mode(regs) (came from user space)
 *   syscall_nr(regs) (-1: not in a system call), syscall_arg(regs, 0..5), syscall_ret(regs),
 *   syscall_set_ret(regs, long) syscall_set_nr(regs, nr)
 *   syscall_restart(regs)     steps back so that the same system call is issued again with its
 *                             first arguments
 *   syscall_undo(regs)        the registers as at the call; it is over and not restarted
 *   syscall_restart_block(regs) the same as syscall_restart() with the number of restart_syscall(2)
 *   regs_irqs_enabled(regs)   interrupted context had IRQs on
 *
 * System-call entry saves only what C may clobber; callee-saved slots of pt_regs hold junk until
 * the frame is made whole. It is whole in: every exception and interrupt from user mode,
 * exit-to-user work, and system calls marked `!` in syscalls.tbl (fork, clone, exec, sigreturn,
 * ...). After those the whole frame is loaded back, so changes to it take effect.
 */
#ifndef ARCH_REGS_H
#define ARCH_REGS_H

#include <lib/types.h>
#include <asm/regs.h>

/* The user frame of @task; valid while it is in the kernel and not a kernel thread. */
struct task_struct;
struct pt_regs *task_pt_regs(struct task_struct *task);
#define current_pt_regs() task_pt_regs(current)

/*
 * Register sets for ptrace and core dumps: NT_PRSTATUS, NT_PRFPREG, arch ones (NT_X86_XSTATE,
 * NT_ARM_TLS, NT_ARM_HW_BREAK..). Copies at most *len bytes and sets *len to what was copied;
 * -EINVAL for an unknown set. @task is stopped or current. May sleep.
 */
int arch_regset_get(struct task_struct *task, unsigned int note, void *buf, size_t *len);
int arch_regset_set(struct task_struct *task, unsigned int note, const void *buf, size_t len);

#endif
