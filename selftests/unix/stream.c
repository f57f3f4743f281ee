/* SPDX-License-Identifier: MIT */
/* Streams and packets over AF_UNIX, and what all sockets are as files. */
#include "util.h"
#include <sys/epoll.h>
#include <sys/uio.h>

TEST(errors_of_socket)
{
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	EXPECT_ERRNO(EAFNOSUPPORT, socket(0, SOCK_STREAM, 0));
	EXPECT_ERRNO(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
	EXPECT_ERRNO(EAFNOSUPPORT, socket(200, SOCK_STREAM, 0));
	EXPECT_ERRNO(EINVAL, socket(AF_UNIX, 75, 0));
	EXPECT_ERRNO(EINVAL, socket(AF_UNIX, SOCK_STREAM | 0x10, 0));
	EXPECT_ERRNO(ESOCKTNOSUPPORT, socket(AF_UNIX, SOCK_RDM, 0));
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 17));
	EXPECT_ERRNO(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)test_bad_pointer));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, PF_UNIX, sv));
	EXPECT_ERRNO(ENOTSOCK, listen(0, 1));
	EXPECT_ERRNO(EBADF, listen(900, 1));
	EXPECT_ERRNO(EINVAL, listen(sv[0], 1));
	EXPECT_ERRNO(EINVAL, accept(sv[0], NULL, NULL));
	EXPECT_ERRNO(EINVAL, shutdown(sv[0], 3));
	EXPECT_ERRNO(EINVAL, accept4(sv[0], NULL, NULL, 1));
}

TEST(pair_carries_both_ways)
{
	struct stat st;
	char buf[32], path[64], link[64] = "";
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv));
	EXPECT_EQ(FD_CLOEXEC, fcntl(sv[0], F_GETFD));
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(sv[1], F_GETFL));
	EXPECT_EQ(3, write(sv[0], "abc", 3));
	EXPECT_EQ(2, write(sv[0], "de", 2));
	EXPECT_EQ(4, write(sv[1], "1234", 4));
	EXPECT_EQ(5, queued(sv[1]));
	EXPECT_EQ(2, read(sv[1], buf, 2)); /* part of a message */
	EXPECT_EQ(3, read(sv[1], buf + 2, 14)); /* the rest, glued to the next */
	EXPECT_EQ(0, memcmp(buf, "abcde", 5));
	EXPECT_ERRNO(EAGAIN, read(sv[1], buf, 1));
	EXPECT_EQ(4, read(sv[0], buf, 16));
	EXPECT_EQ(0, fstat(sv[0], &st));
	EXPECT_TRUE(S_ISSOCK(st.st_mode));
	EXPECT_ERRNO(ESPIPE, lseek(sv[0], 0, SEEK_SET));
	EXPECT_ERRNO(ESPIPE, pread(sv[0], buf, 1, 0));
	if (test_config("PROC_FS") == 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", sv[0]);
	EXPECT_TRUE(readlink(path, link, sizeof(link) - 1) > 0);
	snprintf(buf, sizeof(buf), "socket:[%lu]", (unsigned long)st.st_ino);
	EXPECT_STREQ(buf, link);
	EXPECT_ERRNO(ENXIO, open(path, O_RDWR));
}

TEST(vectors_and_flags)
{
	char a[3], b[8];
	struct iovec in[2] = {{"xy", 2}, {"zzz", 3}}, out[2] = {{a, 3}, {b, 8}};
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(5, writev(sv[0], in, 2));
	EXPECT_EQ(5, recv(sv[1], b, 8, MSG_PEEK));
	EXPECT_EQ(5, readv(sv[1], out, 2));
	EXPECT_EQ(0, memcmp(a, "xyz", 3));
	EXPECT_EQ(0, memcmp(b, "zz", 2));
	EXPECT_ERRNO(EAGAIN, recv(sv[1], b, 1, MSG_DONTWAIT));
	EXPECT_EQ(-1, recv(sv[1], b, 1, MSG_OOB)); /* EINVAL on a kernel with CONFIG_AF_UNIX_OOB */
	EXPECT_ERRNO(EFAULT, write(sv[0], test_bad_pointer, 4));
	EXPECT_EQ(2, write(sv[0], "ab", 2));
	EXPECT_ERRNO(EFAULT, read(sv[1], test_bad_pointer, 2));
	EXPECT_EQ(2, recv(sv[1], b, 8, 0)); /* nothing was lost */
}

