/* SPDX-License-Identifier: MIT */
/*
 * Files in messages, and the collection of sockets that only messages hold.
 *
 * A socket whose every reference is a message ("in flight") can be received again only through the
 * socket in whose queue that message lies. Sockets in flight in each other's queues, reachable from
 * no descriptor, are garbage that counting never frees.
 *
 * The collector looks at the sockets in flight only. Roots are those with a reference that is no
 * message in the queue of a socket in flight: a descriptor, a running call, a message in a live
 * socket's queue or not queued yet. What the queues of reached sockets hold is reached. The
 * messages with files in the queues of the rest are freed, and counting does what is left.
 *
 * unix_gc_lock freezes what it walks: files enter a message before it is queued (that can only make
 * more roots), leave a queued one (unix_detach_fds), are copied from it (unix_peek_fds), and a
 * connection with its queue leaves a listener's (accept), only under it. The other ways to lose a
 * queue are a socket's end and a purge, whose messages nobody receives.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/user.h>
#include <kernel/workqueue.h>
#include <mm/slab.h>
#include <uapi/capability.h>
#include "unix.h"

DEFINE_SPINLOCK(unix_gc_lock);
static LIST_HEAD(inflight_list); /* unix_gc_lock: unix_sock.inflight_link */
static unsigned long nr_inflight; /* unix_gc_lock: its length; read without */

/* The AF_UNIX socket behind @file, or NULL. */
static struct unix_sock *unix_sock_of(const struct file *file)
{
	struct socket *sock = sock_from_file(file);

	return sock && sock->sk && sock->sk->sk_family == PF_UNIX ? unix_sk(sock->sk) : NULL;
}

/* ---- files into and out of messages ---------------------------------------------------------- */

static void inflight_inc(const struct scm_fp_list *fp)
{
	spin_lock(&unix_gc_lock);
	for (unsigned int i = 0; i < fp->count; i++) {
		struct unix_sock *u = unix_sock_of(fp->fp[i]);

		if (u && !u->inflight++) {
			list_add_tail(&u->inflight_link, &inflight_list);
			WRITE_ONCE(nr_inflight, nr_inflight + 1);
		}
	}
	spin_unlock(&unix_gc_lock);
}

/* unix_gc_lock held. */
static void inflight_dec(const struct scm_fp_list *fp)
{
	for (unsigned int i = 0; i < fp->count; i++) {
		struct unix_sock *u = unix_sock_of(fp->fp[i]);

		if (u && !--u->inflight) {
			list_del_init(&u->inflight_link);
			WRITE_ONCE(nr_inflight, nr_inflight - 1);
		}
	}
}

static void uncharge(struct sk_buff *skb, unsigned int n)
{
	atomic_long_sub(n, &UNIXCB(skb).user->unix_inflight);
	free_uid(UNIXCB(skb).user);
	UNIXCB(skb).user = NULL;
}

int unix_attach_fds(struct scm_cookie *scm, struct sk_buff *skb)
{
	struct user_struct *user = current_user();
	struct scm_fp_list *fp = scm->fp;

	if ((u64)atomic_long_read(&user->unix_inflight) > rlimit(RLIMIT_NOFILE) &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -ETOOMANYREFS;
	atomic_long_add(fp->count, &user->unix_inflight);
	UNIXCB(skb).user = get_uid(user);
	inflight_inc(fp);
	UNIXCB(skb).fp = fp;
	scm->fp = NULL;
	return 0;
}

void unix_detach_fds(struct scm_cookie *scm, struct sk_buff *skb)
{
	spin_lock(&unix_gc_lock);
	scm->fp = UNIXCB(skb).fp;
	UNIXCB(skb).fp = NULL;
	inflight_dec(scm->fp);
	spin_unlock(&unix_gc_lock);
	uncharge(skb, scm->fp->count);
}

int unix_peek_fds(struct scm_cookie *scm, struct sk_buff *skb)
{
	/* Only the reader, who holds iolock, could take them out: the list stays as it is. */
	struct scm_fp_list *fp = scm_fp_dup(UNIXCB(skb).fp);

	if (!fp)
		return -ENOMEM;
	/* A collection that did not see these references is over before the user gets them. */
	spin_lock(&unix_gc_lock);
	spin_unlock(&unix_gc_lock);
	scm->fp = fp;
	return 0;
}

void unix_destruct_skb(struct sk_buff *skb)
{
	struct scm_cookie scm = {};

	if (UNIXCB(skb).fp) {
		unix_detach_fds(&scm, skb);
		scm_fp_free(scm.fp);
	}
	put_pid(UNIXCB(skb).pid);
	if (skb->sk)
		sock_wfree(skb);
}

/* ---- the collector --------------------------------------------------------------------------- */

typedef void (*gc_visit_t)(struct unix_sock *u, struct list_head *work);

static void visit_skb(struct sk_buff *skb, gc_visit_t visit, struct list_head *work)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;

	for (unsigned int i = 0; fp && i < fp->count; i++) {
		struct unix_sock *u = unix_sock_of(fp->fp[i]);

		if (u)
			visit(u, work);
	}
}

