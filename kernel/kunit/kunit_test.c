/* SPDX-License-Identifier: MIT */
/*
 * Tests of the harness. That failures are noticed is shown by the reader of the results (tests/ of
 * the build), not here: a suite that fails is a failure.
 */
#include <kernel/kunit.h>
#include <kernel/sched.h>
#include "kunit.h"

static int order_of_cleanups[3];
static int nr_cleanups;

static void note_cleanup(void *arg)
{
	order_of_cleanups[nr_cleanups++] = *(int *)arg;
}

static void cleanups_run_newest_first(struct kunit *test)
{
	static int numbers[] = {1, 2, 3};
	struct kunit_run run = {.cleanups = LIST_HEAD_INIT(run.cleanups)};
	struct kunit inner = {.run = &run, .name = "inner"};

	nr_cleanups = 0;
	for (int i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, kunit_add_action(&inner, note_cleanup, &numbers[i]), 0);
	kunit_run_cleanups(&run);
	KUNIT_EXPECT_TRUE(test, list_empty(&run.cleanups));
	KUNIT_ASSERT_EQ(test, nr_cleanups, 3);
	for (int i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, order_of_cleanups[i], 3 - i);
}

static void glob_matches(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kunit_glob(NULL, "x"));
	KUNIT_EXPECT_TRUE(test, kunit_glob("list*", "list_sort"));
	KUNIT_EXPECT_TRUE(test, kunit_glob("*sort", "list_sort"));
	KUNIT_EXPECT_TRUE(test, kunit_glob("l?st", "list"));
	KUNIT_EXPECT_FALSE(test, kunit_glob("list", "list_sort"));
	KUNIT_EXPECT_FALSE(test, kunit_glob("*x*", "list"));
	KUNIT_EXPECT_TRUE(test, kunit_glob("*a*b", "xaybzb"));
}

static void random_follows_the_seed(struct kunit *test)
{
	struct kunit_run a = {.random = 42}, b = {.random = 42}, c = {.random = 43};
	struct kunit ta = {.run = &a}, tb = {.run = &b}, tc = {.run = &c};
	u32 first = kunit_random(&ta);

	KUNIT_EXPECT_EQ(test, first, kunit_random(&tb));
	KUNIT_EXPECT_NE(test, first, kunit_random(&tc));
	KUNIT_EXPECT_NE(test, first, kunit_random(&ta));
}

static void memory_is_zeroed(struct kunit *test)
{
	u8 *p = kunit_kzalloc(test, 100);

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (int i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, p[i], 0);
}

static void each_test_has_its_own_thread(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, current->flags & PF_KTHREAD);
	KUNIT_EXPECT_NE(test, current->pid, 1);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(cleanups_run_newest_first),	  KUNIT_CASE(glob_matches),
	KUNIT_CASE(random_follows_the_seed),	  KUNIT_CASE(memory_is_zeroed),
	KUNIT_CASE(each_test_has_its_own_thread), {},
};
KUNIT_SUITE(kunit, cases);
