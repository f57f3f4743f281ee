/* SPDX-License-Identifier: MIT */
/*
 * Extent trees. The root is in the inode (four entries), other nodes are blocks. A node's entries
 * are in order; an index entry's number is that of the first entry below it. i_data_sem is held,
 * for writing where the tree changes; the root reaches the disk with ext4_mark_inode_dirty().
 *
 * Nodes come from a disk: the counts are checked at every step, so that no walk leaves a node; the
 * rest (order, bounds, checksum) when the block is first read.
 */
#include "ext4.h"

struct ext4_path {
	struct buffer_head *bh; /* NULL: the root */
	struct ext4_extent_header *eh;
	union {
		struct ext4_extent
			*ex; /* leaf: the last that begins at or before the block, or NULL */
		struct ext4_extent_idx *ix;
	};
};

struct ext4_walk {
	struct ext4_path p[EXT4_MAX_EXTENT_DEPTH + 1];
	u32 depth;
	u64 next; /* first block of what follows the leaf */
};

static u32 entries(const struct ext4_extent_header *eh)
{
	return le16_to_cpu(eh->eh_entries);
}

static void set_entries(struct ext4_extent_header *eh, u32 n)
{
	eh->eh_entries = cpu_to_le16((u16)n);
}

static struct ext4_extent *first_ex(struct ext4_extent_header *eh)
{
	return (struct ext4_extent *)(eh + 1);
}

static struct ext4_extent_idx *first_ix(struct ext4_extent_header *eh)
{
	return (struct ext4_extent_idx *)(eh + 1);
}

static struct ext4_extent_header *root_of(struct inode *inode)
{
	return (struct ext4_extent_header *)EXT4_I(inode)->i_data;
}

static u32 node_max(struct inode *inode)
{
	return (EXT4_SB(inode->i_sb)->g.blocksize - sizeof(struct ext4_extent_header)) /
	       sizeof(struct ext4_extent);
}

static void set_pblock(struct ext4_extent *ex, u64 p)
{
	ex->ee_start_lo = cpu_to_le32((u32)p);
	ex->ee_start_hi = cpu_to_le16((u16)(p >> 32));
}

static void set_len(struct ext4_extent *ex, u32 len, bool unwritten)
{
	ex->ee_len = cpu_to_le16((u16)(unwritten ? len + EXT4_INIT_MAX_LEN : len));
}

void ext4_ext_init(struct inode *inode)
{
	struct ext4_extent_header *eh = root_of(inode);

	memset(EXT4_I(inode)->i_data, 0, sizeof(EXT4_I(inode)->i_data));
	eh->eh_magic = cpu_to_le16(EXT4_EXT_MAGIC);
	eh->eh_max = cpu_to_le16((sizeof(EXT4_I(inode)->i_data) - sizeof(*eh)) /
				 sizeof(struct ext4_extent));
}

/* ---- walking --------------------------------------------------------------------------------- */

static void release(struct ext4_walk *w)
{
	for (u32 i = 0; i <= w->depth; i++) {
		brelse(w->p[i].bh);
		w->p[i].bh = NULL;
	}
}

static bool node_csum_ok(struct inode *inode, struct ext4_extent_header *eh)
{
	if (!EXT4_SB(inode->i_sb)->g.meta_csum)
		return true;
	return le32_to_cpu(*ext4_extent_tail(eh)) ==
	       ext4_extent_csum(EXT4_I(inode)->i_csum_seed, eh);
}

static const char *check_node(struct inode *inode, struct buffer_head *bh, u32 depth, u32 lo,
			      u64 hi)
{
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	struct ext4_extent_header *eh = (void *)bh->b_data;
	const char *bad = NULL;

	if (!test_bit(BH_Ext4Extents, &bh->b_state)) {
		bad = ext4_check_extents(g, eh, g->blocksize, depth, lo, hi);
		if (!bad && g->meta_csum && le16_to_cpu(eh->eh_max) > node_max(inode))
			bad = "a bad extent limit";
		if (!bad && !node_csum_ok(inode, eh))
			bad = "a bad extent checksum";
		if (!bad)
			set_bit(BH_Ext4Extents, &bh->b_state);
		return bad;
	}
	if (le16_to_cpu(eh->eh_magic) != EXT4_EXT_MAGIC || le16_to_cpu(eh->eh_depth) != depth ||
	    le16_to_cpu(eh->eh_max) > node_max(inode) || entries(eh) > le16_to_cpu(eh->eh_max) ||
	    (depth && !entries(eh)))
		return "a damaged extent node";
	return NULL;
}

