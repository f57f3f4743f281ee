/* SPDX-License-Identifier: MIT */
/* The super block and group descriptors: checks and checksums. Built on the host too. */
#include <lib/crc32.h>
#include <lib/math64.h>
#include <lib/string.h>
#include "format.h"

u32 ext4_super_csum(const struct ext4_super_block *es)
{
	return crc32c(~0u, es, offsetof(struct ext4_super_block, s_checksum));
}

const char *ext4_unknown_incompat(u32 incompat)
{
	static const struct {
		u32 bit;
		const char *name;
	} names[] = {
		{0x1, "compression"},	 {0x8, "journal_dev"}, {0x100, "mmp"},
		{0x400, "ea_inode"},	 {0x1000, "dirdata"},  {0x4000, "large_dir"},
		{0x8000, "inline_data"}, {0x10000, "encrypt"}, {0x20000, "casefold"},
	};

	incompat &= ~EXT4_KNOWN_INCOMPAT;
	if (!incompat)
		return NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (incompat & names[i].bit)
			return names[i].name;
	return "an unknown incompatible feature";
}

static const char *check_sizes(const struct ext4_super_block *es, struct ext4_geometry *g)
{
	u32 log = le32_to_cpu(es->s_log_block_size);

	if (log > 6)
		return "a bad block size";
	g->blocksize_bits = 10 + log;
	g->blocksize = 1024u << log;
	g->inode_size = EXT4_GOOD_OLD_INODE_SIZE;
	g->first_ino = EXT4_GOOD_OLD_FIRST_INO;
	if (le32_to_cpu(es->s_rev_level)) {
		g->inode_size = le16_to_cpu(es->s_inode_size);
		g->first_ino = le32_to_cpu(es->s_first_ino);
	}
	if (g->inode_size < EXT4_GOOD_OLD_INODE_SIZE || g->inode_size > g->blocksize ||
	    (g->inode_size & (g->inode_size - 1)))
		return "a bad inode size";
	if (g->first_ino < EXT4_GOOD_OLD_FIRST_INO)
		return "a bad first inode";
	g->desc_size = 32;
	if (g->incompat & EXT4_INCOMPAT_64BIT) {
		g->desc_size = le16_to_cpu(es->s_desc_size);
		if (g->desc_size < 64 || g->desc_size > 1024 || g->desc_size > g->blocksize ||
		    (g->desc_size & (g->desc_size - 1)))
			return "a bad descriptor size";
	}
	if (es->s_log_cluster_size != es->s_log_block_size && (g->ro_compat & 0x200))
		return "feature bigalloc";
	return NULL;
}

static const char *check_counts(const struct ext4_super_block *es, u64 dev_bytes,
				struct ext4_geometry *g)
{
	u64 groups;

	g->blocks_count = le32_to_cpu(es->s_blocks_count_lo);
	if (g->incompat & EXT4_INCOMPAT_64BIT)
		g->blocks_count |= (u64)le32_to_cpu(es->s_blocks_count_hi) << 32;
	g->blocks_per_group = le32_to_cpu(es->s_blocks_per_group);
	g->inodes_per_group = le32_to_cpu(es->s_inodes_per_group);
	g->inodes_count = le32_to_cpu(es->s_inodes_count);
	g->first_data_block = le32_to_cpu(es->s_first_data_block);
	if (!g->blocks_per_group || g->blocks_per_group > g->blocksize * 8 ||
	    g->blocks_per_group % 8)
		return "a bad number of blocks in a group";
	if (g->inodes_per_group < g->blocksize / g->inode_size ||
	    g->inodes_per_group > g->blocksize * 8 || g->inodes_per_group % 8)
		return "a bad number of inodes in a group";
	if (g->first_data_block != (g->blocksize == 1024))
		return "a bad first data block";
	if (g->blocks_count <= g->first_data_block || g->blocks_count >> 48)
		return "a bad number of blocks";
	if (dev_bytes && g->blocks_count > dev_bytes >> g->blocksize_bits)
		return "more blocks than the device";
	groups = (g->blocks_count - g->first_data_block + g->blocks_per_group - 1) /
		 g->blocks_per_group;
	if (groups > U32_MAX / g->inodes_per_group ||
	    g->inodes_count != (u32)groups * g->inodes_per_group)
		return "a number of inodes that does not fit its groups";
	g->groups = (u32)groups;
	g->desc_per_block = g->blocksize / g->desc_size;
	g->gdb_count = DIV_ROUND_UP(g->groups, g->desc_per_block);
	g->itable_blocks = DIV_ROUND_UP(g->inodes_per_group, g->blocksize / g->inode_size);
	g->reserved_gdt = le16_to_cpu(es->s_reserved_gdt_blocks);
	g->first_meta_bg = g->incompat & EXT4_INCOMPAT_META_BG ? le32_to_cpu(es->s_first_meta_bg) :
								 g->gdb_count;
	if (g->first_meta_bg > g->gdb_count || g->reserved_gdt > g->blocksize / 4)
		return "bad descriptor counts";
	return NULL;
}

