/* SPDX-License-Identifier: MIT */
/*
 * Allocating and freeing inodes. A file goes to its directory's group; directories are spread: one
 * below the root, or in a group that is full, goes to the next group with more than the average of
 * free inodes and blocks, others stay near their parent.
 */
#include <uapi/stat.h>
#include "ext4.h"

static bool good_for_dir(struct ext4_sb_info *sbi, u32 group, u32 avg_inodes, u32 avg_blocks)
{
	struct ext4_group *grp = &sbi->groups[group];

	return grp->free_inodes && grp->free_inodes >= avg_inodes && grp->free >= avg_blocks;
}

static u32 find_group_dir(struct ext4_sb_info *sbi, struct inode *dir)
{
	u32 groups = sbi->g.groups, avg_inodes, avg_blocks, start;
	bool top = dir->i_ino == EXT4_ROOT_INO || EXT4_I(dir)->i_flags & EXT4_TOPDIR_FL;

	avg_inodes = (u32)max(atomic_long_read(&sbi->free_inodes), 0l) / groups;
	avg_blocks = (u32)(max(atomic_long_read(&sbi->free_blocks), 0l) / groups);
	start = ((u32)dir->i_ino - 1) / sbi->g.inodes_per_group;
	if (top)
		start = (u32)atomic_inc_return(&sbi->generation) % groups;
	else if (sbi->groups[start].free_inodes > avg_inodes / 4 &&
		 sbi->groups[start].free > avg_blocks / 4)
		return start;
	for (u32 i = 0; i < groups; i++)
		if (good_for_dir(sbi, (start + i) % groups, avg_inodes, avg_blocks))
			return (start + i) % groups;
	return start;
}

/* (g) held. The bit is taken; the descriptor follows. */
static void take_inode(struct ext4_sb_info *sbi, u32 group, struct ext4_group_desc *gd, void *map,
		       u32 bit, bool isdir)
{
	const struct ext4_geometry *g = &sbi->g;
	u32 used;

	ext4_set_bits(map, bit, 1);
	sbi->groups[group].free_inodes--;
	ext4_set_free_inodes(g, gd, ext4_free_inodes(g, gd) - 1);
	if (isdir)
		ext4_set_used_dirs(g, gd, ext4_used_dirs(g, gd) + 1);
	if (g->meta_csum || g->gdt_csum) {
		used = gd->bg_flags & cpu_to_le16(EXT4_BG_INODE_UNINIT) ?
			       0 :
			       g->inodes_per_group - ext4_itable_unused(g, gd);
		gd->bg_flags &= cpu_to_le16((u16)~EXT4_BG_INODE_UNINIT);
		if (bit + 1 > used)
			ext4_set_itable_unused(g, gd, g->inodes_per_group - bit - 1);
	}
	ext4_bitmap_csum_set(g, gd, map, true);
	ext4_group_csum_set(g, group, gd);
}

/*
 * A group without any inode has no block bitmap on disk either, maybe; e2fsck wants both flags to
 * make sense, so the block bitmap is written along.
 */
static int init_blocks_too(handle_t *handle, struct super_block *sb, u32 group,
			   struct ext4_group_desc *gd)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct buffer_head *bh;
	int err;

	if (!(gd->bg_flags & cpu_to_le16(EXT4_BG_BLOCK_UNINIT)))
		return 0;
	bh = ext4_read_bitmap(sb, group, false);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	err = ext4_get_write_access(handle, bh);
	if (!err) {
		spin_lock(&sbi->groups[group].lock);
		gd->bg_flags &= cpu_to_le16((u16)~EXT4_BG_BLOCK_UNINIT);
		ext4_bitmap_csum_set(&sbi->g, gd, bh->b_data, false);
		ext4_group_csum_set(&sbi->g, group, gd);
		spin_unlock(&sbi->groups[group].lock);
		err = ext4_dirty_metadata(handle, NULL, bh);
	}
	brelse(bh);
	return err;
}

/* An inode number in @group, or 0. */
static u32 alloc_in_group(handle_t *handle, struct super_block *sb, u32 group, bool isdir, int *err)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	struct ext4_group *grp = &sbi->groups[group];
	struct buffer_head *bh, *gdbh;
	struct ext4_group_desc *gd;
	u32 bit, first = group ? 0 : g->first_ino - 1;

	if (grp->bad || !READ_ONCE(grp->free_inodes))
		return 0;
	gd = ext4_group_desc(sb, group, &gdbh);
	bh = ext4_read_bitmap(sb, group, true);
	if (IS_ERR(bh)) {
		*err = PTR_ERR(bh);
		return 0;
	}
	*err = ext4_get_write_access(handle, bh);
	if (!*err)
		*err = ext4_get_write_access(handle, gdbh);
	if (!*err && (g->meta_csum || g->gdt_csum))
		*err = init_blocks_too(handle, sb, group, gd);
	if (*err) {
		brelse(bh);
		return 0;
	}
	spin_lock(&grp->lock);
	bit = ext4_find_zero_bit(bh->b_data, first, g->inodes_per_group);
	if (bit < g->inodes_per_group && ext4_free_inodes(g, gd) && grp->free_inodes)
		take_inode(sbi, group, gd, bh->b_data, bit, isdir);
	else
		bit = g->inodes_per_group;
	spin_unlock(&grp->lock);
	if (bit < g->inodes_per_group) {
		*err = ext4_dirty_metadata(handle, NULL, bh);
		if (!*err)
			*err = ext4_dirty_metadata(handle, NULL, gdbh);
	}
	brelse(bh);
	return bit < g->inodes_per_group ? group * g->inodes_per_group + bit + 1 : 0;
}

