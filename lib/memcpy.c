/* SPDX-License-Identifier: MIT */
/* memcpy for an arch that has none of its own: eight bytes at a time, any alignment. */
#include <lib/byteorder.h>
#include <lib/string.h>

/* The barrier()s keep the compiler from turning the loops into calls of this function. */
void *(memcpy)(void *__restrict dst, const void *__restrict src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	for (; n >= 8; n -= 8, d += 8, s += 8) {
		put_unaligned_le64(get_unaligned_le64(s), d);
		barrier();
	}
	while (n--) {
		*d++ = *s++;
		barrier();
	}
	return dst;
}
