/* SPDX-License-Identifier: MIT */
/* netlink(7): names, messages among programs and groups, what the kernel answers. */
#include "harness.h"
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static int open_nl(int protocol)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
}

static int bind_nl(int fd, uint32_t pid, uint32_t groups)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups};

	return bind(fd, (void *)&nl, sizeof(nl));
}

static struct sockaddr_nl name_of(int fd)
{
	struct sockaddr_nl nl = {};
	socklen_t len = sizeof(nl);

	ASSERT_EQ(0, getsockname(fd, (void *)&nl, &len));
	ASSERT_EQ(sizeof(nl), len);
	return nl;
}

static ssize_t send_nl(int fd, const void *data, size_t len, uint32_t pid, uint32_t groups)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups};

	return sendto(fd, data, len, 0, (void *)&nl, sizeof(nl));
}

TEST(what_there_is)
{
	REQUIRE_CONFIG("NETLINK");
	EXPECT_GE(open_nl(NETLINK_ROUTE), 0);
	EXPECT_GE(open_nl(NETLINK_USERSOCK), 0);
	EXPECT_ERRNO(EPROTONOSUPPORT, open_nl(31));
	EXPECT_ERRNO(EPROTONOSUPPORT, open_nl(32));
	EXPECT_ERRNO(EPROTONOSUPPORT, open_nl(-1));
	EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_NETLINK, SOCK_STREAM, 0));
	EXPECT_ERRNO(EOPNOTSUPP, socketpair(AF_NETLINK, SOCK_RAW, 0, (int[2]){}));
}

TEST(names)
{
	struct sockaddr_nl nl;
	int a, b;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_USERSOCK);
	b = open_nl(NETLINK_USERSOCK);
	EXPECT_TRUE(name_of(a).nl_pid == 0);
	EXPECT_EQ(0, bind_nl(a, 0, 5));
	nl = name_of(a);
	EXPECT_TRUE(nl.nl_family == AF_NETLINK && nl.nl_pid == (uint32_t)getpid());
	EXPECT_TRUE(nl.nl_groups == 5);
	EXPECT_EQ(0, bind_nl(a, getpid(), 1)); /* groups may change, */
	EXPECT_TRUE(name_of(a).nl_groups == 1);
	EXPECT_ERRNO(EINVAL, bind_nl(a, 4242, 0)); /* the port not */
	EXPECT_ERRNO(EADDRINUSE, bind_nl(b, getpid(), 0));
	EXPECT_EQ(0, bind_nl(b, 0, 0)); /* one that is no process */
	EXPECT_TRUE((int)name_of(b).nl_pid < 0);
	EXPECT_ERRNO(EINVAL, bind(b, (void *)&nl, 4));
	nl.nl_family = AF_UNIX;
	EXPECT_ERRNO(EINVAL, bind(b, (void *)&nl, sizeof(nl)));
	EXPECT_ERRNO(EOPNOTSUPP, listen(b, 1));
	close(a);
	a = open_nl(NETLINK_USERSOCK);
	EXPECT_EQ(0, bind_nl(a, getpid(), 0)); /* free again */
}

TEST(programs_talk)
{
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	struct pollfd p;
	char buf[16] = "";
	int a, b;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_USERSOCK);
	b = open_nl(NETLINK_USERSOCK);
	ASSERT_EQ(0, bind_nl(a, 111, 0));
	ASSERT_EQ(0, bind_nl(b, 222, 0));
	p = (struct pollfd){.fd = b, .events = POLLIN | POLLOUT};
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	EXPECT_EQ(5, send_nl(a, "hello", 5, 222, 0));
	EXPECT_EQ(1, poll(&p, 1, 1000));
	EXPECT_EQ(POLLIN | POLLOUT, p.revents);
	EXPECT_EQ(2, recv(b, buf, 2, MSG_PEEK));
	EXPECT_EQ(5, recvfrom(b, buf, 3, MSG_TRUNC, (void *)&from, &len));
	EXPECT_EQ(0, strcmp(buf, "hel"));
	EXPECT_TRUE(len == sizeof(from) && from.nl_pid == 111 && from.nl_groups == 0);
	EXPECT_ERRNO(EAGAIN, recv(b, buf, 3, MSG_DONTWAIT));
	EXPECT_ERRNO(ECONNREFUSED, send_nl(a, "x", 1, 333, 0));
	EXPECT_ERRNO(ECONNREFUSED, send_nl(a, "x", 1, 0, 0)); /* no kernel here */
	EXPECT_ERRNO(EFAULT, send_nl(a, test_bad_pointer, 1, 222, 0));
	EXPECT_ERRNO(EOPNOTSUPP, send(a, "x", 1, MSG_OOB));
	EXPECT_ERRNO(EOPNOTSUPP, recv(a, buf, 1, MSG_OOB));
	/* Connected: strangers are refused. */
	from.nl_pid = 333;
	ASSERT_EQ(0, connect(b, (void *)&from, sizeof(from)));
	EXPECT_ERRNO(ECONNREFUSED, send_nl(a, "x", 1, 222, 0));
	len = sizeof(from);
	EXPECT_EQ(0, getpeername(b, (void *)&from, &len));
	EXPECT_TRUE(from.nl_pid == 333);
	from.nl_family = AF_UNSPEC;
	ASSERT_EQ(0, connect(b, (void *)&from, sizeof(from)));
	EXPECT_EQ(1, send_nl(a, "x", 1, 222, 0));
}

