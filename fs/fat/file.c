/* SPDX-License-Identifier: MIT */
/*
 * Files: pages, sizes, attributes. A file has no holes: what is skipped by a write or a longer size
 * is written as zeroes.
 */
#include <uapi/fs.h>
#include <mm/mm.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include "fat.h"

static int fat_get_block(struct inode *inode, sector_t iblock, struct buffer_head *bh, int create)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	u32 shift = sbi->g.cluster_bits - inode->i_blkbits;
	u32 off = (u32)(iblock & ((1u << shift) - 1)), cluster, run;
	loff_t at = (loff_t)iblock << inode->i_blkbits;
	bool behind = at >= i_size_read(inode);
	u64 bytes;
	int err;

	if (behind && !create)
		return 0;
	if (iblock >> shift > U32_MAX / 2)
		return -EFBIG;
	err = fat_chain(inode, (u32)(iblock >> shift), create, &cluster, &run);
	if (err == -ENOENT) {
		fat_error(inode->i_sb, "a file is longer than its chain of clusters");
		return -EIO;
	}
	if (err)
		return err;
	bytes = ((u64)run << sbi->g.cluster_bits) - ((u64)off << inode->i_blkbits);
	bytes = min_t(u64, bytes, max_t(u64, bh->b_size, 1u << inode->i_blkbits));
	/* Sectors behind the end hold what some other file left there. */
	if (behind)
		bytes = 1u << inode->i_blkbits;
	else if (create && at + (loff_t)bytes > i_size_read(inode))
		bytes = (u64)(i_size_read(inode) - at + (1 << inode->i_blkbits) - 1) &
			~((1ull << inode->i_blkbits) - 1);
	map_bh(bh, inode->i_sb,
	       sbi->g.data_start + (u64)(cluster - FAT_FIRST_CLUSTER) * sbi->g.sectors_per_cluster +
		       off);
	bh->b_size = bytes;
	if (behind)
		set_buffer_new(bh);
	return 0;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int fat_read_page(struct file *file, struct page *page)
{
	return mpage_read_page(page, fat_get_block);
}

static void fat_read_ahead(struct readahead_control *rac)
{
	mpage_read_ahead(rac, fat_get_block);
}

static int fat_write_page(struct page *page, struct writeback_control *wbc)
{
	return block_write_full_page(page, fat_get_block, wbc);
}

static int fat_write_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	return mpage_write_pages(mapping, wbc, fat_get_block);
}

/* Zeroes from the end of the file up to @to, page by page. i_rwsem held. */
static int zero_up_to(struct inode *inode, loff_t to)
{
	struct address_space *mapping = inode->i_mapping;
	struct page *page;

	while (inode->i_size < to) {
		loff_t at = inode->i_size;
		u32 off = (u32)(at & ~PAGE_MASK),
		    len = (u32)min_t(loff_t, PAGE_SIZE - off, to - at);
		int err = block_write_begin(mapping, at, len, &page, fat_get_block);

		if (err)
			return err;
		memset((char *)page_address(page) + off, 0, len);
		err = generic_write_end(NULL, mapping, at, len, len, page, NULL);
		if (err < 0)
			return err;
		balance_dirty_pages_ratelimited(mapping);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* A write that did not work out leaves no clusters behind the end. */
static void cut_behind_end(struct inode *inode)
{
	u32 bits = FAT_SB(inode->i_sb)->g.cluster_bits;

	fat_cut_chain(inode, (u32)(((u64)inode->i_size + (1u << bits) - 1) >> bits));
}

static int fat_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct page **pagep, void **fsdata)
{
	struct inode *inode = mapping->host;
	int err = 0;

	if (IS_RDONLY(inode))
		return -EROFS;
	if (pos > inode->i_size)
		err = zero_up_to(inode, pos);
	if (!err)
		err = block_write_begin(mapping, pos, len, pagep, fat_get_block);
	if (err && pos + len > inode->i_size)
		cut_behind_end(inode);
	return err;
}

static int fat_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
	struct fat_inode *fi = FAT_I(mapping->host);
	int ret = generic_write_end(file, mapping, pos, len, copied, page, fsdata);

	if (ret > 0 && !(fi->attr & FAT_ATTR_ARCH)) {
		fi->attr |= FAT_ATTR_ARCH;
		mark_inode_dirty(mapping->host);
	}
	if (ret < (int)len && pos + len > mapping->host->i_size)
		cut_behind_end(mapping->host);
	return ret;
}

const struct address_space_operations fat_aops = {
	.read_page = fat_read_page,
	.read_ahead = fat_read_ahead,
	.write_page = fat_write_page,
	.write_pages = fat_write_pages,
	.dirty_page = block_dirty_page,
	.write_begin = fat_write_begin,
	.write_end = fat_write_end,
	.invalidate_page = block_invalidate_page,
	.release_page = block_release_page,
};

