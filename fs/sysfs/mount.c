/* SPDX-License-Identifier: MIT */
/* sysfs: the file system over the tree of sysfs.c. One super block for all mounts. */
#include <lib/string.h>
#include <arch/param.h>
#include <mm/slab.h>
#include <kernel/init.h>
#include <kernel/uaccess.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <uapi/magic.h>
#include "internal.h"

static struct sysfs_node *node_of(const struct inode *inode)
{
	return inode->i_private;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static ssize_t call_show(struct sysfs_node *node, char *page)
{
	ssize_t ret = -ENODEV;

	down_read(&node->use);
	if (!node->removed)
		ret = node->attr->show ? node->attr->show(node->attr, node->priv, page) : -EIO;
	up_read(&node->use);
	return ret;
}

static ssize_t attr_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	char *page = kzalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t ret;

	if (!page)
		return -ENOMEM;
	ret = call_show(node_of(file_inode(file)), page);
	if (ret >= 0)
		ret = simple_read_from_buffer(buf, n, pos, page, ret);
	kfree(page);
	return ret;
}

static ssize_t attr_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct sysfs_node *node = node_of(file_inode(file));
	ssize_t ret = -ENODEV;
	char *text;

	if (n > PAGE_SIZE)
		return -E2BIG;
	text = memdup_user_nul(buf, n);
	if (IS_ERR(text))
		return PTR_ERR(text);
	down_read(&node->use);
	if (!node->removed)
		ret = node->attr->store ? node->attr->store(node->attr, node->priv, text, n) : -EIO;
	up_read(&node->use);
	kfree(text);
	if (ret > 0)
		*pos += ret;
	return ret;
}

static const struct file_operations attr_fops = {
	.read = attr_read,
	.write = attr_write,
	.llseek = generic_file_llseek,
};

/* ---- inodes ---------------------------------------------------------------------------------- */

static int dir_iterate(struct file *file, struct dir_context *ctx)
{
	if (dir_emit_dots(file, ctx))
		sysfs_readdir(node_of(file_inode(file)), ctx);
	return 0;
}

static const struct file_operations dir_fops = {
	.iterate_shared = dir_iterate,
	.llseek = generic_file_llseek,
};

static struct dentry *dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);

static const struct inode_operations dir_iops = {.lookup = dir_lookup};

static void set_type(struct inode *inode, struct sysfs_node *node)
{
	if (node->target) {
		inode->i_op = &simple_symlink_inode_operations;
		inode->i_link = node->target;
	} else if (node->attr) {
		inode->i_fop = &attr_fops;
		i_size_write(inode, PAGE_SIZE);
	} else {
		inode->i_op = &dir_iops;
		inode->i_fop = &dir_fops;
		inode_set_nlink(inode, 2);
	}
}

/* Takes over the reference on @node (also when it fails). */
static struct inode *sysfs_inode(struct super_block *sb, struct sysfs_node *node)
{
	struct inode *inode = new_inode_pseudo(sb);

	if (!inode) {
		sysfs_put(node);
		return NULL;
	}
	inode->i_ino = node->ino;
	inode->i_mode = sysfs_mode(node);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = node;
	set_type(inode, node);
	return inode;
}

static int sysfs_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);

	return inode && !READ_ONCE(node_of(inode)->removed);
}

static const struct dentry_operations sysfs_dentry_ops = {.d_revalidate = sysfs_revalidate};

static struct dentry *dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct sysfs_node *node = sysfs_get_child(node_of(dir), &dentry->d_name);
	struct inode *inode;

	if (!node)
		return ERR_PTR(-ENOENT);
	inode = sysfs_inode(dentry->d_sb, node);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	dentry->d_op = &sysfs_dentry_ops;
	dentry->d_flags |= DCACHE_OP_REVALIDATE;
	d_add(dentry, inode);
	return NULL;
}

/* ---- the super block ------------------------------------------------------------------------- */

static struct kmem_cache *sysfs_inode_cache;

static struct inode *sysfs_alloc_inode(struct super_block *sb)
{
	return kmem_cache_zalloc(sysfs_inode_cache, GFP_KERNEL);
}

/* After a grace period: a lock-free walk may read the link's text until then. */
static void sysfs_free_inode(struct inode *inode)
{
	sysfs_put(node_of(inode));
	kmem_cache_free(sysfs_inode_cache, inode);
}

static const struct super_operations sysfs_sops = {
	.alloc_inode = sysfs_alloc_inode,
	.free_inode = sysfs_free_inode,
	.statfs = simple_statfs,
};

static int sysfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct sysfs_node *root = sysfs_mkdir(NULL, "");
	struct inode *inode;

	if (!root)
		return -ENOMEM;
	sb->s_op = &sysfs_sops;
	sb->s_magic = SYSFS_MAGIC;
	refcount_inc(&root->ref);
	inode = sysfs_inode(sb, root);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *sysfs_mount(const struct file_system_type *type, unsigned int flags,
				  const char *source, char *data)
{
	return mount_single(type, flags, data, sysfs_fill_super);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.fs_flags = FS_USERNS_MOUNT,
	.mount = sysfs_mount,
	.kill_sb = kill_anon_super,
};

static int sysfs_init(void)
{
	static const char *const dirs[] = {"block",	"bus",	    "class",
					   "dev/block", "dev/char", "devices/system",
					   "firmware",	"fs",	    "kernel"};

	sysfs_inode_cache = kmem_cache_create("sysfs_inode", sizeof(struct inode), 0,
					      SLAB_RECLAIM_ACCOUNT, NULL);
	if (!sysfs_inode_cache)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (!sysfs_mkdir(NULL, dirs[i]))
			return -ENOMEM;
	return register_filesystem(&sysfs_type);
}
core_initcall(sysfs_init);
