/* SPDX-License-Identifier: MIT */
/*
 * devpts: /dev/pts, where the slave side of each pseudo-terminal appears while its master is open.
 * Every mount is an instance with numbers of its own. All of it may sleep.
 */
#ifndef FS_DEVPTS_H
#define FS_DEVPTS_H

#include <lib/types.h>

struct dentry;
struct file;
struct inode;
struct path;
struct super_block;

#define DEVPTS_MAX (1 << 20) /* ptys at a time, the minor numbers there are */

/*
 * The instance that opening @ptmx makes a terminal in: the file system it is on or, for one
 * elsewhere (/dev/ptmx), what is mounted on "pts" beside it. Held until devpts_release(), which
 * may unmount it for good. ERR_PTR(-ENODEV): none.
 */
struct super_block *devpts_acquire(const struct path *ptmx);
void devpts_release(struct super_block *sb);
/*
 * The lowest free pty number, taken; -ENOSPC, -ENOMEM. devpts_free_index gives it back.
 */
int devpts_new_index(struct super_block *sb);
void devpts_free_index(struct super_block *sb, int index);
/*
 * The node of pty @index with device number @dev, owned by current, that stands for @priv. Its
 * dentry, referenced, or ERR_PTR. devpts_remove takes it away again. The caller serialises both
 * with uses of devpts_private(): what a node of devpts stands for, NULL once it was removed and for
 * any other inode.
 */
struct dentry *devpts_add(struct super_block *sb, int index, dev_t dev, void *priv);
void devpts_remove(struct dentry *dentry);
void *devpts_private(const struct inode *inode);
/*
 * Opens the node, found from @ptmx, which its master was opened by: TIOCGPTPEER. A file or ERR_PTR;
 * -ENODEV: its instance is not mounted there any more.
 */
struct file *devpts_open_peer(const struct path *ptmx, struct dentry *dentry, int flags);

#endif
