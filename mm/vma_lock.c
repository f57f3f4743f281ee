/* SPDX-License-Identifier: MIT */
/* The parts of a VMA's lock that are not on the way of every fault. The rules: vma_lock.h. */
#include <kernel/init.h>
#include <kernel/wait.h>
#include <lib/hash.h>

#include "vma_lock.h"

/* Down a tree that somebody may be changing: no longer than the highest tree there can be. */
#define MAX_HEIGHT 64

#define WAIT_BITS  3
/* Writers that wait for readers, by the VMA's address. */
static struct wait_queue_head vma_waits[1 << WAIT_BITS];

/* One for all: only one VMA is locked at a time, but by a writer that holds mmap_lock. */
struct lockdep_map vma_lockdep_map = LOCKDEP_MAP_INIT("vma_lock");

void vma_lock_ctor(void *p)
{
	struct vm_area_struct *vma = p;

	atomic_init(&vma->vm_readers, 0);
	atomic_init(&vma->vm_lock_seq, VMA_DETACHED);
}

void __init vma_lock_boot(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(vma_waits); i++)
		init_waitqueue_head(&vma_waits[i]);
}

static struct wait_queue_head *wait_queue_of(const struct vm_area_struct *vma)
{
	return &vma_waits[hash_ptr(vma, WAIT_BITS)];
}

struct vm_area_struct *find_vma_rcu(struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *node = READ_ONCE(mm->mm_rb.rb_node);

	for (unsigned int i = 0; node && i < MAX_HEIGHT; i++) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);

		if (addr < READ_ONCE(vma->vm_start))
			node = READ_ONCE(node->rb_left);
		else if (addr < READ_ONCE(vma->vm_end))
			return vma;
		else
			node = READ_ONCE(node->rb_right);
	}
	return NULL;
}

void vma_wait_for_readers(struct vm_area_struct *vma)
{
	atomic_fetch_or_explicit(&vma->vm_readers, VMA_WRITER_WAITS, memory_order_seq_cst);
	wait_event(*wait_queue_of(vma),
		   atomic_load_explicit(&vma->vm_readers, memory_order_seq_cst) ==
			   VMA_WRITER_WAITS);
	atomic_fetch_and_explicit(&vma->vm_readers, ~VMA_WRITER_WAITS, memory_order_seq_cst);
}

void vma_wake_writer(const struct vm_area_struct *vma)
{
	wake_up(wait_queue_of(vma));
}
