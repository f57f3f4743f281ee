/* SPDX-License-Identifier: MIT */
/* Descriptors and credentials in AF_UNIX messages, and what becomes of them when nobody reads. */
#include "util.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>

/* Open files in the system; -1 if nobody says. */
static long open_files(void)
{
	char buf[64];

	return test_read_file("/proc/sys/fs/file-nr", buf, sizeof(buf)) > 0 ? atol(buf) : -1;
}

/* Waits until no more than @most files are open. */
static bool files_fall_to(long most)
{
	int sv[2];

	for (int i = 0; i < 200 && open_files() > most; i++) {
		/* The end of any socket starts a collection. */
		if (!socketpair(AF_UNIX, SOCK_STREAM, 0, sv)) {
			close(sv[0]);
			close(sv[1]);
		}
		test_sleep_ms(10);
	}
	return open_files() <= most;
}

TEST(a_descriptor_arrives)
{
	int sv[2], p[2], fds[4], n, flags;
	char buf[16];

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(1, write(sv[0], "a", 1));
	EXPECT_EQ(2, send_fds(sv[0], "bc", 2, p, 2));
	EXPECT_EQ(1, write(sv[0], "d", 1));
	close(p[0]);
	EXPECT_EQ(3, recv_fds(sv[1], buf, 16, fds, 4, &n, &flags, MSG_PEEK));
	EXPECT_EQ(2, n); /* peeking makes descriptors too */
	close(fds[0]);
	close(fds[1]);
	EXPECT_EQ(3, recv_fds(sv[1], buf, 16, fds, 4, &n, &flags, MSG_CMSG_CLOEXEC));
	ASSERT_EQ(2, n); /* bytes after the descriptors stay for the next call */
	EXPECT_EQ(0, flags & MSG_CTRUNC);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fds[0], F_GETFD));
	EXPECT_EQ(5, write(p[1], "hello", 5));
	EXPECT_EQ(5, read(fds[0], buf, 16));
	EXPECT_EQ(1, recv_fds(sv[1], buf, 16, fds, 4, &n, &flags, 0));
	EXPECT_EQ(0, n);
}

TEST(too_little_room)
{
	int sv[2], p[2], fds[4], n, flags, many[254];
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(1, send_fds(sv[0], "x", 1, p, 2));
	EXPECT_EQ(1, recv_fds(sv[1], &c, 1, fds, 1, &n, &flags, 0));
	EXPECT_EQ(1, n);
	EXPECT_EQ(MSG_CTRUNC, flags & MSG_CTRUNC);
	EXPECT_EQ(1, send_fds(sv[0], "x", 1, p, 2));
	EXPECT_EQ(1, recv_fds(sv[1], &c, 1, fds, 0, &n, &flags, 0));
	EXPECT_EQ(0, n);
	EXPECT_EQ(MSG_CTRUNC, flags & MSG_CTRUNC);
	for (int i = 0; i < 254; i++)
		many[i] = p[0];
	EXPECT_EQ(1, send_fds(sv[0], "x", 1, many, 253));
	EXPECT_ERRNO(EINVAL, send_fds(sv[0], "x", 1, many, 254));
	many[3] = 999;
	EXPECT_ERRNO(EBADF, send_fds(sv[0], "x", 1, many, 5));
}

static ssize_t send_creds(int sock, struct ucred *u)
{
	char control[CMSG_SPACE(sizeof(*u))] = {0};
	struct iovec iov = {"c", 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(*u));
	memcpy(CMSG_DATA(c), u, sizeof(*u));
	return sendmsg(sock, &msg, 0);
}

static bool recv_creds(int sock, struct ucred *u)
{
	char control[CMSG_SPACE(sizeof(*u))] = {0}, byte[8];
	struct iovec iov = {byte, 8};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c;

	if (recvmsg(sock, &msg, 0) != 1)
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(u, CMSG_DATA(c), sizeof(*u));
	return true;
}

