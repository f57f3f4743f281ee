/* SPDX-License-Identifier: MIT */
/* epoll(7): edges and levels, one shot, exclusive waiters, nesting, changes while others wait. */
#include "harness.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = {.events = events, .data.u64 = data};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int mod(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = {.events = events, .data.u64 = data};

	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static int del(int ep, int fd)
{
	return epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
}

/* The events of the one that is ready; 0: none is. */
static uint32_t ready(int ep)
{
	struct epoll_event e[4];
	int n = epoll_wait(ep, e, 4, 0);

	return n == 1 ? e[0].events : n == 0 ? 0 : ~0u;
}

TEST(refusals)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep, p[2], file = open("/proc/self/exe", O_RDONLY);

	REQUIRE_CONFIG("EPOLL");
	ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_TRUE(ep >= 0);
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(FD_CLOEXEC, fcntl(ep, F_GETFD));
	EXPECT_ERRNO(EINVAL, epoll_create(0));
	EXPECT_ERRNO(EINVAL, epoll_create1(1));
	EXPECT_ERRNO(EBADF, add(ep, 999, EPOLLIN, 0));
	EXPECT_ERRNO(EBADF, add(999, p[0], EPOLLIN, 0));
	EXPECT_ERRNO(EINVAL, add(p[0], p[1], EPOLLIN, 0)); /* not an epoll */
	EXPECT_ERRNO(EINVAL, add(ep, ep, EPOLLIN, 0));
	EXPECT_ERRNO(EPERM, add(ep, file, EPOLLIN, 0)); /* cannot poll */
	EXPECT_ERRNO(EINVAL, epoll_ctl(ep, 77, p[0], &e));
	EXPECT_ERRNO(EFAULT, epoll_ctl(ep, EPOLL_CTL_ADD, p[0], (void *)test_bad_pointer));
	EXPECT_EQ(0, add(ep, p[0], EPOLLIN, 0));
	EXPECT_ERRNO(EEXIST, add(ep, p[0], EPOLLIN, 0));
	EXPECT_ERRNO(ENOENT, mod(ep, p[1], EPOLLIN, 0));
	EXPECT_ERRNO(ENOENT, del(ep, p[1]));
	EXPECT_ERRNO(EINVAL, epoll_wait(ep, &e, 0, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_epoll_pwait, ep, &e, -1, 0, NULL, 8));
	EXPECT_ERRNO(EINVAL, epoll_wait(p[0], &e, 1, 0));
	ASSERT_EQ(1, write(p[1], "x", 1));
	EXPECT_ERRNO(EFAULT, epoll_wait(ep, (void *)test_bad_pointer, 1, 0));
}

TEST(levels_edges_and_one_shots)
{
	int ep, p[2];
	char b[8];

	REQUIRE_CONFIG("EPOLL");
	ep = epoll_create1(0);
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, add(ep, p[0], EPOLLIN | EPOLLWAKEUP, 1));
	EXPECT_EQ(0, ready(ep));
	ASSERT_EQ(1, write(p[1], "a", 1));
	EXPECT_EQ(EPOLLIN, ready(ep));
	EXPECT_EQ(EPOLLIN, ready(ep)); /* as long as it is */
	ASSERT_EQ(0, mod(ep, p[0], EPOLLIN | EPOLLET, 1));
	EXPECT_EQ(EPOLLIN, ready(ep)); /* a change looks again */
	EXPECT_EQ(0, ready(ep));
	ASSERT_EQ(1, write(p[1], "b", 1));
	EXPECT_EQ(EPOLLIN, ready(ep));
	EXPECT_EQ(0, ready(ep));
	ASSERT_EQ(0, mod(ep, p[0], EPOLLIN | EPOLLONESHOT, 1));
	EXPECT_EQ(EPOLLIN, ready(ep));
	ASSERT_EQ(1, write(p[1], "c", 1));
	EXPECT_EQ(0, ready(ep));
	ASSERT_EQ(0, mod(ep, p[0], EPOLLIN | EPOLLONESHOT, 1));
	EXPECT_EQ(EPOLLIN, ready(ep));
	ASSERT_EQ(3, read(p[0], b, 8));
	ASSERT_EQ(0, mod(ep, p[0], EPOLLIN, 1));
	EXPECT_EQ(0, ready(ep));
	close(p[1]);
	EXPECT_EQ(EPOLLHUP, ready(ep)); /* asked for or not */
}

