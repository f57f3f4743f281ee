/* SPDX-License-Identifier: MIT */
/*
 * signalfd(2): signals of a set, which the caller blocks, read from a descriptor.
 *
 * Whose signals: those of the task that reads or polls. A descriptor in an epoll set waits on the
 * sighand of the task that added it, which may end earlier: its queue then wakes with POLLFREE.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <uapi/signalfd.h>
#include "internal.h"

struct signalfd_ctx {
	ksigset_t mask; /* siglock of who reads or writes it: one word */
};

static const struct file_operations signalfd_fops;

static ksigset_t mask_of(const struct signalfd_ctx *ctx)
{
	return READ_ONCE(ctx->mask);
}

/* current has one of the set pending. */
static bool signalfd_ready(const struct signalfd_ctx *ctx)
{
	struct task_struct *t = current;
	bool ready;

	spin_lock_irq(&t->sighand->siglock);
	ready = (t->pending.signal | t->signal->shared_pending.signal) & mask_of(ctx);
	spin_unlock_irq(&t->sighand->siglock);
	return ready;
}

static __poll_t signalfd_poll(struct file *file, poll_table *table)
{
	struct signalfd_ctx *ctx = file->private_data;

	poll_wait(file, &current->sighand->signalfd_wqh, table);
	return signalfd_ready(ctx) ? EPOLLIN : 0;
}

/* ---- a siginfo in the file's form ------------------------------------------------------------ */

/* Which part of the union holds: sigaction(2), "The siginfo_t argument". */
enum layout { SIL_KILL, SIL_TIMER, SIL_POLL, SIL_FAULT, SIL_CHLD, SIL_RT, SIL_SYS };

static enum layout layout_of(int sig, int code)
{
	if (code == SI_TIMER)
		return SIL_TIMER;
	if (code == SI_SIGIO)
		return SIL_POLL;
	if (code < SI_USER)
		return SIL_RT;
	if (code == SI_USER || code >= SI_KERNEL)
		return SIL_KILL;
	switch (sig) {
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		return SIL_FAULT;
	case SIGCHLD:
		return SIL_CHLD;
	case SIGSYS:
		return SIL_SYS;
	default:
		return SIL_POLL; /* of F_SETSIG */
	}
}

static void fill_rest(struct signalfd_siginfo *to, const struct siginfo *info)
{
	switch (layout_of(info->si_signo, info->si_code)) {
	case SIL_TIMER:
		to->ssi_tid = info->si_tid;
		to->ssi_overrun = info->si_overrun;
		to->ssi_ptr = (unsigned long)info->si_ptr;
		to->ssi_int = info->si_int;
		break;
	case SIL_POLL:
		to->ssi_band = info->si_band;
		to->ssi_fd = info->si_fd;
		break;
	case SIL_FAULT:
		to->ssi_addr = (unsigned long)info->si_addr;
		to->ssi_addr_lsb = info->si_signo == SIGBUS ? (u16)info->si_addr_lsb : 0;
		break;
	case SIL_CHLD:
		to->ssi_pid = info->si_pid;
		to->ssi_uid = info->si_uid;
		to->ssi_status = info->si_status;
		to->ssi_utime = info->si_utime;
		to->ssi_stime = info->si_stime;
		break;
	case SIL_RT:
		to->ssi_ptr = (unsigned long)info->si_ptr;
		to->ssi_int = info->si_int;
		to->ssi_pid = info->si_pid;
		to->ssi_uid = info->si_uid;
		break;
	case SIL_SYS:
		to->ssi_call_addr = (unsigned long)info->si_call_addr;
		to->ssi_syscall = info->si_syscall;
		to->ssi_arch = info->si_arch;
		break;
	case SIL_KILL:
		to->ssi_pid = info->si_pid;
		to->ssi_uid = info->si_uid;
		break;
	}
}

static int put_info(struct signalfd_siginfo __user *uinfo, const struct siginfo *info)
{
	struct signalfd_siginfo to = {.ssi_signo = info->si_signo,
				      .ssi_errno = info->si_errno,
				      .ssi_code = info->si_code};

	static_assert(sizeof(to) == 128, "signalfd_siginfo");
	fill_rest(&to, info);
	return copy_to_user(uinfo, &to, sizeof(to)) ? -EFAULT : 0;
}

/* ---- file ------------------------------------------------------------------------------------ */

static int take_signal(const struct signalfd_ctx *ctx, struct siginfo *info)
{
	ksigset_t others = ~mask_of(ctx);
	enum pid_type type;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(current, &others, info, &type);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

/* The signal taken, waiting for one; -EAGAIN, -ERESTARTSYS. */
static int wait_signal(const struct signalfd_ctx *ctx, struct siginfo *info, bool nonblock)
{
	int sig;

	while (!(sig = take_signal(ctx, info))) {
		if (nonblock)
			return -EAGAIN;
		if (wait_event_interruptible(current->sighand->signalfd_wqh, signalfd_ready(ctx)))
			return -ERESTARTSYS;
	}
	return sig;
}

static ssize_t signalfd_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct signalfd_siginfo __user *uinfo = (struct signalfd_siginfo __user *)buf;
	struct signalfd_ctx *ctx = file->private_data;
	bool nonblock = file->f_flags & O_NONBLOCK;
	size_t n = len / sizeof(*uinfo), done = 0;
	struct siginfo info;
	int ret = -EINVAL;

	for (; done < n; done++) {
		ret = wait_signal(ctx, &info, nonblock || done);
		if (ret > 0)
			ret = put_info(&uinfo[done], &info);
		if (ret < 0)
			break;
	}
	return done ? (ssize_t)(done * sizeof(*uinfo)) : ret;
}

static int signalfd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static void signalfd_show(struct seq_file *m, struct file *file)
{
	struct signalfd_ctx *ctx = file->private_data;

	seq_printf(m, "sigmask:\t%016llx\n", (unsigned long long)mask_of(ctx));
}

static const struct file_operations signalfd_fops = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = signalfd_show,
};

/* ---- system calls ---------------------------------------------------------------------------- */

static int signalfd_new(ksigset_t mask, int flags)
{
	struct signalfd_ctx *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	int fd;

	if (!ctx)
		return -ENOMEM;
	ctx->mask = mask;
	fd = anon_inode_getfd("[signalfd]", &signalfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static int signalfd_change(int ufd, ksigset_t mask)
{
	struct fd f = fdget(ufd);
	struct signalfd_ctx *ctx;

	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &signalfd_fops) {
		fdput(f);
		return -EINVAL;
	}
	ctx = fd_file(f)->private_data;
	spin_lock_irq(&current->sighand->siglock);
	WRITE_ONCE(ctx->mask, mask);
	spin_unlock_irq(&current->sighand->siglock);
	wake_up(&current->sighand->signalfd_wqh);
	fdput(f);
	return ufd;
}

static long do_signalfd(int ufd, const u64 __user *umask, size_t size, int flags)
{
	ksigset_t mask;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(mask, umask))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	mask &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	return ufd == -1 ? signalfd_new(mask, flags) : signalfd_change(ufd, mask);
}

SYSCALL_DEFINE4(signalfd4, int, ufd, const u64 __user *, umask, size_t, size, int, flags)
{
	return do_signalfd(ufd, umask, size, flags);
}

SYSCALL_DEFINE3(signalfd, int, ufd, const u64 __user *, umask, size_t, size)
{
	return do_signalfd(ufd, umask, size, 0);
}
