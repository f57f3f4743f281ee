/* SPDX-License-Identifier: MIT */
/* Binding a loop device to a file and back: loop(4)'s ioctls, and /sys/block/loopN/loop. */
#include <kernel/cred.h>
#include <kernel/kthread.h>
#include <kernel/printk.h>
#include <kernel/uaccess.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <fs/dcache.h>
#include <fs/file.h>
#include <fs/stat.h>
#include <fs/sysfs.h>
#include <uapi/capability.h>
#include "loop.h"

/* ---- what user space sees of it -------------------------------------------------------------- */

static ssize_t backing_file_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct loop_device *lo = priv;
	ssize_t ret = -ENXIO;
	char *path;

	mutex_lock(&lo->mutex);
	if (lo->file) {
		path = d_path(&lo->file->f_path, buf, PAGE_SIZE - 1);
		if (IS_ERR(path)) {
			ret = PTR_ERR(path);
		} else {
			ret = strlen(path);
			memmove(buf, path, ret);
			buf[ret++] = '\n';
		}
	}
	mutex_unlock(&lo->mutex);
	return ret;
}

static ssize_t number_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct loop_device *lo = priv;
	u64 value;

	switch (attr->name[0]) {
	case 'o':
		value = lo->offset;
		break;
	case 's':
		value = lo->sizelimit;
		break;
	case 'a':
		value = !!(lo->flags & LO_FLAGS_AUTOCLEAR);
		break;
	case 'p':
		value = !!(lo->flags & LO_FLAGS_PARTSCAN);
		break;
	default:
		value = !!(lo->flags & LO_FLAGS_DIRECT_IO);
	}
	return sysfs_emit(buf, "%llu\n", value);
}

static const struct sysfs_attr loop_attrs[] = {
	SYSFS_ATTR_RO("backing_file", backing_file_show), SYSFS_ATTR_RO("offset", number_show),
	SYSFS_ATTR_RO("sizelimit", number_show),	  SYSFS_ATTR_RO("autoclear", number_show),
	SYSFS_ATTR_RO("partscan", number_show),		  SYSFS_ATTR_RO("dio", number_show),
};

static void add_sysfs(struct loop_device *lo)
{
	lo->sysfs = lo->disk->sysfs ? sysfs_mkdir(lo->disk->sysfs, "loop") : NULL;
	for (unsigned int i = 0; lo->sysfs && i < ARRAY_SIZE(loop_attrs); i++)
		if (sysfs_create_file(lo->sysfs, &loop_attrs[i], lo))
			pr_warn("loop%d: no memory for its sysfs files\n", lo->number);
}

/* ---- size ------------------------------------------------------------------------------------ */

static sector_t loop_size(const struct loop_device *lo, const struct file *file)
{
	loff_t size = i_size_read(file->f_mapping->host) - lo->offset;

	if (size < 0)
		return 0;
	if (lo->sizelimit > 0 && lo->sizelimit < size)
		size = lo->sizelimit;
	return size >> SECTOR_SHIFT;
}

