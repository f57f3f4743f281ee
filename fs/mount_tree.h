/* SPDX-License-Identifier: MIT */
/*
 * Between fs/namespace.c (the tree), fs/mount_sys.c (the calls) and fs/mount_show.c (/proc/mounts).
 */
#ifndef FS_MOUNT_TREE_H
#define FS_MOUNT_TREE_H

#include <uapi/mount.h>
#include "internal.h"

extern struct rw_semaphore namespace_sem;
extern struct list_head mount_list;

/* Takes over the caller's reference on @root (and the active one on its super block). ERR_PTR. */
struct mount *alloc_mount(struct dentry *root, const char *devname, int flags);
struct mount *vfs_kern_mount(struct file_system_type *type, unsigned int sb_flags, const char *name,
			     char *data, int mnt_flags);
struct mount *clone_mnt(struct mount *old, struct dentry *root);

/* All below: namespace_sem held for writing unless said otherwise. */
void attach_mnt(struct mount *m, struct mount *parent, struct dentry *mountpoint);
int detach_mnt(struct mount *m, struct path *was, int max);
/* i_rwsem of the mountpoint, then namespace_sem. */
void lock_mount(const struct path *path);
void unlock_mount(const struct path *path);
int graft_tree(struct mount *m, const struct path *path);
/* The mount after @m in the tree under @root (children before brothers), or NULL. */
struct mount *next_mnt(struct mount *m, struct mount *root);
/* These take it themselves. */
int umount_path(struct path *path, int flags);
void drop_mount_tree(struct mount *m);

#endif
