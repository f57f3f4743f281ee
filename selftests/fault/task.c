/* SPDX-License-Identifier: MIT */
/* Processes, threads, signals, identity: every allocation of a call fails in turn. */
#include "fault.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <grp.h>

/* What exec runs: says whether the failure has happened. */
static void __attribute__((constructor)) exec_child(void)
{
	char text[16];

	if (!getenv("FAULT_CHILD"))
		return;
	if (test_read_file("/proc/thread-self/fail-nth", text, sizeof(text)) <= 0)
		_exit(1); /* this was the one */
	_exit(atoi(text) ? 0 : 1);
}

SWEEP(one_fork)
{
	pid_t pid = TRY(fork());

	if (!pid)
		_exit(0);
	if (pid > 0)
		test_wait(pid);
}

SWEEP(fork_of_much_memory)
{
	size_t size = 64 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	for (size_t i = 0; i < size; i += 1 << 20)
		p[i] = 1;
	for (size_t i = 0; i < size; i += 8 << 20)
		mprotect(p + i, 4096, PROT_READ);
	pid = TRY(fork());
	if (!pid)
		_exit(0);
	if (pid > 0)
		test_wait(pid);
	munmap(p, size);
}

SWEEP(one_vfork)
{
	pid_t pid;
	int err;

	/* Not by TRY: the child, which has our memory, would disarm it. */
	fault_arm(fault_nth);
	pid = vfork();
	if (!pid)
		_exit(0);
	err = errno;
	fault_disarm();
	fault_check("vfork()", pid, err);
	if (pid > 0)
		test_wait(pid);
}

/*
 * The failure is armed in the child: it may fail before or after the point of no return, or in the
 * new program, whose C library ends with 127 when it gets no memory to start in.
 */
SWEEP(exec)
{
	char *const argv[] = {(char *)"exec", NULL}, *const envp[] = {(char *)"FAULT_CHILD=1",
								      NULL};
	pid_t pid = fork();
	int status;

	if (!pid) {
		fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		fault_arm(fault_nth);
		execve("/proc/self/exe", argv, envp);
		_exit(errno == ENOMEM || errno == EFAULT ? 1 : 2);
	}
	status = test_wait(pid);
	if (WIFEXITED(status)) {
		EXPECT_TRUE(WEXITSTATUS(status) < 2 || WEXITSTATUS(status) == 127);
		fault_seen |= fault_nth && WEXITSTATUS(status);
	} else {
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
		fault_seen |= fault_nth != 0;
	}
}

static void *nothing(void *arg)
{
	return arg;
}

SWEEP(threads)
{
	pthread_t t;
	int err = TRY((errno = pthread_create(&t, NULL, nothing, NULL)) ? -1 : 0);

	if (!err)
		pthread_join(t, NULL);
}

SWEEP(pidfds)
{
	int fd = TRY(syscall(SYS_pidfd_open, getpid(), 0)), got;

	if (fd < 0)
		return;
	got = TRY(syscall(SYS_pidfd_getfd, fd, 0, 0));
	if (got >= 0)
		close(got);
	close(fd);
}

SWEEP(sessions)
{
	pid_t pid = fork();

	if (!pid) {
		close(fault_fd);
		fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		TRY(setsid());
		_exit(test_failures ? 2 : fault_hit);
	}
	pid = test_wait(pid);
	EXPECT_LT(WEXITSTATUS(pid), 2);
	fault_seen |= WEXITSTATUS(pid) == 1;
}

SWEEP(queued_signals)
{
	struct timespec zero = {0, 0};
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, &old);
	TRY(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 1}));
	while (sigtimedwait(&set, NULL, &zero) > 0)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

SWEEP(timers)
{
	struct itimerspec its = {.it_value = {1000, 0}};
	struct sigevent sev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	if (TRY(timer_create(CLOCK_MONOTONIC, &sev, &t)))
		return;
	TRY(timer_settime(t, 0, &its, NULL));
	timer_delete(t);
}

SWEEP(identity)
{
	gid_t groups[64];

	for (int i = 0; i < 64; i++)
		groups[i] = i * 10;
	TRY(setgroups(64, groups));
	TRY(setresuid(0, 0, 0));
	TRY(setresgid(0, 0, 0));
	TRY(prctl(PR_SET_KEEPCAPS, 1));
	TRY(prctl(PR_SET_NAME, "fault"));
	setgroups(0, NULL);
}

SWEEP(limits_and_scheduling)
{
	struct rlimit rl;
	cpu_set_t set;

	TRY(getrlimit(RLIMIT_NOFILE, &rl));
	TRY(setrlimit(RLIMIT_NOFILE, &rl));
	TRY(sched_getaffinity(0, sizeof(set), &set));
	TRY(sched_setaffinity(0, sizeof(set), &set));
	TRY(setpriority(PRIO_PROCESS, 0, 0));
}

SWEEP(system_call_filter)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};
	pid_t pid = fork();

	if (!pid) {
		close(fault_fd);
		fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &(int){SECCOMP_RET_ALLOW}))
			_exit(0);
		TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
		_exit(test_failures ? 2 : fault_hit);
	}
	pid = test_wait(pid);
	EXPECT_LT(WEXITSTATUS(pid), 2);
	fault_seen |= WEXITSTATUS(pid) == 1;
}

SWEEP(tracing)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	if (TRY(ptrace(PTRACE_SEIZE, pid, 0, 0)) == 0) {
		TRY(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
		test_sleep_ms(1);
	}
	kill(pid, SIGKILL);
	test_wait(pid);
}

TEST_MAIN
