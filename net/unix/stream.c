/* SPDX-License-Identifier: MIT */
/*
 * Bytes over a connection. The sender copies into a buffer of his own accounting and hangs it on
 * the peer's queue under one lock; the reader copies out of the first one, which no other reader
 * touches (iolock), and takes the queue's lock only to unlink it.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <mm/page.h>
#include "unix.h"

#define STREAM_CHUNK 65536u /* most bytes in one buffer */

/* ---- sending --------------------------------------------------------------------------------- */

/* One buffer's worth of @msg in @skb and to @other; 0 or -errno. */
static int send_chunk(struct sock *sk, struct sock *other, struct sk_buff *skb, struct msghdr *msg,
		      struct scm_cookie *scm)
{
	unsigned int size = skb->size;
	int err;

	err = unix_scm_to_skb(scm, skb);
	if (unlikely(err))
		return err;
	if (unlikely(!copy_from_iter_full(skb_put(skb, size), size, &msg->msg_iter)))
		return -EFAULT;
	unix_add_creds(skb, sk, other);
	return likely(unix_enqueue(other, skb)) ? 0 : -EPIPE;
}

static int send_broken(const struct msghdr *msg)
{
	if (!(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return -EPIPE;
}

int unix_stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk, *other = smp_load_acquire(&unix_sk(sk)->peer);
	s64 timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	struct scm_cookie scm;
	size_t sent = 0, most;
	int err;

	err = scm_send(msg, &scm);
	if (unlikely(err))
		return err;
	err = -EOPNOTSUPP;
	if (unlikely(msg->msg_flags & MSG_OOB))
		goto out;
	if (unlikely(msg->msg_namelen)) {
		err = READ_ONCE(sk->sk_state) == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
		goto out;
	}
	err = -ENOTCONN;
	if (unlikely(!other))
		goto out;
	err = -EPIPE;
	if (unlikely(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))
		goto out;
	most = min_t(size_t, STREAM_CHUNK, (READ_ONCE(sk->sk_sndbuf) >> 1) - 64);
	for (err = 0; sent < len;) {
		size_t size = min(len - sent, most);
		struct sk_buff *skb = sock_alloc_send_skb(sk, size, &timeo, &err);

		if (unlikely(!skb)) {
			if (err != -ENOBUFS || most <= PAGE_SIZE)
				break;
			most = PAGE_SIZE; /* memory is in small pieces */
			continue;
		}
		err = send_chunk(sk, other, skb, msg, &scm);
		if (unlikely(err)) {
			kfree_skb(skb);
			break;
		}
		sk_data_ready(other);
		sent += size;
	}
out:
	scm_destroy(&scm);
	if (sent)
		return sent;
	return unlikely(err == -EPIPE) ? send_broken(msg) : err;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* One call's way along the queue. */
struct stream_read {
	struct sock *sk;
	struct msghdr *msg;
	struct scm_cookie scm;
	size_t left, copied, target;
	unsigned int skip; /* bytes of the next buffer that MSG_PEEK has seen or steps over */
	bool peek, creds, fault; /* creds: scm says who wrote what was copied */
};

static bool same_writer(const struct sk_buff *skb, const struct scm_cookie *scm)
{
	return UNIXCB(skb).has_creds == scm->has_creds && UNIXCB(skb).pid == scm->pid &&
	       UNIXCB(skb).uid == scm->uid && UNIXCB(skb).gid == scm->gid;
}

/* The buffer is read up: it goes, and the writer may get room. */
static void consume(struct stream_read *r, struct sk_buff *skb)
{
	skb_unlink(skb, &r->sk->sk_receive_queue);
	kfree_skb(skb);
}

static void move_peek_off(struct sock *sk, int by)
{
	int off = sk->sk_peek_off;

	if (unlikely(off >= 0))
		WRITE_ONCE(sk->sk_peek_off, max(off + by, 0));
}

/* What follows the bytes of one buffer: false when no more may be glued to them. */
static bool after_copy(struct stream_read *r, struct sk_buff *skb, unsigned int n)
{
	bool fds = UNIXCB(skb).fp;

	if (unlikely(r->peek)) {
		move_peek_off(r->sk, n);
		if (fds && unix_peek_fds(&r->scm, skb))
			r->msg->msg_flags |= MSG_CTRUNC;
		return !fds;
	}
	move_peek_off(r->sk, -(int)n);
	if (unlikely(fds))
		unix_detach_fds(&r->scm, skb);
	if (n < skb->len) {
		skb_pull(skb, n);
		return false;
	}
	consume(r, skb);
	return !fds;
}

/* Copies from one buffer: false to stop. iolock held. */
static bool read_one(struct stream_read *r, struct sk_buff *skb)
{
	unsigned int chunk = min_t(size_t, skb->len - r->skip, r->left);
	size_t n;

	if (unlikely(sock_flag(r->sk, SOCK_F_PASSCRED))) {
		/* Messages of different writers are never glued. */
		if (r->creds && !same_writer(skb, &r->scm))
			return false;
		if (!r->creds)
			unix_skb_creds(skb, &r->scm);
		r->creds = true;
	}
	if (unlikely(r->msg->msg_name && !r->msg->msg_namelen))
		unix_copy_addr(r->msg, skb->sk);
	n = copy_to_iter(skb->data + r->skip, chunk, &r->msg->msg_iter);
	if (unlikely(n < chunk)) {
		iov_iter_revert(&r->msg->msg_iter, n);
		r->fault = true;
		return false;
	}
	r->copied += chunk;
	r->left -= chunk;
	if (!after_copy(r, skb, chunk))
		return false;
	r->skip = 0;
	return r->left;
}

/* MSG_PEEK goes on behind what it has seen. */
static struct sk_buff *next_to_read(const struct stream_read *r, struct sk_buff *last)
{
	const struct sk_buff_head *q = &r->sk->sk_receive_queue;
	struct list_head *next;

	if (likely(!r->peek || !last))
		return skb_peek(q);
	next = smp_load_acquire(&last->list.next);
	return next == &q->list ? NULL : container_of(next, struct sk_buff, list);
}

/* Steps over the first *skip bytes. */
static struct sk_buff *skip_bytes(struct stream_read *r, struct sk_buff **last)
{
	struct sk_buff *skb = next_to_read(r, *last);

	while (skb && unlikely(r->skip >= skb->len) && r->peek) {
		r->skip -= skb->len;
		*last = skb;
		skb = next_to_read(r, skb);
	}
	return skb;
}

/* Reads what there is: 0 go on waiting, 1 done, -EFAULT. iolock held. */
static int read_queue(struct stream_read *r)
{
	struct sk_buff *last = NULL, *skb;
	unsigned int skip = r->peek ? max(READ_ONCE(r->sk->sk_peek_off), 0) : 0;

	r->skip = skip;
	if (r->peek && r->copied) {
		/* MSG_PEEK|MSG_WAITALL after a sleep: all over again, for more may be there. */
		iov_iter_revert(&r->msg->msg_iter, r->copied);
		r->left += r->copied;
		move_peek_off(r->sk, -(int)r->copied);
		r->copied = 0;
		r->skip = max(READ_ONCE(r->sk->sk_peek_off), 0);
	}
	while ((skb = skip_bytes(r, &last))) {
		if (!read_one(r, skb))
			return r->fault && !r->copied ? -EFAULT : 1;
		last = skb;
	}
	return r->copied >= r->target;
}

/* Sleeps for more: 0, or why not: -EAGAIN, a signal's. */
static int wait_for_data(struct sock *sk, unsigned int seen, s64 *timeo)
{
	if (!*timeo)
		return -EAGAIN;
	return sk_wait_event(sk, EPOLLIN | EPOLLRDNORM, false,
			     skb_queue_len(&sk->sk_receive_queue) > seen || READ_ONCE(sk->sk_err) ||
				     (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN),
			     timeo);
}

/* Until target bytes, the end, an error or the time is over: 0 or -errno. */
static int read_loop(struct stream_read *r, s64 timeo)
{
	struct unix_sock *u = unix_sk(r->sk);
	unsigned int seen;
	int err;

	for (;;) {
		bool end = READ_ONCE(r->sk->sk_shutdown) & RCV_SHUTDOWN;

		mutex_lock(&u->iolock);
		/* Before the queue is looked at: what comes later is more. */
		seen = r->peek ? skb_queue_len(&r->sk->sk_receive_queue) : 0;
		err = read_queue(r);
		mutex_unlock(&u->iolock);
		if (err)
			return min(err, 0);
		err = sock_error(r->sk);
		if (err || end)
			return err;
		if (READ_ONCE(r->sk->sk_shutdown) & RCV_SHUTDOWN)
			continue; /* just now: the last bytes may be there */
		err = wait_for_data(r->sk, seen, &timeo);
		if (err)
			return err;
	}
}

int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct stream_read r = {.sk = sk, .msg = msg, .left = size, .peek = flags & MSG_PEEK};
	int err;

	if (unlikely(READ_ONCE(sk->sk_state) != TCP_ESTABLISHED))
		return -EINVAL;
	if (unlikely(flags & MSG_OOB))
		return -EOPNOTSUPP;
	r.target = sock_rcvlowat(sk, flags & MSG_WAITALL, (int)min_t(size_t, size, INT_MAX));
	err = read_loop(&r, sock_rcvtimeo(sk, flags & MSG_DONTWAIT));
	scm_recv(sock, msg, &r.scm, flags);
	return r.copied ? (int)r.copied : err;
}
