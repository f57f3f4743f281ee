/* SPDX-License-Identifier: MIT */
/*
 * Intrusive lists.
 *
 * list_head: circular, doubly linked; the head is a node of its own. An initialised node that is
 * on no list points to itself. hlist: a one-pointer head, for hash tables; a node on no list has
 * pprev NULL.
 *
 * The caller serialises writers. The _rcu forms let readers walk the list inside an RCU read
 * section while one writer changes it: insertion publishes the node with a release store, which
 * pairs with the address dependency of the reader's READ_ONCE() of the pointer. A node deleted
 * with _rcu keeps its next pointer and may be freed or reused only after a grace period.
 */
#ifndef _LIB_LIST_H
#define _LIB_LIST_H

#include <lib/atomic.h>
#include <lib/types.h>

/* What a deleted node points to: a use of it faults instead of corrupting. */
#define LIST_POISON1 ((void *)0xdead000000000100UL)
#define LIST_POISON2 ((void *)0xdead000000000122UL)

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	WRITE_ONCE(list->prev, list);
}

static inline void __list_add(struct list_head *node, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = node;
	node->next = next;
	node->prev = prev;
	WRITE_ONCE(prev->next, node);
}

/* Insert @node right after @head: a stack's push. */
static inline void list_add(struct list_head *node, struct list_head *head)
{
	__list_add(node, head, head->next);
}

/* Insert @node right before @head: a queue's push. */
static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	__list_add(node, head->prev, head);
}

static inline void __list_del(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
}

static inline void __list_del_entry(struct list_head *node)
{
	__list_del(node->prev, node->next);
}

/* Unlink @node and poison it: it may not be tested or deleted again. */
static inline void list_del(struct list_head *node)
{
	__list_del_entry(node);
	node->next = LIST_POISON1;
	node->prev = LIST_POISON2;
}

/* Unlink @node and make it an empty list: list_empty(node) then tells that it is on no list. */
static inline void list_del_init(struct list_head *node)
{
	__list_del_entry(node);
	INIT_LIST_HEAD(node);
}

/* Put @node in the place of @old, which is left as it was. */
static inline void list_replace(struct list_head *old, struct list_head *node)
{
	node->next = old->next;
	node->next->prev = node;
	node->prev = old->prev;
	WRITE_ONCE(node->prev->next, node);
}

