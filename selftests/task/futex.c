/* SPDX-License-Identifier: MIT */
/* futex(2), get_robust_list(2), and the locks of the C library that stand on them. */
#include "../harness.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

static long futex(void *word, int op, unsigned int val, const void *timeout, void *word2,
		  unsigned int val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

static void *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, p);
	return p;
}

TEST(arguments_are_checked)
{
	static unsigned int word;
	struct timespec bad = {0, 1000000000};

	REQUIRE_CONFIG("FUTEX");
	EXPECT_ERRNO(EAGAIN, futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex(&word, FUTEX_REQUEUE, -1, NULL, &word, 0));
	EXPECT_ERRNO(EFAULT, futex((void *)4096, FUTEX_WAIT, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EFAULT, futex((void *)4096, FUTEX_WAKE, 1, NULL, NULL, 0));
	EXPECT_ERRNO(EFAULT, futex(&word, FUTEX_WAIT, 0, test_bad_pointer, NULL, 0));
	EXPECT_ERRNO(ENOSYS, futex(&word, 99, 0, NULL, NULL, 0));
	EXPECT_ERRNO(ENOSYS, futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
	EXPECT_EQ(0, futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
}

TEST(waits_time_out)
{
	static unsigned int word;
	struct timespec rel = {0, 20000000}, abs;
	double start = test_now();

	REQUIRE_CONFIG("FUTEX");
	EXPECT_ERRNO(ETIMEDOUT, futex(&word, FUTEX_WAIT_PRIVATE, 0, &rel, NULL, 0));
	EXPECT_GE(test_now() - start, 0.02);
	clock_gettime(CLOCK_REALTIME, &abs);
	abs.tv_sec += (abs.tv_nsec + 20000000) / 1000000000;
	abs.tv_nsec = (abs.tv_nsec + 20000000) % 1000000000;
	EXPECT_ERRNO(ETIMEDOUT,
		     futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &abs, NULL, ~0u));
	abs.tv_sec = 0;
	EXPECT_ERRNO(ETIMEDOUT, futex(&word, FUTEX_WAIT_BITSET, 0, &abs, NULL, ~0u));
}

static unsigned int from, to;

static void *wait_at_from(void *arg)
{
	return (void *)futex(&from, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* Wakes all waiters one operation after the other, trying until they have all arrived. */
TEST(requeue_counts)
{
	pthread_t t[6];
	int moved = 0;

	REQUIRE_THREADS();
	for (int i = 0; i < 6; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, wait_at_from, NULL));
	EXPECT_ERRNO(EAGAIN, futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)6, &to, 1));
	while (moved < 6) {
		long n = futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)6, &to, 0);

		ASSERT_GE(n, 0);
		moved += n;
		test_sleep_ms(1);
	}
	EXPECT_EQ(0, futex(&from, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0));
	EXPECT_EQ(4, futex(&to, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)3, &from, 0));
	EXPECT_EQ(3, futex(&from, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0));
	EXPECT_EQ(2, futex(&to, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0));
	for (int i = 0; i < 6; i++) {
		void *ret;

		EXPECT_EQ(0, pthread_join(t[i], &ret));
		EXPECT_EQ(NULL, ret);
	}
}

TEST(wake_op_changes_and_compares)
{
	static unsigned int a, b;
	const struct {
		unsigned int op, want;
	} step[] = {
		{FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0), 5},
		{FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5), 8},
		{FUTEX_OP(FUTEX_OP_OR, 6, FUTEX_OP_CMP_NE, 8), 14},
		{FUTEX_OP(FUTEX_OP_ANDN, 2, FUTEX_OP_CMP_LT, 100), 12},
		{FUTEX_OP(FUTEX_OP_XOR, 4, FUTEX_OP_CMP_GE, 12), 8},
		{FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 20, FUTEX_OP_CMP_GT, 1),
		 8 | 1 << 20},
		{FUTEX_OP(FUTEX_OP_SET, 0xfff, FUTEX_OP_CMP_LE, 0), 0xffffffff},
	};

	REQUIRE_CONFIG("FUTEX");
	for (unsigned int i = 0; i < sizeof(step) / sizeof(*step); i++) {
		EXPECT_EQ(0, futex(&a, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &b, step[i].op));
		EXPECT_EQ(step[i].want, b);
	}
	EXPECT_ERRNO(EFAULT,
		     futex(&a, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, (void *)4096, step[0].op));
	EXPECT_ERRNO(ENOSYS,
		     futex(&a, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &b, FUTEX_OP(0, 1, 9, 1)));
}

static void wake_until_one(unsigned int *word)
{
	while (futex(word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1)
		test_sleep_ms(1);
}

static void expect_woken_child(unsigned int *waits, unsigned int *wakes)
{
	pid_t child = fork();

	if (!child)
		_exit(futex(waits, FUTEX_WAIT, 0, NULL, NULL, 0) ? 1 : 0);
	wake_until_one(wakes);
	EXPECT_EQ(0, test_wait(child));
}

TEST(shared_memory_is_one_futex)
{
	char name[] = "/tmp/futexXXXXXX";
	unsigned int *anon = shared_page(), *map1, *map2;
	int fd;

	REQUIRE_CONFIG("FUTEX");
	expect_woken_child(anon + 5, anon + 5);
	fd = mkstemp(name);
	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ(0, ftruncate(fd, 8192));
	map1 = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	map2 = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	ASSERT_NE(MAP_FAILED, map1);
	ASSERT_NE(MAP_FAILED, map2);
	expect_woken_child(map1 + 1024 + 3, map2 + 3);
	/* Another address of private memory is another futex, even after fork. */
	EXPECT_EQ(0, futex(map2 + 4, FUTEX_WAKE, 1, NULL, NULL, 0));
}

static void on_alarm(int sig)
{
}

static void alarm_in_20ms(int flags)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = flags};
	struct itimerval it = {.it_value.tv_usec = 20000};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

