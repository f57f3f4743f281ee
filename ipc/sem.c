/* SPDX-License-Identifier: MIT */
/*
 * System V semaphores: semop(2). The operations of one call are done all or none; a call that
 * cannot be done now waits, and who changes a semaphore completes the calls that this makes
 * possible, on behalf of their tasks. Objects and locks: sem.h.
 */
#include <kernel/hrtimer.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include "sem.h"

struct ipc_ids sem_ids = IPC_IDS_INIT(sem_ids);
int sem_ctls[4] = {SEMMSL, SEMMNS, SEMOPM, SEMMNI};

/* ---- operations ------------------------------------------------------------------------------ */

static void undo_ops(struct sem_array *sma, const struct sem_queue *q, const struct sembuf *end)
{
	for (const struct sembuf *op = q->sops; op < end; op++) {
		sma->sems[op->sem_num].val -= op->sem_op;
		if (op->sem_flg & SEM_UNDO)
			q->undo->adj[op->sem_num] += op->sem_op;
	}
}

/* 0, -ERANGE, or SEM_WAITING: it cannot be done now. Nothing changed unless 0. */
static int do_op(struct sem_array *sma, const struct sem_queue *q, const struct sembuf *op)
{
	struct sem *sem = &sma->sems[op->sem_num];
	int val = sem->val + op->sem_op, adj;

	if ((!op->sem_op && sem->val) || val < 0)
		return SEM_WAITING;
	if (val > SEMVMX)
		return -ERANGE;
	if (op->sem_flg & SEM_UNDO) {
		adj = q->undo->adj[op->sem_num] - op->sem_op;
		if (adj < -SEMAEM - 1 || adj > SEMAEM)
			return -ERANGE;
		q->undo->adj[op->sem_num] = adj;
	}
	sem->val = val;
	return 0;
}

/* All of @q's operations by the process @q->task: 0, SEM_WAITING, or -ERANGE, -EAGAIN. */
static int do_ops(struct sem_array *sma, struct sem_queue *q)
{
	const struct sembuf *op, *end = q->sops + q->nsops;

	for (op = q->sops; op < end; op++) {
		int ret = do_op(sma, q, op);

		if (likely(!ret))
			continue;
		undo_ops(sma, q, op);
		q->blocking = op;
		return ret == SEM_WAITING && (op->sem_flg & IPC_NOWAIT) ? -EAGAIN : ret;
	}
	for (op = q->sops; op < end; op++)
		sma->sems[op->sem_num].pid = task_tgid_nr(q->task);
	sma->otime = ipc_time();
	return 0;
}

/* ---- calls that wait ------------------------------------------------------------------------- */

/*
 * @q is served, and gone from then on; its task's memory stays while the lock keeps preemption off
 * (RCU).
 */
static void serve(struct sem_queue *q, int status)
{
	struct task_struct *task = q->task;

	list_del(&q->link);
	smp_store_release(&q->status, status); /* pairs with wait_served() */
	wake_up_process(task);
}

static void queue_call(struct sem_array *sma, struct sem_queue *q)
{
	struct sem *sem = &sma->sems[q->sops->sem_num];

	if (q->nsops > 1)
		list_add_tail(&q->link, &sma->complex);
	else
		list_add_tail(&q->link, q->alters ? &sem->more : &sem->zero);
}

/* Calls of one operation, which can only lower the value. */
static void serve_simple(struct sem_array *sma, int num)
{
	struct sem *sem = &sma->sems[num];
	struct sem_queue *q, *next;
	int ret;

	list_for_each_entry_safe(q, next, &sem->more, link) {
		if (!sem->val)
			break;
		ret = do_ops(sma, q);
		if (ret != SEM_WAITING)
			serve(q, ret);
	}
	if (sem->val)
		return;
	list_for_each_entry_safe(q, next, &sem->zero, link)
		serve(q, do_ops(sma, q));
}

static void serve_changed(struct sem_array *sma, const struct sem_queue *q)
{
	for (const struct sembuf *op = q->sops; op < q->sops + q->nsops; op++)
		if (op->sem_op)
			serve_simple(sma, op->sem_num);
}

/* Completes one call of several operations; false: none can be. */
static bool serve_complex(struct sem_array *sma)
{
	struct sem_queue *q, *next;
	int ret;

	list_for_each_entry_safe(q, next, &sma->complex, link) {
		ret = do_ops(sma, q);
		if (ret == SEM_WAITING)
			continue;
		if (!ret && q->alters)
			serve_changed(sma, q);
		serve(q, ret);
		return true;
	}
	return false;
}

void sem_changed(struct sem_array *sma, int num)
{
	serve_simple(sma, num);
	while (!list_empty(&sma->complex) && serve_complex(sma))
		;
}

static void ops_changed(struct sem_array *sma, const struct sem_queue *q)
{
	serve_changed(sma, q);
	while (!list_empty(&sma->complex) && serve_complex(sma))
		;
}

static void wake_list(struct list_head *list, int status)
{
	struct sem_queue *q, *next;

	list_for_each_entry_safe(q, next, list, link)
		serve(q, status);
}

void sem_wake_all(struct sem_array *sma, int status)
{
	for (int i = 0; i < sma->nsems; i++) {
		wake_list(&sma->sems[i].zero, status);
		wake_list(&sma->sems[i].more, status);
	}
	wake_list(&sma->complex, status);
}

