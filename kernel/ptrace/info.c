/* SPDX-License-Identifier: MIT */
/*
 * Requests that read and write a stopped tracee's siginfo, signal mask, system call and register
 * sets. The tracee is frozen, so what it stopped with stays.
 */
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <kernel/rseq.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <lib/errno.h>
#include <mm/slab.h>
#include <uapi/elf.h>
#include <uapi/uio.h>
#include "ptrace.h"

/* ---- signals ---- */

long ptrace_get_siginfo(struct task_struct *t, void __user *to)
{
	struct siginfo info;
	bool any;

	spin_lock_irq(&t->sighand->siglock);
	any = t->last_siginfo;
	if (any)
		copy_siginfo(&info, t->last_siginfo);
	spin_unlock_irq(&t->sighand->siglock);
	return any ? copy_siginfo_to_user(to, &info) : -EINVAL;
}

long ptrace_set_siginfo(struct task_struct *t, const void __user *from)
{
	struct siginfo info;
	long err = copy_siginfo_from_user(&info, from);

	if (err)
		return err;
	spin_lock_irq(&t->sighand->siglock);
	if (t->last_siginfo)
		copy_siginfo(t->last_siginfo, &info);
	else
		err = -EINVAL;
	spin_unlock_irq(&t->sighand->siglock);
	return err;
}

/* The @nth queued signal. False: there are fewer. */
static bool nth_queued(struct task_struct *t, bool shared, u64 nth, struct siginfo *info)
{
	struct sigpending *pending = shared ? &t->signal->shared_pending : &t->pending;
	struct sigqueue *q;
	bool found = false;

	spin_lock_irq(&t->sighand->siglock);
	list_for_each_entry(q, &pending->list, list) {
		if (nth--)
			continue;
		copy_siginfo(info, &q->info);
		found = true;
		break;
	}
	spin_unlock_irq(&t->sighand->siglock);
	return found;
}

long ptrace_peek_siginfo(struct task_struct *t, const void __user *uargs, char __user *to)
{
	struct ptrace_peeksiginfo_args args;
	struct siginfo info;
	int n;

	if (copy_from_user(&args, uargs, sizeof(args)))
		return -EFAULT;
	if (args.flags & ~PTRACE_PEEKSIGINFO_SHARED || args.nr < 0)
		return -EINVAL;
	for (n = 0; n < args.nr && args.off + n >= args.off; n++) {
		if (!nth_queued(t, args.flags & PTRACE_PEEKSIGINFO_SHARED, args.off + n, &info))
			break;
		if (copy_siginfo_to_user((siginfo_t __user *)to, &info))
			return n ? n : -EFAULT;
		to += sizeof(siginfo_t);
		if (signal_pending(current))
			return n + 1;
		cond_resched();
	}
	return n;
}

long ptrace_get_sigmask(struct task_struct *t, unsigned long size, void __user *to)
{
	ksigset_t mask =
		test_tsk_thread_flag(t, TIF_RESTORE_SIGMASK) ? t->saved_sigmask : t->blocked;

	if (size != sizeof(mask))
		return -EINVAL;
	return copy_to_user(to, &mask, sizeof(mask)) ? -EFAULT : 0;
}

long ptrace_set_sigmask(struct task_struct *t, unsigned long size, const void __user *from)
{
	ksigset_t mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, from, sizeof(mask)))
		return -EFAULT;
	/* It looks at what is pending when it goes on. */
	spin_lock_irq(&t->sighand->siglock);
	t->blocked = mask & ~SIG_KERNEL_ONLY_MASK;
	clear_tsk_thread_flag(t, TIF_RESTORE_SIGMASK);
	spin_unlock_irq(&t->sighand->siglock);
	return 0;
}

/* ---- system calls ---- */

static size_t info_entry(struct pt_regs *regs, struct ptrace_syscall_info *info)
{
	info->op = PTRACE_SYSCALL_INFO_ENTRY;
	info->entry.nr = syscall_nr(regs);
	for (int i = 0; i < 6; i++)
		info->entry.args[i] = syscall_arg(regs, i);
	return offsetofend(struct ptrace_syscall_info, entry.args);
}

static size_t info_seccomp(struct task_struct *t, struct pt_regs *regs,
			   struct ptrace_syscall_info *info)
{
	info_entry(regs, info);
	info->op = PTRACE_SYSCALL_INFO_SECCOMP;
	info->seccomp.ret_data = t->ptrace_message;
	return offsetofend(struct ptrace_syscall_info, seccomp.ret_data);
}

static size_t info_exit(struct pt_regs *regs, struct ptrace_syscall_info *info)
{
	long ret = syscall_ret(regs);

	info->op = PTRACE_SYSCALL_INFO_EXIT;
	info->exit.rval = ret;
	info->exit.is_error = ret < 0 && ret >= -4095;
	return offsetofend(struct ptrace_syscall_info, exit.is_error);
}

long ptrace_syscall_info(struct task_struct *t, unsigned long size, void __user *to)
{
	struct pt_regs *regs = task_pt_regs(t);
	struct ptrace_syscall_info info = {
		.op = PTRACE_SYSCALL_INFO_NONE,
		.arch = arch_audit_arch(),
		.instruction_pointer = regs_pc(regs),
		.stack_pointer = regs_sp(regs),
	};
	size_t actual = offsetof(struct ptrace_syscall_info, entry);

	switch (t->last_siginfo ? t->last_siginfo->si_code : 0) {
	case SIGTRAP | 0x80:
		if (t->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY)
			actual = info_entry(regs, &info);
		else if (t->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT)
			actual = info_exit(regs, &info);
		break;
	case SIGTRAP | PTRACE_EVENT_SECCOMP << 8:
		actual = info_seccomp(t, regs, &info);
		break;
	}
	return copy_to_user(to, &info, min(size, actual)) ? -EFAULT : (long)actual;
}

long ptrace_rseq_config(struct task_struct *t, unsigned long size, void __user *to)
{
	struct ptrace_rseq_configuration conf = {
		.rseq_abi_pointer = (unsigned long)t->rseq_area,
		.rseq_abi_size = t->rseq_len,
		.signature = t->rseq_sig,
	};

	if (!IS_ENABLED(CONFIG_RSEQ))
		return -EIO;
	size = min_t(unsigned long, size, sizeof(conf));
	return copy_to_user(to, &conf, size) ? -EFAULT : (long)sizeof(conf);
}

/* ---- registers ---- */

#define REGSET_MAX PAGE_SIZE

static long move_regset(struct task_struct *t, long request, unsigned int note, struct iovec *iov,
			void *buf)
{
	size_t len = min_t(size_t, iov->iov_len, REGSET_MAX);
	long err;

	if (request == PTRACE_SETREGSET) {
		if (copy_from_user(buf, iov->iov_base, len))
			return -EFAULT;
		err = arch_regset_set(t, note, buf, len);
	} else {
		err = arch_regset_get(t, note, buf, &len);
		if (!err && copy_to_user(iov->iov_base, buf, len))
			err = -EFAULT;
	}
	iov->iov_len = len;
	return err;
}

long ptrace_regset(struct task_struct *t, long request, unsigned long note, void __user *uiov)
{
	struct iovec iov;
	void *buf;
	long err;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	buf = kzalloc(REGSET_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	err = move_regset(t, request, note, &iov, buf);
	kfree(buf);
	if (!err && put_user(iov.iov_len, &((struct iovec __user *)uiov)->iov_len))
		err = -EFAULT;
	return err;
}
