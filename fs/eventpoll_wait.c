/* SPDX-License-Identifier: MIT */
/* epoll_wait(2) and its kin: events out of the ready list, sleeping until there are some. */
#include <kernel/hrtimer.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <uapi/eventpoll.h>
#include "eventpoll.h"

#define EP_MAX_EVENTS ((int)(INT_MAX / sizeof(struct epoll_event)))

/* Puts the item back: level-triggered items stay on the list until they are found idle. */
static void requeue(struct eventpoll *ep, struct epitem *epi)
{
	spin_lock_irq(&ep->lock);
	if (list_empty(&epi->rdllink))
		list_add_tail(&epi->rdllink, &ep->rdllist);
	spin_unlock_irq(&ep->lock);
}

/* Two words rather than the struct: it is packed on one arch and padded on the other. */
static int put_event(struct epoll_event __user *uevent, __poll_t events, u64 data)
{
	char __user *p = (char __user *)uevent;

	return raw_put_user(events, (__poll_t __user *)p) ||
	       raw_put_user(data, (u64 __user *)(p + offsetof(struct epoll_event, data)));
}

/* One event to the user: 1, 0 not ready after all, -EFAULT. mtx held; the item is on no list. */
static int send_one(struct eventpoll *ep, struct epitem *epi, struct epoll_event __user *uevent)
{
	poll_table table = {._qproc = NULL};
	__poll_t revents = ep_item_poll(epi, &table, 1);

	if (!revents)
		return 0;
	if (put_event(uevent, revents, epi->event.data)) {
		requeue(ep, epi);
		return -EFAULT;
	}
	if (epi->event.events & EPOLLONESHOT)
		WRITE_ONCE(epi->event.events, epi->event.events & EP_PRIVATE_BITS);
	else if (!(epi->event.events & EPOLLET))
		requeue(ep, epi);
	return 1;
}

/*
 * Up to @max events; the number, or -EFAULT. Items are taken off one by one before their file is
 * asked: a wake-up after that puts them on rdllist again, so no edge is lost. What is put back goes
 * behind the items that were there, and is not looked at twice.
 */
static int send_events(struct eventpoll *ep, struct epoll_event __user *events, int max)
{
	LIST_HEAD(scan);
	int n = 0, got = 0;

	mutex_lock(&ep->mtx);
	spin_lock_irq(&ep->lock);
	list_splice_init(&ep->rdllist, &scan);
	spin_unlock_irq(&ep->lock);
	while (n < max && !list_empty(&scan)) {
		struct epitem *epi = list_first_entry(&scan, struct epitem, rdllink);

		spin_lock_irq(&ep->lock);
		list_del_init(&epi->rdllink);
		spin_unlock_irq(&ep->lock);
		got = send_one(ep, epi, &events[n]);
		if (got < 0)
			break;
		n += got;
	}
	if (!list_empty(&scan)) {
		spin_lock_irq(&ep->lock);
		list_splice(&scan, &ep->rdllist);
		spin_unlock_irq(&ep->lock);
	}
	/* There may be work for another thread that sleeps in the same set. */
	if (ep_ready(ep))
		ep_wake(ep);
	mutex_unlock(&ep->mtx);
	return n ? n : min(got, 0);
}

/*
 * Sleeps until something is ready or @until; false: the time is over. A wake-up goes to one sleeper
 * only.
 */
static bool ep_sleep(struct eventpoll *ep, ktime_t until)
{
	DEFINE_WAIT(wait);
	s64 left = 1;

	prepare_to_wait_exclusive(&ep->wq, &wait, TASK_INTERRUPTIBLE);
	if (!ep_ready(ep) && !signal_pending(current)) {
		if (until == KTIME_MAX) {
			schedule();
		} else {
			left = until - ktime_get();
			if (left > 0)
				left = schedule_hrtimeout_left(left);
		}
	}
	finish_wait(&ep->wq, &wait);
	return left > 0;
}

static int ep_wait(struct eventpoll *ep, struct epoll_event __user *events, int max, ktime_t until)
{
	bool timed_out = !until;

	for (;;) {
		/*
		 * Also after a signal or a timeout: the wake-up that was ours alone must not be
		 * lost.
		 */
		if (ep_ready(ep)) {
			int n = send_events(ep, events, max);

			if (n)
				return n;
		}
		if (timed_out)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		timed_out = !ep_sleep(ep, until);
	}
}

static int do_epoll_wait(int epfd, struct epoll_event __user *events, int max, ktime_t until)
{
	struct fd f;
	int n = -EINVAL;

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, max * sizeof(*events)))
		return -EFAULT;
	f = fdget(epfd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op == &eventpoll_fops)
		n = ep_wait(fd_file(f)->private_data, events, max, until);
	fdput(f);
	return n;
}

static ktime_t limit_ms(int ms)
{
	if (ms < 0)
		return KTIME_MAX;
	return ms ? ktime_get() + ms * NSEC_PER_MSEC : 0;
}

static long wait_masked(int epfd, struct epoll_event __user *events, int max, ktime_t until,
			const sigset_t __user *umask, size_t size)
{
	long n = umask ? set_user_sigmask(umask, size) : 0;

	if (n)
		return n;
	n = do_epoll_wait(epfd, events, max, until);
	if (umask)
		restore_saved_sigmask_unless(n == -EINTR);
	return n;
}

SYSCALL_DEFINE4(epoll_wait, int, epfd, struct epoll_event __user *, events, int, max, int, ms)
{
	return do_epoll_wait(epfd, events, max, limit_ms(ms));
}

SYSCALL_DEFINE6(epoll_pwait, int, epfd, struct epoll_event __user *, events, int, max, int, ms,
		const sigset_t __user *, umask, size_t, size)
{
	return wait_masked(epfd, events, max, limit_ms(ms), umask, size);
}

SYSCALL_DEFINE6(epoll_pwait2, int, epfd, struct epoll_event __user *, events, int, max,
		const struct __kernel_timespec __user *, uts, const sigset_t __user *, umask,
		size_t, size)
{
	ktime_t until = KTIME_MAX;
	struct timespec64 ts;

	if (uts) {
		s64 ns;

		if (get_timespec64(&ts, uts))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		ns = timespec64_to_ns(&ts);
		until = ns ? ktime_get() + min(ns, KTIME_MAX / 2) : 0;
	}
	return wait_masked(epfd, events, max, until, umask, size);
}
