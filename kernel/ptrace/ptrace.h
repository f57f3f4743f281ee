/* SPDX-License-Identifier: MIT */
/* Between the files of ptrace/. */
#ifndef PTRACE_PTRACE_H
#define PTRACE_PTRACE_H

#include <kernel/ptrace.h>
#include <kernel/sched_signal.h>
#include "../signal/signal.h"

/* attach.c: each 0 or -errno; may sleep. */
long ptrace_attach(struct task_struct *t, bool seize, unsigned long addr, unsigned long options);
long ptrace_detach(struct task_struct *t, unsigned long sig);
long ptrace_traceme(void);

/* stop.c: wakes @t, which a signal or its tracer makes go on. siglock held. */
static inline void ptrace_signal_wake_up(struct task_struct *t, bool resume)
{
	signal_wake_up_state(t, resume ? __TASK_TRACED : 0);
}
/* attach waits here until its tracee has gone from group stop to trap. */
extern struct wait_queue_head ptrace_trapping_wait;

/* info.c: requests that look at or change what a stopped tracee is stopped with. */
long ptrace_get_siginfo(struct task_struct *t, void __user *to);
long ptrace_set_siginfo(struct task_struct *t, const void __user *from);
long ptrace_peek_siginfo(struct task_struct *t, const void __user *uargs, char __user *to);
long ptrace_get_sigmask(struct task_struct *t, unsigned long size, void __user *to);
long ptrace_set_sigmask(struct task_struct *t, unsigned long size, const void __user *from);
long ptrace_syscall_info(struct task_struct *t, unsigned long size, void __user *to);
long ptrace_rseq_config(struct task_struct *t, unsigned long size, void __user *to);
long ptrace_regset(struct task_struct *t, long request, unsigned long note, void __user *uiov);

#endif
