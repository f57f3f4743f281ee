/* SPDX-License-Identifier: MIT */
/*
 * Kernel access to user pages by page: faulting in ahead of time, and reading and writing address
 * spaces other than the one that is loaded (exec's new program, ptrace, /proc/PID/mem). Copies go
 * through the direct map.
 */
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <lib/string.h>

#include "fault.h"

static int fault_errno(vm_fault_t ret)
{
	return (ret & VM_FAULT_OOM) ? -ENOMEM : -EFAULT;
}

/* May the page be reached this way? FAULT_* for handle_mm_fault(), or -EFAULT. */
static int gup_access(const struct vm_area_struct *vma, unsigned int foll)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EFAULT;
	if (!(foll & FOLL_WRITE)) {
		if (!(vma->vm_flags & VM_READ) &&
		    !((foll & FOLL_FORCE) && (vma->vm_flags & VM_MAYREAD)))
			return -EFAULT;
		return 0;
	}
	if (vma->vm_flags & VM_WRITE)
		return FAULT_WRITE;
	/* A debugger's breakpoint: only into memory that is private to the program. */
	if (!(foll & FOLL_FORCE) || (vma->vm_flags & VM_SHARED) || !(vma->vm_flags & VM_MAYWRITE))
		return -EFAULT;
	return FAULT_WRITE | FAULT_FORCE;
}

/* The present page of @addr with a reference if it serves the access; NULL: a fault is needed. */
static struct page *follow_page(struct vm_area_struct *vma, unsigned long addr, unsigned int fault)
{
	pte_t pte = pgtable_get(vma->vm_mm, addr);
	struct page *page;

	if (!pte_present(pte))
		return NULL;
	page = pfn_to_page(pte_pfn(pte));
	if ((fault & FAULT_WRITE) && !pte_write(pte)) {
		/* A forced write leaves the entry read-only; a copy of our own is good enough. */
		if (!(fault & FAULT_FORCE) || pte_special(pte) || !PageAnon(page) ||
		    page_count(compound_head(page)) != 1)
			return NULL;
	}
	if (!try_get_user_page(page))
		return NULL;
	if (pte_same(pgtable_get(vma->vm_mm, addr), pte))
		return page;
	put_page(page);
	return NULL;
}

static struct page *follow_page_rcu(struct vm_area_struct *vma, unsigned long addr,
				    unsigned int fault)
{
	struct page *page;

	rcu_read_lock();
	page = follow_page(vma, addr, fault);
	rcu_read_unlock();
	return page;
}

int get_user_page(struct mm_struct *mm, unsigned long addr, unsigned int foll, struct page **page)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	int fault = vma ? gup_access(vma, foll) : -EFAULT;

	if (fault < 0)
		return fault;
	while (!(*page = follow_page_rcu(vma, addr, fault))) {
		vm_fault_t ret = handle_mm_fault(vma, addr, fault);

		if (ret & VM_FAULT_ERROR)
			return fault_errno(ret);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

long get_user_pages_fast(unsigned long addr, unsigned long n, unsigned int foll,
			 struct page **pages)
{
	struct mm_struct *mm = current->mm;
	unsigned long got = 0;
	int err = 0;

	mmap_read_lock(mm);
	for (; got < n; got++, addr += PAGE_SIZE) {
		err = get_user_page(mm, addr, foll, &pages[got]);
		if (err)
			break;
	}
	mmap_read_unlock(mm);
	return got ? (long)got : err;
}

/* ---- faulting in ahead ---- */

/* Touches every page of @vma in [start, end). mmap_lock held for reading. */
static int populate_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int fault = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? FAULT_WRITE : 0;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return 0;
	if (!(vma->vm_flags & VM_ACCESS_FLAGS))
		return -EFAULT;
	for (; start < end; start += PAGE_SIZE) {
		vm_fault_t ret = handle_mm_fault(vma, start, fault);

		if (ret & VM_FAULT_ERROR)
			return fault_errno(ret);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len, bool ignore_errors)
{
	unsigned long end = start + len;
	int err = 0;

	while (start < end) {
		struct vm_area_struct *vma;
		unsigned long stop;

		mmap_read_lock(mm);
		vma = find_vma_intersection(mm, start, end);
		if (!vma) {
			mmap_read_unlock(mm);
			return ignore_errors ? 0 : -ENOMEM;
		}
		start = max(start, vma->vm_start);
		/* A piece at a time, so that others get the lock. */
		stop = min3(end, vma->vm_end, start + (256ul << PAGE_SHIFT));
		err = populate_vma(vma, start, stop);
		if (err && ignore_errors && err != -EINTR)
			stop = min(end, vma->vm_end);
		mmap_read_unlock(mm);
		if (err && (!ignore_errors || err == -EINTR))
			return err;
		start = stop;
	}
	return 0;
}

/* ---- other address spaces ---- */

/* The page at @addr for a copy, growing a stack if that is what is missing. */
static int pin_page(struct mm_struct *mm, unsigned long addr, unsigned int foll, struct page **page)
{
	struct vm_area_struct *vma;
	int err;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start > addr && (vma->vm_flags & VM_GROWSDOWN)) {
		mmap_read_unlock(mm);
		mmap_write_lock(mm);
		vma = find_vma(mm, addr);
		if (vma && vma->vm_start > addr)
			expand_stack(vma, addr);
		mmap_write_downgrade(mm);
	}
	err = get_user_page(mm, addr, foll, page);
	mmap_read_unlock(mm);
	return err;
}

