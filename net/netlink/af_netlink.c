/* SPDX-License-Identifier: MIT */
/*
 * AF_NETLINK sockets, netlink(7). Sending and receiving whole messages; where they go is table.c,
 * what is in them message.c.
 */
#include <lib/bitmap.h>
#include <lib/err.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <fs/file.h>
#include <net/scm.h>
#include <uapi/capability.h>
#include "netlink.h"

static struct kmem_cache *netlink_cache __ro_after_init;

bool netlink_allowed(const struct sock *sk, unsigned int flag)
{
	return (nlk_sk(sk)->cfg->flags & flag) || capable(CAP_NET_ADMIN);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void netlink_destruct(struct sock *sk)
{
	WARN_ON(!skb_queue_empty(&sk->sk_receive_queue) || atomic_read(&sk->sk_rmem_alloc));
	kfree(nlk_sk(sk)->groups);
}

static int netlink_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return 0;
	sock->sk = NULL;
	netlink_remove(sk);
	spin_lock(&sk->sk_lock);
	sk->sk_socket = NULL;
	spin_lock(&sk->sk_receive_queue.lock);
	set_bit(SOCK_DEAD, &sk->sk_flags);
	spin_unlock(&sk->sk_receive_queue.lock);
	spin_unlock(&sk->sk_lock);
	if (wq_has_sleeper(&nlk_sk(sk)->room))
		wake_up_interruptible_all(&nlk_sk(sk)->room);
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
	return 0;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int netlink_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	const struct sockaddr_nl *nl = (struct sockaddr_nl *)addr;
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(*nl) || nl->nl_family != AF_NETLINK)
		return -EINVAL;
	if (nl->nl_groups && !netlink_allowed(sk, NL_CFG_F_NONROOT_RECV))
		return -EPERM;
	/* Once it is bound only the groups change. */
	if (nl->nl_pid || nlk_flag(nlk_sk(sk), NL_BOUND))
		err = netlink_insert(sk, nl->nl_pid);
	else
		err = netlink_autobind(sk);
	if (err)
		return err;
	if (nl->nl_groups != netlink_groups(sk))
		netlink_set_groups(sk, nl->nl_groups);
	return 0;
}

/* The first group of an address's set: its number, 0 if it is empty. */
static u32 first_group(const struct sockaddr_nl *nl)
{
	return nl->nl_groups ? __builtin_ctz(nl->nl_groups) + 1 : 0;
}

static int netlink_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	const struct sockaddr_nl *nl = (struct sockaddr_nl *)addr;
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	if (addr->sa_family == AF_UNSPEC) {
		WRITE_ONCE(nlk->dst_portid, 0);
		WRITE_ONCE(nlk->dst_group, 0);
		return 0;
	}
	if (addr->sa_family != AF_NETLINK || len < (int)sizeof(*nl))
		return -EINVAL;
	if ((nl->nl_groups || nl->nl_pid) && !netlink_allowed(sock->sk, NL_CFG_F_NONROOT_SEND))
		return -EPERM;
	err = netlink_autobind(sock->sk);
	if (err)
		return err;
	WRITE_ONCE(nlk->dst_portid, nl->nl_pid);
	WRITE_ONCE(nlk->dst_group, first_group(nl));
	return 0;
}

static u32 group_mask(u32 group)
{
	return group && group <= 32 ? 1u << (group - 1) : 0;
}

static int netlink_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sockaddr_nl *nl = (struct sockaddr_nl *)addr;
	struct netlink_sock *nlk = nlk_sk(sock->sk);

	*nl = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	if (peer) {
		nl->nl_pid = READ_ONCE(nlk->dst_portid);
		nl->nl_groups = group_mask(READ_ONCE(nlk->dst_group));
	} else {
		nl->nl_pid = READ_ONCE(nlk->portid);
		nl->nl_groups = netlink_groups(sock->sk);
	}
	return sizeof(*nl);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Where a message goes: its own address, or the connected one. */
