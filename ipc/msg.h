/* SPDX-License-Identifier: MIT */
/*
 * System V message queues: the objects. (l) perm.lock.
 *
 * A task that waits is on the queue's list of senders or receivers, on its own stack. Who serves it
 * (hands it a message, takes its message, removes the queue) unlinks it and sets ->status; after
 * that the waiter may be gone.
 */
#ifndef IPC_MSG_H
#define IPC_MSG_H

#include <lib/list.h>
#include <uapi/msg.h>
#include "util.h"

struct msg_msg {
	struct list_head link; /* (l) */
	long type;
	size_t len;
	char text[];
};

struct msg_queue {
	struct kern_ipc_perm perm;
	time64_t stime, rtime, ctime; /* (l) */
	unsigned long cbytes, qnum, qbytes; /* (l) bytes and messages in it, most bytes */
	pid_t lspid, lrpid; /* (l) */
	struct list_head messages, senders, receivers; /* (l) oldest first */
};

#define MSG_WAITING 1 /* a waiter's ->status until it is served: then 0 or -errno */
/* -EAGAIN: the queue's rights or size changed, look again. */

extern atomic_long_t msg_total_bytes, msg_total_msgs; /* in all queues */

static inline struct msg_queue *msq_of(struct kern_ipc_perm *perm)
{
	return container_of(perm, struct msg_queue, perm);
}
/* Wakes everybody who waits, with this status. Lock held. */
void msg_wake_all(struct msg_queue *msq, int status);
void msg_put_queue(struct msg_queue *msq);
/* Makes it vanish; the lock is given up. rwsem held for writing. Sleeps. */
void msg_remove_queue(struct msg_queue *msq);

#endif
