/* SPDX-License-Identifier: MIT */
/*
 * Address spaces. One struct mm_struct owns everything of an address space: page tables, VMAs, brk,
 * mmap base, the areas /proc shows, counters.
 *
 * Lifetime: ->users counts tasks and others that use the user half (mmget/mmput; the last mmput
 * unmaps everything); ->count counts who needs the struct and the root table (mmgrab/mmdrop; all
 * users together hold one).
 *
 * Locks: (m) mmap_lock: held for writing to change the VMA tree or a VMA, for reading to look. (a)
 * atomic. (c) constant after creation. Order: mmap_lock > i_mmap_lock > page lock > i_pages lock;
 * mmap_lock > user page faults of other locks are forbidden (no user copy under mmap_lock but with
 * pagefault_disable()).
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <kernel/rwsem.h>
#include <kernel/spinlock.h>
#include <arch/regs.h>
#include <arch/mmu.h>
#include <mm/gfp.h>
#include <mm/page.h>

struct address_space;
struct file;
struct mm_struct;
struct seq_file;
struct sysinfo;
struct task_struct;
struct vm_area_struct;

/* ---- VMAs ---- */

#define VM_READ		0x00000001ul
#define VM_WRITE	0x00000002ul
#define VM_EXEC		0x00000004ul
#define VM_SHARED	0x00000008ul
#define VM_MAYREAD	0x00000010ul /* mprotect() may add the bit */
#define VM_MAYWRITE	0x00000020ul
#define VM_MAYEXEC	0x00000040ul
#define VM_MAYSHARE	0x00000080ul
#define VM_GROWSDOWN	0x00000100ul
#define VM_PFNMAP	0x00000400ul /* raw frames, no struct page */
#define VM_LOCKED	0x00002000ul
#define VM_IO		0x00004000ul
#define VM_SEQ_READ	0x00008000ul
#define VM_RAND_READ	0x00010000ul
#define VM_DONTCOPY	0x00020000ul /* not in the child */
#define VM_DONTEXPAND	0x00040000ul
#define VM_LOCKONFAULT	0x00080000ul
#define VM_ACCOUNT	0x00100000ul /* counted as committed memory */
#define VM_NORESERVE	0x00200000ul
#define VM_WIPEONFORK	0x02000000ul
#define VM_DONTDUMP	0x04000000ul
#define VM_MIXEDMAP	0x10000000ul
#define VM_HUGEPAGE	0x20000000ul
#define VM_NOHUGEPAGE	0x40000000ul
#define VM_POLICY_SHIFT 40 /* six bits: mm/mempolicy.c */
#define VM_POLICY_MASK	(0x3ful << VM_POLICY_SHIFT)
#define VM_STACK	VM_GROWSDOWN

#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)
#define VM_DATA_DEFAULT (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

typedef unsigned int vm_fault_t;
#define VM_FAULT_OOM	 0x0001u
#define VM_FAULT_SIGBUS	 0x0002u
#define VM_FAULT_MAJOR	 0x0004u /* had to wait for I/O */
#define VM_FAULT_SIGSEGV 0x0040u
/* ->fault set the entry itself, or somebody else did: just return. */
#define VM_FAULT_NOPAGE 0x0100u
#define VM_FAULT_LOCKED 0x0200u /* vmf->page is locked */
#define VM_FAULT_ERROR	(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address; /* page aligned */
	pgoff_t pgoff; /* page of the file or object */
	unsigned int flags; /* FAULT_* of <arch/mmu.h> */
	pte_t *table; /* level 0 table of address, nobody else's; NULL: not made yet */
	pte_t orig_pte; /* what the entry was */
	struct page *page; /* ->fault gives it with a reference */
	struct page *cow_page; /* not NULL: fill this private copy instead (unused by most) */
};

/* All are called with mmap_lock held; open/close for writing. Any may be NULL. */
struct vm_operations_struct {
	/* A VMA was made by copying another (fork, split). */
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	/* -errno if the VMA must not be split at @addr. */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	int (*mremap)(struct vm_area_struct *vma);
	/*
	 * Finds the page of vmf->pgoff: vmf->page with a reference and 0 or VM_FAULT_*. May sleep.
	 */
	vm_fault_t (*fault)(struct vm_fault *vmf);
	/*
	 * Maps pages around that are ready, never sleeps: [start, end) offsets. Returns true if the
	 * fault is resolved.
	 */
	vm_fault_t (*map_pages)(struct vm_fault *vmf, pgoff_t start, pgoff_t end);
	/*
	 * A page of a shared mapping becomes writable (vmf->page locked by callee on success:
	 * VM_FAULT_LOCKED).
	 */
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf);
	/* For access_process_vm() where there is no struct page. */
	int (*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		      int write);
	/* What /proc/PID/maps calls it. */
	const char *(*name)(struct vm_area_struct *vma);
};

