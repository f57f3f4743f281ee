/* SPDX-License-Identifier: MIT */
/* ptrace(2): stops, events, signals, registers, rights. */
#include "ptrace.h"
#include <elf.h>
#include <linux/audit.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/user.h>

#define EVENT(e) (SIGTRAP | (e) << 8)

static pid_t spinner(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			sched_yield();
	return pid;
}

struct regs {
#ifdef __x86_64__
	struct user_regs_struct r;
#else
	struct user_pt_regs r;
#endif
};

static int get_regs(pid_t pid, struct regs *regs)
{
	struct iovec iov = {regs, sizeof(*regs)};

	return trace_p(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
}

static int set_regs(pid_t pid, struct regs *regs)
{
	struct iovec iov = {regs, sizeof(*regs)};

	return trace_p(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

#ifdef __x86_64__
#define PC(x)	   ((x).r.rip)
#define RET(x)	   ((x).r.rax)
#define THIS_AUDIT AUDIT_ARCH_X86_64
#else
#define PC(x)	   ((x).r.pc)
#define RET(x)	   ((x).r.regs[0])
#define THIS_AUDIT AUDIT_ARCH_AARCH64
#endif

static volatile long word = 0x1122334455667788;
static volatile int caught;

static void catch (int sig)
{
	caught = sig;
}

static void nothing(void)
{
}

TEST(without_the_option_it_is_enosys)
{
	if (test_config("PTRACE") != 0)
		SKIP("CONFIG_PTRACE is set");
	EXPECT_ERRNO(ENOSYS, trace(PTRACE_TRACEME, 0, 0, 0));
}

TEST(a_child_can_ask_for_it)
{
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(nothing);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, wait_exit(pid));
}

static void send_usr1(void)
{
	signal(SIGUSR1, catch);
	raise(SIGUSR1);
	_exit(caught);
}

TEST(signals_stop_and_can_be_changed)
{
	siginfo_t info;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(send_usr1);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(SIGUSR1, wait_stop(pid));
	EXPECT_EQ(0, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_EQ(SIGUSR1, info.si_signo);
	EXPECT_EQ(SI_TKILL, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0)); /* dropped */
	EXPECT_EQ(0, wait_exit(pid));

	pid = start(send_usr1);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(SIGUSR1, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGUSR1)); /* let through */
	EXPECT_EQ(SIGUSR1, wait_exit(pid));

	pid = start(send_usr1);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(SIGUSR1, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGTERM)); /* another one */
	EXPECT_EQ(1000 + SIGTERM, wait_exit(pid));

	pid = start(send_usr1);
	EXPECT_ERRNO(EIO, trace(PTRACE_CONT, pid, 0, 65));
	EXPECT_EQ(0, trace(PTRACE_KILL, pid, 0, 0));
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

TEST(memory_is_read_and_written)
{
	long value = 0;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(nothing);
	EXPECT_EQ(0, trace_p(PTRACE_PEEKDATA, pid, (uintptr_t)&word, &value));
	EXPECT_EQ(0x1122334455667788, value);
	EXPECT_EQ(0, trace(PTRACE_POKEDATA, pid, (uintptr_t)&word, 42));
	EXPECT_EQ(0, trace_p(PTRACE_PEEKTEXT, pid, (uintptr_t)&word, &value));
	EXPECT_EQ(42, value);
	EXPECT_EQ(0x1122334455667788, word);
	EXPECT_ERRNO(EIO, trace_p(PTRACE_PEEKDATA, pid, 8, &value));
	EXPECT_ERRNO(EIO, trace(PTRACE_POKEDATA, pid, 8, 1));
	/* Read-only text too, for breakpoints; the tracer's own stays. */
	EXPECT_EQ(0, trace_p(PTRACE_PEEKTEXT, pid, (uintptr_t)&nothing, &value));
	EXPECT_EQ(0, trace(PTRACE_POKETEXT, pid, (uintptr_t)&nothing, ~value));
	EXPECT_EQ(value, *(long *)(uintptr_t)&nothing);
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

static void get_ids(void)
{
	syscall(SYS_getppid);
	syscall(SYS_close, -1);
	_exit(7);
}

TEST(system_calls_stop_twice)
{
	struct ptrace_syscall_info info;
	struct regs regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(get_ids);
	EXPECT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	do {
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
		ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
		memset(&info, 0, sizeof(info));
		EXPECT_GT(trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 0);
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getppid);
	EXPECT_EQ(THIS_AUDIT, info.arch);
	EXPECT_EQ(0, get_regs(pid, &regs));
	EXPECT_EQ((long)info.instruction_pointer, (long)PC(regs));
	trace(PTRACE_SYSCALL, pid, 0, 0);
	ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
	EXPECT_GT(trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 0);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(getpid(), info.exit.rval);
	EXPECT_EQ(0, info.exit.is_error);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
	EXPECT_GT(trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 0);
	EXPECT_EQ(SYS_close, info.entry.nr);
	EXPECT_EQ(0xffffffff, info.entry.args[0] & 0xffffffff);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
	trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	EXPECT_EQ(1, info.exit.is_error);
	EXPECT_EQ(-EBADF, info.exit.rval);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(7, wait_exit(pid));
}

static void ask_id(void)
{
	_exit(syscall(SYS_getppid) == 1234 ? 0 : 1);
}

/* The tracer changes what a call returns. */
TEST(results_can_be_changed)
{
	struct ptrace_syscall_info info;
	struct regs regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(ask_id);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	do {
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
		ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
		trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getppid);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
	EXPECT_EQ(0, get_regs(pid, &regs));
	RET(regs) = 1234;
	EXPECT_EQ(0, set_regs(pid, &regs));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

/* PTRACE_SYSEMU: the call is seen but not done. */
static void close_output(void)
{
	syscall(SYS_close, STDOUT_FILENO);
	_exit(fcntl(STDOUT_FILENO, F_GETFD) == -1);
}

TEST(sysemu_does_not_do_the_call)
{
	struct ptrace_syscall_info info;
	struct regs regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(close_output);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		ASSERT_EQ(0, trace(31 /* PTRACE_SYSEMU */, pid, 0, 0));
		ASSERT_EQ(SIGTRAP | 0x80, wait_stop(pid));
		trace_p(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
		if (info.entry.nr == SYS_close)
			break;
		/* raise()'s tail: what it would have returned */
		get_regs(pid, &regs);
		RET(regs) = 0;
		set_regs(pid, &regs);
	}
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(3);
	_exit(wait_exit(pid));
}

TEST(fork_and_exit_are_events)
{
	unsigned long message = 0;
	int status, seen_stop = 0, seen_exit = 0;
	pid_t pid, child = 0;

	REQUIRE_CONFIG("PTRACE");
	REQUIRE_CONFIG("FORK");
	pid = start(fork_once);
	trace(PTRACE_SETOPTIONS, pid, 0,
	      PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), wait_stop(pid));
	EXPECT_EQ(0, trace_p(PTRACE_GETEVENTMSG, pid, 0, &message));
	child = message;
	ASSERT_GT(child, 0);
	/* The child stops by itself, as if it had got SIGSTOP. */
	EXPECT_EQ(SIGSTOP, wait_stop(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EVENT(PTRACE_EVENT_EXIT), wait_stop(child));
	trace_p(PTRACE_GETEVENTMSG, child, 0, &message);
	EXPECT_EQ(3 << 8, message);
	trace(PTRACE_CONT, child, 0, 0);
	EXPECT_EQ(3, wait_exit(child));
	trace(PTRACE_CONT, pid, 0, 0);
	for (;;) {
		ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
		if (WIFEXITED(status))
			break;
		seen_stop += status >> 8 == SIGCHLD;
		seen_exit += status >> 8 == EVENT(PTRACE_EVENT_EXIT);
		trace(PTRACE_CONT, pid, 0, WSTOPSIG(status) == SIGCHLD ? SIGCHLD : 0);
	}
	EXPECT_EQ(3, WEXITSTATUS(status));
	EXPECT_EQ(1, seen_stop);
	EXPECT_EQ(1, seen_exit);
}

static void vfork_once(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	_exit(wait_exit(pid));
}

TEST(vfork_tells_when_it_is_done)
{
	unsigned long child = 0;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(vfork_once);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(EVENT(PTRACE_EVENT_VFORK), wait_stop(pid));
	trace_p(PTRACE_GETEVENTMSG, pid, 0, &child);
	EXPECT_EQ(SIGSTOP, wait_stop(child));
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_CONT, child, 0, 0);
	EXPECT_EQ(0, wait_exit(child));
	ASSERT_EQ(EVENT(PTRACE_EVENT_VFORK_DONE), wait_stop(pid));
	trace(PTRACE_DETACH, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

static void exec_true(void)
{
	execl("/bin/true", "true", NULL);
	_exit(1);
}

TEST(exec_is_an_event_or_a_trap)
{
	unsigned long old;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	REQUIRE_CONFIG("EXEC");
	pid = start(exec_true);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(SIGTRAP, wait_stop(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
	pid = start(exec_true);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EVENT(PTRACE_EVENT_EXEC), wait_stop(pid));
	trace_p(PTRACE_GETEVENTMSG, pid, 0, &old);
	EXPECT_EQ(pid, old);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

static void *thread_execs(void *arg)
{
	exec_true();
	return NULL;
}

static void exec_in_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread_execs, NULL);
	for (;;)
		pause();
}

TEST(exec_in_a_thread_takes_the_leaders_number)
{
	unsigned long tid = 0, old = 0;
	int status;
	pid_t pid, got;

	REQUIRE_CONFIG("PTRACE");
	REQUIRE_CONFIG("EXEC");
	pid = start(exec_in_thread);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(EVENT(PTRACE_EVENT_CLONE), wait_stop(pid));
	trace_p(PTRACE_GETEVENTMSG, pid, 0, &tid);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(SIGSTOP, wait_stop(tid));
	trace(PTRACE_CONT, tid, 0, 0);
	got = waitpid(-1, &status, __WALL);
	EXPECT_EQ(pid, got);
	EXPECT_EQ(EVENT(PTRACE_EVENT_EXEC), status >> 8);
	trace_p(PTRACE_GETEVENTMSG, pid, 0, &old);
	EXPECT_EQ(tid, old);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

TEST(attach_stops_and_detach_lets_go)
{
	char path[64], text[4096], want[32];
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = spinner();
	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_ERRNO(EPERM, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(SIGSTOP, wait_stop(pid));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(want, sizeof(want), "TracerPid:\t%d\n", getpid());
	if (test_read_file(path, text, sizeof(text)) > 0) {
		EXPECT_TRUE(strstr(text, want));
		EXPECT_TRUE(strstr(text, "State:\tt"));
	}
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_ERRNO(ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(SIGSTOP, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, SIGTERM));
	EXPECT_EQ(1000 + SIGTERM, wait_exit(pid));
}

/* A stopped process: attach sees the stop, detach leaves it stopped. */
TEST(attach_to_a_stopped_process)
{
	pid_t pid;
	int status;

	REQUIRE_CONFIG("PTRACE");
	pid = spinner();
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(SIGSTOP, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, SIGSTOP));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

TEST(seize_does_not_stop)
{
	siginfo_t info;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = spinner();
	EXPECT_ERRNO(EIO, trace(PTRACE_SEIZE, pid, 1, 0));
	EXPECT_ERRNO(EIO, trace(PTRACE_SEIZE, pid, 0, 1 << 30));
	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	EXPECT_ERRNO(ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_EQ(EVENT(PTRACE_EVENT_STOP), wait_stop(pid));
	EXPECT_EQ(0, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_EQ(EVENT(PTRACE_EVENT_STOP), info.si_code);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

/* Group stop of a seized tracee: the signal, the trap, LISTEN, SIGCONT, the trap again. */
TEST(group_stops_can_be_listened_to)
{
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = spinner();
	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	kill(pid, SIGSTOP);
	EXPECT_EQ(SIGSTOP, wait_stop(pid));
	EXPECT_ERRNO(EIO, trace(PTRACE_LISTEN, pid, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGSTOP));
	EXPECT_EQ(SIGSTOP | PTRACE_EVENT_STOP << 8, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG | __WALL));
	EXPECT_ERRNO(ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGCONT);
	EXPECT_EQ(EVENT(PTRACE_EVENT_STOP), wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(SIGCONT, wait_stop(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGCONT));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

/* Of a process that is attached to in the old way the tracer sees the group stop without event. */
TEST(group_stop_of_an_attached_process)
{
	siginfo_t info;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(get_ids);
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(SIGSTOP, wait_stop(pid));
	EXPECT_ERRNO(EINVAL, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_ERRNO(EIO, trace(PTRACE_INTERRUPT, pid, 0, 0));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(7, wait_exit(pid));
}

static void block_and_raise(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1});
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 2});
	pthread_kill(pthread_self(), SIGUSR2);
	trace(PTRACE_TRACEME, 0, 0, 0);
	syscall(SYS_getppid);
}

TEST(pending_signals_and_masks_are_shown)
{
	struct ptrace_peeksiginfo_args args = {.nr = 10, .flags = PTRACE_PEEKSIGINFO_SHARED};
	uint64_t mask = 0, none = 0;
	siginfo_t info[10];
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(block_and_raise);
	for (int i = 0; i < 40 && !(mask & 1ull << (SIGUSR2 - 1)); i++) {
		trace(PTRACE_SYSCALL, pid, 0, 0);
		ASSERT_EQ(SIGTRAP, wait_stop(pid));
		EXPECT_EQ(0, trace_p(PTRACE_GETSIGMASK, pid, 8, &mask));
		if (trace_p(PTRACE_PEEKSIGINFO, pid, (uintptr_t)&args, info) < 2)
			mask = 0;
	}
	EXPECT_EQ(2, trace_p(PTRACE_PEEKSIGINFO, pid, (uintptr_t)&args, info));
	EXPECT_EQ(SIGRTMIN, info[0].si_signo);
	EXPECT_EQ(1, info[0].si_value.sival_int);
	EXPECT_EQ(SIGRTMIN + 1, info[1].si_signo);
	args.off = 1;
	EXPECT_EQ(1, trace_p(PTRACE_PEEKSIGINFO, pid, (uintptr_t)&args, info));
	args.nr = -1;
	EXPECT_ERRNO(EINVAL, trace_p(PTRACE_PEEKSIGINFO, pid, (uintptr_t)&args, info));
	EXPECT_ERRNO(EINVAL, trace_p(PTRACE_GETSIGMASK, pid, 4, &mask));
	EXPECT_EQ(0, trace_p(PTRACE_SETSIGMASK, pid, 8, &none));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_GT(wait_stop(pid), 0); /* what was blocked comes now */
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

TEST(siginfo_can_be_changed)
{
	siginfo_t info;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(send_usr1);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(SIGUSR1, wait_stop(pid));
	trace_p(PTRACE_GETSIGINFO, pid, 0, &info);
	info.si_pid = 4711;
	EXPECT_EQ(0, trace_p(PTRACE_SETSIGINFO, pid, 0, &info));
	memset(&info, 0, sizeof(info));
	trace_p(PTRACE_GETSIGINFO, pid, 0, &info);
	EXPECT_EQ(4711, info.si_pid);
	trace(PTRACE_CONT, pid, 0, SIGUSR1);
	EXPECT_EQ(SIGUSR1, wait_exit(pid));
}

TEST(register_sets_have_their_sizes)
{
	char buf[4096];
	struct iovec iov = {buf, sizeof(buf)};
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(nothing);
	EXPECT_EQ(0, trace_p(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	EXPECT_EQ(sizeof(struct regs), iov.iov_len);
	iov.iov_len = 16;
	EXPECT_EQ(0, trace_p(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	EXPECT_EQ(16, iov.iov_len);
	iov.iov_len = sizeof(buf);
	EXPECT_EQ(0, trace_p(PTRACE_GETREGSET, pid, NT_PRFPREG, &iov));
#ifdef __x86_64__
	EXPECT_EQ(512, iov.iov_len);
#else
	EXPECT_EQ(528, iov.iov_len);
	iov.iov_len = sizeof(buf);
	EXPECT_EQ(0, trace_p(PTRACE_GETREGSET, pid, NT_ARM_TLS, &iov));
#endif
	EXPECT_EQ(0, trace_p(PTRACE_SETREGSET, pid, NT_PRFPREG, &iov));
	iov.iov_len = sizeof(buf);
	EXPECT_ERRNO(EINVAL, trace_p(PTRACE_GETREGSET, pid, 0x7777, &iov));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

/* A tracer that goes lets its tracees go, or takes them with it. */
TEST(the_tracers_end)
{
	int fd[2];
	char c;

	REQUIRE_CONFIG("PTRACE");
	for (int kills = 0; kills < 2; kills++) {
		ASSERT_EQ(0, pipe(fd));
		pid_t target = spinner(), tracer = fork();

		if (!tracer) {
			if (trace(PTRACE_SEIZE, target, 0, kills ? PTRACE_O_EXITKILL : 0))
				_exit(1);
			_exit(0);
		}
		EXPECT_EQ(0, wait_exit(tracer));
		if (kills) {
			EXPECT_EQ(1000 + SIGKILL, wait_exit(target));
		} else {
			EXPECT_EQ(0, waitpid(target, NULL, WNOHANG));
			kill(target, SIGKILL);
			EXPECT_EQ(1000 + SIGKILL, wait_exit(target));
		}
		close(fd[1]);
		EXPECT_EQ(0, read(fd[0], &c, 1) > 0);
		close(fd[0]);
	}
}

/* Not its parent traces it: the parent still hears of its end. */
TEST(the_parent_hears_after_the_tracer)
{
	int to[2], back[2], status;
	pid_t target, tracer;
	char c;

	REQUIRE_CONFIG("PTRACE");
	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(back));
	target = fork();
	if (!target) {
		c = read(to[0], &c, 1);
		_exit(9);
	}
	tracer = fork();
	if (!tracer) {
		if (trace(PTRACE_SEIZE, target, 0, 0) || write(back[1], "x", 1) != 1)
			_exit(1);
		if (waitpid(target, &status, 0) != target)
			_exit(2);
		_exit(WEXITSTATUS(status));
	}
	ASSERT_EQ(1, read(back[0], &c, 1));
	ASSERT_EQ(1, write(to[1], "x", 1));
	EXPECT_EQ(9, wait_exit(tracer));
	EXPECT_EQ(9, wait_exit(target));
}

static void *spin_thread(void *arg)
{
	for (;;)
		sched_yield();
	return NULL;
}

/* SIGKILL ends a traced process with several threads wherever they stand. */
TEST(kill_ends_stopped_threads)
{
	unsigned long tid = 0;
	pid_t pid = fork();

	REQUIRE_CONFIG("PTRACE");
	if (!pid) {
		pthread_t t;

		trace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		pthread_create(&t, NULL, spin_thread, NULL);
		spin_thread(NULL);
	}
	ASSERT_EQ(SIGSTOP, wait_stop(pid));
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(EVENT(PTRACE_EVENT_CLONE), wait_stop(pid));
	trace_p(PTRACE_GETEVENTMSG, pid, 0, &tid);
	ASSERT_EQ(SIGSTOP, wait_stop(tid));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(tid));
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}

TEST(rights_are_checked)
{
	pid_t pid, me;

	REQUIRE_CONFIG("PTRACE");
	EXPECT_ERRNO(EPERM, trace(PTRACE_ATTACH, getpid(), 0, 0));
	EXPECT_ERRNO(ESRCH, trace(PTRACE_ATTACH, 0x3ffffff, 0, 0));
	EXPECT_ERRNO(ESRCH, trace(PTRACE_CONT, getppid(), 0, 0));
	pid = spinner();
	me = fork();
	if (!me) {
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(trace(PTRACE_ATTACH, pid, 0, 0) != -1 || errno != EPERM);
	}
	EXPECT_EQ(0, wait_exit(me));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
	/* Of the same user, but not dumpable. */
	me = fork();
	if (!me) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 0);
		pid = spinner();
		prctl(PR_SET_DUMPABLE, 1);
		if (trace(PTRACE_ATTACH, pid, 0, 0) != -1 || errno != EPERM)
			_exit(3);
		kill(pid, SIGKILL);
		_exit(0);
	}
	EXPECT_EQ(0, wait_exit(me));
}

TEST(process_vm_copies)
{
	char a[20000], b[20000];
	struct iovec local[2] = {{b, 5000}, {b + 5000, 15000}};
	struct iovec remote[2] = {{a, 12000}, {a + 12000, 8000}};
	pid_t pid;

	REQUIRE_CONFIG("CROSS_MEMORY_ATTACH");
	memset(a, 'a', sizeof(a));
	pid = spinner();
	memset(a, 'x', sizeof(a));
	memset(b, 'b', sizeof(b));
	EXPECT_EQ(20000, process_vm_readv(pid, local, 2, remote, 2, 0));
	EXPECT_EQ('a', b[0]);
	EXPECT_EQ('a', b[19999]);
	memset(b, 'c', sizeof(b));
	EXPECT_EQ(20000, process_vm_writev(pid, local, 2, remote, 2, 0));
	memset(b, 0, sizeof(b));
	EXPECT_EQ(20000, process_vm_readv(pid, local, 2, remote, 2, 0));
	EXPECT_EQ('c', b[19999]);
	remote[1].iov_base = test_bad_pointer;
	EXPECT_EQ(12000, process_vm_readv(pid, local, 2, remote, 2, 0));
	remote[0].iov_base = test_bad_pointer;
	EXPECT_ERRNO(EFAULT, process_vm_readv(pid, local, 2, remote, 2, 0));
	EXPECT_ERRNO(EINVAL, process_vm_readv(pid, local, 2, remote, 2, 1));
	EXPECT_ERRNO(ESRCH, process_vm_readv(0x3ffffff, local, 2, remote, 2, 0));
	kill(pid, SIGKILL);
}

TEST_MAIN
