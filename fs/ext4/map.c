/* SPDX-License-Identifier: MIT */
/*
 * Where blocks of a file are. The last answer is kept, which is the whole answer for most files:
 * one extent.
 */
#include "ext4.h"

/* ---- the cache ------------------------------------------------------------------------------- */

void ext4_map_cache_drop(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	EXT4_I(inode)->i_cache.len = 0;
	spin_unlock(&inode->i_lock);
}

static bool cache_lookup(struct inode *inode, struct ext4_map *map)
{
	struct ext4_map_cache *c = &EXT4_I(inode)->i_cache;
	bool hit;

	spin_lock(&inode->i_lock);
	hit = map->lblk >= c->lblk && map->lblk - c->lblk < c->len;
	if (hit) {
		u32 off = map->lblk - c->lblk;

		map->pblk = c->pblk + off;
		map->len = min(map->len, c->len - off);
		map->flags = c->written ? EXT4_MAP_MAPPED : EXT4_MAP_UNWRITTEN;
	}
	spin_unlock(&inode->i_lock);
	return hit;
}

/* i_data_sem held. */
static void cache_store(struct inode *inode, const struct ext4_map *map)
{
	struct ext4_map_cache *c = &EXT4_I(inode)->i_cache;
	bool written = map->flags & EXT4_MAP_MAPPED;

	if (!(map->flags & (EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN)))
		return;
	spin_lock(&inode->i_lock);
	if (c->len && c->written == written && c->lblk + c->len == map->lblk &&
	    c->pblk + c->len == map->pblk)
		c->len += map->len;
	else
		*c = (struct ext4_map_cache){map->lblk, map->len, map->pblk, written};
	spin_unlock(&inode->i_lock);
}

/* ---- looking up and allocating --------------------------------------------------------------- */

static int lookup(struct inode *inode, struct ext4_map *map)
{
	return ext4_has_extents(inode) ? ext4_ext_lookup(inode, map) : ext4_ind_lookup(inode, map);
}

static int alloc_extent(handle_t *handle, struct inode *inode, struct ext4_map *map,
			unsigned int flags)
{
	bool unwritten = flags & EXT4_GET_UNWRITTEN;
	u32 n = min(map->len, unwritten ? EXT4_UNINIT_MAX_LEN : EXT4_INIT_MAX_LEN);
	unsigned int how = flags & EXT4_GET_PROMISED ? EXT4_ALLOC_PROMISED : 0;
	u64 block;
	int err;

	if (S_ISDIR(inode->i_mode))
		how |= EXT4_ALLOC_META;
	block = ext4_new_blocks(handle, inode, ext4_goal(inode, map->lblk), &n, how, &err);
	if (!block)
		return err;
	err = ext4_ext_insert(handle, inode, map->lblk, block, n, unwritten);
	if (err) {
		ext4_free_blocks_run(handle, inode, block, n);
		return err;
	}
	map->pblk = block;
	map->len = n;
	map->flags = (unwritten ? EXT4_MAP_UNWRITTEN : EXT4_MAP_MAPPED) | EXT4_MAP_NEW;
	return 0;
}

static int map_create(handle_t *handle, struct inode *inode, struct ext4_map *map,
		      unsigned int flags)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	int err = lookup(inode, map);

	if (err)
		return err;
	if (map->flags & EXT4_MAP_UNWRITTEN && !(flags & EXT4_GET_UNWRITTEN)) {
		ext4_map_cache_drop(inode);
		err = ext4_ext_convert(handle, inode, map->lblk, map->len, true);
		if (!err)
			map->flags = EXT4_MAP_MAPPED | EXT4_MAP_NEW;
	} else if (!map->flags) {
		err = ext4_has_extents(inode) ? alloc_extent(handle, inode, map, flags) :
						ext4_ind_alloc(handle, inode, map, flags);
		if (!err) {
			ei->i_last_alloc = map->lblk + map->len;
			ei->i_last_alloc_p = map->pblk + map->len;
		}
	}
	if (!err && map->flags & EXT4_MAP_NEW)
		err = ext4_mark_inode_dirty(handle, inode);
	if (!err)
		cache_store(inode, map);
	return err;
}

int ext4_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map *map, unsigned int flags)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	u32 want = map->len;
	int err = 0;

	map->flags = 0;
	if (!cache_lookup(inode, map)) {
		down_read(&ei->i_data_sem);
		err = lookup(inode, map);
		if (!err)
			cache_store(inode, map);
		up_read(&ei->i_data_sem);
	}
	if (err || !flags || map->flags & EXT4_MAP_MAPPED ||
	    (map->flags & EXT4_MAP_UNWRITTEN && flags & EXT4_GET_UNWRITTEN))
		return err;
	map->len = min(want, map->len);
	down_write(&ei->i_data_sem);
	err = map_create(handle, inode, map, flags);
	up_write(&ei->i_data_sem);
	return err;
}

int ext4_get_block(struct inode *inode, sector_t iblock, struct buffer_head *bh, int create)
{
	struct ext4_map map = {.lblk = (u32)iblock};
	int err;

	if (iblock > EXT_MAX_BLOCKS - 1)
		return create ? -EFBIG : 0;
	map.len = (u32)min_t(u64, max_t(u64, bh->b_size >> ext4_bits(inode), 1),
			     EXT_MAX_BLOCKS - map.lblk);
	err = ext4_map_blocks(NULL, inode, &map, 0);
	if (err)
		return err == -EFBIG && !create ? 0 : err;
	if (map.flags & EXT4_MAP_MAPPED)
		map_bh(bh, inode->i_sb, map.pblk);
	bh->b_size = (size_t)map.len << ext4_bits(inode);
	return 0;
}

struct buffer_head *ext4_bread(handle_t *handle, struct inode *inode, u32 lblk, bool create,
			       int *err)
{
	struct ext4_map map = {.lblk = lblk, .len = 1};
	struct buffer_head *bh;

	*err = ext4_map_blocks(handle, inode, &map, create ? EXT4_GET_CREATE : 0);
	if (*err || !(map.flags & EXT4_MAP_MAPPED))
		return NULL;
	if (!(map.flags & EXT4_MAP_NEW)) {
		bh = sb_bread(inode->i_sb, map.pblk);
		*err = bh ? 0 : -EIO;
		return bh;
	}
	bh = sb_getblk(inode->i_sb, map.pblk);
	*err = bh ? ext4_get_create_access(handle, bh) : -ENOMEM;
	if (*err) {
		brelse(bh);
		return NULL;
	}
	lock_buffer(bh);
	memset(bh->b_data, 0, bh->b_size);
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	return bh;
}

/* ---- removing -------------------------------------------------------------------------------- */

int ext4_remove_blocks(handle_t *handle, struct inode *inode, u32 from, u32 to)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	bool done = false;
	int err = 0;

	ei->i_last_alloc_p = 0;
	while (!done && !err) {
		err = ext4_ensure_credits(handle, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
		if (err)
			break;
		down_write(&ei->i_data_sem);
		ext4_map_cache_drop(inode);
		err = ext4_has_extents(inode) ?
			      ext4_ext_remove_some(handle, inode, from, &to, &done) :
			      ext4_ind_remove_some(handle, inode, from, &to, &done);
		/* i_blocks moved; a restart must not split it from the bitmaps. */
		if (!err)
			err = ext4_mark_inode_dirty(handle, inode);
		up_write(&ei->i_data_sem);
		cond_resched();
	}
	return err;
}
