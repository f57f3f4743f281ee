/* SPDX-License-Identifier: MIT */
/*
 * AF_NETLINK, netlink(7): messages between programs and parts of the kernel. A part registers its
 * protocol once; requests come to ->rcv in the sender's context, answers and events are buffers
 * that it makes and gives away. Documentation/netlink.md.
 */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <net/skbuff.h>
#include <net/sock.h>
#include <uapi/netlink.h>

#define NL_CFG_F_NONROOT_RECV 1 /* anybody may listen to groups */
#define NL_CFG_F_NONROOT_SEND 2 /* anybody may send to others than the kernel */

struct netlink_kernel_cfg {
	unsigned int groups; /* multicast groups: 1 to this; at least 32 are there */
	unsigned int flags; /* NL_CFG_F_* */
	/*
	 * One request of @skb, whose NETLINK_CB says who sent it: 0 or -errno, which is acked
	 * as the sender asked. -EINTR: the answer is its own. May sleep. NULL: the kernel does not
	 * listen.
	 */
	int (*rcv)(struct sk_buff *skb, struct nlmsghdr *nlh);
};

/* What a buffer carries. Sent by the kernel: portid 0 and no pid. */
struct netlink_skb_parms {
	struct sock *sk; /* the sender, while ->rcv runs */
	struct pid *pid; /* its process, referenced */
	u32 portid;
	u32 dst_group;
	uid_t uid;
	gid_t gid;
};
#define NETLINK_CB(skb) (*(struct netlink_skb_parms *)(void *)(skb)->cb)

/* From an initcall; 0, -EINVAL or -EEXIST. */
int netlink_register(int protocol, const struct netlink_kernel_cfg *cfg);

/* A buffer of the kernel's for @size bytes, headers included; NULL: no memory. */
struct sk_buff *netlink_alloc(unsigned int size, gfp_t gfp);
/* A message's header at the end of @skb, and behind it room for @len bytes; NULL: does not fit. */
struct nlmsghdr *nlmsg_put(struct sk_buff *skb, u32 portid, u32 seq, int type, unsigned int len,
			   unsigned int flags);
static inline void *nlmsg_data(const struct nlmsghdr *nlh)
{
	return (char *)nlh + NLMSG_HDRLEN;
}

/*
 * Gives @skb away to the socket at @portid: 0, -ECONNREFUSED (nobody is there), -EAGAIN (its queue
 * is full), or a signal's. Sleeps for room unless @nonblock.
 */
int netlink_unicast(int protocol, struct sk_buff *skb, u32 portid, bool nonblock);
/*
 * Gives @skb away to all listeners of @group but @portid. Who has no room loses it and finds
 * ENOBUFS. 0, or -ESRCH: nobody listens. Does not sleep.
 */
int netlink_broadcast(int protocol, struct sk_buff *skb, u32 portid, u32 group);

/* ---- one message for one socket, promised now and sent later: mq_notify(3) ------------------- */

/* The netlink socket that @fd is, referenced; ERR_PTR: -EBADF, -ENOTSOCK, -EINVAL (not netlink). */
struct sock *netlink_getsockbyfd(int fd);
/* Charges @skb to @sk's queue, so that it can be sent at any time. 0 or -EAGAIN. */
int netlink_charge(struct sock *sk, struct sk_buff *skb);
/* Gives away @skb, which was charged to @sk. Does not sleep. */
void netlink_sendskb(struct sock *sk, struct sk_buff *skb);

#endif
