/* SPDX-License-Identifier: MIT */
/* Signals: signal(7), sigaction(2), sigprocmask(2), sigaltstack(2), alarm(2). */
#include "../harness.h"
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last_sig;
static siginfo_t last_info;

static void note(int sig)
{
	count++;
	last_sig = sig;
}

static void note_info(int sig, siginfo_t *si, void *uc)
{
	count++;
	last_sig = sig;
	last_info = *si;
}

static void install(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};

	ASSERT_EQ(0, sigaction(sig, &sa, NULL));
}

TEST(handler_runs_and_returns)
{
	install(SIGUSR1, note, 0);
	for (int i = 1; i <= 1000; i++) {
		ASSERT_EQ(0, raise(SIGUSR1));
		ASSERT_EQ(i, count);
	}
	EXPECT_EQ(SIGUSR1, last_sig);
}

TEST(registers_survive_a_handler)
{
	volatile double d = 1.5;
	uint64_t sum = 0;
	struct itimerval it = {{0, 1000}, {0, 1000}};

	REQUIRE_CONFIG("POSIX_TIMERS");
	install(SIGALRM, note, 0);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	for (uint64_t i = 0; count < 50; i++) {
		uint64_t a = i * 3, b = i * 5, c = i * 7;
		double x = d * i;

		__asm__ __volatile__("" : "+r"(a), "+r"(b), "+r"(c));
		sum += a + b + c != i * 15 || x != 1.5 * i;
	}
	EXPECT_EQ(0, sum);
}

TEST(siginfo_tells_who_sent_it)
{
	struct sigaction sa = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};

	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	ASSERT_EQ(0, kill(getpid(), SIGUSR1));
	EXPECT_EQ(1, count);
	EXPECT_EQ(SI_USER, last_info.si_code);
	EXPECT_EQ(getpid(), last_info.si_pid);
	EXPECT_EQ(getuid(), last_info.si_uid);
}

TEST(sigqueue_carries_a_value)
{
	struct sigaction sa = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};
	union sigval v = {.sival_int = 1234};

	REQUIRE_CONFIG("SIGNALS_RT");
	ASSERT_EQ(0, sigaction(SIGRTMIN, &sa, NULL));
	ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN, v));
	EXPECT_EQ(1234, last_info.si_value.sival_int);
	EXPECT_EQ(SI_QUEUE, last_info.si_code);
}

TEST(blocked_signals_wait)
{
	sigset_t set, pending;

	install(SIGUSR1, note, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	raise(SIGUSR1);
	EXPECT_EQ(0, count);
	ASSERT_EQ(0, sigpending(&pending));
	EXPECT_EQ(1, sigismember(&pending, SIGUSR1));
	ASSERT_EQ(0, sigprocmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_EQ(1, count);
}

TEST(realtime_signals_queue_in_order)
{
	struct sigaction sa = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};
	sigset_t set;

	REQUIRE_CONFIG("SIGNALS_RT");
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	ASSERT_EQ(0, sigaction(SIGRTMIN + 1, &sa, NULL));
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 5; i++) {
		union sigval v = {.sival_int = i};

		ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN + 1, v));
	}
	for (int i = 0; i < 5; i++) {
		siginfo_t si;

		ASSERT_EQ(SIGRTMIN + 1, sigwaitinfo(&set, &si));
		EXPECT_EQ(i, si.si_value.sival_int);
	}
	EXPECT_EQ(0, count);
}

static void nested(int sig)
{
	int before = count;

	count++;
	if (before == 0) {
		raise(sig);
		EXPECT_EQ(1, count); /* blocked while it is handled */
	}
}

TEST(a_signal_is_blocked_in_its_handler)
{
	install(SIGUSR1, nested, 0);
	raise(SIGUSR1);
	EXPECT_EQ(2, count);
}

TEST(sa_nodefer_and_sa_resethand)
{
	struct sigaction sa;

	install(SIGUSR1, note, SA_NODEFER | SA_RESETHAND);
	raise(SIGUSR1);
	EXPECT_EQ(1, count);
	ASSERT_EQ(0, sigaction(SIGUSR1, NULL, &sa));
	EXPECT_TRUE(sa.sa_handler == SIG_DFL);
}

TEST(read_is_interrupted_without_sa_restart)
{
	struct itimerval it = {.it_value = {0, 50000}};
	int fd[2];
	char c;

	REQUIRE_CONFIG("POSIX_TIMERS");
	ASSERT_EQ(0, pipe(fd));
	install(SIGALRM, note, 0);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	EXPECT_ERRNO(EINTR, read(fd[0], &c, 1));
	EXPECT_EQ(1, count);
}

static int restart_fd;

