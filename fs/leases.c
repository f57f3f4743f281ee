/* SPDX-License-Identifier: MIT */
/*
 * Leases, fcntl(2) F_SETLEASE: the holder is told by a signal when somebody opens or truncates the
 * file in a way that its lease is against, and has lease-break-time seconds to give it up or to
 * downgrade it, while the other waits.
 *
 * A lease being broken has a target: F_RDLCK for one that may stay a read lease, F_UNLCK for one
 * that must go. After the time it becomes that without its holder.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/sysctl.h>
#include <uapi/capability.h>
#include "locks.h"

static int lease_break_time = 45; /* seconds */
static int leases_enable = 1;

struct file_lease {
	struct list_head list; /* flc_lock, all */
	struct file *file;
	short type; /* F_RDLCK, F_WRLCK */
	short target; /* what it becomes when it is broken; == type: nobody asked */
	ktime_t deadline; /* while it is being broken */
	struct fasync_struct *fasync; /* the holder, for the signal */
};

/* ---- breaking -------------------------------------------------------------------------------- */

static bool against(const struct file_lease *l, bool write)
{
	return write || l->type == F_WRLCK;
}

static bool any_against(struct file_lock_context *ctx, bool write)
{
	struct file_lease *l;
	bool found = false;

	spin_lock(&ctx->flc_lock);
	list_for_each_entry(l, &ctx->lease, list)
		found |= against(l, write);
	spin_unlock(&ctx->flc_lock);
	return found;
}

static void drop_fasync(struct file_lease *l)
{
	fasync_helper(0, l->file, 0, &l->fasync);
}

/* Tells holders; carries out what is overdue, into @gone. The nearest deadline. flc_lock held. */
static ktime_t ask_holders(struct file_lock_context *ctx, bool write, struct list_head *gone)
{
	ktime_t now = ktime_get(), next = KTIME_MAX;
	struct file_lease *l, *n;

	list_for_each_entry_safe(l, n, &ctx->lease, list) {
		short target = write ? F_UNLCK : F_RDLCK;

		if (!against(l, write))
			continue;
		if (l->target == l->type) {
			l->deadline = now + (ktime_t)READ_ONCE(lease_break_time) * NSEC_PER_SEC;
			l->target = target;
			kill_fasync(&l->fasync, SIGIO, POLL_MSG);
		} else if (target == F_UNLCK) {
			l->target = target;
		}
		if (l->deadline <= now) {
			l->type = l->target;
			if (l->type == F_UNLCK)
				list_move(&l->list, gone);
		} else {
			next = min(next, l->deadline);
		}
	}
	return next;
}

static void free_leases(struct list_head *gone)
{
	struct file_lease *l, *n;

	list_for_each_entry_safe(l, n, gone, list) {
		drop_fasync(l);
		kfree(l);
	}
}

int __break_lease(struct inode *inode, unsigned int flags)
{
	struct file_lock_context *ctx = inode->i_flctx;
	bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
	long err = 0;

	while (any_against(ctx, write)) {
		LIST_HEAD(gone);
		ktime_t until;

		spin_lock(&ctx->flc_lock);
		until = ask_holders(ctx, write, &gone);
		spin_unlock(&ctx->flc_lock);
		free_leases(&gone);
		if (until == KTIME_MAX)
			continue;
		if (flags & O_NONBLOCK)
			return -EWOULDBLOCK;
		err = wait_event_interruptible_hrtimeout(ctx->wait, !any_against(ctx, write),
							 until - ktime_get());
		if (err == -ERESTARTSYS)
			return err;
	}
	return 0;
}

/* ---- F_SETLEASE ------------------------------------------------------------------------------ */

/* References on the inode's names that are not open files: tmpfs pins each. */
static bool only_user(struct inode *inode)
{
	struct dentry *d;
	int users = 0;

	spin_lock(&dcache_lock);
	hlist_for_each_entry(d, &inode->i_dentry, d_alias) {
		users += atomic_load_explicit(&d->d_count, memory_order_relaxed);
		if (!d_unhashed(d) && (d->d_parent->d_inode->i_flags & S_ALLCACHED))
			users--;
	}
	spin_unlock(&dcache_lock);
	return users <= 1;
}