static struct buffer_head *read_node(struct inode *inode, u64 block, u32 depth, u32 lo, u64 hi)
{
	struct buffer_head *bh;
	const char *bad;

	if (!ext4_block_valid(&EXT4_SB(inode->i_sb)->g, block, 1))
		return ERR_PTR(ext4_bad_inode(inode, "an extent node outside the file system"));
	bh = sb_bread(inode->i_sb, block);
	if (!bh)
		return ERR_PTR(-EIO);
	bad = check_node(inode, bh, depth, lo, hi);
	if (bad) {
		brelse(bh);
		return ERR_PTR(ext4_bad_inode(inode, bad));
	}
	return bh;
}

/* The last entry whose block is not over @lblk; NULL if all are. Entries begin alike. */
static void *search(struct ext4_extent_header *eh, u32 lblk)
{
	struct ext4_extent *ex = first_ex(eh);
	u32 lo = 0, hi = entries(eh);

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (le32_to_cpu(ex[mid].ee_block) <= lblk)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? ex + lo - 1 : NULL;
}

/* From the root to the leaf for @lblk. 0 or -errno; release() in either case is right after 0. */
static int walk(struct inode *inode, u32 lblk, struct ext4_walk *w)
{
	struct ext4_extent_header *eh = root_of(inode);
	u32 depth = le16_to_cpu(eh->eh_depth), lo = 0;
	u64 hi = (u64)EXT_MAX_BLOCKS + 1;

	w->depth = 0;
	w->p[0].bh = NULL;
	if (depth > EXT4_MAX_EXTENT_DEPTH || entries(eh) > 4 || (depth && !entries(eh)))
		return ext4_bad_inode(inode, "a damaged extent root");
	for (u32 i = 0; i < depth; i++) {
		struct ext4_extent_idx *ix = search(eh, lblk);
		struct buffer_head *bh;

		if (!ix)
			ix = first_ix(eh);
		w->p[i].eh = eh;
		w->p[i].ix = ix;
		lo = le32_to_cpu(ix->ei_block);
		if (ix + 1 < first_ix(eh) + entries(eh))
			hi = le32_to_cpu(ix[1].ei_block);
		bh = read_node(inode, ext4_idx_pblock(ix), depth - i - 1, lo, hi);
		if (IS_ERR(bh)) {
			release(w);
			return PTR_ERR(bh);
		}
		w->depth = i + 1;
		w->p[i + 1].bh = bh;
		eh = (void *)bh->b_data;
	}
	w->p[depth].eh = eh;
	w->p[depth].ex = search(eh, lblk);
	w->next = hi;
	return 0;
}

/* First block behind @ex (or behind nothing) that has an extent. */
static u64 next_block(struct ext4_walk *w)
{
	struct ext4_path *p = &w->p[w->depth];
	struct ext4_extent *next = p->ex ? p->ex + 1 : first_ex(p->eh);

	return next < first_ex(p->eh) + entries(p->eh) ? le32_to_cpu(next->ee_block) : w->next;
}

int ext4_ext_lookup(struct inode *inode, struct ext4_map *map)
{
	struct ext4_walk w;
	struct ext4_extent *ex;
	u32 off, len;
	int err = walk(inode, map->lblk, &w);

	if (err)
		return err;
	ex = w.p[w.depth].ex;
	map->flags = 0;
	off = ex ? map->lblk - le32_to_cpu(ex->ee_block) : 0;
	len = ex ? ext4_ext_len(ex) : 0;
	if (ex && off < len) {
		map->pblk = ext4_ext_pblock(ex) + off;
		map->len = min(map->len, len - off);
		map->flags = ext4_ext_unwritten(ex) ? EXT4_MAP_UNWRITTEN : EXT4_MAP_MAPPED;
		if (!ext4_block_valid(&EXT4_SB(inode->i_sb)->g, map->pblk, map->len))
			err = ext4_bad_inode(inode, "an extent outside the file system");
	} else {
		map->len = (u32)min_t(u64, map->len, next_block(&w) - map->lblk);
	}
	release(&w);
	return err;
}

/* ---- changing nodes -------------------------------------------------------------------------- */

