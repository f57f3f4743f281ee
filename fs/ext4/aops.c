/* SPDX-License-Identifier: MIT */
/*
 * Data of files between the page cache and the disk. Writing to a page only promises blocks to it
 * (page.c); they are allocated when it is written back, so that a file that was written piece by
 * piece gets one run, and one that is deleted soon gets none.
 *
 * Write-back takes a batch of adjacent dirty pages, finds or allocates their blocks inside handles,
 * and submits them inside the handle that made them reachable; the commit waits for that data.
 */
#include <kernel/uio.h>
#include <mm/mm.h>
#include "ext4.h"

/* ---- reading --------------------------------------------------------------------------------- */

static int ext4_read_page(struct file *file, struct page *page)
{
	return mpage_read_page(page, ext4_get_block);
}

static void ext4_read_ahead(struct readahead_control *rac)
{
	mpage_read_ahead(rac, ext4_get_block);
}

/* ---- writing into the cache ------------------------------------------------------------------ */

/*
 * Fills what a write of [@from, @to) of the locked page leaves: from disk, or zeroes where there is
 * nothing. The page stays locked; -EAGAIN: it was read and unlocked, take it again.
 */
static int fill_rest(struct file *file, struct inode *inode, struct page *page, u32 from, u32 to)
{
	char *p = page_address(page);
	int ret;

	if (PageUptodate(page) || (!from && to == PAGE_SIZE))
		return 0;
	if (page_offset(page) >= inode->i_size) {
		memset(p, 0, from);
		memset(p + to, 0, PAGE_SIZE - to);
		return 0;
	}
	ret = mpage_read_page(page, ext4_get_block);
	if (ret)
		return ret;
	wait_on_page_locked(page);
	return PageUptodate(page) ? -EAGAIN : -EIO;
}

static int ext4_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			    unsigned int len, struct page **pagep, void **fsdata)
{
	struct inode *inode = mapping->host;
	u32 from = (u32)(pos & ~PAGE_MASK);
	struct page *page;
	bool retried = false;
	int err;

	if (EXT4_SB(inode->i_sb)->flags & EXT4_SBF_ABORTED)
		return -EROFS;
	if (pos + len > inode->i_size) {
		err = ext4_will_grow(inode, pos, pos + len);
		if (err)
			return err;
	}
	for (;;) {
		page = find_or_create_page(mapping, (pgoff_t)(pos >> PAGE_SHIFT),
					   mapping->gfp_mask);
		if (!page)
			return -ENOMEM;
		wait_on_page_writeback(page);
		err = fill_rest(file, inode, page, from, from + len);
		if (!err) {
			err = ext4_page_prepare(inode, page, from, from + len, false);
			if (!err) {
				*pagep = page;
				return 0;
			}
			unlock_page(page);
		}
		put_page(page);
		if (err == -EAGAIN)
			continue;
		if (err != -ENOSPC || retried)
			return err;
		/* Promises of other files may be more than they need, and freed blocks busy. */
		retried = true;
		writeback_sb_inodes(inode->i_sb, KTIME_MAX, false);
		if (EXT4_SB(inode->i_sb)->journal)
			jbd2_journal_force_commit(EXT4_SB(inode->i_sb)->journal, true);
	}
}

static int ext4_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			  unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;

	if (!PageUptodate(page)) {
		/* What was not copied is undefined when the whole page was to be overwritten. */
		if (copied < len)
			copied = 0;
		else
			SetPageUptodate(page);
	}
	if (copied) {
		if (pos + copied > inode->i_size)
			i_size_write(inode, pos + copied);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
	return (int)copied;
}

/* The page is locked and in the file when this succeeds; 1: it is not there any more. */
static int make_writable(struct inode *inode, struct page *page)
{
	loff_t end;
	int err;

	lock_page(page);
	if (page->mapping != inode->i_mapping || page_offset(page) >= i_size_read(inode)) {
		unlock_page(page);
		return 1;
	}
	wait_on_page_writeback(page);
	end = max(i_size_read(inode), READ_ONCE(EXT4_I(inode)->i_will_size));
	end = min_t(loff_t, end - page_offset(page), PAGE_SIZE);
	err = ext4_page_prepare(inode, page, 0, (u32)end, false);
	if (err)
		unlock_page(page);
	return err;
}

