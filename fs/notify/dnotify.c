/* SPDX-License-Identifier: MIT */
/*
 * dnotify, fcntl(2) F_NOTIFY: a process asks for a signal when something happens in a directory
 * that it has open. All requests are marks of one group; a mark has the requests of its directory,
 * each of one open file in one descriptor table, and ends when that table closes the file.
 *
 * Requests are added and removed under the group's mark_mutex, and their list is changed and walked
 * under its lock.
 */
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/sysctl.h>
#include <uapi/poll.h>
#include <uapi/siginfo.h>
#include <uapi/signal.h>
#include <fs/fsnotify.h>
#include "../internal.h"

struct dn_request {
	struct dn_request *next;
	struct file *file; /* not counted: dnotify_flush() comes before it goes */
	const void *owner; /* the descriptor table */
	u32 mask; /* FS_* */
	bool multishot;
	struct fasync_struct *fasync; /* its one entry: whom to tell */
};

struct dn_mark {
	struct fsnotify_mark mark;
	struct dn_request *requests;
};

static struct fsnotify_group dn_group;
static int dir_notify_enable = 1;

static struct dn_mark *dn_mark_of(struct fsnotify_mark *mark)
{
	return container_of(mark, struct dn_mark, mark);
}

static u32 events_of(unsigned long arg)
{
	static const struct {
		u32 dn, fs;
	} map[] = {
		{DN_ACCESS, FS_ACCESS},
		{DN_MODIFY, FS_MODIFY},
		{DN_ATTRIB, FS_ATTRIB},
		{DN_RENAME, FS_RENAME},
		{DN_CREATE, FS_CREATE | FS_MOVED_TO},
		{DN_DELETE, FS_DELETE | FS_MOVED_FROM},
	};
	u32 mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (arg & map[i].dn)
			mask |= map[i].fs;
	return mask;
}

/* The mark hears what any of its requests wants to hear. */
static void update_mark(struct dn_mark *dn)
{
	u32 mask = FS_EVENT_ON_CHILD | FS_ISDIR;

	spin_lock(&dn_group.lock);
	for (struct dn_request *r = dn->requests; r; r = r->next)
		mask |= r->mask;
	spin_unlock(&dn_group.lock);
	fsnotify_change_mark(&dn->mark, mask, 0, dn->mark.flags);
}

static int dnotify_handle_event(struct fsnotify_group *group, struct fsnotify_mark *mark, u32 mask,
				const struct fsnotify_info *info, bool child)
{
	struct dn_mark *dn = dn_mark_of(mark);

	/* A file that comes or goes by rename(2) is created or deleted for the directory. */
	if (info->dir != info->old_dir)
		mask &= ~FS_RENAME;
	spin_lock(&group->lock);
	for (struct dn_request *r = dn->requests; r; r = r->next) {
		if (!(r->mask & mask & ~FS_ISDIR))
			continue;
		kill_fasync(&r->fasync, SIGIO, POLL_MSG);
		if (!r->multishot)
			r->mask = 0; /* it has had its signal; close(2) frees it */
	}
	spin_unlock(&group->lock);
	return 0;
}

static void dnotify_freeing_mark(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
}

static void free_request(struct dn_request *r)
{
	fasync_helper(-1, r->file, 0, &r->fasync);
	kfree(r);
}

static void dnotify_free_mark(struct fsnotify_mark *mark)
{
	kfree(dn_mark_of(mark));
}

static const struct fsnotify_ops dnotify_ops = {
	.handle_event = dnotify_handle_event,
	.freeing_mark = dnotify_freeing_mark,
	.free_mark = dnotify_free_mark,
};

static struct dn_request *find_request(struct dn_mark *dn, struct file *file, const void *owner)
{
	struct dn_request *r = dn->requests;

	while (r && (r->file != file || r->owner != owner))
		r = r->next;
	return r;
}

void dnotify_flush(struct file *file, const void *owner)
{
	struct fsnotify_mark *mark;
	struct dn_request *r = NULL, **at;
	struct dn_mark *dn;

	mutex_lock(&dn_group.mark_mutex);
	mark = fsnotify_find_mark(&dn_group, FSNOTIFY_INODE, file_inode(file));
	if (mark) {
		dn = dn_mark_of(mark);
		r = find_request(dn, file, owner);
		if (r) {
			spin_lock(&dn_group.lock);
			for (at = &dn->requests; *at != r;)
				at = &(*at)->next;
			*at = r->next;
			spin_unlock(&dn_group.lock);
			free_request(r);
		}
		if (!dn->requests)
			fsnotify_destroy_mark(mark);
		else
			update_mark(dn);
		fsnotify_put_mark(mark);
	}
	mutex_unlock(&dn_group.mark_mutex);
}

/* The mark on @inode, made if need be; referenced. mark_mutex held. */
static struct dn_mark *get_mark(struct inode *inode)
{
	struct fsnotify_mark *mark = fsnotify_find_mark(&dn_group, FSNOTIFY_INODE, inode);
	struct dn_mark *dn;

	if (mark)
		return dn_mark_of(mark);
	dn = kzalloc(sizeof(*dn), GFP_KERNEL);
	if (!dn)
		return NULL;
	fsnotify_mark_init(&dn->mark, &dn_group);
	dn->mark.type = FSNOTIFY_INODE;
	dn->mark.inode = inode;
	fsnotify_add_mark(&dn->mark);
	return dn;
}

static int add_request(struct dn_mark *dn, int fd, struct file *file, unsigned long arg)
{
	struct dn_request *r = find_request(dn, file, current->files);
	bool new = !r;
	int err;

	if (new) {
		r = kzalloc(sizeof(*r), GFP_KERNEL);
		if (!r)
			return -ENOMEM;
		r->file = file;
		r->owner = current->files;
	}
	err = fasync_helper(fd, file, 1, &r->fasync);
	if (err < 0) {
		if (new)
			kfree(r);
		return err;
	}
	spin_lock(&dn_group.lock);
	r->mask |= events_of(arg);
	r->multishot = arg & DN_MULTISHOT;
	if (new) {
		r->next = dn->requests;
		dn->requests = r;
	}
	spin_unlock(&dn_group.lock);
	return 0;
}

long fcntl_dirnotify(int fd, struct file *file, unsigned long arg)
{
	struct dn_mark *dn;
	int err;

	if (!READ_ONCE(dir_notify_enable))
		return -EINVAL;
	if (!events_of(arg)) {
		dnotify_flush(file, current->files);
		return 0;
	}
	if (!S_ISDIR(file_inode(file)->i_mode))
		return -ENOTDIR;
	err = fown_default(file);
	if (err)
		return err;
	mutex_lock(&dn_group.mark_mutex);
	dn = get_mark(file_inode(file));
	err = dn ? add_request(dn, fd, file, arg) : -ENOMEM;
	if (dn) {
		update_mark(dn);
		if (!dn->requests)
			fsnotify_destroy_mark(&dn->mark);
		fsnotify_put_mark(&dn->mark);
	}
	mutex_unlock(&dn_group.mark_mutex);
	return err;
}

static const struct ctl_table dnotify_table[] = {
	{.procname = "dir-notify-enable",
	 .data = &dir_notify_enable,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec},
};

static int __init dnotify_init(void)
{
	fsnotify_group_init(&dn_group, &dnotify_ops);
	return register_sysctl("fs", dnotify_table, ARRAY_SIZE(dnotify_table));
}
fs_initcall(dnotify_init);
