/* SPDX-License-Identifier: MIT */
/* CRC-32C (Castagnoli) of ext4. */
#include <lib/crc32.h>
#include "crc_table.h"

static struct crc_table table;

u32 crc32c(u32 crc, const void *data, size_t len)
{
	return crc_update(&table, 0x82f63b78, crc, data, len);
}
