/* SPDX-License-Identifier: MIT */
/*
 * The set of VMAs of an address space: a list by address and a red-black tree that knows, for each
 * subtree, the largest free gap before one of its VMAs, so that lookup and the search for free
 * space are O(log n). VMAs never overlap and are never empty. All functions expect mmap_lock, for
 * writing unless they only look. What changes a VMA that faults may have found locks it against
 * them first: vma_lock.h.
 */
#include <fs/fs.h>
#include <kernel/bug.h>
#include <lib/rbtree.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#include "i_mmap.h"
#include "internal.h"
#include "vma_lock.h"

static struct kmem_cache *vma_cachep __ro_after_init;

void __init vma_cache_init(void)
{
	vma_lock_boot();
	/* By type, because faults find VMAs without a lock: vma_lock.h. */
	vma_cachep = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct),
				       __alignof__(struct vm_area_struct),
				       SLAB_PANIC | VMA_SLAB_FLAGS, VMA_CTOR);
}

/* What of a VMA is cleared or copied when another is made: the compiler sees that it is aligned. */
struct vma_words {
	unsigned long word[VMA_COPIED_SIZE / sizeof(unsigned long)];
};

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vma_cachep, GFP_KERNEL);

	if (vma) {
		*(struct vma_words *)vma = (struct vma_words){};
		vma->vm_mm = mm;
	}
	return vma;
}

struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vma_cachep, GFP_KERNEL);

	if (vma) {
		*(struct vma_words *)vma = *(const struct vma_words *)orig;
		vma->vm_next = vma->vm_prev = NULL;
	}
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vma_cachep, vma);
}

void vma_set_prot(struct vm_area_struct *vma)
{
	vma->vm_prot = vm_get_prot(vma->vm_flags) | (vma->vm_prot & (PT_DEVICE | PT_WC));
}

/* ---- the tree ---- */

unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vma->vm_start;

	if (vma->vm_flags & VM_GROWSDOWN)
		start = start > STACK_GUARD_GAP ? start - STACK_GUARD_GAP : 0;
	return start;
}

static inline unsigned long vma_gap(const struct vm_area_struct *vma)
{
	unsigned long prev_end = vma->vm_prev ? vma->vm_prev->vm_end : 0, start = vm_start_gap(vma);

	return start > prev_end ? start - prev_end : 0;
}

RB_DECLARE_CALLBACKS_MAX(vma_gap_cb, struct vm_area_struct, vm_rb, unsigned long, rb_subtree_gap,
			 vma_gap);

static inline struct vm_area_struct *vma_of(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

static inline void vma_gap_update(struct vm_area_struct *vma)
{
	vma_gap_cb.propagate(&vma->vm_rb, NULL);
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->vma_cache), *best = NULL;
	struct rb_node *node;

	if (likely(vma && vma->vm_start <= addr && addr < vma->vm_end))
		return vma;
	for (node = mm->mm_rb.rb_node; node;) {
		vma = vma_of(node);
		if (vma->vm_end > addr) {
			best = vma;
			if (vma->vm_start <= addr)
				break;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (best)
		WRITE_ONCE(mm->vma_cache, best);
	return best;
}

static void tree_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL;
	struct vm_area_struct *prev = NULL, *next;

	while (*link) {
		parent = *link;
		if (vma->vm_start < vma_of(parent)->vm_start) {
			link = &parent->rb_left;
		} else {
			prev = vma_of(parent);
			link = &parent->rb_right;
		}
	}
	next = prev ? prev->vm_next : mm->mmap;
	vma->vm_prev = prev;
	vma->vm_next = next;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	vma->rb_subtree_gap = 0;
	rb_link_node_rcu(&vma->vm_rb, parent, link);
	if (next) {
		next->vm_prev = vma;
		vma_gap_update(next);
	}
	vma_gap_update(vma);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_cb);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_mark_attached(vma);
	tree_insert(mm, vma);
	mm->map_count++;
	vma_link_file(vma);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	vma_start_write(vma);
	vma_mark_detached(vma);
	vma_unlink_file(vma);
	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_cb);
	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next) {
		next->vm_prev = prev;
		vma_gap_update(next);
	}
	mm->map_count--;
	if (mm->vma_cache == vma)
		mm->vma_cache = NULL;
}

static __always_inline void set_bounds(struct vm_area_struct *vma, unsigned long start,
				       unsigned long end, pgoff_t pgoff)
{
	bool start_moves = vma->vm_start != start, end_moves = vma->vm_end != end;

	vma_start_write(vma);
	vma_unlink_file(vma);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	if (start_moves)
		vma_gap_update(vma);
	if (end_moves && vma->vm_next)
		vma_gap_update(vma->vm_next);
	vma_link_file(vma);
}

void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff)
{
	set_bounds(vma, start, end, pgoff);
}

