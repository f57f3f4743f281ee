/* SPDX-License-Identifier: MIT */
/* msync(2) and mincore(2). */
#include <fs/fs.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <uapi/mman.h>

#include "fault.h"

/*
 * Writes back [start, end) of the file mapped at @start, with the lock dropped meanwhile; *next is
 * where to go on.
 */
static int sync_piece(struct mm_struct *mm, unsigned long start, unsigned long end, int flags,
		      unsigned long *next)
{
	struct vm_area_struct *vma;
	struct file *file = NULL;
	loff_t from = 0;
	int err = 0;

	mmap_read_lock(mm);
	vma = find_vma(mm, start);
	if (!vma || vma->vm_start > start) {
		*next = vma ? min(vma->vm_start, end) : end;
		mmap_read_unlock(mm);
		return -ENOMEM;
	}
	*next = min(vma->vm_end, end);
	if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED))
		err = -EBUSY;
	if (!err && (flags & MS_SYNC) && vma->vm_file && (vma->vm_flags & VM_SHARED)) {
		file = get_file(vma->vm_file);
		from = (loff_t)linear_page_index(vma, start) << PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	if (file) {
		err = vfs_fsync_range(file, from, from + (*next - start) - 1, 1);
		fput(file);
	}
	return err;
}

SYSCALL_DEFINE3(msync, unsigned long, start, size_t, len, int, flags)
{
	unsigned long end;
	int err = 0, ret;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if ((start & ~PAGE_MASK) || ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -ENOMEM;
	while (start < end) {
		unsigned long next;

		ret = sync_piece(current->mm, start, end, flags, &next);
		if (ret && ret != -ENOMEM)
			return ret;
		err = err ? err : ret;
		start = next;
	}
	return err;
}

/* ---- mincore ---- */

/* Only who may write a file may learn what of it is in memory. */
static bool may_tell(const struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return true;
	return inode_owner_or_capable(file_inode(vma->vm_file)) ||
	       (vma->vm_file->f_mode & FMODE_WRITE);
}

static u8 page_resident(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	pte_t pte;

	if (!may_tell(vma))
		return 1;
	rcu_read_lock();
	pte = pgtable_get(vma->vm_mm, addr);
	rcu_read_unlock();
	if (pte_present(pte))
		return 1;
	if (pte_is_swap(pte))
		page = swap_cache_get(pte_swap_val(pte));
	else if (vma->vm_mapping)
		page = find_get_page(vma->vm_mapping, linear_page_index(vma, addr));
	else
		return 0;
	if (!page)
		return 0;
	put_page(page);
	return 1;
}

/* At most a page of answers. Pages done or -ENOMEM. */
static long mincore_piece(struct mm_struct *mm, unsigned long start, unsigned long pages, u8 *vec)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, start);
	if (!vma) {
		mmap_read_unlock(mm);
		return -ENOMEM;
	}
	pages = min3(pages, (vma->vm_end - start) >> PAGE_SHIFT, PAGE_SIZE);
	for (unsigned long i = 0; i < pages; i++)
		vec[i] = page_resident(vma, start + (i << PAGE_SHIFT));
	mmap_read_unlock(mm);
	return pages;
}

SYSCALL_DEFINE3(mincore, unsigned long, start, size_t, len, unsigned char __user *, uvec)
{
	unsigned long pages = PFN_UP(len);
	long n = 0;
	u8 *vec;

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!access_ok(start, len))
		return -ENOMEM;
	if (!access_ok(uvec, pages))
		return -EFAULT;
	vec = (u8 *)__get_free_page(GFP_KERNEL);
	if (!vec)
		return -EAGAIN;
	while (pages) {
		n = mincore_piece(current->mm, start, pages, vec);
		if (n > 0 && copy_to_user(uvec, vec, n))
			n = -EFAULT;
		if (n <= 0)
			break;
		pages -= n;
		uvec += n;
		start += (unsigned long)n << PAGE_SHIFT;
	}
	free_page((unsigned long)vec);
	return n < 0 ? n : 0;
}
