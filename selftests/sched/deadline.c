/* SPDX-License-Identifier: MIT */
/* SCHED_DEADLINE of sched(7) and sched_setattr(2). */
#include "../harness.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif
#define RESET_ON_FORK 1
#define RECLAIM	      2
#define DL_OVERRUN    4
#define MS	      1000000ull

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int set_attr(const struct attr *a)
{
	return syscall(SYS_sched_setattr, 0, a, 0);
}

static int set_deadline(uint64_t runtime, uint64_t deadline, uint64_t period, uint64_t flags)
{
	struct attr a = {.size = sizeof(a),
			 .policy = SCHED_DEADLINE,
			 .flags = flags,
			 .runtime = runtime,
			 .deadline = deadline,
			 .period = period};

	return set_attr(&a);
}

static int set_normal(void)
{
	struct attr a = {.size = sizeof(a)};

	return set_attr(&a);
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void need_deadline(void)
{
	REQUIRE_CONFIG("SCHED_DEADLINE");
	if (geteuid())
		SKIP("needs root");
}

TEST(parameters_are_checked_and_told)
{
	struct sched_param sp = {0};
	struct attr a = {0};

	need_deadline();
	signal(SIGXCPU, SIG_IGN);
	EXPECT_ERRNO(EINVAL, set_deadline(0, 10 * MS, 10 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(1000, 10 * MS, 10 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(MS, 0, 10 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(3 * MS, 2 * MS, 10 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(MS, 20 * MS, 10 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(2000, 50000, 50000, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(MS, 5000 * MS, 5000 * MS, 0));
	EXPECT_ERRNO(EINVAL, set_deadline(MS, 1ull << 63, 0, 0));
	EXPECT_ERRNO(EINVAL, sched_setscheduler(0, SCHED_DEADLINE, &sp));
	EXPECT_EQ(0, sched_get_priority_max(SCHED_DEADLINE));

	ASSERT_EQ(0, set_deadline(MS, 20 * MS, 40 * MS, DL_OVERRUN));
	EXPECT_EQ(SCHED_DEADLINE, sched_getscheduler(0));
	ASSERT_EQ(0, syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	EXPECT_EQ(MS, a.runtime);
	EXPECT_EQ(20 * MS, a.deadline);
	EXPECT_EQ(40 * MS, a.period);
	EXPECT_EQ(DL_OVERRUN, a.flags);
	ASSERT_EQ(0, set_deadline(MS, 20 * MS, 0, 0));
	ASSERT_EQ(0, syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	EXPECT_EQ(20 * MS, a.period);
	EXPECT_EQ(0, a.flags);
	EXPECT_EQ(0, set_normal());
	EXPECT_EQ(SCHED_OTHER, sched_getscheduler(0));
}

TEST(fork_needs_reset_on_fork)
{
	pid_t pid;

	need_deadline();
	ASSERT_EQ(0, set_deadline(MS, 20 * MS, 20 * MS, 0));
	EXPECT_ERRNO(EAGAIN, fork());
	ASSERT_EQ(0, set_deadline(MS, 20 * MS, 20 * MS, RESET_ON_FORK));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(sched_getscheduler(0) != SCHED_OTHER);
	EXPECT_EQ(0, test_wait(pid));
}

TEST(only_the_privileged_ask)
{
	need_deadline();
	ASSERT_EQ(0, setresuid(1000, 1000, 1000));
	EXPECT_ERRNO(EPERM, set_deadline(MS, 20 * MS, 20 * MS, 0));
}

TEST(affinity_is_all_cpus)
{
	cpu_set_t one, all;

	need_deadline();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("needs two CPUs");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, set_deadline(MS, 20 * MS, 20 * MS, 0));
	EXPECT_ERRNO(EBUSY, sched_setaffinity(0, sizeof(one), &one));
	EXPECT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, set_normal());
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	EXPECT_ERRNO(EPERM, set_deadline(MS, 20 * MS, 20 * MS, 0));
}

/* Half of a CPU each until there is no room; what the dead had is free again. */
TEST(admission_is_bounded)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), fits = cpus * 95 / 50;
	pid_t pid[64];
	int got = 0, fd[2];
	char c;

	need_deadline();
	if (fits > 60)
		SKIP("too many CPUs");
	ASSERT_EQ(0, pipe(fd));
	for (int round = 0; round < 2; round++) {
		got = 0;
		for (int i = 0; i < fits + 1; i++) {
			pid[i] = fork();
			ASSERT_GE(pid[i], 0);
			if (!pid[i]) {
				c = !set_deadline(50 * MS, 100 * MS, 100 * MS, 0) ? 'y' :
				    errno == EBUSY				  ? 'n' :
										    '?';
				if (write(fd[1], &c, 1) == 1)
					pause();
				_exit(1);
			}
			ASSERT_EQ(1, read(fd[0], &c, 1));
			EXPECT_NE('?', c);
			got += c == 'y';
		}
		EXPECT_EQ(fits, got);
		for (int i = 0; i < fits + 1; i++) {
			kill(pid[i], SIGKILL);
			test_wait(pid[i]);
		}
		test_sleep_ms(50); /* the last switch away from each */
	}
}

/* Cannot take more than it asked for, nor keep a fair task from the rest. */
TEST_TIMEOUT(a_hog_gets_its_runtime_only, 60)
{
	double start, used;

	need_deadline();
	ASSERT_EQ(0, set_deadline(30 * MS, 100 * MS, 100 * MS, 0));
	start = test_now();
	used = cpu_seconds();
	while (test_now() < start + 2.5)
		;
	used = (cpu_seconds() - used) / (test_now() - start);
	NOTE("used %.3f of a CPU", used);
	EXPECT_LT(used, 0.4);
	EXPECT_GT(used, 0.02); /* 0.3, but for what the machine below takes away */
}

static void start_fifo_hogs(int n)
{
	while (n--) {
		pid_t pid = fork();

		ASSERT_GE(pid, 0);
		if (!pid) {
			struct sched_param sp = {.sched_priority = 99};

			if (sched_setscheduler(0, SCHED_FIFO, &sp))
				_exit(1);
			for (;;)
				;
		}
	}
}

/* It runs before FIFO 99 on all CPUs, and its sched_yield() ends a period. */
TEST_TIMEOUT(deadline_comes_before_fifo, 60)
{
	double start, took;

	need_deadline();
	ASSERT_EQ(0, set_deadline(10 * MS, 50 * MS, 50 * MS, RESET_ON_FORK));
	start_fifo_hogs(sysconf(_SC_NPROCESSORS_ONLN));
	sched_yield();
	start = test_now();
	for (int i = 0; i < 20; i++)
		sched_yield();
	took = test_now() - start;
	NOTE("20 periods of 50 ms took %.3f s", took);
	EXPECT_GT(took, 0.9);
	EXPECT_LT(took, 5.0); /* a machine below us may be late */
}

static volatile int overruns;

static void note_overrun(int sig)
{
	overruns++;
}

TEST(an_overrun_is_told_by_sigxcpu)
{
	double end;

	need_deadline();
	signal(SIGXCPU, note_overrun);
	ASSERT_EQ(0, set_deadline(5 * MS, 50 * MS, 50 * MS, 0));
	for (end = test_now() + 0.3; test_now() < end;)
		;
	EXPECT_EQ(0, overruns);
	ASSERT_EQ(0, set_deadline(5 * MS, 50 * MS, 50 * MS, DL_OVERRUN));
	for (end = test_now() + 0.5; test_now() < end;)
		;
	EXPECT_GT(overruns, 0);
}

/* Sleeping and waking does not get a task more than its share. */
TEST_TIMEOUT(waking_often_earns_nothing, 60)
{
	double start, used;

	need_deadline();
	ASSERT_EQ(0, set_deadline(20 * MS, 50 * MS, 100 * MS, 0));
	start = test_now();
	used = cpu_seconds();
	while (test_now() < start + 2.5) {
		double until = test_now() + 0.012;

		while (test_now() < until)
			;
		test_sleep_ms(1);
	}
	used = (cpu_seconds() - used) / (test_now() - start);
	NOTE("used %.3f of a CPU", used);
	EXPECT_LT(used, 0.3);
}

TEST_MAIN