TEST(signals_interrupt_or_restart)
{
	static unsigned int word;
	struct timespec rel = {5, 0};
	double start;

	REQUIRE_CONFIG("FUTEX");
	REQUIRE_CONFIG("POSIX_TIMERS");
	alarm_in_20ms(0);
	EXPECT_ERRNO(EINTR, futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
	/* With a timeout it is EINTR whatever SA_RESTART says, futex(2). */
	start = test_now();
	alarm_in_20ms(SA_RESTART);
	EXPECT_ERRNO(EINTR, futex(&word, FUTEX_WAIT_PRIVATE, 0, &rel, NULL, 0));
	EXPECT_LT(test_now() - start, 4);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;
static bool go;

static void *add(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *wait_for_go(void *arg)
{
	pthread_mutex_lock(&mutex);
	while (!go)
		pthread_cond_wait(&cond, &mutex);
	counter++;
	pthread_mutex_unlock(&mutex);
	return NULL;
}

TEST(mutexes_exclude)
{
	pthread_t t[4];

	REQUIRE_THREADS();
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, add, NULL));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0, pthread_join(t[i], NULL));
	EXPECT_EQ(80000, counter);
}

TEST(broadcast_wakes_all)
{
	pthread_t t[8];

	REQUIRE_THREADS();
	for (int i = 0; i < 8; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, wait_for_go, NULL));
	test_sleep_ms(20);
	pthread_mutex_lock(&mutex);
	go = true;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, pthread_join(t[i], NULL));
	EXPECT_EQ(8, counter);
}

/* A token goes to and fro: one lost wake-up and the test hangs. */
static unsigned int token;

static void *ping(void *arg)
{
	unsigned int me = (uintptr_t)arg, seen;

	for (int i = 0; i < 2000; i++) {
		while ((seen = __atomic_load_n(&token, __ATOMIC_ACQUIRE)) != me)
			futex(&token, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
		__atomic_store_n(&token, !me, __ATOMIC_RELEASE);
		futex(&token, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

TEST_TIMEOUT(no_wake_up_is_lost, 60)
{
	pthread_t t;

	REQUIRE_THREADS();
	ASSERT_EQ(0, pthread_create(&t, NULL, ping, (void *)1));
	ping((void *)0);
	EXPECT_EQ(0, pthread_join(t, NULL));
}

static void init_robust(pthread_mutex_t *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	ASSERT_EQ(0, pthread_mutex_init(m, &attr));
}

static void *die_holding(void *m)
{
	pthread_mutex_lock(m);
	return NULL;
}

TEST(robust_lock_of_a_dead_thread)
{
	pthread_mutex_t m;
	pthread_t t;

	REQUIRE_THREADS();
	init_robust(&m);
	ASSERT_EQ(0, pthread_create(&t, NULL, die_holding, &m));
	pthread_join(t, NULL);
	EXPECT_EQ(EOWNERDEAD, pthread_mutex_lock(&m));
	EXPECT_EQ(0, pthread_mutex_consistent(&m));
	EXPECT_EQ(0, pthread_mutex_unlock(&m));
}

TEST(robust_lock_of_a_killed_process)
{
	pthread_mutex_t *m = shared_page();
	volatile int *locked = (int *)m + 512;
	pid_t child;

	REQUIRE_CONFIG("FUTEX");
	init_robust(m);
	child = fork();
	if (!child) {
		pthread_mutex_lock(m);
		*locked = 1;
		for (;;)
			pause();
	}
	while (!*locked)
		test_sleep_ms(1);
	ASSERT_EQ(EBUSY, pthread_mutex_trylock(m));
	kill(child, SIGKILL);
	EXPECT_EQ(EOWNERDEAD, pthread_mutex_lock(m));
	test_wait(child);
}

/* A list that leads nowhere, to itself, or through garbage: the task ends, the kernel goes on. */
TEST(hostile_robust_lists)
{
	REQUIRE_CONFIG("FUTEX");
	for (int kind = 0; kind < 4; kind++) {
		pid_t child = fork();

		if (!child) {
			static struct robust_list_head head;
			static struct robust_list loop;

			loop.next = &loop;
			head.list.next = kind == 0 ? (void *)4096 :
					 kind == 1 ? &loop :
						     (void *)~0ul;
			head.futex_offset = kind == 1 ? 3 : 64;
			head.list_op_pending = kind == 3 ? (void *)1 : NULL;
			syscall(SYS_set_robust_list, &head, sizeof(head));
			_exit(0);
		}
		EXPECT_EQ(0, test_wait(child));
	}
	EXPECT_ERRNO(EINVAL, syscall(SYS_set_robust_list, NULL, 5));
}

TEST_MAIN