static void set_limits(struct loop_device *lo, unsigned int block_size)
{
	struct queue_limits *lim = &lo->disk->queue->limits;
	const struct file *file = lo->file;
	const struct inode *inode = file->f_mapping->host;
	bool holes = file->f_op->fallocate;

	lim->logical_block_size = block_size;
	lim->physical_block_size = block_size;
	lim->io_min = block_size;
	lim->max_discard_sectors = holes ? UINT_MAX >> SECTOR_SHIFT : 0;
	lim->max_write_zeroes_sectors = lim->max_discard_sectors;
	lim->discard_granularity = holes ? max_t(u32, block_size, 1u << inode->i_blkbits) : 0;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* A device under itself would wait for itself. */
static int check_file(struct loop_device *lo, struct file *file)
{
	struct file *f = file;
	umode_t mode = file_inode(file)->i_mode;

	while (S_ISBLK(file_inode(f)->i_mode)) {
		struct block_device *bdev = I_BDEV(f->f_mapping->host);
		struct loop_device *under;

		if (!is_loop_disk(bdev->bd_disk))
			break;
		under = bdev->bd_disk->private_data;
		if (under == lo)
			return -EBADF;
		if (READ_ONCE(under->state) != LOOP_BOUND)
			return -EINVAL;
		f = under->file;
	}
	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return -EINVAL;
	if (!file->f_mapping || !file->f_op->read_iter)
		return -EINVAL;
	return 0;
}

static void limit_memory(struct loop_device *lo)
{
	struct address_space *mapping = lo->file->f_mapping;

	lo->old_gfp = mapping->gfp_mask;
	mapping->gfp_mask &= ~(__GFP_IO | __GFP_FS);
}

static int set_flags(struct loop_device *lo, const struct loop_info64 *info)
{
	if (info->lo_encrypt_type != LO_CRYPT_NONE || info->lo_encrypt_key_size)
		return -EINVAL;
	if (info->lo_offset > LLONG_MAX || info->lo_sizelimit > LLONG_MAX)
		return -EOVERFLOW;
	lo->offset = info->lo_offset;
	lo->sizelimit = info->lo_sizelimit;
	memcpy(lo->file_name, info->lo_file_name, LO_NAME_SIZE);
	lo->file_name[LO_NAME_SIZE - 1] = '\0';
	return 0;
}

/* Partitions are looked for by who holds no lock of the device. */
static void scan_partitions(struct loop_device *lo)
{
	int err;

	mutex_lock(&lo->disk->open_mutex);
	err = bdev_disk_changed(lo->disk, false);
	mutex_unlock(&lo->disk->open_mutex);
	if (err)
		pr_warn("loop%d: reading partitions failed: %pe\n", lo->number, ERR_PTR(err));
}

static int start_thread(struct loop_device *lo)
{
	struct task_struct *t = kthread_run(loop_thread, lo, "loop%d", lo->number);

	if (IS_ERR(t))
		return PTR_ERR(t);
	lo->thread = t;
	return 0;
}

static int bind(struct loop_device *lo, fmode_t mode, struct file *file,
		const struct loop_config *config)
{
	unsigned int block_size = config->block_size ?: SECTOR_SIZE;
	int err;

	if (lo->state != LOOP_UNBOUND)
		return -EBUSY;
	if (config->info.lo_flags & ~LOOP_CONFIGURE_SETTABLE_FLAGS)
		return -EINVAL;
	if (block_size < SECTOR_SIZE || block_size > PAGE_SIZE || (block_size & (block_size - 1)))
		return -EINVAL;
	err = check_file(lo, file);
	if (!err)
		err = set_flags(lo, &config->info);
	if (!err)
		err = start_thread(lo);
	if (err)
		return err;
	lo->flags = config->info.lo_flags;
	if (!(file->f_mode & FMODE_WRITE) || !(mode & FMODE_WRITE) || !file->f_op->write_iter)
		lo->flags |= LO_FLAGS_READ_ONLY;
	if (!file->f_mapping->a_ops->direct_io)
		lo->flags &= ~LO_FLAGS_DIRECT_IO;
	lo->file = get_file(file);
	limit_memory(lo);
	set_limits(lo, block_size);
	set_disk_ro(lo->disk, lo->flags & LO_FLAGS_READ_ONLY);
	if (lo->flags & LO_FLAGS_PARTSCAN)
		lo->disk->flags &= ~GENHD_FL_NO_PART;
	WRITE_ONCE(lo->state, LOOP_BOUND);
	invalidate_bdev(lo->disk->part0);
	errseq_forget(&lo->disk->part0->bd_mapping->wb_err);
	set_capacity_and_notify(lo->disk, loop_size(lo, file));
	add_sysfs(lo);
	return 0;
}

static int configure(struct block_device *bdev, fmode_t mode, const struct loop_config *config)
{
	struct loop_device *lo = bdev->bd_disk->private_data;
	struct file *file = fget(config->fd);
	bool scan = false;
	int err;

	if (!file)
		return -EBADF;
	mutex_lock(&lo->mutex);
	err = bind(lo, mode, file, config);
	if (!err) {
		set_blocksize(lo->disk->part0, lo->disk->queue->limits.logical_block_size);
		scan = lo->flags & LO_FLAGS_PARTSCAN;
	}
	mutex_unlock(&lo->mutex);
	fput(file);
	if (scan)
		scan_partitions(lo);
	return err;
}

/* The device lets go of its file. State RUNDOWN: nobody else changes it. */
static void unbind(struct loop_device *lo, bool have_open_mutex)
{
	struct gendisk *disk = lo->disk;
	struct file *file = lo->file;

	sync_blockdev(disk->part0);
	blk_mq_freeze_queue(disk->queue);
	kthread_stop(lo->thread);
	mutex_lock(&lo->mutex);
	lo->thread = NULL;
	lo->file = NULL;
	file->f_mapping->gfp_mask = lo->old_gfp;
	sysfs_remove(lo->sysfs);
	lo->sysfs = NULL;
	set_capacity(disk, 0);
	mutex_unlock(&lo->mutex);
	blk_mq_unfreeze_queue(disk->queue);
	invalidate_bdev(disk->part0);
	if (lo->flags & LO_FLAGS_PARTSCAN) {
		/* Of size 0: all partitions go. */
		if (have_open_mutex) {
			bdev_disk_changed(disk, false);
		} else {
			mutex_lock(&disk->open_mutex);
			bdev_disk_changed(disk, false);
			mutex_unlock(&disk->open_mutex);
		}
	}
	mutex_lock(&lo->mutex);
	lo->flags = 0;
	lo->offset = lo->sizelimit = 0;
	memset(lo->file_name, 0, sizeof(lo->file_name));
	disk->flags |= GENHD_FL_NO_PART;
	set_disk_ro(disk, false);
	lo->state = LOOP_UNBOUND;
	mutex_unlock(&lo->mutex);
	fput(file);
}

/* In use by others: it goes with the last of them. */
static int clear_fd(struct loop_device *lo)
{
	mutex_lock(&lo->mutex);
	if (lo->state != LOOP_BOUND) {
		mutex_unlock(&lo->mutex);
		return -ENXIO;
	}
	if (READ_ONCE(lo->disk->part0->bd_openers) > 1) {
		lo->flags |= LO_FLAGS_AUTOCLEAR;
		mutex_unlock(&lo->mutex);
		return 0;
	}
	sync_blockdev(lo->disk->part0);
	WRITE_ONCE(lo->state, LOOP_RUNDOWN);
	mutex_unlock(&lo->mutex);
	unbind(lo, false);
	return 0;
}

/* open_mutex held. */
void loop_release(struct gendisk *disk, fmode_t mode)
{
	struct loop_device *lo = disk->private_data;
	bool last;

	if (disk->part0->bd_openers)
		return;
	mutex_lock(&lo->mutex);
	last = lo->state == LOOP_BOUND && (lo->flags & LO_FLAGS_AUTOCLEAR);
	if (last)
		WRITE_ONCE(lo->state, LOOP_RUNDOWN);
	mutex_unlock(&lo->mutex);
	if (last)
		unbind(lo, true);
}

/* ---- status ---------------------------------------------------------------------------------- */

static int get_status(struct loop_device *lo, struct loop_info64 *info)
{
	struct kstat stat;
	struct path path;
	int err;

	memset(info, 0, sizeof(*info));
	mutex_lock(&lo->mutex);
	if (lo->state != LOOP_BOUND) {
		mutex_unlock(&lo->mutex);
		return -ENXIO;
	}
	info->lo_number = lo->number;
	info->lo_offset = lo->offset;
	info->lo_sizelimit = lo->sizelimit;
	info->lo_flags = lo->flags;
	memcpy(info->lo_file_name, lo->file_name, LO_NAME_SIZE);
	path = lo->file->f_path;
	path_get(&path);
	mutex_unlock(&lo->mutex);
	err = vfs_getattr(&path, &stat, STATX_INO, 0);
	if (!err) {
		info->lo_device = huge_encode_dev(stat.dev);
		info->lo_inode = stat.ino;
		info->lo_rdevice = huge_encode_dev(stat.rdev);
	}
	path_put(&path);
	return err;
}

static int set_status(struct loop_device *lo, const struct loop_info64 *info)
{
	bool scan = false;
	u32 flags;
	int err;

	mutex_lock(&lo->mutex);
	if (lo->state != LOOP_BOUND) {
		mutex_unlock(&lo->mutex);
		return -ENXIO;
	}
	if (lo->offset != (loff_t)info->lo_offset || lo->sizelimit != (loff_t)info->lo_sizelimit) {
		sync_blockdev(lo->disk->part0);
		invalidate_bdev(lo->disk->part0);
	}
	blk_mq_freeze_queue(lo->disk->queue);
	err = set_flags(lo, info);
	if (!err) {
		flags = lo->flags;
		flags = (flags & ~LOOP_SET_STATUS_CLEARABLE_FLAGS) |
			(info->lo_flags & LOOP_SET_STATUS_SETTABLE_FLAGS);
		scan = (flags & ~lo->flags) & LO_FLAGS_PARTSCAN;
		lo->flags = flags;
		if (scan)
			lo->disk->flags &= ~GENHD_FL_NO_PART;
		set_capacity_and_notify(lo->disk, loop_size(lo, lo->file));
	}
	blk_mq_unfreeze_queue(lo->disk->queue);
	mutex_unlock(&lo->mutex);
	if (scan)
		scan_partitions(lo);
	return err;
}

static int info_from_old(const struct loop_info *old, struct loop_info64 *info)
{
	memset(info, 0, sizeof(*info));
	info->lo_offset = old->lo_offset;
	info->lo_encrypt_type = old->lo_encrypt_type;
	info->lo_encrypt_key_size = old->lo_encrypt_key_size;
	info->lo_flags = old->lo_flags;
	memcpy(info->lo_file_name, old->lo_name, LO_NAME_SIZE);
	return 0;
}

static int info_to_old(const struct loop_info64 *info, struct loop_info *old)
{
	memset(old, 0, sizeof(*old));
	old->lo_number = info->lo_number;
	old->lo_device = info->lo_device;
	old->lo_inode = info->lo_inode;
	old->lo_rdevice = info->lo_rdevice;
	old->lo_offset = info->lo_offset;
	old->lo_flags = info->lo_flags;
	memcpy(old->lo_name, info->lo_file_name, LO_NAME_SIZE);
	if ((u64)old->lo_device != info->lo_device || (u64)old->lo_inode != info->lo_inode ||
	    (u64)old->lo_offset != info->lo_offset)
		return -EOVERFLOW;
	return 0;
}

static int ioctl_get_status(struct loop_device *lo, bool old_form, void __user *arg)
{
	struct loop_info64 info;
	struct loop_info old;
	int err = get_status(lo, &info);

	if (err || !old_form)
		return err ? err : copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
	err = info_to_old(&info, &old);
	return err ? err : copy_to_user(arg, &old, sizeof(old)) ? -EFAULT : 0;
}

static int ioctl_set_status(struct loop_device *lo, bool old_form, const void __user *arg)
{
	struct loop_info64 info;
	struct loop_info old;

	if (!old_form)
		return copy_from_user(&info, arg, sizeof(info)) ? -EFAULT : set_status(lo, &info);
	if (copy_from_user(&old, arg, sizeof(old)))
		return -EFAULT;
	info_from_old(&old, &info);
	return set_status(lo, &info);
}

/* ---- changes of a bound device --------------------------------------------------------------- */

/* Another file of the same size under a device that nobody writes to. */
static int change_fd(struct loop_device *lo, unsigned int fd)
{
	struct file *file = fget(fd), *old = NULL;
	int err;

	if (!file)
		return -EBADF;
	mutex_lock(&lo->mutex);
	err = lo->state != LOOP_BOUND ? -ENXIO : 0;
	if (!err && !(lo->flags & LO_FLAGS_READ_ONLY))
		err = -EINVAL;
	if (!err)
		err = check_file(lo, file);
	if (!err && loop_size(lo, file) != loop_size(lo, lo->file))
		err = -EINVAL;
	if (!err) {
		blk_mq_freeze_queue(lo->disk->queue);
		old = lo->file;
		old->f_mapping->gfp_mask = lo->old_gfp;
		lo->file = get_file(file);
		limit_memory(lo);
		blk_mq_unfreeze_queue(lo->disk->queue);
	}
	mutex_unlock(&lo->mutex);
	fput(file);
	if (old)
		fput(old);
	return err;
}

static int set_direct_io(struct loop_device *lo, bool on)
{
	if (on && !lo->file->f_mapping->a_ops->direct_io)
		return -EINVAL;
	vfs_fsync(lo->file, 0);
	blk_mq_freeze_queue(lo->disk->queue);
	lo->flags = (lo->flags & ~LO_FLAGS_DIRECT_IO) | (on ? LO_FLAGS_DIRECT_IO : 0);
	blk_mq_unfreeze_queue(lo->disk->queue);
	return 0;
}

static int change_block_size(struct loop_device *lo, unsigned long size)
{
	if (size < SECTOR_SIZE || size > PAGE_SIZE || (size & (size - 1)))
		return -EINVAL;
	if (lo->disk->queue->limits.logical_block_size == size)
		return 0;
	sync_blockdev(lo->disk->part0);
	invalidate_bdev(lo->disk->part0);
	blk_mq_freeze_queue(lo->disk->queue);
	set_limits(lo, size);
	blk_mq_unfreeze_queue(lo->disk->queue);
	return 0;
}

static int change_bound(struct loop_device *lo, unsigned int cmd, unsigned long arg)
{
	int err = 0;

	mutex_lock(&lo->mutex);
	if (lo->state != LOOP_BOUND)
		err = -ENXIO;
	else if (cmd == LOOP_SET_CAPACITY)
		set_capacity_and_notify(lo->disk, loop_size(lo, lo->file));
	else if (cmd == LOOP_SET_DIRECT_IO)
		err = set_direct_io(lo, arg);
	else
		err = change_block_size(lo, arg);
	mutex_unlock(&lo->mutex);
	return err;
}

static int ioctl_configure(struct block_device *bdev, fmode_t mode, const void __user *arg)
{
	struct loop_config config;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	return configure(bdev, mode, &config);
}

int loop_ioctl(struct block_device *bdev, fmode_t mode, unsigned int cmd, unsigned long arg)
{
	struct loop_device *lo = bdev->bd_disk->private_data;
	struct loop_config config = {.fd = arg};
	void __user *uarg = (void __user *)arg;
	bool may_change = (mode & FMODE_WRITE) || capable(CAP_SYS_ADMIN);

	switch (cmd) {
	case LOOP_SET_FD:
		return configure(bdev, mode, &config);
	case LOOP_CONFIGURE:
		return ioctl_configure(bdev, mode, uarg);
	case LOOP_CHANGE_FD:
		return change_fd(lo, arg);
	case LOOP_CLR_FD:
		return clear_fd(lo);
	case LOOP_GET_STATUS:
	case LOOP_GET_STATUS64:
		return ioctl_get_status(lo, cmd == LOOP_GET_STATUS, uarg);
	case LOOP_SET_STATUS:
	case LOOP_SET_STATUS64:
		return may_change ? ioctl_set_status(lo, cmd == LOOP_SET_STATUS, uarg) : -EPERM;
	case LOOP_SET_CAPACITY:
	case LOOP_SET_DIRECT_IO:
	case LOOP_SET_BLOCK_SIZE:
		return may_change ? change_bound(lo, cmd, arg) : -EPERM;
	default:
		return -ENOIOCTLCMD;
	}
}