static int destination(struct sock *sk, const struct msghdr *msg, u32 *portid, u32 *group)
{
	const struct sockaddr_nl *nl = msg->msg_name;

	if (!msg->msg_namelen) {
		*portid = READ_ONCE(nlk_sk(sk)->dst_portid);
		*group = READ_ONCE(nlk_sk(sk)->dst_group);
		return 0;
	}
	if (msg->msg_namelen < (int)sizeof(*nl) || nl->nl_family != AF_NETLINK)
		return -EINVAL;
	*portid = nl->nl_pid;
	*group = first_group(nl);
	if ((*group || *portid) && !netlink_allowed(sk, NL_CFG_F_NONROOT_SEND))
		return -EPERM;
	return 0;
}

/* The caller's bytes, with who he is. ERR_PTR. */
static struct sk_buff *message_of(struct sock *sk, struct msghdr *msg, size_t len,
				  const struct scm_cookie *scm)
{
	struct netlink_skb_parms *cb;
	struct sk_buff *skb;

	if (len > (size_t)max(READ_ONCE(sk->sk_sndbuf) - 32, 0))
		return ERR_PTR(-EMSGSIZE);
	skb = netlink_alloc(len, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOBUFS);
	if (!copy_from_iter_full(skb_put(skb, len), len, &msg->msg_iter)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	cb = &NETLINK_CB(skb);
	cb->sk = sk;
	cb->portid = nlk_sk(sk)->portid;
	cb->pid = get_pid(scm->has_creds ? scm->pid : task_tgid(current));
	cb->uid = scm->has_creds ? scm->uid : current_uid();
	cb->gid = scm->has_creds ? scm->gid : current_gid();
	return skb;
}

static int send_copy(struct sock *sk, const struct sk_buff *skb, u32 group)
{
	struct sk_buff *copy = netlink_alloc(skb->len, GFP_KERNEL);

	if (!copy)
		return -ENOBUFS;
	memcpy(skb_put(copy, skb->len), skb->data, skb->len);
	NETLINK_CB(copy) = NETLINK_CB(skb);
	get_pid(NETLINK_CB(copy).pid);
	netlink_broadcast(sk->sk_protocol, copy, nlk_sk(sk)->portid, group);
	return 0;
}

static int send_to(struct sock *sk, struct sk_buff *skb, u32 portid, bool nonblock)
{
	const struct netlink_kernel_cfg *cfg = nlk_sk(sk)->cfg;

	if (portid || !cfg->rcv)
		return netlink_unicast(sk->sk_protocol, skb, portid, nonblock);
	netlink_rcv_skb(cfg, skb);
	kfree_skb(skb);
	return 0;
}

static int netlink_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	struct scm_cookie scm;
	struct sk_buff *skb;
	u32 portid, group;
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = scm_send(msg, &scm);
	if (err)
		return err;
	err = destination(sk, msg, &portid, &group);
	if (!err)
		err = netlink_autobind(sk);
	if (err)
		goto out;
	skb = message_of(sk, msg, len, &scm);
	err = PTR_ERR_OR_ZERO(skb);
	if (err)
		goto out;
	if (group)
		err = send_copy(sk, skb, group);
	if (!err)
		err = send_to(sk, skb, portid, msg->msg_flags & MSG_DONTWAIT);
	else
		kfree_skb(skb);
out:
	scm_destroy(&scm);
	return err ? err : (int)len;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The next message, with iolock held; NULL: *err. */
static struct sk_buff *next_message(struct sock *sk, int flags, int *err)
{
	s64 timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct netlink_sock *nlk = nlk_sk(sk);
	struct sk_buff *skb;

	for (;;) {
		*err = sock_error(sk);
		if (*err)
			return NULL;
		mutex_lock(&nlk->iolock);
		skb = skb_peek(&sk->sk_receive_queue);
		if (skb) {
			__release(&nlk->iolock);
			return skb;
		}
		mutex_unlock(&nlk->iolock);
		if (!timeo) {
			*err = -EAGAIN;
			return NULL;
		}
		*err = sk_wait_event(
			sk, EPOLLIN | EPOLLRDNORM, true,
			!skb_queue_empty(&sk->sk_receive_queue) || READ_ONCE(sk->sk_err), &timeo);
		if (*err)
			return NULL;
	}
}

static void name_sender(struct msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_nl *nl = msg->msg_name;

	*nl = (struct sockaddr_nl){.nl_family = AF_NETLINK,
				   .nl_pid = NETLINK_CB(skb).portid,
				   .nl_groups = group_mask(NETLINK_CB(skb).dst_group)};
	msg->msg_namelen = sizeof(*nl);
}

/* What options ask for beside the bytes. @skb is the caller's. */
static int control(struct socket *sock, struct msghdr *msg, const struct sk_buff *skb, int flags)
{
	struct scm_cookie scm = {.pid = get_pid(NETLINK_CB(skb).pid),
				 .uid = NETLINK_CB(skb).uid,
				 .gid = NETLINK_CB(skb).gid,
				 .has_creds = true};
	struct nl_pktinfo info = {.group = NETLINK_CB(skb).dst_group};
	int err = 0;

	if (nlk_flag(nlk_sk(sock->sk), NL_PKTINFO))
		err = put_cmsg(msg, SOL_NETLINK, NETLINK_PKTINFO, sizeof(info), &info);
	scm_recv(sock, msg, &scm, flags);
	return err;
}

static int netlink_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct netlink_sock *nlk = nlk_sk(sk);
	struct sk_buff *skb;
	size_t n, whole;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	skb = next_message(sk, flags, &err);
	if (!skb)
		return err;
	__acquire(&nlk->iolock);
	if (!(flags & MSG_PEEK))
		skb_unlink(skb, &sk->sk_receive_queue);
	whole = skb->len;
	n = min(size, whole);
	if (n < whole)
		msg->msg_flags |= MSG_TRUNC;
	if (msg->msg_name)
		name_sender(msg, skb);
	err = copy_to_iter(skb->data, n, &msg->msg_iter) < n ? -EFAULT : 0;
	if (!err)
		err = control(sock, msg, skb, flags);
	mutex_unlock(&nlk->iolock);
	if (!(flags & MSG_PEEK))
		kfree_skb(skb);
	if (err)
		return err;
	return flags & MSG_TRUNC ? (int)whole : (int)n;
}

