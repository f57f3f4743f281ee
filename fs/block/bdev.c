/* SPDX-License-Identifier: MIT */
/*
 * Block devices as objects: their inodes in the internal file system "bdev", found by number;
 * opening and closing; who holds one exclusively.
 *
 * A block_device lives in its inode's allocation. The disk has a reference to it from bdev_alloc()
 * until the disk (or the partition) goes, each opener one more. A partition refers to part0, whose
 * last reference frees the disk.
 *
 * Claims: a holder has a device alone, and with it, weakly, the whole disk: other partitions may be
 * claimed too, the whole disk may not.
 */
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/smp.h>
#include <mm/pagemap.h>
#include <fs/buffer_head.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <fs/dcache.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include "blk.h"

struct bdev_inode {
	struct block_device bdev;
	struct address_space mapping;
	struct inode vfs_inode;
};

static struct kmem_cache *bdev_cache __ro_after_init;
static struct super_block *bdev_sb __ro_after_init;
static DEFINE_MUTEX(bdev_lock); /* holders */
static char whole_holder; /* its address holds disks whose partitions are claimed */

static struct bdev_inode *BDEV_I(struct inode *inode)
{
	return container_of(inode, struct bdev_inode, vfs_inode);
}

struct block_device *I_BDEV(struct inode *inode)
{
	return &BDEV_I(inode)->bdev;
}

/* ---- the file system ------------------------------------------------------------------------- */

static struct inode *bdev_alloc_inode(struct super_block *sb)
{
	struct bdev_inode *bi = kmem_cache_zalloc(bdev_cache, GFP_KERNEL);

	return bi ? &bi->vfs_inode : NULL;
}

static void bdev_free_inode(struct inode *inode)
{
	kmem_cache_free(bdev_cache, BDEV_I(inode));
}

static void bdev_evict_inode(struct inode *inode)
{
	struct block_device *bdev = I_BDEV(inode);

	truncate_inode_pages_final(inode->i_mapping);
	kfree(bdev->bd_stats);
	if (!bdev->bd_disk)
		return;
	if (bdev->bd_partno)
		bdev_put(bdev->bd_disk->part0);
	else
		disk_release(bdev->bd_disk);
}

static const struct super_operations bdev_sops = {
	.alloc_inode = bdev_alloc_inode,
	.free_inode = bdev_free_inode,
	.evict_inode = bdev_evict_inode,
	.statfs = simple_statfs,
};

static int bdev_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;

	sb->s_op = &bdev_sops;
	sb->s_magic = 0x62646576;
	sb->s_flags |= SB_NOUSER | SB_KERNMOUNT | SB_ACTIVE;
	inode = new_inode(sb);
	if (!inode)
		return -ENOMEM;
	inode->i_mapping = &BDEV_I(inode)->mapping;
	address_space_init(inode->i_mapping, inode, &def_blk_aops);
	inode->i_mode = S_IFDIR | 0700;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *bdev_mount(const struct file_system_type *type, unsigned int flags,
				 const char *source, char *data)
{
	return mount_nodev(type, flags, NULL, bdev_fill_super);
}

static struct file_system_type bdev_type = {
	.name = "bdev", .mount = bdev_mount, .kill_sb = kill_anon_super};

