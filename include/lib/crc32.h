/* SPDX-License-Identifier: MIT */
/*
 * Cyclic redundancy checks. The functions are raw: the caller inverts before and after where the
 * format wants it (crc32 of gzip: ~crc32_le(~0, data, len)).
 */
#ifndef _LIB_CRC32_H
#define _LIB_CRC32_H

#include <lib/types.h>

/* Reflected polynomial 0xedb88320: Ethernet, gzip, GPT. */
u32 crc32_le(u32 crc, const void *data, size_t len);
/* Castagnoli, reflected 0x82f63b78: ext4 metadata. */
u32 crc32c(u32 crc, const void *data, size_t len);
/* Reflected polynomial 0xa001 (CRC-16/ARC): ext4 group descriptors. */
u16 crc16(u16 crc, const void *data, size_t len);

#endif
