/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the mount tree: fs/namespace.c (the tree), fs/pnode.c (propagation),
 * fs/mount_sys.c, fs/mount_move.c, fs/mount_attr.c, fs/fsopen.c (the calls), fs/mnt_namespace.c
 * (name spaces of mounts) and fs/mount_show.c (/proc/mounts).
 */
#ifndef FS_MOUNT_TREE_H
#define FS_MOUNT_TREE_H

#include <fs/mnt_namespace.h>
#include <uapi/mount.h>
#include "internal.h"

extern struct rw_semaphore namespace_sem;
extern struct list_head mount_list;

#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* The mount is in the caller's name space. */
static inline bool check_mnt(const struct mount *m)
{
	return m->mnt_ns && m->mnt_ns == current_mnt_ns();
}

/* In some name space, as opposed to only built or unmounted. */
static inline bool mnt_attached(const struct mount *m)
{
	return !list_empty(&m->mnt_list);
}

static inline bool mnt_is_shared(const struct mount *m)
{
	return m->mnt_group;
}

/* Takes over the caller's reference on @root (and the active one on its super block). ERR_PTR. */
struct mount *alloc_mount(struct dentry *root, const char *devname, int flags);
struct mount *vfs_kern_mount(struct file_system_type *type, unsigned int sb_flags, const char *name,
			     char *data, int mnt_flags);

/* What a copy of a mount is to it. */
enum clone_kind {
	CLONE_PRIVATE,
	CLONE_LIKE, /* in the same peer group, or another slave of the same master */
	CLONE_SLAVE, /* its slave */
};

/* All below: namespace_sem held for writing unless said otherwise. */
struct mount *clone_mnt(struct mount *old, struct dentry *root, enum clone_kind kind);
/* The tree at and below (@old, @root); @all: with unbindable mounts, which else are left out. */
struct mount *copy_tree(struct mount *old, struct dentry *root, enum clone_kind kind, bool all);
void attach_mnt(struct mount *m, struct mount *parent, struct dentry *mountpoint);
int detach_mnt(struct mount *m, struct path *was, int max);
/*
 * Takes @top and all below out of the tree, to be dropped by free_dead_mounts() without the lock;
 * @propagate: and what hangs there wherever their parents propagate to.
 */
void umount_tree(struct mount *top, struct list_head *dead, bool propagate);
void free_dead_mounts(struct list_head *dead);
/* i_rwsem of the mountpoint, then namespace_sem. */
void lock_mount(const struct path *path);
void unlock_mount(const struct path *path);
/*
 * Puts the detached tree @m at @path, under lock_mount(), and where that propagates to. @moved: it
 * was mounted elsewhere before.
 */
int graft_tree(struct mount *m, const struct path *path, bool moved);
/* The mount after @m in the tree under @root (children before brothers), or NULL. */
struct mount *next_mnt(struct mount *m, struct mount *root);
/* These take it themselves. */
int umount_path(struct path *path, int flags);
void drop_mount_tree(struct mount *m);

/* mntput() that is no use of the mount: umount2(2) itself. */
void mntput_no_expire(struct vfsmount *mnt);

/* fs/pnode.c */
int mnt_make_shared(struct mount *m);
/* @type: one of MS_PROPAGATION. */
int change_propagation(struct mount *m, unsigned long type);
/* The same for all mounts below too. */
int change_tree_propagation(struct mount *m, unsigned long type, bool recurse);
/* @m becomes to @old what @kind says; it is nothing yet. */
void clone_propagation(struct mount *m, struct mount *old, enum clone_kind kind);
/*
 * What mounting @m on (@parent, @mountpoint) brings about elsewhere: copies, to be attached by
 * attach_copies() or dropped by drop_copies(). 0 or -ENOMEM.
 */
int propagate_mount(struct mount *parent, struct dentry *mountpoint, struct mount *m,
		    struct list_head *copies);
void attach_copies(struct list_head *copies);
void drop_copies(struct list_head *copies, struct list_head *dead);
/* Mounts that go with @m because its parent is shared: -EBUSY if one is in use. */
int propagate_busy(struct mount *m);
/* What showed @root at @at is gone: so are the others. */
void propagate_umount(const struct path *at, const struct dentry *root, struct list_head *dead);
bool tree_has_unbindable(struct mount *m);
/* The peer group that @m's events come from and that the caller's root can see, or 0. */
int mnt_dominating_group(struct mount *m, const struct path *root);

/* fs/mount_sys.c: MS_* as MNT_* and SB_*; a string of at most a page, NULL for NULL. */
int mnt_flags_of(unsigned long flags);
unsigned int sb_flags_of(unsigned long flags);
char *mount_string(const char __user *s);

/* fs/mount_attr.c */
int set_mnt_flags(struct mount *m, int flags);
int remount_sb(struct super_block *sb, unsigned int flags, char *data);
int do_remount(const struct path *path, unsigned long flags, char *data);
/* MOUNT_ATTR_* as MNT_*, or -EINVAL. */
int mount_attr_flags(u64 attr);

/* fs/mount_move.c; these take namespace_sem themselves. */
int do_bind(const struct path *path, const char *source, bool recurse);
int do_move(const struct path *to, const char *source);
int do_move_mount(const struct path *from, const struct path *to);
/* An O_PATH descriptor of the detached @m, whose only reference it takes over, also on failure. */
int mount_new_fd(struct mount *m, int fd_flags);

#endif
