/* SPDX-License-Identifier: MIT */
/*
 * Files by handle instead of by name (open_by_handle_at(2), fanotify): a few words that name an
 * inode of a super block for as long as it exists.
 */
#ifndef FS_EXPORTFS_H
#define FS_EXPORTFS_H

#include <lib/err.h>
#include <lib/kconfig.h>
#include <lib/types.h>
#include <fs/fs.h>

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
	/*
	 * For d_obtain_alias() of directories, both or none: the directory that @dir is in,
	 * referenced, or ERR_PTR; the name of inode @ino in @dir (i_rwsem held), terminated: its
	 * length, -ESTALE when there is none. May sleep.
	 */
	struct inode *(*get_parent)(struct inode *dir);
	int (*get_name)(struct inode *dir, char name[256], ino_t ino);
};

/*
 * A dentry of @inode, whose reference (or ERR_PTR; NULL: -ESTALE) it takes: one that it has or a
 * new one. ERR_PTR(-ESTALE) for a directory that is in no tree any more. Sleeps.
 */
#if IS_ENABLED(CONFIG_FHANDLE)
struct dentry *d_obtain_alias(struct inode *inode);
#else
static inline struct dentry *d_obtain_alias(struct inode *inode)
{
	if (!IS_ERR_OR_NULL(inode))
		iput(inode);
	return ERR_PTR(-ESTALE);
}
#endif

#endif