static void copied_to_page(struct page *page, void *at, size_t n)
{
	if (page_test(page, PG_cache))
		set_page_dirty(page);
	if (IS_ENABLED(CONFIG_AARCH64))
		arch_sync_icache(at, n);
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int foll)
{
	int done = 0;

	while (done < len) {
		int off = addr & ~PAGE_MASK, n = min(len - done, (int)PAGE_SIZE - off);
		struct page *page;
		char *at;

		if (addr >= TASK_SIZE || pin_page(mm, addr, foll, &page))
			break;
		at = (char *)page_address(page) + off;
		if (foll & FOLL_WRITE) {
			memcpy(at, (char *)buf + done, n);
			copied_to_page(page, at, n);
		} else {
			memcpy((char *)buf + done, at, n);
		}
		put_page(page);
		done += n;
		addr += n;
	}
	return done;
}

struct pages_in_use {
	unsigned long start;
	u64 mask;
};

static int note_in_use(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		       void *arg)
{
	struct pages_in_use *p = arg;

	for (unsigned int i = 0; i < n; i++, addr += PAGE_SIZE)
		if (!pte_none(pte_read(&table[first + i])))
			p->mask |= 1ull << ((addr - p->start) >> PAGE_SHIFT);
	return 0;
}

/* All of a large page is there. */
static int note_block(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	struct pages_in_use *p = arg;

	if (!pt_link_block(link))
		return 0;
	for (; addr < end; addr += PAGE_SIZE)
		p->mask |= 1ull << ((addr - p->start) >> PAGE_SHIFT);
	return PT_WALK_SKIP;
}

u64 mm_pages_in_use(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct pages_in_use p = {.start = start};
	const struct pt_walk w = {.leaves = note_in_use, .link = note_block, .arg = &p};

	mmap_read_lock(mm);
	pgtable_walk_range(mm, start, end, &w);
	mmap_read_unlock(mm);
	return p.mask;
}

int access_process_vm(struct task_struct *task, unsigned long addr, void *buf, int len,
		      unsigned int foll)
{
	struct mm_struct *mm = get_task_mm(task);
	int n;

	if (!mm)
		return 0;
	n = access_remote_vm(mm, addr, buf, len, foll);
	mmput(mm);
	return n;
}

size_t copy_to_mm(struct mm_struct *mm, unsigned long to, const void *from, size_t len, bool force)
{
	return access_remote_vm(mm, to, (void *)from, min_t(size_t, len, INT_MAX),
				FOLL_WRITE | (force ? FOLL_FORCE : 0));
}

size_t copy_from_mm(struct mm_struct *mm, void *to, unsigned long from, size_t len, bool force)
{
	return access_remote_vm(mm, from, to, min_t(size_t, len, INT_MAX), force ? FOLL_FORCE : 0);
}

int copy_user_to_mm(struct mm_struct *mm, unsigned long to, const void __user *from, size_t len)
{
	while (len) {
		size_t off = to & ~PAGE_MASK, n = min(len, PAGE_SIZE - off);
		struct page *page;
		int err = pin_page(mm, to, FOLL_WRITE, &page);

		if (err)
			return err;
		if (copy_from_user((char *)page_address(page) + off, from, n))
			err = -EFAULT;
		put_page(page);
		if (err)
			return err;
		to += n;
		from = (const char __user *)from + n;
		len -= n;
	}
	return 0;
}
