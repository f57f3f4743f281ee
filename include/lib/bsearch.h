/* SPDX-License-Identifier: MIT */
/* Binary search in a sorted array, bsearch(3). In line, so that the comparison is too. */
#ifndef _LIB_BSEARCH_H
#define _LIB_BSEARCH_H

#include <lib/sort.h>

static __always_inline void *bsearch(const void *key, const void *base, size_t num, size_t size,
				     cmp_fn cmp)
{
	const char *low = base;

	while (num) {
		const char *mid = low + (num / 2) * size;
		int c = cmp(key, mid);

		if (!c)
			return (void *)mid;
		if (c > 0) {
			low = mid + size;
			num--;
		}
		num /= 2;
	}
	return NULL;
}

#endif
