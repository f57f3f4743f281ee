/* SPDX-License-Identifier: MIT */
/* fork(2), wait(2), _exit(2), getpid(2), process groups and sessions, resource limits. */
#include "../harness.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

TEST(fork_copies_memory)
{
	volatile int value = 1;
	pid_t pid = fork();
	int status;

	ASSERT_GE(pid, 0);
	if (pid == 0) {
		value = 2;
		_exit(value + 40);
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(42, WEXITSTATUS(status));
	EXPECT_EQ(1, value);
}

TEST(fork_numbers_are_right)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		_exit(getppid() == parent && getpid() != parent ? 0 : 1);
	status = test_wait(pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT_EQ(parent, getpid());
	EXPECT_EQ(parent, syscall(SYS_gettid));
}

TEST(fork_shares_file_offsets)
{
	char name[] = "/tmp/forkXXXXXX", c;
	int fd = mkstemp(name);
	pid_t pid;

	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ(2, write(fd, "ab", 2));
	lseek(fd, 0, SEEK_SET);
	pid = fork();
	if (pid == 0)
		_exit(read(fd, &c, 1) == 1 && c == 'a' ? 0 : 1);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ('b', c);
}

TEST(vfork_waits_for_the_child)
{
	volatile int seen = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		seen = 1;
		_exit(3);
	}
	ASSERT_GT(pid, 0);
	EXPECT_EQ(1, seen);
	EXPECT_EQ(3, WEXITSTATUS(test_wait(pid)));
}

TEST(wait_reports_signals)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTERM, WTERMSIG(status));
}

TEST(wait_without_children_fails)
{
	EXPECT_ERRNO(ECHILD, waitpid(-1, NULL, 0));
	EXPECT_ERRNO(ECHILD, waitpid(getpid(), NULL, 0));
	EXPECT_ERRNO(EINVAL, waitpid(-1, NULL, 0x1000));
}

TEST(wnohang_returns_at_once)
{
	int fd[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (pid == 0) {
		close(fd[1]);
		_exit(read(fd[0], &c, 1) != 0);
	}
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	close(fd[1]);
	EXPECT_EQ(0, test_wait(pid));
}

TEST(stopped_and_continued_are_reported)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		for (;;)
			pause();
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_EQ(pid, waitpid(pid, &status, WCONTINUED));
	EXPECT_TRUE(WIFCONTINUED(status));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(waitid_leaves_the_child_with_wnowait)
{
	siginfo_t si;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	memset(&si, 0, sizeof(si));
	ASSERT_EQ(0, waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
	EXPECT_EQ(pid, si.si_pid);
	EXPECT_EQ(CLD_EXITED, si.si_code);
	EXPECT_EQ(7, si.si_status);
	EXPECT_EQ(7, WEXITSTATUS(test_wait(pid)));
}

TEST(orphans_get_a_new_parent)
{
	int fd[2];
	pid_t pid, ppid = -1;

	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (pid == 0) {
		pid_t old = getpid();

		if (fork() == 0) {
			for (int i = 0; i < 500 && getppid() == old; i++)
				test_sleep_ms(10);
			ppid = getppid() == old ? 0 : getppid();
			_exit(write(fd[1], &ppid, sizeof(ppid)) != sizeof(ppid));
		}
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	ASSERT_EQ((ssize_t)sizeof(ppid), read(fd[0], &ppid, sizeof(ppid)));
	EXPECT_GT(ppid, 0);
	EXPECT_NE(pid, ppid);
}

TEST(ignored_sigchld_leaves_no_zombie)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		_exit(0);
	EXPECT_ERRNO(ECHILD, waitpid(pid, NULL, 0));
}

TEST(many_children_come_and_go)
{
	for (int round = 0; round < 20; round++) {
		pid_t pids[20];

		for (int i = 0; i < 20; i++) {
			pids[i] = fork();
			ASSERT_GE(pids[i], 0);
			if (pids[i] == 0)
				_exit(i);
		}
		for (int i = 0; i < 20; i++)
			ASSERT_EQ(i, WEXITSTATUS(test_wait(pids[i])));
	}
}

TEST(setsid_and_setpgid_follow_posix)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setsid() != getpid() || getsid(0) != getpid() || getpgrp() != getpid())
			_exit(1);
		if (setsid() != -1 || errno != EPERM)
			_exit(2);
		if (setpgid(0, 0) != -1 || errno != EPERM)
			_exit(3);
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_ERRNO(EINVAL, setpgid(0, -5));
	EXPECT_ERRNO(ESRCH, getpgid(0x3fffffff));
}

TEST(kill_checks_its_arguments)
{
	EXPECT_ERRNO(EINVAL, kill(getpid(), 100));
	EXPECT_ERRNO(ESRCH, kill(0x3fffffff, 0));
	EXPECT_EQ(0, kill(getpid(), 0));
}

TEST(nofile_limit_is_enforced)
{
	struct rlimit rl = {16, 16};
	int fd, last = -1;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &rl));
	while ((fd = dup(1)) >= 0)
		last = fd;
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(15, last);
}

TEST(prctl_name_is_kept)
{
	char name[17] = "";

	ASSERT_EQ(0, prctl(PR_SET_NAME, "a-name-that-is-too-long"));
	ASSERT_EQ(0, prctl(PR_GET_NAME, name));
	EXPECT_STREQ("a-name-that-is-", name);
}

static int thread_value;

static int thread_fn(void *arg)
{
	thread_value = *(int *)arg;
	return 5;
}

TEST(clone_vm_shares_memory)
{
	static char stack[65536] __attribute__((aligned(16)));
	int arg = 99;
	pid_t pid = clone(thread_fn, stack + sizeof(stack), CLONE_VM | SIGCHLD, &arg);

	if (pid < 0 && errno == EINVAL)
		REQUIRE_CONFIG("THREADS");
	ASSERT_GT(pid, 0);
	EXPECT_EQ(5, WEXITSTATUS(test_wait(pid)));
	EXPECT_EQ(99, thread_value);
}

TEST_MAIN