/* Stores up to the end of the file have their blocks, or this is SIGBUS. */
static vm_fault_t ext4_page_mkwrite(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct inode *inode = file_inode(file);
	struct journal *journal = EXT4_SB(inode->i_sb)->journal;
	int err;

	if (EXT4_SB(inode->i_sb)->flags & EXT4_SBF_ABORTED)
		return VM_FAULT_SIGBUS;
	file_update_time(file);
	err = make_writable(inode, vmf->page);
	/* Freed blocks are free when their transaction is on disk. */
	if (err == -ENOSPC && journal && !jbd2_journal_force_commit(journal, true))
		err = make_writable(inode, vmf->page);
	if (err > 0)
		return VM_FAULT_NOPAGE;
	if (!err)
		return VM_FAULT_LOCKED;
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

const struct vm_operations_struct ext4_vm_ops = {
	.fault = filemap_fault,
	.map_pages = PTR_IF(CONFIG_FAULT_AROUND, filemap_map_pages),
	.page_mkwrite = ext4_page_mkwrite,
};

/* ---- write-back: the I/O --------------------------------------------------------------------- */

#define BATCH 128u

/* Pages that are written together: write-back of all ends when the last bio has ended. */
struct ext4_io {
	struct inode *inode;
	struct transaction *t; /* waits for it; NULL: nobody */
	struct bio *bio;
	sector_t next;
	atomic_t pending; /* bios, and one while it is being built */
	_Atomic(int) error;
	u32 nr;
	struct page *pages[BATCH];
};

static struct ext4_io *io_begin(struct inode *inode)
{
	struct ext4_io *io = kmalloc(sizeof(*io), GFP_NOFS | __GFP_NOFAIL);

	io->inode = inode;
	io->t = NULL;
	io->bio = NULL;
	io->error = 0;
	io->nr = 0;
	atomic_set(&io->pending, 1);
	return io;
}

static void io_put(struct ext4_io *io)
{
	struct address_space *mapping = io->inode->i_mapping;

	if (atomic_dec_return(&io->pending))
		return;
	if (io->error)
		mapping_set_error(mapping, io->error);
	if (io->t)
		jbd2_data_end(io->t, io->error);
	for (u32 i = 0; i < io->nr; i++) {
		if (io->error)
			SetPageError(io->pages[i]);
		end_page_writeback(io->pages[i]);
		put_page(io->pages[i]);
	}
	kfree(io);
}

static void io_end_bio(struct bio *bio)
{
	struct ext4_io *io = bio->bi_private;

	if (bio->bi_status)
		io->error = bio->bi_status;
	bio_put(bio);
	io_put(io);
}

static void io_submit_bio(struct ext4_io *io)
{
	if (io->bio)
		submit_bio(io->bio);
	io->bio = NULL;
}

/* [@off, @off + @len) of the page goes to @block. */
static void io_add(struct ext4_io *io, struct page *page, u32 off, u32 len, u64 block)
{
	u32 bits = ext4_bits(io->inode);
	sector_t sector = block << (bits - SECTOR_SHIFT);

	if (io->bio && (io->next != sector || !bio_add_page(io->bio, page, len, off)))
		io_submit_bio(io);
	if (!io->bio) {
		io->bio = bio_alloc(io->inode->i_sb->s_bdev, BATCH, REQ_OP_WRITE, GFP_NOFS);
		io->bio->bi_iter.bi_sector = sector;
		io->bio->bi_end_io = io_end_bio;
		io->bio->bi_private = io;
		atomic_inc(&io->pending);
		bio_add_page(io->bio, page, len, off);
	}
	io->next = sector + (len >> SECTOR_SHIFT);
}

/* ---- write-back: the blocks ------------------------------------------------------------------ */

struct batch {
	struct inode *inode;
	handle_t *handle; /* NULL: none needed so far */
	struct ext4_io *io;
	struct ext4_map map; /* the run found last */
	u32 nr, end_block; /* first block behind the batch */
	loff_t size;
	struct page *pages[BATCH];
};

/* Ends what is built: submitted inside its handle, then the handle. */
static int close_io(struct batch *b)
{
	int err = 0;

	if (b->io) {
		io_submit_bio(b->io);
		io_put(b->io);
		b->io = NULL;
	}
	if (b->handle)
		err = ext4_journal_stop(b->handle);
	b->handle = NULL;
	return err;
}

/* A handle with room for one page's blocks. What is built so far may go with an older one. */
static int need_handle(struct batch *b)
{
	int credits = (int)ext4_blocks_per_page(b->inode) * EXT4_CREDITS_MAP + EXT4_CREDITS_INODE;

	if (b->handle && ext4_handle_valid(b->handle) && b->handle->h_credits < credits &&
	    jbd2_journal_extend(b->handle, credits)) {
		int err = close_io(b);

		if (err)
			return err;
	}
	if (!b->handle) {
		handle_t *h = ext4_journal_start(b->inode->i_sb, credits);

		if (IS_ERR(h))
			return PTR_ERR(h);
		b->handle = h;
	}
	if (!b->io)
		b->io = io_begin(b->inode);
	if (!b->io->t && ext4_handle_valid(b->handle))
		b->io->t = jbd2_data_begin(b->handle);
	return 0;
}

/*
 * b->map becomes what is at the batch's block @lblk, up to @len of them; inside a handle and with
 * @flags a run of written blocks.
 */
static int map_run(struct batch *b, u32 lblk, u32 len, unsigned int flags)
{
	b->map.lblk = lblk;
	b->map.len = len;
	return ext4_map_blocks(b->handle, b->inode, &b->map, b->handle ? flags : 0);
}

static bool in_run(const struct batch *b, u32 lblk)
{
	return b->map.flags & EXT4_MAP_MAPPED && lblk >= b->map.lblk &&
	       lblk - b->map.lblk < b->map.len;
}

/* The file's size on disk follows what is written. Inside the handle. */
static int move_disksize(struct batch *b, loff_t end)
{
	struct ext4_inode_info *ei = EXT4_I(b->inode);

	end = min(end, i_size_read(b->inode));
	if (end <= READ_ONCE(ei->i_disksize))
		return 0;
	down_write(&ei->i_data_sem);
	if (end > ei->i_disksize)
		ei->i_disksize = end;
	up_write(&ei->i_data_sem);
	return ext4_mark_inode_dirty(b->handle, b->inode);
}

/* How many blocks in a row from block @i of the page on are to be written; within the batch. */
static u32 count_covered(const struct batch *b, u32 at, u32 i)
{
	u32 bpp = ext4_blocks_per_page(b->inode);
	u32 left = b->end_block - ext4_first_block(b->inode, b->pages[at]) - i, n = 0;

	for (; at < b->nr && n < left; at++, i = 0) {
		u32 state = ext4_page_state(b->pages[at]);

		for (; i < bpp && n < left; i++, n++)
			if (!(state & EXT4_COVERED(i)))
				return n;
	}
	return n;
}

/*
 * Finds the first @n blocks of the page, and makes those that it was promised. 0 in @blocks: a hole
 * that stays one, for nothing was written to it.
 */
static int map_page(struct batch *b, u32 at, u32 n, u64 *blocks)
{
	struct page *page = b->pages[at];
	u32 lblk = ext4_first_block(b->inode, page), state = ext4_page_state(page);
	int err = 0;

	for (u32 i = 0; i < n && !err;) {
		bool covered = state & EXT4_COVERED(i);

		if (!in_run(b, lblk + i) && covered)
			err = map_run(b, lblk + i, count_covered(b, at, i),
				      EXT4_GET_CREATE |
					      (state & EXT4_PROMISED(i) ? EXT4_GET_PROMISED : 0));
		else if (!in_run(b, lblk + i))
			err = map_run(b, lblk + i, n - i, 0);
		if (err)
			break;
		if (in_run(b, lblk + i) || !covered) {
			blocks[i] =
				in_run(b, lblk + i) ? b->map.pblk + (lblk + i - b->map.lblk) : 0;
			i++;
		} else if (b->handle) {
			err = -EIO;
		} else {
			/* Unwritten blocks; or it lost its blocks since it got them. */
			err = need_handle(b);
		}
	}
	return err;
}

static u32 covered_by(const u64 *blocks, u32 n)
{
	u32 mask = 0;

	for (u32 i = 0; i < n; i++)
		mask |= blocks[i] ? EXT4_COVERED(i) : 0;
	return mask;
}

/* Maps a page's blocks up to the end of the file and adds them to the I/O. */
static int write_one_page(struct batch *b, u32 at)
{
	struct inode *inode = b->inode;
	struct page *page = b->pages[at];
	u32 bits = ext4_bits(inode), bs = 1u << bits;
	u32 bytes = (u32)min_t(loff_t, b->size - page_offset(page), PAGE_SIZE);
	u32 n = (bytes + bs - 1) >> bits;
	loff_t end = page_offset(page) + bytes;
	u64 blocks[EXT4_MAX_PAGE_BLOCKS];
	int err = 0;

	if (bytes < PAGE_SIZE)
		memset((char *)page_address(page) + bytes, 0, PAGE_SIZE - bytes);
	if (ext4_page_promised(page) || end > READ_ONCE(EXT4_I(inode)->i_disksize))
		err = need_handle(b);
	else if (!b->io)
		b->io = io_begin(inode);
	if (!err)
		err = map_page(b, at, n, blocks);
	if (!err && b->handle)
		err = move_disksize(b, end);
	if (err)
		return err;
	ext4_page_written(inode, page, covered_by(blocks, n));
	set_page_writeback(page);
	get_page(page);
	b->io->pages[b->io->nr++] = page;
	for (u32 i = 0, run; i < n; i += run) {
		for (run = 1; blocks[i] && i + run < n && blocks[i + run] == blocks[i] + run;)
			run++;
		if (blocks[i])
			io_add(b->io, page, i << bits, run << bits, blocks[i]);
	}
	return 0;
}

/*
 * Blocks that a transaction freed count as free, so they may be what the page was promised, but
 * they stay busy until that transaction is on disk: then it is committed, which nobody may wait for
 * inside a handle, and the page is tried again.
 */
static int write_page_promised(struct batch *b, u32 at)
{
	struct journal *j = EXT4_SB(b->inode->i_sb)->journal;
	int err = write_one_page(b, at);

	if (likely(err != -ENOSPC) || !j)
		return err;
	err = close_io(b);
	b->map.flags = 0;
	if (!err)
		err = jbd2_journal_force_commit(j, true);
	return err ? err : write_one_page(b, at);
}

/* Writes the batch's locked pages; unlocks and puts them. */
static int write_batch(struct batch *b, struct writeback_control *wbc)
{
	struct inode *inode = b->inode;
	int err = 0, err2;

	if (!b->nr)
		return 0;
	b->size = i_size_read(inode);
	b->map.flags = 0;
	b->end_block = (u32)min_t(
		u64, ext4_first_block(inode, b->pages[b->nr - 1]) + ext4_blocks_per_page(inode),
		((u64)b->size + inode->i_sb->s_blocksize - 1) >> ext4_bits(inode));
	for (u32 i = 0; i < b->nr; i++) {
		struct page *page = b->pages[i];

		if (err == -EROFS || err == -ENOMEM) {
			redirty_page_for_writepage(wbc, page);
		} else if (page_offset(page) < b->size) {
			err2 = write_page_promised(b, i);
			if (err2 == -ENOMEM)
				redirty_page_for_writepage(wbc, page);
			else if (err2)
				SetPageError(page);
			if (err2)
				mapping_set_error(inode->i_mapping, err2);
			err = err ? err : err2;
		}
		unlock_page(page);
		put_page(page);
		wbc->nr_to_write--;
	}
	b->nr = 0;
	err2 = close_io(b);
	return err ? err : err2;
}

static int ext4_write_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	struct batch *b = kmalloc(sizeof(*b), GFP_NOFS | __GFP_NOFAIL);
	pgoff_t index = (pgoff_t)(wbc->range_start >> PAGE_SHIFT);
	struct blk_plug plug;
	struct page *page;
	int err = 0, err2;

	memset(b, 0, offsetof(struct batch, pages));
	b->inode = mapping->host;
	if (jbd2_current_handle()) {
		/* Reached from inside a handle: somebody else has to write them. */
		kfree(b);
		return 0;
	}
	blk_start_plug(&plug);
	while ((page = writeback_next_page(mapping, wbc, &index))) {
		if (b->nr && (b->nr == BATCH || b->pages[b->nr - 1]->index + 1 != page->index)) {
			err2 = write_batch(b, wbc);
			err = err ? err : err2;
		}
		b->pages[b->nr++] = page;
	}
	err2 = write_batch(b, wbc);
	blk_finish_plug(&plug);
	kfree(b);
	return err ? err : err2;
}

