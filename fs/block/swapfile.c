/* SPDX-License-Identifier: MIT */
/*
 * swapon(2), swapoff(2), /proc/swaps, and the I/O of <mm/swap.h>: areas on block devices, and on
 * files whose blocks are looked up once, when the area is added. A file in use as swap cannot be
 * written, truncated or removed (S_SWAPFILE).
 *
 * The header is mkswap(8)'s, page 0 of the area: nothing in it is believed. swapon_mutex guards the
 * list of areas.
 */
#include <fs/bio.h>
#include <fs/blkdev.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <lib/bitmap.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>
#include <uapi/capability.h>

#include "swapfile.h"

#define PAGE_SECTORS (PAGE_SIZE >> SECTOR_SHIFT)

/* Slots [slot, slot + n) are at @sector and on. */
struct swap_extent {
	unsigned long slot, n;
	sector_t sector;
};

struct swap_file {
	struct swap_area area;
	struct file *file;
	struct block_device *bdev; /* opened by us if the file is a device */
	struct swap_extent *extents; /* by slot */
	unsigned int nr_extents;
	struct list_head list; /* swap_files, the oldest first */
};

static DEFINE_MUTEX(swapon_mutex);
static LIST_HEAD(swap_files);
static int least_prio = -1; /* of areas that were given none: each less than the one before */

/* ---- I/O ---- */

static const struct swap_extent *extent_of(const struct swap_file *sf, unsigned long slot)
{
	unsigned int lo = 0, hi = sf->nr_extents;

	while (hi - lo > 1) {
		unsigned int mid = (lo + hi) / 2;

		if (sf->extents[mid].slot <= slot)
			lo = mid;
		else
			hi = mid;
	}
	return &sf->extents[lo];
}

static int swap_file_rw(struct swap_area *area, unsigned long slot, struct page **pages,
			unsigned int n, bool write)
{
	struct swap_file *sf = container_of(area, struct swap_file, area);
	struct bio_vec vecs[SWAP_BATCH];
	int err = 0;

	while (n && !err) {
		const struct swap_extent *e = extent_of(sf, slot);
		unsigned int run = min3((unsigned long)n, e->slot + e->n - slot, 0ul + SWAP_BATCH);
		unsigned int in = 0;
		struct bio bio;

		bio_init(&bio, sf->bdev, vecs, SWAP_BATCH, write ? REQ_OP_WRITE : REQ_OP_READ);
		bio.bi_iter.bi_sector = e->sector + (slot - e->slot) * PAGE_SECTORS;
		while (in < run && bio_add_page(&bio, pages[in], PAGE_SIZE, 0))
			in++;
		err = in ? submit_bio_wait(&bio) : -EIO;
		pages += in;
		slot += in;
		n -= in;
	}
	return err;
}

/* ---- the header ---- */

/* What mkswap wrote makes an area of at most @pages pages: 0 or -EINVAL, -ENOMEM. */
static int use_header(struct swap_file *sf, const union swap_header *h, unsigned long pages)
{
	unsigned long last = le32_to_cpu(h->info.last_page);
	unsigned int bad = le32_to_cpu(h->info.nr_badpages);
	struct swap_area *area = &sf->area;

	if (memcmp(h->magic.magic, "SWAPSPACE2", 10)) {
		pr_err("swapon: no swap header\n");
		return -EINVAL;
	}
	if (le32_to_cpu(h->info.version) != 1 || !last || last >= pages ||
	    bad > SWAP_MAX_BADPAGES || bad >= last) {
		pr_err("swapon: bad header: version %u, %lu of %lu pages, %u of them bad\n",
		       le32_to_cpu(h->info.version), last, pages, bad);
		return -EINVAL;
	}
	area->max = last + 1;
	area->pages = last - bad;
	area->used = vzalloc(BITS_TO_LONGS(area->max) * sizeof(long));
	if (!area->used)
		return -ENOMEM;
	set_bit(0, area->used);
	for (unsigned int i = 0; i < bad; i++) {
		u32 page = le32_to_cpu(h->info.badpages[i]);

		if (!page || page > last || test_bit(page, area->used))
			return -EINVAL;
		set_bit(page, area->used);
	}
	return 0;
}

