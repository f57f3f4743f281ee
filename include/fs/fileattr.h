/* SPDX-License-Identifier: MIT */
/* The flags of chattr(1), FS_*_FL, and what the VFS makes of them. */
#ifndef FS_FILEATTR_H
#define FS_FILEATTR_H

#include <lib/types.h>
#include <lib/errno.h>
#include <lib/kconfig.h>
#include <fs/fs.h>
#include <uapi/fs.h>

/* The inode flags that come from FS_*_FL. */
#define S_FILEATTR (S_SYNC | S_IMMUTABLE | S_APPEND | S_NOATIME)

#if IS_ENABLED(CONFIG_FILEATTR)
/* FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR; -ENOTTY for others. */
long fileattr_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
#else
static inline long fileattr_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return -ENOTTY;
}
#endif
/* FS_*_FL as S_*. */
static inline u32 fileattr_to_iflags(u32 flags)
{
	u32 s = 0;

	if (flags & FS_SYNC_FL)
		s |= S_SYNC;
	if (flags & FS_IMMUTABLE_FL)
		s |= S_IMMUTABLE;
	if (flags & FS_APPEND_FL)
		s |= S_APPEND;
	if (flags & FS_NOATIME_FL)
		s |= S_NOATIME;
	return s;
}

#endif