static int node_access(handle_t *handle, struct ext4_path *p)
{
	return p->bh ? ext4_get_write_access(handle, p->bh) : 0;
}

static int node_dirty(handle_t *handle, struct inode *inode, struct ext4_path *p)
{
	if (!p->bh)
		return ext4_mark_inode_dirty(handle, inode);
	if (EXT4_SB(inode->i_sb)->g.meta_csum)
		*ext4_extent_tail(p->eh) =
			cpu_to_le32(ext4_extent_csum(EXT4_I(inode)->i_csum_seed, p->eh));
	return ext4_dirty_metadata(handle, inode, p->bh);
}

/* The first entry of the leaf (or node at @level) changed: so do the index entries above. */
static int fix_indexes(handle_t *handle, struct inode *inode, struct ext4_walk *w, u32 level)
{
	int err = 0;

	while (level && !err) {
		__le32 block = first_ex(w->p[level].eh)->ee_block;
		struct ext4_path *up = &w->p[level - 1];

		if (up->ix->ei_block == block)
			break;
		err = node_access(handle, up);
		if (err)
			break;
		up->ix->ei_block = block;
		err = node_dirty(handle, inode, up);
		if (up->ix != first_ix(up->eh))
			break;
		level--;
	}
	return err;
}

static bool can_merge(const struct ext4_extent *a, const struct ext4_extent *b)
{
	u32 la = ext4_ext_len(a), lb = ext4_ext_len(b);
	bool unwritten = ext4_ext_unwritten(a);

	return unwritten == ext4_ext_unwritten(b) &&
	       le32_to_cpu(a->ee_block) + la == le32_to_cpu(b->ee_block) &&
	       ext4_ext_pblock(a) + la == ext4_ext_pblock(b) &&
	       la + lb <= (unwritten ? EXT4_UNINIT_MAX_LEN : EXT4_INIT_MAX_LEN);
}

static void remove_entry(struct ext4_extent_header *eh, struct ext4_extent *ex)
{
	struct ext4_extent *end = first_ex(eh) + entries(eh);

	memmove(ex, ex + 1, (size_t)((char *)end - (char *)(ex + 1)));
	set_entries(eh, entries(eh) - 1);
}

/* @ex takes over the next entry of its node if that continues it. */
static void merge_right(struct ext4_extent_header *eh, struct ext4_extent *ex)
{
	if (ex + 1 >= first_ex(eh) + entries(eh) || !can_merge(ex, ex + 1))
		return;
	set_len(ex, ext4_ext_len(ex) + ext4_ext_len(ex + 1), ext4_ext_unwritten(ex));
	remove_entry(eh, ex + 1);
}

static void insert_entry(struct ext4_extent_header *eh, struct ext4_extent *at,
			 const struct ext4_extent *new)
{
	struct ext4_extent *end = first_ex(eh) + entries(eh);

	memmove(at + 1, at, (size_t)((char *)end - (char *)at));
	*at = *new;
	set_entries(eh, entries(eh) + 1);
}

/* ---- growing --------------------------------------------------------------------------------- */

static struct buffer_head *new_node(handle_t *handle, struct inode *inode, u64 goal, u32 depth,
				    int *err)
{
	struct ext4_extent_header *eh;
	struct buffer_head *bh;
	u32 n = 1;
	u64 block = ext4_new_blocks(handle, inode, goal, &n, EXT4_ALLOC_META, err);

	if (!block)
		return NULL;
	bh = sb_getblk(inode->i_sb, block);
	*err = bh ? ext4_get_create_access(handle, bh) : -ENOMEM;
	if (*err) {
		brelse(bh);
		ext4_free_blocks_run(handle, inode, block, 1);
		return NULL;
	}
	lock_buffer(bh);
	memset(bh->b_data, 0, bh->b_size);
	eh = (void *)bh->b_data;
	eh->eh_magic = cpu_to_le16(EXT4_EXT_MAGIC);
	eh->eh_max = cpu_to_le16((u16)node_max(inode));
	eh->eh_depth = cpu_to_le16((u16)depth);
	set_buffer_uptodate(bh);
	set_bit(BH_Ext4Extents, &bh->b_state);
	unlock_buffer(bh);
	return bh;
}

