/* SPDX-License-Identifier: MIT */
/*
 * The one page-table walker. Tables of every level are arrays of PT_ENTRIES pte_t (<arch/pte.h>);
 * level PT_LEVELS - 1 is the root, level 0 holds pages.
 *
 * Concurrency of user tables
 *   - An entry is changed by compare-and-exchange or exchange only, so that whoever takes a leaf
 *     out owns its page reference; there is no table lock.
 *   - Tables are only added while mmap_lock is held in either mode or i_mmap_lock; a table is
 *     unlinked and freed with mmap_lock held for writing after the VMAs above it left the i_mmap
 *     trees (or when nobody else can reach the mm).
 *   - A table of level 0 may be shared between address spaces (fork): its count is the number of
 *     links to it and each of them is read-only (pte_table_ro()). Nobody changes its entries but to
 *     write-protect them. Whoever wants to change one first gets a table of its own
 *     (pgtable_own()); only fork, with mmap_lock held for writing, makes it shared again.
 *   - A large page is an entry of level 1 that maps memory; pt_split_block() puts a table there.
 *   - An entry of level 1 that is being replaced is pt_busy() for a moment: pt_read_link() waits.
 *   - Who only reads without mmap_lock for writing does so in an RCU read section: shared tables
 *     are freed after a grace period.
 *   - page->pt_used of a table has bit n set before any entry of group n (PT_GROUP entries) is
 *     first set, and never loses it: walks skip what was never used.
 * Kernel tables: changed under the vmalloc locks; levels above 0 are never freed.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <arch/param.h>
#include <arch/pte.h>
#include <mm/page.h>

struct mm_struct;

#define PT_GROUP_SHIFT (PT_BITS - 6)
#define PT_GROUP       (1u << PT_GROUP_SHIFT) /* entries for one bit of pt_used */
#define PT_ROOT_LEVEL  (PT_LEVELS - 1)

static __always_inline unsigned int pt_index(unsigned long addr, unsigned int level)
{
	return (addr >> PT_SHIFT(level)) & (PT_ENTRIES - 1);
}

/* The table that link entry @pte points to. */
static __always_inline pte_t *pte_table(pte_t pte)
{
	return __va(pte_table_phys(pte));
}

/* Start of the next entry's range at @level, or @end if that comes first. */
static __always_inline unsigned long pt_addr_end(unsigned long addr, unsigned long end,
						 unsigned int level)
{
	unsigned long next = (addr + PT_SPAN(level)) & ~(PT_SPAN(level) - 1);

	return next - 1 < end - 1 ? next : end;
}

/* ---- kernel mappings ---- */

/* Physical address of a zeroed table, reachable at __va(); 0: none left. */
typedef phys_addr_t (*pt_alloc_fn)(void);

/*
 * Maps [va, va + size) to [pa, pa + size) in the tables below @root with the largest blocks that
 * alignment allows (up to pte_max_leaf_level()). Everything page aligned, nothing mapped there
 * before. 0 or -ENOMEM (part may be mapped). No TLB flush is needed.
 */
int map_kernel_range(pte_t *root, unsigned long va, phys_addr_t pa, size_t size, u32 prot,
		     pt_alloc_fn alloc);
/* Table allocators for it: before and after mm_init(). */
phys_addr_t pt_alloc_memblock(void);
phys_addr_t pt_alloc_kernel(void);
/* Makes the tables for [va, va + size) down to level @level, maps nothing. */
int populate_kernel_range(pte_t *root, unsigned long va, size_t size, unsigned int level,
			  pt_alloc_fn alloc);
/* Clears the entries; blocks must lie wholly inside. The caller flushes. */
void unmap_kernel_range(pte_t *root, unsigned long va, size_t size);
/* New permissions for a mapped kernel range; splits blocks at its ends. Flushes. 0 or -ENOMEM. */
int protect_kernel_range(unsigned long va, size_t size, u32 prot, pt_alloc_fn alloc);

/*
 * The entry that maps @addr or where the walk stopped (not present); its level in *level. Any
 * context where the tables stay.
 */
pte_t *pgtable_walk(pte_t *root, unsigned long addr, unsigned int *level);

/* ---- user tables ---- */

static __always_inline bool pte_same(pte_t a, pte_t b)
{
	return !__builtin_memcmp(&a, &b, sizeof(a));
}

/* Not present, not none: an entry that somebody is about to set. */
static __always_inline pte_t pt_busy(void)
{
	return pte_make_swap(~0ull >> 8);
}

/*
 * What an entry of level 1 of a user's tables can be beside none and a link to a table of its own;
 * constants where the options say that there is no such thing.
 */
#define PT_LINKS_SPECIAL (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) || IS_ENABLED(CONFIG_PT_SHARE))
static __always_inline bool pt_link_block(pte_t link)
{
	return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) && pte_leaf(link, 1);
}
static __always_inline bool pt_link_shared(pte_t link)
{
	return IS_ENABLED(CONFIG_PT_SHARE) && pte_table_ro(link);
}

/* A link to a table that nobody shares. */
static __always_inline bool pt_is_own_table(pte_t link)
{
	return !pte_none(link) && !pte_same(link, pt_busy()) && !pt_link_block(link) &&
	       !pt_link_shared(link);
}

/* Entry of level 1, once nobody is replacing it. */
pte_t pt_read_link(pte_t *entry);
/*
 * The entry that maps @addr, none if nothing does, as an entry of level 0 would (part of a large
 * page); not writable if its table is shared. RCU read section or mmap_lock held for writing.
 */
pte_t pgtable_get(struct mm_struct *mm, unsigned long addr);
/* The table that holds the level 0 entry of @addr, NULL if there is none (or a block). */
pte_t *pgtable_find(struct mm_struct *mm, unsigned long addr);
/*
 * The same to change it: makes missing tables, splits a large page, takes a shared table apart.
 * NULL: no memory. May sleep.
 */
pte_t *pgtable_make(struct mm_struct *mm, unsigned long addr);
/* The two halves of it: the entry of level 1, and its table. */
pte_t *pgtable_make_link(struct mm_struct *mm, unsigned long addr);
pte_t *pgtable_own(struct mm_struct *mm, pte_t *entry, unsigned long addr);

/* To be called before an entry of @table (at index @idx) is set for the first time. */
static __always_inline void pt_mark_used(pte_t *table, unsigned int idx)
{
	struct page *page = virt_to_page(table);
	u64 bit = 1ull << (idx >> PT_GROUP_SHIFT);

	if (!(atomic_load_explicit(&page->pt_used, memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(&page->pt_used, bit, memory_order_seq_cst);
}

/*
 * Pages and tables that wait for a TLB flush before they are freed. mm/mmu_gather.c; private to
 * mm/.
 */
#define GATHER_PAGES 62
struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end; /* range to flush; start > end: nothing */
	struct page *tables; /* unlinked tables, by pt_next */
	bool fullmm; /* nobody can run in the mm any more */
	bool freed_tables;
	unsigned int nr;
	struct page *pages[GATHER_PAGES];
};
void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm);
void tlb_finish_mmu(struct mmu_gather *tlb);

#endif
