/* SPDX-License-Identifier: MIT */
/* Bios, merging and buffers on a disk made here, which remembers what it was asked. */
#include <kernel/kunit.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include <fs/buffer_head.h>
#include "blk.h"

#define TEST_SECTORS 2048u

static struct {
	u8 *data;
	unsigned int requests, flushes, sectors[64];
	blk_opf_t ops[64];
	int error; /* of the next data request */
} hw;

static void move_data(struct request *rq)
{
	sector_t at = blk_rq_pos(rq);
	struct bvec_iter it;
	struct bio_vec bv;
	struct bio *bio;

	rq_for_each_segment(bv, rq, bio, it)
	{
		char *mem = (char *)page_address(bv.bv_page) + bv.bv_offset;

		if (req_op(rq) == REQ_OP_WRITE)
			memcpy(hw.data + at * 512, mem, bv.bv_len);
		else
			memcpy(mem, hw.data + at * 512, bv.bv_len);
		at += bv.bv_len / 512;
	}
}

static int test_queue_rq(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	int error = 0;

	if (req_op(rq) == REQ_OP_FLUSH) {
		hw.flushes++;
	} else {
		if (hw.requests < ARRAY_SIZE(hw.sectors)) {
			hw.sectors[hw.requests] = blk_rq_sectors(rq);
			hw.ops[hw.requests] = rq->cmd_flags;
		}
		hw.requests++;
		error = hw.error;
		hw.error = 0;
		if (!error)
			move_data(rq);
	}
	blk_mq_end_request(rq, error);
	return 0;
}

static const struct blk_mq_ops test_ops = {.queue_rq = test_queue_rq};
static const struct block_device_operations test_fops;

static struct gendisk *make_disk(struct kunit *test, struct blk_mq_tag_set *set)
{
	static const struct queue_limits lim = {.max_sectors = 64, .max_segments = 4};
	struct gendisk *disk;

	memset(&hw, 0, sizeof(hw));
	hw.data = kvzalloc(TEST_SECTORS * 512, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, hw.data);
	*set = (struct blk_mq_tag_set){.ops = &test_ops, .nr_hw_queues = 1, .queue_depth = 4};
	disk = blk_mq_alloc_disk(set, &lim, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, disk);
	disk->fops = &test_fops;
	disk->flags = GENHD_FL_NO_PART;
	strcpy(disk->disk_name, "kunit");
	disk->queue->flags |= QUEUE_WRITE_CACHE;
	set_capacity(disk, TEST_SECTORS);
	KUNIT_ASSERT_EQ(test, add_disk(disk), 0);
	return disk;
}

static void drop_disk(struct gendisk *disk)
{
	del_gendisk(disk);
	put_disk(disk);
	kvfree(hw.data);
}

static int write_pages_at(struct block_device *bdev, sector_t at, unsigned int pages)
{
	struct bio *bio = bio_alloc(bdev, pages, REQ_OP_WRITE, GFP_KERNEL);
	int err;

	bio->bi_iter.bi_sector = at;
	for (unsigned int i = 0; i < pages; i++)
		bio_add_page(bio, ZERO_PAGE(), PAGE_SIZE, 0);
	err = submit_bio_wait(bio);
	bio_put(bio);
	return err;
}

static void a_large_bio_is_cut_to_the_limits(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);

	/* 40 pages; a segment each (the same page): 4 segments, 32 sectors a request. */
	KUNIT_EXPECT_EQ(test, write_pages_at(disk->part0, 0, 40), 0);
	KUNIT_EXPECT_EQ(test, hw.requests, 10u);
	for (unsigned int i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, hw.sectors[i], 32u);
	drop_disk(disk);
}

static void neighbours_in_a_plug_are_merged(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);
	struct buffer_head *bh[3];
	struct blk_plug plug;

	KUNIT_ASSERT_EQ(test, set_blocksize(disk->part0, 512), 0);
	blk_start_plug(&plug);
	for (unsigned int i = 0; i < 3; i++) {
		bh[i] = __getblk(disk->part0, 100 + i, 512);
		KUNIT_ASSERT_NOT_NULL(test, bh[i]);
		bh_read_nowait(bh[i], 0);
	}
	KUNIT_EXPECT_EQ(test, hw.requests, 0u);
	blk_finish_plug(&plug);
	KUNIT_EXPECT_EQ(test, hw.requests, 1u);
	KUNIT_EXPECT_EQ(test, hw.sectors[0], 3u);
	for (unsigned int i = 0; i < 3; i++) {
		wait_on_buffer(bh[i]);
		KUNIT_EXPECT_TRUE(test, buffer_uptodate(bh[i]));
		brelse(bh[i]);
	}
	drop_disk(disk);
}

