/* SPDX-License-Identifier: MIT */
/*
 * Metadata buffers: finding and making them in a device's page cache, their locks, and I/O on one
 * at a time. Buffers of whole pages are in buffer_page.c. <fs/buffer_head.h> has the states.
 *
 * The ring of a page's buffers is walked under ring_lock(page), one of a few spinlocks (IRQs off),
 * unless the page lock or a reference to one of them keeps it. A page with buffers has one
 * reference more.
 */
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/wait.h>
#include <lib/hash.h>
#include <lib/string.h>
#include "blk.h"
#include "buffer.h"

#define HASH_BITS 5

static struct kmem_cache *bh_cache __ro_after_init;
static spinlock_t ring_locks[1 << HASH_BITS] = {
	[0 ...(1 << HASH_BITS) - 1] = __SPIN_LOCK_INIT("buffer_ring"),
};
static struct wait_queue_head bh_waits[1 << HASH_BITS];

spinlock_t *buffer_ring_lock(const struct page *page)
{
	return &ring_locks[hash_ptr(page, HASH_BITS)];
}

/* ---- the lock of a buffer -------------------------------------------------------------------- */

static struct wait_queue_head *bh_queue(const struct buffer_head *bh)
{
	return &bh_waits[hash_ptr(bh, HASH_BITS)];
}

void __lock_buffer(struct buffer_head *bh)
{
	(void)___wait_event(*bh_queue(bh), trylock_buffer(bh), TASK_UNINTERRUPTIBLE, 0, 0L,
			    io_schedule());
}

void __wait_on_buffer(struct buffer_head *bh)
{
	(void)___wait_event(*bh_queue(bh), !buffer_locked(bh), TASK_UNINTERRUPTIBLE, 0, 0L,
			    io_schedule());
}

void unlock_buffer(struct buffer_head *bh)
{
	clear_bit_unlock(BH_Lock, &bh->b_state);
	if (wq_has_sleeper(bh_queue(bh)))
		wake_up_all(bh_queue(bh));
}

/* ---- objects --------------------------------------------------------------------------------- */

struct buffer_head *alloc_buffer_head(gfp_t gfp)
{
	return kmem_cache_zalloc(bh_cache, gfp);
}

void free_buffer_head(struct buffer_head *bh)
{
	kmem_cache_free(bh_cache, bh);
}

void set_bh_page(struct buffer_head *bh, struct page *page, unsigned long offset)
{
	bh->b_page = page;
	bh->b_data = (char *)page_address(page) + offset;
}

static void free_ring(struct buffer_head *head)
{
	struct buffer_head *bh = head, *next;

	do {
		next = bh->b_this_page;
		free_buffer_head(bh);
		bh = next;
	} while (bh && bh != head);
}

/* A ring for @page, not attached yet; NULL: no memory. */
static struct buffer_head *alloc_ring(struct page *page, unsigned int size, gfp_t gfp)
{
	struct buffer_head *head = NULL, *last = NULL;

	for (unsigned int off = 0; off < PAGE_SIZE; off += size) {
		struct buffer_head *bh = alloc_buffer_head(gfp);

		if (!bh) {
			if (head)
				free_ring(head);
			return NULL;
		}
		bh->b_size = size;
		set_bh_page(bh, page, off);
		if (last)
			last->b_this_page = bh;
		else
			head = bh;
		last = bh;
	}
	last->b_this_page = head;
	return head;
}

static void attach_ring(struct page *page, struct buffer_head *head)
{
	unsigned long flags;

	spin_lock_irqsave(buffer_ring_lock(page), flags);
	get_page(page);
	page->private = (unsigned long)head;
	SetPagePrivate(page);
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
}

int create_empty_buffers(struct page *page, unsigned int blocksize, unsigned long state)
{
	struct buffer_head *head = alloc_ring(page, blocksize, GFP_NOFS), *bh = head;

	if (!head)
		return -ENOMEM;
	do {
		bh->b_state |= state;
		if (PageUptodate(page))
			set_bit(BH_Uptodate, &bh->b_state);
		if (PageUptodate(page) && PageDirty(page))
			set_bit(BH_Dirty, &bh->b_state);
		bh = bh->b_this_page;
	} while (bh != head);
	attach_ring(page, head);
	return 0;
}

static bool buffer_busy(const struct buffer_head *bh)
{
	return atomic_read(&bh->b_count) || (bh->b_state & (1ul << BH_Dirty | 1ul << BH_Lock));
}

bool try_to_free_buffers(struct page *page)
{
	struct buffer_head *head, *bh;
	unsigned long flags;
	bool busy = false;

	if (PageWriteback(page))
		return false;
	if (!page_has_buffers(page))
		return true;
	spin_lock_irqsave(buffer_ring_lock(page), flags);
	head = bh = page_buffers(page);
	do {
		busy |= buffer_busy(bh);
		bh = bh->b_this_page;
	} while (bh != head);
	if (!busy) {
		ClearPagePrivate(page);
		page->private = 0;
	}
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
	if (busy)
		return false;
	put_page(page);
	free_ring(head);
	return true;
}

