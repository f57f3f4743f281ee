/* SPDX-License-Identifier: MIT */
/*
 * process_vm_readv(2), process_vm_writev(2): page by page through the kernel. Like theirs of Linux
 * these are not atomic: what was copied before an error counts.
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <lib/errno.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/uio.h>

/* One piece of the other's memory; what was copied, 0 at a fault of either side. */
static size_t copy_piece(struct mm_struct *mm, unsigned long addr, size_t len, void *buf,
			 struct iov_iter *local, bool write)
{
	int n = min_t(size_t, len, PAGE_SIZE - (addr & ~PAGE_MASK));

	if (!write) {
		n = access_remote_vm(mm, addr, buf, n, 0);
		return n > 0 ? copy_to_iter(buf, n, local) : 0;
	}
	n = copy_from_iter(buf, n, local);
	return n > 0 ? access_remote_vm(mm, addr, buf, n, FOLL_WRITE) : 0;
}

static ssize_t copy_remote(struct mm_struct *mm, const struct iovec *remote, unsigned long nr,
			   struct iov_iter *local, bool write)
{
	void *buf = (void *)__get_free_page(GFP_KERNEL);
	size_t done = 0;

	if (!buf)
		return -ENOMEM;
	for (unsigned long i = 0; i < nr && iov_iter_count(local); i++) {
		unsigned long addr = (unsigned long)remote[i].iov_base;
		size_t len = remote[i].iov_len;

		while (len && iov_iter_count(local)) {
			size_t want = min(len, iov_iter_count(local)), n;

			n = copy_piece(mm, addr, want, buf, local, write);
			done += n;
			addr += n;
			len -= n;
			if (!n || fatal_signal_pending(current))
				goto out;
			cond_resched();
		}
	}
out:
	free_page((unsigned long)buf);
	return done;
}

static ssize_t with_task(pid_t pid, const struct iovec *remote, unsigned long nr,
			 struct iov_iter *local, bool write)
{
	struct task_struct *t = find_get_task_by_pid(pid);
	struct mm_struct *mm;
	ssize_t ret = -EPERM;

	if (!t)
		return -ESRCH;
	if (ptrace_may_access(t, PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS)) {
		mm = get_task_mm(t);
		ret = -ESRCH;
		if (mm) {
			ret = copy_remote(mm, remote, nr, local, write);
			mmput(mm);
		}
	}
	put_task_struct(t);
	return ret;
}

static bool any_length(const struct iovec *iov, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		if (iov[i].iov_len)
			return true;
	return false;
}

static struct iovec *read_remote(const struct iovec __user *uiov, unsigned long nr)
{
	struct iovec *iov;

	if (nr > UIO_MAXIOV)
		return ERR_PTR(-EINVAL);
	iov = kmalloc(max(nr, 1ul) * sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(iov, uiov, nr * sizeof(*iov))) {
		kfree(iov);
		return ERR_PTR(-EFAULT);
	}
	for (unsigned long i = 0; i < nr; i++)
		if ((ssize_t)iov[i].iov_len < 0) {
			kfree(iov);
			return ERR_PTR(-EINVAL);
		}
	return iov;
}

static ssize_t process_vm_rw(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			     const struct iovec __user *rvec, unsigned long riovcnt,
			     unsigned long flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *local_iov = fast, *remote;
	struct iov_iter local;
	ssize_t ret;

	if (flags || liovcnt > UIO_MAXIOV)
		return -EINVAL;
	ret = import_iovec(write ? ITER_SOURCE : ITER_DEST, lvec, liovcnt, UIO_FASTIOV, &local_iov,
			   &local);
	if (ret < 0)
		return ret;
	remote = read_remote(rvec, riovcnt);
	if (IS_ERR(remote)) {
		kfree(local_iov);
		return PTR_ERR(remote);
	}
	if (!ret || !any_length(remote, riovcnt)) {
		ret = 0;
	} else {
		ret = with_task(pid, remote, riovcnt, &local, write);
		if (!ret)
			ret = -EFAULT;
	}
	kfree(remote);
	kfree(local_iov);
	return ret;
}

SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const struct iovec __user *, lvec, unsigned long,
		liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt, unsigned long,
		flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const struct iovec __user *, lvec, unsigned long,
		liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt, unsigned long,
		flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}