static int read_header(struct swap_file *sf, unsigned long pages)
{
	union swap_header *h = (void *)__get_free_page(GFP_KERNEL);
	loff_t pos = 0;
	ssize_t n;
	int err;

	if (!h)
		return -ENOMEM;
	n = kernel_read(sf->file, h, PAGE_SIZE, &pos);
	err = n == (ssize_t)PAGE_SIZE ? use_header(sf, h, pages) : n < 0 ? (int)n : -EINVAL;
	free_page((unsigned long)h);
	return err;
}

/* ---- where the slots are ---- */

static int add_extent(struct swap_file *sf, unsigned long slot, sector_t sector)
{
	struct swap_extent *last = sf->extents + sf->nr_extents - 1, *more;

	if (sf->nr_extents && last->sector + (slot - last->slot) * PAGE_SECTORS == sector) {
		last->n++;
		return 0;
	}
	if (!(sf->nr_extents & (sf->nr_extents - 1))) {
		size_t size = max(2 * sf->nr_extents, 1u) * sizeof(*more);

		more = kvmalloc(size, GFP_KERNEL);
		if (!more)
			return -ENOMEM;
		if (sf->nr_extents)
			memcpy(more, sf->extents, sf->nr_extents * sizeof(*more));
		kvfree(sf->extents);
		sf->extents = more;
	}
	sf->extents[sf->nr_extents++] = (struct swap_extent){slot, 1, sector};
	return 0;
}

/* The blocks of page @slot, which have to lie in a row. 0, -EINVAL for a hole, -errno. */
static int map_file_page(struct swap_file *sf, struct inode *inode, unsigned long slot)
{
	unsigned int bits = inode->i_blkbits, per_page = PAGE_SIZE >> bits;
	const struct address_space_operations *ops = inode->i_mapping->a_ops;
	sector_t first = ops->bmap(inode->i_mapping, (sector_t)slot * per_page);

	for (unsigned int i = 1; first && i < per_page; i++)
		if (ops->bmap(inode->i_mapping, (sector_t)slot * per_page + i) != first + i)
			first = 0;
	if (!first) {
		pr_err("swapon: the file has holes, or pages in pieces\n");
		return -EINVAL;
	}
	return add_extent(sf, slot, first << (bits - SECTOR_SHIFT));
}

