/* SPDX-License-Identifier: MIT */
/*
 * The generic page-table walker over the arch's pte_*() primitives. What may run at the same time
 * as what is written in <mm/pgtable.h>.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/pgtable.h>
#include <uapi/errno.h>

#include "internal.h"

/* ---- kernel tables ---- */

phys_addr_t __init pt_alloc_memblock(void)
{
	phys_addr_t pa = memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE);

	if (pa)
		clear_page(__va(pa));
	return pa;
}

phys_addr_t pt_alloc_kernel(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return 0;
	page_set(page, PG_table);
	inc_vmstat(NR_PAGETABLE);
	return page_to_phys(page);
}

/* Makes @entry, a block of @level, a table of blocks one level down that map the same. */
static int split_block(pte_t *entry, unsigned int level, u32 prot, pt_alloc_fn alloc)
{
	phys_addr_t table = alloc(), pa = pte_phys(pte_read(entry));
	pte_t *pte = __va(table);

	if (!table)
		return -ENOMEM;
	for (unsigned int i = 0; i < PT_ENTRIES; i++, pa += PT_SPAN(level - 1))
		pte_set(&pte[i], pte_make(pa, prot, level - 1));
	pte_set(entry, pte_make_table(table));
	return 0;
}

/* The table below @entry, made if there is none. */
static pte_t *make_table(pte_t *entry, pt_alloc_fn alloc)
{
	phys_addr_t pa;

	if (!pte_none(pte_read(entry)))
		return pte_table(pte_read(entry));
	pa = alloc();
	if (!pa)
		return NULL;
	pte_set(entry, pte_make_table(pa));
	return __va(pa);
}

static bool fits_block(unsigned long va, phys_addr_t pa, size_t size, unsigned int level)
{
	return level <= pte_max_leaf_level() && IS_ALIGNED(va | pa, PT_SPAN(level)) &&
	       size >= PT_SPAN(level);
}

static int map_level(pte_t *table, unsigned int level, unsigned long va, unsigned long end,
		     phys_addr_t pa, u32 prot, pt_alloc_fn alloc)
{
	unsigned long next;

	for (; va != end; pa += next - va, va = next) {
		pte_t *entry = &table[pt_index(va, level)];
		pte_t *below;

		next = pt_addr_end(va, end, level);
		if (level == 0 ||
		    (pte_none(pte_read(entry)) && fits_block(va, pa, next - va, level))) {
			pte_set(entry, pte_make(pa, prot, level));
			continue;
		}
		if (WARN_ON(pte_leaf(pte_read(entry), level)))
			return -EEXIST;
		below = make_table(entry, alloc);
		if (!below || map_level(below, level - 1, va, next, pa, prot, alloc))
			return -ENOMEM;
	}
	return 0;
}

int map_kernel_range(pte_t *root, unsigned long va, phys_addr_t pa, size_t size, u32 prot,
		     pt_alloc_fn alloc)
{
	if (!size)
		return 0;
	return map_level(root, PT_ROOT_LEVEL, va, va + size, pa, prot, alloc);
}

int populate_kernel_range(pte_t *root, unsigned long va, size_t size, unsigned int level,
			  pt_alloc_fn alloc)
{
	unsigned long end = va + size;

	for (unsigned long next; va != end; va = next) {
		pte_t *table = root;

		next = pt_addr_end(va, end, level + 1);
		for (unsigned int l = PT_ROOT_LEVEL; l > level; l--) {
			table = make_table(&table[pt_index(va, l)], alloc);
			if (!table)
				return -ENOMEM;
		}
	}
	return 0;
}

static void unmap_level(pte_t *table, unsigned int level, unsigned long va, unsigned long end)
{
	for (unsigned long next; va != end; va = next) {
		pte_t *entry = &table[pt_index(va, level)];
		pte_t pte = pte_read(entry);

		next = pt_addr_end(va, end, level);
		if (pte_none(pte))
			continue;
		if (level == 0 || pte_leaf(pte, level)) {
			WARN_ON(next - va != PT_SPAN(level));
			pte_clear(entry);
		} else {
			unmap_level(pte_table(pte), level - 1, va, next);
		}
	}
}

