/* SPDX-License-Identifier: MIT */
/* Tests of the page-table walker, on tables that no CPU uses. */
#include <kernel/kunit.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pgtable.h>

#include "internal.h"

#define VA     0xffffff0000000000ul
#define TABLES 64

/* Tables that map_kernel_range() asked for: freed at the end of the test. */
static unsigned long tables[TABLES];
static unsigned int nr_tables;

static phys_addr_t take_table(void)
{
	unsigned long table = nr_tables < TABLES ? get_zeroed_page(GFP_KERNEL) : 0;

	if (!table)
		return 0;
	tables[nr_tables++] = table;
	return __pa(table);
}

static int start(struct kunit *test)
{
	nr_tables = 0;
	return take_table() ? 0 : -ENOMEM;
}

static void finish(struct kunit *test)
{
	while (nr_tables)
		free_page(tables[--nr_tables]);
}

static pte_t *root(void)
{
	return (pte_t *)tables[0];
}

/* What @va maps to, 0: nothing. */
static phys_addr_t translate(unsigned long va, unsigned int *level)
{
	pte_t pte = pte_read(pgtable_walk(root(), va, level));

	return pte_leaf(pte, *level) ? pte_phys(pte) + (va & (PT_SPAN(*level) - 1)) : 0;
}

static void small_pages(struct kunit *test)
{
	unsigned int level;

	KUNIT_ASSERT_EQ(test,
			map_kernel_range(root(), VA + PAGE_SIZE, 0x5000, 3 * PAGE_SIZE, PT_KERNEL,
					 take_table),
			0);
	KUNIT_EXPECT_EQ(test, nr_tables, PT_LEVELS);
	for (unsigned long i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, translate(VA + (i + 1) * PAGE_SIZE + 7, &level),
				0x5007 + i * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, level, 0);
	KUNIT_EXPECT_EQ(test, translate(VA, &level), 0);
	KUNIT_EXPECT_EQ(test, translate(VA + 4 * PAGE_SIZE, &level), 0);
	unmap_kernel_range(root(), VA + 2 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, translate(VA + 2 * PAGE_SIZE, &level), 0);
	KUNIT_EXPECT_NE(test, translate(VA + PAGE_SIZE, &level), 0);
}

/* Blocks in the middle, pages at the unaligned ends. */
static void largest_blocks(struct kunit *test)
{
	unsigned long big = PT_SPAN(1), size = 3 * big;
	unsigned long va = VA + big - PAGE_SIZE;
	phys_addr_t pa = 0x40000000 + big - PAGE_SIZE;
	unsigned int level;

	KUNIT_ASSERT_EQ(test, map_kernel_range(root(), va, pa, size, PT_KERNEL, take_table), 0);
	for (unsigned long off = 0; off < size; off += PAGE_SIZE)
		if (translate(va + off, &level) != pa + off)
			KUNIT_FAIL(test, "offset %#lx maps to %#llx", off,
				   translate(va + off, &level));
	translate(va, &level);
	KUNIT_EXPECT_EQ(test, level, 0);
	translate(va + PAGE_SIZE, &level);
	KUNIT_EXPECT_EQ(test, level, 1);
	translate(va + size - 1, &level);
	KUNIT_EXPECT_EQ(test, level, 0);
	/* 2 tables on the way, 2 for the ends, and the root. */
	KUNIT_EXPECT_EQ(test, nr_tables, 5);
}

static void no_memory(struct kunit *test)
{
	nr_tables = TABLES;
	KUNIT_EXPECT_EQ(test, map_kernel_range(root(), VA, 0, PAGE_SIZE, PT_KERNEL, take_table),
			-ENOMEM);
	nr_tables = 1;
}

/* ---- user tables ---- */

struct seen {
	unsigned int entries, calls;
};

static int count(pte_t *table, unsigned int first, unsigned int n, unsigned long addr, void *arg)
{
	struct seen *s = arg;

	s->entries += n;
	s->calls++;
	return 0;
}

static void used_groups(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long base = 0x10000000;
	struct mmu_gather tlb;
	struct seen s = {0};
	pte_t *table;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_EXPECT_NULL(test, pgtable_find(mm, base));
	table = pgtable_make(mm, base);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_EXPECT_PTR_EQ(test, pgtable_find(mm, base), table);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mm->pgtables_bytes), 4 * PAGE_SIZE);
	pgtable_for_each(mm, 0, TASK_SIZE, count, &s);
	KUNIT_EXPECT_EQ(test, s.calls, 0);
	pt_mark_used(table, 3);
	pt_mark_used(table, 9);
	pt_mark_used(table, 511);
	pgtable_for_each(mm, 0, TASK_SIZE, count, &s);
	KUNIT_EXPECT_EQ(test, s.calls, 2);
	KUNIT_EXPECT_EQ(test, s.entries, 3 * PT_GROUP);
	s = (struct seen){0};
	pgtable_for_each(mm, base + 2 * PAGE_SIZE, base + 5 * PAGE_SIZE, count, &s);
	KUNIT_EXPECT_EQ(test, s.entries, 3);
	tlb_gather_mmu(&tlb, mm, true);
	free_user_tables(&tlb, 0, TASK_SIZE, 0, 0);
	tlb_finish_mmu(&tlb);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mm->pgtables_bytes), PAGE_SIZE);
	mmput(mm);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(small_pages),
	KUNIT_CASE(largest_blocks),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(used_groups),
	{},
};
KUNIT_SUITE_OPS(pgtable, cases, start, finish);
