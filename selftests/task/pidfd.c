/* SPDX-License-Identifier: MIT */
/* pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), CLONE_PIDFD, waitid(P_PIDFD). */
#include "../harness.h"
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static int send_signal(int fd, int sig, siginfo_t *info, unsigned int flags)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

/* A child that sleeps until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	test_wait(pid);
}

TEST(open_checks_its_arguments)
{
	pid_t gone = fork();
	int fd;

	REQUIRE_CONFIG("PIDFD");
	if (!gone)
		_exit(0);
	test_wait(gone);
	EXPECT_ERRNO(ESRCH, pidfd_open(gone, 0));
	EXPECT_ERRNO(EINVAL, pidfd_open(0, 0));
	EXPECT_ERRNO(EINVAL, pidfd_open(-1, 0));
	EXPECT_ERRNO(EINVAL, pidfd_open(getpid(), O_CLOEXEC));
	fd = pidfd_open(getpid(), O_NONBLOCK);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_ERRNO(EINVAL, read(fd, &fd, 1));
}

TEST(without_the_option_it_is_enosys)
{
	if (test_config("PIDFD") != 0)
		SKIP("CONFIG_PIDFD is set");
	EXPECT_ERRNO(ENOSYS, pidfd_open(getpid(), 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &errno, 0, 0));
}

TEST(it_polls_readable_at_the_end)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 7};
	struct pollfd p = {.events = POLLIN};
	int ep = epoll_create1(0);
	pid_t child = sleeper();

	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("PIDFD");
	p.fd = pidfd_open(child, 0);
	ASSERT_GE(p.fd, 0);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev));
	EXPECT_EQ(0, poll(&p, 1, 10));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	kill(child, SIGKILL);
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 5000));
	EXPECT_EQ(1, poll(&p, 1, 5000));
	EXPECT_TRUE(p.revents & POLLIN);
	test_wait(child);
	EXPECT_EQ(1, poll(&p, 1, 0)); /* for ever, also when it is gone */
	EXPECT_ERRNO(ESRCH, send_signal(p.fd, 0, NULL, 0));
}

static void *sleep_thread(void *arg)
{
	test_sleep_ms(300);
	_exit(0);
}

/* The leader's end is not the process's. */
TEST(it_waits_for_all_threads)
{
	struct pollfd p = {.events = POLLIN};
	pid_t child;
	pthread_t t;

	REQUIRE_THREADS();
	REQUIRE_CONFIG("PIDFD");
	child = fork();
	if (!child) {
		pthread_create(&t, NULL, sleep_thread, NULL);
		syscall(SYS_exit, 0);
	}
	p.fd = pidfd_open(child, 0);
	ASSERT_GE(p.fd, 0);
	EXPECT_EQ(0, poll(&p, 1, 100));
	EXPECT_EQ(1, poll(&p, 1, 5000));
	test_wait(child);
}

TEST(a_thread_is_no_process)
{
	int fd = -1;

	REQUIRE_THREADS();
	REQUIRE_CONFIG("PIDFD");
	pthread_t t;
	int tid[2];

	ASSERT_EQ(0, pipe(tid));
	ASSERT_EQ(0, pthread_create(&t, NULL, sleep_thread, NULL));
	/* The other thread's number follows ours closely. */
	for (int nr = getpid() + 1; nr < getpid() + 100; nr++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/task/%d", nr);
		if (access(path, F_OK))
			continue;
		EXPECT_ERRNO(EINVAL, pidfd_open(nr, 0));
		fd = nr;
	}
	if (fd < 0)
		SKIP("no /proc to find the thread's number in");
}

