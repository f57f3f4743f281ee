/* SPDX-License-Identifier: MIT */
/*
 * Physical pages. struct page is 32 bytes; the array of them, indexed by page frame number, is
 * virtual at VMEMMAP_START and is mapped only where there is RAM, and initialised 4 MiB of RAM at a
 * time when the allocator first needs that memory. So only a page that somebody allocated (or that
 * is reserved in the kernel image) has a valid struct page.
 *
 * States: FREE (refcount 0; in the buddy, PG_buddy on the first page of the block; or in a per-CPU
 * list), and ALLOCATED (refcount >= 1). The last put_page() frees. A block of order n is one
 * object: its first page (PG_head, order kept in flags) carries the count, the others are PG_tail
 * and point to it. What else the words hold depends on the owner: page cache, anonymous, slab, page
 * table.
 *
 * Locks: flags and refcount are atomic. (p) page lock: mapping, index. (z) zone lock: buddy fields.
 * (s) the slab cache's lock.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <arch/param.h>
#include <arch/cache.h>
#include <mm/gfp.h>

struct address_space;
struct kmem_cache;

struct page {
	_Atomic(u32) flags; /* PG_*; bits 24-27: order of a head or buddy page */
	atomic_t _refcount;
	union {
		unsigned long private; /* page cache: the file system's */
		struct { /* slab */
			u16 inuse; /* (s) objects not in this page's free list */
			u16 freelist; /* (s) index of the first free object, SLAB_END: none */
			u16 fresh; /* (s) objects from this index on were never handed out */
			u16 objects;
		};
	};
	union {
		struct {
			struct address_space *mapping; /* (p) NULL: not in a page cache */
			pgoff_t index; /* (p) offset in the file in pages */
		};
		struct list_head lru; /* (z) buddy; or the list of whoever owns the page */
		struct page *next; /* per-CPU free list */
		struct page *head; /* PG_tail */
		struct rcu_head rcu; /* a slab that waits to be freed */
		struct { /* slab */
			struct kmem_cache *slab_cache;
			u32 slab_next, slab_prev; /* (s) pfns in the partial list; 0: none */
		};
		struct { /* page table */
			/* bit n: some entry of group n (8 entries) was ever set */
			_Atomic(u64) pt_used;
			struct page *pt_next; /* list of tables to free */
		};
	};
};
static_assert(sizeof(struct page) == 32);

enum page_flag {
	PG_locked, /* exclusive use: I/O under way or the page is being moved; waiters sleep */
	PG_uptodate, /* holds the file's data */
	PG_dirty, /* newer than the backing store */
	PG_writeback,
	PG_error,
	PG_referenced, /* used since reclaim last looked */
	PG_waiters, /* somebody sleeps on PG_locked or PG_writeback */
	PG_buddy,
	PG_slab,
	PG_head,
	PG_tail,
	PG_anon, /* private memory of processes; refcount is the number of its users */
	PG_swapbacked, /* tmpfs and shared memory: can only go to swap */
	PG_table, /* page table */
	PG_reserved, /* never was the allocator's */
	PG_private, /* ->private is the file system's */
	PG_mlocked,
	PG_readahead,
	PG_stack, /* kernel stack */
	PG_cache, /* in a page cache: mapping and index are valid */
	/* instruction caches have seen the contents (where hardware does not see to it) */
	PG_icache,
	PG_swapcache, /* anonymous, in the swap cache: ->private is the entry */
	NR_PAGE_FLAGS,
};
static_assert(NR_PAGE_FLAGS <= 24);
#define PG_ORDER_SHIFT 24

/* A large page of anonymous memory: what one entry of level 1 maps. Tails are PG_anon too. */
#define HPAGE_ORDER	   PT_BITS
#define HPAGE_PAGES	   (1ul << HPAGE_ORDER)
#define HPAGE_SIZE	   (PAGE_SIZE << HPAGE_ORDER)

