/* SPDX-License-Identifier: MIT */
/*
 * Directory blocks and the hash tree over them: checks, checksums, and the hash of a name. Built on
 * the host too.
 */
#include <lib/crc32.h>
#include <lib/string.h>
#include "format.h"

bool ext4_dirent_ok(const struct ext4_geometry *g, const void *block, u32 off)
{
	const struct ext4_dir_entry *de = (const void *)((const char *)block + off);
	u32 left = g->blocksize - off, rec;

	if (off > g->blocksize || left < EXT4_DIR_REC_LEN(1))
		return false;
	rec = ext4_rec_len(de, g->blocksize);
	return rec >= EXT4_DIR_REC_LEN(1) && !(rec & 3) && rec <= left &&
	       rec >= EXT4_DIR_REC_LEN(de->name_len) && le32_to_cpu(de->inode) <= g->inodes_count;
}

struct ext4_dir_tail *ext4_dir_tail(const struct ext4_geometry *g, const void *block)
{
	struct ext4_dir_tail *t =
		(void *)((char *)block + g->blocksize - sizeof(struct ext4_dir_tail));

	if (t->det_reserved_zero1 || le16_to_cpu(t->det_rec_len) != sizeof(*t) ||
	    t->det_reserved_zero2 || t->det_reserved_ft != EXT4_FT_DIR_CSUM)
		return NULL;
	return t;
}

bool ext4_dirblock_csum_ok(const struct ext4_geometry *g, u32 seed, const void *block)
{
	struct ext4_dir_tail *t;

	if (!g->meta_csum)
		return true;
	t = ext4_dir_tail(g, block);
	return t && le32_to_cpu(t->det_checksum) == crc32c(seed, block, g->blocksize - sizeof(*t));
}

void ext4_dirblock_csum_set(const struct ext4_geometry *g, u32 seed, void *block)
{
	struct ext4_dir_tail *t;

	if (!g->meta_csum)
		return;
	t = ext4_dir_tail(g, block);
	if (t)
		t->det_checksum = cpu_to_le32(crc32c(seed, block, g->blocksize - sizeof(*t)));
}

void ext4_dir_tail_init(const struct ext4_geometry *g, void *block)
{
	struct ext4_dir_tail *t = (void *)((char *)block + g->blocksize - sizeof(*t));

	if (!g->meta_csum)
		return;
	memset(t, 0, sizeof(*t));
	t->det_rec_len = cpu_to_le16(sizeof(*t));
	t->det_reserved_ft = EXT4_FT_DIR_CSUM;
}

/* ---- index blocks ---------------------------------------------------------------------------- */

u32 ext4_dx_limit(const struct ext4_geometry *g, u32 off)
{
	return (g->blocksize - off - (g->meta_csum ? sizeof(struct dx_tail) : 0)) /
	       sizeof(struct dx_entry);
}

const char *ext4_check_dx(const struct ext4_geometry *g, const void *block, u32 off)
{
	const struct dx_countlimit *c = (const void *)((const char *)block + off);
	const struct dx_entry *e = (const void *)c;
	u32 n = le16_to_cpu(c->count), last = 0;

	if (le16_to_cpu(c->limit) != ext4_dx_limit(g, off))
		return "a bad index limit";
	if (!n || n > ext4_dx_limit(g, off))
		return "a bad index count";
	for (u32 i = 1; i < n; i++) {
		if (le32_to_cpu(e[i].hash) < last)
			return "index hashes out of order";
		last = le32_to_cpu(e[i].hash);
	}
	return NULL;
}

const char *ext4_check_dx_root(const struct ext4_geometry *g, const void *block)
{
	const struct dx_root_info *info = (const void *)((const char *)block + DX_ROOT_INFO_OFFSET);
	const struct ext4_dir_entry *dot = block, *dotdot;

	if (le16_to_cpu(dot->rec_len) != 12)
		return "a bad index root";
	dotdot = (const void *)((const char *)block + 12);
	if (ext4_rec_len(dotdot, g->blocksize) != g->blocksize - 12)
		return "a bad index root";
	if (info->reserved_zero || info->info_length != 8 || info->unused_flags & 1 ||
	    info->indirect_levels > 1 || info->hash_version > DX_HASH_TEA)
		return "a bad index root";
	return NULL;
}

static u32 dx_csum(u32 seed, const void *block, u32 off, const struct dx_tail *t)
{
	const struct dx_countlimit *c = (const void *)((const char *)block + off);
	static const u8 zero[4];
	u32 crc = crc32c(seed, block, off + le16_to_cpu(c->count) * sizeof(struct dx_entry));

	crc = crc32c(crc, t, offsetof(struct dx_tail, dt_checksum));
	return crc32c(crc, zero, 4);
}

static struct dx_tail *dx_tail_of(const struct ext4_geometry *g, const void *block, u32 off)
{
	return (void *)((char *)block + off + ext4_dx_limit(g, off) * sizeof(struct dx_entry));
}

