/* SPDX-License-Identifier: MIT */
/* seccomp(2): strict mode, filters and what they answer, inheritance, threads, tracers. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include "harness.h"

#define LOAD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(what)      BPF_STMT(BPF_RET | BPF_K, (what))
#define IF_EQ(k, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (t), (f))
#define COUNT(a)       (sizeof(a) / sizeof((a)[0]))
#define INSTALL(f, fl) install((f), COUNT(f), (fl))

static long install(struct sock_filter *f, size_t n, unsigned long flags)
{
	struct sock_fprog prog = {.len = n, .filter = f};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* One call @nr is answered with @ret, all others are allowed. */
static long answer(int nr, unsigned int ret, unsigned long flags)
{
	struct sock_filter f[] = {LOAD(nr), IF_EQ(nr, 0, 1), RET(ret), RET(SECCOMP_RET_ALLOW)};

	return INSTALL(f, flags);
}

static int status_of(void (*child)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		child();
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void strict_write(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (write(STDOUT_FILENO, "", 0) == 0)
		syscall(SYS_exit, 7);
}

static void strict_getpid(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_getpid);
	syscall(SYS_exit, 7);
}

TEST(strict_leaves_read_write_exit)
{
	REQUIRE_CONFIG("SECCOMP");
	int status = status_of(strict_write);

	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	status = status_of(strict_getpid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(errno_and_the_most_severe)
{
	REQUIRE_CONFIG("SECCOMP");
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_ERRNO | 77, 0));
	EXPECT_EQ(2, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(-1, syscall(SYS_getppid));
	EXPECT_EQ(77, errno);
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_LOG, 0)); /* milder: changes nothing */
	EXPECT_EQ(-1, syscall(SYS_getppid));
	EXPECT_EQ(77, errno);
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_ERRNO | 78, 0)); /* as severe, and newer */
	EXPECT_EQ(-1, syscall(SYS_getppid));
	EXPECT_EQ(78, errno);
	EXPECT_EQ(getpid(), syscall(SYS_getpid));
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
	_exit(0);
}

TEST(kill_comes_as_sigsys)
{
	REQUIRE_CONFIG("SECCOMP");
	int status;

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0));
	status = status_of(call_getppid); /* a child is bound as its parent */
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static volatile siginfo_t trapped;

static void on_sigsys(int sig, siginfo_t *info, void *uc)
{
	*(siginfo_t *)&trapped = *info;
}

TEST(trap_tells_the_call)
{
	REQUIRE_CONFIG("SECCOMP");
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	ASSERT_EQ(0, sigaction(SIGSYS, &sa, NULL));
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_TRAP | 5, 0));
	syscall(SYS_getppid);
	EXPECT_EQ(SIGSYS, trapped.si_signo);
	EXPECT_EQ(1, trapped.si_code); /* SYS_SECCOMP */
	EXPECT_EQ(5, trapped.si_errno);
	EXPECT_EQ(SYS_getppid, trapped.si_syscall);
	EXPECT_NE(0, trapped.si_arch);
}

TEST(what_is_no_filter_is_refused)
{
	REQUIRE_CONFIG("SECCOMP");
	struct sock_filter no_ret[] = {LOAD(nr)};
	struct sock_filter far[] = {BPF_STMT(BPF_JMP | BPF_JA, 1), RET(SECCOMP_RET_ALLOW)};
	struct sock_filter odd[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(SECCOMP_RET_ALLOW)};
	struct sock_filter behind[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		RET(SECCOMP_RET_ALLOW)};
	struct sock_filter unset[] = {BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_RET | BPF_A, 0)};
	struct sock_filter div0[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
				     RET(SECCOMP_RET_ALLOW)};

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(no_ret, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(far, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(odd, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(behind, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(unset, 0));
	EXPECT_ERRNO(EINVAL, INSTALL(div0, 0));
	EXPECT_ERRNO(EINVAL, install(no_ret, 0, 0));
	EXPECT_ERRNO(EINVAL, answer(SYS_getppid, SECCOMP_RET_ALLOW, 1UL << 30));
	EXPECT_ERRNO(EFAULT, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	EXPECT_ERRNO(EINVAL, syscall(SYS_seccomp, 99, 0, NULL));
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

TEST(needs_no_new_privs_or_power)
{
	REQUIRE_CONFIG("SECCOMP");
	if (getuid() == 0)
		ASSERT_EQ(0, setuid(1000));
	EXPECT_ERRNO(EACCES, answer(SYS_getppid, SECCOMP_RET_ALLOW, 0));
}

static void *ask_ppid(void *arg)
{
	int *fd = arg;
	char c;

	if (read(fd[0], &c, 1) != 1)
		return NULL;
	return (void *)(syscall(SYS_getppid) < 0 ? (long)errno : 0L);
}

TEST(tsync_binds_all_threads)
{
	REQUIRE_CONFIG("SECCOMP");
	REQUIRE_THREADS();
	pthread_t t;
	void *ret;
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(0, pthread_create(&t, NULL, ask_ppid, fd));
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, answer(SYS_getppid, SECCOMP_RET_ERRNO | 66, SECCOMP_FILTER_FLAG_TSYNC));
	ASSERT_EQ(1, write(fd[1], "x", 1));
	ASSERT_EQ(0, pthread_join(t, &ret));
	EXPECT_EQ(66, (long)ret);
}

TEST(the_tracer_is_asked)
{
	REQUIRE_CONFIG("SECCOMP");
	REQUIRE_CONFIG("PTRACE");
	unsigned long msg = 0;
	int status;
	pid_t pid = fork();

	ASSERT_NE(-1, pid);
	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		answer(SYS_getppid, SECCOMP_RET_TRACE | 9, 0);
		_exit(syscall(SYS_getppid) == getppid() ? 3 : 4);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8);
	ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg));
	EXPECT_EQ(9, (long)msg);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	do { /* the getppid() after it asks again */
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		if (WIFSTOPPED(status))
			ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	} while (WIFSTOPPED(status));
	EXPECT_EQ(3, WEXITSTATUS(status));
}

TEST_MAIN
