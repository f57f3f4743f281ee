/* SPDX-License-Identifier: MIT */
/*
 * Swap areas, their slots, and the swap cache. <mm/swap.h> has the rules. Slots are searched from
 * where the last one was found, so what leaves memory together lies together.
 */
#include <kernel/rcupdate.h>
#include <lib/bitmap.h>
#include <lib/err.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>

#include "internal.h"

static struct swap_area *swap_areas[MAX_SWAPFILES]; /* swap_lock to change */
static LIST_HEAD(swap_list); /* swap_lock: those that give slots out */
static DEFINE_SPINLOCK(swap_lock); /* outside area->lock */
atomic_long_t nr_swap_pages;
unsigned long total_swap_pages;

/*
 * Whoever has an entry that is used has its area too: it does not go before. Others look in an RCU
 * read section.
 */
static struct swap_area *area_of(u64 entry)
{
	return smp_load_acquire(&swap_areas[entry & (MAX_SWAPFILES - 1)]);
}

/* The slot of an entry that may be stale; NULL: there is no such slot any more. RCU. */
static struct swap_slot *find_slot(u64 entry, struct swap_area **area)
{
	*area = area_of(entry);
	if (!*area || swap_entry_slot(entry) >= (*area)->max)
		return NULL;
	return &(*area)->slots[swap_entry_slot(entry)];
}

/* ---- users ---- */

/* @page: only if it is the slot's in the cache. */
static bool dup_slot(u64 entry, const struct page *page)
{
	struct swap_area *area;
	struct swap_slot *slot;
	bool used = false;

	rcu_read_lock();
	slot = find_slot(entry, &area);
	if (slot) {
		spin_lock(&area->lock);
		used = slot->users && (!page || slot->pfn == page_to_pfn(page));
		slot->users += used;
		spin_unlock(&area->lock);
	}
	rcu_read_unlock();
	return used;
}

bool swap_dup(u64 entry)
{
	return dup_slot(entry, NULL);
}

bool swap_dup_page(struct page *page)
{
	return PageSwapCache(page) && dup_slot(page->private, page);
}

unsigned int swap_users(u64 entry)
{
	struct swap_area *area;
	struct swap_slot *slot;
	unsigned int n;

	rcu_read_lock();
	slot = find_slot(entry, &area);
	n = slot ? READ_ONCE(slot->users) : 0;
	rcu_read_unlock();
	return n;
}

/* area->lock held. The cache's reference goes to the caller. */
static struct page *cache_remove(struct swap_slot *slot)
{
	struct page *page = pfn_to_page(slot->pfn);

	slot->pfn = 0;
	page_clear(page, PG_swapcache);
	dec_vmstat(NR_SWAPCACHED);
	return page;
}

void swap_put(u64 entry)
{
	struct swap_area *area = area_of(entry);
	struct swap_slot *slot = &area->slots[swap_entry_slot(entry)];
	struct page *page = NULL;

	spin_lock(&area->lock);
	if (!--slot->users) {
		if (slot->pfn)
			page = cache_remove(slot);
		clear_bit(swap_entry_slot(entry), area->used);
		area->inuse--;
		if (area->writable)
			atomic_long_inc(&nr_swap_pages);
	}
	spin_unlock(&area->lock);
	if (page)
		put_page(page);
}

/* ---- the swap cache ---- */

/* area->lock held. */
static void cache_insert(struct swap_slot *slot, struct page *page, u64 entry)
{
	get_page(page);
	page->private = entry;
	slot->pfn = page_to_pfn(page);
	page_set(page, PG_swapcache);
	inc_vmstat(NR_SWAPCACHED);
}

/* A free slot of @area for @page; 0: it is full. */
static u64 area_take_slot(struct swap_area *area, struct page *page)
{
	unsigned long slot;
	u64 entry = 0;

	spin_lock(&area->lock);
	slot = find_next_zero_bit(area->used, area->max, area->next);
	if (slot >= area->max)
		slot = find_next_zero_bit(area->used, area->max, 1);
	if (slot < area->max && area->writable) {
		set_bit(slot, area->used);
		area->next = slot + 1;
		area->inuse++;
		atomic_long_dec(&nr_swap_pages);
		entry = swap_entry(area->type, slot);
		area->slots[slot].users = 1;
		cache_insert(&area->slots[slot], page, entry);
	}
	spin_unlock(&area->lock);
	return entry;
}

