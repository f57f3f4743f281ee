/* SPDX-License-Identifier: MIT */
/*
 * The allocation table: for each cluster which one follows. All copies get each change. A search
 * for a free cluster goes on where the last one ended, so that it is short while there are some.
 */
#include <lib/byteorder.h>
#include "fat.h"

/* ---- entries --------------------------------------------------------------------------------- */

/* The bytes of an entry: in one sector, or (12 bits) the second in the next. */
struct entry {
	struct buffer_head *bh[2];
	u8 *p[2];
};

static int entry_get(struct super_block *sb, u32 copy, u32 cluster, struct entry *e)
{
	const struct fat_geometry *g = &FAT_SB(sb)->g;
	u64 at = g->bits == 12 ? (u64)cluster + cluster / 2 : (u64)cluster * (g->bits / 8);
	u64 sector = g->fat_start + (u64)copy * g->fat_length + at / g->sector_size;
	u32 off = (u32)(at % g->sector_size);

	e->bh[1] = NULL;
	e->bh[0] = sb_bread(sb, sector);
	if (!e->bh[0])
		return -EIO;
	e->p[0] = (u8 *)e->bh[0]->b_data + off;
	e->p[1] = e->p[0] + 1;
	if (g->bits == 12 && off + 1 == g->sector_size) {
		e->bh[1] = sb_bread(sb, sector + 1);
		if (!e->bh[1]) {
			brelse(e->bh[0]);
			return -EIO;
		}
		e->p[1] = (u8 *)e->bh[1]->b_data;
	}
	return 0;
}

static void entry_put(struct entry *e)
{
	brelse(e->bh[0]);
	brelse(e->bh[1]);
}

static u32 entry_value(const struct fat_geometry *g, const struct entry *e, u32 cluster)
{
	u32 v;

	switch (g->bits) {
	case 12:
		v = (u32)*e->p[0] | (u32)*e->p[1] << 8;
		v = cluster & 1 ? v >> 4 : v & 0xfff;
		return v >= 0xff8 ? FAT_END : v == 0xff7 ? FAT_BAD : v;
	case 16:
		v = get_unaligned_le16(e->p[0]);
		return v >= 0xfff8 ? FAT_END : v == 0xfff7 ? FAT_BAD : v;
	default:
		v = get_unaligned_le32(e->p[0]) & 0x0fffffff;
		return v >= 0x0ffffff8 ? FAT_END : v == 0x0ffffff7 ? FAT_BAD : v;
	}
}

static void entry_store(const struct fat_geometry *g, struct entry *e, u32 cluster, u32 v)
{
	switch (g->bits) {
	case 12:
		v &= 0xfff;
		if (cluster & 1) {
			*e->p[0] = (u8)((*e->p[0] & 0x0f) | v << 4);
			*e->p[1] = (u8)(v >> 4);
		} else {
			*e->p[0] = (u8)v;
			*e->p[1] = (u8)((*e->p[1] & 0xf0) | v >> 8);
		}
		break;
	case 16:
		put_unaligned_le16((u16)v, e->p[0]);
		break;
	default:
		v = (v & 0x0fffffff) | (get_unaligned_le32(e->p[0]) & 0xf0000000);
		put_unaligned_le32(v, e->p[0]);
	}
}

static bool is_cluster(const struct fat_geometry *g, u32 n)
{
	return n >= FAT_FIRST_CLUSTER && n < g->end_cluster;
}

int fat_table_get(struct super_block *sb, u32 cluster, u32 *next)
{
	const struct fat_geometry *g = &FAT_SB(sb)->g;
	struct entry e;
	int err;

	if (!is_cluster(g, cluster)) {
		fat_error(sb, "cluster %u is outside the file system", cluster);
		return -EIO;
	}
	err = entry_get(sb, 0, cluster, &e);
	if (err)
		return err;
	*next = entry_value(g, &e, cluster);
	entry_put(&e);
	return 0;
}

/* fat_lock held. */
static int table_set(struct super_block *sb, u32 cluster, u32 value)
{
	const struct fat_geometry *g = &FAT_SB(sb)->g;

	for (u32 copy = 0; copy < (g->mirror ? g->fats : 1); copy++) {
		struct entry e;
		int err = entry_get(sb, copy, cluster, &e);

		if (err)
			return err;
		entry_store(g, &e, cluster, value);
		mark_buffer_dirty(e.bh[0]);
		if (e.bh[1])
			mark_buffer_dirty(e.bh[1]);
		entry_put(&e);
	}
	return 0;
}

/* ---- allocating and freeing ------------------------------------------------------------------ */

