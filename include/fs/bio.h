/* SPDX-License-Identifier: MIT */
/*
 * struct bio: one transfer between memory and a run of sectors of a block device; the unit in which
 * file systems talk to the block layer (fs/block/bio.c, fs/block/blk-core.c).
 *
 * Life: bio_alloc() -> bio_add_page() until it says no or all is in -> set bi_iter.bi_sector,
 * bi_end_io, bi_private -> submit_bio() -> the block layer's own -> bi_end_io(bio) with bi_status
 * set -> bio_put(). Between submit_bio() and bi_end_io() nobody but the block layer touches it, nor
 * moves or frees its pages.
 *
 * Rules
 *   - Lengths and offsets are multiples of the device's logical block size; bi_sector counts 512
 *     bytes, relative to bi_bdev (a partition or a disk).
 *   - submit_bio() may sleep (it waits for a free request). It never fails: errors come through
 *     bi_end_io, which runs in any context, hard IRQ included, in any order.
 *   - bi_status is 0 or -errno: -EIO, -ENOSPC, -EOPNOTSUPP (an operation that the device lacks),
 *     -ETIMEDOUT, -ENODEV (gone), -EREMOTEIO, -EAGAIN (REQ_NOWAIT). Part of the data may have been
 *     transferred then.
 *   - REQ_PREFLUSH: everything that completed before this bio was submitted is on stable storage
 *     before its data is; REQ_FUA: its data is stable when it completes. Both work on every device
 *     (the block layer sends flushes where hardware lacks them). Without them a completed write may
 *     sit in the disk's cache, and bios may be reordered: order is made by waiting.
 */
#ifndef FS_BIO_H
#define FS_BIO_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <kernel/uio.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <uapi/errno.h>

struct bio;
struct block_device;
struct buffer_head;

/* ---- operations and flags: bi_opf ------------------------------------------------------------ */

typedef unsigned int blk_opf_t;

enum req_op {
	REQ_OP_READ = 0,
	REQ_OP_WRITE = 1, /* odd: changes the medium */
	REQ_OP_FLUSH = 2, /* no data: the write cache; drivers only, see blkdev_issue_flush() */
	REQ_OP_DISCARD =
		3, /* bi_size bytes without segments: contents are undefined from then on */
	REQ_OP_SECURE_ERASE = 5,
	REQ_OP_WRITE_ZEROES = 9, /* the same: read as zeroes from then on */
	REQ_OP_DRV_IN = 34, /* a driver's own command: identify, get id */
};

#define REQ_OP_BITS  8
#define REQ_OP_MASK  ((1u << REQ_OP_BITS) - 1)
#define REQ_SYNC     (1u << 8) /* somebody waits for it */
#define REQ_META     (1u << 9) /* file system metadata */
#define REQ_PRIO     (1u << 10)
#define REQ_NOMERGE  (1u << 11) /* stays a request of its own */
#define REQ_IDLE     (1u << 12)
#define REQ_FUA	     (1u << 13)
#define REQ_PREFLUSH (1u << 14)
#define REQ_RAHEAD   (1u << 15) /* read-ahead: may fail any time */
#define REQ_NOWAIT   (1u << 16) /* -EAGAIN rather than sleep for a request */
#define REQ_NOUNMAP  (1u << 17) /* WRITE_ZEROES: keep the blocks allocated */

static inline enum req_op bio_op_of(blk_opf_t opf)
{
	return (enum req_op)(opf & REQ_OP_MASK);
}
static inline bool op_is_write(blk_opf_t opf)
{
	return opf & 1;
}
static inline bool op_is_flush(blk_opf_t opf)
{
	return opf & (REQ_FUA | REQ_PREFLUSH);
}
static inline bool op_is_sync(blk_opf_t opf)
{
	return bio_op_of(opf) == REQ_OP_READ || (opf & (REQ_SYNC | REQ_FUA | REQ_PREFLUSH));
}

/* ---- struct bio ------------------------------------------------------------------------------ */

typedef int blk_status_t; /* 0 or -errno */
typedef void bio_end_io_t(struct bio *bio);

/* Where in a bio its rest begins. */
struct bvec_iter {
	sector_t bi_sector; /* of the device, 512 bytes */
	unsigned int bi_size; /* bytes left */
	unsigned int bi_idx; /* in bi_io_vec */
	unsigned int bi_bvec_done; /* bytes of that segment that are done */
};

struct bio {
	struct bio *bi_next; /* the block layer's; the owner's while it has the bio */
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	u16 bi_flags; /* BIO_* */
	u16 bi_vcnt; /* segments in use */
	u16 bi_max_vecs;
	blk_status_t bi_status;
	atomic_t bi_remaining; /* parts not yet done: 1 + children of bio_chain() */
	struct bvec_iter bi_iter; /* advanced by the block layer: see bio_for_each_page_all() */
	bio_end_io_t *bi_end_io;
	void *bi_private; /* bi_end_io's */
	u64 bi_issue_ns; /* the block layer's, for statistics */
	struct bio_vec *bi_io_vec;
	struct bio_vec bi_inline_vecs[]; /* of a bio from bio_alloc() */
};