static void flushes_stand_around_the_data(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);
	struct bio *bio =
		bio_alloc(disk->part0, 1, REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA, GFP_KERNEL);

	bio_add_page(bio, ZERO_PAGE(), 512, 0);
	KUNIT_EXPECT_EQ(test, submit_bio_wait(bio), 0);
	KUNIT_EXPECT_EQ(test, hw.requests, 1u);
	KUNIT_EXPECT_EQ(test, hw.flushes, 2u); /* no FUA of its own: one behind, too */
	bio_put(bio);
	KUNIT_EXPECT_EQ(test, blkdev_issue_flush(disk->part0), 0);
	KUNIT_EXPECT_EQ(test, hw.flushes, 3u);
	disk->queue->flags &= ~QUEUE_WRITE_CACHE;
	KUNIT_EXPECT_EQ(test, blkdev_issue_flush(disk->part0), 0);
	KUNIT_EXPECT_EQ(test, hw.flushes, 3u);
	drop_disk(disk);
}

static void errors_come_back(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);

	hw.error = -EIO;
	KUNIT_EXPECT_EQ(test, write_pages_at(disk->part0, 0, 1), -EIO);
	KUNIT_EXPECT_EQ(test, write_pages_at(disk->part0, 0, 1), 0);
	hw.error = -ENOSPC;
	KUNIT_EXPECT_EQ(test, write_pages_at(disk->part0, 0, 40), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write_pages_at(disk->part0, TEST_SECTORS - 4, 1), -EIO);
	KUNIT_EXPECT_EQ(test, blkdev_issue_discard(disk->part0, 0, 8, GFP_KERNEL), -EOPNOTSUPP);
	drop_disk(disk);
}

static void a_dirty_buffer_reaches_the_disk(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);
	struct buffer_head *bh;

	KUNIT_ASSERT_EQ(test, set_blocksize(disk->part0, 1024), 0);
	bh = __bread(disk->part0, 7, 1024);
	KUNIT_ASSERT_NOT_NULL(test, bh);
	memset(bh->b_data, 0x5a, 1024);
	mark_buffer_dirty(bh);
	KUNIT_EXPECT_EQ(test, hw.data[7 * 1024], 0);
	KUNIT_EXPECT_EQ(test, sync_blockdev(disk->part0), 0);
	KUNIT_EXPECT_EQ(test, hw.data[7 * 1024], 0x5a);
	KUNIT_EXPECT_FALSE(test, buffer_dirty(bh));
	/* Pinned: only BH_Dirty is written. */
	memset(bh->b_data, 0xa5, 1024);
	mark_buffer_dirty(bh);
	clear_buffer_dirty(bh);
	KUNIT_EXPECT_EQ(test, sync_blockdev(disk->part0), 0);
	KUNIT_EXPECT_EQ(test, hw.data[7 * 1024], 0x5a);
	KUNIT_EXPECT_FALSE(test, try_to_free_buffers(bh->b_page)); /* somebody holds it */
	mark_buffer_dirty(bh);
	KUNIT_EXPECT_EQ(test, sync_dirty_buffer(bh), 0);
	KUNIT_EXPECT_EQ(test, hw.data[7 * 1024], 0xa5);
	brelse(bh);
	drop_disk(disk);
}

static void a_lost_write_is_told_to_who_syncs(struct kunit *test)
{
	struct blk_mq_tag_set set;
	struct gendisk *disk = make_disk(test, &set);
	struct buffer_head *bh = __bread(disk->part0, 1, block_size(disk->part0));

	KUNIT_ASSERT_NOT_NULL(test, bh);
	mark_buffer_dirty(bh);
	hw.error = -EIO;
	KUNIT_EXPECT_EQ(test, sync_dirty_buffer(bh), -EIO);
	KUNIT_EXPECT_TRUE(test, buffer_write_io_error(bh));
	/* The disk has something older, which nobody is to read over it. */
	KUNIT_EXPECT_TRUE(test, buffer_uptodate(bh));
	KUNIT_EXPECT_EQ(test, sync_blockdev(disk->part0), -EIO);
	KUNIT_EXPECT_EQ(test, sync_blockdev(disk->part0), 0);
	brelse(bh);
	drop_disk(disk);
}

static const struct kunit_case cases[] = {KUNIT_CASE(a_large_bio_is_cut_to_the_limits),
					  KUNIT_CASE(neighbours_in_a_plug_are_merged),
					  KUNIT_CASE(flushes_stand_around_the_data),
					  KUNIT_CASE(errors_come_back),
					  KUNIT_CASE(a_dirty_buffer_reaches_the_disk),
					  KUNIT_CASE(a_lost_write_is_told_to_who_syncs),
					  {}};
KUNIT_SUITE(block, cases);
