/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX, inside. Documentation/unix.md has the whole picture.
 *
 * Letters: (l) sk.sk_lock, two of them by address (unix_state_double_lock); (b) bindlock; (g)
 * unix_gc_lock; (i) iolock; (h) the hash bucket's lock.
 * Order: bindlock > directory i_rwsem > bucket; iolock > unix_gc_lock > sk_receive_queue.lock;
 * sk_lock > sk_receive_queue.lock; peer_wait.lock > sk_wq.lock.
 */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include <lib/types.h>
#include <lib/list.h>
#include <kernel/mutex.h>
#include <net/scm.h>
#include <net/sock.h>
#include <uapi/un.h>

/* A bound name; constant. */
struct unix_address {
	refcount_t refs;
	int len; /* of the sockaddr */
	unsigned int bucket;
	struct sockaddr_un name;
	char nul; /* so that sun_path always ends */
};

struct unix_sock {
	struct sock sk; /* first */
	struct sock *peer; /* (l) referenced. A connected stream's never changes until release */
	struct unix_address *addr; /* set once under (b) with release */
	struct path path; /* (b) set before addr; of names in the file system */
	struct mutex bindlock;
	struct mutex iolock; /* one reader at a time; only he takes from the receive queue */
	struct hlist_node node; /* (h) */
	unsigned int bucket; /* (b) which */
	bool abstract; /* (h) found by addr: accepted ones only share their listener's */
	wait_queue_head_t peer_wait; /* senders and connecting tasks: room in our queue */
	struct wait_queue_entry peer_wake; /* on the peer's peer_wait: tells our pollers */
	atomic_t nr_fds; /* in the receive queue, for fdinfo */
	/* Collection of sockets that only messages hold: garbage.c */
	unsigned long inflight; /* (g) references by messages */
	unsigned long gc_internal; /* (g) of these, found in queues of sockets in flight */
	bool gc_reached; /* (g) */
	struct list_head inflight_link; /* (g) while inflight > 0 */
	struct list_head gc_work; /* (g) */
};

static inline struct unix_sock *unix_sk(const struct sock *sk)
{
	return container_of(sk, struct unix_sock, sk);
}

/* A message's: who sent it and what travels with it. fp of a queued message changes under (g). */
struct unix_skb_parms {
	struct scm_fp_list *fp;
	struct pid *pid; /* referenced */
	struct sock *embryo; /* of a connection in a listener's queue: referenced */
	struct user_struct *user; /* charged for fp */
	uid_t uid;
	gid_t gid;
	bool has_creds;
};
#define UNIXCB(skb) (*(struct unix_skb_parms *)(skb)->cb)
static_assert(sizeof(struct unix_skb_parms) <= sizeof(((struct sk_buff *)0)->cb), "unix cb");

#define UNIX_HASH_SIZE 256 /* a power of two */
struct unix_bucket {
	spinlock_t lock;
	struct hlist_head head; /* lock */
};
extern struct unix_bucket unix_table[UNIX_HASH_SIZE];
extern int sysctl_unix_max_dgram_qlen;

/* ---- af_unix.c ------------------------------------------------------------------------------- */

/* A sock of @ops' kind for @sock (NULL: none yet); ERR_PTR(-ENFILE, -ENOMEM). */
struct sock *unix_create1(struct socket *sock, int type);
/* The end of a sock whose file is gone, or that was never accepted (@embryo). */
void unix_release_sock(struct sock *sk, bool embryo);
/* Locks both; a may be b. */
void unix_state_double_lock(struct sock *a, struct sock *b);
void unix_state_double_unlock(struct sock *a, struct sock *b);
/* Sets bits of sk_shutdown. sk_lock held. */
void unix_set_shutdown(struct sock *sk, int bits);

static inline struct sock *unix_peer_get(struct sock *sk)
{
	struct sock *peer;

	spin_lock(&sk->sk_lock);
	peer = unix_sk(sk)->peer;
	if (peer)
		sock_hold(peer);
	spin_unlock(&sk->sk_lock);
	return peer;
}