void unmap_kernel_range(pte_t *root, unsigned long va, size_t size)
{
	if (size)
		unmap_level(root, PT_ROOT_LEVEL, va, va + size);
}

/* What a block of the kernel that is being split may do: as much as pte says. */
static u32 kernel_prot_of(pte_t pte)
{
	return PT_READ | PT_GLOBAL | PT_YOUNG | (pte_write(pte) ? PT_WRITE : 0) |
	       (pte_exec(pte) ? PT_EXEC : 0) | (pte_dirty(pte) ? PT_DIRTY : 0);
}

static int protect_level(pte_t *table, unsigned int level, unsigned long va, unsigned long end,
			 u32 prot, pt_alloc_fn alloc)
{
	for (unsigned long next; va != end; va = next) {
		pte_t *entry = &table[pt_index(va, level)];
		pte_t pte = pte_read(entry);

		next = pt_addr_end(va, end, level);
		if (pte_none(pte))
			continue;
		if (pte_leaf(pte, level) && next - va == PT_SPAN(level)) {
			pte_set(entry, pte_modify(pte, prot));
			continue;
		}
		if (pte_leaf(pte, level) && split_block(entry, level, kernel_prot_of(pte), alloc))
			return -ENOMEM;
		if (protect_level(pte_table(pte_read(entry)), level - 1, va, next, prot, alloc))
			return -ENOMEM;
	}
	return 0;
}

int protect_kernel_range(unsigned long va, size_t size, u32 prot, pt_alloc_fn alloc)
{
	int err = size ? protect_level(arch_kernel_root(), PT_ROOT_LEVEL, va, va + size, prot,
				       alloc) :
			 0;

	tlb_flush_kernel_range(va, va + size);
	return err;
}

pte_t *pgtable_walk(pte_t *root, unsigned long addr, unsigned int *level)
{
	pte_t *table = root;

	for (unsigned int l = PT_ROOT_LEVEL;; l--) {
		pte_t *entry = &table[pt_index(addr, l)];
		pte_t pte = pte_read(entry);

		if (l == 0 || !pte_present(pte) || pte_leaf(pte, l)) {
			*level = l;
			return entry;
		}
		table = pte_table(pte);
	}
}

/* ---- user tables ---- */

struct page *pt_page_alloc(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	atomic_init(&page->pt_used, 0);
	page_set(page, PG_table);
	inc_vmstat(NR_PAGETABLE);
	atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
	return page;
}

void pt_page_free(struct mm_struct *mm, struct page *page)
{
	dec_vmstat(NR_PAGETABLE);
	atomic_long_sub(PAGE_SIZE, &mm->pgtables_bytes);
	page_clear(page, PG_table);
	put_page(page);
}

pte_t pt_read_link(pte_t *entry)
{
	pte_t link;

	while (unlikely(pte_same(link = pte_read(entry), pt_busy())))
		cpu_relax();
	return link;
}

/* The entry of level 1 for @addr, NULL if there is no table that holds it. */
static pte_t *find_link(struct mm_struct *mm, unsigned long addr)
{
	pte_t *table = mm->root;

	for (unsigned int l = PT_ROOT_LEVEL; l > 1; l--) {
		pte_t pte = pte_read(&table[pt_index(addr, l)]);

		if (pte_none(pte))
			return NULL;
		table = pte_table(pte);
	}
	return &table[pt_index(addr, 1)];
}

pte_t *pgtable_find(struct mm_struct *mm, unsigned long addr)
{
	pte_t *entry = find_link(mm, addr), link;

	if (!entry)
		return NULL;
	link = pt_read_link(entry);
	return pte_none(link) || pt_link_block(link) ? NULL : pte_table(link);
}