TEST(peek_off_moves)
{
	int sv[2], off = 1;
	socklen_t len = sizeof(off);
	char buf[8];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(3, write(sv[0], "abc", 3));
	EXPECT_EQ(3, write(sv[0], "def", 3));
	EXPECT_EQ(0, setsockopt(sv[1], SOL_SOCKET, SO_PEEK_OFF, &off, len));
	EXPECT_EQ(1, recv(sv[1], buf, 1, MSG_PEEK));
	EXPECT_EQ('b', buf[0]);
	EXPECT_EQ(2, recv(sv[1], buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "cd", 2));
	EXPECT_EQ(0, getsockopt(sv[1], SOL_SOCKET, SO_PEEK_OFF, &off, &len));
	EXPECT_EQ(4, off);
	EXPECT_EQ(2, recv(sv[1], buf, 2, 0));
	EXPECT_EQ(2, recv(sv[1], buf, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
}

TEST(waitall_gathers)
{
	char buf[8] = "";
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	if (fork() == 0) {
		close(sv[1]);
		for (int i = 0; i < 6; i++) {
			test_sleep_ms(5);
			if (write(sv[0], "abcdef" + i, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(sv[0]);
	EXPECT_EQ(4, recv(sv[1], buf, 4, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ(2, recv(sv[1], buf, 8, MSG_WAITALL)); /* the end came */
	EXPECT_EQ(0, recv(sv[1], buf, 8, 0));
}

TEST(end_of_a_stream)
{
	char c;
	int sv[2], err = 0;
	socklen_t len = sizeof(err);

	REQUIRE_CONFIG("UNIX");
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(POLLOUT, poll_now(sv[0], POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_EQ(1, write(sv[1], "x", 1));
	EXPECT_EQ(0, shutdown(sv[1], SHUT_WR));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, poll_now(sv[0], POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_ERRNO(EPIPE, write(sv[1], "y", 1));
	EXPECT_EQ(1, read(sv[0], &c, 1));
	EXPECT_EQ(0, read(sv[0], &c, 1));
	EXPECT_EQ(1, write(sv[0], "z", 1)); /* the other way still works */
	close(sv[1]); /* with that unread */
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR,
		  poll_now(sv[0], POLLIN | POLLOUT | POLLRDHUP));
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &err, &len));
	EXPECT_EQ(ECONNRESET, err);
	EXPECT_EQ(0, read(sv[0], &c, 1));
	EXPECT_ERRNO(EPIPE, send(sv[0], "y", 1, MSG_NOSIGNAL));
}

TEST_SIGNAL(sigpipe_kills, SIGPIPE)
{
	int sv[2];

	if (test_config("UNIX") == 0)
		raise(SIGPIPE);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	close(sv[1]);
	EXPECT_ERRNO(EPIPE, send(sv[0], "y", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, write(sv[0], "y", 1));
}

TEST(full_queue_blocks_and_polls)
{
	static char block[65536];
	size_t total = 0, got = 0;
	int sv[2], ep, sndbuf = 0, n;
	socklen_t len = sizeof(sndbuf);
	struct epoll_event ev = {.events = EPOLLOUT | EPOLLET};
	ssize_t k;

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("EPOLL");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	ep = epoll_create1(0);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, sv[0], &ev));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 0));
	while ((k = write(sv[0], block, sizeof(block))) > 0)
		total += k;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &sndbuf, &len));
	EXPECT_GE(total, sndbuf / 2);
	EXPECT_LE(total, sndbuf + (int)sizeof(block));
	EXPECT_EQ(0, poll_now(sv[0], POLLOUT));
	EXPECT_EQ(0, ioctl(sv[0], SIOCOUTQ, &n));
	EXPECT_GE(n, (int)total);
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	while ((k = read(sv[1], block, sizeof(block))) > 0)
		got += k;
	EXPECT_EQ(total, got);
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 1000)); /* the edge after room has come */
	EXPECT_EQ(POLLOUT, poll_now(sv[0], POLLOUT));
	EXPECT_EQ(0, ioctl(sv[0], SIOCOUTQ, &n));
	EXPECT_EQ(0, n);
}

TEST(timeouts)
{
	struct timeval tv = {0, 50000}, bad = {0, 1000000};
	char c, block[4096] = "";
	int sv[2];
	socklen_t len = sizeof(tv);
	double t;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_ERRNO(EDOM, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &bad, len));
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, len));
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_SNDTIMEO, &tv, len));
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &bad, &len));
	EXPECT_TRUE(bad.tv_usec >= 50000 && bad.tv_usec <= 60000);
	t = test_now();
	EXPECT_ERRNO(EAGAIN, read(sv[0], &c, 1));
	EXPECT_TRUE(test_now() - t >= 0.045);
	while (write(sv[0], block, sizeof(block)) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
}