static u32 alloc_ino(handle_t *handle, struct inode *dir, bool isdir, int *err)
{
	struct super_block *sb = dir->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	u32 groups = sbi->g.groups, ino;
	u32 group =
		isdir ? find_group_dir(sbi, dir) : ((u32)dir->i_ino - 1) / sbi->g.inodes_per_group;

	*err = 0;
	for (u32 i = 0; i < groups; i++) {
		ino = alloc_in_group(handle, sb, (group + i) % groups, isdir, err);
		if (ino)
			return ino;
		if (*err && *err != -EUCLEAN)
			return 0;
		*err = 0;
	}
	*err = -ENOSPC;
	return 0;
}

static void init_new(struct inode *inode, struct inode *dir, umode_t mode, dev_t rdev)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);

	inode_init_owner(inode, dir, mode);
	ei->i_fresh = true;
	ei->i_generation = (u32)atomic_inc_return(&sbi->generation);
	ei->i_csum_seed =
		ext4_inode_seed(&sbi->g, (u32)inode->i_ino, cpu_to_le32(ei->i_generation));
	ei->i_crtime = inode->i_mtime;
	ei->i_flags = EXT4_I(dir)->i_flags & EXT4_FL_INHERITED;
	if (S_ISLNK(mode))
		ei->i_flags &= ~(EXT4_IMMUTABLE_FL | EXT4_APPEND_FL);
	if (!S_ISDIR(mode))
		ei->i_flags &= ~EXT4_DIRSYNC_FL;
	if (sbi->g.inode_size > EXT4_GOOD_OLD_INODE_SIZE)
		ei->i_extra_isize = sizeof(struct ext4_inode) - EXT4_GOOD_OLD_INODE_SIZE;
	if ((sbi->g.incompat & EXT4_INCOMPAT_EXTENTS) &&
	    (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode))) {
		ei->i_flags |= EXT4_EXTENTS_FL;
		ext4_ext_init(inode);
	}
	if (S_ISCHR(mode) || S_ISBLK(mode))
		inode->i_rdev = rdev;
	ext4_set_inode_flags(inode);
	ext4_set_ops(inode);
}

struct inode *ext4_new_inode(handle_t *handle, struct inode *dir, umode_t mode, dev_t rdev)
{
	struct super_block *sb = dir->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct inode *inode = new_inode(sb);
	int err;
	u32 ino;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	ino = alloc_ino(handle, dir, S_ISDIR(mode), &err);
	if (!ino) {
		iput(inode);
		return ERR_PTR(err);
	}
	inode->i_ino = ino;
	atomic_long_dec(&sbi->free_inodes);
	if (S_ISDIR(mode))
		atomic_long_inc(&sbi->dirs);
	err = insert_inode_locked(inode);
	if (err) {
		/* The bitmap said that it was free while somebody has it. */
		ext4_error(sb, "inode %u is in use and marked free", ino);
		iput(inode);
		return ERR_PTR(-EUCLEAN);
	}
	init_new(inode, dir, mode, rdev);
	return inode;
}

void ext4_free_inode(handle_t *handle, struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	const struct ext4_geometry *g = &sbi->g;
	u32 ino = (u32)inode->i_ino, group = (ino - 1) / g->inodes_per_group;
	u32 bit = (ino - 1) % g->inodes_per_group, was;
	struct ext4_group *grp = &sbi->groups[group];
	struct buffer_head *gdbh, *bh;
	struct ext4_group_desc *gd;

	if (ino < g->first_ino || ino > g->inodes_count) {
		ext4_error(sb, "freeing reserved inode %u", ino);
		return;
	}
	gd = ext4_group_desc(sb, group, &gdbh);
	bh = ext4_read_bitmap(sb, group, true);
	if (IS_ERR(bh))
		return;
	if (ext4_get_write_access(handle, bh) || ext4_get_write_access(handle, gdbh)) {
		brelse(bh);
		return;
	}
	spin_lock(&grp->lock);
	was = ext4_clear_bits(bh->b_data, bit, 1);
	if (was) {
		grp->free_inodes++;
		ext4_set_free_inodes(g, gd, ext4_free_inodes(g, gd) + 1);
		if (S_ISDIR(inode->i_mode) && ext4_used_dirs(g, gd))
			ext4_set_used_dirs(g, gd, ext4_used_dirs(g, gd) - 1);
		ext4_bitmap_csum_set(g, gd, bh->b_data, true);
		ext4_group_csum_set(g, group, gd);
	}
	spin_unlock(&grp->lock);
	if (was) {
		ext4_dirty_metadata(handle, NULL, bh);
		ext4_dirty_metadata(handle, NULL, gdbh);
		atomic_long_inc(&sbi->free_inodes);
		if (S_ISDIR(inode->i_mode))
			atomic_long_dec(&sbi->dirs);
	} else {
		ext4_error(sb, "inode %u was free already", ino);
	}
	brelse(bh);
}

bool ext4_inode_in_use(struct super_block *sb, u32 ino)
{
	const struct ext4_geometry *g = &EXT4_SB(sb)->g;
	u32 bit = (ino - 1) % g->inodes_per_group;
	struct buffer_head *bh;
	bool used;

	if (!ino || ino > g->inodes_count)
		return false;
	bh = ext4_read_bitmap(sb, (ino - 1) / g->inodes_per_group, true);
	if (IS_ERR(bh))
		return false;
	used = ((const u8 *)bh->b_data)[bit / 8] & (1u << bit % 8);
	brelse(bh);
	return used;
}
