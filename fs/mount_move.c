/* SPDX-License-Identifier: MIT */
/*
 * Mounts that are bound, moved and exchanged with the root: MS_BIND and MS_MOVE of mount(2),
 * open_tree(2), move_mount(2), pivot_root(2).
 */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include <fs/landlock.h>
#include "mount_tree.h"

/* ---- bind ------------------------------------------------------------------------------------ */

/* A copy of the mount (@recurse: the tree) at @from that may be shown elsewhere. */
static struct mount *copy_for_bind(const struct path *from, bool recurse)
{
	struct mount *old = real_mount(from->mnt);

	if (old->mnt.mnt_flags & MNT_UNBINDABLE)
		return ERR_PTR(-EINVAL);
	/* A detached tree (open_tree(2)) may be copied too; one that was unmounted may not. */
	if (!check_mnt(old) && (mnt_attached(old) || !old->mnt_detached))
		return ERR_PTR(-EINVAL);
	return recurse ? copy_tree(old, from->dentry, CLONE_LIKE, false) :
			 clone_mnt(old, from->dentry, CLONE_LIKE);
}

int do_bind(const struct path *path, const char *source, bool recurse)
{
	struct path from;
	struct mount *m;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = kern_path(source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	lock_mount(path);
	m = copy_for_bind(&from, recurse);
	err = PTR_ERR_OR_ZERO(m);
	if (!err)
		err = graft_tree(m, path, false);
	unlock_mount(path);
	if (err && !IS_ERR(m))
		drop_mount_tree(m);
	path_put(&from);
	return err;
}

/* ---- move ------------------------------------------------------------------------------------ */

/* May @m be moved? A detached tree's top may, and what is mounted on a mount that is not shared. */
static int check_move(const struct path *from, const struct path *to)
{
	struct mount *m = real_mount(from->mnt), *p;

	if (from->dentry != from->mnt->mnt_root || !check_mnt(real_mount(to->mnt)))
		return -EINVAL;
	if (m->mnt_detached ? mnt_has_parent(m) || mnt_attached(m) :
			      !check_mnt(m) || !mnt_has_parent(m))
		return -EINVAL;
	if (d_is_dir(from->dentry) != d_is_dir(to->dentry))
		return -EINVAL;
	if (mnt_has_parent(m) && mnt_is_shared(m->mnt_parent))
		return -EINVAL;
	for (p = real_mount(to->mnt); mnt_has_parent(p); p = p->mnt_parent)
		if (p == m)
			return -ELOOP;
	return p == m ? -ELOOP : 0;
}

int do_move_mount(const struct path *from, const struct path *to)
{
	struct mount *m = real_mount(from->mnt);
	struct path was = {};
	int err;

	lock_mount(to);
	err = check_move(from, to);
	if (!err)
		err = detach_mnt(m, &was, INT_MAX);
	if (!err) {
		err = graft_tree(m, to, true);
		if (err && was.mnt)
			attach_mnt(m, real_mount(was.mnt), was.dentry);
		if (!err && m->mnt_detached) {
			m->mnt_detached = false;
			mntget(&m->mnt); /* the tree's; the descriptor's is dropped with it */
		}
	}
	unlock_mount(to);
	if (was.mnt && !err)
		path_put(&was);
	return err;
}

int do_move(const struct path *to, const char *source)
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

/* MOVE_MOUNT_SET_GROUP: @to, which is private, gets the propagation of @from. */
static int set_group(const struct path *from, const struct path *to)
{
	struct mount *f = real_mount(from->mnt), *t = real_mount(to->mnt);
	int err = -EINVAL;

	down_write(&namespace_sem);
	if (!check_mnt(f) || !check_mnt(t) || from->dentry != from->mnt->mnt_root ||
	    to->dentry != to->mnt->mnt_root)
		goto out;
	if (f->mnt.mnt_sb != t->mnt.mnt_sb || !is_subdir(t->mnt.mnt_root, f->mnt.mnt_root))
		goto out;
	if (mnt_is_shared(t) || t->mnt_master || (!mnt_is_shared(f) && !f->mnt_master))
		goto out;
	clone_propagation(t, f, CLONE_LIKE);
	err = 0;
out:
	up_write(&namespace_sem);
	return err;
}

static unsigned int lookup_flags(unsigned int flags, unsigned int follow, unsigned int empty)
{
	return (flags & follow ? LOOKUP_FOLLOW : 0) | (flags & empty ? LOOKUP_EMPTY : 0);
}

SYSCALL_DEFINE5(move_mount, int, from_dfd, const char __user *, from_name, int, to_dfd,
		const char __user *, to_name, unsigned int, flags)
{
	struct path from, to;
	int err;

	if (!capable(CAP_SYS_ADMIN) || landlock_mount())
		return -EPERM;
	if (flags & ~MOVE_MOUNT__MASK)
		return -EINVAL;
	err = user_path_at(from_dfd, from_name,
			   lookup_flags(flags, MOVE_MOUNT_F_SYMLINKS, MOVE_MOUNT_F_EMPTY_PATH),
			   &from);
	if (err)
		return err;
	err = user_path_at(to_dfd, to_name,
			   lookup_flags(flags, MOVE_MOUNT_T_SYMLINKS, MOVE_MOUNT_T_EMPTY_PATH),
			   &to);
	if (!err) {
		if (flags & MOVE_MOUNT_SET_GROUP)
			err = set_group(&from, &to);
		else
			err = do_move_mount(&from, &to);
		path_put(&to);
	}
	path_put(&from);
	return err;
}

/* ---- open_tree(2), and descriptors of detached trees ----------------------------------------- */

/* Last close: what was not moved into the tree goes. */
static int detached_release(struct inode *inode, struct file *file)
{
	struct mount *m = real_mount(file->f_path.mnt);
	LIST_HEAD(dead);

	down_write(&namespace_sem);
	if (m->mnt_detached) {
		m->mnt_detached = false;
		mntget(&m->mnt); /* umount_tree() gives one up; the file has its own */
		umount_tree(m, &dead, false);
	}
	up_write(&namespace_sem);
	free_dead_mounts(&dead);
	return 0;
}

static const struct file_operations detached_fops = {.release = detached_release};

/* An O_PATH descriptor of the detached @m, whose only reference it takes over, also on failure. */
int mount_new_fd(struct mount *m, int fd_flags)
{
	struct path path = {.mnt = &m->mnt, .dentry = m->mnt.mnt_root};
	int fd = get_unused_fd_flags(fd_flags);
	struct file *file = fd < 0 ? ERR_PTR(fd) : dentry_open(&path, O_PATH, current_cred());

	if (IS_ERR(file)) {
		if (fd >= 0)
			put_unused_fd(fd);
		drop_mount_tree(m);
		return PTR_ERR(file);
	}
	m->mnt_detached = true;
	file->f_op = &detached_fops;
	mntput(&m->mnt); /* the file's reference is the one */
	fd_install(fd, file);
	return fd;
}

static int open_tree_clone(const struct path *path, bool recurse, int fd_flags)
{
	struct mount *m;

	down_write(&namespace_sem);
	m = copy_for_bind(path, recurse);
	up_write(&namespace_sem);
	return IS_ERR(m) ? PTR_ERR(m) : mount_new_fd(m, fd_flags);
}

static int open_path_fd(const struct path *path, int fd_flags)
{
	int fd = get_unused_fd_flags(fd_flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = dentry_open(path, O_PATH, current_cred());
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

#define OPEN_TREE_FLAGS                                                                           \
	(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | \
	 OPEN_TREE_CLOEXEC)

SYSCALL_DEFINE3(open_tree, int, dfd, const char __user *, name, unsigned int, flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int fd;

	if (flags & ~(unsigned int)OPEN_TREE_FLAGS)
		return -EINVAL;
	if ((flags & (AT_RECURSIVE | OPEN_TREE_CLONE)) == AT_RECURSIVE)
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	if ((flags & OPEN_TREE_CLONE) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	fd = user_path_at(dfd, name, how, &path);
	if (fd)
		return fd;
	if (flags & OPEN_TREE_CLONE)
		fd = open_tree_clone(&path, flags & AT_RECURSIVE, flags & O_CLOEXEC);
	else
		fd = open_path_fd(&path, flags & O_CLOEXEC);
	path_put(&path);
	return fd;
}

/* ---- pivot_root(2) --------------------------------------------------------------------------- */

static int check_pivot(const struct path *new, const struct path *old, const struct path *root)
{
	struct mount *new_mnt = real_mount(new->mnt), *root_mnt = real_mount(root->mnt);

	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY; /* on the current root file system */
	if (root->dentry != root->mnt->mnt_root || new->dentry != new->mnt->mnt_root)
		return -EINVAL;
	if (!mnt_has_parent(root_mnt) || !mnt_has_parent(new_mnt))
		return -EINVAL; /* rootfs cannot be moved: pivot_root(2) */
	if (!check_mnt(root_mnt) || !check_mnt(new_mnt) || mnt_is_shared(real_mount(old->mnt)) ||
	    mnt_is_shared(new_mnt->mnt_parent) || mnt_is_shared(root_mnt->mnt_parent))
		return -EINVAL;
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

	if (!capable(CAP_SYS_ADMIN) || landlock_mount())
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
