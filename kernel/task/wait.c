/* SPDX-License-Identifier: MIT */
/*
 * wait4(2), waitid(2): a parent hears of children that ended, stopped or went on.
 *
 * The waiter is on its process's wait_chldexit queue with a callback that looks whether the child
 * that changed is one of those asked for, and scans its children under tasklist_lock. A zombie is
 * claimed by changing its exit_state under that lock, so of several waiters one gets it.
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/ptrace.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <uapi/fcntl.h>
#include <uapi/resource.h>
#include <uapi/wait.h>

struct wait_opts {
	enum pid_type type; /* PIDTYPE_MAX: any child */
	int flags; /* W* */
	struct pid *pid;
	struct waitid_info *info;
	int stat; /* as wait4 encodes it */
	struct rusage *ru;
	struct wait_queue_entry entry;
	bool nonblock; /* P_PIDFD of a non-blocking descriptor: -EAGAIN instead of a wait */
	int no_child; /* -ECHILD until a child that could come is seen */
};

struct waitid_info {
	pid_t pid;
	uid_t uid;
	int status, cause;
};

static bool eligible_pid(struct wait_opts *wo, struct task_struct *t)
{
	struct pid *pid = wo->type == PIDTYPE_PID ? t->thread_pid :
			  wo->type == PIDTYPE_MAX ? NULL :
						    t->signal->pids[wo->type];

	return wo->type == PIDTYPE_MAX || pid == wo->pid;
}

/* __WCLONE: only children whose exit signal is not SIGCHLD; __WALL: all. */
static bool eligible_child(struct wait_opts *wo, bool ptrace, struct task_struct *t)
{
	if (!eligible_pid(wo, t))
		return false;
	if (ptrace || (wo->flags & __WALL))
		return true;
	return (t->exit_signal != SIGCHLD) == !!(wo->flags & __WCLONE);
}

static uid_t task_uid_of(struct task_struct *t)
{
	uid_t uid;

	rcu_read_lock();
	uid = rcu_dereference(t->real_cred)->uid;
	rcu_read_unlock();
	return uid;
}

/*
 * Fills the result; takes over @t's reference and ends the tasklist_lock section. Returns the
 * pid.
 */
static pid_t wait_report(struct wait_opts *wo, struct task_struct *t, int cause, int status,
			 int stat)
{
	pid_t pid = task_pid_nr(t);

	wo->stat = stat;
	if (wo->info)
		*wo->info = (struct waitid_info){
			.pid = pid, .uid = task_uid_of(t), .status = status, .cause = cause};
	if (wo->ru)
		getrusage(t, RUSAGE_BOTH, wo->ru);
	put_task_struct(t);
	return pid;
}

static pid_t report_unlocked(struct wait_opts *wo, struct task_struct *t, int cause, int status,
			     int stat)
{
	get_task_struct(t);
	__acquire(&tasklist_lock); /* wait_scan()'s */
	spin_unlock_irq(&tasklist_lock);
	return wait_report(wo, t, cause, status, stat);
}

static void exit_cause(int code, int *cause, int *status)
{
	if ((code & 0x7f) == 0) {
		*cause = CLD_EXITED;
		*status = code >> 8;
	} else {
		*cause = code & 0x80 ? CLD_DUMPED : CLD_KILLED;
		*status = code & 0x7f;
	}
}

/* The child's resource use becomes the parent's children's. */
static void collect_child_usage(struct task_struct *t)
{
	struct signal_struct *psig = current->signal, *sig = t->signal;
	u64 ut, st;

	thread_group_cputime_adjusted(t, &ut, &st);
	spin_lock_irq(&current->sighand->siglock);
	psig->cutime += ut + sig->cutime;
	psig->cstime += st + sig->cstime;
	psig->cnvcsw += t->nvcsw + sig->nvcsw + sig->cnvcsw;
	psig->cnivcsw += t->nivcsw + sig->nivcsw + sig->cnivcsw;
	psig->cmin_flt += t->min_flt + sig->min_flt + sig->cmin_flt;
	psig->cmaj_flt += t->maj_flt + sig->maj_flt + sig->cmaj_flt;
	psig->cmaxrss = max3(psig->cmaxrss, sig->maxrss, sig->cmaxrss);
	spin_unlock_irq(&current->sighand->siglock);
}

/*
 * What a claimed zombie is to become. One whose tracer is not its parent is the parent's to wait
 * for, now that the tracer has heard. tasklist_lock held.
 */
static int claimed_state(struct task_struct *t)
{
	if (!task_ptrace(t) || !ptrace_reparented(t) || !thread_group_leader(t))
		return EXIT_DEAD;
	ptrace_unlink(t);
	return do_notify_parent(t, t->exit_signal) ? EXIT_DEAD : EXIT_ZOMBIE;
}