static inline void list_replace_init(struct list_head *old, struct list_head *node)
{
	list_replace(old, node);
	INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *node, struct list_head *head)
{
	__list_del_entry(node);
	list_add(node, head);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	__list_del_entry(node);
	list_add_tail(node, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/*
 * Pairs with the release in list_del_init_careful(): true means the deleter is done with the node.
 */
static inline bool list_empty_careful(const struct list_head *head)
{
	struct list_head *next = smp_load_acquire(&head->next);

	return next == head && next == READ_ONCE(head->prev);
}

static inline void list_del_init_careful(struct list_head *node)
{
	__list_del_entry(node);
	WRITE_ONCE(node->prev, node);
	smp_store_release(&node->next, node);
}

static inline bool list_is_head(const struct list_head *node, const struct list_head *head)
{
	return node == head;
}

static inline bool list_is_first(const struct list_head *node, const struct list_head *head)
{
	return node->prev == head;
}

static inline bool list_is_last(const struct list_head *node, const struct list_head *head)
{
	return node->next == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline void __list_splice(const struct list_head *list, struct list_head *prev,
				 struct list_head *next)
{
	list->next->prev = prev;
	WRITE_ONCE(prev->next, list->next);
	list->prev->next = next;
	next->prev = list->prev;
}

/* Move all of @list to the front of @head; @list is left undefined. */
static inline void list_splice(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head, head->next);
}

static inline void list_splice_tail(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member)	     container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(pos, m)		      list_entry((pos)->m.next, __typeof__(*(pos)), m)
#define list_prev_entry(pos, m)		      list_entry((pos)->m.prev, __typeof__(*(pos)), m)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_for_each(pos, h)		      for (pos = (h)->next; pos != (h); pos = pos->next)
#define list_for_each_safe(pos, n, head) \
	for (pos = (head)->next, n = pos->next; pos != (head); pos = n, n = pos->next)
#define list_for_each_prev(pos, head) for (pos = (head)->prev; pos != (head); pos = pos->prev)
#define list_for_each_entry(pos, head, member)                       \
	for (pos = list_first_entry(head, __typeof__(*pos), member); \
	     !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)              \
	for (pos = list_last_entry(head, __typeof__(*pos), member); \
	     !list_entry_is_head(pos, head, member); pos = list_prev_entry(pos, member))
/* The body may delete @pos. */
#define list_for_each_entry_safe(pos, n, head, member)               \
	for (pos = list_first_entry(head, __typeof__(*pos), member), \
	    n = list_next_entry(pos, member);                        \
	     !list_entry_is_head(pos, head, member); pos = n, n = list_next_entry(n, member))
/* Go on after @pos, which must be on the list (or be the head's entry). */
#define list_for_each_entry_continue(pos, head, member)                                  \
	for (pos = list_next_entry(pos, member); !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_from(pos, head, member) \
	for (; !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))

/* ---- list_head with RCU readers ---- */

static inline void __list_add_rcu(struct list_head *node, struct list_head *prev,
				  struct list_head *next)
{
	node->next = next;
	node->prev = prev;
	smp_store_release(&prev->next, node); /* pairs with list_for_each_entry_rcu() */
	next->prev = node;
}

static inline void list_add_rcu(struct list_head *node, struct list_head *head)
{
	__list_add_rcu(node, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *node, struct list_head *head)
{
	__list_add_rcu(node, head->prev, head);
}

static inline void list_del_rcu(struct list_head *node)
{
	__list_del_entry(node);
	node->prev = LIST_POISON2;
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *node)
{
	node->next = old->next;
	node->prev = old->prev;
	smp_store_release(&node->prev->next, node); /* pairs with list_for_each_entry_rcu() */
	node->next->prev = node;
	old->prev = LIST_POISON2;
}

#define list_entry_rcu(ptr, type, member) container_of(READ_ONCE(ptr), type, member)
#define list_next_entry_rcu(pos, member) \
	list_entry_rcu((pos)->member.next, __typeof__(*(pos)), member)
#define list_for_each_entry_rcu(pos, head, member)                         \
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member); \
	     !list_entry_is_head(pos, head, member); pos = list_next_entry_rcu(pos, member))
#define list_for_each_entry_continue_rcu(pos, head, member)                                  \
	for (pos = list_next_entry_rcu(pos, member); !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry_rcu(pos, member))
#define list_first_or_null_rcu(head, type, member)                           \
	({                                                                   \
		struct list_head *_head = (head);                            \
		struct list_head *_first = READ_ONCE(_head->next);           \
		_first != _head ? container_of(_first, type, member) : NULL; \
	})

/* ---- hlist ---- */

#define HLIST_HEAD_INIT       \
	{                     \
		.first = NULL \
	}
#define HLIST_HEAD(name)     struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(ptr) ((ptr)->first = NULL)

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !READ_ONCE(node->pprev);
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline void __hlist_del(struct hlist_node *node)
{
	struct hlist_node *next = node->next;

	WRITE_ONCE(*node->pprev, next);
	if (next)
		WRITE_ONCE(next->pprev, node->pprev);
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_del(node);
	node->next = LIST_POISON1;
	node->pprev = LIST_POISON2;
}

/* Does nothing to a node that is on no list. */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (!hlist_unhashed(node)) {
		__hlist_del(node);
		INIT_HLIST_NODE(node);
	}
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = head->first;

	node->next = first;
	if (first)
		first->pprev = &node->next;
	WRITE_ONCE(head->first, node);
	node->pprev = &head->first;
}

static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
	node->pprev = next->pprev;
	node->next = next;
	next->pprev = &node->next;
	WRITE_ONCE(*node->pprev, node);
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *prev)
{
	node->next = prev->next;
	WRITE_ONCE(prev->next, node);
	node->pprev = &prev->next;
	if (node->next)
		node->next->pprev = &node->next;
}

/* Readers see the node from here on. */
static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = head->first;

	node->next = first;
	node->pprev = &head->first;
	smp_store_release(&head->first, node); /* pairs with hlist_for_each_entry_rcu() */
	if (first)
		first->pprev = &node->next;
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
	__hlist_del(node);
	WRITE_ONCE(node->pprev, LIST_POISON2);
}

/* As hlist_del_rcu(), but hlist_unhashed() is true afterwards. next stays for readers. */
static inline void hlist_del_init_rcu(struct hlist_node *node)
{
	if (!hlist_unhashed(node)) {
		__hlist_del(node);
		WRITE_ONCE(node->pprev, NULL);
	}
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member)                      \
	({                                                       \
		__typeof__(ptr) _hptr = (ptr);                   \
		_hptr ? hlist_entry(_hptr, type, member) : NULL; \
	})
#define hlist_for_each(pos, head) for (pos = (head)->first; pos; pos = pos->next)
#define hlist_for_each_entry(pos, head, member)                                      \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); pos; \
	     pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
/* @n is a struct hlist_node *; the body may delete @pos. */
#define hlist_for_each_entry_safe(pos, n, head, member)                         \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
	     pos && ({                                                          \
		     n = pos->member.next;                                      \
		     1;                                                         \
	     });                                                                \
	     pos = hlist_entry_safe(n, __typeof__(*(pos)), member))
#define __hlist_deref(ptr) ((struct hlist_node *)READ_ONCE(ptr))
#define hlist_for_each_entry_rcu(pos, head, member)                                             \
	for (pos = hlist_entry_safe(__hlist_deref((head)->first), __typeof__(*(pos)), member);  \
	     pos; pos = hlist_entry_safe(__hlist_deref((pos)->member.next), __typeof__(*(pos)), \
					 member))

#endif
