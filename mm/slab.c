/* SPDX-License-Identifier: MIT */
/*
 * The object allocator; its rules are in <mm/slab.h>.
 *
 * A slab is a block of pages cut into slots. The slab's page counts the slots in use and heads a
 * list, by index, through the free ones; slots from ->fresh on have never been used and are in no
 * list, so a new slab costs nothing to set up. Slabs with free slots form the cache's partial list;
 * full ones are in no list and are found again from an object's address.
 *
 *   alloc: magazine of this CPU -> (empty) half a magazine from the depot -> (empty) from partial
 *          slabs -> (none) a new slab
 *   free:  magazine of this CPU -> (full) half of it goes to the depot -> (full) to the slabs;
 *          empty slabs beyond a few go back to the page allocator
 *
 * The depot is a magazine that the CPUs of a machine with several share: objects allocated on one
 * CPU and freed on another (what a pipe or a socket carries) go round through it by a copy of
 * pointers under its lock, and no slab is touched. A cache gets one when a CPU first has too much.
 *
 * Locks: a magazine is used with IRQs off; cache->depot_lock (IRQs off) guards the depot;
 * cache->lock (IRQs off) slabs; slab_mutex the list of caches. Order: slab_mutex >
 * cache->depot_lock > cache->lock > zone->lock.
 */
#include <lib/string.h>
#include <kernel/bug.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <arch/irqflags.h>
#include <mm/fault_inject.h>
#include <mm/kasan.h>
#include <mm/vmstat.h>

#include "internal.h"
#include "slab.h"

static struct magazine no_magazine; /* count and limit 0: both fast paths miss */
DEFINE_PER_CPU_ALIGNED(struct magazine *, magazines[NR_SLAB_CACHES]) = {
	[0 ... NR_SLAB_CACHES - 1] = &no_magazine,
};
static struct kmem_cache cache_of_caches;
LIST_HEAD(slab_caches);
DEFINE_MUTEX(slab_mutex);
static unsigned int nr_caches;
struct kmem_cache *kmalloc_caches[KMALLOC_NR_CACHES] __ro_after_init;

#define MAX_EMPTY_SLABS 2
#define DEPOT_BYTES	(64u << 10) /* of objects, in the depot of a cache */
#define DEPOT_MOST	32 /* magazines' worth of them */

/* ---- slabs: cache->lock held ---- */

static void partial_add(struct kmem_cache *s, struct page *page)
{
	page->slab_prev = 0;
	page->slab_next = s->partial;
	if (s->partial)
		pfn_to_page(s->partial)->slab_prev = page_to_pfn(page);
	s->partial = page_to_pfn(page);
}

static void partial_del(struct kmem_cache *s, struct page *page)
{
	if (page->slab_prev)
		pfn_to_page(page->slab_prev)->slab_next = page->slab_next;
	else
		s->partial = page->slab_next;
	if (page->slab_next)
		pfn_to_page(page->slab_next)->slab_prev = page->slab_prev;
}

/* A free object of the first partial slab; there is one. */
static void *slab_take(struct kmem_cache *s)
{
	struct page *page = pfn_to_page(s->partial);
	void *object;

	if (!page->inuse)
		s->nr_empty--;
	if (page->freelist != SLAB_END) {
		object = slab_object(s, page, page->freelist);
		page->freelist = *(u16 *)((char *)object + s->link_offset);
	} else {
		object = slab_object(s, page, page->fresh++);
	}
	if (++page->inuse == page->objects)
		partial_del(s, page);
	return object;
}

/*
 * Returns the slab if it is empty now and not worth keeping: unlinked, to be freed by the caller
 * after the lock is dropped.
 */
static struct page *slab_put(struct kmem_cache *s, void *object)
{
	struct page *page = virt_to_head_page(object);