int sem_count_waiters(const struct sem_array *sma, int num, bool for_zero)
{
	const struct sem *sem = &sma->sems[num];
	const struct sem_queue *q;
	int n = 0;

	list_for_each_entry(q, for_zero ? &sem->zero : &sem->more, link)
		n++;
	list_for_each_entry(q, &sma->complex, link)
		n += q->blocking->sem_num == num && !q->blocking->sem_op == for_zero;
	return n;
}

static void free_array(struct rcu_head *head)
{
	kvfree(container_of(head, struct sem_array, perm.rcu));
}

void sem_put_array(struct sem_array *sma)
{
	ipc_putref(&sma->perm, free_array);
}

/*
 * Sleeps until @q is served: its status; -EAGAIN after @when (monotonic), -EINTR. The set is locked
 * before, and not after: who was served need not look at it again.
 */
static int wait_served(struct sem_array *sma, struct sem_queue *q, ktime_t when)
{
	q->status = SEM_WAITING;
	queue_call(sma, q);
	ipc_getref(&sma->perm);
	for (;;) {
		int woken;

		set_current_state(TASK_INTERRUPTIBLE);
		ipc_unlock(&sma->perm);
		woken = schedule_hrtimeout_clock(when, CLOCK_MONOTONIC);
		if (likely(smp_load_acquire(&q->status) != SEM_WAITING))
			break;
		ipc_lock_object(&sma->perm);
		if (q->status == SEM_WAITING && (signal_pending(current) || !woken)) {
			list_del(&q->link);
			q->status = woken ? -EINTR : -EAGAIN;
		}
		if (q->status != SEM_WAITING) {
			ipc_unlock(&sma->perm);
			break;
		}
	}
	sem_put_array(sma);
	return q->status;
}

/* ---- semop ----------------------------------------------------------------------------------- */

/* What the operations of a call need, found by one look at them. */
struct sem_call {
	struct sem_queue q;
	int max_num;
	bool undo;
};

static void look_at_ops(struct sem_call *c)
{
	for (unsigned int i = 0; i < c->q.nsops; i++) {
		const struct sembuf *op = &c->q.sops[i];

		c->max_num = max_t(int, c->max_num, op->sem_num);
		c->q.alters |= op->sem_op != 0;
		c->undo |= (op->sem_flg & SEM_UNDO) != 0;
	}
}

static int may_semop(const struct sem_array *sma, const struct sem_call *c)
{
	if (c->max_num >= sma->nsems)
		return -EFBIG;
	return ipcperms(&sma->perm, c->q.alters ? S_IWUGO : S_IRUGO);
}

/* The set is locked, and unlocked. */
static int semop_locked(struct sem_array *sma, struct sem_queue *q, ktime_t when)
{
	int ret = do_ops(sma, q);

	if (ret == SEM_WAITING)
		return wait_served(sma, q, when);
	if (!ret && q->alters)
		ops_changed(sma, q);
	ipc_unlock(&sma->perm);
	return ret;
}

static long do_semop(int semid, const struct sembuf *sops, unsigned int nsops, ktime_t when)
{
	struct sem_call c = {.q = {.task = current, .sops = sops, .nsops = nsops}};
	struct kern_ipc_perm *perm;
	int ret;

	look_at_ops(&c);
	perm = ipc_lock(&sem_ids, semid);
	if (IS_ERR(perm))
		return PTR_ERR(perm);
	ret = may_semop(sma_of(perm), &c);
	if (!ret && c.undo) {
		c.q.undo = sem_get_undo(sma_of(perm));
		if (IS_ERR(c.q.undo))
			return PTR_ERR(c.q.undo);
	}
	if (!ret)
		return semop_locked(sma_of(perm), &c.q, when);
	ipc_unlock(perm);
	return ret;
}

#define SEMOP_FAST 16 /* operations that need no allocation */

/* @timeout: relative, NULL: none. */
static long semop_user(int semid, struct sembuf __user *usops, unsigned int nsops,
		       const struct timespec64 *timeout)
{
	struct sembuf fast[SEMOP_FAST], *sops = fast;
	ktime_t when = KTIME_MAX, now;
	long ret = -EFAULT;

	if (nsops < 1 || semid < 0)
		return -EINVAL;
	if (nsops > (unsigned int)READ_ONCE(sc_semopm))
		return -E2BIG;
	if (nsops > SEMOP_FAST) {
		sops = kvmalloc_array(nsops, sizeof(*sops), GFP_KERNEL);
		if (!sops)
			return -ENOMEM;
	}
	if (copy_from_user(sops, usops, nsops * sizeof(*sops)))
		goto out_free;
	ret = -EINVAL;
	if (timeout && !timespec64_valid(timeout))
		goto out_free;
	if (timeout) {
		now = ktime_get();
		when = timespec64_to_ns(timeout);
		when = when > KTIME_MAX - now ? KTIME_MAX : now + when;
	}
	ret = do_semop(semid, sops, nsops, when);
out_free:
	if (sops != fast)
		kvfree(sops);
	return ret;
}

SYSCALL_DEFINE3(semop, int, semid, struct sembuf __user *, sops, unsigned int, nsops)
{
	return semop_user(semid, sops, nsops, NULL);
}

SYSCALL_DEFINE4(semtimedop, int, semid, struct sembuf __user *, sops, unsigned int, nsops,
		const struct __kernel_timespec __user *, uts)
{
	struct timespec64 ts;

	if (uts && get_timespec64(&ts, uts))
		return -EFAULT;
	return semop_user(semid, sops, nsops, uts ? &ts : NULL);
}
