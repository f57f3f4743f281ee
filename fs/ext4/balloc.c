/* SPDX-License-Identifier: MIT */
/*
 * Allocating and freeing blocks. A search begins at the goal and takes the first run that is long
 * enough, then the longest of the groups that follow. Blocks that a transaction freed stay busy
 * until it is on disk: after a crash their old owner has them back.
 */
#include <uapi/capability.h>
#include "ext4.h"

/* ---- counting -------------------------------------------------------------------------------- */

static bool may_use_reserve(struct ext4_sb_info *sbi)
{
	return current_fsuid() == sbi->opt.resuid ||
	       (sbi->opt.resgid && in_group_p(sbi->opt.resgid)) || capable(CAP_SYS_RESOURCE);
}

bool ext4_has_free(struct ext4_sb_info *sbi, u64 n, unsigned int flags)
{
	long free = atomic_long_read(&sbi->free_blocks) - atomic_long_read(&sbi->dirty_blocks);
	u64 keep = flags & EXT4_ALLOC_META ? 0 : sbi->pool_blocks;

	if (free > 0 && (u64)free >= n + keep + sbi->reserved_blocks)
		return true;
	if (free <= 0 || (u64)free < n + keep)
		return false;
	return (flags & EXT4_ALLOC_META) || may_use_reserve(sbi);
}

int ext4_reserve(struct inode *inode, u32 n, bool force)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);

	if (!force && !ext4_has_free(sbi, n, 0))
		return -ENOSPC;
	atomic_long_add(n, &sbi->dirty_blocks);
	atomic_add((int)n, &EXT4_I(inode)->i_reserved);
	return 0;
}

void ext4_unreserve(struct inode *inode, u32 n)
{
	if (!n)
		return;
	atomic_long_sub(n, &EXT4_SB(inode->i_sb)->dirty_blocks);
	atomic_sub((int)n, &EXT4_I(inode)->i_reserved);
}

void ext4_add_blocks(struct inode *inode, s64 n)
{
	spin_lock(&inode->i_lock);
	inode->i_blocks += (u64)(n * (s64)(inode->i_sb->s_blocksize >> 9));
	spin_unlock(&inode->i_lock);
}

/* ---- bitmaps --------------------------------------------------------------------------------- */

static void mark_part(void *map, const struct ext4_geometry *g, u32 group, u64 block, u32 n)
{
	u64 first = ext4_group_first(g, group), end = first + ext4_group_blocks(g, group);

	if (block < first) {
		if (block + n <= first)
			return;
		n -= (u32)(first - block);
		block = first;
	}
	if (block >= end)
		return;
	ext4_set_bits(map, (u32)(block - first), (u32)min_t(u64, n, end - block));
}

/* A group whose bitmap was never written: only its own metadata is in use. */
static void init_block_bitmap(struct super_block *sb, u32 group, struct ext4_group_desc *gd,
			      void *map)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	u32 n = ext4_group_blocks(g, group);

	memset(map, 0, g->blocksize);
	ext4_set_bits(map, 0, min(ext4_bg_overhead(g, group), n));
	mark_part(map, g, group, ext4_block_bitmap(g, gd), 1);
	mark_part(map, g, group, ext4_inode_bitmap(g, gd), 1);
	mark_part(map, g, group, ext4_inode_table(g, gd), g->itable_blocks);
	ext4_set_bits(map, n, g->blocksize * 8 - n);
}

static void init_inode_bitmap(const struct ext4_geometry *g, void *map)
{
	memset(map, 0, g->blocksize);
	ext4_set_bits(map, g->inodes_per_group, g->blocksize * 8 - g->inodes_per_group);
}

static struct buffer_head *bad_bitmap(struct super_block *sb, u32 group, bool inodes,
				      struct buffer_head *bh)
{
	EXT4_SB(sb)->groups[group].bad = true;
	ext4_error(sb, "the %s bitmap of group %u is damaged", inodes ? "inode" : "block", group);
	brelse(bh);
	return ERR_PTR(-EUCLEAN);
}

