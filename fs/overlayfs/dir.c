/* SPDX-License-Identifier: MIT */
/*
 * overlayfs: names made, removed and moved. All of it happens in the upper layer, under the overlay
 * directory's i_rwsem, so nobody looks while a whiteout is exchanged for what replaces it.
 */
#include <uapi/fs.h>
#include "overlayfs.h"

/* ---- helpers: the mounter's credentials, the upper mount claimed ----------------------------- */

/*
 * Credentials for making something: the mounter's, but it belongs to the caller. NULL: no memory.
 * For ovl_end().
 */
static const struct cred *creds_to_make(const struct super_block *sb)
{
	const struct cred *old = ovl_override(sb);
	struct cred *cred = prepare_creds();

	if (cred) {
		cred->fsuid = old->fsuid;
		cred->fsgid = old->fsgid;
		override_creds(cred);
		put_cred(ovl_fs(sb)->cred); /* of the first override */
		put_cred(cred);
		return old;
	}
	revert_creds(old);
	return NULL;
}

/* Copies @dir up and claims the upper mount. */
static int ovl_begin(struct dentry *dir)
{
	int err = ovl_copy_up(dir);

	return err ? err : mnt_want_write(ovl_fs(dir->d_sb)->upper_mnt);
}

static void ovl_end(const struct super_block *sb)
{
	mnt_drop_write(ovl_fs(sb)->upper_mnt);
}

static struct dentry *upper_entry(struct dentry *updir, const struct dentry *dentry)
{
	return lookup_one_len(dentry->d_name.name, updir, dentry->d_name.len);
}

/* The entry in the upper directory (locked), without a whiteout; *hid: there was one. */
static struct dentry *free_entry(struct dentry *updir, const struct dentry *dentry, bool *hid)
{
	struct dentry *d = upper_entry(updir, dentry);
	int err;

	*hid = false;
	if (IS_ERR(d) || !ovl_is_whiteout(d))
		return d;
	err = vfs_unlink(updir->d_inode, d);
	dput(d);
	if (err)
		return ERR_PTR(err);
	*hid = true;
	return upper_entry(updir, dentry);
}

static int set_opaque(struct dentry *upper)
{
	int err;

	inode_lock_nested(upper->d_inode, I_MUTEX_CHILD);
	err = __vfs_setxattr(upper->d_inode, OVL_XATTR_OPAQUE, "y", 1, 0);
	inode_unlock(upper->d_inode);
	return err;
}

static int put_whiteout(struct dentry *updir, const struct dentry *dentry)
{
	struct dentry *d = upper_entry(updir, dentry);
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d);
	err = vfs_mknod(updir->d_inode, d, S_IFCHR, 0);
	dput(d);
	return err;
}

/* ---- making ---------------------------------------------------------------------------------- */

struct ovl_make {
	umode_t mode; /* with its type */
	dev_t dev;
	const char *link;
};

static int make_real(struct inode *updir, struct dentry *d, const struct ovl_make *m)
{
	switch (m->mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(updir, d, m->mode & ~S_IFMT, true);
	case S_IFDIR:
		return vfs_mkdir(updir, d, m->mode & ~S_IFMT);
	case S_IFLNK:
		return vfs_symlink(updir, d, m->link);
	default:
		return vfs_mknod(updir, d, m->mode, m->dev);
	}
}

/* Makes it in the upper directory; the new entry, referenced. */
static struct dentry *make_upper(struct dentry *updir, const struct dentry *dentry,
				 const struct ovl_make *m)
{
	struct dentry *d;
	bool hid;
	int err;

	inode_lock(updir->d_inode);
	d = free_entry(updir, dentry, &hid);
	err = PTR_ERR_OR_ZERO(d);
	if (!err)
		err = make_real(updir->d_inode, d, m);
	if (!err && hid && S_ISDIR(m->mode))
		err = set_opaque(d);
	if (err && !IS_ERR(d))
		dput(d);
	if (err && hid)
		put_whiteout(updir, dentry);
	inode_unlock(updir->d_inode);
	return err ? ERR_PTR(err) : d;
}

