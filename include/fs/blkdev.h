/* SPDX-License-Identifier: MIT */
/*
 * Block devices.
 *
 *   driver --add_disk()--> gendisk --has--> block_device (whole disk, partitions)
 *   block_device: bd_inode in the internal file system "bdev"; bd_inode->i_mapping is the page
 *                 cache of the device's bytes, which buffer heads and /dev files share.
 *   bio --submit_bio()--> plug of the task --> request --> hardware queue of the CPU --> driver
 *
 * States of a block_device: made (with its disk, capacity set) -> live (found by number; opened and
 * closed) -> dead (del_gendisk(): no new opens, all I/O ends with -EIO) -> freed with the last
 * reference.
 *
 * Locks: (i) constant while live; (o) disk->open_mutex; (h) bdev_lock; (q) queue_lock, IRQs off;
 * (a) atomic. Order: disk->open_mutex > bdev_lock. Documentation/block.md has the rest.
 */
#ifndef FS_BLKDEV_H
#define FS_BLKDEV_H

#include <lib/types.h>
#include <lib/kconfig.h>
#include <lib/list.h>
#include <lib/xarray.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>
#include <fs/bio.h>
#include <fs/fs.h>
#include <uapi/hdreg.h>

struct gendisk;
struct request;
struct request_queue;
struct super_block;
struct sysfs_node;

#define SECTOR_SHIFT  9
#define SECTOR_SIZE   512u
#define BDEVNAME_SIZE 32

/* ---- block_device ---------------------------------------------------------------------------- */

enum { STAT_READ, STAT_WRITE, STAT_DISCARD, STAT_FLUSH, NR_STATS };

struct disk_stats {
	u64 nsecs[NR_STATS]; /* time from submission to completion */
	unsigned long sectors[NR_STATS], ios[NR_STATS], merges[NR_STATS];
};

struct block_device {
	dev_t bd_dev; /* (i) */
	u8 bd_partno; /* (i) 0: the whole disk */
	bool bd_read_only; /* BLKROSET */
	bool bd_dead;
	sector_t bd_start_sect; /* (o) of a partition */
	sector_t bd_nr_sectors; /* (o) size, 512 bytes */
	struct gendisk *bd_disk; /* (i) */
	struct request_queue *bd_queue; /* (i) */
	struct inode *bd_inode; /* (i) i_size is the size in bytes, i_blkbits the block size */
	struct address_space *bd_mapping; /* (i) the page cache of the device */
	unsigned int bd_openers; /* (o) */
	void *bd_holder; /* (h) who has it exclusively: a super_block, a struct file */
	unsigned int bd_holders; /* (h) */
	struct super_block *bd_super; /* (h) mounted here */
	struct disk_stats *bd_stats; /* (i) one a CPU, touched by it */
	atomic_t bd_inflight[2]; /* (a) reads, writes */
	_Atomic(u64) bd_stamp; /* ms: when bd_io_ms was last brought up to date */
	_Atomic(u64) bd_io_ms; /* time with I/O under way */
	struct sysfs_node *bd_sysfs; /* (o) */
	char bd_uuid[37]; /* (i) PARTUUID, lower case; "": none */
	char bd_volname[73]; /* (i) GPT: PARTLABEL, UTF-8 */
};

/* Open modes: FMODE_READ, FMODE_WRITE and these. */
#define FMODE_EXCL   ((__force fmode_t)0x100000) /* with a holder: -EBUSY if somebody else has it */
#define FMODE_NDELAY ((__force fmode_t)0x200000)

/*
 * Opens the device with number @dev or node @path; @holder with FMODE_EXCL (the same holder may
 * open it again). ERR_PTR: -ENXIO no such device, -ENOTBLK, -EACCES (node on a nodev mount),
 * -EBUSY, -EROFS (FMODE_WRITE on a read-only one), -ENOMEDIUM, what the path walk says. May sleep.
 */
struct block_device *blkdev_get_by_dev(dev_t dev, fmode_t mode, void *holder);
struct block_device *blkdev_get_by_path(const char *path, fmode_t mode, void *holder);
/* Closes with the mode it was opened with; the last close writes back and drops the page cache. */
void blkdev_put(struct block_device *bdev, fmode_t mode);
/* The number of the node @path: 0, -ENOTBLK, -EACCES, -ENOENT... May sleep. */
int lookup_bdev(const char *path, dev_t *dev);
/* The device that an inode of a block device node, opened, stands for. */
struct block_device *I_BDEV(struct inode *inode);
/*
 * The number of the device called "/dev/vda1", "PARTUUID=...", "PARTLABEL=..." or "254:1" (as root=
 * does), without any node; 0: there is none. May sleep.
 */
