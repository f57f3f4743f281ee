/* SPDX-License-Identifier: MIT */
/*
 * Connections of stream and seqpacket sockets. connect() makes the server's end itself, complete
 * and connected, and leaves it as a message in the listener's queue; accept() only takes it out.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include "unix.h"

static bool connection_based(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_SEQPACKET;
}

int unix_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = 0;

	if (!connection_based(sk))
		return -EOPNOTSUPP;
	if (!smp_load_acquire(&unix_sk(sk)->addr) || READ_ONCE(sk->sk_state) == TCP_ESTABLISHED)
		return -EINVAL;
	/* Who connects gets these: they are there before anybody can. */
	sock_set_peercred(sk, task_tgid(current), current_cred());
	spin_lock(&sk->sk_lock);
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN) {
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		WRITE_ONCE(sk->sk_state, TCP_LISTEN);
	} else {
		err = -EINVAL;
	}
	spin_unlock(&sk->sk_lock);
	if (!err && wq_has_sleeper(&unix_sk(sk)->peer_wait))
		wake_up_interruptible_all(&unix_sk(sk)->peer_wait);
	return err;
}

int unix_wait_for_peer(struct sock *other, s64 *timeo)
{
	struct unix_sock *u = unix_sk(other);
	bool forever = *timeo == KTIME_MAX;
	s64 left = *timeo;
	long err = 0;

#define NO_NEED_TO_WAIT                                            \
	(!unix_recvq_full(other) || sock_flag(other, SOCK_DEAD) || \
	 (READ_ONCE(other->sk_shutdown) & RCV_SHUTDOWN))
	if (!NO_NEED_TO_WAIT)
		err = ___wait_event(u->peer_wait, NO_NEED_TO_WAIT || left <= 0, TASK_INTERRUPTIBLE,
				    1, 0L, left = schedule_hrtimeout_left(left));
#undef NO_NEED_TO_WAIT
	*timeo = max(left, (s64)0);
	return err && !forever ? -EINTR : (int)err;
}

/* ---- connect --------------------------------------------------------------------------------- */

/* The listener's end of a connection, as a message; ERR_PTR on failure. */
static struct sk_buff *new_embryo(struct sock *sk)
{
	struct sock *newsk = unix_create1(NULL, sk->sk_type);
	struct sk_buff *skb;

	if (IS_ERR(newsk))
		return ERR_CAST(newsk);
	skb = alloc_skb(0, GFP_KERNEL);
	if (!skb) {
		unix_release_sock(newsk, true);
		return ERR_PTR(-ENOMEM);
	}
	UNIXCB(skb) = (struct unix_skb_parms){.embryo = newsk};
	sock_set_peercred(newsk, task_tgid(current), current_cred());
	return skb;
}

static void free_embryo(struct sk_buff *skb)
{
	unix_release_sock(UNIXCB(skb).embryo, true);
	kfree_skb(skb);
}

/* May @sk connect to @other now? 1: there is no room. Both locked. */
static int may_connect(const struct sock *sk, const struct sock *other)
{
	if (sk->sk_state == TCP_ESTABLISHED)
		return -EISCONN;
	if (sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	if (other->sk_state != TCP_LISTEN || (other->sk_shutdown & RCV_SHUTDOWN))
		return -ECONNREFUSED;
	return unix_recvq_full(other);
}

/* Both locked, may_connect() said 0, @newsk is nobody else's. */
static void join(struct sock *sk, struct sock *other, struct sock *newsk)
{
	struct unix_address *addr = unix_sk(other)->addr;

	sock_hold(sk);
	unix_sk(newsk)->peer = sk;
	newsk->sk_state = TCP_ESTABLISHED;
	newsk->sk_sndbuf = other->sk_sndbuf;
	refcount_inc(&addr->refs);
	smp_store_release(&unix_sk(newsk)->addr, addr);
	put_pid(sk->sk_peer_pid);
	if (sk->sk_peer_cred)
		put_cred(sk->sk_peer_cred);
	sk->sk_peer_pid = get_pid(other->sk_peer_pid);
	sk->sk_peer_cred = get_cred(other->sk_peer_cred);
	sk->sk_socket->state = SS_CONNECTED;
	WRITE_ONCE(sk->sk_state, TCP_ESTABLISHED);
	sock_hold(newsk);
	smp_store_release(&unix_sk(sk)->peer, newsk);
}

/* One try: 0 connected, 1 look @other up again, -errno. */
static int try_connect(struct sock *sk, struct sock *other, struct sk_buff *embryo, s64 *timeo)
{
	int err;

	unix_state_double_lock(sk, other);
	if (sock_flag(other, SOCK_DEAD)) {
		unix_state_double_unlock(sk, other);
		return 1;
	}
	err = may_connect(sk, other);
	if (!err) {
		join(sk, other, UNIXCB(embryo).embryo);
		skb_queue_tail(&other->sk_receive_queue, embryo);
	}
	unix_state_double_unlock(sk, other);
	if (err <= 0)
		return err;
	if (!*timeo)
		return -EAGAIN;
	err = unix_wait_for_peer(other, timeo);
	return err ? err : 1;
}

int unix_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk, *other;
	s64 timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	struct sk_buff *embryo;
	int err = unix_validate_addr(addr, len);

	if (!err && sock_flag(sk, SOCK_F_PASSCRED))
		err = unix_autobind(sk);
	if (err)
		return err;
	embryo = new_embryo(sk);
	if (IS_ERR(embryo))
		return PTR_ERR(embryo);
	do {
		other = unix_find_other((struct sockaddr_un *)addr, len, sk->sk_type);
		if (IS_ERR(other)) {
			err = PTR_ERR(other);
			break;
		}
		err = try_connect(sk, other, embryo, &timeo);
		if (!err)
			sk_data_ready(other);
		sock_put(other);
	} while (err > 0);
	if (err)
		free_embryo(embryo);
	return err;
}

