/* SPDX-License-Identifier: MIT */
/* 64-bit arithmetic by name, so that drivers read as on 32-bit machines; and 64x64 bit scaling. */
#ifndef _LIB_MATH64_H
#define _LIB_MATH64_H

#include <lib/types.h>

static __always_inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static __always_inline s64 div_s64(s64 n, s32 d)
{
	return n / d;
}

static __always_inline u64 div64_u64(u64 n, u64 d)
{
	return n / d;
}

static __always_inline s64 div64_s64(s64 n, s64 d)
{
	return n / d;
}

static __always_inline u64 div_u64_rem(u64 n, u32 d, u32 *rem)
{
	*rem = (u32)(n % d);
	return n / d;
}

static __always_inline u64 div64_u64_rem(u64 n, u64 d, u64 *rem)
{
	*rem = n % d;
	return n / d;
}

/* Divide in place, give the remainder. */
#define do_div(n, d)                             \
	({                                       \
		u32 _d = (d);                    \
		u32 _rem = (u32)((u64)(n) % _d); \
		(n) = (u64)(n) / _d;             \
		_rem;                            \
	})

/*
 * (a * b) >> shift, the product in 128 bits; @shift is 0 to 63. By halves: compilers that save
 * space call a library function for a 128-bit shift.
 */
static __always_inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p >> shift | (u64)(p >> 64) << 1 << (63 - shift);
}

static __always_inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
	return mul_u64_u64_shr(a, b, shift);
}

/* a * b / c, rounded down; saturates at U64_MAX when it does not fit. @c is not 0. */
u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c);
/* floor(sqrt(x)) */
u32 int_sqrt64(u64 x);
/* Greatest common divisor. */
u64 gcd(u64 a, u64 b);

#endif
