/* SPDX-License-Identifier: MIT */
/* File systems on a block device: mounting one, its block size, and its end. */
#include <fs/blkdev.h>
#include "../internal.h"
#include "blk.h"

int sb_set_blocksize(struct super_block *sb, int size)
{
	if (set_blocksize(sb->s_bdev, size))
		return 0;
	sb->s_blocksize = size;
	sb->s_blocksize_bits = __builtin_ctz(size);
	return size;
}

int sb_min_blocksize(struct super_block *sb, int size)
{
	return sb_set_blocksize(sb, max_t(int, size, bdev_logical_block_size(sb->s_bdev)));
}

struct bdev_mount {
	struct block_device *bdev;
	fmode_t mode;
	fill_super_t fill;
	void *data;
	bool taken; /* the super block closes it */
};

static fmode_t mount_mode(unsigned int sb_flags)
{
	return FMODE_READ | FMODE_EXCL | (sb_flags & SB_RDONLY ? 0 : FMODE_WRITE);
}

static int fill_bdev_super(struct super_block *sb, void *data, int silent)
{
	struct bdev_mount *m = data;
	int err;

	m->taken = true;
	sb->s_bdev = m->bdev;
	set_super_dev(sb, m->bdev->bd_dev);
	bdevname(m->bdev, sb->s_id);
	sb_set_blocksize(sb, block_size(m->bdev));
	err = m->fill(sb, m->data, silent);
	if (err)
		return err;
	sb->s_flags |= SB_ACTIVE;
	WRITE_ONCE(m->bdev->bd_super, sb);
	return 0;
}

static DEFINE_MUTEX(mount_lock); /* two mounts of one device make one super block */

/*
 * The type is the holder: a second mount of the same type gets the device too, finds the super
 * block, and closes it again.
 */
struct dentry *mount_bdev(const struct file_system_type *type, unsigned int flags,
			  const char *dev_name, void *data, fill_super_t fill)
{
	struct bdev_mount m = {.mode = mount_mode(flags), .fill = fill, .data = data};
	struct super_block *sb;
	struct dentry *root;

	if (!dev_name || !*dev_name)
		return ERR_PTR(-EINVAL);
	m.bdev = blkdev_get_by_path(dev_name, m.mode, (void *)type);
	if (IS_ERR(m.bdev))
		return ERR_CAST(m.bdev);
	mutex_lock(&mount_lock);
	sb = grab_super(type, m.bdev);
	if (sb) {
		blkdev_put(m.bdev, m.mode);
		root = (flags ^ sb->s_flags) & SB_RDONLY ? ERR_PTR(-EBUSY) : dget(sb->s_root);
		if (IS_ERR(root))
			deactivate_super(sb);
	} else {
		root = mount_nodev(type, flags, &m, fill_bdev_super);
		if (!m.taken)
			blkdev_put(m.bdev, m.mode);
	}
	mutex_unlock(&mount_lock);
	return root;
}

void kill_block_super(struct super_block *sb)
{
	struct block_device *bdev = sb->s_bdev;

	/* Failing writes look at it under RCU; a grace period passes before it is freed. */
	if (bdev)
		WRITE_ONCE(bdev->bd_super, NULL);
	kill_anon_super(sb);
	if (!bdev)
		return;
	/*
	 * Others may have the device open, so its pages would stay. What is not dirty may be what a
	 * failed transaction made of a buffer: the next mount reads it again.
	 */
	sync_blockdev(bdev);
	invalidate_bdev(bdev);
	blkdev_put(bdev, FMODE_READ | FMODE_EXCL);
}