struct buffer_head *ext4_read_bitmap(struct super_block *sb, u32 group, bool inodes)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	struct ext4_group_desc *gd = ext4_group_desc(sb, group, NULL);
	u16 uninit = inodes ? EXT4_BG_INODE_UNINIT : EXT4_BG_BLOCK_UNINIT;
	u64 where = inodes ? ext4_inode_bitmap(g, gd) : ext4_block_bitmap(g, gd);
	struct buffer_head *bh = sb_getblk(sb, where);
	bool ok = true;

	if (!bh)
		return ERR_PTR(-ENOMEM);
	if (buffer_uptodate(bh) && test_bit(BH_Ext4Bitmap, &bh->b_state))
		return bh;
	if ((g->meta_csum || g->gdt_csum) && (gd->bg_flags & cpu_to_le16(uninit))) {
		lock_buffer(bh);
		if (!test_bit(BH_Ext4Bitmap, &bh->b_state)) {
			if (inodes)
				init_inode_bitmap(g, bh->b_data);
			else
				init_block_bitmap(sb, group, gd, bh->b_data);
			set_buffer_uptodate(bh);
			set_bit(BH_Ext4Bitmap, &bh->b_state);
		}
		unlock_buffer(bh);
		return bh;
	}
	if (bh_read(bh, REQ_META | REQ_PRIO)) {
		brelse(bh);
		ext4_error(sb, "cannot read the %s bitmap of group %u", inodes ? "inode" : "block",
			   group);
		return ERR_PTR(-EIO);
	}
	lock_buffer(bh);
	if (!test_bit(BH_Ext4Bitmap, &bh->b_state)) {
		ok = ext4_bitmap_csum_ok(g, gd, bh->b_data, inodes);
		if (ok)
			set_bit(BH_Ext4Bitmap, &bh->b_state);
	}
	unlock_buffer(bh);
	return ok ? bh : bad_bitmap(sb, group, inodes, bh);
}

/* ---- allocating ------------------------------------------------------------------------------ */

struct alloc {
	handle_t *handle;
	struct super_block *sb;
	u32 want;
	u32 min; /* no shorter run will do, in this pass */
};

/* (g) held: the run is in use from now on. */
static void take_run(struct ext4_sb_info *sbi, u32 group, struct ext4_group_desc *gd, void *map,
		     u32 bit, u32 n)
{
	struct ext4_group *grp = &sbi->groups[group];

	ext4_set_bits(map, bit, n);
	grp->free -= min(grp->free, n);
	gd->bg_flags &= cpu_to_le16((u16)~EXT4_BG_BLOCK_UNINIT);
	ext4_set_free_blocks(&sbi->g, gd, ext4_free_blocks(&sbi->g, gd) - n);
	ext4_bitmap_csum_set(&sbi->g, gd, map, false);
	ext4_group_csum_set(&sbi->g, group, gd);
}

/*
 * Takes a run in @group from @bit on (before it, too, when nothing fits behind). *count how long;
 * 0: nothing. Returns the first block.
 */
static u64 alloc_in_group(struct alloc *a, u32 group, u32 bit, u32 *count, int *err)
{
	struct ext4_sb_info *sbi = EXT4_SB(a->sb);
	struct ext4_group *grp = &sbi->groups[group];
	struct buffer_head *bh, *gdbh;
	struct ext4_group_desc *gd;
	u32 n = ext4_group_blocks(&sbi->g, group), len, len2, at;

	*count = 0;
	if (grp->bad || READ_ONCE(grp->free) < a->min || READ_ONCE(grp->longest) < a->min)
		return 0;
	gd = ext4_group_desc(a->sb, group, &gdbh);
	bh = ext4_read_bitmap(a->sb, group, false);
	if (IS_ERR(bh)) {
		*err = PTR_ERR(bh);
		return 0;
	}
	*err = ext4_get_write_access(a->handle, bh);
	if (!*err)
		*err = ext4_get_write_access(a->handle, gdbh);
	if (*err) {
		brelse(bh);
		return 0;
	}
	spin_lock(&grp->lock);
	at = ext4_find_run(bh->b_data, grp->busy, bit, n, a->want, &len);
	if (len < a->want && bit) {
		u32 at2 = ext4_find_run(bh->b_data, grp->busy, 0, n, a->want, &len2);

		if (len2 < a->want)
			grp->longest = len2;
		if (len < a->min || len2 >= a->want) {
			at = at2;
			len = len2;
		}
	} else if (len < a->want) {
		grp->longest = len;
	}
	if (len >= a->min && len) {
		take_run(sbi, group, gd, bh->b_data, at, len);
		*count = len;
	}
	spin_unlock(&grp->lock);
	if (*count) {
		*err = ext4_dirty_metadata(a->handle, NULL, bh);
		if (!*err)
			*err = ext4_dirty_metadata(a->handle, NULL, gdbh);
	}
	brelse(bh);
	return ext4_group_first(&sbi->g, group) + at;
}

