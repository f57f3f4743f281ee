/* SPDX-License-Identifier: MIT */
/*
 * Socket buffers: a run of bytes on its way through a queue, with whom it is charged to.
 *
 *   head <= data <= data + len <= head + size: [headroom][data][tailroom]
 *
 * A buffer belongs to one holder at a time (who made it, a queue, who took it off), so its fields
 * need no lock; next and prev are the queue's. kfree_skb() calls ->destructor, which gives back
 * what the buffer holds and is charged for. Small ones are a single object with their bytes
 * inside.
 */
#ifndef NET_SKBUFF_H
#define NET_SKBUFF_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/list.h>
#include <kernel/bug.h>
#include <kernel/spinlock.h>
#include <mm/gfp.h>

struct sock;
struct sk_buff;

struct sk_buff {
	struct list_head list; /* queue lock */
	struct sock *sk; /* charged for truesize; meaning is the destructor's */
	void (*destructor)(struct sk_buff *skb);
	unsigned char *head, *data;
	unsigned int len; /* bytes at data */
	unsigned int size; /* bytes at head */
	unsigned int truesize; /* memory it takes, for accounting */
	char cb[48] __aligned(8); /* the protocol's own, while it holds the buffer */
	unsigned char inline_data[];
};

/* qlen may be read without the lock. */
struct sk_buff_head {
	struct list_head list; /* lock */
	unsigned int qlen; /* lock */
	spinlock_t lock;
};

/* Room for @size bytes, none used; NULL: no memory. */
struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
/* Runs the destructor. Any context that the destructor bears; NULL is ignored. */
void kfree_skb(struct sk_buff *skb);

static inline unsigned int skb_headroom(const struct sk_buff *skb)
{
	return skb->data - skb->head;
}

static inline unsigned int skb_tailroom(const struct sk_buff *skb)
{
	return skb->head + skb->size - (skb->data + skb->len);
}

/* Makes headroom in an empty buffer. */
static inline void skb_reserve(struct sk_buff *skb, unsigned int n)
{
	BUG_ON(skb->len || n > skb_tailroom(skb));
	skb->data += n;
}

/* Takes @n more bytes at the end (front): where they begin. The room must be there. */
static inline void *skb_put(struct sk_buff *skb, unsigned int n)
{
	unsigned char *p = skb->data + skb->len;

	BUG_ON(n > skb_tailroom(skb));
	skb->len += n;
	return p;
}

static inline void *skb_push(struct sk_buff *skb, unsigned int n)
{
	BUG_ON(n > skb_headroom(skb));
	skb->data -= n;
	skb->len += n;
	return skb->data;
}

/* Drops @n bytes from the front; NULL when there are fewer. */
static inline void *skb_pull(struct sk_buff *skb, unsigned int n)
{
	if (unlikely(n > skb->len))
		return NULL;
	skb->len -= n;
	return skb->data += n;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static inline void __skb_queue_head_init(struct sk_buff_head *q)
{
	INIT_LIST_HEAD(&q->list);
	q->qlen = 0;
}

#define skb_queue_head_init(q)              \
	do {                                \
		spin_lock_init(&(q)->lock); \
		__skb_queue_head_init(q);   \
	} while (0)

static inline unsigned int skb_queue_len(const struct sk_buff_head *q)
{
	return READ_ONCE(q->qlen);
}

/* Also without the lock: pairs with the release in __skb_queue_tail(). */
static inline struct sk_buff *skb_peek(const struct sk_buff_head *q)
{
	struct list_head *first = smp_load_acquire(&q->list.next);

	return first == &q->list ? NULL : container_of(first, struct sk_buff, list);
}

static inline bool skb_queue_empty(const struct sk_buff_head *q)
{
	return READ_ONCE(q->list.next) == &q->list;
}

/* The __ forms want q->lock held or a queue that nobody else sees. */
static inline void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	struct list_head *last = q->list.prev;

	skb->list.next = &q->list;
	skb->list.prev = last;
	q->list.prev = &skb->list;
	smp_store_release(&last->next, &skb->list);
	WRITE_ONCE(q->qlen, q->qlen + 1);
}

static inline void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *q)
{
	list_del(&skb->list);
	WRITE_ONCE(q->qlen, q->qlen - 1);
}

static inline struct sk_buff *__skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb = skb_peek(q);

	if (skb)
		__skb_unlink(skb, q);
	return skb;
}

static inline void skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	spin_lock(&q->lock);
	__skb_queue_tail(q, skb);
	spin_unlock(&q->lock);
}

static inline void skb_unlink(struct sk_buff *skb, struct sk_buff_head *q)
{
	spin_lock(&q->lock);
	__skb_unlink(skb, q);
	spin_unlock(&q->lock);
}

static inline struct sk_buff *skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb;

	if (skb_queue_empty(q))
		return NULL;
	spin_lock(&q->lock);
	skb = __skb_dequeue(q);
	spin_unlock(&q->lock);
	return skb;
}

/* Frees all, outside the lock. */
void skb_queue_purge(struct sk_buff_head *q);

#define skb_queue_walk(q, skb) list_for_each_entry(skb, &(q)->list, list)

#endif
