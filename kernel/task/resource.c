/* SPDX-License-Identifier: MIT */
/* Limits, usage and priorities: getrlimit(2), getrusage(2), times(2), getpriority(2). */
#include <lib/math64.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <fs/file.h>
#include <mm/mm.h>
#include <uapi/resource.h>
#include <uapi/times.h>

/* ---- limits ---- */

static int set_limit(struct rlimit64 *rlim, const struct rlimit64 *new, unsigned int resource)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new->rlim_max > (u64)READ_ONCE(sysctl_nr_open))
		return -EPERM;
	if (new->rlim_max > rlim->rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	*rlim = *new;
	return 0;
}

/* Sets @new and/or reads @old, whichever is not NULL. */
static int do_prlimit(struct task_struct *t, unsigned int resource, const struct rlimit64 *new,
		      struct rlimit64 *old)
{
	struct rlimit64 *rlim;
	int err = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	rlim = &t->signal->rlim[resource];
	task_lock(t->group_leader);
	if (old)
		*old = *rlim;
	if (new)
		err = set_limit(rlim, new, resource);
	task_unlock(t->group_leader);
	return err;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, resource, struct rlimit __user *, urlim)
{
	struct rlimit64 old;
	int err = do_prlimit(current, resource, NULL, &old);

	BUILD_BUG_ON(sizeof(struct rlimit) != sizeof(struct rlimit64));
	if (!err && copy_to_user(urlim, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(setrlimit, unsigned int, resource, const struct rlimit __user *, urlim)
{
	struct rlimit64 new;

	if (copy_from_user(&new, urlim, sizeof(new)))
		return -EFAULT;
	return do_prlimit(current, resource, &new, NULL);
}

/* Of another process: its ids must be the caller's. RCU. */
static int may_prlimit(struct task_struct *t)
{
	const struct cred *c = current_cred(), *tc;

	if (t == current)
		return 0;
	tc = rcu_dereference(t->real_cred);
	if (c->uid == tc->euid && c->uid == tc->suid && c->uid == tc->uid && c->gid == tc->egid &&
	    c->gid == tc->sgid && c->gid == tc->gid)
		return 0;
	return capable(CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

/* ERR_PTR(-ESRCH, -EPERM) or the task with a reference. */
static struct task_struct *get_prlimit_task(pid_t pid)
{
	struct task_struct *t;
	int err = -ESRCH;

	rcu_read_lock();
	t = pid ? find_task_by_pid(pid) : current;
	if (t)
		err = may_prlimit(t);
	if (!err)
		get_task_struct(t);
	rcu_read_unlock();
	return err ? ERR_PTR(err) : t;
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned int, resource, const struct rlimit64 __user *, unew,
		struct rlimit64 __user *, uold)
{
	struct rlimit64 new, old;
	struct task_struct *t;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	t = get_prlimit_task(pid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	err = do_prlimit(t, resource, unew ? &new : NULL, uold ? &old : NULL);
	put_task_struct(t);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

/* ---- usage ---- */

static struct __kernel_old_timeval ns_to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){.tv_sec = ns / NSEC_PER_SEC,
					     .tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

static void add_thread_counts(struct rusage *ru, const struct task_struct *t)
{
	ru->ru_nvcsw += t->nvcsw;
	ru->ru_nivcsw += t->nivcsw;
	ru->ru_minflt += t->min_flt;
	ru->ru_majflt += t->maj_flt;
}

static void add_children(struct rusage *ru, const struct signal_struct *sig, u64 *ut, u64 *st)
{
	*ut += sig->cutime;
	*st += sig->cstime;
	ru->ru_nvcsw += sig->cnvcsw;
	ru->ru_nivcsw += sig->cnivcsw;
	ru->ru_minflt += sig->cmin_flt;
	ru->ru_majflt += sig->cmaj_flt;
	ru->ru_maxrss = max_t(u64, ru->ru_maxrss, sig->cmaxrss);
}

static void add_process(struct rusage *ru, struct task_struct *task, u64 *ut, u64 *st)
{
	const struct signal_struct *sig = task->signal;
	struct task_struct *t;
	u64 u, s;

	thread_group_cputime_adjusted(task, &u, &s);
	*ut += u;
	*st += s;
	ru->ru_nvcsw += sig->nvcsw;
	ru->ru_nivcsw += sig->nivcsw;
	ru->ru_minflt += sig->min_flt;
	ru->ru_majflt += sig->maj_flt;
	ru->ru_maxrss = max_t(u64, ru->ru_maxrss, sig->maxrss);
	rcu_read_lock();
	for_each_thread(task, t)
		add_thread_counts(ru, t);
	rcu_read_unlock();
}

static u64 current_maxrss_kib(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	u64 pages;

	if (!mm)
		return 0;
	pages = max(get_mm_rss(mm), mm->hiwater_rss);
	mmput(mm);
	return pages << (PAGE_SHIFT - 10);
}

void getrusage(struct task_struct *task, int who, struct rusage *ru)
{
	u64 ut = 0, st = 0;

	memset(ru, 0, sizeof(*ru));
	if (who == RUSAGE_THREAD) {
		task_cputime_adjusted(task, &ut, &st);
		add_thread_counts(ru, task);
		ru->ru_maxrss = task->signal->maxrss;
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH)
		add_children(ru, task->signal, &ut, &st);
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH)
		add_process(ru, task, &ut, &st);
	if (who != RUSAGE_CHILDREN && !task->exit_state)
		ru->ru_maxrss = max_t(u64, ru->ru_maxrss, current_maxrss_kib(task));
	ru->ru_utime = ns_to_timeval(ut);
	ru->ru_stime = ns_to_timeval(st);
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, uru)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &ru);
	return copy_to_user(uru, &ru, sizeof(ru)) ? -EFAULT : 0;
}

static clock_t ns_to_ticks(u64 ns)
{
	return div_u64(ns, NSEC_PER_SEC / USER_HZ);
}

SYSCALL_DEFINE1(times, struct tms __user *, utms)
{
	struct signal_struct *sig = current->signal;
	struct tms tms;
	u64 ut, st;

	if (utms) {
		thread_group_cputime_adjusted(current, &ut, &st);
		tms.tms_utime = ns_to_ticks(ut);
		tms.tms_stime = ns_to_ticks(st);
		spin_lock_irq(&current->sighand->siglock);
		tms.tms_cutime = ns_to_ticks(sig->cutime);
		tms.tms_cstime = ns_to_ticks(sig->cstime);
		spin_unlock_irq(&current->sighand->siglock);
		if (copy_to_user(utms, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return ns_to_ticks(ktime_get());
}

/* ---- nice ---- */

/* What get and set do to each task that a request names. */
struct prio_request {
	int nice; /* to set */
	int best; /* highest 20 - nice found */
	int error; /* of the last failure; -ESRCH while none was found */
};
typedef void (*prio_fn)(struct task_struct *t, struct prio_request *rq);

static void get_one(struct task_struct *t, struct prio_request *rq)
{
	rq->error = 0;
	rq->best = max(rq->best, 20 - task_nice(t));
}

static bool may_be_nice(const struct task_struct *t, int nice)
{
	return (u64)(20 - nice) <= task_rlimit(t, RLIMIT_NICE) || capable(CAP_SYS_NICE);
}

static void set_one(struct task_struct *t, struct prio_request *rq)
{
	const struct cred *c = current_cred(), *tc = rcu_dereference(t->real_cred);

	if (tc->uid != c->euid && tc->euid != c->euid && !capable(CAP_SYS_NICE)) {
		rq->error = -EPERM;
	} else if (rq->nice < task_nice(t) && !may_be_nice(t, rq->nice)) {
		rq->error = -EACCES;
	} else {
		if (rq->error == -ESRCH)
			rq->error = 0;
		set_user_nice(t, rq->nice);
	}
}

static void for_each_of(int which, int who, prio_fn fn, struct prio_request *rq)
{
	struct task_struct *p, *t;
	struct pid *pgrp;
	uid_t uid;

	switch (which) {
	case PRIO_PROCESS:
		t = who ? find_task_by_pid(who) : current;
		if (t)
			fn(t, rq);
		break;
	case PRIO_PGRP:
		pgrp = who ? find_pid(who) : task_pgrp(current);
		if (!pgrp)
			break;
		do_each_pid_task(pgrp, PIDTYPE_PGID, p) for_each_thread(p, t) fn(t, rq);
		break;
	default:
		uid = who ? (uid_t)who : current_uid();
		for_each_process_thread(p, t) if (rcu_dereference(t->real_cred)->uid == uid)
			fn(t, rq);
	}
}

static int do_priority(int which, int who, prio_fn fn, struct prio_request *rq)
{
	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	rq->error = -ESRCH;
	rcu_read_lock();
	for_each_of(which, who, fn, rq);
	rcu_read_unlock();
	return rq->error;
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, niceval)
{
	struct prio_request rq = {.nice = clamp(niceval, -20, 19)};

	return do_priority(which, who, set_one, &rq);
}

/* Returns 20 - nice, so that it is positive: the C library turns it back. */
SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	struct prio_request rq = {.best = 0};
	int err = do_priority(which, who, get_one, &rq);

	return err ? err : rq.best;
}