static u64 search_groups(struct alloc *a, u32 group, u32 bit, u32 *count, int *err)
{
	struct ext4_sb_info *sbi = EXT4_SB(a->sb);
	u32 groups = sbi->g.groups;

	for (u32 i = 0; i < groups; i++) {
		u64 block = alloc_in_group(a, group, i ? 0 : bit, count, err);

		if (*count || (*err && *err != -EUCLEAN))
			return block;
		*err = 0;
		group = group + 1 < groups ? group + 1 : 0;
	}
	return 0;
}

/* What freed blocks of older transactions hold back comes back with a commit. */
static bool wait_for_busy(struct ext4_sb_info *sbi)
{
	/* Inside a handle nobody may wait for its own transaction; start it for those to come. */
	if (sbi->journal)
		jbd2_journal_force_commit(sbi->journal, false);
	return false;
}

u64 ext4_new_blocks(handle_t *handle, struct inode *inode, u64 goal, u32 *count, unsigned int flags,
		    int *err)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	struct alloc a = {.handle = handle, .sb = sb};
	u32 group, bit, want = min(*count, g->blocks_per_group), got = 0;
	u64 block = 0;

	*err = 0;
	*count = 0;
	while (!(flags & EXT4_ALLOC_PROMISED) && want && !ext4_has_free(sbi, want, flags))
		want /= 2;
	if (!want) {
		*err = -ENOSPC;
		return 0;
	}
	if (goal <= g->first_data_block || goal >= g->blocks_count)
		goal = ext4_group_first(g, READ_ONCE(sbi->alloc_hint)) + 1;
	group = (u32)((goal - g->first_data_block) / g->blocks_per_group);
	bit = (u32)((goal - g->first_data_block) % g->blocks_per_group);
	a.want = want;
	for (a.min = want; !got && !*err; a.min = a.min > 64 ? a.min / 8 : 1) {
		block = search_groups(&a, group, bit, &got, err);
		if (a.min == 1)
			break;
	}
	if (*err)
		return 0;
	if (!got) {
		wait_for_busy(sbi);
		*err = -ENOSPC;
		return 0;
	}
	if (!ext4_block_valid(g, block, got)) {
		ext4_error(sb, "allocated block %llu outside the file system",
			   (unsigned long long)block);
		*err = -EUCLEAN;
		return 0;
	}
	atomic_long_sub(got, &sbi->free_blocks);
	WRITE_ONCE(sbi->alloc_hint, (u32)((block - g->first_data_block) / g->blocks_per_group));
	ext4_add_blocks(inode, got);
	*count = got;
	return block;
}

u64 ext4_goal(struct inode *inode, u32 lblk)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);
	u32 group;

	if (ei->i_last_alloc_p && lblk >= ei->i_last_alloc && lblk - ei->i_last_alloc < 1024)
		return ei->i_last_alloc_p + (lblk - ei->i_last_alloc);
	if (ei->i_last_alloc_p && lblk < ei->i_last_alloc)
		return ei->i_last_alloc_p;
	group = ((u32)inode->i_ino - 1) / sbi->g.inodes_per_group;
	/* Metadata of a flex group sits in its first group: data of small files comes behind it. */
	return ext4_group_first(&sbi->g, min(group, sbi->g.groups - 1)) + 1;
}

/* ---- freeing --------------------------------------------------------------------------------- */

struct freed_run {
	struct jbd2_callback cb;
	struct ext4_sb_info *sbi;
	u32 group, bit, n;
};

