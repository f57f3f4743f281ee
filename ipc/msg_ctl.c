/* SPDX-License-Identifier: MIT */
/* System V message queues: msgget(2) and msgctl(2). */
#include <fs/seq_file.h>
#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/capability.h>
#include "msg.h"

/* ---- get ------------------------------------------------------------------------------------- */

static int new_queue(const struct ipc_params *params)
{
	struct msg_queue *msq = kzalloc(sizeof(*msq), GFP_KERNEL);
	int id;

	if (!msq)
		return -ENOMEM;
	ipc_init_perm(&msq->perm, params);
	INIT_LIST_HEAD(&msq->messages);
	INIT_LIST_HEAD(&msq->senders);
	INIT_LIST_HEAD(&msq->receivers);
	msq->ctime = ipc_time();
	msq->qbytes = READ_ONCE(msg_ctlmnb);
	id = ipc_addid(&msg_ids, &msq->perm, READ_ONCE(msg_ctlmni));
	if (id < 0)
		kfree(msq);
	return id;
}

SYSCALL_DEFINE2(msgget, key_t, key, int, flg)
{
	static const struct ipc_ops ops = {.getnew = new_queue};
	struct ipc_params params = {.key = key, .flg = flg};

	return ipcget(&msg_ids, &ops, &params);
}

/* ---- control --------------------------------------------------------------------------------- */

void msg_remove_queue(struct msg_queue *msq)
{
	struct msg_msg *msg, *next;

	ipc_rmid(&msg_ids, &msq->perm);
	msg_wake_all(msq, -EIDRM);
	ipc_unlock(&msq->perm);
	list_for_each_entry_safe(msg, next, &msq->messages, link)
		kvfree(msg);
	atomic_long_sub(msq->cbytes, &msg_total_bytes);
	atomic_long_sub(msq->qnum, &msg_total_msgs);
	msg_put_queue(msq);
}

/* Locked. Everybody who waits looks again: rights and room may have changed. */
static int set_queue(struct msg_queue *msq, const struct msqid64_ds *in)
{
	int err;

	if (in->msg_qbytes > (unsigned long)READ_ONCE(msg_ctlmnb) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = ipc_update_perm(&msq->perm, &in->msg_perm);
	if (err)
		return err;
	msq->qbytes = in->msg_qbytes;
	msq->ctime = ipc_time();
	msg_wake_all(msq, -EAGAIN);
	return 0;
}

static long msgctl_set(int msqid, const struct msqid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct msqid64_ds in;
	int err;

	if (copy_from_user(&in, ubuf, sizeof(in)))
		return -EFAULT;
	down_write(&msg_ids.rwsem);
	perm = ipc_lock_owned(&msg_ids, msqid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err) {
		err = set_queue(msq_of(perm), &in);
		ipc_unlock(perm);
	}
	up_write(&msg_ids.rwsem);
	return err;
}

static long msgctl_rmid(int msqid)
{
	struct kern_ipc_perm *perm;
	int err;

	down_write(&msg_ids.rwsem);
	perm = ipc_lock_owned(&msg_ids, msqid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err)
		msg_remove_queue(msq_of(perm));
	up_write(&msg_ids.rwsem);
	return err;
}

static void fill_stat(struct msqid64_ds *out, const struct msg_queue *msq)
{
	memset(out, 0, sizeof(*out));
	ipc_fill_perm64(&out->msg_perm, &msq->perm);
	out->msg_stime = msq->stime;
	out->msg_rtime = msq->rtime;
	out->msg_ctime = msq->ctime;
	out->msg_cbytes = msq->cbytes;
	out->msg_qnum = msq->qnum;
	out->msg_qbytes = msq->qbytes;
	out->msg_lspid = msq->lspid;
	out->msg_lrpid = msq->lrpid;
}

/* IPC_STAT of an id: 0; MSG_STAT of an index: the id. */
static long msgctl_stat(int msqid, int cmd, struct msqid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct msqid64_ds out;
	long ret;

	perm = cmd == IPC_STAT ? ipc_lock(&msg_ids, msqid) : ipc_lock_index(&msg_ids, msqid);
	if (IS_ERR(perm))
		return PTR_ERR(perm);
	ret = cmd == MSG_STAT_ANY ? 0 : ipcperms(perm, S_IRUGO);
	if (!ret) {
		fill_stat(&out, msq_of(perm));
		ret = cmd == IPC_STAT ? 0 : perm->id;
	}
	ipc_unlock(perm);
	if (ret >= 0 && copy_to_user(ubuf, &out, sizeof(out)))
		ret = -EFAULT;
	return ret;
}

static long msgctl_info(int cmd, struct msginfo __user *uinfo)
{
	struct msginfo info = {
		.msgmax = READ_ONCE(msg_ctlmax),
		.msgmnb = READ_ONCE(msg_ctlmnb),
		.msgmni = READ_ONCE(msg_ctlmni),
		.msgssz = MSGSSZ,
		.msgseg = MSGSEG,
		.msgpool = MSGPOOL,
		.msgmap = MSGMAP,
		.msgtql = MSGTQL,
	};
	int max_idx;

	down_read(&msg_ids.rwsem);
	if (cmd == MSG_INFO) {
		info.msgpool = msg_ids.in_use;
		info.msgmap = min_t(long, atomic_long_read(&msg_total_msgs), INT_MAX);
		info.msgtql = min_t(long, atomic_long_read(&msg_total_bytes), INT_MAX);
	}
	max_idx = ipc_max_idx(&msg_ids);
	up_read(&msg_ids.rwsem);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : max_idx;
}

SYSCALL_DEFINE3(msgctl, int, msqid, int, cmd, void __user *, buf)
{
	if (msqid < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msgctl_info(cmd, buf);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msgctl_stat(msqid, cmd, buf);
	case IPC_SET:
		return msgctl_set(msqid, buf);
	case IPC_RMID:
		return msgctl_rmid(msqid);
	default:
		return -EINVAL;
	}
}

void msg_show(struct seq_file *m, struct kern_ipc_perm *perm)
{
	struct msg_queue *q = msq_of(perm);

	seq_printf(m, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10llu %10llu %10llu\n",
		   perm->key, perm->id, perm->mode, q->cbytes, q->qnum, q->lspid, q->lrpid,
		   perm->uid, perm->gid, perm->cuid, perm->cgid, (unsigned long long)q->stime,
		   (unsigned long long)q->rtime, (unsigned long long)q->ctime);
}
