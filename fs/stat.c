/* SPDX-License-Identifier: MIT */
/*
 * stat(2) and its family, readlink(2). A stat of an inode that needs no more than its own fields is
 * answered inside the RCU walk, without taking a reference on anything.
 */
#include <kernel/syscall.h>
#include <fs/blkdev.h>
#include <fs/file.h>
#include <mm/pagemap.h>
#include <uapi/limits.h>
#include "internal.h"

void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->result_mask = STATX_BASIC_STATS;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->blksize = 1u << inode->i_blkbits;
	stat->attributes = 0;
	stat->attributes_mask = 0;
	stat->ino = inode->i_ino;
	stat->dev = inode->i_sb->s_dev;
	stat->rdev = inode->i_rdev;
	stat->uid = inode->i_uid;
	stat->gid = inode->i_gid;
	stat->size = i_size_read(inode);
	stat->atime = inode->i_atime;
	stat->mtime = inode->i_mtime;
	stat->ctime = inode->i_ctime;
	stat->btime = (struct timespec64){};
	stat->blocks = inode->i_blocks;
	if ((inode->i_flags & S_PAGEBLOCKS) && inode->i_mapping)
		stat->blocks =
			max(stat->blocks, (u64)inode->i_mapping->nrpages << (PAGE_SHIFT - 9));
}

int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int flags)
{
	struct inode *inode = path->dentry->d_inode;
	int err = 0;

	if (inode->i_op->getattr) {
		stat->result_mask = 0;
		stat->attributes = stat->attributes_mask = 0;
		stat->btime = (struct timespec64){};
		err = inode->i_op->getattr(path, stat, request_mask, flags);
	} else {
		generic_fillattr(inode, stat);
	}
	stat->mnt_id = path->mnt ? real_mount(path->mnt)->mnt_id : 0;
	if (request_mask & STAT_ATTRIBUTES)
		stat_add_attributes(path, inode, stat);
	return err;
}

static int fstat_mask(int fd, struct kstat *stat, u32 mask)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (fd_empty(f))
		return -EBADF;
	err = vfs_getattr(&fd_file(f)->f_path, stat, mask, 0);
	fdput(f);
	return err;
}

int vfs_fstat(int fd, struct kstat *stat)
{
	return fstat_mask(fd, stat, STATX_BASIC_STATS);
}

