/* SPDX-License-Identifier: MIT */
/* procfs: /proc/PID/fd, links to open files, and /proc/PID/fdinfo, what is known of them. */
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <fs/file.h>
#include <fs/fs.h>
#include <fs/namei.h>
#include <uapi/dirent.h>
#include "internal.h"

/* Does descriptor @fd of @task exist, and how was it opened? */
static bool fd_mode(struct task_struct *task, unsigned int fd, fmode_t *mode)
{
	struct file *file = fget_task(task, fd);

	if (!file)
		return false;
	*mode = file->f_mode;
	fput(file);
	return true;
}

/* ---- links ----------------------------------------------------------------------------------- */

static int fd_get_path(struct dentry *dentry, struct path *path)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = proc_task(inode);
	struct file *file = NULL;
	int err = -ENOENT;

	if (!task)
		return err;
	if (proc_may_access(task))
		file = fget_task(task, PROC_I(inode)->fd);
	else
		err = -EACCES;
	put_task_struct(task);
	if (!file)
		return err;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static const struct inode_operations fd_link_iops = {.get_path = fd_get_path};

/* The descriptor is still open, and as the link's permission bits say. */
static int fd_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);
	struct task_struct *task;
	fmode_t mode;
	bool valid = false;

	if (flags & LOOKUP_RCU)
		return -ECHILD;
	task = inode ? proc_task(inode) : NULL;
	if (!task)
		return 0;
	if (fd_mode(task, PROC_I(inode)->fd, &mode))
		valid = !S_ISLNK(inode->i_mode) ||
			(!(mode & FMODE_WRITE) == !(inode->i_mode & S_IWUSR) &&
			 !(mode & FMODE_READ) == !(inode->i_mode & S_IRUSR));
	put_task_struct(task);
	return valid;
}

static const struct dentry_operations fd_dentry_ops = {.d_revalidate = fd_revalidate};

static umode_t link_mode(fmode_t mode)
{
	umode_t bits = S_IFLNK;

	if (mode & FMODE_READ)
		bits |= S_IRUSR | S_IXUSR;
	if (mode & FMODE_WRITE)
		bits |= S_IWUSR | S_IXUSR;
	return bits;
}

/* ---- fdinfo ---------------------------------------------------------------------------------- */

static bool is_close_on_exec(struct task_struct *task, unsigned int fd)
{
	bool yes = false;

	task_lock(task);
	if (task->files) {
		struct fdtable *fdt;

		rcu_read_lock();
		fdt = rcu_dereference(task->files->fdt);
		yes = fd < fdt->max_fds && test_bit(fd, fdt->close_on_exec);
		rcu_read_unlock();
	}
	task_unlock(task);
	return yes;
}

static void show_file(struct seq_file *m, struct file *file, bool cloexec)
{
	unsigned int flags = (file->f_flags & ~O_CLOEXEC) | (cloexec ? O_CLOEXEC : 0);
	struct kstat stat;

	seq_printf(m, "pos:\t%lli\nflags:\t0%o\n", (long long)file->f_pos, flags);
	if (!vfs_getattr(&file->f_path, &stat, 0, 0))
		seq_printf(m, "mnt_id:\t%llu\nino:\t%llu\n", (unsigned long long)stat.mnt_id,
			   (unsigned long long)stat.ino);
	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(m, file);
}

static int fdinfo_show(struct seq_file *m, void *v)
{
	const struct inode *inode = m->private;
	struct task_struct *task = proc_task(inode);
	struct file *file = NULL;
	int err = -ENOENT;

	if (!task)
		return err;
	if (proc_may_access(task))
		file = fget_task(task, PROC_I(inode)->fd);
	else
		err = -EACCES;
	if (file) {
		show_file(m, file, is_close_on_exec(task, PROC_I(inode)->fd));
		fput(file);
		err = 0;
	}
	put_task_struct(task);
	return err;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
	return single_open(file, fdinfo_show, inode);
}

static const struct file_operations fdinfo_fops = {
	.open = fdinfo_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- the two directories --------------------------------------------------------------------- */

static struct inode *fd_inode(struct dentry *dentry, struct inode *dir, unsigned int fd,
			      umode_t mode, struct task_struct *task)
{
	struct inode *inode = proc_pid_inode(dentry->d_sb, PROC_I(dir)->pid, mode, task);

	if (!inode)
		return NULL;
	PROC_I(inode)->fd = fd;
	if (S_ISLNK(mode))
		inode->i_op = &fd_link_iops;
	else
		inode->i_fop = &fdinfo_fops;
	return inode;
}

static struct dentry *lookup_fd(struct inode *dir, struct dentry *dentry, bool info)
{
	struct task_struct *task = proc_task(dir);
	struct dentry *found = ERR_PTR(-ENOENT);
	unsigned int fd;
	fmode_t mode;

	if (!task)
		return found;
	if (!proc_parse_number(&dentry->d_name, &fd) && fd_mode(task, fd, &mode)) {
		dentry->d_op = &fd_dentry_ops;
		dentry->d_flags |= DCACHE_OP_REVALIDATE;
		found = proc_add(dentry, fd_inode(dentry, dir, fd,
						  info ? S_IFREG | 0444 : link_mode(mode), task));
	}
	put_task_struct(task);
	return found;
}

static struct dentry *fd_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_fd(dir, dentry, false);
}

static struct dentry *fdinfo_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_fd(dir, dentry, true);
}

static bool emit_fd(struct dir_context *ctx, unsigned int fd, unsigned int type)
{
	char name[12];
	int len = snprintf(name, sizeof(name), "%u", fd);

	return dir_emit(ctx, name, len, fd + 2, type);
}

static int iterate_fds(struct file *dir, struct dir_context *ctx, unsigned int type)
{
	struct task_struct *task = proc_task(file_inode(dir));
	struct file *file;
	unsigned int fd;

	if (!task)
		return -ENOENT;
	if (!dir_emit_dots(dir, ctx))
		goto out_put;
	for (fd = ctx->pos - 2; (file = fget_task_next(task, &fd)) != NULL; fd++) {
		fput(file);
		ctx->pos = fd + 2;
		if (!emit_fd(ctx, fd, type))
			goto out_put;
		ctx->pos++;
	}
out_put:
	put_task_struct(task);
	return 0;
}

static int fd_iterate(struct file *file, struct dir_context *ctx)
{
	return iterate_fds(file, ctx, DT_LNK);
}

static int fdinfo_iterate(struct file *file, struct dir_context *ctx)
{
	return iterate_fds(file, ctx, DT_REG);
}

/*
 * The process itself may always look, whatever its credentials have become; others as ptrace(2)
 * allows.
 */
static int fd_permission(struct inode *inode, int mask)
{
	struct task_struct *task;
	int err;

	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;
	err = generic_permission(inode, mask);
	if (!err)
		return 0;
	task = proc_task(inode);
	if (!task)
		return -ESRCH;
	if (same_thread_group(task, current))
		err = 0;
	put_task_struct(task);
	return err;
}

const struct inode_operations proc_fd_dir_iops = {
	.lookup = fd_lookup,
	.permission = fd_permission,
};
const struct file_operations proc_fd_dir_fops = {
	.iterate_shared = fd_iterate,
	.llseek = generic_file_llseek,
};
const struct inode_operations proc_fdinfo_dir_iops = {
	.lookup = fdinfo_lookup,
	.permission = fd_permission,
};
const struct file_operations proc_fdinfo_dir_fops = {
	.iterate_shared = fdinfo_iterate,
	.llseek = generic_file_llseek,
};
