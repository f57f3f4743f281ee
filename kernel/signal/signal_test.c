/* SPDX-License-Identifier: MIT */
/*
 * What order signals are taken in, what blocks and restores, what a siginfo keeps; in a kernel
 * thread, which nobody signals.
 */
#include <lib/string.h>
#include <kernel/kunit.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include "../test_mm.h"
#include "signal.h"

static int take(ksigset_t mask, enum pid_type *type)
{
	struct siginfo info;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(current, &mask, &info, type);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

static void make_pending(ksigset_t own, ksigset_t shared)
{
	spin_lock_irq(&current->sighand->siglock);
	current->pending.signal = own;
	current->signal->shared_pending.signal = shared;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

static void lowest_is_taken_first(struct kunit *test)
{
	static const int order[] = {SIGHUP, SIGTERM, SIGRTMIN, SIGRTMAX};
	enum pid_type type;
	ksigset_t set = 0;

	for (int i = 0; i < ARRAY_SIZE(order); i++)
		set |= sigmask(order[i]);
	make_pending(set, 0);
	KUNIT_EXPECT_TRUE(test, signal_pending(current));
	for (int i = 0; i < ARRAY_SIZE(order); i++) {
		KUNIT_EXPECT_EQ(test, take(0, &type), order[i]);
		KUNIT_EXPECT_EQ(test, type, PIDTYPE_PID);
	}
	KUNIT_EXPECT_EQ(test, take(0, &type), 0);
	KUNIT_EXPECT_FALSE(test, signal_pending(current));
}

static void faults_and_own_signals_go_first(struct kunit *test)
{
	enum pid_type type;

	make_pending(sigmask(SIGHUP) | sigmask(SIGSEGV), sigmask(SIGINT));
	KUNIT_EXPECT_EQ(test, take(0, &type), SIGSEGV);
	KUNIT_EXPECT_EQ(test, take(0, &type), SIGHUP);
	KUNIT_EXPECT_EQ(test, type, PIDTYPE_PID);
	KUNIT_EXPECT_EQ(test, take(0, &type), SIGINT);
	KUNIT_EXPECT_EQ(test, type, PIDTYPE_TGID);
}

static void blocked_signals_stay(struct kunit *test)
{
	ksigset_t old = current->blocked;
	enum pid_type type;

	set_current_blocked(sigmask(SIGHUP) | sigmask(SIGKILL) | sigmask(SIGSTOP));
	KUNIT_EXPECT_EQ(test, current->blocked, sigmask(SIGHUP)); /* the last two cannot be */
	make_pending(sigmask(SIGHUP), 0);
	KUNIT_EXPECT_FALSE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, take(current->blocked, &type), 0);
	set_current_blocked(0);
	KUNIT_EXPECT_TRUE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, take(current->blocked, &type), SIGHUP);
	set_current_blocked(old);
}

static void flushing_a_mask_leaves_the_rest(struct kunit *test)
{
	enum pid_type type;

	make_pending(sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGINT), 0);
	spin_lock_irq(&current->sighand->siglock);
	flush_sigqueue_mask(SIG_KERNEL_STOP_MASK, &current->pending);
	spin_unlock_irq(&current->sighand->siglock);
	KUNIT_EXPECT_EQ(test, take(0, &type), SIGINT);
	KUNIT_EXPECT_EQ(test, take(0, &type), 0);
}

static void siginfo_goes_out_with_a_zero_tail(struct kunit *test)
{
	siginfo_t __user *user;
	struct siginfo info, back;
	u8 raw[sizeof(siginfo_t)];

	test_mm_enter(test);
	user = test_mm_map(test, PAGE_SIZE);
	memset(raw, 0xff, sizeof(raw));
	KUNIT_ASSERT_EQ(test, copy_to_user(user, raw, sizeof(raw)), 0);
	clear_siginfo(&info);
	info.si_signo = SIGRTMIN;
	info.si_code = SI_QUEUE;
	info.si_pid = 42;
	info.si_int = -7;
	KUNIT_EXPECT_EQ(test, copy_siginfo_to_user(user, &info), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(raw, user, sizeof(raw)), 0);
	KUNIT_EXPECT_NULL(
		test, memchr_inv(raw + KERNEL_SIGINFO_SIZE, 0, sizeof(raw) - KERNEL_SIGINFO_SIZE));
	KUNIT_EXPECT_EQ(test, copy_siginfo_from_user(&back, user), 0);
	KUNIT_EXPECT_EQ(test, back.si_int, -7);
	/* A code that the kernel does not know must not carry bytes that it would drop. */
	KUNIT_ASSERT_EQ(test, put_user(-1000, &user->si_code), 0);
	KUNIT_EXPECT_EQ(test, copy_siginfo_from_user(&back, user), 0);
	KUNIT_ASSERT_EQ(test, put_user((u8)1, (u8 __user *)user + sizeof(siginfo_t) - 1), 0);
	KUNIT_EXPECT_EQ(test, copy_siginfo_from_user(&back, user), -E2BIG);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(lowest_is_taken_first),
	KUNIT_CASE(faults_and_own_signals_go_first),
	KUNIT_CASE(blocked_signals_stay),
	KUNIT_CASE(flushing_a_mask_leaves_the_rest),
	KUNIT_CASE(siginfo_goes_out_with_a_zero_tail),
	{},
};
KUNIT_SUITE(signal, cases);
