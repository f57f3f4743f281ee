/* SPDX-License-Identifier: MIT */
/* overlayfs: inodes and their attributes, which mirror those of the real ones. */
#include "overlayfs.h"

/* ---- attributes ------------------------------------------------------------------------------ */

void ovl_copyattr(struct inode *inode)
{
	const struct inode *real = ovl_real(inode).dentry->d_inode;

	inode->i_mode = real->i_mode;
	inode->i_uid = real->i_uid;
	inode->i_gid = real->i_gid;
	inode->i_atime = real->i_atime;
	inode->i_mtime = real->i_mtime;
	inode->i_ctime = real->i_ctime;
	i_size_write(inode, i_size_read(real));
	inode_set_nlink(inode, S_ISDIR(real->i_mode) && ovl_i(inode)->nr_lower ? 1 : real->i_nlink);
}

int ovl_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	struct inode *inode = path->dentry->d_inode;
	const struct cred *old = ovl_override(inode->i_sb);
	struct path real = ovl_real(inode);
	int err = vfs_getattr(&real, stat, mask, flags);

	revert_creds(old);
	stat->attributes = 0;
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	stat->nlink = inode->i_nlink;
	return err;
}

int ovl_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	const struct cred *old;
	struct dentry *upper;
	int err = setattr_prepare(dentry, attr);

	if (!err)
		err = ovl_copy_up(dentry);
	if (err)
		return err;
	upper = ovl_upper(inode);
	attr->ia_valid &= ~(ATTR_FILE | ATTR_OPEN);
	old = ovl_override(inode->i_sb);
	err = mnt_want_write(ovl_fs(inode->i_sb)->upper_mnt);
	if (!err) {
		inode_lock(upper->d_inode);
		err = notify_change(upper, attr);
		inode_unlock(upper->d_inode);
		mnt_drop_write(ovl_fs(inode->i_sb)->upper_mnt);
	}
	revert_creds(old);
	ovl_copyattr(inode);
	return err;
}

/* ---- links ----------------------------------------------------------------------------------- */

static const char *ovl_get_link(struct dentry *dentry, struct inode *inode)
{
	struct path real = ovl_real(inode);
	struct inode *link = real.dentry->d_inode;

	if (link->i_link)
		return link->i_link;
	if (!dentry)
		return ERR_PTR(-ECHILD);
	return link->i_op->get_link ? link->i_op->get_link(real.dentry, link) : ERR_PTR(-EINVAL);
}

/* ---- extended attributes --------------------------------------------------------------------- */

static bool is_private(const char *name)
{
	return !strncmp(name, OVL_XATTR_PREFIX, strlen(OVL_XATTR_PREFIX));
}

static int ovl_xattr_get(const struct xattr_handler *handler, struct inode *inode, const char *name,
			 void *buf, size_t size)
{
	const struct cred *old;
	int n;

	if (is_private(name))
		return -EOPNOTSUPP;
	old = ovl_override(inode->i_sb);
	n = __vfs_getxattr(ovl_real(inode).dentry->d_inode, name, buf, size);
	revert_creds(old);
	return n;
}

static int ovl_xattr_set(const struct xattr_handler *handler, struct inode *inode, const char *name,
			 const void *value, size_t size, int flags)
{
	struct dentry *dentry, *upper;
	const struct cred *old;
	int err;

	if (is_private(name))
		return -EOPNOTSUPP;
	dentry = d_find_any_alias(inode);
	err = dentry ? ovl_copy_up(dentry) : -ENOENT;
	dput(dentry);
	if (err)
		return err;
	upper = ovl_upper(inode);
	old = ovl_override(inode->i_sb);
	if (value)
		err = vfs_setxattr(upper, name, value, size, flags);
	else
		err = vfs_removexattr(upper, name);
	revert_creds(old);
	ovl_copyattr(inode);
	return err;
}

static const struct xattr_handler ovl_handler = {
	.prefix = "", .get = ovl_xattr_get, .set = ovl_xattr_set};

const struct xattr_handler *const ovl_xattr_handlers[] = {&ovl_handler, NULL};

ssize_t ovl_listxattr(struct dentry *dentry, char *buf, size_t size)
{
	struct inode *inode = dentry->d_inode;
	bool all = capable(CAP_SYS_ADMIN);
	const struct cred *old = ovl_override(inode->i_sb);
	ssize_t n = vfs_listxattr(ovl_real(inode).dentry, buf, size);
	char *p = buf, *end = buf + n;

	revert_creds(old);
	if (n <= 0 || !size)
		return n;
	while (p < end) {
		size_t len = strlen(p) + 1;

		if (!is_private(p) &&
		    (all || strncmp(p, XATTR_TRUSTED_PREFIX, XATTR_TRUSTED_PREFIX_LEN))) {
			p += len;
			continue;
		}
		memmove(p, p + len, end - p - len);
		end -= len;
	}
	return end - buf;
}

/* ---- inodes ---------------------------------------------------------------------------------- */

const struct inode_operations ovl_file_iops = {
	.setattr = ovl_setattr,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};

const struct inode_operations ovl_special_iops = {
	.setattr = ovl_setattr,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};

const struct inode_operations ovl_link_iops = {
	.get_link = ovl_get_link,
	.setattr = ovl_setattr,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};

static void drop_layers(struct dentry *upper, struct ovl_lower *lower, unsigned int nr)
{
	dput(upper);
	for (unsigned int i = 0; i < nr; i++)
		dput(lower[i].dentry);
	kfree(lower);
}

