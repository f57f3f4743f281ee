/* SPDX-License-Identifier: MIT */
/* Partition tables written here: whole, damaged, and random. */
#include <lib/crc32.h>
#include <lib/errno.h>
#include <lib/partition.h>
#include "host.h"

#define BLOCKS 4096u

static u8 disk[BLOCKS * 512];
static u8 work[PART_BUF_SIZE];
static struct part_info found[PART_MAX];
static u64 fail_at;

static int read_disk(struct part_source *src, u64 offset, void *buf, unsigned int len)
{
	if (offset + len > src->size || len > PART_BUF_SIZE)
		__builtin_trap(); /* never outside of the disk */
	if (fail_at && offset <= fail_at && fail_at < offset + len)
		return -EIO;
	memcpy(buf, disk + offset, len);
	return 0;
}

static int scan(unsigned int block_size, enum part_table *type)
{
	struct part_source src = {
		.size = sizeof(disk), .block_size = block_size, .read = read_disk, .buf = work};
	int n = partition_scan(&src, found, PART_MAX, type);

	return src.backup_used ? n + 1000 : n;
}

static void put32(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> (8 * i);
}

static void put64(u8 *p, u64 v)
{
	put32(p, (u32)v);
	put32(p + 4, (u32)(v >> 32));
}

static void mbr_entry(u32 block, int i, u8 type, u32 start, u32 blocks)
{
	u8 *p = disk + block * 512 + 446 + 16 * i;

	p[4] = type;
	put32(p + 8, start);
	put32(p + 12, blocks);
	disk[block * 512 + 510] = 0x55;
	disk[block * 512 + 511] = 0xaa;
}

static void clear(void)
{
	memset(disk, 0, sizeof(disk));
	fail_at = 0;
}

static void make_mbr(void)
{
	clear();
	put32(disk + 440, 0xcafebabe);
	mbr_entry(0, 0, 0x83, 64, 100);
	mbr_entry(0, 1, 0x05, 1000, 1000);
	mbr_entry(1000, 0, 0x83, 10, 50);
	mbr_entry(1000, 1, 0x05, 200, 300);
	mbr_entry(1200, 0, 0x83, 20, 60);
}

static void gpt_header(u64 at, u64 other, u64 entries)
{
	u8 *h = disk + at * 512;

	memset(h, 0, 512);
	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);
	put32(h + 12, 92);
	put64(h + 24, at);
	put64(h + 32, other);
	put64(h + 40, 34);
	put64(h + 48, BLOCKS - 34);
	put64(h + 72, entries);
	put32(h + 80, 128);
	put32(h + 84, 128);
	put32(h + 88, ~crc32_le(~0u, disk + entries * 512, 128 * 128));
	put32(h + 16, ~crc32_le(~0u, h, 92));
}

static void make_gpt(void)
{
	u8 *e = disk + 1024 + 2 * 128; /* number 3 */

	clear();
	mbr_entry(0, 0, 0xee, 1, BLOCKS - 1);
	for (int i = 0; i < 32; i++)
		e[i] = i + 1;
	put64(e + 32, 100);
	put64(e + 40, 299);
	e[56] = 'r';
	e[58] = 0xe9; /* e with acute */
	memcpy(disk + (BLOCKS - 33) * 512, disk + 1024, 128 * 128);
	gpt_header(1, BLOCKS - 1, 2);
	gpt_header(BLOCKS - 1, 1, BLOCKS - 33);
}

static void nothing_is_nothing(void)
{
	enum part_table type;

	clear();
	EXPECT_EQ(scan(512, &type), 0);
	EXPECT_EQ(type, PART_NONE);
}

static void logical_partitions_follow_their_chain(void)
{
	enum part_table type;

	make_mbr();
	EXPECT_EQ(scan(512, &type), 4);
	EXPECT_EQ(type, PART_DOS);
	EXPECT_EQ(found[0].start, 64 * 512u);
	EXPECT_EQ(found[0].len, 100 * 512u);
	EXPECT_STREQ(found[0].uuid, "cafebabe-01");
	EXPECT(found[1].extended);
	EXPECT_EQ(found[1].len, 1024u);
	EXPECT_EQ(found[2].number, 5u);
	EXPECT_EQ(found[2].start, 1010 * 512u);
	EXPECT_EQ(found[3].number, 6u);
	EXPECT_EQ(found[3].start, 1220 * 512u);
	EXPECT_EQ(found[3].len, 60 * 512u);
	EXPECT_STREQ(found[3].uuid, "cafebabe-06");
}

