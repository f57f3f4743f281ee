/* SPDX-License-Identifier: MIT */
/*
 * The flags that chattr(1) sets, ioctl_iflags(2): FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and their form
 * with struct fsxattr. A file system keeps them as FS_*_FL through i_op->fileattr_get and _set.
 */
#include <fs/file.h>
#include <fs/fileattr.h>
#include <uapi/capability.h>
#include <uapi/fs.h>
#include "internal.h"

static const struct {
	u32 flag, xflag;
} common_flags[] = {
	{FS_SYNC_FL, FS_XFLAG_SYNC},
	{FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE},
	{FS_APPEND_FL, FS_XFLAG_APPEND},
	{FS_NODUMP_FL, FS_XFLAG_NODUMP},
	{FS_NOATIME_FL, FS_XFLAG_NOATIME},
	{FS_DAX_FL, FS_XFLAG_DAX},
	{FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT},
};

static u32 to_xflags(u32 flags)
{
	u32 x = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(common_flags); i++)
		if (flags & common_flags[i].flag)
			x |= common_flags[i].xflag;
	return x;
}

/* -EOPNOTSUPP for what has no other form. */
static int from_xflags(u32 x, u32 *flags)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(common_flags); i++) {
		*flags &= ~common_flags[i].flag;
		if (x & common_flags[i].xflag)
			*flags |= common_flags[i].flag;
		x &= ~common_flags[i].xflag;
	}
	return x ? -EOPNOTSUPP : 0;
}

void stat_add_fileattr(struct inode *inode, struct kstat *stat)
{
	u32 flags;

	if (inode->i_op->fileattr_get(inode, &flags))
		return;
	stat->attributes_mask |= STATX_ATTR_NODUMP;
	if (flags & FS_NODUMP_FL)
		stat->attributes |= STATX_ATTR_NODUMP;
}

static int get_flags(struct inode *inode, u32 *flags)
{
	if (!inode->i_op->fileattr_get)
		return -ENOTTY;
	return inode->i_op->fileattr_get(inode, flags);
}

/* i_rwsem held exclusively. */
static int set_flags(struct inode *inode, u32 flags, bool xform)
{
	u32 old, new = flags;
	int err = get_flags(inode, &old);

	if (!err && xform) {
		new = old;
		err = from_xflags(flags, &new);
	}
	if (err)
		return err;
	if (((old ^ new) & (FS_APPEND_FL | FS_IMMUTABLE_FL)) && !capable(CAP_LINUX_IMMUTABLE))
		return -EPERM;
	return inode->i_op->fileattr_set(inode, new);
}

static int change_flags(struct file *file, u32 flags, bool xform)
{
	struct inode *inode = file_inode(file);
	int err;

	if (!inode->i_op->fileattr_set)
		return -ENOTTY;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	err = mnt_want_write(file->f_path.mnt);
	if (err)
		return err;
	inode_lock(inode);
	err = set_flags(inode, flags, xform);
	inode_unlock(inode);
	mnt_drop_write(file->f_path.mnt);
	return err;
}

static long ioctl_fsgetxattr(struct inode *inode, struct fsxattr __user *arg)
{
	struct fsxattr x = {};
	u32 flags;
	int err = get_flags(inode, &flags);

	if (err)
		return err;
	x.fsx_xflags = to_xflags(flags);
	return copy_to_user(arg, &x, sizeof(x)) ? -EFAULT : 0;
}

static long ioctl_fssetxattr(struct file *file, const struct fsxattr __user *arg)
{
	struct fsxattr x;

	if (copy_from_user(&x, arg, sizeof(x)))
		return -EFAULT;
	if (x.fsx_extsize || x.fsx_cowextsize || x.fsx_projid)
		return -EINVAL;
	return change_flags(file, x.fsx_xflags, true);
}

long fileattr_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	u32 flags = 0;
	int err;

	switch (cmd) {
	case FS_IOC_GETFLAGS:
		err = get_flags(file_inode(file), &flags);
		return err ? err : put_user(flags, (u32 __user *)arg);
	case FS_IOC_SETFLAGS:
		if (get_user(flags, (const u32 __user *)arg))
			return -EFAULT;
		return change_flags(file, flags, false);
	case FS_IOC_FSGETXATTR:
		return ioctl_fsgetxattr(file_inode(file), (struct fsxattr __user *)arg);
	case FS_IOC_FSSETXATTR:
		return ioctl_fssetxattr(file, (const struct fsxattr __user *)arg);
	default:
		return -ENOTTY;
	}
}
