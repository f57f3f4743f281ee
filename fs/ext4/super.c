/* SPDX-License-Identifier: MIT */
/*
 * Mounting and unmounting, the super block, and what happens when damage is found. What may be
 * mounted how:
 *
 *   an unknown incompatible feature          not at all
 *   an unknown read-only compatible feature  read-only
 *   left dirty                               after the journal has been replayed
 *   found damaged while in use               becomes read-only (errors=)
 */
#include <stdarg.h>
#include <lib/math64.h>
#include <lib/printf.h>
#include <kernel/init.h>
#include <kernel/random.h>
#include <uapi/statfs.h>
#include "ext4.h"
#include "xattr.h"

static struct kmem_cache *ext4_inode_cache __ro_after_init;

/* ---- errors ---------------------------------------------------------------------------------- */

#define EXT4_ERROR_LINES 5u

static u32 now32(void)
{
	struct timespec64 ts;

	ktime_get_coarse_real_ts64(&ts);
	return (u32)ts.tv_sec;
}

/* The disk remembers that there was an error, for e2fsck and who asks dumpe2fs. */
static void record_error(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	if (!(sb->s_flags & SB_ACTIVE))
		return; /* the mount fails or is read-only: the disk is left as it is */
	sbi->es->s_state |= cpu_to_le16(EXT4_ERROR_FS);
	sbi->es->s_last_error_time = cpu_to_le32(now32());
	if (!sbi->es->s_error_count)
		sbi->es->s_first_error_time = sbi->es->s_last_error_time;
	sbi->es->s_error_count = cpu_to_le32(le32_to_cpu(sbi->es->s_error_count) + 1);
	ext4_commit_super(sb);
}

void ext4_error(struct super_block *sb, const char *fmt, ...)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	bool first = !(sbi->flags & EXT4_SBF_ABORTED);
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!first || sbi->opt.errors_continue) {
		/* A damaged disk can say a lot; the first lines tell what it is. */
		if (sbi->errors++ < EXT4_ERROR_LINES) {
			pr_err("EXT4-fs (%s): error: %s\n", sb->s_id, text);
			if (first)
				record_error(sb);
		}
		return;
	}
	if (sbi->opt.errors_panic && (sb->s_flags & SB_ACTIVE))
		panic("EXT4-fs (%s): error: %s (errors=panic)", sb->s_id, text);
	pr_err("EXT4-fs (%s): error: %s; the file system is read-only now\n", sb->s_id, text);
	sbi->flags |= EXT4_SBF_ABORTED;
	sb->s_flags |= SB_RDONLY;
	if (sbi->journal)
		jbd2_journal_abort(sbi->journal, -EIO);
	record_error(sb);
}

/* ---- the super block ------------------------------------------------------------------------- */

int ext4_commit_super(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_super_block *es = sbi->es;
	u64 free = (u64)max(atomic_long_read(&sbi->free_blocks), 0l);

	if (bdev_read_only(sb->s_bdev))
		return -EROFS;
	lock_buffer(sbi->sbh);
	es->s_wtime = cpu_to_le32(now32());
	es->s_free_blocks_count_lo = cpu_to_le32((u32)free);
	if (sbi->g.incompat & EXT4_INCOMPAT_64BIT)
		es->s_free_blocks_count_hi = cpu_to_le32((u32)(free >> 32));
	es->s_free_inodes_count = cpu_to_le32((u32)max(atomic_long_read(&sbi->free_inodes), 0l));
	if (sbi->g.meta_csum)
		es->s_checksum = cpu_to_le32(ext4_super_csum(es));
	set_buffer_uptodate(sbi->sbh);
	unlock_buffer(sbi->sbh);
	mark_buffer_dirty(sbi->sbh);
	return __sync_dirty_buffer(sbi->sbh,
				   REQ_SYNC | REQ_META | (sbi->opt.barrier ? REQ_FUA : 0));
}

int ext4_set_ro_compat(handle_t *handle, struct super_block *sb, u32 bits)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	int err = ext4_get_write_access(handle, sbi->sbh);

	if (err)
		return err;
	lock_buffer(sbi->sbh);
	sbi->g.ro_compat |= bits;
	sbi->es->s_feature_ro_compat = cpu_to_le32(sbi->g.ro_compat);
	if (sbi->g.meta_csum)
		sbi->es->s_checksum = cpu_to_le32(ext4_super_csum(sbi->es));
	unlock_buffer(sbi->sbh);
	return ext4_dirty_metadata(handle, NULL, sbi->sbh);
}

