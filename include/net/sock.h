/* SPDX-License-Identifier: MIT */
/*
 * struct sock: the protocol's side of a socket.
 *
 * Life: sk_alloc() gives one reference. Whoever finds a sock by name or as a peer holds one
 * (sock_hold, sock_put). Buffers that are charged to it for sending (skb_set_owner_w) hold it by
 * sk_wmem_alloc, which counts one for all references together; when it drops to 0, sk_destruct runs
 * and the memory goes after an RCU grace period.
 *
 * Letters: (l) sk_lock; (q) sk_receive_queue.lock; (a) atomic; (o) written by setsockopt or the
 * protocol, read anywhere: one word each. sk_shutdown and SOCK_DEAD are written under both l and q,
 * so that holding either is enough to see them.
 *
 * Sleeping: sk_wq carries everybody who waits for this sock: readers, writers, accepting and
 * connecting tasks, poll. Wake-ups carry poll bits, and sk_wait_event() sleeps through those that
 * do not concern it. Who makes a condition true looks for sleepers after a full barrier
 * (sock_wake()).
 */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/refcount.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/hrtimer.h>
#include <kernel/rcupdate.h>
#include <kernel/signal.h>
#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <kernel/wait.h>
#include <fs/fs.h>
#include <fs/poll.h>
#include <net/net.h>
#include <net/skbuff.h>
#include <uapi/socket.h>

/* sk_state: TCP's numbers, which /proc and every family use. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

#define RCV_SHUTDOWN  1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3

/* sk_flags: bit numbers. */
enum {
	SOCK_DEAD, /* no socket any more */
	SOCK_NOSPACE, /* somebody wants to hear of room for sending */
	SOCK_F_DEBUG,
	SOCK_F_KEEPOPEN,
	SOCK_F_LINGER,
	SOCK_F_BROADCAST,
	SOCK_F_LOCALROUTE,
	SOCK_F_OOBINLINE,
	SOCK_F_NOCHECK,
	SOCK_F_PASSCRED,
	SOCK_F_PASSSEC,
	SOCK_F_NOFCS,
	SOCK_F_SELECT_ERR,
	SOCK_F_REUSE,
	SOCK_F_REUSEPORT,
	SOCK_F_ZEROCOPY,
	SOCK_F_SNDBUF_LOCK,
	SOCK_F_RCVBUF_LOCK,
};

struct sock {
	struct sk_buff_head sk_receive_queue;
	atomic_t sk_wmem_alloc; /* (a) 1 + bytes of buffers charged for sending */
	int sk_sndbuf; /* (o) */
	wait_queue_head_t sk_wq;
	unsigned long sk_flags; /* (a) bits SOCK_* */
	u8 sk_shutdown; /* (l)+(q) RCV_SHUTDOWN, SEND_SHUTDOWN */
	u8 sk_state; /* (l) TCP_* */
	u16 sk_family, sk_type, sk_protocol; /* constant */
	int sk_err; /* (o) positive errno to be reported once */
	s64 sk_rcvtimeo, sk_sndtimeo; /* (o) ns; KTIME_MAX: for ever */
	int sk_rcvlowat; /* (o) */
	int sk_peek_off; /* (o) -1: off */
	atomic_t sk_rmem_alloc; /* (a) bytes in the receive queue, where a protocol charges it */
	int sk_rcvbuf; /* (o) */
	refcount_t sk_refcnt; /* (a) */
	spinlock_t sk_lock;
	struct socket *sk_socket; /* (l) NULL: orphan, or not accepted yet */
	struct fasync_struct *sk_fasync; /* SIGIO */
	unsigned int sk_ack_backlog, sk_max_ack_backlog; /* (l) */
	atomic_t sk_drops;
	u32 sk_priority, sk_mark; /* (o) */
	int sk_lingertime; /* (o) seconds */
	uid_t sk_uid; /* constant */
	u64 sk_cookie; /* (a) 0: not asked for yet */
	struct pid *sk_peer_pid; /* (l) referenced */
	const struct cred *sk_peer_cred; /* (l) referenced, NULL: no peer known */
	/*
	 * The protocol's: room for sending has come; undo what sock_init_data() does not know of.
	 */
	void (*sk_write_space)(struct sock *sk);
	void (*sk_destruct)(struct sock *sk);
	struct kmem_cache *sk_slab;
	struct rcu_head sk_rcu;
};

static inline bool sock_flag(const struct sock *sk, unsigned int flag)
{
	return READ_ONCE(sk->sk_flags) >> flag & 1;
}

void sock_valbool_flag(struct sock *sk, unsigned int flag, bool on);

/* ---- life ------------------------------------------------------------------------------------ */

