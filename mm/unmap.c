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
	release_pages(tlb->pages, tlb->nr);
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
	if (tlb->fullmm) {
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

static bool zap_keeps(const struct zap *z, pte_t pte)
{
	return z->keep_cow && pte_present(pte) && !pte_special(pte) &&
	       PageAnon(pfn_to_page(pte_pfn(pte)));
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
		if (pte_present(pte) && !pte_special(pte))
			zap_page(z, pte);
	}
	return 0;
}

void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end, bool keep_cow)
{
	struct zap z = {.tlb = tlb, .vma = vma, .keep_cow = keep_cow};

	pgtable_for_each(tlb->mm, start, end, zap_leaves, &z);
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
