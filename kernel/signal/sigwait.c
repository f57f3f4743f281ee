/* SPDX-License-Identifier: MIT */
/*
 * Waiting for signals: sigsuspend(2), pause(2), sigtimedwait(2); temporary masks for ppoll(2) and
 * its like.
 */
#include <kernel/hrtimer.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "signal.h"

static long sleep_until_signal(void)
{
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule(); /* which does not sleep when a signal is pending */
	}
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE0(pause)
{
	return sleep_until_signal();
}

SYSCALL_DEFINE2(rt_sigsuspend, const u64 __user *, uset, size_t, sigsetsize)
{
	ksigset_t set;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(set, uset))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(set);
	sleep_until_signal();
	/* The handler runs under the temporary mask and its frame saves the old one. */
	set_restore_sigmask();
	return -ERESTARTNOHAND;
}

int set_user_sigmask(const sigset_t __user *umask, size_t size)
{
	ksigset_t set;

	if (!umask)
		return 0;
	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(set, (const u64 __user *)umask))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_restore_sigmask();
	set_current_blocked(set);
	return 0;
}

/*
 * Waits up to @ns for a signal of @which and takes it. While asleep the set is unblocked, so that
 * senders wake us, and remembered in real_blocked, so that a fatal signal among them does not kill
 * the group but is ours.
 */
static int do_sigtimedwait(ksigset_t which, struct siginfo *info, s64 ns)
{
	struct task_struct *t = current;
	ksigset_t mask = ~(which & ~SIG_KERNEL_ONLY_MASK);
	enum pid_type type;
	s64 left = 0;
	int sig;

	spin_lock_irq(&t->sighand->siglock);
	sig = dequeue_signal(t, &mask, info, &type);
	if (!sig && ns > 0) {
		t->real_blocked = t->blocked;
		t->blocked &= mask;
		recalc_sigpending();
		spin_unlock_irq(&t->sighand->siglock);
		__set_current_state(TASK_INTERRUPTIBLE);
		left = schedule_hrtimeout_left(ns);
		spin_lock_irq(&t->sighand->siglock);
		__set_task_blocked(t, t->real_blocked);
		t->real_blocked = 0;
		sig = dequeue_signal(t, &mask, info, &type);
	}
	spin_unlock_irq(&t->sighand->siglock);
	if (sig)
		return sig;
	return left > 0 ? -EINTR : -EAGAIN;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const u64 __user *, uthese, siginfo_t __user *, uinfo,
		const struct __kernel_timespec __user *, uts, size_t, sigsetsize)
{
	struct timespec64 ts;
	struct siginfo info;
	ksigset_t these;
	s64 ns = KTIME_MAX;
	int ret;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(these, uthese))
		return -EFAULT;
	if (uts) {
		if (get_timespec64(&ts, uts))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		ns = timespec64_to_ns(&ts);
	}
	ret = do_sigtimedwait(these, &info, ns);
	if (ret > 0 && uinfo && copy_siginfo_to_user(uinfo, &info))
		ret = -EFAULT;
	return ret;
}

static long no_restart(struct restart_block *block)
{
	return -EINTR;
}

/* The continuation that an interrupted call left; entered by syscall_restart_block(). */
SYSCALL_DEFINE0(restart_syscall)
{
	struct restart_block *block = &current->restart_block;
	long (*fn)(struct restart_block *) = block->fn ? block->fn : no_restart;

	return fn(block);
}