/* A zeroed object of @slab, which begins with a struct sock, initialised; NULL: no memory. */
struct sock *sk_alloc(struct kmem_cache *slab, int family, struct socket *sock);
void sk_free(struct sock *sk);
static inline void sock_hold(struct sock *sk)
{
	refcount_inc(&sk->sk_refcnt);
}
static inline void sock_put(struct sock *sk)
{
	if (refcount_dec_and_test(&sk->sk_refcnt))
		sk_free(sk);
}
/* accept: @sk becomes @parent's. */
void sock_graft(struct sock *sk, struct socket *parent);
/* The caller's process and credentials as what the peer will see; sk_lock not held. */
void sock_set_peercred(struct sock *sk, struct pid *pid, const struct cred *cred);

/* ---- waiting --------------------------------------------------------------------------------- */

struct sock_waiter {
	struct wait_queue_entry wait;
	__poll_t events;
};
int sock_wake_function(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key);

/*
 * Sleeps until @cond, looked at without locks, is true, at most *timeo ns, which is updated: 0
 * true, -EAGAIN time is over, -ERESTARTSYS or -EINTR a signal. Wake-ups without one of @events
 * are slept through. @excl: one of many equal waiters.
 */
#define sk_wait_event(sk, ev, excl, cond, timeo)                                               \
	({                                                                                     \
		struct sock_waiter __sw = {.wait = {.flags = (excl) ? WQ_FLAG_EXCLUSIVE : 0,   \
						    .private = current,                        \
						    .func = sock_wake_function,                \
						    .entry = LIST_HEAD_INIT(__sw.wait.entry)}, \
					   .events = (ev)};                                    \
		bool __forever = *(timeo) == KTIME_MAX;                                        \
		int __err = 0;                                                                 \
		for (;;) {                                                                     \
			long __intr = prepare_to_wait_event(&(sk)->sk_wq, &__sw.wait,          \
							    TASK_INTERRUPTIBLE);               \
			if (cond)                                                              \
				break;                                                         \
			__err = __intr	      ? (__forever ? -ERESTARTSYS : -EINTR) :          \
				*(timeo) <= 0 ? -EAGAIN :                                      \
						0;                                             \
			if (__err)                                                             \
				break;                                                         \
			*(timeo) = schedule_hrtimeout_left(*(timeo));                          \
		}                                                                              \
		finish_wait(&(sk)->sk_wq, &__sw.wait);                                         \
		__err;                                                                         \
	})

/* What @sk's sleepers wait for may have come. @sync: the caller is likely to sleep next. */
static inline void sock_wake(struct sock *sk, __poll_t events)
{
	if (wq_has_sleeper(&sk->sk_wq))
		__wake_up_sync_key(&sk->sk_wq, TASK_INTERRUPTIBLE, poll_to_key(events));
}
/* Everything may have changed: state, shutdown, errors. */
static inline void sock_state_change(struct sock *sk)
{
	if (wq_has_sleeper(&sk->sk_wq))
		wake_up_interruptible_all(&sk->sk_wq);
}
/* And SIGIO. @band: POLL_IN ... */
static inline void sk_wake_async(struct sock *sk, int band)
{
	kill_fasync(&sk->sk_fasync, SIGIO, band);
}
static inline void sk_data_ready(struct sock *sk)
{
	sock_wake(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDBAND | EPOLLPRI);
	sk_wake_async(sk, POLL_IN);
}

static inline s64 sock_rcvtimeo(const struct sock *sk, bool noblock)
{
	return noblock ? 0 : READ_ONCE(sk->sk_rcvtimeo);
}
static inline s64 sock_sndtimeo(const struct sock *sk, bool noblock)
{
	return noblock ? 0 : READ_ONCE(sk->sk_sndtimeo);
}
static inline int sock_rcvlowat(const struct sock *sk, bool waitall, int len)
{
	int v = waitall ? len : min(READ_ONCE(sk->sk_rcvlowat), len);

	return v ? v : 1;
}

/* Takes the pending error: 0 or -errno. */
static inline int sock_error(struct sock *sk)
{
	if (likely(!READ_ONCE(sk->sk_err)))
		return 0;
	return -xchg(&sk->sk_err, 0);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static inline int sk_wmem_alloc_get(const struct sock *sk)
{
	return atomic_read(&sk->sk_wmem_alloc) - 1;
}
/* The destructor of buffers charged for sending. */
void sock_wfree(struct sk_buff *skb);
static inline void skb_set_owner_w(struct sk_buff *skb, struct sock *sk)
{
	skb->sk = sk;
	skb->destructor = sock_wfree;
	atomic_add(skb->truesize, &sk->sk_wmem_alloc);
}
/*
 * A buffer of @size bytes charged to @sk; waits at most *timeo ns while its send buffer is full.
 * NULL: *err is the pending error, -EPIPE (shut down), -EAGAIN, -ENOBUFS or a signal's.
 */
struct sk_buff *sock_alloc_send_skb(struct sock *sk, unsigned int size, s64 *timeo, int *err);

/* ---- options --------------------------------------------------------------------------------- */

int sock_setsockopt(struct socket *sock, int opt, const void __user *val, unsigned int len);
int sock_getsockopt(struct socket *sock, int opt, void __user *val, int __user *len);

#endif
