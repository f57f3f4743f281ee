/* SPDX-License-Identifier: MIT */
/*
 * Boot of the VFS, and the file calls that boot code makes: kernel strings, the kernel's rights, no
 * umask surprises.
 */
#include <lib/err.h>
#include <mm/vmstat.h>
#include <fs/file.h>
#include "internal.h"

static unsigned long dcache_count(struct shrinker *s)
{
	return dcache_unused();
}

/* A freed dentry with its inode is a third of a page or so. */
static unsigned long dcache_scan(struct shrinker *s, unsigned long nr)
{
	return shrink_dcache(nr) / 8;
}

static struct shrinker dcache_shrinker = {.count = dcache_count, .scan = dcache_scan, .vfs = true};

void vfs_init(void)
{
	filename_init();
	dcache_init();
	inode_init();
	file_table_init();
	fs_struct_init();
	mnt_init();
	ramfs_init();
	register_shrinker(&dcache_shrinker);
}

/* ---- calls for early user space -------------------------------------------------------------- */

static struct dentry *make(const char *name, struct path *path, unsigned int flags)
{
	return kern_path_create(AT_FDCWD, name, path, flags);
}

int init_mkdir(const char *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = make(name, &path, LOOKUP_DIRECTORY);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_mkdir(path.dentry->d_inode, dentry, mode);
	done_path_create(&path, dentry);
	return err;
}

int init_mknod(const char *name, umode_t mode, dev_t dev)
{
	struct path path;
	struct dentry *dentry = make(name, &path, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (S_ISREG(mode) || !(mode & S_IFMT))
		err = vfs_create(path.dentry->d_inode, dentry, mode, true);
	else
		err = vfs_mknod(path.dentry->d_inode, dentry, mode, dev);
	done_path_create(&path, dentry);
	return err;
}

int init_symlink(const char *target, const char *name)
{
	struct path path;
	struct dentry *dentry = make(name, &path, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_symlink(path.dentry->d_inode, dentry, target);
	done_path_create(&path, dentry);
	return err;
}

int init_link(const char *old, const char *new)
{
	struct path from, to;
	struct dentry *dentry;
	int err = kern_path(old, 0, &from);

	if (err)
		return err;
	dentry = make(new, &to, 0);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = from.mnt == to.mnt ? vfs_link(from.dentry, to.dentry->d_inode, dentry) :
					   -EXDEV;
		done_path_create(&to, dentry);
	}
	path_put(&from);
	return err;
}

static int init_remove(const char *uname, long (*fn)(int dfd, struct filename *name))
{
	struct filename name;
	int err = getname_kernel(&name, uname);

	if (err)
		return err;
	err = fn(AT_FDCWD, &name);
	putname(&name);
	return err;
}

int init_unlink(const char *name)
{
	return init_remove(name, do_unlinkat);
}

int init_rmdir(const char *name)
{
	return init_remove(name, do_rmdir);
}
