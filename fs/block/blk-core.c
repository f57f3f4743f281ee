/* SPDX-License-Identifier: MIT */
/*
 * The way in: a bio is checked, moved from its partition to the disk, counted, and handed to the
 * disk's own function or to the request machinery. Also what a queue is open and frozen by.
 */
#include <kernel/percpu.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include "blk.h"

/* ---- open, frozen, dying --------------------------------------------------------------------- */

/*
 * blk_queue_enter()              blk_mq_freeze_queue()
 *   usage++                        freeze_depth++
 *   -- full barrier --             -- full barrier --
 *   freeze_depth != 0?             usage == 0?
 *     yes: usage--, wait             no: wait
 */
bool blk_queue_enter(struct request_queue *q, bool nowait)
{
	for (;;) {
		atomic_fetch_add_explicit(&q->usage, 1, memory_order_seq_cst);
		if (likely(!atomic_load_explicit(&q->freeze_depth, memory_order_seq_cst)))
			break;
		blk_queue_exit(q);
		if (nowait || (q->flags & QUEUE_DYING))
			return false;
		wait_event(q->freeze_wait,
			   !atomic_read(&q->freeze_depth) || (READ_ONCE(q->flags) & QUEUE_DYING));
	}
	return true;
}

void blk_queue_exit(struct request_queue *q)
{
	if (atomic_fetch_sub_explicit(&q->usage, 1, memory_order_seq_cst) == 1 &&
	    unlikely(atomic_load_explicit(&q->freeze_depth, memory_order_seq_cst)))
		wake_up_all(&q->freeze_wait);
}

void blk_mq_freeze_queue(struct request_queue *q)
{
	atomic_fetch_add_explicit(&q->freeze_depth, 1, memory_order_seq_cst);
	blk_flush_plug();
	if (q->mq_ops)
		blk_mq_run_hw_queues(q);
	wait_event(q->freeze_wait, !atomic_load_explicit(&q->usage, memory_order_seq_cst));
}

void blk_mq_unfreeze_queue(struct request_queue *q)
{
	if (atomic_fetch_sub_explicit(&q->freeze_depth, 1, memory_order_seq_cst) == 1)
		wake_up_all(&q->freeze_wait);
}

/* ---- statistics ------------------------------------------------------------------------------ */

static unsigned int stat_group(blk_opf_t opf)
{
	switch (bio_op_of(opf)) {
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		return STAT_DISCARD;
	case REQ_OP_FLUSH:
		return STAT_FLUSH;
	default:
		return op_is_write(opf) ? STAT_WRITE : STAT_READ;
	}
}

/* Brings the time that @bdev was busy up to @now_ms. */
static void update_io_time(struct block_device *bdev, u64 now_ms, bool busy)
{
	u64 stamp = atomic_load_explicit(&bdev->bd_stamp, memory_order_relaxed);

	if (stamp == now_ms ||
	    !atomic_compare_exchange_strong_explicit(&bdev->bd_stamp, &stamp, now_ms,
						     memory_order_relaxed, memory_order_relaxed))
		return;
	atomic_fetch_add_explicit(&bdev->bd_io_ms, busy && now_ms > stamp ? now_ms - stamp : 1,
				  memory_order_relaxed);
}

static void part_start(struct block_device *bdev, bool write, u64 now_ms)
{
	int others = atomic_fetch_add_explicit(&bdev->bd_inflight[write], 1, memory_order_relaxed);

	update_io_time(bdev, now_ms, others);
}

void blk_account_start(struct bio *bio)
{
	struct block_device *bdev = bio->bi_bdev, *whole = bdev->bd_disk->part0;
	u64 now = ktime_get();

	bio->bi_issue_ns = now;
	bio->bi_flags |= BIO_ACCOUNTED;
	part_start(bdev, op_is_write(bio->bi_opf), now / 1000000);
	if (bdev != whole)
		part_start(whole, op_is_write(bio->bi_opf), now / 1000000);
	preempt_disable();
	bdev->bd_stats[smp_processor_id()].sectors[stat_group(bio->bi_opf)] += bio_sectors(bio);
	if (bdev != whole)
		whole->bd_stats[smp_processor_id()].sectors[stat_group(bio->bi_opf)] +=
			bio_sectors(bio);
	preempt_enable();
}