/* Writing never waits here: it is the reader's room that counts, and each has his own. */
static __poll_t netlink_poll(struct file *file, struct socket *sock, poll_table *table)
{
	struct sock *sk = sock->sk;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

	poll_wait(file, &sk->sk_wq, table);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/* ---- options --------------------------------------------------------------------------------- */

/* The flag of an option that is one; -1: it is not. */
static int flag_of(int opt)
{
	switch (opt) {
	case NETLINK_PKTINFO:
		return NL_PKTINFO;
	case NETLINK_BROADCAST_ERROR:
		return NL_BROADCAST_ERROR;
	case NETLINK_NO_ENOBUFS:
		return NL_NO_ENOBUFS;
	case NETLINK_CAP_ACK:
		return NL_CAP_ACK;
	case NETLINK_EXT_ACK:
		return NL_EXT_ACK;
	case NETLINK_GET_STRICT_CHK:
		return NL_STRICT;
	default:
		return -1;
	}
}

static int netlink_setsockopt(struct socket *sock, int level, int opt, const void __user *uval,
			      unsigned int len)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int flag = flag_of(opt), err;
	unsigned int val = 0;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len >= sizeof(val) && get_user(val, (const unsigned int __user *)uval))
		return -EFAULT;
	if (opt == NETLINK_ADD_MEMBERSHIP || opt == NETLINK_DROP_MEMBERSHIP) {
		if (!netlink_allowed(sock->sk, NL_CFG_F_NONROOT_RECV))
			return -EPERM;
		err = netlink_autobind(sock->sk);
		return err ? err : netlink_join(sock->sk, val, opt == NETLINK_ADD_MEMBERSHIP);
	}
	if (flag < 0)
		return -ENOPROTOOPT;
	if (val)
		set_bit(flag, &nlk->flags);
	else
		clear_bit(flag, &nlk->flags);
	return 0;
}

