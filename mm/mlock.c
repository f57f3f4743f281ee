/* SPDX-License-Identifier: MIT */
/*
 * mlock(2) and friends. Locked memory is faulted in at once and reclaim leaves it alone;
 * RLIMIT_MEMLOCK bounds it.
 */
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <uapi/capability.h>
#include <uapi/mman.h>

#include "internal.h"

static bool over_limit(struct mm_struct *mm, unsigned long pages)
{
	return pages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT && !capable(CAP_IPC_LOCK);
}

/* 0, or -EAGAIN if @bytes more with @vm_flags would be locked beyond the limit. */
int mlock_future_ok(struct mm_struct *mm, unsigned long vm_flags, unsigned long bytes)
{
	if (likely(!(vm_flags & VM_LOCKED)))
		return 0;
	return over_limit(mm, mm->locked_vm + (bytes >> PAGE_SHIFT)) ? -EAGAIN : 0;
}

/* Sets the lock bits of one VMA cut to [start, end). Returns the VMA that follows, through *vma. */
static int mlock_vma(struct mm_struct *mm, struct vm_area_struct **vma, unsigned long start,
		     unsigned long end, unsigned long lock_flags)
{
	unsigned long new_flags = ((*vma)->vm_flags & ~(VM_LOCKED | VM_LOCKONFAULT)) | lock_flags;
	struct vm_area_struct *v = *vma;
	int err;

	if (new_flags == v->vm_flags || (v->vm_flags & VM_SPECIAL))
		return 0;
	err = isolate_vma(mm, &v, start, end);
	if (err)
		return err;
	vm_stat_account(mm, v->vm_flags, -(long)vma_pages(v));
	v->vm_flags = new_flags;
	vm_stat_account(mm, v->vm_flags, vma_pages(v));
	*vma = vma_merge_around(mm, v);
	return 0;
}

static int mlock_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		       unsigned long lock_flags)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long at = start;

	for (; at < end; vma = vma->vm_next) {
		int err;

		if (!vma || vma->vm_start > at)
			return -ENOMEM;
		err = mlock_vma(mm, &vma, start, end, lock_flags);
		if (err)
			return err;
		at = vma->vm_end;
	}
	return 0;
}

static unsigned long locked_pages_in(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	unsigned long n = 0;

	for_each_vma_range(mm, vma, start, end) if (vma->vm_flags & VM_LOCKED) n +=
		(min(vma->vm_end, end) - max(vma->vm_start, start)) >> PAGE_SHIFT;
	return n;
}

static int do_mlock(unsigned long start, size_t len, unsigned long lock_flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end, pages;
	int err;

	if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return -EPERM;
	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	end = start + len;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	pages = mm->locked_vm + (len >> PAGE_SHIFT);
	if (over_limit(mm, pages) && over_limit(mm, pages - locked_pages_in(mm, start, end)))
		err = -ENOMEM;
	else
		err = mlock_range(mm, start, end, lock_flags);
	mmap_write_unlock(mm);
	if (err || (lock_flags & VM_LOCKONFAULT))
		return err;
	err = mm_populate(mm, start, len, false);
	/*
	 * POSIX: EAGAIN when the memory could not be locked, ENOMEM when part of it is not mapped
	 * or may not be touched.
	 */
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

SYSCALL_DEFINE2(mlock, unsigned long, start, size_t, len)
{
	return do_mlock(start, len, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, unsigned long, start, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len,
			(flags & MLOCK_ONFAULT) ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED);
}

SYSCALL_DEFINE2(munlock, unsigned long, start, size_t, len)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	int err;

	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	end = start + len;
	if (end < start)
		return -EINVAL;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	err = mlock_range(mm, start, end, 0);
	mmap_write_unlock(mm);
	return err;
}

/* Every VMA; those that cannot be split for want of memory keep what they had, as in Linux. */
static void mlock_all_vmas(struct mm_struct *mm, unsigned long lock_flags)
{
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next)
		mlock_vma(mm, &vma, vma->vm_start, vma->vm_end, lock_flags);
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	unsigned long lock_flags = (flags & MCL_ONFAULT) ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
	struct mm_struct *mm = current->mm;
	int err;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return -EPERM;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	if ((flags & MCL_CURRENT) && over_limit(mm, mm->total_vm)) {
		err = -ENOMEM;
	} else {
		mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		if (flags & MCL_FUTURE)
			mm->def_flags |= lock_flags;
		if (flags & MCL_CURRENT)
			mlock_all_vmas(mm, lock_flags);
	}
	mmap_write_unlock(mm);
	if (!err && (flags & MCL_CURRENT) && !(flags & MCL_ONFAULT))
		mm_populate(mm, 0, TASK_SIZE, true);
	return err;
}

SYSCALL_DEFINE0(munlockall)
{
	struct mm_struct *mm = current->mm;
	int err = mmap_write_lock_killable(mm);

	if (err)
		return err;
	mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	mlock_all_vmas(mm, 0);
	mmap_write_unlock(mm);
	return 0;
}
