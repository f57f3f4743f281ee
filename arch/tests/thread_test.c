/* SPDX-License-Identifier: MIT */
/* <arch/thread.h>, <arch/debug.h>: registers survive a switch, stacks can be walked. */
#include <arch/debug.h>
#include <arch/param.h>
#include <arch/thread.h>
#include <kernel/completion.h>
#include <kernel/kthread.h>
#include <kernel/kunit.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <lib/err.h>
#include <lib/string.h>

#define ROUNDS 200

struct ball {
	struct completion to[2], done;
	unsigned long mixed[2];
};

/*
 * Keeps many values alive across a switch: the compiler puts them where a switch must not change
 * them.
 */
static noinline unsigned long play(struct ball *ball, int side, unsigned long seed)
{
	unsigned long a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11,
		      f = seed * 13;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		complete(&ball->to[!side]);
		wait_for_completion(&ball->to[side]);
		a += b;
		b ^= c;
		c += d;
		d ^= e;
		e += f;
		f ^= a;
	}
	return a ^ b ^ c ^ d ^ e ^ f;
}

static unsigned long play_alone(unsigned long seed)
{
	unsigned long a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11,
		      f = seed * 13;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		a += b;
		b ^= c;
		c += d;
		d ^= e;
		e += f;
		f ^= a;
	}
	return a ^ b ^ c ^ d ^ e ^ f;
}

static int other_side(void *arg)
{
	struct ball *ball = arg;

	ball->mixed[1] = play(ball, 1, 0x123456789);
	complete(&ball->done);
	return 0;
}

static void switch_keeps_registers(struct kunit *test)
{
	struct ball *ball = kunit_kzalloc(test, sizeof(*ball));
	struct task_struct *other;

	KUNIT_ASSERT_NOT_NULL(test, ball);
	init_completion(&ball->to[0]);
	init_completion(&ball->to[1]);
	init_completion(&ball->done);
	other = kthread_run(other_side, ball, "arch-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	ball->mixed[0] = play(ball, 0, 0x987654321);
	wait_for_completion(&ball->done);
	KUNIT_EXPECT_EQ(test, ball->mixed[0], play_alone(0x987654321));
	KUNIT_EXPECT_EQ(test, ball->mixed[1], play_alone(0x123456789));
}

static void fpu_section_is_atomic(struct kunit *test)
{
	u32 before = preempt_count();

	kernel_fpu_begin();
	KUNIT_EXPECT_GT(test, preempt_count(), before);
	kernel_fpu_end();
	KUNIT_EXPECT_EQ(test, preempt_count(), before);
}

struct walk {
	unsigned int depth;
	bool found;
};

static bool look(void *arg, unsigned long pc, bool reliable)
{
	struct walk *walk = arg;
	unsigned long here = (unsigned long)look;

	/* The caller of the walk is near this function; far away means we have left the test. */
	if (pc > here - 0x4000 && pc < here + 0x4000)
		walk->found = true;
	return ++walk->depth < 100;
}

static void stack_walk_ends(struct kunit *test)
{
	struct walk walk = {};

	arch_stack_walk(look, &walk, current, NULL);
	KUNIT_EXPECT_TRUE(test, walk.found);
	KUNIT_EXPECT_LT(test, walk.depth, 100);
	if (IS_ENABLED(CONFIG_FRAME_POINTER))
		KUNIT_EXPECT_GE(test, walk.depth, 2);
}

static void stack_is_where_it_should_be(struct kunit *test)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned long stack = (unsigned long)current->stack;

	KUNIT_EXPECT_TRUE(test, here >= stack && here < stack + THREAD_SIZE);
	KUNIT_EXPECT_EQ(test, stack & (THREAD_SIZE - 1), 0);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(switch_keeps_registers),
	KUNIT_CASE(fpu_section_is_atomic),
	KUNIT_CASE(stack_walk_ends),
	KUNIT_CASE(stack_is_where_it_should_be),
	{},
};
KUNIT_SUITE(arch_thread, cases);
