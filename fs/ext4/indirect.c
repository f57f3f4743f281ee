/* SPDX-License-Identifier: MIT */
/*
 * Block maps of ext2 and ext3: twelve numbers in the inode, then a block of numbers, a block of
 * blocks of numbers, and one level more. i_data_sem is held, for writing where the map changes.
 */
#include "ext4.h"

struct ind_path {
	u32 slot[4]; /* in the inode, then in each block */
	u32 depth; /* how many slots */
	u32 left; /* further numbers in the last block, this one included */
};

static u32 per_block(const struct inode *inode)
{
	return EXT4_SB(inode->i_sb)->g.blocksize / 4;
}

u64 ext4_ind_max_blocks(const struct ext4_geometry *g)
{
	u64 n = g->blocksize / 4;

	return min_t(u64, EXT4_NDIR_BLOCKS + n + n * n + n * n * n, EXT_MAX_BLOCKS);
}

static int path_of(const struct inode *inode, u32 lblk, struct ind_path *p)
{
	u64 n = per_block(inode), at = lblk;

	if (at < EXT4_NDIR_BLOCKS) {
		*p = (struct ind_path){{lblk}, 1, EXT4_NDIR_BLOCKS - lblk};
		return 0;
	}
	at -= EXT4_NDIR_BLOCKS;
	if (at < n) {
		*p = (struct ind_path){{EXT4_IND_BLOCK, (u32)at}, 2, 0};
	} else if ((at -= n) < n * n) {
		*p = (struct ind_path){{EXT4_DIND_BLOCK, (u32)(at / n), (u32)(at % n)}, 3, 0};
	} else if ((at -= n * n) < n * n * n) {
		*p = (struct ind_path){
			{EXT4_TIND_BLOCK, (u32)(at / (n * n)), (u32)(at / n % n), (u32)(at % n)},
			4,
			0};
	} else {
		return -EFBIG;
	}
	p->left = (u32)n - p->slot[p->depth - 1];
	return 0;
}

static struct buffer_head *read_ind(struct inode *inode, u32 block)
{
	struct buffer_head *bh;

	if (!ext4_block_valid(&EXT4_SB(inode->i_sb)->g, block, 1))
		return ERR_PTR(ext4_bad_inode(inode, "an indirect block outside the file system"));
	bh = sb_bread(inode->i_sb, block);
	return bh ? bh : ERR_PTR(-EIO);
}

/* How many numbers from @p on, at most @max, continue one another (or are all zero). */
static u32 run_length(const __le32 *p, u32 max)
{
	u32 first = le32_to_cpu(*p), n = 1;

	while (n < max && le32_to_cpu(p[n]) == (first ? first + n : 0))
		n++;
	return n;
}

/* Blocks of the file from the path's on that hang on its slot of @level. */
static u64 left_below(const struct inode *inode, const struct ind_path *p, u32 level)
{
	u64 span = 1, before = 0;

	for (u32 l = p->depth - 1; l > level; l--) {
		before += p->slot[l] * span;
		span *= per_block(inode);
	}
	return span - before;
}

int ext4_ind_lookup(struct inode *inode, struct ext4_map *map)
{
	struct buffer_head *bh = NULL, *next;
	__le32 *p = EXT4_I(inode)->i_data;
	struct ind_path path;
	u32 block;
	int err = path_of(inode, map->lblk, &path);

	map->flags = 0;
	if (err) {
		map->len = 1;
		return err;
	}
	for (u32 i = 0; i + 1 < path.depth; i++) {
		block = le32_to_cpu(p[path.slot[i]]);
		next = block ? read_ind(inode, block) : NULL;
		brelse(bh);
		if (IS_ERR(next))
			return PTR_ERR(next);
		bh = next;
		if (!block) {
			map->len = (u32)min_t(u64, map->len, left_below(inode, &path, i));
			return 0;
		}
		p = (__le32 *)bh->b_data;
	}
	p += path.slot[path.depth - 1];
	block = le32_to_cpu(*p);
	map->len = run_length(p, min(map->len, path.left));
	if (block) {
		map->pblk = block;
		map->flags = EXT4_MAP_MAPPED;
		if (!ext4_block_valid(&EXT4_SB(inode->i_sb)->g, block, map->len))
			err = ext4_bad_inode(inode, "a block outside the file system");
	}
	brelse(bh);
	return err;
}

static struct buffer_head *new_ind(handle_t *handle, struct inode *inode, u64 goal, u32 *block,
				   int *err)
{
	struct buffer_head *bh;
	u32 n = 1;
	u64 b = ext4_new_blocks(handle, inode, goal, &n, EXT4_ALLOC_META, err);

	if (!b)
		return NULL;
	bh = sb_getblk(inode->i_sb, b);
	*err = bh ? ext4_get_create_access(handle, bh) : -ENOMEM;
	if (!*err) {
		lock_buffer(bh);
		memset(bh->b_data, 0, bh->b_size);
		set_buffer_uptodate(bh);
		unlock_buffer(bh);
		*err = ext4_dirty_metadata(handle, inode, bh);
	}
	if (*err) {
		brelse(bh);
		ext4_free_blocks_run(handle, inode, b, 1);
		return NULL;
	}
	*block = (u32)b;
	return bh;
}

