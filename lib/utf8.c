/* SPDX-License-Identifier: MIT */
/* UTF-8 and UTF-16. */
#include <lib/errno.h>
#include <lib/utf8.h>

#define REPLACEMENT 0xfffd

static bool is_surrogate(u32 c)
{
	return c - 0xd800 < 0x800;
}

int utf8_decode(const u8 *s, size_t len, u32 *c)
{
	static const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	int n, i;
	u32 v;

	if (!len)
		return -EINVAL;
	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || (size_t)n > len)
		return -EINVAL;
	v = s[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -EINVAL;
		v = v << 6 | (s[i] & 0x3f);
	}
	if (v < smallest[n] || v > 0x10ffff || is_surrogate(v))
		return -EINVAL;
	*c = v;
	return n;
}

int utf8_encode(u32 c, u8 *out)
{
	static const u8 lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	if (c > 0x10ffff || is_surrogate(c))
		return -EINVAL;
	for (i = n - 1; i > 0; i--) {
		out[i] = 0x80 | (c & 0x3f);
		c >>= 6;
	}
	out[0] = lead[n] | (u8)c;
	return n;
}

int utf16_to_utf8(const u16 *s, size_t n, char *out, size_t size)
{
	size_t len = 0, i;

	if (!size)
		return -E2BIG;
	for (i = 0; i < n && s[i]; i++) {
		u32 c = s[i];
		u8 bytes[4];
		int k, j;

		if (c - 0xd800 < 0x400 && i + 1 < n && (u32)s[i + 1] - 0xdc00 < 0x400)
			c = 0x10000 + ((c - 0xd800) << 10) + (s[++i] - 0xdc00);
		k = utf8_encode(is_surrogate(c) ? REPLACEMENT : c, bytes);
		if (len + (size_t)k >= size) {
			out[len] = '\0';
			return -E2BIG;
		}
		for (j = 0; j < k; j++)
			out[len++] = (char)bytes[j];
	}
	out[len] = '\0';
	return (int)len;
}
