/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_SLAB_DEBUG: after each object comes a red zone of 8 bytes that says whether the object is
 * free or in use; free objects of caches without constructor and RCU readers are filled with a
 * pattern. A wrong red zone on free is an overflow or a double free, a spoilt pattern on allocation
 * a use after free. Each is reported once with the cache's name; the object is then left alone.
 */
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <lib/string.h>

#include "slab.h"

#define RED_FREE   0xbbbbbbbbbbbbbbbbul
#define RED_IN_USE 0xccccccccccccccccul
#define POISON	   0x6b

unsigned int slab_debug_layout(struct kmem_cache *s, unsigned int size)
{
	s->flags |= SLAB_DEBUG_ON;
	return ALIGN(size, 8u) + sizeof(unsigned long);
}

static unsigned long *red_zone(const struct kmem_cache *s, void *object)
{
	return (unsigned long *)((char *)object + ALIGN(s->object_size, 8u));
}

static bool poisoned(const struct kmem_cache *s)
{
	return !s->ctor && !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

static __cold void complain(const struct kmem_cache *s, const void *object, const char *what,
			    unsigned long found)
{
	pr_err("slab %s: object %p: %s (%#lx)\n", s->name, object, what, found);
	WARN_ON(true);
}

void slab_debug_new(struct kmem_cache *s, void *object)
{
	if (poisoned(s))
		memset(object, POISON, s->object_size);
	*red_zone(s, object) = RED_FREE;
}

void slab_debug_alloc(struct kmem_cache *s, void *object)
{
	const u8 *b = object;

	if (*red_zone(s, object) != RED_FREE)
		complain(s, object, "overwritten while it was free", *red_zone(s, object));
	for (unsigned int i = 0; poisoned(s) && i < s->object_size; i++) {
		if (b[i] != POISON) {
			complain(s, object, "written after it was freed", i);
			break;
		}
	}
	*red_zone(s, object) = RED_IN_USE;
}

bool slab_debug_free(struct kmem_cache **cache, void **objectp)
{
	struct kmem_cache *s = *cache;
	void *object = *objectp;
	struct page *page = virt_to_head_page(object);
	unsigned long red;

	if (!PageSlab(page) || page->slab_cache != s ||
	    slab_object(s, page, slab_index(s, page, object)) != object) {
		complain(s, object, "freed, but is not an object of this cache",
			 (unsigned long)page->flags);
		return false;
	}
	red = *red_zone(s, object);
	if (red != RED_IN_USE) {
		complain(s, object, red == RED_FREE ? "freed twice" : "written past its end", red);
		return false;
	}
	slab_debug_new(s, object);
	return true;
}
