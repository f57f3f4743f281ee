/* SPDX-License-Identifier: MIT */
/* signalfd(2). */
#include "harness.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

static sigset_t blocked(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

TEST(refusals)
{
	sigset_t set;
	char c;
	int fd;

	REQUIRE_CONFIG("SIGNALFD");
	set = blocked(SIGUSR1, SIGUSR2);
	EXPECT_ERRNO(EINVAL, signalfd(-1, &set, 1));
	EXPECT_ERRNO(EINVAL, syscall(SYS_signalfd4, -1, &set, 4, 0));
	EXPECT_ERRNO(EFAULT, syscall(SYS_signalfd4, -1, test_bad_pointer, 8, 0));
	EXPECT_ERRNO(EBADF, signalfd(99, &set, 0));
	EXPECT_ERRNO(EINVAL, signalfd(0, &set, 0));
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(EINVAL, read(fd, &c, 1));
	EXPECT_ERRNO(EINVAL, write(fd, &c, 1));
}

TEST(signals_are_read)
{
	struct signalfd_siginfo si[3];
	union sigval v = {.sival_int = 77};
	struct pollfd p;
	sigset_t set;
	int fd;

	REQUIRE_CONFIG("SIGNALFD");
	set = blocked(SIGUSR1, SIGRTMIN);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_ERRNO(EAGAIN, read(fd, si, sizeof(si)));
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, v);
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(2 * 128, read(fd, si, sizeof(si)));
	EXPECT_EQ(SIGUSR1, si[0].ssi_signo);
	EXPECT_EQ(SI_USER, si[0].ssi_code);
	EXPECT_EQ(getpid(), si[0].ssi_pid);
	EXPECT_EQ(SIGRTMIN, si[1].ssi_signo);
	EXPECT_EQ(SI_QUEUE, si[1].ssi_code);
	EXPECT_EQ(77, si[1].ssi_int);
	EXPECT_EQ(0, poll(&p, 1, 0));
	sigemptyset(&set);
	EXPECT_EQ(fd, signalfd(fd, &set, 0)); /* nothing of interest any more */
	kill(getpid(), SIGUSR1);
	EXPECT_EQ(0, poll(&p, 1, 0));
}

TEST(a_reader_sleeps)
{
	struct signalfd_siginfo si;
	sigset_t set;
	pid_t pid;
	int fd;

	REQUIRE_CONFIG("SIGNALFD");
	set = blocked(SIGCHLD, SIGUSR1);
	fd = signalfd(-1, &set, 0);
	pid = fork();
	if (pid == 0) {
		test_sleep_ms(20);
		_exit(5);
	}
	EXPECT_EQ(128, read(fd, &si, sizeof(si)));
	EXPECT_EQ(SIGCHLD, si.ssi_signo);
	EXPECT_EQ(pid, si.ssi_pid);
	EXPECT_EQ(5, si.ssi_status);
	EXPECT_EQ(CLD_EXITED, si.ssi_code);
	if (fork() == 0) {
		test_sleep_ms(20);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(128, read(fd, &si, sizeof(si)));
}

/* The set outlives the task whose signals it waited for. */
TEST(epoll_outlives_the_task)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct signalfd_siginfo si;
	sigset_t set;
	int fd, ep;

	REQUIRE_CONFIG("SIGNALFD");
	REQUIRE_CONFIG("EPOLL");
	set = blocked(SIGUSR1, SIGUSR2);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	ep = epoll_create1(0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) != 0);
		EXPECT_EQ(0, test_wait(pid));
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
		EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_DEL, fd, &ev));
	}
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	kill(getpid(), SIGUSR2);
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 1000));
	EXPECT_EQ(128, read(fd, &si, sizeof(si)));
}

TEST_MAIN
