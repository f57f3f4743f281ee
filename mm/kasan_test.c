/* SPDX-License-Identifier: MIT */
/* KUnit suite kasan: every kind of wrong access is reported, and right ones are not. */
#include <kernel/kunit.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

/* The compiler must neither know the value nor drop the access. */
#define HIDE(x) OPTIMIZER_HIDE_VAR(x)

#define EXPECT_REPORT(test, statement)                         \
	do {                                                   \
		kasan_expect_begin();                          \
		statement;                                     \
		KUNIT_EXPECT_GT(test, kasan_expect_end(), 0u); \
	} while (0)

#define EXPECT_NO_REPORT(test, statement)                      \
	do {                                                   \
		kasan_expect_begin();                          \
		statement;                                     \
		KUNIT_EXPECT_EQ(test, kasan_expect_end(), 0u); \
	} while (0)

static volatile u8 sink;
static u8 global_array[11];

static void kmalloc_bounds(struct kunit *test)
{
	static const size_t sizes[] = {1, 7, 8, 13, 100, 123, 512, 4000, 8192, 12000, 70000};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = sizes[i];
		volatile u8 *p = kmalloc(n, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		HIDE(p);
		EXPECT_NO_REPORT(test, p[0] = 1; p[n - 1] = 2; sink = p[n / 2]);
		EXPECT_REPORT(test, sink = p[n]);
		EXPECT_REPORT(test, p[n] = 3);
		kfree((void *)p);
	}
}

static void use_after_free(struct kunit *test)
{
	volatile u8 *p = kmalloc(64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	HIDE(p);
	kfree((void *)p);
	EXPECT_REPORT(test, sink = p[3]);
	EXPECT_REPORT(test, p[60] = 1);
}

static void double_free(struct kunit *test)
{
	void *p = kmalloc(64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	kfree(p);
	HIDE(p);
	EXPECT_REPORT(test, kfree(p));
}

static void pages(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	volatile u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, page);
	p = page_address(page);
	EXPECT_NO_REPORT(test, p[0] = 1; p[PAGE_SIZE - 1] = 1);
	__free_page(page);
	EXPECT_REPORT(test, sink = p[17]);
}

static void vmalloc_bounds(struct kunit *test)
{
	volatile u8 *p = vmalloc(5000);

	KUNIT_ASSERT_NOT_NULL(test, p);
	HIDE(p);
	EXPECT_NO_REPORT(test, p[0] = 1; p[4999] = 1);
	EXPECT_REPORT(test, sink = p[5000]);
	vfree((void *)p);
}

static void stack_bounds(struct kunit *test)
{
	u8 array[13];
	volatile u8 *p = array;
	unsigned int past = sizeof(array);

	HIDE(p);
	HIDE(past);
	EXPECT_NO_REPORT(test, p[0] = 1; p[past - 1] = 1);
	EXPECT_REPORT(test, sink = p[past]);
}

static void global_bounds(struct kunit *test)
{
	volatile u8 *p = global_array;
	unsigned int past = sizeof(global_array);

	HIDE(p);
	HIDE(past);
	EXPECT_NO_REPORT(test, p[past - 1] = 1);
	EXPECT_REPORT(test, sink = p[past]);
}

static void memory_functions(struct kunit *test)
{
	u8 *p = kmalloc(40, GFP_KERNEL), *q = kmalloc(80, GFP_KERNEL);
	size_t n = 41;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, q);
	HIDE(n);
	EXPECT_NO_REPORT(test, memset(p, 0, n - 1));
	EXPECT_REPORT(test, memset(p, 0, n));
	EXPECT_REPORT(test, memcpy(q, p, n));
	EXPECT_REPORT(test, memmove(p, q, n));
	kfree(p);
	kfree(q);
}

static void ksize_widens(struct kunit *test)
{
	volatile u8 *p = kmalloc(100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	HIDE(p);
	EXPECT_REPORT(test, p[100] = 1);
	EXPECT_NO_REPORT(test, p[ksize((void *)p) - 1] = 1);
	kfree((void *)p);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(kmalloc_bounds), KUNIT_CASE(use_after_free),
	KUNIT_CASE(double_free),    KUNIT_CASE(pages),
	KUNIT_CASE(vmalloc_bounds), KUNIT_CASE(stack_bounds),
	KUNIT_CASE(global_bounds),  KUNIT_CASE(memory_functions),
	KUNIT_CASE(ksize_widens),   {},
};
KUNIT_SUITE(kasan, cases);