/* The first free cluster of [@from, @end), or 0. fat_lock held. */
static int find_free(struct super_block *sb, u32 from, u32 end, u32 *found)
{
	*found = 0;
	for (u32 c = from; c < end; c++) {
		u32 next;
		int err = fat_table_get(sb, c, &next);

		if (err)
			return err;
		if (!next) {
			*found = c;
			return 0;
		}
		cond_resched();
	}
	return 0;
}

static int alloc_locked(struct super_block *sb, u32 last, u32 *cluster)
{
	struct fat_sb *sbi = FAT_SB(sb);
	u32 from = is_cluster(&sbi->g, sbi->next) ? sbi->next : FAT_FIRST_CLUSTER;
	int err = sbi->free ? find_free(sb, from, sbi->g.end_cluster, cluster) : -ENOSPC;

	if (!err && !*cluster)
		err = find_free(sb, FAT_FIRST_CLUSTER, from, cluster);
	if (!err && !*cluster) {
		sbi->free = 0;
		err = -ENOSPC;
	}
	if (!err)
		err = table_set(sb, *cluster, FAT_END);
	if (!err && last)
		err = table_set(sb, last, *cluster);
	if (err)
		return err;
	sbi->next = *cluster + 1;
	if (sbi->free != ~0u)
		sbi->free--;
	sbi->info_dirty = true;
	return 0;
}

int fat_alloc_cluster(struct inode *inode, u32 last, u32 *cluster)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	int err;

	mutex_lock(&sbi->fat_lock);
	err = alloc_locked(inode->i_sb, last, cluster);
	mutex_unlock(&sbi->fat_lock);
	if (!err) {
		spin_lock(&inode->i_lock);
		inode->i_blocks += 1ull << (sbi->g.cluster_bits - 9);
		spin_unlock(&inode->i_lock);
	}
	return err;
}

int fat_free_chain(struct inode *inode, u32 first, u32 keep)
{
	struct super_block *sb = inode->i_sb;
	struct fat_sb *sbi = FAT_SB(sb);
	u32 c = first, next, freed = 0;
	int err = 0;

	mutex_lock(&sbi->fat_lock);
	if (keep)
		err = table_set(sb, keep, FAT_END);
	while (!err && c != FAT_END) {
		err = fat_table_get(sb, c, &next);
		if (!err && (!next || next == FAT_BAD)) {
			fat_error(sb, "a chain leads to cluster %u, which is free or bad", c);
			err = -EIO;
		}
		if (!err)
			err = table_set(sb, c, 0);
		if (err)
			break;
		freed++;
		c = next;
		cond_resched();
	}
	if (sbi->free != ~0u)
		sbi->free += freed;
	sbi->info_dirty = true;
	mutex_unlock(&sbi->fat_lock);
	spin_lock(&inode->i_lock);
	inode->i_blocks -= min_t(u64, inode->i_blocks, (u64)freed << (sbi->g.cluster_bits - 9));
	spin_unlock(&inode->i_lock);
	return err;
}

/* ---- how many are free ----------------------------------------------------------------------- */

int fat_count_free(struct super_block *sb, u32 *n)
{
	struct fat_sb *sbi = FAT_SB(sb);
	u32 next;
	int err = 0;

	mutex_lock(&sbi->fat_lock);
	if (sbi->free == ~0u) {
		u32 count = 0;

		for (u32 c = FAT_FIRST_CLUSTER; c < sbi->g.end_cluster && !err; c++) {
			err = fat_table_get(sb, c, &next);
			count += !next;
			cond_resched();
		}
		if (!err) {
			sbi->free = count;
			sbi->info_dirty = true;
		}
	}
	*n = sbi->free;
	mutex_unlock(&sbi->fat_lock);
	return err;
}

int fat_write_info(struct super_block *sb)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct fat_fsinfo *info;
	struct buffer_head *bh;

	if (!sbi->g.info_sector || !sbi->info_dirty)
		return 0;
	bh = sb_bread(sb, sbi->g.info_sector);
	if (!bh)
		return -EIO;
	info = (void *)bh->b_data;
	if (info->signature1 == cpu_to_le32(FAT_FSINFO_SIG1) &&
	    info->signature2 == cpu_to_le32(FAT_FSINFO_SIG2)) {
		mutex_lock(&sbi->fat_lock);
		info->free_clusters = cpu_to_le32(sbi->free);
		info->next_cluster = cpu_to_le32(sbi->next);
		sbi->info_dirty = false;
		mutex_unlock(&sbi->fat_lock);
		mark_buffer_dirty(bh);
	}
	brelse(bh);
	return 0;
}
