/* SPDX-License-Identifier: MIT */
/*
 * inotify(7): a group whose marks are watches, each with a number, and whose events are read as
 * struct inotify_event.
 *
 * A watch number is in the table from the moment its mark is attached until IN_IGNORED for it is
 * queued; numbers go up and come back only after two thousand million.
 */
#include <lib/err.h>
#include <lib/xarray.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <kernel/user.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <uapi/inotify.h>
#include <uapi/termios.h>
#include "../internal.h"
#include "fdinfo.h"

static int max_user_instances = 128, max_user_watches = 8192, max_queued_events = 16384;

struct inotify {
	struct fsnotify_group group;
	struct xarray watches; /* by number; group.lock */
	u32 last_wd; /* group.mark_mutex */
	struct fasync_struct *fasync;
};

struct inotify_watch {
	struct fsnotify_mark mark;
	int wd;
	u32 user_mask; /* as it was asked for; mark_mutex */
};

struct inotify_queued {
	struct list_head list;
	int wd;
	u32 mask, cookie;
	unsigned int name_len; /* with its NULs, as it is read; 0: no name */
	char name[];
};

static const struct file_operations inotify_fops;

static struct inotify *inotify_of(struct fsnotify_group *group)
{
	return container_of(group, struct inotify, group);
}

