/* SPDX-License-Identifier: MIT */
/*
 * Files that are block devices. The node's inode is only a name: f_mapping is the device's own page
 * cache, and sizes come from there.
 */
#include <kernel/uio.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <fs/buffer_head.h>
#include <uapi/fcntl.h>
#include <uapi/fs.h>
#include "blk.h"

static int blkdev_get_block(struct inode *inode, sector_t iblock, struct buffer_head *bh,
			    int create)
{
	sector_t blocks = i_size_read(inode) >> inode->i_blkbits;
	size_t want = bh->b_size >> inode->i_blkbits;

	if (iblock >= blocks)
		return create ? -EIO : 0;
	bh->b_bdev = I_BDEV(inode);
	bh->b_blocknr = iblock;
	bh->b_size = min_t(sector_t, want, blocks - iblock) << inode->i_blkbits;
	set_buffer_mapped(bh);
	return 0;
}

static int blkdev_read_page(struct file *file, struct page *page)
{
	return block_read_full_page(page, blkdev_get_block);
}

static void blkdev_read_ahead(struct readahead_control *rac)
{
	mpage_read_ahead(rac, blkdev_get_block);
}

static int blkdev_write_page(struct page *page, struct writeback_control *wbc)
{
	return block_write_full_page(page, blkdev_get_block, wbc);
}

/* Buffer by buffer: a journal that holds a buffer's lock keeps write-back away from it. */
static int blkdev_write_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	struct blk_plug plug;
	pgoff_t index = wbc->range_start >> PAGE_SHIFT;
	struct page *page;
	int err = 0, ret;

	blk_start_plug(&plug);
	while ((page = writeback_next_page(mapping, wbc, &index))) {
		ret = block_write_full_page(page, blkdev_get_block, wbc);
		put_page(page);
		err = err ? err : ret;
		if (--wbc->nr_to_write <= 0 && !wbc->sync)
			break;
	}
	blk_finish_plug(&plug);
	return err;
}

static int blkdev_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			      unsigned int len, struct page **pagep, void **fsdata)
{
	return block_write_begin(mapping, pos, len, pagep, blkdev_get_block);
}

static int blkdev_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			    unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
	int ret = block_write_end(mapping, pos, len, copied, page);

	unlock_page(page);
	put_page(page);
	return ret;
}

static ssize_t blkdev_direct_io(struct kiocb *iocb, struct iov_iter *iter)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;

	return blockdev_direct_io(iocb, inode, iter, blkdev_get_block);
}

const struct address_space_operations def_blk_aops = {
	.read_page = blkdev_read_page,
	.read_ahead = blkdev_read_ahead,
	.write_page = blkdev_write_page,
	.write_pages = blkdev_write_pages,
	.dirty_page = block_dirty_page,
	.write_begin = blkdev_write_begin,
	.write_end = blkdev_write_end,
	.invalidate_page = block_invalidate_page,
	.release_page = block_release_page,
	.direct_io = blkdev_direct_io,
};

/* ---- file operations ------------------------------------------------------------------------- */

static struct block_device *file_bdev(const struct file *file)
{
	return file->private_data;
}

static fmode_t open_mode(const struct file *file)
{
	fmode_t mode = file->f_mode & (FMODE_READ | FMODE_WRITE);

	if (file->f_flags & O_NDELAY)
		mode |= FMODE_NDELAY;
	if (file->f_flags & O_EXCL)
		mode |= FMODE_EXCL;
	return mode;
}

static int blkdev_open(struct inode *inode, struct file *file)
{
	fmode_t mode = open_mode(file);
	struct block_device *bdev = blkdev_get_by_dev(inode->i_rdev, mode, file);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	/* O_EXCL leaves f_flags after open: remembered here, for release. */
	file->f_mode |= mode & FMODE_EXCL;
	file->f_mode |= FMODE_NOWAIT;
	file->private_data = bdev;
	file->f_mapping = bdev->bd_mapping;
	file->f_wb_err = errseq_sample(&bdev->bd_mapping->wb_err);
	return 0;
}

static int blkdev_release(struct inode *inode, struct file *file)
{
	blkdev_put(file_bdev(file), file->f_mode & (FMODE_READ | FMODE_WRITE | FMODE_EXCL));
	return 0;
}