/* tasklist_lock held. 0: not this one, lock still held. */
static pid_t wait_task_zombie(struct wait_opts *wo, struct task_struct *t)
{
	int code, cause, status;
	bool dead;

	if (!(wo->flags & WEXITED))
		return 0;
	code = t->signal->flags & SIGNAL_GROUP_EXIT ? t->signal->group_exit_code : t->exit_code;
	exit_cause(code, &cause, &status);
	if (wo->flags & WNOWAIT)
		return report_unlocked(wo, t, cause, status, code);
	get_task_struct(t);
	t->exit_state = claimed_state(t);
	dead = t->exit_state == EXIT_DEAD;
	__acquire(&tasklist_lock); /* wait_scan()'s */
	spin_unlock_irq(&tasklist_lock);
	if (dead && thread_group_leader(t))
		collect_child_usage(t);
	if (wo->ru) {
		getrusage(t, RUSAGE_BOTH, wo->ru);
		wo->ru = NULL;
	}
	if (dead)
		release_task(t);
	return wait_report(wo, t, cause, status, code);
}

static pid_t wait_task_stopped(struct wait_opts *wo, bool ptrace, struct task_struct *t)
{
	int code = 0;

	if (!ptrace && !(wo->flags & WUNTRACED))
		return 0;
	spin_lock(&t->sighand->siglock);
	if (ptrace) {
		if (READ_ONCE(t->__state) & __TASK_TRACED && !(t->jobctl & JOBCTL_LISTENING)) {
			code = t->exit_code;
			if (!(wo->flags & WNOWAIT))
				t->exit_code = 0;
		}
	} else if (t->signal->flags & SIGNAL_STOP_STOPPED && t->signal->group_exit_code) {
		code = t->signal->group_exit_code;
		if (!(wo->flags & WNOWAIT))
			t->signal->group_exit_code = 0;
	}
	spin_unlock(&t->sighand->siglock);
	if (!code)
		return 0;
	return report_unlocked(wo, t, ptrace ? CLD_TRAPPED : CLD_STOPPED, code, (code << 8) | 0x7f);
}

static pid_t wait_task_continued(struct wait_opts *wo, struct task_struct *t)
{
	bool yes;

	if (!(wo->flags & WCONTINUED))
		return 0;
	spin_lock(&t->sighand->siglock);
	yes = t->signal->flags & SIGNAL_STOP_CONTINUED;
	if (yes && !(wo->flags & WNOWAIT))
		t->signal->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock(&t->sighand->siglock);
	return yes ? report_unlocked(wo, t, CLD_CONTINUED, SIGCONT, 0xffff) : 0;
}

/* tasklist_lock held. A pid > 0: done, lock dropped. 0: go on, lock held. */
static pid_t wait_consider_task(struct wait_opts *wo, bool ptrace, struct task_struct *t)
{
	pid_t pid;

	if (t->exit_state == EXIT_DEAD || !eligible_child(wo, ptrace, t))
		return 0;
	/* Traced by its own parent: a tracee in both lists, its group stops are not seen. */
	if (!ptrace && unlikely(task_ptrace(t)) && !ptrace_reparented(t))
		ptrace = true;
	if (t->exit_state == EXIT_ZOMBIE) {
		if (!thread_group_leader(t) || thread_group_empty(t)) {
			/* The tracer first. */
			if (ptrace || !task_ptrace(t))
				return wait_task_zombie(wo, t) ?: (wo->no_child = 0);
		}
		/* A leader with live threads: it can still stop and go on as a process. */
		if ((wo->flags & (WCONTINUED | WEXITED)) || !ptrace)
			wo->no_child = 0;
	} else {
		wo->no_child = 0;
	}
	pid = wait_task_stopped(wo, ptrace, t);
	return pid ? pid : wait_task_continued(wo, t);
}

static pid_t scan_children(struct wait_opts *wo, struct task_struct *parent)
{
	struct task_struct *t;
	pid_t pid;

	list_for_each_entry(t, &parent->children, sibling) {
		pid = wait_consider_task(wo, false, t);
		if (pid)
			return pid;
	}
	list_for_each_entry(t, &parent->ptraced, ptrace_entry) {
		pid = wait_consider_task(wo, true, t);
		if (pid)
			return pid;
	}
	return 0;
}

/* One look at all children. A pid, 0 (none ready) or -ECHILD. */
static pid_t wait_scan(struct wait_opts *wo)
{
	struct task_struct *t;
	pid_t pid;

	wo->no_child = -ECHILD;
	if (wo->type != PIDTYPE_MAX && (!wo->pid || hlist_empty(&wo->pid->tasks[wo->type])))
		return -ECHILD;
	spin_lock_irq(&tasklist_lock);
	if (wo->flags & __WNOTHREAD) {
		pid = scan_children(wo, current);
		if (pid)
			goto found;
	} else {
		for_each_thread(current, t) {
			pid = scan_children(wo, t);
			if (pid)
				goto found;
		}
	}
	spin_unlock_irq(&tasklist_lock);
	return wo->no_child;
found:
	__release(&tasklist_lock); /* whoever reported the child dropped it */
	return pid;
}

