/* SPDX-License-Identifier: MIT */
/*
 * Poison in free pages. PG_poisoned on a free page says it carries the pattern; memory that was
 * never freed does not. The pattern's first word is not 0 and not an address, so that a use after
 * free of a pointer faults.
 */
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <mm/page.h>

#include "page_debug.h"

#define POISON 0xaaaaaaaaaaaaaaaaul

void __page_poison(struct page *page, unsigned int order)
{
	unsigned long *w = page_address(page), words = (PAGE_SIZE << order) / sizeof(*w);

	for (unsigned long i = 0; i < words; i++)
		w[i] = POISON;
	for (unsigned long i = 0; i < 1ul << order; i++)
		page[i].private = POISON;
}

static void check_page(struct page *page)
{
	unsigned long *w = page_address(page);

	if (page->private != POISON)
		return;
	page->private = 0;
	for (unsigned long i = 0; i < PAGE_SIZE / sizeof(*w); i++) {
		if (w[i] == POISON)
			continue;
		pr_err("page poison: frame %#lx was written after it was freed: word %lu is %#lx\n",
		       page_to_pfn(page), i, w[i]);
		WARN_ON(true);
		return;
	}
}

void __page_unpoison(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		check_page(page + i);
}
