/* SPDX-License-Identifier: MIT */
/* Sorting in place: heapsort, O(n log n) always, no recursion, no allocation. Not stable. */
#ifndef _LIB_SORT_H
#define _LIB_SORT_H

#include <lib/types.h>

typedef int (*cmp_fn)(const void *a, const void *b);

void sort(void *base, size_t num, size_t size, cmp_fn cmp);

struct list_head;
typedef int (*list_cmp_fn)(const struct list_head *a, const struct list_head *b);
/* Merge sort of a list_head list; stable. */
void list_sort(struct list_head *head, list_cmp_fn cmp);

#endif
