/* SPDX-License-Identifier: MIT */
/*
 * devpts: /dev/pts, where the slave side of each pseudo-terminal appears while its master is open.
 * One tree for all mounts (with its ptmx); options uid=, gid=, mode=, ptmxmode= of mount(8) apply
 * to it.
 */
#ifndef FS_DEVPTS_H
#define FS_DEVPTS_H

#include <lib/types.h>

struct dentry;
struct file;

#define DEVPTS_MAX 1024 /* ptys at a time */

/*
 * The lowest free pty number, taken; -ENOSPC, -ENOMEM. devpts_free_index gives it back. May sleep.
 */
int devpts_new_index(void);
void devpts_free_index(int index);
/*
 * The node of pty @index with device number @dev, owned by current. Its dentry, referenced, or
 * ERR_PTR. devpts_remove takes it away again.
 */
struct dentry *devpts_add(int index, dev_t dev);
void devpts_remove(struct dentry *dentry);
/* Opens the node: TIOCGPTPEER. A file or ERR_PTR. */
struct file *devpts_open_peer(struct dentry *dentry, int flags);

#endif
