/* SPDX-License-Identifier: MIT */
/* Inodes, extents, extended attributes: checks and checksums. Built on the host too. */
#include <lib/crc32.h>
#include <lib/string.h>
#include <uapi/stat.h>
#include "format.h"

/* ---- inodes ---------------------------------------------------------------------------------- */

u32 ext4_inode_seed(const struct ext4_geometry *g, u32 ino, __le32 generation)
{
	__le32 le = cpu_to_le32(ino);

	return crc32c(crc32c(g->csum_seed, &le, sizeof(le)), &generation, sizeof(generation));
}

static bool has_csum_hi(const struct ext4_geometry *g, const struct ext4_inode *raw)
{
	return g->inode_size > EXT4_GOOD_OLD_INODE_SIZE &&
	       EXT4_FITS(le16_to_cpu(raw->i_extra_isize), i_checksum_hi);
}

static u32 inode_csum(const struct ext4_geometry *g, u32 ino, const struct ext4_inode *raw)
{
	static const u8 zero[2];
	size_t lo = offsetof(struct ext4_inode, i_checksum_lo);
	size_t hi = offsetof(struct ext4_inode, i_checksum_hi), end = g->inode_size;
	const u8 *p = (const u8 *)raw;
	u32 crc = ext4_inode_seed(g, ino, raw->i_generation);

	crc = crc32c(crc, p, lo);
	crc = crc32c(crc, zero, 2);
	if (!has_csum_hi(g, raw))
		return crc32c(crc, p + lo + 2, end - lo - 2);
	crc = crc32c(crc, p + lo + 2, hi - lo - 2);
	crc = crc32c(crc, zero, 2);
	return crc32c(crc, p + hi + 2, end - hi - 2);
}

void ext4_inode_csum_set(const struct ext4_geometry *g, u32 ino, struct ext4_inode *raw)
{
	u32 crc;

	if (!g->meta_csum)
		return;
	crc = inode_csum(g, ino, raw);
	raw->i_checksum_lo = cpu_to_le16((u16)crc);
	if (has_csum_hi(g, raw))
		raw->i_checksum_hi = cpu_to_le16((u16)(crc >> 16));
}

bool ext4_inode_csum_ok(const struct ext4_geometry *g, u32 ino, const struct ext4_inode *raw)
{
	u32 crc;

	if (!g->meta_csum)
		return true;
	crc = inode_csum(g, ino, raw);
	if (has_csum_hi(g, raw))
		return crc == (le16_to_cpu(raw->i_checksum_lo) |
			       (u32)le16_to_cpu(raw->i_checksum_hi) << 16);
	return (u16)crc == le16_to_cpu(raw->i_checksum_lo);
}

const char *ext4_check_inode(const struct ext4_geometry *g, const struct ext4_inode *raw)
{
	u32 flags = le32_to_cpu(raw->i_flags), mode = le16_to_cpu(raw->i_mode);
	u64 size = le32_to_cpu(raw->i_size_lo) | (u64)le32_to_cpu(raw->i_size_high) << 32;

	if (g->inode_size > EXT4_GOOD_OLD_INODE_SIZE) {
		u32 extra = le16_to_cpu(raw->i_extra_isize);

		if (extra > g->inode_size - EXT4_GOOD_OLD_INODE_SIZE || extra & 3)
			return "a bad extra size";
	}
	if (flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL | EXT4_VERITY_FL | EXT4_CASEFOLD_FL))
		return "a flag of a feature that is not built";
	if ((S_ISREG(mode) || S_ISDIR(mode)) && size >> 62)
		return "a bad size";
	if (S_ISLNK(mode) && size > g->blocksize)
		return "a bad symlink length";
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return NULL;
	default:
		return "a bad type";
	}
}

void ext4_decode_time(u32 base, u32 extra, s64 *sec, u32 *nsec)
{
	*sec = (s32)base + ((s64)(extra & 3) << 32);
	*nsec = extra >> 2;
	if (*nsec >= 1000000000u)
		*nsec = 0;
}

void ext4_encode_time(s64 sec, u32 nsec, bool has_extra, u32 *base, u32 *extra)
{
	s64 most = has_extra ? (s64)S32_MAX + (3ll << 32) : S32_MAX;

	if (sec < S32_MIN)
		sec = S32_MIN;
	if (sec > most)
		sec = most;
	*base = (u32)sec;
	*extra = has_extra ? (u32)(((sec - (s32)(u32)sec) >> 32) & 3) | nsec << 2 : 0;
}

/* ---- extents --------------------------------------------------------------------------------- */

