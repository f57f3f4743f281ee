/* SPDX-License-Identifier: MIT */
/*
 * Futexes between kernel threads that share an address space: values, timeouts, wake-ups,
 * requeueing, and many waiters at once.
 */
#include <lib/errno.h>
#include <kernel/completion.h>
#include <kernel/hrtimer.h>
#include <kernel/kthread.h>
#include <kernel/kunit.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "../test_mm.h"
#include "futex.h"

struct waiter {
	struct mm_struct *mm;
	u32 __user *word;
	u32 bitset;
	long result;
	struct completion done;
};

/* A kernel thread takes no signals, so it waits until it is woken. */
static int waiter_fn(void *arg)
{
	struct waiter *w = arg;

	test_mm_adopt(w->mm);
	w->result = futex_wait(w->word, 0, 0, KTIME_MAX, w->bitset);
	test_mm_leave(NULL);
	complete(&w->done);
	return 0;
}

static void start_waiter(struct kunit *test, struct waiter *w, u32 __user *word, u32 bitset)
{
	w->mm = current->mm;
	w->word = word;
	w->bitset = bitset;
	init_completion(&w->done);
	mmget(w->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(waiter_fn, w, "futex_test"));
}

static int count_waiters(u32 __user *word)
{
	struct futex_hash_bucket *hb;
	struct futex_key key;
	struct futex_q *q;
	int n = 0;

	if (get_futex_key(word, 0, &key))
		return -1;
	hb = futex_hash(&key);
	spin_lock(&hb->lock);
	list_for_each_entry(q, &hb->chain, list)
		n += same_key(&q->key, &key);
	spin_unlock(&hb->lock);
	return n;
}

static void wait_until_queued(u32 __user *word, int n)
{
	while (count_waiters(word) != n)
		msleep(1);
}