	*(u16 *)((char *)object + s->link_offset) = page->freelist;
	page->freelist = slab_index(s, page, object);
	if (page->inuse-- == page->objects)
		partial_add(s, page);
	if (page->inuse)
		return NULL;
	if (s->nr_empty < MAX_EMPTY_SLABS) {
		s->nr_empty++;
		return NULL;
	}
	partial_del(s, page);
	s->nr_slabs--;
	return page;
}

/* ---- making and freeing slabs ---- */

static enum vmstat_item slab_stat(const struct kmem_cache *s)
{
	return (s->flags & SLAB_RECLAIM_ACCOUNT) ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE;
}

/* May sleep if @gfp says so. */
static struct page *slab_new(struct kmem_cache *s, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp & ~__GFP_ZERO, s->order);

	if (!page)
		return NULL;
	page_set(page, PG_slab);
	page->slab_cache = s;
	page->inuse = 0;
	page->fresh = 0;
	page->freelist = SLAB_END;
	page->objects = s->objects;
	mod_vmstat(slab_stat(s), 1 << s->order);
	if (!s->ctor && !slab_debugged(s))
		return page;
	for (unsigned int i = 0; i < s->objects; i++) {
		if (s->ctor)
			s->ctor(slab_object(s, page, i));
		slab_debug_new(s, slab_object(s, page, i));
	}
	return page;
}

static void slab_free_rcu(struct rcu_head *head)
{
	struct page *page = container_of(head, struct page, rcu);

	page_clear(page, PG_slab);
	put_page(page);
}

static void slab_destroy(struct kmem_cache *s, struct page *page)
{
	mod_vmstat(slab_stat(s), -(1l << s->order));
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		call_rcu(&page->rcu, slab_free_rcu);
	else
		slab_free_rcu(&page->rcu);
}

/* ---- magazines ---- */

static struct magazine **this_magazine(struct kmem_cache *s)
{
	return this_cpu_ptr(&magazines[s->id]);
}

static void *slab_alloc_direct(struct kmem_cache *s, gfp_t gfp);

/* An empty one; NULL: no memory. IRQs off. */
static struct magazine *magazine_alloc(unsigned int limit)
{
	size_t bytes = sizeof(struct magazine) + limit * sizeof(void *);
	struct magazine *mag;

	mag = slab_alloc_direct(kmalloc_caches[kmalloc_index(bytes)], GFP_NOWAIT | __GFP_NOWARN);
	if (!mag)
		return NULL;
	kasan_unpoison(mag, bytes);
	mag->count = 0;
	mag->limit = limit;
	return mag;
}

/* Gives this CPU a magazine for @s if it has none. IRQs off. */
static struct magazine *magazine_make(struct kmem_cache *s)
{
	struct magazine *mag = *this_magazine(s);

	if (mag != &no_magazine || !s->mag_limit)
		return mag;
	mag = magazine_alloc(s->mag_limit);
	if (!mag)
		return &no_magazine;
	*this_magazine(s) = mag;
	return mag;
}

/* Puts @n objects back into their slabs; IRQs off. */
static void slab_put_many(struct kmem_cache *s, void **objs, unsigned int n)
{
	struct page *dead = NULL, *page;

	spin_lock(&s->lock);
	while (n--) {
		page = slab_put(s, objs[n]);
		if (page) {
			page->slab_next = dead ? page_to_pfn(dead) : 0;
			dead = page;
		}
	}
	spin_unlock(&s->lock);
	while (dead) {
		page = dead;
		dead = page->slab_next ? pfn_to_page(page->slab_next) : NULL;
		slab_destroy(s, page);
	}
}

/* Up to @want free objects of partial slabs into @objs; returns how many. IRQs off. */
static unsigned int slab_take_many(struct kmem_cache *s, void **objs, unsigned int want)
{
	unsigned int n = 0;

	if (!READ_ONCE(s->partial))
		return 0;
	spin_lock(&s->lock);
	while (n < want && s->partial)
		objs[n++] = slab_take(s);
	spin_unlock(&s->lock);
	return n;
}

