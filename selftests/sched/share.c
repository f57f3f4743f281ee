/* SPDX-License-Identifier: MIT */
/*
 * Who gets how much of the CPUs: no hog of any class starves a fair task, equals share, nice
 * weighs, work spreads over the CPUs that it may use. sched(7), sched_setaffinity(2).
 */
#include "../harness.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define MAX_HOGS 64

/* One line for each hog: written by it, read by the test when all were killed. */
struct hog {
	volatile double used; /* CPU seconds */
	volatile int cpu, strayed;
	pid_t pid;
	char pad[64 - 24];
};

static struct hog *hogs;
static int nr_hogs;

static void only_cpus(int first, int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = first; i < first + n; i++)
		CPU_SET(i, &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
}

static void __attribute__((noreturn)) be_hog(struct hog *me, int policy, int prio)
{
	struct sched_param sp = {.sched_priority = prio};
	struct timespec ts;
	cpu_set_t mine;

	sched_getaffinity(0, sizeof(mine), &mine);
	if (sched_setscheduler(0, policy, &sp))
		_exit(1);
	for (;;) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
		me->used = ts.tv_sec + ts.tv_nsec / 1e9;
		me->cpu = sched_getcpu();
		me->strayed += !CPU_ISSET(me->cpu, &mine);
	}
}

static struct hog *start_hog(int policy, int prio)
{
	struct hog *h;
	pid_t pid;

	if (!hogs)
		hogs = mmap(NULL, MAX_HOGS * sizeof(*hogs), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(hogs != MAP_FAILED && nr_hogs < MAX_HOGS);
	h = &hogs[nr_hogs++];
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		be_hog(h, policy, prio);
	h->pid = pid;
	return h;
}

static void let_run(long ms)
{
	test_sleep_ms(ms);
	for (int i = 0; i < nr_hogs; i++)
		kill(hogs[i].pid, SIGKILL);
	for (int i = 0; i < nr_hogs; i++)
		test_wait(hogs[i].pid);
}

static void need_real_time(void)
{
	REQUIRE_CONFIG("SCHED_RT");
	if (geteuid())
		SKIP("needs root");
}

static void hog_leaves_some(int policy, int prio)
{
	struct hog *rt, *fair;
	double before;

	only_cpus(0, 1);
	fair = start_hog(SCHED_OTHER, 0);
	test_sleep_ms(300);
	before = fair->used;
	rt = start_hog(policy, prio);
	let_run(4000);
	NOTE("hog %.3f s, fair task %.3f s", rt->used, fair->used - before);
	EXPECT_GT(rt->used, 2.5);
	/* 0.2, less what the making of the hog and this process take of it */
	EXPECT_GT(fair->used - before, 0.02);
	EXPECT_LT(fair->used - before, 1.0);
}

TEST_TIMEOUT(a_fifo_hog_does_not_starve_a_fair_task, 60)
{
	need_real_time();
	hog_leaves_some(SCHED_FIFO, 50);
}

TEST_TIMEOUT(an_rr_hog_does_not_starve_a_fair_task, 60)
{
	need_real_time();
	hog_leaves_some(SCHED_RR, 1);
}

/* Nor do fair ones: even SCHED_IDLE gets on. */
TEST_TIMEOUT(fair_hogs_do_not_starve_an_idle_one, 60)
{
	struct hog *idle;
	double before;

	only_cpus(0, 1);
	idle = start_hog(SCHED_IDLE, 0);
	test_sleep_ms(300);
	before = idle->used;
	for (int i = 0; i < 3; i++)
		start_hog(i ? SCHED_OTHER : SCHED_BATCH, 0);
	let_run(6000);
	for (int i = 1; i < nr_hogs; i++)
		EXPECT_GT(hogs[i].used, 1.0);
	EXPECT_GT(idle->used, before);
	EXPECT_LT(idle->used - before, 0.5);
}

TEST_TIMEOUT(rr_of_one_priority_take_turns, 60)
{
	struct sched_param first = {.sched_priority = 20}, sp = {.sched_priority = 10};
	struct hog *a, *b;

	need_real_time();
	only_cpus(0, 1);
	a = start_hog(SCHED_OTHER, 0);
	b = start_hog(SCHED_OTHER, 0);
	test_sleep_ms(300);
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	ASSERT_EQ(0, sched_setscheduler(a->pid, SCHED_RR, &sp));
	ASSERT_EQ(0, sched_setscheduler(b->pid, SCHED_RR, &sp));
	let_run(3000);
	NOTE("%.3f s and %.3f s", a->used, b->used);
	EXPECT_GT(a->used, 1.0);
	EXPECT_GT(b->used, 1.0);
}

TEST_TIMEOUT(nice_weighs, 60)
{
	struct hog *nice, *plain;

	only_cpus(0, 1);
	plain = start_hog(SCHED_OTHER, 0);
	nice = start_hog(SCHED_OTHER, 0);
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, nice->pid, 5)); /* 335 to 1024 */
	let_run(3000);
	NOTE("%.3f s and, nice 5, %.3f s", plain->used, nice->used);
	EXPECT_GT(plain->used, 2.0 * nice->used);
	EXPECT_LT(plain->used, 5.0 * nice->used);
}

