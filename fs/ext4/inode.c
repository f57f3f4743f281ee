/* SPDX-License-Identifier: MIT */
/* Inodes between disk and memory: reading, writing, changing attributes, truncation, eviction. */
#include <fs/stat.h>
#include <uapi/fs.h>
#include "ext4.h"

/* ---- the raw inode --------------------------------------------------------------------------- */

/* No other inode lives in the block of the new inode @ino. */
static bool is_alone(struct super_block *sb, u32 ino)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	u32 per = g->blocksize / g->inode_size, first = ino - (ino - 1) % g->inodes_per_group % per;

	for (u32 i = first; i < first + per && i <= g->inodes_count; i++)
		if (i != ino && ext4_inode_in_use(sb, i))
			return false;
	return true;
}

#define READ_AROUND 32u /* blocks of an inode table that are read together */

/* Who asks for one inode will ask for its neighbours: starts reading what is in use around @at. */
static void read_around(struct super_block *sb, u32 group, u32 at)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	const struct ext4_group_desc *gd = ext4_group_desc(sb, group, NULL);
	u32 used = g->inodes_per_group, per = g->blocksize / g->inode_size, end;
	struct blk_plug plug;

	if (g->meta_csum || g->gdt_csum)
		used -= min(used, ext4_itable_unused(g, gd));
	end = min(round_down(at, READ_AROUND) + READ_AROUND, DIV_ROUND_UP(used, per));
	blk_start_plug(&plug);
	for (u32 i = round_down(at, READ_AROUND); i < end; i++)
		sb_breadahead(sb, ext4_inode_table(g, gd) + i);
	blk_finish_plug(&plug);
}

/*
 * Block @at of the inode table of @group, for inode @ino. That of a new one which is alone in it
 * need not be read.
 */
static struct buffer_head *read_table(struct super_block *sb, u32 group, u32 at, u32 ino,
				      bool fresh)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	u64 block = ext4_inode_table(g, ext4_group_desc(sb, group, NULL)) + at;
	struct buffer_head *bh = sb_getblk(sb, block);

	if (!bh || buffer_uptodate(bh))
		return bh;
	if (!fresh || !is_alone(sb, ino)) {
		brelse(bh);
		read_around(sb, group, at);
		return sb_bread(sb, block);
	}
	lock_buffer(bh);
	if (!buffer_uptodate(bh)) {
		memset(bh->b_data, 0, bh->b_size);
		set_buffer_uptodate(bh);
	}
	unlock_buffer(bh);
	return bh;
}

static int find_raw(struct super_block *sb, u32 ino, bool fresh, struct buffer_head **bh,
		    struct ext4_inode **raw)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	u32 group = (ino - 1) / g->inodes_per_group, index = (ino - 1) % g->inodes_per_group;
	u32 per = g->blocksize / g->inode_size;

	if (!ino || ino > g->inodes_count)
		return -EUCLEAN;
	*bh = read_table(sb, group, index / per, ino, fresh);
	if (!*bh) {
		ext4_error(sb, "cannot read the block of inode %u", ino);
		return -EIO;
	}
	*raw = (void *)((*bh)->b_data + index % per * g->inode_size);
	return 0;
}

int ext4_get_inode_loc(struct super_block *sb, u32 ino, struct buffer_head **bh,
		       struct ext4_inode **raw)
{
	return find_raw(sb, ino, false, bh, raw);
}

static struct timespec64 get_time(u32 base, u32 extra, bool has_extra)
{
	struct timespec64 ts;
	u32 nsec;

	ext4_decode_time(base, has_extra ? extra : 0, &ts.tv_sec, &nsec);
	ts.tv_nsec = nsec;
	return ts;
}

