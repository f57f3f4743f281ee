/* SPDX-License-Identifier: MIT */
/* AF_INET6: ipv6(7). */
#ifndef _UAPI_IN6_H
#define _UAPI_IN6_H

#include <uapi/in.h>

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

#define s6_addr	  in6_u.u6_addr8
#define s6_addr16 in6_u.u6_addr16
#define s6_addr32 in6_u.u6_addr32

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
	__u32 sin6_scope_id;
};

struct ipv6_mreq {
	struct in6_addr ipv6mr_multiaddr;
	int ipv6mr_ifindex;
};

#define ipv6mr_acaddr		  ipv6mr_multiaddr

#define IPPROTO_HOPOPTS		  0
#define IPPROTO_ROUTING		  43
#define IPPROTO_FRAGMENT	  44
#define IPPROTO_ICMPV6		  58
#define IPPROTO_NONE		  59
#define IPPROTO_DSTOPTS		  60
#define IPPROTO_MH		  135

#define IPV6_ADDRFORM		  1
#define IPV6_2292PKTINFO	  2
#define IPV6_2292HOPOPTS	  3
#define IPV6_2292DSTOPTS	  4
#define IPV6_2292RTHDR		  5
#define IPV6_2292PKTOPTIONS	  6
#define IPV6_CHECKSUM		  7
#define IPV6_2292HOPLIMIT	  8
#define IPV6_NEXTHOP		  9
#define IPV6_AUTHHDR		  10
#define IPV6_FLOWINFO		  11
#define IPV6_UNICAST_HOPS	  16
#define IPV6_MULTICAST_IF	  17
#define IPV6_MULTICAST_HOPS	  18
#define IPV6_MULTICAST_LOOP	  19
#define IPV6_ADD_MEMBERSHIP	  20
#define IPV6_DROP_MEMBERSHIP	  21
#define IPV6_ROUTER_ALERT	  22
#define IPV6_MTU_DISCOVER	  23
#define IPV6_MTU		  24
#define IPV6_RECVERR		  25
#define IPV6_V6ONLY		  26
#define IPV6_JOIN_ANYCAST	  27
#define IPV6_LEAVE_ANYCAST	  28
#define IPV6_MULTICAST_ALL	  29
#define IPV6_ROUTER_ALERT_ISOLATE 30
#define IPV6_RECVERR_RFC4884	  31
#define IPV6_FLOWLABEL_MGR	  32
#define IPV6_FLOWINFO_SEND	  33
#define IPV6_IPSEC_POLICY	  34
#define IPV6_XFRM_POLICY	  35
#define IPV6_HDRINCL		  36
#define IPV6_RECVPKTINFO	  49
#define IPV6_PKTINFO		  50
#define IPV6_RECVHOPLIMIT	  51
#define IPV6_HOPLIMIT		  52
#define IPV6_RECVHOPOPTS	  53
#define IPV6_HOPOPTS		  54
#define IPV6_RTHDRDSTOPTS	  55
#define IPV6_RECVRTHDR		  56
#define IPV6_RTHDR		  57
#define IPV6_RECVDSTOPTS	  58
#define IPV6_DSTOPTS		  59
#define IPV6_RECVPATHMTU	  60
#define IPV6_PATHMTU		  61
#define IPV6_DONTFRAG		  62
#define IPV6_RECVTCLASS		  66
#define IPV6_TCLASS		  67
#define IPV6_AUTOFLOWLABEL	  70
#define IPV6_ADDR_PREFERENCES	  72
#define IPV6_MINHOPCOUNT	  73
#define IPV6_ORIGDSTADDR	  74
#define IPV6_RECVORIGDSTADDR	  IPV6_ORIGDSTADDR
#define IPV6_TRANSPARENT	  75
#define IPV6_UNICAST_IF		  76
#define IPV6_RECVFRAGSIZE	  77
#define IPV6_FREEBIND		  78

#define IPV6_PMTUDISC_DONT	  0
#define IPV6_PMTUDISC_WANT	  1
#define IPV6_PMTUDISC_DO	  2
#define IPV6_PMTUDISC_PROBE	  3
#define IPV6_PMTUDISC_INTERFACE	  4
#define IPV6_PMTUDISC_OMIT	  5

#endif