void bdev_cache_init(void)
{
	struct vfsmount *mnt;

	bdev_cache = kmem_cache_create("bdev_cache", sizeof(struct bdev_inode), 0,
				       SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	register_filesystem(&bdev_type);
	mnt = kern_mount(&bdev_type);
	if (IS_ERR(mnt))
		panic("block: no memory for the bdev file system");
	bdev_sb = mnt->mnt_sb;
}

/* ---- objects --------------------------------------------------------------------------------- */

struct block_device *bdev_alloc(struct gendisk *disk, unsigned int partno)
{
	struct inode *inode = new_inode(bdev_sb);
	struct block_device *bdev;

	if (!inode)
		return NULL;
	bdev = I_BDEV(inode);
	inode->i_mode = S_IFBLK | 0600;
	inode->i_mapping = &BDEV_I(inode)->mapping;
	address_space_init(inode->i_mapping, inode, &def_blk_aops);
	bdev->bd_stats = kcalloc(nr_cpu_ids, sizeof(struct disk_stats), GFP_KERNEL);
	if (!bdev->bd_stats) {
		iput(inode);
		return NULL;
	}
	bdev->bd_inode = inode;
	bdev->bd_mapping = inode->i_mapping;
	bdev->bd_disk = disk;
	bdev->bd_queue = disk->queue;
	bdev->bd_partno = partno;
	if (partno)
		bdev_get(disk->part0);
	return bdev;
}

int bdev_add(struct block_device *bdev, dev_t dev)
{
	int err;

	bdev->bd_dev = dev;
	bdev->bd_inode->i_rdev = dev;
	bdev->bd_inode->i_ino = dev;
	err = insert_inode_locked(bdev->bd_inode);
	if (!err)
		unlock_new_inode(bdev->bd_inode);
	return err;
}

void bdev_unhash(struct block_device *bdev)
{
	bdev->bd_dead = true;
	remove_inode_hash(bdev->bd_inode);
	clear_nlink(bdev->bd_inode); /* what is dirty now has nowhere to go */
}

void bdev_set_nr_sectors(struct block_device *bdev, sector_t sectors)
{
	WRITE_ONCE(bdev->bd_nr_sectors, sectors);
	i_size_write(bdev->bd_inode, (loff_t)sectors << SECTOR_SHIFT);
}

struct block_device *bdev_find(dev_t dev)
{
	struct inode *inode = ilookup(bdev_sb, dev);

	return inode ? I_BDEV(inode) : NULL;
}

const char *bdevname(const struct block_device *bdev, char *buf)
{
	const char *disk = bdev->bd_disk->disk_name;
	size_t n = strlen(disk);

	if (!bdev->bd_partno)
		strscpy(buf, disk, BDEVNAME_SIZE);
	else
		snprintf(buf, BDEVNAME_SIZE, "%s%s%u", disk,
			 n && disk[n - 1] >= '0' && disk[n - 1] <= '9' ? "p" : "", bdev->bd_partno);
	return buf;
}

/* ---- exclusive use --------------------------------------------------------------------------- */

static bool may_claim(struct block_device *bdev, struct block_device *whole, const void *holder)
{
	if (bdev->bd_holder == holder)
		return true;
	if (bdev->bd_holder)
		return false;
	return bdev == whole || !whole->bd_holder || whole->bd_holder == &whole_holder;
}

static int claim(struct block_device *bdev, void *holder)
{
	struct block_device *whole = bdev->bd_disk->part0;
	int err = -EBUSY;

	mutex_lock(&bdev_lock);
	if (may_claim(bdev, whole, holder)) {
		if (bdev != whole) {
			whole->bd_holder = &whole_holder;
			whole->bd_holders++;
		}
		bdev->bd_holder = holder;
		bdev->bd_holders++;
		err = 0;
	}
	mutex_unlock(&bdev_lock);
	return err;
}

static void drop_holder(struct block_device *bdev)
{
	if (!--bdev->bd_holders)
		bdev->bd_holder = NULL;
}

static void unclaim(struct block_device *bdev)
{
	struct block_device *whole = bdev->bd_disk->part0;

	mutex_lock(&bdev_lock);
	drop_holder(bdev);
	if (bdev != whole)
		drop_holder(whole);
	mutex_unlock(&bdev_lock);
}

/* ---- open and close -------------------------------------------------------------------------- */

/* The largest block, up to a page, that divides the device. */
static void set_init_blocksize(struct block_device *bdev)
{
	unsigned int size = bdev_logical_block_size(bdev);

	while (size < PAGE_SIZE && !(bdev_nr_bytes(bdev) & size))
		size <<= 1;
	bdev->bd_inode->i_blkbits = __builtin_ctz(size);
}

static int open_whole(struct block_device *whole, fmode_t mode)
{
	struct gendisk *disk = whole->bd_disk;
	int err = disk->fops->open ? disk->fops->open(whole, mode) : 0;

	if (err)
		return err;
	if (!whole->bd_openers++)
		set_init_blocksize(whole);
	if (test_and_clear_bit(GD_NEED_PART_SCAN, &disk->state))
		bdev_disk_changed(disk, false);
	return 0;
}

static void flush_mapping(struct block_device *bdev)
{
	sync_blockdev(bdev);
	truncate_inode_pages(bdev->bd_mapping, 0);
}

static void close_whole(struct block_device *whole, fmode_t mode)
{
	struct gendisk *disk = whole->bd_disk;

	if (!--whole->bd_openers)
		flush_mapping(whole);
	if (disk->fops->release)
		disk->fops->release(disk, mode);
}

static int open_part(struct block_device *part, fmode_t mode)
{
	struct gendisk *disk = part->bd_disk;
	int err = open_whole(disk->part0, mode);

	if (err)
		return err;
	if (part->bd_dead || !bdev_nr_sectors(part)) {
		close_whole(disk->part0, mode);
		return -ENXIO;
	}
	disk->open_partitions++;
	if (!part->bd_openers++)
		set_init_blocksize(part);
	return 0;
}

static int do_open(struct block_device *bdev, fmode_t mode)
{
	struct gendisk *disk = bdev->bd_disk;
	int err = -ENXIO;

	mutex_lock(&disk->open_mutex);
	if (!bdev->bd_dead && test_bit(GD_ADDED, &disk->state))
		err = bdev->bd_partno ? open_part(bdev, mode) : open_whole(bdev, mode);
	mutex_unlock(&disk->open_mutex);
	return err;
}

struct block_device *blkdev_get_by_dev(dev_t dev, fmode_t mode, void *holder)
{
	struct block_device *bdev = bdev_find(dev);
	int err = 0;

	if (!bdev)
		return ERR_PTR(-ENXIO);
	if (mode & FMODE_EXCL)
		err = claim(bdev, holder);
	if (err)
		goto out_put;
	err = do_open(bdev, mode);
	if (err)
		goto out_unclaim;
	return bdev;

out_unclaim:
	if (mode & FMODE_EXCL)
		unclaim(bdev);
out_put:
	bdev_put(bdev);
	return ERR_PTR(err);
}

void blkdev_put(struct block_device *bdev, fmode_t mode)
{
	struct gendisk *disk = bdev->bd_disk;

	/* Most of it without the mutex, so that others can open meanwhile. */
	if (READ_ONCE(bdev->bd_openers) == 1)
		sync_blockdev(bdev);
	mutex_lock(&disk->open_mutex);
	if (mode & FMODE_EXCL)
		unclaim(bdev);
	if (bdev->bd_partno) {
		if (!--bdev->bd_openers)
			flush_mapping(bdev);
		disk->open_partitions--;
	}
	close_whole(disk->part0, mode);
	mutex_unlock(&disk->open_mutex);
	bdev_put(bdev);
}

int lookup_bdev(const char *pathname, dev_t *dev)
{
	struct inode *inode;
	struct path path;
	int err = kern_path(pathname, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	inode = d_inode(path.dentry);
	if (!S_ISBLK(inode->i_mode))
		err = -ENOTBLK;
	else if ((path.mnt->mnt_flags & MNT_NODEV) || (path.mnt->mnt_sb->s_flags & SB_NODEV))
		err = -EACCES;
	else
		*dev = inode->i_rdev;
	path_put(&path);
	return err;
}

struct block_device *blkdev_get_by_path(const char *path, fmode_t mode, void *holder)
{
	struct block_device *bdev;
	dev_t dev;
	int err = lookup_bdev(path, &dev);

	if (err)
		return ERR_PTR(err);
	bdev = blkdev_get_by_dev(dev, mode, holder);
	if (!IS_ERR(bdev) && (mode & FMODE_WRITE) && bdev_read_only(bdev)) {
		blkdev_put(bdev, mode);
		return ERR_PTR(-EACCES);
	}
	return bdev;
}

/* ---- the page cache of a device -------------------------------------------------------------- */

int sync_blockdev_range(struct block_device *bdev, loff_t start, loff_t end)
{
	return filemap_write_and_wait_range(bdev->bd_mapping, start, end);
}

int sync_blockdev(struct block_device *bdev)
{
	return sync_blockdev_range(bdev, 0, MAX_LFS_FILESIZE);
}

int sync_blockdev_nowait(struct block_device *bdev)
{
	return filemap_fdatawrite_range(bdev->bd_mapping, 0, MAX_LFS_FILESIZE);
}

void invalidate_bdev(struct block_device *bdev)
{
	invalidate_mapping_pages(bdev->bd_mapping, 0, ULONG_MAX);
}

int set_blocksize(struct block_device *bdev, unsigned int size)
{
	struct inode *inode = bdev->bd_inode;

	if (size > PAGE_SIZE || size < 512 || (size & (size - 1)) ||
	    size < bdev_logical_block_size(bdev))
		return -EINVAL;
	if (block_size(bdev) == size)
		return 0;
	sync_blockdev(bdev);
	inode_lock(inode);
	inode->i_blkbits = __builtin_ctz(size);
	truncate_inode_pages(inode->i_mapping, 0);
	inode_unlock(inode);
	return 0;
}

static int bdev_init(void)
{
	bdev_cache_init();
	return 0;
}
core_initcall(bdev_init);
