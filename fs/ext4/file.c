/* SPDX-License-Identifier: MIT */
/* Regular files: what is ext4's own in reading, writing, seeking and mapping them. */
#include <kernel/uio.h>
#include <mm/mm.h>
#include <uapi/fs.h>
#include "ext4.h"
#include "xattr.h"

static int ext4_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	vma->vm_ops = &ext4_vm_ops;
	return 0;
}

/* The first block at or behind @pos that is data (@want) or hole, as a byte position. */
static int find_block(struct inode *inode, loff_t *pos, bool want)
{
	u32 bits = ext4_bits(inode);
	loff_t at = *pos;

	while (at < inode->i_size) {
		struct ext4_map map = {.lblk = (u32)(at >> bits)};
		int err;

		map.len = (u32)min_t(u64, (((u64)inode->i_size - 1) >> bits) - map.lblk + 1,
				     EXT_MAX_BLOCKS);
		err = ext4_map_blocks(NULL, inode, &map, 0);
		if (err)
			return err;
		if (!!(map.flags & EXT4_MAP_MAPPED) == want) {
			*pos = at;
			return 0;
		}
		at = (loff_t)(map.lblk + (u64)map.len) << bits;
	}
	*pos = inode->i_size;
	return want ? -ENXIO : 0;
}

loff_t ext4_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t pos = offset;
	int err;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	inode_lock_shared(inode);
	err = -ENXIO;
	if (offset >= 0 && offset < inode->i_size) {
		/* What is only in memory has no blocks yet. */
		err = filemap_fdatawrite_range(inode->i_mapping, offset, MAX_LFS_FILESIZE);
		if (!err)
			err = find_block(inode, &pos, whence == SEEK_DATA);
	}
	inode_unlock_shared(inode);
	return err ? err : vfs_setpos(file, pos, inode->i_sb->s_maxbytes);
}

/* A file system that found damage takes no more data, also not into the cache. */
static ssize_t ext4_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	if (EXT4_SB(file_inode(iocb->ki_filp)->i_sb)->flags & EXT4_SBF_ABORTED)
		return -EROFS;
	return generic_file_write_iter(iocb, from);
}

const struct file_operations ext4_file_fops = {
	.llseek = ext4_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = ext4_write_iter,
	.mmap = ext4_file_mmap,
	.open = generic_file_open,
	.fsync = ext4_file_fsync,
	.fallocate = ext4_fallocate,
	.unlocked_ioctl = ext4_ioctl,
};

const struct inode_operations ext4_file_iops = {
	.fileattr_get = ext4_fileattr_get,
	.fileattr_set = ext4_fileattr_set,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
	.listxattr = ext4_listxattr,
	.get_acl = ext4_get_acl,
	.set_acl = ext4_set_acl,
};