pte_t pgtable_get(struct mm_struct *mm, unsigned long addr)
{
	pte_t *entry = find_link(mm, addr), link, pte;

	link = entry ? pt_read_link(entry) : (pte_t){0};
	if (pte_none(link))
		return link;
	if (pt_link_block(link))
		return pte_of_block(link, pt_index(addr, 0));
	pte = pte_read(&pte_table(link)[pt_index(addr, 0)]);
	return pt_link_shared(link) && pte_present(pte) ? pte_wrprotect(pte) : pte;
}

/* Another thread may add the same table: the first wins. */
static pte_t *add_user_table(struct mm_struct *mm, pte_t *table, unsigned int idx)
{
	struct page *page = pt_page_alloc(mm);

	if (!page)
		return NULL;
	pt_mark_used(table, idx);
	if (!pte_cmpxchg(&table[idx], (pte_t){0}, pte_make_table(page_to_phys(page))))
		pt_page_free(mm, page);
	return pte_table(pt_read_link(&table[idx]));
}

pte_t *pgtable_make_link(struct mm_struct *mm, unsigned long addr)
{
	pte_t *table = mm->root;

	for (unsigned int l = PT_ROOT_LEVEL; l > 1; l--) {
		unsigned int idx = pt_index(addr, l);
		pte_t pte = pte_read(&table[idx]);

		table = likely(!pte_none(pte)) ? pte_table(pte) : add_user_table(mm, table, idx);
		if (unlikely(!table))
			return NULL;
	}
	return &table[pt_index(addr, 1)];
}

pte_t *pgtable_make(struct mm_struct *mm, unsigned long addr)
{
	pte_t *entry = pgtable_make_link(mm, addr);

	return likely(entry) ? pgtable_own(mm, entry, addr) : NULL;
}

pte_t *pgtable_own(struct mm_struct *mm, pte_t *entry, unsigned long addr)
{
	for (;;) {
		pte_t link = pt_read_link(entry);
		int err = 0;

		if (pte_none(link)) {
			pte_t *level1 = (pte_t *)((unsigned long)entry & PAGE_MASK);

			if (!add_user_table(mm, level1, pt_index(addr, 1)))
				return NULL;
		} else if (pt_link_block(link)) {
			err = pt_split_block(mm, entry, addr);
		} else if (likely(!pt_link_shared(link))) {
			return pte_table(link);
		} else {
			err = pt_unshare(mm, entry, link, addr);
		}
		if (err)
			return NULL;
	}
}

/* Runs of groups of a level 0 table that were used, cut to [start, end). */
static int walk_leaves(pte_t *table, unsigned long start, unsigned long end,
		       const struct pt_walk *w)
{
	u64 used = atomic_load_explicit(&virt_to_page(table)->pt_used, memory_order_relaxed);
	unsigned int first = pt_index(start, 0), last = pt_index(end - 1, 0);
	unsigned long base = start & ~(PT_SPAN(1) - 1);

	used &= GENMASK(last >> PT_GROUP_SHIFT, first >> PT_GROUP_SHIFT);
	while (used) {
		unsigned int g = __builtin_ctzll(used);
		u64 run = ~(used >> g);
		unsigned int n = run ? __builtin_ctzll(run) : 64 - g;
		unsigned int from = max(first, g << PT_GROUP_SHIFT);
		unsigned int to = min(last + 1, (g + n) << PT_GROUP_SHIFT);
		int ret = w->leaves(table, from, to - from,
				    base + ((unsigned long)from << PAGE_SHIFT), w->arg);

		if (ret)
			return ret;
		used = g + n < 64 ? used & (~0ull << (g + n)) : 0;
	}
	return 0;
}

/* What an entry of level 1 leads to. */
static int walk_link(pte_t *entry, pte_t link, unsigned long start, unsigned long end,
		     const struct pt_walk *w)
{
	if (w->link) {
		int ret = w->link(entry, link, start, end, w->arg);

		if (ret)
			return ret == PT_WALK_SKIP ? 0 : ret;
		link = pt_read_link(entry);
	}
	if (!w->leaves || pte_none(link) || pt_link_block(link))
		return 0;
	return walk_leaves(pte_table(link), start, end, w);
}

