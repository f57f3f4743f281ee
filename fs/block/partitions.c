/* SPDX-License-Identifier: MIT */
/* Partitions: as the disk's table says (lib/partition.c) or as BLKPG does. open_mutex is held. */
#include <mm/pagemap.h>
#include <lib/partition.h>
#include <lib/string.h>
#include <fs/devtmpfs.h>
#include "blk.h"

struct disk_source {
	struct part_source src;
	struct block_device *bdev;
};

/* Through the page cache, without a file. */
static int read_disk(struct part_source *src, u64 offset, void *buf, unsigned int len)
{
	struct block_device *bdev = container_of(src, struct disk_source, src)->bdev;

	while (len) {
		unsigned int off = offset & ~PAGE_MASK;
		unsigned int n = min_t(unsigned int, len, PAGE_SIZE - off);
		struct page *page = read_cache_page(bdev->bd_mapping, offset >> PAGE_SHIFT, NULL);

		if (IS_ERR(page))
			return PTR_ERR(page);
		memcpy(buf, (char *)page_address(page) + off, n);
		put_page(page);
		buf = (char *)buf + n;
		offset += n;
		len -= n;
	}
	return 0;
}

static struct block_device *new_part(struct gendisk *disk, unsigned int partno, sector_t start,
				     sector_t len)
{
	struct block_device *part = bdev_alloc(disk, partno);
	dev_t dev;
	int err;

	if (!part)
		return ERR_PTR(-ENOMEM);
	part->bd_start_sect = start;
	bdev_set_nr_sectors(part, len);
	dev = (int)partno < disk->minors ? MKDEV(disk->major, disk->first_minor + partno) :
					   blk_alloc_ext_devt();
	err = dev ? xa_insert(&disk->part_tbl, partno, part, GFP_KERNEL) : -ENOSPC;
	if (!err) {
		err = bdev_add(part, dev);
		if (err)
			xa_erase(&disk->part_tbl, partno);
	}
	if (err) {
		blk_free_ext_devt(dev);
		bdev_put(part);
		return ERR_PTR(err);
	}
	return part;
}

static int announce_part(struct block_device *part)
{
	char name[BDEVNAME_SIZE];
	int err = part_add_sysfs(part);

	if (!err)
		err = devtmpfs_create_node(bdevname(part, name), S_IFBLK | 0600, part->bd_dev);
	return err == -EEXIST ? 0 : err;
}

static bool overlaps(struct gendisk *disk, sector_t start, sector_t len, unsigned int but)
{
	struct block_device *part;
	unsigned long n = 0;

	for (part = xa_find(&disk->part_tbl, &n, ULONG_MAX, XA_PRESENT); part;
	     part = xa_find_after(&disk->part_tbl, &n, ULONG_MAX, XA_PRESENT))
		if (n != but && start < part->bd_start_sect + bdev_nr_sectors(part) &&
		    part->bd_start_sect < start + len)
			return true;
	return false;
}

static bool fits(struct gendisk *disk, sector_t start, sector_t len)
{
	sector_t size = get_capacity(disk);

	return start < size && len <= size - start;
}

int blk_add_partition(struct gendisk *disk, unsigned int partno, sector_t start, sector_t len)
{
	struct block_device *part;

	if (disk->flags & GENHD_FL_NO_PART)
		return -EINVAL;
	if (!fits(disk, start, len))
		return -EINVAL;
	if (xa_load(&disk->part_tbl, partno) || overlaps(disk, start, len, 0))
		return -EBUSY;
	part = new_part(disk, partno, start, len);
	return IS_ERR(part) ? PTR_ERR(part) : announce_part(part);
}

int blk_resize_partition(struct gendisk *disk, unsigned int partno, sector_t start, sector_t len)
{
	struct block_device *part = xa_load(&disk->part_tbl, partno);

	if (!part)
		return -ENXIO;
	if (start != part->bd_start_sect || !fits(disk, start, len))
		return -EINVAL;
	if (overlaps(disk, start, len, partno))
		return -EBUSY;
	bdev_set_nr_sectors(part, len);
	return 0;
}

static void add_found(struct gendisk *disk, const struct part_info *p)
{
	struct block_device *part =
		new_part(disk, p->number, p->start >> SECTOR_SHIFT, p->len >> SECTOR_SHIFT);

	if (IS_ERR(part)) {
		pr_warn("%s: partition %u is left out: %pe\n", disk->disk_name, p->number, part);
		return;
	}
	strscpy(part->bd_uuid, p->uuid, sizeof(part->bd_uuid));
	strscpy(part->bd_volname, p->name, sizeof(part->bd_volname));
	announce_part(part);
}

static int scan(struct gendisk *disk)
{
	struct disk_source d = {.src = {.size = bdev_nr_bytes(disk->part0),
					.block_size = bdev_logical_block_size(disk->part0),
					.read = read_disk},
				.bdev = disk->part0};
	struct part_info *found = kvmalloc_array(PART_MAX, sizeof(*found), GFP_KERNEL);
	enum part_table type;
	int n = -ENOMEM;

	d.src.buf = kmalloc(PART_BUF_SIZE, GFP_KERNEL);
	if (found && d.src.buf)
		n = partition_scan(&d.src, found, PART_MAX, &type);
	if (n < 0)
		pr_warn("%s: the partition table cannot be read: %pe\n", disk->disk_name,
			ERR_PTR(n));
	else if (d.src.backup_used)
		pr_warn("%s: the GPT is damaged; its backup at the end of the disk is used\n",
			disk->disk_name);
	for (int i = 0; i < n; i++)
		add_found(disk, &found[i]);
	if (n > 0)
		pr_info("%s: %d partitions (%s)\n", disk->disk_name, n,
			type == PART_GPT ? "GPT" : "MBR");
	kfree(d.src.buf);
	kvfree(found);
	return n < 0 ? n : 0;
}

int bdev_disk_changed(struct gendisk *disk, bool invalidate)
{
	int err;

	clear_bit(GD_NEED_PART_SCAN, &disk->state);
	if (disk->open_partitions)
		return -EBUSY;
	sync_blockdev(disk->part0);
	invalidate_bdev(disk->part0);
	err = blk_drop_partitions(disk);
	if (err || (disk->flags & GENHD_FL_NO_PART) || !get_capacity(disk))
		return err;
	return scan(disk);
}
