/* SPDX-License-Identifier: MIT */
/*
 * A lock-free singly linked stack: any number of CPUs (and interrupts) push; a consumer takes the
 * whole list at once. Pushing is a release, which pairs with the acquire of llist_del_all().
 */
#ifndef _LIB_LLIST_H
#define _LIB_LLIST_H

#include <lib/atomic.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name) \
	{                     \
		NULL          \
	}
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

static inline void init_llist_head(struct llist_head *head)
{
	head->first = NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
	return !READ_ONCE(head->first);
}

/* Push the chain @first..@last. True if the list was empty before. */
static inline bool llist_add_batch(struct llist_node *first, struct llist_node *last,
				   struct llist_head *head)
{
	struct llist_node *old = READ_ONCE(head->first);

	do {
		last->next = old;
	} while (!try_cmpxchg(&head->first, &old, first));
	return !old;
}

/* True if the list was empty before: the pusher that should wake the consumer. */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	return llist_add_batch(node, node, head);
}

/* Take everything, newest first. */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return xchg(&head->first, NULL);
}

/* Take the newest. Only one CPU at a time may take. NULL if empty. */
static inline struct llist_node *llist_del_first(struct llist_head *head)
{
	struct llist_node *old = smp_load_acquire(&head->first);

	do {
		if (!old)
			return NULL;
	} while (!try_cmpxchg(&head->first, &old, READ_ONCE(old->next)));
	return old;
}

/* Turn newest-first into oldest-first. */
static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *done = NULL;

	while (node) {
		struct llist_node *next = node->next;

		node->next = done;
		done = node;
		node = next;
	}
	return done;
}

#define llist_entry(ptr, type, member) container_of(ptr, type, member)
#define llist_for_each(pos, node)      for (pos = (node); pos; pos = pos->next)
#define llist_for_each_safe(pos, n, node) \
	for (pos = (node); pos && ((n = pos->next), true); pos = n)
#define __llist_entry_safe(ptr, type, member)                    \
	({                                                       \
		struct llist_node *_lptr = (ptr);                \
		_lptr ? llist_entry(_lptr, type, member) : NULL; \
	})
#define llist_for_each_entry(pos, node, member)                               \
	for (pos = __llist_entry_safe(node, __typeof__(*(pos)), member); pos; \
	     pos = __llist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
/* @n is of the type of @pos; the body may free @pos. */
#define llist_for_each_entry_safe(pos, n, node, member)                                      \
	for (pos = __llist_entry_safe(node, __typeof__(*(pos)), member);                     \
	     pos &&                                                                          \
	     (n = __llist_entry_safe((pos)->member.next, __typeof__(*(pos)), member), true); \
	     pos = n)

#endif