struct vm_area_struct {
	unsigned long vm_start; /* (m) */
	unsigned long vm_end; /* (m) first byte after */
	unsigned long vm_flags; /* (m) VM_* */
	u32 vm_prot; /* (m) PT_* that vm_flags allow to a page of our own */
	/*
	 * private copies may be mapped: fork must copy entries. Set with mmap_lock held in either
	 * mode
	 */
	bool vm_has_anon;
	struct mm_struct *vm_mm; /* (c) */
	const struct vm_operations_struct *vm_ops; /* (c) NULL: private anonymous */
	struct file *vm_file; /* (c) or NULL; holds a reference */
	/* (c) page cache behind it: vm_file's or a shared memory object's; NULL: anonymous */
	struct address_space *vm_mapping;
	/* (m) page of the object at vm_start; anonymous: vm_start >> PAGE_SHIFT when it was made */
	pgoff_t vm_pgoff;
	struct vm_area_struct *vm_next, *vm_prev; /* (m) by address */
	struct rb_node vm_rb; /* (m) */
	unsigned long rb_subtree_gap; /* (m) largest free gap before a VMA of this subtree */
	struct { /* i_mmap_lock of vm_mapping */
		struct rb_node rb;
		pgoff_t subtree_last;
	} shared;
	void *vm_private_data;
#ifdef CONFIG_PER_VMA_LOCK
	/* From here on not copied with a VMA, nor cleared: mm/vma_lock.h. */
	_Atomic(unsigned long) vm_lock_seq;
	_Atomic(int) vm_readers;
#endif
};

static __always_inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
static __always_inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}
/* Page of the object behind @vma at @addr. */
static __always_inline pgoff_t linear_page_index(const struct vm_area_struct *vma,
						 unsigned long addr)
{
	return ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}
/* PT_* permissions of vm_flags (VM_SHARED or not makes no difference here). */
static __always_inline u32 vm_get_prot(unsigned long vm_flags)
{
	return PT_USER | ((vm_flags & VM_READ) ? PT_READ : 0) |
	       ((vm_flags & VM_WRITE) ? PT_READ | PT_WRITE : 0) |
	       ((vm_flags & VM_EXEC) ? PT_EXEC | PT_READ : 0);
}

/* ---- the address space ---- */

enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

#define AT_VECTOR_SIZE 48 /* unsigned longs kept of the auxiliary vector */

struct aio_table;
struct mm_struct {
	pte_t *root; /* (c) top-level table */
	/* last VMA a fault found; a hint. Set with mmap_lock or the VMA's lock held */
	struct vm_area_struct *vma_cache;
	struct vm_area_struct *mmap; /* (m) lowest VMA */
	struct rb_root mm_rb; /* (m) */
	int map_count; /* (m) */
	bool pt_special; /* there may be large pages or shared tables; set, never cleared */
#ifdef CONFIG_PER_VMA_LOCK
	_Atomic(unsigned long) vma_lock_seq; /* (m) mm/vma_lock.h; read without the lock too */
#endif
	struct rw_semaphore mmap_lock;
	atomic_t users; /* (a) */
	atomic_t count; /* (a) */
	atomic_long_t rss[NR_MM_COUNTERS]; /* (a) pages */
	atomic_long_t pgtables_bytes; /* (a) */
	struct arch_mm arch;
	/* (c) top of the area that mmap() without an address uses */
	unsigned long mmap_base;
	unsigned long task_size; /* (c) */
	unsigned long def_flags; /* (m) VM_LOCKED after mlockall(MCL_FUTURE) */
	unsigned long total_vm; /* (m) pages of all VMAs */
	unsigned long locked_vm, data_vm, exec_vm, stack_vm; /* (m) pages */
	atomic_long_t pinned_vm;
	unsigned long hiwater_rss, hiwater_vm; /* pages; approximate */
	spinlock_t arg_lock; /* the next three lines */
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[AT_VECTOR_SIZE]; /* (c) after exec */
	struct file *exe_file; /* (m) */
	void *vdso; /* user address of the vDSO; NULL: none */
	unsigned long flags; /* MMF_*, atomic bit operations */
	void *futex_hash; /* kernel/futex's */
	struct aio_table *aio_table; /* fs/aio's; NULL: none */
	int oom_kills; /* set when chosen by the OOM killer */
	struct list_head mmlist; /* all mms, under mmlist_lock */
	struct rcu_head rcu;
};

