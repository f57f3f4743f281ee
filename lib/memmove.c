/* SPDX-License-Identifier: MIT */
/* memmove for an arch that has none of its own: eight bytes at a time, any alignment. */
#include <lib/byteorder.h>
#include <lib/string.h>

/* The barrier()s keep the compiler from turning the loops into calls of this function. */
static void copy_up(u8 *d, const u8 *s, size_t n)
{
	for (; n >= 8; n -= 8, d += 8, s += 8) {
		put_unaligned_le64(get_unaligned_le64(s), d);
		barrier();
	}
	while (n--) {
		*d++ = *s++;
		barrier();
	}
}

static void copy_down(u8 *d, const u8 *s, size_t n)
{
	for (; n >= 8; n -= 8) {
		put_unaligned_le64(get_unaligned_le64(s + n - 8), d + n - 8);
		barrier();
	}
	while (n--) {
		d[n] = s[n];
		barrier();
	}
}

void *(memmove)(void *dst, const void *src, size_t n)
{
	/* Upwards is right unless dst starts inside the source. */
	if ((unsigned long)dst - (unsigned long)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}
