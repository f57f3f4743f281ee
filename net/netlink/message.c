/* SPDX-License-Identifier: MIT */
/* Messages: making them, taking requests out of a buffer, acknowledging them. */
#include <lib/string.h>
#include "netlink.h"

struct nlmsghdr *nlmsg_put(struct sk_buff *skb, u32 portid, u32 seq, int type, unsigned int len,
			   unsigned int flags)
{
	unsigned int size = NLMSG_HDRLEN + len, padded = NLMSG_ALIGN(size);
	struct nlmsghdr *nlh;

	if (padded > skb_tailroom(skb))
		return NULL;
	nlh = skb_put(skb, padded);
	*nlh = (struct nlmsghdr){.nlmsg_len = size,
				 .nlmsg_type = type,
				 .nlmsg_flags = flags,
				 .nlmsg_seq = seq,
				 .nlmsg_pid = portid};
	memset((char *)nlh + size, 0, padded - size);
	return nlh;
}

/* NLMSG_ERROR with @err, 0 for success; a refused request comes back whole without CAP_ACK. */
static void netlink_ack(struct sk_buff *skb, const struct nlmsghdr *nlh, int err)
{
	struct netlink_sock *nlk = nlk_sk(NETLINK_CB(skb).sk);
	bool whole = err && !nlk_flag(nlk, NL_CAP_ACK);
	unsigned int len = sizeof(struct nlmsgerr) + (whole ? nlh->nlmsg_len - NLMSG_HDRLEN : 0);
	struct sk_buff *answer = netlink_alloc(NLMSG_ALIGN(NLMSG_HDRLEN + len), GFP_KERNEL);
	struct nlmsghdr *out;
	struct nlmsgerr *e;

	if (!answer) {
		WRITE_ONCE(nlk->sk.sk_err, ENOBUFS);
		sock_state_change(&nlk->sk);
		return;
	}
	out = nlmsg_put(answer, NETLINK_CB(skb).portid, nlh->nlmsg_seq, NLMSG_ERROR, len,
			whole ? 0 : NLM_F_CAPPED);
	e = nlmsg_data(out);
	e->error = err;
	memcpy(&e->msg, nlh, whole ? nlh->nlmsg_len : sizeof(*nlh));
	netlink_unicast(nlk->sk.sk_protocol, answer, NETLINK_CB(skb).portid, true);
}

void netlink_rcv_skb(const struct netlink_kernel_cfg *cfg, struct sk_buff *skb)
{
	while (skb->len >= (unsigned int)NLMSG_HDRLEN) {
		struct nlmsghdr *nlh = (void *)skb->data;
		int err = 0;

		if (nlh->nlmsg_len < (unsigned int)NLMSG_HDRLEN || nlh->nlmsg_len > skb->len)
			return;
		/* What is no request, or a control message, is only acknowledged. */
		if ((nlh->nlmsg_flags & NLM_F_REQUEST) && nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			err = cfg->rcv(skb, nlh);
		if (err != -EINTR && (err || (nlh->nlmsg_flags & NLM_F_ACK)))
			netlink_ack(skb, nlh, err);
		skb_pull(skb, min(NLMSG_ALIGN(nlh->nlmsg_len), skb->len));
	}
}
