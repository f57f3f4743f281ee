/* SPDX-License-Identifier: MIT */
/*
 * The first root file system: a cpio archive that the boot loader left in memory, or that is linked
 * in.
 */
#ifndef FS_INITRAMFS_H
#define FS_INITRAMFS_H

#include <lib/types.h>
#include <lib/kconfig.h>

struct file;

/*
 * Unpacks the archive into rootfs. Errors are logged in one line; what could be read stays. Memory
 * of an uncompressed archive is kept: its files are views of it. Boot, once, process context.
 */
#if IS_ENABLED(CONFIG_INITRAMFS)
void populate_rootfs(void);
#else
static inline void populate_rootfs(void)
{
}
#endif

/*
 * Without an init in the initramfs: mounts what root= names and makes it the root. Panics when it
 * cannot; does nothing without root=. Boot, once, process context.
 */
#if IS_ENABLED(CONFIG_BLOCK)
void prepare_namespace(void);
#else
static inline void prepare_namespace(void)
{
}
#endif

/*
 * Makes @len bytes at @data, which must stay, the contents of an empty rootfs or tmpfs file. 0 or
 * -EINVAL.
 */
int tmpfs_set_backing(struct file *file, const void *data, size_t len);

#endif