struct ext4_group_desc *ext4_group_desc(struct super_block *sb, u32 group, struct buffer_head **bh)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct buffer_head *b = sbi->gdb[group / sbi->g.desc_per_block];

	if (bh)
		*bh = b;
	return (void *)(b->b_data + group % sbi->g.desc_per_block * sbi->g.desc_size);
}

static void set_recover(struct ext4_sb_info *sbi, bool on)
{
	if (on)
		sbi->g.incompat |= EXT4_INCOMPAT_RECOVER;
	else
		sbi->g.incompat &= ~EXT4_INCOMPAT_RECOVER;
	sbi->es->s_feature_incompat = cpu_to_le32(sbi->g.incompat);
}

/* The file system is in use for writing from now on, and the disk says so. */
static int begin_writing(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_super_block *es = sbi->es;

	if (sbi->journal)
		set_recover(sbi, true);
	else
		es->s_state &= cpu_to_le16((u16)~EXT4_VALID_FS);
	es->s_mtime = cpu_to_le32(now32());
	es->s_mnt_count = cpu_to_le16((u16)(le16_to_cpu(es->s_mnt_count) + 1));
	return ext4_commit_super(sb);
}

/* Everything is written; the disk says that it is clean. */
static void end_writing(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	bool clean = !(sbi->flags & EXT4_SBF_ABORTED);

	if (sbi->journal) {
		if (jbd2_journal_destroy(sbi->journal))
			clean = false;
		sbi->journal = NULL;
	}
	if (sync_blockdev(sb->s_bdev))
		clean = false;
	if (!clean)
		return;
	set_recover(sbi, false);
	if (!(sbi->es->s_state & cpu_to_le16(EXT4_ERROR_FS)))
		sbi->es->s_state |= cpu_to_le16(EXT4_VALID_FS);
	ext4_commit_super(sb);
	if (sbi->opt.barrier)
		blkdev_issue_flush(sb->s_bdev);
}

/* ---- loading --------------------------------------------------------------------------------- */

static int refuse(struct super_block *sb, int silent, const char *why)
{
	if (!silent)
		pr_err("EXT4-fs (%s): cannot mount: the super block has %s\n", sb->s_id, why);
	return -EINVAL;
}

static int read_super(struct super_block *sb, int silent)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	u64 at = sbi->opt.sb_block ? (u64)sbi->opt.sb_block * 1024 : EXT4_SUPER_OFFSET;
	int size = sb_min_blocksize(sb, 1024);
	const char *bad;

	for (int round = 0; round < 2; round++) {
		if (!size)
			return refuse(sb, silent, "a block size that the device cannot have");
		brelse(sbi->sbh);
		sbi->sbh = sb_bread(sb, at / (u32)size);
		if (!sbi->sbh) {
			pr_err("EXT4-fs (%s): cannot read the super block\n", sb->s_id);
			return -EIO;
		}
		sbi->es = (void *)(sbi->sbh->b_data + at % (u32)size);
		bad = ext4_check_super(sbi->es, (u64)bdev_nr_bytes(sb->s_bdev), &sbi->g);
		if (bad)
			return refuse(sb, silent, bad);
		if (sbi->g.blocksize == (u32)size)
			return 0;
		if (sbi->g.blocksize > PAGE_SIZE)
			return refuse(sb, silent, "blocks larger than a page");
		brelse(sbi->sbh);
		sbi->sbh = NULL;
		size = sb_set_blocksize(sb, (int)sbi->g.blocksize);
	}
	return refuse(sb, silent, "a block size that changes");
}

/* 0, or -EINVAL after one line. May make the mount read-only. */
static int check_features(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const char *name = ext4_unknown_incompat(sbi->g.incompat);
	u32 ro = sbi->g.ro_compat & ~EXT4_KNOWN_RO_COMPAT;

	if (name) {
		pr_err("EXT4-fs (%s): cannot mount: feature %s is not supported\n", sb->s_id, name);
		return -EINVAL;
	}
	if (ro && !(sb->s_flags & SB_RDONLY)) {
		ext4_warn(sb, "mounted read-only: unsupported features 0x%x", ro);
		sb->s_flags |= SB_RDONLY;
	}
	if (bdev_read_only(sb->s_bdev) && !(sb->s_flags & SB_RDONLY)) {
		ext4_warn(sb, "mounted read-only: so is the device");
		sb->s_flags |= SB_RDONLY;
	}
	return 0;
}

