/* SPDX-License-Identifier: MIT */
/*
 * O_DIRECT: between user memory (or pages) and the disk, past the page cache. The caller has
 * written back and invalidated what the cache holds of the range.
 *
 * Files are only overwritten here: what lies in holes, in unwritten blocks or behind the end is
 * left to the caller, who writes it through the page cache, where allocation and size are in order.
 */
#include <kernel/sched.h>
#include <kernel/uio.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <fs/stat.h>
#include <uapi/stat.h>
#include "blk.h"
#include "buffer.h"

#define DIO_PAGES 64u

struct dio {
	struct inode *inode;
	struct kiocb *iocb;
	struct iov_iter *iter;
	get_block_t *get_block;
	bool write, user;
	loff_t pos;
	atomic_t pending; /* bios, and one for the submitter */
	_Atomic(int) error;
	struct task_struct *waiter;
	/* pages of the iterator's next bytes */
	struct page *pages[DIO_PAGES];
	unsigned int nr, next, off; /* got; the next; where in it */
};

static void release_vecs(struct bio *bio)
{
	struct bio_vec *bv;

	bio_for_each_segment_all(bv, bio) put_page(bv->bv_page);
}

static void dio_end_bio(struct bio *bio)
{
	struct dio *dio = bio->bi_private;
	struct task_struct *waiter = dio->waiter;

	if (bio->bi_status)
		atomic_store_explicit(&dio->error, bio->bi_status, memory_order_relaxed);
	if (dio->user)
		release_vecs(bio);
	bio_put(bio);
	get_task_struct(waiter);
	/* The submitter's frame may be gone after this. */
	if (atomic_fetch_sub_explicit(&dio->pending, 1, memory_order_acq_rel) == 1)
		wake_up_process(waiter);
	put_task_struct(waiter);
}

static void dio_wait(struct dio *dio)
{
	blk_flush_plug();
	atomic_fetch_sub_explicit(&dio->pending, 1, memory_order_acq_rel);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!atomic_load_explicit(&dio->pending, memory_order_acquire))
			break;
		io_schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* ---- the memory ------------------------------------------------------------------------------ */

static int get_user_pages_of(struct dio *dio)
{
	struct iov_iter *i = dio->iter;
	unsigned long addr;
	size_t len;
	long got;

	if (i->type == ITER_UBUF) {
		addr = (unsigned long)i->ubuf + i->iov_offset;
		len = i->count;
	} else {
		addr = (unsigned long)i->iov->iov_base + i->iov_offset;
		len = min(i->iov->iov_len - i->iov_offset, i->count);
	}
	got = get_user_pages_fast(
		addr & PAGE_MASK,
		min_t(unsigned long, DIO_PAGES, DIV_ROUND_UP((addr & ~PAGE_MASK) + len, PAGE_SIZE)),
		dio->write ? 0 : FOLL_WRITE, dio->pages);
	if (got <= 0)
		return got ? got : -EFAULT;
	dio->nr = got;
	dio->next = 0;
	dio->off = addr & ~PAGE_MASK;
	return 0;
}

static int get_kernel_page_of(struct dio *dio)
{
	struct iov_iter *i = dio->iter;

	if (i->type == ITER_BVEC) {
		unsigned int at = i->bvec->bv_offset + i->iov_offset;

		dio->pages[0] = i->bvec->bv_page + (at >> PAGE_SHIFT);
		dio->off = at & ~PAGE_MASK;
	} else {
		unsigned long addr = (unsigned long)i->kvec->iov_base + i->iov_offset;

		if (!virt_addr_valid((void *)addr))
			return -EFAULT;
		dio->pages[0] = virt_to_page(addr);
		dio->off = addr & ~PAGE_MASK;
	}
	dio->nr = 1;
	dio->next = 0;
	return 0;
}

/* Bytes of the current page that belong to the current segment, or -errno. Fetches pages. */
static ssize_t next_piece(struct dio *dio)
{
	int err;

	iov_iter_advance(dio->iter, 0); /* past empty segments */
	if (dio->next == dio->nr) {
		err = dio->user ? get_user_pages_of(dio) : get_kernel_page_of(dio);
		if (err)
			return err;
	}
	return min3((size_t)(PAGE_SIZE - dio->off), iov_iter_single_seg_count(dio->iter),
		    iov_iter_count(dio->iter));
}

/* @len bytes of the page went into a bio. A page that is used up is the bio's to put. */
static void piece_done(struct dio *dio, size_t len)
{
	bool segment_ends = iov_iter_single_seg_count(dio->iter) == len;
	struct page *page = dio->pages[dio->next];

	iov_iter_advance(dio->iter, len);
	dio->pos += len;
	dio->off += len;
	if (dio->off == PAGE_SIZE || segment_ends) {
		dio->off = 0;
		dio->next++;
	} else if (dio->user) {
		get_page(page); /* each segment of a bio has its own reference */
	}
}

static void drop_pages(struct dio *dio)
{
	while (dio->user && dio->next < dio->nr)
		put_page(dio->pages[dio->next++]);
}

/* ---- the disk -------------------------------------------------------------------------------- */