/* The VMA is unlinked: gives back what it holds. */
void remove_vma(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* ---- free space ---- */

struct gap_request {
	unsigned long len, low, high;
};

static inline bool gap_fits(const struct gap_request *r, unsigned long *lo, unsigned long *hi)
{
	*lo = max(*lo, r->low);
	*hi = min(*hi, r->high);
	return *hi > *lo && *hi - *lo >= r->len;
}

static unsigned long prev_end(const struct vm_area_struct *vma)
{
	return vma->vm_prev ? vma->vm_prev->vm_end : 0;
}

/*
 * The end of the highest fitting gap before a VMA of this subtree; 0: none. Recursion is as deep as
 * the tree is high (32 for 65536 VMAs).
 */
static unsigned long gap_highest(struct rb_node *node, const struct gap_request *r)
{
	struct vm_area_struct *vma = rb_entry_safe(node, struct vm_area_struct, vm_rb);
	unsigned long lo, hi, found = 0;

	if (!vma || vma->rb_subtree_gap < r->len)
		return 0;
	if (vma->vm_end < r->high)
		found = gap_highest(node->rb_right, r);
	if (found)
		return found;
	lo = prev_end(vma);
	hi = vm_start_gap(vma);
	if (gap_fits(r, &lo, &hi))
		return hi;
	return vma->vm_start > r->low ? gap_highest(node->rb_left, r) : 0;
}

/* The start of the lowest one; ULONG_MAX: none. */
static unsigned long gap_lowest(struct rb_node *node, const struct gap_request *r)
{
	struct vm_area_struct *vma = rb_entry_safe(node, struct vm_area_struct, vm_rb);
	unsigned long lo, hi, found = ULONG_MAX;

	if (!vma || vma->rb_subtree_gap < r->len)
		return ULONG_MAX;
	if (vma->vm_start > r->low)
		found = gap_lowest(node->rb_left, r);
	if (found != ULONG_MAX)
		return found;
	lo = prev_end(vma);
	hi = vm_start_gap(vma);
	if (gap_fits(r, &lo, &hi))
		return lo;
	return vma->vm_end < r->high ? gap_lowest(node->rb_right, r) : ULONG_MAX;
}

/* End of the highest VMA. */
static unsigned long highest_end(struct mm_struct *mm)
{
	struct rb_node *last = rb_last(&mm->mm_rb);

	return last ? vma_of(last)->vm_end : 0;
}

unsigned long vma_gap_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
			      unsigned long high)
{
	const struct gap_request r = {len, low, high};
	unsigned long lo = highest_end(mm), hi = high;

	if (!gap_fits(&r, &lo, &hi))
		hi = gap_highest(mm->mm_rb.rb_node, &r);
	return hi ? hi - len : (unsigned long)-ENOMEM;
}

unsigned long vma_gap_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high)
{
	const struct gap_request r = {len, low, high};
	unsigned long lo = gap_lowest(mm->mm_rb.rb_node, &r), hi = high;

	if (lo != ULONG_MAX)
		return lo;
	lo = highest_end(mm);
	return gap_fits(&r, &lo, &hi) ? lo : (unsigned long)-ENOMEM;
}

/* ---- split and merge ---- */

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *new;
	int err;

	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	if (vma->vm_ops && vma->vm_ops->may_split) {
		err = vma->vm_ops->may_split(vma, addr);
		if (err)
			return err;
	}
	err = pt_prepare(mm, addr & ~(PT_SPAN(1) - 1), addr, PT_EDGES);
	if (err)
		return err;
	vma_start_write(vma); /* vm_has_anon too is the same in both */
	new = vm_area_dup(vma);
	if (!new)
		return -ENOMEM;
	new->vm_start = addr;
	new->vm_pgoff = linear_page_index(vma, addr);
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops &&new->vm_ops->open)
		new->vm_ops->open(new);
	set_bounds(vma, vma->vm_start, addr, vma->vm_pgoff);
	vma_link(mm, new);
	return 0;
}

int isolate_vma(struct mm_struct *mm, struct vm_area_struct **vma, unsigned long start,
		unsigned long end)
{
	int err = 0;

	if ((*vma)->vm_start < start) {
		err = split_vma(mm, *vma, start);
		if (err)
			return err;
		*vma = (*vma)->vm_next;
	}
	if ((*vma)->vm_end > end)
		err = split_vma(mm, *vma, end);
	if (!err)
		vma_start_write(*vma);
	return err;
}

static bool may_merge(const struct vm_area_struct *vma, unsigned long vm_flags,
		      const struct file *file)
{
	return vma->vm_flags == vm_flags && !(vm_flags & VM_SPECIAL) && vma->vm_file == file &&
	       !(vma->vm_ops && vma->vm_ops->close);
}

/* @a ends where @b starts. */
static bool mergeable(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if (!may_merge(a, b->vm_flags, b->vm_file) || a->vm_ops != b->vm_ops ||
	    a->vm_mapping != b->vm_mapping || a->vm_private_data != b->vm_private_data)
		return false;
	return vma_is_anonymous(a) || linear_page_index(a, a->vm_end) == b->vm_pgoff;
}

