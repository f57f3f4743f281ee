/* SPDX-License-Identifier: MIT */
/*
 * Changing directories: permission and sanity first, then the file system's operation, then the
 * dentry cache. Every function here expects the directories locked (i_rwsem exclusive) and the
 * mount claimed for writing.
 */
#include <fs/fsnotify.h>
#include <fs/posix_acl.h>
#include <uapi/capability.h>
#include <uapi/fs.h>
#include "internal.h"

/* In a sticky directory one removes only one's own (inode(7)). */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
	uid_t fsuid = current_fsuid();

	if (!(dir->i_mode & S_ISVTX))
		return false;
	return inode->i_uid != fsuid && dir->i_uid != fsuid && !capable(CAP_FOWNER);
}

int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *inode = victim->d_inode;
	int err;

	if (!inode)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (IS_APPEND(dir) || sticky_forbids(dir, inode) || IS_APPEND(inode) ||
	    IS_IMMUTABLE(inode) || IS_SWAPFILE(inode))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(inode->i_mode))
			return -ENOTDIR;
		if (IS_ROOT(victim))
			return -EBUSY;
	} else if (S_ISDIR(inode->i_mode)) {
		return -EISDIR;
	}
	return IS_DEADDIR(dir) ? -ENOENT : 0;
}

int may_create(struct inode *dir, struct dentry *child)
{
	if (child->d_inode)
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

umode_t mode_strip_umask(struct inode *dir, umode_t mode)
{
	mode = mode_strip_sgid(dir, mode);
	return dir_has_default_acl(dir) ? mode : mode & ~current_umask();
}

/*
 * Directory setgid is passed on by the file system; a new file is never setgid for a group one is
 * not in.
 */
static umode_t prepare_mode(umode_t mode, umode_t perm_mask, umode_t type)
{
	return (mode & perm_mask) | type;
}

/* Watchers of @dir learn of the new name. */
static int made(struct inode *dir, struct dentry *dentry, int err)
{
	if (!err)
		fsnotify_dirent(dir, dentry, dentry->d_inode, FS_CREATE);
	return err;
}

/* The inode lost a name, or the last. @dentry is only the caller's if it was d_delete()d. */
static void fsnotify_unlinked(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	if (!inode->i_nlink && atomic_load_explicit(&dentry->d_count, memory_order_relaxed) == 1)
		fsnotify_inoderemove(inode);
	fsnotify_dirent(dir, dentry, inode, FS_DELETE);
}

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->create)
		return -EACCES;
	err = dir->i_op->create(dir, dentry, prepare_mode(mode, S_IALLUGO, S_IFREG), excl);
	return made(dir, dentry, err);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->mkdir)
		return -EPERM;
	err = dir->i_op->mkdir(dir, dentry, prepare_mode(mode, S_IRWXUGO | S_ISVTX, 0));
	return made(dir, dentry, err);
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	return made(dir, dentry, dir->i_op->mknod(dir, dentry, mode, dev));
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->symlink)
		return -EPERM;
	return made(dir, dentry, dir->i_op->symlink(dir, dentry, target));
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int err;

	if (!inode)
		return -ENOENT;
	err = may_create(dir, dentry);
	if (err)
		return err;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode) || S_ISDIR(inode->i_mode) || !dir->i_op->link)
		return -EPERM;
	inode_lock_nested(inode, I_MUTEX_CHILD);
	/* A file without a name can only get one back from O_TMPFILE. */
	if (!inode->i_nlink && !(inode->i_flags & S_LINKABLE))
		err = -ENOENT;
	else
		err = dir->i_op->link(old, dir, dentry);
	if (!err)
		inode->i_flags &= ~S_LINKABLE;
	inode_unlock(inode);
	if (!err && fsnotify_on()) {
		__fsnotify_inode(inode, FS_ATTRIB);
		fsnotify_dirent(dir, dentry, inode, FS_CREATE);
	}
	return err;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int err = may_delete(dir, dentry, false);

	if (err)
		return err;
	if (!dir->i_op->unlink)
		return -EPERM;
	inode_lock_nested(inode, I_MUTEX_CHILD);
	if (d_mountpoint(dentry))
		err = -EBUSY;
	else
		err = dir->i_op->unlink(dir, dentry);
	inode_unlock(inode);
	if (err)
		return err;
	if (likely(!fsnotify_on())) {
		d_delete(dentry);
		return 0;
	}
	ihold(inode);
	__fsnotify_inode(inode, FS_ATTRIB);
	d_delete(dentry);
	fsnotify_unlinked(dir, dentry, inode);
	iput(inode);
	return 0;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int err = may_delete(dir, dentry, true);

	if (err)
		return err;
	if (!dir->i_op->rmdir)
		return -EPERM;
	dget(dentry);
	inode_lock_nested(inode, I_MUTEX_CHILD);
	if (d_mountpoint(dentry))
		err = -EBUSY;
	else
		err = dir->i_op->rmdir(dir, dentry);
	if (!err)
		inode->i_flags |= S_DEAD;
	inode_unlock(inode);
	if (err) {
		dput(dentry);
		return err;
	}
	ihold(inode);
	shrink_dcache_parent(dentry);
	dput(dentry);
	d_delete(dentry);
	if (fsnotify_on())
		fsnotify_unlinked(dir, dentry, inode);
	iput(inode);
	return 0;
}

