/* SPDX-License-Identifier: MIT */
/* timer_create(2), setitimer(2), CPU clocks, RLIMIT_CPU, clock_nanosleep(2). */
#include "../harness.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define SIG_TIMER (SIGRTMIN + 2)

static volatile sig_atomic_t count;
static siginfo_t last;

static void note(int sig, siginfo_t *si, void *uc)
{
	count++;
	last = *si;
}

static void catch (int sig)
{
	struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};

	ASSERT_EQ(0, sigaction(sig, &sa, NULL));
}

static timer_t make_timer(clockid_t clock, int notify)
{
	struct sigevent ev = {.sigev_notify = notify, .sigev_signo = SIG_TIMER};
	timer_t id;

	ev.sigev_value.sival_int = 55;
	ev._sigev_un._tid = syscall(SYS_gettid);
	ASSERT_EQ(0, timer_create(clock, &ev, &id));
	return id;
}

static void set(timer_t id, long value_ms, long interval_ms)
{
	struct itimerspec its = {{interval_ms / 1000, interval_ms % 1000 * 1000000},
				 {value_ms / 1000, value_ms % 1000 * 1000000}};

	ASSERT_EQ(0, timer_settime(id, 0, &its, NULL));
}

static void burn_until(bool (*done)(void), double seconds)
{
	double end = test_now() + seconds;

	while (!done() && test_now() < end)
		;
}

static bool one_came(void)
{
	return count >= 1;
}

TEST(periods_are_counted)
{
	struct itimerspec its;
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	catch (SIG_TIMER);
	id = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	set(id, 10, 10);
	while (count < 5)
		pause();
	EXPECT_EQ(SI_TIMER, last.si_code);
	EXPECT_EQ(55, last.si_value.sival_int);
	ASSERT_EQ(0, timer_gettime(id, &its));
	EXPECT_EQ(10000000, its.it_interval.tv_nsec);
	EXPECT_GT(its.it_value.tv_nsec, 0);
	EXPECT_LE(its.it_value.tv_nsec, 10000000);
	EXPECT_EQ(0, timer_delete(id));
	EXPECT_ERRNO(EINVAL, timer_delete(id));
}

TEST(missed_periods_are_the_overrun)
{
	sigset_t set_of;
	siginfo_t si;
	timer_t id;

	REQUIRE_CONFIG("SIGNALS_RT");
	REQUIRE_CONFIG("POSIX_TIMERS");
	sigemptyset(&set_of);
	sigaddset(&set_of, SIG_TIMER);
	sigprocmask(SIG_BLOCK, &set_of, NULL);
	id = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	set(id, 10, 10);
	test_sleep_ms(100);
	ASSERT_EQ(SIG_TIMER, sigwaitinfo(&set_of, &si));
	EXPECT_GE(si.si_overrun, 8);
	EXPECT_EQ(si.si_overrun, timer_getoverrun(id));
	/* Counted once: the next signal starts from nothing. */
	ASSERT_EQ(SIG_TIMER, sigwaitinfo(&set_of, &si));
	EXPECT_EQ(si.si_overrun, timer_getoverrun(id));
}

TEST(a_changed_timer_forgets)
{
	struct timespec none = {};
	sigset_t set_of;
	siginfo_t si;
	timer_t id;

	REQUIRE_CONFIG("SIGNALS_RT");
	REQUIRE_CONFIG("POSIX_TIMERS");
	sigemptyset(&set_of);
	sigaddset(&set_of, SIG_TIMER);
	sigprocmask(SIG_BLOCK, &set_of, NULL);
	id = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	set(id, 5, 5);
	test_sleep_ms(20);
	set(id, 0, 0);
	/* The signal that was on its way (newer Linux takes it back) does not start it again. */
	sigtimedwait(&set_of, &si, &none);
	test_sleep_ms(20);
	EXPECT_ERRNO(EAGAIN, sigtimedwait(&set_of, &si, &none));
}

TEST(signals_go_to_the_thread_named)
{
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	catch (SIG_TIMER);
	id = make_timer(CLOCK_REALTIME, SIGEV_THREAD_ID);
	set(id, 5, 0);
	while (!count)
		pause();
	EXPECT_EQ(55, last.si_value.sival_int);
}

