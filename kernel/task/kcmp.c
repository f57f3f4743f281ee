/* SPDX-License-Identifier: MIT */
/*
 * kcmp(2): do two tasks share an object of the kernel? Which of two different ones is greater is an
 * order that holds until the next boot and tells nothing of addresses.
 */
#include <fs/file.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/pid.h>
#include <kernel/random.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <uapi/kcmp.h>

static unsigned long cookies[KCMP_TYPES][2];

static int __init kcmp_init(void)
{
	get_random_bytes(cookies, sizeof(cookies));
	for (int i = 0; i < KCMP_TYPES; i++)
		cookies[i][1] |= (~(~0ul >> 1)) | 1; /* odd: the product maps one to one */
	return 0;
}
core_initcall(kcmp_init);

static int compare(const void *a, const void *b, int type)
{
	unsigned long x = ((unsigned long)a ^ cookies[type][0]) * cookies[type][1];
	unsigned long y = ((unsigned long)b ^ cookies[type][0]) * cookies[type][1];

	return x < y ? 1 : x > y ? 2 : 0;
}

static long compare_files(struct task_struct *t1, struct task_struct *t2, unsigned int fd1,
			  unsigned int fd2)
{
	struct file *f1 = fget_task(t1, fd1), *f2 = fget_task(t2, fd2);
	long ret = f1 && f2 ? compare(f1, f2, KCMP_FILE) : -EBADF;

	if (f1)
		fput(f1);
	if (f2)
		fput(f2);
	return ret;
}

static long compare_tasks(struct task_struct *t1, struct task_struct *t2, int type,
			  unsigned long idx1, unsigned long idx2)
{
	switch (type) {
	case KCMP_FILE:
		return compare_files(t1, t2, idx1, idx2);
	case KCMP_VM:
		return compare(t1->mm, t2->mm, type);
	case KCMP_FILES:
		return compare(t1->files, t2->files, type);
	case KCMP_FS:
		return compare(t1->fs, t2->fs, type);
	case KCMP_SIGHAND:
		return compare(t1->sighand, t2->sighand, type);
	case KCMP_IO:
		return 0; /* no task has an I/O context */
	case KCMP_SYSVSEM:
		return IS_ENABLED(CONFIG_SYSVIPC) ?
			       compare(task_sysvsem(t1), task_sysvsem(t2), type) :
			       -EOPNOTSUPP;
	case KCMP_EPOLL_TFD:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE5(kcmp, pid_t, pid1, pid_t, pid2, int, type, unsigned long, idx1, unsigned long, idx2)
{
	const unsigned int mode = PTRACE_MODE_READ | PTRACE_MODE_REALCREDS;
	struct task_struct *t1 = find_get_task_by_pid(pid1), *t2 = find_get_task_by_pid(pid2);
	long ret = -ESRCH;

	if (t1 && t2)
		ret = ptrace_may_access(t1, mode) && ptrace_may_access(t2, mode) ?
			      compare_tasks(t1, t2, type, idx1, idx2) :
			      -EPERM;
	if (t1)
		put_task_struct(t1);
	if (t2)
		put_task_struct(t2);
	return ret;
}
