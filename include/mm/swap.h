/* SPDX-License-Identifier: MIT */
/*
 * Swap: anonymous pages that leave memory for a slot of a swap area and come back with a fault.
 *
 * An entry names a slot: area in the low 5 bits, slot number above; 0 is none. A slot has users:
 * the page-table entries that name it, and whoever reads or writes it at the moment. With the last
 * user the slot is free. While it has some it may have a page in the swap cache: PG_swapcache, the
 * entry in ->private, one reference held by the cache.
 *
 * Locks: area->lock guards users, cache, counts of an area; taken inside mmap_lock and the page
 * lock, nothing is taken inside. The page lock is held while a page is read, written, or put into a
 * page table. A page leaves the cache under area->lock alone.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/vmstat.h>

#define SWAP_TYPE_BITS 5
#define MAX_SWAPFILES  (1u << SWAP_TYPE_BITS)
#define SWAP_MAX_SLOTS (1ul << 32)
#define SWAP_BATCH     32u

struct swap_slot {
	u32 users;
	u32 pfn; /* of the page in the swap cache; 0: none */
};

struct swap_area {
	spinlock_t lock;
	unsigned int type; /* index in swap_areas[] */
	int prio; /* larger is used first */
	bool writable; /* gives slots out: swapon_mutex and lock */
	unsigned long max; /* slots, the header's (0) included */
	unsigned long pages; /* slots that can be used */
	unsigned long inuse; /* (l) */
	unsigned long next; /* (l) where the search for a free slot goes on */
	unsigned long *used; /* (l) bit: not free */
	struct swap_slot *slots; /* (l) */
	/*
	 * Reads or writes @n pages, of slots @slot and on. They are locked. 0 or -errno. May sleep,
	 * allocates nothing that has to be had.
	 */
	int (*rw)(struct swap_area *area, unsigned long slot, struct page **pages, unsigned int n,
		  bool write);
	struct list_head list; /* swap_list, by prio */
};

struct seq_file;
/* /proc/swaps. fs/block/swapfile.c. */
int proc_swaps_show(struct seq_file *m, void *v);

#ifdef CONFIG_SWAP

static inline u64 swap_entry(unsigned int type, unsigned long slot)
{
	return (u64)slot << SWAP_TYPE_BITS | type;
}
static inline unsigned long swap_entry_slot(u64 entry)
{
	return entry >> SWAP_TYPE_BITS;
}
static inline bool PageSwapCache(const struct page *page)
{
	return page_test(page, PG_swapcache);
}

/* ---- swap.c ---- */

extern atomic_long_t nr_swap_pages; /* free slots */
extern unsigned long total_swap_pages; /* in areas that give slots out */

/* One user more, or less. dup: false if the slot has none left. Any process context. */
bool swap_dup(u64 entry);
void swap_put(u64 entry);
/* One user more of the slot whose page in the cache @page is; false: it is none. */
bool swap_dup_page(struct page *page);
/* How many users the slot has; the page-table entries that name it when nobody works on it. */
unsigned int swap_users(u64 entry);
/* A slot for the locked anonymous @page, now in the cache; the caller is its user. 0: none free. */
u64 swap_cache_new(struct page *page);
/* The page in the cache, referenced, or NULL. */
struct page *swap_cache_get(u64 entry);
/*
 * Puts the locked @page into the cache; the caller becomes a user of the slot. 0, -EEXIST (there is
 * one), -ENOENT (nobody uses the slot).
 */
int swap_cache_add(u64 entry, struct page *page);
/* Takes the locked @page out if nobody but the caller has it, or @force. True: it is out. */
bool swap_cache_drop(struct page *page, bool force);
/* Pages of an entry's slot and those behind it: 0 or -errno. */
int swap_rw(u64 entry, struct page **pages, unsigned int n, bool write);

/* Takes part from now on; sets ->type and what is not set up. 0, -EPERM (too many), -ENOMEM. */
int swap_area_add(struct swap_area *area);
/* No slots are given out any more; -ENOMEM when what is there would not fit in memory. */
int swap_area_stop(struct swap_area *area);
void swap_area_restart(struct swap_area *area);
/* Nobody uses a slot any more. Frees what swap_area_add() made. */
void swap_area_remove(struct swap_area *area);
/* Brings everything back into memory: 0, -ENOMEM, -EINTR, -EIO. mm/swap_off.c. */
int swap_unuse(struct swap_area *area);

/* ---- swap_in.c, swap_out.c ---- */

vm_fault_t do_swap_fault(struct vm_fault *vmf);
/* Frees about @nr anonymous pages; @harder: also ones used lately. Sleeps. */
unsigned long swap_out_pages(unsigned long nr, bool harder);
/* MADV_PAGEOUT: what can leave of [start, end). mmap_lock held. */
void swap_out_range(struct mm_struct *mm, unsigned long start, unsigned long end);
/*
 * The page of @entry's slot, locked and referenced, and the caller a user of the slot, so that it
 * names nothing else meanwhile. ERR_PTR(-EAGAIN): look again; -EIO, -ENOMEM. Sleeps.
 */
struct page *swap_get_page(u64 entry);
/*
 * Writes the locked, referenced page of the swap cache, of whose slot the caller is a user; all
 * three go. True: it was freed. Sleeps.
 */
bool swap_write_page(struct page *page);
/* A page of the swap cache that reclaim came by. True if it was freed. */
bool swap_reclaim_page(struct page *page);

static inline unsigned long swap_pages_free(void)
{
	long n = atomic_long_read(&nr_swap_pages);

	return n > 0 ? n : 0;
}

#else

#define total_swap_pages 0ul
static inline bool PageSwapCache(const struct page *page)
{
	return false;
}
static inline bool swap_dup(u64 entry)
{
	return false;
}
static inline void swap_put(u64 entry)
{
}
static inline unsigned int swap_users(u64 entry)
{
	return 0;
}
static inline struct page *swap_cache_get(u64 entry)
{
	return NULL;
}
static inline vm_fault_t do_swap_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}
static inline unsigned long swap_out_pages(unsigned long nr, bool harder)
{
	return 0;
}
static inline void swap_out_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
}
static inline bool swap_reclaim_page(struct page *page)
{
	return false;
}
static inline unsigned long swap_pages_free(void)
{
	return 0;
}

#endif
#endif
