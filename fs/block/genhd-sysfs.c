/* SPDX-License-Identifier: MIT */
/*
 * What lsblk, udev and iostat read of disks below /sys: the directory of a disk is
 * devices/.../block/NAME, its partitions are directories in it, and links to both are in block,
 * class/block and dev/block.
 */
#include <kernel/time.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <fs/sysfs.h>
#include "blk.h"

void bdev_format_stats(struct block_device *bdev, char *buf, size_t size)
{
	int reads = atomic_read(&bdev->bd_inflight[0]), writes = atomic_read(&bdev->bd_inflight[1]);
	struct disk_stats s;
	u64 total = 0;

	bdev_sum_stats(bdev, &s);
	for (unsigned int g = 0; g < NR_STATS; g++)
		total += s.nsecs[g] / 1000000;
	snprintf(buf, size,
		 "%lu %lu %lu %llu %lu %lu %lu %llu %d %llu %llu %lu %lu %lu %llu %lu %llu",
		 s.ios[STAT_READ], s.merges[STAT_READ], s.sectors[STAT_READ],
		 s.nsecs[STAT_READ] / 1000000, s.ios[STAT_WRITE], s.merges[STAT_WRITE],
		 s.sectors[STAT_WRITE], s.nsecs[STAT_WRITE] / 1000000, reads + writes,
		 (unsigned long long)atomic_load_explicit(&bdev->bd_io_ms, memory_order_relaxed),
		 total, s.ios[STAT_DISCARD], s.merges[STAT_DISCARD], s.sectors[STAT_DISCARD],
		 s.nsecs[STAT_DISCARD] / 1000000, s.ios[STAT_FLUSH], s.nsecs[STAT_FLUSH] / 1000000);
}

/* ---- a device, whole or part ----------------------------------------------------------------- */

static ssize_t dev_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%u:%u\n", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev));
}

static ssize_t uevent_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;
	char name[BDEVNAME_SIZE];
	int n = sysfs_emit(buf, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\nDISKSEQ=%llu\n",
			   MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev), bdevname(bdev, name),
			   bdev->bd_partno ? "partition" : "disk", bdev->bd_disk->diskseq);

	if (bdev->bd_partno)
		n += snprintf(buf + n, PAGE_SIZE - n, "PARTN=%u\n", bdev->bd_partno);
	if (bdev->bd_volname[0])
		n += snprintf(buf + n, PAGE_SIZE - n, "PARTNAME=%s\n", bdev->bd_volname);
	return n;
}

static ssize_t size_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "%llu\n", bdev_nr_sectors(priv));
}

static ssize_t ro_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "%d\n", bdev_read_only(priv));
}

static ssize_t stat_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	char text[256];

	bdev_format_stats(priv, text, sizeof(text));
	return sysfs_emit(buf, "%s\n", text);
}

static ssize_t inflight_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct block_device *bdev = priv;

	return sysfs_emit(buf, "%8d %8d\n", atomic_read(&bdev->bd_inflight[0]),
			  atomic_read(&bdev->bd_inflight[1]));
}

static ssize_t alignment_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "0\n");
}

static ssize_t partition_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%u\n", bdev->bd_partno);
}

static ssize_t start_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%llu\n", bdev->bd_start_sect);
}

static const struct sysfs_attr common_attrs[] = {
	SYSFS_ATTR_RO("dev", dev_show),
	SYSFS_ATTR_RO("uevent", uevent_show),
	SYSFS_ATTR_RO("size", size_show),
	SYSFS_ATTR_RO("ro", ro_show),
	SYSFS_ATTR_RO("stat", stat_show),
	SYSFS_ATTR_RO("inflight", inflight_show),
	SYSFS_ATTR_RO("alignment_offset", alignment_show),
	SYSFS_ATTR_RO("discard_alignment", alignment_show),
};

static const struct sysfs_attr part_attrs[] = {
	SYSFS_ATTR_RO("partition", partition_show),
	SYSFS_ATTR_RO("start", start_show),
};

/* ---- a whole disk ---------------------------------------------------------------------------- */

static ssize_t range_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;
	int minors = attr->name[0] == 'e' ? 256 : bdev->bd_disk->minors;

	return sysfs_emit(buf, "%d\n", bdev->bd_disk->flags & GENHD_FL_NO_PART ? 1 : minors);
}

static ssize_t removable_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%d\n", !!(bdev->bd_disk->flags & GENHD_FL_REMOVABLE));
}

static ssize_t hidden_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%d\n", !!(bdev->bd_disk->flags & GENHD_FL_HIDDEN));
}

static ssize_t diskseq_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct block_device *bdev = priv;

	return sysfs_emit(buf, "%llu\n", bdev->bd_disk->diskseq);
}

static ssize_t serial_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct gendisk *disk = ((struct block_device *)priv)->bd_disk;
	char serial[64] = "";
	int n = disk->fops->get_serial(disk, serial, sizeof(serial) - 1);

	return n < 0 ? n : sysfs_emit(buf, "%s\n", serial);
}

