/* SPDX-License-Identifier: MIT */
/* membarrier(2): what must be registered, that barriers are there, and whom they interrupt. */
#include "../harness.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#ifndef MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ	       (1 << 7)
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ (1 << 8)
#endif
#define FLAG_CPU 1

static int membarrier(int cmd, unsigned int flags, int cpu)
{
	return syscall(SYS_membarrier, cmd, flags, cpu);
}

static void need_registration(int cmd)
{
	EXPECT_TRUE(membarrier(MEMBARRIER_CMD_QUERY, 0, 0) & cmd);
	EXPECT_ERRNO(EPERM, membarrier(cmd, 0, 0));
	/* Each REGISTER command is the bit after its command. */
	EXPECT_TRUE(membarrier(MEMBARRIER_CMD_QUERY, 0, 0) & cmd << 1);
	EXPECT_EQ(0, membarrier(cmd << 1, 0, 0));
	EXPECT_EQ(0, membarrier(cmd, 0, 0));
}

TEST(private_commands_need_registration)
{
	REQUIRE_CONFIG("MEMBARRIER");
	need_registration(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	need_registration(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

TEST(rseq_command_needs_registration)
{
	REQUIRE_CONFIG("MEMBARRIER");
	REQUIRE_CONFIG("RSEQ");
	EXPECT_ERRNO(EPERM, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, FLAG_CPU, 0));
	need_registration(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ);
	EXPECT_EQ(0, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, FLAG_CPU, 0));
	EXPECT_EQ(0, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, FLAG_CPU, 100000));
	EXPECT_ERRNO(EINVAL, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 2, 0));
	EXPECT_ERRNO(EINVAL, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, FLAG_CPU, 0));
}

TEST(registration_is_inherited_by_fork)
{
	int status;
	pid_t pid;

	REQUIRE_CONFIG("MEMBARRIER");
	ASSERT_EQ(0, membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) ? 1 : 0);
	status = test_wait(pid);
	EXPECT_EQ(0, status);
}

/* All bits of /proc/PID/coredump_filter are a setting of their own. */
TEST(core_filter_registers_nothing)
{
	int fd;

	REQUIRE_CONFIG("MEMBARRIER");
	fd = open("/proc/self/coredump_filter", O_WRONLY);
	if (fd < 0)
		SKIP("no /proc/PID/coredump_filter");
	ASSERT_EQ(5, write(fd, "0x1ff", 5));
	EXPECT_ERRNO(EPERM, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
}

/* ---- the barrier ----------------------------------------------------------------------------- */

#define ROUNDS 1000

static volatile int x, y, seen_by_fast, round_fast, round_slow;

/* The side without a barrier instruction. */
static void *fast_side(void *arg)
{
	for (int i = 1; i <= ROUNDS; i++) {
		while (__atomic_load_n(&round_slow, __ATOMIC_ACQUIRE) != i)
			;
		x = 1;
		__asm__ volatile("" : : : "memory");
		seen_by_fast = y;
		__atomic_store_n(&round_fast, i, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void store_then_load(int cmd)
{
	int both_missed = 0;
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, fast_side, NULL));
	for (int i = 1; i <= ROUNDS; i++) {
		int seen;

		x = y = 0;
		__atomic_store_n(&round_slow, i, __ATOMIC_SEQ_CST);
		y = 1;
		if (membarrier(cmd, 0, 0)) {
			NOTE("membarrier: errno %d", errno);
			_exit(TEST_EXIT_FAIL);
		}
		seen = x;
		while (__atomic_load_n(&round_fast, __ATOMIC_ACQUIRE) != i)
			;
		both_missed += !seen && !seen_by_fast;
	}
	pthread_join(t, NULL);
	EXPECT_EQ(0, both_missed);
}

TEST_TIMEOUT(private_barrier_orders_a_store_and_a_load, 60)
{
	REQUIRE_CONFIG("MEMBARRIER");
	REQUIRE_THREADS();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("needs two CPUs");
	ASSERT_EQ(0, membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	store_then_load(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

TEST_TIMEOUT(global_barrier_orders_a_store_and_a_load, 60)
{
	REQUIRE_CONFIG("MEMBARRIER");
	REQUIRE_THREADS();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("needs two CPUs");
	ASSERT_EQ(0, membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0));
	store_then_load(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

/* ---- whom it interrupts ---------------------------------------------------------------------- */

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
}

/* Function call interrupts that @cpu has taken; -1: the kernel does not say. */
static long calls_of(int cpu)
{
	char text[8192], *row, *line;
	long n = -1;

	if (test_read_file("/proc/interrupts", text, sizeof(text)) < 0)
		return -1;
	row = strstr(text, "Function call interrupts");
	if (!row)
		return -1;
	for (line = row; line > text && line[-1] != '\n';)
		line--;
	line = strchr(line, ':') + 1;
	for (int i = 0; i <= cpu; i++)
		n = strtol(line, &line, 10);
	return n;
}

static void *spin_on_cpu_2(void *ready)
{
	run_on(2);
	for (*(volatile int *)ready = 1;;)
		;
	return NULL;
}

#define CALLS 300

TEST_TIMEOUT(only_cpus_of_the_process_are_interrupted, 60)
{
	long before[3], after[3];
	volatile int ready = 0;
	pthread_t t;
	pid_t other;

	REQUIRE_CONFIG("MEMBARRIER");
	REQUIRE_THREADS();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 4)
		SKIP("needs four CPUs");
	if (calls_of(2) < 0)
		SKIP("/proc/interrupts does not count function calls");
	other = fork();
	ASSERT_GE(other, 0);
	if (!other) {
		run_on(1);
		for (;;)
			;
	}
	run_on(0);
	ASSERT_EQ(0, membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	ASSERT_EQ(0, pthread_create(&t, NULL, spin_on_cpu_2, (void *)&ready));
	while (!ready)
		usleep(1000);
	for (int i = 1; i < 3; i++)
		before[i] = calls_of(i);
	for (int i = 0; i < CALLS; i++)
		ASSERT_EQ(0, membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	for (int i = 1; i < 3; i++)
		after[i] = calls_of(i);
	kill(other, SIGKILL);
	/* Other things interrupt too, and may take the thread's CPU for a moment. */
	EXPECT_LT(after[1] - before[1], CALLS / 4);
	EXPECT_GT(after[2] - before[2], CALLS / 2);
}

TEST_MAIN