/* The root moves to a block of its own, which it then points to. */
static int grow_depth(handle_t *handle, struct inode *inode)
{
	struct ext4_extent_header *root = root_of(inode);
	u32 depth = le16_to_cpu(root->eh_depth), n = entries(root);
	struct ext4_path p;
	struct ext4_extent_idx *ix = first_ix(root);
	int err;

	if (depth >= EXT4_MAX_EXTENT_DEPTH)
		return -EFBIG;
	p.bh = new_node(handle, inode, ext4_goal(inode, 0), depth, &err);
	if (!p.bh)
		return err;
	p.eh = (void *)p.bh->b_data;
	memcpy(first_ex(p.eh), first_ex(root), n * sizeof(struct ext4_extent));
	set_entries(p.eh, n);
	err = node_dirty(handle, inode, &p);
	if (!err) {
		ix->ei_block = first_ex(p.eh)->ee_block;
		ix->ei_leaf_lo = cpu_to_le32((u32)p.bh->b_blocknr);
		ix->ei_leaf_hi = cpu_to_le16((u16)(p.bh->b_blocknr >> 32));
		ix->ei_unused = 0;
		set_entries(root, 1);
		root->eh_depth = cpu_to_le16((u16)(depth + 1));
		err = ext4_mark_inode_dirty(handle, inode);
	}
	brelse(p.bh);
	return err;
}

/*
 * The full node at @level gives the upper half of its entries (only the last one if something is to
 * be appended) to a new one. The node above has room.
 */
static int split_node(handle_t *handle, struct inode *inode, struct ext4_walk *w, u32 level,
		      bool append)
{
	struct ext4_path *p = &w->p[level], *up = &w->p[level - 1], new;
	u32 n = entries(p->eh), keep = append ? n - 1 : n / 2;
	struct ext4_extent_idx ix = {};
	int err;

	err = node_access(handle, p);
	if (!err)
		err = node_access(handle, up);
	if (err)
		return err;
	new.bh = new_node(handle, inode, p->bh->b_blocknr, w->depth - level, &err);
	if (!new.bh)
		return err;
	new.eh = (void *)new.bh->b_data;
	memcpy(first_ex(new.eh), first_ex(p->eh) + keep, (n - keep) * sizeof(struct ext4_extent));
	set_entries(new.eh, n - keep);
	set_entries(p->eh, keep);
	ix.ei_block = first_ex(new.eh)->ee_block;
	ix.ei_leaf_lo = cpu_to_le32((u32) new.bh->b_blocknr);
	ix.ei_leaf_hi = cpu_to_le16((u16)(new.bh->b_blocknr >> 32));
	insert_entry(up->eh, (struct ext4_extent *)(up->ix + 1), (struct ext4_extent *)&ix);
	err = node_dirty(handle, inode, &new);
	if (!err)
		err = node_dirty(handle, inode, p);
	if (!err)
		err = node_dirty(handle, inode, up);
	brelse(new.bh);
	return err;
}

/* Makes room for one entry somewhere above or in the leaf; the walk is to be done again. */
static int make_room(handle_t *handle, struct inode *inode, struct ext4_walk *w, u32 lblk)
{
	u32 level = w->depth;
	struct ext4_extent_header *eh;
	bool append;

	while (level && entries(w->p[level - 1].eh) >= le16_to_cpu(w->p[level - 1].eh->eh_max))
		level--;
	if (!level)
		return grow_depth(handle, inode);
	eh = w->p[level].eh;
	append = lblk > le32_to_cpu(first_ex(eh)[entries(eh) - 1].ee_block);
	return split_node(handle, inode, w, level, append);
}

/* The new extent becomes part of a neighbour in its leaf, if it can. */
static bool merge_in(struct ext4_walk *w, const struct ext4_extent *new)
{
	struct ext4_path *p = &w->p[w->depth];
	struct ext4_extent *ex = p->ex, *next = ex ? ex + 1 : first_ex(p->eh);

	if (ex && can_merge(ex, new)) {
		set_len(ex, ext4_ext_len(ex) + ext4_ext_len(new), ext4_ext_unwritten(ex));
		merge_right(p->eh, ex);
		return true;
	}
	if (next < first_ex(p->eh) + entries(p->eh) && can_merge(new, next)) {
		next->ee_block = new->ee_block;
		set_pblock(next, ext4_ext_pblock(new));
		set_len(next, ext4_ext_len(next) + ext4_ext_len(new), ext4_ext_unwritten(new));
		return true;
	}
	return false;
}

