/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing runs of pages whose blocks are neighbours on the disk, many in one bio and
 * without buffers. A page that does not fit the pattern (blocks in several places, buffers of its
 * own in odd states) goes by its buffers.
 */
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include "blk.h"
#include "buffer.h"

/* ---- bios that grow -------------------------------------------------------------------------- */

static void end_read_pages(struct bio *bio)
{
	struct bio_vec *bv;

	bio_for_each_segment_all(bv, bio)
	{
		if (bio->bi_status)
			SetPageError(bv->bv_page);
		else
			SetPageUptodate(bv->bv_page);
		unlock_page(bv->bv_page);
	}
	bio_put(bio);
}

static void end_write_pages(struct bio *bio)
{
	struct bio_vec *bv;

	bio_for_each_segment_all(bv, bio)
	{
		if (bio->bi_status) {
			SetPageError(bv->bv_page);
			mapping_set_error(page_mapping(bv->bv_page), bio->bi_status);
		}
		end_page_writeback(bv->bv_page);
	}
	bio_put(bio);
}

void bio_run_submit(struct bio_run *run)
{
	if (run->bio)
		submit_bio(run->bio);
	run->bio = NULL;
}

void bio_run_add_page(struct bio_run *run, struct page *page, struct block_device *bdev,
		      sector_t sector, unsigned int len, unsigned int more, blk_opf_t opf)
{
	if (run->bio && (run->next != sector || run->bio->bi_bdev != bdev ||
			 run->bio->bi_opf != opf || !bio_add_page(run->bio, page, len, 0)))
		bio_run_submit(run);
	else if (run->bio)
		goto added;
	run->bio = bio_alloc(bdev, clamp(more, 1u, BIO_MAX_VECS), opf, GFP_NOFS);
	run->bio->bi_iter.bi_sector = sector;
	run->bio->bi_end_io = op_is_write(opf) ? end_write_pages : end_read_pages;
	bio_add_page(run->bio, page, len, 0);
added:
	run->next = sector + (len >> SECTOR_SHIFT);
}

/* ---- where blocks are, asked for in runs ----------------------------------------------------- */

/* What get_block() said last: [block, block + blocks) lie together, or are a hole. */
struct block_map {
	struct buffer_head bh;
	sector_t block;
	u64 blocks;
};

/* Brings @map to cover @block. @want: how many blocks would be useful. 0 or -errno. */
static int map_block(struct inode *inode, struct block_map *map, sector_t block, u64 want,
		     get_block_t *get_block, int create)
{
	int err;

	if (block - map->block < map->blocks)
		return 0;
	map->blocks = 0;
	map->bh.b_state = 0;
	map->bh.b_size = min(want, 1ull << 20) << inode->i_blkbits;
	err = get_block(inode, block, &map->bh, create);
	if (err)
		return err;
	map->block = block;
	map->blocks = buffer_mapped(&map->bh) ? map->bh.b_size >> inode->i_blkbits : 1;
	return 0;
}

static bool map_is_hole(const struct block_map *map)
{
	return !buffer_mapped(&map->bh) || buffer_unwritten(&map->bh) || buffer_delay(&map->bh);
}

