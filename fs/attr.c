/* SPDX-License-Identifier: MIT */
/*
 * Who may do what to an inode (inode(7), path_resolution(7)), and changing its attributes (chmod,
 * chown, utimensat, truncate).
 */
#include <kernel/sched_signal.h>
#include <mm/pagemap.h>
#include <fs/fsnotify.h>
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <uapi/capability.h>
#include "internal.h"

/* ---- permission ------------------------------------------------------------------------------ */

/* What the mode and the access control list say to the class the caller falls into. */
static int class_permission(struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;
	int err;

	if (current_fsuid() == inode->i_uid) {
		mode >>= 6;
	} else {
		if (unlikely(inode_may_have_acl(inode))) {
			err = posix_acl_check_inode(inode, mask);
			if (err != -EAGAIN)
				return err;
		}
		/* Group bits equal to the others' make membership irrelevant. */
		if (((mode >> 3) ^ mode) & 7 && in_group_p(inode->i_gid))
			mode >>= 3;
	}
	return mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC) ? -EACCES : 0;
}

/* CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, capabilities(7). */
static bool cap_overrides(const struct inode *inode, int mask)
{
	if (S_ISDIR(inode->i_mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return true;
		return capable(CAP_DAC_OVERRIDE);
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return true;
	/* Even root executes only what somebody may execute. */
	if ((mask & MAY_EXEC) && !(inode->i_mode & S_IXUGO))
		return false;
	return capable(CAP_DAC_OVERRIDE);
}

int generic_permission(struct inode *inode, int mask)
{
	int err = class_permission(inode, mask);

	if (likely(err != -EACCES))
		return err;
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	return cap_overrides(inode, mask) ? 0 : -EACCES;
}

int inode_permission(struct inode *inode, int mask)
{
	if (unlikely(mask & MAY_WRITE)) {
		umode_t mode = inode->i_mode;

		if (IS_RDONLY(inode) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
	}
	if (likely(!inode->i_op->permission))
		return generic_permission(inode, mask);
	return inode->i_op->permission(inode, mask);
}

int file_permission(struct file *file, int mask)
{
	return inode_permission(file_inode(file), mask);
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER);
}

/* ---- setattr --------------------------------------------------------------------------------- */

static bool chown_ok(const struct inode *inode, uid_t uid)
{
	return (current_fsuid() == inode->i_uid && uid == inode->i_uid) || capable(CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, gid_t gid)
{
	if (current_fsuid() == inode->i_uid && (gid == inode->i_gid || in_group_p(gid)))
		return true;
	return capable(CAP_CHOWN);
}

int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (size < 0)
		return -EINVAL;
	if (size > inode->i_size) {
		if ((u64)size > rlimit(RLIMIT_FSIZE)) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		if (size > inode->i_sb->s_maxbytes)
			return -EFBIG;
	}
	return 0;
}

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int valid = attr->ia_valid;
	int err;

	if (valid & ATTR_SIZE) {
		err = inode_newsize_ok(inode, attr->ia_size);
		if (err)
			return err;
	}
	if ((valid & ATTR_UID) && !chown_ok(inode, attr->ia_uid))
		return -EPERM;
	if ((valid & ATTR_GID) && !chgrp_ok(inode, attr->ia_gid))
		return -EPERM;
	if (valid & ATTR_MODE) {
		gid_t gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

		if (!(valid & ATTR_FORCE) && !inode_owner_or_capable(inode))
			return -EPERM;
		if (!in_group_p(gid) && !capable(CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if ((valid & (ATTR_MTIME_SET | ATTR_ATIME_SET)) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	if (valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	if (valid & ATTR_MODE)
		inode->i_mode = attr->ia_mode;
}

unsigned int should_remove_suid(const struct inode *inode)
{
	umode_t mode = inode->i_mode;
	unsigned int kill = 0;

	if (likely(!(mode & (S_ISUID | S_ISGID))) || !S_ISREG(mode))
		return 0;
	if (mode & S_ISUID)
		kill = ATTR_KILL_SUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		kill |= ATTR_KILL_SGID;
	return kill;
}

int file_remove_privs(struct file *file)
{
	struct iattr attr;
	struct inode *inode = file_inode(file);
	unsigned int kill = should_remove_suid(inode);
	int err;

	if (unlikely(inode_may_have_caps(inode))) {
		err = inode_remove_caps(inode);
		if (err)
			return err;
	}
	if (likely(!kill) || capable(CAP_FSETID))
		return 0;
	attr.ia_valid = kill;
	return notify_change(file_dentry(file), &attr);
}

/* ATTR_KILL_* into a new mode. */
static void apply_kill(const struct inode *inode, struct iattr *attr)
{
	umode_t mode = attr->ia_valid & ATTR_MODE ? attr->ia_mode : inode->i_mode;
	umode_t new = mode;

	if (attr->ia_valid & ATTR_KILL_SUID)
		new &= ~S_ISUID;
	if (attr->ia_valid & ATTR_KILL_SGID)
		new &= ~S_ISGID;
	attr->ia_valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
	if (new != mode) {
		attr->ia_valid |= ATTR_MODE | ATTR_FORCE;
		attr->ia_mode = new;
	}
}

static int fixed_attributes(const struct inode *inode, unsigned int valid)
{
	if ((valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME_SET | ATTR_MTIME_SET)) &&
	    (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	return 0;
}

/* What watchers are told of a change of these attributes. */
static u32 change_events(unsigned int valid)
{
	unsigned int times = valid & (ATTR_ATIME | ATTR_MTIME);
	u32 mask = 0;

	if (valid & (ATTR_UID | ATTR_GID | ATTR_MODE))
		mask |= FS_ATTRIB;
	if (valid & ATTR_SIZE)
		mask |= FS_MODIFY;
	if (times == (ATTR_ATIME | ATTR_MTIME))
		mask |= FS_ATTRIB;
	else if (times == ATTR_ATIME)
		mask |= FS_ACCESS;
	else if (times == ATTR_MTIME && !(valid & ATTR_SIZE))
		mask |= FS_MODIFY;
	return mask;
}

/* Changes of owner or size take file capabilities away (capabilities(7)). */
static int kill_caps(struct inode *inode, unsigned int valid)
{
	if (!(valid & (ATTR_UID | ATTR_GID | ATTR_SIZE)) || !S_ISREG(inode->i_mode) ||
	    !inode_may_have_caps(inode))
		return 0;
	return inode_remove_caps(inode);
}

int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	struct timespec64 now = current_time(inode);
	int err = fixed_attributes(inode, attr->ia_valid);

	if (err)
		return err;
	if ((attr->ia_valid & ATTR_TOUCH) && IS_IMMUTABLE(inode))
		return -EPERM;
	/* utimensat(.., NULL): whoever may write may also touch. */
	if ((attr->ia_valid & ATTR_TOUCH) && !inode_owner_or_capable(inode)) {
		err = inode_permission(inode, MAY_WRITE);
		if (err)
			return err;
	}
	attr->ia_valid |= ATTR_CTIME;
	attr->ia_ctime = now;
	if (!(attr->ia_valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(attr->ia_valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	if (attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID))
		apply_kill(inode, attr);
	if (inode->i_op->setattr)
		err = inode->i_op->setattr(dentry, attr);
	else
		err = simple_setattr(dentry, attr);
	if (!err && (attr->ia_valid & ATTR_MODE))
		err = posix_acl_chmod(inode, attr->ia_mode);
	if (!err)
		err = kill_caps(inode, attr->ia_valid);
	if (!err && fsnotify_on() && change_events(attr->ia_valid))
		__fsnotify_dentry(dentry, change_events(attr->ia_valid));
	return err;
}