static void write_byte(int sig)
{
	count++;
	if (write(restart_fd, "x", 1) != 1)
		_exit(1);
}

TEST(read_goes_on_with_sa_restart)
{
	struct itimerval it = {.it_value = {0, 50000}};
	int fd[2];
	char c;

	REQUIRE_CONFIG("POSIX_TIMERS");
	ASSERT_EQ(0, pipe(fd));
	restart_fd = fd[1];
	install(SIGALRM, write_byte, SA_RESTART);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	EXPECT_EQ(1, read(fd[0], &c, 1));
	EXPECT_EQ(1, count);
}

TEST(sigsuspend_swaps_the_mask)
{
	sigset_t block, none;
	struct itimerval it = {.it_value = {0, 50000}};

	REQUIRE_CONFIG("POSIX_TIMERS");
	install(SIGALRM, note, 0);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &block, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	EXPECT_ERRNO(EINTR, sigsuspend(&none));
	EXPECT_EQ(1, count);
	raise(SIGALRM);
	EXPECT_EQ(1, count);
}

TEST(sigtimedwait_times_out)
{
	struct timespec ts = {0, 30000000};
	sigset_t set;

	REQUIRE_CONFIG("SIGNALS_RT");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	EXPECT_ERRNO(EAGAIN, sigtimedwait(&set, NULL, &ts));
}

static char *stack_seen;

static void note_stack(int sig)
{
	stack_seen = __builtin_frame_address(0);
}

TEST(sigaltstack_is_used)
{
	static char stack[65536];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;

	ASSERT_EQ(0, sigaltstack(&ss, NULL));
	install(SIGUSR1, note_stack, SA_ONSTACK);
	raise(SIGUSR1);
	EXPECT_TRUE(stack_seen >= stack && stack_seen < stack + sizeof(stack));
	ASSERT_EQ(0, sigaltstack(NULL, &old));
	EXPECT_EQ(0, old.ss_flags & SS_ONSTACK);
	EXPECT_TRUE(old.ss_sp == stack);
}

static sigjmp_buf jump;

static void leave(int sig)
{
	siglongjmp(jump, sig);
}

TEST(siglongjmp_restores_the_mask)
{
	sigset_t now;
	int sig;

	install(SIGUSR1, leave, 0);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		raise(SIGUSR1);
	EXPECT_EQ(SIGUSR1, sig);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, NULL, &now));
	EXPECT_EQ(0, sigismember(&now, SIGUSR1));
}

TEST(kill_and_stop_cannot_be_caught)
{
	struct sigaction sa = {.sa_handler = note};

	EXPECT_ERRNO(EINVAL, sigaction(SIGKILL, &sa, NULL));
	EXPECT_ERRNO(EINVAL, sigaction(SIGSTOP, &sa, NULL));
	EXPECT_ERRNO(EINVAL, sigaction(65, &sa, NULL));
}

TEST(handlers_are_inherited_by_fork)
{
	pid_t pid;

	install(SIGUSR1, note, 0);
	pid = fork();
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(count == 1 ? 0 : 1);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, count);
}

TEST_SIGNAL(sigterm_ends_a_process, SIGTERM)
{
	raise(SIGTERM);
}

TEST_SIGNAL(sigabrt_ends_a_process, SIGABRT)
{
	abort();
}

TEST_SIGNAL(alarm_ends_a_process, SIGALRM)
{
	REQUIRE_CONFIG("POSIX_TIMERS");
	alarm(1);
	for (;;)
		pause();
}

TEST(ignored_signals_do_nothing)
{
	signal(SIGTERM, SIG_IGN);
	raise(SIGTERM);
	raise(SIGCHLD);
	raise(SIGURG);
	raise(SIGWINCH);
}

TEST(interval_timers_repeat)
{
	struct itimerval it = {{0, 10000}, {0, 10000}}, got;
	double start = test_now();

	REQUIRE_CONFIG("POSIX_TIMERS");
	install(SIGALRM, note, 0);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	while (count < 10)
		pause();
	EXPECT_TRUE(test_now() - start >= 0.09);
	ASSERT_EQ(0, getitimer(ITIMER_REAL, &got));
	EXPECT_EQ(10000, got.it_interval.tv_usec);
}

TEST(virtual_timer_counts_user_time)
{
	struct itimerval it = {.it_value = {0, 100000}};
	double start = test_now();

	REQUIRE_CONFIG("POSIX_TIMERS");
	install(SIGVTALRM, note, 0);
	ASSERT_EQ(0, setitimer(ITIMER_VIRTUAL, &it, NULL));
	while (!count && test_now() < start + 20)
		;
	EXPECT_EQ(1, count);
}

TEST_MAIN