static sector_t map_sector(const struct inode *inode, const struct block_map *map, sector_t block)
{
	return (map->bh.b_blocknr + (block - map->block)) << (inode->i_blkbits - SECTOR_SHIFT);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct mpage_read {
	struct bio_run run;
	struct block_map map;
	get_block_t *get_block;
	unsigned int more; /* pages that follow, this one included */
};

/*
 * Where the page's mapped part lies: its length in bytes (the rest are holes) and *@sector.
 * -EAGAIN: not in one piece. Other -errno: get_block() failed.
 */
static int find_extent(struct inode *inode, struct page *page, struct mpage_read *mr,
		       sector_t *sector)
{
	unsigned int bits = inode->i_blkbits, per_page = PAGE_SIZE >> bits, mapped = 0;
	sector_t first = (sector_t)page->index << (PAGE_SHIFT - bits);
	sector_t end = (i_size_read(inode) + (1ul << bits) - 1) >> bits;
	sector_t next = 0;
	bool hole = false;

	for (unsigned int i = 0; i < per_page && first + i < end; i++) {
		sector_t at;
		int err = map_block(inode, &mr->map, first + i,
				    min_t(u64, (u64)mr->more * per_page - i, end - first - i),
				    mr->get_block, 0);

		if (err)
			return err;
		if (map_is_hole(&mr->map)) {
			hole = true;
			continue;
		}
		at = map_sector(inode, &mr->map, first + i);
		if (hole || (mapped && at != next))
			return -EAGAIN;
		if (!mapped)
			*sector = at;
		next = at + (1u << (bits - SECTOR_SHIFT));
		mapped += 1u << bits;
	}
	return mapped;
}

static int read_one(struct mpage_read *mr, struct page *page)
{
	struct inode *inode = page->mapping->host;
	sector_t sector = 0;
	int len = page_has_buffers(page) ? -EAGAIN : find_extent(inode, page, mr, &sector);

	if (len == -EAGAIN) {
		bio_run_submit(&mr->run);
		return block_read_full_page(page, mr->get_block);
	}
	if (len < 0) {
		SetPageError(page);
		unlock_page(page);
		return len;
	}
	if (len < (int)PAGE_SIZE)
		memset((char *)page_address(page) + len, 0, PAGE_SIZE - len);
	if (len) {
		bio_run_add_page(&mr->run, page, mr->map.bh.b_bdev, sector, len, mr->more,
				 REQ_OP_READ);
	} else {
		SetPageUptodate(page);
		unlock_page(page);
	}
	return 0;
}

int mpage_read_page(struct page *page, get_block_t *get_block)
{
	struct mpage_read mr = {.get_block = get_block, .more = 1};
	int err = read_one(&mr, page);

	bio_run_submit(&mr.run);
	return err;
}

void mpage_read_ahead(struct readahead_control *rac, get_block_t *get_block)
{
	struct mpage_read mr = {.get_block = get_block};
	struct blk_plug plug;
	struct page *page;

	blk_start_plug(&plug);
	mr.more = rac->nr_pages;
	while ((page = readahead_page(rac))) {
		read_one(&mr, page);
		put_page(page);
		mr.more--;
	}
	bio_run_submit(&mr.run);
	blk_finish_plug(&plug);
}

/* ---- writing --------------------------------------------------------------------------------- */

struct mpage_write {
	struct bio_run run;
	struct block_map map;
	get_block_t *get_block;
	struct writeback_control *wbc;
};

/*
 * The sector where a page with buffers lies in one piece, all of it to be written; their dirty bits
 * are cleared then. False: some buffer wants other treatment.
 */
static bool take_ring(struct page *page, unsigned int used, sector_t *sector,
		      struct block_device **bdev)
{
	const unsigned long want = 1ul << BH_Mapped | 1ul << BH_Dirty | 1ul << BH_Uptodate;
	const unsigned long bad = 1ul << BH_Delay | 1ul << BH_Unwritten | 1ul << BH_Lock;
	struct buffer_head *head = page_buffers(page), *bh = head;
	sector_t block = head->b_blocknr;
	unsigned int at = 0;

	do {
		if (at < used &&
		    ((bh->b_state & want) != want || (bh->b_state & bad) || bh->b_blocknr != block))
			return false;
		block++;
		at += bh->b_size;
		bh = bh->b_this_page;
	} while (bh != head);
	do {
		clear_buffer_dirty(bh);
		bh = bh->b_this_page;
	} while (bh != head);
	*sector = head->b_blocknr * (head->b_size >> SECTOR_SHIFT);
	*bdev = head->b_bdev;
	return true;
}

/* The same for a page without buffers, by get_block(). 1: in one piece, 0: not, or -errno. */
static int take_blocks(struct inode *inode, struct page *page, struct mpage_write *mw,
		       unsigned int used, sector_t *sector)
{
	unsigned int bits = inode->i_blkbits;
	sector_t first = (sector_t)page->index << (PAGE_SHIFT - bits);

	for (unsigned int i = 0; i << bits < used; i++) {
		u64 left = (used >> bits) - i;
		int err = map_block(inode, &mw->map, first + i, left, mw->get_block, 1);

		if (err)
			return err;
		if (map_is_hole(&mw->map))
			return 0;
		if (buffer_new(&mw->map.bh)) {
			clean_bdev_aliases(mw->map.bh.b_bdev, mw->map.bh.b_blocknr, mw->map.blocks);
			clear_buffer_new(&mw->map.bh);
		}
		if (!i)
			*sector = map_sector(inode, &mw->map, first);
		else if (map_sector(inode, &mw->map, first + i) !=
			 *sector + ((u64)i << (bits - SECTOR_SHIFT)))
			return 0;
	}
	return 1;
}

/* @page is locked, its dirty bit cleared. */
static int write_one(struct mpage_write *mw, struct page *page)
{
	struct inode *inode = page->mapping->host;
	loff_t size = i_size_read(inode), at = page_offset(page);
	unsigned int used =
		round_up(clamp_t(loff_t, size - at, 0, PAGE_SIZE), 1l << inode->i_blkbits);
	struct block_device *bdev = NULL;
	sector_t sector = 0;
	int ret;

	if (!page_zero_tail(page, inode)) {
		unlock_page(page);
		return 0;
	}
	if (page_has_buffers(page)) {
		ret = take_ring(page, used, &sector, &bdev);
	} else {
		ret = take_blocks(inode, page, mw, used, &sector);
		bdev = mw->map.bh.b_bdev;
	}
	if (ret < 0) {
		mapping_set_error(page->mapping, ret);
		redirty_page_for_writepage(mw->wbc, page);
		unlock_page(page);
		return ret;
	}
	if (!ret) {
		bio_run_submit(&mw->run);
		return block_write_full_page(page, mw->get_block, mw->wbc);
	}
	set_page_writeback(page);
	unlock_page(page);
	bio_run_add_page(&mw->run, page, bdev, sector, used, BIO_MAX_VECS,
			 REQ_OP_WRITE | (mw->wbc->sync ? REQ_SYNC : 0));
	return 0;
}

int mpage_write_pages(struct address_space *mapping, struct writeback_control *wbc,
		      get_block_t *get_block)
{
	struct mpage_write mw = {.get_block = get_block, .wbc = wbc};
	pgoff_t index = wbc->range_start >> PAGE_SHIFT;
	struct blk_plug plug;
	struct page *page;
	int err = 0, ret;

	blk_start_plug(&plug);
	while ((page = writeback_next_page(mapping, wbc, &index))) {
		ret = write_one(&mw, page);
		put_page(page);
		err = err ? err : ret;
		if (--wbc->nr_to_write <= 0 && !wbc->sync)
			break;
	}
	bio_run_submit(&mw.run);
	blk_finish_plug(&plug);
	return err;
}
