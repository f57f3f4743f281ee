/* SPDX-License-Identifier: MIT */
/* mprotect(2). */
#include <arch/mmu.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>

#include "internal.h"

struct change {
	struct vm_area_struct *vma;
	u32 prot; /* for entries that stay read-only */
	bool changed;
};

/*
 * The entry as the VMA's new permissions want it. Write permission comes back only to pages that
 * need no fault first.
 */
static pte_t changed_pte(const struct change *c, pte_t pte)
{
	bool writable = c->vma->vm_flags & VM_WRITE;
	pte_t new = pte_modify(pte, c->prot);

	if (!writable || (pte_special(pte) && !(c->vma->vm_flags & VM_PFNMAP)))
		return new;
	if (pte_write(pte) || pte_special(pte))
		return pte_mkwrite(new);
	if (!(c->vma->vm_flags & VM_SHARED)) {
		struct page *page = pfn_to_page(pte_pfn(pte));

		if (PageAnon(page) && page_count(compound_head(page)) == 1 && pte_dirty(pte))
			return pte_mkwrite(new);
	}
	return new;
}

/* Wholly inside the range (pt_prepare()). */
static void change_block(struct change *c, pte_t *entry, pte_t pte)
{
	pte_t new;

	do {
		if (!pte_leaf(pte, 1))
			return;
		new = pte_modify(pte, c->prot);
		if ((c->vma->vm_flags & VM_WRITE) &&
		    (pte_write(pte) || page_count(pfn_to_page(pte_pfn(pte))) == 1))
			new = pte_mkwrite(pte_mkdirty(new));
	} while (!pte_cmpxchg(entry, pte, new) && (pte = pt_read_link(entry), true));
	c->changed = true;
}

static int change_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	if (!pt_link_block(link))
		return 0;
	change_block(arg, entry, link);
	return PT_WALK_SKIP;
}

static int change_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
			 void *arg)
{
	struct change *c = arg;

	for (pte_t *ptep = table + first; n--; ptep++) {
		pte_t pte = pte_read(ptep);

		while (pte_present(pte) && !pte_cmpxchg(ptep, pte, changed_pte(c, pte)))
			pte = pte_read(ptep);
		c->changed |= pte_present(pte);
	}
	return 0;
}

void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct change c = {.vma = vma, .prot = vma->vm_prot & ~PT_WRITE};
	const struct pt_walk w = {.leaves = change_leaves, .link = change_link, .arg = &c};

	pgtable_walk_range(vma->vm_mm, start, end, &w);
	if (c.changed)
		tlb_flush_range(vma->vm_mm, start, end, false);
}

/* One VMA, wholly inside the range, gets @new_flags. */
static int protect_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long new_flags)
{
	unsigned long pages = vma_pages(vma), old_flags = vma->vm_flags;

	if (pt_prepare(mm, vma->vm_start, vma->vm_end, PT_OWN))
		return -ENOMEM;
	if ((new_flags & VM_WRITE) && !(old_flags & VM_WRITE)) {
		if (!may_expand_vm(mm, new_flags, 0) && may_expand_vm(mm, old_flags, 0))
			return -ENOMEM;
		/*
		 * Private memory that could not be written becomes committed; it stays so when
		 * write is taken away again.
		 */
		if (!(old_flags & (VM_ACCOUNT | VM_SHARED | VM_NORESERVE))) {
			if (vm_enough_memory(mm, pages))
				return -ENOMEM;
			new_flags |= VM_ACCOUNT;
		}
	}
	vm_stat_account(mm, old_flags, -(long)pages);
	vm_stat_account(mm, new_flags, pages);
	vma->vm_flags = new_flags;
	vma_set_prot(vma);
	change_protection(vma, vma->vm_start, vma->vm_end);
	return 0;
}

static int protect_range(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, unsigned long prot_flags)
{
	unsigned long at = start;
	int err;

	for (; at < end; vma = vma->vm_next) {
		unsigned long new_flags;

		if (!vma || vma->vm_start > at)
			return -ENOMEM;
		new_flags = (vma->vm_flags & ~VM_ACCESS_FLAGS) | prot_flags;
		if (new_flags & ~(new_flags >> 4) & VM_ACCESS_FLAGS)
			return -EACCES;
		at = vma->vm_end;
		if (new_flags == vma->vm_flags)
			continue;
		err = isolate_vma(mm, &vma, start, end);
		if (!err)
			err = protect_vma(mm, vma, new_flags);
		if (err)
			return err;
		vma = vma_merge_around(mm, vma);
		at = vma->vm_end;
	}
	return 0;
}

static int mprotect_locked(struct mm_struct *mm, unsigned long start, unsigned long end,
			   unsigned long prot, bool grows)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	if (!vma)
		return -ENOMEM;
	if (grows) {
		if (vma->vm_start >= end)
			return -ENOMEM;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
		start = vma->vm_start;
	} else if (vma->vm_start > start) {
		return -ENOMEM;
	}
	return protect_range(mm, vma, start, end, mmap_vm_flags(prot, 0));
}

int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long len, unsigned long prot)
{
	bool grows = prot & PROT_GROWSDOWN;
	unsigned long end;
	int err;

	prot &= ~PROT_GROWSDOWN;
	if ((start & ~PAGE_MASK) || (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + PAGE_ALIGN(len);
	if (end <= start || end > TASK_SIZE)
		return -ENOMEM;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	err = mprotect_locked(mm, start, end, prot, grows);
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return do_mprotect(current->mm, start, len, prot);
}