u64 swap_cache_new(struct page *page)
{
	struct swap_area *area;
	u64 entry = 0;

	if (page_to_pfn(page) > U32_MAX || !swap_pages_free())
		return 0;
	spin_lock(&swap_lock);
	list_for_each_entry(area, &swap_list, list) {
		entry = area_take_slot(area, page);
		if (entry)
			break;
	}
	/* Areas of one priority take turns. */
	if (entry && !list_is_last(&area->list, &swap_list) &&
	    list_next_entry(area, list)->prio == area->prio && area->inuse % SWAP_BATCH == 0) {
		struct swap_area *after = list_next_entry(area, list);

		while (!list_is_last(&after->list, &swap_list) &&
		       list_next_entry(after, list)->prio == area->prio)
			after = list_next_entry(after, list);
		list_move(&area->list, &after->list);
	}
	spin_unlock(&swap_lock);
	return entry;
}

struct page *swap_cache_get(u64 entry)
{
	struct page *page = NULL;
	struct swap_area *area;
	struct swap_slot *slot;

	rcu_read_lock();
	slot = find_slot(entry, &area);
	if (slot) {
		spin_lock(&area->lock);
		if (slot->pfn) {
			page = pfn_to_page(slot->pfn);
			get_page(page);
		}
		spin_unlock(&area->lock);
	}
	rcu_read_unlock();
	return page;
}

int swap_cache_add(u64 entry, struct page *page)
{
	struct swap_area *area;
	struct swap_slot *slot;
	int err = -ENOENT;

	rcu_read_lock();
	slot = find_slot(entry, &area);
	if (slot) {
		spin_lock(&area->lock);
		if (slot->pfn || page_to_pfn(page) > U32_MAX) {
			err = -EEXIST;
		} else if (slot->users) {
			err = 0;
			slot->users++;
			cache_insert(slot, page, entry);
		}
		spin_unlock(&area->lock);
	}
	rcu_read_unlock();
	return err;
}

bool swap_cache_drop(struct page *page, bool force)
{
	struct swap_area *area;
	struct swap_slot *slot;
	bool drop = false;

	rcu_read_lock();
	slot = PageSwapCache(page) ? find_slot(page->private, &area) : NULL;
	if (slot) {
		spin_lock(&area->lock);
		drop = slot->pfn == page_to_pfn(page) && (force || page_count(page) == 2);
		if (drop)
			cache_remove(slot);
		spin_unlock(&area->lock);
	}
	rcu_read_unlock();
	if (drop)
		put_page(page);
	return drop;
}

int swap_rw(u64 entry, struct page **pages, unsigned int n, bool write)
{
	struct swap_area *area = area_of(entry);

	mod_vmstat(write ? PSWPOUT : PSWPIN, n);
	return area->rw(area, swap_entry_slot(entry), pages, n, write);
}

/* ---- areas ---- */

/* swap_lock held. */
static void list_by_prio(struct swap_area *area)
{
	struct swap_area *a;

	list_for_each_entry(a, &swap_list, list)
		if (a->prio < area->prio)
			break;
	list_add_tail(&area->list, &a->list);
}

void swap_area_restart(struct swap_area *area)
{
	spin_lock(&swap_lock);
	list_by_prio(area);
	spin_lock(&area->lock);
	area->writable = true;
	atomic_long_add(area->pages - area->inuse, &nr_swap_pages);
	spin_unlock(&area->lock);
	total_swap_pages += area->pages;
	spin_unlock(&swap_lock);
}

int swap_area_add(struct swap_area *area)
{
	unsigned int type = 0;

	spin_lock_init(&area->lock);
	area->slots = vzalloc(area->max * sizeof(struct swap_slot));
	if (!area->slots)
		return -ENOMEM;
	spin_lock(&swap_lock);
	while (type < MAX_SWAPFILES && swap_areas[type])
		type++;
	area->type = type;
	if (type < MAX_SWAPFILES)
		smp_store_release(&swap_areas[type], area);
	spin_unlock(&swap_lock);
	if (type == MAX_SWAPFILES) {
		vfree(area->slots);
		return -EPERM;
	}
	area->next = 1;
	swap_area_restart(area);
	return 0;
}

int swap_area_stop(struct swap_area *area)
{
	unsigned long room = nr_free_pages() + vmstat_read(NR_FILE_PAGES) - vmstat_read(NR_SHMEM);
	unsigned long inuse;

	spin_lock(&swap_lock);
	spin_lock(&area->lock);
	inuse = area->inuse;
	if (inuse <= room + swap_pages_free() - (area->pages - inuse)) {
		area->writable = false;
		atomic_long_sub(area->pages - inuse, &nr_swap_pages);
		total_swap_pages -= area->pages;
		list_del(&area->list);
		inuse = 0;
	}
	spin_unlock(&area->lock);
	spin_unlock(&swap_lock);
	return inuse ? -ENOMEM : 0;
}

void swap_area_remove(struct swap_area *area)
{
	spin_lock(&swap_lock);
	swap_areas[area->type] = NULL;
	spin_unlock(&swap_lock);
	/* Who had an entry that went may still look at its slot. */
	synchronize_rcu();
	vfree(area->slots);
}
