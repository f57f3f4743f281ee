/* SPDX-License-Identifier: MIT */
/*
 * overlayfs: copying a file into the upper layer before it is changed. The copy is made in the work
 * directory and renamed into its place when it is complete, so that nobody ever sees half of it.
 */
#include <lib/printf.h>
#include <mm/page.h>
#include "overlayfs.h"

/* ---- contents -------------------------------------------------------------------------------- */

static int write_whole(struct file *out, const char *buf, size_t len, loff_t *pos)
{
	while (len) {
		ssize_t n = kernel_write(out, buf, len, pos);

		if (n <= 0)
			return n ? n : -EIO;
		buf += n;
		len -= n;
	}
	return 0;
}

static int copy_bytes(struct file *in, struct file *out, loff_t size)
{
	struct page *page = alloc_page(GFP_KERNEL);
	loff_t ipos = 0, opos = 0;
	ssize_t n = page ? 0 : -ENOMEM;

	while (!n && ipos < size) {
		n = kernel_read(in, page_address(page), PAGE_SIZE, &ipos);
		if (n <= 0)
			break;
		n = write_whole(out, page_address(page), n, &opos);
		cond_resched();
	}
	if (page)
		put_page(page);
	return n;
}

static struct file *open_quietly(const struct path *path, int flags)
{
	struct file *file = dentry_open(path, flags | O_LARGEFILE, current_cred());

	if (!IS_ERR(file))
		file->f_mode |= FMODE_NONOTIFY;
	return file;
}

static int copy_data(const struct path *from, const struct path *to, loff_t size)
{
	struct file *in = open_quietly(from, O_RDONLY), *out;
	int err;

	if (IS_ERR(in))
		return PTR_ERR(in);
	out = open_quietly(to, O_WRONLY);
	err = PTR_ERR_OR_ZERO(out);
	if (!err) {
		err = copy_bytes(in, out, size);
		fput(out);
	}
	fput(in);
	return err;
}

static int copy_one_xattr(struct dentry *from, struct dentry *to, const char *name)
{
	ssize_t n = __vfs_getxattr(from->d_inode, name, NULL, 0);
	void *value;
	int err;

	if (n < 0)
		return n == -ENODATA ? 0 : n;
	value = kvmalloc(n + 1, GFP_KERNEL);
	if (!value)
		return -ENOMEM;
	n = __vfs_getxattr(from->d_inode, name, value, n + 1);
	err = n < 0 ? n : vfs_setxattr(to, name, value, n, 0);
	kvfree(value);
	return err == -EOPNOTSUPP ? 0 : err;
}

