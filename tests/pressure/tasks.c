/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a guest (run.py): CYCLES times fork (or vfork), exec, exit and wait, and CYCLES / 10
 * threads (a million and a hundred thousand unless the environment says otherwise). Afterwards no
 * memory is missing, and no process or thread is left.
 */
#include "guest.h"
#include <pthread.h>

static long wanted(void)
{
	const char *want = getenv("CYCLES");

	return want ? atol(want) : 1000000;
}

/* Tasks in the system: the number behind the slash of /proc/loadavg. */
static long tasks(void)
{
	char buf[128], *at;

	if (test_read_file("/proc/loadavg", buf, sizeof(buf)) <= 0)
		return -1;
	at = strchr(buf, '/');
	return at ? atol(at + 1) : -1;
}

/* The dead are freed a grace period later. */
static bool tasks_fall_to(long most)
{
	for (int i = 0; i < 500 && tasks() > most; i++)
		test_sleep_ms(10);
	return tasks() <= most;
}

/* Less than a byte for each, beyond what caches keep. */
static void check(long nr, const char *what, long before, long tasks_before)
{
	EXPECT_TRUE(tasks_fall_to(tasks_before));
	EXPECT_LE(before - unused(), 1024l + nr / 1024);
	NOTE("%ld %s: %ld KB fewer are unused", nr, what, before - unused());
}

static pid_t start(bool share)
{
	static char *argv[] = {"init", "--end", NULL}, *envp[] = {NULL};
	pid_t pid = share ? vfork() : fork();

	if (!pid) {
		execve("/proc/self/exe", argv, envp);
		_exit(127);
	}
	return pid;
}

static void cycles(long nr)
{
	for (long i = 0; i < nr; i++) {
		pid_t pid = start(i % 2);

		ASSERT_GT(pid, 0);
		ASSERT_EQ(0, test_wait(pid));
	}
}

TEST_TIMEOUT(no_process_is_left, 12 * 3600)
{
	long nr = wanted(), before, tasks_before;

	cycles(200); /* caches fill */
	tasks_before = tasks();
	before = unused();
	cycles(nr);
	check(nr, "processes", before, tasks_before);
}

static void *nothing(void *arg)
{
	return arg;
}

static void threads(long nr)
{
	pthread_t t[16];

	for (long i = 0; i < nr; i += 16) {
		for (int j = 0; j < 16; j++)
			ASSERT_EQ(0, pthread_create(&t[j], NULL, nothing, NULL));
		for (int j = 0; j < 16; j++)
			ASSERT_EQ(0, pthread_join(t[j], NULL));
	}
}

TEST_TIMEOUT(no_thread_is_left, 12 * 3600)
{
	long nr = wanted() / 10, before, tasks_before;

	threads(208);
	tasks_before = tasks();
	before = unused();
	threads(nr);
	check(nr, "threads", before, tasks_before);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--end"))
		return 0;
	return guest_main(argc, argv);
}