TEST(groups)
{
	int a, b, c, one = 1, group = 3;
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	char buf[16];

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_USERSOCK);
	b = open_nl(NETLINK_USERSOCK);
	c = open_nl(NETLINK_USERSOCK);
	ASSERT_EQ(0, bind_nl(a, 0, 4)); /* group 3 */
	ASSERT_EQ(0, bind_nl(b, 0, 0));
	ASSERT_EQ(0, setsockopt(b, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
	EXPECT_TRUE(name_of(b).nl_groups == 4);
	/* It goes to port 0, too: nobody is there. */
	EXPECT_ERRNO(ECONNREFUSED, send_nl(c, "abc", 3, 0, 4));
	EXPECT_EQ(3, recvfrom(a, buf, 16, 0, (void *)&from, &len));
	EXPECT_TRUE(from.nl_groups == 4 && from.nl_pid == name_of(c).nl_pid);
	EXPECT_EQ(3, recv(b, buf, 16, 0));
	EXPECT_EQ(1, send_nl(a, "x", 1, name_of(c).nl_pid, 4)); /* not to oneself */
	EXPECT_ERRNO(EAGAIN, recv(a, buf, 16, MSG_DONTWAIT));
	EXPECT_EQ(1, recv(b, buf, 16, 0));
	ASSERT_EQ(0, setsockopt(b, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group)));
	EXPECT_EQ(1, send_nl(a, "x", 1, name_of(c).nl_pid, 4));
	EXPECT_ERRNO(EAGAIN, recv(b, buf, 16, MSG_DONTWAIT));
	group = 1000;
	EXPECT_ERRNO(EINVAL, setsockopt(b, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(b, SOL_NETLINK, 99, &one, 4));
	EXPECT_EQ(0, setsockopt(b, SOL_NETLINK, NETLINK_PKTINFO, &one, 4));
	len = sizeof(group);
	EXPECT_EQ(0, getsockopt(b, SOL_NETLINK, NETLINK_PKTINFO, &group, &len));
	EXPECT_EQ(1, group);
}

/* A full queue: who sends to it waits or is told, who is told by all is not. */
TEST(no_room)
{
	static char big[4096];
	int a, b, small = 8192, n = 0;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_USERSOCK);
	b = open_nl(NETLINK_USERSOCK);
	ASSERT_EQ(0, bind_nl(b, 222, 1));
	ASSERT_EQ(0, setsockopt(b, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	fcntl(a, F_SETFL, O_NONBLOCK);
	while (n < 100 && send_nl(a, big, sizeof(big), 222, 0) > 0)
		n++;
	EXPECT_ERRNO(EAGAIN, send_nl(a, big, sizeof(big), 222, 0));
	EXPECT_TRUE(n >= 1 && n < 100);
	EXPECT_ERRNO(ECONNREFUSED, send_nl(a, big, sizeof(big), 0, 1));
	EXPECT_ERRNO(ENOBUFS, recv(b, big, sizeof(big), MSG_DONTWAIT));
	for (int i = 0; i < n; i++)
		EXPECT_EQ((ssize_t)sizeof(big), recv(b, big, sizeof(big), MSG_DONTWAIT));
	EXPECT_EQ((ssize_t)sizeof(big), send_nl(a, big, sizeof(big), 222, 0));
	small = 1 << 20;
	EXPECT_ERRNO(EMSGSIZE, send_nl(a, malloc(8 << 20), 8 << 20, 222, 0));
}

/* The kernel acknowledges what asks for it, and refuses what it does not know. */
TEST(the_kernel_answers)
{
	struct {
		struct nlmsghdr h;
		char data[16];
	} req = {.h = {.nlmsg_len = sizeof(req),
		       .nlmsg_type = 0x7f0,
		       .nlmsg_flags = NLM_F_REQUEST,
		       .nlmsg_seq = 77},
		 .data = "payload"};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char data[64];
	} ans;
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	int a;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_ROUTE);
	ASSERT_EQ((ssize_t)sizeof(req), send_nl(a, &req, sizeof(req), 0, 0));
	EXPECT_TRUE(name_of(a).nl_pid == (uint32_t)getpid()); /* bound by sending */
	ASSERT_EQ((ssize_t)(sizeof(ans.h) + sizeof(ans.e) + 16),
		  recvfrom(a, &ans, sizeof(ans), 0, (void *)&from, &len));
	EXPECT_TRUE(from.nl_pid == 0);
	EXPECT_EQ(NLMSG_ERROR, ans.h.nlmsg_type);
	EXPECT_TRUE(ans.h.nlmsg_seq == 77 && ans.h.nlmsg_pid == (uint32_t)getpid());
	EXPECT_EQ(-EOPNOTSUPP, ans.e.error);
	EXPECT_EQ(0, memcmp(&ans.e.msg, &req, sizeof(req)));
	/* Nothing to do, but an acknowledgement is asked for. */
	req.h.nlmsg_type = NLMSG_NOOP;
	req.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ASSERT_EQ((ssize_t)sizeof(req), send_nl(a, &req, sizeof(req), 0, 0));
	ASSERT_EQ((ssize_t)(sizeof(ans.h) + sizeof(ans.e)), recv(a, &ans, sizeof(ans), 0));
	EXPECT_EQ(0, ans.e.error);
	/* What is cut off is dropped. */
	req.h.nlmsg_len = 1000;
	ASSERT_EQ((ssize_t)sizeof(req), send_nl(a, &req, sizeof(req), 0, 0));
	EXPECT_ERRNO(EAGAIN, recv(a, &ans, sizeof(ans), MSG_DONTWAIT));
}