/* One bio for at most @len bytes at @sector: bytes that went in, or -errno. */
static ssize_t submit_run(struct dio *dio, struct block_device *bdev, sector_t sector, size_t len)
{
	unsigned int lbs = bdev_logical_block_size(bdev);
	blk_opf_t opf = dio->write ? REQ_OP_WRITE | REQ_SYNC | REQ_IDLE : REQ_OP_READ;
	unsigned int vecs = clamp_t(size_t, DIV_ROUND_UP(len, PAGE_SIZE) + 1, 1, BIO_MAX_VECS);
	struct bio *bio = bio_alloc(bdev, vecs, opf, GFP_KERNEL);
	ssize_t done = 0, n = 0;

	bio->bi_iter.bi_sector = sector;
	bio->bi_private = dio;
	bio->bi_end_io = dio_end_bio;
	while (len) {
		n = next_piece(dio);
		if (n <= 0)
			break;
		n = min_t(size_t, n, len);
		if (n & (lbs - 1) || dio->off & (SECTOR_SIZE - 1)) {
			n = -EINVAL;
			break;
		}
		if (!bio_add_page(bio, dio->pages[dio->next], n, dio->off))
			break;
		piece_done(dio, n);
		done += n;
		len -= n;
	}
	if (!done) {
		bio_put(bio);
		return n < 0 ? n : -EIO;
	}
	atomic_inc(&dio->pending);
	submit_bio(bio);
	return done;
}

/* Reads of what is not there give zeroes: bytes, or -EFAULT. */
static ssize_t read_hole(struct dio *dio, size_t len)
{
	size_t n;

	drop_pages(dio);
	dio->next = dio->nr = 0;
	n = iov_iter_zero(len, dio->iter);
	dio->pos += n;
	return n ? (ssize_t)n : -EFAULT;
}

/* One extent of the file: bytes, 0 (the rest goes through the cache), or -errno. */
static ssize_t one_extent(struct dio *dio)
{
	unsigned int bits = dio->inode->i_blkbits, off = dio->pos & ((1u << bits) - 1);
	size_t left = iov_iter_count(dio->iter), len;
	struct buffer_head bh = {.b_size = round_up(left + off, 1ul << bits)};
	int err = dio->get_block(dio->inode, dio->pos >> bits, &bh, dio->write);

	if (err)
		return err == -ENOTBLK ? 0 : err;
	if (!buffer_mapped(&bh) || (!dio->write && buffer_unwritten(&bh))) {
		len = min_t(size_t, left, (1ul << bits) - off);
		return dio->write ? 0 : read_hole(dio, len);
	}
	len = min_t(size_t, left, bh.b_size - off);
	/* The rest of a new block would have to be zeroed. */
	if (dio->write && buffer_new(&bh) && (off || len & ((1u << bits) - 1)))
		return 0;
	return submit_run(dio, bh.b_bdev, (bh.b_blocknr << (bits - 9)) + (off >> 9), len);
}

ssize_t blockdev_direct_io(struct kiocb *iocb, struct inode *inode, struct iov_iter *iter,
			   get_block_t *get_block)
{
	struct block_device *bdev = S_ISBLK(inode->i_mode) ? I_BDEV(inode) : inode->i_sb->s_bdev;
	unsigned int mask = bdev_logical_block_size(bdev) - 1;
	loff_t start = iocb->ki_pos, size = i_size_read(inode);
	size_t count = iov_iter_count(iter), behind;
	struct blk_plug plug;
	struct dio *dio;
	ssize_t n = 0;

	if ((start | count) & mask)
		return -EINVAL;
	if (iter->dir == ITER_SOURCE && S_ISREG(inode->i_mode)) {
		if (start + (loff_t)mask >= size)
			return 0;
		iov_iter_truncate(iter,
				  (size_t)min_t(u64, round_down(size - start, mask + 1), count));
	}
	behind = count - iov_iter_count(iter);
	if (iter->dir == ITER_DEST && start >= size)
		return 0;
	dio = kzalloc(sizeof(*dio), GFP_KERNEL);
	if (!dio)
		return -ENOMEM;
	dio->inode = inode;
	dio->iocb = iocb;
	dio->iter = iter;
	dio->get_block = get_block;
	dio->write = iter->dir == ITER_SOURCE;
	dio->user = iter->type == ITER_UBUF || iter->type == ITER_IOVEC;
	dio->pos = start;
	dio->waiter = current;
	atomic_set(&dio->pending, 1);
	blk_start_plug(&plug);
	while (iov_iter_count(iter) &&
	       (dio->write || dio->pos < round_up(size, (loff_t)mask + 1))) {
		n = one_extent(dio);
		if (n <= 0)
			break;
	}
	blk_finish_plug(&plug);
	dio_wait(dio);
	drop_pages(dio);
	if (dio->pos > start)
		n = dio->pos - start;
	if (atomic_load_explicit(&dio->error, memory_order_relaxed))
		n = atomic_load_explicit(&dio->error, memory_order_relaxed);
	/* A read of the last block gives no more than the file has. */
	if (n > 0 && !dio->write && start + n > size) {
		iov_iter_revert(iter, start + n - size);
		n = size - start;
	}
	kfree(dio);
	iter->count += behind;
	if (n > 0)
		iocb->ki_pos = start + n;
	return n;
}

/* submit_run() takes no pieces of sectors, whatever the hardware could do. */
void bdev_fill_dioalign(const struct block_device *bdev, struct kstat *stat)
{
	stat->result_mask |= STATX_DIOALIGN;
	stat->dio_mem_align =
		max_t(u32, bdev->bd_queue->limits.dma_alignment + 1, (u32)SECTOR_SIZE);
	stat->dio_offset_align = bdev_logical_block_size(bdev);
}

void blkdev_fill_dioalign(dev_t dev, struct kstat *stat)
{
	struct block_device *bdev = bdev_find(dev);

	if (!bdev)
		return;
	bdev_fill_dioalign(bdev, stat);
	bdev_put(bdev);
}