const char *ext4_check_super(const struct ext4_super_block *es, u64 dev_bytes,
			     struct ext4_geometry *g)
{
	const char *bad;

	memset(g, 0, sizeof(*g));
	if (le16_to_cpu(es->s_magic) != EXT4_SUPER_MAGIC)
		return "no magic number";
	if (le32_to_cpu(es->s_rev_level)) {
		g->compat = le32_to_cpu(es->s_feature_compat);
		g->incompat = le32_to_cpu(es->s_feature_incompat);
		g->ro_compat = le32_to_cpu(es->s_feature_ro_compat);
	}
	g->meta_csum = g->ro_compat & EXT4_RO_COMPAT_METADATA_CSUM;
	g->gdt_csum = !g->meta_csum && (g->ro_compat & EXT4_RO_COMPAT_GDT_CSUM);
	if (g->meta_csum) {
		if (es->s_checksum_type != 1)
			return "an unknown checksum type";
		if (le32_to_cpu(es->s_checksum) != ext4_super_csum(es))
			return "a bad checksum";
	}
	bad = check_sizes(es, g);
	if (!bad)
		bad = check_counts(es, dev_bytes, g);
	if (bad)
		return bad;
	memcpy(g->uuid, es->s_uuid, sizeof(g->uuid));
	g->csum_seed = g->incompat & EXT4_INCOMPAT_CSUM_SEED ?
			       le32_to_cpu(es->s_checksum_seed) :
			       crc32c(~0u, es->s_uuid, sizeof(es->s_uuid));
	if (g->incompat & EXT4_INCOMPAT_FLEX_BG && es->s_log_groups_per_flex < 31)
		g->log_flex = es->s_log_groups_per_flex;
	return NULL;
}

/* ---- group descriptors ----------------------------------------------------------------------- */

#define BIG(g) ((g)->desc_size >= 64)

u64 ext4_block_bitmap(const struct ext4_geometry *g, const struct ext4_group_desc *gd)
{
	return le32_to_cpu(gd->bg_block_bitmap_lo) |
	       (BIG(g) ? (u64)le32_to_cpu(gd->bg_block_bitmap_hi) << 32 : 0);
}

u64 ext4_inode_bitmap(const struct ext4_geometry *g, const struct ext4_group_desc *gd)
{
	return le32_to_cpu(gd->bg_inode_bitmap_lo) |
	       (BIG(g) ? (u64)le32_to_cpu(gd->bg_inode_bitmap_hi) << 32 : 0);
}

u64 ext4_inode_table(const struct ext4_geometry *g, const struct ext4_group_desc *gd)
{
	return le32_to_cpu(gd->bg_inode_table_lo) |
	       (BIG(g) ? (u64)le32_to_cpu(gd->bg_inode_table_hi) << 32 : 0);
}

