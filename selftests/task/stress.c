/* SPDX-License-Identifier: MIT */
/*
 * Processes and threads by the thousands leave free memory where it was. STRESS=n in the
 * environment makes n times as many: with 1 it is 1000 cycles of fork, exec and exit and 1000
 * threads; 1000 and 100 times that are a million and a hundred thousand.
 */
#include "../harness.h"
#include <pthread.h>

static long times(void)
{
	const char *s = getenv("STRESS");

	return s ? atol(s) : 1;
}

/* MemFree and what the kernel would give back, in kB. */
static long free_memory(void)
{
	char text[4096], *p;
	long free_kb = 0, cached = 0;

	if (test_read_file("/proc/meminfo", text, sizeof(text)) <= 0)
		return -1;
	p = strstr(text, "MemFree:");
	if (p)
		free_kb = atol(p + 8);
	p = strstr(text, "\nCached:");
	if (p)
		cached = atol(p + 8);
	return free_kb + cached;
}

/*
 * Objects of the dead go after an RCU grace period; what caches keep for the next one is given up
 * where there is the file to ask for it.
 */
static long settled_memory(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	long now, before;

	test_sleep_ms(50);
	if (fd >= 0) {
		EXPECT_EQ(1, write(fd, "2", 1));
		close(fd);
	}
	now = free_memory();
	for (int i = 0; i < 20; i++) {
		before = now;
		test_sleep_ms(50);
		now = free_memory();
		if (now <= before)
			break;
	}
	return now;
}

#define SLACK_KB 1024 /* caches that grew to their size; a leak of 1 KB a cycle is as much */

static void check_memory(long before)
{
	long after = settled_memory();

	if (before < 0)
		SKIP("no /proc/meminfo");
	NOTE("free before: %ld kB, after: %ld kB", before, after);
	EXPECT_LT(before - after, SLACK_KB);
}

static pid_t start(bool share)
{
	static char *argv[] = {"true", NULL}, *envp[] = {NULL};
	pid_t pid = share ? vfork() : fork();

	if (!pid) {
		execve("/bin/true", argv, envp);
		_exit(127);
	}
	return pid;
}

static void cycles(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t pid = start(i % 2);

		ASSERT_GT(pid, 0);
		ASSERT_EQ(0, test_wait(pid));
	}
}

TEST_TIMEOUT(fork_exec_exit_leaves_nothing, 3600)
{
	long before;

	REQUIRE_CONFIG("EXEC");
	if (access("/bin/true", X_OK))
		SKIP("no /bin/true");
	cycles(100);
	before = settled_memory();
	cycles(1000 * times());
	check_memory(before);
}

static void *nothing(void *arg)
{
	return arg;
}

static void threads(long n)
{
	pthread_t t[8];

	for (long i = 0; i < n; i += 8) {
		for (int j = 0; j < 8; j++)
			ASSERT_EQ(0, pthread_create(&t[j], NULL, nothing, NULL));
		for (int j = 0; j < 8; j++)
			ASSERT_EQ(0, pthread_join(t[j], NULL));
	}
}

TEST_TIMEOUT(threads_leave_nothing, 3600)
{
	long before;

	REQUIRE_THREADS();
	threads(104);
	before = settled_memory();
	threads(1000 * times());
	check_memory(before);
}

/* 400 processes that wait, then end together. */
static void many_at_once(void)
{
	int fd[2], n;
	char c;

	ASSERT_EQ(0, pipe(fd));
	for (n = 0; n < 400; n++) {
		pid_t pid = fork();

		if (!pid) {
			close(fd[1]);
			_exit(read(fd[0], &c, 1) != 0);
		}
		if (pid < 0)
			break;
	}
	EXPECT_GT(n, 100);
	close(fd[1]);
	close(fd[0]);
	for (int status; n && wait(&status) > 0; n--)
		EXPECT_EQ(0, status);
	EXPECT_EQ(0, n);
}

/* The first time lets the caches grow to their size. */
TEST_TIMEOUT(many_at_once_leave_nothing, 300)
{
	long before;

	many_at_once();
	before = settled_memory();
	many_at_once();
	check_memory(before);
}

TEST_MAIN
