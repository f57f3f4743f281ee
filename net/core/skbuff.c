/* SPDX-License-Identifier: MIT */
/* Socket buffers, <net/skbuff.h>. */
#include <mm/slab.h>
#include <net/skbuff.h>

/* Up to here the bytes live in the buffer's own object; above they get one that is all theirs. */
#define SKB_INLINE_MAX (2048 - sizeof(struct sk_buff))

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	bool inside = size <= SKB_INLINE_MAX;
	struct sk_buff *skb = kmalloc(sizeof(*skb) + (inside ? size : 0), gfp);

	if (unlikely(!skb))
		return NULL;
	skb->head = skb->inline_data;
	if (unlikely(!inside)) {
		skb->head = gfp_may_sleep(gfp) ? kvmalloc(size, gfp) : kmalloc(size, gfp);
		if (!skb->head) {
			kfree(skb);
			return NULL;
		}
	}
	skb->sk = NULL;
	skb->destructor = NULL;
	skb->data = skb->head;
	skb->len = 0;
	skb->size = size;
	skb->truesize = sizeof(*skb) + size;
	return skb;
}

void kfree_skb(struct sk_buff *skb)
{
	if (unlikely(!skb))
		return;
	if (skb->destructor)
		skb->destructor(skb);
	if (unlikely(skb->head != skb->inline_data))
		kvfree(skb->head);
	kfree(skb);
}

void skb_queue_purge(struct sk_buff_head *q)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(q)))
		kfree_skb(skb);
}
