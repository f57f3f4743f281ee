/* SPDX-License-Identifier: MIT */
/* Private to fault.c, fault_file.c and gup.c: one fault being resolved. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <arch/cache.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>

#include "internal.h"

/*
 * Private copies may be made of pages that the VMA does not let anybody write (ptrace). Beside the
 * FAULT_* of <arch/mmu.h>.
 */
#define FAULT_FORCE (1u << 16)

static __always_inline pte_t *vmf_ptep(const struct vm_fault *vmf)
{
	return &vmf->table[pt_index(vmf->address, 0)];
}

/* Before @page is mapped executable. */
static inline void sync_icache_page(const struct vm_area_struct *vma, struct page *page)
{
	if (!IS_ENABLED(CONFIG_AARCH64) || !(vma->vm_flags & VM_EXEC) || page_test(page, PG_icache))
		return;
	arch_sync_icache(page_address(page), PAGE_SIZE);
	page_set(page, PG_icache);
}

/* A private page for @vma, charged to nobody yet; NULL: no memory. May sleep. */
static inline struct page *alloc_anon_page(gfp_t gfp)
{
	struct page *page = alloc_page(GFP_USER | gfp);

	if (likely(page)) {
		atomic_store_explicit(&page->flags, 1u << PG_anon, memory_order_relaxed);
		inc_vmstat(NR_ANON_PAGES);
	}
	return page;
}

/*
 * Puts @page (its reference goes with it) into the empty entry of @vmf as a private page. False:
 * somebody was faster, the page is freed.
 */
bool install_anon(struct vm_fault *vmf, struct page *page);
vm_fault_t do_file_fault(struct vm_fault *vmf);
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/*
 * @entry of level 1 leads to no table: puts a large page there, or resolves a fault on one. False:
 * the fault is one for a table.
 */
bool do_huge_fault(struct vm_fault *vmf, pte_t *entry);
/* May a large page be where a small one is wanted? */
bool thp_wanted(const struct vm_area_struct *vma, unsigned long addr);
#else
static inline bool do_huge_fault(struct vm_fault *vmf, pte_t *entry)
{
	return false;
}
static inline bool thp_wanted(const struct vm_area_struct *vma, unsigned long addr)
{
	return false;
}
#endif
/* A write to a shared page-cache page mapped read-only. */
vm_fault_t do_shared_write(struct vm_fault *vmf, struct page *page);

#endif
