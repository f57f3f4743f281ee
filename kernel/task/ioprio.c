/* SPDX-License-Identifier: MIT */
/*
 * ioprio_set(2), ioprio_get(2): the class and level of a task's disk requests, inherited by fork.
 * There is no scheduler of requests that would look at it: all are served in order, as by a Linux
 * whose devices use the scheduler "none".
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <uapi/ioprio.h>

/* What set and get do to each task that a request names; err: -ESRCH while none was found. */
struct ioprio_request {
	int ioprio; /* to set; the best that was found */
	int err;
};
typedef void (*ioprio_fn)(struct task_struct *t, struct ioprio_request *rq);

static void set_one(struct task_struct *t, struct ioprio_request *rq)
{
	const struct cred *c = current_cred(), *tc = rcu_dereference(t->real_cred);

	if (rq->err && rq->err != -ESRCH)
		return;
	if (tc->uid != c->euid && tc->uid != c->uid && !capable(CAP_SYS_NICE)) {
		rq->err = -EPERM;
		return;
	}
	rq->err = 0;
	WRITE_ONCE(t->ioprio, (u16)rq->ioprio);
}

/* What a task without a priority of its own has follows from its scheduling. */
static int effective_ioprio(struct task_struct *t)
{
	int own = READ_ONCE(t->ioprio), level = (task_nice(t) + 20) / 5;

	if (IOPRIO_PRIO_CLASS(own) != IOPRIO_CLASS_NONE)
		return own;
	if (t->policy == SCHED_IDLE)
		return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, level);
	if (t->policy == SCHED_FIFO || t->policy == SCHED_RR)
		return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, level);
	return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, level);
}

/* The lower number is the better priority. */
static void get_best(struct task_struct *t, struct ioprio_request *rq)
{
	int prio = effective_ioprio(t);

	rq->ioprio = rq->err ? prio : min(rq->ioprio, prio);
	rq->err = 0;
}

/* One process is asked for what it set, not for what follows from its scheduling. */
static void get_own(struct task_struct *t, struct ioprio_request *rq)
{
	rq->ioprio = READ_ONCE(t->ioprio);
	rq->err = 0;
}

static int for_each_named(int which, int who, ioprio_fn fn, struct ioprio_request *rq)
{
	struct task_struct *p, *t;
	struct pid *pgrp;
	uid_t uid = who ? (uid_t)who : current_uid();

	rq->err = -ESRCH;
	rcu_read_lock();
	switch (which) {
	case IOPRIO_WHO_PROCESS:
		t = who ? find_task_by_pid(who) : current;
		if (t)
			fn(t, rq);
		break;
	case IOPRIO_WHO_PGRP:
		pgrp = who ? find_pid(who) : task_pgrp(current);
		if (pgrp)
			do_each_pid_task(pgrp, PIDTYPE_PGID, p) fn(p, rq);
		break;
	case IOPRIO_WHO_USER:
		for_each_process_thread(p, t) if (rcu_dereference(t->real_cred)->uid == uid)
			fn(t, rq);
		break;
	default:
		rq->err = -EINVAL;
	}
	rcu_read_unlock();
	return rq->err;
}

static int check_ioprio(int ioprio)
{
	switch (IOPRIO_PRIO_CLASS(ioprio)) {
	case IOPRIO_CLASS_RT:
		if (!capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE))
			return -EPERM;
		fallthrough;
	case IOPRIO_CLASS_BE:
		return IOPRIO_PRIO_DATA(ioprio) >= IOPRIO_NR_LEVELS ? -EINVAL : 0;
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return IOPRIO_PRIO_DATA(ioprio) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(ioprio_set, int, which, int, who, int, ioprio)
{
	struct ioprio_request rq = {.ioprio = ioprio};
	int err = check_ioprio(ioprio);

	return err ? err : for_each_named(which, who, set_one, &rq);
}

SYSCALL_DEFINE2(ioprio_get, int, which, int, who)
{
	struct ioprio_request rq = {};
	int err = for_each_named(which, who, which == IOPRIO_WHO_PROCESS ? get_own : get_best, &rq);

	return err ? err : rq.ioprio;
}
