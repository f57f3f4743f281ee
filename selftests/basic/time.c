/* SPDX-License-Identifier: MIT */
/*
 * Clocks and sleeping: clock_gettime(2), nanosleep(2), and that a busy process does not keep others
 * from running.
 */
#include "../harness.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>

TEST(monotonic_never_goes_back)
{
	struct timespec last = {0}, now;

	for (int i = 0; i < 100000; i++) {
		ASSERT_EQ(0, clock_gettime(CLOCK_MONOTONIC, &now));
		ASSERT_TRUE(now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
		ASSERT_TRUE(now.tv_sec > last.tv_sec ||
			    (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
		last = now;
	}
}

TEST(clocks_advance)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					   CLOCK_MONOTONIC_RAW};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct timespec a, b;

		ASSERT_EQ(0, clock_gettime(clocks[i], &a));
		test_sleep_ms(20);
		ASSERT_EQ(0, clock_gettime(clocks[i], &b));
		EXPECT_GE((b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec, 20000000ll);
	}
}

TEST(coarse_clocks_follow_within_a_tick)
{
	struct timespec fine, coarse;

	test_sleep_ms(30);
	ASSERT_EQ(0, clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse));
	ASSERT_EQ(0, clock_gettime(CLOCK_MONOTONIC, &fine));
	EXPECT_GE((fine.tv_sec - coarse.tv_sec) * 1000000000ll + fine.tv_nsec - coarse.tv_nsec, 0);
	EXPECT_LT((fine.tv_sec - coarse.tv_sec) * 1000000000ll + fine.tv_nsec - coarse.tv_nsec,
		  100000000ll);
}

TEST(unknown_clock_is_refused)
{
	struct timespec ts;

	EXPECT_ERRNO(EINVAL, clock_gettime(9999, &ts));
	EXPECT_ERRNO(EINVAL, clock_getres(9999, &ts));
	EXPECT_EQ(0, clock_getres(CLOCK_MONOTONIC, &ts));
}

TEST(gettimeofday_agrees_with_realtime)
{
	struct timeval tv;
	struct timespec ts;

	ASSERT_EQ(0, gettimeofday(&tv, NULL));
	ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME, &ts));
	EXPECT_LE(llabs((long long)(ts.tv_sec - tv.tv_sec)), 1);
}

/* Never early; late only by what a loaded emulator needs. */
TEST(nanosleep_sleeps_long_enough)
{
	static const long lengths_us[] = {100, 1000, 10000, 50000};

	for (size_t i = 0; i < sizeof(lengths_us) / sizeof(lengths_us[0]); i++) {
		struct timespec ts = {0, lengths_us[i] * 1000};
		double start = test_now(), took;

		ASSERT_EQ(0, nanosleep(&ts, NULL));
		took = test_now() - start;
		EXPECT_TRUE(took >= lengths_us[i] / 1e6);
		EXPECT_TRUE(took < lengths_us[i] / 1e6 + 0.5);
	}
}

TEST(nanosleep_checks_its_argument)
{
	struct timespec bad = {0, 1000000000}, negative = {-1, 0};

	EXPECT_ERRNO(EINVAL, nanosleep(&bad, NULL));
	EXPECT_ERRNO(EINVAL, nanosleep(&negative, NULL));
}

static void ignore(int sig)
{
}

TEST(nanosleep_reports_what_is_left)
{
	struct sigaction sa = {.sa_handler = ignore};
	struct timespec ts = {5, 0}, left = {0, 0};
	struct itimerval it = {.it_value = {0, 50000}};

	sigaction(SIGALRM, &sa, NULL);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	EXPECT_ERRNO(EINTR, nanosleep(&ts, &left));
	EXPECT_GE(left.tv_sec, 3);
	EXPECT_LT(left.tv_sec, 5);
}

TEST(absolute_sleep_ends_at_the_time)
{
	struct timespec when, now;

	ASSERT_EQ(0, clock_gettime(CLOCK_MONOTONIC, &when));
	when.tv_nsec += 30000000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_nsec -= 1000000000;
		when.tv_sec++;
	}
	ASSERT_EQ(0, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL));
	ASSERT_EQ(0, clock_gettime(CLOCK_MONOTONIC, &now));
	EXPECT_TRUE(now.tv_sec > when.tv_sec ||
		    (now.tv_sec == when.tv_sec && now.tv_nsec >= when.tv_nsec));
}

/* ---- preemption ------------------------------------------------------------------------------ */

static pid_t start_hog(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			__asm__ __volatile__("" : : : "memory");
	return pid;
}

TEST(a_hog_does_not_starve_a_sleeper)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double start;

	for (long i = 0; i < cpus * 2; i++)
		ASSERT_GT(start_hog(), 0);
	start = test_now();
	for (int i = 0; i < 20; i++)
		test_sleep_ms(5);
	EXPECT_TRUE(test_now() - start < 10.0);
}

TEST(two_hogs_on_one_cpu_share_it)
{
	struct rusage a, b;
	pid_t one, two;
	cpu_set_t set;
	double ta, tb;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		SKIP("no CPU affinity");
	one = start_hog();
	two = start_hog();
	ASSERT_TRUE(one > 0 && two > 0);
	test_sleep_ms(1500);
	kill(one, SIGKILL);
	kill(two, SIGKILL);
	ASSERT_EQ(one, wait4(one, NULL, 0, &a));
	ASSERT_EQ(two, wait4(two, NULL, 0, &b));
	ta = a.ru_utime.tv_sec + a.ru_utime.tv_usec / 1e6;
	tb = b.ru_utime.tv_sec + b.ru_utime.tv_usec / 1e6;
	EXPECT_TRUE(ta > 0.1);
	EXPECT_TRUE(tb > 0.1);
	EXPECT_TRUE(ta < 4 * tb && tb < 4 * ta);
}

TEST(sched_yield_lets_the_other_run)
{
	int fd[2];
	char c;

	ASSERT_EQ(0, pipe(fd));
	if (fork() == 0) {
		for (int i = 0; i < 1000; i++)
			sched_yield();
		_exit(write(fd[1], "x", 1) != 1);
	}
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(0, sched_yield());
	EXPECT_EQ(1, read(fd[0], &c, 1));
}

TEST(process_times_grow_with_work)
{
	struct rusage before, after;
	double end = test_now() + 0.3;

	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &before));
	while (test_now() < end)
		;
	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &after));
	EXPECT_GT(after.ru_utime.tv_sec * 1000000ll + after.ru_utime.tv_usec +
			  after.ru_stime.tv_sec * 1000000ll + after.ru_stime.tv_usec,
		  before.ru_utime.tv_sec * 1000000ll + before.ru_utime.tv_usec +
			  before.ru_stime.tv_sec * 1000000ll + before.ru_stime.tv_usec);
}

TEST_MAIN
