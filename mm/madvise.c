/* SPDX-License-Identifier: MIT */
/*
 * madvise(2). Advice that this kernel cannot take is refused with EINVAL, as by a Linux built
 * without the feature.
 */
#include <arch/mmu.h>
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <mm/madvise.h>
#include <mm/mm.h>
#include <mm/swap.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>

#include "fault.h"
#include "filemap.h"

/* ---- advice that changes VMAs: mmap_lock held for writing ---- */

/* Bits to set and to clear for @advice; false if it is not of this kind or not for @vma. */
static bool advice_flags(const struct vm_area_struct *vma, int advice, unsigned long *set,
			 unsigned long *clear)
{
	*set = *clear = 0;
	switch (advice) {
	case MADV_NORMAL:
		*clear = VM_RAND_READ | VM_SEQ_READ;
		return true;
	case MADV_SEQUENTIAL:
		*set = VM_SEQ_READ;
		*clear = VM_RAND_READ;
		return true;
	case MADV_RANDOM:
		*set = VM_RAND_READ;
		*clear = VM_SEQ_READ;
		return true;
	case MADV_DONTFORK:
		*set = VM_DONTCOPY;
		return true;
	case MADV_DOFORK:
		*clear = VM_DONTCOPY;
		return !(vma->vm_flags & VM_IO);
	case MADV_WIPEONFORK:
		*set = VM_WIPEONFORK;
		return vma_is_anonymous(vma) && !(vma->vm_flags & VM_SHARED);
	case MADV_KEEPONFORK:
		*clear = VM_WIPEONFORK;
		return true;
	case MADV_DONTDUMP:
		*set = VM_DONTDUMP;
		return true;
	case MADV_DODUMP:
		*clear = VM_DONTDUMP;
		return !(vma->vm_flags & VM_SPECIAL);
	case MADV_HUGEPAGE:
		*set = VM_HUGEPAGE;
		*clear = VM_NOHUGEPAGE;
		return !(vma->vm_flags & VM_SPECIAL);
	case MADV_NOHUGEPAGE:
		*set = VM_NOHUGEPAGE;
		*clear = VM_HUGEPAGE;
		return !(vma->vm_flags & VM_SPECIAL);
	}
	return false;
}

static int advise_vma(struct mm_struct *mm, struct vm_area_struct **vmap, unsigned long start,
		      unsigned long end, int advice)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long set, clear, new_flags;
	int err;

	if (!advice_flags(vma, advice, &set, &clear))
		return -EINVAL;
	new_flags = (vma->vm_flags & ~clear) | set;
	if (new_flags == vma->vm_flags)
		return 0;
	err = isolate_vma(mm, &vma, start, end);
	if (err)
		return err;
	vma->vm_flags = new_flags;
	*vmap = vma_merge_around(mm, vma);
	return 0;
}

/* ---- advice about pages: mmap_lock held for reading ---- */

static int cold_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		       void *arg)
{
	for (pte_t *ptep = table + first; n--; ptep++) {
		pte_t pte = pte_read(ptep);

		if (!pte_present(pte) || pte_special(pte))
			continue;
		pte_cmpxchg(ptep, pte, pte_mkold(pte));
		page_clear(compound_head(pfn_to_page(pte_pfn(pte))), PG_referenced);
	}
	return 0;
}

/* Large pages, and tables that others see too, stay as they are. */
static int cold_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	return pt_link_block(link) || pt_link_shared(link) ? PT_WALK_SKIP : 0;
}

static int make_cold(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	const struct pt_walk w = {.leaves = cold_leaves, .link = cold_link};

	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
		return -EINVAL;
	pgtable_walk_range(vma->vm_mm, start, end, &w);
	tlb_flush_range(vma->vm_mm, start, end, false);
	return 0;
}

static int drop_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		      int advice)
{
	unsigned long refuse = VM_PFNMAP | (advice == MADV_DONTNEED_LOCKED ? 0 : VM_LOCKED);

	if (vma->vm_flags & refuse)
		return -EINVAL;
	/* MADV_FREE: the pages may be lost at any time until they are written; that time is now. */
	if (advice == MADV_FREE && !vma_is_anonymous(vma))
		return -EINVAL;
	if (pt_prepare(vma->vm_mm, start, end, PT_EDGES))
		return -ENOMEM;
	zap_vma_range(vma, start, end);
	return 0;
}

/* The referenced page, which is let go. */
static void push_out(struct address_space *mapping, struct page *page)
{
	if (!trylock_page(page)) {
		put_page(page);
		return;
	}
	if (page->mapping == mapping && shmem_mapping(mapping)) {
		shmem_swap_out(page, true);
		return;
	}
	try_drop_cache_page(page);
	unlock_page(page);
	put_page(page);
}

