/* SPDX-License-Identifier: MIT */
/*
 * devtmpfs: /dev, filled by the kernel. Nodes are there as soon as a driver registers, before
 * anything is mounted.
 */
#ifndef FS_DEVTMPFS_H
#define FS_DEVTMPFS_H

#include <lib/kconfig.h>
#include <lib/types.h>

#if IS_ENABLED(CONFIG_DEVTMPFS)
/*
 * A node @name (may hold directories, which are made) with type and permissions @mode, owned by
 * root. 0, -EEXIST, -ENOMEM. May sleep; from fs_initcall on.
 */
int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev);
/* Removes it unless user space replaced it by something of its own. 0 or -ENOENT. */
int devtmpfs_delete_node(const char *name, dev_t dev);
/*
 * Mounts it on @dir of the new root: at boot, if configured (DEVTMPFS_MOUNT) and root is not the
 * initramfs. 0 or -errno.
 */
int devtmpfs_mount(const char *dir);
#else
static inline int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev)
{
	return 0;
}
static inline int devtmpfs_delete_node(const char *name, dev_t dev)
{
	return 0;
}
static inline int devtmpfs_mount(const char *dir)
{
	return 0;
}
#endif

#endif
