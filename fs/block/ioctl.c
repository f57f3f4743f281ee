/* SPDX-License-Identifier: MIT */
/* ioctl(2) of block devices: sizes, read-only, discard and zeroing, partitions. */
#include <kernel/cred.h>
#include <kernel/uaccess.h>
#include <mm/pagemap.h>
#include <uapi/blkpg.h>
#include <uapi/capability.h>
#include <uapi/fs.h>
#include <uapi/hdreg.h>
#include "blk.h"

/* ---- partitions ------------------------------------------------------------------------------ */

static int blkpg(struct block_device *bdev, const struct blkpg_ioctl_arg __user *uarg)
{
	struct gendisk *disk = bdev->bd_disk;
	struct blkpg_ioctl_arg arg;
	struct blkpg_partition p;
	sector_t start, len;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (copy_from_user(&arg, uarg, sizeof(arg)) ||
	    copy_from_user(&p, (void __user *)(unsigned long)arg.data, sizeof(p)))
		return -EFAULT;
	if (bdev->bd_partno || p.pno <= 0 || p.pno > 255)
		return -EINVAL;
	start = p.start >> SECTOR_SHIFT;
	len = p.length >> SECTOR_SHIFT;
	if (arg.op != BLKPG_DEL_PARTITION &&
	    (p.start < 0 || p.length <= 0 || p.start > LLONG_MAX - p.length ||
	     ((p.start | p.length) & (bdev_logical_block_size(bdev) - 1))))
		return -EINVAL;
	mutex_lock(&disk->open_mutex);
	switch (arg.op) {
	case BLKPG_ADD_PARTITION:
		err = blk_add_partition(disk, p.pno, start, len);
		break;
	case BLKPG_DEL_PARTITION:
		err = blk_del_partition(disk, p.pno);
		break;
	case BLKPG_RESIZE_PARTITION:
		err = blk_resize_partition(disk, p.pno, start, len);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&disk->open_mutex);
	return err;
}

static int reread_partitions(struct block_device *bdev)
{
	struct gendisk *disk = bdev->bd_disk;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (bdev->bd_partno || (disk->flags & GENHD_FL_NO_PART))
		return -EINVAL;
	mutex_lock(&disk->open_mutex);
	err = disk->open_partitions ? -EBUSY : bdev_disk_changed(disk, false);
	mutex_unlock(&disk->open_mutex);
	return err;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* A byte range of user space, checked, taken out of the page cache; i_rwsem is held then. */
static int begin_range(struct block_device *bdev, fmode_t mode, const u64 __user *arg, u64 range[2])
{
	u64 mask = bdev_logical_block_size(bdev) - 1;
	int err;

	if (!(mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(range, arg, 2 * sizeof(u64)))
		return -EFAULT;
	if (((range[0] | range[1]) & mask) || range[0] + range[1] < range[0] ||
	    range[0] + range[1] > (u64)bdev_nr_bytes(bdev))
		return -EINVAL;
	if (!range[1])
		return 0;
	inode_lock(bdev->bd_inode);
	err = sync_blockdev_range(bdev, range[0], range[0] + range[1] - 1);
	if (err)
		inode_unlock(bdev->bd_inode);
	else
		truncate_pagecache_range(bdev->bd_mapping, range[0], range[0] + range[1] - 1);
	return err;
}

static int ioctl_discard(struct block_device *bdev, fmode_t mode, const u64 __user *arg)
{
	u64 range[2];
	int err;

	if (!bdev_max_discard_sectors(bdev))
		return mode & FMODE_WRITE ? -EOPNOTSUPP : -EBADF;
	err = begin_range(bdev, mode, arg, range);
	if (err || !range[1])
		return err;
	err = blkdev_issue_discard(bdev, range[0] >> 9, range[1] >> 9, GFP_KERNEL);
	inode_unlock(bdev->bd_inode);
	return err;
}

static int ioctl_zeroout(struct block_device *bdev, fmode_t mode, const u64 __user *arg)
{
	u64 range[2];
	int err = begin_range(bdev, mode, arg, range);

	if (err || !range[1])
		return err;
	err = blkdev_issue_zeroout(bdev, range[0] >> 9, range[1] >> 9, GFP_KERNEL,
				   BLKDEV_ZERO_NOUNMAP);
	inode_unlock(bdev->bd_inode);
	return err;
}

/* ---- settings -------------------------------------------------------------------------------- */

static int set_read_only(struct block_device *bdev, const int __user *arg)
{
	int ro, err = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (get_user(ro, arg))
		return -EFAULT;
	if (bdev->bd_disk->fops->set_read_only)
		err = bdev->bd_disk->fops->set_read_only(bdev, ro);
	if (!err)
		bdev->bd_read_only = ro;
	return err;
}

/* Only who has the device alone may change the size under others: claimed for the moment. */
static int ioctl_set_blocksize(struct block_device *bdev, fmode_t mode, const int __user *arg)
{
	struct block_device *again;
	int size, err;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (!arg)
		return -EINVAL;
	if (get_user(size, arg))
		return -EFAULT;
	if (mode & FMODE_EXCL)
		return set_blocksize(bdev, size);
	again = blkdev_get_by_dev(bdev->bd_dev, FMODE_READ | FMODE_EXCL, &bdev);
	if (IS_ERR(again))
		return -EBUSY;
	err = set_blocksize(bdev, size);
	blkdev_put(again, FMODE_READ | FMODE_EXCL);
	return err;
}

static int set_read_ahead(struct block_device *bdev, unsigned long sectors)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	bdev->bd_queue->ra_pages = min(sectors, 1ul << 20) >> (PAGE_SHIFT - SECTOR_SHIFT);
	return 0;
}

static int flush_buffers(struct block_device *bdev)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	sync_blockdev(bdev);
	invalidate_bdev(bdev);
	return 0;
}

