/* SPDX-License-Identifier: MIT */
/*
 * Bits of current->thread_info.flags. Set by anyone (atomically), looked at by entry code before
 * each return to user mode. Plain numbers so that assembly can use them.
 */
#ifndef KERNEL_THREAD_INFO_H
#define KERNEL_THREAD_INFO_H

#define TIF_NEED_RESCHED    0 /* call schedule() */
#define TIF_SIGPENDING	    1 /* a signal may have to be delivered */
#define TIF_NOTIFY_RESUME   2 /* task_work to run */
#define TIF_RESTORE_SIGMASK 3 /* sigsuspend & co: put saved_sigmask back */
#define TIF_NOTIFY_SIGNAL   4 /* wake for task_work without a signal */
#define TIF_UPROBE	    5
#define TIF_FPU_RELOAD	    6 /* registers do not hold the task's FPU state (arch) */
#define TIF_SINGLESTEP	    7 /* ptrace single step (arch) */
#define TIF_SYSCALL_TRACE   8 /* ptrace wants system calls */
#define TIF_SYSCALL_AUDIT   9
#define TIF_SECCOMP	    10
#define TIF_MEMDIE	    16 /* chosen by the OOM killer */

#define TIF_WORK_MASK                                                                 \
	((1 << TIF_NEED_RESCHED) | (1 << TIF_SIGPENDING) | (1 << TIF_NOTIFY_RESUME) | \
	 (1 << TIF_NOTIFY_SIGNAL) | (1 << TIF_RESTORE_SIGMASK) | (1 << TIF_UPROBE))
#define TIF_SYSCALL_WORK                                                               \
	((1 << TIF_SINGLESTEP) | (1 << TIF_SYSCALL_TRACE) | (1 << TIF_SYSCALL_AUDIT) | \
	 (1 << TIF_SECCOMP))
/* What one test on the way out of a system call looks at. */
#define TIF_EXIT_MASK (TIF_WORK_MASK | TIF_SYSCALL_WORK)

#endif
