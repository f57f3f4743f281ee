/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: per-CPU lists of single pages over a buddy system per zone.
 *
 *   alloc_pages(order 0) -> this CPU's list -> (empty) a batch from a zone's buddy lists -> (empty)
 *   a fresh block
 *
 * Fresh memory: RAM that nobody has used since boot is kept as a few frame ranges per zone. Only
 * when the buddy lists cannot serve is the next block of 4 MiB taken from there and its struct
 * pages initialised, so boot does not pay for memory it does not touch. Initialising covers the
 * whole block: buddies never look outside it.
 *
 * Locks: zone->lock (IRQs off) guards the lists, counts and fresh ranges of a zone and the buddy
 * fields of its free pages. The per-CPU list is used with IRQs off. Order: nothing is taken inside
 * zone->lock.
 */
#include <lib/bitmap.h>
#include <lib/list.h>
#include <lib/string.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <arch/irqflags.h>
#include <mm/fault_inject.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "internal.h"
#include "page_debug.h"

#define FRESH_RANGES 160
#define DMA32_PFN    (1ul << (32 - PAGE_SHIFT))

struct pfn_range {
	unsigned long start, end;
};

struct zone {
	spinlock_t lock;
	unsigned int free_orders; /* bit n: free[n] is not empty */
	struct list_head free[MAX_ORDER + 1];
	unsigned long nr_free; /* fresh ones included, per-CPU lists not */
	unsigned long managed;
	unsigned long wmark_min, wmark_low;
	unsigned int nr_fresh;
	struct pfn_range fresh[FRESH_RANGES];
};

struct page_pcp {
	struct page *list;
	int count;
};

enum { ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

static struct zone zones[NR_ZONES];
static DEFINE_PER_CPU_ALIGNED(struct page_pcp, page_pcp);
static int pcp_batch __read_mostly = 1;
static unsigned long *block_ready; /* bit: struct pages of the block are valid */
unsigned long max_pfn __ro_after_init;
unsigned long totalram_pages;

/* ---- struct pages ---- */

bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn && test_bit(pfn >> BLOCK_ORDER, block_ready);
}

bool virt_addr_valid(const void *virt)
{
	unsigned long pa = (unsigned long)virt - PAGE_OFFSET;

	return (unsigned long)virt >= PAGE_OFFSET && pfn_valid(PFN_DOWN(pa));
}

/*
 * Everything of the block is reserved until it is freed, but for [start, end), which the caller
 * frees now.
 */
static void block_init(unsigned long start, unsigned long end)
{
	unsigned long first = round_down(start, BLOCK_PAGES);

	memset(pfn_to_page(first), 0, BLOCK_PAGES * sizeof(struct page));
	for (unsigned long pfn = first; pfn < first + BLOCK_PAGES; pfn++) {
		if (pfn == start && end > start)
			pfn = end;
		if (pfn == first + BLOCK_PAGES)
			break;
		pfn_to_page(pfn)->flags = 1u << PG_reserved;
		atomic_set(&pfn_to_page(pfn)->_refcount, 1);
	}
	set_bit(first >> BLOCK_ORDER, block_ready);
}

void page_alloc_init_reserved(unsigned long start_pfn, unsigned long end_pfn)
{
	for (unsigned long pfn = round_down(start_pfn, BLOCK_PAGES); pfn < end_pfn;
	     pfn += BLOCK_PAGES)
		if (!pfn_valid(pfn))
			block_init(pfn, pfn);
}

/* ---- buddy ---- */

static inline struct zone *page_zone(unsigned long pfn)
{
	return &zones[pfn >= DMA32_PFN];
}

static inline void buddy_add(struct zone *zone, struct page *page, unsigned int order)
{
	atomic_store_explicit(&page->flags, 1u << PG_buddy | order << PG_ORDER_SHIFT,
			      memory_order_relaxed);
	list_add(&page->lru, &zone->free[order]);
	zone->free_orders |= 1u << order;
}

static inline void buddy_del(struct zone *zone, struct page *page, unsigned int order)
{
	list_del(&page->lru);
	atomic_store_explicit(&page->flags, 0, memory_order_relaxed);
	if (list_empty(&zone->free[order]))
		zone->free_orders &= ~(1u << order);
}

