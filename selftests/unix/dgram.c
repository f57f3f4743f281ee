/* SPDX-License-Identifier: MIT */
/* AF_UNIX datagrams: names, limits, readiness of a connected sender, sendmmsg and recvmmsg. */
#include "util.h"
#include <sys/epoll.h>

static int bound(struct sockaddr_un *sa, socklen_t *len, const char *what)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	*len = abstract_name(sa, what);
	return bind(fd, (struct sockaddr *)sa, *len) ? -1 : fd;
}

TEST(send_to_a_name)
{
	struct sockaddr_un sa, sb, from;
	socklen_t la, lb, lf = sizeof(from);
	char buf[8];
	int a, b, c;

	REQUIRE_CONFIG("UNIX");
	a = bound(&sa, &la, "a");
	b = bound(&sb, &lb, "b");
	ASSERT_TRUE(a >= 0 && b >= 0);
	EXPECT_ERRNO(ENOTCONN, write(a, "x", 1));
	EXPECT_EQ(3, sendto(a, "abc", 3, 0, (struct sockaddr *)&sb, lb));
	EXPECT_EQ(0, sendto(a, "", 0, 0, (struct sockaddr *)&sb, lb));
	EXPECT_EQ(3, queued(b));
	EXPECT_EQ(3, recvfrom(b, buf, 2, MSG_TRUNC, (struct sockaddr *)&from, &lf));
	EXPECT_EQ(la, lf);
	EXPECT_EQ(0, memcmp(&sa, &from, la));
	EXPECT_EQ(POLLIN | POLLOUT, poll_now(b, POLLIN | POLLOUT)); /* the empty one */
	EXPECT_EQ(0, recv(b, buf, 8, 0));
	EXPECT_ERRNO(EAGAIN, recv(b, buf, 8, MSG_DONTWAIT));
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	EXPECT_EQ(1, sendto(c, "x", 1, 0, (struct sockaddr *)&sb, lb));
	lf = sizeof(from);
	EXPECT_EQ(1, recvfrom(b, buf, 8, 0, (struct sockaddr *)&from, &lf));
	EXPECT_EQ(0, lf); /* a sender without a name */
	close(b);
	EXPECT_ERRNO(ECONNREFUSED, sendto(a, "x", 1, 0, (struct sockaddr *)&sb, lb));
	EXPECT_ERRNO(EOPNOTSUPP, listen(a, 1));
	EXPECT_ERRNO(EOPNOTSUPP, accept(a, NULL, NULL));
	EXPECT_EQ(POLLOUT, poll_now(a, POLLIN | POLLOUT | POLLRDHUP));
}

TEST(connected_peers)
{
	struct sockaddr_un sa, sb;
	socklen_t la, lb;
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	char buf[8];
	int a, b, c;

	REQUIRE_CONFIG("UNIX");
	a = bound(&sa, &la, "pa");
	b = bound(&sb, &lb, "pb");
	ASSERT_EQ(0, connect(a, (struct sockaddr *)&sb, lb));
	EXPECT_EQ(1, write(a, "x", 1));
	EXPECT_EQ(0, connect(b, (struct sockaddr *)&sa, la));
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	EXPECT_ERRNO(EPERM, sendto(c, "x", 1, 0, (struct sockaddr *)&sb, lb));
	EXPECT_ERRNO(EPERM, connect(c, (struct sockaddr *)&sb, lb));
	EXPECT_EQ(1, read(b, buf, 8));
	EXPECT_EQ(0, connect(a, &none, sizeof(none)));
	EXPECT_ERRNO(ENOTCONN, write(a, "x", 1));
	close(a);
	EXPECT_ERRNO(ECONNREFUSED, write(b, "x", 1));
	EXPECT_ERRNO(ENOTCONN, write(b, "x", 1));
}

