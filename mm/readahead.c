/* SPDX-License-Identifier: MIT */
/*
 * Read-ahead. A file that is read in order has a window: the pages up to f_ra_prev have been asked
 * for, f_ra_size of them last. The first page of each window is marked; who reads it has the next
 * window started while this one is still being used. The window doubles from 4 pages up, and is one
 * page for reads here and there.
 */
#include <fs/fs.h>
#include <kernel/signal.h>
#include <lib/err.h>
#include <mm/pagemap.h>

#include "filemap.h"

#define RA_MAX 64u /* pages */

/* The pages gathered in @rac are read; what the file system leaves goes out of the cache again. */
static void submit_batch(struct readahead_control *rac)
{
	const struct address_space_operations *ops = rac->mapping->a_ops;
	struct page *page;

	rac->index -= rac->nr_pages;
	if (ops->read_ahead) {
		ops->read_ahead(rac);
		while ((page = readahead_page(rac))) {
			delete_from_page_cache(page);
			unlock_page(page);
			put_page(page);
		}
	} else {
		while ((page = readahead_page(rac))) {
			ops->read_page(rac->file, page);
			put_page(page);
		}
	}
	rac->nr_pages = 0;
	rac->taken = 0;
}

/* Starts what is missing of [index, end]; the page @mark is marked. False: memory is short. */
static bool read_range(struct address_space *mapping, struct file *file, pgoff_t index, pgoff_t end,
		       pgoff_t mark)
{
	gfp_t gfp = mapping->gfp_mask | __GFP_NORETRY | __GFP_NOWARN;
	struct readahead_control rac = {.file = file, .mapping = mapping, .index = index};
	int err = 0;

	for (; index <= end && err != -ENOMEM; index++) {
		struct page *page = NULL;

		if (xa_load(&mapping->i_pages, index))
			err = -EEXIST;
		else
			page = alloc_page(gfp);
		if (page)
			err = add_to_page_cache(page, mapping, index, gfp);
		else if (err != -EEXIST)
			err = -ENOMEM;
		if (err) {
			if (page)
				put_page(page);
			submit_batch(&rac);
			rac.index = index + 1;
			err = err == -EEXIST ? 0 : err;
			continue;
		}
		if (index == mark)
			SetPageReadahead(page);
		rac.pages[rac.nr_pages++] = page;
		rac.index = index + 1;
		if (rac.nr_pages == ARRAY_SIZE(rac.pages))
			submit_batch(&rac);
	}
	submit_batch(&rac);
	return !err;
}

static unsigned int window_limit(const struct file *file)
{
	return file->f_mode & FMODE_SEQUENTIAL ? 2 * RA_MAX : RA_MAX;
}

void filemap_read_ahead(struct address_space *mapping, struct file *file, pgoff_t index,
			pgoff_t last)
{
	unsigned int n = file->f_ra_size;
	bool in_order = index == file->f_ra_prev + 1 || index == 0;

	if (file->f_mode & FMODE_RANDOM)
		n = 1;
	else if (in_order)
		n = n ? min(n * 2, window_limit(file)) : 4;
	else if (index != file->f_ra_prev)
		n = 1;
	n = max(n, 1u);
	file->f_ra_size = n;
	read_range(mapping, file, index, min(last, index + n - 1),
		   n > 1 ? index + n / 2 : ULONG_MAX);
	file->f_ra_prev = index + n - 1;
}

void filemap_read_on(struct address_space *mapping, struct file *file, struct page *page,
		     pgoff_t last)
{
	unsigned int n = min(max(file->f_ra_size, 2u) * 2, window_limit(file));
	pgoff_t next = file->f_ra_prev + 1;

	ClearPageReadahead(page);
	/* Marked for another file, or by a window long left behind. */
	if (next <= page->index || next - page->index > 2 * window_limit(file))
		next = page->index + 1;
	if (next > last || (file->f_mode & FMODE_RANDOM))
		return;
	file->f_ra_size = n;
	read_range(mapping, file, next, min(last, next + n - 1), next);
	file->f_ra_prev = next + n - 1;
}

void filemap_populate(struct address_space *mapping, struct file *file, loff_t start, loff_t end)
{
	loff_t size = i_size_read(mapping->host);
	pgoff_t index, last;

	/* tmpfs and the like: everything that is there is in memory. */
	if (start < 0 || start >= size || !mapping->a_ops->read_page)
		return;
	last = min(end, size - 1) >> PAGE_SHIFT;
	for (index = start >> PAGE_SHIFT; index <= last; index += RA_MAX) {
		if (fatal_signal_pending(current) ||
		    !read_range(mapping, file, index, min(last, index + RA_MAX - 1), ULONG_MAX))
			break;
		cond_resched();
	}
}
