/* SPDX-License-Identifier: MIT */
/*
 * Counters of memory use, exact to the page when nothing changes: each CPU adds to its own, readers
 * sum. Values are pages unless the name says otherwise.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <kernel/percpu.h>

#define VMSTAT_ITEMS(X)                                                                 \
	X(NR_FREE_PAGES, nr_free_pages)                                                 \
	X(NR_ANON_PAGES, nr_anon_pages)                                                 \
	X(NR_FILE_PAGES, nr_file_pages) /* page cache, shmem included */                \
	X(NR_SHMEM, nr_shmem)                                                           \
	X(NR_FILE_MAPPED, nr_mapped) /* entries that map page-cache pages */            \
	X(NR_FILE_DIRTY, nr_dirty)                                                      \
	X(NR_WRITEBACK, nr_writeback)                                                   \
	X(NR_SLAB_RECLAIMABLE, nr_slab_reclaimable)                                     \
	X(NR_SLAB_UNRECLAIMABLE, nr_slab_unreclaimable)                                 \
	X(NR_PAGETABLE, nr_page_table_pages)                                            \
	X(NR_KERNEL_STACK, nr_kernel_stack)                                             \
	X(NR_VMALLOC, nr_vmalloc)                                                       \
	X(NR_MLOCK, nr_mlock)                                                           \
	X(NR_ANON_THPS, nr_anon_transparent_hugepages) /* large pages mapped as such */ \
	X(NR_SWAPCACHED, nr_swapcached)                                                 \
	X(PGFAULT, pgfault) /* events from here on */                                   \
	X(PGMAJFAULT, pgmajfault)                                                       \
	X(PGSCAN, pgscan_direct)                                                        \
	X(PGSTEAL, pgsteal_direct)                                                      \
	X(PSWPIN, pswpin)                                                               \
	X(PSWPOUT, pswpout)                                                             \
	X(THP_FAULT_ALLOC, thp_fault_alloc)                                             \
	X(THP_FAULT_FALLBACK, thp_fault_fallback)                                       \
	X(THP_SPLIT_PMD, thp_split_pmd)                                                 \
	X(OOM_KILL, oom_kill)

enum vmstat_item {
#define VMSTAT_ENUM(id, name) id,
	VMSTAT_ITEMS(VMSTAT_ENUM)
#undef VMSTAT_ENUM
		NR_VMSTAT_ITEMS,
};

struct vm_stat {
	long v[NR_VMSTAT_ITEMS];
};
DECLARE_PER_CPU(struct vm_stat, vm_stat);

/* Any context. */
#define mod_vmstat(item, n) this_cpu_add(vm_stat.v[item], (long)(n))
#define inc_vmstat(item)    mod_vmstat(item, 1)
#define dec_vmstat(item)    mod_vmstat(item, -1)
/* Sum over all CPUs, never negative. */
unsigned long vmstat_read(enum vmstat_item item);
unsigned long count_free_pages(void);
static inline unsigned long nr_free_pages(void)
{
	return count_free_pages();
}
/* Pages the allocator manages, free or not. */
extern unsigned long totalram_pages;

/* ---- reclaim ---- */

/*
 * Whoever keeps memory that it can give back registers one. count(): objects that could be freed;
 * scan(): frees about @nr, returns pages freed. scan() may sleep and must not allocate with
 * __GFP_WAIT.
 */
struct shrinker {
	unsigned long (*count)(struct shrinker *s);
	unsigned long (*scan)(struct shrinker *s, unsigned long nr);
	bool vfs; /* names and inodes: vm.vfs_cache_pressure */
	struct shrinker *next; /* shrinker_lock */
};
void register_shrinker(struct shrinker *s);
extern unsigned int sysctl_vfs_cache_pressure; /* per cent; 0: names and inodes are kept */

/* vm.drop_caches: all clean pages of files, what shrinkers keep. May sleep. */
#define DROP_PAGECACHE 1u
#define DROP_SLAB      2u
void drop_caches(unsigned int what);

/* Picks the task with the largest oom score and kills it. False if there is none. May sleep. */
bool out_of_memory(gfp_t gfp, unsigned int order);
/* oom(7): 0..2000 for /proc/PID/oom_score (halved there). */
struct task_struct;
long oom_badness(struct task_struct *p, unsigned long totalpages);
/* An upper limit on what could be had without killing or swapping, pages: MemAvailable. */
unsigned long si_mem_available(void);

#endif
