/* SPDX-License-Identifier: MIT */
/* The pure half of ext4 and its journal: hashes, bitmaps, checkers, checksums, tags. */
#include <lib/crc32.h>
#include "ext4/bits.h"
#include "ext4/format.h"
#include "host.h"
#include "jbd2/format.h"

/* ---- hashes ---------------------------------------------------------------------------------- */

/* From debugfs -R "dx_hash -h VERSION -s 01234567-89ab-cdef-0123-456789abcdef NAME". */
static void test_dirhash(void)
{
	static const u32 seed[4] = {0x67452301, 0xefcdab89, 0x67452301, 0xefcdab89};
	static const char long_name[] =
		"file with a long name that spans more than thirty-two bytes, twice over even.txt";
	static const char high[] = "\303\274ml\303\244ut-\377\200x";
	static const struct {
		const char *name;
		int version;
		u32 hash, minor;
	} v[] = {
		{"a", DX_HASH_LEGACY, 0xe74b53e2, 0},
		{"hello", DX_HASH_LEGACY, 0x32252546, 0},
		{long_name, DX_HASH_LEGACY, 0x9a1c0f26, 0},
		{high, DX_HASH_LEGACY, 0xc571ac0, 0},
		{"a", DX_HASH_HALF_MD4, 0x35dc0cc4, 0x3f1dacef},
		{"hello", DX_HASH_HALF_MD4, 0xa26e4a80, 0x97e5b7f7},
		{long_name, DX_HASH_HALF_MD4, 0xabb35cb8, 0x62b0d74e},
		{high, DX_HASH_HALF_MD4, 0x9d4205ac, 0x3df047ee},
		{"a", DX_HASH_TEA, 0x6d0ea4c0, 0xc18922df},
		{"hello", DX_HASH_TEA, 0x6f5bb1a8, 0x231917c2},
		{long_name, DX_HASH_TEA, 0xcfb88b72, 0xa0ddfd54},
		{high, DX_HASH_TEA, 0x926a70e0, 0x66920d71},
	};
	u32 hash, minor;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		EXPECT_EQ(ext4_dirhash(v[i].name, (int)strlen(v[i].name), v[i].version, seed, &hash,
				       &minor),
			  0);
		EXPECT_EQ(hash, v[i].hash);
		EXPECT_EQ(minor, v[i].minor);
	}
	EXPECT_EQ(ext4_dirhash("hello", 5, DX_HASH_HALF_MD4, NULL, &hash, &minor), 0);
	EXPECT_EQ(hash, 0x1746da32);
	EXPECT_EQ(ext4_dirhash("x", 1, 9, seed, &hash, &minor), -1);
}

/* ---- bitmaps against a naive model ----------------------------------------------------------- */

static u32 naive_run(const u8 *map, const u8 *busy, u32 from, u32 to, u32 want, u32 *len)
{
	u32 best = from, best_len = 0;

	for (u32 i = from; i < to && best_len < want;) {
		u32 n = 0;

		while (i + n < to && n < want &&
		       !((map[(i + n) / 8] | (busy ? busy[(i + n) / 8] : 0)) & 1 << (i + n) % 8))
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		i += n + 1;
	}
	*len = best_len;
	return best;
}

static void test_find_run(void)
{
	u8 *map = malloc(128), *busy = malloc(128);

	for (int round = 0; round < 20000; round++) {
		u32 bits = 1024, from = below(bits), to = from + below(bits - from + 1);
		u32 want = 1 + below(100), len, len2, at, at2;
		const u8 *b = below(2) ? busy : NULL;

		rnd_bytes(map, 128);
		rnd_bytes(busy, 128);
		for (int i = 0; i < 128; i++) {
			map[i] &= (u8)(rnd() & rnd());
			busy[i] &= (u8)(rnd() & rnd() & rnd());
			if (below(3)) {
				map[i] = 0;
				busy[i] = 0;
			}
		}
		at = ext4_find_run(map, b, from, to, want, &len);
		at2 = naive_run(map, b, from, to, want, &len2);
		EXPECT_EQ(len, len2);
		if (len)
			EXPECT_EQ(at, at2);
		ASSERT(!host_failed);
	}
	free(map);
	free(busy);
}

static void test_set_clear(void)
{
	u8 *map = calloc(1, 64), *model = calloc(1, 512);

	for (int round = 0; round < 20000; round++) {
		u32 from = below(512), n = below(512 - from + 1), was = 0;
		bool set = below(2);

		for (u32 i = from; i < from + n; i++) {
			was += model[i];
			model[i] = set;
		}
		if (set)
			ext4_set_bits(map, from, n);
		else
			EXPECT_EQ(ext4_clear_bits(map, from, n), was);
		for (u32 i = 0; i < 512; i++)
			if (model[i] != (map[i / 8] >> i % 8 & 1))
				host_failed = true;
		ASSERT(!host_failed);
	}
	free(map);
	free(model);
}

