/* SPDX-License-Identifier: MIT */
/* Searching and changing bitmaps; their memory is a multiple of 8 bytes long. */
#ifndef FS_EXT4_BITS_H
#define FS_EXT4_BITS_H

#include <lib/types.h>

/*
 * The first run of at least @want zero bits in [@from, @to) of @map or'ed with @busy (may be NULL),
 * else the longest. Its start, *len its length (0: none), never more than @want.
 */
u32 ext4_find_run(const void *map, const void *busy, u32 from, u32 to, u32 want, u32 *len);
/* The first zero bit, else @to. */
u32 ext4_find_zero_bit(const void *map, u32 from, u32 to);
void ext4_set_bits(void *map, u32 from, u32 n);
/* Clears; returns how many were set. */
u32 ext4_clear_bits(void *map, u32 from, u32 n);

#endif