/* ---- the depot: IRQs off ---- */

/* Gives @s its depot. depot_lock held. NULL: no memory. */
static struct magazine *depot_make(struct kmem_cache *s)
{
	unsigned int limit = clamp(DEPOT_BYTES / s->size, 2u * s->mag_limit,
				   DEPOT_MOST * (unsigned int)s->mag_limit);

	if (!s->depot)
		smp_store_release(&s->depot, magazine_alloc(limit));
	return s->depot;
}

/* Half a magazine of objects for @mag, which is empty, or fewer. Returns how many. */
static unsigned int depot_take(struct kmem_cache *s, struct magazine *mag)
{
	struct magazine *depot = smp_load_acquire(&s->depot);
	unsigned int n;

	if (!depot || !READ_ONCE(depot->count))
		return 0;
	spin_lock(&s->depot_lock);
	n = min(depot->count, mag->limit / 2);
	depot->count -= n;
	memcpy(mag->objs, depot->objs + depot->count, n * sizeof(void *));
	spin_unlock(&s->depot_lock);
	return n;
}

/* False: there is no room for @n more. */
static bool depot_put(struct kmem_cache *s, void **objs, unsigned int n)
{
	struct magazine *depot = smp_load_acquire(&s->depot);
	bool room;

	if (num_online_cpus() == 1 || (depot && READ_ONCE(depot->count) + n > depot->limit))
		return false;
	spin_lock(&s->depot_lock);
	depot = depot_make(s);
	room = depot && depot->count + n <= depot->limit;
	if (room) {
		memcpy(depot->objs + depot->count, objs, n * sizeof(void *));
		depot->count += n;
	}
	spin_unlock(&s->depot_lock);
	return room;
}

/* Its objects go back to their slabs. */
static void depot_empty(struct kmem_cache *s)
{
	unsigned long flags;

	spin_lock_irqsave(&s->depot_lock, flags);
	if (s->depot) {
		slab_put_many(s, s->depot->objs, s->depot->count);
		s->depot->count = 0;
	}
	spin_unlock_irqrestore(&s->depot_lock, flags);
}

/* ---- allocating and freeing ---- */

/* As many of a new slab's objects as this CPU's magazine has room for; returns how many. */
static unsigned int magazine_fill(struct kmem_cache *s, struct page *page)
{
	struct magazine *mag = *this_magazine(s);
	unsigned int n = min((unsigned int)page->objects, mag->limit - mag->count);

	for (unsigned int i = n; i--;)
		mag->objs[mag->count++] = slab_object(s, page, i);
	page->fresh = n;
	page->inuse = n;
	return n;
}

/*
 * Adds a new slab to the cache, whose objects go to the magazine if @fill and to the partial list.
 * Called with IRQs off, returns so, but may turn them on meanwhile. False: no memory.
 */
static bool slab_grow(struct kmem_cache *s, gfp_t gfp, unsigned long flags, bool fill)
{
	struct page *page;
	unsigned int n;

	local_irq_restore(flags);
	page = slab_new(s, gfp);
	local_irq_disable();
	if (!page)
		return false;
	n = fill ? magazine_fill(s, page) : 0;
	spin_lock(&s->lock);
	if (n < page->objects)
		partial_add(s, page);
	if (!n)
		s->nr_empty++;
	s->nr_slabs++;
	spin_unlock(&s->lock);
	return true;
}

/* One object, not through a magazine. */
static void *slab_alloc_direct(struct kmem_cache *s, gfp_t gfp)
{
	unsigned long flags = local_irq_save_flags();
	void *object = NULL;

	while (!slab_take_many(s, &object, 1))
		if (!slab_grow(s, gfp, flags, false))
			break;
	local_irq_restore(flags);
	return object;
}

