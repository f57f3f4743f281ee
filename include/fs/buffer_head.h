/* SPDX-License-Identifier: MIT */
/*
 * Buffer heads: blocks smaller than or equal to a page, in the page cache. Metadata buffers live in
 * the page cache of the block device (sb_bread() and friends); buffers of a file's page say where
 * on the disk its blocks are (block_write_begin() and friends).
 *
 * A page's buffers form a ring (b_this_page) that starts at page->private, with PG_private set.
 *
 * States: mapped or not; uptodate (b_data is the block's contents) or not; dirty (newer than the
 * disk, and write-back may write it any time); locked (I/O under way, or somebody wants none).
 *
 * Pinning by a journal: write-back (of the device, and memory reclaim) writes only buffers with
 * BH_Dirty, and keeps its hands off pages that have a buffer with b_count > 0. A journal that wants
 * a changed buffer to stay where it is clears BH_Dirty (clear_buffer_dirty()), keeps its own note
 * of it (b_private, bits from BH_PrivateStart) with a reference (get_bh()), and calls
 * mark_buffer_dirty() when the buffer may go to its place. Its contents may be changed at any time;
 * who must not see changes while they are written locks the buffer or copies it.
 *
 * Locks: b_state is atomic bits. The ring is made and taken apart under the page lock and one of a
 * few spinlocks; it is stable while the page is locked or one of its buffers has a reference.
 */
#ifndef FS_BUFFER_HEAD_H
#define FS_BUFFER_HEAD_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/bitops.h>
#include <lib/compiler.h>
#include <fs/bio.h>
#include <fs/blkdev.h>
#include <fs/fs.h>
#include <mm/page.h>
#include <mm/pagemap.h>

enum bh_state_bits {
	BH_Uptodate, /* b_data is valid */
	BH_Dirty,
	BH_Lock,
	BH_Req, /* has been submitted for I/O */
	BH_Mapped, /* b_bdev and b_blocknr are valid */
	BH_New, /* get_block: just allocated; the rest of it is to be zeroed */
	BH_Async_Read, /* in end_buffer_async_read() */
	BH_Async_Write,
	BH_Delay, /* no block yet: allocated at write-back */
	BH_Boundary,
	BH_Write_EIO, /* a write failed; cleared by the next good one */
	BH_Unwritten, /* allocated and not written: reads as zeroes */
	BH_Quiet, /* do not log errors */
	BH_Meta,
	BH_Prio,
	BH_Defer_Completion,
	BH_PrivateStart, /* from here on the journal's and the file system's */
};

struct buffer_head;
typedef void bh_end_io_t(struct buffer_head *bh, int uptodate);

struct buffer_head {
	unsigned long b_state; /* (a) BH_* */
	struct buffer_head *b_this_page; /* ring of the page's buffers; NULL: not in a page */
	struct page *b_page;
	sector_t b_blocknr; /* in units of b_size */
	size_t b_size;
	char *b_data; /* in the page */
	struct block_device *b_bdev;
	bh_end_io_t *b_end_io; /* of the I/O under way */
	void *b_private; /* the journal's: struct journal_head */
	atomic_t b_count;
};

