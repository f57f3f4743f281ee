/* SPDX-License-Identifier: MIT */
/* Input: a boot sector, then directory entries, then a name. */
#include "fat/format.h"
#include "fuzz.h"

static u64 one_name(const char *name, u32 len)
{
	u16 units[FAT_LFN_UNITS];
	struct fat_lfn_slot slot = {};
	struct fat_dirent de = {};
	char text[16];
	int n = fat_name_to_units(name, len, units);
	u64 sum = (u64)fat_short_of(name, len, de.name);

	if (n > (int)FAT_LFN_UNITS)
		__builtin_trap();
	if (n >= (int)FAT_LFN_PER_SLOT)
		fat_slot_put(&slot, units);
	fat_number_alias(de.name, (u32)len * 77, de.name);
	if (fat_short_to_text(&de, text) > 12)
		__builtin_trap();
	return sum + fat_names_equal(name, len, text, fat_short_to_text(&de, text));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fat_geometry g;
	u16 units[FAT_LFN_PER_SLOT];
	char text[16];
	u64 sum = 0;
	size_t at;

	if (size < 512)
		return 0;
	if (!fat_check_boot((const void *)data, 1ull << (size % 50), &g)) {
		u64 last = g.data_start + (u64)(g.end_cluster - 2) * g.sectors_per_cluster;

		if (last > g.sectors || g.end_cluster <= FAT_FIRST_CLUSTER || g.sector_size < 512)
			__builtin_trap();
	}
	for (at = 512; at + FAT_DIRENT <= size; at += FAT_DIRENT) {
		fat_slot_get((const void *)(data + at), units);
		sum += units[0] + fat_alias_checksum(data + at);
		if (fat_short_to_text((const void *)(data + at), text) > 12)
			__builtin_trap();
	}
	at = 512;
	fuzz_use(sum + one_name((const char *)data + at, (u32)(size - at > 300 ? 300 : size - at)));
	return 0;
}