static int insert(handle_t *handle, struct inode *inode, const struct ext4_extent *new, bool merge)
{
	u32 lblk = le32_to_cpu(new->ee_block);
	struct ext4_walk w;
	struct ext4_path *p;
	int err;

	for (;;) {
		err = walk(inode, lblk, &w);
		if (err)
			return err;
		p = &w.p[w.depth];
		err = node_access(handle, p);
		if (err)
			break;
		if (merge && merge_in(&w, new))
			goto changed;
		if (entries(p->eh) < le16_to_cpu(p->eh->eh_max)) {
			insert_entry(p->eh, p->ex ? p->ex + 1 : first_ex(p->eh), new);
			goto changed;
		}
		err = make_room(handle, inode, &w, lblk);
		release(&w);
		if (err)
			return err;
	}
	release(&w);
	return err;
changed:
	err = node_dirty(handle, inode, p);
	if (!err)
		err = fix_indexes(handle, inode, &w, w.depth);
	release(&w);
	return err;
}

int ext4_ext_insert(handle_t *handle, struct inode *inode, u32 lblk, u64 pblk, u32 len,
		    bool unwritten)
{
	struct ext4_extent new = {.ee_block = cpu_to_le32(lblk)};

	set_pblock(&new, pblk);
	set_len(&new, len, unwritten);
	return insert(handle, inode, &new, true);
}

/* ---- splitting and converting ---------------------------------------------------------------- */

/* No extent spans the start of @lblk afterwards. */
static int split_at(handle_t *handle, struct inode *inode, u32 lblk)
{
	struct ext4_walk w;
	struct ext4_extent *ex, second = {};
	struct ext4_path *p;
	u32 off, len;
	bool unwritten;
	int err = walk(inode, lblk, &w);

	if (err)
		return err;
	p = &w.p[w.depth];
	ex = p->ex;
	off = ex ? lblk - le32_to_cpu(ex->ee_block) : 0;
	len = ex ? ext4_ext_len(ex) : 0;
	if (!ex || !off || off >= len) {
		release(&w);
		return 0;
	}
	unwritten = ext4_ext_unwritten(ex);
	second.ee_block = cpu_to_le32(lblk);
	set_pblock(&second, ext4_ext_pblock(ex) + off);
	set_len(&second, len - off, unwritten);
	err = node_access(handle, p);
	if (!err) {
		set_len(ex, off, unwritten);
		err = node_dirty(handle, inode, p);
	}
	release(&w);
	if (err)
		return err;
	err = insert(handle, inode, &second, false);
	if (err) {
		/* No room for a new node: the extent is made whole again. */
		if (!walk(inode, lblk - 1, &w)) {
			ex = w.p[w.depth].ex;
			if (ex && !node_access(handle, &w.p[w.depth])) {
				set_len(ex, len, unwritten);
				node_dirty(handle, inode, &w.p[w.depth]);
			}
			release(&w);
		}
	}
	return err;
}