/* ---- finding --------------------------------------------------------------------------------- */

static pgoff_t page_of_block(sector_t block, unsigned int size)
{
	return block >> (PAGE_SHIFT - __builtin_ctz(size));
}

/* The buffer of @block in the ring, referenced, or NULL if the ring is none or of another size. */
static struct buffer_head *find_in_page(struct page *page, sector_t block, unsigned int size)
{
	unsigned int n = block & ((PAGE_SIZE / size) - 1);
	struct buffer_head *bh = NULL;
	unsigned long flags;

	spin_lock_irqsave(buffer_ring_lock(page), flags);
	if (page_has_buffers(page) && page_buffers(page)->b_size == size) {
		bh = page_buffers(page);
		while (n--)
			bh = bh->b_this_page;
		if (buffer_mapped(bh) && bh->b_blocknr == block)
			get_bh(bh);
		else
			bh = NULL;
	}
	spin_unlock_irqrestore(buffer_ring_lock(page), flags);
	return bh;
}

struct buffer_head *__find_get_block(struct block_device *bdev, sector_t block, unsigned int size)
{
	struct page *page = find_get_page(bdev->bd_mapping, page_of_block(block, size));
	struct buffer_head *bh;

	if (!page)
		return NULL;
	bh = find_in_page(page, block, size);
	if (!page_test(page, PG_referenced))
		page_set(page, PG_referenced);
	put_page(page);
	return bh;
}

/* Numbers for a fresh ring of a device's page. */
static void map_device_ring(struct block_device *bdev, struct page *page, unsigned int size)
{
	sector_t block = (sector_t)page->index << (PAGE_SHIFT - __builtin_ctz(size));
	sector_t end = bdev_nr_bytes(bdev) / size;
	struct buffer_head *head = page_buffers(page), *bh = head;

	do {
		if (!buffer_mapped(bh)) {
			bh->b_bdev = bdev;
			bh->b_blocknr = block;
			if (PageUptodate(page))
				set_buffer_uptodate(bh);
			if (block < end)
				set_buffer_mapped(bh);
		}
		block++;
		bh = bh->b_this_page;
	} while (bh != head);
}

/* Makes the page of @block have buffers. 0 or -errno. */
static int grow_buffers(struct block_device *bdev, sector_t block, unsigned int size, gfp_t gfp)
{
	struct page *page = find_or_create_page(bdev->bd_mapping, page_of_block(block, size), gfp);
	int err = 0;

	if (!page)
		return -ENOMEM;
	if (page_has_buffers(page) && page_buffers(page)->b_size != size &&
	    !try_to_free_buffers(page))
		err = -EBUSY;
	if (!err && !page_has_buffers(page))
		err = create_empty_buffers(page, size, 0);
	if (!err)
		map_device_ring(bdev, page, size);
	unlock_page(page);
	put_page(page);
	return err;
}

struct buffer_head *__getblk_gfp(struct block_device *bdev, sector_t block, unsigned int size,
				 gfp_t gfp)
{
	struct buffer_head *bh = __find_get_block(bdev, block, size);

	while (!bh) {
		if (block >= (u64)bdev_nr_bytes(bdev) / size ||
		    grow_buffers(bdev, block, size, gfp))
			return NULL;
		bh = __find_get_block(bdev, block, size);
	}
	return bh;
}

struct buffer_head *__bread_gfp(struct block_device *bdev, sector_t block, unsigned int size,
				gfp_t gfp)
{
	struct buffer_head *bh = __getblk_gfp(bdev, block, size, gfp);

	if (bh && !buffer_uptodate(bh) && bh_read(bh, 0) < 0) {
		brelse(bh);
		bh = NULL;
	}
	return bh;
}

void __breadahead(struct block_device *bdev, sector_t block, unsigned int size)
{
	struct buffer_head *bh = __getblk_gfp(bdev, block, size, GFP_NOFS | __GFP_NOWARN);

	if (bh)
		bh_read_nowait(bh, REQ_RAHEAD);
	brelse(bh);
}

void bforget(struct buffer_head *bh)
{
	if (!bh)
		return;
	clear_buffer_dirty(bh);
	put_bh(bh);
}

/* ---- dirty ----------------------------------------------------------------------------------- */

void mark_buffer_dirty(struct buffer_head *bh)
{
	struct page *page = bh->b_page;
	struct address_space *mapping;

	/* Pairs with write-back, which clears the page's bit before it looks at the buffers'. */
	atomic_thread_fence(memory_order_seq_cst);
	if (buffer_dirty(bh) && PageDirty(page))
		return;
	set_buffer_dirty(bh);
	mapping = page_mapping(page);
	if (mapping)
		filemap_dirty_page(mapping, page);
}

/*
 * The buffer stays uptodate: it is newer than the disk, and nobody is to read the old contents over
 * it. A journal that has it tries again.
 */