#define BUFFER_FNS(bit, name)                                                   \
	static __always_inline void set_buffer_##name(struct buffer_head *bh)   \
	{                                                                       \
		if (!test_bit(BH_##bit, &bh->b_state))                          \
			set_bit(BH_##bit, &bh->b_state);                        \
	}                                                                       \
	static __always_inline void clear_buffer_##name(struct buffer_head *bh) \
	{                                                                       \
		clear_bit(BH_##bit, &bh->b_state);                              \
	}                                                                       \
	static __always_inline int buffer_##name(const struct buffer_head *bh)  \
	{                                                                       \
		return test_bit(BH_##bit, &bh->b_state);                        \
	}
#define TAS_BUFFER_FNS(bit, name)                                                   \
	static __always_inline int test_set_buffer_##name(struct buffer_head *bh)   \
	{                                                                           \
		return test_and_set_bit(BH_##bit, &bh->b_state);                    \
	}                                                                           \
	static __always_inline int test_clear_buffer_##name(struct buffer_head *bh) \
	{                                                                           \
		return test_and_clear_bit(BH_##bit, &bh->b_state);                  \
	}

BUFFER_FNS(Dirty, dirty)
TAS_BUFFER_FNS(Dirty, dirty)
BUFFER_FNS(Lock, locked)
BUFFER_FNS(Req, req)
TAS_BUFFER_FNS(Req, req)
BUFFER_FNS(Mapped, mapped)
BUFFER_FNS(New, new)
BUFFER_FNS(Async_Read, async_read)
BUFFER_FNS(Async_Write, async_write)
BUFFER_FNS(Delay, delay)
BUFFER_FNS(Boundary, boundary)
BUFFER_FNS(Write_EIO, write_io_error)
BUFFER_FNS(Unwritten, unwritten)
BUFFER_FNS(Quiet, quiet)
BUFFER_FNS(Meta, meta)
BUFFER_FNS(Prio, prio)

/* What was stored in b_data before set_buffer_uptodate() is seen by who finds the bit set. */
static __always_inline void set_buffer_uptodate(struct buffer_head *bh)
{
	if (!test_bit(BH_Uptodate, &bh->b_state)) {
		atomic_thread_fence(memory_order_release);
		set_bit(BH_Uptodate, &bh->b_state);
	}
}
static __always_inline void clear_buffer_uptodate(struct buffer_head *bh)
{
	clear_bit(BH_Uptodate, &bh->b_state);
}
static __always_inline int buffer_uptodate(const struct buffer_head *bh)
{
	return test_bit_acquire(BH_Uptodate, &bh->b_state);
}

#define bh_offset(bh) ((unsigned long)(bh)->b_data & ~PAGE_MASK)

/* ---- metadata blocks ------------------------------------------------------------------------- */

/*
 * The buffer of @block (in units of @size, the device's block size), referenced, whatever its
 * state: NULL when there is no memory or the block lies behind the end of the device. Sleep.
 */
struct buffer_head *__getblk_gfp(struct block_device *bdev, sector_t block, unsigned int size,
				 gfp_t gfp);
/* The same, read in: NULL also when reading failed. */
struct buffer_head *__bread_gfp(struct block_device *bdev, sector_t block, unsigned int size,
				gfp_t gfp);
/* The buffer if it is in the cache, referenced, or NULL. */
struct buffer_head *__find_get_block(struct block_device *bdev, sector_t block, unsigned int size);
/* Starts reading it, without waiting. */
void __breadahead(struct block_device *bdev, sector_t block, unsigned int size);

static inline struct buffer_head *sb_bread(struct super_block *sb, sector_t block)
{
	return __bread_gfp(sb->s_bdev, block, sb->s_blocksize, GFP_NOFS);
}
static inline struct buffer_head *sb_getblk(struct super_block *sb, sector_t block)
{
	return __getblk_gfp(sb->s_bdev, block, sb->s_blocksize, GFP_NOFS);
}
static inline struct buffer_head *sb_getblk_gfp(struct super_block *sb, sector_t block, gfp_t gfp)
{
	return __getblk_gfp(sb->s_bdev, block, sb->s_blocksize, gfp);
}
static inline struct buffer_head *sb_find_get_block(struct super_block *sb, sector_t block)
{
	return __find_get_block(sb->s_bdev, block, sb->s_blocksize);
}
static inline void sb_breadahead(struct super_block *sb, sector_t block)
{
	__breadahead(sb->s_bdev, block, sb->s_blocksize);
}
static inline struct buffer_head *__bread(struct block_device *bdev, sector_t block,
					  unsigned int size)
{
	return __bread_gfp(bdev, block, size, GFP_NOFS);
}
static inline struct buffer_head *__getblk(struct block_device *bdev, sector_t block,
					   unsigned int size)
{
	return __getblk_gfp(bdev, block, size, GFP_NOFS);
}

static inline void get_bh(struct buffer_head *bh)
{
	atomic_inc(&bh->b_count);
}
static inline void put_bh(struct buffer_head *bh)
{
	atomic_fetch_sub_explicit(&bh->b_count, 1, memory_order_release);
}
/* Drops a reference; NULL is fine. The buffer stays in the cache. */
static inline void brelse(struct buffer_head *bh)
{
	if (bh)
		put_bh(bh);
}
/* The same for a buffer whose contents are not worth writing any more: clears dirty. */
void bforget(struct buffer_head *bh);

/* A buffer of the file system @sb for get_block(): @block of its device. */
static inline void map_bh(struct buffer_head *bh, struct super_block *sb, sector_t block)
{
	set_buffer_mapped(bh);
	bh->b_bdev = sb->s_bdev;
	bh->b_blocknr = block;
	bh->b_size = sb->s_blocksize;
}

/* Any context that may touch the page: dirty, its page too, and the device is on the flusher's
 * list. The buffer must be uptodate. */
void mark_buffer_dirty(struct buffer_head *bh);
void mark_buffer_write_io_error(struct buffer_head *bh);

void __lock_buffer(struct buffer_head *bh);
void __wait_on_buffer(struct buffer_head *bh);
static inline int trylock_buffer(struct buffer_head *bh)
{
	return !test_and_set_bit_lock(BH_Lock, &bh->b_state);
}
/* Sleep. */
static inline void lock_buffer(struct buffer_head *bh)
{
	might_sleep();
	if (!trylock_buffer(bh))
		__lock_buffer(bh);
}
static inline void wait_on_buffer(struct buffer_head *bh)
{
	might_sleep();
	if (buffer_locked(bh))
		__wait_on_buffer(bh);
}
/* Any context. */
void unlock_buffer(struct buffer_head *bh);

/* ---- I/O on single buffers ------------------------------------------------------------------- */

/*
 * Submits the locked, mapped buffer with b_end_io set. b_end_io gets it locked, with a reference of
 * the caller's that it has to drop (as the two below do), in any context.
 */
void submit_bh(blk_opf_t opf, struct buffer_head *bh);
/* unlock, uptodate or not, put. For reads. */
void end_buffer_read_sync(struct buffer_head *bh, int uptodate);
/* unlock, BH_Write_EIO and the mapping's error if it failed, put. For writes. */
void end_buffer_write_sync(struct buffer_head *bh, int uptodate);

/* Reads the buffer unless it is uptodate: 0 or -EIO. bh_read_nowait() starts it only. Sleep. */
int bh_read(struct buffer_head *bh, blk_opf_t flags);
void bh_read_nowait(struct buffer_head *bh, blk_opf_t flags);
/* Reads many: those that are not uptodate; waits for none. */
void bh_readahead_batch(int nr, struct buffer_head *bhs[], blk_opf_t flags);
void bh_read_batch(int nr, struct buffer_head *bhs[]);
/* The locked, not uptodate buffer is read and unlocked: 0 or -EIO. */
int bh_submit_read(struct buffer_head *bh);
/* Writes it if it is dirty, and waits: 0 or -EIO. Sleep. */
int sync_dirty_buffer(struct buffer_head *bh);
int __sync_dirty_buffer(struct buffer_head *bh, blk_opf_t flags);
/* Starts writing it if it is dirty; wait_on_buffer() waits. Sleeps for the buffer's lock. */
void write_dirty_buffer(struct buffer_head *bh, blk_opf_t flags);

/* ---- buffers of a page ----------------------------------------------------------------------- */

#define page_has_buffers(page) PagePrivate(page)
#define page_buffers(page)     ((struct buffer_head *)(page)->private)

/*
 * Buffer heads that are nobody's (b_page NULL): for journals and on-the-side I/O. bh->b_data by
 * set_bh_page(). NULL: no memory.
 */
struct buffer_head *alloc_buffer_head(gfp_t gfp);
void free_buffer_head(struct buffer_head *bh);
void set_bh_page(struct buffer_head *bh, struct page *page, unsigned long offset);
/* Gives the locked @page buffers of @blocksize. 0 or -ENOMEM. */
int create_empty_buffers(struct page *page, unsigned int blocksize, unsigned long state);
/* Takes them away if all are idle; the page is locked. False: some are in use or dirty. */
bool try_to_free_buffers(struct page *page);

/*
 * Where block @iblock of @inode is: map_bh() and b_size = the bytes that follow one another from
 * there (it comes in as how many are wanted). Left unmapped: a hole. @create: allocate
 * (set_buffer_new() if it was not there before). 0 or -errno. May sleep.
 */
typedef int get_block_t(struct inode *inode, sector_t iblock, struct buffer_head *bh, int create);

/*
 * address_space operations for files whose blocks get_block() finds, page by page with buffers.
 * mpage_*() below are faster for whole files; these handle every case.
 */
int block_read_full_page(struct page *page, get_block_t *get_block);
int block_write_full_page(struct page *page, get_block_t *get_block, struct writeback_control *wbc);
int __block_write_begin(struct page *page, loff_t pos, unsigned int len, get_block_t *get_block);
int block_write_begin(struct address_space *mapping, loff_t pos, unsigned int len,
		      struct page **pagep, get_block_t *get_block);
/* Buffers of what was copied become uptodate and dirty: bytes accepted. The page stays locked. */
int block_write_end(struct address_space *mapping, loff_t pos, unsigned int len,
		    unsigned int copied, struct page *page);
/* a_ops->write_end: that, i_size, mark_inode_dirty, unlock, put. */
int generic_write_end(struct file *file, struct address_space *mapping, loff_t pos,
		      unsigned int len, unsigned int copied, struct page *page, void *fsdata);
/* a_ops->dirty_page for pages with buffers: all of them become dirty. */
bool block_dirty_page(struct address_space *mapping, struct page *page);
/* a_ops->invalidate_page: buffers that lie in it wholly are dropped. */
void block_invalidate_page(struct page *page, unsigned int offset, unsigned int length);
/* a_ops->release_page */
bool block_release_page(struct page *page, gfp_t gfp);
/* Zeroes the rest of the block that @from lies in, on disk by write-back. 0 or -errno. */
int block_truncate_page(struct address_space *mapping, loff_t from, get_block_t *get_block);
/* vm_ops->page_mkwrite's part: blocks for the locked page are allocated. 0 or -errno. */
int block_page_mkwrite(struct vm_area_struct *vma, struct page *page, get_block_t *get_block);
sector_t generic_block_bmap(struct address_space *mapping, sector_t block, get_block_t *get_block);
/* Buffers of the device that alias blocks which a file now uses: dropped without being written. */
void clean_bdev_aliases(struct block_device *bdev, sector_t block, sector_t len);
static inline void clean_bdev_bh_alias(struct buffer_head *bh)
{
	clean_bdev_aliases(bh->b_bdev, bh->b_blocknr, 1);
}

/* ---- whole runs: bios from many pages -------------------------------------------------------- */

/* a_ops->read_page */
int mpage_read_page(struct page *page, get_block_t *get_block);
/* a_ops->read_ahead: adjacent blocks of adjacent pages go in one bio. */
void mpage_read_ahead(struct readahead_control *rac, get_block_t *get_block);
/*
 * a_ops->write_pages: dirty pages of the wbc's range, as large bios; get_block(create=1) where a
 * block is missing. Pages need no buffers; those that have some are written by them. 0 or -errno.
 */
int mpage_write_pages(struct address_space *mapping, struct writeback_control *wbc,
		      get_block_t *get_block);
/*
 * The pieces of it for a file system that maps blocks itself: a bio that grows page by page.
 *	struct bio_run run = {};
 *	for each locked page, dirty bit cleared, set_page_writeback() done, unlocked:
 *		bio_run_add_page(&run, page, bdev, sector, len, pages that may follow, opf)
 *	bio_run_submit(&run)
 * A page is in one bio only, from its first byte on; when that ends so does the page's write-back
 * (or read: uptodate or error, unlocked). GFP_NOFS inside; may sleep.
 */
struct bio_run {
	struct bio *bio;
	sector_t next; /* the sector that would follow */
};
void bio_run_add_page(struct bio_run *run, struct page *page, struct block_device *bdev,
		      sector_t sector, unsigned int len, unsigned int more, blk_opf_t opf);
void bio_run_submit(struct bio_run *run);

/*
 * O_DIRECT through get_block(): a_ops->direct_io. Offset and memory must be aligned to the logical
 * block size (-EINVAL). Reads holes as zeroes; a write calls get_block(create=1) and, when it
 * finds that nothing can be allocated in place, ends short so that the rest goes through the cache.
 */
ssize_t blockdev_direct_io(struct kiocb *iocb, struct inode *inode, struct iov_iter *iter,
			   get_block_t *get_block);

#endif
