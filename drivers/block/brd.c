/* SPDX-License-Identifier: MIT */
/*
 * Ramdisks. Sectors live in pages, in an xarray by their offset on the disk; a page that is not
 * there reads as zeroes. The pages are the disk: they go only by discard, BLKFLSBUF or with it.
 */
#include <kernel/init.h>
#include <kernel/rcupdate.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <fs/blkdev.h>
#include <uapi/major.h>

#define SECTORS_PER_PAGE (PAGE_SIZE >> SECTOR_SHIFT)

struct brd {
	struct gendisk *disk;
	spinlock_t lock; /* changes of pages */
	struct xarray pages;
};

static unsigned long rd_nr __initdata = CONFIG_BLK_DEV_RAM_COUNT;
static unsigned long rd_size __initdata = CONFIG_BLK_DEV_RAM_SIZE; /* KB */

static int __init rd_nr_setup(char *value)
{
	return value ? kstrtoul(value, 10, &rd_nr) : -EINVAL;
}
__setup("brd.rd_nr", rd_nr_setup);

static int __init rd_size_setup(char *value)
{
	return value ? kstrtoul(value, 10, &rd_size) : -EINVAL;
}
__setup("brd.rd_size", rd_size_setup);

static int __init ramdisk_size_setup(char *value)
{
	return rd_size_setup(value);
}
__setup("ramdisk_size", ramdisk_size_setup);

/* The page of @sector or NULL; inside RCU, for which discard waits before it frees one. */
static struct page *find_page(struct brd *brd, sector_t sector)
{
	return xa_load(&brd->pages, sector / SECTORS_PER_PAGE);
}

/* 0, or -ENOMEM. */
static int insert_page(struct brd *brd, sector_t sector)
{
	struct page *page = alloc_page(GFP_NOIO | __GFP_ZERO);
	int err;

	if (!page)
		return -ENOMEM;
	do {
		struct xa_node *spare;

		spin_lock(&brd->lock);
		err = xa_insert(&brd->pages, sector / SECTORS_PER_PAGE, page,
				GFP_NOWAIT | __GFP_NOWARN);
		spin_unlock(&brd->lock);
		if (err != -ENOMEM)
			break;
		/* A node could not be had under the lock: have one in this CPU's cache. */
		spare = kmalloc(sizeof(*spare), GFP_NOIO);
		if (!spare)
			break;
		kfree(spare);
	} while (1);
	if (err)
		put_page(page);
	return err == -EBUSY ? 0 : err; /* somebody else was faster */
}

static int write_piece(struct brd *brd, sector_t sector, const void *from, unsigned int len)
{
	unsigned int off = (sector % SECTORS_PER_PAGE) << SECTOR_SHIFT;
	struct page *page;
	int err;

	for (;;) {
		rcu_read_lock();
		page = find_page(brd, sector);
		if (page)
			memcpy((char *)page_address(page) + off, from, len);
		rcu_read_unlock();
		if (page)
			return 0;
		err = insert_page(brd, sector);
		if (err)
			return err;
	}
}

static void read_piece(struct brd *brd, sector_t sector, void *to, unsigned int len)
{
	unsigned int off = (sector % SECTORS_PER_PAGE) << SECTOR_SHIFT;
	struct page *page;

	rcu_read_lock();
	page = find_page(brd, sector);
	if (page)
		memcpy(to, (char *)page_address(page) + off, len);
	else
		memset(to, 0, len);
	rcu_read_unlock();
}

/* One segment, cut at the pages of the disk. */
static int do_segment(struct brd *brd, bool write, sector_t sector, const struct bio_vec *bv)
{
	char *mem = (char *)page_address(bv->bv_page) + bv->bv_offset;
	unsigned int left = bv->bv_len;
	int err = 0;

	while (left && !err) {
		unsigned int off = (sector % SECTORS_PER_PAGE) << SECTOR_SHIFT;
		unsigned int len = min_t(unsigned int, left, PAGE_SIZE - off);

		if (write)
			err = write_piece(brd, sector, mem, len);
		else
			read_piece(brd, sector, mem, len);
		mem += len;
		sector += len >> SECTOR_SHIFT;
		left -= len;
	}
	return err;
}

/* Takes up to 64 pages of [*index, end) out of the disk: how many. */
static unsigned int take_pages(struct brd *brd, unsigned long *index, unsigned long end,
			       struct page **pages)
{
	unsigned int n = 0;

	spin_lock(&brd->lock);
	while (n < 64 && *index < end && xa_find(&brd->pages, index, end - 1, XA_PRESENT))
		pages[n++] = xa_erase(&brd->pages, (*index)++);
	spin_unlock(&brd->lock);
	return n;
}

/* Frees the whole pages of the range. */
static void discard(struct brd *brd, sector_t sector, sector_t nr)
{
	unsigned long index = DIV_ROUND_UP(sector, SECTORS_PER_PAGE);
	unsigned long end = (sector + nr) / SECTORS_PER_PAGE;
	struct page *pages[64];
	unsigned int n;

	while ((n = take_pages(brd, &index, end, pages))) {
		synchronize_rcu(); /* somebody may be copying from or to them */
		while (n)
			put_page(pages[--n]);
	}
}

static void brd_submit_bio(struct bio *bio)
{
	struct brd *brd = bio->bi_bdev->bd_disk->private_data;
	sector_t sector = bio->bi_iter.bi_sector;
	struct bvec_iter iter;
	struct bio_vec bv;
	int err = 0;

	if (bio_op(bio) == REQ_OP_DISCARD) {
		discard(brd, sector, bio_sectors(bio));
	} else {
		bio_for_each_segment(bv, bio, iter)
		{
			err = do_segment(brd, op_is_write(bio->bi_opf), iter.bi_sector, &bv);
			if (err)
				break;
		}
	}
	bio->bi_status = err;
	bio_endio(bio);
}

static const struct block_device_operations brd_fops = {.submit_bio = brd_submit_bio};

static int __init brd_add(unsigned int n)
{
	static const struct queue_limits limits = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = PAGE_SIZE,
		.max_discard_sectors = UINT_MAX >> SECTOR_SHIFT,
		.discard_granularity = PAGE_SIZE,
	};
	struct brd *brd = kzalloc(sizeof(*brd), GFP_KERNEL);
	int err;

	if (!brd)
		return -ENOMEM;
	spin_lock_init(&brd->lock);
	xa_init(&brd->pages);
	brd->disk = blk_alloc_disk(&limits);
	if (IS_ERR(brd->disk)) {
		err = PTR_ERR(brd->disk);
		goto out_free;
	}
	brd->disk->major = RAMDISK_MAJOR;
	brd->disk->first_minor = n;
	brd->disk->minors = 1;
	brd->disk->fops = &brd_fops;
	brd->disk->private_data = brd;
	brd->disk->queue->flags |= QUEUE_NONROT;
	/* It is empty: there is no table to look for yet. */
	brd->disk->flags = GENHD_FL_NO_PART;
	snprintf(brd->disk->disk_name, DISK_NAME_LEN, "ram%u", n);
	set_capacity(brd->disk, (sector_t)rd_size * 2);
	err = add_disk(brd->disk);
	if (err)
		goto out_disk;
	brd->disk->flags = 0;
	return 0;

out_disk:
	put_disk(brd->disk);
out_free:
	kfree(brd);
	return err;
}

static int __init brd_init(void)
{
	int err = register_blkdev(RAMDISK_MAJOR, "ramdisk");

	for (unsigned long i = 0; i < rd_nr && !err; i++)
		err = brd_add(i);
	return err;
}
device_initcall(brd_init);
