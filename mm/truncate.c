/* SPDX-License-Identifier: MIT */
/* Removing pages from the page cache: truncation, hole punching, invalidation. */
#include <fs/fs.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/pagemap.h>

#include "internal.h"

#define BATCH 16u

/*
 * Until truncate_end(), faults that find a page of @mapping take it out again. i_rwsem or its like
 * excludes other truncations.
 */
static void truncate_begin(struct address_space *mapping)
{
	atomic_fetch_add_explicit(&mapping->truncate_seq, 1, memory_order_seq_cst);
	/* Pairs with the fence in truncated_since(). */
	atomic_thread_fence(memory_order_seq_cst);
}

static void truncate_end(struct address_space *mapping)
{
	atomic_fetch_add_explicit(&mapping->truncate_seq, 1, memory_order_release);
}

static void truncate_page(struct address_space *mapping, struct page *page)
{
	lock_page(page);
	if (page->mapping == mapping) {
		wait_on_page_writeback(page);
		if (mapping->a_ops->invalidate_page)
			mapping->a_ops->invalidate_page(page, 0, PAGE_SIZE);
		delete_from_page_cache(page);
	}
	unlock_page(page);
}

/* Zeroes bytes [from, to) of the page at @index if it is in the cache. */
static void zero_part(struct address_space *mapping, pgoff_t index, unsigned int from,
		      unsigned int to)
{
	struct page *page = find_lock_page(mapping, index);

	if (!page)
		return;
	wait_on_page_writeback(page);
	if (mapping->a_ops->invalidate_page)
		mapping->a_ops->invalidate_page(page, from, to - from);
	memset((char *)page_address(page) + from, 0, to - from);
	if (PageUptodate(page))
		set_page_dirty(page);
	unlock_page(page);
	put_page(page);
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t first = (start + PAGE_SIZE - 1) >> PAGE_SHIFT, index = first;
	pgoff_t stop = end == -1 ? ULONG_MAX : (pgoff_t)((end + 1) >> PAGE_SHIFT); /* excluded */
	unsigned int head = start & ~PAGE_MASK, tail = end == -1 ? 0 : (end + 1) & ~PAGE_MASK;
	struct page *pages[BATCH];
	unsigned int n;

	if (READ_ONCE(mapping->nrpages) == 0)
		return;
	if (head && first > stop) {
		zero_part(mapping, stop, head, tail);
		return;
	}
	while (index < stop &&
	       (n = find_get_pages_range(mapping, &index, stop - 1, BATCH, pages))) {
		for (unsigned int i = 0; i < n; i++)
			truncate_page(mapping, pages[i]);
		release_pages(pages, n);
		cond_resched();
	}
	if (head)
		zero_part(mapping, first - 1, head, PAGE_SIZE);
	if (tail)
		zero_part(mapping, stop, 0, tail);
}

void truncate_inode_pages(struct address_space *mapping, loff_t start)
{
	truncate_inode_pages_range(mapping, start, -1);
}

void truncate_inode_pages_final(struct address_space *mapping)
{
	truncate_inode_pages(mapping, 0);
	xa_destroy(&mapping->i_pages);
}

void truncate_pagecache_range(struct address_space *mapping, loff_t start, loff_t end)
{
	loff_t from = round_up(start, (loff_t)PAGE_SIZE),
	       to = end == -1 ? -1 : (loff_t)round_down(end + 1, (loff_t)PAGE_SIZE) - 1;

	truncate_begin(mapping);
	if (end == -1)
		unmap_mapping_range(mapping, from, 0, true);
	else if (to >= from)
		unmap_mapping_range(mapping, from, to - from + 1, false);
	truncate_inode_pages_range(mapping, start, end);
	truncate_end(mapping);
}

void truncate_pagecache(struct address_space *mapping, loff_t newsize)
{
	truncate_pagecache_range(mapping, newsize, -1);
}

void truncate_setsize(struct inode *inode, loff_t newsize)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t old = inode->i_size;

	if (newsize >= old) {
		i_size_write(inode, newsize);
		return;
	}
	truncate_begin(mapping);
	i_size_write(inode, newsize);
	unmap_mapping_range(mapping, round_up(newsize, (loff_t)PAGE_SIZE), 0, true);
	truncate_inode_pages(mapping, newsize);
	truncate_end(mapping);
}

/* ---- invalidation: only what can be dropped without loss ---- */

bool try_drop_cache_page(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags;
	bool drop;

	if (!mapping || PageDirty(page) || PageWriteback(page) || PageSwapBacked(page))
		return false;
	if (PagePrivate(page) &&
	    (!mapping->a_ops->release_page || !mapping->a_ops->release_page(page, GFP_KERNEL)))
		return false;
	if (page_count(page) > 2)
		unmap_page_everywhere(page);
	/*
	 * The cache's reference and the caller's. Freezing the count keeps lookups away until the
	 * page is out of the tree.
	 */
	spin_lock_irqsave(&mapping->xa_lock, flags);
	drop = atomic_cmpxchg(&page->_refcount, 2, 0) == 2;
	if (drop && PageDirty(page)) {
		atomic_set(&page->_refcount, 2);
		drop = false;
	}
	if (drop) {
		xa_erase(&mapping->i_pages, page->index);
		mapping->nrpages--;
		page->mapping = NULL;
	}
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
	if (!drop)
		return false;
	page_clear(page, PG_cache);
	dec_vmstat(NR_FILE_PAGES);
	atomic_set(&page->_refcount, 1); /* the caller's */
	return true;
}

unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct page *pages[BATCH];
	unsigned long dropped = 0;
	unsigned int n;

	while (start <= end && (n = find_get_pages_range(mapping, &start, end, BATCH, pages))) {
		for (unsigned int i = 0; i < n; i++) {
			if (!trylock_page(pages[i]))
				continue;
			/* The cache's, ours, and its buffers'. */
			if (pages[i]->mapping == mapping &&
			    page_count(pages[i]) == 2 + PagePrivate(pages[i]))
				dropped += try_drop_cache_page(pages[i]);
			unlock_page(pages[i]);
		}
		release_pages(pages, n);
		cond_resched();
	}
	return dropped;
}

int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct page *pages[BATCH];
	unsigned int n;
	int err = 0;

	unmap_mapping_range(mapping, (loff_t)start << PAGE_SHIFT,
			    end == ULONG_MAX ? 0 : (loff_t)(end - start + 1) << PAGE_SHIFT, false);
	while (start <= end && (n = find_get_pages_range(mapping, &start, end, BATCH, pages))) {
		for (unsigned int i = 0; i < n; i++) {
			lock_page(pages[i]);
			wait_on_page_writeback(pages[i]);
			if (pages[i]->mapping == mapping && !try_drop_cache_page(pages[i]))
				err = -EBUSY;
			unlock_page(pages[i]);
		}
		release_pages(pages, n);
		cond_resched();
	}
	return err;
}
