/* SPDX-License-Identifier: MIT */
/*
 * Taking pages out of user page tables. The entries are cleared first, the TLBs flushed then, the
 * pages freed last; a mmu_gather carries what waits for the flush. When nobody can run in the
 * address space any more (fullmm) pages are freed at once: what a stale TLB entry still maps,
 * nobody uses. The tables always wait, because a CPU that has them loaded may still walk them by
 * itself.
 */
#include <arch/mmu.h>
#include <kernel/sched.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>
#include <mm/swap.h>

#include "i_mmap.h"
#include "internal.h"

/* ---- the gather ---- */

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->start = ULONG_MAX;
	tlb->end = 0;
	tlb->tables = NULL;
	tlb->fullmm = fullmm;
	tlb->freed_tables = false;
	tlb->nr = 0;
}

void tlb_flush_mmu(struct mmu_gather *tlb)
{
	struct page *table;

	if (tlb->fullmm)
		tlb_flush_mm(tlb->mm);
	else if (tlb->start < tlb->end)
		tlb_flush_range(tlb->mm, tlb->start, tlb->end, tlb->freed_tables);
	tlb->start = ULONG_MAX;
	tlb->end = 0;
	tlb->freed_tables = false;
	for (unsigned int i = 0; i < tlb->nr; i++) {
		if (IS_ENABLED(CONFIG_PT_SHARE) && page_test(tlb->pages[i], PG_table))
			pt_put_shared(tlb->mm, tlb->pages[i]);
		else
			put_page(tlb->pages[i]);
	}
	tlb->nr = 0;
	while ((table = tlb->tables)) {
		tlb->tables = table->pt_next;
		pt_page_free(tlb->mm, table);
	}
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
}

void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	if (tlb->fullmm && !page_test(page, PG_table)) {
		put_page(page);
		return;
	}
	tlb->pages[tlb->nr++] = page;
	if (unlikely(tlb->nr == GATHER_PAGES))
		tlb_flush_mmu(tlb);
}

/* ---- zapping ---- */

struct zap {
	struct mmu_gather *tlb;
	struct vm_area_struct *vma;
	bool keep_cow;
	long rss[NR_MM_COUNTERS];
	long mapped;
};

/* What a present entry held goes; the entry is clear already. */
static void zap_page(struct zap *z, pte_t pte)
{
	struct page *page = pfn_to_page(pte_pfn(pte));

	if (PageAnon(page)) {
		z->rss[MM_ANONPAGES]--;
	} else {
		if (pte_dirty(pte) && page_test(page, PG_cache))
			set_page_dirty(page);
		if (pte_young(pte))
			SetPageReferenced(page);
		z->rss[mm_counter(page)]--;
		z->mapped--;
	}
	tlb_remove_page(z->tlb, page);
}

static void zap_swap(struct zap *z, pte_t pte)
{
	if (!pte_is_swap(pte) || pte_same(pte, pt_busy()))
		return;
	swap_put(pte_swap_val(pte));
	z->rss[MM_SWAPENTS]--;
}

static bool zap_keeps(const struct zap *z, pte_t pte)
{
	if (!z->keep_cow || !pte_present(pte))
		return z->keep_cow && pte_is_swap(pte);
	return !pte_special(pte) && PageAnon(pfn_to_page(pte_pfn(pte)));
}

static int zap_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		      void *arg)
{
	struct zap *z = arg;
	bool fullmm = z->tlb->fullmm;

	for (pte_t *ptep = table + first; n--; ptep++, addr += PAGE_SIZE) {
		pte_t pte = pte_read(ptep);

		if (pte_none(pte) || zap_keeps(z, pte))
			continue;
		if (!fullmm) {
			pte = pte_xchg(ptep, (pte_t){0});
			tlb_add_range(z->tlb, addr, addr + PAGE_SIZE);
		}
		if (unlikely(!pte_present(pte)))
			zap_swap(z, pte);
		else if (!pte_special(pte))
			zap_page(z, pte);
	}
	return 0;
}

/*
 * A large page or a shared table goes as a whole; of those that the range covers in part nothing is
 * to go (pt_prepare() has been here), unless everything does.
 */
static int zap_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	struct zap *z = arg;
	bool all = z->tlb->fullmm || end - addr == PT_SPAN(1);
	struct page *page;

	if (!pt_link_block(link) && !pt_link_shared(link))
		return 0;
	if (!all)
		return PT_WALK_SKIP;
	link = pte_xchg(entry, (pte_t){0});
	if (pt_link_block(link)) {
		page = pfn_to_page(pte_pfn(link));
		z->rss[MM_ANONPAGES] -= HPAGE_PAGES;
		mod_vmstat(NR_ANON_THPS, -1);
	} else {
		page = phys_to_page(pte_table_phys(link));
		z->tlb->freed_tables = true;
		if (!z->tlb->fullmm)
			z->rss[MM_ANONPAGES] -= pt_shared_anon(page);
	}
	addr &= ~(PT_SPAN(1) - 1);
	tlb_add_range(z->tlb, addr, addr + PT_SPAN(1));
	tlb_remove_page(z->tlb, page);
	return PT_WALK_SKIP;
}

void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end, bool keep_cow)
{
	struct zap z = {.tlb = tlb, .vma = vma, .keep_cow = keep_cow};
	const struct pt_walk w = {.leaves = zap_leaves, .link = zap_link, .arg = &z};

	pgtable_walk_range(tlb->mm, start, end, &w);
	for (unsigned int i = 0; i < NR_MM_COUNTERS; i++)
		if (z.rss[i])
			add_mm_counter(tlb->mm, i, z.rss[i]);
	if (z.mapped)
		mod_vmstat(NR_FILE_MAPPED, z.mapped);
}

static void zap_and_flush(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			  bool keep_cow)
{
	struct mmu_gather tlb;

	update_hiwater_rss(vma->vm_mm);
	tlb_gather_mmu(&tlb, vma->vm_mm, false);
	zap_range(&tlb, vma, start, end, keep_cow);
	tlb_finish_mmu(&tlb);
}

void zap_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	zap_and_flush(vma, start, end, false);
}

void zap_file_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	zap_and_flush(vma, start, end, true);
}

/* ---- from the page cache's side ---- */

static void unmap_pgoff_range(struct address_space *mapping, pgoff_t first, pgoff_t last,
			      bool even_cows)
{
	struct vm_area_struct *vma;
	struct mmu_gather tlb;

	if (!mapping_mapped(mapping))
		return;
	down_read(&mapping->i_mmap_rwsem);
	for_each_i_mmap(vma, mapping, first, last)
	{
		pgoff_t from = max(first, vma->vm_pgoff);
		pgoff_t to = min(last, vma->vm_pgoff + vma_pages(vma) - 1);
		unsigned long start = vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT);

		tlb_gather_mmu(&tlb, vma->vm_mm, false);
		zap_range(&tlb, vma, start, start + ((to - from + 1) << PAGE_SHIFT), !even_cows);
		tlb_finish_mmu(&tlb);
	}
	up_read(&mapping->i_mmap_rwsem);
}

void unmap_mapping_range(struct address_space *mapping, loff_t start, loff_t len, bool even_cows)
{
	pgoff_t first = start >> PAGE_SHIFT, last = ULONG_MAX;

	if (len)
		last = (start + len - 1) >> PAGE_SHIFT;
	unmap_pgoff_range(mapping, first, last, even_cows);
}

void unmap_page_everywhere(struct page *page)
{
	struct address_space *mapping = page_mapping(page);

	if (mapping)
		unmap_pgoff_range(mapping, page->index, page->index, false);
}