static const struct sysfs_attr disk_attrs[] = {
	SYSFS_ATTR_RO("range", range_show),	    SYSFS_ATTR_RO("ext_range", range_show),
	SYSFS_ATTR_RO("removable", removable_show), SYSFS_ATTR_RO("hidden", hidden_show),
	SYSFS_ATTR_RO("diskseq", diskseq_show),
};
static const struct sysfs_attr serial_attr = SYSFS_ATTR_RO("serial", serial_show);

/* ---- queue/ ---------------------------------------------------------------------------------- */

/* Plain numbers of the queue: one function for all, by name. */
static ssize_t queue_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct request_queue *q = priv;
	const struct queue_limits *l = &q->limits;
	const struct {
		const char *name;
		u64 value;
	} values[] = {
		{"logical_block_size", l->logical_block_size},
		{"hw_sector_size", l->logical_block_size},
		{"physical_block_size", l->physical_block_size},
		{"minimum_io_size", l->io_min},
		{"optimal_io_size", l->io_opt},
		{"max_sectors_kb", l->max_sectors / 2},
		{"max_hw_sectors_kb", l->max_hw_sectors / 2},
		{"max_segments", l->max_segments},
		{"max_segment_size", l->max_segment_size},
		{"discard_granularity", l->discard_granularity},
		{"discard_max_bytes", (u64)l->max_discard_sectors << 9},
		{"discard_max_hw_bytes", (u64)l->max_discard_sectors << 9},
		{"discard_zeroes_data", 0},
		{"write_zeroes_max_bytes", (u64)l->max_write_zeroes_sectors << 9},
		{"write_same_max_bytes", 0},
		{"dma_alignment", l->dma_alignment},
		{"virt_boundary_mask", l->virt_boundary_mask},
		{"rotational", !(q->flags & QUEUE_NONROT)},
		{"fua", !!(q->flags & QUEUE_FUA)},
		{"dax", 0},
		{"add_random", 0},
		{"iostats", 1},
		{"nomerges", 0},
		{"rq_affinity", 1},
		{"nr_zones", 0},
		{"nr_requests", q->tag_set ? q->tag_set->queue_depth : 0},
		{"read_ahead_kb", q->ra_pages * (PAGE_SIZE / 1024)},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++)
		if (!strcmp(values[i].name, attr->name))
			return sysfs_emit(buf, "%llu\n", values[i].value);
	return -EIO;
}

static ssize_t read_ahead_store(const struct sysfs_attr *attr, void *priv, const char *buf,
				size_t len)
{
	struct request_queue *q = priv;
	unsigned long kb;
	int err = kstrtoul(buf, 10, &kb);

	if (err)
		return err;
	q->ra_pages = min(kb, 1ul << 20) / (PAGE_SIZE / 1024);
	return len;
}

static ssize_t max_sectors_store(const struct sysfs_attr *attr, void *priv, const char *buf,
				 size_t len)
{
	struct request_queue *q = priv;
	unsigned long kb;
	int err = kstrtoul(buf, 10, &kb);

	if (err)
		return err;
	if (kb < PAGE_SIZE / 1024 || kb > q->limits.max_hw_sectors / 2)
		return -EINVAL;
	q->limits.max_sectors = kb * 2;
	return len;
}

static ssize_t scheduler_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "[none]\n");
}

static ssize_t zoned_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "none\n");
}

static ssize_t write_cache_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct request_queue *q = priv;

	return sysfs_emit(buf, q->flags & QUEUE_WRITE_CACHE ? "write back\n" : "write through\n");
}

#define QUEUE_NUMBER(nm) SYSFS_ATTR_RO(nm, queue_show)
static const struct sysfs_attr queue_attrs[] = {
	QUEUE_NUMBER("logical_block_size"),
	QUEUE_NUMBER("hw_sector_size"),
	QUEUE_NUMBER("physical_block_size"),
	QUEUE_NUMBER("minimum_io_size"),
	QUEUE_NUMBER("optimal_io_size"),
	SYSFS_ATTR_RW("max_sectors_kb", queue_show, max_sectors_store),
	QUEUE_NUMBER("max_hw_sectors_kb"),
	QUEUE_NUMBER("max_segments"),
	QUEUE_NUMBER("max_segment_size"),
	QUEUE_NUMBER("discard_granularity"),
	QUEUE_NUMBER("discard_max_bytes"),
	QUEUE_NUMBER("discard_max_hw_bytes"),
	QUEUE_NUMBER("discard_zeroes_data"),
	QUEUE_NUMBER("write_zeroes_max_bytes"),
	QUEUE_NUMBER("write_same_max_bytes"),
	QUEUE_NUMBER("dma_alignment"),
	QUEUE_NUMBER("virt_boundary_mask"),
	QUEUE_NUMBER("rotational"),
	QUEUE_NUMBER("fua"),
	QUEUE_NUMBER("dax"),
	QUEUE_NUMBER("add_random"),
	QUEUE_NUMBER("iostats"),
	QUEUE_NUMBER("nomerges"),
	QUEUE_NUMBER("rq_affinity"),
	QUEUE_NUMBER("nr_zones"),
	QUEUE_NUMBER("nr_requests"),
	SYSFS_ATTR_RW("read_ahead_kb", queue_show, read_ahead_store),
	SYSFS_ATTR_RO("scheduler", scheduler_show),
	SYSFS_ATTR_RO("zoned", zoned_show),
	SYSFS_ATTR_RO("write_cache", write_cache_show),
};