static struct inotify_watch *watch_of(struct fsnotify_mark *mark)
{
	return container_of(mark, struct inotify_watch, mark);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static struct inotify_queued *new_event(int wd, u32 mask, u32 cookie, const char *name)
{
	unsigned int len = name ? ALIGN(strlen(name) + 1, sizeof(struct inotify_event)) : 0;
	struct inotify_queued *e = kzalloc(sizeof(*e) + len, GFP_KERNEL);

	if (!e)
		return NULL;
	e->wd = wd;
	e->mask = mask;
	e->cookie = cookie;
	e->name_len = len;
	if (name)
		strcpy(e->name, name);
	return e;
}

/* The same thing again right after is one event (inotify(7)). */
static bool same_event(const struct inotify_queued *a, const struct inotify_queued *b)
{
	return a->wd == b->wd && a->mask == b->mask && a->cookie == b->cookie &&
	       !(a->mask & IN_IGNORED) && a->name_len == b->name_len &&
	       !memcmp(a->name, b->name, a->name_len);
}

static bool overflow_is_last(const struct fsnotify_group *group)
{
	return list_last_entry(&group->queue, struct inotify_queued, list)->mask & IN_Q_OVERFLOW;
}

/* group->lock held. True: the group has taken @e. */
static bool enqueue(struct fsnotify_group *group, struct inotify_queued *e)
{
	if (group->shutdown)
		return false;
	if (group->nr_events >= group->max_events) {
		if (!list_empty(&group->queue) && overflow_is_last(group))
			return false;
		e->wd = -1;
		e->mask = IN_Q_OVERFLOW;
		e->cookie = e->name_len = 0;
	} else if (!list_empty(&group->queue) &&
		   same_event(list_last_entry(&group->queue, struct inotify_queued, list), e)) {
		return false;
	}
	list_add_tail(&e->list, &group->queue);
	group->nr_events++;
	return true;
}

static void queue_event(struct fsnotify_group *group, int wd, u32 mask, u32 cookie,
			const char *name)
{
	struct inotify_queued *e = new_event(wd, mask, cookie, name);
	bool taken;

	if (!e) {
		/* Something was lost: the reader learns that much when there is memory. */
		e = new_event(-1, IN_Q_OVERFLOW, 0, NULL);
		if (!e)
			return;
	}
	spin_lock(&group->lock);
	taken = enqueue(group, e);
	spin_unlock(&group->lock);
	if (!taken) {
		kfree(e);
		return;
	}
	wake_up_poll(&group->wait, (__force unsigned int)(EPOLLIN | EPOLLRDNORM));
	kill_fasync(&inotify_of(group)->fasync, SIGIO, POLL_IN);
}

/* ---- what the core calls --------------------------------------------------------------------- */

static int inotify_handle_event(struct fsnotify_group *group, struct fsnotify_mark *mark, u32 mask,
				const struct fsnotify_info *info, bool child)
{
	bool named = child || (info->mask & FS_DIRENT_EVENTS);

	if ((mark->flags & FSNOTIFY_EXCL_UNLINK) && child && info->path &&
	    d_unlinked(info->path->dentry))
		return 0;
	mask &= IN_ALL_EVENTS | IN_UNMOUNT | IN_ISDIR;
	/* Of these a watcher of the directory itself was never told that it is one. */
	if (mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		mask &= ~IN_ISDIR;
	if (!(mask & ~IN_ISDIR))
		return 0;
	queue_event(group, watch_of(mark)->wd, mask, info->cookie, named ? info->name : NULL);
	if (mark->flags & FSNOTIFY_ONESHOT)
		fsnotify_destroy_mark(mark);
	return 0;
}

static void inotify_freeing_mark(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	struct inotify *in = inotify_of(group);

	queue_event(group, watch_of(mark)->wd, IN_IGNORED, 0, NULL);
	spin_lock(&group->lock);
	xa_erase(&in->watches, watch_of(mark)->wd);
	spin_unlock(&group->lock);
	atomic_dec(&group->user->inotify_watches);
}

static void inotify_free_mark(struct fsnotify_mark *mark)
{
	kfree(watch_of(mark));
}

static void inotify_free_group(struct fsnotify_group *group)
{
	xa_destroy(&inotify_of(group)->watches);
	kfree(inotify_of(group));
}

static const struct fsnotify_ops inotify_ops = {
	.handle_event = inotify_handle_event,
	.freeing_mark = inotify_freeing_mark,
	.free_mark = inotify_free_mark,
	.free_group = inotify_free_group,
};

/* ---- reading --------------------------------------------------------------------------------- */

static struct inotify_queued *peek(struct fsnotify_group *group)
{
	return list_first_entry_or_null(&group->queue, struct inotify_queued, list);
}

/* The first event if it fits into @room; NULL: none, ERR_PTR(-EINVAL): too small a buffer. */
static struct inotify_queued *dequeue(struct fsnotify_group *group, size_t room)
{
	struct inotify_queued *e;

	spin_lock(&group->lock);
	e = peek(group);
	if (e && sizeof(struct inotify_event) + e->name_len > room) {
		e = ERR_PTR(-EINVAL);
	} else if (e) {
		list_del(&e->list);
		group->nr_events--;
	}
	spin_unlock(&group->lock);
	return e;
}

static ssize_t copy_event(const struct inotify_queued *e, char __user *buf)
{
	struct inotify_event head = {
		.wd = e->wd, .mask = e->mask, .cookie = e->cookie, .len = e->name_len};

	if (copy_to_user(buf, &head, sizeof(head)) ||
	    copy_to_user(buf + sizeof(head), e->name, e->name_len))
		return -EFAULT;
	return sizeof(head) + e->name_len;
}

static bool has_events(struct fsnotify_group *group)
{
	return !list_empty_careful(&group->queue);
}

static ssize_t inotify_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct fsnotify_group *group = file->private_data;
	ssize_t done = 0, n;

	for (;;) {
		struct inotify_queued *e = dequeue(group, len - done);

		if (IS_ERR(e))
			return done ? done : PTR_ERR(e);
		if (e) {
			n = copy_event(e, buf + done);
			kfree(e);
			if (n < 0)
				return n;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(group->wait, has_events(group)))
			return -ERESTARTSYS;
	}
}

static __poll_t inotify_poll(struct file *file, poll_table *table)
{
	struct fsnotify_group *group = file->private_data;

	poll_wait(file, &group->wait, table);
	return has_events(group) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long inotify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fsnotify_group *group = file->private_data;
	struct inotify_queued *e;
	size_t bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&group->lock);
	list_for_each_entry(e, &group->queue, list)
		bytes += sizeof(struct inotify_event) + e->name_len;
	spin_unlock(&group->lock);
	return put_user((int)bytes, (int __user *)arg);
}

static int inotify_fasync(int fd, struct file *file, int on)
{
	return fasync_helper(fd, file, on, &inotify_of(file->private_data)->fasync) < 0 ? -EIO : 0;
}