/* (g) held. */
static void unbusy(struct ext4_group *grp, u32 bit, u32 n, void **unused)
{
	grp->busy_count -= ext4_clear_bits(grp->busy, bit, n);
	grp->longest = U32_MAX;
	if (!grp->busy_count) {
		*unused = grp->busy;
		grp->busy = NULL;
	}
}

static void freed_committed(struct jbd2_callback *cb)
{
	struct freed_run *f = container_of(cb, struct freed_run, cb);
	struct ext4_group *grp = &f->sbi->groups[f->group];
	void *unused = NULL;

	spin_lock(&grp->lock);
	unbusy(grp, f->bit, f->n, &unused);
	spin_unlock(&grp->lock);
	kfree(unused);
	kfree(f);
}

/* Keeps the run from being allocated until the transaction is safe. No lock is held. */
static void make_busy(handle_t *handle, struct ext4_sb_info *sbi, u32 group, u32 bit, u32 n)
{
	struct ext4_group *grp = &sbi->groups[group];
	struct freed_run *f = kmalloc(sizeof(*f), GFP_NOFS | __GFP_NOFAIL);
	u8 *map = NULL;

	f->cb.fn = freed_committed;
	f->sbi = sbi;
	f->group = group;
	f->bit = bit;
	f->n = n;
	spin_lock(&grp->lock);
	if (!grp->busy) {
		spin_unlock(&grp->lock);
		map = kzalloc(sbi->g.blocksize, GFP_NOFS | __GFP_NOFAIL);
		spin_lock(&grp->lock);
		if (!grp->busy) {
			grp->busy = map;
			map = NULL;
		}
	}
	ext4_set_bits(grp->busy, bit, n);
	grp->busy_count += n;
	spin_unlock(&grp->lock);
	kfree(map);
	jbd2_add_callback(handle, &f->cb);
}

/* @n blocks of one group. */
static void free_in_group(handle_t *handle, struct inode *inode, u32 group, u32 bit, u32 n)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_group *grp = &sbi->groups[group];
	struct buffer_head *gdbh, *bh = ext4_read_bitmap(sb, group, false);
	struct ext4_group_desc *gd = ext4_group_desc(sb, group, &gdbh);
	u32 was;

	if (IS_ERR(bh))
		return;
	if (ext4_get_write_access(handle, bh) || ext4_get_write_access(handle, gdbh)) {
		brelse(bh);
		return;
	}
	if (ext4_handle_valid(handle))
		make_busy(handle, sbi, group, bit, n);
	spin_lock(&grp->lock);
	was = ext4_clear_bits(bh->b_data, bit, n);
	grp->free += was;
	grp->longest = U32_MAX;
	ext4_set_free_blocks(&sbi->g, gd, ext4_free_blocks(&sbi->g, gd) + was);
	ext4_bitmap_csum_set(&sbi->g, gd, bh->b_data, false);
	ext4_group_csum_set(&sbi->g, group, gd);
	spin_unlock(&grp->lock);
	ext4_dirty_metadata(handle, NULL, bh);
	ext4_dirty_metadata(handle, NULL, gdbh);
	brelse(bh);
	atomic_long_add(was, &sbi->free_blocks);
	if (was != n)
		ext4_error(sb, "inode %lu: %u freed blocks of group %u were free already",
			   (unsigned long)inode->i_ino, n - was, group);
}

void ext4_free_blocks_run(handle_t *handle, struct inode *inode, u64 block, u32 count)
{
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	u32 total = count;

	if (!ext4_block_valid(g, block, count)) {
		ext4_error(inode->i_sb, "inode %lu: freeing blocks outside the file system",
			   (unsigned long)inode->i_ino);
		return;
	}
	while (count) {
		u64 rel = block - g->first_data_block;
		u32 group = (u32)(rel / g->blocks_per_group);
		u32 bit = (u32)(rel % g->blocks_per_group);
		u32 n = min(count, g->blocks_per_group - bit);

		free_in_group(handle, inode, group, bit, n);
		block += n;
		count -= n;
	}
	ext4_add_blocks(inode, -(s64)total);
}