/* ---- making and removing --------------------------------------------------------------------- */

static int add_files(struct sysfs_node *dir, const struct sysfs_attr *attrs, size_t n, void *priv)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = sysfs_create_file(dir, &attrs[i], priv);
	return err;
}

static int add_link(const char *where, const char *name, struct sysfs_node *target)
{
	struct sysfs_node *dir = sysfs_mkdir(NULL, where);

	return dir ? sysfs_create_link(dir, name, target) : -ENOMEM;
}

static void del_link(const char *where, const char *name)
{
	struct sysfs_node *dir = sysfs_find(NULL, where);

	if (dir)
		sysfs_remove(sysfs_find(dir, name));
}

static char *number_of(const struct block_device *bdev, char *buf, size_t size)
{
	snprintf(buf, size, "%u:%u", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev));
	return buf;
}

/* The directories of a disk; its numbers are not known to be good yet, so no links. */
int disk_add_sysfs(struct gendisk *disk)
{
	struct sysfs_node *block, *queue;
	int err;

	if (!IS_ENABLED(CONFIG_SYSFS))
		return 0;
	block = disk->parent ? sysfs_mkdir(disk->parent, "block") :
			       sysfs_mkdir(NULL, "devices/virtual/block");
	if (!block)
		return -ENOMEM;
	if (sysfs_find(block, disk->disk_name))
		return -EEXIST;
	disk->sysfs = sysfs_mkdir(block, disk->disk_name);
	if (!disk->sysfs)
		return -ENOMEM;
	disk->part0->bd_sysfs = disk->sysfs;
	queue = sysfs_mkdir(disk->sysfs, "queue");
	err = queue ? add_files(queue, queue_attrs, ARRAY_SIZE(queue_attrs), disk->queue) : -ENOMEM;
	if (!err)
		err = add_files(disk->sysfs, disk_attrs, ARRAY_SIZE(disk_attrs), disk->part0);
	if (!err && disk->fops->get_serial)
		err = sysfs_create_file(disk->sysfs, &serial_attr, disk->part0);
	if (!err && (!sysfs_mkdir(disk->sysfs, "holders") || !sysfs_mkdir(disk->sysfs, "slaves")))
		err = -ENOMEM;
	if (!err && disk->parent)
		err = sysfs_create_link(disk->sysfs, "device", disk->parent);
	if (!err)
		blk_fail_sysfs(disk);
	if (err)
		disk_del_sysfs(disk);
	return err;
}

void disk_del_sysfs(struct gendisk *disk)
{
	sysfs_remove(disk->sysfs);
	disk->sysfs = NULL;
	disk->part0->bd_sysfs = NULL;
}

int part_add_sysfs(struct block_device *part)
{
	char name[BDEVNAME_SIZE], number[24];
	int err;

	if (!IS_ENABLED(CONFIG_SYSFS))
		return 0;
	bdevname(part, name);
	if (part->bd_partno) {
		part->bd_sysfs = sysfs_mkdir(part->bd_disk->sysfs, name);
		if (!part->bd_sysfs || !sysfs_mkdir(part->bd_sysfs, "holders"))
			return -ENOMEM;
		err = add_files(part->bd_sysfs, part_attrs, ARRAY_SIZE(part_attrs), part);
		if (err)
			return err;
	} else {
		err = add_link("block", name, part->bd_sysfs);
		if (err)
			return err;
	}
	err = add_files(part->bd_sysfs, common_attrs, ARRAY_SIZE(common_attrs), part);
	if (!err)
		err = add_link("class/block", name, part->bd_sysfs);
	if (!err)
		err = add_link("dev/block", number_of(part, number, sizeof(number)),
			       part->bd_sysfs);
	return err;
}

void part_del_sysfs(struct block_device *part)
{
	char name[BDEVNAME_SIZE], number[24];

	if (!IS_ENABLED(CONFIG_SYSFS))
		return;
	bdevname(part, name);
	del_link("dev/block", number_of(part, number, sizeof(number)));
	del_link("class/block", name);
	if (!part->bd_partno)
		del_link("block", name);
	else
		sysfs_remove(part->bd_sysfs);
	part->bd_sysfs = NULL;
}
