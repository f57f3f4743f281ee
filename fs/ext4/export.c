/* SPDX-License-Identifier: MIT */
/*
 * Files by handle: the inode's number and generation, which tells it from those that had the number
 * before and will have it after.
 */
#include <lib/err.h>
#include <fs/exportfs.h>
#include "ext4.h"

static int ext4_encode_fh(struct inode *inode, u32 *fh, int *len)
{
	int room = *len;

	*len = 2;
	if (room < 2)
		return FILEID_INVALID;
	fh[0] = (u32)inode->i_ino;
	fh[1] = EXT4_I(inode)->i_generation;
	return FILEID_INO32_GEN;
}

static struct inode *find_inode(struct super_block *sb, u32 ino, u32 generation)
{
	struct inode *inode;

	/* Reserved inodes are the file system's own. */
	if (ino != EXT4_ROOT_INO && ino < EXT4_SB(sb)->g.first_ino)
		return ERR_PTR(-ESTALE);
	if (ino > EXT4_SB(sb)->g.inodes_count)
		return ERR_PTR(-ESTALE);
	inode = ext4_iget(sb, ino);
	if (IS_ERR(inode))
		return inode;
	if (EXT4_I(inode)->i_generation == generation && inode->i_nlink)
		return inode;
	iput(inode);
	return ERR_PTR(-ESTALE);
}

static struct dentry *ext4_fh_to_dentry(struct super_block *sb, const u32 *fh, int len, int type)
{
	if (len < 2 || type != FILEID_INO32_GEN)
		return NULL;
	return d_obtain_alias(find_inode(sb, fh[0], fh[1]));
}

const struct export_operations ext4_export_ops = {
	.encode_fh = ext4_encode_fh,
	.fh_to_dentry = ext4_fh_to_dentry,
	.get_parent = ext4_get_parent,
	.get_name = ext4_get_name,
};
