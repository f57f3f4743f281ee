/* SPDX-License-Identifier: MIT */
/* Sending signals from user space: kill(2), tkill(2), sigqueue(3). */
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "signal.h"

static void fill_from_current(struct siginfo *info, int sig, int code)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = task_tgid_nr(current);
	info->si_uid = current_uid();
}

static int kill_proc_info(int sig, struct siginfo *info, pid_t nr)
{
	struct pid *pid;
	int err = -ESRCH;

	rcu_read_lock();
	pid = find_pid(nr);
	if (pid)
		err = kill_pid_info(sig, info, pid);
	rcu_read_unlock();
	return err;
}

static int kill_group(int sig, struct siginfo *info, pid_t nr)
{
	struct pid *pgrp;
	int err = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	pgrp = nr ? find_pid(nr) : task_pgrp(current);
	if (pgrp)
		err = __kill_pgrp_info(sig, info, pgrp);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/*
 * Everything but init and the caller's own process. As Linux: not being allowed to signal some (or
 * all) is no error.
 */
static int kill_all(int sig, struct siginfo *info)
{
	struct task_struct *t;
	int err = 0, one, count = 0;

	spin_lock_irq(&tasklist_lock);
	for_each_process(t) {
		if (task_tgid_nr(t) <= 1 || same_thread_group(t, current))
			continue;
		count++;
		one = group_send_sig_info(sig, info, t, PIDTYPE_MAX);
		if (one != -EPERM)
			err = one;
	}
	spin_unlock_irq(&tasklist_lock);
	return count ? err : -ESRCH;
}

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	struct siginfo info;

	fill_from_current(&info, sig, SI_USER);
	if (pid > 0)
		return kill_proc_info(sig, &info, pid);
	if (pid == INT_MIN)
		return -ESRCH;
	return pid == -1 ? kill_all(sig, &info) : kill_group(sig, &info, -pid);
}

/* To the thread @pid, which must belong to @tgid unless that is 0. */
static int send_specific(pid_t tgid, pid_t pid, int sig, struct siginfo *info)
{
	struct task_struct *t;
	int err = -ESRCH;

	rcu_read_lock();
	t = find_task_by_pid(pid);
	if (t && (!tgid || task_tgid_nr(t) == tgid)) {
		err = check_kill_permission(sig, info, t);
		if (!err && sig) {
			err = do_send_sig_info(sig, info, t, PIDTYPE_PID);
			/* It is exiting: as good as sent and never seen. */
			if (err == -ESRCH)
				err = 0;
		}
	}
	rcu_read_unlock();
	return err;
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, pid, int, sig)
{
	struct siginfo info;

	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	fill_from_current(&info, sig, SI_TKILL);
	return send_specific(tgid, pid, sig, &info);
}

SYSCALL_DEFINE2(tkill, pid_t, pid, int, sig)
{
	struct siginfo info;

	if (pid <= 0)
		return -EINVAL;
	fill_from_current(&info, sig, SI_TKILL);
	return send_specific(0, pid, sig, &info);
}

/*
 * Nobody may make up a signal that looks as if the kernel or kill(2) had sent it, but to himself.
 */
static bool forged(const struct siginfo *info, pid_t pid)
{
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && task_pid_nr(current) != pid;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, const siginfo_t __user *, uinfo)
{
	struct siginfo info;
	int err = copy_siginfo_from_user(&info, uinfo);

	if (err)
		return err;
	info.si_signo = sig;
	return forged(&info, pid) ? -EPERM : kill_proc_info(sig, &info, pid);
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, pid, int, sig, const siginfo_t __user *,
		uinfo)
{
	struct siginfo info;
	int err = copy_siginfo_from_user(&info, uinfo);

	if (err)
		return err;
	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	info.si_signo = sig;
	return forged(&info, pid) ? -EPERM : send_specific(tgid, pid, sig, &info);
}
