/* SPDX-License-Identifier: MIT */
/*
 * Cutting bios to what hardware takes, and joining those that are neighbours on the disk.
 *
 * A physical segment is a run of memory that is contiguous for DMA, at most max_segment_size long;
 * a request has at most max_segments of them and max_sectors sectors.
 */
#include "blk.h"

static phys_addr_t bvec_phys(const struct bio_vec *bv)
{
	return page_to_phys(bv->bv_page) + bv->bv_offset;
}

/* Counts segments as they come, one piece of memory at a time. */
struct seg_count {
	phys_addr_t end; /* of the last piece */
	unsigned int len; /* of the last segment */
	unsigned int nr;
};

/* Hardware that takes whole pages (NVMe) cannot have a hole between two pieces. */
static bool is_gap(const struct queue_limits *lim, phys_addr_t end, phys_addr_t at)
{
	return end != at && ((end | at) & lim->virt_boundary_mask);
}

/* Adds the piece: c->nr goes up if it begins a new segment. */
static void seg_add(struct seg_count *c, const struct queue_limits *lim, phys_addr_t at,
		    unsigned int len)
{
	if (c->nr && at == c->end && c->len + len <= lim->max_segment_size) {
		c->len += len;
	} else {
		c->nr += DIV_ROUND_UP(len, lim->max_segment_size);
		c->len = len % lim->max_segment_size ?: lim->max_segment_size;
	}
	c->end = at + len;
}

unsigned int bio_phys_segments(const struct bio *bio, const struct queue_limits *lim)
{
	struct seg_count c = {0};
	struct bvec_iter iter;
	struct bio_vec bv;

	if (!bio_has_data(bio))
		return 0;
	bio_for_each_segment(bv, bio, iter) seg_add(&c, lim, bvec_phys(&bv), bv.bv_len);
	return c.nr;
}

static unsigned int max_bytes_of(const struct bio *bio, const struct queue_limits *lim)
{
	unsigned int sectors;

	switch (bio_op(bio)) {
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		sectors = lim->max_discard_sectors;
		break;
	case REQ_OP_WRITE_ZEROES:
		sectors = lim->max_write_zeroes_sectors;
		break;
	default:
		sectors = lim->max_sectors;
	}
	return min(sectors, UINT_MAX >> SECTOR_SHIFT) << SECTOR_SHIFT;
}

/* How many bytes of @bio fit into one request, a multiple of the logical block. */
static unsigned int fitting_bytes(const struct bio *bio, const struct queue_limits *lim,
				  unsigned int *nr_segments)
{
	unsigned int limit = max_bytes_of(bio, lim), bytes = 0;
	struct seg_count c = {0};
	struct bvec_iter iter;
	struct bio_vec bv;

	*nr_segments = 0;
	if (!bio->bi_vcnt)
		return min(bio->bi_iter.bi_size, limit);
	bio_for_each_segment(bv, bio, iter)
	{
		struct seg_count next = c;

		if (bytes + bv.bv_len > limit)
			bv.bv_len = limit - bytes;
		if (!bv.bv_len)
			break;
		if (bytes && is_gap(lim, c.end, bvec_phys(&bv)))
			break;
		seg_add(&next, lim, bvec_phys(&bv), bv.bv_len);
		if (next.nr > lim->max_segments)
			break;
		c = next;
		bytes += bv.bv_len;
		if (bytes == limit)
			break;
	}
	*nr_segments = c.nr;
	return round_down(bytes, lim->logical_block_size);
}

struct bio *bio_split_to_limits(struct bio *bio, unsigned int *nr_segments)
{
	const struct queue_limits *lim = &bio->bi_bdev->bd_queue->limits;
	unsigned int bytes;
	struct bio *split;

	/* The usual small bio: no piece can be over a limit. */
	if (bio->bi_vcnt == 1 && bio->bi_iter.bi_size <= PAGE_SIZE) {
		*nr_segments = 1;
		return bio;
	}
	bytes = fitting_bytes(bio, lim, nr_segments);
	if (bytes == bio->bi_iter.bi_size)
		return bio;
	if (!bytes) {
		bio->bi_status = -EIO;
		return NULL;
	}
	split = bio_split(bio, bytes >> SECTOR_SHIFT, GFP_NOIO);
	if (split)
		*nr_segments = bio_phys_segments(split, lim);
	return split;
}

static bool may_merge(const struct request *rq, const struct bio *bio, unsigned int nr_segments)
{
	const struct queue_limits *lim = &rq->q->limits;

	return rq->cmd_flags == bio->bi_opf && rq->bio && rq->nr_segments && nr_segments &&
	       rq->nr_segments + nr_segments <= lim->max_segments &&
	       (rq->__data_len + bio->bi_iter.bi_size) >> SECTOR_SHIFT <= lim->max_sectors;
}

/* Where the memory of @bio ends. */
static phys_addr_t end_of(const struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	phys_addr_t end = 0;

	bio_for_each_segment(bv, bio, iter) end = bvec_phys(&bv) + bv.bv_len;
	return end;
}

/* The memory of @next cannot follow that of @bio in one request. */
static bool gap_between(const struct bio *bio, const struct bio *next)
{
	const struct queue_limits *lim = &bio->bi_bdev->bd_queue->limits;
	struct bio_vec bv;

	if (likely(!lim->virt_boundary_mask))
		return false;
	bv = bio_iter_vec(next, next->bi_iter);
	return is_gap(lim, end_of(bio), bvec_phys(&bv));
}

bool blk_try_merge(struct request *rq, struct bio *bio, unsigned int nr_segments)
{
	if (rq->q != bio->bi_bdev->bd_queue || (bio->bi_opf & (REQ_NOMERGE | REQ_FUA)) ||
	    op_is_flush(bio->bi_opf))
		return false;
	if (rq->__sector + blk_rq_sectors(rq) == bio->bi_iter.bi_sector) {
		if (!may_merge(rq, bio, nr_segments) || gap_between(rq->biotail, bio))
			return false;
		rq->biotail->bi_next = bio;
		rq->biotail = bio;
	} else if (bio_end_sector(bio) == rq->__sector) {
		if (!may_merge(rq, bio, nr_segments) || gap_between(bio, rq->bio))
			return false;
		bio->bi_next = rq->bio;
		rq->bio = bio;
		rq->__sector = bio->bi_iter.bi_sector;
	} else {
		return false;
	}
	rq->__data_len += bio->bi_iter.bi_size;
	rq->nr_segments += nr_segments;
	blk_account_merge(bio);
	return true;
}

unsigned int blk_rq_map_segments(struct request *rq, struct blk_segment *seg, unsigned int max)
{
	unsigned int limit = rq->q->limits.max_segment_size, n = 0;
	struct bvec_iter iter;
	struct bio_vec bv;
	struct bio *bio;

	rq_for_each_segment(bv, rq, bio, iter)
	{
		phys_addr_t at = bvec_phys(&bv);
		unsigned int left = bv.bv_len;

		if (n && seg[n - 1].addr + seg[n - 1].len == at && seg[n - 1].len + left <= limit) {
			seg[n - 1].len += left;
			continue;
		}
		while (left) {
			unsigned int len = min(left, limit);

			if (WARN_ON_ONCE(n == max))
				return n;
			seg[n++] = (struct blk_segment){.addr = at, .len = len};
			at += len;
			left -= len;
		}
	}
	return n;
}