static u64 gdb_block(const struct ext4_geometry *g, u64 sb_block, u32 i)
{
	u32 group;

	if (!(g->incompat & EXT4_INCOMPAT_META_BG) || i < g->first_meta_bg)
		return sb_block + 1 + i;
	group = i * g->desc_per_block;
	return ext4_group_first(g, group) + ext4_bg_has_super(g, group);
}

static int read_groups(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;

	sbi->gdb = kvcalloc(g->gdb_count, sizeof(*sbi->gdb), GFP_KERNEL);
	sbi->groups = kvcalloc(g->groups, sizeof(*sbi->groups), GFP_KERNEL);
	if (!sbi->gdb || !sbi->groups)
		return -ENOMEM;
	for (u32 i = 0; i < g->gdb_count; i++) {
		sbi->gdb[i] = sb_bread(sb, gdb_block(g, sbi->sbh->b_blocknr, i));
		if (!sbi->gdb[i]) {
			pr_err("EXT4-fs (%s): cannot read group descriptors\n", sb->s_id);
			return -EIO;
		}
	}
	return 0;
}

/* Again after replay. */
static int check_groups(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	u64 free = 0, inodes = 0, dirs = 0;

	for (u32 i = 0; i < g->groups; i++) {
		const struct ext4_group_desc *gd = ext4_group_desc(sb, i, NULL);
		const char *bad = ext4_check_group(g, i, gd);
		struct ext4_group *grp = &sbi->groups[i];

		if (bad) {
			pr_err("EXT4-fs (%s): cannot mount: group %u has %s\n", sb->s_id, i, bad);
			return -EUCLEAN;
		}
		spin_lock_init(&grp->lock);
		grp->free = ext4_free_blocks(g, gd);
		grp->free_inodes = ext4_free_inodes(g, gd);
		grp->longest = U32_MAX;
		free += grp->free;
		inodes += grp->free_inodes;
		dirs += ext4_used_dirs(g, gd);
	}
	atomic_long_set(&sbi->free_blocks, (long)free);
	atomic_long_set(&sbi->free_inodes, (long)inodes);
	atomic_long_set(&sbi->dirs, (long)dirs);
	return 0;
}

static void set_limits(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	const struct ext4_super_block *es = sbi->es;

	sb->s_time_gran = g->inode_size > EXT4_GOOD_OLD_INODE_SIZE ? 1 : NSEC_PER_SEC;
	sb->s_maxbytes = g->incompat & EXT4_INCOMPAT_EXTENTS ?
				 (loff_t)EXT_MAX_BLOCKS << g->blocksize_bits :
				 (loff_t)(ext4_ind_max_blocks(g) << g->blocksize_bits);
	sbi->reserved_blocks = le32_to_cpu(es->s_r_blocks_count_lo);
	if (g->incompat & EXT4_INCOMPAT_64BIT)
		sbi->reserved_blocks |= (u64)le32_to_cpu(es->s_r_blocks_count_hi) << 32;
	sbi->reserved_blocks = min(sbi->reserved_blocks, g->blocks_count / 2);
	sbi->pool_blocks = min_t(u64, g->blocks_count / 50, 4096);
	for (int i = 0; i < 4; i++)
		sbi->hash_seed[i] = le32_to_cpu(es->s_hash_seed[i]);
	sbi->def_hash = es->s_def_hash_version;
	sbi->hash_unsigned =
		le32_to_cpu(es->s_flags) & EXT2_FLAGS_UNSIGNED_HASH ? DX_HASH_UNSIGNED : 0;
	if (!sbi->opt.resuid)
		sbi->opt.resuid = le16_to_cpu(es->s_def_resuid);
	if (!sbi->opt.resgid)
		sbi->opt.resgid = le16_to_cpu(es->s_def_resgid);
}

