/* SPDX-License-Identifier: MIT */
/* A fault on an entry whose page is in a swap area: <mm/swap.h>. */
#include <arch/mmu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/err.h>
#include <mm/swap.h>

#include "fault.h"

/*
 * These two give the slot's page locked and make the caller a user of the slot, so that it names
 * nothing else meanwhile. ERR_PTR(-EAGAIN): look again; -EIO, -ENOMEM.
 */
static struct page *lock_cached(struct page *page, u64 entry)
{
	int err = -EAGAIN;

	lock_page(page);
	if (page->private == entry && swap_dup_page(page)) {
		if (PageUptodate(page))
			return page;
		swap_put(entry);
		err = -EIO;
	}
	unlock_page(page);
	put_page(page);
	return ERR_PTR(err);
}

static struct page *read_slot(u64 entry)
{
	struct page *page = alloc_anon_page(0);
	int err;

	if (!page)
		return ERR_PTR(-ENOMEM);
	page_set(page, PG_locked);
	err = swap_cache_add(entry, page) ? -EAGAIN : 0;
	if (!err) {
		err = swap_rw(entry, &page, 1, false);
		if (!err) {
			SetPageUptodate(page);
			return page;
		}
		pr_warn_ratelimited("swap: read failed: %d\n", err);
		swap_cache_drop(page, true);
		swap_put(entry);
		err = -EIO;
	}
	unlock_page(page);
	put_page(page);
	return ERR_PTR(err);
}

/* The entry leads to the locked page from now on, read-only. False: somebody changed it. */
static bool install_swapped(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	u32 prot = (vma->vm_prot & ~PT_WRITE) | PT_DIRTY | PT_YOUNG;
	pte_t new = pte_make(page_to_phys(page), prot, 0);

	sync_icache_page(vma, page);
	vma->vm_has_anon = true;
	if (!pte_cmpxchg(vmf_ptep(vmf), vmf->orig_pte, new))
		return false;
	add_mm_counter(vma->vm_mm, MM_SWAPENTS, -1);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, 1);
	vmf->orig_pte = new;
	return true;
}

struct page *swap_get_page(u64 entry)
{
	struct page *page = swap_cache_get(entry);

	return page ? lock_cached(page, entry) : read_slot(entry);
}

vm_fault_t do_swap_fault(struct vm_fault *vmf)
{
	u64 entry = pte_swap_val(vmf->orig_pte);
	struct page *page = swap_cache_get(entry);
	vm_fault_t ret = page ? 0 : VM_FAULT_MAJOR;

	page = page ? lock_cached(page, entry) : read_slot(entry);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM :
		       PTR_ERR(page) == -EIO	? VM_FAULT_SIGBUS :
						  0;
	get_page(page); /* the table's */
	if (install_swapped(vmf, page))
		swap_put(entry);
	else
		put_page(page);
	swap_put(entry);
	unlock_page(page);
	put_page(page);
	return ret;
}
