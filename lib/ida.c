/* SPDX-License-Identifier: MIT */
/*
 * Identifiers: value entries of 62 bits each (63 would look like an error pointer when all are
 * set). XA_MARK_0 is on the words that have a bit free; a word without any bit is not stored.
 */
#include <lib/bitops.h>
#include <lib/ida.h>

#define IDA_BITS 62U
#define IDA_FULL ((1UL << IDA_BITS) - 1)

/* Store a word and keep the mark true. */
static int store_word(struct ida *ida, unsigned long word, unsigned long bits, gfp_t gfp)
{
	int ret = xa_err(xa_store(&ida->xa, word, xa_mk_value(bits), gfp));

	if (ret)
		return ret;
	if (bits == IDA_FULL)
		xa_clear_mark(&ida->xa, word, XA_MARK_0);
	else
		xa_set_mark(&ida->xa, word, XA_MARK_0);
	return 0;
}

/* The next word at or after @word that has a free bit. */
static unsigned long next_word(struct ida *ida, unsigned long word, unsigned long max)
{
	unsigned long absent = max + 1, partial = word;

	xa_find_free(&ida->xa, word, max, &absent);
	if (!xa_find(&ida->xa, &partial, max, XA_MARK_0))
		partial = max + 1;
	return min(absent, partial);
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	unsigned long word = min / IDA_BITS, last;
	unsigned int bit = min % IDA_BITS;

	max = max > INT_MAX ? INT_MAX : max;
	last = max / IDA_BITS;
	for (; word <= last; word = next_word(ida, word + 1, last), bit = 0) {
		unsigned long bits = xa_to_value(xa_load(&ida->xa, word));
		unsigned long free = ~bits & IDA_FULL & (~0UL << bit);
		unsigned long id;
		int ret;

		if (!free)
			continue;
		id = word * IDA_BITS + __ffs(free);
		if (id > max)
			break;
		ret = store_word(ida, word, bits | (free & -free), gfp);
		return ret ? ret : (int)id;
	}
	return -ENOSPC;
}

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long word = id / IDA_BITS, bit = 1UL << (id % IDA_BITS);
	unsigned long bits = xa_to_value(xa_load(&ida->xa, word));

	if (!(bits & bit))
		return;
	if (bits == bit)
		xa_erase(&ida->xa, word);
	else /* replaces an entry: no memory needed */
		(void)store_word(ida, word, bits & ~bit, (__force gfp_t)0);
}

void ida_destroy(struct ida *ida)
{
	xa_destroy(&ida->xa);
}
