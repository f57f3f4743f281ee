/* SPDX-License-Identifier: MIT */
/* Heapsort for arrays, bottom-up merge sort for lists. */
#include <lib/list.h>
#include <lib/sort.h>

static void swap_bytes(u8 *a, u8 *b, size_t size)
{
	while (size--)
		swap(a[size], b[size]);
}

/* Let the element at @root sink until both its children are not greater. */
static void sift_down(u8 *base, size_t root, size_t num, size_t size, cmp_fn cmp)
{
	size_t child;

	while ((child = 2 * root + 1) < num) {
		if (child + 1 < num && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

void sort(void *base, size_t num, size_t size, cmp_fn cmp)
{
	size_t i;

	for (i = num / 2; i-- > 0;)
		sift_down(base, i, num, size, cmp);
	for (i = num; i-- > 1;) {
		swap_bytes(base, (u8 *)base + i * size, size);
		sift_down(base, 0, i, size, cmp);
	}
}

/* Merge two NULL-terminated chains; of equal elements @a's comes first. */
static struct list_head *merge(struct list_head *a, struct list_head *b, list_cmp_fn cmp)
{
	struct list_head *first, **tail = &first;

	while (a && b) {
		struct list_head **from = cmp(a, b) <= 0 ? &a : &b;

		*tail = *from;
		tail = &(*from)->next;
		*from = *tail;
	}
	*tail = a ? a : b;
	return first;
}

void list_sort(struct list_head *head, list_cmp_fn cmp)
{
	struct list_head *level[BITS_PER_LONG] = {NULL}; /* [i]: a sorted chain of 2^i, or none */
	struct list_head *list, *next, *prev = head;
	int i, top = 0;

	if (list_empty(head))
		return;
	head->prev->next = NULL;
	for (list = head->next; list; list = next) {
		next = list->next;
		list->next = NULL;
		for (i = 0; level[i]; i++) {
			list = merge(level[i], list, cmp);
			level[i] = NULL;
		}
		level[i] = list;
		top = max(top, i);
	}
	for (i = 0, list = NULL; i <= top; i++)
		list = merge(level[i], list, cmp);
	for (; list; prev = list, list = list->next) {
		prev->next = list;
		list->prev = prev;
	}
	prev->next = head;
	head->prev = prev;
}