TEST(signals_are_sent)
{
	siginfo_t info = {};
	pid_t child = sleeper();
	int fd, status;

	REQUIRE_CONFIG("PIDFD");
	fd = pidfd_open(child, 0);
	EXPECT_EQ(0, send_signal(fd, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL, send_signal(fd, SIGUSR1, NULL, 1));
	EXPECT_ERRNO(EINVAL, send_signal(fd, 65, NULL, 0));
	EXPECT_ERRNO(EBADF, send_signal(0x7ffffff, 0, NULL, 0));
	EXPECT_ERRNO(EBADF, send_signal(STDOUT_FILENO, 0, NULL, 0));
	info.si_signo = SIGTERM;
	info.si_code = SI_QUEUE;
	EXPECT_ERRNO(EINVAL, send_signal(fd, SIGUSR1, &info, 0));
	info.si_code = SI_USER;
	EXPECT_ERRNO(EPERM, send_signal(fd, SIGTERM, &info, 0));
	info.si_code = SI_QUEUE;
	EXPECT_EQ(0, send_signal(fd, SIGTERM, &info, 0));
	status = test_wait(child);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(siginfo_arrives_at_oneself)
{
	siginfo_t info = {}, got;
	sigset_t set;
	int fd;

	REQUIRE_CONFIG("SIGNALS_RT");
	REQUIRE_CONFIG("PIDFD");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = open("/proc/self", O_DIRECTORY | O_RDONLY);
	if (fd < 0)
		fd = pidfd_open(getpid(), 0);
	info.si_signo = SIGUSR1;
	info.si_code = SI_USER;
	info.si_pid = 12345;
	ASSERT_EQ(0, send_signal(fd, SIGUSR1, &info, 0));
	ASSERT_EQ(SIGUSR1, sigwaitinfo(&set, &got));
	EXPECT_EQ(SI_USER, got.si_code);
	EXPECT_EQ(12345, got.si_pid);
}

TEST(getfd_duplicates_the_file)
{
	int ours[2], fd, copy;
	char text[4] = "";
	pid_t child;

	REQUIRE_CONFIG("PIDFD");
	ASSERT_EQ(0, pipe(ours));
	child = sleeper();
	close(ours[1]); /* the child still has it */
	fd = pidfd_open(child, 0);
	EXPECT_ERRNO(EINVAL, syscall(SYS_pidfd_getfd, fd, ours[1], 1));
	EXPECT_ERRNO(EBADF, syscall(SYS_pidfd_getfd, fd, 999, 0));
	EXPECT_ERRNO(EBADF, syscall(SYS_pidfd_getfd, STDOUT_FILENO, ours[1], 0));
	copy = syscall(SYS_pidfd_getfd, fd, ours[1], 0);
	ASSERT_GE(copy, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(copy, F_GETFD));
	EXPECT_EQ(3, write(copy, "abc", 3));
	EXPECT_EQ(3, read(ours[0], text, 3));
	EXPECT_STREQ("abc", text);
	if (!fork()) {
		/* Somebody else may not. */
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(syscall(SYS_pidfd_getfd, fd, ours[1], 0) != -1 || errno != EPERM);
	}
	int status;

	wait(&status);
	EXPECT_EQ(0, status);
	end(child);
	EXPECT_ERRNO(ESRCH, syscall(SYS_pidfd_getfd, fd, ours[1], 0));
}

TEST(waitid_takes_a_descriptor)
{
	siginfo_t info = {};
	pid_t child = sleeper(), other;
	int fd, blocking;

	REQUIRE_CONFIG("PIDFD");
	fd = pidfd_open(child, O_NONBLOCK);
	blocking = pidfd_open(child, 0);
	EXPECT_ERRNO(EAGAIN, waitid(P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(0, waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG));
	EXPECT_EQ(0, info.si_pid);
	EXPECT_ERRNO(EBADF, waitid(P_PIDFD, 999, &info, WEXITED));
	EXPECT_ERRNO(EBADF, waitid(P_PIDFD, STDOUT_FILENO, &info, WEXITED));
	EXPECT_ERRNO(EINVAL, waitid(P_PIDFD, -1, &info, WEXITED));
	EXPECT_ERRNO(ECHILD, waitid(P_PIDFD, pidfd_open(getppid(), 0), &info, WEXITED));
	other = fork();
	if (!other)
		_exit(3);
	kill(child, SIGKILL);
	EXPECT_EQ(0, waitid(P_PIDFD, blocking, &info, WEXITED));
	EXPECT_EQ(child, info.si_pid);
	EXPECT_EQ(CLD_KILLED, info.si_code);
	EXPECT_ERRNO(ECHILD, waitid(P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(3, WEXITSTATUS(test_wait(other)));
}

TEST(clone_gives_a_descriptor)
{
	char path[64], text[512], want[32];
	siginfo_t info = {};
	int fd = -1;
	pid_t child;

	REQUIRE_CONFIG("PIDFD");
	EXPECT_ERRNO(EINVAL,
		     syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
	EXPECT_ERRNO(EINVAL,
		     syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &fd, 0, 0));
	EXPECT_ERRNO(EFAULT, syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, test_bad_pointer, 0, 0));
	child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (!child)
		_exit(fd == -1 ? 5 : 6); /* written before the copy or not at all: as on Linux */
	ASSERT_GT(child, 0);
	ASSERT_GE(fd, 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(want, sizeof(want), "Pid:\t%d\n", child);
	if (test_read_file(path, text, sizeof(text)) > 0)
		EXPECT_TRUE(strstr(text, want));
	EXPECT_EQ(0, waitid(P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(child, info.si_pid);
	if (test_read_file(path, text, sizeof(text)) > 0)
		EXPECT_TRUE(strstr(text, "Pid:\t-1\n"));
}

TEST_MAIN
