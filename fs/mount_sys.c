/* SPDX-License-Identifier: MIT */
/* mount(2), umount2(2). What they have in common with the newer calls is in their files. */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include <fs/landlock.h>
#include "mount_tree.h"

int mnt_flags_of(unsigned long flags)
{
	int mnt = 0;

	if (flags & MS_NOSUID)
		mnt |= MNT_NOSUID;
	if (flags & MS_NODEV)
		mnt |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		mnt |= MNT_NOEXEC;
	if (flags & MS_NOATIME)
		mnt |= MNT_NOATIME;
	if (flags & MS_NODIRATIME)
		mnt |= MNT_NODIRATIME;
	if (flags & MS_RDONLY)
		mnt |= MNT_READONLY;
	if (flags & MS_NOSYMFOLLOW)
		mnt |= MNT_NOSYMFOLLOW;
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		mnt |= MNT_RELATIME;
	return mnt;
}

unsigned int sb_flags_of(unsigned long flags)
{
	unsigned int sb = 0;

	if (flags & MS_RDONLY)
		sb |= SB_RDONLY;
	if (flags & MS_SYNCHRONOUS)
		sb |= SB_SYNCHRONOUS;
	if (flags & MS_MANDLOCK)
		sb |= SB_MANDLOCK;
	if (flags & MS_DIRSYNC)
		sb |= SB_DIRSYNC;
	if (flags & MS_SILENT)
		sb |= SB_SILENT;
	if (flags & MS_LAZYTIME)
		sb |= SB_LAZYTIME;
	return sb;
}

/* ---- mount(2) -------------------------------------------------------------------------------- */

static int do_new_mount(const struct path *path, const char *fstype, unsigned long flags,
			const char *name, char *data)
{
	struct file_system_type *type;
	struct mount *m;
	int err;

	if (!fstype)
		return -EINVAL;
	type = get_fs_type(fstype);
	if (!type)
		return -ENODEV;
	m = vfs_kern_mount(type, sb_flags_of(flags), name, data, mnt_flags_of(flags));
	if (IS_ERR(m))
		return PTR_ERR(m);
	lock_mount(path);
	/*
	 * Kernel-only types have no place in the tree; the same thing twice at one place is
	 * refused.
	 */
	if (m->mnt.mnt_sb->s_flags & SB_NOUSER)
		err = -EINVAL;
	else if (path->mnt->mnt_sb == m->mnt.mnt_sb && path->mnt->mnt_root == path->dentry &&
		 mnt_has_parent(real_mount(path->mnt)))
		err = -EBUSY;
	else
		err = graft_tree(m, path, false);
	unlock_mount(path);
	if (err)
		mntput(&m->mnt);
	return err;
}

static int do_change_type(const struct path *path, unsigned long flags)
{
	unsigned long type = flags & ~(unsigned long)(MS_REC | MS_SILENT);
	struct mount *m = real_mount(path->mnt);
	int err = -EINVAL;

	/* Exactly one type, and nothing else. */
	if (type & ~(unsigned long)MS_PROPAGATION || (type & (type - 1)))
		return err;
	if (path->dentry != path->mnt->mnt_root)
		return err;
	down_write(&namespace_sem);
	if (check_mnt(m))
		err = change_tree_propagation(m, type, flags & MS_REC);
	up_write(&namespace_sem);
	return err;
}

static int path_mount(const char *source, const struct path *path, const char *fstype,
		      unsigned long flags, char *data)
{
	if (flags & MS_REMOUNT)
		return do_remount(path, flags, data);
	if (flags & MS_BIND)
		return do_bind(path, source, flags & MS_REC);
	if (flags & MS_PROPAGATION)
		return do_change_type(path, flags);
	if (flags & MS_MOVE)
		return do_move(path, source);
	return do_new_mount(path, fstype, flags, source, data);
}

int init_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	       char *data)
{
	struct path path;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	err = kern_path(target, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = path_mount(source, &path, fstype, flags, data);
	path_put(&path);
	return err;
}

int do_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	     char *data)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return init_mount(source, target, fstype, flags, data);
}

/* The root itself is not unmounted but made read-only, so that shutdown can go on. */
static int umount_root(const struct path *path)
{
	struct super_block *sb = path->mnt->mnt_sb;
	int err = 0;

	down_write(&namespace_sem);
	if (!(sb->s_flags & SB_RDONLY))
		err = remount_sb(sb, sb->s_flags | SB_RDONLY, NULL);
	up_write(&namespace_sem);
	return err;
}

/* What umount2(2) does with the mount that @path is the root of. */
static int umount_at(struct path *path, int flags)
{
	struct path root;
	bool is_root;

	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	get_fs_root(current->fs, &root);
	is_root = root.mnt == path->mnt;
	path_put(&root);
	if (is_root && !(flags & MNT_DETACH))
		return flags & MNT_EXPIRE ? -EINVAL : umount_root(path);
	return umount_path(path, flags);
}

static int check_umount_flags(int flags)
{
	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return (flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH)) ? -EINVAL : 0;
}

int init_umount(const char *target, int flags)
{
	unsigned int how = flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err = kern_path(target, how, &path);

	if (err)
		return err;
	err = umount_at(&path, flags);
	dput(path.dentry);
	mntput_no_expire(path.mnt);
	return err;
}

int do_umount(const char *target, int flags)
{
	int err = check_umount_flags(flags);

	return err ? err : init_umount(target, flags);
}

/* ---- system calls ---------------------------------------------------------------------------- */

/* A string of at most a page, NULL for NULL. */
char *mount_string(const char __user *s)
{
	return s ? strndup_user(s, PAGE_SIZE) : NULL;
}

/* The options: text as far as it is readable, at most a page. */
static char *mount_options(const void __user *data)
{
	unsigned long left;
	char *buf;

	if (!data)
		return NULL;
	buf = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	left = copy_from_user(buf, data, PAGE_SIZE - 1);
	if (left < PAGE_SIZE - 1)
		return buf;
	kfree(buf);
	return ERR_PTR(-EFAULT);
}

SYSCALL_DEFINE5(mount, const char __user *, usource, const char __user *, utarget,
		const char __user *, utype, unsigned long, flags, const void __user *, udata)
{
	char *source, *type, *data;
	struct path path;
	int err;

	if (!capable(CAP_SYS_ADMIN) || landlock_mount())
		return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	type = mount_string(utype);
	if (IS_ERR(type))
		return PTR_ERR(type);
	source = mount_string(usource);
	err = PTR_ERR_OR_ZERO(source);
	if (err)
		goto out_type;
	data = mount_options(udata);
	err = PTR_ERR_OR_ZERO(data);
	if (err)
		goto out_source;
	err = user_path_at(AT_FDCWD, utarget, LOOKUP_FOLLOW, &path);
	if (!err) {
		err = path_mount(source, &path, type, flags, data);
		path_put(&path);
	}
	kfree(data);
out_source:
	kfree(source);
out_type:
	kfree(type);
	return err;
}

SYSCALL_DEFINE2(umount2, const char __user *, utarget, int, flags)
{
	struct path path;
	int err = check_umount_flags(flags);

	if (!err)
		err = landlock_mount();
	if (err)
		return err;
	err = user_path_at(AT_FDCWD, utarget, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = umount_at(&path, flags);
	dput(path.dentry);
	mntput_no_expire(path.mnt);
	return err;
}
