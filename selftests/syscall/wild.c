/* SPDX-License-Identifier: MIT */
/*
 * Every system call by number, with arguments that make no sense: the caller gets an errno or its
 * own signal, and the kernel goes on. Each number has a child process of its own, first as an
 * unprivileged user, then as root (but for calls that would rightly end the test). An errno that
 * only the kernel knows (512 and up) must not come out.
 */
#include "../harness.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define LAST_CALL 470
#define ROUNDS	  40

static char *valid, *read_only, *no_access;

static uint64_t pick(uint64_t *state)
{
	const uint64_t values[] = {
		0,
		1,
		(uint64_t)-1,
		(uint64_t)-4095,
		0x1000,
		0x7fffffff,
		0x80000000,
		0x8000000000000000,
		0xffff800000000000,
		0xffffffff80000000,
		0x00007ffffffff000,
		0x0000800000000000,
		0xdeadbeefdeadbeef,
		(uintptr_t)valid,
		(uintptr_t)valid + 4096 - 3, /* runs into no_access */
		(uintptr_t)valid + 1,
		(uintptr_t)read_only,
		(uintptr_t)no_access,
		test_random(state),
		test_random(state) & 0xff,
	};

	return values[test_random(state) % (sizeof(values) / sizeof(values[0]))];
}

static void tick(int sig)
{
}

/*
 * So that a call that waits is interrupted; renewed each time, since the calls themselves may undo
 * it.
 */
static void arm(void)
{
	struct itimerval it = {{0, 20000}, {0, 20000}};
	struct sigaction sa = {.sa_handler = tick};
	sigset_t none;

	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void map_areas(void)
{
	valid = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(valid != MAP_FAILED);
	memset(valid, 0, 4096);
	memset(valid, 'A', 100);
	no_access = valid + 4096;
	read_only = valid + 8192;
	ASSERT_EQ(0, mprotect(no_access, 4096, PROT_NONE));
	ASSERT_EQ(0, mprotect(read_only, 4096, PROT_READ));
}

static void __attribute__((noreturn)) abuse(int nr, uint64_t seed)
{
	pid_t me = getpid();
	uint64_t state = seed * 1000003 + nr;
	int bad = 0;

	close(0);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t a[6];

		for (int i = 0; i < 6; i++)
			a[i] = pick(&state);
		arm();
		errno = 0;
		if (syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 && errno >= 512)
			bad = 1;
		if (getpid() != me)
			_exit(0);
	}
	_exit(bad ? 2 : 0);
}

/*
 * Never: they end the caller (exit, exit_group), or cannot be called from C (vfork, rt_sigreturn
 * runs once in its own test).
 */
static bool is_never(int nr)
{
	switch (nr) {
	case SYS_exit:
	case SYS_exit_group:
	case SYS_rt_sigreturn:
#ifdef SYS_vfork
	case SYS_vfork:
#endif
		return true;
	}
	return false;
}

/* Not as root: what they do is what was asked for. */
static bool is_never_as_root(int nr)
{
	switch (nr) {
	case SYS_kill:
	case SYS_tkill:
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
	case SYS_pidfd_send_signal:
	case SYS_reboot:
	case SYS_kexec_load:
	case SYS_kexec_file_load:
	case SYS_settimeofday:
	case SYS_clock_settime:
	case SYS_clock_adjtime:
	case SYS_adjtimex:
	case SYS_setpriority:
	case SYS_sched_setparam:
	case SYS_sched_setscheduler:
	case SYS_sched_setattr:
	case SYS_sched_setaffinity:
	case SYS_prlimit64:
	case SYS_ptrace:
	case SYS_sethostname:
	case SYS_setdomainname:
	case SYS_vhangup:
	case SYS_pivot_root:
	case SYS_init_module:
	case SYS_finit_module:
	case SYS_delete_module:
	case SYS_process_vm_writev:
		return true;
	}
	return false;
}

static int finish(pid_t pid)
{
	double end = test_now() + 15;
	int status;

	while (test_now() < end) {
		if (waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
			if (!WIFSTOPPED(status))
				return status;
			kill(pid, SIGKILL);
		}
		test_sleep_ms(1);
	}
	kill(pid, SIGKILL);
	test_wait(pid);
	return -1;
}

static void drop_privileges(int nr)
{
	uid_t uid = 20000 + nr;

	if (geteuid() == 0 && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		_exit(3);
}

static void run_all(bool as_root)
{
	const char *seed = getenv("KTAP_SEED");
	uint64_t base = seed ? strtoull(seed, NULL, 0) : 1;

	map_areas();
	for (int nr = 0; nr <= LAST_CALL; nr++) {
		int status;
		pid_t pid;

		if (is_never(nr) || (as_root && is_never_as_root(nr)))
			continue;
		pid = fork();
		ASSERT_GE(pid, 0);
		if (pid == 0) {
			setsid();
			dup2(open("/dev/null", O_RDWR), 1);
			dup2(1, 2);
			if (chdir("/tmp"))
				_exit(3);
			if (!as_root)
				drop_privileges(nr);
			abuse(nr, base);
		}
		status = finish(pid);
		if (status == -1)
			NOTE("system call %d with seed %llu: no end", nr, (unsigned long long)base);
		EXPECT_NE(-1, status);
		if (WIFEXITED(status))
			EXPECT_NE(2, WEXITSTATUS(status));
	}
}

TEST_TIMEOUT(wild_arguments_as_a_user, 280)
{
	if (access("/etc/kconfig", F_OK))
		SKIP("only in the test guest: /etc/kconfig is not there");
	run_all(false);
}

TEST_TIMEOUT(wild_arguments_as_root, 280)
{
	if (access("/etc/kconfig", F_OK))
		SKIP("only in the test guest: /etc/kconfig is not there");
	run_all(true);
}

TEST(numbers_beyond_the_table_give_enosys)
{
	static const long numbers[] = {100000, 0x7fffffff, -1, 1 << 20, 511};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		EXPECT_ERRNO(ENOSYS, syscall(numbers[i], 0, 0, 0, 0, 0, 0));
}

/* A frame made of rubbish: the caller dies of SIGSEGV, nobody else. */
TEST_SIGNAL(sigreturn_without_a_signal, SIGSEGV)
{
	char rubbish[2048];

	memset(rubbish, 0x5a, sizeof(rubbish));
	__asm__ __volatile__("" : : "r"(rubbish) : "memory");
	syscall(SYS_rt_sigreturn);
}

/* Junk in the upper halves of registers is not looked at. */
TEST(narrow_arguments_are_narrowed)
{
	char c = 'x';
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	EXPECT_EQ(1, syscall(SYS_write, 0xdeadbeef00000000ul | (unsigned int)fd[1], &c, 1));
	EXPECT_EQ(1, syscall(SYS_read, 0xffffffff00000000ul | (unsigned int)fd[0], &c, 1));
}

TEST_MAIN