#define MMF_OOM_VICTIM	0
#define MMF_OOM_REAPED	1
#define MMF_DUMPABLE	2 /* two bits: suid_dumpable */
#define MMF_HAS_MLOCK	4
#define MMF_DUMP_FILTER 8 /* nine bits: coredump_filter, core(5) */
/* What the process registered for: kernel/sched/membarrier.c. */
#define MMF_MEMBARRIER_GLOBAL	 20
#define MMF_MEMBARRIER_PRIVATE	 21
#define MMF_MEMBARRIER_SYNC_CORE 22
#define MMF_MEMBARRIER_RSEQ	 23
#define MM_DUMP_FILTER_MASK	 0x1fful
#define MM_DUMP_FILTER_DEFAULT	 0x33ul

/* the kernel's own: root = arch_kernel_root(); never has user VMAs */
extern struct mm_struct init_mm;

/* A new empty address space with one user, layout not chosen yet; NULL: no memory. May sleep. */
struct mm_struct *mm_alloc(void);
/*
 * Chooses mmap_base from the stack limit @stack_rlimit (bytes) and ASLR; exec does so before it
 * maps anything.
 */
void arch_pick_mmap_layout(struct mm_struct *mm, unsigned long stack_rlimit);
/* fork: a copy-on-write copy of current's @oldmm; NULL or ERR_PTR(-ENOMEM). May sleep. */
struct mm_struct *dup_mm(struct mm_struct *oldmm);
/* Unmaps everything and frees the tables; by mmput(). */
void exit_mmap(struct mm_struct *mm);

static inline void mmgrab(struct mm_struct *mm)
{
	atomic_inc(&mm->count);
}
void __mmdrop(struct mm_struct *mm);
/* Any context where IRQs may be on (frees the root table). */
static inline void mmdrop(struct mm_struct *mm)
{
	if (unlikely(atomic_dec_and_test(&mm->count)))
		__mmdrop(mm);
}
static inline void mmget(struct mm_struct *mm)
{
	atomic_inc(&mm->users);
}
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return atomic_inc_not_zero(&mm->users);
}
void __mmput(struct mm_struct *mm);
/* May sleep. */
static inline void mmput(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->users))
		__mmput(mm);
}
/* get_task_mm() is in <kernel/sched.h>. */
void set_mm_exe_file(struct mm_struct *mm, struct file *file);
/* With a reference, or NULL. */
struct file *get_mm_exe_file(struct mm_struct *mm);

static __always_inline void add_mm_counter(struct mm_struct *mm, enum mm_counter c, long n)
{
	atomic_long_add(n, &mm->rss[c]);
}
static inline unsigned long get_mm_counter(struct mm_struct *mm, enum mm_counter c)
{
	long n = atomic_long_read(&mm->rss[c]);

	return n > 0 ? n : 0;
}
static inline unsigned long get_mm_rss(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) +
	       get_mm_counter(mm, MM_SHMEMPAGES);
}
void update_hiwater_rss(struct mm_struct *mm);

static inline void mmap_read_lock(struct mm_struct *mm)
{
	down_read(&mm->mmap_lock);
}
#define mmap_read_trylock(mm) __cond_lock(&(mm)->mmap_lock, down_read_trylock(&(mm)->mmap_lock))
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	up_read(&mm->mmap_lock);
}
static inline void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
}
/* 0 or -EINTR when current is being killed. */
#define mmap_write_lock_killable(mm)                               \
	({                                                         \
		int __err = down_write_killable(&(mm)->mmap_lock); \
		if (!__err)                                        \
			__acquire(&(mm)->mmap_lock);               \
		__err;                                             \
	})
