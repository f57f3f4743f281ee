/* SPDX-License-Identifier: MIT */
/*
 * The protocols that every kernel has: NETLINK_ROUTE, which answers EOPNOTSUPP to every request for
 * there are no interfaces, addresses or routes yet; and NETLINK_USERSOCK, for programs among
 * themselves.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include "netlink.h"

static int route_rcv(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	return -EOPNOTSUPP;
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