static int get_geometry(struct block_device *bdev, struct hd_geometry __user *arg)
{
	struct hd_geometry geo = {.heads = 255, .sectors = 63};
	sector_t size = get_capacity(bdev->bd_disk);
	int err;

	if (!arg)
		return -EINVAL;
	geo.cylinders = min_t(sector_t, size / (255 * 63), USHRT_MAX);
	if (bdev->bd_disk->fops->getgeo) {
		err = bdev->bd_disk->fops->getgeo(bdev, &geo);
		if (err)
			return err;
	}
	geo.start = bdev->bd_start_sect;
	return copy_to_user(arg, &geo, sizeof(geo)) ? -EFAULT : 0;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static long get_long(unsigned long value, unsigned long arg)
{
	return put_user(value, (unsigned long __user *)arg);
}

static long get_int(int value, unsigned long arg)
{
	return put_user(value, (int __user *)arg);
}

/* What asks for a number. -ENOIOCTLCMD: not one of these. */
static long ioctl_get(struct block_device *bdev, unsigned int cmd, unsigned long arg)
{
	const struct request_queue *q = bdev->bd_queue;

	switch (cmd) {
	case BLKROGET:
		return get_int(bdev_read_only(bdev), arg);
	case BLKGETSIZE:
		if (bdev_nr_sectors(bdev) > ~0ul)
			return -EFBIG;
		return get_long(bdev_nr_sectors(bdev), arg);
	case BLKGETSIZE64:
		return put_user((u64)bdev_nr_bytes(bdev), (u64 __user *)arg);
	case BLKRAGET:
	case BLKFRAGET:
		if (!arg)
			return -EINVAL;
		return get_long((unsigned long)q->ra_pages << (PAGE_SHIFT - SECTOR_SHIFT), arg);
	case BLKSECTGET:
		return put_user((unsigned short)min(q->limits.max_sectors, 65535u),
				(unsigned short __user *)arg);
	case BLKSSZGET:
		return get_int(q->limits.logical_block_size, arg);
	case BLKBSZGET:
		return get_int(block_size(bdev), arg);
	case BLKPBSZGET:
		return get_int(q->limits.physical_block_size, arg);
	case BLKIOMIN:
		return get_int(q->limits.io_min, arg);
	case BLKIOOPT:
		return get_int(q->limits.io_opt, arg);
	case BLKALIGNOFF:
	case BLKDISCARDZEROES:
		return get_int(0, arg);
	case BLKROTATIONAL:
		return put_user((unsigned short)!bdev_nonrot(bdev), (unsigned short __user *)arg);
	case BLKGETDISKSEQ:
		return put_user(bdev->bd_disk->diskseq, (u64 __user *)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static long ioctl_do(struct block_device *bdev, fmode_t mode, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case BLKFLSBUF:
		return flush_buffers(bdev);
	case BLKROSET:
		return set_read_only(bdev, (const int __user *)arg);
	case BLKBSZSET:
		return ioctl_set_blocksize(bdev, mode, (const int __user *)arg);
	case BLKRASET:
	case BLKFRASET:
		return set_read_ahead(bdev, arg);
	case BLKDISCARD:
		return ioctl_discard(bdev, mode, (const u64 __user *)arg);
	case BLKSECDISCARD:
		return -EOPNOTSUPP;
	case BLKZEROOUT:
		return ioctl_zeroout(bdev, mode, (const u64 __user *)arg);
	case BLKRRPART:
		return reread_partitions(bdev);
	case BLKPG:
		return blkpg(bdev, (const struct blkpg_ioctl_arg __user *)arg);
	case HDIO_GETGEO:
		return get_geometry(bdev, (struct hd_geometry __user *)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

long blkdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct block_device *bdev = file->private_data;
	fmode_t mode = file->f_mode & (FMODE_READ | FMODE_WRITE | FMODE_EXCL);
	long ret = ioctl_get(bdev, cmd, arg);

	if (ret == -ENOIOCTLCMD)
		ret = ioctl_do(bdev, mode, cmd, arg);
	if (ret == -ENOIOCTLCMD && bdev->bd_disk->fops->ioctl)
		ret = bdev->bd_disk->fops->ioctl(bdev, mode, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}
