/* SPDX-License-Identifier: MIT */
/* sched_*(2) and nice: who may change whose scheduling, and how. sched(7). */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/capability.h>
#include "sched.h"

/* The task that @pid names (0: current), with a reference; NULL: none. */
static struct task_struct *get_task(pid_t pid)
{
	return pid ? find_get_task_by_pid(pid) : get_task_struct(current);
}

static bool may_change(struct task_struct *t)
{
	const struct cred *mine = current_cred(), *theirs;
	bool same;

	rcu_read_lock();
	theirs = rcu_dereference(t->real_cred);
	same = mine->euid == theirs->uid || mine->euid == theirs->euid;
	rcu_read_unlock();
	return same || capable(CAP_SYS_NICE);
}

static bool valid_policy(unsigned int policy)
{
	return rt_policy(policy) || dl_policy(policy) || policy == SCHED_NORMAL ||
	       policy == SCHED_BATCH || policy == SCHED_IDLE;
}

/* What an unprivileged caller may ask for: RLIMIT_RTPRIO and RLIMIT_NICE (20 - nice) bound it. */
static int check_privilege(struct task_struct *t, const struct sched_policy *p)
{
	if (capable(CAP_SYS_NICE))
		return 0;
	if (dl_policy(p->policy))
		return -EPERM;
	if (rt_policy(p->policy)) {
		u64 limit = task_rlimit(t, RLIMIT_RTPRIO);

		if (p->policy != t->policy && !limit)
			return -EPERM;
		if (p->rt_priority > t->rt_priority && p->rt_priority > limit)
			return -EPERM;
	} else if (p->nice < task_nice(t) && (u64)(20 - p->nice) > task_rlimit(t, RLIMIT_NICE)) {
		return -EPERM;
	}
	if (t->policy == SCHED_IDLE && p->policy != SCHED_IDLE &&
	    (u64)(20 - task_nice(t)) > task_rlimit(t, RLIMIT_NICE))
		return -EPERM;
	if (t->sched_reset_on_fork && !p->reset_on_fork)
		return -EPERM;
	return may_change(t) ? 0 : -EPERM;
}

static int check_policy(const struct sched_policy *p)
{
	if (!valid_policy(p->policy) || p->rt_priority >= MAX_RT_PRIO ||
	    rt_policy(p->policy) != (p->rt_priority != 0))
		return -EINVAL;
	return dl_policy(p->policy) ? dl_check_params(p) : 0;
}

/* What belongs to @t's policy, as it is. */
static void get_params(struct task_struct *t, struct sched_policy *p)
{
	p->rt_priority = 0;
	if (dl_policy(t->policy))
		dl_get_params(t, p);
	else if (rt_policy(t->policy))
		p->rt_priority = t->rt_priority;
	else
		p->nice = task_nice(t);
}

#define KEEP_POLICY 1 /* and whether it is reset by fork */
#define KEEP_PARAMS 2
#define KEEP_NICE   4

