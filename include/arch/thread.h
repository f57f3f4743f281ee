/* SPDX-License-Identifier: MIT */
/*
 * Threads of execution. <asm/thread.h> gives `struct arch_thread` (saved stack pointer, TLS, FPU
 * state ...), embedded in task_struct as ->thread, and `struct thread_info`, which is
 * task_struct's FIRST member so that entry code reaches it at fixed offsets:
 *     unsigned long flags;  (TIF_*: kernel/thread_info.h)   and what the arch adds (preempt
 *                           count, saved user sp ...)
 */
#ifndef ARCH_THREAD_H
#define ARCH_THREAD_H

#include <lib/types.h>
#include <asm/thread.h>

struct task_struct;
struct pt_regs;

struct arch_fork_args {
	unsigned long sp; /* new user stack pointer; 0: keep the parent's */
	unsigned long tls; /* used when set_tls */
	bool set_tls;
	/*
	 * kernel thread: runs fn(arg); NULL: return to user space as a copy of @regs with result
	 * 0
	 */
	int (*fn)(void *);
	void *arg;
	const struct pt_regs *regs; /* the parent's whole frame; NULL for a kernel thread */
};

/*
 * Prepares @child's kernel stack (child->stack, THREAD_SIZE) and ->thread so that the first
 * switch to it enters schedule_tail(prev) and then fn(arg) (then do_exit(ret); if a kernel thread
 * exec'd, returns to user), or user mode. Copies FPU state of current. 0 or -ENOMEM, nothing
 * kept. May sleep.
 */
int arch_thread_fork(struct task_struct *child, const struct arch_fork_args *args);

/* Frees what ->thread owns; the task will never run again. Any context but hard IRQ. */
void arch_thread_release(struct task_struct *task);

/*
 * exec: current's user registers become those of a new program (all zero but pc and sp), FPU, TLS
 * and debug state reset. Cannot fail.
 */
void arch_thread_exec(struct pt_regs *regs, unsigned long pc, unsigned long sp);

/*
 * Switches stacks and registers from @prev (current) to @next; runqueue lock held, IRQs off.
 * Returns the task that ran before.
 */
struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next);

/* Thread-local storage base of @task (current or stopped), for CLONE_SETTLS, ptrace. */
void arch_set_tls(struct task_struct *task, unsigned long tls);

/*
 * prctl(2) PR_GET_TSC, PR_SET_TSC of current: PR_TSC_ENABLE, or PR_TSC_SIGSEGV (its cycle counter
 * may not be read from user mode). -EINVAL: an unknown mode, or this arch cannot forbid it.
 */
int arch_get_tsc_mode(void);
int arch_set_tsc_mode(unsigned int mode);

/* FPU/SIMD use inside the kernel: between the two, preemption is off. Context: not hard IRQ. */
void kernel_fpu_begin(void);
void kernel_fpu_end(void);

/*
 * Upcalls. schedule_tail(): first thing on a new task's stack. exit_to_user_mode_loop(): called
 * by entry code with IRQs OFF when current's thread_info.flags & TIF_WORK_MASK, with the whole
 * frame; returns with IRQs off and no work left. syscall_trace_enter(): when flags &
 * TIF_SYSCALL_WORK before dispatch, whole frame, IRQs on; returns the number to run (-1: skip).
 * syscall_trace_exit(): after it.
 */
void schedule_tail(struct task_struct *prev);
void exit_to_user_mode_loop(struct pt_regs *regs);
long syscall_trace_enter(struct pt_regs *regs);
void syscall_trace_exit(struct pt_regs *regs);

#endif
