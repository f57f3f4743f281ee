/* SPDX-License-Identifier: MIT */
/*
 * The protocols that every kernel has: NETLINK_ROUTE, rtnetlink(7), and NETLINK_USERSOCK, for
 * programs among themselves. There are no interfaces, addresses or routes yet: lists of them are
 * empty, and all else is EOPNOTSUPP. The C library's getaddrinfo(3) waits for the end of a list.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include "netlink.h"

/* rtnetlink(7): requests to list what there is. */
enum {
	RTM_GETLINK = 18,
	RTM_GETADDR = 22,
	RTM_GETROUTE = 26,
	RTM_GETNEIGH = 30,
	RTM_GETRULE = 34,
};

/* The end of a list that has nothing in it. */
static int answer_done(struct sk_buff *skb, const struct nlmsghdr *nlh)
{
	u32 portid = NETLINK_CB(skb).portid;
	struct sk_buff *answer = netlink_alloc(NLMSG_ALIGN(NLMSG_HDRLEN + sizeof(int)), GFP_KERNEL);
	struct nlmsghdr *done;

	if (!answer)
		return -ENOBUFS;
	done = nlmsg_put(answer, portid, nlh->nlmsg_seq, NLMSG_DONE, sizeof(int), NLM_F_MULTI);
	*(int *)nlmsg_data(done) = 0;
	netlink_unicast(NETLINK_ROUTE, answer, portid, true);
	return -EINTR;
}

static int route_rcv(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		return -EOPNOTSUPP;
	switch (nlh->nlmsg_type) {
	case RTM_GETLINK:
	case RTM_GETADDR:
	case RTM_GETROUTE:
	case RTM_GETNEIGH:
	case RTM_GETRULE:
		return answer_done(skb, nlh);
	default:
		return -EOPNOTSUPP;
	}
}

static const struct netlink_kernel_cfg route_cfg = {
	.groups = 36, /* RTNLGRP_MAX of Linux 6.1 */
	.flags = NL_CFG_F_NONROOT_RECV,
	.rcv = route_rcv,
};
static const struct netlink_kernel_cfg usersock_cfg = {.flags = NL_CFG_F_NONROOT_SEND};

static int __init netlink_protocols_init(void)
{
	int err = netlink_register(NETLINK_ROUTE, &route_cfg);

	return err ? err : netlink_register(NETLINK_USERSOCK, &usersock_cfg);
}
fs_initcall(netlink_protocols_init);
