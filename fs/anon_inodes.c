/* SPDX-License-Identifier: MIT */
/*
 * Files that are only descriptors (eventfd, epoll...): all share one inode, and their dentries say
 * what they are.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include <fs/file.h>
#include <uapi/magic.h>
#include "internal.h"

static struct vfsmount *anon_mnt __ro_after_init;
static struct inode *anon_inode __ro_after_init;

static char *anon_dname(struct dentry *dentry, char *buf, int len)
{
	return dynamic_dname(buf, len, "anon_inode:%s", dentry->d_name.name);
}

static const struct dentry_operations anon_dentry_operations = {.d_dname = anon_dname};

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				unsigned int flags)
{
	struct file *file;

	if (!anon_inode)
		return ERR_PTR(-ENODEV);
	ihold(anon_inode);
	file = alloc_file_pseudo(anon_inode, anon_mnt, name, flags & (O_ACCMODE | O_NONBLOCK),
				 fops);
	if (IS_ERR(file))
		iput(anon_inode);
	else
		file->private_data = priv;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv,
		     unsigned int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static struct dentry *anon_mount(const struct file_system_type *type, unsigned int flags,
				 const char *dev_name, char *data)
{
	struct dentry *root = mount_pseudo(type, ANON_INODE_FS_MAGIC);

	if (!IS_ERR(root))
		root->d_sb->s_d_op = &anon_dentry_operations;
	return root;
}

static struct file_system_type anon_type = {
	.name = "anon_inodefs", .mount = anon_mount, .kill_sb = kill_anon_super};

static int __init anon_inodes_init(void)
{
	struct vfsmount *mnt = kern_mount(&anon_type);
	struct inode *inode;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	inode = new_inode_pseudo(mnt->mnt_sb);
	if (!inode)
		return -ENOMEM;
	inode->i_mode = S_IRUSR | S_IWUSR;
	inode->i_flags |= S_STREAM | S_FASTATTR;
	anon_mnt = mnt;
	anon_inode = inode;
	return 0;
}
core_initcall(anon_inodes_init);
