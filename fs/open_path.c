/* SPDX-License-Identifier: MIT */
/*
 * From a name to a struct file: the last component of open(2), creation, and the checks on what was
 * found.
 */
#include <lib/err.h>
#include <uapi/capability.h>
#include <uapi/openat2.h>
#include <fs/fsnotify.h>
#include <fs/landlock.h>
#include <fs/posix_acl.h>
#include "nameidata.h"

/* ---- may this be opened? --------------------------------------------------------------------- */

bool may_open_dev(const struct path *path)
{
	return !(path->mnt->mnt_flags & MNT_NODEV) && !(path->mnt->mnt_sb->s_flags & SB_NODEV);
}

static int may_open_type(const struct path *path, const struct inode *inode, int acc_mode,
			 int *flag)
{
	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		return acc_mode & MAY_EXEC ? -EACCES : 0;
	case S_IFBLK:
	case S_IFCHR:
		if (!may_open_dev(path))
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		*flag &= ~O_TRUNC;
		return acc_mode & MAY_EXEC ? -EACCES : 0;
	default:
		return (acc_mode & MAY_EXEC) && path_noexec(path) ? -EACCES : 0;
	}
}

static int may_open(const struct path *path, int acc_mode, int *flag)
{
	struct inode *inode = path->dentry->d_inode;
	int err = may_open_type(path, inode, acc_mode, flag);

	if (err)
		return err;
	err = inode_permission(inode, MAY_OPEN | acc_mode);
	if (err)
		return err;
	if (unlikely(IS_APPEND(inode))) {
		if ((*flag & O_ACCMODE) != O_RDONLY && !(*flag & O_APPEND))
			return -EPERM;
		if (*flag & O_TRUNC)
			return -EPERM;
	}
	if (unlikely(*flag & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

static int truncate_for_open(const struct path *path, struct file *file)
{
	struct inode *inode = path->dentry->d_inode;
	int err = get_write_access(inode);

	if (err)
		return err;
	err = do_truncate(path->dentry, 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, NULL);
	put_write_access(inode);
	return err;
}

/* The checks on nd->path and the file's own open. @created: it is ours, no check of the mode. */
static int finish_open(struct nameidata *nd, struct file *file, const struct open_flags *op,
		       bool created)
{
	int flag = op->open_flag, acc_mode = op->acc_mode, err;
	bool trunc;

	if (created) {
		flag &= ~O_TRUNC;
		acc_mode = 0;
	} else {
		if ((flag & O_CREAT) && S_ISDIR(nd->inode->i_mode))
			return -EISDIR;
		if ((nd->flags & LOOKUP_DIRECTORY) && !S_ISDIR(nd->inode->i_mode))
			return -ENOTDIR;
	}
	if (likely(!(flag & O_PATH)) && !created) {
		err = may_open(&nd->path, acc_mode, &flag);
		if (err)
			return err;
	}
	if (likely(!(flag & O_PATH))) {
		err = landlock_open(&nd->path, op);
		if (err)
			return err;
	}
	trunc = (flag & O_TRUNC) && S_ISREG(nd->inode->i_mode);
	if (trunc) {
		err = mnt_want_write(nd->path.mnt);
		if (err)
			return err;
	}
	file->f_path = nd->path;
	path_get(&file->f_path);
	err = do_dentry_open(file, nd->inode);
	if (!err && trunc)
		err = truncate_for_open(&nd->path, file);
	if (trunc)
		mnt_drop_write(nd->path.mnt);
	return err;
}

/* ---- O_CREAT --------------------------------------------------------------------------------- */

/* A file of the name in the locked parent; *created tells. The dentry is positive or ERR_PTR. */
static struct dentry *lookup_create(struct nameidata *nd, const struct open_flags *op,
				    bool *created)
{
	struct dentry *parent = nd->path.dentry, *dentry;
	struct inode *dir = parent->d_inode;
	int err = mnt_want_write(nd->path.mnt), ro = err;

	inode_lock(dir);
	dentry = lookup_one_qstr(&nd->last, parent, nd->flags);
	if (IS_ERR(dentry) || d_is_positive(dentry))
		goto out;
	if (!err)
		err = landlock_make(&nd->path, S_IFREG);
	if (!err)
		err = vfs_create(dir, dentry, mode_strip_umask(dir, op->mode),
				 op->open_flag & O_EXCL);
	if (err) {
		dput(dentry);
		dentry = ERR_PTR(err);
	} else {
		*created = true;
	}
out:
	inode_unlock(dir);
	if (!ro)
		mnt_drop_write(nd->path.mnt);
	return dentry;
}

/* The last component of an O_CREAT open, in ref-walk: link text to follow, NULL or ERR_PTR. */
static const char *create_last(struct nameidata *nd, const struct open_flags *op, bool *created)
{
	struct dentry *dentry = lookup_create(nd, op, created);

	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (!*created && (op->open_flag & O_EXCL)) {
		dput(dentry);
		return ERR_PTR(-EEXIST);
	}
	if (op->open_flag & O_EXCL)
		nd->flags &= ~LOOKUP_FOLLOW;
	return step_onto(nd, dentry, true);
}

/*
 * An existing file is found as any other open finds it, in RCU. Only a miss takes the parent's
 * references and its lock. When the name is the text of a trailing link, RCU is what keeps that
 * text: then the walk is redone with references.
 */
static const char *open_last_creat(struct nameidata *nd, const struct open_flags *op, bool *created)
{
	const char *link;
	int err;

	if (nd->last_type != LAST_NORM)
		return ERR_PTR(op->open_flag & O_EXCL ? -EEXIST : -EISDIR);
	if (nd->last.name[nd->last.len])
		return ERR_PTR(-EISDIR);
	if (!S_ISDIR(nd->inode->i_mode))
		return ERR_PTR(-ENOTDIR);
	if (nd_rcu(nd)) {
		if (!(op->open_flag & O_EXCL)) {
			link = walk_last(nd);
			if (!IS_ERR(link) || (PTR_ERR(link) != -ECHILD && PTR_ERR(link) != -ENOENT))
				return link;
		}
		if (nd->links)
			return ERR_PTR(-ECHILD);
		err = complete_walk(nd);
		if (err)
			return ERR_PTR(err);
	}
	return create_last(nd, op, created);
}

/* ---- O_TMPFILE ------------------------------------------------------------------------------- */

static int open_tmpfile(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	struct inode *dir = nd->inode;
	struct path path = {.mnt = nd->path.mnt};
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if (!dir->i_op->tmpfile)
		return -EOPNOTSUPP;
	err = mnt_want_write(path.mnt);
	if (err)
		return err;
	path.dentry = d_alloc_name(nd->path.dentry, "#tmpfile");
	err = path.dentry ? dir->i_op->tmpfile(dir, path.dentry, mode_strip_umask(dir, op->mode)) :
			    -ENOMEM;
	if (!err)
		err = landlock_open(&nd->path, op);
	if (!err) {
		file->f_path.mnt = mntget(path.mnt);
		file->f_path.dentry = dget(path.dentry);
		err = do_dentry_open(file, path.dentry->d_inode);
	}
	dput(path.dentry);
	mnt_drop_write(path.mnt);
	return err;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int walk_for_open(struct nameidata *nd, const char *name, const struct open_flags *op,
			 unsigned int flags, bool *created)
{
	const char *s = nd_start(nd, name, flags);
	int err;

	for (;;) {
		if (IS_ERR(s))
			return PTR_ERR(s);
		err = link_path_walk(s, nd);
		if (unlikely(err))
			return err;
		if (op->open_flag & O_CREAT)
			s = open_last_creat(nd, op, created);
		else
			s = walk_last(nd);
		if (likely(!s))
			return 0;
	}
}

static int path_openat(struct nameidata *nd, const char *name, const struct open_flags *op,
		       unsigned int flags, struct file *file)
{
	bool created = false;
	int err = walk_for_open(nd, name, op, flags, &created);

	if (unlikely(err)) {
		err = nd_confirm(nd, err);
		nd_end(nd, false);
		return err;
	}
	err = complete_walk(nd);
	if (likely(!err)) {
		if (unlikely(op->open_flag & __O_TMPFILE))
			err = S_ISDIR(nd->inode->i_mode) ? open_tmpfile(nd, file, op) : -ENOTDIR;
		else
			err = finish_open(nd, file, op, created);
	}
	nd_end(nd, false);
	return err;
}

struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op)
{
	struct nameidata nd;
	struct file *file = alloc_empty_file(op->open_flag);
	int err;

	if (IS_ERR(file))
		return file;
	nd_init(&nd, dfd);
	err = path_openat(&nd, name->name, op, op->lookup_flags | LOOKUP_RCU, file);
	if (unlikely(err == -ECHILD)) {
		if (op->lookup_flags & LOOKUP_CACHED)
			err = -EAGAIN;
		else
			err = path_openat(&nd, name->name, op, op->lookup_flags, file);
	}
	if (likely(!err)) {
		fsnotify_file(file, FS_OPEN);
		return file;
	}
	fput_sync(file);
	return ERR_PTR(err);
}

struct file *do_file_open_root(const struct path *path, const struct open_flags *op)
{
	struct nameidata nd = {.path = *path, .inode = path->dentry->d_inode};
	struct file *file;
	int err;

	if (op->open_flag & (O_CREAT | __O_TMPFILE))
		return ERR_PTR(-EINVAL);
	if ((op->lookup_flags & LOOKUP_DIRECTORY) && !S_ISDIR(nd.inode->i_mode))
		return ERR_PTR(-ENOTDIR);
	file = alloc_empty_file(op->open_flag);
	if (IS_ERR(file))
		return file;
	err = finish_open(&nd, file, op, false);
	if (!err) {
		fsnotify_file(file, FS_OPEN);
		return file;
	}
	fput_sync(file);
	return ERR_PTR(err);
}
