/* SPDX-License-Identifier: MIT */
/*
 * poll(2), ppoll(2), select(2), pselect6(2).
 *
 * One struct poll_wqueues a call: the first scan asks every file and puts an entry on its queues; a
 * wake-up by an event that the file's waiter wants sets ->triggered and wakes the task, which scans
 * again without queueing. The first entries live on the stack.
 */
#include <lib/bitops.h>
#include <lib/err.h>
#include <kernel/hrtimer.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <mm/page.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <uapi/personality.h>
#include <uapi/time.h>
#include "internal.h"

struct poll_entry {
	struct file *file; /* referenced: the queue lives as long */
	__poll_t key;
	struct wait_queue_entry wait;
	wait_queue_head_t *head;
};

struct poll_page {
	struct poll_page *next;
	struct poll_entry entries[];
};

#define POLL_INLINE	6
#define POLL_PAGE_SLOTS ((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))

struct poll_wqueues {
	poll_table table;
	struct task_struct *task;
	int triggered;
	int error;
	unsigned int used; /* of the newest page, or of inline_entries */
	struct poll_page *pages;
	struct poll_entry inline_entries[POLL_INLINE];
};

/* ---- the waiter ------------------------------------------------------------------------------ */

/*
 * The store of triggered is before the wake-up's barrier; pairs with set_current_state() in
 * poll_sleep().
 */
static int poll_wake(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct poll_entry *entry = container_of(wait, struct poll_entry, wait);
	struct poll_wqueues *pwq = wait->private;

	if (key && !(key_to_poll(key) & entry->key))
		return 0;
	WRITE_ONCE(pwq->triggered, 1);
	return try_to_wake_up(pwq->task, mode, flags);
}

static struct poll_entry *new_entry(struct poll_wqueues *p)
{
	struct poll_page *page;

	if (!p->pages && p->used < POLL_INLINE)
		return &p->inline_entries[p->used++];
	if (!p->pages || p->used >= POLL_PAGE_SLOTS) {
		page = (struct poll_page *)__get_free_page(GFP_KERNEL);
		if (!page) {
			p->error = -ENOMEM;
			return NULL;
		}
		page->next = p->pages;
		p->pages = page;
		p->used = 0;
	}
	return &p->pages->entries[p->used++];
}

static void pollwait(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct poll_wqueues *p = container_of(table, struct poll_wqueues, table);
	struct poll_entry *entry = new_entry(p);

	if (!entry)
		return;
	entry->file = get_file(file);
	entry->head = head;
	entry->key = table->_key;
	init_waitqueue_func_entry(&entry->wait, poll_wake);
	entry->wait.private = p;
	add_wait_queue(head, &entry->wait);
}

static void poll_initwait(struct poll_wqueues *p)
{
	p->table._qproc = pollwait;
	p->table._key = ~(__force __poll_t)0;
	p->task = current;
	p->triggered = 0;
	p->error = 0;
	p->used = 0;
	p->pages = NULL;
}

static void free_entries(struct poll_entry *entries, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		remove_wait_queue(entries[i].head, &entries[i].wait);
		fput(entries[i].file);
	}
}

static void poll_freewait(struct poll_wqueues *p)
{
	unsigned int n = p->used;

	if (p->pages) {
		while (p->pages) {
			struct poll_page *page = p->pages;

			free_entries(page->entries, n);
			p->pages = page->next;
			free_page((unsigned long)page);
			n = POLL_PAGE_SLOTS;
		}
		n = POLL_INLINE;
	}
	free_entries(p->inline_entries, n);
}

/*
 * A limit in monotonic ns; KTIME_MAX: none; 0: do not sleep at all. Returns false when it has
 * passed.
 */
static bool poll_sleep(struct poll_wqueues *p, ktime_t until)
{
	s64 left = KTIME_MAX;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(p->triggered)) {
		if (until != KTIME_MAX) {
			left = until - ktime_get();
			if (left > 0)
				left = schedule_hrtimeout_left(left);
		} else {
			schedule();
		}
	}
	__set_current_state(TASK_RUNNING);
	/* Before the scan that follows: events from now on trigger again. */
	atomic_exchange_explicit((_Atomic int *)&p->triggered, 0, memory_order_seq_cst);
	return left > 0;
}