/* ---- times ----------------------------------------------------------------------------------- */

static void test_times(void)
{
	static const s64 secs[] = {0,
				   1,
				   -1,
				   S32_MAX,
				   S32_MIN,
				   (s64)S32_MAX + 1,
				   15032385535ll,
				   0x100000000ll,
				   0x17fffffffll,
				   1ll << 40,
				   -(1ll << 40)};

	for (size_t i = 0; i < ARRAY_SIZE(secs); i++) {
		u32 base, extra, nsec;
		s64 sec, most = (s64)S32_MAX + (3ll << 32);

		ext4_encode_time(secs[i], 999999999, true, &base, &extra);
		ext4_decode_time(base, extra, &sec, &nsec);
		EXPECT_EQ(nsec, 999999999);
		EXPECT_EQ(sec, secs[i] > most ? most : secs[i] < S32_MIN ? S32_MIN : secs[i]);
		ext4_encode_time(secs[i], 5, false, &base, &extra);
		ext4_decode_time(base, extra, &sec, &nsec);
		EXPECT_EQ(sec, secs[i] > S32_MAX ? S32_MAX : secs[i] < S32_MIN ? S32_MIN : secs[i]);
	}
}

/* ---- checkers: what they pass can be walked -------------------------------------------------- */

static struct ext4_geometry small_geometry(void)
{
	return (struct ext4_geometry){
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
		.blocks_count = 16384,
		.csum_seed = 77,
		.meta_csum = true,
	};
}

static void test_check_extents(void)
{
	struct ext4_geometry g = small_geometry();
	u32 passed = 0;

	for (int round = 0; round < 50000; round++) {
		u8 raw[60];
		struct ext4_extent_header *eh = (void *)raw;
		struct ext4_extent *ex = (void *)(eh + 1);
		u32 next = 0;
		u8 *p;

		rnd_bytes(raw, sizeof(raw));
		eh->eh_magic = cpu_to_le16(EXT4_EXT_MAGIC);
		eh->eh_depth = 0;
		eh->eh_max = cpu_to_le16(below(20) ? 4 : (u16)below(9));
		eh->eh_entries = cpu_to_le16((u16)below(6));
		for (int i = 0; i < 4 && below(10); i++) {
			ex[i].ee_block = cpu_to_le32(next + below(3));
			ex[i].ee_len = cpu_to_le16((u16)(1 + below(5)));
			ex[i].ee_start_hi = 0;
			ex[i].ee_start_lo = cpu_to_le32(2 + below(16390));
			next += 8;
		}
		p = exact_copy(raw, sizeof(raw));
		if (!ext4_check_extents(&g, p, 60, 0, 0, 1ull << 32)) {
			const struct ext4_extent *e = (void *)(p + 12);
			u64 last = 0;

			passed++;
			for (u32 i = 0;
			     i < le16_to_cpu(((struct ext4_extent_header *)p)->eh_entries); i++) {
				EXPECT(le32_to_cpu(e[i].ee_block) >= last);
				last = (u64)le32_to_cpu(e[i].ee_block) + ext4_ext_len(&e[i]);
				EXPECT(ext4_ext_pblock(&e[i]) + ext4_ext_len(&e[i]) <= 16384);
			}
		}
		free(p);
		ASSERT(!host_failed);
	}
	EXPECT(passed > 100);
}

static void test_dirents_stay_inside(void)
{
	struct ext4_geometry g = small_geometry();

	for (int round = 0; round < 20000; round++) {
		u8 raw[1024], *p;

		rnd_bytes(raw, sizeof(raw));
		for (u32 off = 0; off < 900 && below(50);) {
			struct ext4_dir_entry *de = (void *)(raw + off);
			u32 rec = 12 + 4 * below(20);

			de->inode = cpu_to_le32(below(130));
			de->rec_len = cpu_to_le16((u16)rec);
			de->name_len = (u8)below(20);
			off += rec;
		}
		p = exact_copy(raw, sizeof(raw));
		for (u32 off = 0; off < 1024;) {
			struct ext4_dir_entry *de = (void *)(p + off);

			if (!ext4_dirent_ok(&g, p, off))
				break;
			for (u32 i = 0; i < de->name_len; i++)
				host_seed += (u8)de->name[i]; /* reads it */
			off += ext4_rec_len(de, 1024);
		}
		ext4_check_dx_root(&g, p);
		if (!ext4_check_dx(&g, p, 32))
			ext4_dx_csum_ok(&g, 1, p, 32);
		ext4_dirblock_csum_ok(&g, 1, p);
		free(p);
	}
}

