/* SPDX-License-Identifier: MIT */
/* 64-bit arithmetic that does not fit a line. */
#include <lib/math64.h>

u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	unsigned __int128 n = (unsigned __int128)a * b;
	u64 high = (u64)(n >> 64), low = (u64)n, quotient = 0;

	if (!high)
		return low / c;
	if (high >= c)
		return U64_MAX;
	/* Long division, a bit at a time: the compiler's 128-bit division is a library call. */
	for (int i = 0; i < 64; i++) {
		bool carry = high >> 63;

		high = high << 1 | low >> 63;
		low <<= 1;
		quotient <<= 1;
		if (carry || high >= c) {
			high -= c;
			quotient |= 1;
		}
	}
	return quotient;
}

u32 int_sqrt64(u64 x)
{
	u64 root = 0, bit = 1ULL << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return (u32)root;
}

u64 gcd(u64 a, u64 b)
{
	while (b) {
		u64 r = a % b;

		a = b;
		b = r;
	}
	return a;
}
