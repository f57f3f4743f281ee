/* SPDX-License-Identifier: MIT */
/*
 * Files by handle. FAT has no inode numbers: they are given when an inode comes to memory, never
 * twice, so a handle is good for as long as its inode stays there.
 */
#include <lib/err.h>
#include <fs/exportfs.h>
#include "fat.h"

static int fat_encode_fh(struct inode *inode, u32 *fh, int *len)
{
	int room = *len;

	*len = 2;
	if (room < 2)
		return FILEID_INVALID;
	fh[0] = (u32)inode->i_ino;
	fh[1] = (u32)((u64)inode->i_ino >> 32);
	return FILEID_INO32_GEN;
}

static struct dentry *fat_fh_to_dentry(struct super_block *sb, const u32 *fh, int len, int type)
{
	struct inode *inode;

	if (len < 2 || type != FILEID_INO32_GEN)
		return NULL;
	inode = ilookup(sb, (ino_t)(fh[0] | (u64)fh[1] << 32));
	if (inode && !inode->i_nlink) {
		iput(inode);
		inode = NULL;
	}
	return d_obtain_alias(inode);
}

const struct export_operations fat_export_ops = {
	.encode_fh = fat_encode_fh,
	.fh_to_dentry = fat_fh_to_dentry,
};
