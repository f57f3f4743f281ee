/* SPDX-License-Identifier: MIT */
/*
 * Files by handle instead of by name (open_by_handle_at(2), fanotify): a few words that name an
 * inode of a super block for as long as it exists.
 */
#ifndef FS_EXPORTFS_H
#define FS_EXPORTFS_H

#include <lib/types.h>

struct dentry;
struct inode;
struct super_block;

#define FILEID_ROOT	 0
#define FILEID_INO32_GEN 1
#define FILEID_INO64_GEN 0x81
#define FILEID_INVALID	 0xff
#define MAX_HANDLE_SZ	 128

struct export_operations {
	/*
	 * Writes the handle of @inode to @fh, which has room for *@len words, and its length there:
	 * its type, or FILEID_INVALID with the length that is needed. Does not sleep.
	 */
	int (*encode_fh)(struct inode *inode, u32 *fh, int *len);
	/* A dentry of what @fh names, referenced; -ESTALE or NULL when it is gone. Sleeps. */
	struct dentry *(*fh_to_dentry)(struct super_block *sb, const u32 *fh, int len, int type);
};

#endif
