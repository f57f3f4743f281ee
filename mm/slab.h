/* SPDX-License-Identifier: MIT */
/* Private to the slab files. */
#ifndef MM_SLAB_PRIVATE_H
#define MM_SLAB_PRIVATE_H

#include <lib/list.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/spinlock.h>
#include <mm/page.h>
#include <mm/slab.h>

#define SLAB_END       0xffffu
#define SLAB_DEBUG_ON  ((__force slab_flags_t)0x1000u)
#define ZERO_SIZE_PTR  ((void *)16)
#define NR_SLAB_CACHES 96 /* caches with magazines */

/* Free objects of one cache: of one CPU, used with its IRQs off, or of the depot. */
struct magazine {
	unsigned int count, limit;
	void *objs[];
};

struct kmem_cache {
	unsigned int id; /* index of this_cpu magazines */
	unsigned int object_size; /* what the user sees */
	slab_flags_t flags;
	unsigned int size; /* a slot: object, red zone, link, padding */
	u32 reciprocal; /* 2^32 / size, rounded up */
	u16 link_offset; /* in a free slot: u16 index of the next free one */
	u16 objects; /* slots of a slab */
	u8 order;
	u8 mag_limit;
	u16 useroffset, usersize;
	spinlock_t lock;
	u32 partial; /* lock: frame of the first slab with free objects; 0: none */
	unsigned int nr_empty; /* lock: of those, without any object in use */
	unsigned long nr_slabs; /* lock */
	spinlock_t depot_lock;
	struct magazine *depot; /* depot_lock; set once; NULL: none */
	void (*ctor)(void *object);
	const char *name;
	struct list_head list; /* slab_mutex */
};

extern struct list_head slab_caches; /* slab_mutex */
extern struct mutex slab_mutex;
DECLARE_PER_CPU(struct magazine *, magazines[NR_SLAB_CACHES]);

static inline void *slab_object(const struct kmem_cache *s, struct page *page, unsigned int idx)
{
	return (char *)page_address(page) + (size_t)idx * s->size;
}

/* Index of the slot that the byte at @p is in. */
static inline unsigned int slab_index(const struct kmem_cache *s, struct page *page, const void *p)
{
	u64 off = (const char *)p - (const char *)page_address(page);

	return (off * s->reciprocal) >> 32;
}

#if IS_ENABLED(CONFIG_SLAB_DEBUG) || IS_ENABLED(CONFIG_KASAN)
void slab_debug_alloc(struct kmem_cache *s, void *object);
/* False: free nothing. Else what is to be freed, which may be another object than was given. */
bool slab_debug_free(struct kmem_cache **s, void **object);
void slab_debug_new(struct kmem_cache *s, void *object);
/* Room for the red zone, and the flag. */
unsigned int slab_debug_layout(struct kmem_cache *s, unsigned int size);
#define slab_debugged(s) ((s)->flags & SLAB_DEBUG_ON)
#else
static inline void slab_debug_alloc(struct kmem_cache *s, void *object)
{
}
static inline bool slab_debug_free(struct kmem_cache **s, void **object)
{
	return true;
}
static inline void slab_debug_new(struct kmem_cache *s, void *object)
{
}
static inline unsigned int slab_debug_layout(struct kmem_cache *s, unsigned int size)
{
	return size;
}
#define slab_debugged(s) false
#endif

#if IS_ENABLED(CONFIG_KASAN)
/* Of the @room bytes at @object, @size were asked for. */
void kasan_kmalloc(void *object, size_t size, size_t room);
/* Frees for good what waits: calls release() for each. */
void slab_debug_drain(void (*release)(struct kmem_cache *s, void *object));
#else
static inline void kasan_kmalloc(void *object, size_t size, size_t room)
{
}
static inline void slab_debug_drain(void (*release)(struct kmem_cache *s, void *object))
{
}
#endif

#endif