static int listener(const struct sockaddr_un *sa, socklen_t len, int type, int backlog)
{
	int fd = socket(AF_UNIX, type, 0);

	if (bind(fd, (struct sockaddr *)sa, len) || listen(fd, backlog))
		return -1;
	return fd;
}

TEST(connect_and_accept)
{
	struct sockaddr_un sa, got;
	socklen_t len, glen;
	struct ucred cred;
	int srv, cli, con, on = 0;
	char buf[8];

	REQUIRE_CONFIG("UNIX");
	len = abstract_name(&sa, "con");
	srv = listener(&sa, len, SOCK_STREAM, 1);
	ASSERT_GE(srv, 0);
	EXPECT_EQ(0, poll_now(srv, POLLIN | POLLOUT));
	cli = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_EQ(POLLOUT | POLLHUP, poll_now(cli, POLLIN | POLLOUT));
	EXPECT_ERRNO(ENOTCONN, write(cli, "x", 1));
	EXPECT_ERRNO(EINVAL, read(cli, buf, 1));
	EXPECT_ERRNO(ENOTCONN, getpeername(cli, (struct sockaddr *)&got, &glen));
	ASSERT_EQ(0, connect(cli, (struct sockaddr *)&sa, len));
	EXPECT_ERRNO(EISCONN, connect(cli, (struct sockaddr *)&sa, len));
	EXPECT_EQ(2, write(cli, "hi", 2)); /* before it is accepted */
	EXPECT_EQ(POLLIN, poll_now(srv, POLLIN | POLLOUT));
	glen = sizeof(got);
	con = accept4(srv, (struct sockaddr *)&got, &glen, SOCK_CLOEXEC);
	ASSERT_GE(con, 0);
	EXPECT_EQ(2, glen); /* the client has no name */
	EXPECT_EQ(2, read(con, buf, 8));
	glen = sizeof(got);
	EXPECT_EQ(0, getsockname(con, (struct sockaddr *)&got, &glen));
	EXPECT_EQ(len, glen);
	EXPECT_EQ(0, memcmp(&sa, &got, len));
	glen = sizeof(got);
	EXPECT_EQ(0, getpeername(cli, (struct sockaddr *)&got, &glen));
	EXPECT_EQ(len, glen);
	glen = sizeof(cred);
	EXPECT_EQ(0, getsockopt(con, SOL_SOCKET, SO_PEERCRED, &cred, &glen));
	EXPECT_EQ(getpid(), cred.pid);
	EXPECT_EQ(getuid(), cred.uid);
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(con, SOL_SOCKET, SO_PEERSEC, buf, &glen));
	glen = sizeof(on);
	EXPECT_EQ(0, getsockopt(srv, SOL_SOCKET, SO_ACCEPTCONN, &on, &glen));
	EXPECT_EQ(1, on);
	EXPECT_ERRNO(EINVAL, ioctl(srv, SIOCINQ, &on));
}

/* An accepted socket shows its listener's name, but nobody finds it by that. */
TEST(name_of_accepted_is_free_again)
{
	struct sockaddr_un sa;
	int cli[400], con[400];
	socklen_t len;

	REQUIRE_CONFIG("UNIX");
	for (int round = 0; round < 2; round++) {
		int srv;

		len = abstract_name(&sa, "again");
		srv = listener(&sa, len, SOCK_STREAM, 5);
		ASSERT_GE(srv, 0); /* the second time: not in use any more */
		for (int i = 0; i < 200; i++) {
			int n = round * 200 + i;

			cli[n] = socket(AF_UNIX, SOCK_STREAM, 0);
			ASSERT_EQ(0, connect(cli[n], (struct sockaddr *)&sa, len));
			con[n] = accept(srv, NULL, NULL);
			ASSERT_GE(con[n], 0);
		}
		close(srv);
	}
}