/* VMAs that were locked for writing are free for faults again (mm/vma_lock.h). */
static inline void vma_end_write_all(struct mm_struct *mm)
{
#ifdef CONFIG_PER_VMA_LOCK
	unsigned long seq = atomic_load_explicit(&mm->vma_lock_seq, memory_order_relaxed);

	atomic_store_explicit(&mm->vma_lock_seq, seq + 1, memory_order_release);
#endif
}
static inline void mmap_write_unlock(struct mm_struct *mm)
{
	vma_end_write_all(mm);
	up_write(&mm->mmap_lock);
}
static inline void mmap_write_downgrade(struct mm_struct *mm)
{
	vma_end_write_all(mm);
	downgrade_write(&mm->mmap_lock);
}

/* ---- looking at VMAs: mmap_lock held ---- */

/* The first VMA that ends above @addr (it may start above it), or NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* The VMA that holds @addr, or NULL. */
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}
/* The first VMA that has a byte of [start, end), or NULL. */
static inline struct vm_area_struct *find_vma_intersection(struct mm_struct *mm,
							   unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}
#define for_each_vma(mm, vma) for ((vma) = (mm)->mmap; (vma); (vma) = (vma)->vm_next)
/* VMAs that have a byte of [start, end). */
#define for_each_vma_range(mm, vma, start, end)                                 \
	for ((vma) = find_vma((mm), (start)); (vma) && (vma)->vm_start < (end); \
	     (vma) = (vma)->vm_next)

/* ---- changing an address space ---- */

/*
 * mmap(2) on current->mm without the lookup of the descriptor. Takes mmap_lock. @file NULL:
 * anonymous. @flags MAP_*, @pgoff in pages. Returns the address or -errno. do_mmap() expects
 * mmap_lock held for writing on @mm (any mm with users > 0) and sets *populate to the bytes to
 * fault in.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset);
unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long prot, unsigned long flags, pgoff_t pgoff);
unsigned long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr,
		      unsigned long len, unsigned long prot, unsigned long flags, pgoff_t pgoff,
		      unsigned long *populate);
/* munmap(2): 0 or -errno. do_munmap() expects mmap_lock held for writing. */
int vm_munmap(unsigned long addr, unsigned long len);
int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len);
/*
 * Maps zero pages read-write at exactly [addr, addr + len) (an ELF program's bss); takes @mm's
 * mmap_lock. 0 or -errno.
 */
int vm_brk_flags(struct mm_struct *mm, unsigned long addr, unsigned long len,
		 unsigned long vm_flags);
/* mprotect(2) on any mm; takes mmap_lock. 0 or -errno. */
int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long len, unsigned long prot);
/*
 * Faults in [start, start + len) as a write if the VMA is writable. @ignore_errors: best effort.
 * Takes mmap_lock for reading. 0 or -errno.
 */
int mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len, bool ignore_errors);
/*
 * A free range for @len bytes as mmap() chooses it; @addr a hint. mmap_lock held. Address or
 * -errno.
 */
unsigned long get_unmapped_area(struct mm_struct *mm, struct file *file, unsigned long addr,
				unsigned long len, pgoff_t pgoff, unsigned long flags);

struct vm_special_mapping {
	const char *name; /* "[vdso]" */
	struct page **pages; /* NULL-terminated kernel pages that back it; or */
	vm_fault_t (*fault)(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
			    struct vm_fault *vmf);
	int (*mremap)(const struct vm_special_mapping *sm, struct vm_area_struct *new_vma);
};
/* Maps kernel pages into @mm (vDSO, vvar); mmap_lock held for writing. The VMA or ERR_PTR. */
struct vm_area_struct *install_special_mapping(struct mm_struct *mm, unsigned long addr,
					       unsigned long len, unsigned long vm_flags,
					       const struct vm_special_mapping *sm);

/*
 * For ->mmap of drivers: maps frames [pfn...) at [addr, addr + size) of @vma at once. mmap_lock
 * held for writing. 0 or -errno.
 */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, u32 prot);
/* One page that the caller owns; a reference is taken. */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);

/* ---- exec: building the stack of an mm that does not run yet ---- */

/*
 * Makes the stack VMA of @mm: [top - PAGE_SIZE..top) growing down, with VM_EXEC if @exec_stack;
 * sets mm->start_stack = @top. @top is page aligned. 0 or -errno.
 */
int setup_stack_vma(struct mm_struct *mm, unsigned long top, bool exec_stack);
/* Random page-aligned stack top for a new program (STACK_TOP without ASLR). */
unsigned long randomize_stack_top(void);
/*
 * Copies into / out of user memory of @mm, which need not be current's and need not be loaded,
 * faulting pages in (growing the stack). Copies into private mappings even if they are read-only
 * when @force. Returns bytes done (short at the first bad page). Takes mmap_lock. May sleep.
 */
