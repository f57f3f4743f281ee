/* SPDX-License-Identifier: MIT */
/*
 * Datagrams, and the packets of connected SOCK_SEQPACKET sockets: one message, one buffer.
 *
 * A receiver's queue holds max_dgram_qlen messages of senders that it is not itself connected to;
 * the others wait on its peer_wait. A sender that polls is told through its own peer_wake entry
 * there, which hands the wake-up on and leaves the queue.
 */
#include <lib/err.h>
#include "unix.h"

static bool dgram_may_send(const struct sock *sk, const struct sock *other)
{
	const struct sock *theirs = READ_ONCE(unix_sk(other)->peer);

	return !theirs || theirs == sk;
}

/* ---- a poller's place in the peer's queue of waiters ----------------------------------------- */

/* peer_wait.lock of the peer is held. */
static int peer_wake_relay(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct unix_sock *u = container_of(wait, struct unix_sock, peer_wake);

	list_del_init(&wait->entry);
	wait->private = NULL;
	if (waitqueue_active(&u->sk.sk_wq))
		wake_up_interruptible_poll(
			&u->sk.sk_wq, (__force unsigned int)(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND));
	return 0;
}

void unix_dgram_peer_wake_init(struct unix_sock *u)
{
	init_waitqueue_func_entry(&u->peer_wake, peer_wake_relay);
}

static bool peer_wake_connect(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk), *o = unix_sk(other);
	bool added = false;

	spin_lock_irq(&o->peer_wait.lock);
	if (!u->peer_wake.private) {
		u->peer_wake.private = other;
		list_add(&u->peer_wake.entry, &o->peer_wait.head);
		added = true;
	}
	spin_unlock_irq(&o->peer_wait.lock);
	return added;
}

void unix_dgram_peer_wake_disconnect(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk), *o = unix_sk(other);

	spin_lock_irq(&o->peer_wait.lock);
	if (u->peer_wake.private == other) {
		list_del_init(&u->peer_wake.entry);
		u->peer_wake.private = NULL;
	}
	spin_unlock_irq(&o->peer_wait.lock);
}

/*
 * True: @other is full, and will tell @sk when it is not. @sk's sk_lock held, or @other its peer.
 */
static bool peer_wake_me(struct sock *sk, struct sock *other)
{
	bool added;

	if (sock_flag(other, SOCK_DEAD))
		return false; /* sending will say so */
	added = peer_wake_connect(sk, other);
	atomic_thread_fence(memory_order_seq_cst);
	if (unix_recvq_full(other))
		return true;
	if (added)
		unix_dgram_peer_wake_disconnect(sk, other);
	return false;
}

/* ---- credentials and files with a message ---------------------------------------------------- */

int unix_scm_to_skb(struct scm_cookie *scm, struct sk_buff *skb)
{
	UNIXCB(skb) = (struct unix_skb_parms){};
	if (likely(!scm->has_creds && !scm->fp))
		return 0;
	skb->destructor = unix_destruct_skb;
	UNIXCB(skb).pid = get_pid(scm->pid);
	UNIXCB(skb).uid = scm->uid;
	UNIXCB(skb).gid = scm->gid;
	UNIXCB(skb).has_creds = scm->has_creds;
	return scm->fp ? unix_attach_fds(scm, skb) : 0;
}

void unix_add_creds(struct sk_buff *skb, const struct sock *sk, const struct sock *other)
{
	if (UNIXCB(skb).has_creds)
		return;
	if (likely(!sock_flag(sk, SOCK_F_PASSCRED) && !sock_flag(other, SOCK_F_PASSCRED) &&
		   READ_ONCE(other->sk_socket)))
		return;
	skb->destructor = unix_destruct_skb;
	UNIXCB(skb).pid = get_pid(task_tgid(current));
	UNIXCB(skb).uid = current_uid();
	UNIXCB(skb).gid = current_gid();
	UNIXCB(skb).has_creds = true;
}

void unix_skb_creds(const struct sk_buff *skb, struct scm_cookie *scm)
{
	put_pid(scm->pid);
	scm->pid = get_pid(UNIXCB(skb).pid);
	scm->uid = UNIXCB(skb).uid;
	scm->gid = UNIXCB(skb).gid;
	scm->has_creds = UNIXCB(skb).has_creds;
}

/* ---- connect --------------------------------------------------------------------------------- */

