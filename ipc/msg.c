/* SPDX-License-Identifier: MIT */
/*
 * System V message queues, msgop(2): msgsnd and msgrcv. A message for a waiting receiver goes to it
 * without entering the queue; when one leaves, messages of waiting senders that now fit take its
 * place. Queue and lock: msg.h.
 */
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "msg.h"

struct ipc_ids msg_ids = IPC_IDS_INIT(msg_ids);
int msg_ctlmax = MSGMAX, msg_ctlmnb = MSGMNB, msg_ctlmni = MSGMNI;
atomic_long_t msg_total_bytes, msg_total_msgs;

/* What msgrcv(2) asks for. */
struct msg_want {
	long type;
	int flg;
	size_t size;
};

struct msg_waiter {
	struct list_head link; /* (l) */
	struct task_struct *task;
	int status; /* MSG_WAITING, then 0 or -errno */
	struct msg_msg *msg; /* (l) a sender's until 0, a receiver's from then on */
	const struct msg_want *want; /* a receiver's */
};

/* ---- messages -------------------------------------------------------------------------------- */

static struct msg_msg *alloc_msg(size_t len)
{
	struct msg_msg *msg = kvmalloc(sizeof(*msg) + len, GFP_KERNEL);

	if (!msg)
		return NULL;
	INIT_LIST_HEAD(&msg->link);
	msg->len = len;
	return msg;
}

static struct msg_msg *load_msg(const struct msgbuf __user *buf, long type, size_t len)
{
	struct msg_msg *msg = alloc_msg(len);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->type = type;
	if (!copy_from_user(msg->text, buf->mtext, len))
		return msg;
	kvfree(msg);
	return ERR_PTR(-EFAULT);
}

static bool fits(const struct msg_queue *msq, size_t len)
{
	return msq->cbytes + len <= msq->qbytes && msq->qnum + 1 <= msq->qbytes;
}

/* Whether a receiver that wants @want takes messages of @type. */
static bool matches(const struct msg_want *want, long type)
{
	if (!want->type || (want->flg & MSG_COPY))
		return true;
	if (want->type < 0)
		return type <= (want->type == LONG_MIN ? LONG_MAX : -want->type);
	return (want->flg & MSG_EXCEPT) ? type != want->type : type == want->type;
}

/* The message of the queue that msgrcv(2) is to give, or NULL. */
static struct msg_msg *find_msg(const struct msg_queue *msq, const struct msg_want *want)
{
	struct msg_msg *msg, *best = NULL;
	long nth = want->type;