static int inotify_release(struct inode *inode, struct file *file)
{
	struct fsnotify_group *group = file->private_data;
	struct inotify_queued *e;

	fsnotify_shutdown_group(group);
	while ((e = peek(group))) {
		list_del(&e->list);
		kfree(e);
	}
	atomic_dec(&group->user->inotify_instances);
	fsnotify_put_group(group);
	return 0;
}

static void inotify_show(struct seq_file *m, struct file *file)
{
	struct fsnotify_group *group = file->private_data;
	struct inotify *in = inotify_of(group);
	struct inotify_watch *w;
	unsigned long wd;

	mutex_lock(&group->mark_mutex);
	spin_lock(&group->lock);
	xa_for_each(&in->watches, wd, w) {
		seq_printf(m, "inotify wd:%x ", (unsigned int)w->wd);
		fsnotify_show_inode(m, w->mark.inode);
		seq_printf(m, " mask:%x ignored_mask:0", w->user_mask);
		fsnotify_show_handle(m, w->mark.inode);
		seq_putc(m, '\n');
	}
	spin_unlock(&group->lock);
	mutex_unlock(&group->mark_mutex);
}

static const struct file_operations inotify_fops = {
	.read = inotify_read,
	.poll = inotify_poll,
	.unlocked_ioctl = inotify_ioctl,
	.fasync = inotify_fasync,
	.release = inotify_release,
	.llseek = noop_llseek,
	.show_fdinfo = inotify_show,
};

/* ---- inotify_init1(2) ------------------------------------------------------------------------ */

static bool charge(atomic_t *count, int max)
{
	if (atomic_inc_return(count) <= max)
		return true;
	atomic_dec(count);
	return false;
}

static long do_inotify_init(int flags)
{
	struct inotify *in;
	int fd;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	if (!charge(&current_user()->inotify_instances, READ_ONCE(max_user_instances)))
		return -EMFILE;
	in = kzalloc(sizeof(*in), GFP_KERNEL);
	if (!in) {
		atomic_dec(&current_user()->inotify_instances);
		return -ENOMEM;
	}
	fsnotify_group_init(&in->group, &inotify_ops);
	in->group.max_events = READ_ONCE(max_queued_events);
	xa_init(&in->watches);
	fd = anon_inode_getfd("inotify", &inotify_fops, &in->group, O_RDONLY | flags);
	if (fd < 0) {
		atomic_dec(&in->group.user->inotify_instances);
		fsnotify_put_group(&in->group);
	}
	return fd;
}

SYSCALL_DEFINE1(inotify_init1, int, flags)
{
	return do_inotify_init(flags);
}

SYSCALL_DEFINE0(inotify_init)
{
	return do_inotify_init(0);
}

/* ---- inotify_add_watch(2) -------------------------------------------------------------------- */

static u32 mark_mask(u32 arg)
{
	return (arg & IN_ALL_EVENTS) | FS_UNMOUNT | FS_EVENT_ON_CHILD | FS_ISDIR;
}

static u32 mark_flags(u32 arg)
{
	return (arg & IN_ONESHOT ? FSNOTIFY_ONESHOT : 0) |
	       (arg & IN_EXCL_UNLINK ? FSNOTIFY_EXCL_UNLINK : 0);
}

/* There is a watch on the inode: another mask for it. mark_mutex held. */
static int change_watch(struct inotify_watch *w, u32 arg)
{
	struct fsnotify_mark *mark = &w->mark;
	u32 mask = mark_mask(arg), flags = mark_flags(arg);

	if (arg & IN_MASK_CREATE)
		return -EEXIST;
	if (arg & IN_MASK_ADD) {
		mask |= mark->mask;
		flags |= mark->flags;
		arg |= w->user_mask;
	}
	if (!fsnotify_change_mark(mark, mask, 0, flags))
		return -ENOENT;
	w->user_mask = arg & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	return w->wd;
}

/* A number for @w; mark_mutex held. 0, -ENOSPC or -ENOMEM. */
static int number_watch(struct inotify *in, struct inotify_watch *w)
{
	void *old;

	do {
		in->last_wd = in->last_wd >= INT_MAX ? 1 : in->last_wd + 1;
		w->wd = in->last_wd;
	} while (xa_load(&in->watches, w->wd));
	spin_lock(&in->group.lock);
	old = xa_store(&in->watches, w->wd, w, GFP_ATOMIC);
	spin_unlock(&in->group.lock);
	return xa_err(old);
}