static int load_root(struct super_block *sb)
{
	struct inode *root = ext4_iget(sb, EXT4_ROOT_INO);

	if (IS_ERR(root)) {
		pr_err("EXT4-fs (%s): cannot mount: the root directory is damaged\n", sb->s_id);
		return PTR_ERR(root);
	}
	if (!S_ISDIR(root->i_mode) || !root->i_size) {
		iput(root);
		pr_err("EXT4-fs (%s): cannot mount: the root is no directory\n", sb->s_id);
		return -EUCLEAN;
	}
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

/* ---- operations ------------------------------------------------------------------------------ */

static struct inode *ext4_alloc_inode(struct super_block *sb)
{
	struct ext4_inode_info *ei = kmem_cache_zalloc(ext4_inode_cache, GFP_KERNEL);

	if (!ei)
		return NULL;
	init_rwsem(&ei->i_data_sem);
	init_rwsem(&ei->xattr_sem);
	spin_lock_init(&ei->i_raw_lock);
	INIT_LIST_HEAD(&ei->i_orphan);
	return &ei->vfs;
}

static void ext4_free_inode_memory(struct inode *inode)
{
	kmem_cache_free(ext4_inode_cache, EXT4_I(inode));
}

static void free_sbi(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	for (u32 i = 0; sbi->gdb && i < sbi->g.gdb_count; i++)
		brelse(sbi->gdb[i]);
	for (u32 i = 0; sbi->groups && i < sbi->g.groups; i++)
		kfree(sbi->groups[i].busy);
	kvfree(sbi->gdb);
	kvfree(sbi->groups);
	brelse(sbi->sbh);
	kfree(sbi);
	sb->s_fs_info = NULL;
}

static void ext4_put_super(struct super_block *sb)
{
	if (!EXT4_SB(sb))
		return;
	if (sb->s_flags & SB_RDONLY) {
		if (EXT4_SB(sb)->journal)
			jbd2_journal_destroy(EXT4_SB(sb)->journal);
		EXT4_SB(sb)->journal = NULL;
	} else {
		end_writing(sb);
	}
	free_sbi(sb);
}

static u64 overhead(const struct ext4_geometry *g)
{
	u64 n = g->first_data_block;

	for (u32 i = 0; i < g->groups; i++)
		n += ext4_bg_overhead(g, i) + 2 + g->itable_blocks;
	return n;
}

static int ext4_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct ext4_sb_info *sbi = EXT4_SB(dentry->d_sb);
	const struct ext4_geometry *g = &sbi->g;
	long free = atomic_long_read(&sbi->free_blocks) - atomic_long_read(&sbi->dirty_blocks);
	u64 keep = sbi->reserved_blocks + sbi->pool_blocks;

	buf->f_type = EXT4_SUPER_MAGIC;
	buf->f_bsize = g->blocksize;
	buf->f_blocks = g->blocks_count - overhead(g);
	buf->f_bfree = (u64)max(free, 0l);
	buf->f_bavail = buf->f_bfree > keep ? buf->f_bfree - keep : 0;
	buf->f_files = g->inodes_count;
	buf->f_ffree = (u64)max(atomic_long_read(&sbi->free_inodes), 0l);
	buf->f_namelen = EXT4_NAME_LEN;
	buf->f_fsid = get_unaligned_le64(g->uuid) ^ get_unaligned_le64(g->uuid + 8);
	return 0;
}

static void remount_ro(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	if (sbi->flags & EXT4_SBF_ABORTED)
		return;
	/* The VFS keeps writers out already; what they left is written now. */
	sbi->flags |= EXT4_SBF_ORPHANS;
	sync_inodes_sb(sb);
	sbi->flags &= ~EXT4_SBF_ORPHANS;
	end_writing(sb);
}

static int remount_rw(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	int err;

	if (sbi->flags & EXT4_SBF_ABORTED || sbi->g.ro_compat & ~EXT4_KNOWN_RO_COMPAT ||
	    bdev_read_only(sb->s_bdev))
		return -EROFS;
	err = ext4_load_journal(sb, false);
	if (err)
		return err;
	sb->s_flags &= ~SB_RDONLY;
	ext4_orphan_cleanup(sb);
	return begin_writing(sb);
}

static int ext4_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_options opt = sbi->opt;
	bool was_ro = sbi->flags & EXT4_SBF_ABORTED || !(sbi->flags & EXT4_SBF_WRITING);
	bool ro = *flags & SB_RDONLY;
	int err;

	err = ext4_parse_options(&opt, data);
	if (err)
		return err;
	if (ro && !was_ro)
		remount_ro(sb);
	else if (!ro && was_ro)
		err = remount_rw(sb);
	if (err)
		return err;
	if (ro)
		sbi->flags &= ~EXT4_SBF_WRITING;
	else
		sbi->flags |= EXT4_SBF_WRITING;
	sbi->opt = opt;
	if (sbi->journal)
		jbd2_journal_set_options(sbi->journal, opt.commit, opt.barrier);
	return 0;
}