/* From a timespec that is relative: the absolute limit. */
static ktime_t poll_limit(const struct timespec64 *ts)
{
	s64 ns, now;

	if (!ts)
		return KTIME_MAX;
	ns = timespec64_to_ns(ts);
	if (!ns)
		return 0;
	now = ktime_get();
	return ns > KTIME_MAX - now ? KTIME_MAX : now + ns;
}

/* ---- poll ------------------------------------------------------------------------------------ */

static __poll_t poll_one(struct pollfd *pfd, poll_table *table)
{
	__poll_t filter, mask = 0;
	struct fd f;

	if (pfd->fd < 0) {
		pfd->revents = 0;
		return 0;
	}
	f = fdget(pfd->fd);
	if (fd_empty(f)) {
		pfd->revents = POLLNVAL;
		return EPOLLNVAL;
	}
	filter = (__force __poll_t)(u16)pfd->events | EPOLLERR | EPOLLHUP;
	table->_key = filter;
	mask = vfs_poll(fd_file(f), table) & filter;
	fdput(f);
	pfd->revents = (__force u16)mask;
	return mask;
}

static int poll_scan(struct pollfd *fds, unsigned int nfds, poll_table *table)
{
	int count = 0;

	for (unsigned int i = 0; i < nfds; i++) {
		if (poll_one(&fds[i], table)) {
			count++;
			table->_qproc = NULL; /* something is ready: nobody will sleep */
		}
	}
	return count;
}

static int poll_loop(struct pollfd *fds, unsigned int nfds, struct poll_wqueues *p, ktime_t until)
{
	bool timed_out = !until;
	int count;

	if (timed_out)
		p->table._qproc = NULL;
	for (;;) {
		count = poll_scan(fds, nfds, &p->table);
		p->table._qproc = NULL; /* queued once is queued */
		if (count || timed_out)
			return count;
		if (p->error)
			return p->error;
		if (signal_pending(current))
			return -ERESTARTNOHAND;
		timed_out = !poll_sleep(p, until);
	}
}

#define POLL_STACK_FDS 24

static long do_poll_fds(struct pollfd *fds, struct pollfd __user *ufds, unsigned int nfds,
			ktime_t until)
{
	struct poll_wqueues p;
	long count;

	if (copy_from_user(fds, ufds, nfds * sizeof(*fds)))
		return -EFAULT;
	poll_initwait(&p);
	count = poll_loop(fds, nfds, &p, until);
	poll_freewait(&p);
	if (count < 0)
		return count;
	/* Only revents: the rest of the user's array may be read-only in spirit. */
	if (!access_ok(ufds, nfds * sizeof(*fds)))
		return -EFAULT;
	for (unsigned int i = 0; i < nfds; i++)
		if (raw_put_user(fds[i].revents, &ufds[i].revents))
			return -EFAULT;
	return count;
}

