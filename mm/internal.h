/* SPDX-License-Identifier: MIT */
/* Private to mm/: what its files share. */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <lib/types.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>
#include <mm/shmem.h>
#include <mm/vmstat.h>
#include <uapi/mman.h>

/* ---- page_alloc.c ---- */

#define BLOCK_ORDER MAX_ORDER /* struct pages are initialised this many at a time */
#define BLOCK_PAGES (1ul << BLOCK_ORDER)

/* Boot: [start, end) page frames are free RAM. Their struct pages are mapped. */
void page_alloc_add_range(unsigned long start_pfn, unsigned long end_pfn);
/* Boot: the allocator's tables for RAM below @end_pfn; before the first page_alloc_add_range(). */
void page_alloc_init(unsigned long end_pfn);
/* Boot: all ranges are known: watermarks. */
void page_alloc_ready(void);
/*
 * The struct pages of [start, end) frames become valid (reserved, one reference) if they are not.
 */
void page_alloc_init_reserved(unsigned long start_pfn, unsigned long end_pfn);
/* Gives this CPU's free pages back to the zones. */
void drain_local_pages(void);
void drain_all_pages(void);
/* True while free memory is under the low watermark. */
bool memory_is_low(void);
/* Highest frame that may have a valid struct page, plus one. */
extern unsigned long max_pfn;
/* Drops one reference of each; for many at once. */
void release_pages(struct page **pages, unsigned int nr);

/* ---- init.c ---- */
void vmemmap_init(void);

/* ---- slab.c ---- */
void kmem_cache_init(void);
unsigned long slab_shrink_all(void);

/* ---- vmalloc.c, stack.c ---- */
void vmalloc_init(void);
/* An unmapped range of kernel addresses; 0: none left. May sleep. */
unsigned long vmap_area_alloc(unsigned long size, unsigned long align, gfp_t gfp);
void thread_stack_shrink(void);

/* ---- reclaim.c, oom.c ---- */
/* Frees about @nr pages; returns how many. May sleep. */
unsigned long reclaim_pages(gfp_t gfp, unsigned long nr);
/* An OOM victim gave its memory back. */
void oom_victim_done(struct mm_struct *mm);
/* Sleeps until a victim is done, or a tenth of a second, or a fatal signal. */
void oom_wait(void);
/*
 * Drops a page that is only in the page cache. True if it was freed. Page locked, referenced by the
 * caller.
 */
bool try_drop_cache_page(struct page *page);
/* Takes every mapping of the page-cache page @page out. Page locked. May sleep. */
void unmap_page_everywhere(struct page *page);

/* Some mapping of the locked page-cache page is locked in memory. May sleep. */
bool page_is_mlocked(struct page *page);

/* ---- shmem_swap.c ---- */
#ifdef CONFIG_SWAP
/*
 * The locked page of a shared object goes to swap if nobody has it but the caller, whose lock and
 * reference go in any case. @harder: also if it was used lately. True: it is freed. Sleeps.
 */
bool shmem_swap_out(struct page *page, bool harder);
/*
 * The page at @index, referenced, back in the tree; NULL: nothing is there; ERR_PTR(-EAGAIN): look
 * again; -ENOMEM, -EIO.
 */
struct page *shmem_swap_in(struct shmem_object *obj, pgoff_t index);
/* Whatever of [first, last] is in swap is gone. */
void shmem_drop_swapped(struct shmem_object *obj, pgoff_t first, pgoff_t last);
/* The object, of which nothing is in swap any more, is to be freed. */
void shmem_swap_end(struct shmem_object *obj);
/* Brings back all that swap area @type has: 0, or -ENOMEM, -EIO, -EINTR. Some may be left. */
int shmem_unuse(unsigned int type);
/* After a lookup that found nothing: may it be in swap? */
static inline bool shmem_has_swapped(const struct shmem_object *obj)
{
	/* Pairs with xa_lock in shmem_swap_out(): who saw the page gone sees the count. */
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&obj->nr_swapped, memory_order_relaxed);
}
static inline u32 shmem_swapped_in(const struct shmem_object *obj)
{
	return atomic_load_explicit(&obj->swapped_in, memory_order_acquire);
}
static inline void shmem_swap_init(struct shmem_object *obj)
{
	atomic_init(&obj->nr_swapped, 0);
	atomic_init(&obj->swapped_in, 0);
	INIT_LIST_HEAD(&obj->swapped_list);
}
#else
static inline bool shmem_swap_out(struct page *page, bool harder)
{
	unlock_page(page);
	put_page(page);
	return false;
}
static inline struct page *shmem_swap_in(struct shmem_object *obj, pgoff_t index)
{
	return NULL;
}
static inline void shmem_drop_swapped(struct shmem_object *obj, pgoff_t first, pgoff_t last)
{
}
static inline void shmem_swap_end(struct shmem_object *obj)
{
}
static inline bool shmem_has_swapped(const struct shmem_object *obj)
{
	return false;
}
static inline u32 shmem_swapped_in(const struct shmem_object *obj)
{
	return 0;
}
static inline void shmem_swap_init(struct shmem_object *obj)
{
}
#endif

/* ---- mm_struct.c ---- */
void mm_struct_init(void);

/* ---- vma.c ---- */
void vma_cache_init(void);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
/* Links @vma into its mm's tree and its mapping's i_mmap. mmap_lock held for writing. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_link_file(struct vm_area_struct *vma);
void vma_unlink_file(struct vm_area_struct *vma);
/* New bounds of a linked VMA that stays between its neighbours. */
void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff);
/* Two VMAs of one: [start, addr) stays, the new one [addr, end). 0 or -errno. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr);
/*
 * Cuts *@vma to what of it lies in [start, end); *@vma is that piece then, locked against faults,
 * so that its flags may change. 0 or -errno.
 */