/* Every socket in the messages of @sk's queue, once for each message that it is in. */
static void visit_queue(struct sock *sk, gc_visit_t visit, struct list_head *work)
{
	struct sk_buff *skb;

	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_walk(&sk->sk_receive_queue, skb) visit_skb(skb, visit, work);
	spin_unlock(&sk->sk_receive_queue.lock);
}

/* The same for a listener's connections that wait to be accepted: their queues are its own. */
static void visit_children(struct unix_sock *u, gc_visit_t visit, struct list_head *work)
{
	struct sock *sk = &u->sk;
	struct sk_buff *skb;

	if (READ_ONCE(sk->sk_state) != TCP_LISTEN) {
		visit_queue(sk, visit, work);
		return;
	}
	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_walk(&sk->sk_receive_queue, skb)
	{
		struct sock *embryo = UNIXCB(skb).embryo;
		struct sk_buff *inner;

		spin_lock_nested(&embryo->sk_receive_queue.lock, 1);
		skb_queue_walk(&embryo->sk_receive_queue, inner) visit_skb(inner, visit, work);
		spin_unlock(&embryo->sk_receive_queue.lock);
	}
	spin_unlock(&sk->sk_receive_queue.lock);
}

static void count_internal(struct unix_sock *u, struct list_head *work)
{
	u->gc_internal++;
}

static void reach(struct unix_sock *u, struct list_head *work)
{
	if (!u->gc_reached) {
		u->gc_reached = true;
		list_add_tail(&u->gc_work, work);
	}
}

static bool is_root(const struct unix_sock *u)
{
	long refs = atomic_load_explicit(&u->sk.sk_socket->file->f_count, memory_order_relaxed);

	return refs > (long)u->inflight || u->inflight > u->gc_internal;
}

static void mark(void)
{
	struct unix_sock *u;
	LIST_HEAD(work);

	list_for_each_entry(u, &inflight_list, inflight_link) {
		u->gc_internal = 0;
		u->gc_reached = false;
	}
	list_for_each_entry(u, &inflight_list, inflight_link)
		visit_children(u, count_internal, NULL);
	list_for_each_entry(u, &inflight_list, inflight_link)
		if (is_root(u))
			reach(u, &work);
	while (!list_empty(&work)) {
		u = list_first_entry(&work, struct unix_sock, gc_work);
		list_del(&u->gc_work);
		visit_children(u, reach, &work);
	}
}

/* Messages with files go over to @garbage. */
static void take_messages(struct sock *sk, unsigned int subclass, struct sk_buff_head *garbage)
{
	struct sk_buff *skb, *next;

	spin_lock_nested(&sk->sk_receive_queue.lock, subclass);
	list_for_each_entry_safe(skb, next, &sk->sk_receive_queue.list, list) {
		if (sk->sk_state == TCP_LISTEN) {
			take_messages(UNIXCB(skb).embryo, 1, garbage);
		} else if (UNIXCB(skb).fp) {
			__skb_unlink(skb, &sk->sk_receive_queue);
			__skb_queue_tail(garbage, skb);
		}
	}
	spin_unlock(&sk->sk_receive_queue.lock);
}

static void unix_gc(struct work_struct *work)
{
	struct sk_buff_head garbage;
	struct unix_sock *u;
	struct sk_buff *skb;

	__skb_queue_head_init(&garbage);
	spin_lock(&unix_gc_lock);
	mark();
	list_for_each_entry(u, &inflight_list, inflight_link)
		if (!u->gc_reached)
			take_messages(&u->sk, 0, &garbage);
	spin_unlock(&unix_gc_lock);
	while ((skb = __skb_dequeue(&garbage)))
		kfree_skb(skb);
}

static DECLARE_WORK(unix_gc_work, unix_gc);

void unix_gc_wanted(void)
{
	if (unlikely(READ_ONCE(nr_inflight)))
		schedule_work(&unix_gc_work);
}
