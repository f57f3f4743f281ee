/* SPDX-License-Identifier: MIT */
/*
 * Objects under KASAN. Behind each lies a red zone of at least 16 bytes; free objects are not
 * accessible. A freed object first waits in a queue, so that a use after free finds it poisoned
 * and not somebody else's. Objects of SLAB_TYPESAFE_BY_RCU caches may be read after they are freed
 * and are left alone.
 *
 * The queue is a ring of QUEUE_OBJECTS pointers: a free puts an object in and takes out the one
 * that waited longest. queue_lock, IRQs off, is a leaf.
 */
#include <arch/irqflags.h>
#include <kernel/spinlock.h>
#include <lib/compiler.h>
#include <mm/page.h>

#include "../slab.h"
#include "kasan.h"

#define REDZONE	      16u
#define QUEUE_OBJECTS 2048u

struct waiting {
	struct kmem_cache *cache;
	void *object;
};

static struct waiting queue[QUEUE_OBJECTS]; /* queue_lock */
static unsigned int queue_at; /* queue_lock */
static DEFINE_SPINLOCK(queue_lock);

unsigned int slab_debug_layout(struct kmem_cache *s, unsigned int size)
{
	s->flags |= SLAB_DEBUG_ON;
	return ALIGN(size, (unsigned int)KASAN_GRANULE) + REDZONE;
}

static bool exempt(const struct kmem_cache *s)
{
	return s->flags & SLAB_TYPESAFE_BY_RCU;
}

void slab_debug_new(struct kmem_cache *s, void *object)
{
	if (!exempt(s))
		kasan_poison(object, round_down(s->size, (unsigned int)KASAN_GRANULE),
			     KASAN_SLAB_FREE);
}

void slab_debug_alloc(struct kmem_cache *s, void *object)
{
	if (exempt(s))
		return;
	kasan_poison(object, round_down(s->size, (unsigned int)KASAN_GRANULE), KASAN_SLAB_REDZONE);
	kasan_unpoison(object, s->object_size);
}

void kasan_kmalloc(void *object, size_t size, size_t room)
{
	size_t used = ALIGN(size, KASAN_GRANULE);

	kasan_poison((char *)object + used, round_down(room, KASAN_GRANULE) - used,
		     KASAN_SLAB_REDZONE);
	kasan_unpoison(object, size);
}

static bool is_live(struct kmem_cache *s, void *object)
{
	struct page *page = virt_to_head_page(object);
	u8 shadow = *kasan_shadow(object);

	return PageSlab(page) && page->slab_cache == s &&
	       slab_object(s, page, slab_index(s, page, object)) == object &&
	       (exempt(s) || shadow < KASAN_GRANULE);
}

bool slab_debug_free(struct kmem_cache **cache, void **object)
{
	struct waiting out;
	unsigned long flags;

	if (!is_live(*cache, *object)) {
		kasan_report_free(*cache, *object, (unsigned long)__builtin_return_address(0));
		return false;
	}
	if (exempt(*cache))
		return true;
	slab_debug_new(*cache, *object);
	spin_lock_irqsave(&queue_lock, flags);
	out = queue[queue_at];
	queue[queue_at] = (struct waiting){*cache, *object};
	queue_at = (queue_at + 1) % QUEUE_OBJECTS;
	spin_unlock_irqrestore(&queue_lock, flags);
	*cache = out.cache;
	*object = out.object;
	return out.object;
}

void slab_debug_drain(void (*release)(struct kmem_cache *s, void *object))
{
	for (unsigned int i = 0; i < QUEUE_OBJECTS; i++) {
		struct waiting out;
		unsigned long flags;

		spin_lock_irqsave(&queue_lock, flags);
		out = queue[i];
		queue[i] = (struct waiting){NULL, NULL};
		spin_unlock_irqrestore(&queue_lock, flags);
		if (out.object)
			release(out.cache, out.object);
	}
}
