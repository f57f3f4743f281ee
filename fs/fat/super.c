/* SPDX-License-Identifier: MIT */
/* Mounting, errors, statfs. See Documentation/fat.md. */
#include <lib/printf.h>
#include <fs/fs_struct.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/bug.h>
#include <uapi/magic.h>
#include "fat.h"

static struct kmem_cache *fat_inode_cache;

void fat_error(struct super_block *sb, const char *fmt, ...)
{
	struct fat_sb *sbi = FAT_SB(sb);
	bool to_ro = !sbi->opt.errors_continue && !(sb->s_flags & SB_RDONLY);
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (sbi->opt.errors_panic)
		panic("FAT-fs (%s): %s", sb->s_id, text);
	pr_warn_ratelimited("FAT-fs (%s): error: %s%s\n", sb->s_id, text,
			    to_ro ? "; the file system is read-only now" : "");
	if (to_ro)
		sb->s_flags |= SB_RDONLY;
}

/* ---- the boot sector's note that somebody is writing ----------------------------------------- */

static void set_dirty(struct super_block *sb, bool dirty)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct buffer_head *bh;
	struct fat_boot_sector *b;
	u8 *state;

	/* What was dirty when it was mounted stays so until somebody has checked it. */
	if (sbi->g.dirty)
		return;
	bh = sb_bread(sb, 0);
	if (!bh)
		return;
	b = (void *)bh->b_data;
	state = sbi->g.bits == 32 ? &b->fat32.state : &b->fat16.state;
	*state = (u8)((*state & ~FAT_STATE_DIRTY) | (dirty ? FAT_STATE_DIRTY : 0));
	mark_buffer_dirty(bh);
	sync_dirty_buffer(bh);
	brelse(bh);
}

/* ---- operations ------------------------------------------------------------------------------ */

static struct inode *fat_alloc_inode(struct super_block *sb)
{
	struct fat_inode *fi = kmem_cache_zalloc(fat_inode_cache, GFP_KERNEL);

	if (!fi)
		return NULL;
	mutex_init(&fi->chain_lock);
	return &fi->vfs;
}

static void fat_free_inode(struct inode *inode)
{
	kmem_cache_free(fat_inode_cache, FAT_I(inode));
}

static void free_sbi(struct super_block *sb)
{
	struct fat_sb *sbi = FAT_SB(sb);

	xa_destroy(&sbi->by_pos);
	kfree(sbi);
	sb->s_fs_info = NULL;
}

static int fat_sync_fs(struct super_block *sb, int wait)
{
	int err = sb->s_flags & SB_RDONLY ? 0 : fat_write_info(sb), err2;

	if (!wait)
		return err;
	err2 = sync_blockdev(sb->s_bdev);
	err = err ? err : err2;
	err2 = blkdev_issue_flush(sb->s_bdev);
	return err ? err : err2;
}

static void fat_put_super(struct super_block *sb)
{
	if (!FAT_SB(sb))
		return;
	if (!(sb->s_flags & SB_RDONLY)) {
		fat_sync_fs(sb, 1);
		set_dirty(sb, false);
	}
	free_sbi(sb);
}

static int fat_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	struct fat_sb *sbi = FAT_SB(sb);
	u32 n = 0;
	int err = fat_count_free(sb, &n);

	if (err)
		return err;
	buf->f_type = MSDOS_SUPER_MAGIC;
	buf->f_bsize = 1l << sbi->g.cluster_bits;
	buf->f_blocks = sbi->g.end_cluster - FAT_FIRST_CLUSTER;
	buf->f_bfree = buf->f_bavail = n;
	buf->f_namelen = sbi->opt.long_names ? FAT_NAME_MAX : 12;
	buf->f_fsid = sbi->g.serial;
	return 0;
}

static int fat_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct fat_options opt = sbi->opt;
	bool ro = *flags & SB_RDONLY, was = sb->s_flags & SB_RDONLY;
	int err = fat_parse_options(&opt, data);

	if (err)
		return err;
	if (!ro && bdev_read_only(sb->s_bdev))
		return -EROFS;
	if (ro && !was) {
		sync_inodes_sb(sb);
		err = fat_sync_fs(sb, 1);
		if (err)
			return err;
		set_dirty(sb, false);
	} else if (!ro && was) {
		set_dirty(sb, true);
	}
	/* Owner and modes of inodes in memory would stay; they are what they were. */
	sbi->opt.quiet = opt.quiet;
	sbi->opt.errors_continue = opt.errors_continue;
	sbi->opt.errors_panic = opt.errors_panic;
	return 0;
}

static const struct super_operations fat_sops = {
	.alloc_inode = fat_alloc_inode,
	.free_inode = fat_free_inode,
	.write_inode = fat_write_inode,
	.evict_inode = fat_evict_inode,
	.put_super = fat_put_super,
	.sync_fs = fat_sync_fs,
	.statfs = fat_statfs,
	.remount_fs = fat_remount,
	.show_options = fat_show_options,
};

/* ---- mounting -------------------------------------------------------------------------------- */