TEST(backlog_and_refusal)
{
	struct sockaddr_un sa;
	socklen_t len;
	int srv, c[4], i;

	REQUIRE_CONFIG("UNIX");
	len = abstract_name(&sa, "backlog");
	c[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_ERRNO(ECONNREFUSED, connect(c[0], (struct sockaddr *)&sa, len));
	EXPECT_ERRNO(EINVAL, connect(c[0], (struct sockaddr *)&sa, 2));
	srv = listener(&sa, len, SOCK_STREAM, 1);
	ASSERT_GE(srv, 0);
	for (i = 0; i < 4; i++) {
		c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(c[i], (struct sockaddr *)&sa, len))
			break;
	}
	EXPECT_EQ(2, i); /* one more than the backlog */
	EXPECT_EQ(EAGAIN, errno);
	if (fork() == 0) {
		int late = socket(AF_UNIX, SOCK_STREAM, 0);

		_exit(connect(late, (struct sockaddr *)&sa, len) ? 1 : 0);
	}
	test_sleep_ms(20);
	EXPECT_GE(accept(srv, NULL, NULL), 0); /* makes room for the child */
	EXPECT_GE(accept(srv, NULL, NULL), 0);
	EXPECT_GE(accept(srv, NULL, NULL), 0);
	EXPECT_EQ(0, test_wait(-1));
	ASSERT_EQ(0, connect(c[2], (struct sockaddr *)&sa, len));
	close(srv);
	EXPECT_EQ(POLLIN | POLLHUP | POLLERR, poll_now(c[2], POLLIN)); /* never accepted */
	EXPECT_ERRNO(ECONNRESET, read(c[2], &i, 1));
	EXPECT_EQ(0, read(c[2], &i, 1));
}

TEST(names_in_the_file_system)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX}, got;
	socklen_t len = sizeof(sa), glen = sizeof(got);
	char dir[] = "/tmp/unix-XXXXXX", buf[64];
	struct stat st;
	int srv, cli, other;

	REQUIRE_CONFIG("UNIX");
	if (!mkdtemp(dir)) {
		mkdir("/tmp", 01777);
		ASSERT_TRUE(mkdtemp(dir));
	}
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", dir);
	umask(027);
	srv = listener(&sa, len, SOCK_STREAM, 5);
	ASSERT_GE(srv, 0);
	EXPECT_EQ(0, stat(sa.sun_path, &st));
	EXPECT_EQ(S_IFSOCK | 0750, st.st_mode);
	EXPECT_ERRNO(ENXIO, open(sa.sun_path, O_RDWR));
	EXPECT_EQ(0, getsockname(srv, (struct sockaddr *)&got, &glen));
	EXPECT_EQ(strlen(sa.sun_path) + 3, glen);
	EXPECT_STREQ(sa.sun_path, got.sun_path);
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_ERRNO(EADDRINUSE, bind(other, (struct sockaddr *)&sa, len));
	EXPECT_ERRNO(EADDRINUSE, bind(srv, (struct sockaddr *)&sa, len));
	got = sa;
	strcat(got.sun_path, "2");
	EXPECT_ERRNO(EINVAL, bind(srv, (struct sockaddr *)&got, len));
	EXPECT_ERRNO(ENOENT, stat(got.sun_path, &st));
	cli = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	EXPECT_ERRNO(EPROTOTYPE, connect(cli, (struct sockaddr *)&sa, len));
	if (getuid() == 0) {
		EXPECT_EQ(0, chmod(dir, 0755));
		if (fork() == 0) {
			if (setuid(1234))
				_exit(2);
			_exit(connect(other, (struct sockaddr *)&sa, len) == -1 && errno == EACCES ?
				      0 :
				      1);
		}
		int status = test_wait(-1);
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0, connect(other, (struct sockaddr *)&sa, len));
	if (test_config("PROC_FS") != 0) {
		static char all[65536];

		EXPECT_GT(test_read_file("/proc/net/unix", all, sizeof(all)), 0);
		EXPECT_TRUE(strstr(all, sa.sun_path));
	}
	close(srv);
	cli = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_ERRNO(ECONNREFUSED, connect(cli, (struct sockaddr *)&sa, len));
	EXPECT_EQ(0, unlink(sa.sun_path));
	EXPECT_ERRNO(ENOENT, connect(cli, (struct sockaddr *)&sa, len));
	snprintf(buf, sizeof(buf), "%s/file", dir);
	close(open(buf, O_CREAT | O_RDWR, 0600));
	strcpy(sa.sun_path, buf);
	EXPECT_ERRNO(ECONNREFUSED, connect(cli, (struct sockaddr *)&sa, len));
	unlink(buf);
	rmdir(dir);
}