static long do_sys_poll(struct pollfd __user *ufds, unsigned int nfds, ktime_t until)
{
	struct pollfd stack[POLL_STACK_FDS], *fds = stack;
	long count;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds > POLL_STACK_FDS) {
		fds = kvmalloc_array(nfds, sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	count = do_poll_fds(fds, ufds, nfds, until);
	if (fds != stack)
		kvfree(fds);
	return count;
}

static long poll_restart(struct restart_block *r)
{
	long ret = do_sys_poll(r->poll.ufds, r->poll.nfds,
			       r->poll.has_timeout ? r->poll.expires : KTIME_MAX);

	if (ret == -ERESTARTNOHAND) {
		r->fn = poll_restart;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned int, nfds, int, timeout_ms)
{
	struct timespec64 ts;
	ktime_t until;
	long ret;

	if (timeout_ms >= 0)
		ts = ns_to_timespec64(timeout_ms * NSEC_PER_MSEC);
	until = poll_limit(timeout_ms >= 0 ? &ts : NULL);
	ret = do_sys_poll(ufds, nfds, until);
	if (ret == -ERESTARTNOHAND) {
		struct restart_block *r = &current->restart_block;

		r->fn = poll_restart;
		r->poll.ufds = ufds;
		r->poll.nfds = nfds;
		r->poll.has_timeout = until != KTIME_MAX;
		r->poll.expires = until;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

/* ---- time left, signal masks ----------------------------------------------------------------- */

/*
 * What remains of the timeout goes back to the caller; a failure to write it is nobody's error
 * (select(2)).
 */
static void put_remaining(ktime_t until, struct __kernel_timespec __user *uts)
{
	struct timespec64 left = {};

	if (!uts || until == KTIME_MAX || (current->personality & STICKY_TIMEOUTS))
		return;
	if (until) {
		s64 ns = until - ktime_get();

		if (ns > 0)
			left = ns_to_timespec64(ns);
	}
	(void)put_timespec64(&left, uts);
}

static int get_limit(const struct __kernel_timespec __user *uts, ktime_t *until)
{
	struct timespec64 ts;

	*until = KTIME_MAX;
	if (!uts)
		return 0;
	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*until = poll_limit(&ts);
	return 0;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned int, nfds,
		struct __kernel_timespec __user *, uts, const sigset_t __user *, umask, size_t,
		masksize)
{
	ktime_t until;
	long ret = get_limit(uts, &until);

	if (!ret && umask)
		ret = set_user_sigmask(umask, masksize);
	if (ret)
		return ret;
	ret = do_sys_poll(ufds, nfds, until);
	if (umask)
		restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	put_remaining(until, uts);
	return ret;
}

/* ---- select ---------------------------------------------------------------------------------- */

#define POLLIN_SET  (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL)
#define POLLOUT_SET (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL)
#define POLLEX_SET  (EPOLLPRI | EPOLLNVAL)

/* Three sets asked for, three answered; each @words long. */
struct fd_sets {
	unsigned long *in, *out, *ex, *res_in, *res_out, *res_ex;
	unsigned int words;
};

static int select_one(unsigned int fd, unsigned long bit, unsigned int word,
		      const struct fd_sets *s, poll_table *table)
{
	__poll_t want = EPOLLPRI, mask;
	struct fd f = fdget(fd);
	int n = 0;

	if (fd_empty(f))
		return -EBADF;
	if (s->in[word] & bit)
		want |= POLLIN_SET;
	if (s->out[word] & bit)
		want |= POLLOUT_SET;
	table->_key = want | EPOLLHUP | EPOLLERR;
	mask = vfs_poll(fd_file(f), table);
	fdput(f);
	if ((mask & POLLIN_SET) && (s->in[word] & bit)) {
		s->res_in[word] |= bit;
		n++;
	}
	if ((mask & POLLOUT_SET) && (s->out[word] & bit)) {
		s->res_out[word] |= bit;
		n++;
	}
	if ((mask & POLLEX_SET) && (s->ex[word] & bit)) {
		s->res_ex[word] |= bit;
		n++;
	}
	return n;
}

static int select_scan(const struct fd_sets *s, poll_table *table)
{
	int count = 0;

	for (unsigned int w = 0; w < s->words; w++) {
		unsigned long all = s->in[w] | s->out[w] | s->ex[w];

		s->res_in[w] = s->res_out[w] = s->res_ex[w] = 0;
		for (; all; all &= all - 1) {
			unsigned long bit = all & -all;
			int n = select_one(w * BITS_PER_LONG + __ffs(all), bit, w, s, table);

			if (n < 0)
				return n;
			count += n;
			if (n)
				table->_qproc = NULL;
		}
	}
	return count;
}

static int select_loop(const struct fd_sets *s, ktime_t until)
{
	bool timed_out = !until;
	struct poll_wqueues p;
	int count;

	poll_initwait(&p);
	if (timed_out)
		p.table._qproc = NULL;
	for (;;) {
		count = select_scan(s, &p.table);
		p.table._qproc = NULL;
		if (count || timed_out)
			break;
		count = p.error;
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count)
			break;
		timed_out = !poll_sleep(&p, until);
	}
	poll_freewait(&p);
	return count;
}

static int get_set(unsigned long *set, const void __user *u, unsigned int n, unsigned int words)
{
	set[words - 1] = 0;
	if (!u) {
		memset(set, 0, words * sizeof(long));
		return 0;
	}
	if (copy_from_user(set, u, words * sizeof(long)))
		return -EFAULT;
	/* Bits past n do not count. */
	if (n % BITS_PER_LONG)
		set[words - 1] &= (1ul << (n % BITS_PER_LONG)) - 1;
	return 0;
}

static int put_set(void __user *u, const unsigned long *set, unsigned int words)
{
	return u && copy_to_user(u, set, words * sizeof(long)) ? -EFAULT : 0;
}

static int select_sets(unsigned int n, struct fd_sets *s, void __user *in, void __user *out,
		       void __user *ex, ktime_t until)
{
	int count;

	if (!n)
		return select_loop(s, until);
	if (get_set(s->in, in, n, s->words) || get_set(s->out, out, n, s->words) ||
	    get_set(s->ex, ex, n, s->words))
		return -EFAULT;
	count = select_loop(s, until);
	if (count < 0)
		return count;
	if (put_set(in, s->res_in, s->words) || put_set(out, s->res_out, s->words) ||
	    put_set(ex, s->res_ex, s->words))
		return -EFAULT;
	return count;
}

#define SELECT_STACK_WORDS 4 /* a set: 256 descriptors */

static int do_select(int n, void __user *in, void __user *out, void __user *ex, ktime_t until)
{
	unsigned long stack[6 * SELECT_STACK_WORDS], *bits = stack;
	unsigned int max_fds = READ_ONCE(current->files->fdt)->max_fds;
	struct fd_sets s;
	int count;

	if (n < 0)
		return -EINVAL;
	if ((unsigned int)n > max_fds)
		n = max_fds;
	s.words = DIV_ROUND_UP((unsigned int)n, BITS_PER_LONG);
	if (s.words > SELECT_STACK_WORDS) {
		bits = kvmalloc_array(6 * s.words, sizeof(long), GFP_KERNEL);
		if (!bits)
			return -ENOMEM;
	}
	s.in = bits;
	s.out = bits + s.words;
	s.ex = bits + 2 * s.words;
	s.res_in = bits + 3 * s.words;
	s.res_out = bits + 4 * s.words;
	s.res_ex = bits + 5 * s.words;
	count = select_sets(n, &s, in, out, ex, until);
	if (bits != stack)
		kvfree(bits);
	return count;
}

SYSCALL_DEFINE5(select, int, n, void __user *, in, void __user *, out, void __user *, ex,
		struct __kernel_old_timeval __user *, utv)
{
	struct __kernel_old_timeval tv;
	struct timespec64 ts;
	ktime_t until = KTIME_MAX;
	int ret;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		ts.tv_sec = tv.tv_sec + tv.tv_usec / USEC_PER_SEC;
		ts.tv_nsec = tv.tv_usec % USEC_PER_SEC * NSEC_PER_USEC;
		until = poll_limit(&ts);
	}
	ret = do_select(n, in, out, ex, until);
	if (utv && until != KTIME_MAX && !(current->personality & STICKY_TIMEOUTS)) {
		s64 left = until ? until - ktime_get() : 0;

		tv.tv_sec = left > 0 ? left / NSEC_PER_SEC : 0;
		tv.tv_usec = left > 0 ? left % NSEC_PER_SEC / NSEC_PER_USEC : 0;
		if (copy_to_user(utv, &tv, sizeof(tv)) && ret == -ERESTARTNOHAND)
			ret = -EINTR; /* a restart would wait the whole time again */
	}
	return ret;
}

struct sigset_arg {
	const sigset_t __user *mask;
	size_t size;
};

SYSCALL_DEFINE6(pselect6, int, n, void __user *, in, void __user *, out, void __user *, ex,
		struct __kernel_timespec __user *, uts, const struct sigset_arg __user *, usig)
{
	struct sigset_arg sig = {};
	ktime_t until;
	long ret = get_limit(uts, &until);

	if (!ret && usig && copy_from_user(&sig, usig, sizeof(sig)))
		ret = -EFAULT;
	if (!ret && sig.mask)
		ret = set_user_sigmask(sig.mask, sig.size);
	if (ret)
		return ret;
	ret = do_select(n, in, out, ex, until);
	if (sig.mask)
		restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	put_remaining(until, uts);
	return ret;
}
