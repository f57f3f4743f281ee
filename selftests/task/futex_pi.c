/* SPDX-License-Identifier: MIT */
/* Futexes with priority inheritance, and futex_waitv(2). */
#include "../harness.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static long futex(uint32_t *word, int op, uint32_t val, const void *timeout, uint32_t *word2,
		  uint32_t val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

static uint32_t tid(void)
{
	return syscall(SYS_gettid);
}

#define REQUIRE() REQUIRE_CONFIG("FUTEX_PI")

/* A word that several processes can lock. */
static uint32_t *shared_word(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static struct timespec in_ms(clockid_t clock, int ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000l;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

TEST(a_free_lock_is_taken)
{
	uint32_t word = 0;

	REQUIRE();
	EXPECT_EQ(0, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(tid(), word);
	EXPECT_ERRNO(EDEADLK, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EDEADLK, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(0, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(0, word);
	EXPECT_ERRNO(EPERM, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(0, futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0));
	word = 0x3ffffffe; /* nobody */
	EXPECT_ERRNO(ESRCH, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EFAULT, futex((void *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex((void *)((char *)&word + 1), FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	word = FUTEX_OWNER_DIED;
	EXPECT_EQ(0, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(tid() | FUTEX_OWNER_DIED, word);
}

TEST(without_the_option_it_is_enosys)
{
	uint32_t word = 0;

	if (test_config("FUTEX_PI") != 0)
		SKIP("CONFIG_FUTEX_PI is set");
	EXPECT_ERRNO(ENOSYS, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_ERRNO(ENOSYS, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

TEST(waiting_times_out)
{
	uint32_t *word = shared_word();
	struct timespec ts;
	pid_t child;

	REQUIRE();
	child = fork();
	if (!child) {
		futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
		pause();
	}
	while (!__atomic_load_n(word, __ATOMIC_RELAXED))
		test_sleep_ms(1);
	ts = in_ms(CLOCK_REALTIME, 30);
	EXPECT_ERRNO(ETIMEDOUT, futex(word, FUTEX_LOCK_PI, 0, &ts, NULL, 0));
	ts = in_ms(CLOCK_MONOTONIC, 30);
	EXPECT_ERRNO(ETIMEDOUT, futex(word, FUTEX_LOCK_PI2, 0, &ts, NULL, 0));
	ts = in_ms(CLOCK_REALTIME, 30);
	EXPECT_ERRNO(ETIMEDOUT,
		     futex(word, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	EXPECT_ERRNO(ENOSYS, futex(word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	EXPECT_ERRNO(EAGAIN, futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	EXPECT_TRUE(*word & FUTEX_WAITERS);
	kill(child, SIGKILL);
	test_wait(child);
}

#define HOLDERS 8
#define ROUNDS	300
static uint32_t lock;
static volatile long counter;

static void lock_pi(uint32_t *word)
{
	uint32_t zero = 0;

	if (!__atomic_compare_exchange_n(word, &zero, tid(), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		EXPECT_EQ(0, futex(word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	EXPECT_EQ(tid(), __atomic_load_n(word, __ATOMIC_RELAXED) & FUTEX_TID_MASK);
}

static void unlock_pi(uint32_t *word)
{
	uint32_t mine = tid();

	if (!__atomic_compare_exchange_n(word, &mine, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		EXPECT_EQ(0, futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
}

static void *hold_often(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock_pi(&lock);
		long c = counter;

		if (i % 16 == 0)
			sched_yield();
		counter = c + 1;
		unlock_pi(&lock);
	}
	return NULL;
}

TEST(only_one_holds_it)
{
	pthread_t t[HOLDERS];

	REQUIRE_THREADS();
	REQUIRE();
	for (int i = 0; i < HOLDERS; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, hold_often, NULL));
	for (int i = 0; i < HOLDERS; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(HOLDERS * ROUNDS, counter);
	EXPECT_EQ(0, lock & FUTEX_TID_MASK);
}

/* The owner ends with waiters: one gets the lock and is told. */
TEST(a_dead_owners_lock_goes_on)
{
	uint32_t *word = shared_word();
	pid_t child;

	REQUIRE();
	child = fork();
	if (!child) {
		futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
		test_sleep_ms(200);
		_exit(0);
	}
	while (!__atomic_load_n(word, __ATOMIC_RELAXED))
		test_sleep_ms(1);
	EXPECT_EQ(0, futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EQ(tid(), *word & FUTEX_TID_MASK);
	EXPECT_TRUE(*word & FUTEX_OWNER_DIED);
	EXPECT_EQ(0, test_wait(child));
}

static void *robust_holder(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

/* The C library's robust mutex with inheritance. */
TEST(robust_mutexes_inherit_too)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	pthread_t t;

	REQUIRE_THREADS();
	REQUIRE();
	pthread_mutexattr_init(&attr);
	ASSERT_EQ(0, pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
	ASSERT_EQ(0, pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
	ASSERT_EQ(0, pthread_mutex_init(&m, &attr));
	ASSERT_EQ(0, pthread_create(&t, NULL, robust_holder, &m));
	pthread_join(t, NULL);
	EXPECT_EQ(EOWNERDEAD, pthread_mutex_lock(&m));
	EXPECT_EQ(0, pthread_mutex_consistent(&m));
	EXPECT_EQ(0, pthread_mutex_unlock(&m));
	EXPECT_EQ(0, pthread_mutex_lock(&m));
}

/* Field 18 of /proc/PID/stat: what a thread runs at; below 0: real time. */
static int running_prio(pid_t t)
{
	char path[64], text[512], *p;
	int prio = 999;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", t);
	if (test_read_file(path, text, sizeof(text)) <= 0)
		return prio;
	p = strrchr(text, ')');
	for (int i = 0; p && i < 16; i++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p + 1) : prio;
}

static uint32_t first, second;
static volatile pid_t low, middle;
static volatile int go;

static void be_realtime(int prio)
{
	struct sched_param p = {prio};

	EXPECT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &p));
}

static void *low_thread(void *arg)
{
	lock_pi(&first);
	low = tid();
	while (!go)
		test_sleep_ms(2);
	unlock_pi(&first);
	while (go < 2)
		test_sleep_ms(2);
	return NULL;
}

/* Holds the second and waits for the first. */
static void *middle_thread(void *arg)
{
	lock_pi(&second);
	middle = tid();
	lock_pi(&first);
	unlock_pi(&first);
	unlock_pi(&second);
	return NULL;
}

static void *high_thread(void *arg)
{
	be_realtime(30);
	lock_pi(&second);
	unlock_pi(&second);
	return NULL;
}

TEST(priority_is_inherited_along_a_chain)
{
	struct sched_param fifo = {1};
	pthread_t a, b, c;

	REQUIRE();
	REQUIRE_CONFIG("PROC_FS");
	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		SKIP("may not use real-time scheduling");
	fifo.sched_priority = 0;
	sched_setscheduler(0, SCHED_OTHER, &fifo);
	pthread_create(&a, NULL, low_thread, NULL);
	while (!low)
		test_sleep_ms(1);
	EXPECT_EQ(20, running_prio(low));
	pthread_create(&b, NULL, middle_thread, NULL);
	while (!(__atomic_load_n(&first, __ATOMIC_RELAXED) & FUTEX_WAITERS))
		test_sleep_ms(1);
	EXPECT_EQ(20, running_prio(low));
	pthread_create(&c, NULL, high_thread, NULL);
	while (!(__atomic_load_n(&second, __ATOMIC_RELAXED) & FUTEX_WAITERS))
		test_sleep_ms(1);
	test_sleep_ms(50);
	EXPECT_EQ(-31, running_prio(middle));
	EXPECT_EQ(-31, running_prio(low));
	go = 1;
	pthread_join(c, NULL);
	pthread_join(b, NULL);
	EXPECT_EQ(20, running_prio(low));
	go = 2;
	pthread_join(a, NULL);
}

static uint32_t m1, m2;
static volatile int locked;
static volatile long second_result;

static void *lock_other_way(void *arg)
{
	lock_pi(&m2);
	locked = 1;
	lock_pi(&m1); /* its owner waits for m2: us */
	unlock_pi(&m1);
	unlock_pi(&m2);
	return NULL;
}

TEST(a_deadlock_is_seen)
{
	pthread_t t;

	REQUIRE_THREADS();
	REQUIRE();
	lock_pi(&m1);
	pthread_create(&t, NULL, lock_other_way, NULL);
	while (!(__atomic_load_n(&m1, __ATOMIC_RELAXED) & FUTEX_WAITERS))
		test_sleep_ms(1);
	test_sleep_ms(20);
	EXPECT_ERRNO(EDEADLK, futex(&m2, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	unlock_pi(&m1);
	pthread_join(t, NULL);
}

/* ---- requeueing ---- */

static uint32_t cond, mutex;
static volatile int waiting, got;

static void *wait_requeue(void *arg)
{
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	if (!futex(&cond, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &mutex, 0)) {
		EXPECT_EQ(tid(), mutex & FUTEX_TID_MASK);
		__atomic_add_fetch(&got, 1, __ATOMIC_SEQ_CST);
		unlock_pi(&mutex);
	}
	return NULL;
}

TEST(waiters_are_moved_to_the_lock)
{
	pthread_t t[4];
	long moved = 0;

	REQUIRE_THREADS();
	REQUIRE();
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, wait_requeue, NULL);
	while (waiting < 4)
		test_sleep_ms(1);
	test_sleep_ms(100);
	EXPECT_ERRNO(EINVAL, futex(&cond, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, futex(&cond, FUTEX_CMP_REQUEUE_PI_PRIVATE, 2, (void *)5, &mutex, 0));
	EXPECT_ERRNO(EAGAIN, futex(&cond, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)5, &mutex, 1));
	EXPECT_ERRNO(EINVAL, futex(&cond, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)5, &cond, 0));
	lock_pi(&mutex);
	moved = futex(&cond, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)1, &mutex, 0);
	EXPECT_EQ(2, moved);
	EXPECT_EQ(0, got);
	unlock_pi(&mutex);
	moved = futex(&cond, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)100, &mutex, 0);
	EXPECT_EQ(2, moved);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(4, got);
}

TEST(waiting_for_a_move_times_out)
{
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 30);

	REQUIRE();
	EXPECT_ERRNO(ETIMEDOUT, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &ts, &mutex, 0));
	EXPECT_ERRNO(EAGAIN, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 1, &ts, &mutex, 0));
	EXPECT_ERRNO(EINVAL, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &ts, &cond, 0));
}

/* ---- futex_waitv ---- */

struct waitv {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

static uint32_t words[3];

static long waitv(struct waitv *v, int n, struct timespec *ts)
{
	return syscall(449, v, n, 0, ts, CLOCK_MONOTONIC);
}

static void *wake_second(void *arg)
{
	test_sleep_ms(50);
	words[1] = 1;
	futex(&words[1], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return NULL;
}

TEST(any_of_several_wakes)
{
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 30);
	struct waitv v[3];
	pthread_t t;

	REQUIRE_THREADS();
	REQUIRE_CONFIG("FUTEX");
	for (int i = 0; i < 3; i++)
		v[i] = (struct waitv){.uaddr = (uintptr_t)&words[i], .flags = 2 | 128};
	EXPECT_ERRNO(ETIMEDOUT, waitv(v, 3, &ts));
	v[2].val = 1;
	EXPECT_ERRNO(EAGAIN, waitv(v, 3, NULL));
	v[2].val = 0;
	pthread_create(&t, NULL, wake_second, NULL);
	EXPECT_EQ(1, waitv(v, 3, NULL));
	pthread_join(t, NULL);
	EXPECT_ERRNO(EINVAL, waitv(v, 0, NULL));
	EXPECT_ERRNO(EINVAL, waitv(v, 129, NULL));
	EXPECT_ERRNO(EFAULT, waitv((void *)test_bad_pointer, 1, NULL));
	v[0].flags = 1;
	EXPECT_ERRNO(EINVAL, waitv(v, 3, NULL));
	v[0].flags = 2;
	v[0].reserved = 1;
	EXPECT_ERRNO(EINVAL, waitv(v, 3, NULL));
	v[0].reserved = 0;
	v[0].uaddr = 8;
	EXPECT_ERRNO(EFAULT, waitv(v, 3, NULL));
}

TEST_MAIN
