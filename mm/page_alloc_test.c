/* SPDX-License-Identifier: MIT */
/* Tests of the page allocator: blocks are aligned, do not overlap, and are all given back. */
#include <kernel/kunit.h>
#include <mm/page.h>
#include <mm/vmstat.h>

#include "internal.h"

#define BLOCKS 48

struct block {
	struct page *page;
	unsigned int order;
	u32 id;
};

static void mark(const struct block *b)
{
	for (unsigned long i = 0; i < 1ul << b->order; i++)
		*(u64 *)page_address(b->page + i) = (u64)b->id << 32 | i;
}

static bool marked(const struct block *b)
{
	for (unsigned long i = 0; i < 1ul << b->order; i++)
		if (*(u64 *)page_address(b->page + i) != ((u64)b->id << 32 | i))
			return false;
	return true;
}

static void release(struct block *b)
{
	__free_pages(b->page, b->order);
	b->page = NULL;
}

/* Random allocation and freeing; every block keeps its own contents until it is freed. */
static void random_blocks(struct kunit *test)
{
	struct block *b = kunit_kzalloc(test, BLOCKS * sizeof(*b));

	KUNIT_ASSERT_NOT_NULL(test, b);
	for (unsigned int i = 0; i < 2000; i++) {
		struct block *x = &b[kunit_random(test) % BLOCKS];

		if (x->page) {
			KUNIT_EXPECT_TRUE(test, marked(x));
			release(x);
			continue;
		}
		x->order = __builtin_ctz(kunit_random(test) | 1u << 6);
		x->id = i;
		x->page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, x->order);
		if (!x->page)
			continue;
		KUNIT_EXPECT_EQ(test, page_to_pfn(x->page) & ((1ul << x->order) - 1), 0);
		KUNIT_EXPECT_EQ(test, page_count(x->page), 1);
		mark(x);
	}
	for (unsigned int i = 0; i < BLOCKS; i++)
		if (b[i].page)
			release(&b[i]);
}

static void zeroed(struct kunit *test)
{
	for (unsigned int order = 0; order <= 3; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);
		u64 *w, sum = 0;

		KUNIT_ASSERT_NOT_NULL(test, page);
		memset(page_address(page), 0xa5, PAGE_SIZE << order);
		__free_pages(page, order);
		page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		w = page_address(page);
		for (unsigned long i = 0; i < (PAGE_SIZE << order) / sizeof(*w); i++)
			sum |= w[i];
		KUNIT_EXPECT_EQ(test, sum, 0);
		__free_pages(page, order);
	}
}

/*
 * What is allocated is missing from the count, and back afterwards. Others may allocate meanwhile,
 * so a quiet round is looked for.
 */
static void counts_are_exact(struct kunit *test)
{
	struct page *pages[32];
	bool exact = false;

	for (unsigned int round = 0; round < 10 && !exact; round++) {
		unsigned long before = nr_free_pages(), during, after;

		for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
			pages[i] = alloc_pages(GFP_KERNEL, i & 1);
		during = nr_free_pages();
		for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
			if (pages[i])
				__free_pages(pages[i], i & 1);
		after = nr_free_pages();
		exact = before == after && before - during == ARRAY_SIZE(pages) / 2 * 3;
	}
	KUNIT_EXPECT_TRUE(test, exact);
}

static void references(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page + 3); /* a tail: counts for the whole block */
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	KUNIT_EXPECT_PTR_EQ(test, compound_head(page + 3), page);
	put_page(page + 1);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
	KUNIT_EXPECT_FALSE(test, try_get_page(page));
}

static void exact_sizes(struct kunit *test)
{
	unsigned long size = 5 * PAGE_SIZE + 1;
	char *p = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 1, size);
	for (unsigned int i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, page_count(virt_to_page(p + i * PAGE_SIZE)), 1);
	free_pages_exact(p, size);
	KUNIT_EXPECT_EQ(test, get_order(1), 0);
	KUNIT_EXPECT_EQ(test, get_order(PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, get_order(PAGE_SIZE + 1), 1);
	KUNIT_EXPECT_EQ(test, get_order(4 * PAGE_SIZE), 2);
}

static void addresses(struct kunit *test)
{
	unsigned long addr = get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_EXPECT_TRUE(test, virt_addr_valid((void *)addr));
	KUNIT_EXPECT_PTR_EQ(test, page_address(virt_to_page((void *)addr)), (void *)addr);
	KUNIT_EXPECT_FALSE(test, virt_addr_valid((void *)8));
	KUNIT_EXPECT_FALSE(test, pfn_valid(max_pfn));
	free_page(addr);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(random_blocks),
	KUNIT_CASE(zeroed),
	KUNIT_CASE(counts_are_exact),
	KUNIT_CASE(references),
	KUNIT_CASE(exact_sizes),
	KUNIT_CASE(addresses),
	{},
};
KUNIT_SUITE(page_alloc, cases);
