/* SPDX-License-Identifier: MIT */
/*
 * Pieces for file systems that live in memory. Their directories are the dentry cache itself: every
 * name is a dentry pinned by one reference (dget at creation, dput at removal) in the parent's
 * d_subdirs, whose d_cookie is the readdir position.
 */
#include <lib/err.h>
#include <uapi/dirent.h>
#include <uapi/fs.h>
#include "internal.h"

/* ---- inode operations ------------------------------------------------------------------------ */

/*
 * All names are cached, so asking means there is none; the dentry stays unhashed until something is
 * made of it.
 */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return dentry->d_name.len > NAME_MAX_LEN ? ERR_PTR(-ENAMETOOLONG) : NULL;
}

int simple_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	generic_fillattr(path->dentry->d_inode, stat);
	return 0;
}

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	int err = setattr_prepare(dentry, attr);

	if (err)
		return err;
	if ((attr->ia_valid & ATTR_SIZE) && attr->ia_size != inode->i_size)
		return -EINVAL; /* file systems whose files have a size bring their own */
	setattr_copy(inode, attr);
	return 0;
}

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time(dir);
}

int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;

	touch_dir(dir);
	inode->i_ctime = dir->i_ctime;
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	d_instantiate(dentry, inode);
	return 0;
}

bool simple_empty(struct dentry *dentry)
{
	struct dentry *child;
	bool empty = true;

	spin_lock(&dcache_lock);
	list_for_each_entry(child, &dentry->d_subdirs, d_child) {
		if (child->d_inode && !(child->d_flags & DCACHE_UNHASHED)) {
			empty = false;
			break;
		}
	}
	spin_unlock(&dcache_lock);
	return empty;
}

int simple_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	touch_dir(dir);
	inode->i_ctime = dir->i_ctime;
	drop_nlink(inode);
	dput(dentry); /* the pin; the caller has its own reference */
	return 0;
}

int simple_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(dentry->d_inode);
	simple_unlink(dir, dentry);
	drop_nlink(dir);
	return 0;
}

static void move_dir_link(struct inode *from, struct inode *to)
{
	if (from != to) {
		drop_nlink(from);
		inc_nlink(to);
	}
}

static int simple_exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			   struct dentry *new)
{
	if (d_is_dir(old) != d_is_dir(new)) {
		if (d_is_dir(old))
			move_dir_link(old_dir, new_dir);
		else
			move_dir_link(new_dir, old_dir);
	}
	touch_dir(old_dir);
	touch_dir(new_dir);
	old->d_inode->i_ctime = new->d_inode->i_ctime = old_dir->i_ctime;
	return 0;
}

int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags)
{
	bool isdir = d_is_dir(old);

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags & RENAME_EXCHANGE)
		return simple_exchange(old_dir, old, new_dir, new);
	if (new->d_inode) {
		if (isdir && !simple_empty(new))
			return -ENOTEMPTY;
		if (isdir)
			drop_nlink(new->d_inode);
		simple_unlink(new_dir, new);
		if (isdir)
			drop_nlink(new_dir);
	}
	if (isdir)
		move_dir_link(old_dir, new_dir);
	touch_dir(old_dir);
	touch_dir(new_dir);
	old->d_inode->i_ctime = old_dir->i_ctime;
	return 0;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode)
{
	return inode->i_link;
}

const struct inode_operations simple_symlink_inode_operations = {.get_link = simple_get_link};
const struct inode_operations simple_dir_inode_operations = {.lookup = simple_lookup};

/* ---- directories ----------------------------------------------------------------------------- */

/*
 * f_pos is 0 for ".", 1 for "..", else the cookie of the next name. private_data is the dentry
 * where the last getdents stopped, referenced: if it is still in this directory under that cookie,
 * reading goes on from it without a search.
 */
int dcache_dir_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return 0;
}

int dcache_dir_release(struct inode *inode, struct file *file)
{
	dput(file->private_data);
	return 0;
}

loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

unsigned int dt_type(const struct inode *inode)
{
	return (inode->i_mode >> 12) & 15;
}

/* The first name at or after cookie @pos, referenced, or NULL; dcache_lock. */
static struct dentry *dir_find(struct dentry *dir, struct dentry *hint, u64 pos)
{
	struct dentry *d;

	if (hint && hint->d_parent == dir && hint->d_cookie == pos && !list_empty(&hint->d_child))
		d = hint;
	else
		d = list_first_entry(&dir->d_subdirs, struct dentry, d_child);
	list_for_each_entry_from(d, &dir->d_subdirs,
				 d_child) if (d->d_cookie >= pos && d->d_inode &&
					      !(d->d_flags & DCACHE_UNHASHED)) return d;
	return NULL;
}

/* The name after @d, referenced, or NULL. */
static struct dentry *dir_next(struct dentry *dir, struct dentry *d, u64 pos)
{
	struct dentry *next;

	spin_lock(&dcache_lock);
	next = dir_find(dir, d, pos);
	if (next == d) {
		list_for_each_entry_continue(d, &dir->d_subdirs,
					     d_child) if (d->d_inode &&
							  !(d->d_flags & DCACHE_UNHASHED)) break;
		next = list_entry_is_head(d, &dir->d_subdirs, d_child) ? NULL : d;
	}
	if (next && !dget_rcu(next))
		next = NULL;
	spin_unlock(&dcache_lock);
	return next;
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file_dentry(file);

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, dir->d_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		struct dentry *parent = dget_parent(dir);
		bool ok = dir_emit(ctx, "..", 2, parent->d_inode->i_ino, DT_DIR);

		dput(parent);
		if (!ok)
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* The directory's i_rwsem is held, so names neither come nor go; other lookups may. */
int dcache_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file_dentry(file), *d, *next;

	if (!dir_emit_dots(file, ctx))
		return 0;
	spin_lock(&dcache_lock);
	d = dir_find(dir, file->private_data, ctx->pos);
	if (d && !dget_rcu(d))
		d = NULL;
	spin_unlock(&dcache_lock);
	for (; d; d = next) {
		ctx->pos = d->d_cookie;
		if (!dir_emit(ctx, d->d_name.name, d->d_name.len, d->d_inode->i_ino,
			      dt_type(d->d_inode)))
			break;
		next = dir_next(dir, d, d->d_cookie);
		ctx->pos = d->d_cookie + 1;
		dput(d);
	}
	swap(d, *(struct dentry **)&file->private_data);
	dput(d);
	return 0;
}

const struct file_operations simple_dir_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_release,
	.llseek = dcache_dir_lseek,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
};

/* ---- files over a kernel buffer -------------------------------------------------------------- */

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

int simple_open(struct inode *inode, struct file *file)
{
	file->private_data = inode->i_private;
	return 0;
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
				size_t available)
{
	loff_t p = *pos;
	size_t left;

	if (p < 0)
		return -EINVAL;
	if (p >= available || !count)
		return 0;
	count = min_t(size_t, count, available - p);
	left = copy_to_user(to, (const char *)from + p, count);
	if (left == count)
		return -EFAULT;
	*pos = p + count - left;
	return count - left;
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t count)
{
	loff_t p = *pos;
	size_t left;

	if (p < 0)
		return -EINVAL;
	if (p >= available || !count)
		return 0;
	count = min_t(size_t, count, available - p);
	left = copy_from_user((char *)to + p, from, count);
	if (left == count)
		return -EFAULT;
	*pos = p + count - left;
	return count - left;
}