#define BIO_REMAPPED  0x1 /* bi_sector already counts from the disk's start */
#define BIO_POOLED    0x2 /* from the reserve */
#define BIO_ONSTACK   0x4 /* bio_init(): bio_put() frees nothing */
#define BIO_ACCOUNTED 0x8
#define BIO_MERGED    0x10 /* counted as a merge, not as a request */

#define BIO_MAX_VECS  256u

/*
 * A bio for @bdev with room for @nr_vecs segments (at most BIO_MAX_VECS; 0 for one without data).
 * With __GFP_WAIT it never fails, but under memory pressure it may have room for fewer (>= 1, never
 * 0): go by what bio_add_page() returns. Without: NULL when there is no memory.
 */
struct bio *bio_alloc(struct block_device *bdev, unsigned int nr_vecs, blk_opf_t opf, gfp_t gfp);
/* Makes a bio of memory that the caller has (on the stack, for submit_bio_wait()). */
void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *table, u16 max_vecs,
	      blk_opf_t opf);
/* Gives it back. Any context. */
void bio_put(struct bio *bio);
/* Appends; @len if it went in, 0 if there is no room (submit it and begin another). */
unsigned int bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int off);
/* @parent's bi_end_io waits for @bio too, and gets its error. @bio is put when it ends. */
void bio_chain(struct bio *bio, struct bio *parent);
/* Hands it over. May sleep unless REQ_NOWAIT. */
void submit_bio(struct bio *bio);
/* The same, and waits: 0 or -errno. The bio is the caller's again. bi_end_io is overwritten. */
int submit_bio_wait(struct bio *bio);
/* For drivers and whoever stands in for one: the bio is done with bi_status as it is. */
void bio_endio(struct bio *bio);
static inline void bio_io_error(struct bio *bio)
{
	bio->bi_status = -EIO;
	bio_endio(bio);
}
/* Splits the first @sectors off: a new bio chained to @bio, which keeps the rest. NULL: memory. */
struct bio *bio_split(struct bio *bio, unsigned int sectors, gfp_t gfp);
/* Moves the start forward by @bytes. */
void bio_advance(struct bio *bio, unsigned int bytes);
/* Zeroes what is left of its memory: for reads past what exists. */
void zero_fill_bio(struct bio *bio);

static inline enum req_op bio_op(const struct bio *bio)
{
	return bio_op_of(bio->bi_opf);
}
static inline unsigned int bio_sectors(const struct bio *bio)
{
	return bio->bi_iter.bi_size >> 9;
}
static inline sector_t bio_end_sector(const struct bio *bio)
{
	return bio->bi_iter.bi_sector + bio_sectors(bio);
}
static inline bool bio_has_data(const struct bio *bio)
{
	return bio->bi_vcnt && bio->bi_iter.bi_size;
}
static inline int blk_status_to_errno(blk_status_t status)
{
	return status;
}
static inline blk_status_t errno_to_blk_status(int err)
{
	return err;
}

/* The segment that @iter stands at, cut to what is left. */
static inline struct bio_vec bio_iter_vec(const struct bio *bio, struct bvec_iter iter)
{
	struct bio_vec bv = bio->bi_io_vec[iter.bi_idx];

	bv.bv_offset += iter.bi_bvec_done;
	bv.bv_len -= iter.bi_bvec_done;
	if (bv.bv_len > iter.bi_size)
		bv.bv_len = iter.bi_size;
	return bv;
}

static inline void bvec_iter_advance(const struct bio *bio, struct bvec_iter *iter,
				     unsigned int bytes)
{
	iter->bi_sector += bytes >> 9;
	iter->bi_size -= bytes;
	if (!bio->bi_vcnt)
		return;
	bytes += iter->bi_bvec_done;
	while (bytes && bytes >= bio->bi_io_vec[iter->bi_idx].bv_len)
		bytes -= bio->bi_io_vec[iter->bi_idx++].bv_len;
	iter->bi_bvec_done = bytes;
}

/* What is left of @bio, segment by segment: for drivers. @bv: struct bio_vec, @it: bvec_iter. */
#define bio_for_each_segment(bv, bio, it)                                               \
	for (it = (bio)->bi_iter; it.bi_size && ((bv = bio_iter_vec((bio), it)), true); \
	     bvec_iter_advance((bio), &it, bv.bv_len))

/*
 * All segments that were added, whatever has been advanced: for bi_end_io. Each is one
 * bio_add_page(). @bvl: struct bio_vec *.
 */
#define bio_for_each_segment_all(bvl, bio) \
	for (bvl = (bio)->bi_io_vec; bvl < (bio)->bi_io_vec + (bio)->bi_vcnt; bvl++)

#endif