/* @b's range becomes part of @a. */
static __always_inline void absorb_next(struct mm_struct *mm, struct vm_area_struct *a,
					struct vm_area_struct *b)
{
	unsigned long end = b->vm_end;

	vma_start_write(a);
	vma_start_write(b);
	a->vm_has_anon |= b->vm_has_anon;
	vma_unlink(mm, b);
	set_bounds(a, a->vm_start, end, a->vm_pgoff);
	remove_vma(b);
}

struct vm_area_struct *vma_merge_around(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	if (next && next->vm_start == vma->vm_end && mergeable(vma, next))
		absorb_next(mm, vma, next);
	if (prev && prev->vm_end == vma->vm_start && mergeable(prev, vma)) {
		absorb_next(mm, prev, vma);
		vma = prev;
	}
	return vma;
}

/* @vma can take a neighbouring piece of @file at @pgoff (its own offset at that place is @own). */
static bool can_extend(const struct vm_area_struct *vma, unsigned long vm_flags, struct file *file,
		       pgoff_t own, pgoff_t pgoff)
{
	if (!may_merge(vma, vm_flags, file))
		return false;
	return file ? own == pgoff : vma_is_anonymous(vma);
}

struct vm_area_struct *vma_merge_new(struct mm_struct *mm, struct vm_area_struct *prev,
				     unsigned long addr, unsigned long end, unsigned long vm_flags,
				     struct file *file, pgoff_t pgoff)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	pgoff_t pages = (end - addr) >> PAGE_SHIFT;

	if (!file && (vm_flags & VM_SHARED))
		return NULL;
	if (prev && prev->vm_end == addr &&
	    can_extend(prev, vm_flags, file, linear_page_index(prev, addr), pgoff)) {
		vma_adjust(prev, prev->vm_start, end, prev->vm_pgoff);
		return vma_merge_around(mm, prev);
	}
	if (next && next->vm_start == end &&
	    can_extend(next, vm_flags, file, next->vm_pgoff - pages, pgoff)) {
		vma_adjust(next, addr, next->vm_end, next->vm_pgoff - pages);
		return next;
	}
	return NULL;
}

/* ---- the VMAs of a page cache ---- */

static inline pgoff_t vma_last_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

RB_DECLARE_CALLBACKS_MAX(i_mmap_cb, struct vm_area_struct, shared.rb, pgoff_t, shared.subtree_last,
			 vma_last_pgoff);

/* Counted in i_mmap_writable. */
static bool shared_maywrite(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}

void vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->vm_mapping;
	struct rb_node **link, *parent = NULL;

	if (!mapping)
		return;
	down_write(&mapping->i_mmap_rwsem);
	link = &mapping->i_mmap.rb_node;
	while (*link) {
		parent = *link;
		link = vma->vm_pgoff < rb_entry(parent, struct vm_area_struct, shared.rb)
					       ->vm_pgoff ?
			       &parent->rb_left :
			       &parent->rb_right;
	}
	rb_link_node(&vma->shared.rb, parent, link);
	vma->shared.subtree_last = 0;
	i_mmap_cb.propagate(&vma->shared.rb, NULL);
	if (shared_maywrite(vma))
		atomic_inc(&mapping->i_mmap_writable);
	rb_insert_augmented(&vma->shared.rb, &mapping->i_mmap, &i_mmap_cb);
	up_write(&mapping->i_mmap_rwsem);
}

void vma_unlink_file(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->vm_mapping;

	if (!mapping)
		return;
	down_write(&mapping->i_mmap_rwsem);
	if (shared_maywrite(vma))
		atomic_dec(&mapping->i_mmap_writable);
	rb_erase_augmented(&vma->shared.rb, &mapping->i_mmap, &i_mmap_cb);
	up_write(&mapping->i_mmap_rwsem);
}

static inline struct vm_area_struct *i_mmap_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct vm_area_struct, shared.rb);
}

struct vm_area_struct *i_mmap_first(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct vm_area_struct *vma = i_mmap_of(mapping->i_mmap.rb_node);

	while (vma && vma->shared.subtree_last >= first) {
		struct vm_area_struct *left = i_mmap_of(vma->shared.rb.rb_left);

		/*
		 * Something on the left ends late enough: if it starts too late, so does all that
		 * follows.
		 */
		if (left && left->shared.subtree_last >= first) {
			vma = left;
			continue;
		}
		if (vma->vm_pgoff > last)
			return NULL;
		if (vma_last_pgoff(vma) >= first)
			return vma;
		vma = i_mmap_of(vma->shared.rb.rb_right);
	}
	return NULL;
}

struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last)
{
	struct rb_node *node = rb_next(&vma->shared.rb);

	for (; node; node = rb_next(node)) {
		vma = rb_entry(node, struct vm_area_struct, shared.rb);
		if (vma->vm_pgoff > last)
			return NULL;
		if (vma_last_pgoff(vma) >= first)
			return vma;
	}
	return NULL;
}
