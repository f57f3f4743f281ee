/* SPDX-License-Identifier: MIT */
/*
 * Faults on memory that a file or a shared object backs. The race with truncation is decided by
 * truncate_seq: <mm/pagemap.h>.
 */
#include <arch/mmu.h>
#include <fs/fs.h>
#include <kernel/sched.h>

#include "fault.h"

static u32 truncate_seq(const struct vm_area_struct *vma)
{
	return vma->vm_mapping ?
		       atomic_load_explicit(&vma->vm_mapping->truncate_seq, memory_order_acquire) :
		       0;
}

/* A truncation was or is under way since @seq was read. The entry must be set by now. */
static bool truncated_since(const struct vm_area_struct *vma, u32 seq)
{
	/*
	 * Pairs with the fence in truncate_begin(): either it sees our entry, or we see its new
	 * number.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	return unlikely((seq & 1) || truncate_seq(vma) != seq);
}

/*
 * Puts @page (its reference goes with it) in the empty entry, for as much as @prot. False: it did
 * not stay.
 */
static bool install_file(struct vm_fault *vmf, struct page *page, u32 prot, u32 seq)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned int idx = pt_index(vmf->address, 0);
	pte_t pte = pte_make(page_to_phys(page), prot, 0);

	sync_icache_page(vma, page);
	pt_mark_used(vmf->table, idx);
	if (!pte_cmpxchg(&vmf->table[idx], vmf->orig_pte, pte)) {
		put_page(page);
		return false;
	}
	add_mm_counter(vma->vm_mm, mm_counter(page), 1);
	inc_vmstat(NR_FILE_MAPPED);
	if (truncated_since(vma, seq)) {
		zap_file_range(vma, vmf->address, vmf->address + PAGE_SIZE);
		return false;
	}
	return true;
}

/* What a page-cache page may be mapped with before anybody wrote through this mapping. */
static u32 clean_prot(const struct vm_area_struct *vma)
{
	u32 prot = vma->vm_prot | PT_YOUNG;

	if (!(vma->vm_flags & VM_SHARED) || vma_wants_writenotify(vma))
		prot &= ~PT_WRITE;
	return prot;
}

#define FAULT_AROUND_PAGES 16u

/*
 * Maps what is in the page cache around the address: one fault for up to 16 pages. True: the
 * address is mapped.
 */
static bool fault_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & ~((FAULT_AROUND_PAGES << PAGE_SHIFT) - 1ul);
	unsigned long end = start + (FAULT_AROUND_PAGES << PAGE_SHIFT);

	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	return vma->vm_ops->map_pages(vmf, linear_page_index(vma, start),
				      linear_page_index(vma, end - 1)) &
	       VM_FAULT_NOPAGE;
}

/* ->fault; on success vmf->page is referenced and not locked. */
static vm_fault_t call_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	vmf->page = NULL;
	ret = vmf->vma->vm_ops->fault ? vmf->vma->vm_ops->fault(vmf) : VM_FAULT_SIGBUS;
	if (ret & VM_FAULT_LOCKED)
		unlock_page(vmf->page);
	return ret;
}

#define FAULT_DONE (VM_FAULT_ERROR | VM_FAULT_NOPAGE)

static vm_fault_t do_read(struct vm_fault *vmf)
{
	u32 seq = truncate_seq(vmf->vma);
	vm_fault_t ret;

	if (IS_ENABLED(CONFIG_FAULT_AROUND) && vmf->vma->vm_ops->map_pages && fault_around(vmf))
		return 0;
	ret = call_fault(vmf);
	if (unlikely(ret & FAULT_DONE))
		return ret;
	install_file(vmf, vmf->page, clean_prot(vmf->vma), seq);
	return ret & VM_FAULT_MAJOR;
}

static vm_fault_t do_private_write(struct vm_fault *vmf)
{
	struct page *copy;
	vm_fault_t ret;

	ret = call_fault(vmf);
	if (unlikely(ret & FAULT_DONE))
		return ret;
	copy = alloc_anon_page(0);
	if (likely(copy)) {
		copy_page(page_address(copy), page_address(vmf->page));
		vmf->vma->vm_has_anon = true;
		install_anon(vmf, copy);
	} else {
		ret |= VM_FAULT_OOM;
	}
	put_page(vmf->page);
	return ret & (VM_FAULT_MAJOR | VM_FAULT_OOM);
}

