/* SPDX-License-Identifier: MIT */
/*
 * fanotify(7), the kernel's side: what happened becomes an event with a path, to be opened when it
 * is read, or with records that name files by handle; permission events hold up who causes them
 * until the listener answers, goes away, or the task is killed.
 */
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/user.h>
#include <fs/exportfs.h>
#include <fs/poll.h>
#include "fanotify.h"

#define MERGE_DEPTH 128 /* how far back an event looks for one that it can join */

/* ---- records --------------------------------------------------------------------------------- */

u64 fanotify_fsid(struct super_block *sb)
{
	struct kstatfs k = {};

	if (sb->s_op->statfs && !sb->s_op->statfs(sb->s_root, &k) && k.f_fsid)
		return k.f_fsid;
	return huge_encode_dev(sb->s_dev);
}

#define RECORD_MAX \
	(sizeof(struct fanotify_event_info_fid) + 8 + MAX_HANDLE_SZ + NAME_MAX_LEN + 1 + 4)

/* Appends a record on @inode, @name behind its handle unless NULL. */
static void add_record(struct fan_event *e, unsigned int type, struct inode *inode,
		       const char *name)
{
	const struct export_operations *op = inode->i_sb->s_export_op;
	u8 *start = e->records + e->len, *p = start + sizeof(struct fanotify_event_info_fid);
	struct fanotify_event_info_fid head = {.hdr.info_type = type};
	u32 words[MAX_HANDLE_SZ / 4], handle[2];
	int len = ARRAY_SIZE(words);
	u64 fsid = fanotify_fsid(inode->i_sb);

	handle[1] = op ? op->encode_fh(inode, words, &len) : FILEID_INVALID;
	if (handle[1] == FILEID_INVALID)
		len = 0;
	handle[0] = len * 4;
	memcpy(p, handle, sizeof(handle));
	memcpy(p + sizeof(handle), words, len * 4);
	p += sizeof(handle) + len * 4;
	if (name) {
		memcpy(p, name, strlen(name) + 1);
		p += strlen(name) + 1;
	}
	while ((p - start) % 4)
		*p++ = 0;
	head.hdr.len = p - start;
	memcpy(&head.fsid, &fsid, sizeof(head.fsid));
	memcpy(start, &head, sizeof(head));
	e->len += p - start;
}

/* The directory that the event is about, and the name in it; "." for a directory itself. */
static void add_dir_record(struct fan_event *e, const struct fanotify *fan,
			   const struct fsnotify_info *info)
{
	bool named = fan->flags & FAN_REPORT_NAME;
	unsigned int type = named ? FAN_EVENT_INFO_TYPE_DFID_NAME : FAN_EVENT_INFO_TYPE_DFID;

	if (info->dir)
		add_record(e, type, info->dir, named ? info->name : NULL);
	else if (info->inode && S_ISDIR(info->inode->i_mode))
		add_record(e, type, info->inode, named ? "." : NULL);
}

static void add_rename_records(struct fan_event *e, const struct fsnotify_info *info)
{
	if (info->tell_old)
		add_record(e, FAN_EVENT_INFO_TYPE_OLD_DFID_NAME, info->old_dir, info->old_name);
	if (info->tell_new)
		add_record(e, FAN_EVENT_INFO_TYPE_NEW_DFID_NAME, info->dir, info->name);
}