static int map_slots(struct swap_file *sf, struct inode *inode)
{
	int err = 0;

	if (S_ISBLK(inode->i_mode)) {
		err = add_extent(sf, 0, 0);
		if (!err)
			sf->extents[0].n = sf->area.max;
		return err;
	}
	for (unsigned long slot = 0; !err && slot < sf->area.max; slot++) {
		err = map_file_page(sf, inode, slot);
		if (!err && signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

/* ---- on ---- */

static void free_swap_file(struct swap_file *sf)
{
	struct inode *inode = file_inode(sf->file);

	if (S_ISBLK(inode->i_mode) && sf->bdev)
		blkdev_put(sf->bdev, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
	fput(sf->file);
	vfree(sf->area.used);
	kvfree(sf->extents);
	kfree(sf);
}

/* The device that holds the area, and its size in pages. -EBUSY, -EINVAL... */
static int claim(struct swap_file *sf, struct inode *inode, unsigned long *pages)
{
	loff_t size;

	if (S_ISBLK(inode->i_mode)) {
		struct block_device *bdev =
			blkdev_get_by_dev(inode->i_rdev, FMODE_READ | FMODE_WRITE | FMODE_EXCL, sf);

		if (IS_ERR(bdev))
			return PTR_ERR(bdev);
		sf->bdev = bdev;
		size = bdev_nr_bytes(bdev);
	} else if (S_ISREG(inode->i_mode)) {
		if (!inode->i_sb->s_bdev || !inode->i_mapping || !inode->i_mapping->a_ops->bmap)
			return -EINVAL;
		if (inode->i_flags & S_SWAPFILE)
			return -EBUSY;
		sf->bdev = inode->i_sb->s_bdev;
		size = i_size_read(inode);
	} else {
		return -EINVAL;
	}
	*pages = min_t(u64, size >> PAGE_SHIFT, SWAP_MAX_SLOTS);
	return 0;
}

static int set_up(struct swap_file *sf, int flags)
{
	struct inode *inode = file_inode(sf->file);
	unsigned long pages = 0;
	int err = claim(sf, inode, &pages);

	if (!err && S_ISREG(inode->i_mode))
		err = vfs_fsync_range(sf->file, 0, MAX_LFS_FILESIZE, 0);
	if (!err)
		err = read_header(sf, pages);
	if (!err)
		err = map_slots(sf, inode);
	if (err)
		return err;
	sf->area.rw = swap_file_rw;
	sf->area.prio = (flags & SWAP_FLAG_PREFER) ? flags & SWAP_FLAG_PRIO_MASK : least_prio - 1;
	err = swap_area_add(&sf->area);
	if (err)
		return err;
	if (!(flags & SWAP_FLAG_PREFER))
		least_prio--;
	if (S_ISREG(inode->i_mode))
		inode->i_flags |= S_SWAPFILE;
	list_add_tail(&sf->list, &swap_files);
	return 0;
}

static struct file *open_area(const char __user *path, int flags)
{
	struct filename name;
	struct file *file;
	int err = getname(&name, path);

	if (err)
		return ERR_PTR(err);
	file = filp_open(name.name, flags, 0);
	putname(&name);
	return file;
}

SYSCALL_DEFINE2(swapon, const char __user *, path, int, flags)
{
	struct swap_file *sf;
	int err;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	sf = kzalloc(sizeof(*sf), GFP_KERNEL);
	if (!sf)
		return -ENOMEM;
	sf->file = open_area(path, O_RDWR | O_LARGEFILE);
	if (IS_ERR(sf->file)) {
		err = PTR_ERR(sf->file);
		kfree(sf);
		return err;
	}
	mutex_lock(&swapon_mutex);
	err = set_up(sf, flags);
	mutex_unlock(&swapon_mutex);
	if (err)
		free_swap_file(sf);
	return err;
}

/* ---- off ---- */

/* swapon_mutex held. */
static struct swap_file *find_swap_file(const struct inode *inode)
{
	struct swap_file *sf;

	list_for_each_entry(sf, &swap_files, list) {
		const struct inode *other = file_inode(sf->file);

		if (other == inode || (S_ISBLK(inode->i_mode) && S_ISBLK(other->i_mode) &&
				       other->i_rdev == inode->i_rdev))
			return sf;
	}
	return NULL;
}

static int turn_off(struct swap_file *sf)
{
	int err = swap_area_stop(&sf->area);

	if (err)
		return err;
	err = swap_unuse(&sf->area);
	if (err) {
		swap_area_restart(&sf->area);
		return err;
	}
	swap_area_remove(&sf->area);
	list_del(&sf->list);
	file_inode(sf->file)->i_flags &= ~S_SWAPFILE;
	free_swap_file(sf);
	return 0;
}

SYSCALL_DEFINE1(swapoff, const char __user *, path)
{
	struct swap_file *sf;
	struct file *file;
	int err = -EINVAL;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	file = open_area(path, O_RDONLY | O_LARGEFILE | O_NONBLOCK);
	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&swapon_mutex);
	sf = find_swap_file(file_inode(file));
	fput(file);
	if (sf)
		err = turn_off(sf);
	mutex_unlock(&swapon_mutex);
	return err;
}

/* ---- /proc/swaps ---- */

static void show_area(struct seq_file *m, const struct swap_file *sf)
{
	bool device = S_ISBLK(file_inode(sf->file)->i_mode);

	seq_path(m, &sf->file->f_path, " \t\n\\");
	seq_pad_to(m, 40);
	seq_printf(m, "%s\t%lu\t\t%lu\t\t%d\n", device ? "partition" : "file\t",
		   sf->area.pages << (PAGE_SHIFT - 10), sf->area.inuse << (PAGE_SHIFT - 10),
		   sf->area.prio);
}

int proc_swaps_show(struct seq_file *m, void *v)
{
	struct swap_file *sf;

	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	mutex_lock(&swapon_mutex);
	list_for_each_entry(sf, &swap_files, list)
		show_area(m, sf);
	mutex_unlock(&swapon_mutex);
	return 0;
}
