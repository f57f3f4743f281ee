/* SPDX-License-Identifier: MIT */
/*
 * A place in the name space: a mount and a dentry of its file system. A struct path that is kept
 * holds a reference on both (path_get/path_put); one that is only looked at borrows them.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <lib/types.h>

struct dentry;
struct vfsmount;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* Takes a reference on both parts. Any context. */
void path_get(const struct path *path);
/* Drops them; may sleep (a last reference can free an inode). */
void path_put(const struct path *path);

static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

#endif