TEST(credentials)
{
	struct ucred u, me = {getpid(), getuid(), getgid()};
	int sv[2], on = 1, status;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(1, write(sv[0], "x", 1)); /* before anybody asked */
	EXPECT_EQ(0, setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	EXPECT_EQ(1, write(sv[0], "x", 1));
	EXPECT_TRUE(recv_creds(sv[1], &u)); /* not glued: of whom is not known */
	EXPECT_EQ(0, u.pid);
	EXPECT_EQ(65534, u.uid);
	EXPECT_TRUE(recv_creds(sv[1], &u));
	EXPECT_EQ(getpid(), u.pid);
	EXPECT_EQ(getuid(), u.uid);
	EXPECT_EQ(1, send_creds(sv[0], &me));
	EXPECT_TRUE(recv_creds(sv[1], &u));
	EXPECT_EQ(getpid(), u.pid);
	if (getuid() != 0)
		return;
	me.pid = 99999999;
	EXPECT_ERRNO(ESRCH, send_creds(sv[0], &me));
	me = (struct ucred){1, 77, 78};
	EXPECT_EQ(1, send_creds(sv[0], &me));
	EXPECT_TRUE(recv_creds(sv[1], &u));
	EXPECT_EQ(1, u.pid);
	EXPECT_EQ(77, u.uid);
	EXPECT_EQ(78, u.gid);
	if (fork() == 0) {
		if (setgid(5) || setuid(5))
			_exit(1);
		_exit(send_creds(sv[0], &me) == -1 && errno == EPERM ? 0 : 2);
	}
	status = test_wait(-1);
	EXPECT_EQ(0, status);
}

TEST(unread_descriptors_are_closed)
{
	int sv[2], p[2];
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_EQ(1, send_fds(sv[0], "x", 1, &p[1], 1));
	close(p[1]);
	close(sv[0]);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	EXPECT_ERRNO(EAGAIN, read(p[0], &c, 1)); /* the message holds the writer */
	close(sv[1]);
	EXPECT_EQ(0, read(p[0], &c, 1));
}

TEST(a_socket_in_its_own_queue)
{
	int sv[2], p[2], fds[2];
	struct pollfd pfd;
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	fds[0] = sv[1];
	fds[1] = p[1];
	EXPECT_EQ(1, send_fds(sv[0], "x", 1, fds, 2)); /* lies in sv[1]'s queue */
	close(p[1]);
	close(sv[1]);
	close(sv[0]); /* only the message holds sv[1] now */
	pfd = (struct pollfd){.fd = p[0], .events = POLLIN};
	EXPECT_EQ(1, poll(&pfd, 1, 5000));
	EXPECT_EQ(POLLHUP, pfd.revents);
	EXPECT_EQ(0, read(p[0], &c, 1));
}

/* Each of two pairs holds an end of the other; and a live one that must survive. */
TEST(cycles_go_and_what_is_alive_stays)
{
	int a[2], b[2], p[2], live[2], fds[2], n, flags, got[4];
	struct pollfd pfd;
	char c;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, a));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, b));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, live));
	EXPECT_EQ(1, send_fds(live[0], "L", 1, live, 1)); /* in flight, but reachable */
	fds[0] = b[1];
	fds[1] = p[1];
	EXPECT_EQ(1, send_fds(a[0], "x", 1, fds, 2));
	EXPECT_EQ(1, send_fds(b[0], "y", 1, &a[1], 1));
	close(p[1]);
	close(a[1]);
	close(a[0]);
	pfd = (struct pollfd){.fd = p[0], .events = POLLIN};
	EXPECT_EQ(0, poll(&pfd, 1, 100)); /* reachable: a[1] through b[1], p[1] through a[1] */
	close(b[1]);
	close(b[0]);
	EXPECT_EQ(1, poll(&pfd, 1, 5000));
	close(live[0]);
	EXPECT_EQ(1, recv_fds(live[1], &c, 1, got, 4, &n, &flags, 0));
	ASSERT_EQ(1, n);
	EXPECT_EQ(1, write(got[0], "M", 1));
	EXPECT_EQ(1, read(live[1], &c, 1));
	EXPECT_EQ('M', c);
}

/* A connection that nobody accepted holds the listener itself. */
TEST(cycle_through_a_listener)
{
	struct sockaddr_un sa;
	socklen_t len;
	int srv, cli, p[2], fds[2];
	struct pollfd pfd;

	REQUIRE_CONFIG("UNIX");
	ASSERT_EQ(0, pipe(p));
	len = abstract_name(&sa, "cyc");
	srv = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(srv, (struct sockaddr *)&sa, len));
	ASSERT_EQ(0, listen(srv, 5));
	cli = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(cli, (struct sockaddr *)&sa, len));
	fds[0] = srv;
	fds[1] = p[1];
	EXPECT_EQ(1, send_fds(cli, "x", 1, fds, 2));
	close(p[1]);
	close(srv);
	close(cli);
	pfd = (struct pollfd){.fd = p[0], .events = POLLIN};
	EXPECT_EQ(1, poll(&pfd, 1, 5000));
}

