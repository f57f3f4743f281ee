/* SPDX-License-Identifier: MIT */
/* AF_UNIX: unix(7). Sockets made and released, what all types share, the tables of operations. */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/init.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <fs/dcache.h>
#include <fs/file.h>
#include <fs/seq_file.h>
#include <uapi/capability.h>
#include "unix.h"

static struct kmem_cache *unix_cache __ro_after_init;
static atomic_long_t unix_nr_socks;
int sysctl_unix_max_dgram_qlen = 10;

/* ---- locks, states --------------------------------------------------------------------------- */

/* Sparse does not count the two: it cannot know whether they are one. */
void unix_state_double_lock(struct sock *a, struct sock *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->sk_lock);
	__release(&a->sk_lock);
	if (a == b)
		return;
	spin_lock_nested(&b->sk_lock, 1);
	__release(&b->sk_lock);
}

void unix_state_double_unlock(struct sock *a, struct sock *b)
{
	__acquire(&a->sk_lock);
	spin_unlock(&a->sk_lock);
	if (a == b)
		return;
	__acquire(&b->sk_lock);
	spin_unlock(&b->sk_lock);
}

void unix_set_shutdown(struct sock *sk, int bits)
{
	spin_lock(&sk->sk_receive_queue.lock);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | bits);
	spin_unlock(&sk->sk_receive_queue.lock);
}

/* A message of ours was read. Nobody waits for room unless he said so. */
static void unix_write_space(struct sock *sk)
{
	if (likely(!sock_flag(sk, SOCK_NOSPACE)) || !unix_writable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sk->sk_flags);
	sock_wake(sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	sk_wake_async(sk, POLL_OUT);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void unix_sock_destruct(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);

	WARN_ON(!skb_queue_empty(&sk->sk_receive_queue) || u->inflight);
	if (u->addr)
		unix_address_put(u->addr);
	atomic_long_dec(&unix_nr_socks);
}

struct sock *unix_create1(struct socket *sock, int type)
{
	struct unix_sock *u;
	struct sock *sk;

	if (atomic_long_inc_return(&unix_nr_socks) > 2 * get_max_files()) {
		atomic_long_dec(&unix_nr_socks);
		return ERR_PTR(-ENFILE);
	}
	sk = sk_alloc(unix_cache, PF_UNIX, sock);
	if (!sk) {
		atomic_long_dec(&unix_nr_socks);
		return ERR_PTR(-ENOMEM);
	}
	u = unix_sk(sk);
	sk->sk_type = type;
	sk->sk_max_ack_backlog = READ_ONCE(sysctl_unix_max_dgram_qlen);
	sk->sk_write_space = unix_write_space;
	sk->sk_destruct = unix_sock_destruct;
	mutex_init(&u->bindlock);
	mutex_init(&u->iolock);
	init_waitqueue_head(&u->peer_wait);
	unix_dgram_peer_wake_init(u);
	INIT_LIST_HEAD(&u->inflight_link);
	unix_hash_new(sk);
	return sk;
}

/* The peer of a connection learns of its end; messages that nobody will read are an error. */
static void unix_hang_up(struct sock *sk, struct sock *peer, bool embryo)
{
	spin_lock(&peer->sk_lock);
	unix_set_shutdown(peer, SHUTDOWN_MASK);
	if (!skb_queue_empty(&sk->sk_receive_queue) || embryo)
		WRITE_ONCE(peer->sk_err, ECONNRESET);
	spin_unlock(&peer->sk_lock);
	sock_state_change(peer);
	sk_wake_async(peer, POLL_HUP);
}

static void unix_drain(struct sock *sk, bool listening)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&sk->sk_receive_queue))) {
		if (listening) {
			unix_release_sock(UNIXCB(skb).embryo, true);
			UNIXCB(skb).embryo = NULL;
		}
		kfree_skb(skb);
	}
}

void unix_release_sock(struct sock *sk, bool embryo)
{
	struct unix_sock *u = unix_sk(sk);
	struct path path;
	struct sock *peer;
	bool listening;

	unix_unhash(sk);
	spin_lock(&sk->sk_lock);
	sk->sk_socket = NULL;
	spin_lock(&sk->sk_receive_queue.lock);
	set_bit(SOCK_DEAD, &sk->sk_flags);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	spin_unlock(&sk->sk_receive_queue.lock);
	path = u->path;
	u->path = (struct path){};
	listening = sk->sk_state == TCP_LISTEN;
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	peer = u->peer;
	WRITE_ONCE(u->peer, NULL);
	spin_unlock(&sk->sk_lock);
	if (wq_has_sleeper(&u->peer_wait))
		wake_up_interruptible_all(&u->peer_wait);
	if (peer) {
		if (sk->sk_type != SOCK_DGRAM)
			unix_hang_up(sk, peer, embryo);
		unix_dgram_peer_wake_disconnect(sk, peer);
		sock_put(peer);
	}
	unix_drain(sk, listening);
	if (path.dentry)
		path_put(&path);
	sock_put(sk);
	unix_gc_wanted();
}

static int unix_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (sk) {
		sock->sk = NULL;
		unix_release_sock(sk, false);
	}
	return 0;
}

