/* SPDX-License-Identifier: MIT */
/*
 * Mappings that are not memory of the usual kind: the vDSO, frames of devices, single pages that a
 * driver owns.
 */
#include <fs/fs.h>
#include <lib/err.h>
#include <mm/vmalloc.h>

#include "fault.h"

static vm_fault_t special_fault(struct vm_fault *vmf)
{
	const struct vm_special_mapping *sm = vmf->vma->vm_private_data;
	pgoff_t n = vmf->pgoff;
	struct page **pages;

	if (sm->fault)
		return sm->fault(sm, vmf->vma, vmf);
	for (pages = sm->pages; n && *pages; pages++)
		n--;
	if (!*pages)
		return VM_FAULT_SIGBUS;
	get_page(*pages);
	vmf->page = *pages;
	return 0;
}

static int special_mremap(struct vm_area_struct *new_vma)
{
	const struct vm_special_mapping *sm = new_vma->vm_private_data;

	return sm->mremap ? sm->mremap(sm, new_vma) : 0;
}

static const char *special_name(struct vm_area_struct *vma)
{
	return ((const struct vm_special_mapping *)vma->vm_private_data)->name;
}

static int special_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

const struct vm_operations_struct special_mapping_vmops = {
	.fault = special_fault,
	.mremap = special_mremap,
	.name = special_name,
	.may_split = special_may_split,
};

struct vm_area_struct *install_special_mapping(struct mm_struct *mm, unsigned long addr,
					       unsigned long len, unsigned long vm_flags,
					       const struct vm_special_mapping *sm)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = addr;
	vma->vm_end = addr + PAGE_ALIGN(len);
	vma->vm_flags = vm_flags | mm->def_flags | VM_DONTEXPAND;
	vma->vm_ops = &special_mapping_vmops;
	vma->vm_private_data = (void *)sm;
	vma_set_prot(vma);
	vma_link(mm, vma);
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	return vma;
}

static vm_fault_t no_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

/* Everything was mapped at once; a hole is an error. */
static const struct vm_operations_struct pfn_vmops = {
	.fault = no_fault,
};

int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, u32 prot)
{
	unsigned long end = addr + PAGE_ALIGN(size);

	if ((addr & ~PAGE_MASK) || addr < vma->vm_start || end > vma->vm_end || end <= addr)
		return -EINVAL;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_mapping = NULL;
	if (!vma->vm_ops)
		vma->vm_ops = &pfn_vmops;
	vma->vm_prot |= prot & (PT_DEVICE | PT_WC);
	prot = vma->vm_prot | PT_SPECIAL | PT_YOUNG | PT_DIRTY;
	for (; addr < end; addr += PAGE_SIZE, pfn++) {
		pte_t *table = pgtable_make(vma->vm_mm, addr);
		unsigned int idx = pt_index(addr, 0);

		if (!table)
			return -ENOMEM;
		pt_mark_used(table, idx);
		pte_set(&table[idx], pte_make(PFN_PHYS(pfn), prot, 0));
	}
	return 0;
}

int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	pte_t *table;
	unsigned int idx = pt_index(addr, 0);

	if (addr < vma->vm_start || addr >= vma->vm_end || PageAnon(page))
		return -EINVAL;
	table = pgtable_make(vma->vm_mm, addr);
	if (!table)
		return -ENOMEM;
	pt_mark_used(table, idx);
	get_page(page);
	vma->vm_flags |= VM_MIXEDMAP;
	if (!pte_cmpxchg(&table[idx], (pte_t){0},
			 pte_make(page_to_phys(page), vma->vm_prot | PT_YOUNG | PT_DIRTY, 0))) {
		put_page(page);
		return -EBUSY;
	}
	add_mm_counter(vma->vm_mm, mm_counter(page), 1);
	inc_vmstat(NR_FILE_MAPPED);
	return 0;
}
