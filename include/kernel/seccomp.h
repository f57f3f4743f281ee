/* SPDX-License-Identifier: MIT */
/* seccomp(2): kernel/seccomp.c. */
#ifndef KERNEL_SECCOMP_H
#define KERNEL_SECCOMP_H

#include <lib/compiler.h>
#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/sched.h>
#include <uapi/errno.h>

struct pt_regs;

#if IS_ENABLED(CONFIG_SECCOMP)
/*
 * current makes a system call and has TIF_SECCOMP: @regs is its whole frame. True: the call is not
 * to be done, its result is in @regs. May sleep, may not return.
 */
bool secure_computing(struct pt_regs *regs);
/* @t, a new child not seen by anyone yet, is bound as current is. Current's siglock held. */
void seccomp_fork(struct task_struct *t);
/* @t makes no more system calls. */
void seccomp_exit(struct task_struct *t);
/* prctl(2) PR_SET_SECCOMP. */
long prctl_set_seccomp(unsigned long mode, const char __user *uprog);

static inline unsigned int task_seccomp_mode(const struct task_struct *t)
{
	return READ_ONCE(t->seccomp.mode);
}
#else
static inline bool secure_computing(struct pt_regs *regs)
{
	return false;
}
static inline void seccomp_fork(struct task_struct *t)
{
}
static inline void seccomp_exit(struct task_struct *t)
{
}
static inline long prctl_set_seccomp(unsigned long mode, const char __user *uprog)
{
	return -EINVAL;
}
static inline unsigned int task_seccomp_mode(const struct task_struct *t)
{
	return 0;
}
#endif

#endif