/* @sk has another peer than @old: what came from anywhere is dropped, @old learns of it. */
static void dgram_disconnected(struct sock *sk, struct sock *old)
{
	if (!skb_queue_empty(&sk->sk_receive_queue)) {
		skb_queue_purge(&sk->sk_receive_queue);
		if (wq_has_sleeper(&unix_sk(sk)->peer_wait))
			wake_up_interruptible_all(&unix_sk(sk)->peer_wait);
		if (!sock_flag(old, SOCK_DEAD) && READ_ONCE(unix_sk(old)->peer) == sk) {
			WRITE_ONCE(old->sk_err, ECONNRESET);
			sock_state_change(old);
		}
	}
}

/*
 * Both locked: @other (NULL: none) becomes the peer; the old one, whose reference is the
 * caller's.
 */
static struct sock *change_peer(struct sock *sk, struct sock *other)
{
	struct sock *old = unix_sk(sk)->peer;

	WRITE_ONCE(unix_sk(sk)->peer, other);
	WRITE_ONCE(sk->sk_state, other ? TCP_ESTABLISHED : TCP_CLOSE);
	if (sk->sk_socket)
		sk->sk_socket->state = other ? SS_CONNECTED : SS_UNCONNECTED;
	if (old)
		unix_dgram_peer_wake_disconnect(sk, old);
	return old;
}

/* Locks both of a live pair; the reference on @other becomes the peer's. */
static int dgram_set_peer(struct sock *sk, struct sock *other)
{
	struct sock *old = NULL;
	int err = 0;

	unix_state_double_lock(sk, other);
	if (sock_flag(other, SOCK_DEAD))
		err = 1;
	else if (!dgram_may_send(sk, other))
		err = -EPERM;
	else
		old = change_peer(sk, other);
	unix_state_double_unlock(sk, other);
	if (err) {
		sock_put(other);
	} else if (old) {
		if (old != other)
			dgram_disconnected(sk, old);
		sock_put(old);
	}
	return err;
}

static void dgram_unset_peer(struct sock *sk)
{
	struct sock *old;

	spin_lock(&sk->sk_lock);
	old = change_peer(sk, NULL);
	spin_unlock(&sk->sk_lock);
	if (old) {
		dgram_disconnected(sk, old);
		sock_put(old);
	}
}

int unix_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk, *other;
	int err;

	if (len < (int)offsetof(struct sockaddr, sa_data))
		return -EINVAL;
	if (addr->sa_family == AF_UNSPEC) {
		dgram_unset_peer(sk);
		return 0;
	}
	err = unix_validate_addr(addr, len);
	if (!err && sock_flag(sk, SOCK_F_PASSCRED))
		err = unix_autobind(sk);
	if (err)
		return err;
	do {
		other = unix_find_other((struct sockaddr_un *)addr, len, sock->type);
		if (IS_ERR(other))
			return PTR_ERR(other);
		err = dgram_set_peer(sk, other);
	} while (err > 0);
	return err;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* @other turned out dead: an error if it was the peer (which it no longer is), else 0. */
static int peer_died(struct sock *sk, struct sock *other)
{
	bool was_peer;

	if (sk->sk_type == SOCK_SEQPACKET)
		return -EPIPE; /* the end of a connection is no refusal */
	spin_lock(&sk->sk_lock);
	was_peer = unix_sk(sk)->peer == other;
	if (was_peer)
		change_peer(sk, NULL);
	spin_unlock(&sk->sk_lock);
	if (!was_peer)
		return 0;
	dgram_disconnected(sk, other);
	sock_put(other);
	return -ECONNREFUSED;
}

/* One try to hand over @skb: 0 done, 1 look again, -errno. */
static int dgram_deliver(struct sock *sk, struct sock *other, struct sk_buff *skb, s64 *timeo)
{
	if (unlikely(sock_flag(other, SOCK_DEAD)))
		return 1;
	if (sk->sk_type != SOCK_SEQPACKET && unlikely(!dgram_may_send(sk, other)))
		return -EPERM;
	if (other != sk && READ_ONCE(unix_sk(other)->peer) != sk && unix_recvq_full(other)) {
		int err;

		if (*timeo) {
			err = unix_wait_for_peer(other, timeo);
			return err ? err : 1;
		}
		/* Who polls instead of waiting here gets the same wake-up. */
		if (READ_ONCE(unix_sk(sk)->peer) != other || peer_wake_me(sk, other))
			return -EAGAIN;
	}
	unix_add_creds(skb, sk, other);
	if (unlikely(!unix_enqueue(other, skb)))
		return sock_flag(other, SOCK_DEAD) ? 1 : -EPIPE;
	sk_data_ready(other);
	return 0;
}

