/* SPDX-License-Identifier: MIT */
/*
 * The arch's memory functions against the obvious loops: all small sizes, random larger ones, every
 * alignment, every overlap.
 */
#include <arch/cache.h>
#include <arch/param.h>
#include <kernel/kunit.h>
#include <lib/string.h>

#define AREA  2048
#define GUARD 64
#undef memcpy
#undef memmove
#undef memset

struct areas {
	u8 real[AREA + 2 * GUARD] __aligned(64);
	u8 model[AREA + 2 * GUARD] __aligned(64);
	u8 source[AREA + 2 * GUARD] __aligned(64);
};

static struct areas *make_areas(struct kunit *test)
{
	struct areas *a = kunit_kzalloc(test, sizeof(*a));

	KUNIT_ASSERT_NOT_NULL(test, a);
	for (unsigned int i = 0; i < sizeof(a->real); i++) {
		a->source[i] = (u8)kunit_random(test);
		a->real[i] = a->model[i] = (u8)(i * 7);
	}
	return a;
}

static void model_copy(u8 *to, const u8 *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile u8 *)to)[i] = from[i];
}

static bool same(const struct areas *a)
{
	for (unsigned int i = 0; i < sizeof(a->real); i++)
		if (a->real[i] != a->model[i])
			return false;
	return true;
}

static size_t next_size(struct kunit *test, unsigned int i)
{
	return i < 300 ? i : kunit_random(test) % (AREA - 64);
}

static void memcpy_is_exact(struct kunit *test)
{
	struct areas *a = make_areas(test);

	for (unsigned int i = 0; i < 1500; i++) {
		size_t n = next_size(test, i), to = kunit_random(test) % 64;
		size_t from = kunit_random(test) % 64;
		void *ret = memcpy(a->real + GUARD + to, a->source + from, n);

		model_copy(a->model + GUARD + to, a->source + from, n);
		KUNIT_ASSERT_PTR_EQ(test, ret, a->real + GUARD + to);
		KUNIT_ASSERT_TRUE(test, same(a));
		a->source[i % AREA] ^= 0x5a;
	}
}

static void memmove_overlaps(struct kunit *test)
{
	struct areas *a = make_areas(test);
	u8 *copy = kunit_kzalloc(test, AREA);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (unsigned int i = 0; i < 1500; i++) {
		size_t n = next_size(test, i) % (AREA - 512);
		size_t from = kunit_random(test) % 256, to = kunit_random(test) % 256;

		model_copy(copy, a->model + GUARD + from, n);
		model_copy(a->model + GUARD + to, copy, n);
		memmove(a->real + GUARD + to, a->real + GUARD + from, n);
		KUNIT_ASSERT_TRUE(test, same(a));
	}
}

static void memset_is_exact(struct kunit *test)
{
	struct areas *a = make_areas(test);

	for (unsigned int i = 0; i < 1500; i++) {
		size_t n = next_size(test, i), at = kunit_random(test) % 64;
		int c = i % 2 ? 0 : (int)kunit_random(test);

		for (size_t k = 0; k < n; k++)
			((volatile u8 *)a->model)[GUARD + at + k] = (u8)c;
		memset(a->real + GUARD + at, c, n);
		KUNIT_ASSERT_TRUE(test, same(a));
	}
}

static u8 page_a[PAGE_SIZE] __aligned(PAGE_SIZE), page_b[PAGE_SIZE] __aligned(PAGE_SIZE);

static void page_functions(struct kunit *test)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		page_a[i] = (u8)(i * 13 + 1);
	copy_page(page_b, page_a);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		bad += page_b[i] != (u8)(i * 13 + 1);
	KUNIT_EXPECT_EQ(test, bad, 0);
	clear_page(page_b);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		bad += page_b[i] != 0 || page_a[i] != (u8)(i * 13 + 1);
	KUNIT_EXPECT_EQ(test, bad, 0);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(memcpy_is_exact),
	KUNIT_CASE(memmove_overlaps),
	KUNIT_CASE(memset_is_exact),
	KUNIT_CASE(page_functions),
	{},
};
KUNIT_SUITE(arch_memory, cases);