/* One page, for reclaim. */
static int ext4_write_page(struct page *page, struct writeback_control *wbc)
{
	struct inode *inode = page->mapping->host;
	struct batch *b;
	int err;

	if (jbd2_current_handle() ||
	    (wbc->for_reclaim && (!PagePrivate(page) || ext4_page_promised(page)))) {
		redirty_page_for_writepage(wbc, page);
		unlock_page(page);
		return 0;
	}
	b = kmalloc(sizeof(*b), GFP_NOFS | __GFP_NOFAIL);
	memset(b, 0, offsetof(struct batch, pages));
	b->inode = inode;
	get_page(page);
	b->pages[b->nr++] = page;
	err = write_batch(b, wbc);
	kfree(b);
	return err;
}

static ssize_t ext4_direct_io(struct kiocb *iocb, struct iov_iter *iter)
{
	return blockdev_direct_io(iocb, iocb->ki_filp->f_mapping->host, iter, ext4_get_block);
}

static sector_t ext4_aops_bmap(struct address_space *mapping, sector_t block)
{
	struct ext4_map map = {.lblk = (u32)block, .len = 1};

	if (block > U32_MAX || ext4_map_blocks(NULL, mapping->host, &map, 0))
		return 0;
	return (map.flags & EXT4_MAP_MAPPED) && !(map.flags & EXT4_MAP_UNWRITTEN) ? map.pblk : 0;
}

const struct address_space_operations ext4_aops = {
	.read_page = ext4_read_page,
	.read_ahead = ext4_read_ahead,
	.write_page = ext4_write_page,
	.write_pages = ext4_write_pages,
	.dirty_page = ext4_dirty_page,
	.write_begin = ext4_write_begin,
	.write_end = ext4_write_end,
	.invalidate_page = ext4_invalidate_page,
	.release_page = ext4_release_page,
	.direct_io = ext4_direct_io,
	.bmap = ext4_aops_bmap,
};
