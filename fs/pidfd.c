/* SPDX-License-Identifier: MIT */
/*
 * Process descriptors: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), and what CLONE_PIDFD
 * and waitid(P_PIDFD) need of them. The file's private data is a struct pid with a reference. It
 * is readable when the process is gone or a zombie whose threads are gone too.
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <uapi/pidfd.h>

static bool process_is_over(struct pid *pid)
{
	struct task_struct *t;
	bool over;

	rcu_read_lock();
	t = pid_task(pid, PIDTYPE_PID);
	over = !t || (READ_ONCE(t->exit_state) && thread_group_empty(t));
	rcu_read_unlock();
	return over;
}

static __poll_t pidfd_poll(struct file *file, poll_table *table)
{
	struct pid *pid = file->private_data;

	poll_wait(file, &pid->wait_pidfd, table);
	/* On the queue before the look: pairs with wq_has_sleeper() in do_notify_parent(). */
	atomic_thread_fence(memory_order_seq_cst);
	return process_is_over(pid) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int pidfd_release(struct inode *inode, struct file *file)
{
	put_pid(file->private_data);
	return 0;
}

/* -1: it has been waited for. */
static void pidfd_show(struct seq_file *m, struct file *file)
{
	struct pid *pid = file->private_data;
	pid_t nr;

	rcu_read_lock();
	nr = pid_task(pid, PIDTYPE_PID) ? pid_nr(pid) : -1;
	rcu_read_unlock();
	seq_printf(m, "Pid:\t%d\nNSpid:\t%d\n", nr, nr);
}

static const struct file_operations pidfd_fops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = pidfd_show,
};

int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file)
{
	int fd = get_unused_fd_flags(O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fd;
	*file = anon_inode_getfile("[pidfd]", &pidfd_fops, get_pid(pid), O_RDWR | flags);
	if (IS_ERR(*file)) {
		put_pid(pid);
		put_unused_fd(fd);
		return PTR_ERR(*file);
	}
	return fd;
}

struct pid *pidfd_get_pid(unsigned int fd, unsigned int *f_flags)
{
	struct pid *pid = ERR_PTR(-EBADF);
	struct fd f = fdget(fd);

	if (fd_empty(f))
		return pid;
	if (fd_file(f)->f_op == &pidfd_fops) {
		pid = get_pid(fd_file(f)->private_data);
		*f_flags = fd_file(f)->f_flags;
	}
	fdput(f);
	return pid;
}

/* ---- system calls ---- */

SYSCALL_DEFINE2(pidfd_open, pid_t, nr, unsigned int, flags)
{
	struct file *file;
	struct pid *pid;
	int fd = -EINVAL;
	bool leads;

	if (flags & ~PIDFD_NONBLOCK || nr <= 0)
		return -EINVAL;
	pid = find_get_pid(nr);
	if (!pid)
		return -ESRCH;
	rcu_read_lock();
	leads = pid_task(pid, PIDTYPE_TGID);
	rcu_read_unlock();
	if (leads)
		fd = pidfd_prepare(pid, flags, &file);
	if (fd >= 0)
		fd_install(fd, file);
	put_pid(pid);
	return fd;
}

/* A directory of /proc names a process as well. */
static struct pid *signal_target(int fd)
{
	unsigned int flags;
	struct pid *pid = pidfd_get_pid(fd, &flags);
	struct fd f;

	if (!IS_ERR(pid))
		return pid;
	f = fdget(fd);
	if (fd_empty(f))
		return pid;
	pid = get_pid(tgid_pidfd_to_pid(fd_file(f)));
	fdput(f);
	return pid ? pid : ERR_PTR(-EBADF);
}

/* As sigqueue(3): what looks like the kernel's or kill(2)'s one may send to oneself only. */
static int read_info(struct siginfo *info, int sig, const siginfo_t __user *uinfo, struct pid *pid)
{
	int err;

	if (!uinfo) {
		clear_siginfo(info);
		info->si_signo = sig;
		info->si_code = SI_USER;
		info->si_pid = task_tgid_nr(current);
		info->si_uid = current_uid();
		return 0;
	}
	err = copy_siginfo_from_user(info, uinfo);
	if (err)
		return err;
	if (info->si_signo != sig)
		return -EINVAL;
	if (pid != current->thread_pid && (info->si_code >= 0 || info->si_code == SI_TKILL))
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE4(pidfd_send_signal, int, pidfd, int, sig, const siginfo_t __user *, uinfo,
		unsigned int, flags)
{
	struct siginfo info;
	struct pid *pid;
	int err;

	if (flags)
		return -EINVAL;
	pid = signal_target(pidfd);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	err = read_info(&info, sig, uinfo, pid);
	if (!err)
		err = kill_pid_info(sig, &info, pid);
	put_pid(pid);
	return err;
}

static int getfd(struct task_struct *task, unsigned int from)
{
	struct file *file;
	int fd;

	/* An exec under way must not change what the check was about. */
	if (mutex_lock_interruptible(&task->signal->cred_guard_mutex))
		return -EINTR;
	__acquire(&task->signal->cred_guard_mutex);
	if (ptrace_may_access(task, PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS))
		file = fget_task(task, from) ?: ERR_PTR(-EBADF);
	else
		file = ERR_PTR(-EPERM);
	mutex_unlock(&task->signal->cred_guard_mutex);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE3(pidfd_getfd, int, pidfd, int, from, unsigned int, flags)
{
	struct task_struct *task;
	unsigned int f_flags;
	struct pid *pid;
	int fd = -ESRCH;

	if (flags)
		return -EINVAL;
	pid = pidfd_get_pid(pidfd, &f_flags);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	task = get_pid_task(pid, PIDTYPE_PID);
	if (task) {
		fd = getfd(task, from);
		put_task_struct(task);
	}
	put_pid(pid);
	return fd;
}