/* To the peer, which @other is (referenced here), or to a name. */
static int dgram_send(struct sock *sk, struct sk_buff *skb, const struct msghdr *msg, s64 timeo)
{
	struct sock *other = NULL;
	int err;

	for (;;) {
		other = msg->msg_namelen ?
				unix_find_other(msg->msg_name, msg->msg_namelen, sk->sk_type) :
				unix_peer_get(sk);
		if (IS_ERR(other))
			return PTR_ERR(other);
		if (!other)
			return -ECONNRESET; /* it was there when we began */
		err = dgram_deliver(sk, other, skb, &timeo);
		if (err > 0 && sock_flag(other, SOCK_DEAD)) {
			err = msg->msg_namelen ? 1 : peer_died(sk, other);
			if (!err)
				err = 1;
		}
		sock_put(other);
		if (err <= 0)
			return err;
	}
}

/* Checks before a buffer is made. */
static int dgram_check(struct sock *sk, const struct msghdr *msg, size_t len)
{
	int err = 0;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (msg->msg_namelen)
		err = unix_validate_addr(msg->msg_name, msg->msg_namelen);
	else if (!READ_ONCE(unix_sk(sk)->peer))
		err = -ENOTCONN;
	if (!err && unlikely(sock_flag(sk, SOCK_F_PASSCRED)))
		err = unix_autobind(sk);
	if (!err && len > (size_t)max(READ_ONCE(sk->sk_sndbuf) - 32, 0))
		err = -EMSGSIZE;
	return err;
}

int unix_dgram_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	s64 timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	struct scm_cookie scm;
	struct sk_buff *skb = NULL;
	int err = scm_send(msg, &scm);

	if (unlikely(err))
		return err;
	err = dgram_check(sk, msg, len);
	if (unlikely(err))
		goto out;
	skb = sock_alloc_send_skb(sk, len, &timeo, &err);
	if (unlikely(!skb))
		goto out;
	err = unix_scm_to_skb(&scm, skb);
	if (!err && unlikely(!copy_from_iter_full(skb_put(skb, len), len, &msg->msg_iter)))
		err = -EFAULT;
	if (!err)
		err = dgram_send(sk, skb, msg, timeo);
	if (unlikely(err))
		kfree_skb(skb);
out:
	scm_destroy(&scm);
	return err ? err : (int)len;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The message to read, of which *skip bytes were peeked before. iolock held. */
static struct sk_buff *dgram_first(struct sock *sk, int flags, int *skip)
{
	const struct sk_buff_head *q = &sk->sk_receive_queue;
	struct sk_buff *skb = skb_peek(q);
	struct list_head *next;

	*skip = flags & MSG_PEEK ? max(READ_ONCE(sk->sk_peek_off), 0) : 0;
	while (unlikely(*skip) && skb && *skip >= (int)skb->len && skb->len) {
		*skip -= skb->len;
		next = smp_load_acquire(&skb->list.next);
		skb = next == &q->list ? NULL : container_of(next, struct sk_buff, list);
	}
	return skb;
}

/* Sleeps for a message: 0 look again, 1 the end, or -errno. */
static int dgram_wait(struct sock *sk, unsigned int seen, s64 *timeo)
{
	int err = sock_error(sk);
	bool end = READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN;

	if (err)
		return err;
	if (!*timeo)
		return end && sk->sk_type == SOCK_SEQPACKET ? 1 : -EAGAIN;
	if (end)
		return skb_queue_len(&sk->sk_receive_queue) > seen ? 0 : 1;
	return sk_wait_event(sk, EPOLLIN | EPOLLRDNORM, true,
			     skb_queue_len(&sk->sk_receive_queue) > seen || READ_ONCE(sk->sk_err) ||
				     (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN),
			     timeo);
}

/* With iolock held on success; NULL: *err, 0 at the end. */
static struct sk_buff *dgram_next(struct sock *sk, int flags, int *skip, int *err)
{
	struct unix_sock *u = unix_sk(sk);
	s64 timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct sk_buff *skb;
	unsigned int seen;

	*err = sock_error(sk);
	while (likely(!*err)) {
		seen = 0;
		mutex_lock(&u->iolock);
		skb = dgram_first(sk, flags, skip);
		if (likely(skb)) {
			__release(&u->iolock);
			return skb;
		}
		if (unlikely(*skip || (flags & MSG_PEEK)))
			seen = skb_queue_len(&sk->sk_receive_queue);
		mutex_unlock(&u->iolock);
		*err = dgram_wait(sk, seen, &timeo);
	}
	*err = min(*err, 0);
	return NULL;
}