/* MADV_PAGEOUT: private and shared memory leaves for swap, clean pages of files just go. */
static int page_out(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct address_space *mapping = vma->vm_mapping;

	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
		return -EINVAL;
	if (!pt_prepare(vma->vm_mm, start, end, PT_OWN | PT_SPLIT))
		swap_out_range(vma->vm_mm, start, end);
	if (!mapping || (!vma->vm_file && !shmem_mapping(mapping)))
		return 0;
	/* As mincore(2): who may not write the file may not push it out either. */
	if (vma->vm_file && !inode_owner_or_capable(file_inode(vma->vm_file)) &&
	    !(vma->vm_file->f_mode & FMODE_WRITE))
		return 0;
	for (; start < end; start += PAGE_SIZE) {
		struct page *page = find_get_page(mapping, linear_page_index(vma, start));

		if (!page)
			continue;
		push_out(mapping, page);
		cond_resched();
	}
	return 0;
}

static int will_need(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct address_space *mapping = vma->vm_mapping;
	pgoff_t index = linear_page_index(vma, start), last = linear_page_index(vma, end - 1), size;

	if (!mapping || !mapping->a_ops->read_page || !mapping->host || !vma->vm_file)
		return 0;
	size = (i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	while (index <= last && index < size) {
		filemap_read_ahead(mapping, vma->vm_file, index, min(last, size - 1));
		index += max(vma->vm_file->f_ra_size, 1u);
	}
	return 0;
}

static int advise_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return drop_pages(vma, start, end, advice);
	case MADV_WILLNEED:
		return will_need(vma, start, end);
	case MADV_COLD:
		return make_cold(vma, start, end);
	case MADV_PAGEOUT:
		return page_out(vma, start, end);
	}
	return -EINVAL;
}

/* ---- walking the range ---- */

static bool advice_for_vmas(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_SEQUENTIAL:
	case MADV_RANDOM:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return true;
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
		return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE);
	}
	return false;
}

static bool advice_for_pages(int advice)
{
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE ||
	       advice == MADV_WILLNEED || advice == MADV_COLD || advice == MADV_PAGEOUT;
}

/* Parts that are not mapped do not stop the rest from being advised, but are reported: ENOMEM. */
static int advise_range(struct mm_struct *mm, unsigned long start, unsigned long end, int advice)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	bool vmas = advice_for_vmas(advice);
	int err = 0, ret;

	for (; start < end; vma = vma->vm_next) {
		if (!vma)
			return -ENOMEM;
		if (vma->vm_start > start) {
			err = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				break;
		}
		if (vmas)
			ret = advise_vma(mm, &vma, start, end, advice);
		else
			ret = advise_pages(vma, start, min(vma->vm_end, end), advice);
		if (ret)
			return ret;
		start = vma->vm_end;
	}
	return err;
}

/*
 * MADV_REMOVE: a hole in the object behind a shared mapping. The lock is dropped around the file
 * system's work.
 */
static int remove_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	while (start < end) {
		struct vm_area_struct *vma;
		struct file *file = NULL;
		unsigned long stop = end;
		loff_t offset = 0;
		int err = -ENOMEM;

		mmap_read_lock(mm);
		vma = vma_lookup(mm, start);
		if (vma) {
			err = -EINVAL;
			stop = min(end, vma->vm_end);
			offset = (loff_t)linear_page_index(vma, start) << PAGE_SHIFT;
			if (!(vma->vm_flags & VM_LOCKED) && vma->vm_file && vma->vm_mapping)
				err = (vma->vm_flags & (VM_SHARED | VM_WRITE)) ==
						      (VM_SHARED | VM_WRITE) ?
					      0 :
					      -EACCES;
			if (!err)
				file = get_file(vma->vm_file);
		}
		mmap_read_unlock(mm);
		if (err)
			return err;
		err = vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
				    stop - start);
		fput(file);
		if (err)
			return err;
		start = stop;
	}
	return 0;
}

static int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			  unsigned int foll)
{
	int err = 0;

	for (; start < end && !err; start += PAGE_SIZE) {
		struct vm_area_struct *vma;
		struct page *page;

		mmap_read_lock(mm);
		vma = vma_lookup(mm, start);
		if (!vma)
			err = -ENOMEM;
		else if (vma->vm_flags & (VM_IO | VM_PFNMAP))
			err = -EINVAL;
		else if (!(vma->vm_flags & (foll ? VM_WRITE : VM_READ)))
			err = -EINVAL;
		else
			err = get_user_page(mm, start, foll, &page);
		mmap_read_unlock(mm);
		if (!err)
			put_page(page);
	}
	return err;
}

int do_madvise(struct mm_struct *mm, unsigned long start, size_t len_in, int advice)
{
	unsigned long len = PAGE_ALIGN(len_in), end = start + len;
	bool vmas = advice_for_vmas(advice);
	int err;

	if (!vmas && !advice_for_pages(advice) && advice != MADV_REMOVE &&
	    advice != MADV_POPULATE_READ && advice != MADV_POPULATE_WRITE)
		return -EINVAL;
	if ((start & ~PAGE_MASK) || (len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (advice == MADV_REMOVE)
		return remove_range(mm, start, end);
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return populate_range(mm, start, end,
				      advice == MADV_POPULATE_WRITE ? FOLL_WRITE : 0);
	if (!vmas) {
		mmap_read_lock(mm);
		err = advise_range(mm, start, end, advice);
		mmap_read_unlock(mm);
		return err;
	}
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	err = advise_range(mm, start, end, advice);
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len, int, advice)
{
	return do_madvise(current->mm, start, len, advice);
}
