/* SPDX-License-Identifier: MIT */
/* What the files of fs/block share with each other and with nobody else. */
#ifndef FS_BLOCK_BLK_H
#define FS_BLOCK_BLK_H

#include <lib/err.h>
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <mm/slab.h>
#include <fs/bio.h>
#include <fs/blkdev.h>

/* A bio or a disk's removal holds the queue open. False: it is dying. May sleep while frozen. */
bool blk_queue_enter(struct request_queue *q, bool nowait);
void blk_queue_exit(struct request_queue *q);

/* blk-mq.c */
void blk_mq_submit_bio(struct bio *bio);
int blk_mq_init_queue(struct request_queue *q, struct blk_mq_tag_set *set);
void blk_mq_exit_queue(struct request_queue *q);

/* blk-merge.c: the part of @bio that one request can take; the rest is submitted again later. */
struct bio *bio_split_to_limits(struct bio *bio, unsigned int *nr_segments);
/* Physical segments of @bio's data, up to its end. */
unsigned int bio_phys_segments(const struct bio *bio, const struct queue_limits *lim);
/* @bio goes to the end or the front of @rq if it fits. */
bool blk_try_merge(struct request *rq, struct bio *bio, unsigned int nr_segments);

/* blk-flush.c */
/* Prepares the steps of a request with PREFLUSH or FUA; the request's flags become the first's. */
void blk_flush_begin(struct request *rq);
/* A step is done. True: the next has been prepared, queue @rq again. */
bool blk_flush_next(struct request *rq, int error);

/* blk-core.c: statistics. Any context. */
void blk_account_start(struct bio *bio);
void blk_account_done(struct bio *bio, int error);
void blk_account_merge(struct bio *bio);

/* blk-fail.c: true if the error test mode wants this bio to fail; its error is set. */
#if IS_ENABLED(CONFIG_BLK_DEBUG_FAIL)
bool blk_should_fail(struct bio *bio);
void blk_fail_sysfs(struct gendisk *disk);
#else
static inline bool blk_should_fail(struct bio *bio)
{
	return false;
}
static inline void blk_fail_sysfs(struct gendisk *disk)
{
}
#endif

/* bdev.c */
struct block_device *bdev_alloc(struct gendisk *disk, unsigned int partno);
/* Found by its number from now on. 0 or -EBUSY. */
int bdev_add(struct block_device *bdev, dev_t dev);
/* No new opens; its pages are lost. The number is free again. */
void bdev_unhash(struct block_device *bdev);
void bdev_set_nr_sectors(struct block_device *bdev, sector_t sectors);
static inline void bdev_get(struct block_device *bdev)
{
	ihold(bdev->bd_inode);
}
static inline void bdev_put(struct block_device *bdev)
{
	iput(bdev->bd_inode);
}
/* The device with that number, referenced and not opened; or NULL. May sleep. */
struct block_device *bdev_find(dev_t dev);
void bdev_cache_init(void);
extern const struct address_space_operations def_blk_aops;

/* genhd.c */
/* Frees what remains of the disk; from the last put of its part0's inode. */
void disk_release(struct gendisk *disk);
dev_t blk_alloc_ext_devt(void);
void blk_free_ext_devt(dev_t dev);

/* All CPUs' numbers. */
void bdev_sum_stats(struct block_device *bdev, struct disk_stats *sum);

/* The number of the first device that @match() likes, or 0. May sleep. */
dev_t find_bdev(bool (*match)(const struct block_device *bdev, const void *arg), const void *arg);

/* root.c: a disk came, who waits for root looks again. */
void disk_announced(void);

/* genhd-sysfs.c */
/* The 17 numbers of /proc/diskstats. */
void bdev_format_stats(struct block_device *bdev, char *buf, size_t size);
int disk_add_sysfs(struct gendisk *disk);
void disk_del_sysfs(struct gendisk *disk);
int part_add_sysfs(struct block_device *part);
void part_del_sysfs(struct block_device *part);

/* partitions.c */
/* Drops all partitions; open_mutex held. -EBUSY if one is open. */
int blk_drop_partitions(struct gendisk *disk);
int blk_add_partition(struct gendisk *disk, unsigned int partno, sector_t start, sector_t len);
int blk_del_partition(struct gendisk *disk, unsigned int partno);
int blk_resize_partition(struct gendisk *disk, unsigned int partno, sector_t start, sector_t len);

/* ioctl.c */
long blkdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
