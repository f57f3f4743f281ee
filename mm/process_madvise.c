/* SPDX-License-Identifier: MIT */
/* process_madvise(2): advice about another process's memory, which cannot change what it sees. */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <lib/err.h>
#include <mm/madvise.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/capability.h>
#include <uapi/mman.h>
#include <uapi/uio.h>

#include "internal.h"

static bool advice_for_others(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED;
}

/* What is left of the first piece. */
static struct iovec first_piece(const struct iov_iter *i)
{
	const struct iovec *v = i->iov;

	if (i->type == ITER_UBUF)
		return (struct iovec){i->ubuf, i->count};
	while (!v->iov_len)
		v++;
	return *v;
}

/* Bytes advised, or the error if there were none. */
static ssize_t advise_iter(struct mm_struct *mm, struct iov_iter *i, int advice)
{
	size_t done = 0;
	int err = 0;

	while (iov_iter_count(i) && !err) {
		struct iovec v = first_piece(i);

		err = do_madvise(mm, (unsigned long)v.iov_base, v.iov_len, advice);
		if (!err)
			done += v.iov_len;
		iov_iter_advance(i, v.iov_len);
	}
	return done ? (ssize_t)done : err;
}

/* The process's memory with a reference, or ERR_PTR. */
static struct mm_struct *mm_of_pidfd(int fd)
{
	unsigned int f_flags;
	struct pid *pid = pidfd_get_pid(fd, &f_flags);
	struct mm_struct *mm = ERR_PTR(-ESRCH);
	struct task_struct *task;

	if (IS_ERR(pid))
		return ERR_CAST(pid);
	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task)
		return mm;
	if (!ptrace_may_access(task, PTRACE_MODE_READ | PTRACE_MODE_FSCREDS))
		mm = ERR_PTR(-EPERM);
	else
		mm = get_task_mm(task) ?: mm;
	put_task_struct(task);
	return mm;
}

SYSCALL_DEFINE5(process_madvise, int, pidfd, const struct iovec __user *, vec, size_t, vlen, int,
		advice, unsigned int, flags)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct mm_struct *mm;
	struct iov_iter iter;
	ssize_t ret;

	if (flags || vlen > UIO_MAXIOV)
		return -EINVAL;
	ret = import_iovec(ITER_DEST, vec, vlen, UIO_FASTIOV, &iov, &iter);
	if (ret < 0)
		return ret;
	mm = mm_of_pidfd(pidfd);
	if (IS_ERR(mm)) {
		ret = PTR_ERR(mm);
	} else {
		if (!advice_for_others(advice))
			ret = -EINVAL;
		else if (mm != current->mm && !capable(CAP_SYS_NICE))
			ret = -EPERM;
		else
			ret = advise_iter(mm, &iter, advice);
		mmput(mm);
	}
	kfree(iov);
	return ret;
}
