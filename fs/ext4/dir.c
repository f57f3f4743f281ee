/* SPDX-License-Identifier: MIT */
/*
 * Directory blocks: reading, searching, inserting, removing; and getdents. A position in a
 * directory is the byte where an entry begins, indexed or not: index blocks look like blocks of one
 * empty entry.
 */
#include <uapi/dirent.h>
#include "ext4.h"

u8 ext4_file_type(const struct super_block *sb, umode_t mode)
{
	static const u8 types[16] = {
		[S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2,  [S_IFCHR >> 12] = 3, [S_IFBLK >> 12] = 4,
		[S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6, [S_IFLNK >> 12] = 7,
	};

	if (!(EXT4_SB(sb)->g.incompat & EXT4_INCOMPAT_FILETYPE))
		return 0;
	return types[(mode & S_IFMT) >> 12];
}

static unsigned int dirent_type(const struct super_block *sb, u8 type)
{
	static const u8 types[8] = {DT_UNKNOWN, DT_REG,	 DT_DIR,  DT_CHR,
				    DT_BLK,	DT_FIFO, DT_SOCK, DT_LNK};

	if (!(EXT4_SB(sb)->g.incompat & EXT4_INCOMPAT_FILETYPE) || type > 7)
		return DT_UNKNOWN;
	return types[type];
}

bool ext4_is_indexed(const struct inode *dir)
{
	return EXT4_I(dir)->i_flags & EXT4_INDEX_FL &&
	       EXT4_SB(dir->i_sb)->g.compat & EXT4_COMPAT_DIR_INDEX;
}

/* The block holds index entries, not names. */
static bool is_index_block(struct inode *dir, u32 lblk, const void *block)
{
	const struct ext4_dir_entry *de = block;
	u32 bs = dir->i_sb->s_blocksize;

	if (!(EXT4_I(dir)->i_flags & EXT4_INDEX_FL))
		return false;
	return !lblk || (!de->inode && ext4_rec_len(de, bs) == bs);
}

struct buffer_head *ext4_read_dirblock(struct inode *dir, u32 lblk, bool index)
{
	struct ext4_sb_info *sbi = EXT4_SB(dir->i_sb);
	struct buffer_head *bh;
	int err;

	bh = ext4_bread(NULL, dir, lblk, false, &err);
	if (!bh)
		return ERR_PTR(err ? err : ext4_bad_inode(dir, "a hole in a directory"));
	if (index || test_bit(BH_Ext4Dir, &bh->b_state) || is_index_block(dir, lblk, bh->b_data))
		return bh;
	if (!ext4_dirblock_csum_ok(&sbi->g, EXT4_I(dir)->i_csum_seed, bh->b_data)) {
		brelse(bh);
		return ERR_PTR(ext4_bad_inode(dir, "a directory block with a bad checksum"));
	}
	set_bit(BH_Ext4Dir, &bh->b_state);
	return bh;
}

struct buffer_head *ext4_append(handle_t *handle, struct inode *dir, u32 *lblk)
{
	struct buffer_head *bh;
	int err;

	*lblk = ext4_dir_blocks(dir);
	if (*lblk >= EXT4_MAX_DIR_BLOCKS)
		return ERR_PTR(-ENOSPC);
	bh = ext4_bread(handle, dir, *lblk, true, &err);
	if (!bh)
		return ERR_PTR(err ? err : -EIO);
	dir->i_size += dir->i_sb->s_blocksize;
	EXT4_I(dir)->i_disksize = dir->i_size;
	err = ext4_get_write_access(handle, bh);
	if (!err)
		err = ext4_mark_inode_dirty(handle, dir);
	if (err) {
		brelse(bh);
		return ERR_PTR(err);
	}
	return bh;
}

int ext4_dirty_dirblock(handle_t *handle, struct inode *dir, struct buffer_head *bh)
{
	ext4_dirblock_csum_set(&EXT4_SB(dir->i_sb)->g, EXT4_I(dir)->i_csum_seed, bh->b_data);
	set_bit(BH_Ext4Dir, &bh->b_state);
	return ext4_dirty_metadata(handle, dir, bh);
}

struct ext4_dir_entry *ext4_search_block(struct inode *dir, struct buffer_head *bh,
					 const char *name, u32 len, bool *bad)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u32 off = 0;

	*bad = false;
	while (off < g->blocksize) {
		struct ext4_dir_entry *de = (void *)(bh->b_data + off);

		if (!ext4_dirent_ok(g, bh->b_data, off)) {
			*bad = true;
			ext4_bad_inode(dir, "a damaged directory entry");
			return NULL;
		}
		if (de->inode && de->name_len == len && !memcmp(de->name, name, len))
			return de;
		off += ext4_rec_len(de, g->blocksize);
	}
	return NULL;
}

/* The entry of inode @ino in a block, neither "." nor ".."; NULL: none, or *bad. */
static struct ext4_dir_entry *find_ino_in_block(struct inode *dir, struct buffer_head *bh, u32 ino,
						bool *bad)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u32 off = 0;

	*bad = false;
	while (off < g->blocksize) {
		struct ext4_dir_entry *de = (void *)(bh->b_data + off);
		bool dots;

		if (!ext4_dirent_ok(g, bh->b_data, off)) {
			*bad = true;
			ext4_bad_inode(dir, "a damaged directory entry");
			return NULL;
		}
		dots = (de->name_len == 1 && de->name[0] == '.') ||
		       (de->name_len == 2 && !memcmp(de->name, "..", 2));
		if (le32_to_cpu(de->inode) == ino && !dots)
			return de;
		off += ext4_rec_len(de, g->blocksize);
	}
	return NULL;
}