dev_t name_to_dev_t(const char *text);
/* "vda1"; returns @buf (BDEVNAME_SIZE). "%pg" is not understood by printk: use this. */
const char *bdevname(const struct block_device *bdev, char *buf);

/*
 * The size of blocks in the device's page cache (512 to PAGE_SIZE, a power of two, not under the
 * logical block size): writes back and drops all buffers when it changes. 0, -EINVAL, -EIO. Sleeps.
 */
int set_blocksize(struct block_device *bdev, unsigned int size);
/* Writes every dirty page and buffer of the device and waits; does not flush the disk's cache. */
int sync_blockdev(struct block_device *bdev);
int sync_blockdev_range(struct block_device *bdev, loff_t start, loff_t end);
int sync_blockdev_nowait(struct block_device *bdev);
/* Drops clean pages and buffers that nobody holds. */
void invalidate_bdev(struct block_device *bdev);

/* The disk's write cache goes to stable storage: 0 (also if there is none) or -EIO. Sleeps. */
int blkdev_issue_flush(struct block_device *bdev);
/* Contents of the range become undefined; -EOPNOTSUPP where the device cannot. 512-byte units. */
int blkdev_issue_discard(struct block_device *bdev, sector_t sector, sector_t nr_sects, gfp_t gfp);
#define BLKDEV_ZERO_NOUNMAP    1u /* blocks stay allocated */
#define BLKDEV_ZERO_NOFALLBACK 2u /* -EOPNOTSUPP rather than write zeroes */
int blkdev_issue_zeroout(struct block_device *bdev, sector_t sector, sector_t nr_sects, gfp_t gfp,
			 unsigned int flags);

static inline sector_t bdev_nr_sectors(const struct block_device *bdev)
{
	return READ_ONCE(bdev->bd_nr_sectors);
}
static inline loff_t bdev_nr_bytes(const struct block_device *bdev)
{
	return (loff_t)bdev_nr_sectors(bdev) << SECTOR_SHIFT;
}
static inline bool bdev_is_partition(const struct block_device *bdev)
{
	return bdev->bd_partno;
}
static inline unsigned int block_size(const struct block_device *bdev)
{
	return 1u << bdev->bd_inode->i_blkbits;
}

/* ---- file systems on a device ---------------------------------------------------------------- */

/*
 * file_system_type.mount for a file system on a block device: opens @dev_name exclusively, finds
 * the super block that is mounted from it already, or makes one with s_bdev, s_dev, s_id and the
 * device's block size set and calls @fill(sb, data, silent). On failure of @fill its error; the
 * device is closed again and put_super is NOT called unless s_root was set. -EBUSY: mounted
 * with another read-only state, or held by somebody. kill_sb is kill_block_super.
 */
struct dentry *mount_bdev(const struct file_system_type *type, unsigned int flags,
			  const char *dev_name, void *data, fill_super_t fill);
void kill_block_super(struct super_block *sb);
/* s_blocksize{,_bits} and the device's block size: the new size, or 0 if it cannot be. Sleep. */
int sb_set_blocksize(struct super_block *sb, int size);
/* The larger of @size and the logical block size of the device. */
int sb_min_blocksize(struct super_block *sb, int size);

/* In blocks of the file system. */
int sb_issue_discard(struct super_block *sb, sector_t block, sector_t nr_blocks, gfp_t gfp);
int sb_issue_zeroout(struct super_block *sb, sector_t block, sector_t nr_blocks, gfp_t gfp);

/* ---- plugging -------------------------------------------------------------------------------- */

/*
 * Bios that a task submits between start and finish gather, are merged, and go to the driver
 * together; at the latest when the task sleeps. Nests: only the outermost counts.
 */
struct blk_plug {
	struct sleep_hook hook;
	struct request *first, *last; /* of this task alone */
	unsigned int count;
};
#if IS_ENABLED(CONFIG_BLOCK)
void blk_start_plug(struct blk_plug *plug);
void blk_finish_plug(struct blk_plug *plug);
/* What this task gathered goes to the drivers now. */
void blk_flush_plug(void);
#else
static inline void blk_start_plug(struct blk_plug *plug)
{
}
static inline void blk_finish_plug(struct blk_plug *plug)
{
}
#endif

