/* SPDX-License-Identifier: MIT */
/*
 * The index of a large directory: blocks of (hash, block) pairs over the blocks of names, one or
 * two levels. The first pair of an index block has no hash, its place holds limit and count. The
 * lowest bit of a hash says that names with it began in the block before.
 */
#include <lib/sort.h>
#include "ext4.h"

static u32 count_of(const struct dx_entry *entries)
{
	return le16_to_cpu(((const struct dx_countlimit *)entries)->count);
}

static void set_count(struct dx_entry *entries, u32 n)
{
	((struct dx_countlimit *)entries)->count = cpu_to_le16((u16)n);
}

static void set_limit(struct dx_entry *entries, u32 n)
{
	((struct dx_countlimit *)entries)->limit = cpu_to_le16((u16)n);
}

static struct dx_root_info *info_of(struct buffer_head *bh)
{
	return (void *)(bh->b_data + DX_ROOT_INFO_OFFSET);
}

void ext4_dx_release(struct ext4_dx_path *p)
{
	for (u32 i = 0; i < p->levels; i++)
		brelse(p->f[i].bh);
	p->levels = 0;
}

/* Block @lblk as an index block whose pairs begin at @off, checked. */
static int read_index(struct inode *dir, u32 lblk, u32 off, struct ext4_dx_frame *f)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	const char *bad;

	if (lblk >= ext4_dir_blocks(dir))
		return ext4_bad_inode(dir, "an index block outside the directory");
	f->bh = ext4_read_dirblock(dir, lblk, true);
	if (IS_ERR(f->bh))
		return PTR_ERR(f->bh);
	f->off = off;
	f->entries = (void *)(f->bh->b_data + off);
	bad = ext4_check_dx(g, f->bh->b_data, off);
	if (!bad && !test_bit(BH_Ext4Dx, &f->bh->b_state) &&
	    !ext4_dx_csum_ok(g, EXT4_I(dir)->i_csum_seed, f->bh->b_data, off))
		bad = "a bad index checksum";
	if (bad) {
		brelse(f->bh);
		return ext4_bad_inode(dir, bad);
	}
	set_bit(BH_Ext4Dx, &f->bh->b_state);
	return 0;
}

/* The last pair whose hash is not over @hash. */
static struct dx_entry *search(struct dx_entry *entries, u32 hash)
{
	u32 lo = 1, hi = count_of(entries);

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (le32_to_cpu(entries[mid].hash) > hash)
			hi = mid;
		else
			lo = mid + 1;
	}
	return entries + lo - 1;
}

static int dirhash(struct inode *dir, int version, const char *name, u32 len, u32 *hash)
{
	u32 minor;

	return ext4_dirhash(name, (int)len, version, EXT4_SB(dir->i_sb)->hash_seed, hash, &minor);
}

int ext4_dx_probe(struct inode *dir, const char *name, u32 len, u32 hash, struct ext4_dx_path *p)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	struct dx_root_info *info;
	const char *bad;
	u32 off, levels;
	int err;

	p->levels = 0;
	p->f[0].bh = ext4_read_dirblock(dir, 0, true);
	if (IS_ERR(p->f[0].bh))
		return PTR_ERR(p->f[0].bh);
	bad = ext4_check_dx_root(g, p->f[0].bh->b_data);
	info = info_of(p->f[0].bh);
	off = DX_ROOT_INFO_OFFSET + sizeof(*info);
	p->version = info->hash_version + EXT4_SB(dir->i_sb)->hash_unsigned;
	levels = info->indirect_levels + 1u;
	brelse(p->f[0].bh);
	if (bad)
		return ext4_bad_inode(dir, bad);
	if (name)
		dirhash(dir, p->version, name, len, &hash);
	p->hash = hash;
	for (u32 i = 0, lblk = 0; i < levels; i++) {
		err = read_index(dir, lblk, i ? 8 : off, &p->f[i]);
		if (err) {
			ext4_dx_release(p);
			return err;
		}
		p->levels = i + 1;
		p->f[i].at = search(p->f[i].entries, hash);
		lblk = ext4_dx_block(p->f[i].at);
	}
	return 0;
}