#define vmemmap		   ((struct page *)VMEMMAP_START)

#define pfn_to_page(pfn)   (vmemmap + (pfn))
#define page_to_pfn(page)  ((unsigned long)((page)-vmemmap))
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys) pfn_to_page(PFN_DOWN(phys))

/*
 * Addresses: __va() and __pa() convert between physical and the direct map; kernel_pa() also takes
 * addresses in the kernel image. virt_to_page() takes direct-map addresses only.
 */
/* physical address of KERNEL_BASE; set by the arch before memblock is used */
extern phys_addr_t kernel_phys_base;
#define __va(phys)	   ((void *)((unsigned long)(phys) + PAGE_OFFSET))
#define __pa(virt)	   ((phys_addr_t)((unsigned long)(virt)-PAGE_OFFSET))
#define __pa_symbol(sym)   ((phys_addr_t)((unsigned long)(sym)-KERNEL_BASE) + kernel_phys_base)
#define virt_to_page(virt) phys_to_page(__pa(virt))
#define page_address(page) __va(page_to_phys(page))
#define page_to_virt(page) page_address(page)
#define virt_to_pfn(virt)  PFN_DOWN(__pa(virt))

/*
 * True if @virt lies in the direct map of RAM the allocator manages (so virt_to_page() is valid).
 * Any context.
 */
bool virt_addr_valid(const void *virt);
/* True if @pfn is RAM that has an initialised struct page. */
bool pfn_valid(unsigned long pfn);

static __always_inline bool page_test(const struct page *page, enum page_flag f)
{
	return atomic_load_explicit((_Atomic(u32) *)&page->flags, memory_order_relaxed) & (1u << f);
}
static __always_inline void page_set(struct page *page, enum page_flag f)
{
	atomic_fetch_or_explicit(&page->flags, 1u << f, memory_order_relaxed);
}
static __always_inline void page_clear(struct page *page, enum page_flag f)
{
	atomic_fetch_and_explicit(&page->flags, ~(1u << f), memory_order_relaxed);
}
static __always_inline bool page_test_set(struct page *page, enum page_flag f)
{
	return atomic_fetch_or_explicit(&page->flags, 1u << f, memory_order_acquire) & (1u << f);
}
static __always_inline bool page_test_clear(struct page *page, enum page_flag f)
{
	return atomic_fetch_and_explicit(&page->flags, ~(1u << f), memory_order_acq_rel) &
	       (1u << f);
}

#define PAGE_FLAG_OPS(Name, f)                                          \
	static __always_inline bool Page##Name(const struct page *page) \
	{                                                               \
		return page_test(page, f);                              \
	}                                                               \
	static __always_inline void SetPage##Name(struct page *page)    \
	{                                                               \
		page_set(page, f);                                      \
	}                                                               \
	static __always_inline void ClearPage##Name(struct page *page)  \
	{                                                               \
		page_clear(page, f);                                    \
	}

PAGE_FLAG_OPS(Locked, PG_locked)
PAGE_FLAG_OPS(Dirty, PG_dirty)
PAGE_FLAG_OPS(Writeback, PG_writeback)
PAGE_FLAG_OPS(Error, PG_error)
PAGE_FLAG_OPS(Referenced, PG_referenced)
PAGE_FLAG_OPS(Anon, PG_anon)
PAGE_FLAG_OPS(SwapBacked, PG_swapbacked)
PAGE_FLAG_OPS(Reserved, PG_reserved)
PAGE_FLAG_OPS(Private, PG_private)
PAGE_FLAG_OPS(Readahead, PG_readahead)

/* The data read before SetPageUptodate() is seen by who finds the bit set. */
static __always_inline bool PageUptodate(const struct page *page)
{
	return atomic_load_explicit((_Atomic(u32) *)&page->flags, memory_order_acquire) &
	       (1u << PG_uptodate);
}
static __always_inline void SetPageUptodate(struct page *page)
{
	atomic_fetch_or_explicit(&page->flags, 1u << PG_uptodate, memory_order_release);
}
static __always_inline void ClearPageUptodate(struct page *page)
{
	page_clear(page, PG_uptodate);
}

