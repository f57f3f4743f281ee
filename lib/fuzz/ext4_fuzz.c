/* SPDX-License-Identifier: MIT */
/*
 * Input: a super block, then blocks of the size it names (or 1024), each looked at as everything a
 * block can be.
 */
#include "ext4/format.h"
#include "fuzz.h"
#include "jbd2/format.h"

void *malloc(size_t n);
void free(void *p);

static u64 walk_dir(const struct ext4_geometry *g, const u8 *p)
{
	u64 sum = 0;

	for (u32 off = 0; off < g->blocksize;) {
		const struct ext4_dir_entry *de = (const void *)(p + off);
		u32 hash, minor;

		if (!ext4_dirent_ok(g, p, off))
			break;
		ext4_dirhash(de->name, de->name_len, (int)(off % 6), NULL, &hash, &minor);
		sum += hash + minor;
		off += ext4_rec_len(de, g->blocksize);
	}
	return sum;
}

static u64 walk_xattrs(const struct ext4_geometry *g, const u8 *p)
{
	const u8 *at = p + sizeof(struct ext4_xattr_header);
	u64 sum = 0;

	if (ext4_check_xattrs(at, p, p + g->blocksize))
		return 0;
	while (get_unaligned_le32(at)) {
		const struct ext4_xattr_entry *e = (const void *)at;
		const u8 *v = p + le16_to_cpu(e->e_value_offs);

		for (u32 i = 0; i < e->e_name_len; i++)
			sum += (u8)e->e_name[i];
		for (u32 i = 0; i < le32_to_cpu(e->e_value_size); i++)
			sum += v[i];
		at += EXT4_XATTR_LEN(e->e_name_len);
	}
	return sum;
}

static u64 walk_journal(const struct ext4_geometry *g, const u8 *p)
{
	struct jbd2_geometry j = {.blocksize = g->blocksize,
				  .csum_v3 = p[0] & 1,
				  .csum_v2 = !(p[0] & 1) && p[0] & 2,
				  .has_64bit = p[0] & 4};
	struct jbd2_tag_iter it;
	struct jbd2_tag tag;
	u64 sum = 0;

	jbd2_tags_init(&it, &j, p);
	while (jbd2_next_tag(&it, &tag))
		sum += tag.blocknr;
	for (unsigned int i = 0, n = jbd2_revoke_count(&j, p); i < n; i++)
		sum += jbd2_revoke_block(&j, p, i);
	return sum + jbd2_tail_csum_ok(&j, p) + jbd2_commit_csum_ok(&j, p);
}

static u64 one_block(const struct ext4_geometry *g, const u8 *p)
{
	u64 sum = walk_dir(g, p) + walk_xattrs(g, p) + walk_journal(g, p);

	if (!ext4_check_extents(g, p, g->blocksize, p[6] & 7, 0, 1ull << 32))
		sum += ext4_extent_csum(1, (const void *)p) + !!ext4_extent_tail((const void *)p);
	if (!ext4_check_dx(g, p, 8))
		sum += ext4_dx_csum_ok(g, 1, p, 8);
	sum += !!ext4_check_dx_root(g, p);
	sum += ext4_dirblock_csum_ok(g, 1, p);
	if (g->inode_size <= g->blocksize)
		sum += !!ext4_check_inode(g, (const void *)p) +
		       ext4_inode_csum_ok(g, 12, (const void *)p);
	sum += !!ext4_check_group(g, 0, (const void *)p);
	return sum;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct ext4_super_block es;
	struct jbd2_geometry j;
	struct ext4_geometry g;
	u64 sum = 0;

	if (size < sizeof(es))
		return 0;
	memcpy(&es, data, sizeof(es));
	/* A fuzzer does not find checksums: set where one is due. */
	es.s_checksum = cpu_to_le32(ext4_super_csum(&es));
	sum += !!jbd2_check_super((const void *)data, 1024, 4096, &j);
	if (ext4_check_super(&es, 0, &g) || g.blocksize > 4096)
		g = (struct ext4_geometry){
			.blocksize = 1024,
			.blocksize_bits = 10,
			.blocks_per_group = 8192,
			.inodes_per_group = 64,
			.inodes_count = 128,
			.first_ino = 11,
			.first_data_block = 1,
			.inode_size = 256,
			.desc_size = 64,
			.groups = 2,
			.desc_per_block = 16,
			.gdb_count = 1,
			.itable_blocks = 16,
			.blocks_count = 16384,
			.meta_csum = data[0] & 1,
		};
	data += sizeof(es);
	size -= sizeof(es);
	for (; size >= g.blocksize; data += g.blocksize, size -= g.blocksize) {
		u8 *p = malloc(g.blocksize);

		memcpy(p, data, g.blocksize);
		sum += one_block(&g, p);
		free(p);
	}
	fuzz_use(sum);
	return 0;
}
