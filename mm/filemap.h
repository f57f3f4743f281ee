/* SPDX-License-Identifier: MIT */
/* Private to the page-cache files of mm/. */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include <mm/pagemap.h>

/*
 * Puts @page, whose contents are complete or which is locked, in the cache, which takes a
 * reference. 0, -EEXIST or -ENOMEM.
 */
int filemap_insert(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp);
/* Starts reading from @index on, as far as the file's read-ahead window and @last go. */
void filemap_read_ahead(struct address_space *mapping, struct file *file, pgoff_t index,
			pgoff_t last);
/* @page, which is marked PG_readahead, is being used: starts the next window. */
void filemap_read_on(struct address_space *mapping, struct file *file, struct page *page,
		     pgoff_t last);
/*
 * Starts reading what is missing of [start, end] bytes, up to the end of the file; stops early when
 * memory is short. Sleeps.
 */
void filemap_populate(struct address_space *mapping, struct file *file, loff_t start, loff_t end);

#endif