#define GET_TIME(raw, extra_isize, x)                                          \
	get_time(le32_to_cpu((raw)->i_##x), le32_to_cpu((raw)->i_##x##_extra), \
		 EXT4_FITS(extra_isize, i_##x##_extra))

static void put_time(const struct timespec64 *ts, bool has_extra, __le32 *base, __le32 *extra)
{
	u32 b, e;

	ext4_encode_time(ts->tv_sec, (u32)ts->tv_nsec, has_extra, &b, &e);
	*base = cpu_to_le32(b);
	if (has_extra)
		*extra = cpu_to_le32(e);
}

#define PUT_TIME(raw, extra_isize, x, ts) \
	put_time(ts, EXT4_FITS(extra_isize, i_##x##_extra), &(raw)->i_##x, &(raw)->i_##x##_extra)

static void read_times(struct inode *inode, const struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	bool large = EXT4_SB(inode->i_sb)->g.inode_size > EXT4_GOOD_OLD_INODE_SIZE;
	u32 extra = large ? ei->i_extra_isize : 0;

	if (!large) {
		inode->i_atime = get_time(le32_to_cpu(raw->i_atime), 0, false);
		inode->i_ctime = get_time(le32_to_cpu(raw->i_ctime), 0, false);
		inode->i_mtime = get_time(le32_to_cpu(raw->i_mtime), 0, false);
		ei->i_crtime = (struct timespec64){};
		return;
	}
	inode->i_atime = GET_TIME(raw, extra, atime);
	inode->i_ctime = GET_TIME(raw, extra, ctime);
	inode->i_mtime = GET_TIME(raw, extra, mtime);
	ei->i_crtime = (struct timespec64){};
	if (EXT4_FITS(extra, i_crtime))
		ei->i_crtime = GET_TIME(raw, extra, crtime);
}

void ext4_set_inode_flags(struct inode *inode)
{
	u32 fl = EXT4_I(inode)->i_flags;
	u32 s = inode->i_flags & ~(S_SYNC | S_NOATIME | S_APPEND | S_IMMUTABLE);

	if (fl & EXT4_SYNC_FL)
		s |= S_SYNC;
	if (fl & EXT4_NOATIME_FL)
		s |= S_NOATIME;
	if (fl & EXT4_APPEND_FL)
		s |= S_APPEND;
	if (fl & EXT4_IMMUTABLE_FL)
		s |= S_IMMUTABLE;
	inode->i_flags = s;
}

/* 0, or what is wrong with the block map's root. */
static const char *check_root(struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	const struct ext4_extent_header *eh = (void *)ei->i_data;

	if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) && !S_ISLNK(inode->i_mode))
		return NULL;
	if (!(ei->i_flags & EXT4_EXTENTS_FL))
		return NULL;
	if (S_ISLNK(inode->i_mode) && inode->i_size < (loff_t)sizeof(ei->i_data) &&
	    !inode->i_blocks)
		return NULL;
	return ext4_check_extents(g, eh, sizeof(ei->i_data), le16_to_cpu(eh->eh_depth), 0,
				  (u64)EXT_MAX_BLOCKS + 1);
}

static u64 read_blocks(const struct ext4_geometry *g, const struct ext4_inode *raw)
{
	u64 n = le32_to_cpu(raw->i_blocks_lo);

	if (g->ro_compat & EXT4_RO_COMPAT_HUGE_FILE) {
		n |= (u64)le16_to_cpu(raw->i_blocks_high) << 32;
		if (le32_to_cpu(raw->i_flags) & EXT4_HUGE_FILE_FL)
			n <<= g->blocksize_bits - 9;
	}
	return n;
}

static void read_raw(struct inode *inode, const struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	u32 dev;

	inode->i_mode = le16_to_cpu(raw->i_mode);
	inode->i_uid = le16_to_cpu(raw->i_uid) | (u32)le16_to_cpu(raw->i_uid_high) << 16;
	inode->i_gid = le16_to_cpu(raw->i_gid) | (u32)le16_to_cpu(raw->i_gid_high) << 16;
	inode_set_nlink(inode, le16_to_cpu(raw->i_links_count));
	inode->i_size = le32_to_cpu(raw->i_size_lo);
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		inode->i_size |= (loff_t)le32_to_cpu(raw->i_size_high) << 32;
	inode->i_blocks = read_blocks(g, raw);
	ei->i_disksize = inode->i_size;
	ei->i_flags = le32_to_cpu(raw->i_flags);
	ei->i_generation = le32_to_cpu(raw->i_generation);
	ei->i_csum_seed = ext4_inode_seed(g, (u32)inode->i_ino, raw->i_generation);
	ei->i_dtime = le32_to_cpu(raw->i_dtime);
	ei->i_file_acl = le32_to_cpu(raw->i_file_acl_lo);
	if (g->incompat & EXT4_INCOMPAT_64BIT)
		ei->i_file_acl |= (u64)le16_to_cpu(raw->i_file_acl_high) << 32;
	ei->i_extra_isize =
		g->inode_size > EXT4_GOOD_OLD_INODE_SIZE ? le16_to_cpu(raw->i_extra_isize) : 0;
	memcpy(ei->i_data, raw->i_block, sizeof(ei->i_data));
	read_times(inode, raw);
	if (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) {
		dev = le32_to_cpu(raw->i_block[0]);
		if (dev)
			inode->i_rdev = MKDEV(dev >> 8 & 0xff, dev & 0xff);
		else
			inode->i_rdev = huge_decode_dev(le32_to_cpu(raw->i_block[1]));
	}
	if (ei->i_extra_isize && EXT4_GOOD_OLD_INODE_SIZE + ei->i_extra_isize + 4u <= g->inode_size)
		ei->i_in_inode_xattrs =
			get_unaligned_le32((const u8 *)raw + EXT4_GOOD_OLD_INODE_SIZE +
					   ei->i_extra_isize) == EXT4_XATTR_MAGIC;
}

static int fill_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	struct buffer_head *bh;
	struct ext4_inode *raw;
	const char *bad = NULL;
	int err = ext4_get_inode_loc(sb, (u32)inode->i_ino, &bh, &raw);

	if (err)
		return err;
	if (!raw->i_links_count && (!raw->i_mode || !(EXT4_SB(sb)->flags & EXT4_SBF_ORPHANS))) {
		brelse(bh);
		return -ESTALE; /* deleted */
	}
	if (!ext4_inode_csum_ok(g, (u32)inode->i_ino, raw))
		bad = "a bad checksum";
	if (!bad)
		bad = ext4_check_inode(g, raw);
	if (!bad) {
		read_raw(inode, raw);
		bad = check_root(inode);
		if (!bad && inode->i_size > sb->s_maxbytes)
			bad = "a bad size";
	}
	if (!bad && EXT4_I(inode)->i_file_acl && !ext4_block_valid(g, EXT4_I(inode)->i_file_acl, 1))
		bad = "an attribute block outside the file system";
	brelse(bh);
	if (bad) {
		ext4_error(sb, "inode %lu has %s", (unsigned long)inode->i_ino, bad);
		return -EUCLEAN;
	}
	ext4_set_inode_flags(inode);
	ext4_set_ops(inode);
	return 0;
}

int ext4_bad_inode(const struct inode *inode, const char *what)
{
	ext4_error(inode->i_sb, "inode %lu has %s", (unsigned long)inode->i_ino, what);
	return -EUCLEAN;
}

struct inode *ext4_iget(struct super_block *sb, u32 ino)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	struct inode *inode;
	int err;

	if (!ino || ino > g->inodes_count)
		return ERR_PTR(-EUCLEAN);
	inode = iget_locked(sb, ino);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;
	err = fill_inode(inode);
	if (err) {
		iget_failed(inode);
		return ERR_PTR(err);
	}
	unlock_new_inode(inode);
	return inode;
}

void ext4_set_ops(struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ext4_file_iops;
		inode->i_fop = &ext4_file_fops;
		address_space_init(&ei->mapping, inode, &ext4_aops);
		inode->i_mapping = &ei->mapping;
		break;
	case S_IFDIR:
		inode->i_op = &ext4_dir_iops;
		inode->i_fop = &ext4_dir_fops;
		break;
	case S_IFLNK:
		/* Text in the inode if it fits; an attribute block does not count. */
		inode->i_op = inode->i_size && inode->i_size < (loff_t)sizeof(ei->i_data) &&
					      !(ei->i_flags & EXT4_EXTENTS_FL) ?
				      &ext4_fast_symlink_iops :
				      &ext4_symlink_iops;
		break;
	default:
		inode->i_op = &ext4_special_iops;
		init_special_inode(inode, inode->i_mode, inode->i_rdev);
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_blocks_count(const struct ext4_geometry *g, struct inode *inode,
			       struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	u64 n = inode->i_blocks;

	ei->i_flags &= ~EXT4_HUGE_FILE_FL;
	if (n >> 48 && (g->ro_compat & EXT4_RO_COMPAT_HUGE_FILE)) {
		ei->i_flags |= EXT4_HUGE_FILE_FL;
		n >>= g->blocksize_bits - 9;
	}
	raw->i_blocks_lo = cpu_to_le32((u32)n);
	raw->i_blocks_high = cpu_to_le16((u16)(n >> 32));
}

static void write_dev(struct inode *inode, struct ext4_inode *raw)
{
	u32 major = MAJOR(inode->i_rdev), minor = MINOR(inode->i_rdev);
	bool old = major < 256 && minor < 256;

	raw->i_block[0] = cpu_to_le32(old ? major << 8 | minor : 0);
	raw->i_block[1] = cpu_to_le32(old ? 0 : (u32)huge_encode_dev(inode->i_rdev));
	raw->i_block[2] = 0;
}

/* i_raw_lock held. */
static void write_raw(struct inode *inode, struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	bool large = g->inode_size > EXT4_GOOD_OLD_INODE_SIZE;
	u32 extra = large ? ei->i_extra_isize : 0, links = inode->i_nlink;

	raw->i_mode = cpu_to_le16((u16)inode->i_mode);
	raw->i_uid = cpu_to_le16((u16)inode->i_uid);
	raw->i_gid = cpu_to_le16((u16)inode->i_gid);
	raw->i_uid_high = cpu_to_le16((u16)(inode->i_uid >> 16));
	raw->i_gid_high = cpu_to_le16((u16)(inode->i_gid >> 16));
	raw->i_links_count = cpu_to_le16((u16)links);
	raw->i_size_lo = cpu_to_le32((u32)ei->i_disksize);
	raw->i_size_high = cpu_to_le32((u32)(ei->i_disksize >> 32));
	write_blocks_count(g, inode, raw);
	raw->i_flags = cpu_to_le32(ei->i_flags);
	raw->i_generation = cpu_to_le32(ei->i_generation);
	raw->i_dtime = cpu_to_le32(ei->i_dtime);
	raw->i_file_acl_lo = cpu_to_le32((u32)ei->i_file_acl);
	raw->i_file_acl_high = cpu_to_le16((u16)(ei->i_file_acl >> 32));
	if (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode))
		write_dev(inode, raw);
	else
		memcpy(raw->i_block, ei->i_data, sizeof(ei->i_data));
	if (large) {
		raw->i_extra_isize = cpu_to_le16(ei->i_extra_isize);
		PUT_TIME(raw, extra, atime, &inode->i_atime);
		PUT_TIME(raw, extra, ctime, &inode->i_ctime);
		PUT_TIME(raw, extra, mtime, &inode->i_mtime);
		if (EXT4_FITS(extra, i_crtime))
			PUT_TIME(raw, extra, crtime, &ei->i_crtime);
	} else {
		put_time(&inode->i_atime, false, &raw->i_atime, NULL);
		put_time(&inode->i_ctime, false, &raw->i_ctime, NULL);
		put_time(&inode->i_mtime, false, &raw->i_mtime, NULL);
	}
	ext4_inode_csum_set(g, (u32)inode->i_ino, raw);
}

static int mark_inode(handle_t *handle, struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct super_block *sb = inode->i_sb;
	struct buffer_head *bh;
	struct ext4_inode *raw;
	int err = find_raw(sb, (u32)inode->i_ino, READ_ONCE(ei->i_fresh), &bh, &raw);

	if (err)
		return err;
	err = ext4_get_write_access(handle, bh);
	if (!err) {
		spin_lock(&ei->i_raw_lock);
		/* What was in the slot before is of another file. */
		if (ei->i_fresh)
			memset(raw, 0, EXT4_SB(sb)->g.inode_size);
		ei->i_fresh = false;
		write_raw(inode, raw);
		spin_unlock(&ei->i_raw_lock);
		err = ext4_dirty_metadata(handle, inode, bh);
	}
	if (!err && ext4_handle_valid(handle))
		ei->i_sync_tid = jbd2_handle_tid(handle);
	if (!err && ei->i_disksize > S32_MAX &&
	    !(EXT4_SB(sb)->g.ro_compat & EXT4_RO_COMPAT_LARGE_FILE))
		err = ext4_set_ro_compat(handle, sb, EXT4_RO_COMPAT_LARGE_FILE);
	brelse(bh);
	return err;
}

int ext4_mark_inode_dirty(handle_t *handle, struct inode *inode)
{
	int err = mark_inode(handle, inode);

	if (!err && ext4_handle_valid(handle))
		EXT4_I(inode)->i_datasync_tid = EXT4_I(inode)->i_sync_tid;
	return err;
}

/* What is noted in memory only are times (mark_inode_dirty_sync()); the rest was journalled. */
int ext4_write_inode(struct inode *inode, bool wait)
{
	struct super_block *sb = inode->i_sb;
	struct buffer_head *bh;
	struct ext4_inode *raw;
	handle_t *handle;
	int err, err2;

	if (sb->s_flags & SB_RDONLY && !(EXT4_SB(sb)->flags & EXT4_SBF_ORPHANS))
		return 0;
	if (jbd2_current_handle()) {
		mark_inode_dirty_sync(inode);
		return 0;
	}
	handle = ext4_journal_start(sb, EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = mark_inode(handle, inode);
	err2 = ext4_journal_stop(handle);
	if (!err && wait && !ext4_handle_valid(handle) &&
	    !ext4_get_inode_loc(sb, (u32)inode->i_ino, &bh, &raw)) {
		err = sync_dirty_buffer(bh);
		brelse(bh);
	}
	return err ? err : err2;
}

/* ---- truncation ------------------------------------------------------------------------------ */

int ext4_zero_tail(struct inode *inode, loff_t from)
{
	u32 bs = inode->i_sb->s_blocksize, off = (u32)(from & ~PAGE_MASK);
	u32 end = from < inode->i_size ? round_up(off, bs) : (u32)PAGE_SIZE;
	struct ext4_map map = {.lblk = (u32)(from >> ext4_bits(inode)), .len = 1};
	struct page *page;
	int err;

	if (!(from & (bs - 1)) && (!off || from < inode->i_size))
		return 0;
	err = ext4_map_blocks(NULL, inode, &map, 0);
	if (err)
		return err;
	page = find_get_page(inode->i_mapping, (pgoff_t)(from >> PAGE_SHIFT));
	if (!page && (!(map.flags & EXT4_MAP_MAPPED) || !(from & (bs - 1))))
		return 0;
	if (page)
		put_page(page);
	page = read_cache_page(inode->i_mapping, (pgoff_t)(from >> PAGE_SHIFT), NULL);
	if (IS_ERR(page))
		return PTR_ERR(page);
	lock_page(page);
	if (page->mapping == inode->i_mapping) {
		wait_on_page_writeback(page);
		memset((char *)page_address(page) + off, 0, end - off);
		/* A hole is zeroes as it is; it may have become none meanwhile. */
		map.len = 1;
		err = from & (bs - 1) ? ext4_map_blocks(NULL, inode, &map, 0) : 0;
		if (!err && map.flags & EXT4_MAP_MAPPED) {
			ext4_page_prepare(inode, page, off, off + 1, true);
			set_page_dirty(page);
		}
	}
	unlock_page(page);
	put_page(page);
	return err;
}

/* Inside a handle that may be restarted: frees what lies behind i_size. */
int ext4_truncate_in(handle_t *handle, struct inode *inode)
{
	u32 bs = inode->i_sb->s_blocksize;
	u64 first = ((u64)inode->i_size + bs - 1) >> ext4_bits(inode);
	int err = 0;

	if (first < EXT_MAX_BLOCKS)
		err = ext4_remove_blocks(handle, inode, (u32)first, EXT_MAX_BLOCKS);
	down_write(&EXT4_I(inode)->i_data_sem);
	EXT4_I(inode)->i_disksize = inode->i_size;
	up_write(&EXT4_I(inode)->i_data_sem);
	return err;
}

int ext4_truncate(struct inode *inode)
{
	handle_t *handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
	int err, err2;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = ext4_orphan_add(handle, inode);
	if (!err)
		err = ext4_truncate_in(handle, inode);
	err2 = ext4_ensure_credits(handle, EXT4_CREDITS_INODE);
	if (!err2 && inode->i_nlink)
		err2 = ext4_orphan_del(handle, inode);
	if (!err2)
		err2 = ext4_mark_inode_dirty(handle, inode);
	err = err ? err : err2;
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static int set_disksize(struct inode *inode, loff_t size, bool shrink)
{
	handle_t *handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_INODE);
	int err = 0, err2;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	/* Until the blocks are gone a crash has to finish the work. */
	if (shrink)
		err = ext4_orphan_add(handle, inode);
	if (!err) {
		down_write(&EXT4_I(inode)->i_data_sem);
		EXT4_I(inode)->i_disksize = size;
		up_write(&EXT4_I(inode)->i_data_sem);
		err = ext4_mark_inode_dirty(handle, inode);
	}
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

static int change_size(struct inode *inode, loff_t size)
{
	loff_t old = inode->i_size;
	int err;

	if (!ext4_has_extents(inode) && (u64)size > ext4_ind_max_blocks(&EXT4_SB(inode->i_sb)->g)
							    << ext4_bits(inode))
		return -EFBIG;
	err = size > old ? ext4_will_grow(inode, size, size) : ext4_zero_tail(inode, size);
	if (err)
		return err;
	WRITE_ONCE(EXT4_I(inode)->i_will_size, size);
	err = set_disksize(inode, size, size < old);
	if (err)
		return err;
	truncate_setsize(inode, size);
	return size <= old ? ext4_truncate(inode) : 0;
}

int ext4_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	handle_t *handle;
	int err = setattr_prepare(dentry, attr), err2;

	if (err)
		return err;
	if (attr->ia_valid & ATTR_SIZE) {
		if (!S_ISREG(inode->i_mode))
			return -EINVAL;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
		err = change_size(inode, attr->ia_size);
		if (err)
			return err;
		attr->ia_valid |= ATTR_MTIME | ATTR_CTIME;
	}
	handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	setattr_copy(inode, attr);
	err = ext4_mark_inode_dirty(handle, inode);
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

int ext4_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	struct inode *inode = path->dentry->d_inode;
	struct ext4_inode_info *ei = EXT4_I(inode);
	int reserved = atomic_read(&ei->i_reserved);

	generic_fillattr(inode, stat);
	/* Programs like tar take a file without blocks for one without data. */
	if (reserved > 0)
		stat->blocks += (u64)reserved << (ext4_bits(inode) - 9);
	if (ei->i_crtime.tv_sec || ei->i_crtime.tv_nsec) {
		stat->btime = ei->i_crtime;
		stat->result_mask |= STATX_BTIME;
	}
	stat->attributes_mask |= STATX_ATTR_COMPRESSED;
	if (ei->i_flags & EXT4_COMPR_FL)
		stat->attributes |= STATX_ATTR_COMPRESSED;
	if ((mask & STATX_DIOALIGN) && S_ISREG(inode->i_mode))
		bdev_fill_dioalign(inode->i_sb->s_bdev, stat);
	return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool has_block_map(const struct inode *inode)
{
	return S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ||
	       (S_ISLNK(inode->i_mode) && inode->i_op != &ext4_fast_symlink_iops);
}

static void delete_inode(struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	handle_t *handle =
		ext4_journal_start(inode->i_sb, EXT4_CREDITS_MAP + 2 * EXT4_CREDITS_INODE);
	int err = 0;

	if (IS_ERR(handle)) {
		/* The next mount finds it on the orphan list. */
		mutex_lock(&EXT4_SB(inode->i_sb)->orphan_lock);
		list_del_init(&ei->i_orphan);
		mutex_unlock(&EXT4_SB(inode->i_sb)->orphan_lock);
		return;
	}
	inode->i_size = 0;
	if (has_block_map(inode) && inode->i_blocks)
		err = ext4_truncate_in(handle, inode);
	else
		ei->i_disksize = 0;
	if (!err)
		err = ext4_ensure_credits(handle, 3 * EXT4_CREDITS_INODE);
	if (!err) {
		ext4_xattr_delete_inode(handle, inode);
		err = ext4_orphan_del(handle, inode);
	}
	if (!err) {
		ei->i_dtime = max((u32)current_time(inode).tv_sec, 1u);
		err = ext4_mark_inode_dirty(handle, inode);
	}
	if (!err)
		ext4_free_inode(handle, inode);
	if (err) {
		mutex_lock(&EXT4_SB(inode->i_sb)->orphan_lock);
		list_del_init(&ei->i_orphan);
		mutex_unlock(&EXT4_SB(inode->i_sb)->orphan_lock);
	}
	ext4_journal_stop(handle);
}

void ext4_evict_inode(struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	if (inode->i_mapping == &ei->mapping)
		truncate_inode_pages_final(&ei->mapping);
	if (!inode->i_nlink && !(inode->i_state & I_BAD) && inode->i_ino >= 11 &&
	    inode->i_state & I_HASHED)
		delete_inode(inode);
	kfree(ei->i_symlink);
	ei->i_symlink = NULL;
}
