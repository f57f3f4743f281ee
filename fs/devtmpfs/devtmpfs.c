/* SPDX-License-Identifier: MIT */
/*
 * devtmpfs: one tmpfs for /dev, kept mounted inside the kernel, in which drivers' devices get their
 * nodes. Mounting it shows that one tree; user space may add to it and change owners as in any
 * tmpfs.
 */
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <fs/dcache.h>
#include <fs/devtmpfs.h>
#include <fs/fs.h>
#include <fs/mount.h>
#include "../tmpfs/tmpfs.h"

static struct tmpfs_sb devtmpfs_limits = {.mode = 0755};

static struct dentry *devtmpfs_get_tree(const struct file_system_type *type, unsigned int flags,
					const char *source, char *data)
{
	return mount_single(type, flags, &devtmpfs_limits, tmpfs_fill_super);
}

/* The kernel's own mount keeps the super block: this is never called, but the VFS wants it. */
static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.fs_flags = FS_TMPFS_MAGIC,
	.mount = devtmpfs_get_tree,
	.kill_sb = kill_litter_super,
};

static DEFINE_MUTEX(devtmpfs_lock);
static struct vfsmount *devtmpfs_mnt; /* devtmpfs_lock */

/* The root of the tree; mounts it at the first call. devtmpfs_lock held. */
static struct dentry *devtmpfs_root(void)
{
	if (!devtmpfs_mnt) {
		int err = register_filesystem(&devtmpfs_type);
		struct vfsmount *mnt = err ? ERR_PTR(err) : kern_mount(&devtmpfs_type);

		if (IS_ERR(mnt)) {
			unregister_filesystem(&devtmpfs_type);
			return ERR_CAST(mnt);
		}
		devtmpfs_mnt = mnt;
	}
	return devtmpfs_mnt->mnt_root;
}

/*
 * The child of @dir, referenced; may be negative. The directory is locked on return unless it is an
 * error.
 */
static struct dentry *lock_and_find(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *dentry;

	inode_lock(d_inode(dir));
	dentry = lookup_one_len(name, dir, len);
	if (IS_ERR(dentry))
		inode_unlock(d_inode(dir));
	return dentry;
}

/* The directory @name below @dir, referenced, made if missing. */
static struct dentry *get_directory(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *dentry = lock_and_find(dir, name, len);
	int err = 0;

	if (IS_ERR(dentry))
		return dentry;
	if (d_is_negative(dentry))
		err = vfs_mkdir(d_inode(dir), dentry, 0755);
	inode_unlock(d_inode(dir));
	if (!err && !d_is_dir(dentry))
		err = -ENOTDIR;
	if (!err)
		return dentry;
	dput(dentry);
	return ERR_PTR(err);
}

/* The directory that holds the last part of *@name, referenced; *@name is left at that part. */
static struct dentry *walk_to_parent(const char **name)
{
	struct dentry *dir = devtmpfs_root();
	const char *slash;

	if (IS_ERR(dir))
		return dir;
	dget(dir);
	while ((slash = strchr(*name, '/')) != NULL) {
		struct dentry *sub = get_directory(dir, *name, slash - *name);

		dput(dir);
		if (IS_ERR(sub))
			return sub;
		dir = sub;
		*name = slash + 1;
	}
	return dir;
}

static int create_in(struct dentry *dir, const char *name, umode_t mode, dev_t dev)
{
	struct dentry *dentry = lock_and_find(dir, name, strlen(name));
	int err = -EEXIST;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_is_negative(dentry))
		err = vfs_mknod(d_inode(dir), dentry, mode, dev);
	inode_unlock(d_inode(dir));
	dput(dentry);
	return err;
}

static bool is_our_node(const struct dentry *dentry, dev_t dev)
{
	const struct inode *inode = d_inode(dentry);

	return inode && (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) && inode->i_rdev == dev;
}

static int delete_in(struct dentry *dir, const char *name, dev_t dev)
{
	struct dentry *dentry = lock_and_find(dir, name, strlen(name));
	int err = -ENOENT;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (is_our_node(dentry, dev))
		err = vfs_unlink(d_inode(dir), dentry);
	inode_unlock(d_inode(dir));
	dput(dentry);
	return err;
}

int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev)
{
	const struct cred *old = override_creds(&init_cred);
	struct dentry *dir;
	int err;

	mutex_lock(&devtmpfs_lock);
	dir = walk_to_parent(&name);
	err = IS_ERR(dir) ? PTR_ERR(dir) : create_in(dir, name, mode, dev);
	if (!IS_ERR(dir))
		dput(dir);
	mutex_unlock(&devtmpfs_lock);
	revert_creds(old);
	return err;
}

int devtmpfs_delete_node(const char *name, dev_t dev)
{
	const struct cred *old = override_creds(&init_cred);
	struct dentry *dir;
	int err;

	mutex_lock(&devtmpfs_lock);
	dir = walk_to_parent(&name);
	err = IS_ERR(dir) ? PTR_ERR(dir) : delete_in(dir, name, dev);
	if (!IS_ERR(dir))
		dput(dir);
	mutex_unlock(&devtmpfs_lock);
	revert_creds(old);
	return err;
}

int devtmpfs_mount(const char *dir)
{
	int err;

	if (!IS_ENABLED(CONFIG_DEVTMPFS_MOUNT))
		return 0;
	err = init_mount("devtmpfs", dir, "devtmpfs", 0, NULL);
	if (err)
		pr_warn("devtmpfs: mounting it on %s failed: %pe\n", dir, ERR_PTR(err));
	return err;
}

/* So that mount -t devtmpfs works even when no driver registered anything. */
static int devtmpfs_init(void)
{
	struct dentry *root;

	mutex_lock(&devtmpfs_lock);
	root = devtmpfs_root();
	mutex_unlock(&devtmpfs_lock);
	return PTR_ERR_OR_ZERO(root);
}
core_initcall(devtmpfs_init);