TEST(queue_length_limits_strangers)
{
	struct sockaddr_un sb;
	socklen_t lb;
	struct epoll_event ev = {.events = EPOLLOUT | EPOLLET};
	int a, b, n = 0, ep;
	char c;

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("EPOLL");
	b = bound(&sb, &lb, "q");
	a = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(0, connect(a, (struct sockaddr *)&sb, lb));
	ep = epoll_create1(0);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 0));
	while (write(a, "x", 1) == 1 && n < 10000)
		n++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(n, 10);
	EXPECT_EQ(0, poll_now(a, POLLOUT));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	EXPECT_EQ(1, read(b, &c, 1));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 1000));
	EXPECT_EQ(POLLOUT, poll_now(a, POLLOUT));
	EXPECT_EQ(1, write(a, "y", 1));
	/* A blocking sender is woken by the reader. */
	if (fork() == 0) {
		fcntl(a, F_SETFL, 0);
		_exit(write(a, "z", 1) == 1 ? 0 : 1);
	}
	test_sleep_ms(20);
	for (int i = 0; i < n; i++)
		EXPECT_EQ(1, read(b, &c, 1));
	EXPECT_EQ(0, test_wait(-1));
	EXPECT_EQ(1, recv(b, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ('z', c);
}

TEST(size_limit)
{
	int sv[2], sndbuf = 8192;
	static char big[1 << 20];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	EXPECT_EQ(100000, send(sv[0], big, 100000, 0));
	EXPECT_EQ(100000, recv(sv[1], big, sizeof(big), 0));
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf)));
	EXPECT_ERRNO(EMSGSIZE, send(sv[0], big, sizeof(big), 0));
	EXPECT_EQ(100, send(sv[0], big, 100, 0));
}

TEST(many_at_once)
{
	struct iovec iov[3] = {{"a", 1}, {"bb", 2}, {"ccc", 3}};
	char buf[4][8];
	struct iovec in[4];
	struct mmsghdr out[3] = {0}, got[4] = {0};
	struct timespec ts = {0, 20000000};
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	for (int i = 0; i < 3; i++) {
		out[i].msg_hdr.msg_iov = &iov[i];
		out[i].msg_hdr.msg_iovlen = 1;
	}
	for (int i = 0; i < 4; i++) {
		in[i] = (struct iovec){buf[i], 8};
		got[i].msg_hdr.msg_iov = &in[i];
		got[i].msg_hdr.msg_iovlen = 1;
	}
	EXPECT_EQ(3, sendmmsg(sv[0], out, 3, 0));
	EXPECT_EQ(3, out[2].msg_len);
	EXPECT_EQ(3, recvmmsg(sv[1], got, 4, MSG_WAITFORONE, NULL));
	EXPECT_EQ(2, got[1].msg_len);
	EXPECT_EQ(0, memcmp(buf[2], "ccc", 3));
	EXPECT_ERRNO(EAGAIN, recvmmsg(sv[1], got, 4, MSG_DONTWAIT, NULL));
	EXPECT_EQ(2, sendmmsg(sv[0], out, 2, 0));
	EXPECT_EQ(2, recvmmsg(sv[1], got, 2, 0, &ts));
	ts.tv_nsec = 2000000000;
	EXPECT_ERRNO(EINVAL, recvmmsg(sv[1], got, 2, 0, &ts));
	EXPECT_EQ(0, sendmmsg(sv[0], out, 0, 0));
}

TEST(shutdown_of_a_pair)
{
	int sv[2];
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	EXPECT_EQ(1, write(sv[0], "x", 1));
	EXPECT_EQ(0, shutdown(sv[1], SHUT_RD));
	EXPECT_ERRNO(EPIPE, send(sv[0], "y", 1, MSG_NOSIGNAL));
	EXPECT_EQ(1, read(sv[1], &c, 1));
	EXPECT_EQ(0, read(sv[1], &c, 1));
	EXPECT_EQ(POLLIN | POLLRDHUP, poll_now(sv[1], POLLIN | POLLRDHUP));
}

static void on_alarm(int sig)
{
}

TEST(interrupted)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct timeval tv = {5, 0};
	int sv[2];
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	sigaction(SIGALRM, &sa, NULL);
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	alarm(1);
	EXPECT_ERRNO(EINTR, read(sv[0], &c, 1)); /* with a timeout it is never restarted */
}

TEST_MAIN
