/* SPDX-License-Identifier: MIT */
/* mremap(2): resizing a mapping in place, or moving its page-table entries to another range. */
#include <arch/mmu.h>
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>

#include "internal.h"
#include "vma_lock.h"

struct remap {
	struct mm_struct *mm;
	unsigned long addr, old_len, new_len, new_addr;
	unsigned int flags; /* MREMAP_* */
	unsigned long populate, populate_len; /* locked memory that was added */
};

/* ---- moving entries ---- */

static int move_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		       void *arg)
{
	struct remap *r = arg;

	for (pte_t *ptep = table + first; n--; ptep++, addr += PAGE_SIZE) {
		unsigned long to = addr - r->addr + r->new_addr;
		pte_t *new_table, pte;

		if (pte_none(pte_read(ptep)))
			continue;
		new_table = pgtable_find(r->mm, to);
		pte = pte_xchg(ptep, (pte_t){0});
		if (pte_none(pte))
			continue;
		if (pte_is_swap(pte))
			page_set(virt_to_page(new_table), PG_private);
		pt_mark_used(new_table, pt_index(to, 0));
		pte_set(&new_table[pt_index(to, 0)], pte);
	}
	return 0;
}

/* The tables for the new range, so that moving cannot fail half way. */
static int make_tables(struct remap *r, unsigned long len)
{
	unsigned long end = r->new_addr + len;

	for (unsigned long at = r->new_addr; at < end; at = pt_addr_end(at, end, 1))
		if (!pgtable_make(r->mm, at))
			return -ENOMEM;
	return 0;
}

static void move_range(struct remap *r, unsigned long len)
{
	pgtable_for_each(r->mm, r->addr, r->addr + len, move_leaves, r);
	tlb_flush_range(r->mm, r->addr, r->addr + len, false);
}

static int move_entries(struct remap *r, struct address_space *mapping)
{
	unsigned long len = min(r->old_len, r->new_len);
	int err = len ? pt_prepare(r->mm, r->addr, r->addr + len, PT_OWN | PT_SPLIT) : 0;

	if (!err && len)
		err = make_tables(r, len);

	if (err || !len)
		return err;
	if (!mapping) {
		move_range(r, len);
		return 0;
	}
	/* A truncation must find the entries in one place or the other. */
	down_write(&mapping->i_mmap_rwsem);
	move_range(r, len);
	up_write(&mapping->i_mmap_rwsem);
	return 0;
}

/* ---- moving VMAs ---- */

static struct vm_area_struct *copy_vma_to(struct remap *r, struct vm_area_struct *vma)
{
	struct vm_area_struct *new = vm_area_dup(vma);

	if (!new)
		return NULL;
	new->vm_start = r->new_addr;
	new->vm_end = r->new_addr + r->new_len;
	new->vm_pgoff = linear_page_index(vma, r->addr);
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops &&new->vm_ops->open)
		new->vm_ops->open(new);
	vma_link(r->mm, new);
	return new;
}

static void unlink_copy(struct mm_struct *mm, struct vm_area_struct *new)
{
	vma_unlink(mm, new);
	remove_vma(new);
}

/* The old range after the move: gone, or empty but still mapped (MREMAP_DONTUNMAP). */
static void leave_old(struct remap *r, struct vm_area_struct *vma)
{
	if (!r->old_len)
		return;
	if (!(r->flags & MREMAP_DONTUNMAP)) {
		do_munmap(r->mm, r->addr, r->old_len);
		return;
	}
	if (vma->vm_flags & VM_LOCKED) {
		vm_stat_account(r->mm, vma->vm_flags, -(long)vma_pages(vma));
		vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		vm_stat_account(r->mm, vma->vm_flags, vma_pages(vma));
	}
}

