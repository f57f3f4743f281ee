/* SPDX-License-Identifier: MIT */
/* Tests of kernel address space: vmalloc, vmap, stacks. */
#include <arch/mmu.h>
#include <kernel/kunit.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/vmalloc.h>

#include "internal.h"

static bool mapped(const void *addr)
{
	unsigned int level;

	return pte_present(pte_read(pgtable_walk(arch_kernel_root(), (unsigned long)addr, &level)));
}

static void maps_and_guards(struct kunit *test)
{
	char *areas[20];

	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned long size = (1 + kunit_random(test) % 8) * PAGE_SIZE;

		areas[i] = vzalloc(size);
		KUNIT_ASSERT_NOT_NULL(test, areas[i]);
		KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(areas[i]));
		KUNIT_EXPECT_NULL(test, memchr_inv(areas[i], 0, size));
		memset(areas[i], i, size);
		KUNIT_EXPECT_FALSE(test, mapped(areas[i] + size));
		KUNIT_EXPECT_EQ(test, vmalloc_room(areas[i] + 10), size + PAGE_SIZE - 10);
		KUNIT_EXPECT_EQ(test, *(char *)page_address(vmalloc_to_page(areas[i])), (char)i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		KUNIT_EXPECT_EQ(test, areas[i][0], (char)i);
		vfree(areas[i]);
		KUNIT_EXPECT_FALSE(test, mapped(areas[i]));
	}
	vfree(NULL);
}

/* The pages all come back. */
static void gives_back(struct kunit *test)
{
	unsigned long before = vmstat_read(NR_VMALLOC);

	for (unsigned int i = 0; i < 600; i++) {
		void *p = vmalloc(3 * PAGE_SIZE);

		KUNIT_ASSERT_NOT_NULL(test, p);
		vfree(p);
	}
	KUNIT_EXPECT_EQ(test, vmstat_read(NR_VMALLOC), before);
	KUNIT_EXPECT_NULL(test, vmalloc(0));
	KUNIT_EXPECT_NULL(test, vmalloc(1ul << 60));
}

static void vmaps(struct kunit *test)
{
	struct page *pages[4];
	char *p;

	for (unsigned int i = 0; i < 4; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		memset(page_address(pages[i]), '0' + i, PAGE_SIZE);
	}
	p = vmap(pages, 4, PT_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (unsigned int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, p[i * PAGE_SIZE + 5], '0' + i);
	p[PAGE_SIZE] = 'x';
	KUNIT_EXPECT_EQ(test, *(char *)page_address(pages[1]), 'x');
	vunmap(p);
	release_pages(pages, 4);
}

static void stacks(struct kunit *test)
{
	void *stacks[12];

	for (unsigned int i = 0; i < ARRAY_SIZE(stacks); i++) {
		stacks[i] = alloc_thread_stack();
		KUNIT_ASSERT_NOT_NULL(test, stacks[i]);
		KUNIT_EXPECT_EQ(test, (unsigned long)stacks[i] & (2 * THREAD_SIZE - 1), 0);
		for (unsigned long off = PAGE_SIZE; off <= THREAD_SIZE; off += PAGE_SIZE)
			KUNIT_EXPECT_FALSE(test, mapped((char *)stacks[i] - off));
		memset(stacks[i], i, THREAD_SIZE);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(stacks); i++) {
		KUNIT_EXPECT_EQ(test, *(u8 *)stacks[i], i);
		free_thread_stack(stacks[i]);
	}
}

static void protects(struct kunit *test)
{
	char *p = vzalloc(4 * PAGE_SIZE);
	unsigned long at = (unsigned long)p + PAGE_SIZE;
	unsigned int level;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, protect_kernel_range(at, PAGE_SIZE, PT_KERNEL_RO, pt_alloc_kernel),
			0);
	KUNIT_EXPECT_FALSE(test, pte_write(pte_read(pgtable_walk(arch_kernel_root(), at, &level))));
	KUNIT_EXPECT_TRUE(test, pte_write(pte_read(
					pgtable_walk(arch_kernel_root(), at + PAGE_SIZE, &level))));
	KUNIT_EXPECT_EQ(test, p[PAGE_SIZE], 0);
	KUNIT_EXPECT_EQ(test, protect_kernel_range(at, PAGE_SIZE, PT_KERNEL, pt_alloc_kernel), 0);
	p[PAGE_SIZE] = 1;
	vfree(p);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(maps_and_guards), KUNIT_CASE(gives_back), KUNIT_CASE(vmaps),
	KUNIT_CASE(stacks),	     KUNIT_CASE(protects),   {},
};
KUNIT_SUITE(vmalloc, cases);