#define DESC_COUNT(name, field)                                                                \
	u32 ext4_##name(const struct ext4_geometry *g, const struct ext4_group_desc *gd)       \
	{                                                                                      \
		return le16_to_cpu(gd->field##_lo) |                                           \
		       (BIG(g) ? (u32)le16_to_cpu(gd->field##_hi) << 16 : 0);                  \
	}                                                                                      \
	void ext4_set_##name(const struct ext4_geometry *g, struct ext4_group_desc *gd, u32 n) \
	{                                                                                      \
		gd->field##_lo = cpu_to_le16((u16)n);                                          \
		if (BIG(g))                                                                    \
			gd->field##_hi = cpu_to_le16((u16)(n >> 16));                          \
	}
DESC_COUNT(free_blocks, bg_free_blocks_count)
DESC_COUNT(free_inodes, bg_free_inodes_count)
DESC_COUNT(used_dirs, bg_used_dirs_count)
DESC_COUNT(itable_unused, bg_itable_unused)

u32 ext4_group_blocks(const struct ext4_geometry *g, u32 group)
{
	u64 first = ext4_group_first(g, group);

	return (u32)min_t(u64, g->blocks_per_group, g->blocks_count - first);
}

static bool is_power_of(u32 n, u32 base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

bool ext4_bg_has_super(const struct ext4_geometry *g, u32 group)
{
	if (group <= 1 || !(g->ro_compat & EXT4_RO_COMPAT_SPARSE_SUPER))
		return true;
	if (!(group & 1))
		return false;
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

u32 ext4_bg_overhead(const struct ext4_geometry *g, u32 group)
{
	u32 n = ext4_bg_has_super(g, group);
	u32 meta = group / g->desc_per_block;

	if (!(g->incompat & EXT4_INCOMPAT_META_BG) || meta < g->first_meta_bg)
		return n ? n + min(g->first_meta_bg, g->gdb_count) + g->reserved_gdt : 0;
	/* With meta_bg the first, second and last group of a meta group have its descriptors. */
	if (group % g->desc_per_block <= 1 || group % g->desc_per_block == g->desc_per_block - 1)
		n++;
	return n;
}

bool ext4_block_valid(const struct ext4_geometry *g, u64 block, u64 n)
{
	return block > g->first_data_block && block < g->blocks_count &&
	       n <= g->blocks_count - block;
}

const char *ext4_check_group(const struct ext4_geometry *g, u32 group,
			     const struct ext4_group_desc *gd)
{
	u64 first = ext4_group_first(g, group), n = ext4_group_blocks(g, group);
	u64 bb = ext4_block_bitmap(g, gd), ib = ext4_inode_bitmap(g, gd);
	u64 it = ext4_inode_table(g, gd);

	if (!ext4_block_valid(g, bb, 1) || !ext4_block_valid(g, ib, 1) ||
	    !ext4_block_valid(g, it, g->itable_blocks))
		return "bitmaps or inodes outside the file system";
	if (!(g->incompat & EXT4_INCOMPAT_FLEX_BG) &&
	    (bb < first || bb >= first + n || ib < first || ib >= first + n || it < first ||
	     it + g->itable_blocks > first + n))
		return "bitmaps or inodes outside the group";
	if (!ext4_group_csum_ok(g, group, gd))
		return "a bad checksum";
	if (ext4_free_blocks(g, gd) > n || ext4_free_inodes(g, gd) > g->inodes_per_group ||
	    ext4_itable_unused(g, gd) > g->inodes_per_group)
		return "counts that cannot be";
	return NULL;
}

u16 ext4_group_csum(const struct ext4_geometry *g, u32 group, const struct ext4_group_desc *gd)
{
	__le32 le = cpu_to_le32(group);
	size_t at = offsetof(struct ext4_group_desc, bg_checksum);
	const u8 *p = (const u8 *)gd;
	static const u8 zero[2];

	if (g->meta_csum) {
		u32 crc = crc32c(g->csum_seed, &le, sizeof(le));

		crc = crc32c(crc, p, at);
		crc = crc32c(crc, zero, 2);
		if (g->desc_size > at + 2)
			crc = crc32c(crc, p + at + 2, g->desc_size - at - 2);
		return (u16)crc;
	} else if (g->gdt_csum) {
		u16 crc = crc16(0xffff, g->uuid, sizeof(g->uuid));

		crc = crc16(crc, &le, sizeof(le));
		crc = crc16(crc, p, at);
		if (g->desc_size > at + 2)
			crc = crc16(crc, p + at + 2, g->desc_size - at - 2);
		return crc;
	}
	return 0;
}

void ext4_group_csum_set(const struct ext4_geometry *g, u32 group, struct ext4_group_desc *gd)
{
	if (g->meta_csum || g->gdt_csum)
		gd->bg_checksum = cpu_to_le16(ext4_group_csum(g, group, gd));
}

bool ext4_group_csum_ok(const struct ext4_geometry *g, u32 group, const struct ext4_group_desc *gd)
{
	return !(g->meta_csum || g->gdt_csum) ||
	       le16_to_cpu(gd->bg_checksum) == ext4_group_csum(g, group, gd);
}

static u32 bitmap_csum(const struct ext4_geometry *g, const void *bitmap, bool inodes)
{
	return crc32c(g->csum_seed, bitmap,
		      (inodes ? g->inodes_per_group : g->blocks_per_group) / 8);
}

bool ext4_bitmap_csum_ok(const struct ext4_geometry *g, const struct ext4_group_desc *gd,
			 const void *bitmap, bool inodes)
{
	u32 csum, lo, hi = 0;

	if (!g->meta_csum)
		return true;
	csum = bitmap_csum(g, bitmap, inodes);
	lo = le16_to_cpu(inodes ? gd->bg_inode_bitmap_csum_lo : gd->bg_block_bitmap_csum_lo);
	if (!BIG(g))
		return lo == (csum & 0xffff);
	hi = le16_to_cpu(inodes ? gd->bg_inode_bitmap_csum_hi : gd->bg_block_bitmap_csum_hi);
	return (lo | hi << 16) == csum;
}

void ext4_bitmap_csum_set(const struct ext4_geometry *g, struct ext4_group_desc *gd,
			  const void *bitmap, bool inodes)
{
	u32 csum;

	if (!g->meta_csum)
		return;
	csum = bitmap_csum(g, bitmap, inodes);
	if (inodes)
		gd->bg_inode_bitmap_csum_lo = cpu_to_le16((u16)csum);
	else
		gd->bg_block_bitmap_csum_lo = cpu_to_le16((u16)csum);
	if (!BIG(g))
		return;
	if (inodes)
		gd->bg_inode_bitmap_csum_hi = cpu_to_le16((u16)(csum >> 16));
	else
		gd->bg_block_bitmap_csum_hi = cpu_to_le16((u16)(csum >> 16));
}