void mark_buffer_write_io_error(struct buffer_head *bh)
{
	struct address_space *mapping = page_mapping(bh->b_page);
	struct super_block *sb;

	set_buffer_write_io_error(bh);
	if (mapping)
		mapping_set_error(mapping, -EIO);
	/* Metadata: syncfs(2) tells of it. */
	rcu_read_lock();
	sb = READ_ONCE(bh->b_bdev->bd_super);
	if (sb)
		errseq_set(&sb->s_wb_err, -EIO);
	rcu_read_unlock();
}

/* ---- I/O ------------------------------------------------------------------------------------- */

void buffer_io_error(const struct buffer_head *bh, const char *what)
{
	char name[BDEVNAME_SIZE];

	if (!buffer_quiet(bh))
		pr_warn_ratelimited("%s: %s of block %llu failed\n", bdevname(bh->b_bdev, name),
				    what, bh->b_blocknr);
}

static void end_bh_bio(struct bio *bio)
{
	struct buffer_head *bh = bio->bi_private;

	bh->b_end_io(bh, !bio->bi_status);
	bio_put(bio);
}

void submit_bh(blk_opf_t opf, struct buffer_head *bh)
{
	struct bio *bio;

	set_buffer_req(bh);
	if (op_is_write(opf))
		clear_buffer_write_io_error(bh);
	if (buffer_meta(bh))
		opf |= REQ_META;
	if (buffer_prio(bh))
		opf |= REQ_PRIO;
	bio = bio_alloc(bh->b_bdev, 1, opf, GFP_NOIO);
	bio->bi_iter.bi_sector = bh->b_blocknr * (bh->b_size >> SECTOR_SHIFT);
	bio_add_page(bio, bh->b_page, bh->b_size, bh_offset(bh));
	bio->bi_end_io = end_bh_bio;
	bio->bi_private = bh;
	submit_bio(bio);
}

void end_buffer_read_sync(struct buffer_head *bh, int uptodate)
{
	if (uptodate) {
		set_buffer_uptodate(bh);
	} else {
		clear_buffer_uptodate(bh);
		buffer_io_error(bh, "read");
	}
	unlock_buffer(bh);
	put_bh(bh);
}

void end_buffer_write_sync(struct buffer_head *bh, int uptodate)
{
	if (uptodate) {
		set_buffer_uptodate(bh);
	} else {
		buffer_io_error(bh, "write");
		mark_buffer_write_io_error(bh);
	}
	unlock_buffer(bh);
	put_bh(bh);
}

static void start_read(struct buffer_head *bh, blk_opf_t flags)
{
	get_bh(bh);
	bh->b_end_io = end_buffer_read_sync;
	submit_bh(REQ_OP_READ | flags, bh);
}

void bh_read_nowait(struct buffer_head *bh, blk_opf_t flags)
{
	if (buffer_uptodate(bh) || !trylock_buffer(bh))
		return;
	if (buffer_uptodate(bh))
		unlock_buffer(bh);
	else
		start_read(bh, flags);
}

int bh_submit_read(struct buffer_head *bh)
{
	if (buffer_uptodate(bh)) {
		unlock_buffer(bh);
		return 0;
	}
	start_read(bh, 0);
	wait_on_buffer(bh);
	return buffer_uptodate(bh) ? 0 : -EIO;
}

int bh_read(struct buffer_head *bh, blk_opf_t flags)
{
	if (buffer_uptodate(bh))
		return 0;
	lock_buffer(bh);
	if (buffer_uptodate(bh)) {
		unlock_buffer(bh);
		return 0;
	}
	start_read(bh, flags);
	wait_on_buffer(bh);
	return buffer_uptodate(bh) ? 0 : -EIO;
}

void bh_readahead_batch(int nr, struct buffer_head *bhs[], blk_opf_t flags)
{
	struct blk_plug plug;

	blk_start_plug(&plug);
	for (int i = 0; i < nr; i++)
		bh_read_nowait(bhs[i], flags | REQ_RAHEAD);
	blk_finish_plug(&plug);
}

void bh_read_batch(int nr, struct buffer_head *bhs[])
{
	struct blk_plug plug;

	blk_start_plug(&plug);
	for (int i = 0; i < nr; i++)
		bh_read_nowait(bhs[i], 0);
	blk_finish_plug(&plug);
}

void write_dirty_buffer(struct buffer_head *bh, blk_opf_t flags)
{
	lock_buffer(bh);
	if (!test_clear_buffer_dirty(bh)) {
		unlock_buffer(bh);
		return;
	}
	get_bh(bh);
	bh->b_end_io = end_buffer_write_sync;
	submit_bh(REQ_OP_WRITE | flags, bh);
}

int __sync_dirty_buffer(struct buffer_head *bh, blk_opf_t flags)
{
	write_dirty_buffer(bh, flags);
	wait_on_buffer(bh);
	return buffer_write_io_error(bh) ? -EIO : 0;
}

int sync_dirty_buffer(struct buffer_head *bh)
{
	return __sync_dirty_buffer(bh, REQ_SYNC);
}

static int buffer_cache_init(void)
{
	bh_cache = kmem_cache_create("buffer_head", sizeof(struct buffer_head), 0,
				     SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(bh_waits); i++)
		init_waitqueue_head(&bh_waits[i]);
	return 0;
}
core_initcall(buffer_cache_init);