static void part_done(struct block_device *bdev, const struct bio *bio, u64 now)
{
	unsigned long flags = local_irq_save_flags();
	struct disk_stats *s = &bdev->bd_stats[smp_processor_id()];
	unsigned int group = stat_group(bio->bi_opf);

	s->ios[group] += !(bio->bi_flags & BIO_MERGED);
	s->nsecs[group] += now - bio->bi_issue_ns;
	local_irq_restore(flags);
	update_io_time(bdev, now / 1000000, true);
	atomic_fetch_sub_explicit(&bdev->bd_inflight[op_is_write(bio->bi_opf)], 1,
				  memory_order_relaxed);
}

void blk_account_done(struct bio *bio, int error)
{
	struct block_device *bdev = bio->bi_bdev, *whole = bdev->bd_disk->part0;
	u64 now = ktime_get();

	part_done(bdev, bio, now);
	if (bdev != whole)
		part_done(whole, bio, now);
}

static void count_merge(struct block_device *bdev, unsigned int group)
{
	preempt_disable();
	bdev->bd_stats[smp_processor_id()].merges[group]++;
	preempt_enable();
}

void blk_account_merge(struct bio *bio)
{
	struct block_device *bdev = bio->bi_bdev, *whole = bdev->bd_disk->part0;

	bio->bi_flags |= BIO_MERGED;
	count_merge(bdev, stat_group(bio->bi_opf));
	if (bdev != whole)
		count_merge(whole, stat_group(bio->bi_opf));
}

/* ---- submission ------------------------------------------------------------------------------ */

static bool op_supported(const struct bio *bio, const struct request_queue *q)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		return true;
	case REQ_OP_DISCARD:
		return q->limits.max_discard_sectors;
	case REQ_OP_WRITE_ZEROES:
		return q->limits.max_write_zeroes_sectors;
	default:
		return false;
	}
}

/* 0, or why @bio cannot be done. */
static int check_bio(struct bio *bio)
{
	struct block_device *bdev = bio->bi_bdev;
	sector_t size = bdev_nr_sectors(bdev), at = bio->bi_iter.bi_sector;
	unsigned int sectors = bio_sectors(bio);

	if (bdev->bd_dead || (bdev->bd_queue->flags & QUEUE_DYING))
		return -EIO;
	if (!op_supported(bio, bdev->bd_queue))
		return -EOPNOTSUPP;
	if ((at | sectors) & ((bdev_logical_block_size(bdev) >> SECTOR_SHIFT) - 1) ||
	    bio->bi_iter.bi_size & (SECTOR_SIZE - 1))
		return -EIO;
	if (op_is_write(bio->bi_opf) && sectors && bdev_read_only(bdev)) {
		pr_warn_ratelimited("%s: write to a read-only device\n", bdev->bd_disk->disk_name);
		return -EIO;
	}
	if (sectors && (sectors > size || at > size - sectors)) {
		pr_warn_ratelimited("%s: access beyond end of device: sector %llu + %u of %llu\n",
				    bdev->bd_disk->disk_name, at, sectors, size);
		return -EIO;
	}
	if (blk_should_fail(bio))
		return bio->bi_status;
	return 0;
}

/* Flushes that mean nothing to this disk. True: nothing is left to do. */
static bool drop_flush_flags(struct bio *bio)
{
	if (!op_is_flush(bio->bi_opf) || bdev_write_cache(bio->bi_bdev))
		return false;
	bio->bi_opf &= ~(REQ_PREFLUSH | REQ_FUA);
	return !bio_sectors(bio);
}

static void remap_to_disk(struct bio *bio)
{
	if (bio->bi_flags & BIO_REMAPPED)
		return;
	bio->bi_iter.bi_sector += bio->bi_bdev->bd_start_sect;
	bio->bi_flags |= BIO_REMAPPED;
}

static void submit_to_disk(struct bio *bio)
{
	struct request_queue *q = bio->bi_bdev->bd_queue;

	if (q->mq_ops) {
		blk_mq_submit_bio(bio);
		return;
	}
	if (!blk_queue_enter(q, bio->bi_opf & REQ_NOWAIT)) {
		bio->bi_status = q->flags & QUEUE_DYING ? -EIO : -EAGAIN;
		bio_endio(bio);
		return;
	}
	q->disk->fops->submit_bio(bio);
	blk_queue_exit(q);
}

void submit_bio(struct bio *bio)
{
	int err = check_bio(bio);

	if (unlikely(err)) {
		bio->bi_status = err;
		bio_endio(bio);
		return;
	}
	if (drop_flush_flags(bio)) {
		bio_endio(bio);
		return;
	}
	remap_to_disk(bio);
	blk_account_start(bio);
	submit_to_disk(bio);
}