#define VALID_STAT_FLAGS \
	(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

static int statat(int dfd, struct filename *name, unsigned int how, struct kstat *stat, u32 mask,
		  int flags)
{
	struct path path;
	int err = filename_stat_rcu(dfd, name, how, stat, mask);

	if (likely(err != -ECHILD))
		return err;
	err = filename_lookup(dfd, name, how, &path);
	if (err)
		return err;
	err = vfs_getattr(&path, stat, mask, flags);
	path_put(&path);
	return err;
}

static int statat_name(int dfd, struct filename *name, struct kstat *stat, u32 mask, int flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	/* How C libraries spell fstat(). */
	if (unlikely(!*name->name) && dfd >= 0)
		return fstat_mask(dfd, stat, mask);
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	return statat(dfd, name, how, stat, mask, flags);
}

static int do_statat(int dfd, const char __user *uname, struct kstat *stat, u32 mask, int flags)
{
	struct filename name;
	int err;

	if (flags & ~VALID_STAT_FLAGS)
		return -EINVAL;
	err = getname_flags(&name, uname, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (err)
		return err;
	err = statat_name(dfd, &name, stat, mask, flags);
	putname(&name);
	return err;
}

int vfs_fstatat(int dfd, const char __user *uname, struct kstat *stat, int flags)
{
	return do_statat(dfd, uname, stat, STATX_BASIC_STATS, flags);
}

int init_stat(const char *uname, struct kstat *stat, unsigned int flags)
{
	struct path path;
	int err = kern_path(uname, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = vfs_getattr(&path, stat, STATX_BASIC_STATS, 0);
	path_put(&path);
	return err;
}

/* ---- to user space --------------------------------------------------------------------------- */

/* Field by field: the layout differs between the arches, and no byte of padding may leak. */
static int cp_stat(const struct kstat *k, struct stat __user *ustat)
{
	struct stat s = {
		.st_dev = huge_encode_dev(k->dev),
		.st_ino = k->ino,
		.st_mode = k->mode,
		.st_nlink = k->nlink,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = huge_encode_dev(k->rdev),
		.st_size = k->size,
		.st_blksize = k->blksize,
		.st_blocks = k->blocks,
		.st_atime = k->atime.tv_sec,
		.st_atime_nsec = k->atime.tv_nsec,
		.st_mtime = k->mtime.tv_sec,
		.st_mtime_nsec = k->mtime.tv_nsec,
		.st_ctime = k->ctime.tv_sec,
		.st_ctime_nsec = k->ctime.tv_nsec,
	};

	return copy_to_user(ustat, &s, sizeof(s)) ? -EFAULT : 0;
}

static struct statx_timestamp statx_time(const struct timespec64 *ts)
{
	return (struct statx_timestamp){.tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec};
}

static int cp_statx(const struct kstat *k, struct statx __user *ux)
{
	struct statx x = {
		.stx_mask = k->result_mask | STATX_MNT_ID,
		.stx_blksize = k->blksize,
		.stx_attributes = k->attributes,
		.stx_nlink = k->nlink,
		.stx_uid = k->uid,
		.stx_gid = k->gid,
		.stx_mode = k->mode,
		.stx_ino = k->ino,
		.stx_size = k->size,
		.stx_blocks = k->blocks,
		.stx_attributes_mask = k->attributes_mask | STATX_ATTR_IMMUTABLE |
				       STATX_ATTR_APPEND | STATX_ATTR_MOUNT_ROOT,
		.stx_atime = statx_time(&k->atime),
		.stx_btime = statx_time(&k->btime),
		.stx_ctime = statx_time(&k->ctime),
		.stx_mtime = statx_time(&k->mtime),
		.stx_rdev_major = MAJOR(k->rdev),
		.stx_rdev_minor = MINOR(k->rdev),
		.stx_dev_major = MAJOR(k->dev),
		.stx_dev_minor = MINOR(k->dev),
		.stx_mnt_id = k->mnt_id,
		.stx_dio_mem_align = k->result_mask & STATX_DIOALIGN ? k->dio_mem_align : 0,
		.stx_dio_offset_align = k->result_mask & STATX_DIOALIGN ? k->dio_offset_align : 0,
	};

	return copy_to_user(ux, &x, sizeof(x)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(stat, const char __user *, name, struct stat __user *, ustat)
{
	struct kstat stat;
	int err = vfs_fstatat(AT_FDCWD, name, &stat, 0);

	return err ? err : cp_stat(&stat, ustat);
}

SYSCALL_DEFINE2(lstat, const char __user *, name, struct stat __user *, ustat)
{
	struct kstat stat;
	int err = vfs_fstatat(AT_FDCWD, name, &stat, AT_SYMLINK_NOFOLLOW);

	return err ? err : cp_stat(&stat, ustat);
}

SYSCALL_DEFINE2(fstat, unsigned int, fd, struct stat __user *, ustat)
{
	struct kstat stat;
	int err = vfs_fstat(fd, &stat);

	return err ? err : cp_stat(&stat, ustat);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, name, struct stat __user *, ustat, int,
		flags)
{
	struct kstat stat;
	int err = vfs_fstatat(dfd, name, &stat, flags);

	return err ? err : cp_stat(&stat, ustat);
}

/* A node of a block device: the file system that it is on knows nothing of that. */
static void add_dioalign(struct kstat *stat, unsigned int mask)
{
	if (IS_ENABLED(CONFIG_BLOCK) && (mask & STATX_DIOALIGN) && S_ISBLK(stat->mode))
		blkdev_fill_dioalign(stat->rdev, stat);
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, name, unsigned int, flags, unsigned int, mask,
		struct statx __user *, ux)
{
	struct kstat stat;
	int err;

	if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = do_statat(dfd, name, &stat, mask | STAT_ATTRIBUTES, flags);
	if (err)
		return err;
	add_dioalign(&stat, mask);
	return cp_statx(&stat, ux);
}

int do_statx(int dfd, struct filename *name, unsigned int flags, unsigned int mask,
	     struct statx __user *ux)
{
	struct kstat stat;
	int err;

	if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags & ~VALID_STAT_FLAGS))
		return -EINVAL;
	err = statat_name(dfd, name, &stat, mask | STAT_ATTRIBUTES, flags);
	if (err)
		return err;
	add_dioalign(&stat, mask);
	return cp_statx(&stat, ux);
}

/* ---- readlink -------------------------------------------------------------------------------- */

/* The text that readlink(2) shows: of a magic link, where it leads. @page is PATH_MAX bytes. */
static const char *readlink_text(struct dentry *dentry, char *page)
{
	struct inode *inode = dentry->d_inode;
	struct path to;
	char *text;
	int err;

	if (inode->i_link)
		return inode->i_link;
	if (!inode->i_op->get_path)
		return inode->i_op->get_link(dentry, inode);
	err = inode->i_op->get_path(dentry, &to);
	if (err)
		return ERR_PTR(err);
	text = d_path(&to, page, PATH_MAX);
	path_put(&to);
	return text;
}

static int readlink_path(const struct path *path, char __user *buf, int size)
{
	struct inode *inode = path->dentry->d_inode;
	char *page = NULL;
	const char *text;
	int len;

	if (!S_ISLNK(inode->i_mode))
		return -EINVAL;
	if (inode->i_op->get_path) {
		page = kmalloc(PATH_MAX, GFP_KERNEL);
		if (!page)
			return -ENOMEM;
	}
	touch_atime(path);
	text = readlink_text(path->dentry, page);
	if (IS_ERR(text)) {
		len = PTR_ERR(text);
	} else {
		len = min_t(int, strlen(text), size);
		if (copy_to_user(buf, text, len))
			len = -EFAULT;
	}
	kfree(page);
	return len;
}

static long do_readlinkat(int dfd, const char __user *uname, char __user *buf, int size)
{
	struct path path;
	int err;

	if (size <= 0)
		return -EINVAL;
	err = user_path_at(dfd, uname, LOOKUP_EMPTY, &path);
	if (err)
		return err;
	err = readlink_path(&path, buf, size);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE3(readlink, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(AT_FDCWD, name, buf, size);
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(dfd, name, buf, size);
}