/* The magazine is empty. Called with IRQs off, restores them. */
static noinline void *alloc_slow(struct kmem_cache *s, gfp_t gfp, unsigned long flags)
{
	struct magazine *mag;
	void *object = NULL;

	for (;;) {
		/* Growing may have slept: look at the magazine of the CPU that is ours now. */
		mag = magazine_make(s);
		if (!mag->limit) {
			if (slab_take_many(s, &object, 1))
				break;
		} else {
			if (!mag->count)
				mag->count = depot_take(s, mag);
			if (!mag->count)
				mag->count = slab_take_many(s, mag->objs, mag->limit / 2);
			if (mag->count) {
				object = mag->objs[--mag->count];
				break;
			}
		}
		if (!slab_grow(s, gfp, flags, true))
			break;
	}
	local_irq_restore(flags);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	struct magazine *mag;
	unsigned long flags;
	void *object;

	if (should_failslab(gfp))
		return NULL;
	flags = local_irq_save_flags();
	mag = *this_magazine(s);
	if (likely(mag->count)) {
		object = mag->objs[--mag->count];
		local_irq_restore(flags);
	} else {
		object = alloc_slow(s, gfp, flags);
		if (unlikely(!object))
			return NULL;
	}
	if (slab_debugged(s))
		slab_debug_alloc(s, object);
	if (gfp & __GFP_ZERO)
		memset(object, 0, s->object_size);
	return object;
}

/* The magazine is full. IRQs off. */
static noinline void free_slow(struct kmem_cache *s, void *object)
{
	struct magazine *mag = magazine_make(s);
	unsigned int half = mag->limit / 2;

	if (!mag->limit) {
		slab_put_many(s, &object, 1);
		return;
	}
	if (mag->count == mag->limit) {
		/* The oldest go, the newest, which are in the CPU's cache, stay. */
		if (!depot_put(s, mag->objs, half))
			slab_put_many(s, mag->objs, half);
		memmove(mag->objs, mag->objs + half, half * sizeof(void *));
		mag->count = half;
	}
	mag->objs[mag->count++] = object;
}

static __always_inline void free_to_magazine(struct kmem_cache *s, void *object)
{
	unsigned long flags = local_irq_save_flags();
	struct magazine *mag = *this_magazine(s);

	if (likely(mag->count < mag->limit))
		mag->objs[mag->count++] = object;
	else
		free_slow(s, object);
	local_irq_restore(flags);
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	if (unlikely(!object))
		return;
	if (slab_debugged(s) && !slab_debug_free(&s, &object))
		return;
	free_to_magazine(s, object);
}

static void free_waiting(struct kmem_cache *s, void *object)
{
	free_to_magazine(s, object);
}

static void flush_magazine(void *arg)
{
	unsigned long flags = local_irq_save_flags();
	struct kmem_cache *s = arg;
	struct magazine *mag = *this_magazine(s);

	slab_put_many(s, mag->objs, mag->count);
	mag->count = 0;
	local_irq_restore(flags);
}

/* ---- caches ---- */

/*
 * The smallest order that wastes at most an eighth; else the one that wastes least of those that
 * hold an object.
 */
static unsigned int choose_order(unsigned int size)
{
	unsigned int order = get_order(size);

	for (; order < 3; order++)
		if (((PAGE_SIZE << order) % size) * 8 <= PAGE_SIZE << order)
			break;
	return order;
}

static unsigned int choose_magazine(unsigned int size, slab_flags_t flags)
{
	if (flags & SLAB_NO_MAGAZINE)
		return 0;
	/* Even: they are filled and emptied by halves. */
	return size <= 256 ? 30 : size <= 512 ? 14 : size <= 2048 ? 6 : 2;
}

/*
 * A link inside the object would spoil what a constructor or a reader under RCU expects to find
 * there.
 */
static bool link_outside(const struct kmem_cache *s)
{
	return s->ctor || (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_DEBUG_ON));
}