static inline bool is_free_buddy(struct page *page, unsigned int order)
{
	return atomic_load_explicit(&page->flags, memory_order_relaxed) ==
	       (1u << PG_buddy | order << PG_ORDER_SHIFT);
}

/* zone->lock held. Refcounts of the pages are 0. */
static void buddy_free(struct zone *zone, unsigned long pfn, unsigned int order)
{
	zone->nr_free += 1ul << order;
	while (order < MAX_ORDER) {
		unsigned long buddy = pfn ^ (1ul << order);

		if (!is_free_buddy(pfn_to_page(buddy), order))
			break;
		buddy_del(zone, pfn_to_page(buddy), order);
		pfn &= ~(1ul << order);
		order++;
	}
	buddy_add(zone, pfn_to_page(pfn), order);
}

/*
 * Frees [start, end) of one block in the largest aligned pieces. zone->lock held; struct pages
 * zeroed but maybe reserved.
 */
static void buddy_free_range(struct zone *zone, unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order =
			min_t(unsigned int, start ? __ffs(start) : MAX_ORDER, MAX_ORDER);

		while (start + (1ul << order) > end)
			order--;
		kasan_free_pages(pfn_to_page(start), order);
		buddy_free(zone, start, order);
		start += 1ul << order;
	}
}

/*
 * Moves the highest fresh block of @zone to its buddy lists. zone->lock held. False: nothing fresh
 * is left.
 */
static bool buddy_add_fresh(struct zone *zone)
{
	unsigned long start, end;
	struct pfn_range *r;

	if (!zone->nr_fresh)
		return false;
	r = &zone->fresh[zone->nr_fresh - 1];
	end = r->end;
	start = max(r->start, round_down(end - 1, BLOCK_PAGES));
	r->end = start;
	if (r->start == r->end)
		zone->nr_fresh--;
	if (!pfn_valid(start))
		block_init(start, end);
	else
		memset(pfn_to_page(start), 0, (end - start) * sizeof(struct page));
	zone->nr_free -= end - start;
	buddy_free_range(zone, start, end);
	return true;
}

/* 2^order pages of @zone, flags and refcount 0; NULL. zone->lock held. */
static struct page *buddy_alloc(struct zone *zone, unsigned int order)
{
	unsigned int from, orders;
	struct page *page;

	while (!(orders = zone->free_orders & (~0u << order)))
		if (!buddy_add_fresh(zone))
			return NULL;
	from = __builtin_ctz(orders);
	page = list_first_entry(&zone->free[from], struct page, lru);
	buddy_del(zone, page, from);
	while (from > order) {
		from--;
		buddy_add(zone, page + (1ul << from), from);
	}
	zone->nr_free -= 1ul << order;
	return page;
}

/* ---- zones and watermarks ---- */

/* How far down an allocation may go. */
static unsigned long wmark(const struct zone *zone, gfp_t gfp)
{
	if (unlikely(current->flags & PF_MEMALLOC) || unlikely(test_thread_flag(TIF_MEMDIE)))
		return 0;
	if (gfp & __GFP_HIGH)
		return zone->wmark_min / 2;
	return zone->wmark_min;
}

