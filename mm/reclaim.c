/* SPDX-License-Identifier: MIT */
/*
 * Giving memory back when there is too little. Pages of files that are clean and unused go first,
 * found by a clock hand that walks physical memory: a page used since the hand last came by
 * (PG_referenced) is spared once. So no list has to be kept in order on the paths that use pages.
 * Then registered shrinkers, anonymous memory if there is swap, spare kernel stacks, empty slabs.
 */
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/spinlock.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#include "i_mmap.h"
#include "internal.h"

static atomic_long_t clock_hand;
static struct shrinker *shrinkers; /* written under shrinker_lock, never removed */
static DEFINE_SPINLOCK(shrinker_lock);

void register_shrinker(struct shrinker *s)
{
	spin_lock(&shrinker_lock);
	s->next = shrinkers;
	smp_store_release(&shrinkers, s);
	spin_unlock(&shrinker_lock);
}

bool page_is_mlocked(struct page *page)
{
	struct address_space *mapping = page->mapping;
	struct vm_area_struct *vma;
	bool locked = false;

	if (!mapping_mapped(mapping))
		return false;
	down_read(&mapping->i_mmap_rwsem);
	for_each_i_mmap(vma, mapping, page->index, page->index)
	{
		if (vma->vm_flags & VM_LOCKED) {
			locked = true;
			break;
		}
	}
	up_read(&mapping->i_mmap_rwsem);
	return locked;
}

/*
 * Starts write-back of a dirty page so that the next round finds it clean. Page locked; unlocked on
 * return.
 */
static void write_page_out(struct page *page)
{
	struct writeback_control wbc = {.nr_to_write = 1};
	struct address_space *mapping = page->mapping;

	if (mapping->a_ops->write_page && clear_page_dirty_for_io(page))
		mapping->a_ops->write_page(page, &wbc);
	else
		unlock_page(page);
}

/* True if the page was freed. */
static bool reclaim_page(struct page *page, gfp_t gfp, bool harder)
{
	bool freed = false;

	if (!harder && page_test(page, PG_referenced)) {
		page_clear(page, PG_referenced);
		return false;
	}
	if (!try_get_page(page))
		return false;
	if (!page_test(page, PG_cache) || !trylock_page(page))
		goto out;
	if (page->mapping && shmem_mapping(page->mapping))
		return shmem_swap_out(page, harder);
	if (!page->mapping || PageSwapBacked(page) || PageWriteback(page) ||
	    (page_count(page) > 2 && page_is_mlocked(page))) {
		unlock_page(page);
	} else if (PageDirty(page)) {
		if ((gfp & __GFP_FS) && (gfp & __GFP_IO))
			write_page_out(page);
		else
			unlock_page(page);
	} else {
		freed = try_drop_cache_page(page);
		unlock_page(page);
	}
out:
	put_page(page);
	return freed;
}

static bool anything_to_scan(bool shmem)
{
	unsigned long in_memory = vmstat_read(NR_SHMEM);

	return vmstat_read(NR_FILE_PAGES) > in_memory || vmstat_read(NR_SWAPCACHED) ||
	       (shmem && in_memory && swap_pages_free());
}

/* Moves the hand over at most all of memory. @shmem: pages of shared memory may go to swap. */
static unsigned long shrink_page_cache(gfp_t gfp, unsigned long nr, bool harder, bool shmem)
{
	unsigned long left = max_pfn, freed = 0, scanned = 0;

	if (!IS_ENABLED(CONFIG_PAGE_CACHE_RECLAIM))
		return 0; /* all files are in memory only, and there is no swap */
	while (left && freed < nr && anything_to_scan(shmem)) {
		unsigned long pfn =
			round_down((unsigned long)atomic_long_add_return(BLOCK_PAGES, &clock_hand),
				   BLOCK_PAGES);

		left -= min(left, BLOCK_PAGES);
		pfn %= round_up(max_pfn, BLOCK_PAGES);
		if (!pfn_valid(pfn))
			continue;
		for (unsigned long end = pfn + BLOCK_PAGES; pfn < end; pfn++) {
			struct page *page = pfn_to_page(pfn);
			u32 flags = atomic_load_explicit(&page->flags, memory_order_relaxed);

			if (flags & 1u << PG_swapcache) {
				freed += (gfp & __GFP_IO) && swap_reclaim_page(page);
				continue;
			}
			if (!(flags & 1u << PG_cache) || (!shmem && (flags & 1u << PG_swapbacked)))
				continue;
			scanned++;
			freed += reclaim_page(page, gfp, harder);
		}
		cond_resched();
	}
	mod_vmstat(PGSCAN, scanned);
	mod_vmstat(PGSTEAL, freed);
	return freed;
}

unsigned int sysctl_vfs_cache_pressure = 100;

static unsigned long run_shrinkers(unsigned long nr)
{
	unsigned long freed = 0, vfs = nr * READ_ONCE(sysctl_vfs_cache_pressure) / 100;

	for (struct shrinker *s = smp_load_acquire(&shrinkers); s; s = s->next)
		if (s->count(s) && (!s->vfs || vfs))
			freed += s->scan(s, s->vfs ? vfs : nr);
	return freed;
}

/* Twice around without a change: what is left is in use. */
static void drop_objects(struct shrinker *s)
{
	unsigned long n = s->count(s), left;

	for (int idle = 0; n && idle < 2; n = left) {
		s->scan(s, n);
		left = s->count(s);
		idle = left < n ? 0 : idle + 1;
		cond_resched();
	}
}

void drop_caches(unsigned int what)
{
	if (what & DROP_PAGECACHE)
		shrink_page_cache(__GFP_WAIT, ULONG_MAX, true, false);
	if (what & DROP_SLAB) {
		for (struct shrinker *s = smp_load_acquire(&shrinkers); s; s = s->next)
			drop_objects(s);
		slab_shrink_all();
	}
}

unsigned long reclaim_pages(gfp_t gfp, unsigned long nr)
{
	unsigned long freed = shrink_page_cache(gfp, nr, false, false);
	bool swap = gfp & __GFP_IO;

	if (freed < nr && (gfp & __GFP_FS))
		freed += run_shrinkers(nr);
	if (freed < nr && swap)
		freed += swap_out_pages(nr - freed, false);
	if (freed < nr && swap)
		freed += shrink_page_cache(gfp, nr - freed, false, true);
	if (freed < nr)
		freed += shrink_page_cache(gfp, nr - freed, true, swap);
	if (freed < nr && swap)
		freed += swap_out_pages(nr - freed, true);
	if (freed < nr) {
		thread_stack_shrink();
		freed += slab_shrink_all();
	}
	return freed;
}
