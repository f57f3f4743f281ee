/* SPDX-License-Identifier: MIT */
/*
 * Processes with several threads: exec, exit and signals of the whole group; membarrier(2),
 * rseq(2).
 */
#include "../harness.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void start_sleepers(int n)
{
	pthread_t t;

	while (n--)
		ASSERT_EQ(0, pthread_create(&t, NULL, sleep_for_ever, NULL));
}

/* exec of a shell that says its pid: it must be that of the process. */
static void *exec_shell(void *arg)
{
	char script[64];

	snprintf(script, sizeof(script), "test $$ = %d && exit 42", getpid());
	execl("/bin/sh", "sh", "-c", script, NULL);
	_exit(99);
}

static int end_of_child(void (*body)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		body();
		_exit(98);
	}
	status = test_wait(child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void leader_execs(void)
{
	start_sleepers(3);
	exec_shell(NULL);
}

static void thread_execs(void)
{
	pthread_t t;

	start_sleepers(3);
	pthread_create(&t, NULL, exec_shell, NULL);
	sleep_for_ever(NULL);
}

static void thread_execs_when_the_leader_is_gone(void)
{
	pthread_t t;

	start_sleepers(1);
	pthread_create(&t, NULL, exec_shell, NULL);
	pthread_exit(NULL);
}

static void two_threads_exec(void)
{
	pthread_t t;

	pthread_create(&t, NULL, exec_shell, NULL);
	exec_shell(NULL);
}

TEST(exec_ends_the_other_threads)
{
	REQUIRE_THREADS();
	REQUIRE_CONFIG("EXEC");
	if (access("/bin/sh", X_OK))
		SKIP("no /bin/sh");
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(42, end_of_child(leader_execs));
		EXPECT_EQ(42, end_of_child(thread_execs));
		EXPECT_EQ(42, end_of_child(thread_execs_when_the_leader_is_gone));
		EXPECT_EQ(42, end_of_child(two_threads_exec));
	}
}

static void *exit_group_7(void *arg)
{
	syscall(SYS_exit_group, 7);
	return NULL;
}

static void thread_exits_group(void)
{
	pthread_t t;

	start_sleepers(3);
	pthread_create(&t, NULL, exit_group_7, NULL);
	sleep_for_ever(NULL);
}

static void killed_with_threads(void)
{
	start_sleepers(4);
	kill(getpid(), SIGTERM);
	sleep_for_ever(NULL);
}

static void *fault(void *arg)
{
	*(volatile char *)test_bad_pointer = 1;
	return NULL;
}

static void thread_faults(void)
{
	pthread_t t;

	start_sleepers(2);
	pthread_create(&t, NULL, fault, NULL);
	sleep_for_ever(NULL);
}

TEST(the_group_ends_together)
{
	REQUIRE_THREADS();
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(7, end_of_child(thread_exits_group));
		EXPECT_EQ(-SIGTERM, end_of_child(killed_with_threads));
		EXPECT_EQ(-SIGSEGV, end_of_child(thread_faults));
	}
}

static pid_t handler_tid;
static volatile sig_atomic_t handled;

static void note_tid(int sig)
{
	handler_tid = syscall(SYS_gettid);
	handled++;
}

static void *take_signals(void *arg)
{
	sigset_t none;

	sigemptyset(&none);
	*(pid_t *)arg = syscall(SYS_gettid);
	for (;;)
		sigsuspend(&none);
	return NULL;
}

/*
 * A signal for the process goes to a thread that does not block it; one for a thread goes to that.
 */
TEST(signals_find_their_thread)
{
	static volatile pid_t tid;
	sigset_t all;
	pthread_t t;

	REQUIRE_THREADS();
	signal(SIGUSR1, note_tid);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	ASSERT_EQ(0, pthread_create(&t, NULL, take_signals, (void *)&tid));
	while (!tid)
		test_sleep_ms(1);
	kill(getpid(), SIGUSR1);
	while (handled < 1)
		test_sleep_ms(1);
	EXPECT_EQ(tid, handler_tid);
	EXPECT_EQ(0, pthread_kill(t, SIGUSR1));
	while (handled < 2)
		test_sleep_ms(1);
	EXPECT_EQ(tid, handler_tid);
	EXPECT_ERRNO(ESRCH, syscall(SYS_tgkill, getppid(), tid, SIGUSR1));
}