static const struct super_operations ext4_sops = {
	.alloc_inode = ext4_alloc_inode,
	.free_inode = ext4_free_inode_memory,
	.write_inode = ext4_write_inode,
	.evict_inode = ext4_evict_inode,
	.put_super = ext4_put_super,
	.sync_fs = ext4_sync_fs,
	.statfs = ext4_statfs,
	.remount_fs = ext4_remount,
	.show_options = ext4_show_options,
};

/* ---- mounting -------------------------------------------------------------------------------- */

static int load(struct super_block *sb, int silent)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	bool rdonly;
	int err = read_super(sb, silent);

	if (!err)
		err = check_features(sb);
	if (!err)
		err = read_groups(sb);
	if (!err)
		err = check_groups(sb);
	if (err)
		return err;
	rdonly = sb->s_flags & SB_RDONLY;
	set_limits(sb);
	err = ext4_load_journal(sb, rdonly);
	if (err)
		return err;
	if (sbi->g.incompat & EXT4_INCOMPAT_RECOVER && !(sbi->opt.noload && rdonly)) {
		/* The super block and descriptors may be others now. */
		const char *bad =
			ext4_check_super(sbi->es, (u64)bdev_nr_bytes(sb->s_bdev), &sbi->g);

		if (bad)
			return refuse(sb, silent, bad);
		err = check_groups(sb);
		if (err)
			return err;
		set_limits(sb);
		set_recover(sbi, false);
		if (rdonly && !bdev_read_only(sb->s_bdev))
			ext4_commit_super(sb);
	}
	return load_root(sb);
}

static int ext4_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ext4_sb_info *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	int err;

	if (!sbi)
		return -ENOMEM;
	sbi->sb = sb;
	sb->s_fs_info = sbi;
	sbi->opt.barrier = true;
	mutex_init(&sbi->orphan_lock);
	INIT_LIST_HEAD(&sbi->orphans);
	atomic_set(&sbi->generation, (int)get_random_u32());
	sb->s_op = &ext4_sops;
	sb->s_export_op = &ext4_export_ops;
	sb->s_magic = EXT4_SUPER_MAGIC;
	err = ext4_parse_options(&sbi->opt, data);
	if (err)
		goto fail;
	ext4_set_xattr_handlers(sb);
	err = load(sb, silent);
	if (!err && sbi->flags & EXT4_SBF_ABORTED)
		err = -EUCLEAN;
	if (err)
		goto fail;
	if (!(sb->s_flags & SB_RDONLY)) {
		if (sbi->es->s_state & cpu_to_le16(EXT4_ERROR_FS))
			ext4_warn(sb, "mounted with errors: run e2fsck");
		ext4_orphan_cleanup(sb);
		begin_writing(sb);
		sbi->flags |= EXT4_SBF_WRITING;
	}
	sb->s_flags |= SB_ACTIVE;
	return 0;
fail:
	if (sb->s_root) {
		dput(sb->s_root);
		sb->s_root = NULL;
	}
	evict_inodes(sb);
	if (sbi->journal)
		jbd2_journal_destroy(sbi->journal);
	sbi->journal = NULL;
	free_sbi(sb);
	return err;
}

static struct dentry *ext4_mount(const struct file_system_type *type, unsigned int flags,
				 const char *dev_name, char *data)
{
	return mount_bdev(type, flags, dev_name, data, ext4_fill_super);
}

static struct file_system_type ext4_types[] = {
	{.name = "ext4",
	 .fs_flags = FS_REQUIRES_DEV,
	 .mount = ext4_mount,
	 .kill_sb = kill_block_super},
	{.name = "ext3",
	 .fs_flags = FS_REQUIRES_DEV,
	 .mount = ext4_mount,
	 .kill_sb = kill_block_super},
	{.name = "ext2",
	 .fs_flags = FS_REQUIRES_DEV,
	 .mount = ext4_mount,
	 .kill_sb = kill_block_super},
};

static int __init ext4_init(void)
{
	int err = 0;

	ext4_inode_cache = kmem_cache_create("ext4_inode_cache", sizeof(struct ext4_inode_info), 0,
					     SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(ext4_types) && !err; i++)
		err = register_filesystem(&ext4_types[i]);
	return err;
}
fs_initcall(ext4_init);