static int child_wait_callback(struct wait_queue_entry *e, unsigned int mode, int sync, void *key)
{
	struct wait_opts *wo = container_of(e, struct wait_opts, entry);
	struct task_struct *t = key;

	if (t && !eligible_pid(wo, t))
		return 0;
	return default_wake_function(e, mode, sync, key);
}

static long do_wait(struct wait_opts *wo)
{
	long ret;

	/*
	 * Mostly a shell waits for a child that is not done; but a child that is costs no
	 * queueing.
	 */
	init_waitqueue_func_entry(&wo->entry, child_wait_callback);
	wo->entry.private = current;
	add_wait_queue(&current->signal->wait_chldexit, &wo->entry);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		ret = wait_scan(wo);
		if (ret || wo->flags & WNOHANG)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&current->signal->wait_chldexit, &wo->entry);
	return ret;
}

#define WAIT4_FLAGS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_FLAGS \
	(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

/*
 * The object that a wait4() pid means; *type PIDTYPE_MAX for -1. With a reference, NULL when
 * there is none.
 */
static struct pid *wait4_pid(pid_t upid, enum pid_type *type)
{
	*type = upid == -1 ? PIDTYPE_MAX : upid > 0 ? PIDTYPE_TGID : PIDTYPE_PGID;
	if (upid == -1)
		return NULL;
	if (upid == 0)
		return get_pid(task_pgrp(current));
	return find_get_pid(upid < 0 ? -upid : upid);
}

static long do_wait4(pid_t upid, int __user *stat, int flags, struct rusage *ru)
{
	struct wait_opts wo = {.flags = flags | WEXITED, .ru = ru};
	long ret;

	if (flags & ~WAIT4_FLAGS)
		return -EINVAL;
	if (upid == INT_MIN)
		return -ESRCH;
	wo.pid = wait4_pid(upid, &wo.type);
	if (wo.type == PIDTYPE_TGID && wo.pid && flags & (__WCLONE | __WALL))
		wo.type = PIDTYPE_PID;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (ret > 0 && stat && put_user(wo.stat, stat))
		ret = -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(wait4, pid_t, upid, int __user *, stat, int, flags, struct rusage __user *, uru)
{
	struct rusage ru;
	long ret = do_wait4(upid, stat, flags, uru ? &ru : NULL);

	if (ret > 0 && uru && copy_to_user(uru, &ru, sizeof(ru)))
		return -EFAULT;
	return ret;
}

static int waitid_pid(int which, pid_t upid, struct wait_opts *wo)
{
	unsigned int f_flags;

	switch (which) {
	case P_ALL:
		wo->type = PIDTYPE_MAX;
		return 0;
	case P_PID:
		wo->type = PIDTYPE_TGID;
		if (upid <= 0)
			return -EINVAL;
		wo->pid = find_get_pid(upid);
		return 0;
	case P_PGID:
		wo->type = PIDTYPE_PGID;
		if (upid < 0)
			return -EINVAL;
		wo->pid = upid ? find_get_pid(upid) : get_pid(task_pgrp(current));
		return 0;
	case P_PIDFD:
		wo->type = PIDTYPE_TGID;
		if (upid < 0)
			return -EINVAL;
		wo->pid = pidfd_get_pid(upid, &f_flags);
		if (IS_ERR(wo->pid))
			return PTR_ERR(wo->pid);
		wo->nonblock = f_flags & O_NONBLOCK;
		return 0;
	default:
		return -EINVAL;
	}
}

/* The siginfo_t fields that waitid(2) defines; zeroes when nothing was ready (WNOHANG). */
static int put_waitid_info(siginfo_t __user *uinfo, const struct waitid_info *info, bool found)
{
	struct siginfo si = {};

	if (!uinfo)
		return 0;
	if (found) {
		si.si_signo = SIGCHLD;
		si.si_code = info->cause;
		si.si_pid = info->pid;
		si.si_uid = info->uid;
		si.si_status = info->status;
	}
	return copy_siginfo_to_user(uinfo, &si);
}

SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, siginfo_t __user *, uinfo, int, flags,
		struct rusage __user *, uru)
{
	struct waitid_info info = {};
	struct rusage ru;
	struct wait_opts wo = {.flags = flags, .info = &info, .ru = uru ? &ru : NULL};
	long ret;

	if (flags & ~WAITID_FLAGS || !(flags & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_pid(which, upid, &wo);
	if (ret)
		return ret;
	if (wo.nonblock)
		wo.flags |= WNOHANG;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (!ret && wo.nonblock && !(flags & WNOHANG))
		return -EAGAIN;
	if (ret < 0)
		return ret;
	if (ret > 0 && uru && copy_to_user(uru, &ru, sizeof(ru)))
		return -EFAULT;
	return put_waitid_info(uinfo, &info, ret > 0);
}
