/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/partition.h>
#include "fuzz.h"

static const u8 *disk;

static int read_disk(struct part_source *src, u64 offset, void *buf, unsigned int len)
{
	memcpy(buf, disk + offset, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 work[PART_BUF_SIZE];
	static struct part_info found[PART_MAX];
	struct part_source src = {.read = read_disk, .buf = work};
	enum part_table type;
	u32 sum = 0;
	int n;

	if (size < 1024)
		return 0;
	src.block_size = 512u << (data[size - 1] & 3);
	src.size = size & ~(size_t)(src.block_size - 1);
	disk = data;
	n = partition_scan(&src, found, PART_MAX, &type);
	for (int i = 0; i < n; i++) {
		if (found[i].start >= src.size || found[i].len > src.size - found[i].start)
			__builtin_trap();
		sum += found[i].number;
	}
	fuzz_use(sum);
	return 0;
}
