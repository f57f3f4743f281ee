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
	return rt_policy(policy) || policy == SCHED_NORMAL || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

/* What an unprivileged caller may ask for: RLIMIT_RTPRIO and RLIMIT_NICE (20 - nice) bound it. */
static int check_privilege(struct task_struct *t, unsigned int policy, unsigned int prio, int nice)
{
	if (capable(CAP_SYS_NICE))
		return 0;
	if (rt_policy(policy)) {
		u64 limit = task_rlimit(t, RLIMIT_RTPRIO);

		if (policy != t->policy && !limit)
			return -EPERM;
		if (prio > t->rt_priority && prio > limit)
			return -EPERM;
	} else if (nice < task_nice(t) && (u64)(20 - nice) > task_rlimit(t, RLIMIT_NICE)) {
		return -EPERM;
	}
	if (t->policy == SCHED_IDLE && policy != SCHED_IDLE &&
	    (u64)(20 - task_nice(t)) > task_rlimit(t, RLIMIT_NICE))
		return -EPERM;
	return may_change(t) ? 0 : -EPERM;
}

static int do_setscheduler(pid_t pid, int policy, int prio, int nice, bool keep_nice, bool reset)
{
	struct task_struct *t;
	int err = -EINVAL;

	if (pid < 0)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	if (policy < 0) /* sched_setparam: as it is */
		policy = t->policy;
	if (!valid_policy(policy) || prio < 0 || prio >= MAX_RT_PRIO ||
	    rt_policy(policy) != (prio != 0))
		goto out;
	if (keep_nice)
		nice = task_nice(t);
	err = check_privilege(t, policy, prio, nice);
	if (!err)
		__sched_setscheduler(t, policy, prio, nice, reset);
out:
	put_task_struct(t);
	return err;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, struct sched_param __user *, param)
{
	struct sched_param p;

	if (policy < 0 || !param)
		return -EINVAL;
	if (copy_from_user(&p, param, sizeof(p)))
		return -EFAULT;
	return do_setscheduler(pid, policy & ~SCHED_RESET_ON_FORK, p.sched_priority, 0, true,
			       policy & SCHED_RESET_ON_FORK);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, struct sched_param __user *, param)
{
	struct sched_param p;

	if (!param)
		return -EINVAL;
	if (copy_from_user(&p, param, sizeof(p)))
		return -EFAULT;
	return do_setscheduler(pid, -1, p.sched_priority, 0, true, false);
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
	struct sched_attr a;
	int err;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	err = read_attr(&a, uattr);
	if (err)
		return err;
	if ((int)a.sched_policy < 0 ||
	    a.sched_flags & ~(u64)(SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_ALL))
		return -EINVAL;
	return do_setscheduler(
		pid, a.sched_flags & SCHED_FLAG_KEEP_POLICY ? -1 : (int)a.sched_policy,
		a.sched_priority, clamp_t(int, a.sched_nice, -20, 19),
		a.sched_flags & SCHED_FLAG_KEEP_PARAMS, a.sched_flags & SCHED_FLAG_RESET_ON_FORK);
}

SYSCALL_DEFINE4(sched_getattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, size,
		unsigned int, flags)
{
	struct sched_attr a = {};
	struct task_struct *t;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	t = get_task(pid);
	if (!t)
		return -ESRCH;
	a.size = min_t(u32, size, sizeof(a));
	a.sched_policy = t->policy;
	if (t->sched_reset_on_fork)
		a.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (rt_policy(t->policy))
		a.sched_priority = t->rt_priority;
	else
		a.sched_nice = task_nice(t);
	put_task_struct(t);
	return copy_to_user(uattr, &a, a.size) ? -EFAULT : 0;
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
	err = t->flags & PF_KTHREAD && t->flags & PF_IDLE ? -EINVAL :
	      may_change(t)				  ? set_cpus_allowed(t, &mask) :
							    -EPERM;
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
	ts = ns_to_timespec64(t->policy == SCHED_RR   ? rr_timeslice() :
			      t->policy == SCHED_FIFO ? 0 :
							SCHED_SLICE);
	put_task_struct(t);
	return put_timespec64(&ts, interval);
}
