/* SPDX-License-Identifier: MIT */
/* memset for an arch that has none of its own: eight bytes at a time, any alignment. */
#include <lib/byteorder.h>
#include <lib/hash.h>
#include <lib/string.h>

/* The barrier()s keep the compiler from turning the loops into calls of this function. */
void *(memset)(void *dst, int c, size_t n)
{
	u64 word = REPEAT_BYTE(c);
	u8 *d = dst;

	for (; n >= 8; n -= 8, d += 8) {
		put_unaligned_le64(word, d);
		barrier();
	}
	while (n--) {
		*d++ = (u8)c;
		barrier();
	}
	return dst;
}