static struct page *zone_alloc(struct zone *zone, gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (zone->nr_free >= wmark(zone, gfp) + (1ul << order))
		page = buddy_alloc(zone, order);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

/* One page for the caller and a batch for this CPU's list. */
static struct page *zone_refill(struct zone *zone, gfp_t gfp)
{
	struct page *page, *first = NULL;
	struct page_pcp *pcp;
	unsigned long flags, low = wmark(zone, gfp);

	spin_lock_irqsave(&zone->lock, flags);
	pcp = this_cpu_ptr(&page_pcp);
	for (int i = 0; i < pcp_batch && zone->nr_free > low; i++) {
		page = buddy_alloc(zone, 0);
		if (!page)
			break;
		if (!first) {
			first = page;
			continue;
		}
		page->next = pcp->list;
		pcp->list = page;
		pcp->count++;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return first;
}

static struct page *zones_alloc(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;

	for (int z = (gfp & __GFP_DMA32) ? ZONE_DMA32 : ZONE_NORMAL; z >= 0 && !page; z--) {
		if (!zones[z].managed)
			continue;
		if (order == 0 && !(gfp & __GFP_DMA32))
			page = zone_refill(&zones[z], gfp);
		else
			page = zone_alloc(&zones[z], gfp, order);
	}
	return page;
}

bool memory_is_low(void)
{
	unsigned long free = 0, low = 0;

	for (int z = 0; z < NR_ZONES; z++) {
		free += READ_ONCE(zones[z].nr_free);
		low += zones[z].wmark_low;
	}
	return free < low;
}

/* ---- the slow path ---- */

static void __cold warn_alloc(gfp_t gfp, unsigned int order)
{
	if (!(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("%s: out of memory: order %u, gfp %#x, %lu pages free\n",
				    current->comm, order, (__force unsigned int)gfp,
				    nr_free_pages());
}

/* Reclaim brought nothing. True: a task was killed or is dying, try again. */
static bool try_oom(gfp_t gfp, unsigned int order)
{
	if ((gfp & __GFP_NORETRY) || order > 3)
		return false;
	if (fatal_signal_pending(current) && !(gfp & __GFP_NOFAIL))
		return false;
	if (!(gfp & __GFP_FS) && !(gfp & __GFP_NOFAIL))
		return false;
	if (!out_of_memory(gfp, order))
		return gfp & __GFP_NOFAIL;
	oom_wait();
	return true;
}

static noinline struct page *alloc_reclaim(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;
	unsigned int barren = 0;

	if (!(gfp & __GFP_WAIT) || (current->flags & PF_MEMALLOC) || system_state == SYSTEM_BOOTING)
		goto fail;
	might_sleep();
	if (current->flags & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	for (;;) {
		unsigned long freed;

		current->flags |= PF_MEMALLOC;
		freed = reclaim_pages(gfp, max(32ul, 2ul << order));
		current->flags &= ~PF_MEMALLOC;
		if (!freed || order)
			drain_all_pages();
		page = zones_alloc(gfp, order);
		if (page)
			return page;
		barren = freed ? barren + (order > 0) : barren + 4;
		if (barren < 16)
			continue;
		barren = 0;
		if (!try_oom(gfp, order))
			break;
	}
fail:
	warn_alloc(gfp, order);
	return NULL;
}

static noinline struct page *alloc_slow(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (WARN_ON_ONCE(order > MAX_ORDER))
		return NULL;
	page = zones_alloc(gfp, order);
	return page ? page : alloc_reclaim(gfp, order);
}

/* ---- allocation ---- */

static __always_inline struct page *pcp_alloc(void)
{
	unsigned long flags = local_irq_save_flags();
	struct page_pcp *pcp = this_cpu_ptr(&page_pcp);
	struct page *page = pcp->list;

	if (likely(page)) {
		pcp->list = page->next;
		pcp->count--;
	}
	local_irq_restore(flags);
	return page;
}

static __always_inline void prep_tails(struct page *head, unsigned int order, u32 tail_flags)
{
	for (unsigned long i = 1; i < 1ul << order; i++) {
		struct page *tail = head + i;

		atomic_store_explicit(&tail->flags, tail_flags, memory_order_relaxed);
		atomic_store_explicit(&tail->_refcount, 0, memory_order_relaxed);
		tail->head = head;
	}
}

static void prep_compound(struct page *head, unsigned int order)
{
	prep_tails(head, order, 1u << PG_tail);
	head->flags = 1u << PG_head | order << PG_ORDER_SHIFT;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;

	if (should_fail_alloc_page(gfp))
		return NULL;
	if (likely(order == 0 && !(gfp & __GFP_DMA32)))
		page = pcp_alloc();
	if (unlikely(!page)) {
		page = alloc_slow(gfp, order);
		if (unlikely(!page))
			return NULL;
	}
	kasan_alloc_pages(page, order);
	page_debug_alloc(page, order);
	atomic_store_explicit(&page->flags, 0, memory_order_relaxed);
	page->private = 0;
	page->mapping = NULL;
	atomic_store_explicit(&page->_refcount, 1, memory_order_release);
	if (order)
		prep_compound(page, order);
	if (gfp & __GFP_ZERO)
		for (unsigned long i = 0; i < 1ul << order; i++)
			clear_page(page_address(page + i));
	return page;
}

struct page *alloc_huge_anon(void)
{
	struct page *page = zones_alloc(GFP_NOWAIT, HPAGE_ORDER);

	if (!page)
		return NULL;
	kasan_alloc_pages(page, HPAGE_ORDER);
	page_debug_alloc(page, HPAGE_ORDER);
	page->private = 0;
	page->mapping = NULL;
	prep_tails(page, HPAGE_ORDER, 1u << PG_tail | 1u << PG_anon);
	page->flags = 1u << PG_head | 1u << PG_anon | HPAGE_ORDER << PG_ORDER_SHIFT;
	mod_vmstat(NR_ANON_PAGES, HPAGE_PAGES);
	atomic_store_explicit(&page->_refcount, 1, memory_order_release);
	return page;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}

/* ---- freeing ---- */

#define PAGE_FLAGS_IN_USE                                                                       \
	(1u << PG_locked | 1u << PG_buddy | 1u << PG_slab | 1u << PG_tail | 1u << PG_reserved | \
	 1u << PG_writeback | 1u << PG_table | 1u << PG_cache | 1u << PG_swapcache)

static noinline __cold void bad_page(struct page *page)
{
	pr_err("bad page: frame %#lx flags %#x count %d mapping %p\n", page_to_pfn(page),
	       page->flags, page_count(page), page->mapping);
	WARN_ON(true);
}

static void free_to_zone(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), flags;
	struct zone *zone = page_zone(pfn);

	spin_lock_irqsave(&zone->lock, flags);
	buddy_free(zone, pfn, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * Gives pages from the front of the list back while they are @zone's; returns how many. IRQs off.
 */
static int pcp_drain_zone(struct page_pcp *pcp, struct zone *zone, int n)
{
	int done = 0;

	spin_lock(&zone->lock);
	while (done < n && pcp->list && page_zone(page_to_pfn(pcp->list)) == zone) {
		struct page *page = pcp->list;

		pcp->list = page->next;
		buddy_free(zone, page_to_pfn(page), 0);
		done++;
	}
	spin_unlock(&zone->lock);
	pcp->count -= done;
	return done;
}

/* Gives @n pages of the list back. IRQs off. */
static void pcp_drain(struct page_pcp *pcp, int n)
{
	while (n > 0 && pcp->list)
		n -= pcp_drain_zone(pcp, page_zone(page_to_pfn(pcp->list)), n);
}

void free_unref_page(struct page *page)
{
	u32 f = atomic_load_explicit(&page->flags, memory_order_relaxed);
	struct page_pcp *pcp;
	unsigned long flags;

	if (unlikely(f & PAGE_FLAGS_IN_USE)) {
		bad_page(page);
		return;
	}
	if (f & (1u << PG_anon))
		mod_vmstat(NR_ANON_PAGES, -(1l << ((f >> PG_ORDER_SHIFT) & 0xf)));
	page_debug_free(page, (f >> PG_ORDER_SHIFT) & 0xf);
	kasan_free_pages(page, (f >> PG_ORDER_SHIFT) & 0xf);
	if (unlikely(f & (1u << PG_head))) {
		free_to_zone(page, (f >> PG_ORDER_SHIFT) & 0xf);
		return;
	}
	flags = local_irq_save_flags();
	pcp = this_cpu_ptr(&page_pcp);
	page->next = pcp->list;
	pcp->list = page;
	if (unlikely(++pcp->count > 4 * pcp_batch))
		pcp_drain(pcp, 2 * pcp_batch);
	local_irq_restore(flags);
}

void __free_pages(struct page *page, unsigned int order)
{
	WARN_ON_ONCE(page_order(page) != order);
	if (put_page_testzero(page))
		free_unref_page(page);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

void release_pages(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		put_page(pages[i]);
}

void split_page(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].flags = 0;
		page[i].mapping = NULL;
		atomic_set(&page[i]._refcount, 1);
	}
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page = alloc_pages(gfp, order);

	if (!page)
		return NULL;
	split_page(page, order);
	for (unsigned long i = PFN_UP(size); i < 1ul << order; i++)
		__free_page(page + i);
	return page_address(page);
}

void free_pages_exact(void *virt, size_t size)
{
	for (size_t off = 0; off < size; off += PAGE_SIZE)
		free_page((unsigned long)virt + off);
}

void drain_local_pages(void)
{
	unsigned long flags = local_irq_save_flags();
	struct page_pcp *pcp = this_cpu_ptr(&page_pcp);

	pcp_drain(pcp, pcp->count);
	local_irq_restore(flags);
}

static void drain_ipi(void *unused)
{
	drain_local_pages();
}

void drain_all_pages(void)
{
	on_each_cpu(drain_ipi, NULL, true);
}

/* The zones' counts and all per-CPU lists: exact when nothing is allocated meanwhile. */
unsigned long count_free_pages(void)
{
	unsigned long n = 0;
	unsigned int cpu;

	for (int z = 0; z < NR_ZONES; z++)
		n += READ_ONCE(zones[z].nr_free);
	for_each_possible_cpu(cpu)
		n += READ_ONCE(per_cpu(page_pcp, cpu).count);
	return n;
}

/* ---- boot ---- */

void __init page_alloc_init(unsigned long end_pfn)
{
	max_pfn = round_up(end_pfn, BLOCK_PAGES);
	block_ready =
		memblock_alloc(BITS_TO_LONGS(max_pfn >> BLOCK_ORDER) * sizeof(long), sizeof(long));
	for (int z = 0; z < NR_ZONES; z++) {
		spin_lock_init(&zones[z].lock);
		for (int i = 0; i <= MAX_ORDER; i++)
			INIT_LIST_HEAD(&zones[z].free[i]);
	}
}

static void __init zone_add_fresh(struct zone *zone, unsigned long start, unsigned long end)
{
	if (start >= end)
		return;
	if (zone->nr_fresh == FRESH_RANGES) {
		pr_warn("memory is too fragmented: %lu KiB at frame %#lx are not used\n",
			(end - start) << (PAGE_SHIFT - 10), start);
		return;
	}
	zone->fresh[zone->nr_fresh++] = (struct pfn_range){start, end};
	zone->nr_free += end - start;
	zone->managed += end - start;
	totalram_pages += end - start;
}

void __init page_alloc_add_range(unsigned long start_pfn, unsigned long end_pfn)
{
	zone_add_fresh(&zones[ZONE_DMA32], start_pfn, min(end_pfn, DMA32_PFN));
	zone_add_fresh(&zones[ZONE_NORMAL], max(start_pfn, DMA32_PFN), end_pfn);
}

/* Square root, rounded down. */
static unsigned long __init int_sqrt(unsigned long x)
{
	unsigned long r = 0;

	for (unsigned long bit = 1ul << 31; bit; bit >>= 1)
		if ((r | bit) * (r | bit) <= x)
			r |= bit;
	return r;
}

/* The reserve grows with the square root of memory: 64 KiB at 4 MiB, 1 MiB at 1 GiB. */
void __init page_alloc_ready(void)
{
	unsigned long min_pages =
		int_sqrt((totalram_pages << (PAGE_SHIFT - 10)) * 4) >> (PAGE_SHIFT - 10 - 1);

	for (int z = 0; z < NR_ZONES && totalram_pages; z++) {
		zones[z].wmark_min = min_pages * zones[z].managed / totalram_pages / 2;
		zones[z].wmark_low = zones[z].wmark_min * 2;
	}
	pcp_batch = clamp(totalram_pages >> 9, 2ul, 31ul);
}

unsigned long free_reserved_area(void *start, void *end, const char *what)
{
	unsigned long pfn = PFN_UP(__pa(start)), last = PFN_DOWN(__pa(end)), n = 0;

	if (pfn >= last)
		return 0;
	page_alloc_init_reserved(pfn, last);
	for (; pfn < last; pfn++, n++) {
		struct page *page = pfn_to_page(pfn);

		page->flags = 0;
		page->private = 0;
		page->mapping = NULL;
		atomic_set(&page->_refcount, 1);
		__free_page(page);
		page_zone(pfn)->managed++;
	}
	totalram_pages += n;
	if (what)
		pr_info("freed %lu KiB: %s\n", n << (PAGE_SHIFT - 10), what);
	return n;
}
