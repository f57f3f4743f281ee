/* SPDX-License-Identifier: MIT */
/*
 * setitimer(2), getitimer(2), alarm(2). ITIMER_REAL is an hrtimer of the thread group. Its next
 * period starts when SIGALRM is dequeued, so a timer that is faster than its process does not flood
 * the machine. The two CPU-time ones are numbers that the tick compares (cpu-timer.c).
 */
#include <kernel/hrtimer.h>
#include <kernel/pid.h>
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "cpu-clock.h"
#include "posix-timers.h"

/* In ns. */
struct itimer_ns {
	u64 value, interval;
};

static enum hrtimer_restart it_real_fn(struct hrtimer *timer)
{
	struct signal_struct *sig = container_of(timer, struct signal_struct, real_timer);

	/* exit_itimers() waits for us before the group and its number go away. */
	kill_pid_info(SIGALRM, SEND_SIG_PRIV, sig->pids[PIDTYPE_TGID]);
	return HRTIMER_NORESTART;
}

void posix_timers_init_signal(struct signal_struct *sig)
{
	hrtimer_init(&sig->real_timer, CLOCK_MONOTONIC, it_real_fn);
}

/* siglock held. */
void itimer_real_rearm(struct signal_struct *sig)
{
	if (!sig->it_real_incr || hrtimer_active(&sig->real_timer))
		return;
	hrtimer_forward(&sig->real_timer, ktime_get(), sig->it_real_incr);
	hrtimer_start(&sig->real_timer, sig->real_timer.expires, HRTIMER_MODE_ABS);
}

/* siglock held. */
static struct itimer_ns get_real(struct signal_struct *sig)
{
	struct itimer_ns it = {.interval = sig->it_real_incr};

	/* One that is due but whose signal is still on its way is not disarmed yet: not 0. */
	if (hrtimer_active(&sig->real_timer))
		it.value = max_t(s64, hrtimer_get_remaining(&sig->real_timer), NSEC_PER_USEC);
	return it;
}

/* siglock held; false: the callback is running on another CPU and wants it. */
static bool set_real(struct signal_struct *sig, const struct itimer_ns *it)
{
	if (hrtimer_try_to_cancel(&sig->real_timer) < 0)
		return false;
	sig->it_real_incr = it->value ? it->interval : 0;
	if (it->value)
		hrtimer_start(&sig->real_timer, it->value, HRTIMER_MODE_REL);
	return true;
}

static u64 group_cpu_time(int index)
{
	unsigned int kind = index == CPU_ITIMER_PROF ? CPUCLOCK_PROF : CPUCLOCK_VIRT;

	return cpu_clock_sample(current, CPUCLOCK_MAKE(0, false, kind));
}

/* siglock held. */
static struct itimer_ns get_cpu_itimer(struct signal_struct *sig, int index)
{
	struct itimer_ns it = {.interval = sig->it[index].incr};
	u64 now = group_cpu_time(index), expires = sig->it[index].expires;

	if (expires)
		it.value = expires > now ? expires - now : TICK_NSEC; /* due at the next tick */
	return it;
}

static void set_cpu_itimer(struct signal_struct *sig, int index, const struct itimer_ns *it)
{
	sig->it[index].expires = it->value ? group_cpu_time(index) + it->value : 0;
	sig->it[index].incr = it->interval;
}

static int cpu_index(int which)
{
	return which == ITIMER_PROF ? CPU_ITIMER_PROF : CPU_ITIMER_VIRT;
}

static int do_getitimer(int which, struct itimer_ns *it)
{
	struct signal_struct *sig = current->signal;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	*it = which == ITIMER_REAL ? get_real(sig) : get_cpu_itimer(sig, cpu_index(which));
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
}

static int do_setitimer(int which, const struct itimer_ns *new, struct itimer_ns *old)
{
	struct signal_struct *sig = current->signal;
	bool done = true;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	do {
		if (!done)
			cpu_relax();
		spin_lock_irq(&current->sighand->siglock);
		if (which == ITIMER_REAL) {
			*old = get_real(sig);
			done = set_real(sig, new);
		} else {
			*old = get_cpu_itimer(sig, cpu_index(which));
			set_cpu_itimer(sig, cpu_index(which), new);
		}
		spin_unlock_irq(&current->sighand->siglock);
	} while (!done);
	return 0;
}

/* ---- the calls ---- */

static bool valid_timeval(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < USEC_PER_SEC;
}

static u64 timeval_ns(const struct __kernel_old_timeval *tv)
{
	if (tv->tv_sec >= KTIME_MAX / NSEC_PER_SEC)
		return KTIME_MAX;
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
}

static struct __kernel_old_timeval ns_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

static int put_itimer(struct __kernel_old_itimerval __user *uit, const struct itimer_ns *it)
{
	struct __kernel_old_itimerval v = {ns_timeval(it->interval), ns_timeval(it->value)};

	return copy_to_user(uit, &v, sizeof(v)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(getitimer, int, which, struct __kernel_old_itimerval __user *, uit)
{
	struct itimer_ns it;
	int err = do_getitimer(which, &it);

	return err ? err : put_itimer(uit, &it);
}

SYSCALL_DEFINE3(setitimer, int, which, const struct __kernel_old_itimerval __user *, unew,
		struct __kernel_old_itimerval __user *, uold)
{
	struct __kernel_old_itimerval v = {};
	struct itimer_ns new, old;
	int err;

	/* Linux takes no new value as "disarm". */
	if (unew && copy_from_user(&v, unew, sizeof(v)))
		return -EFAULT;
	if (!valid_timeval(&v.it_value) || !valid_timeval(&v.it_interval))
		return -EINVAL;
	new = (struct itimer_ns){timeval_ns(&v.it_value), timeval_ns(&v.it_interval)};
	err = do_setitimer(which, &new, &old);
	return err || !uold ? err : put_itimer(uold, &old);
}

/* Seconds that were left, rounded; never 0 for a timer that was armed. */
SYSCALL_DEFINE1(alarm, unsigned int, seconds)
{
	struct itimer_ns new = {.value = seconds * (u64)NSEC_PER_SEC}, old;

	do_setitimer(ITIMER_REAL, &new, &old);
	if (!old.value)
		return 0;
	return max_t(u64, (old.value + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1);
}
