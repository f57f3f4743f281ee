/* SPDX-License-Identifier: MIT */
/*
 * What FAT looks like on disk (Microsoft's "FAT32 File System Specification", 2000; ECMA-107), and
 * what can be said about it without doing any I/O. Built on the host too.
 */
#ifndef FS_FAT_FORMAT_H
#define FS_FAT_FORMAT_H

#include <lib/byteorder.h>
#include <lib/types.h>

#define FAT_DIRENT	  32u
#define FAT_DIRENT_BITS	  5
#define FAT_MAX_DIR_SIZE  (65536u * FAT_DIRENT)
#define FAT_FIRST_CLUSTER 2u
#define FAT_END		  0xffffffffu /* of a chain, as the functions here say it */
#define FAT_BAD		  0xfffffff7u
#define FAT_LFN_UNITS	  255u
#define FAT_LFN_PER_SLOT  13u
#define FAT_NAME_MAX	  255u /* bytes of UTF-8 */
#define FAT_STATE_DIRTY	  1

#define FAT_ATTR_RO	  0x01
#define FAT_ATTR_HIDDEN	  0x02
#define FAT_ATTR_SYS	  0x04
#define FAT_ATTR_VOLUME	  0x08
#define FAT_ATTR_DIR	  0x10
#define FAT_ATTR_ARCH	  0x20
#define FAT_ATTR_LFN	  0x0f

#define FAT_LCASE_BASE	  0x08
#define FAT_LCASE_EXT	  0x10

#define FAT_DELETED	  0xe5
#define FAT_KANJI	  0x05 /* stands for a first byte 0xe5 */

struct fat_boot_sector {
	u8 jump[3], system_id[8];
	u8 sector_size[2];
	u8 sec_per_clus;
	__le16 reserved;
	u8 fats;
	u8 dir_entries[2];
	u8 sectors[2];
	u8 media;
	__le16 fat_length;
	__le16 secs_track, heads;
	__le32 hidden, total_sect;
	union {
		struct {
			u8 drive_number, state, signature;
			u8 vol_id[4], vol_label[11], fs_type[8];
		} fat16;
		struct {
			__le32 length;
			__le16 flags, version;
			__le32 root_cluster;
			__le16 info_sector, backup_boot;
			u8 reserved2[12];
			u8 drive_number, state, signature;
			u8 vol_id[4], vol_label[11], fs_type[8];
		} __packed fat32;
	} __packed;
} __packed;

#define FAT_FSINFO_SIG1 0x41615252u
#define FAT_FSINFO_SIG2 0x61417272u
struct fat_fsinfo {
	__le32 signature1;
	u8 reserved1[480];
	__le32 signature2, free_clusters, next_cluster;
	u8 reserved2[16];
} __packed;

struct fat_dirent {
	u8 name[11];
	u8 attr, lcase, ctime_cs;
	__le16 ctime, cdate, adate, starthi, time, date, start;
	__le32 size;
};

struct fat_lfn_slot {
	u8 id;
	u8 name0_4[10];
	u8 attr, type, alias_checksum;
	u8 name5_10[12];
	__le16 start;
	u8 name11_12[4];
};

_Static_assert(sizeof(struct fat_dirent) == FAT_DIRENT, "a directory entry has 32 bytes");
_Static_assert(sizeof(struct fat_lfn_slot) == FAT_DIRENT, "a slot of a long name has 32 bytes");

/* Where everything is. In sectors of the file system unless said otherwise. */
struct fat_geometry {
	u32 bits; /* 12, 16 or 32 */
	u32 sector_size, sectors_per_cluster, cluster_bits; /* cluster size: 1 << cluster_bits */
	u32 fats, fat_start, fat_length;
	bool mirror; /* all copies are written; else only the active one */
	u32 root_start, root_entries; /* FAT12, FAT16 */
	u32 root_cluster; /* FAT32 */
	u32 info_sector; /* 0: none */
	u32 data_start, end_cluster; /* clusters are 2 .. end_cluster - 1 */
	u64 sectors;
	u32 serial;
	bool dirty;
};

/* Fills @g from sector 0 (512 bytes); @size: bytes of the device. NULL, or what is wrong. */
const char *fat_check_boot(const struct fat_boot_sector *b, u64 size, struct fat_geometry *g);

/* ---- names ---- */

u8 fat_alias_checksum(const u8 name[11]);
/* The 13 UTF-16 units of a slot. */
void fat_slot_get(const struct fat_lfn_slot *slot, u16 units[FAT_LFN_PER_SLOT]);
void fat_slot_put(struct fat_lfn_slot *slot, const u16 units[FAT_LFN_PER_SLOT]);
/* The short name as programs see it, without a NUL: its length, at most 12. */
u32 fat_short_to_text(const struct fat_dirent *de, char *out);
/*
 * UTF-8 to UTF-16: units, at most FAT_LFN_UNITS; -EINVAL for what no name may have, or
 * -ENAMETOOLONG. Dots at the end do not count.
 */
int fat_name_to_units(const char *name, u32 len, u16 *units);
/* 1: @name is exactly what the short name @out says; 0: @out begins like it; @out: 11 bytes. */
int fat_short_of(const char *name, u32 len, u8 *out);
/* Makes the @n-th alias of @base: NAME~1.EXT */
void fat_number_alias(const u8 base[11], u32 n, u8 *out);
/* The same but for the case of ASCII letters. */
bool fat_names_equal(const char *a, u32 alen, const char *b, u32 blen);

#endif