/* A list ends, whatever is in it: the C library waits for that. */
TEST(lists_end)
{
	static const int types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE};
	static char buf[65536] __attribute__((aligned(8)));
	struct ifaddrs *all;
	int a;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_ROUTE);
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct {
			struct nlmsghdr h;
			struct rtgenmsg g;
			char pad[16];
		} req = {.h = {.nlmsg_len = sizeof(req),
			       .nlmsg_type = types[i],
			       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			       .nlmsg_seq = i + 1}};
		bool done = false;

		ASSERT_EQ((ssize_t)sizeof(req), send_nl(a, &req, sizeof(req), 0, 0));
		while (!done) {
			int n = recv(a, buf, sizeof(buf), 0);

			ASSERT_TRUE(n > 0);
			for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (unsigned int)n);
			     h = NLMSG_NEXT(h, n)) {
				EXPECT_TRUE(h->nlmsg_seq == i + 1);
				EXPECT_TRUE(h->nlmsg_flags & NLM_F_MULTI);
				ASSERT_TRUE(h->nlmsg_type != NLMSG_ERROR);
				done |= h->nlmsg_type == NLMSG_DONE;
			}
		}
	}
	EXPECT_EQ(0, getifaddrs(&all));
}

TEST(credentials)
{
	char control[CMSG_SPACE(sizeof(struct ucred))], buf[8];
	struct iovec v = {buf, sizeof(buf)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct ucred *uc;
	int a, b, one = 1;

	REQUIRE_CONFIG("NETLINK");
	a = open_nl(NETLINK_USERSOCK);
	b = open_nl(NETLINK_USERSOCK);
	ASSERT_EQ(0, bind_nl(b, 222, 0));
	ASSERT_EQ(0, setsockopt(b, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	ASSERT_EQ(1, send_nl(a, "x", 1, 222, 0));
	ASSERT_EQ(1, recvmsg(b, &m, 0));
	ASSERT_TRUE(CMSG_FIRSTHDR(&m) != NULL);
	EXPECT_EQ(SCM_CREDENTIALS, CMSG_FIRSTHDR(&m)->cmsg_type);
	uc = (void *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	EXPECT_TRUE(uc->pid == getpid() && uc->uid == getuid() && uc->gid == getgid());
}

static void *chatter(void *arg)
{
	uint32_t me = 1000 + (intptr_t)arg;
	char buf[64];

	for (int i = 0; i < 300; i++) {
		int fd = open_nl(NETLINK_USERSOCK);

		bind_nl(fd, me, 1u << i % 8);
		send_nl(fd, "x", 1, 1000 + (me + i) % 8, 0);
		send_nl(fd, "yy", 2, 0, 0xff);
		while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		close(fd);
	}
	return NULL;
}

TEST_TIMEOUT(all_come_and_go, 120)
{
	pthread_t t[8];
	int fd;

	REQUIRE_CONFIG("NETLINK");
	REQUIRE_THREADS();
	for (long i = 0; i < 8; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, chatter, (void *)i));
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	fd = open_nl(NETLINK_USERSOCK);
	for (int i = 0; i < 8; i++)
		EXPECT_ERRNO(ECONNREFUSED, send_nl(fd, "x", 1, 1000 + i, 0));
}

TEST_MAIN
