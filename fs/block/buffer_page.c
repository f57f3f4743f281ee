/* SPDX-License-Identifier: MIT */
/*
 * Pages by their buffers: reading and writing whole pages block by block, write(2) through
 * get_block(), invalidation. Handles pages whose blocks lie anywhere; mpage.c does the usual case,
 * neighbours on the disk, with fewer bios.
 */
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include "blk.h"
#include "buffer.h"

/* The ring of the locked page, made if there is none; NULL: no memory. */
static struct buffer_head *get_ring(struct page *page, const struct inode *inode)
{
	if (!page_has_buffers(page) && create_empty_buffers(page, 1u << inode->i_blkbits, 0))
		return NULL;
	return page_buffers(page);
}

static sector_t first_block(const struct page *page, const struct inode *inode)
{
	return (sector_t)page->index << (PAGE_SHIFT - inode->i_blkbits);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The page is read when none of its buffers is on its way any more; decided under the ring lock. */
static void end_async_read(struct buffer_head *bh, int uptodate)
{
	struct page *page = bh->b_page;
	struct buffer_head *t = bh;
	unsigned long flags;
	bool all = true, busy = false;

	if (uptodate) {
		set_buffer_uptodate(bh);
	} else {
		clear_buffer_uptodate(bh);
		buffer_io_error(bh, "read");
		SetPageError(page);
	}
	spin_lock_irqsave(buffer_ring_lock(page), flags);
	clear_buffer_async_read(bh);
	unlock_buffer(bh);
	do {
		all &= buffer_uptodate(t);
		busy |= buffer_async_read(t);
		t = t->b_this_page;
	} while (t != bh);
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
	if (busy)
		return;
	if (all && !PageError(page))
		SetPageUptodate(page);
	unlock_page(page);
}

/* The block becomes uptodate without I/O, or is one to read (true). @err: get_block() failed. */
static bool prepare_read(struct inode *inode, struct buffer_head *bh, sector_t block,
			 get_block_t *get_block, int *err)
{
	sector_t end = (i_size_read(inode) + (1ul << inode->i_blkbits) - 1) >> inode->i_blkbits;

	if (buffer_uptodate(bh))
		return false;
	if (!buffer_mapped(bh)) {
		if (block < end) {
			*err = get_block(inode, block, bh, 0);
			bh->b_size = 1ul << inode->i_blkbits;
			if (*err) {
				SetPageError(bh->b_page);
				return false;
			}
		}
		if (!buffer_mapped(bh) || buffer_unwritten(bh)) {
			memset(bh->b_data, 0, bh->b_size);
			set_buffer_uptodate(bh);
			return false;
		}
	}
	return !buffer_uptodate(bh);
}

int block_read_full_page(struct page *page, get_block_t *get_block)
{
	struct inode *inode = page->mapping->host;
	struct buffer_head *read[PAGE_SIZE / 512], *head = get_ring(page, inode), *bh = head;
	sector_t block = first_block(page, inode);
	unsigned int nr = 0;
	int err = 0;

	if (!head) {
		unlock_page(page);
		return -ENOMEM;
	}
	do {
		if (prepare_read(inode, bh, block++, get_block, &err))
			read[nr++] = bh;
		bh = bh->b_this_page;
	} while (bh != head && !err);
	if (err || !nr) {
		if (!err)
			SetPageUptodate(page);
		unlock_page(page);
		return err;
	}
	for (unsigned int i = 0; i < nr; i++) {
		lock_buffer(read[i]);
		read[i]->b_end_io = end_async_read;
		set_buffer_async_read(read[i]);
	}
	for (unsigned int i = 0; i < nr; i++) {
		/* Somebody may have read it by itself meanwhile. */
		if (buffer_uptodate(read[i]))
			end_async_read(read[i], 1);
		else
			submit_bh(REQ_OP_READ, read[i]);
	}
	return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void end_async_write(struct buffer_head *bh, int uptodate)
{
	struct page *page = bh->b_page;
	struct buffer_head *t = bh;
	unsigned long flags;
	bool busy = false;

	if (uptodate) {
		set_buffer_uptodate(bh);
	} else {
		buffer_io_error(bh, "write");
		mark_buffer_write_io_error(bh);
		SetPageError(page);
	}
	spin_lock_irqsave(buffer_ring_lock(page), flags);
	clear_buffer_async_write(bh);
	unlock_buffer(bh);
	do {
		busy |= buffer_async_write(t);
		t = t->b_this_page;
	} while (t != bh);
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
	if (!busy)
		end_page_writeback(page);
}

bool page_zero_tail(struct page *page, const struct inode *inode)
{
	loff_t size = i_size_read(inode), at = page_offset(page);

	if (at >= size)
		return false;
	if (size - at < (loff_t)PAGE_SIZE)
		memset((char *)page_address(page) + (size - at), 0, PAGE_SIZE - (size - at));
	return true;
}

/* Blocks for what is dirty and has none. */
static int map_dirty(struct inode *inode, struct buffer_head *head, sector_t block,
		     get_block_t *get_block)
{
	sector_t last = (i_size_read(inode) - 1) >> inode->i_blkbits;
	struct buffer_head *bh = head;
	int err;

	do {
		if (block > last) {
			clear_buffer_dirty(bh);
			set_buffer_uptodate(bh);
		} else if ((!buffer_mapped(bh) || buffer_delay(bh)) && buffer_dirty(bh)) {
			err = get_block(inode, block, bh, 1);
			bh->b_size = 1ul << inode->i_blkbits;
			if (err)
				return err;
			clear_buffer_delay(bh);
			if (buffer_new(bh)) {
				clear_buffer_new(bh);
				clean_bdev_bh_alias(bh);
			}
		}
		block++;
		bh = bh->b_this_page;
	} while (bh != head);
	return 0;
}

/* Locks those that are to be written: how many. The page is dirty again if one was left out. */
static unsigned int lock_dirty(struct page *page, struct buffer_head *head,
			       struct writeback_control *wbc, struct buffer_head **list)
{
	struct buffer_head *bh = head;
	unsigned int nr = 0;

	do {
		if (!buffer_mapped(bh) || !buffer_dirty(bh))
			continue;
		if (wbc->sync) {
			lock_buffer(bh);
		} else if (!trylock_buffer(bh)) {
			redirty_page_for_writepage(wbc, page);
			continue;
		}
		if (!test_clear_buffer_dirty(bh)) {
			unlock_buffer(bh);
			continue;
		}
		bh->b_end_io = end_async_write;
		set_buffer_async_write(bh);
		list[nr++] = bh;
	} while ((bh = bh->b_this_page) != head);
	return nr;
}

int block_write_full_page(struct page *page, get_block_t *get_block, struct writeback_control *wbc)
{
	struct inode *inode = page->mapping->host;
	struct buffer_head *list[PAGE_SIZE / 512], *head;
	unsigned int nr = 0;
	int err = 0;

	if (!page_zero_tail(page, inode)) {
		unlock_page(page);
		return 0;
	}
	if (!page_has_buffers(page))
		err = create_empty_buffers(page, 1u << inode->i_blkbits,
					   1ul << BH_Dirty | 1ul << BH_Uptodate);
	if (err) {
		redirty_page_for_writepage(wbc, page);
		unlock_page(page);
		return err;
	}
	head = page_buffers(page);
	err = map_dirty(inode, head, first_block(page, inode), get_block);
	if (err)
		mapping_set_error(page->mapping, err);
	/* What has its place goes there even so. */
	nr = lock_dirty(page, head, wbc, list);
	set_page_writeback(page);
	unlock_page(page);
	for (unsigned int i = 0; i < nr; i++)
		submit_bh(REQ_OP_WRITE | (wbc->sync ? REQ_SYNC : 0), list[i]);
	if (!nr)
		end_page_writeback(page);
	return err;
}

/* ---- write(2) -------------------------------------------------------------------------------- */

/* What a new block holds outside of [from, to) of its page is nobody's: zeroes. */
static void zero_new(struct page *page, struct buffer_head *bh, unsigned int at, unsigned int from,
		     unsigned int to)
{
	char *base = page_address(page);
	unsigned int end = at + bh->b_size;

	if (end > to && to > at)
		memset(base + to, 0, end - to);
	else if (to <= at)
		memset(base + at, 0, bh->b_size);
	if (at < from)
		memset(base + at, 0, min(from, end) - at);
}

/* Makes one block ready for a write to [from, to) of the page. True: it has to be read first. */
static int prepare_write(struct inode *inode, struct page *page, struct buffer_head *bh,
			 sector_t block, unsigned int at, unsigned int from, unsigned int to,
			 get_block_t *get_block)
{
	int err;

	clear_buffer_new(bh);
	if (!buffer_mapped(bh)) {
		err = get_block(inode, block, bh, 1);
		bh->b_size = 1ul << inode->i_blkbits;
		if (err)
			return err;
		if (buffer_new(bh)) {
			clean_bdev_bh_alias(bh);
			if (PageUptodate(page)) {
				clear_buffer_new(bh);
				set_buffer_uptodate(bh);
				mark_buffer_dirty(bh);
				return 0;
			}
			zero_new(page, bh, at, from, to);
			return 0;
		}
	}
	if (PageUptodate(page))
		set_buffer_uptodate(bh);
	if (!buffer_uptodate(bh) && !buffer_delay(bh) && !buffer_unwritten(bh) &&
	    (at < from || at + bh->b_size > to))
		return 1;
	return 0;
}

/* Blocks that were allocated for a write that then failed must not show old data. */
static void zero_unused_new(struct buffer_head *head, unsigned int from, unsigned int to)
{
	struct buffer_head *bh = head;
	unsigned int at = 0;

	do {
		if (buffer_new(bh) && at < to && at + bh->b_size > from) {
			unsigned int start = max(from, at),
				     end = min_t(size_t, to, at + bh->b_size);

			if (!PageUptodate(bh->b_page)) {
				memset((char *)page_address(bh->b_page) + start, 0, end - start);
				set_buffer_uptodate(bh);
			}
			clear_buffer_new(bh);
			mark_buffer_dirty(bh);
		}
		at += bh->b_size;
		bh = bh->b_this_page;
	} while (bh != head);
}

int __block_write_begin(struct page *page, loff_t pos, unsigned int len, get_block_t *get_block)
{
	struct inode *inode = page->mapping->host;
	unsigned int from = pos & ~PAGE_MASK, to = from + len, at = 0, nr = 0;
	struct buffer_head *wait[2], *head = get_ring(page, inode), *bh = head;
	sector_t block = first_block(page, inode);
	int ret = 0;

	if (!head)
		return -ENOMEM;
	do {
		if (at + bh->b_size <= from || at >= to) {
			if (PageUptodate(page))
				set_buffer_uptodate(bh);
		} else {
			ret = prepare_write(inode, page, bh, block, at, from, to, get_block);
			if (ret < 0)
				break;
			if (ret) {
				bh_read_nowait(bh, 0);
				wait[nr++] = bh; /* at most the first and the last */
			}
		}
		at += bh->b_size;
		block++;
		bh = bh->b_this_page;
	} while (bh != head);
	ret = min(ret, 0);
	for (unsigned int i = 0; i < nr; i++)
		if (bh_read(wait[i], 0) && !ret)
			ret = -EIO;
	if (ret)
		zero_unused_new(head, from, to);
	return ret;
}

int block_write_begin(struct address_space *mapping, loff_t pos, unsigned int len,
		      struct page **pagep, get_block_t *get_block)
{
	struct page *page =
		find_or_create_page(mapping, pos >> PAGE_SHIFT, mapping->gfp_mask & ~__GFP_FS);
	int err;

	if (!page)
		return -ENOMEM;
	wait_on_page_writeback(page);
	err = __block_write_begin(page, pos, len, get_block);
	if (err) {
		unlock_page(page);
		put_page(page);
		return err;
	}
	*pagep = page;
	return 0;
}

int block_write_end(struct address_space *mapping, loff_t pos, unsigned int len,
		    unsigned int copied, struct page *page)
{
	unsigned int from = pos & ~PAGE_MASK, to, at = 0;
	struct buffer_head *head = page_buffers(page), *bh = head;
	bool partial = false;

	/* A short copy into a page that was not read leaves a gap: as if nothing was written. */
	if (copied < len && !PageUptodate(page)) {
		copied = 0;
		zero_unused_new(head, from, from + len);
	}
	to = from + copied;
	do {
		if (at + bh->b_size <= from || at >= to) {
			partial |= !buffer_uptodate(bh);
		} else {
			set_buffer_uptodate(bh);
			clear_buffer_new(bh);
			mark_buffer_dirty(bh);
		}
		at += bh->b_size;
		bh = bh->b_this_page;
	} while (bh != head);
	if (!partial)
		SetPageUptodate(page);
	return copied;
}

int generic_write_end(struct file *file, struct address_space *mapping, loff_t pos,
		      unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;
	bool grown = false;

	copied = block_write_end(mapping, pos, len, copied, page);
	if (copied && pos + copied > i_size_read(inode)) {
		i_size_write(inode, pos + copied);
		grown = true;
	}
	unlock_page(page);
	put_page(page);
	if (grown)
		mark_inode_dirty(inode);
	return copied;
}

int block_page_mkwrite(struct vm_area_struct *vma, struct page *page, get_block_t *get_block)
{
	struct inode *inode = page->mapping->host;
	loff_t size = i_size_read(inode), at = page_offset(page);
	unsigned int len = min_t(loff_t, PAGE_SIZE, size - at);
	int err;

	if (at >= size)
		return -EFAULT;
	err = __block_write_begin(page, at, len, get_block);
	if (!err) {
		block_write_end(page->mapping, at, len, len, page);
		set_page_dirty(page);
	}
	return err;
}

/* ---- state of a page's buffers --------------------------------------------------------------- */

bool block_dirty_page(struct address_space *mapping, struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(buffer_ring_lock(page), flags);
	if (page_has_buffers(page)) {
		struct buffer_head *head = page_buffers(page), *bh = head;

		do {
			set_buffer_dirty(bh);
			bh = bh->b_this_page;
		} while (bh != head);
	}
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
	return filemap_dirty_page(mapping, page);
}

static void discard_buffer(struct buffer_head *bh)
{
	lock_buffer(bh);
	clear_buffer_dirty(bh);
	bh->b_bdev = NULL;
	clear_buffer_mapped(bh);
	clear_buffer_req(bh);
	clear_buffer_new(bh);
	clear_buffer_delay(bh);
	clear_buffer_unwritten(bh);
	unlock_buffer(bh);
}

void block_invalidate_page(struct page *page, unsigned int offset, unsigned int length)
{
	struct buffer_head *head, *bh;
	unsigned int at = 0;

	if (!page_has_buffers(page))
		return;
	head = bh = page_buffers(page);
	do {
		if (at >= offset && at + bh->b_size <= offset + length)
			discard_buffer(bh);
		at += bh->b_size;
		bh = bh->b_this_page;
	} while (bh != head);
	if (length == PAGE_SIZE)
		try_to_free_buffers(page);
}

bool block_release_page(struct page *page, gfp_t gfp)
{
	return try_to_free_buffers(page);
}

/* The buffer at byte @off of the locked page, mapped and read; NULL: a hole; or ERR_PTR. */
static struct buffer_head *read_block_at(struct page *page, unsigned int off,
					 get_block_t *get_block)
{
	struct inode *inode = page->mapping->host;
	struct buffer_head *bh = get_ring(page, inode);
	unsigned int n = off >> inode->i_blkbits;
	int err = 0;

	if (!bh)
		return ERR_PTR(-ENOMEM);
	for (unsigned int i = 0; i < n; i++)
		bh = bh->b_this_page;
	if (!buffer_mapped(bh)) {
		err = get_block(inode, first_block(page, inode) + n, bh, 0);
		bh->b_size = 1ul << inode->i_blkbits;
		if (err || !buffer_mapped(bh))
			return err ? ERR_PTR(err) : NULL;
	}
	if (PageUptodate(page))
		set_buffer_uptodate(bh);
	if (!buffer_uptodate(bh) && !buffer_delay(bh) && !buffer_unwritten(bh))
		err = bh_read(bh, 0);
	return err ? ERR_PTR(err) : bh;
}

int block_truncate_page(struct address_space *mapping, loff_t from, get_block_t *get_block)
{
	unsigned int size = 1u << mapping->host->i_blkbits, off = from & (size - 1);
	unsigned int at = from & ~PAGE_MASK;
	struct buffer_head *bh;
	struct page *page;
	int err = 0;

	if (!off)
		return 0;
	page = find_or_create_page(mapping, from >> PAGE_SHIFT, mapping->gfp_mask & ~__GFP_FS);
	if (!page)
		return -ENOMEM;
	wait_on_page_writeback(page);
	bh = read_block_at(page, at, get_block);
	if (IS_ERR(bh)) {
		err = PTR_ERR(bh);
	} else if (bh) {
		memset((char *)page_address(page) + at, 0, size - off);
		mark_buffer_dirty(bh);
	}
	unlock_page(page);
	put_page(page);
	return err;
}

sector_t generic_block_bmap(struct address_space *mapping, sector_t block, get_block_t *get_block)
{
	struct inode *inode = mapping->host;
	struct buffer_head bh = {.b_size = 1ul << inode->i_blkbits};

	if (get_block(inode, block, &bh, 0) || !buffer_mapped(&bh))
		return 0;
	return bh.b_blocknr;
}

static void clean_page_aliases(struct page *page, sector_t block, sector_t len)
{
	struct buffer_head *head, *bh;

	lock_page(page);
	if (page_has_buffers(page)) {
		head = bh = page_buffers(page);
		do {
			if (buffer_mapped(bh) && bh->b_blocknr - block < len) {
				clear_buffer_dirty(bh);
				wait_on_buffer(bh);
				clear_buffer_req(bh);
			}
			bh = bh->b_this_page;
		} while (bh != head);
	}
	unlock_page(page);
}

void clean_bdev_aliases(struct block_device *bdev, sector_t block, sector_t len)
{
	unsigned int shift = PAGE_SHIFT - bdev->bd_inode->i_blkbits, n;
	pgoff_t index = block >> shift, end = (block + len - 1) >> shift;
	struct page *pages[16];

	if (!READ_ONCE(bdev->bd_mapping->nrpages) || !len)
		return;
	while (index <= end &&
	       (n = find_get_pages_range(bdev->bd_mapping, &index, end, 16, pages))) {
		for (unsigned int i = 0; i < n; i++) {
			clean_page_aliases(pages[i], block, len);
			put_page(pages[i]);
		}
	}
}
