/* SPDX-License-Identifier: MIT */
/* Sets of small integers. Every loop looks at whole words and masks the first and the last. */
#include <lib/bitmap.h>
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>

/* find_next_*: the first bit from @start on that is set in the words WORD(i). */
#define FIND_NEXT(WORD, nbits, start)                                                \
	({                                                                           \
		unsigned long _found = (nbits), _i, _w;                              \
		if ((start) < (nbits)) {                                             \
			_i = BIT_WORD(start);                                        \
			_w = (WORD(_i)) & BITMAP_FIRST_WORD_MASK(start);             \
			while (!_w && (++_i) * BITS_PER_LONG < (nbits))              \
				_w = (WORD(_i));                                     \
			if (_w)                                                      \
				_found = min(_i * BITS_PER_LONG + __ffs(_w), nbits); \
		}                                                                    \
		_found;                                                              \
	})

unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start)
{
#define WORD(i) map[i]
	return FIND_NEXT(WORD, nbits, start);
#undef WORD
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits, unsigned long start)
{
#define WORD(i) ~map[i]
	return FIND_NEXT(WORD, nbits, start);
#undef WORD
}

unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long nbits,
				unsigned long start)
{
#define WORD(i) a[i] & b[i]
	return FIND_NEXT(WORD, nbits, start);
#undef WORD
}

unsigned long find_next_andnot_bit(const unsigned long *a, const unsigned long *b,
				   unsigned long nbits, unsigned long start)
{
#define WORD(i) a[i] & ~b[i]
	return FIND_NEXT(WORD, nbits, start);
#undef WORD
}

unsigned long find_last_bit(const unsigned long *map, unsigned long nbits)
{
	unsigned long i = BITS_TO_LONGS(nbits);
	unsigned long mask = BITMAP_LAST_WORD_MASK(nbits);

	while (i--) {
		if (map[i] & mask)
			return i * BITS_PER_LONG + __fls(map[i] & mask);
		mask = ~0UL;
	}
	return nbits;
}

/* Set or clear a run. */
static void fill_run(unsigned long *map, unsigned int start, unsigned int len, bool value)
{
	unsigned long end = (unsigned long)start + len;
	unsigned long i, last = BIT_WORD(end - 1);

	if (!len)
		return;
	for (i = BIT_WORD(start); i <= last; i++) {
		unsigned long mask = ~0UL;

		if (i == BIT_WORD(start))
			mask &= BITMAP_FIRST_WORD_MASK(start);
		if (i == last)
			mask &= BITMAP_LAST_WORD_MASK(end);
		map[i] = value ? map[i] | mask : map[i] & ~mask;
	}
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int len)
{
	fill_run(map, start, len, true);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int len)
{
	fill_run(map, start, len, false);
}

unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long nr,
					 unsigned long align_mask)
{
	for (;;) {
		unsigned long end, used;

		start = find_next_zero_bit(map, nbits, start);
		start = (start + align_mask) & ~align_mask;
		end = start + nr;
		if (end > nbits || end < start)
			return nbits + 1;
		used = find_next_bit(map, end, start);
		if (used >= end)
			return start;
		start = used + 1;
	}
}

unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits)
{
	unsigned int n = 0, i;

	for (i = 0; i < nbits / BITS_PER_LONG; i++)
		n += hweight_long(map[i]);
	if (nbits % BITS_PER_LONG)
		n += hweight_long(map[i] & BITMAP_LAST_WORD_MASK(nbits));
	return n;
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	return bitmap_subset(a, b, nbits) && bitmap_subset(b, a, nbits);
}

bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	return find_next_andnot_bit(a, b, nbits, 0) >= nbits;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	return find_next_and_bit(a, b, nbits, 0) < nbits;
}

bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & b[i];
	return !bitmap_empty(dst, nbits);
}

bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & ~b[i];
	return !bitmap_empty(dst, nbits);
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] | b[i];
}

void bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] ^ b[i];
}

void bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = ~src[i];
}

/* One "n" or "n-m"; returns where it ends, or NULL. */
static const char *parse_run(const char *s, unsigned long *first, unsigned long *last)
{
	char *end;

	if (!isdigit(*s))
		return NULL;
	*first = *last = simple_strtoul(s, &end, 10);
	if (*end == '-') {
		s = end + 1;
		if (!isdigit(*s))
			return NULL;
		*last = simple_strtoul(s, &end, 10);
	}
	return *first <= *last ? end : NULL;
}

int bitmap_parselist(const char *text, unsigned long *map, unsigned int nbits)
{
	unsigned long first, last;

	bitmap_zero(map, nbits);
	while (*text && *text != '\n') {
		text = parse_run(text, &first, &last);
		if (!text)
			return -EINVAL;
		if (last >= nbits)
			return -ERANGE;
		bitmap_set(map, (unsigned int)first, (unsigned int)(last - first + 1));
		if (*text == ',')
			text++;
		else if (*text && *text != '\n')
			return -EINVAL;
	}
	return 0;
}

int bitmap_print_list(char *buf, size_t size, const unsigned long *map, unsigned int nbits)
{
	unsigned long first = find_first_bit(map, nbits);
	size_t len = 0;

	if (size)
		buf[0] = '\0';
	while (first < nbits && len < size) {
		unsigned long end = find_next_zero_bit(map, nbits, first);
		const char *comma = len ? "," : "";

		if (end - first == 1)
			len += (size_t)scnprintf(buf + len, size - len, "%s%lu", comma, first);
		else
			len += (size_t)scnprintf(buf + len, size - len, "%s%lu-%lu", comma, first,
						 end - 1);
		first = find_next_bit(map, nbits, end);
	}
	return (int)len;
}