int ext4_dx_next(struct inode *dir, struct ext4_dx_path *p, u32 hash)
{
	struct ext4_dx_frame *f = &p->f[p->levels - 1], *up = &p->f[0], next;
	int err;

	if (f->at + 1 < f->entries + count_of(f->entries)) {
		if ((le32_to_cpu(f->at[1].hash) & ~1u) != hash)
			return 0;
		f->at++;
		return 1;
	}
	if (p->levels < 2 || up->at + 1 >= up->entries + count_of(up->entries) ||
	    (le32_to_cpu(up->at[1].hash) & ~1u) != hash)
		return 0;
	err = read_index(dir, ext4_dx_block(up->at + 1), 8, &next);
	if (err)
		return err;
	up->at++;
	brelse(f->bh);
	next.at = next.entries;
	*f = next;
	return 1;
}

/* ---- changing the index ---------------------------------------------------------------------- */

static int dx_dirty(handle_t *handle, struct inode *dir, struct ext4_dx_frame *f)
{
	ext4_dx_csum_set(&EXT4_SB(dir->i_sb)->g, EXT4_I(dir)->i_csum_seed, f->bh->b_data, f->off);
	return ext4_dirty_metadata(handle, dir, f->bh);
}

/* A pair behind f->at. There is room, and write access. */
static void insert_pair(struct ext4_dx_frame *f, u32 hash, u32 block)
{
	u32 n = count_of(f->entries);
	struct dx_entry *new = f->at + 1;

	memmove(new + 1, new, (size_t)((char *)(f->entries + n) - (char *)new));
	new->hash = cpu_to_le32(hash);
	new->block = cpu_to_le32(block);
	set_count(f->entries, n + 1);
}

/* A fresh index node of the directory, with room for pairs at offset 8. */
static int new_index(handle_t *handle, struct inode *dir, struct ext4_dx_frame *f, u32 *lblk)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	struct ext4_dir_entry *fake;

	f->bh = ext4_append(handle, dir, lblk);
	if (IS_ERR(f->bh))
		return PTR_ERR(f->bh);
	memset(f->bh->b_data, 0, g->blocksize);
	fake = (void *)f->bh->b_data;
	fake->rec_len = cpu_to_le16((u16)g->blocksize);
	f->off = 8;
	f->entries = (void *)(f->bh->b_data + 8);
	set_limit(f->entries, ext4_dx_limit(g, 8));
	set_bit(BH_Ext4Dx, &f->bh->b_state);
	return 0;
}

/* The root is full: its pairs move to a node below it. */
static int add_level(handle_t *handle, struct inode *dir, struct ext4_dx_path *p)
{
	struct ext4_dx_frame *root = &p->f[0], node;
	u32 lblk, n = count_of(root->entries);
	int err = ext4_get_write_access(handle, root->bh);

	if (!err)
		err = new_index(handle, dir, &node, &lblk);
	if (err)
		return err;
	memcpy(node.entries + 1, root->entries + 1, (n - 1) * sizeof(struct dx_entry));
	node.entries[0].block = root->entries[0].block;
	set_count(node.entries, n);
	set_count(root->entries, 1);
	root->entries[0].block = cpu_to_le32(lblk);
	info_of(root->bh)->indirect_levels = 1;
	err = dx_dirty(handle, dir, &node);
	if (!err)
		err = dx_dirty(handle, dir, root);
	brelse(node.bh);
	return err;
}

/* The lower node is full: its upper half moves to a new one. The root has room. */
static int split_index(handle_t *handle, struct inode *dir, struct ext4_dx_path *p)
{
	struct ext4_dx_frame *root = &p->f[0], *f = &p->f[1], node;
	u32 lblk, n = count_of(f->entries), keep = n / 2, hash;
	int err = ext4_get_write_access(handle, root->bh);

	if (!err)
		err = ext4_get_write_access(handle, f->bh);
	if (!err)
		err = new_index(handle, dir, &node, &lblk);
	if (err)
		return err;
	hash = le32_to_cpu(f->entries[keep].hash);
	memcpy(node.entries + 1, f->entries + keep + 1, (n - keep - 1) * sizeof(struct dx_entry));
	node.entries[0].block = f->entries[keep].block;
	set_count(node.entries, n - keep);
	set_count(f->entries, keep);
	insert_pair(root, hash, lblk);
	err = dx_dirty(handle, dir, &node);
	if (!err)
		err = dx_dirty(handle, dir, f);
	if (!err)
		err = dx_dirty(handle, dir, root);
	brelse(node.bh);
	return err;
}

