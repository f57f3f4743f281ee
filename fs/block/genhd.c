/* SPDX-License-Identifier: MIT */
/*
 * Disks: their numbers, coming and going, and the lists of them in /proc.
 *
 * A driver allocates a disk, fills it in, and calls add_disk(); from then on it is found. The
 * memory of the disk goes with the last reference to part0 (the driver's is dropped by put_disk()).
 */
#include <kernel/init.h>
#include <kernel/time.h>
#include <lib/ida.h>
#include <fs/devtmpfs.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include "blk.h"

#define BLOCK_EXT_MAJOR	    259
#define MAX_MAJOR	    511
#define DYN_MAJOR_FIRST	    240 /* down from DYN_MAJOR_LAST, for drivers that ask for any */
#define DYN_MAJOR_LAST	    254
#define DEFAULT_RA_PAGES    32u
#define DEFAULT_MAX_SECTORS 2560u

struct blk_major {
	struct blk_major *next; /* block_class_lock; by number */
	unsigned int major;
	char name[16];
};

static DEFINE_MUTEX(block_class_lock);
static struct blk_major *majors; /* block_class_lock */
static LIST_HEAD(all_disks); /* block_class_lock */
static struct ida ext_minors = IDA_INIT; /* block_class_lock */
static u64 last_diskseq; /* block_class_lock */

/* ---- numbers --------------------------------------------------------------------------------- */

static struct blk_major **find_major(unsigned int major)
{
	struct blk_major **p = &majors;

	while (*p && (*p)->major < major)
		p = &(*p)->next;
	return p;
}

static unsigned int free_major(void)
{
	for (unsigned int m = DYN_MAJOR_LAST; m >= DYN_MAJOR_FIRST; m--) {
		struct blk_major *at = *find_major(m);

		if (!at || at->major != m)
			return m;
	}
	return 0;
}

int register_blkdev(unsigned int major, const char *name)
{
	struct blk_major *new = kmalloc(sizeof(*new), GFP_KERNEL), **p;
	unsigned int m;
	int ret = 0;

	if (!new)
		return -ENOMEM;
	mutex_lock(&block_class_lock);
	m = major ? major : free_major();
	p = find_major(m);
	if (!m || m > MAX_MAJOR) {
		ret = m ? -EINVAL : -EBUSY;
	} else if (*p && (*p)->major == m) {
		ret = -EBUSY;
	} else {
		new->major = m;
		strscpy(new->name, name, sizeof(new->name));
		new->next = *p;
		*p = new;
		ret = major ? 0 : (int)m;
	}
	mutex_unlock(&block_class_lock);
	if (ret < 0)
		kfree(new);
	return ret;
}

void unregister_blkdev(unsigned int major, const char *name)
{
	struct blk_major **p, *gone = NULL;

	mutex_lock(&block_class_lock);
	p = find_major(major);
	if (*p && (*p)->major == major && !strcmp((*p)->name, name)) {
		gone = *p;
		*p = gone->next;
	}
	mutex_unlock(&block_class_lock);
	kfree(gone);
}

void blkdev_show(struct seq_file *m)
{
	mutex_lock(&block_class_lock);
	for (struct blk_major *b = majors; b; b = b->next)
		seq_printf(m, "%3u %s\n", b->major, b->name);
	mutex_unlock(&block_class_lock);
}

dev_t blk_alloc_ext_devt(void)
{
	int minor;

	mutex_lock(&block_class_lock);
	minor = ida_alloc_range(&ext_minors, 0, MINORMASK, GFP_KERNEL);
	mutex_unlock(&block_class_lock);
	return minor < 0 ? 0 : MKDEV(BLOCK_EXT_MAJOR, minor);
}

void blk_free_ext_devt(dev_t dev)
{
	if (MAJOR(dev) != BLOCK_EXT_MAJOR)
		return;
	mutex_lock(&block_class_lock);
	ida_free(&ext_minors, MINOR(dev));
	mutex_unlock(&block_class_lock);
}

/* ---- making ---------------------------------------------------------------------------------- */

static void set_default_limits(struct queue_limits *lim)
{
	lim->logical_block_size = lim->logical_block_size ?: SECTOR_SIZE;
	lim->physical_block_size = max(lim->physical_block_size, lim->logical_block_size);
	lim->dma_alignment = lim->dma_alignment ?: SECTOR_SIZE - 1;
	lim->io_min = max(lim->io_min, lim->physical_block_size);
	lim->max_hw_sectors = lim->max_hw_sectors ?: UINT_MAX >> SECTOR_SHIFT;
	lim->max_sectors = min(lim->max_sectors ?: DEFAULT_MAX_SECTORS, lim->max_hw_sectors);
	lim->max_sectors = round_down(lim->max_sectors, lim->logical_block_size >> SECTOR_SHIFT);
	lim->max_segments = lim->max_segments ?: 128;
	lim->max_segment_size = max_t(unsigned int, lim->max_segment_size ?: 65536, PAGE_SIZE);
	if (lim->max_discard_sectors && !lim->discard_granularity)
		lim->discard_granularity = lim->logical_block_size;
}