/* ---- for drivers: disks ---------------------------------------------------------------------- */

/* What hardware can; set before add_disk(). Sizes in bytes unless the name says otherwise. */
struct queue_limits {
	unsigned int logical_block_size; /* 512.. PAGE_SIZE */
	unsigned int physical_block_size;
	unsigned int io_min, io_opt;
	unsigned int max_sectors; /* of a request; soft, sysfs may lower it */
	unsigned int max_hw_sectors;
	unsigned int max_segments;
	unsigned int max_segment_size;
	unsigned int max_discard_sectors; /* 0: no discard */
	unsigned int max_write_zeroes_sectors;
	unsigned int discard_granularity;
	unsigned int dma_alignment; /* mask: memory of a segment */
	/*
	 * Mask, 0: none. A segment but the first begins, and but the last ends, at a multiple of
	 * this + 1.
	 */
	unsigned int virt_boundary_mask;
};

#define QUEUE_WRITE_CACHE   0x01u /* has a volatile cache: flushes are sent */
#define QUEUE_FUA	    0x02u /* understands REQ_FUA itself */
#define QUEUE_NONROT	    0x04u
#define QUEUE_DYING	    0x08u
#define QUEUE_STABLE_WRITES 0x10u

struct block_device_operations {
	/* A disk without requests (ramdisk): handles the bio and ends it. May sleep. */
	void (*submit_bio)(struct bio *bio);
	/* First.. each open of the disk or a partition; open_mutex held. */
	int (*open)(struct block_device *bdev, fmode_t mode);
	void (*release)(struct gendisk *disk, fmode_t mode);
	/* What the core does not know; -ENOIOCTLCMD: ENOTTY. */
	int (*ioctl)(struct block_device *bdev, fmode_t mode, unsigned int cmd, unsigned long arg);
	int (*getgeo)(struct block_device *bdev, struct hd_geometry *geo);
	/* BLKROSET */
	int (*set_read_only)(struct block_device *bdev, bool ro);
	/* The last reference of the gendisk is gone. */
	void (*free_disk)(struct gendisk *disk);
	/* The disk's serial number for sysfs and lsblk: bytes, or -errno. */
	int (*get_serial)(struct gendisk *disk, char *buf, size_t size);
};

#define DISK_NAME_LEN	   32
#define GENHD_FL_REMOVABLE 0x01u
#define GENHD_FL_HIDDEN	   0x02u
#define GENHD_FL_NO_PART   0x04u /* no partitions: ramdisks; loop without max_part */
#define GD_NEED_PART_SCAN  0
#define GD_READ_ONLY	   1
#define GD_DEAD		   2
#define GD_ADDED	   3

struct gendisk {
	int major; /* (i) 0: of the range of extended numbers */
	int first_minor; /* (i) */
	int minors; /* (i) 1 + partitions that have numbers of their own; others are extended */
	char disk_name[DISK_NAME_LEN]; /* (i) */
	unsigned int flags; /* GENHD_FL_* */
	unsigned long state; /* (a) GD_* */
	const struct block_device_operations *fops; /* (i) */
	struct request_queue *queue; /* (i) */
	void *private_data;
	struct block_device *part0; /* (i) the whole disk */
	struct xarray part_tbl; /* (o) partition number -> block_device; readers: RCU */
	struct mutex open_mutex;
	unsigned int open_partitions; /* (o) */
	struct sysfs_node *sysfs, *parent; /* (i) the directory; the device it hangs under */
	struct list_head list; /* all disks; block_class_lock */
	u64 diskseq; /* (i) */
	struct disk_fault *fault; /* error test mode: blk-fail.c */
};

/*
 * Majors: @major 0 takes a free one, which is returned. 0 or -EBUSY. For /proc/devices.
 */
int register_blkdev(unsigned int major, const char *name);
void unregister_blkdev(unsigned int major, const char *name);
struct seq_file;
void blkdev_show(struct seq_file *m); /* /proc/devices' block part */