/* Changes the scheduling of task @pid (0: the caller's) to *p, less what is to stay as it is. */
static int do_setscheduler(pid_t pid, struct sched_policy *p, unsigned int keep)
{
	struct task_struct *t;
	int err;

	if (pid < 0)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	if (keep & KEEP_POLICY) {
		p->policy = t->policy;
		p->reset_on_fork = t->sched_reset_on_fork;
	}
	if (keep & KEEP_PARAMS)
		get_params(t, p);
	if (keep & KEEP_NICE)
		p->nice = task_nice(t);
	err = check_policy(p);
	if (!err)
		err = check_privilege(t, p);
	if (!err)
		err = __sched_setscheduler(t, p);
	put_task_struct(t);
	return err;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, struct sched_param __user *, param)
{
	struct sched_policy p = {.policy = policy & ~SCHED_RESET_ON_FORK,
				 .reset_on_fork = policy & SCHED_RESET_ON_FORK};
	struct sched_param sp;

	if (policy < 0 || !param)
		return -EINVAL;
	if (copy_from_user(&sp, param, sizeof(sp)))
		return -EFAULT;
	p.rt_priority = sp.sched_priority;
	return do_setscheduler(pid, &p, KEEP_NICE);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, struct sched_param __user *, param)
{
	struct sched_policy p = {};
	struct sched_param sp;

	if (!param)
		return -EINVAL;
	if (copy_from_user(&sp, param, sizeof(sp)))
		return -EFAULT;
	p.rt_priority = sp.sched_priority;
	return do_setscheduler(pid, &p, KEEP_POLICY | KEEP_NICE);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	struct task_struct *t;
	int ret;

	if (pid < 0)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	ret = t->policy | (t->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	put_task_struct(t);
	return ret;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, struct sched_param __user *, param)
{
	struct sched_param p;
	struct task_struct *t;

	if (!param || pid < 0)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	p.sched_priority = t->rt_priority;
	put_task_struct(t);
	return copy_to_user(param, &p, sizeof(p)) ? -EFAULT : 0;
}

/*
 * The caller's struct may be older (shorter) or newer: what we do not know must be zero, else
 * -E2BIG and our size is told.
 */
static int read_attr(struct sched_attr *attr, struct sched_attr __user *uattr)
{
	u32 size;
	int err;

	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		err = -E2BIG;
	else
		err = copy_struct_from_user(attr, sizeof(*attr), uattr, size);
	if (err == -E2BIG && put_user((u32)sizeof(*attr), &uattr->size))
		return -EFAULT;
	return err;
}

SYSCALL_DEFINE3(sched_setattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, flags)
{
	struct sched_policy p = {};
	struct sched_attr a;
	int err;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	err = read_attr(&a, uattr);
	if (err)
		return err;
	if ((int)a.sched_policy < 0 || a.sched_flags & ~(u64)SCHED_FLAG_ALL)
		return -EINVAL;
	if (a.sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return a.size < SCHED_ATTR_SIZE_VER1 ? -EINVAL : -EOPNOTSUPP;
	p.policy = a.sched_policy;
	p.rt_priority = a.sched_priority;
	p.nice = clamp_t(int, a.sched_nice, -20, 19);
	p.reset_on_fork = a.sched_flags & SCHED_FLAG_RESET_ON_FORK;
	p.runtime = a.sched_runtime;
	p.deadline = a.sched_deadline;
	p.period = a.sched_period;
	p.dl_flags = a.sched_flags & (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN);
	return do_setscheduler(pid, &p,
			       (a.sched_flags & SCHED_FLAG_KEEP_POLICY ? KEEP_POLICY : 0) |
				       (a.sched_flags & SCHED_FLAG_KEEP_PARAMS ? KEEP_PARAMS : 0));
}

SYSCALL_DEFINE4(sched_getattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, size,
		unsigned int, flags)
{
	struct sched_policy p = {};
	struct sched_attr a = {};
	struct task_struct *t;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	get_params(t, &p);
	a.size = min_t(u32, size, sizeof(a));
	a.sched_policy = t->policy;
	a.sched_flags = p.dl_flags | (t->sched_reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0);
	a.sched_priority = p.rt_priority;
	a.sched_nice = p.nice;
	a.sched_runtime = p.runtime;
	a.sched_deadline = p.deadline;
	a.sched_period = p.period;
	put_task_struct(t);
	return copy_to_user(uattr, &a, a.size) ? -EFAULT : 0;
}

/* A deadline task's share was promised of all CPUs. */
static int change_affinity(struct task_struct *t, const cpumask_t *mask)
{
	if (t->flags & PF_KTHREAD && t->flags & PF_IDLE)
		return -EINVAL;
	if (!may_change(t))
		return -EPERM;
	if (dl_policy(t->policy) && !cpumask_subset(cpu_online_mask, mask))
		return -EBUSY;
	return set_cpus_allowed(t, mask);
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, umask)
{
	struct task_struct *t;
	cpumask_t mask = {{0}};
	int err;

	if (copy_from_user(&mask, umask, min_t(size_t, len, sizeof(mask))))
		return -EFAULT;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	err = change_affinity(t, &mask);
	put_task_struct(t);
	return err;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, umask)
{
	size_t size = sizeof(cpumask_t);
	struct task_struct *t;
	cpumask_t mask;

	if (len * 8 < nr_cpu_ids || len & (sizeof(long) - 1))
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	cpumask_and(&mask, &t->cpus_mask, cpu_online_mask);
	put_task_struct(t);
	size = min_t(size_t, len, size);
	return copy_to_user(umask, &mask, size) ? -EFAULT : (long)size;
}

SYSCALL_DEFINE0(sched_yield)
{
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	current->sched_class->yield(rq);
	spin_unlock(&rq->lock);
	local_irq_enable();
	schedule();
	return 0;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	if (!valid_policy(policy) && policy != SCHED_DEADLINE)
		return -EINVAL;
	return rt_policy(policy) ? MAX_RT_PRIO - 1 : 0;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	if (!valid_policy(policy) && policy != SCHED_DEADLINE)
		return -EINVAL;
	return rt_policy(policy) ? 1 : 0;
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec __user *, interval)
{
	struct timespec64 ts;
	struct task_struct *t;

	if (pid < 0)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	ts = ns_to_timespec64(t->policy == SCHED_RR			   ? rr_timeslice() :
			      rt_policy(t->policy) || dl_policy(t->policy) ? 0 :
									     SCHED_SLICE);
	put_task_struct(t);
	return put_timespec64(&ts, interval);
}