static int may_have_lease(struct file *file, short type)
{
	struct inode *inode = file_inode(file);

	if (type == F_RDLCK) {
		if (file->f_mode & FMODE_WRITE)
			return -EAGAIN;
		if (atomic_load_explicit(&inode->i_writecount, memory_order_relaxed) > 0)
			return -EAGAIN;
	} else if (!only_user(inode)) {
		return -EAGAIN;
	}
	return 0;
}

static struct file_lease *find_lease(struct file_lock_context *ctx, struct file *file)
{
	struct file_lease *l;

	list_for_each_entry(l, &ctx->lease, list)
		if (l->file == file)
			return l;
	return NULL;
}

static int remove_lease(struct file *file)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;
	struct file_lease *l;

	if (!ctx)
		return -EAGAIN;
	spin_lock(&ctx->flc_lock);
	l = find_lease(ctx, file);
	if (l)
		list_del(&l->list);
	spin_unlock(&ctx->flc_lock);
	if (!l)
		return -EAGAIN;
	drop_fasync(l);
	kfree(l);
	locks_wake_waiters(ctx);
	return 0;
}

/* The file has a lease: another type for it. -ENOENT: it has none. flc_lock held. */
static int change_lease(struct file_lock_context *ctx, struct file *file, short type)
{
	struct file_lease *l = find_lease(ctx, file);

	if (!l)
		return -ENOENT;
	if (l->target != l->type && type != l->target)
		return -EAGAIN; /* being broken, and not to this */
	l->type = l->target = type;
	return 0;
}

static int add_lease(unsigned int fd, struct file *file, short type)
{
	struct file_lock_context *ctx = locks_get_context(file_inode(file));
	struct file_lease *new = kzalloc(sizeof(*new), GFP_KERNEL);
	int err;

	if (!ctx || !new) {
		kfree(new);
		return -ENOMEM;
	}
	*new = (struct file_lease){.file = file, .type = type, .target = type};
	err = fown_default(file);
	if (!err && fasync_helper(fd, file, 1, &new->fasync) < 0)
		err = -ENOMEM;
	if (err) {
		kfree(new);
		return err;
	}
	spin_lock(&ctx->flc_lock);
	err = may_have_lease(file, type);
	if (!err)
		err = change_lease(ctx, file, type);
	if (err == -ENOENT) {
		list_add_tail(&new->list, &ctx->lease);
		new = NULL;
		err = 0;
	}
	spin_unlock(&ctx->flc_lock);
	if (new) {
		drop_fasync(new);
		kfree(new);
	}
	locks_wake_waiters(ctx);
	return err;
}

int fcntl_setlease(unsigned int fd, struct file *file, long type)
{
	struct inode *inode = file_inode(file);

	if (type != F_RDLCK && type != F_WRLCK && type != F_UNLCK)
		return -EINVAL;
	if (type == F_UNLCK)
		return remove_lease(file);
	if (current_fsuid() != inode->i_uid && !capable(CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(inode->i_mode) || !READ_ONCE(leases_enable))
		return -EINVAL;
	return add_lease(fd, file, type);
}

int fcntl_getlease(struct file *file)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;
	struct file_lease *l;
	int type = F_UNLCK;

	if (!ctx)
		return type;
	spin_lock(&ctx->flc_lock);
	l = find_lease(ctx, file);
	if (l)
		type = l->target;
	spin_unlock(&ctx->flc_lock);
	return type;
}

void locks_remove_lease(struct file *file)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;

	if (ctx && !list_empty_careful(&ctx->lease))
		remove_lease(file);
}

static const int zero, one = 1;

static const struct ctl_table lease_table[] = {
	{.procname = "lease-break-time",
	 .data = &lease_break_time,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec_minmax,
	 .extra1 = &zero},
	{.procname = "leases-enable",
	 .data = &leases_enable,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec_minmax,
	 .extra1 = &zero,
	 .extra2 = &one},
};

static int __init leases_init(void)
{
	return register_sysctl("fs", lease_table, ARRAY_SIZE(lease_table));
}
fs_initcall(leases_init);