static int walk_level(pte_t *table, unsigned int level, unsigned long start, unsigned long end,
		      const struct pt_walk *w)
{
	u64 used = atomic_load_explicit(&virt_to_page(table)->pt_used, memory_order_relaxed);

	for (unsigned long next; start != end; start = next) {
		unsigned int idx = pt_index(start, level);
		pte_t pte;
		int ret;

		next = pt_addr_end(start, end, level);
		if (!(used & (1ull << (idx >> PT_GROUP_SHIFT)))) {
			next = pt_addr_end(start | ((PT_GROUP - 1ul) << PT_SHIFT(level)), end,
					   level);
			continue;
		}
		pte = level == 1 ? pt_read_link(&table[idx]) : pte_read(&table[idx]);
		if (pte_none(pte))
			continue;
		ret = level == 1 ? walk_link(&table[idx], pte, start, next, w) :
				   walk_level(pte_table(pte), level - 1, start, next, w);
		if (ret)
			return ret;
	}
	return 0;
}

int pgtable_walk_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		       const struct pt_walk *w)
{
	return start < end ? walk_level(mm->root, PT_ROOT_LEVEL, start, end, w) : 0;
}

int pgtable_for_each(struct mm_struct *mm, unsigned long start, unsigned long end, pt_range_fn fn,
		     void *arg)
{
	const struct pt_walk w = {.leaves = fn, .arg = arg};

	return pgtable_walk_range(mm, start, end, &w);
}

/* ---- freeing user tables ---- */

/* Several VMAs had a part of it each, so none of them took it away as a whole (zap_link). */
static void put_shared_table(struct mmu_gather *tlb, struct page *table)
{
	if (!tlb->fullmm)
		add_mm_counter(tlb->mm, MM_ANONPAGES, -pt_shared_anon(table));
	tlb_remove_page(tlb, table);
}

/*
 * The tables below @table that lie wholly in [floor, ceiling) and map part of [start, end) are
 * unlinked into @tlb.
 */
static void free_level(struct mmu_gather *tlb, pte_t *table, unsigned int level,
		       unsigned long start, unsigned long end, unsigned long floor,
		       unsigned long ceiling)
{
	u64 used = atomic_load_explicit(&virt_to_page(table)->pt_used, memory_order_relaxed);

	for (unsigned long next; start != end; start = next) {
		unsigned int idx = pt_index(start, level);
		unsigned long base = start & ~(PT_SPAN(level) - 1);
		pte_t pte;

		next = pt_addr_end(start, end, level);
		if (!(used & (1ull << (idx >> PT_GROUP_SHIFT)))) {
			next = pt_addr_end(start | ((PT_GROUP - 1ul) << PT_SHIFT(level)), end,
					   level);
			continue;
		}
		pte = pte_read(&table[idx]);
		if (pte_none(pte) || WARN_ON_ONCE(pte_leaf(pte, level)))
			continue;
		if (level > 1)
			free_level(tlb, pte_table(pte), level - 1, start, next, floor, ceiling);
		if (base >= floor && base + PT_SPAN(level) - 1 <= ceiling - 1) {
			struct page *page = phys_to_page(pte_table_phys(pte));

			pte_clear(&table[idx]);
			tlb->freed_tables = true;
			tlb_add_range(tlb, base, base + PT_SPAN(level));
			if (level == 1 && pt_link_shared(pte)) {
				put_shared_table(tlb, page);
				continue;
			}
			page->pt_next = tlb->tables;
			tlb->tables = page;
		}
	}
}

/*
 * [floor, ceiling) is the hole between the neighbours that stay; ceiling 0: the end of the address
 * space.
 */
void free_user_tables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		      unsigned long floor, unsigned long ceiling)
{
	if (start < end)
		free_level(tlb, tlb->mm->root, PT_ROOT_LEVEL, start, end, floor, ceiling);
}
