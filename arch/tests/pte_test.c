/* SPDX-License-Identifier: MIT */
/* <arch/pte.h>: what goes into an entry comes out again, at every level. */
#include <arch/pte.h>
#include <kernel/kunit.h>

#define USER_RW (PT_READ | PT_WRITE | PT_USER | PT_DIRTY | PT_YOUNG)

static phys_addr_t random_phys(struct kunit *test, unsigned int level)
{
	u64 r = (u64)kunit_random(test) << 32 | kunit_random(test);

	return r & ((1ULL << PHYS_BITS) - 1) & ~(u64)(PT_SPAN(level) - 1);
}

static void leaf_round_trip(struct kunit *test)
{
	for (unsigned int level = 0; level <= pte_max_leaf_level(); level++) {
		for (unsigned int i = 0; i < 64; i++) {
			phys_addr_t phys = random_phys(test, level);
			pte_t pte = pte_make(phys, PT_KERNEL, level);

			KUNIT_ASSERT_EQ(test, pte_phys(pte), phys);
			KUNIT_ASSERT_EQ(test, pte_pfn(pte), phys >> PAGE_SHIFT);
			KUNIT_ASSERT_TRUE(test, pte_present(pte) && pte_leaf(pte, level));
			KUNIT_ASSERT_FALSE(test, pte_none(pte) || pte_is_swap(pte));
		}
	}
}

static void table_is_no_leaf(struct kunit *test)
{
	for (unsigned int level = 1; level < PT_LEVELS; level++) {
		phys_addr_t phys = random_phys(test, 0);
		pte_t pte = pte_make_table(phys);

		KUNIT_EXPECT_TRUE(test, pte_present(pte));
		KUNIT_EXPECT_FALSE(test, pte_leaf(pte, level));
		KUNIT_EXPECT_EQ(test, pte_table_phys(pte), phys);
	}
}

static void permissions(struct kunit *test)
{
	pte_t rw = pte_make(0x1000, USER_RW, 0);
	pte_t rx = pte_make(0x1000, PT_READ | PT_EXEC | PT_USER | PT_YOUNG, 0);
	pte_t kernel = pte_make(0x1000, PT_KERNEL_RX, 0);

	KUNIT_EXPECT_TRUE(test, pte_write(rw) && pte_user(rw) && !pte_exec(rw));
	KUNIT_EXPECT_TRUE(test, !pte_write(rx) && pte_user(rx) && pte_exec(rx));
	KUNIT_EXPECT_TRUE(test, !pte_write(kernel) && !pte_user(kernel) && pte_exec(kernel));
	KUNIT_EXPECT_FALSE(test, pte_exec(pte_make(0x1000, PT_KERNEL, 0)));
}

static void accessed_and_dirty(struct kunit *test)
{
	pte_t pte = pte_make(0x1000, PT_READ | PT_WRITE | PT_USER, 0);

	KUNIT_EXPECT_FALSE(test, pte_dirty(pte) || pte_young(pte));
	pte = pte_mkyoung(pte_mkdirty(pte));
	KUNIT_EXPECT_TRUE(test, pte_dirty(pte) && pte_young(pte) && pte_write(pte));
	pte = pte_mkold(pte_mkclean(pte));
	KUNIT_EXPECT_FALSE(test, pte_dirty(pte) || pte_young(pte));
	KUNIT_EXPECT_TRUE(test, pte_write(pte));
}

static void write_protection(struct kunit *test)
{
	pte_t pte = pte_wrprotect(pte_make(0x5000, USER_RW, 0));

	KUNIT_EXPECT_FALSE(test, pte_write(pte));
	KUNIT_EXPECT_TRUE(test, pte_dirty(pte) && pte_young(pte) && pte_user(pte));
	pte = pte_mkwrite(pte);
	KUNIT_EXPECT_TRUE(test, pte_write(pte) && pte_dirty(pte));
	KUNIT_EXPECT_EQ(test, pte_phys(pte), 0x5000);
}

/* PROT_NONE and back: address, dirty, young and special stay. */
static void modify_keeps_state(struct kunit *test)
{
	pte_t pte = pte_make(0x7000, USER_RW | PT_SPECIAL, 0);
	pte_t none = pte_modify(pte, PT_USER);

	KUNIT_EXPECT_TRUE(test, pte_present(none) && pte_leaf(none, 0));
	KUNIT_EXPECT_FALSE(test, pte_none(none) || pte_is_swap(none) || pte_write(none));
	KUNIT_EXPECT_EQ(test, pte_phys(none), 0x7000);
	KUNIT_EXPECT_TRUE(test, pte_dirty(none) && pte_young(none) && pte_special(none));
	pte = pte_modify(none, PT_READ | PT_WRITE | PT_USER);
	KUNIT_EXPECT_TRUE(test, pte_write(pte) && pte_user(pte) && pte_dirty(pte));
	KUNIT_EXPECT_EQ(test, pte_phys(pte), 0x7000);
}

static void swap_round_trip(struct kunit *test)
{
	for (unsigned int i = 0; i < 64; i++) {
		u64 v = ((u64)kunit_random(test) << 32 | kunit_random(test)) >> 8;
		pte_t pte = pte_make_swap(v);

		KUNIT_ASSERT_TRUE(test, pte_is_swap(pte));
		KUNIT_ASSERT_FALSE(test, pte_present(pte) || pte_none(pte));
		KUNIT_ASSERT_EQ(test, pte_swap_val(pte), v);
	}
	KUNIT_EXPECT_TRUE(test, pte_is_swap(pte_make_swap(0)));
	KUNIT_EXPECT_EQ(test, pte_swap_val(pte_make_swap((1ULL << 56) - 1)), (1ULL << 56) - 1);
}

static void entries_in_memory(struct kunit *test)
{
	pte_t a = pte_make(0x1000, USER_RW, 0), b = pte_make(0x2000, USER_RW, 0), slot = {0};

	KUNIT_EXPECT_TRUE(test, pte_none(pte_read(&slot)));
	pte_set(&slot, a);
	KUNIT_EXPECT_FALSE(test, pte_cmpxchg(&slot, b, b));
	KUNIT_EXPECT_TRUE(test, pte_cmpxchg(&slot, a, b));
	KUNIT_EXPECT_EQ(test, pte_phys(pte_xchg(&slot, a)), 0x2000);
	KUNIT_EXPECT_EQ(test, pte_phys(pte_read(&slot)), 0x1000);
	pte_clear(&slot);
	KUNIT_EXPECT_TRUE(test, pte_none(pte_read(&slot)));
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(leaf_round_trip),
	KUNIT_CASE(table_is_no_leaf),
	KUNIT_CASE(permissions),
	KUNIT_CASE(accessed_and_dirty),
	KUNIT_CASE(write_protection),
	KUNIT_CASE(modify_keeps_state),
	KUNIT_CASE(swap_round_trip),
	KUNIT_CASE(entries_in_memory),
	{},
};
KUNIT_SUITE(arch_pte, cases);
