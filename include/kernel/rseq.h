/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences, rseq(2). The scheduler says rseq_preempt() when it takes the CPU from a
 * task (or moves it), signal delivery calls rseq_signal_deliver(); on the way to user mode
 * (TIF_NOTIFY_RESUME) the registered area gets the CPU number and a sequence that was cut is
 * aborted.
 */
#ifndef KERNEL_RSEQ_H
#define KERNEL_RSEQ_H

#include <kernel/sched.h>
#include <uapi/rseq.h>

struct pt_regs;

#if IS_ENABLED(CONFIG_RSEQ)
void __rseq_handle_notify_resume(struct pt_regs *regs);

/* @task is switched out, or was moved to another CPU. Any context. */
static inline void rseq_preempt(struct task_struct *task)
{
	if (unlikely(task->rseq_area))
		set_tsk_thread_flag(task, TIF_NOTIFY_RESUME);
}
/* Before a handler's frame is made: a sequence under way is aborted first. May sleep. */
static inline void rseq_signal_deliver(struct pt_regs *regs)
{
	if (unlikely(current->rseq_area))
		__rseq_handle_notify_resume(regs);
}
static inline void rseq_handle_notify_resume(struct pt_regs *regs)
{
	if (unlikely(current->rseq_area))
		__rseq_handle_notify_resume(regs);
}
/* A thread (CLONE_VM) starts unregistered; a forked process keeps its parent's registration. */
static inline void rseq_fork(struct task_struct *child, u64 clone_flags)
{
	if (clone_flags & CLONE_VM) {
		child->rseq_area = NULL;
		child->rseq_len = child->rseq_sig = 0;
	}
}
static inline void rseq_execve(struct task_struct *task)
{
	task->rseq_area = NULL;
	task->rseq_len = task->rseq_sig = 0;
}
#else
static inline void rseq_preempt(struct task_struct *task)
{
}
static inline void rseq_signal_deliver(struct pt_regs *regs)
{
}
static inline void rseq_handle_notify_resume(struct pt_regs *regs)
{
}
static inline void rseq_fork(struct task_struct *child, u64 clone_flags)
{
}
static inline void rseq_execve(struct task_struct *task)
{
}
#endif

#endif
