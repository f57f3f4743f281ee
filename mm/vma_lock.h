/* SPDX-License-Identifier: MIT */
/*
 * The lock of one VMA: page faults take it for reading instead of mmap_lock, so that threads fault
 * in parallel with each other and with whoever changes the rest of the address space.
 *
 * A VMA is written to by who holds mmap_lock for writing and has called vma_start_write() for it;
 * there is no end for one VMA: all are free again when mmap_lock is released (or downgraded). For
 * this the mm has a number that grows with each such release, and a VMA the number of when it was
 * last locked:
 *
 *	vm_lock_seq <  mm->vma_lock_seq		readers may come in
 *	vm_lock_seq == mm->vma_lock_seq		locked for writing
 *	vm_lock_seq == VMA_DETACHED		in no address space (yet, or any more)
 *
 *	fault					vma_start_write()
 *	  vm_readers++				  vm_lock_seq = mm->vma_lock_seq
 *	  read vm_lock_seq			  read vm_readers
 *	  not below: vm_readers--, give up	  not 0: sleep until it is
 *
 * all seq_cst, so at least one of the two sees the other. A reader never waits here: it falls back
 * to mmap_lock.
 *
 * Readers find the VMA without a lock, by the hint or down the tree, in an RCU read section. VMAs
 * are SLAB_TYPESAFE_BY_RCU: what was found may be another VMA by now, of another mm even, so the
 * reader looks at vm_lock_seq, vm_mm and the bounds, in this order, once it is counted. vm_readers
 * is therefore never initialised but by the constructor. A reader may miss a VMA while the tree is
 * being rotated; then too it falls back.
 */
#ifndef MM_VMA_LOCK_H
#define MM_VMA_LOCK_H

#include <kernel/rcupdate.h>
#include <mm/mm.h>

#define VMA_DETACHED ULONG_MAX

#ifdef CONFIG_PER_VMA_LOCK
/* For the cache of VMAs, and how much of one is cleared or copied when another is made. */
#define VMA_SLAB_FLAGS	 SLAB_TYPESAFE_BY_RCU
#define VMA_CTOR	 vma_lock_ctor
#define VMA_COPIED_SIZE	 offsetof(struct vm_area_struct, vm_lock_seq)
#define VMA_WRITER_WAITS 0x40000000 /* in vm_readers: a writer sleeps until no reader is left */

extern struct lockdep_map vma_lockdep_map;

/* What holds @addr, or NULL; may be stale or miss it. RCU read section. */
struct vm_area_struct *find_vma_rcu(struct mm_struct *mm, unsigned long addr);
void vma_wait_for_readers(struct vm_area_struct *vma);
void vma_wake_writer(const struct vm_area_struct *vma);

static __always_inline bool vma_holds(const struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start = READ_ONCE(vma->vm_start);

	return addr - start < READ_ONCE(vma->vm_end) - start;
}

static __always_inline void vma_uncount_reader(struct vm_area_struct *vma)
{
	/* @vma may be gone after this, but for its address. */
	if (unlikely(atomic_fetch_sub_explicit(&vma->vm_readers, 1, memory_order_seq_cst) ==
		     (VMA_WRITER_WAITS | 1)))
		vma_wake_writer(vma);
}

/*
 * The VMA of current's @mm that holds @addr, locked for reading, or NULL: ask again under
 * mmap_lock.
 */
static __always_inline struct vm_area_struct *vma_start_read(struct mm_struct *mm,
							     unsigned long addr)
{
	struct vm_area_struct *vma;

	rcu_read_lock();
	vma = READ_ONCE(mm->vma_cache);
	if (unlikely(!vma || !vma_holds(vma, addr))) {
		vma = find_vma_rcu(mm, addr);
		if (unlikely(!vma))
			goto out;
	}
	atomic_fetch_add_explicit(&vma->vm_readers, 1, memory_order_seq_cst);
	/* Acquire: what was written until mmap_lock was released is seen. */
	if (likely(atomic_load_explicit(&vma->vm_lock_seq, memory_order_seq_cst) <
			   atomic_load_explicit(&mm->vma_lock_seq, memory_order_acquire) &&
		   vma->vm_mm == mm && vma_holds(vma, addr))) {
		if (unlikely(READ_ONCE(mm->vma_cache) != vma))
			WRITE_ONCE(mm->vma_cache, vma); /* it cannot be unlinked now */
		lock_acquire(&vma_lockdep_map, 0, true, true, LOCKDEP_SLEEP, _RET_IP_);
	} else {
		vma_uncount_reader(vma);
		vma = NULL;
	}
out:
	rcu_read_unlock();
	return vma;
}

static __always_inline void vma_end_read(struct vm_area_struct *vma)
{
	lock_release(&vma_lockdep_map, _RET_IP_);
	vma_uncount_reader(vma);
}

/*
 * No fault is under way in @vma, and none begins, until mmap_lock, held for writing, is released.
 * Before anything of @vma or of its page-table entries changes that a fault relies on. May sleep.
 */
static __always_inline void vma_start_write(struct vm_area_struct *vma)
{
	unsigned long seq = atomic_load_explicit(&vma->vm_mm->vma_lock_seq, memory_order_relaxed);

	if (atomic_load_explicit(&vma->vm_lock_seq, memory_order_relaxed) == seq)
		return;
	/* Here, not with a reader in: what a fault may hold, who waits for it must not. */
	lock_acquire(&vma_lockdep_map, 0, false, false, LOCKDEP_SLEEP, _RET_IP_);
	atomic_store_explicit(&vma->vm_lock_seq, seq, memory_order_seq_cst);
	if (unlikely(atomic_load_explicit(&vma->vm_readers, memory_order_seq_cst)))
		vma_wait_for_readers(vma);
	lock_release(&vma_lockdep_map, _RET_IP_);
}

/* @vma enters its mm's tree, locked for writing. */
static __always_inline void vma_mark_attached(struct vm_area_struct *vma)
{
	unsigned long seq = atomic_load_explicit(&vma->vm_mm->vma_lock_seq, memory_order_relaxed);

	atomic_store_explicit(&vma->vm_lock_seq, seq, memory_order_release);
}

/* It leaves: @vma is locked for writing, and is so to readers for ever. */
static __always_inline void vma_mark_detached(struct vm_area_struct *vma)
{
	atomic_store_explicit(&vma->vm_lock_seq, VMA_DETACHED, memory_order_relaxed);
}

void vma_lock_ctor(void *vma);
void vma_lock_boot(void);
#else
#define VMA_SLAB_FLAGS	0
#define VMA_CTOR	NULL
#define VMA_COPIED_SIZE sizeof(struct vm_area_struct)
static inline struct vm_area_struct *vma_start_read(struct mm_struct *mm, unsigned long addr)
{
	return NULL;
}
static inline void vma_end_read(struct vm_area_struct *vma)
{
}
static inline void vma_start_write(struct vm_area_struct *vma)
{
}
static inline void vma_mark_attached(struct vm_area_struct *vma)
{
}
static inline void vma_mark_detached(struct vm_area_struct *vma)
{
}
static inline void vma_lock_boot(void)
{
}
#endif

#endif