static struct request_queue *alloc_queue(const struct queue_limits *lim)
{
	struct request_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	if (lim)
		q->limits = *lim;
	set_default_limits(&q->limits);
	init_waitqueue_head(&q->freeze_wait);
	mutex_init(&q->sysfs_lock);
	q->ra_pages = DEFAULT_RA_PAGES;
	return q;
}

void disk_letter_name(char *name, const char *prefix, int index)
{
	char letters[8];
	int n = 0;

	do {
		letters[n++] = 'a' + index % 26;
		index = index / 26 - 1;
	} while (index >= 0 && n < (int)sizeof(letters));
	while (*prefix)
		*name++ = *prefix++;
	while (n)
		*name++ = letters[--n];
	*name = '\0';
}

struct gendisk *blk_alloc_disk(const struct queue_limits *lim)
{
	struct gendisk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	disk->queue = alloc_queue(lim);
	if (!disk->queue)
		goto out_disk;
	disk->queue->disk = disk;
	disk->part0 = bdev_alloc(disk, 0);
	if (!disk->part0)
		goto out_queue;
	mutex_init(&disk->open_mutex);
	xa_init(&disk->part_tbl);
	INIT_LIST_HEAD(&disk->list);
	return disk;

out_queue:
	kfree(disk->queue);
out_disk:
	kfree(disk);
	return ERR_PTR(-ENOMEM);
}

struct gendisk *blk_mq_alloc_disk(struct blk_mq_tag_set *set, const struct queue_limits *lim,
				  void *queuedata)
{
	struct gendisk *disk = blk_alloc_disk(lim);
	int err;

	if (IS_ERR(disk))
		return disk;
	disk->queue->queuedata = queuedata;
	err = blk_mq_init_queue(disk->queue, set);
	if (err) {
		put_disk(disk);
		return ERR_PTR(err);
	}
	return disk;
}

void disk_release(struct gendisk *disk)
{
	blk_free_ext_devt(disk->part0->bd_dev);
	blk_mq_exit_queue(disk->queue);
	xa_destroy(&disk->part_tbl);
	if (disk->fops && disk->fops->free_disk)
		disk->fops->free_disk(disk);
	kfree(disk->fault);
	kfree(disk->queue);
	kfree(disk);
}

void put_disk(struct gendisk *disk)
{
	if (disk)
		bdev_put(disk->part0);
}

void set_capacity(struct gendisk *disk, sector_t sectors)
{
	bdev_set_nr_sectors(disk->part0, sectors);
}

bool set_capacity_and_notify(struct gendisk *disk, sector_t sectors)
{
	sector_t old = get_capacity(disk);

	set_capacity(disk, sectors);
	if (old == sectors || !test_bit(GD_ADDED, &disk->state))
		return false;
	pr_info("%s: capacity is now %llu sectors\n", disk->disk_name, sectors);
	return true;
}

void set_disk_ro(struct gendisk *disk, bool read_only)
{
	if (read_only)
		set_bit(GD_READ_ONLY, &disk->state);
	else
		clear_bit(GD_READ_ONLY, &disk->state);
}

/* ---- coming and going ------------------------------------------------------------------------ */

static void list_disk(struct gendisk *disk)
{
	mutex_lock(&block_class_lock);
	disk->diskseq = ++last_diskseq;
	list_add_tail(&disk->list, &all_disks);
	mutex_unlock(&block_class_lock);
}

/* Partitions are read by opening the disk once, as user space would. */
static void scan_disk(struct gendisk *disk)
{
	struct block_device *bdev;

	if ((disk->flags & (GENHD_FL_NO_PART | GENHD_FL_HIDDEN)) || !get_capacity(disk))
		return;
	set_bit(GD_NEED_PART_SCAN, &disk->state);
	bdev = blkdev_get_by_dev(disk->part0->bd_dev, FMODE_READ, NULL);
	if (!IS_ERR(bdev))
		blkdev_put(bdev, FMODE_READ);
}

int device_add_disk(struct sysfs_node *parent, struct gendisk *disk)
{
	dev_t dev = disk->major ? MKDEV(disk->major, disk->first_minor) : blk_alloc_ext_devt();
	int err;

	if (!dev)
		return -ENOSPC;
	disk->parent = parent;
	disk->major = MAJOR(dev);
	disk->first_minor = MINOR(dev);
	err = disk_add_sysfs(disk);
	if (err)
		return err;
	set_bit(GD_ADDED, &disk->state);
	err = bdev_add(disk->part0, dev);
	if (err) {
		clear_bit(GD_ADDED, &disk->state);
		disk_del_sysfs(disk);
		return err;
	}
	part_add_sysfs(disk->part0);
	list_disk(disk);
	err = devtmpfs_create_node(disk->disk_name, S_IFBLK | 0600, dev);
	if (err && err != -EEXIST)
		pr_warn("%s: no node in /dev: %pe\n", disk->disk_name, ERR_PTR(err));
	scan_disk(disk);
	disk_announced();
	return 0;
}

int add_disk(struct gendisk *disk)
{
	return device_add_disk(NULL, disk);
}