/* fanotify_init(2), FAN_REPORT_*: which records an event has. */
static int add_records(struct fan_event *e, const struct fanotify *fan,
		       const struct fsnotify_info *info)
{
	bool dirent = info->mask & FS_DIRENT_EVENTS;
	bool self = info->mask & (FS_DELETE_SELF | FS_MOVE_SELF);
	struct inode *object = info->inode;

	e->records = kmalloc(3 * RECORD_MAX, GFP_KERNEL);
	if (!e->records)
		return -ENOMEM;
	if (info->mask & FS_RENAME)
		add_rename_records(e, info);
	else if ((fan->flags & FAN_REPORT_DIR_FID) && !(self && !S_ISDIR(object->i_mode)))
		add_dir_record(e, fan, info);
	/* A name's event is about its directory, unless the file itself is asked for too. */
	if (dirent && !(fan->flags & FAN_REPORT_TARGET_FID)) {
		if (!e->len)
			add_record(e, FAN_EVENT_INFO_TYPE_FID, info->dir, NULL);
	} else if (object && (fan->flags & FAN_REPORT_FID) &&
		   (dirent || !S_ISDIR(object->i_mode) || !e->len)) {
		add_record(e, FAN_EVENT_INFO_TYPE_FID, object, NULL);
	}
	return 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

void fan_event_free(struct fan_event *e)
{
	if (e->path.mnt)
		path_put(&e->path);
	put_pid(e->pid);
	kfree(e->records);
	kfree(e);
}

static struct fan_event *new_event(struct fanotify *fan, u32 mask, const struct fsnotify_info *info)
{
	struct fan_event *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	e->mask = mask;
	e->fd = FAN_NOFD;
	if (!info)
		return e;
	e->pid = get_pid(fan->flags & FAN_REPORT_TID ? current->thread_pid : task_tgid(current));
	if (fan->flags & FAN_FID_BITS) {
		if (add_records(e, fan, info)) {
			fan_event_free(e);
			return NULL;
		}
	} else if (info->path) {
		e->path = *info->path;
		path_get(&e->path);
	}
	return e;
}

/* Same file, same task: the masks of both are one event's. */
static bool can_merge(const struct fan_event *old, const struct fan_event *new)
{
	if (old->state != PERM_NONE || old->pid != new->pid || (old->mask & FAN_Q_OVERFLOW))
		return false;
	if (new->records)
		return old->records && !((old->mask ^ new->mask) & FAN_ONDIR) &&
		       !((old->mask | new->mask) & FAN_RENAME) && old->len == new->len &&
		       !memcmp(old->records, new->records, new->len);
	return path_equal(&old->path, &new->path);
}

/* group->lock held. True: the group has it; else the caller frees it. */
static bool enqueue(struct fanotify *fan, struct fan_event *new)
{
	struct fsnotify_group *group = &fan->group;
	struct fan_event *e;
	int depth = 0;

	if (group->shutdown)
		return false;
	if (new->state == PERM_NONE) {
		list_for_each_entry_reverse(e, &group->queue, list) {
			if (depth++ >= MERGE_DEPTH)
				break;
			if (can_merge(e, new)) {
				e->mask |= new->mask;
				return false;
			}
		}
	}
	if (group->nr_events >= group->max_events && new->state == PERM_NONE) {
		e = list_last_entry(&group->queue, struct fan_event, list);
		if (e->mask & FAN_Q_OVERFLOW)
			return false;
		new->mask = FAN_Q_OVERFLOW;
		new->len = 0;
	}
	list_add_tail(&new->list, &group->queue);
	group->nr_events++;
	return true;
}

static bool is_answered(const struct fan_event *e)
{
	return READ_ONCE(e->state) == PERM_ANSWERED;
}

/* Sleeps until the listener has decided: 0 or -EPERM; a killed task does not go on: -EPERM too. */
static int wait_for_answer(struct fanotify *fan, struct fan_event *e)
{
	int err = wait_event_killable(fan->answered, is_answered(e));

	spin_lock(&fan->group.lock);
	if (e->state != PERM_ANSWERED) {
		list_del(&e->list);
		if (e->state == PERM_WAITING)
			fan->group.nr_events--;
	} else {
		err = (e->answer & ~FAN_AUDIT) == FAN_DENY ? -EPERM : 0;
	}
	spin_unlock(&fan->group.lock);
	return err ? -EPERM : 0;
}

static int fanotify_handle_event(struct fsnotify_group *group, struct fsnotify_mark *mark, u32 mask,
				 const struct fsnotify_info *info, bool child)
{
	struct fanotify *fan = fanotify_of(group);
	bool perm = mask & FS_PERM_EVENTS;
	struct fan_event *e;
	bool taken;
	int err = 0;

	/* Only records can say that a file was a directory. */
	if (!(fan->flags & FAN_FID_BITS)) {
		mask &= ~FS_ISDIR;
		if (!info->path)
			return 0;
	}
	e = new_event(fan, mask, info);
	if (!e)
		return perm ? -ENOMEM : 0;
	/* What happens to a file itself says nothing to who asks for directories only. */
	if ((fan->flags & FAN_FID_BITS) && !e->len) {
		fan_event_free(e);
		return 0;
	}
	e->state = perm ? PERM_WAITING : PERM_NONE;
	spin_lock(&group->lock);
	taken = enqueue(fan, e);
	spin_unlock(&group->lock);
	if (taken)
		wake_up_poll(&group->wait, (__force unsigned int)(EPOLLIN | EPOLLRDNORM));
	if (taken && perm)
		err = wait_for_answer(fan, e);
	if (!taken || perm)
		fan_event_free(e);
	return err;
}

void fanotify_flush(struct fanotify *fan)
{
	struct fan_event *e, *next;

	spin_lock(&fan->group.lock);
	list_for_each_entry_safe(e, next, &fan->answers, list) {
		list_del_init(&e->list);
		e->answer = FAN_ALLOW;
		WRITE_ONCE(e->state, PERM_ANSWERED);
	}
	list_for_each_entry_safe(e, next, &fan->group.queue, list) {
		list_del_init(&e->list);
		if (e->state == PERM_NONE) {
			spin_unlock(&fan->group.lock);
			fan_event_free(e);
			spin_lock(&fan->group.lock);
		} else {
			e->answer = FAN_ALLOW;
			WRITE_ONCE(e->state, PERM_ANSWERED);
		}
	}
	spin_unlock(&fan->group.lock);
	wake_up_all(&fan->answered);
}

static void fanotify_freeing_mark(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	if (!(fanotify_of(group)->flags & FAN_UNLIMITED_MARKS))
		atomic_dec(&group->user->fanotify_marks);
}

static void fanotify_free_mark(struct fsnotify_mark *mark)
{
	kfree(container_of(mark, struct fan_mark, mark));
}

static void fanotify_free_group(struct fsnotify_group *group)
{
	kfree(fanotify_of(group));
}

const struct fsnotify_ops fanotify_ops = {
	.handle_event = fanotify_handle_event,
	.freeing_mark = fanotify_freeing_mark,
	.free_mark = fanotify_free_mark,
	.free_group = fanotify_free_group,
};