TEST(autobind)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX}, got;
	socklen_t glen = sizeof(got);
	int a, b;

	REQUIRE_CONFIG("UNIX");
	a = socket(AF_UNIX, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(a, (struct sockaddr *)&sa, sizeof(sa_family_t)));
	EXPECT_EQ(0, getsockname(a, (struct sockaddr *)&got, &glen));
	EXPECT_EQ(8, glen);
	EXPECT_EQ('\0', got.sun_path[0]);
	b = socket(AF_UNIX, SOCK_DGRAM, 0);
	EXPECT_EQ(0, connect(b, (struct sockaddr *)&got, glen));
	b = socket(AF_UNIX, SOCK_DGRAM, 0);
	EXPECT_ERRNO(EADDRINUSE, bind(b, (struct sockaddr *)&got, glen));
	b = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_EQ(0, bind(b, (struct sockaddr *)&got, glen)); /* names are by type */
}

TEST(seqpacket_keeps_edges)
{
	char buf[16];
	int sv[2], n;
	struct iovec iov = {buf, 2};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv));
	EXPECT_EQ(4, write(sv[0], "abcd", 4));
	EXPECT_EQ(2, write(sv[0], "ef", 2));
	EXPECT_EQ(6, queued(sv[1]));
	EXPECT_EQ(2, recvmsg(sv[1], &msg, 0));
	EXPECT_EQ(MSG_TRUNC, msg.msg_flags & MSG_TRUNC);
	EXPECT_EQ(2, recv(sv[1], buf, 16, MSG_TRUNC | MSG_PEEK));
	EXPECT_EQ(2, read(sv[1], buf, 16));
	close(sv[0]);
	n = poll_now(sv[1], POLLIN | POLLOUT | POLLRDHUP);
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, n);
	EXPECT_EQ(0, read(sv[1], buf, 16));
	EXPECT_ERRNO(EPIPE, send(sv[1], "x", 1, MSG_NOSIGNAL));
	sv[0] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	EXPECT_ERRNO(ENOTCONN, read(sv[0], buf, 1));
	EXPECT_ERRNO(ENOTCONN, write(sv[0], buf, 1));
}

TEST(options)
{
	int sv[2], v = 1000000, small = 1;
	socklen_t len = sizeof(v);
	struct linger l = {1, 7}, got = {0, 0};

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &v, &len));
	EXPECT_EQ(AF_UNIX, v);
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, &len));
	EXPECT_EQ(SOCK_STREAM, v);
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &v, &len));
	EXPECT_GE(v, 2048);
	EXPECT_LE(v, 8192);
	v = 16384;
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_RCVBUF, &v, sizeof(v)));
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_RCVBUF, &v, &len));
	EXPECT_EQ(32768, v);
	EXPECT_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	len = sizeof(got);
	EXPECT_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_LINGER, &got, &len));
	EXPECT_EQ(1, got.l_onoff);
	EXPECT_EQ(7, got.l_linger);
	EXPECT_ERRNO(EINVAL, setsockopt(sv[0], SOL_SOCKET, SO_LINGER, &l, 4));
	EXPECT_ERRNO(EINVAL, setsockopt(sv[0], SOL_SOCKET, SO_REUSEADDR, &v, 2));
	EXPECT_ERRNO(EFAULT,
		     setsockopt(sv[0], SOL_SOCKET, SO_REUSEADDR, test_bad_pointer, sizeof(v)));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, sizeof(v)));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(sv[0], SOL_SOCKET, 9999, &v, &len));
	EXPECT_ERRNO(EOPNOTSUPP, setsockopt(sv[0], 6, 1, &v, sizeof(v)));
	v = 1;
	EXPECT_EQ(0, ioctl(sv[0], FIONBIO, &v));
	EXPECT_ERRNO(EAGAIN, read(sv[0], &v, 1));
	EXPECT_ERRNO(ENOTTY, ioctl(sv[0], 0x5401, &v));
}

static volatile sig_atomic_t sigio_seen;

static void on_sigio(int sig)
{
	sigio_seen++;
}

TEST(sigio)
{
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("FASYNC");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	signal(SIGIO, on_sigio);
	EXPECT_EQ(0, fcntl(sv[0], F_SETOWN, getpid()));
	EXPECT_EQ(0, fcntl(sv[0], F_SETFL, O_ASYNC));
	EXPECT_EQ(1, write(sv[1], "x", 1));
	EXPECT_EQ(1, sigio_seen);
}

/* An option whose messages nobody would ever get is not accepted. */
TEST(timestamps_are_refused)
{
	int sv[2], on = 1;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(sv[0], SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
}

TEST_MAIN