int ext4_get_name(struct inode *dir, char name[EXT4_NAME_LEN + 1], ino_t ino)
{
	u32 n = ext4_dir_blocks(dir);

	for (u32 b = 0; b < n; b++) {
		struct buffer_head *bh = ext4_read_dirblock(dir, b, false);
		struct ext4_dir_entry *de;
		int len = -ESTALE;
		bool bad;

		if (IS_ERR(bh))
			return PTR_ERR(bh);
		de = find_ino_in_block(dir, bh, (u32)ino, &bad);
		if (de) {
			len = de->name_len;
			memcpy(name, de->name, len);
			name[len] = '\0';
		}
		brelse(bh);
		if (de || bad)
			return bad ? -EUCLEAN : len;
	}
	return -ESTALE;
}

int ext4_insert_in_block(struct inode *dir, struct buffer_head *bh, const char *name, u32 len,
			 u32 ino, u8 type)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u32 need = EXT4_DIR_REC_LEN(len), off = 0, rec, used;
	u32 end = g->blocksize - (g->meta_csum ? sizeof(struct ext4_dir_tail) : 0);
	struct ext4_dir_entry *de;

	for (;; off += rec) {
		if (off >= end)
			return -ENOSPC;
		de = (void *)(bh->b_data + off);
		if (!ext4_dirent_ok(g, bh->b_data, off))
			return ext4_bad_inode(dir, "a damaged directory entry");
		rec = ext4_rec_len(de, g->blocksize);
		used = de->inode ? EXT4_DIR_REC_LEN(de->name_len) : 0;
		if (rec - used >= need && off + rec <= end)
			break;
	}
	if (de->inode) {
		de->rec_len = cpu_to_le16((u16)used);
		de = (void *)(bh->b_data + off + used);
		rec -= used;
	}
	de->inode = cpu_to_le32(ino);
	de->rec_len = cpu_to_le16((u16)rec);
	de->name_len = (u8)len;
	de->file_type = type;
	memcpy(de->name, name, len);
	return 0;
}

/* ---- is it empty ----------------------------------------------------------------------------- */

static bool is_dots(const struct ext4_dir_entry *de)
{
	return de->name[0] == '.' &&
	       (de->name_len == 1 || (de->name_len == 2 && de->name[1] == '.'));
}

bool ext4_empty_dir(struct inode *dir)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;

	for (u32 b = 0, n = ext4_dir_blocks(dir); b < n; b++) {
		struct buffer_head *bh = ext4_read_dirblock(dir, b, false);

		if (IS_ERR(bh))
			return false; /* what cannot be read may be anything */
		for (u32 off = 0; off < g->blocksize;) {
			const struct ext4_dir_entry *de = (void *)(bh->b_data + off);

			if (!ext4_dirent_ok(g, bh->b_data, off) || (de->inode && !is_dots(de))) {
				brelse(bh);
				return false;
			}
			off += ext4_rec_len(de, g->blocksize);
		}
		brelse(bh);
	}
	return true;
}

/* ---- getdents -------------------------------------------------------------------------------- */

/* Entries of the block from ctx->pos on. False: the buffer is full or the block is damaged. */
static bool emit_block(struct inode *dir, struct buffer_head *bh, loff_t base,
		       struct dir_context *ctx, int *err)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u32 want = (u32)(ctx->pos - base), off = 0;

	while (off < g->blocksize) {
		const struct ext4_dir_entry *de = (void *)(bh->b_data + off);

		if (!ext4_dirent_ok(g, bh->b_data, off)) {
			*err = ext4_bad_inode(dir, "a damaged directory entry");
			return false;
		}
		/* The position may be inside what has become one entry: on to the next. */
		if (off >= want && de->inode && de->name_len) {
			ctx->pos = base + off;
			if (!dir_emit(ctx, de->name, de->name_len, le32_to_cpu(de->inode),
				      dirent_type(dir->i_sb, de->file_type)))
				return false;
			/* What was given is not given again, also if the next entry is damaged. */
			ctx->pos = base + off + ext4_rec_len(de, g->blocksize);
		}
		off += ext4_rec_len(de, g->blocksize);
	}
	ctx->pos = base + g->blocksize;
	return true;
}

static int ext4_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);
	u32 bits = ext4_bits(dir);
	int err = 0;

	if (ctx->pos < 0)
		return -EINVAL;
	while (ctx->pos < dir->i_size) {
		u32 lblk = (u32)(ctx->pos >> bits);
		struct buffer_head *bh = ext4_read_dirblock(dir, lblk, false);
		bool more;

		if (IS_ERR(bh))
			return PTR_ERR(bh);
		more = emit_block(dir, bh, (loff_t)lblk << bits, ctx, &err);
		brelse(bh);
		if (!more)
			break;
	}
	return err;
}

const struct file_operations ext4_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = ext4_readdir,
	.unlocked_ioctl = ext4_ioctl,
	.fsync = ext4_file_fsync,
};