static int new_watch(struct inotify *in, struct inode *inode, u32 arg)
{
	struct fsnotify_group *group = &in->group;
	struct inotify_watch *w;
	int err, wd;

	if (!charge(&group->user->inotify_watches, READ_ONCE(max_user_watches)))
		return -ENOSPC;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w) {
		atomic_dec(&group->user->inotify_watches);
		return -ENOMEM;
	}
	fsnotify_mark_init(&w->mark, group);
	w->mark.type = FSNOTIFY_INODE;
	w->mark.inode = inode;
	w->mark.mask = mark_mask(arg);
	w->mark.flags = mark_flags(arg);
	w->user_mask = arg & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	err = number_watch(in, w);
	wd = w->wd;
	if (err)
		atomic_dec(&group->user->inotify_watches);
	else
		fsnotify_add_mark(&w->mark);
	fsnotify_put_mark(&w->mark);
	return err ? err : wd;
}

static int update_watch(struct inotify *in, struct inode *inode, u32 arg)
{
	struct fsnotify_mark *mark;
	int wd = -ENOENT;

	mutex_lock(&in->group.mark_mutex);
	mark = fsnotify_find_mark(&in->group, FSNOTIFY_INODE, inode);
	if (mark) {
		wd = change_watch(watch_of(mark), arg);
		fsnotify_put_mark(mark);
	}
	if (wd == -ENOENT)
		wd = new_watch(in, inode, arg);
	mutex_unlock(&in->group.mark_mutex);
	return wd;
}

static long add_watch_at(struct inotify *in, const char __user *name, u32 mask)
{
	unsigned int how = mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (mask & IN_ONLYDIR)
		how |= LOOKUP_DIRECTORY;
	err = user_path_at(AT_FDCWD, name, how, &path);
	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_READ);
	if (!err)
		err = update_watch(in, path.dentry->d_inode, mask);
	path_put(&path);
	return err;
}

#define ALL_BITS                                                                                 \
	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | \
	 IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE | IN_ISDIR | IN_ONESHOT)

SYSCALL_DEFINE3(inotify_add_watch, int, fd, const char __user *, name, u32, mask)
{
	struct fd f;
	long err;

	if (!(mask & ALL_BITS) || (mask & ~ALL_BITS))
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &inotify_fops || ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE)))
		err = -EINVAL;
	else
		err = add_watch_at(inotify_of(fd_file(f)->private_data), name, mask);
	fdput(f);
	return err;
}

/* ---- inotify_rm_watch(2) --------------------------------------------------------------------- */

static int remove_watch(struct inotify *in, int wd)
{
	struct inotify_watch *w;

	if (wd <= 0)
		return -EINVAL;
	spin_lock(&in->group.lock);
	w = xa_load(&in->watches, wd);
	if (w)
		refcount_inc(&w->mark.refs);
	spin_unlock(&in->group.lock);
	if (!w)
		return -EINVAL;
	fsnotify_destroy_mark(&w->mark);
	fsnotify_put_mark(&w->mark);
	return 0;
}

SYSCALL_DEFINE2(inotify_rm_watch, int, fd, int, wd)
{
	struct fd f = fdget(fd);
	int err = -EINVAL;

	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op == &inotify_fops)
		err = remove_watch(inotify_of(fd_file(f)->private_data), wd);
	fdput(f);
	return err;
}

/* ---- /proc/sys/fs/inotify -------------------------------------------------------------------- */

static const int zero;

#define LIMIT(name, var)                                                                 \
	{                                                                                \
		.procname = (name), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &zero                    \
	}

static const struct ctl_table inotify_table[] = {
	LIMIT("max_user_instances", max_user_instances),
	LIMIT("max_user_watches", max_user_watches),
	LIMIT("max_queued_events", max_queued_events),
};

/* A watch pins its inode: about a hundredth of memory may go to those of one user. */
static int __init inotify_setup(void)
{
	unsigned long pages = totalram_pages / 100;

	max_user_watches = clamp(pages * (PAGE_SIZE / 1024), 8192ul, 1048576ul);
	return register_sysctl("fs/inotify", inotify_table, ARRAY_SIZE(inotify_table));
}
fs_initcall(inotify_setup);
