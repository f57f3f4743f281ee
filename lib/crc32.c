/* SPDX-License-Identifier: MIT */
/* CRC-32 of gzip, Ethernet and GPT. */
#include <lib/crc32.h>
#include "crc_table.h"

static struct crc_table table;

u32 crc32_le(u32 crc, const void *data, size_t len)
{
	return crc_update(&table, 0xedb88320, crc, data, len);
}