static __always_inline bool PageSlab(const struct page *page)
{
	return page_test(page, PG_slab);
}

static __always_inline unsigned int page_order(const struct page *page)
{
	return (atomic_load_explicit((_Atomic(u32) *)&page->flags, memory_order_relaxed) >>
		PG_ORDER_SHIFT) &
	       0xf;
}

static __always_inline struct page *compound_head(struct page *page)
{
	u32 flags = atomic_load_explicit(&page->flags, memory_order_relaxed);

	if (likely(!(flags & 1u << PG_tail)))
		return page;
	/* Found by alignment: a lookup without a reference must not follow a stale pointer. */
	if (flags & 1u << PG_anon)
		return vmemmap + ((unsigned long)(page - vmemmap) & ~(HPAGE_PAGES - 1));
	return page->head;
}

static __always_inline struct page *virt_to_head_page(const void *virt)
{
	return compound_head(virt_to_page(virt));
}

/* ---- allocation ---- */

#define MAX_ORDER 10 /* the largest block: 4 MiB */

/*
 * 2^@order physically contiguous pages, aligned to their size, with one reference; NULL when there
 * are none. Sleeps if @gfp says so. Contents are undefined without __GFP_ZERO.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)
/*
 * A large page for anonymous memory (PG_anon, counted), not cleared, if one is at hand: nothing is
 * reclaimed for it. NULL.
 */
struct page *alloc_huge_anon(void);
/* Drops the reference that alloc_pages() gave. Any context but NMI. */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages((page), 0)

/* The same by direct-map address; 0 when there is no memory. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define get_zeroed_page(gfp) __get_free_pages((gfp) | __GFP_ZERO, 0)
#define free_page(addr)	     free_pages((addr), 0)
/* @size bytes rounded up to pages, the rest of the block given back. */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);
/* The block of 2^order pages becomes that many single pages, each with its own reference. */
void split_page(struct page *page, unsigned int order);

/* Smallest order whose block holds @size bytes. */
static __always_inline unsigned int get_order(size_t size)
{
	return size <= PAGE_SIZE ? 0 : 64 - __builtin_clzl((size - 1) >> PAGE_SHIFT);
}

/* Takes the page back: refcount is 0, nothing refers to it. mm/page_alloc.c. */
void free_unref_page(struct page *page);

static __always_inline int page_count(const struct page *page)
{
	return atomic_read(&page->_refcount);
}

/* The caller holds a reference already. */
static __always_inline void get_page(struct page *page)
{
	atomic_inc(&compound_head(page)->_refcount);
}

/* For lock-free lookups: false if the page is being freed; the caller then looks again. */
static __always_inline bool try_get_page(struct page *page)
{
	return atomic_inc_not_zero(&page->_refcount);
}

/* The same for a page that a user's entry maps: it may be part of a large one. */
static __always_inline bool try_get_user_page(struct page *page)
{
	return atomic_inc_not_zero(&compound_head(page)->_refcount);
}

static __always_inline bool put_page_testzero(struct page *page)
{
	return atomic_fetch_sub_explicit(&page->_refcount, 1, memory_order_acq_rel) == 1;
}

/* Any context but NMI. */
static __always_inline void put_page(struct page *page)
{
	page = compound_head(page);
	if (put_page_testzero(page))
		free_unref_page(page);
}

/* A page of zeroes that is never written nor freed; anonymous reads map it. */
extern struct page *zero_page;
#define ZERO_PAGE() zero_page

/* There is no high memory: these are names. */
#define kmap_local_page(page) page_address(page)
#define kunmap_local(addr)    ((void)(addr))

#endif