void ext4_dx_csum_set(const struct ext4_geometry *g, u32 seed, void *block, u32 off)
{
	struct dx_tail *t = dx_tail_of(g, block, off);

	if (g->meta_csum)
		t->dt_checksum = cpu_to_le32(dx_csum(seed, block, off, t));
}

bool ext4_dx_csum_ok(const struct ext4_geometry *g, u32 seed, const void *block, u32 off)
{
	struct dx_tail *t = dx_tail_of(g, block, off);

	return !g->meta_csum || le32_to_cpu(t->dt_checksum) == dx_csum(seed, block, off, t);
}

/* ---- the hash -------------------------------------------------------------------------------- */

static u32 rol(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* MD4 cut to eight words and three short rounds. */
static u32 half_md4(u32 buf[4], const u32 in[8])
{
	static const u8 order[3][8] = {
		{0, 1, 2, 3, 4, 5, 6, 7}, {1, 3, 5, 7, 0, 2, 4, 6}, {3, 7, 2, 6, 1, 5, 0, 4}};
	static const u8 shift[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
	static const u32 add[3] = {0, 0x5a827999, 0x6ed9eba1};
	u32 a = buf[0], b = buf[1], c = buf[2], d = buf[3];

	for (unsigned int r = 0; r < 3; r++) {
		for (unsigned int i = 0; i < 8; i++) {
			u32 f = r == 0 ? d ^ (b & (c ^ d)) :
				r == 1 ? (b & c) + ((b ^ c) & d) :
					 b ^ c ^ d;
			u32 t = rol(a + f + in[order[r][i]] + add[r], shift[r][i % 4]);

			a = d;
			d = c;
			c = b;
			b = t;
		}
	}
	buf[0] += a;
	buf[1] += b;
	buf[2] += c;
	buf[3] += d;
	return buf[1];
}

static void tea(u32 buf[4], const u32 in[4])
{
	u32 sum = 0, b0 = buf[0], b1 = buf[1];

	for (int i = 0; i < 16; i++) {
		sum += 0x9e3779b9;
		b0 += ((b1 << 4) + in[0]) ^ (b1 + sum) ^ ((b1 >> 5) + in[1]);
		b1 += ((b0 << 4) + in[2]) ^ (b0 + sum) ^ ((b0 >> 5) + in[3]);
	}
	buf[0] += b0;
	buf[1] += b1;
}

static int char_of(const char *p, bool is_unsigned)
{
	return is_unsigned ? (int)*(const u8 *)p : (int)*(const signed char *)p;
}

/* Up to @num words of name, padded with its length. */
static void name_words(const char *p, int len, u32 *buf, int num, bool is_unsigned)
{
	u32 pad = (u32)len | (u32)len << 8, val;
	int i;

	pad |= pad << 16;
	val = pad;
	if (len > num * 4)
		len = num * 4;
	for (i = 0; i < len; i++) {
		val = (u32)char_of(p + i, is_unsigned) + (val << 8);
		if (i % 4 == 3) {
			*buf++ = val;
			val = pad;
			num--;
		}
	}
	if (--num >= 0)
		*buf++ = val;
	while (--num >= 0)
		*buf++ = pad;
}

static u32 legacy_hash(const char *p, int len, bool is_unsigned)
{
	u32 hash, hash0 = 0x12a3fe2d, hash1 = 0x37abe8f9;

	while (len--) {
		hash = hash1 + (hash0 ^ (u32)(char_of(p++, is_unsigned) * 7152373));
		if (hash & 0x80000000)
			hash -= 0x7fffffff;
		hash1 = hash0;
		hash0 = hash;
	}
	return hash0 << 1;
}

int ext4_dirhash(const char *name, int len, int version, const u32 seed[4], u32 *hash, u32 *minor)
{
	u32 buf[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}, in[8];
	bool is_unsigned = version >= DX_HASH_UNSIGNED;
	u32 h = 0, m = 0;

	if (seed && (seed[0] | seed[1] | seed[2] | seed[3]))
		memcpy(buf, seed, sizeof(buf));
	switch (is_unsigned ? version - DX_HASH_UNSIGNED : version) {
	case DX_HASH_LEGACY:
		h = legacy_hash(name, len, is_unsigned);
		break;
	case DX_HASH_HALF_MD4:
		for (; len > 0; len -= 32, name += 32) {
			name_words(name, len, in, 8, is_unsigned);
			half_md4(buf, in);
		}
		h = buf[1];
		m = buf[2];
		break;
	case DX_HASH_TEA:
		for (; len > 0; len -= 16, name += 16) {
			name_words(name, len, in, 4, is_unsigned);
			tea(buf, in);
		}
		h = buf[0];
		m = buf[1];
		break;
	default:
		return -1;
	}
	h &= ~1u;
	if (h == EXT4_HTREE_EOF << 1)
		h = (EXT4_HTREE_EOF - 1) << 1;
	*hash = h;
	*minor = m;
	return 0;
}