static void cache_init(struct kmem_cache *s, const char *name, unsigned int size,
		       unsigned int align, slab_flags_t flags, void (*ctor)(void *))
{
	align = max3(align, (flags & SLAB_HWCACHE_ALIGN) && size > CACHE_LINE / 2 ? CACHE_LINE : 0u,
		     size >= 8 || IS_ENABLED(CONFIG_KASAN) ? 8u : 2u);
	s->name = name;
	s->object_size = size;
	s->flags = flags;
	s->ctor = ctor;
	s->usersize = size;
	s->size = slab_debug_layout(s, size);
	if (link_outside(s)) {
		s->link_offset = ALIGN(s->size, 2u);
		s->size = s->link_offset + sizeof(u16);
	}
	s->size = ALIGN(max(s->size, 2u), align);
	s->order = choose_order(s->size);
	s->objects = min((unsigned int)((PAGE_SIZE << s->order) / s->size), SLAB_END - 1);
	s->reciprocal = ((1ull << 32) + s->size - 1) / s->size;
	spin_lock_init(&s->lock);
	spin_lock_init(&s->depot_lock);
	s->mag_limit = nr_caches < NR_SLAB_CACHES ? choose_magazine(s->size, flags) : 0;
	s->id = min(nr_caches, NR_SLAB_CACHES - 1u);
	/* The last number is shared by all that came too late: it never gets a magazine. */
	if (s->id == NR_SLAB_CACHES - 1)
		s->mag_limit = 0;
	nr_caches++;
	list_add_tail(&s->list, &slab_caches);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *))
{
	struct kmem_cache *s = NULL;

	if (!WARN_ON(!size || size > KMALLOC_MAX_CACHE_SIZE * 4 || align > PAGE_SIZE))
		s = kmem_cache_zalloc(&cache_of_caches, GFP_KERNEL);
	if (!s) {
		if (flags & SLAB_PANIC)
			panic("no memory for the %s cache; give the machine more", name);
		return NULL;
	}
	mutex_lock(&slab_mutex);
	cache_init(s, name, size, align, flags, ctor);
	mutex_unlock(&slab_mutex);
	s->useroffset = useroffset;
	s->usersize = usersize;
	return s;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	return kmem_cache_create_usercopy(name, size, align, flags, 0, size, ctor);
}

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return s->object_size;
}

/* Frees the slabs that have no object in use. */
static unsigned long free_empty_slabs(struct kmem_cache *s)
{
	struct page *page, *dead = NULL;
	unsigned long flags, n = 0;
	u32 pfn, next;

	spin_lock_irqsave(&s->lock, flags);
	for (pfn = s->partial; pfn; pfn = next) {
		page = pfn_to_page(pfn);
		next = page->slab_next;
		if (page->inuse)
			continue;
		partial_del(s, page);
		s->nr_slabs--;
		s->nr_empty--;
		page->slab_next = dead ? page_to_pfn(dead) : 0;
		dead = page;
	}
	spin_unlock_irqrestore(&s->lock, flags);
	for (; dead; dead = next ? pfn_to_page(next) : NULL, n++) {
		next = dead->slab_next;
		slab_destroy(s, dead);
	}
	return n << s->order;
}

unsigned long kmem_cache_shrink(struct kmem_cache *s)
{
	slab_debug_drain(free_waiting);
	on_each_cpu(flush_magazine, s, true);
	depot_empty(s);
	return free_empty_slabs(s);
}

/* Who asked holds slab_mutex. */
static void flush_magazines(void *unused)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		flush_magazine(s);
}

unsigned long slab_shrink_all(void)
{
	struct kmem_cache *s;
	unsigned long n = 0;

	if (!__cond_lock(&slab_mutex, mutex_trylock(&slab_mutex)))
		return 0;
	slab_debug_drain(free_waiting);
	on_each_cpu(flush_magazines, NULL, true);
	list_for_each_entry(s, &slab_caches, list) {
		depot_empty(s);
		n += free_empty_slabs(s);
	}
	mutex_unlock(&slab_mutex);
	return n;
}

