/* SPDX-License-Identifier: MIT */
/*
 * mount(2), umount2(2), pivot_root(2), chroot(2). Propagation: every mount is private, so
 * MS_PRIVATE and MS_SLAVE are already true, and MS_SHARED and MS_UNBINDABLE are refused.
 */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include "mount_tree.h"

#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static int mnt_flags_of(unsigned long flags)
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

static unsigned int sb_flags_of(unsigned long flags)
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

/* ---- remount --------------------------------------------------------------------------------- */

/* The read-only flag of one mount; -EBUSY while somebody writes. See mnt_want_write(). */
static int set_mnt_flags(struct mount *m, int flags)
{
	int old = m->mnt.mnt_flags;

	WRITE_ONCE(m->mnt.mnt_flags, (old & ~MNT_USER_MASK) | flags);
	if (!(flags & MNT_READONLY) || (old & MNT_READONLY))
		return 0;
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&m->mnt_writers, memory_order_relaxed))
		return 0;
	WRITE_ONCE(m->mnt.mnt_flags, old);
	return -EBUSY;
}

static bool sb_has_writers(const struct super_block *sb)
{
	struct mount *m;

	list_for_each_entry(m, &mount_list, mnt_list)
		if (m->mnt.mnt_sb == sb &&
		    atomic_load_explicit(&m->mnt_writers, memory_order_relaxed))
			return true;
	return false;
}

/* namespace_sem held for writing. */
static int remount_sb(struct super_block *sb, unsigned int flags, char *data)
{
	unsigned int old = sb->s_flags;
	int err = 0;

	down_write(&sb->s_umount);
	if ((flags & SB_RDONLY) && !(old & SB_RDONLY)) {
		WRITE_ONCE(sb->s_flags, old | SB_RDONLY);
		atomic_thread_fence(memory_order_seq_cst); /* pairs with mnt_want_write() */
		if (sb_has_writers(sb))
			err = -EBUSY;
		else
			err = sync_filesystem(sb);
	}
	if (!err && sb->s_op->remount_fs)
		err = sb->s_op->remount_fs(sb, &flags, data);
	if (err)
		WRITE_ONCE(sb->s_flags, old);
	else
		WRITE_ONCE(
			sb->s_flags,
			(old & ~(SB_RDONLY | SB_SYNCHRONOUS | SB_DIRSYNC | SB_LAZYTIME)) |
				(flags & (SB_RDONLY | SB_SYNCHRONOUS | SB_DIRSYNC | SB_LAZYTIME)));
	up_write(&sb->s_umount);
	return err;
}

static int do_remount(const struct path *path, unsigned long flags, char *data)
{
	struct mount *m = real_mount(path->mnt);
	int err = 0;

	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	down_write(&namespace_sem);
	if (!(flags & MS_BIND))
		err = remount_sb(path->mnt->mnt_sb, sb_flags_of(flags), data);
	if (!err)
		err = set_mnt_flags(m, mnt_flags_of(flags));
	up_write(&namespace_sem);
	return err;
}

/* ---- bind, move ------------------------------------------------------------------------------ */

/* A copy of the tree of mounts at and below @path; namespace_sem held for writing. */
static struct mount *copy_tree(struct mount *old, struct dentry *root)
{
	struct mount *top = clone_mnt(old, root), *dst = top, *src = old, *child, *copy;

	if (IS_ERR(top))
		return top;
	/* src walks the old tree; dst is its copy, whose parents mirror src's. */
	for (child = next_mnt(old, old); child; child = next_mnt(child, old)) {
		struct mount *p = child->mnt_parent;

		if (p == old && !is_subdir(child->mnt_mountpoint, root))
			continue;
		while (src != p) {
			if (src == old)
				break;
			src = src->mnt_parent;
			dst = dst->mnt_parent;
		}
		if (src != p)
			continue; /* below one that was left out */
		copy = clone_mnt(child, child->mnt.mnt_root);
		if (IS_ERR(copy))
			goto fail;
		attach_mnt(copy, dst, child->mnt_mountpoint);
		src = child;
		dst = copy;
	}
	return top;
fail:
	up_write(&namespace_sem);
	drop_mount_tree(top);
	down_write(&namespace_sem);
	return copy;
}

