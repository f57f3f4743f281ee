/* SPDX-License-Identifier: MIT */
/* Bitmaps of blocks and inodes: bit n is bit n % 8 of byte n / 8. Built on the host too. */
#include <lib/string.h>
#include <lib/byteorder.h>
#include "bits.h"

/* Eight bytes that hold bit @at, both maps together; @at is a multiple of 64 and inside. */
static u64 word_at(const void *map, const void *busy, u32 at)
{
	u64 w = get_unaligned_le64((const u8 *)map + at / 8);

	return busy ? w | get_unaligned_le64((const u8 *)busy + at / 8) : w;
}

/* The first bit in [from, to) that is @set, else @to. Maps are whole multiples of 8 bytes. */
static u32 next_bit(const void *map, const void *busy, u32 from, u32 to, bool set)
{
	while (from < to) {
		u64 w = word_at(map, busy, from & ~63u);

		if (!set)
			w = ~w;
		w &= ~0ull << (from & 63);
		if (w) {
			from = (from & ~63u) + (u32)__builtin_ctzll(w);
			return from < to ? from : to;
		}
		from = (from & ~63u) + 64;
	}
	return to;
}

u32 ext4_find_run(const void *map, const void *busy, u32 from, u32 to, u32 want, u32 *len)
{
	u32 best = from, best_len = 0;

	while (from < to && best_len < want) {
		u32 start = next_bit(map, busy, from, to, false), end;

		if (start >= to)
			break;
		end = next_bit(map, busy, start, min(to - start, want) + start, true);
		if (end - start > best_len) {
			best = start;
			best_len = end - start;
		}
		from = end + 1;
	}
	*len = best_len;
	return best;
}

u32 ext4_find_zero_bit(const void *map, u32 from, u32 to)
{
	return next_bit(map, NULL, from, to, false);
}

void ext4_set_bits(void *map, u32 from, u32 n)
{
	u8 *p = map;

	for (; n && from % 8; n--, from++)
		p[from / 8] |= (u8)(1u << from % 8);
	memset(p + from / 8, 0xff, n / 8);
	from += n & ~7u;
	for (n &= 7; n; n--, from++)
		p[from / 8] |= (u8)(1u << from % 8);
}

u32 ext4_clear_bits(void *map, u32 from, u32 n)
{
	u8 *p = map;
	u32 was = 0;

	for (; n; n--, from++) {
		u8 bit = (u8)(1u << from % 8);

		was += !!(p[from / 8] & bit);
		p[from / 8] &= (u8)~bit;
	}
	return was;
}