static int ovl_make(struct inode *dir, struct dentry *dentry, const struct ovl_make *m)
{
	struct super_block *sb = dir->i_sb;
	const struct cred *old;
	struct inode *inode;
	struct dentry *upper;
	int err = ovl_begin(dentry->d_parent);

	if (err)
		return err;
	old = creds_to_make(sb);
	upper = old ? make_upper(ovl_upper(dir), dentry, m) : ERR_PTR(-ENOMEM);
	if (old)
		revert_creds(old);
	ovl_end(sb);
	if (IS_ERR(upper))
		return PTR_ERR(upper);
	inode = ovl_new_inode(sb, upper, NULL, 0);
	if (!inode)
		return -ENOMEM;
	ovl_copyattr(dir);
	d_instantiate(dentry, inode);
	return 0;
}

static int ovl_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	struct ovl_make m = {.mode = (mode & ~S_IFMT) | S_IFREG};

	return ovl_make(dir, dentry, &m);
}

static int ovl_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct ovl_make m = {.mode = (mode & ~S_IFMT) | S_IFDIR};

	return ovl_make(dir, dentry, &m);
}

static int ovl_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct ovl_make m = {.mode = mode, .dev = dev};

	/* A whiteout is no file that anybody could make. */
	if (S_ISCHR(mode) && !dev)
		return -EPERM;
	return ovl_make(dir, dentry, &m);
}

static int ovl_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct ovl_make m = {.mode = S_IFLNK, .link = target};

	return ovl_make(dir, dentry, &m);
}

static int ovl_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	struct dentry *updir, *d;
	const struct cred *cred;
	bool hid;
	int err = ovl_copy_up(old);

	if (!err)
		err = ovl_begin(dentry->d_parent);
	if (err)
		return err;
	updir = ovl_upper(dir);
	cred = ovl_override(dir->i_sb);
	inode_lock(updir->d_inode);
	d = free_entry(updir, dentry, &hid);
	err = PTR_ERR_OR_ZERO(d);
	if (!err) {
		err = vfs_link(ovl_upper(inode), updir->d_inode, d);
		dput(d);
	}
	inode_unlock(updir->d_inode);
	revert_creds(cred);
	ovl_end(dir->i_sb);
	if (err)
		return err;
	ovl_copyattr(dir);
	ovl_copyattr(inode);
	ihold(inode);
	d_instantiate(dentry, inode);
	return 0;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* The upper entry of @dentry goes, and a whiteout comes if a lower layer has the name. */
static int remove_upper(struct dentry *updir, struct dentry *dentry, bool is_dir, bool whiteout)
{
	struct dentry *d;
	int err = 0;

	if (is_dir && ovl_upper(dentry->d_inode))
		err = ovl_clear_whiteouts(ovl_upper(dentry->d_inode), dentry->d_sb);
	if (err)
		return err;
	inode_lock(updir->d_inode);
	d = upper_entry(updir, dentry);
	err = PTR_ERR_OR_ZERO(d);
	if (!err) {
		if (d_is_positive(d))
			err = is_dir ? vfs_rmdir(updir->d_inode, d) : vfs_unlink(updir->d_inode, d);
		dput(d);
	}
	if (!err && whiteout)
		err = put_whiteout(updir, dentry);
	inode_unlock(updir->d_inode);
	return err;
}

static int ovl_remove(struct inode *dir, struct dentry *dentry, bool is_dir)
{
	struct inode *inode = dentry->d_inode;
	const struct cred *old;
	int below, err;

	if (is_dir) {
		err = ovl_check_empty(inode);
		if (err)
			return err;
	}
	below = ovl_lower_positive(dentry);
	if (below < 0)
		return below;
	err = ovl_begin(dentry->d_parent);
	if (err)
		return err;
	old = ovl_override(dir->i_sb);
	err = remove_upper(ovl_upper(dir), dentry, is_dir, below);
	revert_creds(old);
	ovl_end(dir->i_sb);
	if (err)
		return err;
	ovl_copyattr(dir);
	if (is_dir)
		clear_nlink(inode);
	else if (inode->i_nlink)
		drop_nlink(inode);
	return 0;
}

static int ovl_unlink(struct inode *dir, struct dentry *dentry)
{
	return ovl_remove(dir, dentry, false);
}