TEST_TIMEOUT(hogs_spread_over_all_cpus, 60)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double least = 1e9, most = 0;

	if (cpus < 2 || cpus * 2 > MAX_HOGS)
		SKIP("needs 2 to 32 CPUs");
	for (int i = 0; i < 2 * cpus; i++)
		start_hog(SCHED_OTHER, 0);
	let_run(4000);
	for (int i = 0; i < nr_hogs; i++) {
		least = hogs[i].used < least ? hogs[i].used : least;
		most = hogs[i].used > most ? hogs[i].used : most;
	}
	NOTE("%d hogs on %d CPUs: %.3f to %.3f s", nr_hogs, cpus, least, most);
	EXPECT_GT(least, 1.0);
	EXPECT_LT(most, 3.2);
}

/* Three hogs that may use CPUs 1 and 2 only; the longest queue is of those bound to CPU 0. */
TEST_TIMEOUT(affinity_bounds_the_spread, 60)
{
	bool used[3] = {false};

	if (sysconf(_SC_NPROCESSORS_ONLN) < 4)
		SKIP("needs four CPUs");
	only_cpus(1, 2);
	for (int i = 0; i < 3; i++)
		start_hog(SCHED_OTHER, 0);
	only_cpus(0, 1);
	for (int i = 0; i < 4; i++)
		start_hog(SCHED_OTHER, 0);
	only_cpus(3, 1);
	let_run(3000);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, hogs[i].strayed);
		EXPECT_TRUE(hogs[i].cpu == 1 || hogs[i].cpu == 2);
		EXPECT_GT(hogs[i].used, 0.9);
		used[hogs[i].cpu] = true;
	}
	EXPECT_TRUE(used[1] && used[2]);
}

/* Two of three real-time tasks run on two CPUs, whatever fair ones do there. */
TEST_TIMEOUT(real_time_tasks_run_before_fair_ones_on_every_cpu, 60)
{
	struct sched_param sp = {.sched_priority = 10};
	double before[2];

	need_real_time();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 4)
		SKIP("needs four CPUs");
	only_cpus(2, 2);
	for (int i = 0; i < 4; i++)
		start_hog(SCHED_OTHER, 0);
	only_cpus(0, 2);
	test_sleep_ms(500);
	for (int i = 0; i < 2; i++) {
		before[i] = hogs[i].used;
		sp.sched_priority += 10;
		ASSERT_EQ(0, sched_setscheduler(hogs[i].pid, SCHED_FIFO, &sp));
	}
	let_run(2000);
	for (int i = 0; i < 2; i++) {
		NOTE("%.3f s, fair %.3f s", hogs[i].used - before[i], hogs[i + 2].used);
		EXPECT_GT(hogs[i].used - before[i], 1.4);
	}
}

/* ---- settings -------------------------------------------------------------------------------- */

static int write_setting(const char *name, const char *value)
{
	char path[96];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		SKIP("no such setting");
	n = write(fd, value, strlen(value));
	close(fd);
	return n < 0 ? -1 : 0;
}

TEST(settings_are_checked)
{
	struct sched_param sp = {.sched_priority = 1};
	struct timespec ts;

	need_real_time();
	EXPECT_ERRNO(EINVAL, write_setting("sched_rt_period_us", "-1"));
	EXPECT_ERRNO(EINVAL, write_setting("sched_rt_period_us", "900000"));
	EXPECT_ERRNO(EINVAL, write_setting("sched_rt_runtime_us", "1000001"));
	EXPECT_ERRNO(EINVAL, write_setting("sched_rt_runtime_us", "-2"));
	EXPECT_EQ(0, write_setting("sched_rt_runtime_us", "950000"));

	ASSERT_EQ(0, sched_setscheduler(0, SCHED_RR, &sp));
	ASSERT_EQ(0, write_setting("sched_rr_timeslice_ms", "37"));
	EXPECT_EQ(0, sched_rr_get_interval(0, &ts));
	EXPECT_EQ(37000000, ts.tv_nsec);
	ASSERT_EQ(0, write_setting("sched_rr_timeslice_ms", "-1"));
	EXPECT_EQ(0, sched_rr_get_interval(0, &ts));
	EXPECT_EQ(100000000, ts.tv_nsec);
}

/* sched_setparam() changes the priority and nothing else. */
TEST(setparam_keeps_reset_on_fork)
{
	struct sched_param sp = {.sched_priority = 3};

	need_real_time();
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp));
	sp.sched_priority = 4;
	ASSERT_EQ(0, sched_setparam(0, &sp));
	EXPECT_EQ(SCHED_FIFO | SCHED_RESET_ON_FORK, sched_getscheduler(0));
	sp.sched_priority = 0;
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &sp));
	ASSERT_EQ(0, setresuid(1000, 1000, 1000));
	EXPECT_ERRNO(EPERM, sched_setscheduler(0, SCHED_OTHER, &sp));
	EXPECT_EQ(0, sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &sp));
}

TEST_MAIN