/* ---- splitting a block of names -------------------------------------------------------------- */

struct name_ref {
	u32 hash;
	u16 off, size;
};

static int by_hash(const void *a, const void *b)
{
	const struct name_ref *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (int)x->off - (int)y->off;
}

/* The names of @block; how many, or -errno. */
static int gather(struct inode *dir, const char *block, int version, struct name_ref *refs)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	int n = 0;

	for (u32 off = 0; off < g->blocksize;) {
		const struct ext4_dir_entry *de = (const void *)(block + off);

		if (!ext4_dirent_ok(g, block, off))
			return ext4_bad_inode(dir, "a damaged directory entry");
		if (de->inode && de->name_len) {
			dirhash(dir, version, de->name, de->name_len, &refs[n].hash);
			refs[n].off = (u16)off;
			refs[n++].size = (u16)EXT4_DIR_REC_LEN(de->name_len);
		}
		off += ext4_rec_len(de, g->blocksize);
	}
	return n;
}

/* Writes the names refs[0..n) of @from into the block @to, which they fill. */
static void pack(const struct ext4_geometry *g, const char *from, char *to,
		 const struct name_ref *refs, int n)
{
	u32 end = g->blocksize - (g->meta_csum ? sizeof(struct ext4_dir_tail) : 0), at = 0;
	struct ext4_dir_entry *de = (void *)to;

	memset(to, 0, g->blocksize);
	if (!n)
		de->rec_len = cpu_to_le16((u16)end);
	for (int i = 0; i < n; i++) {
		de = (void *)(to + at);
		memcpy(de, from + refs[i].off, refs[i].size);
		de->rec_len = cpu_to_le16((u16)(i + 1 < n ? refs[i].size : end - at));
		at += refs[i].size;
	}
	ext4_dir_tail_init(g, to);
}

/*
 * The leaf @bh, full, gives the upper half of its hashes to a new block, whose pair goes behind the
 * leaf's. *bh becomes the one that @hash belongs into.
 */
static int split_leaf(handle_t *handle, struct inode *dir, struct ext4_dx_path *p,
		      struct buffer_head **bhp, u32 hash)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	struct ext4_dx_frame *f = &p->f[p->levels - 1];
	struct buffer_head *bh = *bhp, *new = NULL;
	u32 lblk, size = 0, hash2;
	struct name_ref *refs;
	int err, n, keep;
	char *copy;

	refs = kvmalloc(g->blocksize / 12 * sizeof(*refs), GFP_NOFS);
	copy = kmalloc(g->blocksize, GFP_NOFS);
	err = -ENOMEM;
	if (!refs || !copy)
		goto out;
	n = gather(dir, bh->b_data, p->version, refs);
	err = n;
	if (n < 0)
		goto out;
	err = -EUCLEAN;
	if (n < 2)
		goto out;
	sort(refs, (size_t)n, sizeof(*refs), by_hash);
	for (keep = 0; keep < n - 1 && size < g->blocksize / 2; keep++)
		size += refs[keep].size;
	if (!keep)
		keep = 1;
	hash2 = refs[keep].hash;
	err = ext4_get_write_access(handle, bh);
	if (!err)
		err = ext4_get_write_access(handle, f->bh);
	if (err)
		goto out;
	new = ext4_append(handle, dir, &lblk);
	if (IS_ERR(new)) {
		err = PTR_ERR(new);
		new = NULL;
		goto out;
	}
	memcpy(copy, bh->b_data, g->blocksize);
	pack(g, copy, new->b_data, refs + keep, n - keep);
	pack(g, copy, bh->b_data, refs, keep);
	insert_pair(f, hash2 | (hash2 == refs[keep - 1].hash), lblk);
	err = ext4_dirty_dirblock(handle, dir, new);
	if (!err)
		err = ext4_dirty_dirblock(handle, dir, bh);
	if (!err)
		err = dx_dirty(handle, dir, f);
	if (!err && hash >= hash2)
		swap(*bhp, new);
out:
	brelse(new);
	kvfree(refs);
	kfree(copy);
	return err;
}

