/* SPDX-License-Identifier: MIT */
/* fanotify(7), between fanotify.c (events made and queued) and fanotify_user.c (the calls). */
#ifndef FS_NOTIFY_FANOTIFY_H
#define FS_NOTIFY_FANOTIFY_H

#include <fs/fsnotify.h>
#include <uapi/fanotify.h>
#include "../internal.h"

#define FAN_FID_BITS (FAN_REPORT_FID | FAN_REPORT_DIR_FID | FAN_REPORT_NAME | FAN_REPORT_TARGET_FID)

struct fanotify {
	struct fsnotify_group group;
	unsigned int flags; /* of fanotify_init(2); constant */
	unsigned int f_flags; /* of the descriptors in events; constant */
	struct list_head answers; /* group.lock; permission events that were read */
	wait_queue_head_t answered;
	bool privileged; /* constant */
};

enum perm_state { PERM_NONE, PERM_WAITING, PERM_READ, PERM_ANSWERED };

/*
 * In the queue, or (permission events that were read) in answers. A permission event belongs to
 * the task that waits for the answer; others to the queue.
 */
struct fan_event {
	struct list_head list;
	u32 mask;
	struct pid *pid; /* referenced */
	struct path path; /* referenced; mnt NULL: no descriptor, but records */
	u8 *records; /* info records as they are read */
	unsigned int len;
	enum perm_state state; /* group.lock, with fd and answer */
	int fd;
	u32 answer;
};

struct fan_mark {
	struct fsnotify_mark mark;
};

static inline struct fanotify *fanotify_of(struct fsnotify_group *group)
{
	return container_of(group, struct fanotify, group);
}

extern const struct fsnotify_ops fanotify_ops;
/* What statfs(2) says of @sb. */
u64 fanotify_fsid(struct super_block *sb);
void fan_event_free(struct fan_event *e);
/* Everybody who waits is let through; the queue is emptied. After fsnotify_shutdown_group(). */
void fanotify_flush(struct fanotify *fan);

#endif