static int do_bind(const struct path *path, const char *source, bool recurse)
{
	struct path from;
	struct mount *m, *old;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = kern_path(source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	old = real_mount(from.mnt);
	lock_mount(path);
	err = -EINVAL;
	if (list_empty(&old->mnt_list))
		goto out;
	m = recurse ? copy_tree(old, from.dentry) : clone_mnt(old, from.dentry);
	err = PTR_ERR_OR_ZERO(m);
	if (err)
		goto out;
	err = graft_tree(m, path);
	if (err) {
		unlock_mount(path);
		drop_mount_tree(m);
		path_put(&from);
		return err;
	}
out:
	unlock_mount(path);
	path_put(&from);
	return err;
}

int do_move_mount(const struct path *from, const struct path *to)
{
	struct mount *m = real_mount(from->mnt), *p;
	struct path was = {};
	int err = -EINVAL;

	lock_mount(to);
	if (from->dentry != from->mnt->mnt_root || !mnt_has_parent(m) || list_empty(&m->mnt_list) ||
	    list_empty(&real_mount(to->mnt)->mnt_list))
		goto out;
	if (d_is_dir(from->dentry) != d_is_dir(to->dentry))
		goto out;
	err = -ELOOP;
	for (p = real_mount(to->mnt); mnt_has_parent(p); p = p->mnt_parent)
		if (p == m)
			goto out;
	err = detach_mnt(m, &was, INT_MAX);
	if (err)
		goto out;
	err = graft_tree(m, to);
	if (err)
		attach_mnt(m, real_mount(was.mnt), was.dentry);
out:
	unlock_mount(to);
	if (was.mnt)
		path_put(&was);
	return err;
}

static int do_move(const struct path *to, const char *source)
{
	struct path from;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = kern_path(source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	err = do_move_mount(&from, to);
	path_put(&from);
	return err;
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
		err = graft_tree(m, path);
	unlock_mount(path);
	if (err)
		mntput(&m->mnt);
	return err;
}

static int path_mount(const char *source, const struct path *path, const char *fstype,
		      unsigned long flags, char *data)
{
	if (flags & MS_REMOUNT)
		return do_remount(path, flags, data);
	if (flags & MS_BIND)
		return do_bind(path, source, flags & MS_REC);
	if (flags & MS_PROPAGATION) {
		if (path->dentry != path->mnt->mnt_root)
			return -EINVAL;
		return flags & (MS_SHARED | MS_UNBINDABLE) ? -EINVAL : 0;
	}
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

int init_umount(const char *target, int flags)
{
	unsigned int how = flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err = kern_path(target, how, &path);

	if (err)
		return err;
	if (path.dentry != path.mnt->mnt_root || path_equal(&path, &current->fs->root))
		err = -EINVAL;
	else
		err = umount_path(&path, flags);
	path_put(&path);
	return err;
}

int do_umount(const char *target, int flags)
{
	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (flags & MNT_EXPIRE) /* two-step expiry is not built */
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return init_umount(target, flags);
}

/* ---- the root changes ------------------------------------------------------------------------ */

int init_chdir(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	set_fs_pwd(current->fs, &path);
	path_put(&path);
	return 0;
}

int init_chroot(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	set_fs_root(current->fs, &path);
	path_put(&path);
	return 0;
}

int init_switch_root(const char *newroot)
{
	int err = init_chdir(newroot);

	if (!err)
		err = init_mount(".", "/", NULL, MS_MOVE, NULL);
	if (!err)
		err = init_chroot(".");
	return err;
}

static int check_pivot(const struct path *new, const struct path *old, const struct path *root)
{
	struct mount *new_mnt = real_mount(new->mnt), *root_mnt = real_mount(root->mnt);

	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY; /* on the current root file system */
	if (root->dentry != root->mnt->mnt_root || new->dentry != new->mnt->mnt_root)
		return -EINVAL;
	if (!mnt_has_parent(root_mnt) || !mnt_has_parent(new_mnt))
		return -EINVAL; /* rootfs cannot be moved: pivot_root(2) */
	if (!path_is_under(old, new) || !path_is_under(new, root))
		return -EINVAL;
	return 0;
}

/* new becomes the root; the old root hangs at @old. */
static int pivot(const struct path *new, const struct path *old, const struct path *root)
{
	struct mount *new_mnt = real_mount(new->mnt), *root_mnt = real_mount(root->mnt);
	struct path root_was, new_was;
	int err;

	lock_mount(old);
	err = check_pivot(new, old, root);
	if (!err && (IS_DEADDIR(old->dentry->d_inode) || d_unlinked(old->dentry)))
		err = -ENOENT;
	if (!err) {
		detach_mnt(new_mnt, &new_was, INT_MAX);
		detach_mnt(root_mnt, &root_was, INT_MAX);
		attach_mnt(root_mnt, real_mount(old->mnt), old->dentry);
		attach_mnt(new_mnt, real_mount(root_was.mnt), root_was.dentry);
	}
	unlock_mount(old);
	if (err)
		return err;
	chroot_fs_refs(root, new);
	path_put(&new_was);
	path_put(&root_was);
	return 0;
}

SYSCALL_DEFINE2(pivot_root, const char __user *, unew, const char __user *, uold)
{
	struct path new, old, root;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = user_path_at(AT_FDCWD, unew, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = user_path_at(AT_FDCWD, uold, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (!err) {
		get_fs_root(current->fs, &root);
		err = pivot(&new, &old, &root);
		path_put(&root);
		path_put(&old);
	}
	path_put(&new);
	return err;
}

/* ---- system calls ---------------------------------------------------------------------------- */

/* A string of at most a page, NULL for NULL. */
static char *mount_string(const char __user *s)
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

	if (!capable(CAP_SYS_ADMIN))
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
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW) || flags & MNT_EXPIRE)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = user_path_at(AT_FDCWD, utarget, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	if (path.dentry != path.mnt->mnt_root)
		err = -EINVAL;
	else
		err = umount_path(&path, flags);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		set_fs_root(current->fs, &path);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f = fdget_raw(fd);
	struct file *file = fd_file(f);
	int err;

	if (fd_empty(f))
		return -EBADF;
	if (!S_ISDIR(file->f_inode->i_mode))
		err = -ENOTDIR;
	else
		err = file_permission(file, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &file->f_path);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(umask, int, mask)
{
	struct fs_struct *fs = current->fs;
	int old;

	spin_lock(&fs->lock);
	old = fs->umask;
	WRITE_ONCE(fs->umask, mask & S_IRWXUGO);
	spin_unlock(&fs->lock);
	return old;
}