size_t copy_to_mm(struct mm_struct *mm, unsigned long to, const void *from, size_t len, bool force);
size_t copy_from_mm(struct mm_struct *mm, void *to, unsigned long from, size_t len, bool force);
/*
 * From current's user memory straight into another mm's. 0 or -EFAULT/-E2BIG... for exec's argument
 * copy.
 */
int copy_user_to_mm(struct mm_struct *mm, unsigned long to, const void __user *from, size_t len);

#define FOLL_WRITE 0x01u
#define FOLL_FORCE 0x10u
/* ptrace and /proc/PID/mem: bytes copied, 0 if the task has no memory. May sleep. */
int access_process_vm(struct task_struct *task, unsigned long addr, void *buf, int len,
		      unsigned int foll_flags);
/* Bit n: page n of [start, end), at most 64 pages, was touched: has an entry. Takes mmap_lock. */
u64 mm_pages_in_use(struct mm_struct *mm, unsigned long start, unsigned long end);
/* coredump_filter: which mappings a core holds. */
static inline unsigned long mm_dump_filter(const struct mm_struct *mm)
{
	return READ_ONCE(mm->flags) >> MMF_DUMP_FILTER & MM_DUMP_FILTER_MASK;
}
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int foll_flags);
/*
 * The page at user address @addr of @mm with a reference, faulted in for FOLL_WRITE or reading.
 * mmap_lock held for reading. 0 or -EFAULT/-ENOMEM.
 */
int get_user_page(struct mm_struct *mm, unsigned long addr, unsigned int foll_flags,
		  struct page **page);
/* @n pages from @addr of current->mm, takes mmap_lock; pages got or -errno. For direct I/O. */
long get_user_pages_fast(unsigned long addr, unsigned long n, unsigned int foll_flags,
			 struct page **pages);

/* ---- faults ---- */

/* Resolves a fault at @addr in @vma; mmap_lock held for reading. VM_FAULT_*. */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags);
/* Makes the stack VMA below hold @addr; mmap_lock held for writing. 0 or -errno. */
int expand_stack(struct vm_area_struct *vma, unsigned long addr);
#define STACK_GUARD_GAP (256ul << PAGE_SHIFT)

/* ---- accounting, limits, /proc ---- */

extern int sysctl_overcommit_memory, sysctl_overcommit_ratio, sysctl_max_map_count;
extern unsigned long sysctl_overcommit_kbytes;
extern unsigned long mmap_min_addr;
/* When anonymous memory gets large pages (mm/huge.c). */
enum { THP_NEVER, THP_MADVISE, THP_ALWAYS };
extern int thp_mode;
/* Large pages of anonymous memory are made, at least where madvise(2) asked for them. */
static inline bool thp_possible(void)
{
	return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) && READ_ONCE(thp_mode) != THP_NEVER;
}
extern int randomize_va_space; /* 0: none, 1: stack, mmap, vDSO; 2: brk too */
/* @pages more committed memory: 0 or -ENOMEM. */
int vm_enough_memory(struct mm_struct *mm, long pages);
void vm_unacct_memory(long pages);
unsigned long vm_commit_limit(void); /* pages */
long vm_committed(void); /* pages */
/* True if @npages more of kind @vm_flags keep @mm inside RLIMIT_AS and RLIMIT_DATA of current. */
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long npages);

void si_meminfo(struct sysinfo *info);
/* /proc/PID/statm values in pages: size and, through pointers, the rest. */
unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text,
			 unsigned long *data, unsigned long *resident);
/* What /proc/PID/maps and smaps say of one VMA. mmap_lock held. */
void mm_show_map(struct seq_file *m, struct vm_area_struct *vma);
void mm_show_smap(struct seq_file *m, struct vm_area_struct *vma);
/* The whole file; takes mmap_lock for reading. */
void mm_show_smaps_rollup(struct seq_file *m, struct mm_struct *mm);
/* The Vm* and Rss* lines of /proc/PID/status. */
void mm_show_status(struct seq_file *m, struct mm_struct *mm);
void meminfo_show(struct seq_file *m);
void vmstat_show(struct seq_file *m);
/* /proc/PID/pagemap: entries of @n pages from @addr. Returns how many were made. */
int mm_pagemap(struct mm_struct *mm, unsigned long addr, u64 *buf, unsigned long n);

#endif