/* ---- rename ---------------------------------------------------------------------------------- */

/* Held from lock_rename() to unlock_rename(), which sparse cannot follow. */
static void rename_mutex_lock(struct super_block *sb)
{
	mutex_lock(&sb->s_rename_mutex);
	__release(&sb->s_rename_mutex);
}

static void rename_mutex_unlock(struct super_block *sb)
{
	__acquire(&sb->s_rename_mutex);
	mutex_unlock(&sb->s_rename_mutex);
}

/*
 * Locks two parent directories, an ancestor before its descendant, else by address. Renames between
 * directories exclude each other, so the shape cannot change while we look. Returns the child of
 * one that leads to the other, or NULL.
 */
struct dentry *lock_rename(struct dentry *a, struct dentry *b)
{
	struct dentry *p;

	if (a == b) {
		inode_lock(a->d_inode);
		return NULL;
	}
	rename_mutex_lock(a->d_sb);
	for (p = b; !IS_ROOT(p); p = p->d_parent) {
		if (p->d_parent == a) {
			inode_lock(a->d_inode);
			inode_lock_nested(b->d_inode, I_MUTEX_PARENT2);
			return p;
		}
	}
	for (p = a; !IS_ROOT(p); p = p->d_parent) {
		if (p->d_parent == b) {
			inode_lock(b->d_inode);
			inode_lock_nested(a->d_inode, I_MUTEX_PARENT2);
			return p;
		}
	}
	if (a->d_inode > b->d_inode)
		swap(a, b);
	inode_lock(a->d_inode);
	inode_lock_nested(b->d_inode, I_MUTEX_PARENT2);
	return NULL;
}

void unlock_rename(struct dentry *a, struct dentry *b)
{
	inode_unlock(a->d_inode);
	if (a != b) {
		inode_unlock(b->d_inode);
		rename_mutex_unlock(a->d_sb);
	}
}

static int may_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags)
{
	bool isdir = d_is_dir(old);
	int err = may_delete(old_dir, old, isdir);

	if (err)
		return err;
	if (!new->d_inode)
		err = may_create(new_dir, new);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(new_dir, new, d_is_dir(new));
	else
		err = may_delete(new_dir, new, isdir);
	if (err)
		return err;
	/* A directory that moves gets another "..". */
	if (old_dir != new_dir) {
		if (isdir)
			err = inode_permission(old->d_inode, MAY_WRITE);
		if (!err && (flags & RENAME_EXCHANGE) && d_is_dir(new))
			err = inode_permission(new->d_inode, MAY_WRITE);
	}
	return err;
}

/* Told after the fact; @old_name is what @old was called. */
static void fsnotify_renamed(struct inode *old_dir, struct dentry *old, const char *old_name,
			     struct inode *new_dir, struct dentry *new, struct inode *target,
			     unsigned int flags)
{
	__fsnotify_rename(old_dir, old_name, new_dir, old);
	if (flags & RENAME_EXCHANGE)
		__fsnotify_rename(new_dir, old->d_name.name, old_dir, new);
	else if (target)
		__fsnotify_inode(target, FS_ATTRIB);
	__fsnotify_inode(old->d_inode, FS_MOVE_SELF);
	if (target && (flags & RENAME_EXCHANGE))
		__fsnotify_inode(target, FS_MOVE_SELF);
}

/* i_op->rename and the dentry cache; everything is locked. */
static int rename_entries(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			  struct dentry *new, unsigned int flags)
{
	struct inode *target = new->d_inode;
	char *old_name = NULL;
	int err;

	if (d_mountpoint(old) || d_mountpoint(new))
		return -EBUSY;
	if (fsnotify_on())
		old_name = kstrdup(old->d_name.name, GFP_KERNEL);
	err = old_dir->i_op->rename(old_dir, old, new_dir, new, flags);
	if (!err && target && !(flags & RENAME_EXCHANGE) && S_ISDIR(target->i_mode)) {
		shrink_dcache_parent(new);
		target->i_flags |= S_DEAD;
	}
	if (!err) {
		if (flags & RENAME_EXCHANGE)
			d_exchange(old, new);
		else
			d_move(old, new);
	}
	if (!err && old_name)
		fsnotify_renamed(old_dir, old, old_name, new_dir, new, target, flags);
	kfree(old_name);
	return err;
}

int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
	       unsigned int flags)
{
	struct inode *source = old->d_inode, *target = new->d_inode;
	int err;

	if (source == target)
		return 0;
	err = may_rename(old_dir, old, new_dir, new, flags);
	if (err)
		return err;
	if (!old_dir->i_op->rename)
		return -EPERM;
	dget(new);
	if (!S_ISDIR(source->i_mode))
		lock_two_nondirectories(source, target && !S_ISDIR(target->i_mode) ? target : NULL);
	else if (target)
		inode_lock_nested(target, I_MUTEX_CHILD);
	err = rename_entries(old_dir, old, new_dir, new, flags);
	if (!S_ISDIR(source->i_mode))
		unlock_two_nondirectories(source,
					  target && !S_ISDIR(target->i_mode) ? target : NULL);
	else if (target)
		inode_unlock(target);
	dput(new);
	return err;
}
