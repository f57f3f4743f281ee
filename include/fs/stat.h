/* SPDX-License-Identifier: MIT */
/* What stat(2) and statx(2) report, in kernel form. */
#ifndef FS_STAT_H
#define FS_STAT_H

#include <lib/types.h>
#include <kernel/time.h>
#include <fs/fs.h>

struct kstat {
	u32 result_mask; /* STATX_* that are filled */
	umode_t mode;
	unsigned int nlink;
	u32 blksize;
	u64 attributes, attributes_mask;
	u64 ino;
	dev_t dev, rdev;
	uid_t uid;
	gid_t gid;
	loff_t size;
	struct timespec64 atime, mtime, ctime, btime;
	u64 blocks;
	u64 mnt_id;
	u32 dio_mem_align, dio_offset_align; /* with STATX_DIOALIGN in result_mask */
};

/* Fills *stat from the inode alone. Any context. */
void generic_fillattr(struct inode *inode, struct kstat *stat);
/* i_op->getattr or generic_fillattr. @path referenced. */
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int flags);
/* fstat(2) of an open file. */
int vfs_fstat(int fd, struct kstat *stat);
/* fstatat(2) with AT_* @flags. */
int vfs_fstatat(int dfd, const char __user *name, struct kstat *stat, int flags);

#endif
