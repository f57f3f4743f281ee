/* SPDX-License-Identifier: MIT */
/*
 * Sets of small integers as arrays of unsigned long. @nbits is the size of the set; bits of the
 * last word beyond it are never looked at, and may hold anything after bitmap_complement().
 * Nothing here is atomic.
 */
#ifndef _LIB_BITMAP_H
#define _LIB_BITMAP_H

#include <lib/bitops.h>

#define BITMAP_FIRST_WORD_MASK(start) (~0UL << ((start) & (BITS_PER_LONG - 1)))
#define BITMAP_LAST_WORD_MASK(nbits)  (~0UL >> (-(nbits) & (BITS_PER_LONG - 1)))

/* Each returns @nbits when there is none. @start may be beyond @nbits. */
unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long start);
unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long nbits,
				unsigned long start);
unsigned long find_next_andnot_bit(const unsigned long *a, const unsigned long *b,
				   unsigned long nbits, unsigned long start);
unsigned long find_last_bit(const unsigned long *map, unsigned long nbits);

static __always_inline unsigned long find_first_bit(const unsigned long *map, unsigned long nbits)
{
	if (__builtin_constant_p(nbits) && nbits > 0 && nbits <= BITS_PER_LONG) {
		unsigned long w = *map & BITMAP_LAST_WORD_MASK(nbits);

		return w ? __ffs(w) : nbits;
	}
	return find_next_bit(map, nbits, 0);
}

static __always_inline unsigned long find_first_zero_bit(const unsigned long *map,
							 unsigned long nbits)
{
	return find_next_zero_bit(map, nbits, 0);
}

static __always_inline unsigned long find_first_and_bit(const unsigned long *a,
							const unsigned long *b, unsigned long nbits)
{
	return find_next_and_bit(a, b, nbits, 0);
}

#define for_each_set_bit(bit, map, size)                              \
	for ((bit) = find_next_bit((map), (size), 0); (bit) < (size); \
	     (bit) = find_next_bit((map), (size), (bit) + 1))
#define for_each_set_bit_from(bit, map, size)                             \
	for ((bit) = find_next_bit((map), (size), (bit)); (bit) < (size); \
	     (bit) = find_next_bit((map), (size), (bit) + 1))
#define for_each_clear_bit(bit, map, size)                                 \
	for ((bit) = find_next_zero_bit((map), (size), 0); (bit) < (size); \
	     (bit) = find_next_zero_bit((map), (size), (bit) + 1))

/* Set or clear @len bits from @start. */
void bitmap_set(unsigned long *map, unsigned int start, unsigned int len);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int len);

/*
 * The first run of @nr zero bits at or after @start whose first bit is a multiple of @align_mask +
 * 1. Beyond @nbits when there is none.
 */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long nr,
					 unsigned long align_mask);

unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits);
bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int nbits);
/* @dst = a op b; bitmap_and and bitmap_andnot tell whether anything is left. */
bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned int nbits);
void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned int nbits);
void bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits);
void bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int nbits);

/*
 * "0-3,8" as in cpulist files. parse: -EINVAL for bad text, -ERANGE for a number >= @nbits; ends
 * at NUL or newline. print: at most @size bytes with the NUL; returns the length without it.
 */
int bitmap_parselist(const char *text, unsigned long *map, unsigned int nbits);
int bitmap_print_list(char *buf, size_t size, const unsigned long *map, unsigned int nbits);

static inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	__builtin_memset(dst, 0, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	__builtin_memset(dst, 0xff, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	__builtin_memcpy(dst, src, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int nbits)
{
	return find_first_bit(map, nbits) >= nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned int nbits)
{
	return find_first_zero_bit(map, nbits) >= nbits;
}

#endif
