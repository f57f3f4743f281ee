/* SPDX-License-Identifier: MIT */
/* Files of name spaces, ioctl_ns(2). Each path has an inode of its own, of the same number. */
#include <lib/err.h>
#include <kernel/init.h>
#include <fs/file.h>
#include <fs/nsfs.h>
#include <uapi/magic.h>
#include <uapi/nsfs.h>
#include "internal.h"

static struct vfsmount *ns_mnt __ro_after_init;

static struct ns_common *ns_of_inode(const struct inode *inode)
{
	return inode->i_private;
}

static char *ns_dname(struct dentry *dentry, char *buf, int len)
{
	struct ns_common *ns = ns_of_inode(dentry->d_inode);

	return dynamic_dname(buf, len, "%s:[%u]", ns->ops->name, ns->inum);
}

static const struct dentry_operations ns_dentry_operations = {.d_dname = ns_dname};

static void ns_evict(struct inode *inode)
{
	struct ns_common *ns = ns_of_inode(inode);

	if (ns)
		ns->ops->put(ns);
}

static const struct super_operations ns_sops = {
	.statfs = simple_statfs,
	.evict_inode = ns_evict,
};

static long ns_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case NS_GET_NSTYPE:
		return ns_of_file(file)->ops->type;
	case NS_GET_USERNS: /* there is one, which nobody may open */
		return -EPERM;
	case NS_GET_PARENT:
	case NS_GET_OWNER_UID:
		return -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations ns_fops = {.unlocked_ioctl = ns_ioctl, .llseek = no_llseek};

struct ns_common *ns_of_file(const struct file *file)
{
	return file->f_op == &ns_fops ? ns_of_inode(file_inode(file)) : NULL;
}

int ns_get_path(struct ns_common *ns, struct path *path)
{
	struct inode *inode = new_inode(ns_mnt->mnt_sb);

	if (!inode) {
		ns->ops->put(ns);
		return -ENOMEM;
	}
	inode->i_ino = ns->inum;
	inode->i_mode = S_IFREG | 0444;
	inode->i_fop = &ns_fops;
	inode->i_private = ns;
	path->dentry = d_alloc_pseudo(ns_mnt->mnt_sb, "");
	if (!path->dentry) {
		iput(inode);
		return -ENOMEM;
	}
	d_set_inode_pseudo(path->dentry, inode);
	path->mnt = mntget(ns_mnt);
	return 0;
}

static struct dentry *nsfs_mount(const struct file_system_type *type, unsigned int flags,
				 const char *dev_name, char *data)
{
	struct dentry *root = mount_pseudo(type, NSFS_MAGIC);

	if (!IS_ERR(root)) {
		root->d_sb->s_d_op = &ns_dentry_operations;
		root->d_sb->s_op = &ns_sops;
	}
	return root;
}

static struct file_system_type nsfs_type = {
	.name = "nsfs", .mount = nsfs_mount, .kill_sb = kill_anon_super};

static int __init nsfs_init(void)
{
	struct vfsmount *mnt = kern_mount(&nsfs_type);

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	ns_mnt = mnt;
	return 0;
}
core_initcall(nsfs_init);