/* A sender may fill up to the send buffer, but hears of room only when most of it is read. */
static inline bool unix_writable(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) != TCP_LISTEN &&
	       sk_wmem_alloc_get(sk) <= READ_ONCE(sk->sk_sndbuf) >> 2;
}

static inline bool unix_recvq_full(const struct sock *sk)
{
	return skb_queue_len(&sk->sk_receive_queue) > READ_ONCE(sk->sk_max_ack_backlog);
}

/* Gives @skb to @other; false when that one will not read any more. */
static inline bool unix_enqueue(struct sock *other, struct sk_buff *skb)
{
	struct sk_buff_head *q = &other->sk_receive_queue;
	bool ok;

	spin_lock(&q->lock);
	ok = !sock_flag(other, SOCK_DEAD) && !(other->sk_shutdown & RCV_SHUTDOWN);
	if (likely(ok))
		__skb_queue_tail(q, skb);
	spin_unlock(&q->lock);
	return ok;
}

int unix_set_peek_off(struct sock *sk, int value);
__poll_t unix_poll_common(struct sock *sk);

/* ---- name.c ---------------------------------------------------------------------------------- */

int unix_validate_addr(const struct sockaddr *addr, int len);
int unix_bind(struct socket *sock, struct sockaddr *addr, int len);
/* An abstract name of the kernel's choice, if there is none: 0, -ENOSPC, -ENOMEM. */
int unix_autobind(struct sock *sk);
/* The sock of that name and type, referenced; ERR_PTR(-ECONNREFUSED, -EPROTOTYPE, ...). */
struct sock *unix_find_other(const struct sockaddr_un *addr, int len, int type);
int unix_getname(struct socket *sock, struct sockaddr *addr, int peer);
/* The sender's name into msg_name. */
void unix_copy_addr(struct msghdr *msg, struct sock *sk);
void unix_address_put(struct unix_address *addr);
void unix_hash_new(struct sock *sk);
void unix_unhash(struct sock *sk);

/* ---- connect.c ------------------------------------------------------------------------------- */

int unix_listen(struct socket *sock, int backlog);
int unix_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int unix_accept(struct socket *sock, struct socket *newsock, int flags);
int unix_socketpair(struct socket *a, struct socket *b);
int unix_shutdown(struct socket *sock, int how);
/*
 * Sleeps while @other, referenced, has no room in its queue: 0 look again, -EAGAIN, or a signal's.
 */
int unix_wait_for_peer(struct sock *other, s64 *timeo);

/* ---- stream.c, dgram.c ----------------------------------------------------------------------- */

int unix_stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
int unix_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int unix_dgram_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_dgram_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
int unix_seqpacket_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_seqpacket_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
__poll_t unix_dgram_poll(struct file *file, struct socket *sock, poll_table *table);
void unix_dgram_peer_wake_init(struct unix_sock *u);
/* @sk stops waiting for room at @other. */
void unix_dgram_peer_wake_disconnect(struct sock *sk, struct sock *other);

/*
 * The sender's credentials go along if either side asked for them, or who reads is not known yet.
 */
void unix_add_creds(struct sk_buff *skb, const struct sock *sk, const struct sock *other);
/* Moves credentials and files of @scm to @skb: 0, -ETOOMANYREFS. */
int unix_scm_to_skb(struct scm_cookie *scm, struct sk_buff *skb);
/* Credentials of @skb as what @scm reports; another reference. */
void unix_skb_creds(const struct sk_buff *skb, struct scm_cookie *scm);

/* ---- garbage.c ------------------------------------------------------------------------------- */

extern spinlock_t unix_gc_lock;
/* Files become a message's, and are taken out of a queued one. */
int unix_attach_fds(struct scm_cookie *scm, struct sk_buff *skb);
void unix_detach_fds(struct scm_cookie *scm, struct sk_buff *skb);
/* MSG_PEEK: the message keeps them. 0 or -ENOMEM. */
int unix_peek_fds(struct scm_cookie *scm, struct sk_buff *skb);
/* The destructor of messages. */
void unix_destruct_skb(struct sk_buff *skb);
/* A socket is gone: what only its messages held may be garbage now. */
void unix_gc_wanted(void);

#endif
