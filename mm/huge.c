/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_TRANSPARENT_HUGEPAGE: large pages for anonymous memory. The first write to an empty slot
 * of HPAGE_SIZE that lies wholly in a VMA gets a whole large page; it is split into small ones
 * (pt_split_block()) when a part of it is unmapped, protected, moved, or written by one of several
 * who share it. There is no daemon that makes large pages of small ones.
 *
 * Whether at all is thp_mode, /sys/kernel/mm/transparent_hugepage/enabled: with less than 512 MiB
 * of memory it starts as never.
 */
#include <arch/mmu.h>
#include <kernel/init.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <uapi/errno.h>

#include "fault.h"

#define THP_MIN_PAGES ((512ul << 20) >> PAGE_SHIFT)

int thp_mode __read_mostly = THP_NEVER;

static bool slot_fits(const struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long slot = addr & ~(HPAGE_SIZE - 1);

	return slot >= vma->vm_start && vma->vm_end - slot >= HPAGE_SIZE;
}

bool thp_wanted(const struct vm_area_struct *vma, unsigned long addr)
{
	int mode = READ_ONCE(thp_mode);

	if (mode == THP_NEVER || (vma->vm_flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_GROWSDOWN)))
		return false;
	if (mode == THP_MADVISE && !(vma->vm_flags & VM_HUGEPAGE))
		return false;
	return vma_is_anonymous(vma) && slot_fits(vma, addr);
}

static void clear_huge(struct page *page)
{
	for (unsigned long i = 0; i < HPAGE_PAGES; i++) {
		clear_page(page_address(page + i));
		if (!(i % 32))
			cond_resched();
	}
}

static bool install_huge(struct vm_fault *vmf, pte_t *entry)
{
	struct vm_area_struct *vma = vmf->vma;
	u32 prot = vma->vm_prot | PT_DIRTY | PT_YOUNG;
	pte_t *table = (pte_t *)((unsigned long)entry & PAGE_MASK);
	struct page *page = alloc_huge_anon();

	if (!page) {
		inc_vmstat(THP_FAULT_FALLBACK);
		return false;
	}
	clear_huge(page);
	if (IS_ENABLED(CONFIG_AARCH64) && (vma->vm_flags & VM_EXEC))
		arch_sync_icache(page_address(page), HPAGE_SIZE);
	WRITE_ONCE(vma->vm_mm->pt_special, true);
	pt_mark_used(table, entry - table);
	if (!pte_cmpxchg(entry, (pte_t){0}, pte_make(page_to_phys(page), prot, 1))) {
		put_page(page);
		return true; /* somebody was faster: the next fault sees what came of it */
	}
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, HPAGE_PAGES);
	inc_vmstat(NR_ANON_THPS);
	inc_vmstat(THP_FAULT_ALLOC);
	return true;
}

/* A fault on a large page that is there. */
static bool fault_on_block(struct vm_fault *vmf, pte_t *entry, pte_t link)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t new = pte_mkyoung(link);

	if (vmf->flags & FAULT_WRITE) {
		if (!pte_write(link)) {
			/* Shared, or forced into memory that is read-only: small pages do that. */
			if (page_count(pfn_to_page(pte_pfn(link))) != 1 ||
			    !(vma->vm_flags & VM_WRITE))
				return false;
			new = pte_mkwrite(new);
		}
		new = pte_mkdirty(new);
	}
	if (!pte_same(new, link))
		pte_cmpxchg(entry, link, new);
	tlb_update_entry(vma->vm_mm, vmf->address);
	return true;
}

bool do_huge_fault(struct vm_fault *vmf, pte_t *entry)
{
	pte_t link = pt_read_link(entry);

	if (pte_none(link))
		return (vmf->flags & FAULT_WRITE) && thp_wanted(vmf->vma, vmf->address) &&
		       install_huge(vmf, entry);
	return pt_link_block(link) && fault_on_block(vmf, entry, link);
}

static int __init thp_init(void)
{
	if (totalram_pages >= THP_MIN_PAGES)
		thp_mode = THP_ALWAYS;
	return 0;
}
core_initcall(thp_init);