TEST(both_directions_and_hang_up)
{
	int ep, s[2];

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("UNIX");
	ep = epoll_create1(0);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	ASSERT_EQ(0, add(ep, s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 1));
	EXPECT_EQ(EPOLLOUT, ready(ep));
	ASSERT_EQ(1, write(s[1], "x", 1));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, ready(ep));
	ASSERT_EQ(0, shutdown(s[1], SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLRDHUP, ready(ep));
	close(s[1]);
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP, ready(ep));
}

/* It is the open file that is watched, under the number that it had. */
TEST(closing_one_of_two_descriptors)
{
	int ep, ev, other;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	ep = epoll_create1(0);
	ev = eventfd(1, 0);
	other = dup(ev);
	ASSERT_EQ(0, add(ep, ev, EPOLLIN, 1));
	ASSERT_EQ(0, add(ep, other, EPOLLIN, 2));
	EXPECT_EQ(0, del(ep, other));
	close(ev);
	EXPECT_EQ(EPOLLIN, ready(ep));
	EXPECT_ERRNO(EBADF, del(ep, ev));
	close(other);
	EXPECT_EQ(0, ready(ep));
}

TEST(many_are_given_in_turn)
{
	struct epoll_event e[3];
	int ep, seen = 0;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	ep = epoll_create1(0);
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(0, add(ep, eventfd(1, 0), EPOLLIN, i));
	/* Three at a time of nine that stay ready: nobody starves. */
	for (int round = 0; round < 3; round++) {
		ASSERT_EQ(3, epoll_wait(ep, e, 3, 0));
		for (int i = 0; i < 3; i++)
			seen |= 1 << e[i].data.u64;
	}
	EXPECT_EQ(0x1ff, seen);
}

TEST(nesting_has_an_end)
{
	int ep[8], ev;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	ev = eventfd(0, 0);
	for (int i = 0; i < 8; i++)
		ep[i] = epoll_create1(0);
	ASSERT_EQ(0, add(ep[0], ev, EPOLLIN, 1));
	for (int i = 1; i < 5; i++)
		ASSERT_EQ(0, add(ep[i], ep[i - 1], EPOLLIN, i));
	EXPECT_EQ(0, ready(ep[4]));
	eventfd_write(ev, 1);
	EXPECT_EQ(EPOLLIN, ready(ep[4]));
	EXPECT_ERRNO(ELOOP, add(ep[0], ep[4], EPOLLIN, 0)); /* in a circle */
	EXPECT_ERRNO(ELOOP, add(ep[5], ep[4], EPOLLIN, 0)); /* too deep */
	EXPECT_ERRNO(EINVAL, add(ep[6], ep[7], EPOLLIN | EPOLLEXCLUSIVE, 0));
}

TEST(exclusive)
{
	struct pollfd p = {.events = POLLIN};
	int a, b, ev;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	a = epoll_create1(0);
	b = epoll_create1(0);
	ev = eventfd(0, 0);
	ASSERT_EQ(0, add(a, ev, EPOLLIN | EPOLLEXCLUSIVE, 1));
	ASSERT_EQ(0, add(b, ev, EPOLLIN | EPOLLEXCLUSIVE, 2));
	EXPECT_ERRNO(EINVAL, mod(a, ev, EPOLLIN, 1));
	EXPECT_EQ(0, del(a, ev));
	EXPECT_ERRNO(EINVAL, add(a, ev, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
	eventfd_write(ev, 1);
	p.fd = b;
	EXPECT_EQ(1, poll(&p, 1, 0));
}

TEST(times)
{
	struct timespec ts = {0, 30000000}, a, b, bad = {0, 1000000000};
	struct epoll_event e;
	int ep;

	REQUIRE_CONFIG("EPOLL");
	ep = epoll_create1(0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	EXPECT_EQ(0, syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, NULL, 8));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 20));
	clock_gettime(CLOCK_MONOTONIC, &b);
	EXPECT_TRUE((b.tv_sec - a.tv_sec) * 1000000000l + b.tv_nsec - a.tv_nsec >= 50000000);
	EXPECT_ERRNO(EINVAL, syscall(SYS_epoll_pwait2, ep, &e, 1, &bad, NULL, 8));
	EXPECT_ERRNO(EINVAL, syscall(SYS_epoll_pwait, ep, &e, 1, 0, &e, 7));
}

