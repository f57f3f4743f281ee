/* SPDX-License-Identifier: MIT */
/* struct sock: life, waiting, memory. <net/sock.h> has the rules. */
#include <lib/err.h>
#include <mm/slab.h>
#include <net/sock.h>

/* ---- life ------------------------------------------------------------------------------------ */

void sock_valbool_flag(struct sock *sk, unsigned int flag, bool on)
{
	if (on)
		set_bit(flag, &sk->sk_flags);
	else
		clear_bit(flag, &sk->sk_flags);
}

static void sock_init_data(struct sock *sk)
{
	skb_queue_head_init(&sk->sk_receive_queue);
	spin_lock_init(&sk->sk_lock);
	init_waitqueue_head(&sk->sk_wq);
	refcount_set(&sk->sk_refcnt, 1);
	atomic_set(&sk->sk_wmem_alloc, 1);
	sk->sk_sndbuf = READ_ONCE(sysctl_wmem_default);
	sk->sk_rcvbuf = READ_ONCE(sysctl_rmem_default);
	sk->sk_rcvtimeo = sk->sk_sndtimeo = KTIME_MAX;
	sk->sk_rcvlowat = 1;
	sk->sk_peek_off = -1;
	sk->sk_state = TCP_CLOSE;
	sk->sk_uid = current_fsuid();
}

struct sock *sk_alloc(struct kmem_cache *slab, int family, struct socket *sock)
{
	struct sock *sk = kmem_cache_zalloc(slab, GFP_KERNEL);

	if (!sk)
		return NULL;
	sock_init_data(sk);
	sk->sk_family = family;
	sk->sk_slab = slab;
	if (sock) {
		sk->sk_type = sock->type;
		sk->sk_socket = sock;
		sock->sk = sk;
	}
	return sk;
}

static void sk_free_rcu(struct rcu_head *head)
{
	struct sock *sk = container_of(head, struct sock, sk_rcu);

	kmem_cache_free(sk->sk_slab, sk);
}

/* Neither references nor charged buffers are left. Any context. */
static void sk_last_put(struct sock *sk)
{
	if (sk->sk_destruct)
		sk->sk_destruct(sk);
	put_pid(sk->sk_peer_pid);
	if (sk->sk_peer_cred)
		put_cred(sk->sk_peer_cred);
	call_rcu(&sk->sk_rcu, sk_free_rcu);
}

void sk_free(struct sock *sk)
{
	if (atomic_dec_and_test(&sk->sk_wmem_alloc))
		sk_last_put(sk);
}

void sock_graft(struct sock *sk, struct socket *parent)
{
	spin_lock(&sk->sk_lock);
	sk->sk_socket = parent;
	parent->sk = sk;
	spin_unlock(&sk->sk_lock);
}

void sock_set_peercred(struct sock *sk, struct pid *pid, const struct cred *cred)
{
	struct pid *old_pid;
	const struct cred *old_cred;

	get_pid(pid);
	if (cred)
		get_cred(cred);
	spin_lock(&sk->sk_lock);
	old_pid = sk->sk_peer_pid;
	old_cred = sk->sk_peer_cred;
	sk->sk_peer_pid = pid;
	sk->sk_peer_cred = cred;
	spin_unlock(&sk->sk_lock);
	put_pid(old_pid);
	if (old_cred)
		put_cred(old_cred);
}

/* ---- waiting --------------------------------------------------------------------------------- */

int sock_wake_function(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct sock_waiter *w = container_of(wait, struct sock_waiter, wait);

	if (key && !(key_to_poll(key) & (w->events | EPOLLERR | EPOLLHUP)))
		return 0;
	return autoremove_wake_function(wait, mode, flags, key);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/*
 * The sock may lose its last holder with the charge, but its memory stays for the RCU section: the
 * one atomic operation is enough.
 */
void sock_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	rcu_read_lock();
	if (unlikely(!atomic_sub_return(skb->truesize, &sk->sk_wmem_alloc)))
		sk_last_put(sk);
	else if (sk->sk_write_space)
		sk->sk_write_space(sk);
	rcu_read_unlock();
}

/* A writer sleeps until here: also when it will learn that there is no use in writing. */
static bool sock_may_send(struct sock *sk)
{
	return sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf) || READ_ONCE(sk->sk_err) ||
	       (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN);
}

/*
 * Says that sk_write_space() is to wake somebody; true if it need not, for there is room. The
 * barrier pairs with the one of the subtraction in sock_wfree().
 */
static bool sock_want_space(struct sock *sk)
{
	set_bit(SOCK_NOSPACE, &sk->sk_flags);
	atomic_thread_fence(memory_order_seq_cst);
	return sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf);
}

static int sock_wait_for_wmem(struct sock *sk, s64 *timeo)
{
	for (;;) {
		int err = sock_error(sk);

		if (unlikely(err))
			return err;
		if (unlikely(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))
			return -EPIPE;
		if (likely(sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf)))
			return 0;
		if (sock_want_space(sk))
			return 0;
		if (!*timeo)
			return -EAGAIN;
		err = sk_wait_event(sk, EPOLLOUT | EPOLLWRNORM, false, sock_may_send(sk), timeo);
		if (err)
			return err;
	}
}

struct sk_buff *sock_alloc_send_skb(struct sock *sk, unsigned int size, s64 *timeo, int *err)
{
	struct sk_buff *skb;

	*err = sock_wait_for_wmem(sk, timeo);
	if (unlikely(*err))
		return NULL;
	skb = alloc_skb(size, GFP_KERNEL);
	if (unlikely(!skb)) {
		*err = -ENOBUFS;
		return NULL;
	}
	skb_set_owner_w(skb, sk);
	return skb;
}