static void bad_words_are_refused(struct kunit *test)
{
	u32 __user *word;

	test_mm_enter(test);
	word = test_mm_map(test, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test,
			futex_wait((u32 __user *)((char __user *)word + 2), 0, 0, KTIME_MAX, ~0u),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, futex_wait(word + PAGE_SIZE / 4, 0, 0, KTIME_MAX, ~0u), -EFAULT);
	KUNIT_EXPECT_EQ(test, futex_wait(word, 0, 0, KTIME_MAX, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, __futex_wake((u32 __user *)-4096ul, 0, 1, ~0u), -EFAULT);
	KUNIT_EXPECT_EQ(test, __futex_wake(word + PAGE_SIZE / 4, FLAGS_SHARED, 1, ~0u), -EFAULT);
	KUNIT_EXPECT_EQ(test, __futex_wake(word, 0, 1, 0), -EINVAL);
}

static void value_and_timeout_end_a_wait(struct kunit *test)
{
	u32 __user *word;
	ktime_t start;

	test_mm_enter(test);
	word = test_mm_map(test, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, futex_wait(word, 0, 1, KTIME_MAX, ~0u), -EWOULDBLOCK);
	start = ktime_get();
	KUNIT_EXPECT_EQ(test, futex_wait(word, 0, 0, start + 5 * NSEC_PER_MSEC, ~0u), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get() - start, 5 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, futex_wait(word, FLAGS_SHARED, 0, start, ~0u), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, count_waiters(word), 0);
}

static void private_memory_has_one_key(struct kunit *test)
{
	struct futex_key private, shared;
	u32 __user *word;

	test_mm_enter(test);
	word = test_mm_map(test, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, get_futex_key(word + 3, 0, &private), 0);
	KUNIT_EXPECT_EQ(test, get_futex_key(word + 3, FLAGS_SHARED, &shared), 0);
	KUNIT_EXPECT_TRUE(test, same_key(&private, &shared));
	KUNIT_EXPECT_EQ(test, get_futex_key(word + 4, 0, &shared), 0);
	KUNIT_EXPECT_FALSE(test, same_key(&private, &shared));
}

static void wake_takes_as_many_as_asked(struct kunit *test)
{
	struct waiter w[5];
	u32 __user *word;

	test_mm_enter(test);
	word = test_mm_map(test, PAGE_SIZE);
	for (int i = 0; i < 5; i++)
		start_waiter(test, &w[i], word, i == 4 ? 2 : 1);
	wait_until_queued(word, 5);
	KUNIT_EXPECT_EQ(test, __futex_wake(word, 0, 10, 2), 1);
	wait_for_completion(&w[4].done);
	KUNIT_EXPECT_EQ(test, __futex_wake(word, 0, 1, ~0u), 1);
	KUNIT_EXPECT_EQ(test, __futex_wake(word, 0, 10, ~0u), 3);
	KUNIT_EXPECT_EQ(test, __futex_wake(word, 0, 10, ~0u), 0);
	for (int i = 0; i < 4; i++)
		wait_for_completion(&w[i].done);
	for (int i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, w[i].result, 0);
}

static void requeue_moves_the_rest(struct kunit *test)
{
	u32 __user *a, *b;
	struct waiter w[6];
	u32 one = 1, zero = 0;

	test_mm_enter(test);
	a = test_mm_map(test, PAGE_SIZE);
	b = a + 100;
	for (int i = 0; i < 6; i++)
		start_waiter(test, &w[i], a, ~0u);
	wait_until_queued(a, 6);
	KUNIT_EXPECT_EQ(test, futex_requeue(a, b, 0, 1, 3, &one), -EAGAIN);
	KUNIT_EXPECT_EQ(test, futex_requeue(a, b, 0, -1, 3, &zero), -EINVAL);
	KUNIT_EXPECT_EQ(test, futex_requeue(a, b, 0, 1, 3, &zero), 4);
	KUNIT_EXPECT_EQ(test, count_waiters(a), 2);
	KUNIT_EXPECT_EQ(test, count_waiters(b), 3);
	KUNIT_EXPECT_EQ(test, __futex_wake(b, 0, 100, ~0u), 3);
	KUNIT_EXPECT_EQ(test, __futex_wake(a, 0, 100, ~0u), 2);
	for (int i = 0; i < 6; i++)
		wait_for_completion(&w[i].done);
}

static void wake_op_wakes_by_the_old_value(struct kunit *test)
{
	u32 __user *a, *b;
	struct waiter w[2];
	u32 value;

	test_mm_enter(test);
	a = test_mm_map(test, PAGE_SIZE);
	b = a + 1;
	start_waiter(test, &w[0], a, ~0u);
	start_waiter(test, &w[1], b, ~0u);
	wait_until_queued(a, 1);
	wait_until_queued(b, 1);
	KUNIT_EXPECT_EQ(test,
			futex_wake_op(a, b, 0, 1, 1, FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_GT, 0)),
			1);
	KUNIT_EXPECT_EQ(test, get_user(value, b), 0);
	KUNIT_EXPECT_EQ(test, value, 7);
	KUNIT_EXPECT_EQ(
		test,
		futex_wake_op(a, b, 0, 1, 1, FUTEX_OP(FUTEX_OP_SET, 0xfff, FUTEX_OP_CMP_EQ, 7)), 1);
	KUNIT_EXPECT_EQ(test, get_user(value, b), 0);
	KUNIT_EXPECT_EQ(test, value, 0xffffffffu);
	KUNIT_EXPECT_EQ(test, futex_wake_op(a, b, 0, 1, 1, FUTEX_OP(FUTEX_OP_SET, 1, 9, 0)),
			-ENOSYS);
	wait_for_completion(&w[0].done);
	wait_for_completion(&w[1].done);
}

/* Two threads pass a token to and fro; a lost wake-up shows as a timeout of the test. */
struct ping {
	struct mm_struct *mm;
	u32 __user *word;
	struct completion done;
};
#define ROUNDS 2000

static void take_turns(u32 __user *word, u32 mine)
{
	for (int i = 0; i < ROUNDS; i++) {
		u32 v;

		while (!get_user(v, word) && v != mine)
			futex_wait(word, 0, v, KTIME_MAX, ~0u);
		if (put_user(!mine, word))
			return;
		__futex_wake(word, 0, 1, ~0u);
	}
}

static int ping_fn(void *arg)
{
	struct ping *p = arg;

	test_mm_adopt(p->mm);
	take_turns(p->word, 1);
	test_mm_leave(NULL);
	complete(&p->done);
	return 0;
}

static void no_wake_up_is_lost(struct kunit *test)
{
	struct ping p;

	test_mm_enter(test);
	p.mm = current->mm;
	p.word = test_mm_map(test, PAGE_SIZE);
	init_completion(&p.done);
	mmget(p.mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(ping_fn, &p, "futex_ping"));
	take_turns(p.word, 0);
	wait_for_completion(&p.done);
	KUNIT_EXPECT_EQ(test, count_waiters(p.word), 0);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(bad_words_are_refused),	KUNIT_CASE(value_and_timeout_end_a_wait),
	KUNIT_CASE(private_memory_has_one_key), KUNIT_CASE(wake_takes_as_many_as_asked),
	KUNIT_CASE(requeue_moves_the_rest),	KUNIT_CASE(wake_op_wakes_by_the_old_value),
	KUNIT_CASE(no_wake_up_is_lost),		{},
};
KUNIT_SUITE(futex, cases);