int isolate_vma(struct mm_struct *mm, struct vm_area_struct **vma, unsigned long start,
		unsigned long end);
/* Unites @vma with equal neighbours; returns the VMA that now covers its range. */
struct vm_area_struct *vma_merge_around(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * Could a new range [addr, end) with these attributes be part of @prev (or @prev->vm_next)? Extends
 * and returns it, or NULL.
 */
struct vm_area_struct *vma_merge_new(struct mm_struct *mm, struct vm_area_struct *prev,
				     unsigned long addr, unsigned long end, unsigned long vm_flags,
				     struct file *file, pgoff_t pgoff);
/* Calls fn(vma) for each whole VMA of [start, end), splitting at the ends. */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
void vma_set_prot(struct vm_area_struct *vma);
/*
 * The highest free [addr, addr + len) below @high with a guard gap where wanted; or the lowest
 * above @low. -ENOMEM.
 */
unsigned long vma_gap_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
			      unsigned long high);
unsigned long vma_gap_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high);
/* Start of @vma less the guard gap of a stack. */
unsigned long vm_start_gap(const struct vm_area_struct *vma);
void remove_vma(struct vm_area_struct *vma);

/* ---- pgtable.c ---- */
/* A zeroed user table, counted for @mm; NULL: no memory. */
struct page *pt_page_alloc(struct mm_struct *mm);
void pt_page_free(struct mm_struct *mm, struct page *page);
/* Frees tables that lie wholly inside [floor, ceiling) around the unmapped [start, end). */
void free_user_tables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		      unsigned long floor, unsigned long ceiling);
/*
 * Calls fn for each run of level 0 entries in [start, end) whose group was ever used. fn gets the
 * table, the first index and the address; n entries. Stops when fn returns non-zero, and returns
 * that.
 */
typedef int (*pt_range_fn)(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
			   void *arg);
struct pt_walk {
	pt_range_fn leaves; /* NULL: none are visited */
	/*
	 * Each used entry of level 1 (@link is its value) before its leaves: 0: go on to the
	 * leaves, if it leads to a table by then; PT_WALK_SKIP; or -errno. NULL: large pages are
	 * passed over.
	 */
	int (*link)(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg);
	void *arg;
};
#define PT_WALK_SKIP 1
int pgtable_walk_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		       const struct pt_walk *w);
int pgtable_for_each(struct mm_struct *mm, unsigned long start, unsigned long end, pt_range_fn fn,
		     void *arg);

/* ---- pt_share.c ---- */
/* Makes the shared table that @entry links to one of @mm's own. 0 (look again) or -ENOMEM. */
int pt_unshare(struct mm_struct *mm, pte_t *entry, pte_t link, unsigned long addr);
/* Puts a table of pages where @entry maps a large one. 0 (look again) or -ENOMEM. */
int pt_split_block(struct mm_struct *mm, pte_t *entry, unsigned long addr);
/* One link less to a shared table; the TLBs that walked through it are flushed. */
void pt_put_shared(struct mm_struct *mm, struct page *table);
/* @parent of @mm and @child of @to link to the same table from now on. False: better to copy. */
bool pt_share(struct mm_struct *mm, struct mm_struct *to, pte_t *parent, pte_t *child, pte_t link);
/* Private pages that a shared table maps. */
long pt_shared_anon(struct page *table);
/*
 * Before entries of [start, end) are changed: large pages and shared tables that the range covers
 * in part are split and taken apart; PT_OWN: all shared tables, PT_SPLIT: all large pages. 0 or
 * -ENOMEM. mmap_lock held. May sleep.
 */
#define PT_EDGES 0u
#define PT_OWN	 1u
#define PT_SPLIT 2u
int pt_prepare(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int how);

/* ---- unmap.c ---- */
/*
 * Drops the pages of [start, end) of @vma into @tlb. @keep_cow: leave private copies of file pages
 * alone.
 */
void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end, bool keep_cow);
/* The same with its own flush: everything; all but private copies. */
void zap_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void zap_file_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* Another page into the gather; flushes and frees when it is full. */
void tlb_remove_page(struct mmu_gather *tlb, struct page *page);
void tlb_flush_mmu(struct mmu_gather *tlb);
static inline void tlb_add_range(struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
	if (start < tlb->start)
		tlb->start = start;
	if (end > tlb->end)
		tlb->end = end;
}
/* Which rss counter a mapped page belongs to. */
static inline enum mm_counter mm_counter(const struct page *page)
{
	if (PageAnon(page))
		return MM_ANONPAGES;
	return PageSwapBacked(page) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

/* ---- mmap.c, mlock.c ---- */
#ifndef MAP_32BIT
#define MAP_32BIT 0 /* only x86 has it */
#endif
unsigned long mmap_vm_flags(unsigned long prot, unsigned long flags);
extern const struct vm_operations_struct special_mapping_vmops, generic_file_vm_ops;
#ifdef CONFIG_MLOCK
int mlock_future_ok(struct mm_struct *mm, unsigned long vm_flags, unsigned long bytes);
#else
static inline int mlock_future_ok(struct mm_struct *mm, unsigned long vm_flags, unsigned long bytes)
{
	return 0; /* nothing is ever locked */
}
#endif
/* Changes the protection of [start, end) inside one VMA: vm_flags already new. */
void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/*
 * True when a write to @vma must first go through a fault although it is writable: shared with
 * dirty tracking.
 */
static inline bool vma_wants_writenotify(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED) && vma->vm_ops &&
	       vma->vm_ops->page_mkwrite;
}

#endif
