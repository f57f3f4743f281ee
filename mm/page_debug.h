/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_PAGE_POISONING: free pages are filled with a pattern that is checked when they are
 * allocated again. Private to mm/.
 */
#ifndef MM_PAGE_DEBUG_H
#define MM_PAGE_DEBUG_H

#include <mm/page.h>

#if IS_ENABLED(CONFIG_PAGE_POISONING)
void __page_poison(struct page *page, unsigned int order);
void __page_unpoison(struct page *page, unsigned int order);

static inline void page_debug_alloc(struct page *page, unsigned int order)
{
	__page_unpoison(page, order);
}
static inline void page_debug_free(struct page *page, unsigned int order)
{
	__page_poison(page, order);
}
#else
static inline void page_debug_alloc(struct page *page, unsigned int order)
{
}
static inline void page_debug_free(struct page *page, unsigned int order)
{
}
#endif

#endif