/*
 * The cache's number and the memory of the magazines and the depot stay: numbers are few and caches
 * are rarely destroyed.
 */
void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	kmem_cache_shrink(s);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	if (WARN_ON(s->nr_slabs)) {
		pr_err("slab %s: destroyed with objects in use\n", s->name);
		return;
	}
	mutex_lock(&slab_mutex);
	list_del(&s->list);
	mutex_unlock(&slab_mutex);
	kmem_cache_free(&cache_of_caches, s);
}

/* ---- kmalloc ---- */

void *kmalloc_large(size_t size, gfp_t gfp)
{
	struct page *page;

	if (unlikely(size > KMALLOC_MAX_SIZE))
		return NULL;
	page = alloc_pages(gfp, get_order(size));
	if (!page)
		return NULL;
	mod_vmstat(NR_SLAB_UNRECLAIMABLE, 1l << page_order(page));
	kasan_kmalloc(page_address(page), size, PAGE_SIZE << page_order(page));
	return page_address(page);
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *s;
	void *object;

	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	s = kmalloc_caches[kmalloc_index(size)];
	object = kmem_cache_alloc(s, gfp);
	if (IS_ENABLED(CONFIG_KASAN) && object)
		kasan_kmalloc(object, size, s->size);
	return object;
}

void kfree(const void *object)
{
	struct page *page;

	if (unlikely((unsigned long)object <= (unsigned long)ZERO_SIZE_PTR))
		return;
	page = virt_to_head_page(object);
	if (likely(PageSlab(page))) {
		kmem_cache_free(page->slab_cache, (void *)object);
		return;
	}
	if (WARN_ON(!page_count(page) || object != page_address(page)))
		return;
	mod_vmstat(NR_SLAB_UNRECLAIMABLE, -(1l << page_order(page)));
	put_page(page);
}

size_t ksize(const void *object)
{
	struct page *page;
	size_t size;

	if ((unsigned long)object <= (unsigned long)ZERO_SIZE_PTR)
		return 0;
	page = virt_to_head_page(object);
	size = PageSlab(page) ? page->slab_cache->object_size : PAGE_SIZE << page_order(page);
	kasan_unpoison(object, size); /* who asks may use it all */
	return size;
}

/* The object that @p is inside of. */
static void *object_of(void *p)
{
	struct page *page = virt_to_head_page(p);

	if (!PageSlab(page))
		return page_address(page);
	return slab_object(page->slab_cache, page, slab_index(page->slab_cache, page, p));
}

static void kfree_rcu_now(struct rcu_head *head)
{
	kfree(object_of(head));
}

void kfree_call_rcu(struct rcu_head *head, void *object)
{
	call_rcu(head, kfree_rcu_now);
}

/* ---- start ---- */

bool slab_is_available(void)
{
	return kmalloc_caches[0] != NULL;
}

void __init kmem_cache_init(void)
{
	static const char *const names[KMALLOC_NR_CACHES] = {
		"kmalloc-8",   "kmalloc-16",  "kmalloc-32",  "kmalloc-64",  "kmalloc-96",
		"kmalloc-128", "kmalloc-192", "kmalloc-256", "kmalloc-512", "kmalloc-1k",
		"kmalloc-2k",  "kmalloc-4k",  "kmalloc-8k",
	};
	static const u16 sizes[KMALLOC_NR_CACHES] = {8,	  16,  32,   64,   96,	 128, 192,
						     256, 512, 1024, 2048, 4096, 8192};

	cache_init(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), CACHE_LINE,
		   SLAB_NO_MAGAZINE, NULL);
	for (unsigned int i = 0; i < KMALLOC_NR_CACHES; i++) {
		unsigned int align = sizes[i] & -sizes[i];

		kmalloc_caches[i] = kmem_cache_create(
			names[i], sizes[i], min(align, (unsigned int)PAGE_SIZE), SLAB_PANIC, NULL);
	}
}