TEST(stop_and_continue_take_all_threads)
{
	pid_t child;
	int status;

	REQUIRE_THREADS();
	child = fork();
	if (!child) {
		start_sleepers(4);
		sleep_for_ever(NULL);
	}
	for (int i = 0; i < 20; i++) {
		kill(child, SIGSTOP);
		ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
		ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		kill(child, SIGCONT);
		ASSERT_EQ(child, waitpid(child, &status, WCONTINUED));
		ASSERT_TRUE(WIFCONTINUED(status));
	}
	kill(child, SIGKILL);
	status = test_wait(child);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(membarrier_needs_registration)
{
	REQUIRE_CONFIG("MEMBARRIER");
	EXPECT_GT(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0), 0);
	EXPECT_ERRNO(EPERM, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	EXPECT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	EXPECT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	EXPECT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_membarrier, 1 << 20, 0, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 1, 0));
}

struct area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags;
} __attribute__((aligned(32)));

/* The C library has registered the main thread; a new one made by hand has nothing. */
static int rseq_body(void *arg)
{
	static struct area a = {.cpu_id = -1};
	unsigned int cpu;
	int bad = 0;

	bad |= syscall(SYS_rseq, &a, 31, 0, 0x1234) == 0;
	bad |= syscall(SYS_rseq, (char *)&a + 4, 32, 0, 0x1234) == 0;
	bad |= syscall(SYS_rseq, &a, 32, 0, 0x1234) != 0;
	bad |= a.cpu_id != a.cpu_id_start || a.cpu_id > 64;
	syscall(SYS_getcpu, &cpu, NULL, NULL);
	bad |= syscall(SYS_rseq, &a, 32, 0, 0x1234) == 0 || errno != EBUSY;
	bad |= syscall(SYS_rseq, &a, 32, 1, 0x9999) == 0 || errno != EPERM;
	bad |= syscall(SYS_rseq, &a, 32, 1, 0x1234) != 0;
	bad |= a.cpu_id != (uint32_t)-1;
	return bad;
}

TEST(rseq_tells_the_cpu)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t child;

	REQUIRE_CONFIG("RSEQ");
	child = clone(rseq_body, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	ASSERT_GT(child, 0);
	EXPECT_EQ(0, test_wait(child));
}

TEST_TIMEOUT(threads_come_and_go, 60)
{
	REQUIRE_THREADS();
	for (int i = 0; i < 2000; i++) {
		pthread_t t;

		ASSERT_EQ(0, pthread_create(&t, NULL, sleep_for_ever, NULL));
		ASSERT_EQ(0, pthread_cancel(t));
		ASSERT_EQ(0, pthread_join(t, NULL));
	}
}

static volatile sig_atomic_t taken;

static void take(int sig)
{
	taken++;
}

/* Takes one SIGUSR1, then ends. */
static void *take_one_signal(void *arg)
{
	sigset_t open_for_all;

	sigemptyset(&open_for_all);
	pthread_sigmask(SIG_SETMASK, &open_for_all, NULL);
	while (!taken)
		usleep(1000);
	return NULL;
}

/* The thread that took the last group signal, the youngest of its group, is gone. */
TEST(a_signal_finds_its_way_past_dead_threads)
{
	sigset_t usr1, pending;
	pthread_t taker;

	REQUIRE_THREADS();
	signal(SIGUSR1, take);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	start_sleepers(2);
	ASSERT_EQ(0, pthread_create(&taker, NULL, take_one_signal, NULL));
	ASSERT_EQ(0, kill(getpid(), SIGUSR1));
	ASSERT_EQ(0, pthread_join(taker, NULL));
	ASSERT_EQ(1, taken);
	usleep(20000); /* joined, but perhaps not yet reaped */
	ASSERT_EQ(0, kill(getpid(), SIGUSR1));
	ASSERT_EQ(0, sigpending(&pending));
	EXPECT_TRUE(sigismember(&pending, SIGUSR1));
}

TEST_MAIN