static loff_t blkdev_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, i_size_read(file->f_mapping->host));
}

static ssize_t blkdev_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	loff_t size = bdev_nr_bytes(file_bdev(iocb->ki_filp));
	size_t hidden = 0;
	ssize_t ret;

	if (iocb->ki_pos >= size)
		return 0;
	if (iov_iter_count(to) > (u64)(size - iocb->ki_pos)) {
		hidden = iov_iter_count(to) - (size - iocb->ki_pos);
		iov_iter_truncate(to, size - iocb->ki_pos);
	}
	ret = generic_file_read_iter(iocb, to);
	to->count += hidden;
	return ret;
}

static ssize_t write_through_cache(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret;

	inode_lock_shared(inode); /* against set_blocksize() */
	ret = generic_perform_write(iocb, from);
	inode_unlock_shared(inode);
	return ret;
}

static ssize_t write_direct(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t pos = iocb->ki_pos, end = pos + iov_iter_count(from) - 1;
	ssize_t ret = filemap_write_and_wait_range(mapping, pos, end);

	if (ret)
		return ret;
	ret = invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
	if (ret)
		return ret == -EBUSY ? 0 : ret;
	ret = blkdev_direct_io(iocb, from);
	if (mapping->nrpages)
		invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
	return ret;
}

static ssize_t blkdev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct block_device *bdev = file_bdev(file);
	loff_t size = bdev_nr_bytes(bdev), start = iocb->ki_pos;
	ssize_t done = 0, more;
	size_t hidden = 0;

	if (bdev_read_only(bdev))
		return -EPERM;
	if (!iov_iter_count(from))
		return 0;
	if (start >= size)
		return -ENOSPC;
	if (iov_iter_count(from) > (u64)(size - start)) {
		hidden = iov_iter_count(from) - (size - start);
		iov_iter_truncate(from, size - start);
	}
	if (iocb->ki_flags & IOCB_DIRECT)
		done = write_direct(iocb, from);
	if (done >= 0 && iov_iter_count(from)) {
		more = write_through_cache(iocb, from);
		done = more >= 0 ? done + more : done ? done : more;
	}
	from->count += hidden;
	if (done > 0 && (iocb->ki_flags & IOCB_DSYNC)) {
		int err = vfs_fsync_range(file, start, start + done - 1,
					  !(iocb->ki_flags & IOCB_SYNC));

		if (err)
			return err;
	}
	return done;
}

static int blkdev_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	int err = file_write_and_wait_range(file, start, end);

	return err ? err : blkdev_issue_flush(file_bdev(file));
}

/* Only ranges inside the device, to whole logical blocks; nothing that would change its size. */
static long blkdev_fallocate(struct file *file, int mode, loff_t start, loff_t len)
{
	struct block_device *bdev = file_bdev(file);
	loff_t size = bdev_nr_bytes(bdev), end = start + len - 1;
	unsigned int flags;
	int err;

	switch (mode) {
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
		flags = BLKDEV_ZERO_NOUNMAP;
		break;
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		flags = BLKDEV_ZERO_NOFALLBACK;
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (start >= size)
		return -EINVAL;
	if (end >= size) {
		if (!(mode & FALLOC_FL_KEEP_SIZE))
			return -EINVAL;
		len = size - start;
		end = size - 1;
	}
	if ((start | len) & (bdev_logical_block_size(bdev) - 1))
		return -EINVAL;
	inode_lock(bdev->bd_inode);
	err = sync_blockdev_range(bdev, start, end);
	if (!err) {
		truncate_pagecache_range(bdev->bd_mapping, start, end);
		err = blkdev_issue_zeroout(bdev, start >> SECTOR_SHIFT, len >> SECTOR_SHIFT,
					   GFP_KERNEL, flags);
	}
	inode_unlock(bdev->bd_inode);
	return err;
}

const struct file_operations def_blk_fops = {
	.llseek = blkdev_llseek,
	.read_iter = blkdev_read_iter,
	.write_iter = blkdev_write_iter,
	.unlocked_ioctl = blkdev_ioctl,
	.mmap = generic_file_mmap,
	.open = blkdev_open,
	.release = blkdev_release,
	.fsync = blkdev_fsync,
	.fallocate = blkdev_fallocate,
};