static void read_info(struct super_block *sb)
{
	struct fat_sb *sbi = FAT_SB(sb);
	const struct fat_fsinfo *info;
	struct buffer_head *bh;
	u32 most = sbi->g.end_cluster - FAT_FIRST_CLUSTER;

	if (sbi->g.info_sector >= sbi->g.fat_start || sbi->g.info_sector == 0xffff)
		sbi->g.info_sector = 0;
	if (!sbi->g.info_sector)
		return;
	bh = sb_bread(sb, sbi->g.info_sector);
	if (!bh)
		return;
	info = (void *)bh->b_data;
	if (info->signature1 == cpu_to_le32(FAT_FSINFO_SIG1) &&
	    info->signature2 == cpu_to_le32(FAT_FSINFO_SIG2)) {
		/* A count is believed if nobody wrote since it was made. */
		if (!sbi->g.dirty && le32_to_cpu(info->free_clusters) <= most)
			sbi->free = le32_to_cpu(info->free_clusters);
		sbi->next = le32_to_cpu(info->next_cluster);
	}
	brelse(bh);
}

static int read_boot(struct super_block *sb, int silent)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct buffer_head *bh;
	const char *bad;

	if (!sb_min_blocksize(sb, 512))
		return -EINVAL;
	bh = sb_bread(sb, 0);
	if (!bh)
		return -EIO;
	bad = fat_check_boot((void *)bh->b_data, (u64)bdev_nr_bytes(sb->s_bdev), &sbi->g);
	brelse(bh);
	if (!bad && sbi->g.sector_size < sb->s_blocksize)
		bad = "sectors smaller than the device's";
	if (!bad && !sb_set_blocksize(sb, (int)sbi->g.sector_size))
		bad = "a sector size that the device cannot do";
	if (!bad)
		return 0;
	if (!silent)
		pr_err("FAT-fs (%s): cannot mount: %s\n", sb->s_id, bad);
	return -EINVAL;
}

static int load_root(struct super_block *sb)
{
	struct inode *inode = new_inode(sb);
	int err;

	if (!inode)
		return -ENOMEM;
	inode->i_ino = FAT_ROOT_INO;
	err = insert_inode_locked(inode);
	if (err) {
		iput(inode);
		return err;
	}
	err = fat_read_root(inode);
	if (err) {
		iget_failed(inode);
		return err;
	}
	unlock_new_inode(inode);
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int fill_super(struct super_block *sb, void *data, int silent, bool long_names)
{
	struct fat_sb *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	int err;

	if (!sbi)
		return -ENOMEM;
	sbi->sb = sb;
	sb->s_fs_info = sbi;
	mutex_init(&sbi->fat_lock);
	mutex_init(&sbi->pos_lock);
	xa_init(&sbi->by_pos);
	sbi->last_ino = FAT_ROOT_INO + 1;
	sbi->free = ~0u;
	sbi->opt.long_names = long_names;
	sbi->opt.uid = current_uid();
	sbi->opt.gid = current_gid();
	sbi->opt.fmask = sbi->opt.dmask = (umode_t)current_umask();
	sb->s_op = &fat_sops;
	sb->s_export_op = &fat_export_ops;
	sb->s_d_op = &fat_dentry_ops;
	sb->s_magic = MSDOS_SUPER_MAGIC;
	sb->s_maxbytes = 0xffffffffll;
	sb->s_time_gran = 1;
	err = fat_parse_options(&sbi->opt, data);
	if (!err)
		err = read_boot(sb, silent);
	if (!err) {
		read_info(sb);
		err = load_root(sb);
	}
	if (err) {
		evict_inodes(sb);
		free_sbi(sb);
		return err;
	}
	if (sbi->g.dirty)
		pr_warn("FAT-fs (%s): was not unmounted properly: run fsck.fat\n", sb->s_id);
	if (!(sb->s_flags & SB_RDONLY))
		set_dirty(sb, true);
	sb->s_flags |= SB_ACTIVE;
	return 0;
}

static int fill_vfat(struct super_block *sb, void *data, int silent)
{
	return fill_super(sb, data, silent, true);
}

static int fill_msdos(struct super_block *sb, void *data, int silent)
{
	return fill_super(sb, data, silent, false);
}

static struct dentry *vfat_mount(const struct file_system_type *type, unsigned int flags,
				 const char *dev_name, char *data)
{
	return mount_bdev(type, flags, dev_name, data, fill_vfat);
}

static struct dentry *msdos_mount(const struct file_system_type *type, unsigned int flags,
				  const char *dev_name, char *data)
{
	return mount_bdev(type, flags, dev_name, data, fill_msdos);
}

static struct file_system_type vfat_type = {
	.name = "vfat",
	.fs_flags = FS_REQUIRES_DEV,
	.mount = vfat_mount,
	.kill_sb = kill_block_super,
};

static struct file_system_type msdos_type = {
	.name = "msdos",
	.fs_flags = FS_REQUIRES_DEV,
	.mount = msdos_mount,
	.kill_sb = kill_block_super,
};

static int __init fat_init(void)
{
	int err;

	fat_inode_cache = kmem_cache_create("fat_inode_cache", sizeof(struct fat_inode), 0,
					    SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	err = register_filesystem(&vfat_type);
	return err ? err : register_filesystem(&msdos_type);
}
fs_initcall(fat_init);
