/* SPDX-License-Identifier: MIT */
/* The lock-order checker reports what could deadlock, and nothing else. */
#include <kernel/completion.h>
#include <kernel/hrtimer.h>
#include <kernel/kunit.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>

static DEFINE_SPINLOCK(two_a);
static DEFINE_SPINLOCK(two_b);
static DEFINE_SPINLOCK(three_a);
static DEFINE_SPINLOCK(three_b);
static DEFINE_SPINLOCK(three_c);
static DEFINE_SPINLOCK(try_a);
static DEFINE_SPINLOCK(try_b);
static DEFINE_SPINLOCK(inner);
static DEFINE_MUTEX(outer);
static DEFINE_SPINLOCK(irq_lock);

static void take(spinlock_t *outer, spinlock_t *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

static void two_locks_both_ways(struct kunit *test)
{
	lockdep_expect_begin();
	take(&two_a, &two_b);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
	lockdep_expect_begin();
	take(&two_a, &two_b);
	take(&two_b, &two_a);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 1);
}

static void three_locks_in_a_circle(struct kunit *test)
{
	lockdep_expect_begin();
	take(&three_a, &three_b);
	take(&three_b, &three_c);
	take(&three_a, &three_c);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
	lockdep_expect_begin();
	take(&three_c, &three_a);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 1);
}

static void a_class_within_itself(struct kunit *test)
{
	spinlock_t pair[2];

	for (unsigned int i = 0; i < 2; i++)
		spin_lock_init(&pair[i]);
	lockdep_expect_begin();
	spin_lock(&pair[0]);
	spin_lock_nested(&pair[1], 1);
	spin_unlock(&pair[1]);
	spin_unlock(&pair[0]);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
	lockdep_expect_begin();
	take(&pair[0], &pair[1]);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 1);
}

static void a_try_makes_no_order(struct kunit *test)
{
	lockdep_expect_begin();
	take(&try_a, &try_b);
	spin_lock(&try_b);
	if (spin_trylock(&try_a)) {
		__acquire(&try_a);
		spin_unlock(&try_a);
	}
	spin_unlock(&try_b);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
}

static void a_mutex_and_a_spinlock(struct kunit *test)
{
	lockdep_expect_begin();
	for (unsigned int i = 0; i < 2; i++) {
		mutex_lock(&outer);
		spin_lock(&inner);
		spin_unlock(&inner);
		mutex_unlock(&outer);
	}
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
	KUNIT_EXPECT_FALSE(test, lock_is_held(&outer.dep_map));
}

struct shot {
	struct hrtimer timer;
	struct completion done;
};

static enum hrtimer_restart lock_in_irq(struct hrtimer *timer)
{
	struct shot *shot = container_of(timer, struct shot, timer);

	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	complete(&shot->done);
	return HRTIMER_NORESTART;
}

static void a_lock_of_interrupts(struct kunit *test)
{
	struct shot *shot = kunit_kzalloc(test, sizeof(*shot));

	KUNIT_ASSERT_NOT_NULL(test, shot);
	init_completion(&shot->done);
	hrtimer_init(&shot->timer, CLOCK_MONOTONIC, lock_in_irq);
	hrtimer_start(&shot->timer, NSEC_PER_MSEC, HRTIMER_MODE_REL);
	wait_for_completion(&shot->done);
	hrtimer_cancel(&shot->timer);
	lockdep_expect_begin();
	spin_lock_irq(&irq_lock);
	spin_unlock_irq(&irq_lock);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 0);
	lockdep_expect_begin();
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	KUNIT_EXPECT_EQ(test, lockdep_expect_end(), 1);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(two_locks_both_ways),
	KUNIT_CASE(three_locks_in_a_circle),
	KUNIT_CASE(a_class_within_itself),
	KUNIT_CASE(a_try_makes_no_order),
	KUNIT_CASE(a_mutex_and_a_spinlock),
	KUNIT_CASE(a_lock_of_interrupts),
	{},
};
KUNIT_SUITE(lockdep, cases);
