/* SPDX-License-Identifier: MIT */
/*
 * Loop devices: a file seen as a disk. loop.c moves the data, loop_ioctl.c binds and unbinds.
 *
 * States: unbound (no file, capacity 0) -> bound -> rundown (being unbound: requests fail) ->
 * unbound. Locks: (m) lo->mutex; (q) lo->lock, IRQs off. Order: disk->open_mutex > lo->mutex.
 */
#ifndef DRIVERS_BLOCK_LOOP_H
#define DRIVERS_BLOCK_LOOP_H

#include <lib/kconfig.h>
#include <kernel/mutex.h>
#include <kernel/wait.h>
#include <fs/blkdev.h>
#include <uapi/loop.h>

#define LOOP_MAX_MINOR	(MINORMASK + 1)
#define LOOP_CTRL_MINOR 237

enum loop_state { LOOP_UNBOUND, LOOP_BOUND, LOOP_RUNDOWN };

struct loop_device {
	int number; /* (i) */
	struct mutex mutex;
	enum loop_state state; /* (m) */
	struct file *file; /* (m) the backing file; stable while a request runs */
	loff_t offset, sizelimit; /* (m) bytes; limit 0: none */
	u32 flags; /* (m) LO_FLAGS_* */
	gfp_t old_gfp; /* (m) of the backing file's pages */
	char file_name[LO_NAME_SIZE]; /* (m) what user space calls it */
	struct gendisk *disk; /* (i) */
	struct blk_mq_tag_set tag_set;
	struct task_struct *thread; /* (m) */
	spinlock_t lock;
	struct request *queue, *queue_tail; /* (q) */
	struct wait_queue_head wait; /* the thread: for requests */
	struct sysfs_node *sysfs; /* (m) "loop" below the disk's directory */
};

/* loop.c */
extern const struct blk_mq_ops loop_mq_ops;
int loop_thread(void *lo);

/* loop_ioctl.c */
int loop_ioctl(struct block_device *bdev, fmode_t mode, unsigned int cmd, unsigned long arg);
void loop_release(struct gendisk *disk, fmode_t mode);
bool is_loop_disk(const struct gendisk *disk);

#endif
