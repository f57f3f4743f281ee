/* SPDX-License-Identifier: MIT */
/*
 * Handles of files in memory: the inode number, which is never given twice. Only inodes that a
 * handle was made of can be asked for, so only they are in a table.
 */
#include <lib/err.h>
#include <fs/exportfs.h>
#include "tmpfs.h"

static int tmpfs_encode_fh(struct inode *inode, u32 *fh, int *len)
{
	struct tmpfs_sb *sbi = tmpfs_sb(inode->i_sb);
	struct tmpfs_inode *ti = tmpfs_i(inode);
	int room = *len, err = 0;

	*len = 3;
	if (room < 3)
		return FILEID_INVALID;
	spin_lock(&sbi->handle_lock);
	if (!ti->exported) {
		err = xa_err(xa_store(&sbi->handles, inode->i_ino, inode, GFP_ATOMIC));
		ti->exported = !err;
	}
	spin_unlock(&sbi->handle_lock);
	fh[0] = 0; /* generation */
	fh[1] = inode->i_ino;
	fh[2] = (u64)inode->i_ino >> 32;
	return err ? FILEID_INVALID : FILEID_INO32_GEN;
}

static struct dentry *tmpfs_fh_to_dentry(struct super_block *sb, const u32 *fh, int len, int type)
{
	struct tmpfs_sb *sbi = tmpfs_sb(sb);
	struct dentry *dentry;
	struct inode *inode;

	if (len < 3 || type != FILEID_INO32_GEN || fh[0])
		return NULL;
	spin_lock(&sbi->handle_lock);
	inode = xa_load(&sbi->handles, fh[1] | (u64)fh[2] << 32);
	if (inode && !atomic_inc_not_zero(&inode->i_count))
		inode = NULL;
	spin_unlock(&sbi->handle_lock);
	if (!inode)
		return NULL;
	dentry = d_find_any_alias(inode);
	iput(inode);
	if (dentry && d_unlinked(dentry)) {
		dput(dentry);
		dentry = NULL;
	}
	return dentry;
}

void tmpfs_forget_handle(struct inode *inode)
{
	struct tmpfs_sb *sbi = tmpfs_sb(inode->i_sb);

	if (likely(!READ_ONCE(tmpfs_i(inode)->exported)))
		return;
	spin_lock(&sbi->handle_lock);
	xa_erase(&sbi->handles, inode->i_ino);
	spin_unlock(&sbi->handle_lock);
}

const struct export_operations tmpfs_export_ops = {
	.encode_fh = tmpfs_encode_fh,
	.fh_to_dentry = tmpfs_fh_to_dentry,
};
