/* SPDX-License-Identifier: MIT */
/* What fs/locks.c (flock, record locks) and fs/leases.c share: the locks of one inode. */
#ifndef FS_LOCKS_H
#define FS_LOCKS_H

#include <kernel/wait.h>
#include "internal.h"

struct file_lock_context {
	spinlock_t flc_lock;
	struct list_head posix; /* flc_lock; POSIX and OFD, by start */
	struct list_head flock; /* flc_lock */
	struct list_head lease; /* flc_lock */
	wait_queue_head_t wait;
};

/* The inode's, made if need be; NULL: no memory. It stays as long as the inode. */
struct file_lock_context *locks_get_context(struct inode *inode);

static inline void locks_wake_waiters(struct file_lock_context *ctx)
{
	if (wq_has_sleeper(&ctx->wait))
		wake_up_all(&ctx->wait);
}

#endif