static void drop_part(struct gendisk *disk, unsigned long partno)
{
	struct block_device *part = xa_load(&disk->part_tbl, partno);
	char name[BDEVNAME_SIZE];

	xa_erase(&disk->part_tbl, partno);
	devtmpfs_delete_node(bdevname(part, name), part->bd_dev);
	part_del_sysfs(part);
	bdev_unhash(part);
	blk_free_ext_devt(part->bd_dev);
	bdev_put(part);
}

static void drop_all_parts(struct gendisk *disk)
{
	unsigned long n = 0;

	while (xa_find(&disk->part_tbl, &n, ULONG_MAX, XA_PRESENT))
		drop_part(disk, n);
}

int blk_drop_partitions(struct gendisk *disk)
{
	if (disk->open_partitions)
		return -EBUSY;
	drop_all_parts(disk);
	return 0;
}

int blk_del_partition(struct gendisk *disk, unsigned int partno)
{
	struct block_device *part = xa_load(&disk->part_tbl, partno);

	if (!part)
		return -ENXIO;
	if (part->bd_openers)
		return -EBUSY;
	drop_part(disk, partno);
	return 0;
}

void del_gendisk(struct gendisk *disk)
{
	if (!test_bit(GD_ADDED, &disk->state))
		return;
	mutex_lock(&block_class_lock);
	list_del_init(&disk->list);
	mutex_unlock(&block_class_lock);
	mutex_lock(&disk->open_mutex);
	set_bit(GD_DEAD, &disk->state);
	bdev_unhash(disk->part0);
	drop_all_parts(disk);
	mutex_unlock(&disk->open_mutex);
	disk->queue->flags |= QUEUE_DYING;
	blk_mq_freeze_queue(disk->queue);
	blk_mq_unfreeze_queue(disk->queue);
	devtmpfs_delete_node(disk->disk_name, disk->part0->bd_dev);
	part_del_sysfs(disk->part0);
	disk_del_sysfs(disk);
}

dev_t find_bdev(bool (*match)(const struct block_device *bdev, const void *arg), const void *arg)
{
	struct block_device *part;
	struct gendisk *disk;
	dev_t found = 0;

	mutex_lock(&block_class_lock);
	list_for_each_entry(disk, &all_disks, list) {
		if (match(disk->part0, arg))
			found = disk->part0->bd_dev;
		rcu_read_lock();
		for (unsigned long n = 0;
		     !found && (part = xa_find(&disk->part_tbl, &n, ULONG_MAX, XA_PRESENT)); n++)
			if (match(part, arg))
				found = part->bd_dev;
		rcu_read_unlock();
		if (found)
			break;
	}
	mutex_unlock(&block_class_lock);
	return found;
}

/* ---- /proc ----------------------------------------------------------------------------------- */

/* fn(part, m) for every disk and partition that is there. */
static void for_each_bdev(void (*fn)(struct block_device *bdev, struct seq_file *m),
			  struct seq_file *m)
{
	struct block_device *part;
	struct gendisk *disk;
	unsigned long n;

	mutex_lock(&block_class_lock);
	list_for_each_entry(disk, &all_disks, list) {
		if (disk->flags & GENHD_FL_HIDDEN)
			continue;
		fn(disk->part0, m);
		rcu_read_lock();
		n = 0;
		while ((part = xa_find(&disk->part_tbl, &n, ULONG_MAX, XA_PRESENT))) {
			fn(part, m);
			n++;
		}
		rcu_read_unlock();
	}
	mutex_unlock(&block_class_lock);
}

static void show_partition(struct block_device *bdev, struct seq_file *m)
{
	char name[BDEVNAME_SIZE];

	if (bdev_nr_sectors(bdev))
		seq_printf(m, "%4u  %7u %10llu %s\n", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev),
			   bdev_nr_sectors(bdev) >> 1, bdevname(bdev, name));
}

static int partitions_show(struct seq_file *m, void *v)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	for_each_bdev(show_partition, m);
	return 0;
}

void bdev_sum_stats(struct block_device *bdev, struct disk_stats *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct disk_stats *s = &bdev->bd_stats[cpu];

		for (unsigned int g = 0; g < NR_STATS; g++) {
			sum->nsecs[g] += s->nsecs[g];
			sum->sectors[g] += s->sectors[g];
			sum->ios[g] += s->ios[g];
			sum->merges[g] += s->merges[g];
		}
	}
}

static void show_diskstats(struct block_device *bdev, struct seq_file *m)
{
	char name[BDEVNAME_SIZE], text[256];

	bdev_format_stats(bdev, text, sizeof(text));
	seq_printf(m, "%4u %7u %s %s\n", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev),
		   bdevname(bdev, name), text);
}

static int diskstats_show(struct seq_file *m, void *v)
{
	for_each_bdev(show_diskstats, m);
	return 0;
}

static int genhd_proc_init(void)
{
	register_blkdev(BLOCK_EXT_MAJOR, "blkext");
	if (!IS_ENABLED(CONFIG_PROC_FS))
		return 0;
	proc_create_single("partitions", 0444, NULL, partitions_show);
	proc_create_single("diskstats", 0444, NULL, diskstats_show);
	return 0;
}
fs_initcall(genhd_proc_init);
