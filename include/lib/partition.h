/* SPDX-License-Identifier: MIT */
/*
 * Reading partition tables: MBR with logical partitions, and GPT (UEFI specification, chapter 5)
 * with checksums and the backup at the disk's end. Every byte of the disk is taken as hostile.
 */
#ifndef LIB_PARTITION_H
#define LIB_PARTITION_H

#include <lib/types.h>

#define PART_MAX      255u /* numbers 1 to 255 */
#define PART_BUF_SIZE 4096u

/* Where the disk's bytes come from. */
struct part_source {
	u64 size; /* bytes */
	unsigned int block_size; /* 512 to 4096, a power of two: the unit of the tables' numbers */
	/* @len (at most PART_BUF_SIZE) bytes at @offset, both in whole blocks: 0 or -errno. */
	int (*read)(struct part_source *src, u64 offset, void *buf, unsigned int len);
	u8 *buf; /* PART_BUF_SIZE bytes to work in */
	bool backup_used; /* out: the GPT's first copy was bad */
};

enum part_table { PART_NONE, PART_DOS, PART_GPT };

struct part_info {
	unsigned int number; /* 1.. */
	u64 start, len; /* bytes, inside the disk; len > 0 */
	bool extended; /* a DOS container: only its first sectors are of use */
	char uuid[37]; /* as root=PARTUUID= writes it, lower case */
	char name[73]; /* GPT: UTF-8 */
};

/*
 * Up to @max partitions into @out, in the table's order: how many, or what read() failed with.
 * *@type says which kind of table it was; PART_NONE: none, 0 partitions.
 */
int partition_scan(struct part_source *src, struct part_info *out, unsigned int max,
		   enum part_table *type);

#endif