void ovl_free_layers(struct ovl_inode *oi)
{
	drop_layers(oi->upper, oi->lower, oi->nr_lower);
	oi->upper = NULL;
	oi->nr_lower = 0;
	oi->lower = NULL;
}

static void set_operations(struct inode *inode, const struct inode *real)
{
	switch (real->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ovl_file_iops;
		inode->i_fop = &ovl_file_fops;
		break;
	case S_IFDIR:
		inode->i_op = &ovl_dir_iops;
		inode->i_fop = &ovl_dir_fops;
		break;
	case S_IFLNK:
		inode->i_op = &ovl_link_iops;
		break;
	default:
		inode->i_op = &ovl_special_iops;
		init_special_inode(inode, real->i_mode, real->i_rdev);
	}
}

/* ---- found again by the real inode ----------------------------------------------------------- */

/*
 * NULL: it is not to be found. A lower file of several names must not be: when one is copied up,
 * the others stay what they are.
 */
static const struct inode *inode_key(struct dentry *upper, const struct ovl_lower *lower,
				     unsigned int nr_lower)
{
	const struct inode *top = (upper ? upper : lower[0].dentry)->d_inode;

	if (S_ISDIR(top->i_mode))
		return nr_lower ? lower[nr_lower - 1].dentry->d_inode : top;
	return upper || top->i_nlink == 1 ? top : NULL;
}

/* inode_lock held. The inode of @key, referenced, or NULL; *link: where it would be. */
static struct inode *find_key(struct ovl_fs *ofs, const struct inode *key, struct rb_node ***link,
			      struct rb_node **parent)
{
	*link = &ofs->inodes.rb_node;
	*parent = NULL;
	while (**link) {
		struct ovl_inode *oi = rb_entry(**link, struct ovl_inode, key_node);

		if (key == oi->key) {
			struct inode *inode = igrab(&oi->vfs);

			if (inode)
				return inode;
			/* On its way out: as if it were gone. */
			rb_erase(&oi->key_node, &ofs->inodes);
			RB_CLEAR_NODE(&oi->key_node);
			return find_key(ofs, key, link, parent);
		}
		*parent = **link;
		*link = key < oi->key ? &(**link)->rb_left : &(**link)->rb_right;
	}
	return NULL;
}

/* Makes @inode the one of @key; or returns another, referenced, that is already. */
static struct inode *insert_key(struct inode *inode, const struct inode *key)
{
	struct ovl_fs *ofs = ovl_fs(inode->i_sb);
	struct ovl_inode *oi = ovl_i(inode);
	struct rb_node **link, *parent;
	struct inode *other;

	spin_lock(&ofs->inode_lock);
	other = find_key(ofs, key, &link, &parent);
	if (!other) {
		oi->key = key;
		rb_link_node(&oi->key_node, parent, link);
		rb_insert_color(&oi->key_node, &ofs->inodes);
	}
	spin_unlock(&ofs->inode_lock);
	return other;
}

static struct inode *find_inode(struct ovl_fs *ofs, const struct inode *key)
{
	struct rb_node **link, *parent;
	struct inode *inode;

	spin_lock(&ofs->inode_lock);
	inode = find_key(ofs, key, &link, &parent);
	spin_unlock(&ofs->inode_lock);
	return inode;
}

void ovl_forget_inode(struct inode *inode)
{
	struct ovl_fs *ofs = ovl_fs(inode->i_sb);
	struct ovl_inode *oi = ovl_i(inode);

	spin_lock(&ofs->inode_lock);
	if (!RB_EMPTY_NODE(&oi->key_node)) {
		rb_erase(&oi->key_node, &ofs->inodes);
		RB_CLEAR_NODE(&oi->key_node);
	}
	spin_unlock(&ofs->inode_lock);
}

void ovl_rekey_inode(struct inode *inode)
{
	struct inode *other;

	if (S_ISDIR(inode->i_mode))
		return;
	ovl_forget_inode(inode);
	other = insert_key(inode, ovl_upper(inode)->d_inode);
	if (other)
		iput(other);
}

static struct inode *make_inode(struct super_block *sb, struct dentry *upper,
				struct ovl_lower *lower, unsigned int nr_lower)
{
	struct inode *inode = new_inode(sb), *real;
	struct rw_semaphore *ovl_inode_lock;
	struct ovl_inode *oi;

	if (!inode) {
		drop_layers(upper, lower, nr_lower);
		return NULL;
	}
	/* Taken before the locks of the layers, which the checker knows by another name. */
	ovl_inode_lock = &inode->i_rwsem;
	init_rwsem(ovl_inode_lock);
	oi = ovl_i(inode);
	mutex_init(&oi->copy_lock);
	oi->upper = upper;
	oi->lower = lower;
	oi->nr_lower = nr_lower;
	real = ovl_real(inode).dentry->d_inode;
	inode->i_ino = real->i_ino;
	set_operations(inode, real);
	ovl_copyattr(inode);
	return inode;
}

struct inode *ovl_new_inode(struct super_block *sb, struct dentry *upper, struct ovl_lower *lower,
			    unsigned int nr_lower)
{
	const struct inode *key = inode_key(upper, lower, nr_lower);
	struct inode *inode = key ? find_inode(ovl_fs(sb), key) : NULL, *other;

	if (inode) {
		drop_layers(upper, lower, nr_lower);
		return inode;
	}
	inode = make_inode(sb, upper, lower, nr_lower);
	other = inode && key ? insert_key(inode, key) : NULL;
	if (!other)
		return inode;
	iput(inode); /* and its layers */
	return other;
}