/* A disk whose fops->submit_bio does all; ERR_PTR(-ENOMEM). Fill it in, then add_disk(). */
struct gendisk *blk_alloc_disk(const struct queue_limits *lim);
/* From now on it is there: partitions are read, nodes made, opens succeed. 0 or -errno. Sleeps. */
int add_disk(struct gendisk *disk);
int device_add_disk(struct sysfs_node *parent, struct gendisk *disk);
/* Takes it away: nodes go, I/O ends with errors; whoever has it open keeps the object. Sleeps. */
void del_gendisk(struct gendisk *disk);
/* Drops the driver's reference. */
void put_disk(struct gendisk *disk);
/* Capacity in sectors; before add_disk() or later (resize; partitions stay). */
void set_capacity(struct gendisk *disk, sector_t sectors);
bool set_capacity_and_notify(struct gendisk *disk, sector_t sectors);
static inline sector_t get_capacity(const struct gendisk *disk)
{
	return bdev_nr_sectors(disk->part0);
}
/* "vda" .. "vdz", "vdaa" ..: @prefix and the letters of @index into @name (DISK_NAME_LEN). */
void disk_letter_name(char *name, const char *prefix, int index);
void set_disk_ro(struct gendisk *disk, bool read_only);
static inline bool get_disk_ro(const struct gendisk *disk)
{
	return disk->part0->bd_read_only || test_bit(GD_READ_ONLY, &disk->state);
}
static inline bool bdev_read_only(const struct block_device *bdev)
{
	return bdev->bd_read_only || get_disk_ro(bdev->bd_disk);
}
/* Reads the partition table anew. open_mutex held. 0, -EBUSY (some are in use), -EIO. */
int bdev_disk_changed(struct gendisk *disk, bool invalidate);

/* ---- for drivers: requests ------------------------------------------------------------------- */

struct blk_mq_hw_ctx;
struct blk_mq_tag_set;

/*
 * Bios that are adjacent on the disk and have the same operation, under one tag. States: free (tag
 * not taken) -> gathered (in a plug) -> queued (in the hardware queue's list: the driver was full)
 * -> started (the driver's) -> done (blk_mq_end_request(): bios ended, tag free).
 */
struct request {
	struct request_queue *q;
	struct blk_mq_hw_ctx *hctx;
	struct bio *bio, *biotail;
	struct request *rq_next; /* in a plug or a queue's list */
	sector_t __sector; /* of the disk */
	unsigned int __data_len; /* bytes */
	blk_opf_t cmd_flags;
	u16 nr_segments; /* physical segments */
	u16 tag; /* in its hardware queue */
	bool started;
	u8 flush_seq; /* steps of a flush sequence; the core's */
	int error; /* of the sequence so far */
	void (*end_io)(struct request *rq, int error); /* a request made inside the kernel */
	void *end_io_data;
	u64 start_ns;
	struct list_head queuelist;
	/* behind it: tag_set->cmd_size bytes for the driver, blk_mq_rq_to_pdu() */
};

struct blk_mq_ops {
	/*
	 * Starts @rq; it is the driver's until blk_mq_end_request(). @last: nothing follows now,
	 * tell the hardware. 0; -EBUSY: no room, blk_mq_run_hw_queue() when there is; another
	 * -errno ends the request with it. Calls for one hctx do not overlap. Preemption is off,
	 * and it may be in an interrupt.
	 */
	int (*queue_rq)(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last);
	/* Tell the hardware of what queue_rq(last=false) left. */
	void (*commit_rqs)(struct blk_mq_hw_ctx *hctx);
	/* Per-request set up and its undoing: DMA tables. 0 or -errno. */
	int (*init_request)(struct blk_mq_tag_set *set, struct request *rq, unsigned int hctx_idx);
	void (*exit_request)(struct blk_mq_tag_set *set, struct request *rq, unsigned int hctx_idx);
};

struct blk_mq_tag_set {
	const struct blk_mq_ops *ops;
	unsigned int nr_hw_queues;
	unsigned int queue_depth; /* tags a hardware queue, at most 1024 */
	unsigned int cmd_size; /* bytes behind struct request */
	unsigned int flags;
	void *driver_data;
};

struct blk_mq_hw_ctx {
	struct request_queue *queue;
	unsigned int queue_num;
	void *driver_data;
	spinlock_t lock; /* (q) */
	struct request *pending, *pending_tail; /* (q) not taken by the driver yet */
	bool running; /* (q) somebody calls queue_rq */
	bool rerun; /* (q) and has to look again */
	unsigned long *tags; /* (a) bit set: in use */
	atomic_t tag_hint;
	struct wait_queue_head tag_wait;
	struct request **rqs; /* (i) by tag */
} __aligned(64);

