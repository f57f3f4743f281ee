/* SPDX-License-Identifier: MIT */
/*
 * The options that decide how tasks are made and what they share: what is on works, what is off is
 * refused with the error of a Linux without it. It needs neither fork nor exec, so that it can be
 * the only program of a kernel that has neither: as process 1 it turns the machine off at its end.
 */
#include "../harness.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int number, bad;

static void report(const char *name, bool ok)
{
	printf("%s %d %s\n", ok ? "ok" : "not ok", ++number, name);
	bad += !ok;
}

/* Without a file that says so, as on another Linux, everything is on. */
static bool on(const char *option)
{
	return test_config(option) != 0;
}

#define STACK 65536

/* A child in our memory that we wait for; what fn returned, or -errno. */
static int run(int (*fn)(void *), int flags)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pid = clone(fn, stack + STACK, flags | SIGCHLD, NULL), err = errno, status;

	if (pid < 0)
		return -err;
	status = test_wait(pid);
	munmap(stack, STACK);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int answer(void *arg)
{
	return 42;
}

static int close_it(void *arg)
{
	return close(99);
}

static int go_to_proc(void *arg)
{
	return chdir("/gate");
}

static void handler(int sig)
{
}

static int catch_usr2(void *arg)
{
	return signal(SIGUSR2, handler) == SIG_ERR;
}

/* ---- each gate: true if it does what its option says ---- */

static bool vfork_works(void)
{
	return run(answer, CLONE_VM | CLONE_VFORK) == 42 && run(answer, CLONE_VM) == 42;
}

static bool fork_gate(void)
{
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int err = errno;

	if (!pid)
		_exit(7);
	if (on("FORK"))
		return pid > 0 && WEXITSTATUS(test_wait(pid)) == 7;
	return pid == -1 && err == EINVAL;
}

static int exec_nothing(void *arg)
{
	char *argv[] = {"none", NULL};

	execve("/none/such", argv, argv + 1);
	return errno;
}

static bool exec_gate(void)
{
	return run(exec_nothing, CLONE_VM | CLONE_VFORK) == (on("EXEC") ? ENOENT : ENOSYS);
}

static bool files_gate(void)
{
	bool fine;

	dup2(STDOUT_FILENO, 99);
	fine = !run(close_it, CLONE_VM) && fcntl(99, F_GETFD) >= 0;
	if (on("CLONE_FILES"))
		return fine && !run(close_it, CLONE_VM | CLONE_FILES) && fcntl(99, F_GETFD) == -1;
	return fine && run(close_it, CLONE_VM | CLONE_FILES) == -EINVAL && !close(99);
}

static bool fs_gate(void)
{
	char cwd[64] = "";
	bool fine;

	mkdir("/gate", 0755);
	if (chdir("/"))
		return false;
	fine = !run(go_to_proc, CLONE_VM) && getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/");
	if (!on("CLONE_FS"))
		return fine && run(go_to_proc, CLONE_VM | CLONE_FS) == -EINVAL;
	fine = fine && !run(go_to_proc, CLONE_VM | CLONE_FS) && getcwd(cwd, sizeof(cwd)) &&
	       !strcmp(cwd, "/gate");
	return !chdir("/") && fine;
}

static bool sighand_gate(void)
{
	struct sigaction act;
	bool fine = !run(catch_usr2, CLONE_VM) && !sigaction(SIGUSR2, NULL, &act) &&
		    act.sa_handler == SIG_DFL;

	if (!on("CLONE_SIGHAND"))
		return fine && run(catch_usr2, CLONE_VM | CLONE_SIGHAND) == -EINVAL;
	return fine && !run(catch_usr2, CLONE_VM | CLONE_SIGHAND) &&
	       !sigaction(SIGUSR2, NULL, &act) && act.sa_handler == handler;
}

static volatile int thread_ran;

static int thread_body(void *arg)
{
	thread_ran = getpid();
	syscall(SYS_exit, 0);
	return 0;
}

static bool threads_gate(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int tid = clone(thread_body, stack + STACK, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, NULL);

	if (!on("THREADS"))
		return tid == -1 && errno == EINVAL;
	for (int i = 0; i < 200 && !thread_ran; i++)
		test_sleep_ms(10);
	return tid > 0 && thread_ran == getpid();
}

/* A call that an option takes away gives ENOSYS; with it, @err (0: success). */
static bool call_gate(const char *option, int err, long ret)
{
	int got = ret == -1 ? errno : 0;

	return got == (on(option) ? err : ENOSYS);
}

static bool futex_gates(void)
{
	uint32_t word = 0;
	bool fine = call_gate("FUTEX", 0, syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0));

	return fine && call_gate(on("FUTEX") ? "FUTEX_PI" : "FUTEX", 0,
				 syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, 0, 0, 0));
}

static bool sched_rt_gate(void)
{
	struct sched_param p = {10}, none = {0};
	int ret = sched_setscheduler(0, SCHED_FIFO, &p), err = errno;

	if (!on("SCHED_RT"))
		return ret == -1 && err == EINVAL;
	return !ret && sched_getscheduler(0) == SCHED_FIFO &&
	       !sched_setscheduler(0, SCHED_OTHER, &none);
}

static bool rt_signal_gate(void)
{
	siginfo_t info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};

	signal(SIGRTMIN, SIG_IGN);
	return call_gate("SIGNALS_RT", 0, syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
}

int main(void)
{
	uint64_t caps[3] = {};
	bool init = getpid() == 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n# Subtest: gates\n1..14\n");
	report("vfork_works", vfork_works());
	report("fork", fork_gate());
	report("exec", exec_gate());
	report("clone_files", files_gate());
	report("clone_fs", fs_gate());
	report("clone_sighand", sighand_gate());
	report("threads", threads_gate());
	report("futex", futex_gates());
	report("ptrace", call_gate("PTRACE", ESRCH, syscall(SYS_ptrace, 7, 0x3ffffff, 0, 0)));
	report("posix_timers", call_gate("POSIX_TIMERS", EINVAL, syscall(SYS_timer_delete, 12345)));
	report("signals_rt", rt_signal_gate());
	report("capabilities",
	       call_gate("CAPABILITIES", EINVAL, syscall(SYS_capget, caps, caps + 1)));
	report("pidfd", call_gate("PIDFD", EINVAL, syscall(434, -1, 0)));
	report("sched_rt", sched_rt_gate());
	fflush(stdout);
	if (init)
		reboot(RB_POWER_OFF);
	return bad != 0;
}
