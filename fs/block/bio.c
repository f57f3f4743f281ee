/* SPDX-License-Identifier: MIT */
/*
 * Bios: making, filling, splitting and ending them. <fs/bio.h> has the rules.
 *
 * Write-back must be able to make bios when memory is gone, so a few are kept in reserve: whoever
 * may wait and finds no memory takes one of them, or waits until one comes back. All of them are
 * submitted and come back by themselves; who waits flushes its plug first, which may hold some.
 */
#include <kernel/completion.h>
#include <kernel/init.h>
#include <lib/string.h>
#include "blk.h"

#define RESERVE_BIOS 32u
#define RESERVE_VECS 16u
#define INLINE_SMALL 4u

static struct kmem_cache *bio_small_cache __ro_after_init; /* up to INLINE_SMALL segments */

static DEFINE_SPINLOCK(reserve_lock); /* IRQs off */
static struct bio *reserve; /* reserve_lock; by bi_next */
static DECLARE_WAIT_QUEUE_HEAD(reserve_wait);

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *table, u16 max_vecs,
	      blk_opf_t opf)
{
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = bdev;
	bio->bi_opf = opf;
	bio->bi_flags = BIO_ONSTACK;
	bio->bi_io_vec = table;
	bio->bi_max_vecs = max_vecs;
	atomic_set(&bio->bi_remaining, 1);
}

static size_t bio_bytes(unsigned int nr_vecs)
{
	return sizeof(struct bio) + nr_vecs * sizeof(struct bio_vec);
}

static struct bio *bio_from_slab(unsigned int nr_vecs, gfp_t gfp)
{
	if (nr_vecs <= INLINE_SMALL)
		return kmem_cache_alloc(bio_small_cache, gfp);
	return kmalloc(bio_bytes(nr_vecs), gfp);
}

static struct bio *take_reserve(void)
{
	unsigned long flags;
	struct bio *bio;

	spin_lock_irqsave(&reserve_lock, flags);
	bio = reserve;
	if (bio)
		reserve = bio->bi_next;
	spin_unlock_irqrestore(&reserve_lock, flags);
	return bio;
}

static struct bio *wait_reserve(void)
{
	struct bio *bio = take_reserve();

	if (!bio)
		wait_event(reserve_wait, (bio = take_reserve()) != NULL);
	return bio;
}

struct bio *bio_alloc(struct block_device *bdev, unsigned int nr_vecs, blk_opf_t opf, gfp_t gfp)
{
	u16 flags = 0;
	struct bio *bio;

	nr_vecs = min(nr_vecs, BIO_MAX_VECS);
	if (gfp_may_sleep(gfp))
		bio = bio_from_slab(nr_vecs, gfp | __GFP_NORETRY | __GFP_NOWARN);
	else
		bio = bio_from_slab(nr_vecs, gfp);
	if (!bio && gfp_may_sleep(gfp)) {
		bio = wait_reserve();
		nr_vecs = min(nr_vecs, RESERVE_VECS);
		flags = BIO_POOLED;
	}
	if (!bio)
		return NULL;
	bio_init(bio, bdev, bio->bi_inline_vecs, nr_vecs, opf);
	bio->bi_flags = flags;
	return bio;
}

static void put_reserve(struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&reserve_lock, flags);
	bio->bi_next = reserve;
	reserve = bio;
	spin_unlock_irqrestore(&reserve_lock, flags);
	wake_up(&reserve_wait);
}

void bio_put(struct bio *bio)
{
	if (bio->bi_flags & BIO_ONSTACK)
		return;
	if (bio->bi_flags & BIO_POOLED)
		put_reserve(bio);
	else if (bio->bi_io_vec == bio->bi_inline_vecs && bio->bi_max_vecs <= INLINE_SMALL)
		kmem_cache_free(bio_small_cache, bio);
	else
		kfree(bio);
}

unsigned int bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int off)
{
	if (bio->bi_vcnt >= bio->bi_max_vecs || bio->bi_iter.bi_size > UINT_MAX - len)
		return 0;
	bio->bi_io_vec[bio->bi_vcnt++] =
		(struct bio_vec){.bv_page = page, .bv_len = len, .bv_offset = off};
	bio->bi_iter.bi_size += len;
	return len;
}

void bio_advance(struct bio *bio, unsigned int bytes)
{
	bvec_iter_advance(bio, &bio->bi_iter, bytes);
}

void zero_fill_bio(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
		memset((char *)page_address(bv.bv_page) + bv.bv_offset, 0, bv.bv_len);
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void chain_end_io(struct bio *bio)
{
	struct bio *parent = bio->bi_private;

	if (bio->bi_status && !parent->bi_status)
		parent->bi_status = bio->bi_status;
	bio_put(bio);
}

void bio_chain(struct bio *bio, struct bio *parent)
{
	bio->bi_private = parent;
	bio->bi_end_io = chain_end_io;
	atomic_inc(&parent->bi_remaining);
}

void bio_endio(struct bio *bio)
{
	for (;;) {
		struct bio *parent;

		if (atomic_fetch_sub_explicit(&bio->bi_remaining, 1, memory_order_acq_rel) != 1)
			return;
		if (bio->bi_flags & BIO_ACCOUNTED) {
			bio->bi_flags &= ~BIO_ACCOUNTED;
			blk_account_done(bio, bio->bi_status);
		}
		if (bio->bi_end_io != chain_end_io)
			break;
		/* Not by recursion: chains of a large bio's pieces are long. */
		parent = bio->bi_private;
		chain_end_io(bio);
		bio = parent;
	}
	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}

/*
 * The clone shares the segments: the parent keeps them until the chain has ended, because the
 * parent ends last.
 */
struct bio *bio_split(struct bio *bio, unsigned int sectors, gfp_t gfp)
{
	struct bio *split = bio_alloc(bio->bi_bdev, 0, bio->bi_opf, gfp);

	if (!split)
		return NULL;
	split->bi_io_vec = bio->bi_io_vec;
	split->bi_vcnt = bio->bi_vcnt;
	split->bi_flags |= bio->bi_flags & BIO_REMAPPED;
	split->bi_iter = bio->bi_iter;
	split->bi_iter.bi_size = sectors << SECTOR_SHIFT;
	bio_advance(bio, split->bi_iter.bi_size);
	bio_chain(split, bio);
	return split;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void complete_bio(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	DECLARE_COMPLETION(done);

	bio->bi_private = &done;
	bio->bi_end_io = complete_bio;
	bio->bi_opf |= REQ_SYNC;
	submit_bio(bio);
	wait_for_completion(&done);
	return bio->bi_status;
}

static int bio_cache_init(void)
{
	bio_small_cache = kmem_cache_create("bio", bio_bytes(INLINE_SMALL), 0,
					    SLAB_PANIC | SLAB_HWCACHE_ALIGN, NULL);
	for (unsigned int i = 0; i < RESERVE_BIOS; i++) {
		struct bio *bio = kmalloc(bio_bytes(RESERVE_VECS), GFP_KERNEL);

		if (!bio)
			return -ENOMEM;
		put_reserve(bio);
	}
	return 0;
}
core_initcall(bio_cache_init);