static const char *check_leaf(const struct ext4_geometry *g, const struct ext4_extent *ex, u32 n,
			      u64 next, u64 hi)
{
	for (; n--; ex++) {
		u64 block = le32_to_cpu(ex->ee_block);
		u32 len = ext4_ext_len(ex);

		if (!len || block < next || block + len > hi)
			return "extents out of order";
		if (!ext4_block_valid(g, ext4_ext_pblock(ex), len))
			return "an extent outside the file system";
		next = block + len;
	}
	return NULL;
}

static const char *check_index(const struct ext4_geometry *g, const struct ext4_extent_idx *ix,
			       u32 n, u64 next, u64 hi)
{
	for (; n--; ix++) {
		u64 block = le32_to_cpu(ix->ei_block);

		if (block < next || block >= hi)
			return "index entries out of order";
		if (!ext4_block_valid(g, ext4_idx_pblock(ix), 1))
			return "an index outside the file system";
		next = block + 1;
	}
	return NULL;
}

const char *ext4_check_extents(const struct ext4_geometry *g, const void *node, u32 bytes,
			       u32 depth, u32 lo, u64 hi)
{
	const struct ext4_extent_header *eh = node;
	u32 n = le16_to_cpu(eh->eh_entries), max = le16_to_cpu(eh->eh_max);

	if (le16_to_cpu(eh->eh_magic) != EXT4_EXT_MAGIC)
		return "no extent magic";
	if (le16_to_cpu(eh->eh_depth) != depth || depth > EXT4_MAX_EXTENT_DEPTH)
		return "a bad extent depth";
	if (!max || max > (bytes - sizeof(*eh)) / sizeof(struct ext4_extent) || n > max)
		return "bad extent counts";
	if (depth && !n)
		return "an empty index";
	return depth ? check_index(g, (const void *)(eh + 1), n, lo, hi) :
		       check_leaf(g, (const void *)(eh + 1), n, lo, hi);
}

__le32 *ext4_extent_tail(const struct ext4_extent_header *eh)
{
	return (__le32 *)((char *)eh + sizeof(*eh) +
			  le16_to_cpu(eh->eh_max) * sizeof(struct ext4_extent));
}

u32 ext4_extent_csum(u32 seed, const struct ext4_extent_header *eh)
{
	return crc32c(seed, eh, sizeof(*eh) + le16_to_cpu(eh->eh_max) * sizeof(struct ext4_extent));
}

/* ---- extended attributes --------------------------------------------------------------------- */

const char *ext4_check_xattrs(const void *first, const void *base, const void *end)
{
	const char *p = first, *last = end;
	const struct ext4_xattr_entry *e;
	const char *stop;

	/* Entries up to four zero bytes. */
	for (;;) {
		if (last - p < 4)
			return "attributes without an end";
		if (!get_unaligned_le32(p))
			break;
		e = (const void *)p;
		if (last - p < (long)sizeof(*e) || last - p < (long)EXT4_XATTR_LEN(e->e_name_len))
			return "an attribute name outside its area";
		p += EXT4_XATTR_LEN(e->e_name_len);
	}
	stop = p + 4;
	for (p = first; get_unaligned_le32(p); p += EXT4_XATTR_LEN(e->e_name_len)) {
		u32 size, off;

		e = (const void *)p;
		size = le32_to_cpu(e->e_value_size);
		off = le16_to_cpu(e->e_value_offs);
		if (e->e_value_inum)
			return "an attribute value in an inode";
		if (!size)
			continue;
		if (size > (size_t)(last - (const char *)base) ||
		    off > (size_t)(last - (const char *)base) - size)
			return "an attribute value outside its area";
		if ((const char *)base + off < stop)
			return "an attribute value among the names";
	}
	return NULL;
}

u32 ext4_xattr_block_csum(const struct ext4_geometry *g, u64 blocknr, const void *block)
{
	static const u8 zero[4];
	size_t at = offsetof(struct ext4_xattr_header, h_checksum);
	__le64 le = cpu_to_le64(blocknr);
	u32 crc = crc32c(g->csum_seed, &le, sizeof(le));

	crc = crc32c(crc, block, at);
	crc = crc32c(crc, zero, 4);
	return crc32c(crc, (const u8 *)block + at + 4, g->blocksize - at - 4);
}

u32 ext4_xattr_hash_entry(const struct ext4_xattr_entry *e, const void *value)
{
	u32 hash = 0;

	for (unsigned int i = 0; i < e->e_name_len; i++)
		hash = (hash << 5) ^ (hash >> 27) ^ (u8)e->e_name[i];
	for (u32 n = (le32_to_cpu(e->e_value_size) + 3) / 4, i = 0; i < n; i++)
		hash = (hash << 16) ^ (hash >> 16) ^ get_unaligned_le32((const u8 *)value + 4 * i);
	return hash;
}