/* ---- accept ---------------------------------------------------------------------------------- */

/* Under the collector's lock, for the queue of what it holds leaves its sight here. */
static struct sk_buff *dequeue_embryo(struct sock *sk)
{
	struct sk_buff *skb;

	if (skb_queue_empty(&sk->sk_receive_queue))
		return NULL;
	spin_lock(&unix_gc_lock);
	skb = skb_dequeue(&sk->sk_receive_queue);
	spin_unlock(&unix_gc_lock);
	return skb;
}

/* The next connection, waiting for one; ERR_PTR. */
static struct sk_buff *wait_embryo(struct sock *sk, int flags)
{
	s64 timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	struct sk_buff *skb;
	int err;

	for (;;) {
		err = sock_error(sk);
		if (err)
			return ERR_PTR(err);
		skb = dequeue_embryo(sk);
		if (skb)
			return skb;
		if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
			return ERR_PTR(-EINVAL);
		if (!timeo)
			return ERR_PTR(-EAGAIN);
		err = sk_wait_event(sk, EPOLLIN, true,
				    !skb_queue_empty(&sk->sk_receive_queue) ||
					    READ_ONCE(sk->sk_err) ||
					    (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN),
				    &timeo);
		if (err)
			return ERR_PTR(err);
	}
}

int unix_accept(struct socket *sock, struct socket *newsock, int flags)
{
	struct sock *sk = sock->sk, *newsk;
	struct sk_buff *skb;

	if (!connection_based(sk))
		return -EOPNOTSUPP;
	if (READ_ONCE(sk->sk_state) != TCP_LISTEN)
		return -EINVAL;
	skb = wait_embryo(sk, flags);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	newsk = UNIXCB(skb).embryo;
	kfree_skb(skb);
	if (wq_has_sleeper(&unix_sk(sk)->peer_wait))
		wake_up_interruptible(&unix_sk(sk)->peer_wait);
	newsock->state = SS_CONNECTED;
	if (sock_flag(sk, SOCK_F_PASSCRED))
		set_bit(SOCK_F_PASSCRED, &newsk->sk_flags);
	sock_graft(newsk, newsock);
	return 0;
}

int unix_socketpair(struct socket *socka, struct socket *sockb)
{
	struct sock *a = socka->sk, *b = sockb->sk;

	sock_hold(a);
	sock_hold(b);
	unix_sk(a)->peer = b;
	unix_sk(b)->peer = a;
	sock_set_peercred(a, task_tgid(current), current_cred());
	sock_set_peercred(b, task_tgid(current), current_cred());
	a->sk_state = b->sk_state = TCP_ESTABLISHED;
	socka->state = sockb->state = SS_CONNECTED;
	return 0;
}

/* ---- shutdown -------------------------------------------------------------------------------- */

static void shut_peer(struct sock *peer, int bits)
{
	spin_lock(&peer->sk_lock);
	unix_set_shutdown(peer, bits);
	spin_unlock(&peer->sk_lock);
	sock_state_change(peer);
	sk_wake_async(peer, bits == SHUTDOWN_MASK ? POLL_HUP : POLL_IN);
}

int unix_shutdown(struct socket *sock, int how)
{
	int bits = how + 1, peer_bits = 0; /* SHUT_RD, SHUT_WR, SHUT_RDWR are 0, 1, 2 */
	struct sock *sk = sock->sk, *peer = NULL;

	spin_lock(&sk->sk_lock);
	unix_set_shutdown(sk, bits);
	if (connection_based(sk) && unix_sk(sk)->peer) {
		peer = unix_sk(sk)->peer;
		sock_hold(peer);
	}
	spin_unlock(&sk->sk_lock);
	if (peer) {
		if (bits & RCV_SHUTDOWN)
			peer_bits |= SEND_SHUTDOWN;
		if (bits & SEND_SHUTDOWN)
			peer_bits |= RCV_SHUTDOWN;
		shut_peer(peer, peer_bits);
		sock_put(peer);
	}
	sock_state_change(sk);
	if (wq_has_sleeper(&unix_sk(sk)->peer_wait))
		wake_up_interruptible_all(&unix_sk(sk)->peer_wait);
	return 0;
}