struct request_queue {
	struct queue_limits limits;
	unsigned int flags; /* QUEUE_* */
	const struct blk_mq_ops *mq_ops; /* NULL: bio based */
	struct blk_mq_tag_set *tag_set;
	struct gendisk *disk;
	void *queuedata;
	unsigned int nr_hw_queues;
	struct blk_mq_hw_ctx *hctxs;
	atomic_t usage; /* (a) bios and requests inside; frozen when it is to drain */
	struct wait_queue_head freeze_wait;
	atomic_t freeze_depth;
	unsigned int ra_pages; /* read-ahead, pages */
	struct mutex sysfs_lock;
};

/* A disk with requests; ERR_PTR(-ENOMEM). */
struct gendisk *blk_mq_alloc_disk(struct blk_mq_tag_set *set, const struct queue_limits *lim,
				  void *queuedata);
static inline void *blk_mq_rq_to_pdu(struct request *rq)
{
	return rq + 1;
}
static inline struct request *blk_mq_tag_to_rq(struct blk_mq_hw_ctx *hctx, unsigned int tag)
{
	return tag < hctx->queue->tag_set->queue_depth ? hctx->rqs[tag] : NULL;
}
/* The driver has done @rq with @error (0 or -errno). Any context. */
void blk_mq_end_request(struct request *rq, int error);
/* There is room again after -EBUSY. Any context. */
void blk_mq_run_hw_queue(struct blk_mq_hw_ctx *hctx);
void blk_mq_run_hw_queues(struct request_queue *q);
/* Nothing new is started, and what runs has ended when freeze returns. Sleeps. Nests. */
void blk_mq_freeze_queue(struct request_queue *q);
void blk_mq_unfreeze_queue(struct request_queue *q);
/* Ends every started request with @error: the hardware is gone or was reset. */
void blk_mq_fail_started(struct request_queue *q, int error);
/* A driver's own command through the queue, without data: waits. 0 or -errno. */
int blk_execute_op(struct request_queue *q, blk_opf_t opf, void *data, unsigned int len);

/*
 * Memory of @rq as physical ranges for DMA, adjacent ones merged; how many (at most max_segments).
 */
struct blk_segment {
	phys_addr_t addr;
	unsigned int len;
};
unsigned int blk_rq_map_segments(struct request *rq, struct blk_segment *seg, unsigned int max);

static inline sector_t blk_rq_pos(const struct request *rq)
{
	return rq->__sector;
}
static inline unsigned int blk_rq_bytes(const struct request *rq)
{
	return rq->__data_len;
}
static inline unsigned int blk_rq_sectors(const struct request *rq)
{
	return rq->__data_len >> SECTOR_SHIFT;
}
static inline enum req_op req_op(const struct request *rq)
{
	return bio_op_of(rq->cmd_flags);
}
/* What is left of all bios of a request, segment by segment. @b: struct bio *. */
#define rq_for_each_segment(bv, rq, b, it)     \
	for (b = (rq)->bio; b; b = b->bi_next) \
	bio_for_each_segment(bv, b, it)

/* ---- limits ---------------------------------------------------------------------------------- */

static inline struct request_queue *bdev_get_queue(const struct block_device *bdev)
{
	return bdev->bd_queue;
}
struct kstat;
/* What direct transfers want of memory and position, for statx(2). */
void bdev_fill_dioalign(const struct block_device *bdev, struct kstat *stat);
/* The same of a node of the block device @dev, if there is one. Sleeps. */
void blkdev_fill_dioalign(dev_t dev, struct kstat *stat);

static inline unsigned int bdev_logical_block_size(const struct block_device *bdev)
{
	return bdev->bd_queue->limits.logical_block_size;
}
static inline unsigned int bdev_physical_block_size(const struct block_device *bdev)
{
	return bdev->bd_queue->limits.physical_block_size;
}
static inline unsigned int bdev_max_discard_sectors(const struct block_device *bdev)
{
	return bdev->bd_queue->limits.max_discard_sectors;
}
static inline unsigned int bdev_discard_granularity(const struct block_device *bdev)
{
	return bdev->bd_queue->limits.discard_granularity;
}
static inline bool bdev_write_cache(const struct block_device *bdev)
{
	return bdev->bd_queue->flags & QUEUE_WRITE_CACHE;
}
static inline bool bdev_nonrot(const struct block_device *bdev)
{
	return bdev->bd_queue->flags & QUEUE_NONROT;
}

#endif