static unsigned long move_vma(struct remap *r, struct vm_area_struct *vma)
{
	struct mm_struct *mm = r->mm;
	unsigned long pages = r->new_len >> PAGE_SHIFT, flags = vma->vm_flags;
	struct vm_area_struct *new;
	int err = -ENOMEM;

	if (mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if ((flags & VM_ACCOUNT) && vm_enough_memory(mm, pages))
		return -ENOMEM;
	vma_start_write(vma);
	new = copy_vma_to(r, vma);
	if (!new)
		goto out_account;
	err = move_entries(r, vma->vm_mapping);
	if (!err && vma->vm_ops && vma->vm_ops->mremap)
		err = vma->vm_ops->mremap(new);
	if (err) {
		zap_vma_range(new, new->vm_start, new->vm_end);
		unlink_copy(mm, new);
		goto out_account;
	}
	vm_stat_account(mm, flags, pages);
	leave_old(r, vma);
	if ((flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED && r->new_len > r->old_len) {
		r->populate = r->new_addr + r->old_len;
		r->populate_len = r->new_len - r->old_len;
	}
	return r->new_addr;
out_account:
	if (flags & VM_ACCOUNT)
		vm_unacct_memory(pages);
	return err;
}

/* ---- what may be done ---- */

/* The VMA to resize, or ERR_PTR. */
static struct vm_area_struct *check_resize(struct remap *r)
{
	struct vm_area_struct *vma = vma_lookup(r->mm, r->addr);
	unsigned long more = r->new_len > r->old_len ? r->new_len - r->old_len : 0;
	pgoff_t pgoff;

	if (!vma)
		return ERR_PTR(-EFAULT);
	if (!r->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if ((r->flags & MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return ERR_PTR(-EINVAL);
	if (r->old_len > vma->vm_end - r->addr)
		return ERR_PTR(-EFAULT);
	if (!more)
		return vma;
	pgoff = linear_page_index(vma, r->addr);
	if (pgoff + (r->new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (mlock_future_ok(r->mm, vma->vm_flags, more))
		return ERR_PTR(-EAGAIN);
	if (!may_expand_vm(r->mm, vma->vm_flags, more >> PAGE_SHIFT))
		return ERR_PTR(-ENOMEM);
	return vma;
}

/* Grows the VMA where it is; false if what follows is in the way. */
static bool expand_in_place(struct remap *r, struct vm_area_struct *vma, int *err)
{
	unsigned long more = r->new_len - r->old_len, end = vma->vm_end + more;

	if (r->addr + r->old_len != vma->vm_end || end < vma->vm_end || end > TASK_SIZE)
		return false;
	if (vma->vm_next && vm_start_gap(vma->vm_next) < end)
		return false;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(r->mm, more >> PAGE_SHIFT)) {
		*err = -ENOMEM;
		return true;
	}
	if ((vma->vm_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED) {
		r->populate = vma->vm_end;
		r->populate_len = more;
	}
	vm_stat_account(r->mm, vma->vm_flags, more >> PAGE_SHIFT);
	vma_adjust(vma, vma->vm_start, end, vma->vm_pgoff);
	vma_merge_around(r->mm, vma);
	return true;
}

/* MREMAP_FIXED, MREMAP_DONTUNMAP. */
static unsigned long remap_to(struct remap *r)
{
	struct vm_area_struct *vma;
	unsigned long at;
	int err;

	if (r->flags & MREMAP_FIXED) {
		if ((r->new_addr & ~PAGE_MASK) || r->new_len > TASK_SIZE ||
		    r->new_addr > TASK_SIZE - r->new_len)
			return -EINVAL;
		if (r->addr + r->old_len > r->new_addr && r->new_addr + r->new_len > r->addr)
			return -EINVAL;
		if (r->new_addr < mmap_min_addr)
			return -EPERM;
		err = do_munmap(r->mm, r->new_addr, r->new_len);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		err = do_munmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	vma = check_resize(r);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if ((r->flags & MREMAP_DONTUNMAP) &&
	    !may_expand_vm(r->mm, vma->vm_flags, r->old_len >> PAGE_SHIFT))
		return -ENOMEM;
	at = get_unmapped_area(r->mm, vma->vm_file, r->new_addr, r->new_len,
			       linear_page_index(vma, r->addr),
			       (r->flags & MREMAP_FIXED) ? MAP_FIXED : 0);
	if (IS_ERR_VALUE(at))
		return at;
	r->new_addr = at;
	return move_vma(r, vma);
}

static unsigned long remap_locked(struct remap *r)
{
	struct vm_area_struct *vma = vma_lookup(r->mm, r->addr);
	unsigned long at;
	int err = 0;

	if (!vma)
		return -EFAULT;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return remap_to(r);
	if (r->old_len >= r->new_len) {
		if (r->old_len > r->new_len)
			err = do_munmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len);
		return err ? (unsigned long)err : r->addr;
	}
	vma = check_resize(r);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (expand_in_place(r, vma, &err))
		return err ? (unsigned long)err : r->addr;
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	at = get_unmapped_area(r->mm, vma->vm_file, 0, r->new_len, linear_page_index(vma, r->addr),
			       0);
	if (IS_ERR_VALUE(at))
		return at;
	r->new_addr = at;
	return move_vma(r, vma);
}

SYSCALL_DEFINE5(mremap, unsigned long, addr, unsigned long, old_len, unsigned long, new_len,
		unsigned long, flags, unsigned long, new_addr)
{
	struct remap r = {
		.mm = current->mm,
		.addr = addr,
		.old_len = PAGE_ALIGN(old_len),
		.new_len = PAGE_ALIGN(new_len),
		.flags = flags,
		.new_addr = new_addr,
	};
	unsigned long ret;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && r.old_len != r.new_len)
		return -EINVAL;
	if ((addr & ~PAGE_MASK) || !r.new_len || r.old_len > TASK_SIZE)
		return -EINVAL;
	if (mmap_write_lock_killable(r.mm))
		return -EINTR;
	ret = remap_locked(&r);
	mmap_write_unlock(r.mm);
	if (r.populate_len)
		mm_populate(r.mm, r.populate, r.populate_len, true);
	return ret;
}
