/* SPDX-License-Identifier: MIT */
/* FAT's boot sector and names. */
#include <lib/errno.h>
#include "fat/format.h"
#include "host.h"

static struct fat_boot_sector good(void)
{
	struct fat_boot_sector b = {.sec_per_clus = 4, .fats = 2, .media = 0xf8};

	put_unaligned_le16(512, b.sector_size);
	put_unaligned_le16(512, b.dir_entries);
	b.reserved = cpu_to_le16(1);
	b.fat_length = cpu_to_le16(20);
	b.total_sect = cpu_to_le32(20000);
	return b;
}

static void the_boot_sector_is_checked(void)
{
	struct fat_boot_sector b = good();
	struct fat_geometry g;

	EXPECT_EQ(fat_check_boot(&b, 20000 * 512, &g), NULL);
	EXPECT_EQ(g.bits, 16);
	EXPECT_EQ(g.cluster_bits, 11);
	EXPECT_EQ(g.root_start, 41);
	EXPECT_EQ(g.data_start, 41 + 32);
	EXPECT_EQ(g.end_cluster, (20000 - 73) / 4 + 2);
	EXPECT(fat_check_boot(&b, 19999 * 512, &g) != NULL);
	b.fat_length = cpu_to_le16(1); /* speaks of 256 entries only */
	EXPECT_EQ(fat_check_boot(&b, 20000 * 512, &g), NULL);
	EXPECT_EQ(g.end_cluster, 256);
	b = good();
	b.sec_per_clus = 3;
	EXPECT(fat_check_boot(&b, 20000 * 512, &g) != NULL);
	b = good();
	b.fats = 0;
	EXPECT(fat_check_boot(&b, 20000 * 512, &g) != NULL);
	b = good();
	b.reserved = cpu_to_le16(0xffff);
	EXPECT(fat_check_boot(&b, 20000 * 512, &g) != NULL);
}

static void fat32_has_a_root_cluster(void)
{
	struct fat_boot_sector b = good();
	struct fat_geometry g;

	put_unaligned_le16(0, b.dir_entries);
	b.fat_length = 0;
	b.fat32.length = cpu_to_le32(600);
	b.fat32.root_cluster = cpu_to_le32(2);
	b.total_sect = cpu_to_le32(300000);
	EXPECT_EQ(fat_check_boot(&b, 300000 * 512, &g), NULL);
	EXPECT_EQ(g.bits, 32);
	EXPECT_EQ(g.data_start, 1201);
	b.fat32.root_cluster = cpu_to_le32(0x0fffffff);
	EXPECT(fat_check_boot(&b, 300000 * 512, &g) != NULL);
	b.fat32.root_cluster = cpu_to_le32(2);
	b.fat32.length = cpu_to_le32(0x7fffffff);
	EXPECT(fat_check_boot(&b, 300000 * 512, &g) != NULL);
}

static bool short_is(const char *name, const char *want, int exact)
{
	u8 out[11];

	return fat_short_of(name, (u32)strlen(name), out) == exact && !memcmp(out, want, 11);
}

static void short_names_are_made_and_shown(void)
{
	u8 out[11];
	char text[16];
	struct fat_dirent de = {.lcase = FAT_LCASE_BASE};

	EXPECT(short_is("README.TXT", "README  TXT", 1));
	EXPECT(short_is("readme.txt", "README  TXT", 0));
	EXPECT(short_is("a long name.html", "ALONGNAMHTM", 0));
	EXPECT(short_is(".profile", "PROFILE    ", 0));
	EXPECT(short_is("x.y.z", "XY      Z  ", 0));
	EXPECT(short_is("\xc3\xbc.c", "_       C  ", 0));
	fat_number_alias((const u8 *)"ALONGNAMHTM", 1, out);
	EXPECT(!memcmp(out, "ALONGN~1HTM", 11));
	fat_number_alias((const u8 *)"AB      C  ", 12, out);
	EXPECT(!memcmp(out, "AB~12   C  ", 11));
	memcpy(de.name, "README  TXT", 11);
	EXPECT_EQ(fat_short_to_text(&de, text), 10);
	EXPECT(!memcmp(text, "readme.TXT", 10));
	EXPECT(fat_names_equal("ReadMe", 6, "rEADmE", 6));
	EXPECT(!fat_names_equal("readme", 6, "readm", 5));
}

static void long_names_are_utf16(void)
{
	u16 units[FAT_LFN_UNITS], back[FAT_LFN_PER_SLOT];
	struct fat_lfn_slot slot;
	char name[300];

	EXPECT_EQ(fat_name_to_units("a\xc3\xa9\xf0\x9f\x98\x80", 7, units), 4);
	EXPECT_EQ(units[1], 0xe9);
	EXPECT_EQ(units[2], 0xd83d);
	EXPECT_EQ(fat_name_to_units("dots...", 7, units), 4);
	EXPECT_EQ(fat_name_to_units("a:b", 3, units), -EINVAL);
	EXPECT_EQ(fat_name_to_units("...", 3, units), -EINVAL);
	EXPECT_EQ(fat_name_to_units("\xff", 1, units), -EINVAL);
	memset(name, 'x', sizeof(name));
	EXPECT_EQ(fat_name_to_units(name, 255, units), 255);
	EXPECT_EQ(fat_name_to_units(name, 256, units), -ENAMETOOLONG);
	for (u32 i = 0; i < FAT_LFN_PER_SLOT; i++)
		units[i] = (u16)(i * 257 + 3);
	fat_slot_put(&slot, units);
	fat_slot_get(&slot, back);
	EXPECT(!memcmp(units, back, sizeof(back)));
}

HOST_SUITE("fat", CASE(the_boot_sector_is_checked), CASE(fat32_has_a_root_cluster),
	   CASE(short_names_are_made_and_shown), CASE(long_names_are_utf16));
