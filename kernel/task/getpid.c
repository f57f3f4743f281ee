/* SPDX-License-Identifier: MIT */
/*
 * Process ids, groups and sessions: getpid(2), setpgid(2), setsid(2), credentials(7). Groups and
 * sessions change under tasklist_lock.
 */
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/tty.h>

SYSCALL_DEFINE0(getpid)
{
	return task_tgid_nr(current);
}

SYSCALL_DEFINE0(gettid)
{
	return task_pid_nr(current);
}

SYSCALL_DEFINE0(getppid)
{
	pid_t nr;

	rcu_read_lock();
	nr = task_tgid_nr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	return nr;
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return task_pid_nr(current);
}

static long get_id(pid_t pid, struct pid *(*which)(struct task_struct *))
{
	struct task_struct *t;
	long nr = -ESRCH;

	rcu_read_lock();
	t = pid ? find_task_by_pid(pid) : current;
	if (t)
		nr = pid_nr(which(t));
	rcu_read_unlock();
	return nr;
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return get_id(pid, task_pgrp);
}

SYSCALL_DEFINE0(getpgrp)
{
	return get_id(0, task_pgrp);
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return get_id(pid, task_session);
}

/*
 * May current move @t? It must be itself, or a child of its session that has not exec'd.
 * tasklist_lock held.
 */
static int may_setpgid(struct task_struct *t)
{
	struct task_struct *leader = current->group_leader;

	if (!t)
		return -ESRCH;
	if (!thread_group_leader(t))
		return -EINVAL;
	if (same_thread_group(t->real_parent, leader)) {
		if (task_session(t) != task_session(leader))
			return -EPERM;
		if (!(t->flags & PF_FORKNOEXEC))
			return -EACCES;
	} else if (t != leader) {
		return -ESRCH;
	}
	return t->signal->leader ? -EPERM : 0;
}

static int do_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *t = find_task_by_pid(pid), *member;
	struct pid *pgrp;
	int err = may_setpgid(t);

	if (err)
		return err;
	pgrp = t->thread_pid;
	if (pgid != pid) {
		pgrp = find_pid(pgid);
		member = pid_task(pgrp, PIDTYPE_PGID);
		if (!member || task_session(member) != task_session(current))
			return -EPERM;
	}
	if (task_pgrp(t) != pgrp)
		change_pid(t, PIDTYPE_PGID, pgrp);
	return 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	int err;

	if (!pid)
		pid = task_tgid_nr(current);
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	err = do_setpgid(pid, pgid);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

static int become_session_leader(struct task_struct *leader)
{
	struct pid *sid = leader->thread_pid;

	/* A process group of that number would be in two sessions. */
	if (leader->signal->leader || pid_task(sid, PIDTYPE_PGID))
		return -EPERM;
	leader->signal->leader = true;
	if (task_session(leader) != sid)
		change_pid(leader, PIDTYPE_SID, sid);
	if (task_pgrp(leader) != sid)
		change_pid(leader, PIDTYPE_PGID, sid);
	return 0;
}

SYSCALL_DEFINE0(setsid)
{
	struct task_struct *leader = current->group_leader;
	int err;

	spin_lock_irq(&tasklist_lock);
	err = become_session_leader(leader);
	spin_unlock_irq(&tasklist_lock);
	if (err)
		return err;
	proc_clear_tty(leader);
	return task_pid_nr(leader);
}