/* Takes the message off the queue: its files first, then itself. iolock held. */
static void dgram_take(struct sock *sk, struct sk_buff *skb, struct scm_cookie *scm)
{
	if (unlikely(UNIXCB(skb).fp))
		unix_detach_fds(scm, skb);
	skb_unlink(skb, &sk->sk_receive_queue);
	if (unlikely(sk->sk_peek_off >= 0))
		WRITE_ONCE(sk->sk_peek_off, max(sk->sk_peek_off - (int)skb->len, 0));
	if (wq_has_sleeper(&unix_sk(sk)->peer_wait))
		wake_up_interruptible_poll(
			&unix_sk(sk)->peer_wait,
			(__force unsigned int)(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND));
}

static int dgram_peek(struct sock *sk, struct sk_buff *skb, struct scm_cookie *scm, size_t n)
{
	if (sk->sk_peek_off >= 0)
		WRITE_ONCE(sk->sk_peek_off, sk->sk_peek_off + (int)n);
	return UNIXCB(skb).fp ? unix_peek_fds(scm, skb) : 0;
}

int unix_dgram_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	bool peek = flags & MSG_PEEK;
	struct scm_cookie scm = {};
	struct sk_buff *skb;
	size_t n, whole;
	int skip, err;

	if (unlikely(flags & MSG_OOB))
		return -EOPNOTSUPP;
	skb = dgram_next(sk, flags, &skip, &err);
	if (unlikely(!skb))
		return err;
	__acquire(&unix_sk(sk)->iolock);
	whole = skb->len - skip;
	n = min(size, whole);
	if (!peek)
		dgram_take(sk, skb, &scm);
	if (n < whole)
		msg->msg_flags |= MSG_TRUNC;
	if (msg->msg_name)
		unix_copy_addr(msg, skb->sk);
	if (unlikely(copy_to_iter(skb->data + skip, n, &msg->msg_iter) < n))
		err = -EFAULT;
	else if (unlikely(peek))
		err = dgram_peek(sk, skb, &scm, n);
	if (sock_flag(sk, SOCK_F_PASSCRED))
		unix_skb_creds(skb, &scm);
	mutex_unlock(&unix_sk(sk)->iolock);
	if (!peek)
		kfree_skb(skb);
	if (unlikely(err)) {
		scm_destroy(&scm);
		return err;
	}
	scm_recv(sock, msg, &scm, flags);
	return (flags & MSG_TRUNC) ? (int)whole : (int)n;
}

/* ---- seqpacket ------------------------------------------------------------------------------- */

int unix_seqpacket_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	int err = sock_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return -ENOTCONN;
	msg->msg_namelen = 0; /* where it goes is clear */
	return unix_dgram_sendmsg(sock, msg, len);
}

int unix_seqpacket_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	if (READ_ONCE(sock->sk->sk_state) != TCP_ESTABLISHED)
		return -ENOTCONN;
	return unix_dgram_recvmsg(sock, msg, size, flags);
}

/* ---- poll ------------------------------------------------------------------------------------ */

/* The connected peer has room, or will tell us when it has. */
static bool peer_has_room(struct sock *sk)
{
	struct sock *other = unix_peer_get(sk);
	bool room = true;

	if (!other)
		return true;
	if (READ_ONCE(unix_sk(other)->peer) != sk && unix_recvq_full(other)) {
		spin_lock(&sk->sk_lock);
		if (unix_sk(sk)->peer == other)
			room = !peer_wake_me(sk, other);
		spin_unlock(&sk->sk_lock);
	}
	sock_put(other);
	return room;
}

__poll_t unix_dgram_poll(struct file *file, struct socket *sock, poll_table *table)
{
	struct sock *sk = sock->sk;
	__poll_t mask;
	bool writable;

	poll_wait(file, &sk->sk_wq, table);
	mask = unix_poll_common(sk);
	if (!(poll_requested_events(table) & (EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND)))
		return mask;
	writable = unix_writable(sk);
	if (unlikely(!writable)) {
		set_bit(SOCK_NOSPACE, &sk->sk_flags);
		atomic_thread_fence(memory_order_seq_cst);
		writable = unix_writable(sk);
	}
	if (writable && peer_has_room(sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}
