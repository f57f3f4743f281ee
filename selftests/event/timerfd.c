/* SPDX-License-Identifier: MIT */
/* timerfd_create(2). */
#include "harness.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

static uint64_t ticks(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 ? n : 0;
}

TEST(refusals)
{
	struct itimerspec its = {{0, 0}, {0, 1000000000}};
	char c;
	int fd;

	REQUIRE_CONFIG("TIMERFD");
	EXPECT_ERRNO(EINVAL, timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	EXPECT_ERRNO(EINVAL, timerfd_create(CLOCK_MONOTONIC, 1));
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_ERRNO(EINVAL, timerfd_settime(fd, 0, &its, NULL));
	its.it_value.tv_nsec = 1;
	EXPECT_ERRNO(EINVAL, timerfd_settime(fd, 4, &its, NULL));
	EXPECT_ERRNO(EINVAL, timerfd_settime(0, 0, &its, NULL));
	EXPECT_ERRNO(EBADF, timerfd_settime(99, 0, &its, NULL));
	EXPECT_ERRNO(EFAULT, timerfd_settime(fd, 0, (void *)test_bad_pointer, NULL));
	EXPECT_ERRNO(EINVAL, read(fd, &c, 1));
	EXPECT_ERRNO(EINVAL, write(fd, "12345678", 8));
}

TEST(once)
{
	struct itimerspec its = {.it_value = {0, 30000000}}, old;
	struct pollfd p;
	double t = test_now();
	int fd;

	REQUIRE_CONFIG("TIMERFD");
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	ASSERT_EQ(0, timerfd_settime(fd, 0, &its, &old));
	EXPECT_EQ(0, old.it_value.tv_nsec);
	EXPECT_EQ(0, timerfd_gettime(fd, &old));
	EXPECT_TRUE(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 30000000);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(1, ticks(fd));
	EXPECT_TRUE(test_now() - t >= 0.029);
	EXPECT_EQ(0, timerfd_gettime(fd, &old));
	EXPECT_EQ(0, old.it_value.tv_nsec + old.it_value.tv_sec);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	EXPECT_ERRNO(EAGAIN, read(fd, &t, 8));
	ASSERT_EQ(0, timerfd_settime(fd, 0, &its, NULL));
	its.it_value.tv_nsec = 0;
	ASSERT_EQ(0, timerfd_settime(fd, 0, &its, &old)); /* disarmed again */
	EXPECT_TRUE(old.it_value.tv_nsec > 0);
	EXPECT_EQ(0, poll(&p, 1, 60));
}

TEST(intervals_are_counted)
{
	struct itimerspec its = {{0, 5000000}, {0, 5000000}}, now;
	int fd, ep;
	struct epoll_event ev = {.events = EPOLLIN};
	uint64_t n;

	REQUIRE_CONFIG("TIMERFD");
	fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
	ep = epoll_create1(0);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	ASSERT_EQ(0, timerfd_settime(fd, 0, &its, NULL));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 2000));
	test_sleep_ms(52);
	n = ticks(fd);
	EXPECT_GE(n, 10);
	EXPECT_EQ(0, timerfd_gettime(fd, &now));
	EXPECT_EQ(5000000, now.it_interval.tv_nsec);
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 2000)); /* it goes on */
}

TEST(absolute)
{
	struct itimerspec its = {};
	struct timespec now;
	double t = test_now();
	int fd;

	REQUIRE_CONFIG("TIMERFD");
	fd = timerfd_create(CLOCK_REALTIME, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	its.it_value = (struct timespec){now.tv_sec + 1, now.tv_nsec};
	ASSERT_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	EXPECT_EQ(1, ticks(fd));
	EXPECT_TRUE(test_now() - t >= 0.99);
	ASSERT_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL)); /* it is over */
	EXPECT_EQ(1, ticks(fd));
	its.it_interval.tv_nsec = 1000000;
	test_sleep_ms(5);
	ASSERT_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	EXPECT_GT(ticks(fd), 1); /* all that were missed */
}

TEST(setting_the_clock_cancels)
{
	struct itimerspec its = {.it_value = {4000000000, 0}};
	struct timespec now;
	struct pollfd p;
	uint64_t n;
	int fd;

	REQUIRE_CONFIG("TIMERFD");
	if (getpid() > 100000 || getuid() || access("/etc/kconfig", F_OK))
		SKIP("does not set this machine's clock");
	fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	ASSERT_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL));
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	EXPECT_EQ(0, poll(&p, 1, 0));
	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += 10;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_ERRNO(ECANCELED, read(fd, &n, 8));
	EXPECT_ERRNO(EAGAIN, read(fd, &n, 8)); /* still armed */
	now.tv_sec -= 10;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	EXPECT_ERRNO(ECANCELED,
		     timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL));
}

TEST(fdinfo)
{
	struct itimerspec its = {{1, 0}, {100, 0}};
	char path[64], buf[512];
	int fd;

	REQUIRE_CONFIG("TIMERFD");
	REQUIRE_CONFIG("PROC_FS");
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(fd, 0, &its, NULL);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	EXPECT_GT(test_read_file(path, buf, sizeof(buf)), 0);
	EXPECT_TRUE(strstr(buf, "clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (99, "));
	EXPECT_TRUE(strstr(buf, "it_interval: (1, 0)"));
}

TEST_MAIN
