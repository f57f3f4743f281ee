/* SPDX-License-Identifier: MIT */
/* The boot sector's sense, and names. Pure code: built on the host too. */
#include <lib/err.h>
#include <lib/string.h>
#include <lib/byteorder.h>
#include <lib/utf8.h>
#include "format.h"

/* ---- the boot sector ------------------------------------------------------------------------- */

static bool is_power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static u32 log2_of(u32 n)
{
	u32 bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

static void read_fat32(const struct fat_boot_sector *b, struct fat_geometry *g)
{
	u32 flags = le16_to_cpu(b->fat32.flags);

	g->bits = 32;
	g->root_cluster = le32_to_cpu(b->fat32.root_cluster);
	g->info_sector = le16_to_cpu(b->fat32.info_sector);
	g->serial = get_unaligned_le32(b->fat32.vol_id);
	g->dirty = b->fat32.state & FAT_STATE_DIRTY;
	if (flags & 0x80) {
		g->mirror = false;
		g->fat_start += (flags & 15) * g->fat_length;
		if ((flags & 15) >= g->fats)
			g->fat_length = 0;
	}
}

/* How many clusters the table can speak of, and the disk has. */
static const char *count_clusters(struct fat_geometry *g)
{
	u64 entries = (u64)g->fat_length * g->sector_size * 8;
	u64 clusters = (g->sectors - g->data_start) / g->sectors_per_cluster;

	if (g->bits != 32)
		g->bits = clusters < 4085 ? 12 : 16;
	else if (clusters > 0x0ffffff5)
		return "too many clusters";
	if (g->bits == 16 && clusters >= 65525)
		return "more clusters than 16 bits can name";
	if (!clusters)
		return "no clusters";
	entries /= g->bits;
	if (entries < clusters + FAT_FIRST_CLUSTER)
		clusters = entries > FAT_FIRST_CLUSTER ? entries - FAT_FIRST_CLUSTER : 0;
	if (!clusters)
		return "an allocation table without entries";
	g->end_cluster = (u32)clusters + FAT_FIRST_CLUSTER;
	if (g->bits == 32 &&
	    (g->root_cluster < FAT_FIRST_CLUSTER || g->root_cluster >= g->end_cluster))
		return "a root outside the file system";
	return NULL;
}

const char *fat_check_boot(const struct fat_boot_sector *b, u64 size, struct fat_geometry *g)
{
	u64 start;

	*g = (struct fat_geometry){.mirror = true};
	g->sector_size = get_unaligned_le16(b->sector_size);
	g->sectors_per_cluster = b->sec_per_clus;
	g->fats = b->fats;
	g->fat_start = le16_to_cpu(b->reserved);
	g->root_entries = get_unaligned_le16(b->dir_entries);
	g->sectors = get_unaligned_le16(b->sectors);
	if (!g->sectors)
		g->sectors = le32_to_cpu(b->total_sect);
	if (!g->fat_start || !g->fats)
		return "no allocation table";
	if (b->media < 0xf8 && b->media != 0xf0)
		return "an unknown medium";
	if (!is_power_of_two(g->sector_size) || g->sector_size < 512 || g->sector_size > 4096)
		return "a bad sector size";
	if (!is_power_of_two(g->sectors_per_cluster))
		return "a bad cluster size";
	g->cluster_bits = log2_of(g->sector_size) + log2_of(g->sectors_per_cluster);
	if (g->root_entries * FAT_DIRENT % g->sector_size)
		return "a bad root size";
	g->fat_length = le16_to_cpu(b->fat_length);
	g->bits = 16;
	g->serial = get_unaligned_le32(b->fat16.vol_id);
	g->dirty = b->fat16.state & FAT_STATE_DIRTY;
	start = g->fat_start;
	if (!g->fat_length) {
		g->fat_length = le32_to_cpu(b->fat32.length);
		start += (u64)g->fat_length * g->fats;
		read_fat32(b, g);
	} else {
		start += (u64)g->fat_length * g->fats;
	}
	if (!g->fat_length)
		return "no allocation table";
	if (g->bits != 32 && !g->root_entries)
		return "no root";
	if (g->sectors > size / g->sector_size)
		return "more sectors than the device";
	if (g->bits == 32)
		g->root_entries = 0;
	g->root_start = (u32)start;
	start += g->root_entries * FAT_DIRENT / g->sector_size;
	if (start >= g->sectors)
		return "no room for data";
	g->data_start = (u32)start;
	return count_clusters(g);
}

/* ---- long names ------------------------------------------------------------------------------ */

u8 fat_alias_checksum(const u8 name[11])
{
	u8 sum = 0;

	for (u32 i = 0; i < 11; i++)
		sum = (u8)((sum << 7 | sum >> 1) + name[i]);
	return sum;
}

static u8 *slot_unit(struct fat_lfn_slot *slot, u32 i)
{
	if (i < 5)
		return slot->name0_4 + 2 * i;
	if (i < 11)
		return slot->name5_10 + 2 * (i - 5);
	return slot->name11_12 + 2 * (i - 11);
}

void fat_slot_get(const struct fat_lfn_slot *slot, u16 units[FAT_LFN_PER_SLOT])
{
	struct fat_lfn_slot copy = *slot;

	for (u32 i = 0; i < FAT_LFN_PER_SLOT; i++)
		units[i] = get_unaligned_le16(slot_unit(&copy, i));
}

void fat_slot_put(struct fat_lfn_slot *slot, const u16 units[FAT_LFN_PER_SLOT])
{
	for (u32 i = 0; i < FAT_LFN_PER_SLOT; i++)
		put_unaligned_le16(units[i], slot_unit(slot, i));
}

static bool forbidden(u32 c)
{
	return c < 0x20 || (c < 0x80 && strchr("\"*/:<>?\\|", (int)c));
}

int fat_name_to_units(const char *name, u32 len, u16 *units)
{
	u32 n = 0;

	while (len && name[len - 1] == '.')
		len--;
	if (!len)
		return -EINVAL;
	while (len) {
		u32 c;
		int used = utf8_decode((const u8 *)name, len, &c);

		if (used < 0 || forbidden(c))
			return -EINVAL;
		if (n + (c > 0xffff) >= FAT_LFN_UNITS)
			return -ENAMETOOLONG;
		if (c > 0xffff) {
			units[n++] = (u16)(0xd800 + ((c - 0x10000) >> 10));
			units[n++] = (u16)(0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			units[n++] = (u16)c;
		}
		name += used;
		len -= (u32)used;
	}
	return (int)n;
}

/* ---- short names ----------------------------------------------------------------------------- */

static char shown(u8 c, bool lower)
{
	if (c >= 0x80 || c < 0x20 || c == '/')
		return '_'; /* a code page's letter */
	return (char)(lower && c >= 'A' && c <= 'Z' ? c + 32 : c);
}

u32 fat_short_to_text(const struct fat_dirent *de, char *out)
{
	u32 base = 8, ext = 3, n = 0;

	while (base && de->name[base - 1] == ' ')
		base--;
	while (ext && de->name[8 + ext - 1] == ' ')
		ext--;
	for (u32 i = 0; i < base; i++)
		out[n++] = shown(de->name[i], de->lcase & FAT_LCASE_BASE);
	if (ext)
		out[n++] = '.';
	for (u32 i = 0; i < ext; i++)
		out[n++] = shown(de->name[8 + i], de->lcase & FAT_LCASE_EXT);
	return n;
}

/* Copies up to @max letters of a short name: how many; *exact is cleared by whatever is changed. */
static u32 short_part(const char *s, u32 len, u8 *out, u32 max, bool *exact)
{
	u32 n = 0;

	for (u32 i = 0; i < len; i++) {
		u8 c = (u8)s[i];

		if (c == ' ' || c == '.') {
			*exact = false;
			continue;
		}
		if (n == max) {
			*exact = false;
			break;
		}
		if (c >= 0x80 || strchr("+,;=[]", c)) {
			*exact = false;
			/* One letter of UTF-8 is one here. */
			if ((c & 0xc0) == 0x80)
				continue;
			c = '_';
		}
		if (c >= 'a' && c <= 'z') {
			*exact = false;
			c = (u8)(c - 32);
		}
		out[n++] = c;
	}
	return n;
}

int fat_short_of(const char *name, u32 len, u8 *out)
{
	bool exact = true;
	u32 dot, base;

	while (len && name[len - 1] == '.') {
		len--;
		exact = false;
	}
	for (dot = len; dot && name[dot - 1] != '.';)
		dot--;
	memset(out, ' ', 11);
	/* A dot in front is no extension's. */
	base = short_part(name, dot > 1 ? dot - 1 : len, out, 8, &exact);
	if (dot > 1)
		short_part(name + dot, len - dot, out + 8, 3, &exact);
	if (!base) {
		out[0] = '_';
		exact = false;
	}
	return exact;
}

void fat_number_alias(const u8 base[11], u32 n, u8 *out)
{
	u8 digits[8];
	u32 count = 0, at = 8;

	memcpy(out, base, 11);
	do {
		digits[count++] = (u8)('0' + n % 10);
		n /= 10;
	} while (n);
	while (at && base[at - 1] == ' ')
		at--;
	at = min(at, 7 - count);
	out[at++] = '~';
	while (count)
		out[at++] = digits[--count];
	while (at < 8)
		out[at++] = ' ';
}

static u8 lower(char c)
{
	return (u8)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool fat_names_equal(const char *a, u32 alen, const char *b, u32 blen)
{
	if (alen != blen)
		return false;
	for (u32 i = 0; i < alen; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}