/* Room for one more pair in the lowest index block. 0: there was; 1: made, probe again. */
static int make_room(handle_t *handle, struct inode *dir, struct ext4_dx_path *p)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	struct ext4_dx_frame *f = &p->f[p->levels - 1];
	int err;

	if (count_of(f->entries) < ext4_dx_limit(g, f->off))
		return 0;
	if (p->levels == 1)
		err = add_level(handle, dir, p);
	else if (count_of(p->f[0].entries) < ext4_dx_limit(g, p->f[0].off))
		err = split_index(handle, dir, p);
	else
		err = -ENOSPC;
	return err ? err : 1;
}

int ext4_dx_add(handle_t *handle, struct inode *dir, const char *name, u32 len, u32 ino, u8 type)
{
	struct ext4_dx_path p;
	struct buffer_head *bh = NULL;
	int err;

	for (;;) {
		err = ext4_dx_probe(dir, name, len, 0, &p);
		if (err)
			return err;
		bh = ext4_read_dirblock(dir, ext4_dx_block(p.f[p.levels - 1].at), false);
		if (IS_ERR(bh)) {
			err = PTR_ERR(bh);
			bh = NULL;
			break;
		}
		err = ext4_get_write_access(handle, bh);
		if (!err)
			err = ext4_insert_in_block(dir, bh, name, len, ino, type);
		if (err != -ENOSPC)
			break;
		err = make_room(handle, dir, &p);
		if (err < 0)
			break;
		if (!err) {
			err = split_leaf(handle, dir, &p, &bh, p.hash);
			if (!err)
				err = ext4_get_write_access(handle, bh);
			if (!err)
				err = ext4_insert_in_block(dir, bh, name, len, ino, type);
			break;
		}
		brelse(bh);
		bh = NULL;
		ext4_dx_release(&p);
	}
	if (!err)
		err = ext4_dirty_dirblock(handle, dir, bh);
	brelse(bh);
	ext4_dx_release(&p);
	return err;
}

int ext4_make_indexed(handle_t *handle, struct inode *dir, struct buffer_head *root)
{
	struct ext4_sb_info *sbi = EXT4_SB(dir->i_sb);
	const struct ext4_geometry *g = &sbi->g;
	struct ext4_dx_frame f = {.bh = root, .off = DX_ROOT_INFO_OFFSET + 8};
	struct ext4_dir_entry *dotdot;
	struct name_ref *refs;
	struct buffer_head *bh;
	u32 lblk;
	int n, err;

	refs = kvmalloc(g->blocksize / 12 * sizeof(*refs), GFP_NOFS);
	if (!refs)
		return -ENOMEM;
	n = gather(dir, root->b_data, DX_HASH_LEGACY, refs);
	err = n < 2 ? -EUCLEAN : ext4_get_write_access(handle, root);
	if (err)
		goto out;
	bh = ext4_append(handle, dir, &lblk);
	err = PTR_ERR_OR_ZERO(bh);
	if (err)
		goto out;
	/* The first two are "." and "..", checked by the caller. */
	pack(g, root->b_data, bh->b_data, refs + 2, n - 2);
	err = ext4_dirty_dirblock(handle, dir, bh);
	brelse(bh);
	if (err)
		goto out;
	dotdot = (void *)(root->b_data + 12);
	dotdot->rec_len = cpu_to_le16((u16)(g->blocksize - 12));
	memset(root->b_data + DX_ROOT_INFO_OFFSET, 0, g->blocksize - DX_ROOT_INFO_OFFSET);
	info_of(root)->info_length = 8;
	info_of(root)->hash_version =
		sbi->def_hash <= DX_HASH_TEA ? sbi->def_hash : DX_HASH_HALF_MD4;
	f.entries = (void *)(root->b_data + f.off);
	set_limit(f.entries, ext4_dx_limit(g, f.off));
	set_count(f.entries, 1);
	f.entries[0].block = cpu_to_le32(lblk);
	EXT4_I(dir)->i_flags |= EXT4_INDEX_FL;
	clear_bit(BH_Ext4Dir, &root->b_state);
	set_bit(BH_Ext4Dx, &root->b_state);
	err = dx_dirty(handle, dir, &f);
	if (!err)
		err = ext4_mark_inode_dirty(handle, dir);
out:
	kvfree(refs);
	return err;
}