/* The owner of the page agrees that it is written from now on. 0: go on, the page is not locked. */
static vm_fault_t make_writable(struct vm_fault *vmf)
{
	const struct vm_operations_struct *ops = vmf->vma->vm_ops;
	vm_fault_t ret;

	if (!ops->page_mkwrite) {
		if (vmf->vma->vm_file)
			file_update_time(vmf->vma->vm_file);
		return 0;
	}
	ret = ops->page_mkwrite(vmf);
	if (ret & VM_FAULT_LOCKED) {
		set_page_dirty(vmf->page);
		unlock_page(vmf->page);
	}
	return ret & FAULT_DONE;
}

static vm_fault_t do_first_shared_write(struct vm_fault *vmf)
{
	u32 seq = truncate_seq(vmf->vma);
	vm_fault_t ret = call_fault(vmf), denied;

	if (unlikely(ret & FAULT_DONE))
		return ret;
	denied = make_writable(vmf);
	if (unlikely(denied)) {
		put_page(vmf->page);
		return denied == VM_FAULT_NOPAGE ? 0 : denied;
	}
	install_file(vmf, vmf->page, vmf->vma->vm_prot | PT_YOUNG | PT_DIRTY, seq);
	return ret & VM_FAULT_MAJOR;
}

vm_fault_t do_shared_write(struct vm_fault *vmf, struct page *page)
{
	u32 seq = truncate_seq(vmf->vma);
	pte_t new = pte_mkyoung(pte_mkdirty(pte_mkwrite(vmf->orig_pte)));
	vm_fault_t ret;

	if (!try_get_page(page))
		return 0;
	if (!pte_same(pte_read(vmf_ptep(vmf)), vmf->orig_pte)) {
		put_page(page);
		return 0;
	}
	vmf->page = page;
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	ret = make_writable(vmf);
	if (!ret && pte_cmpxchg(vmf_ptep(vmf), vmf->orig_pte, new)) {
		tlb_update_entry(vmf->vma->vm_mm, vmf->address);
		if (truncated_since(vmf->vma, seq))
			zap_file_range(vmf->vma, vmf->address, vmf->address + PAGE_SIZE);
	}
	put_page(page);
	return ret == VM_FAULT_NOPAGE ? 0 : ret;
}

vm_fault_t do_file_fault(struct vm_fault *vmf)
{
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	if (!(vmf->flags & FAULT_WRITE))
		return do_read(vmf);
	if (vmf->vma->vm_flags & VM_SHARED)
		return do_first_shared_write(vmf);
	return do_private_write(vmf);
}

/* ---- fault-around over a page cache ---- */

/*
 * Maps @page (referenced) read-only or as shared memory is; gives the reference back if the place
 * is taken.
 */
static bool map_around(struct vm_fault *vmf, struct page *page, unsigned long addr, u32 prot)
{
	unsigned int idx = pt_index(addr, 0);

	sync_icache_page(vmf->vma, page);
	pt_mark_used(vmf->table, idx);
	if (likely(pte_cmpxchg(&vmf->table[idx], (pte_t){0},
			       pte_make(page_to_phys(page), prot, 0))))
		return true;
	put_page(page);
	return false;
}

unsigned int filemap_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t last)
{
	struct vm_area_struct *vma = vmf->vma;
	struct address_space *mapping = vma->vm_mapping;
	struct page *pages[FAULT_AROUND_PAGES];
	u32 seq = truncate_seq(vma), prot = clean_prot(vma);
	unsigned int n, mapped = 0;
	bool swapbacked = false;
	unsigned long base = vma->vm_start - (vma->vm_pgoff << PAGE_SHIFT);

	if (seq & 1)
		return 0;
	rcu_read_lock();
	n = xa_extract(&mapping->i_pages, (void **)pages, start, last, FAULT_AROUND_PAGES,
		       XA_PRESENT);
	for (unsigned int i = 0; i < n; i++) {
		struct page *page = pages[i];

		if (xa_is_value(page) || !PageUptodate(page) || !try_get_page(page))
			continue;
		if (unlikely(page->mapping != mapping || page->index < start ||
			     page->index > last)) {
			put_page(page);
			continue;
		}
		swapbacked = PageSwapBacked(page);
		mapped += map_around(vmf, page, base + (page->index << PAGE_SHIFT), prot);
	}
	rcu_read_unlock();
	if (!mapped)
		return 0;
	add_mm_counter(vma->vm_mm, swapbacked ? MM_SHMEMPAGES : MM_FILEPAGES, mapped);
	mod_vmstat(NR_FILE_MAPPED, mapped);
	if (truncated_since(vma, seq)) {
		zap_file_range(vma, base + (start << PAGE_SHIFT),
			       base + ((last + 1) << PAGE_SHIFT));
		return 0;
	}
	return pte_none(pte_read(vmf_ptep(vmf))) ? 0 : VM_FAULT_NOPAGE;
}