static int ovl_rmdir(struct inode *dir, struct dentry *dentry)
{
	return ovl_remove(dir, dentry, true);
}

/* ---- moving ---------------------------------------------------------------------------------- */

struct ovl_move {
	struct dentry *old_dir, *new_dir; /* upper directories */
	struct dentry *old, *new; /* overlay entries */
	bool old_below, new_below; /* a lower layer has the name */
	bool is_dir;
};

/* Both upper directories locked. */
static int move_upper(const struct ovl_move *m)
{
	struct dentry *from = upper_entry(m->old_dir, m->old), *to;
	bool hid = false;
	int err = PTR_ERR_OR_ZERO(from);

	if (err)
		return err;
	/* A directory does not replace a whiteout; a file does, in one step. */
	to = m->is_dir ? free_entry(m->new_dir, m->new, &hid) : upper_entry(m->new_dir, m->new);
	err = PTR_ERR_OR_ZERO(to);
	if (!err) {
		err = vfs_rename(m->old_dir->d_inode, from, m->new_dir->d_inode, to, 0);
		dput(to);
	}
	if (!err && m->is_dir && (hid || m->new_below))
		err = set_opaque(from);
	if (!err && m->old_below)
		err = put_whiteout(m->old_dir, m->old);
	dput(from);
	return err;
}

static int check_rename(struct dentry *old, struct dentry *new, struct ovl_move *m)
{
	int below;

	m->is_dir = d_is_dir(old);
	/* With redirect_dir off what lower layers have of a directory cannot move along. */
	if (m->is_dir && ovl_i(old->d_inode)->nr_lower)
		return -EXDEV;
	if (new->d_inode && d_is_dir(new)) {
		int err = ovl_check_empty(new->d_inode);

		if (err)
			return err;
	}
	below = ovl_lower_positive(old);
	if (below < 0)
		return below;
	m->old_below = below;
	below = ovl_lower_positive(new);
	m->new_below = below > 0;
	return below < 0 ? below : 0;
}

static int do_ovl_rename(const struct ovl_move *m)
{
	struct dentry *trap;
	int err = 0;

	if (m->new->d_inode && d_is_dir(m->new) && ovl_upper(m->new->d_inode))
		err = ovl_clear_whiteouts(ovl_upper(m->new->d_inode), m->new->d_sb);
	if (err)
		return err;
	trap = lock_rename(m->old_dir, m->new_dir);
	if (trap && (trap == ovl_upper(m->old->d_inode) ||
		     (m->new->d_inode &&trap == ovl_upper(m->new->d_inode))))
		err = -EINVAL;
	else
		err = move_upper(m);
	unlock_rename(m->old_dir, m->new_dir);
	return err;
}

static int ovl_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags)
{
	struct ovl_move m = {.old = old, .new = new};
	const struct cred *cred;
	int err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	err = check_rename(old, new, &m);
	if (!err)
		err = ovl_copy_up(old);
	if (!err)
		err = ovl_copy_up(new->d_parent);
	if (!err)
		err = ovl_begin(old->d_parent);
	if (err)
		return err;
	m.old_dir = ovl_upper(old_dir);
	m.new_dir = ovl_upper(new_dir);
	cred = ovl_override(old_dir->i_sb);
	err = do_ovl_rename(&m);
	revert_creds(cred);
	ovl_end(old_dir->i_sb);
	if (err)
		return err;
	ovl_copyattr(old_dir);
	ovl_copyattr(new_dir);
	ovl_copyattr(old->d_inode);
	if (new->d_inode && d_is_dir(new))
		clear_nlink(new->d_inode);
	else if (new->d_inode &&new->d_inode->i_nlink)
		drop_nlink(new->d_inode);
	return 0;
}

const struct inode_operations ovl_dir_iops = {
	.lookup = ovl_lookup,
	.create = ovl_create,
	.mkdir = ovl_mkdir,
	.mknod = ovl_mknod,
	.symlink = ovl_symlink,
	.link = ovl_link,
	.unlink = ovl_unlink,
	.rmdir = ovl_rmdir,
	.rename = ovl_rename,
	.setattr = ovl_setattr,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};
