/* SPDX-License-Identifier: MIT */
/*
 * What the files of the POSIX message queues share. A queue is an inode of the mqueue file system;
 * mq_overview(7), Documentation/ipc.md.
 *
 * (l) info->lock, a spinlock under which nothing sleeps; (i) constant once the inode is visible.
 */
#ifndef IPC_MQUEUE_H
#define IPC_MQUEUE_H

#include <fs/fs.h>
#include <kernel/pid.h>
#include <kernel/wait.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <uapi/mqueue.h>
#include <uapi/siginfo.h>

struct sk_buff;
struct sock;
struct user_struct;

/* The oldest message of its priority is in the queue's tree, the others follow it in ->same. */
struct mq_msg {
	struct rb_node node; /* (l) by falling priority */
	struct list_head same; /* (l) of the same priority, oldest first */
	unsigned int prio;
	size_t len;
	char text[];
};

/* A task that waits for room (with its message) or for a message; on its stack. */
struct mq_waiter {
	struct list_head link; /* (l) by task->prio, then age */
	struct task_struct *task;
	struct mq_msg *msg; /* (l) */
	bool done; /* the other side took or brought ->msg, unlinked us and looks no more */
};

struct mqueue_inode_info {
	struct inode vfs;
	spinlock_t lock;
	wait_queue_head_t wait_q; /* pollers */
	struct rb_root_cached msgs; /* (l) */
	struct list_head senders; /* (l) waiters; empty unless the queue is full */
	struct list_head receivers; /* (l) waiters; empty unless the queue is empty */
	long maxmsg, msgsize; /* (i) */
	long curmsgs; /* (l) */
	unsigned long qsize; /* (l) bytes in the queue */
	struct pid *notify_owner; /* (l) who is told of the next message; NULL: nobody */
	int notify_how, notify_signo; /* (l) SIGEV_*; */
	sigval_t notify_value; /* (l) */
	struct sock *notify_sock; /* (l) SIGEV_THREAD: referenced, */
	struct sk_buff *notify_cookie; /* (l) and the message that it is promised */
	struct user_struct *user; /* (i) whom the queue's room is charged to; NULL: a directory */
	long charged; /* (i) bytes */
};

static inline struct mqueue_inode_info *mqueue_i(struct inode *inode)
{
	return container_of(inode, struct mqueue_inode_info, vfs);
}

/* ---- mqueue_fs.c ---- */

extern struct vfsmount *mqueue_mnt; /* the kernel's own; never NULL after boot */
extern const struct file_operations mqueue_fops;
/*
 * Makes a queue called @dentry (negative) in the locked directory @dir; @attr NULL: the defaults.
 * 0, -EINVAL (attr out of range), -ENOSPC (queues_max), -EMFILE (RLIMIT_MSGQUEUE), -ENOMEM.
 */
int mqueue_create_attr(struct inode *dir, struct dentry *dentry, umode_t mode,
		       const struct mq_attr *attr);

/* ---- mqueue.c ---- */

/* Nobody is told any more; who waits on a netlink socket learns of that. info->lock held. */
void mqueue_remove_notification(struct mqueue_inode_info *info);
/* Sends the cookie with @what (NOTIFY_*) in its last byte, if there is one. info->lock held. */
void mqueue_send_cookie(struct mqueue_inode_info *info, int what);

/* ---- mqueue_msg.c ---- */

void mqueue_msg_init(struct mqueue_inode_info *info);
/* Frees what is in a queue that nobody can reach any more. */
void mqueue_free_msgs(struct mqueue_inode_info *info);
/*
 * mq_timedsend(3), mq_timedreceive(3) on an open file; @when is CLOCK_REALTIME, KTIME_MAX: no
 * limit. 0 or the length; -EMSGSIZE, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -EFAULT, -ENOMEM. Sleep.
 */
long mqueue_send(struct file *file, const char __user *text, size_t len, unsigned int prio,
		 ktime_t when);
long mqueue_receive(struct file *file, char __user *text, size_t len, unsigned int __user *uprio,
		    ktime_t when);

#endif
