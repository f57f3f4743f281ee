/* SPDX-License-Identifier: MIT */
/*
 * Threads of one address space that fault while others of them change it: what munmap(2),
 * mprotect(2), mremap(2) and fork(2) have returned from holds for every fault that was under way.
 */
#include "../harness.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE	4096ul
#define PAGES	64
#define WRITERS 3

/* ---- threads that write to a region, whatever becomes of it ---- */

static _Thread_local sigjmp_buf back;
static volatile unsigned long *_Atomic region;
static atomic_bool stop;
static atomic_ulong written, refused, rounds[WRITERS];
static pthread_t writers[WRITERS];

static void leave(int sig)
{
	siglongjmp(back, sig);
}

/* Writes a number that is never 0 to the second word of random pages; SIGSEGV: goes on. */
static void *write_on(void *arg)
{
	volatile unsigned int x = (uintptr_t)arg + 1; /* over a siglongjmp() */

	for (; !atomic_load(&stop); atomic_fetch_add(&rounds[(uintptr_t)arg], 1)) {
		volatile unsigned long *p = atomic_load(&region);

		if (sigsetjmp(back, 1)) {
			atomic_fetch_add(&refused, 1);
			continue;
		}
		x = x * 1103515245 + 12345;
		p[x / 65536 % PAGES * (PAGE / 8) + 1] = x | 1;
		atomic_fetch_add(&written, 1);
	}
	return NULL;
}