TEST(a_silent_timer_counts_down)
{
	struct itimerspec its;
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	id = make_timer(CLOCK_MONOTONIC, SIGEV_NONE);
	set(id, 5000, 0);
	ASSERT_EQ(0, timer_gettime(id, &its));
	EXPECT_TRUE(its.it_value.tv_sec == 4 || its.it_value.tv_sec == 5);
	set(id, 1, 0);
	test_sleep_ms(5);
	ASSERT_EQ(0, timer_gettime(id, &its));
	EXPECT_EQ(0, its.it_value.tv_sec + its.it_value.tv_nsec);
}

TEST(bad_timers_are_refused)
{
	struct sigevent ev = {.sigev_notify = 77};
	struct itimerspec its = {.it_value = {0, -1}};
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	EXPECT_ERRNO(EINVAL, timer_create(CLOCK_MONOTONIC, &ev, &id));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 99;
	EXPECT_ERRNO(EINVAL, timer_create(CLOCK_MONOTONIC, &ev, &id));
	EXPECT_ERRNO(EINVAL, timer_create(1234, NULL, &id));
	id = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	EXPECT_ERRNO(EINVAL, timer_settime(id, 0, &its, NULL));
	EXPECT_EQ(0, timer_delete(id));
}

TEST(timers_end_with_exec_and_do_not_fork)
{
	sigset_t mask;
	pid_t child;
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	/* Blocked: on a slow machine the parent's own may come before it is taken back. */
	sigemptyset(&mask);
	sigaddset(&mask, SIG_TIMER);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	id = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	set(id, 20, 0);
	child = fork();
	if (!child) {
		sigprocmask(SIG_UNBLOCK, &mask, NULL);
		test_sleep_ms(50);
		_exit(0);
	}
	set(id, 0, 0);
	EXPECT_EQ(0, test_wait(child));
}

TEST(cpu_timers_follow_the_work)
{
	double start = test_now();
	timer_t id;

	REQUIRE_CONFIG("POSIX_TIMERS");
	catch (SIG_TIMER);
	id = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL);
	set(id, 50, 0);
	test_sleep_ms(100);
	EXPECT_EQ(0, count); /* sleeping is no work */
	burn_until(one_came, 10);
	EXPECT_EQ(1, count);
	EXPECT_GE(test_now() - start, 0.14);
}

TEST(prof_timer_counts_all_time)
{
	struct itimerval it = {{0, 20000}, {0, 20000}}, old;

	REQUIRE_CONFIG("POSIX_TIMERS");
	catch (SIGPROF);
	ASSERT_EQ(0, setitimer(ITIMER_PROF, &it, NULL));
	burn_until(one_came, 10);
	EXPECT_GE(count, 1);
	memset(&it, 0, sizeof(it));
	ASSERT_EQ(0, setitimer(ITIMER_PROF, &it, &old));
	EXPECT_EQ(20000, old.it_interval.tv_usec);
	EXPECT_ERRNO(EINVAL, getitimer(9, &it));
}

TEST(alarm_tells_what_was_left)
{
	REQUIRE_CONFIG("POSIX_TIMERS");
	EXPECT_EQ(0, alarm(10));
	EXPECT_EQ(10, alarm(100));
	EXPECT_EQ(100, alarm(0));
	EXPECT_EQ(0, alarm(0));
}

static bool never(void)
{
	return false;
}

TEST_SIGNAL(cpu_limit_ends_a_process, SIGXCPU)
{
	struct rlimit lim = {1, 3};

	REQUIRE_CONFIG("POSIX_TIMERS");
	ASSERT_EQ(0, setrlimit(RLIMIT_CPU, &lim));
	burn_until(never, 20);
}

TEST(cpu_clocks_can_be_slept_on)
{
	struct timespec ts = {0, 30000000};
	clockid_t clock;
	pid_t child;

	REQUIRE_CONFIG("POSIX_TIMERS");
	EXPECT_EQ(EINVAL, clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL)); /* says libc */
	EXPECT_ERRNO(EOPNOTSUPP,
		     syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL));
	child = fork();
	if (!child)
		burn_until(never, 20);
	ASSERT_EQ(0, clock_getcpuclockid(child, &clock));
	EXPECT_EQ(0, clock_nanosleep(clock, 0, &ts, NULL));
	ASSERT_EQ(0, clock_gettime(clock, &ts));
	EXPECT_GE(ts.tv_nsec + ts.tv_sec * 1000000000, 30000000);
	kill(child, SIGKILL);
	test_wait(child);
	EXPECT_NE(0, clock_getcpuclockid(child, &clock));
}

TEST_MAIN
