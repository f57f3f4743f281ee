/* SPDX-License-Identifier: MIT */
/* Flush, discard and zeroing of ranges, for file systems and ioctls. All sleep. */
#include <fs/fs.h>
#include "blk.h"

#define MAX_BIO_SECTORS ((UINT_MAX & PAGE_MASK) >> SECTOR_SHIFT)

int blkdev_issue_flush(struct block_device *bdev)
{
	struct bio bio;

	bio_init(&bio, bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	return submit_bio_wait(&bio);
}

/* A command without data over the range, in as many bios as it takes. */
static int issue_range(struct block_device *bdev, sector_t sector, sector_t nr, blk_opf_t opf)
{
	struct bio bio;
	int err = 0;

	while (nr && !err) {
		unsigned int n = min_t(sector_t, nr, MAX_BIO_SECTORS);

		bio_init(&bio, bdev, NULL, 0, opf);
		bio.bi_iter.bi_sector = sector;
		bio.bi_iter.bi_size = n << SECTOR_SHIFT;
		err = submit_bio_wait(&bio);
		sector += n;
		nr -= n;
	}
	return err;
}

static bool aligned_range(struct block_device *bdev, sector_t sector, sector_t nr)
{
	return !((sector | nr) & ((bdev_logical_block_size(bdev) >> SECTOR_SHIFT) - 1));
}

int blkdev_issue_discard(struct block_device *bdev, sector_t sector, sector_t nr, gfp_t gfp)
{
	if (bdev_read_only(bdev))
		return -EPERM;
	if (!bdev_max_discard_sectors(bdev))
		return -EOPNOTSUPP;
	if (!aligned_range(bdev, sector, nr))
		return -EINVAL;
	return issue_range(bdev, sector, nr, REQ_OP_DISCARD);
}

/* Writes pages of zeroes; large bios that the core cuts. */
static int write_zero_pages(struct block_device *bdev, sector_t sector, sector_t nr, gfp_t gfp)
{
	int err = 0;

	while (nr && !err) {
		struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, gfp);

		if (!bio)
			return -ENOMEM;
		bio->bi_iter.bi_sector = sector;
		while (nr) {
			unsigned int len = min_t(sector_t, nr, PAGE_SIZE >> SECTOR_SHIFT)
					   << SECTOR_SHIFT;

			if (!bio_add_page(bio, ZERO_PAGE(), len, 0))
				break;
			nr -= len >> SECTOR_SHIFT;
			sector += len >> SECTOR_SHIFT;
		}
		err = submit_bio_wait(bio);
		bio_put(bio);
		cond_resched();
	}
	return err;
}

int blkdev_issue_zeroout(struct block_device *bdev, sector_t sector, sector_t nr, gfp_t gfp,
			 unsigned int flags)
{
	int err = -EOPNOTSUPP;

	if (bdev_read_only(bdev))
		return -EPERM;
	if (!aligned_range(bdev, sector, nr))
		return -EINVAL;
	if (bdev->bd_queue->limits.max_write_zeroes_sectors)
		err = issue_range(bdev, sector, nr,
				  REQ_OP_WRITE_ZEROES |
					  (flags & BLKDEV_ZERO_NOUNMAP ? REQ_NOUNMAP : 0));
	if (err == -EOPNOTSUPP && !(flags & BLKDEV_ZERO_NOFALLBACK))
		err = write_zero_pages(bdev, sector, nr, gfp);
	return err;
}

int sb_issue_discard(struct super_block *sb, sector_t block, sector_t nr_blocks, gfp_t gfp)
{
	unsigned int shift = sb->s_blocksize_bits - SECTOR_SHIFT;

	return blkdev_issue_discard(sb->s_bdev, block << shift, nr_blocks << shift, gfp);
}

int sb_issue_zeroout(struct super_block *sb, sector_t block, sector_t nr_blocks, gfp_t gfp)
{
	unsigned int shift = sb->s_blocksize_bits - SECTOR_SHIFT;

	return blkdev_issue_zeroout(sb->s_bdev, block << shift, nr_blocks << shift, gfp, 0);
}