/* ---- poll ------------------------------------------------------------------------------------ */

/* All but writability. */
__poll_t unix_poll_common(struct sock *sk)
{
	u8 shutdown = READ_ONCE(sk->sk_shutdown);
	__poll_t mask = 0;

	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (shutdown == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	/* Never connected, or not any more. */
	if (sk->sk_type != SOCK_DGRAM && READ_ONCE(sk->sk_state) == TCP_CLOSE)
		mask |= EPOLLHUP;
	return mask;
}

static __poll_t unix_poll(struct file *file, struct socket *sock, poll_table *table)
{
	struct sock *sk = sock->sk;
	__poll_t mask;
	bool writable;

	poll_wait(file, &sk->sk_wq, table);
	mask = unix_poll_common(sk);
	writable = unix_writable(sk);
	if (unlikely(!writable)) {
		set_bit(SOCK_NOSPACE, &sk->sk_flags);
		atomic_thread_fence(memory_order_seq_cst);
		writable = unix_writable(sk);
	}
	return writable ? mask | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND : mask;
}

/* ---- ioctl, options -------------------------------------------------------------------------- */

static long unix_inq(struct sock *sk)
{
	struct sk_buff *skb;
	long n = 0;

	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return -EINVAL;
	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_walk(&sk->sk_receive_queue, skb)
	{
		n += skb->len;
		if (sk->sk_type == SOCK_DGRAM)
			break;
	}
	spin_unlock(&sk->sk_receive_queue.lock);
	return n;
}

/* SIOCUNIXFILE: an O_PATH descriptor of the name we are bound to. */
static int unix_open_file(struct sock *sk)
{
	struct path path = {};
	struct file *file;
	int fd;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	spin_lock(&sk->sk_lock);
	path = unix_sk(sk)->path;
	if (path.dentry)
		path_get(&path);
	spin_unlock(&sk->sk_lock);
	if (!path.dentry)
		return -ENOENT;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto out;
	file = dentry_open(&path, O_PATH, current_cred());
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
	} else {
		fd_install(fd, file);
	}
out:
	path_put(&path);
	return fd;
}

static int unix_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	long n;

	switch (cmd) {
	case SIOCOUTQ:
		if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
			return -EINVAL;
		return put_user((int)sk_wmem_alloc_get(sk), (int __user *)arg);
	case SIOCINQ:
		n = unix_inq(sk);
		return n < 0 ? (int)n : put_user((int)n, (int __user *)arg);
	case SIOCUNIXFILE:
		return unix_open_file(sk);
	default:
		return -ENOIOCTLCMD;
	}
}

int unix_set_peek_off(struct sock *sk, int value)
{
	struct unix_sock *u = unix_sk(sk);

	mutex_lock(&u->iolock);
	WRITE_ONCE(sk->sk_peek_off, value);
	mutex_unlock(&u->iolock);
	return 0;
}

static void unix_show_fdinfo(struct seq_file *m, struct socket *sock)
{
	if (sock->sk)
		seq_printf(m, "scm_fds: %d\n", atomic_read(&unix_sk(sock->sk)->nr_fds));
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct proto_ops unix_stream_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.socketpair = unix_socketpair,
	.accept = unix_accept,
	.getname = unix_getname,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.listen = unix_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_stream_sendmsg,
	.recvmsg = unix_stream_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static const struct proto_ops unix_dgram_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_dgram_connect,
	.socketpair = unix_socketpair,
	.accept = sock_no_accept,
	.getname = unix_getname,
	.poll = unix_dgram_poll,
	.ioctl = unix_ioctl,
	.listen = sock_no_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_dgram_sendmsg,
	.recvmsg = unix_dgram_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static const struct proto_ops unix_seqpacket_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.socketpair = unix_socketpair,
	.accept = unix_accept,
	.getname = unix_getname,
	.poll = unix_dgram_poll,
	.ioctl = unix_ioctl,
	.listen = unix_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_seqpacket_sendmsg,
	.recvmsg = unix_seqpacket_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static int unix_create(struct socket *sock, int protocol, bool kern)
{
	struct sock *sk;

	if (protocol && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	switch (sock->type) {
	case SOCK_STREAM:
		sock->ops = &unix_stream_ops;
		break;
	case SOCK_RAW: /* the BSD name of it */
		sock->type = SOCK_DGRAM;
		sock->ops = &unix_dgram_ops;
		break;
	case SOCK_DGRAM:
		sock->ops = &unix_dgram_ops;
		break;
	case SOCK_SEQPACKET:
		sock->ops = &unix_seqpacket_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	sk = unix_create1(sock, sock->type);
	return PTR_ERR_OR_ZERO(sk);
}

static const struct net_proto_family unix_family = {.family = PF_UNIX, .create = unix_create};

static int __init af_unix_init(void)
{
	for (unsigned int i = 0; i < UNIX_HASH_SIZE; i++)
		spin_lock_init(&unix_table[i].lock);
	unix_cache = KMEM_CACHE(unix_sock, SLAB_PANIC);
	return sock_register(&unix_family);
}
core_initcall(af_unix_init);