static void a_chain_that_loops_ends(void)
{
	enum part_table type;

	make_mbr();
	mbr_entry(1200, 1, 0x05, 0, 300); /* back to the first */
	EXPECT(scan(512, &type) <= (int)PART_MAX);
	EXPECT_EQ(type, PART_DOS);
}

static void what_lies_behind_the_end_is_cut(void)
{
	enum part_table type;

	clear();
	mbr_entry(0, 0, 0x83, 4000, 500);
	mbr_entry(0, 1, 0x83, 5000, 500);
	EXPECT_EQ(scan(512, &type), 1);
	EXPECT_EQ(found[0].len, 96 * 512u);
}

static void a_boot_sector_is_no_table(void)
{
	enum part_table type;

	make_mbr();
	disk[446 + 16] = 0x33; /* code */
	EXPECT_EQ(scan(512, &type), 0);
	EXPECT_EQ(type, PART_NONE);
}

static void gpt_gives_numbers_names_and_uuids(void)
{
	enum part_table type;

	make_gpt();
	EXPECT_EQ(scan(512, &type), 1);
	EXPECT_EQ(type, PART_GPT);
	EXPECT_EQ(found[0].number, 3u);
	EXPECT_EQ(found[0].start, 100 * 512u);
	EXPECT_EQ(found[0].len, 200 * 512u);
	EXPECT_STREQ(found[0].uuid, "14131211-1615-1817-191a-1b1c1d1e1f20");
	EXPECT_STREQ(found[0].name, "r\xc3\xa9");
}

static void a_damaged_gpt_is_read_from_its_backup(void)
{
	enum part_table type;

	make_gpt();
	disk[512 + 40] ^= 1; /* header */
	EXPECT_EQ(scan(512, &type), 1001);
	EXPECT_EQ(type, PART_GPT);
	make_gpt();
	disk[1024 + 5000] ^= 1; /* table */
	EXPECT_EQ(scan(512, &type), 1001);
	make_gpt();
	disk[512] ^= 1;
	disk[(BLOCKS - 1) * 512] ^= 1;
	scan(512, &type);
	EXPECT(type != PART_GPT);
}

static void read_errors_are_reported(void)
{
	enum part_table type;

	make_gpt();
	fail_at = 700;
	EXPECT_EQ(scan(512, &type), -EIO);
	make_mbr();
	fail_at = 1000 * 512;
	EXPECT_EQ(scan(512, &type), -EIO);
}

/* Whatever the bytes, results lie inside the disk, and nothing outside of it is read. */
static void random_damage_is_survived(void)
{
	static const unsigned int sizes[] = {512, 1024, 2048, 4096};
	enum part_table type;

	for (int round = 0; round < 3000; round++) {
		if (below(2))
			make_gpt();
		else
			make_mbr();
		for (int n = 1 + below(40); n; n--)
			disk[below(4) ? below(2048) : below(sizeof(disk))] = below(256);
		disk[510] = 0x55;
		disk[511] = 0xaa;
		int n = scan(sizes[below(4)], &type) % 1000;

		for (int i = 0; i < n; i++) {
			EXPECT(found[i].len && found[i].start < sizeof(disk));
			EXPECT(found[i].len <= sizeof(disk) - found[i].start);
			EXPECT(found[i].number >= 1 && found[i].number <= PART_MAX);
		}
	}
}

HOST_SUITE("partition", CASE(nothing_is_nothing), CASE(logical_partitions_follow_their_chain),
	   CASE(a_chain_that_loops_ends), CASE(what_lies_behind_the_end_is_cut),
	   CASE(a_boot_sector_is_no_table), CASE(gpt_gives_numbers_names_and_uuids),
	   CASE(a_damaged_gpt_is_read_from_its_backup), CASE(read_errors_are_reported),
	   CASE(random_damage_is_survived));