/* ---- others change what one waits for -------------------------------------------------------- */

static int shared_ep, shared_ev;

static void *make_and_add(void *how)
{
	usleep(50000);
	shared_ev = eventfd(how ? 1 : 0, 0);
	if (add(shared_ep, shared_ev, EPOLLIN, 5))
		return (void *)1;
	if (!how) {
		usleep(20000);
		eventfd_write(shared_ev, 1);
	}
	return NULL;
}

TEST(what_another_thread_adds_wakes)
{
	struct epoll_event e;
	pthread_t t;
	void *bad;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	REQUIRE_THREADS();
	shared_ep = epoll_create1(0);
	for (long how = 0; how < 2; how++) {
		ASSERT_EQ(0, pthread_create(&t, NULL, make_and_add, (void *)how));
		EXPECT_EQ(1, epoll_wait(shared_ep, &e, 1, 5000));
		EXPECT_TRUE(e.data.u64 == 5);
		ASSERT_EQ(0, pthread_join(t, &bad));
		EXPECT_TRUE(!bad);
		close(shared_ev);
	}
}

#define THREADS 64

static volatile bool stress_stop;
static _Atomic unsigned long stress_events, stress_errors;

/*
 * Adds a descriptor, makes it ready, changes it, sees what is ready, takes it away or just closes
 * it, under the noses of all others who wait.
 */
static void *stress(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	struct epoll_event e[4];
	eventfd_t v;

	while (!stress_stop) {
		int s[2], ev = eventfd(0, EFD_NONBLOCK), n;

		if (ev < 0)
			continue;
		if (add(shared_ep, ev, EPOLLIN | (rand_r(&seed) & 1 ? EPOLLET : 0), ev))
			stress_errors++;
		if (rand_r(&seed) % 4)
			eventfd_write(ev, 1);
		if (rand_r(&seed) % 4 == 0)
			mod(shared_ep, ev, EPOLLIN | EPOLLONESHOT, ev);
		n = epoll_wait(shared_ep, e, 4, rand_r(&seed) % 3);
		for (int i = 0; i < n; i++)
			eventfd_read(e[i].data.u64, &v); /* another thread's, and perhaps gone */
		if (n > 0)
			stress_events += n;
		if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s)) {
			bool gone = rand_r(&seed) & 1;

			add(shared_ep, s[0], EPOLLIN | EPOLLRDHUP | EPOLLET, s[0]);
			/* It fires, and goes while it does. */
			if (gone)
				close(s[1]);
			else
				shutdown(s[1], SHUT_RDWR);
			close(s[0]);
			if (!gone)
				close(s[1]);
		}
		if (rand_r(&seed) % 2)
			del(shared_ep, ev);
		close(ev);
	}
	return NULL;
}

TEST_TIMEOUT(threads_add_fire_and_close, 180)
{
	struct rlimit lim = {4096, 4096};
	pthread_t t[THREADS];
	int ms = getenv("STRESS_MS") ? atoi(getenv("STRESS_MS")) : 3000, ev;

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	REQUIRE_CONFIG("UNIX");
	REQUIRE_THREADS();
	setrlimit(RLIMIT_NOFILE, &lim);
	shared_ep = epoll_create1(0);
	for (long i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, stress, (void *)(i + 1)));
	usleep(ms * 1000);
	stress_stop = true;
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(t[i], NULL));
	EXPECT_TRUE(stress_events > THREADS);
	EXPECT_EQ(0, stress_errors);
	/* It works as before. */
	ev = eventfd(1, 0);
	ASSERT_EQ(0, add(shared_ep, ev, EPOLLIN, 1));
	EXPECT_EQ(EPOLLIN, ready(shared_ep));
}

TEST_MAIN