/* All groups, as words of 32; as many as there is room for, and *ulen is what all take. */
static int list_memberships(struct netlink_sock *nlk, void __user *uval, int __user *ulen, int len)
{
	const u32 *words = (const u32 *)nlk->groups;
	int bytes = DIV_ROUND_UP(nlk->ngroups, 32) * 4;

	for (int at = 0; at + 4 <= min(len, bytes); at += 4)
		if (put_user(words[at / 4], (u32 __user *)((char __user *)uval + at)))
			return -EFAULT;
	return put_user(bytes, ulen);
}

static int netlink_getsockopt(struct socket *sock, int level, int opt, void __user *uval,
			      int __user *ulen)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int flag = flag_of(opt), len;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (opt == NETLINK_LIST_MEMBERSHIPS)
		return list_memberships(nlk, uval, ulen, len);
	if (flag < 0)
		return -ENOPROTOOPT;
	if (len < (int)sizeof(int))
		return -EINVAL;
	if (put_user((int)sizeof(int), ulen) ||
	    put_user((int)nlk_flag(nlk, flag), (int __user *)uval))
		return -EFAULT;
	return 0;
}

static int netlink_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return -ENOTTY;
}

/* ---- for mq_notify(2) ------------------------------------------------------------------------ */

struct sock *netlink_getsockbyfd(int fd)
{
	struct file *file = fget(fd);
	struct socket *sock;
	struct sock *sk;

	if (!file)
		return ERR_PTR(-EBADF);
	sock = sock_from_file(file);
	if (!sock)
		sk = ERR_PTR(-ENOTSOCK);
	else if (sock->ops->family != PF_NETLINK)
		sk = ERR_PTR(-EINVAL);
	else
		sock_hold(sk = sock->sk);
	fput(file);
	return sk;
}

/* ---- the family ------------------------------------------------------------------------------ */

static const struct proto_ops netlink_ops = {
	.family = PF_NETLINK,
	.release = netlink_release,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = netlink_getname,
	.poll = netlink_poll,
	.ioctl = netlink_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
	.sendmsg = netlink_sendmsg,
	.recvmsg = netlink_recvmsg,
};

static int netlink_create(struct socket *sock, int protocol, bool kern)
{
	const struct netlink_kernel_cfg *cfg = netlink_cfg(protocol);
	unsigned int groups;
	unsigned long *map;
	struct sock *sk;

	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (!cfg)
		return -EPROTONOSUPPORT;
	groups = max(cfg->groups, 32u);
	map = kcalloc(BITS_TO_LONGS(groups), sizeof(map[0]), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	sk = sk_alloc(netlink_cache, PF_NETLINK, sock);
	if (!sk) {
		kfree(map);
		return -ENOMEM;
	}
	sock->ops = &netlink_ops;
	sk->sk_protocol = protocol;
	sk->sk_destruct = netlink_destruct;
	nlk_sk(sk)->cfg = cfg;
	nlk_sk(sk)->groups = map;
	nlk_sk(sk)->ngroups = groups;
	INIT_LIST_HEAD(&nlk_sk(sk)->member);
	mutex_init(&nlk_sk(sk)->iolock);
	init_waitqueue_head(&nlk_sk(sk)->room);
	return 0;
}

static const struct net_proto_family netlink_family = {.family = PF_NETLINK,
						       .create = netlink_create};

static int __init netlink_init(void)
{
	netlink_cache = KMEM_CACHE(netlink_sock, SLAB_PANIC);
	return sock_register(&netlink_family);
}
core_initcall(netlink_init);