static vm_fault_t fat_page_mkwrite(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	struct page *page = vmf->page;
	int err;

	file_update_time(vmf->vma->vm_file);
	lock_page(page);
	if (page->mapping != inode->i_mapping || page_offset(page) >= i_size_read(inode)) {
		unlock_page(page);
		return VM_FAULT_NOPAGE;
	}
	wait_on_page_writeback(page);
	err = block_page_mkwrite(vmf->vma, page, fat_get_block);
	if (!err)
		return VM_FAULT_LOCKED;
	unlock_page(page);
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct fat_vm_ops = {
	.fault = filemap_fault,
	.map_pages = PTR_IF(CONFIG_FAULT_AROUND, filemap_map_pages),
	.page_mkwrite = fat_page_mkwrite,
};

static int fat_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	vma->vm_ops = &fat_vm_ops;
	return 0;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static int change_size(struct inode *inode, loff_t size)
{
	u32 bits = FAT_SB(inode->i_sb)->g.cluster_bits;
	int err;

	if (size > inode->i_size) {
		err = zero_up_to(inode, size);
		if (err)
			cut_behind_end(inode);
		return err;
	}
	err = block_truncate_page(inode->i_mapping, size, fat_get_block);
	if (err)
		return err;
	truncate_setsize(inode, size);
	/* The entry is shorter before its clusters are another's. */
	mark_inode_dirty(inode);
	err = fat_write_inode(inode, false);
	return err ? err : fat_cut_chain(inode, (u32)(((u64)size + (1u << bits) - 1) >> bits));
}

/* Of a mode only whether anybody may write is kept. */
static bool mode_can_be_kept(struct inode *inode, umode_t mode)
{
	const struct fat_options *opt = &FAT_SB(inode->i_sb)->opt;
	umode_t mask = S_ISDIR(inode->i_mode) ? opt->dmask : opt->fmask;
	umode_t all = (umode_t)(0777 & ~mask), w = (umode_t)(0222 & ~mask);

	mode &= all;
	if ((mode & ~w) != (all & ~w))
		return false;
	return (mode & w) == w || (!(mode & w) && S_ISREG(inode->i_mode));
}

int fat_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	const struct fat_options *opt = &FAT_SB(inode->i_sb)->opt;
	int err = setattr_prepare(dentry, attr);

	if (err)
		return opt->quiet && err == -EPERM ? 0 : err;
	if ((attr->ia_valid & ATTR_UID && attr->ia_uid != opt->uid) ||
	    (attr->ia_valid & ATTR_GID && attr->ia_gid != opt->gid))
		return opt->quiet ? 0 : -EPERM;
	if (attr->ia_valid & ATTR_MODE && !mode_can_be_kept(inode, attr->ia_mode)) {
		if (!opt->quiet && !(attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)))
			return -EPERM;
		attr->ia_valid &= ~ATTR_MODE;
	}
	if (attr->ia_valid & ATTR_MODE)
		attr->ia_mode &= S_IFMT | (umode_t)(S_ISDIR(inode->i_mode) ? 0777 & ~opt->dmask :
									     0777 & ~opt->fmask);
	if (attr->ia_valid & ATTR_SIZE) {
		if (!S_ISREG(inode->i_mode))
			return -EINVAL;
		err = change_size(inode, attr->ia_size);
		if (err)
			return err;
		attr->ia_valid |= ATTR_MTIME | ATTR_CTIME;
	}
	setattr_copy(inode, attr);
	mark_inode_dirty(inode);
	return 0;
}

int fat_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	struct inode *inode = path->dentry->d_inode;

	generic_fillattr(inode, stat);
	stat->blksize = 1u << FAT_SB(inode->i_sb)->g.cluster_bits;
	stat->btime = FAT_I(inode)->crtime;
	stat->result_mask |= STATX_BTIME;
	return 0;
}

int fat_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	int err = 0, err2;

	if (file->f_mapping)
		err = file_write_and_wait_range(file, start, end);
	err2 = sync_inode_metadata(inode, 1);
	err = err ? err : err2;
	err2 = sync_blockdev(inode->i_sb->s_bdev);
	err = err ? err : err2;
	err2 = blkdev_issue_flush(inode->i_sb->s_bdev);
	return err ? err : err2;
}

const struct file_operations fat_file_fops = {
	.llseek = generic_file_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = fat_mmap,
	.open = generic_file_open,
	.fsync = fat_fsync,
};

const struct inode_operations fat_file_iops = {
	.setattr = fat_setattr,
	.getattr = fat_getattr,
};