int ext4_ext_convert(handle_t *handle, struct inode *inode, u32 lblk, u32 len, bool written)
{
	u64 end = (u64)lblk + len;
	struct ext4_walk w;
	int err = split_at(handle, inode, lblk);

	if (!err && end <= EXT_MAX_BLOCKS)
		err = split_at(handle, inode, (u32)end);
	while (!err && lblk < end) {
		struct ext4_path *p;
		struct ext4_extent *ex;

		err = walk(inode, lblk, &w);
		if (err)
			break;
		p = &w.p[w.depth];
		ex = p->ex;
		if (!ex || lblk - le32_to_cpu(ex->ee_block) >= ext4_ext_len(ex)) {
			lblk = (u32)min_t(u64, next_block(&w), end);
			release(&w);
			continue;
		}
		len = ext4_ext_len(ex);
		lblk = le32_to_cpu(ex->ee_block) + len;
		err = node_access(handle, p);
		if (!err && !(len > EXT4_UNINIT_MAX_LEN && !written)) {
			set_len(ex, len, !written);
			merge_right(p->eh, ex);
			if (ex > first_ex(p->eh))
				merge_right(p->eh, ex - 1);
			err = node_dirty(handle, inode, p);
		}
		release(&w);
	}
	return err;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* The node at @level is empty: it goes, and maybe those above it. */
static int remove_node(handle_t *handle, struct inode *inode, struct ext4_walk *w, u32 level)
{
	int err = 0;

	while (level && !entries(w->p[level].eh) && !err) {
		struct ext4_path *p = &w->p[level], *up = &w->p[level - 1];
		u64 block = p->bh->b_blocknr;
		bool first = up->ix == first_ix(up->eh);

		err = node_access(handle, up);
		if (err)
			break;
		remove_entry(up->eh, (struct ext4_extent *)up->ix);
		if (!entries(up->eh) && level == 1)
			up->eh->eh_depth = 0;
		err = node_dirty(handle, inode, up);
		ext4_forget(handle, inode->i_sb, block, p->bh);
		p->bh = NULL;
		ext4_free_blocks_run(handle, inode, block, 1);
		level--;
		if (!err && first && entries(up->eh))
			err = fix_indexes(handle, inode, w, level);
	}
	return err;
}

/* A root that points to one leaf whose entries fit into the root takes them. */
static int shrink_depth(handle_t *handle, struct inode *inode)
{
	struct ext4_extent_header *root = root_of(inode), *eh;
	struct ext4_walk w;
	u64 block;
	int err;

	if (le16_to_cpu(root->eh_depth) != 1 || entries(root) != 1)
		return 0;
	err = walk(inode, 0, &w);
	if (err)
		return err;
	eh = w.p[1].eh;
	if (entries(eh) > le16_to_cpu(root->eh_max)) {
		release(&w);
		return 0;
	}
	memcpy(first_ex(root), first_ex(eh), entries(eh) * sizeof(struct ext4_extent));
	set_entries(root, entries(eh));
	root->eh_depth = 0;
	block = w.p[1].bh->b_blocknr;
	ext4_forget(handle, inode->i_sb, block, w.p[1].bh);
	w.p[1].bh = NULL;
	ext4_free_blocks_run(handle, inode, block, 1);
	return ext4_mark_inode_dirty(handle, inode);
}

/* Cuts [@from, @to], which lies at the end of, at the start of, or around the walk's extent. */
static int cut(handle_t *handle, struct inode *inode, struct ext4_walk *w, u32 from, u32 to)
{
	struct ext4_path *p = &w->p[w->depth];
	struct ext4_extent *ex = p->ex;
	u32 block = le32_to_cpu(ex->ee_block), len = ext4_ext_len(ex), n = to - from + 1;
	u64 pblk = ext4_ext_pblock(ex) + (from - block);
	bool unwritten = ext4_ext_unwritten(ex), was_first = ex == first_ex(p->eh);
	int err = node_access(handle, p);

	if (err)
		return err;
	if (n == len) {
		remove_entry(p->eh, ex);
	} else if (from == block) {
		ex->ee_block = cpu_to_le32(to + 1);
		set_pblock(ex, ext4_ext_pblock(ex) + n);
		set_len(ex, len - n, unwritten);
	} else {
		set_len(ex, from - block, unwritten);
	}
	if (!entries(p->eh) && w->depth) {
		err = remove_node(handle, inode, w, w->depth);
	} else {
		err = node_dirty(handle, inode, p);
		if (!err && was_first && from == block && entries(p->eh))
			err = fix_indexes(handle, inode, w, w->depth);
	}
	if (!err)
		ext4_free_blocks_run(handle, inode, pblk, n);
	return err;
}

int ext4_ext_remove_some(handle_t *handle, struct inode *inode, u32 from, u32 *to, bool *done)
{
	struct ext4_walk w;
	struct ext4_extent *ex;
	u32 block, last, start;
	int err = walk(inode, *to, &w);

	*done = false;
	if (err)
		return err;
	ex = w.p[w.depth].ex;
	if (!ex) {
		u32 lo = w.depth ? le32_to_cpu(w.p[w.depth - 1].ix->ei_block) : 0;

		release(&w);
		*done = lo <= from || lo > *to;
		*to = *done ? *to : lo - 1;
		return *done ? shrink_depth(handle, inode) : 0;
	}
	block = le32_to_cpu(ex->ee_block);
	last = block + ext4_ext_len(ex) - 1;
	if (last < from) {
		release(&w);
		*done = true;
		return shrink_depth(handle, inode);
	}
	if (last > *to && block < from) {
		release(&w);
		return split_at(handle, inode, *to + 1);
	}
	start = max(block, from);
	err = cut(handle, inode, &w, start, min(last, *to));
	release(&w);
	if (start == from) {
		*done = true;
		return err ? err : shrink_depth(handle, inode);
	}
	*to = start - 1;
	return err;
}
