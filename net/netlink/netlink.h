/* SPDX-License-Identifier: MIT */
/*
 * What the files of net/netlink share.
 *
 * Letters: (i) constant; (l) sk_lock; (t) the table's lock; (o) one word, read anywhere.
 */
#ifndef NETLINK_PRIVATE_H
#define NETLINK_PRIVATE_H

#include <kernel/mutex.h>
#include <net/netlink.h>

/* netlink_sock.flags: bit numbers. */
enum { NL_BOUND, NL_PKTINFO, NL_BROADCAST_ERROR, NL_NO_ENOBUFS, NL_CAP_ACK, NL_EXT_ACK, NL_STRICT };

struct netlink_sock {
	struct sock sk;
	const struct netlink_kernel_cfg *cfg; /* (i) of its protocol */
	unsigned long flags; /* (o) bits NL_*; BOUND: (t), set once */
	u32 portid; /* (t) constant once BOUND */
	u32 dst_portid, dst_group; /* (o) connect(2) */
	unsigned int ngroups; /* (i) */
	unsigned long *groups; /* (t) bits: group - 1 */
	struct list_head member; /* (t) of the table while in any group */
	struct mutex iolock; /* one reader at a time */
	wait_queue_head_t room; /* senders */
};

static inline struct netlink_sock *nlk_sk(const struct sock *sk)
{
	return container_of(sk, struct netlink_sock, sk);
}

static inline bool nlk_flag(const struct netlink_sock *nlk, unsigned int bit)
{
	return READ_ONCE(nlk->flags) >> bit & 1;
}

/* af_netlink.c: may the caller do what only administrators may unless the protocol says @flag? */
bool netlink_allowed(const struct sock *sk, unsigned int flag);

/* table.c */
const struct netlink_kernel_cfg *netlink_cfg(int protocol); /* NULL: no such protocol */
/* 0, -EADDRINUSE, -EINVAL (it is bound), -ENOMEM. */
int netlink_insert(struct sock *sk, u32 portid);
int netlink_autobind(struct sock *sk);
void netlink_remove(struct sock *sk);
int netlink_join(struct sock *sk, unsigned int group, bool on);
/* The first 32 groups, as in an address. */
void netlink_set_groups(struct sock *sk, u32 mask);
u32 netlink_groups(struct sock *sk);

/* message.c: the requests in a buffer for the kernel, which stays the caller's. */
void netlink_rcv_skb(const struct netlink_kernel_cfg *cfg, struct sk_buff *skb);

#endif