static int copy_xattrs(struct dentry *from, struct dentry *to)
{
	ssize_t n = vfs_listxattr(from, NULL, 0);
	char *list;
	int err = 0;

	if (n <= 0)
		return n == -EOPNOTSUPP ? 0 : n;
	list = kvmalloc(n, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	n = vfs_listxattr(from, list, n);
	for (char *p = list; p < list + n && !err; p += strlen(p) + 1)
		if (strncmp(p, OVL_XATTR_PREFIX, strlen(OVL_XATTR_PREFIX)))
			err = copy_one_xattr(from, to, p);
	kvfree(list);
	return n < 0 ? n : err;
}

static int copy_attributes(const struct inode *from, struct dentry *to)
{
	struct iattr attr = {.ia_valid = ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_MTIME |
					 ATTR_ATIME_SET | ATTR_MTIME_SET | ATTR_FORCE,
			     .ia_mode = from->i_mode,
			     .ia_uid = from->i_uid,
			     .ia_gid = from->i_gid,
			     .ia_atime = from->i_atime,
			     .ia_mtime = from->i_mtime};
	int err;

	if (!S_ISLNK(from->i_mode))
		attr.ia_valid |= ATTR_MODE;
	inode_lock(to->d_inode);
	err = notify_change(to, &attr);
	inode_unlock(to->d_inode);
	return err;
}

/* ---- the work directory ---------------------------------------------------------------------- */

static const char *link_text(struct dentry *link)
{
	struct inode *inode = link->d_inode;

	if (inode->i_link)
		return inode->i_link;
	return inode->i_op->get_link ? inode->i_op->get_link(link, inode) : ERR_PTR(-EINVAL);
}

static int make_like(struct inode *dir, struct dentry *new, struct dentry *like)
{
	umode_t mode = like->d_inode->i_mode;
	const char *text;

	switch (mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(dir, new, 0600, true);
	case S_IFDIR:
		return vfs_mkdir(dir, new, 0700);
	case S_IFLNK:
		text = link_text(like);
		return IS_ERR(text) ? PTR_ERR(text) : vfs_symlink(dir, new, text);
	default:
		return vfs_mknod(dir, new, mode, like->d_inode->i_rdev);
	}
}

/* A new thing of @like's type in the work directory, referenced. */
static struct dentry *make_temp(struct dentry *work, struct dentry *like)
{
	static atomic_int last;
	struct dentry *d;
	char name[16];
	int err;

	snprintf(name, sizeof(name), "#%x", atomic_fetch_add(&last, 1));
	inode_lock(work->d_inode);
	d = lookup_one_len(name, work, strlen(name));
	if (!IS_ERR(d)) {
		err = d_is_positive(d) ? -EEXIST : make_like(work->d_inode, d, like);
		if (err) {
			dput(d);
			d = ERR_PTR(err);
		}
	}
	inode_unlock(work->d_inode);
	return d;
}

static void remove_temp(struct dentry *work, struct dentry *temp)
{
	inode_lock(work->d_inode);
	if (d_is_dir(temp))
		vfs_rmdir(work->d_inode, temp);
	else
		vfs_unlink(work->d_inode, temp);
	inode_unlock(work->d_inode);
}

/* @temp becomes @name in the upper directory @dir. */
static int move_in(struct dentry *work, struct dentry *temp, struct dentry *dir,
		   const struct qstr *name)
{
	struct dentry *trap = lock_rename(work, dir), *new;
	int err = -EINVAL;

	if (!trap) {
		new = lookup_one_len(name->name, dir, name->len);
		err = PTR_ERR_OR_ZERO(new);
		if (!err) {
			err = vfs_rename(work->d_inode, temp, dir->d_inode, new, 0);
			dput(new);
		}
	}
	unlock_rename(work, dir);
	return err;
}

/* ---- copying up ------------------------------------------------------------------------------ */

static int fill_copy(const struct ovl_fs *ofs, const struct path *from, struct dentry *temp)
{
	struct path to = {.mnt = ofs->upper_mnt, .dentry = temp};
	struct inode *inode = from->dentry->d_inode;
	int err = 0;

	if (S_ISREG(inode->i_mode))
		err = copy_data(from, &to, i_size_read(inode));
	if (!err)
		err = copy_xattrs(from->dentry, temp);
	return err ? err : copy_attributes(inode, temp);
}

/* copy_lock held; the parent has an upper directory. */
static int copy_up_locked(struct dentry *dentry)
{
	struct ovl_fs *ofs = ovl_fs(dentry->d_sb);
	struct inode *inode = dentry->d_inode;
	struct path from = ovl_real(inode);
	struct dentry *parent = dget_parent(dentry), *temp;
	int err;

	temp = make_temp(ofs->workdir, from.dentry);
	err = PTR_ERR_OR_ZERO(temp);
	if (err)
		goto out;
	err = fill_copy(ofs, &from, temp);
	if (!err)
		err = move_in(ofs->workdir, temp, ovl_upper(parent->d_inode), &dentry->d_name);
	if (err) {
		remove_temp(ofs->workdir, temp);
		dput(temp);
		goto out;
	}
	smp_store_release(&ovl_i(inode)->upper, temp);
	ovl_rekey_inode(inode);
	ovl_copyattr(inode);
out:
	dput(parent);
	return err;
}

static int copy_up_one(struct dentry *dentry)
{
	struct ovl_inode *oi = ovl_i(dentry->d_inode);
	struct vfsmount *mnt = ovl_fs(dentry->d_sb)->upper_mnt;
	int err = mnt_want_write(mnt);

	if (err)
		return err;
	mutex_lock(&oi->copy_lock);
	if (!oi->upper)
		err = copy_up_locked(dentry);
	mutex_unlock(&oi->copy_lock);
	mnt_drop_write(mnt);
	return err;
}

/* The topmost of @dentry and its directories that is not in the upper layer, referenced. */
static struct dentry *next_to_copy(struct dentry *dentry)
{
	struct dentry *d = dget(dentry), *parent;

	for (;;) {
		parent = dget_parent(d);
		if (parent == d || ovl_upper(parent->d_inode)) {
			dput(parent);
			return d;
		}
		dput(d);
		d = parent;
	}
}

int ovl_copy_up(struct dentry *dentry)
{
	const struct cred *old;
	int err = 0;

	if (likely(ovl_upper(dentry->d_inode)))
		return 0;
	if (!ovl_fs(dentry->d_sb)->upper_mnt)
		return -EROFS;
	if (d_unlinked(dentry))
		return -ENOENT;
	old = ovl_override(dentry->d_sb);
	while (!err && !ovl_upper(dentry->d_inode)) {
		struct dentry *d = next_to_copy(dentry);

		err = copy_up_one(d);
		dput(d);
	}
	revert_creds(old);
	return err;
}