static void *map_at(void *at, size_t size, int prot)
{
	void *p = mmap(at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static void start_writers(void)
{
	struct sigaction sa = {.sa_handler = leave};

	sigaction(SIGSEGV, &sa, NULL);
	region = map_at(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE);
	for (uintptr_t i = 0; i < WRITERS; i++)
		ASSERT_EQ(0, pthread_create(&writers[i], NULL, write_on, (void *)i));
}

/* Until each writer has read `region` anew, and written. */
static void let_write(void)
{
	unsigned long now = atomic_load(&written), seen[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		seen[i] = atomic_load(&rounds[i]);
	for (int i = 0; i < WRITERS; i++)
		while (atomic_load(&rounds[i]) - seen[i] < 2)
			sched_yield();
	while (atomic_load(&written) - now < 10)
		sched_yield();
}

static void stop_writers(void)
{
	atomic_store(&stop, true);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	EXPECT_GT(atomic_load(&written), 0ul);
}

static unsigned long sum(volatile unsigned long *p)
{
	unsigned long s = 0;

	for (size_t i = 0; i < PAGES; i++)
		s = s * 31 + p[i * (PAGE / 8) + 1];
	return s;
}

static void expect_still(volatile unsigned long *p)
{
	unsigned long before = sum(p);

	for (int i = 0; i < 3; i++) {
		sched_yield();
		ASSERT_EQ(before, sum(p));
	}
}

/* ---- one region, changed under those who write to it ---- */

TEST_TIMEOUT(no_write_after_mprotect, 60)
{
	REQUIRE_THREADS();
	start_writers();
	for (int round = 0; round < 60; round++) {
		ASSERT_EQ(0, mprotect((void *)region, PAGES * PAGE, PROT_READ));
		expect_still(region);
		if (round % 2)
			madvise((void *)region, PAGES * PAGE, MADV_DONTNEED);
		ASSERT_EQ(0, mprotect((void *)region, PAGES * PAGE, PROT_READ | PROT_WRITE));
		let_write();
	}
	EXPECT_GT(atomic_load(&refused), 0ul);
	stop_writers();
}

TEST_TIMEOUT(nothing_left_after_munmap, 60)
{
	REQUIRE_THREADS();
	start_writers();
	for (int round = 0; round < 60; round++) {
		size_t first = round % PAGES, n = 1 + round * 7 % (PAGES - first);
		char *at = (char *)region + first * PAGE;

		ASSERT_EQ(0, munmap(at, n * PAGE));
		map_at(at, n * PAGE, PROT_READ);
		for (size_t i = 0; i < n; i++)
			ASSERT_EQ(0ul, *(volatile unsigned long *)(at + i * PAGE + 8));
		map_at(at, n * PAGE, PROT_READ | PROT_WRITE);
		let_write();
	}
	stop_writers();
}

TEST_TIMEOUT(moved_pages_stay_as_they_were, 60)
{
	char *other;

	REQUIRE_THREADS();
	other = map_at(NULL, PAGES * PAGE, PROT_NONE);
	start_writers();
	for (int round = 0; round < 60; round++) {
		void *old = (void *)region;

		ASSERT_EQ((void *)other, mremap(old, PAGES * PAGE, PAGES * PAGE,
						MREMAP_MAYMOVE | MREMAP_FIXED, other));
		expect_still((void *)other); /* nobody writes there yet */
		map_at(old, PAGES * PAGE, PROT_NONE);
		atomic_store(&region, (void *)other);
		other = old;
		let_write();
	}
	stop_writers();
}

TEST_TIMEOUT(a_child_has_a_picture, 90)
{
	REQUIRE_THREADS();
	start_writers();
	for (int round = 0; round < 15; round++) {
		pid_t pid = fork();

		ASSERT_GE(pid, 0);
		if (!pid) {
			expect_still(region);
			_exit(test_failures != 0);
		}
		let_write();
		ASSERT_EQ(0, test_wait(pid));
	}
	stop_writers();
}

/* ---- what a thread has of its own is not touched by what others do beside it ---- */

static atomic_int unequal;

/* Fills, looks, empties, looks. */
static void *own_memory(void *arg)
{
	unsigned long seed = (uintptr_t)arg << 32 | 1;
	volatile unsigned long *p = map_at(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE);

	for (unsigned long round = 0; !atomic_load(&stop); round++) {
		for (size_t i = 0; i < PAGES; i++)
			p[i * (PAGE / 8)] = seed + round + i;
		for (size_t i = 0; i < PAGES; i++)
			unequal += p[i * (PAGE / 8)] != seed + round + i;
		madvise((void *)p, PAGES * PAGE, MADV_DONTNEED);
		for (size_t i = 0; i < PAGES; i++)
			unequal += p[i * (PAGE / 8)] != 0;
		atomic_fetch_add(&written, 1);
	}
	munmap((void *)p, PAGES * PAGE);
	return NULL;
}

/* Maps, splits, merges and unmaps next to everybody. */
static void *change_layout(void *arg)
{
	unsigned int x = (uintptr_t)arg;

	while (!atomic_load(&stop)) {
		size_t n = 1 + (x = x * 1103515245 + 12345) / 65536 % 40;
		char *p = map_at(NULL, n * PAGE, PROT_READ | PROT_WRITE);

		p[x % n * PAGE] = 1;
		mprotect(p + n / 2 * PAGE, PAGE, PROT_READ);
		mlock(p, PAGE);
		madvise(p, PAGE, MADV_DONTFORK);
		munmap(p + n / 3 * PAGE, PAGE);
		munmap(p, n * PAGE);
	}
	return NULL;
}

static long anon_kb(void)
{
	char text[4096], *at;

	if (test_read_file("/proc/self/status", text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, "RssAnon:");
	return at ? strtol(at + 8, NULL, 10) : -1;
}

TEST_TIMEOUT(own_memory_beside_changes, 60)
{
	pthread_t t[5];
	long before;

	REQUIRE_THREADS();
	before = anon_kb();
	for (uintptr_t i = 0; i < 5; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, i < 3 ? own_memory : change_layout,
					    (void *)(i + 1)));
	for (int i = 0; i < 20 || atomic_load(&written) < 10; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		ASSERT_EQ(0, test_wait(pid));
		test_sleep_ms(20);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(0, atomic_load(&unequal));
	/* Stacks of threads and what malloc took stay; a leak of a page in each round does not. */
	if (before >= 0)
		EXPECT_LE(anon_kb() - before, 1024l);
}

TEST_MAIN