TEST_TIMEOUT(cycles_leak_nothing, 120)
{
	long before;
	int a[2], b[2];

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("PROC_FS");
	files_fall_to(0);
	before = open_files();
	for (int i = 0; i < 2000; i++) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, a));
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, b));
		ASSERT_EQ(1, send_fds(a[0], "x", 1, b, 2));
		ASSERT_EQ(1, send_fds(b[0], "x", 1, a, 2));
		close(a[0]);
		close(a[1]);
		close(b[0]);
		close(b[1]);
	}
	EXPECT_TRUE(files_fall_to(before + 8));
}

#define STRESS_THREADS 64
static int stress_sock[2];
static volatile bool stress_stop;

static void *stress(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	int sv[2], fds[4], n, flags;
	char c;

	while (!stress_stop) {
		if (socketpair(AF_UNIX, rand_r(&seed) % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, sv))
			continue;
		send_fds(sv[0], "x", 1, sv, 2);
		if (rand_r(&seed) % 2)
			send_fds(sv[1], "y", 1, &sv[rand_r(&seed) % 2], 1);
		if (rand_r(&seed) % 4 == 0)
			fcntl(stress_sock[0], F_SETFL, O_NONBLOCK),
				send_fds(stress_sock[0], "z", 1, sv, 1);
		if (rand_r(&seed) % 4 == 0 &&
		    recv_fds(stress_sock[1], &c, 1, fds, 4, &n, &flags, MSG_DONTWAIT) > 0)
			while (n--)
				close(fds[n]);
		if (rand_r(&seed) % 2 &&
		    recv_fds(sv[1], &c, 1, fds, 4, &n, &flags, MSG_DONTWAIT) > 0)
			while (n--)
				close(fds[n]);
		close(sv[0]);
		close(sv[1]);
	}
	return NULL;
}

TEST_TIMEOUT(threads_pass_descriptors, 120)
{
	pthread_t t[STRESS_THREADS];
	long before;

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("PROC_FS");
	files_fall_to(0);
	before = open_files();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, stress_sock));
	for (long i = 0; i < STRESS_THREADS; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, stress, (void *)(i + 1)));
	test_sleep_ms(3000);
	stress_stop = true;
	for (int i = 0; i < STRESS_THREADS; i++)
		pthread_join(t[i], NULL);
	close(stress_sock[0]);
	close(stress_sock[1]);
	EXPECT_TRUE(files_fall_to(before + 8));
}

/* 64 threads talk in pairs: every byte arrives, in order. */
static void *talker(void *arg)
{
	int fd = (intptr_t)arg, errors = 0;
	unsigned char buf[512];

	for (int round = 0; round < 200; round++) {
		size_t len = 1 + round * 7 % sizeof(buf), got = 0;

		memset(buf, round, len);
		if (write(fd, buf, len) != (ssize_t)len)
			errors++;
		while (got < len) {
			ssize_t n = read(fd, buf + got, len - got);

			if (n <= 0)
				return (void *)1l;
			got += n;
		}
		for (size_t i = 0; i < len; i++)
			errors += buf[i] != (unsigned char)round;
	}
	return (void *)(intptr_t)errors;
}

TEST_TIMEOUT(threads_talk, 120)
{
	pthread_t t[STRESS_THREADS];
	void *errors;
	int sv[2];

	REQUIRE_CONFIG("UNIX");
	for (int i = 0; i < STRESS_THREADS; i += 2) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
		pthread_create(&t[i], NULL, talker, (void *)(intptr_t)sv[0]);
		pthread_create(&t[i + 1], NULL, talker, (void *)(intptr_t)sv[1]);
	}
	for (int i = 0; i < STRESS_THREADS; i++) {
		pthread_join(t[i], &errors);
		EXPECT_EQ(0, (intptr_t)errors);
	}
}

TEST_MAIN