	list_for_each_entry(msg, &msq->messages, link) {
		if (want->flg & MSG_COPY) {
			if (!nth--)
				return msg;
			continue;
		}
		if (!matches(want, msg->type))
			continue;
		if (want->type >= 0)
			return msg;
		if (!best || msg->type < best->type)
			best = msg;
		if (best->type == 1)
			break;
	}
	return best;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/*
 * @w is served, and gone from then on; its task's memory stays while the lock keeps preemption off
 * (RCU).
 */
static void serve(struct msg_waiter *w, int status)
{
	struct task_struct *task = w->task;

	list_del(&w->link);
	smp_store_release(&w->status, status); /* pairs with wait_served() */
	wake_up_process(task);
}

void msg_wake_all(struct msg_queue *msq, int status)
{
	struct msg_waiter *w, *next;

	list_for_each_entry_safe(w, next, &msq->receivers, link)
		serve(w, status);
	list_for_each_entry_safe(w, next, &msq->senders, link)
		serve(w, status);
}

static void free_queue(struct rcu_head *head)
{
	kfree(container_of(head, struct msg_queue, perm.rcu));
}

void msg_put_queue(struct msg_queue *msq)
{
	ipc_putref(&msq->perm, free_queue);
}

/*
 * Sleeps on @list until served: the status, or -ERESTARTNOHAND. The queue is locked before, and not
 * after: who was served need not look at it again.
 */
static int wait_served(struct msg_queue *msq, struct list_head *list, struct msg_waiter *w)
{
	w->task = current;
	w->status = MSG_WAITING;
	list_add_tail(&w->link, list);
	ipc_getref(&msq->perm);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		ipc_unlock(&msq->perm);
		schedule();
		if (likely(smp_load_acquire(&w->status) != MSG_WAITING))
			break;
		ipc_lock_object(&msq->perm);
		if (w->status == MSG_WAITING && signal_pending(current)) {
			list_del(&w->link);
			w->status = -ERESTARTNOHAND;
		}
		if (w->status != MSG_WAITING) {
			ipc_unlock(&msq->perm);
			break;
		}
	}
	msg_put_queue(msq);
	return w->status;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Hands @msg to the first receiver that wants it; those whose buffers are too small fail. */
static bool give_to_receiver(struct msg_queue *msq, struct msg_msg *msg)
{
	struct msg_waiter *w, *next;

	list_for_each_entry_safe(w, next, &msq->receivers, link) {
		if (!matches(w->want, msg->type))
			continue;
		if (msg->len > w->want->size && !(w->want->flg & MSG_NOERROR)) {
			serve(w, -E2BIG);
			continue;
		}
		w->msg = msg;
		msq->lrpid = task_tgid_nr(w->task);
		msq->rtime = ipc_time();
		serve(w, 0);
		return true;
	}
	return false;
}

/* @msg, which fits, is sent by @pid. */
static void put_msg(struct msg_queue *msq, struct msg_msg *msg, pid_t pid)
{
	msq->lspid = pid;
	msq->stime = ipc_time();
	if (give_to_receiver(msq, msg))
		return;
	list_add_tail(&msg->link, &msq->messages);
	msq->cbytes += msg->len;
	msq->qnum++;
	atomic_long_add(msg->len, &msg_total_bytes);
	atomic_long_inc(&msg_total_msgs);
}

/* 0, -errno, or MSG_WAITING: the queue is full. Locked. */
static int try_send(struct msg_queue *msq, struct msg_msg *msg, int flg)
{
	int err = ipcperms(&msq->perm, S_IWUGO);

	if (err)
		return err;
	if (!fits(msq, msg->len))
		return flg & IPC_NOWAIT ? -EAGAIN : MSG_WAITING;
	put_msg(msq, msg, task_tgid_nr(current));
	return 0;
}

static int send(int msqid, struct msg_msg *msg, int flg)
{
	struct msg_waiter w = {.msg = msg};
	struct kern_ipc_perm *perm;
	int ret = 0;

	do {
		perm = ipc_lock(&msg_ids, msqid);
		if (IS_ERR(perm))
			return ret ? -EIDRM : PTR_ERR(perm);
		ret = try_send(msq_of(perm), msg, flg);
		if (ret != MSG_WAITING) {
			ipc_unlock(perm);
			return ret;
		}
		ret = wait_served(msq_of(perm), &msq_of(perm)->senders, &w);
	} while (ret == -EAGAIN); /* rights or room have changed */
	return ret;
}

static long do_msgsnd(int msqid, long type, const struct msgbuf __user *buf, size_t len, int flg)
{
	struct msg_msg *msg;
	long ret;

	if ((ssize_t)len < 0 || len > (size_t)READ_ONCE(msg_ctlmax) || msqid < 0 || type < 1)
		return -EINVAL;
	msg = load_msg(buf, type, len);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	ret = send(msqid, msg, flg);
	if (ret)
		kvfree(msg);
	return ret;
}

SYSCALL_DEFINE4(msgsnd, int, msqid, const struct msgbuf __user *, buf, size_t, len, int, flg)
{
	__kernel_long_t type;

	if (get_user(type, &buf->mtype))
		return -EFAULT;
	return do_msgsnd(msqid, type, buf, len, flg);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Messages of waiting senders that fit now enter the queue. */
static void let_senders_in(struct msg_queue *msq)
{
	struct msg_waiter *w, *next;

	list_for_each_entry_safe(w, next, &msq->senders, link) {
		if (!fits(msq, 0))
			break;
		if (!fits(msq, w->msg->len))
			continue;
		put_msg(msq, w->msg, task_tgid_nr(w->task));
		serve(w, 0);
	}
}

static void take_msg(struct msg_queue *msq, struct msg_msg *msg)
{
	list_del(&msg->link);
	msq->cbytes -= msg->len;
	msq->qnum--;
	atomic_long_sub(msg->len, &msg_total_bytes);
	atomic_long_dec(&msg_total_msgs);
	msq->lrpid = task_tgid_nr(current);
	msq->rtime = ipc_time();
	let_senders_in(msq);
}

/* MSG_COPY: @copy becomes what the queue keeps. */
static struct msg_msg *copy_msg(const struct msg_msg *msg, struct msg_msg *copy)
{
	if (msg->len > copy->len)
		return ERR_PTR(-EINVAL);
	copy->type = msg->type;
	copy->len = msg->len;
	memcpy(copy->text, msg->text, msg->len);
	return copy;
}

/*
 * The message that @want gives, off the queue or in @copy; ERR_PTR; NULL: there is none yet.
 * Locked.
 */
static struct msg_msg *try_receive(struct msg_queue *msq, const struct msg_want *want,
				   struct msg_msg *copy)
{
	int err = ipcperms(&msq->perm, S_IRUGO);
	struct msg_msg *msg;

	if (err)
		return ERR_PTR(err);
	msg = find_msg(msq, want);
	if (!msg)
		return want->flg & IPC_NOWAIT ? ERR_PTR(-ENOMSG) : NULL;
	if (msg->len > want->size && !(want->flg & MSG_NOERROR))
		return ERR_PTR(-E2BIG);
	if (copy)
		return copy_msg(msg, copy);
	take_msg(msq, msg);
	return msg;
}

/* A message that is now the caller's, which may be @copy. Sleeps. */
static struct msg_msg *receive(int msqid, const struct msg_want *want, struct msg_msg *copy)
{
	struct msg_waiter w = {.want = want};
	struct kern_ipc_perm *perm;
	struct msg_msg *msg;
	int err = 0;

	do {
		perm = ipc_lock(&msg_ids, msqid);
		if (IS_ERR(perm))
			return err ? ERR_PTR(-EIDRM) : ERR_CAST(perm);
		msg = try_receive(msq_of(perm), want, copy);
		if (msg) {
			ipc_unlock(perm);
			return msg;
		}
		err = wait_served(msq_of(perm), &msq_of(perm)->receivers, &w);
	} while (err == -EAGAIN); /* rights have changed */
	return err ? ERR_PTR(err) : w.msg;
}

static long do_msgrcv(int msqid, struct msgbuf __user *buf, const struct msg_want *want)
{
	struct msg_msg *msg, *copy = NULL;
	long ret;

	if (msqid < 0 || (ssize_t)want->size < 0)
		return -EINVAL;
	if ((want->flg & MSG_COPY) && ((want->flg & MSG_EXCEPT) || !(want->flg & IPC_NOWAIT)))
		return -EINVAL;
	if (want->flg & MSG_COPY) {
		copy = alloc_msg(min_t(size_t, want->size, READ_ONCE(msg_ctlmax)));
		if (!copy)
			return -ENOMEM;
	}
	msg = receive(msqid, want, copy);
	if (IS_ERR(msg)) {
		kvfree(copy);
		return PTR_ERR(msg);
	}
	ret = min(msg->len, want->size);
	if (put_user(msg->type, &buf->mtype) || copy_to_user(buf->mtext, msg->text, ret))
		ret = -EFAULT;
	kvfree(msg);
	return ret;
}

SYSCALL_DEFINE5(msgrcv, int, msqid, struct msgbuf __user *, buf, size_t, size, long, type, int, flg)
{
	struct msg_want want = {.type = type, .flg = flg, .size = size};

	return do_msgrcv(msqid, buf, &want);
}
