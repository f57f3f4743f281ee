/* SPDX-License-Identifier: MIT */
/*
 * fallocate(2): allocation ahead as unwritten extents, holes, zeroed ranges. Files with block maps
 * instead of extents can only have holes made.
 */
#include <uapi/fcntl.h>
#include "ext4.h"

static void set_size(struct inode *inode, loff_t size)
{
	if (size <= inode->i_size)
		return;
	i_size_write(inode, size);
	down_write(&EXT4_I(inode)->i_data_sem);
	EXT4_I(inode)->i_disksize = size;
	up_write(&EXT4_I(inode)->i_data_sem);
}

/* Unwritten blocks for every hole of [@first, @end). The size follows unless @keep_size. */
static int preallocate(struct inode *inode, u32 first, u32 end, loff_t size, bool keep_size)
{
	struct super_block *sb = inode->i_sb;
	int err = 0, err2;

	while (first < end && !err) {
		struct ext4_map map = {.lblk = first, .len = end - first};
		handle_t *handle;

		if (!ext4_has_free(EXT4_SB(sb), 1, 0))
			return -ENOSPC;
		handle = ext4_journal_start(sb, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
		if (IS_ERR(handle))
			return PTR_ERR(handle);
		err = ext4_map_blocks(handle, inode, &map, EXT4_GET_UNWRITTEN);
		if (!err) {
			first += map.len;
			if (!keep_size)
				set_size(inode,
					 min_t(loff_t, size, (loff_t)first << ext4_bits(inode)));
			inode->i_ctime = current_time(inode);
			err = ext4_mark_inode_dirty(handle, inode);
		}
		err2 = ext4_journal_stop(handle);
		err = err ? err : err2;
		cond_resched();
	}
	return err;
}

/* The page of @pos is in the cache, so that its part of a range can be zeroed there. */
static int bring_in(struct inode *inode, loff_t pos)
{
	struct page *page;

	if (!(pos & ~PAGE_MASK) || pos >= inode->i_size)
		return 0;
	page = read_cache_page(inode->i_mapping, (pgoff_t)(pos >> PAGE_SHIFT), NULL);
	if (IS_ERR(page))
		return PTR_ERR(page);
	put_page(page);
	return 0;
}

/* [@offset, @end) reads as zeroes; whole blocks of it have none on disk. */
static int punch(struct inode *inode, loff_t offset, loff_t end)
{
	u32 bits = ext4_bits(inode), bs = 1u << bits;
	u64 first = ((u64)offset + bs - 1) >> bits, stop = (u64)end >> bits;
	handle_t *handle;
	int err, err2;

	if (end >= inode->i_size) {
		stop = ((u64)end + bs - 1) >> bits;
		end = (loff_t)(stop << bits);
	}
	err = filemap_write_and_wait_range(inode->i_mapping, offset, end - 1);
	if (!err)
		err = bring_in(inode, offset);
	if (!err)
		err = bring_in(inode, end);
	if (err)
		return err;
	truncate_pagecache_range(inode->i_mapping, offset, end - 1);
	handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (first < stop && first < EXT_MAX_BLOCKS)
		err = ext4_remove_blocks(handle, inode, (u32)first,
					 (u32)min_t(u64, stop - 1, EXT_MAX_BLOCKS));
	inode->i_mtime = inode->i_ctime = current_time(inode);
	if (!err)
		err = ext4_ensure_credits(handle, EXT4_CREDITS_INODE);
	if (!err)
		err = ext4_mark_inode_dirty(handle, inode);
	err2 = ext4_journal_stop(handle);
	/* Faults may have brought old contents back meanwhile. */
	truncate_pagecache_range(inode->i_mapping, offset, end - 1);
	return err ? err : err2;
}

static int zero_range(struct inode *inode, loff_t offset, loff_t end, bool keep_size)
{
	u32 bits = ext4_bits(inode), bs = 1u << bits;
	loff_t size = inode->i_size;
	int err = punch(inode, offset, min(end, max(size, offset + 1)));

	if (!err && !keep_size && end > size)
		err = ext4_will_grow(inode, end, end);
	if (err)
		return err;
	return preallocate(inode, (u32)(offset >> bits), (u32)(((u64)end + bs - 1) >> bits), end,
			   keep_size);
}

static int allocate(struct inode *inode, loff_t offset, loff_t end, bool keep_size)
{
	u32 bits = ext4_bits(inode), bs = 1u << bits;
	int err = 0;

	if (!keep_size && end > inode->i_size)
		err = ext4_will_grow(inode, end, end);
	/* Dirty pages without blocks get theirs first: they are not to become unwritten. */
	if (!err)
		err = filemap_fdatawrite_range(inode->i_mapping, offset, end - 1);
	if (err)
		return err;
	return preallocate(inode, (u32)(offset >> bits), (u32)(((u64)end + bs - 1) >> bits), end,
			   keep_size);
}

long ext4_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	loff_t end = offset + len;
	bool keep = mode & FALLOC_FL_KEEP_SIZE;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if (!(mode & FALLOC_FL_PUNCH_HOLE) && !ext4_has_extents(inode))
		return -EOPNOTSUPP;
	if (end > inode->i_sb->s_maxbytes)
		return -EFBIG;
	inode_lock(inode);
	err = 0;
	if (!keep && end > inode->i_size)
		err = inode_newsize_ok(inode, end);
	if (!err)
		err = file_remove_privs(file);
	if (!err) {
		if (mode & FALLOC_FL_PUNCH_HOLE)
			err = offset < inode->i_size ? punch(inode, offset, end) : 0;
		else if (mode & FALLOC_FL_ZERO_RANGE)
			err = zero_range(inode, offset, end, keep);
		else
			err = allocate(inode, offset, end, keep);
	}
	inode_unlock(inode);
	if (!err && file->f_flags & O_DSYNC)
		err = vfs_fsync_range(file, offset, end - 1, 0);
	return err;
}
