/* SPDX-License-Identifier: MIT */
/*
 * Tests of the random number generator: that it does not repeat itself, and looks even. It says
 * nothing about its quality.
 */
#include <lib/bitops.h>
#include <lib/string.h>
#include <kernel/kunit.h>
#include <kernel/random.h>

static void output_does_not_repeat(struct kunit *test)
{
	u64 seen[256];

	for (int i = 0; i < 256; i++) {
		seen[i] = get_random_u64();
		for (int k = 0; k < i; k++)
			KUNIT_ASSERT_NE(test, seen[i], seen[k]);
	}
}

static void bits_are_even(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, 8192);
	unsigned int ones = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	get_random_bytes(buf, 8192);
	for (int i = 0; i < 8192; i++)
		ones += hweight32(buf[i]);
	/* 32768 expected; 1000 is more than seven standard deviations */
	KUNIT_EXPECT_GT(test, ones, 31768);
	KUNIT_EXPECT_LT(test, ones, 33768);
}

static void odd_sizes_fill_exactly(struct kunit *test)
{
	u8 buf[200];

	for (size_t n = 0; n < 150; n++) {
		memset(buf, 0, sizeof(buf));
		get_random_bytes(buf, n);
		for (size_t i = n; i < sizeof(buf); i++)
			KUNIT_ASSERT_EQ(test, buf[i], 0);
	}
}

static void numbers_stay_below_their_ceiling(struct kunit *test)
{
	static const u32 ceilings[] = {1, 2, 3, 7, 1000, 0x80000001, 0xffffffff};
	u32 counts[7] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++)
		for (int k = 0; k < 100; k++)
			KUNIT_ASSERT_LT(test, get_random_u32_below(ceilings[i]), ceilings[i]);
	for (int k = 0; k < 7000; k++)
		counts[get_random_u32_below(7)]++;
	for (int i = 0; i < 7; i++) {
		KUNIT_EXPECT_GT(test, counts[i], 800);
		KUNIT_EXPECT_LT(test, counts[i], 1200);
	}
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(output_does_not_repeat),
	KUNIT_CASE(bits_are_even),
	KUNIT_CASE(odd_sizes_fill_exactly),
	KUNIT_CASE(numbers_stay_below_their_ceiling),
	{},
};
KUNIT_SUITE(random, cases);