static void test_checksums_round_trip(void)
{
	struct ext4_geometry g = small_geometry();
	u8 *block = malloc(1024);
	struct ext4_inode *raw = malloc(256);
	struct ext4_group_desc *gd = malloc(64);

	rnd_bytes(block, 1024);
	ext4_dir_tail_init(&g, block);
	ext4_dirblock_csum_set(&g, 5, block);
	EXPECT(ext4_dirblock_csum_ok(&g, 5, block));
	EXPECT(!ext4_dirblock_csum_ok(&g, 6, block));
	rnd_bytes(raw, 256);
	raw->i_extra_isize = cpu_to_le16(32);
	ext4_inode_csum_set(&g, 12, raw);
	EXPECT(ext4_inode_csum_ok(&g, 12, raw));
	((u8 *)raw)[200] ^= 1;
	EXPECT(!ext4_inode_csum_ok(&g, 12, raw));
	rnd_bytes(gd, 64);
	ext4_group_csum_set(&g, 1, gd);
	EXPECT(ext4_group_csum_ok(&g, 1, gd));
	EXPECT(!ext4_group_csum_ok(&g, 0, gd));
	free(block);
	free(raw);
	free(gd);
}

/* ---- the journal ----------------------------------------------------------------------------- */

static void tags_round_trip(struct jbd2_geometry *g)
{
	u8 *block = calloc(1, 1024);
	struct jbd2_tag put[200], tag;
	struct jbd2_tag_iter it;
	unsigned int at = 12, n = 0, last = 12, got = 0;

	for (;; n++) {
		unsigned int before = at;

		put[n] = (struct jbd2_tag){.blocknr = g->has_64bit ? rnd() : (u32)rnd(),
					   .flags = below(2) ? JBD2_FLAG_ESCAPE : 0,
					   .csum = g->csum_v3 ? (u32)rnd() : (u16)rnd()};
		if (!jbd2_put_tag(g, block, &at, &put[n]))
			break;
		last = before;
	}
	EXPECT(n > 50);
	put[n - 1].flags |= JBD2_FLAG_LAST_TAG;
	EXPECT(jbd2_put_tag(g, block, &last, &put[n - 1]));
	jbd2_tail_csum_set(g, block);
	EXPECT(jbd2_tail_csum_ok(g, block));
	jbd2_tags_init(&it, g, block);
	while (jbd2_next_tag(&it, &tag)) {
		ASSERT(got < n);
		EXPECT_EQ(tag.blocknr, put[got].blocknr);
		EXPECT_EQ(tag.csum, put[got].csum);
		EXPECT_EQ(tag.flags & JBD2_FLAG_ESCAPE, put[got].flags & JBD2_FLAG_ESCAPE);
		got++;
	}
	EXPECT_EQ(got, n);
	free(block);
}

static void test_tags(void)
{
	for (int v = 0; v < 6; v++) {
		struct jbd2_geometry g = {.blocksize = 1024,
					  .csum_seed = 3,
					  .csum_v2 = v / 2 == 1,
					  .csum_v3 = v / 2 == 2,
					  .has_64bit = v & 1};

		tags_round_trip(&g);
	}
}

/* Descriptor and revoke blocks of random bytes are walked without leaving them. */
static void test_hostile_journal(void)
{
	for (int round = 0; round < 20000; round++) {
		struct jbd2_geometry g = {
			.blocksize = 1024, .csum_v3 = below(2), .has_64bit = below(2)};
		u8 raw[1024], *p;
		struct jbd2_tag_iter it;
		struct jbd2_tag tag;

		rnd_bytes(raw, sizeof(raw));
		if (below(2))
			put_unaligned_be32(below(1100), raw + 12);
		p = exact_copy(raw, sizeof(raw));
		jbd2_tags_init(&it, &g, p);
		while (jbd2_next_tag(&it, &tag))
			;
		for (unsigned int i = 0, n = jbd2_revoke_count(&g, p); i < n; i++)
			jbd2_revoke_block(&g, p, i);
		jbd2_commit_csum_ok(&g, p);
		free(p);
	}
}

HOST_SUITE("ext4", CASE(test_dirhash), CASE(test_find_run), CASE(test_set_clear), CASE(test_times),
	   CASE(test_check_extents), CASE(test_dirents_stay_inside),
	   CASE(test_checksums_round_trip), CASE(test_tags), CASE(test_hostile_journal))