/* The change to @p, which is in @bh or (NULL) in the inode, goes to the journal. */
static int slot_dirty(handle_t *handle, struct inode *inode, struct buffer_head *bh)
{
	return bh ? ext4_dirty_metadata(handle, inode, bh) : ext4_mark_inode_dirty(handle, inode);
}

int ext4_ind_alloc(handle_t *handle, struct inode *inode, struct ext4_map *map, unsigned int flags)
{
	unsigned int how = flags & EXT4_GET_PROMISED ? EXT4_ALLOC_PROMISED : 0;
	struct buffer_head *bh = NULL, *next;
	__le32 *p = EXT4_I(inode)->i_data;
	struct ind_path path;
	u32 block, n;
	u64 first;
	int err = path_of(inode, map->lblk, &path);

	for (u32 i = 0; !err && i + 1 < path.depth; i++) {
		__le32 *slot = &p[path.slot[i]];

		block = le32_to_cpu(*slot);
		if (block) {
			next = read_ind(inode, block);
			if (IS_ERR(next))
				err = PTR_ERR(next);
		} else {
			err = bh ? ext4_get_write_access(handle, bh) : 0;
			next = err ? NULL :
				     new_ind(handle, inode, ext4_goal(inode, map->lblk), &block,
					     &err);
			if (next) {
				*slot = cpu_to_le32(block);
				err = slot_dirty(handle, inode, bh);
			}
		}
		if (err)
			break;
		brelse(bh);
		bh = next;
		p = (__le32 *)bh->b_data;
	}
	if (!err && bh)
		err = ext4_get_write_access(handle, bh);
	if (err) {
		brelse(bh);
		return err;
	}
	p += path.slot[path.depth - 1];
	n = run_length(p, min(map->len, path.left)); /* the caller saw zeroes */
	first = ext4_new_blocks(handle, inode, ext4_goal(inode, map->lblk), &n, how, &err);
	if (first) {
		for (u32 i = 0; i < n; i++)
			p[i] = cpu_to_le32((u32)first + i);
		map->pblk = first;
		map->len = n;
		map->flags = EXT4_MAP_MAPPED | EXT4_MAP_NEW;
		err = slot_dirty(handle, inode, bh);
	}
	brelse(bh);
	return err;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* Frees runs among @p[0..n). True if any was there. */
static bool free_slots(handle_t *handle, struct inode *inode, __le32 *p, u32 n)
{
	bool any = false;

	for (u32 i = 0; i < n;) {
		u32 block = le32_to_cpu(p[i]), run;

		if (!block) {
			i++;
			continue;
		}
		run = run_length(p + i, n - i);
		memset(p + i, 0, run * sizeof(*p));
		ext4_free_blocks_run(handle, inode, block, run);
		any = true;
		i += run;
	}
	return any;
}

static bool all_zero(const __le32 *p, u32 n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* At most this many numbers in a step, which bounds the groups it touches. */
#define FREE_STEP 64u

/*
 * One step at the end of [@from, *@to]: the numbers of one lowest block (or of the inode). Blocks
 * of numbers that are empty afterwards are freed.
 */
int ext4_ind_remove_some(handle_t *handle, struct inode *inode, u32 from, u32 *to, bool *done)
{
	struct buffer_head *bh[4] = {};
	__le32 *slots[4];
	struct ind_path path;
	u32 max = (u32)(ext4_ind_max_blocks(&EXT4_SB(inode->i_sb)->g) - 1), first, i, level, n;
	int err = 0;

	*to = min(*to, max);
	*done = from > *to;
	if (*done || path_of(inode, *to, &path))
		return 0;
	slots[0] = EXT4_I(inode)->i_data;
	for (level = 0; level + 1 < path.depth; level++) {
		u32 block = le32_to_cpu(slots[level][path.slot[level]]);
		struct buffer_head *b = block ? read_ind(inode, block) : NULL;

		if (IS_ERR(b)) {
			err = PTR_ERR(b);
			goto out;
		}
		if (!b)
			break;
		bh[level + 1] = b;
		slots[level + 1] = (__le32 *)b->b_data;
	}
	/* A hole: skip what hangs on the missing block. */
	i = path.slot[level];
	if (level + 1 < path.depth) {
		u64 span = 1, rest = 0;

		for (u32 l = path.depth - 1; l > level; l--) {
			rest += path.slot[l] * span;
			span *= per_block(inode);
		}
		first = *to - (u32)rest;
	} else {
		n = min(i + 1, *to - from + 1);
		n = min(n, FREE_STEP);
		first = *to - n + 1;
		if (bh[level])
			err = ext4_get_write_access(handle, bh[level]);
		if (!err && free_slots(handle, inode, slots[level] + i - n + 1, n))
			err = slot_dirty(handle, inode, bh[level]);
		while (!err && level && all_zero(slots[level], per_block(inode))) {
			u64 block = bh[level]->b_blocknr;

			err = bh[level - 1] ? ext4_get_write_access(handle, bh[level - 1]) : 0;
			if (err)
				break;
			slots[level - 1][path.slot[level - 1]] = 0;
			err = slot_dirty(handle, inode, bh[level - 1]);
			ext4_forget(handle, inode->i_sb, block, bh[level]);
			bh[level] = NULL;
			ext4_free_blocks_run(handle, inode, block, 1);
			level--;
		}
	}
	*done = first <= from;
	*to = *done ? *to : first - 1;
out:
	for (i = 1; i < 4; i++)
		brelse(bh[i]);
	return err;
}
