/* SPDX-License-Identifier: MIT */
/*
 * Large pages of anonymous memory and page tables shared by fork: whatever is done to a part of
 * them, every byte stays what its owner wrote, and all memory comes back.
 */
#include "../harness.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE	4096ul
#define LARGE	(2ul << 20)

#define ENABLED "/sys/kernel/mm/transparent_hugepage/enabled"

static void set_thp(const char *mode)
{
	int fd = open(ENABLED, O_WRONLY);

	REQUIRE_CONFIG("TRANSPARENT_HUGEPAGE");
	if (fd < 0)
		SKIP("no " ENABLED);
	ASSERT_EQ((ssize_t)strlen(mode), write(fd, mode, strlen(mode)));
	close(fd);
}

/* [p, p + n * LARGE), aligned, nothing touched. */
static char *map_large(unsigned int n)
{
	char *p = mmap(NULL, (n + 1) * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	char *start;

	ASSERT_TRUE(p != MAP_FAILED);
	start = (char *)(((unsigned long)p + LARGE - 1) & ~(LARGE - 1));
	if (start > p)
		ASSERT_EQ(0, munmap(p, start - p));
	ASSERT_EQ(0, munmap(start + n * LARGE, p + LARGE - start));
	return start;
}

/* A line of /proc/self/smaps of the area that holds @p, kB; -1: none. */
static long smaps(const void *p, const char *field)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	char line[512];
	int inside = 0;
	long kb = -1;

	ASSERT_TRUE(f);
	while (kb < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)p >= start && (unsigned long)p < end;
		else if (inside && !strncmp(line, field, strlen(field)))
			kb = strtol(line + strlen(field), NULL, 10);
	}
	fclose(f);
	return kb;
}

static long meminfo(const char *field)
{
	char buf[8192], *at;

	ASSERT_GT(test_read_file("/proc/meminfo", buf, sizeof(buf)), 0);
	at = strstr(buf, field);
	ASSERT_TRUE(at);
	return strtol(at + strlen(field), NULL, 10);
}

static uint32_t pattern(unsigned long i, uint32_t seed)
{
	return (uint32_t)i * 2654435761u ^ seed;
}

static void fill(char *p, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i += 512)
		*(uint32_t *)(p + i) = pattern(i, seed);
}

static void check(const char *p, size_t from, size_t to, uint32_t seed)
{
	for (size_t i = from; i < to; i += 512)
		ASSERT_EQ(pattern(i, seed), *(const uint32_t *)(p + i));
}

TEST(mappings_of_large_pages_are_aligned)
{
	char *p[3];

	set_thp("always");
	for (int i = 0; i < 3; i++) {
		p[i] = mmap(NULL, 2 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		ASSERT_TRUE(p[i] != MAP_FAILED);
		EXPECT_EQ(0ul, (unsigned long)p[i] % LARGE);
	}
	EXPECT_EQ(2 * LARGE, (unsigned long)labs(p[2] - p[1])); /* side by side */
	p[0][0] = p[0][2 * LARGE - 1] = 1;
	if (meminfo("MemFree:") > 64 << 10)
		EXPECT_EQ(4096l, smaps(p[0], "AnonHugePages:"));
}

TEST(the_first_write_brings_a_large_page)
{
	char *p;

	set_thp("always");
	p = map_large(4);
	p[5] = 1;
	EXPECT_EQ(2048, smaps(p, "AnonHugePages:"));
	EXPECT_EQ(2048, smaps(p, "Rss:"));
	p[LARGE + 7] = 1;
	EXPECT_EQ(4096, smaps(p, "AnonHugePages:"));
	for (size_t i = 8; i < LARGE; i++)
		ASSERT_EQ(0, p[i]);
	EXPECT_GE(meminfo("AnonHugePages:"), 4096);
	munmap(p, 4 * LARGE);
}

TEST(advice_decides)
{
	char *p;

	set_thp("madvise");
	p = map_large(2);
	p[0] = 1;
	EXPECT_EQ(0, smaps(p, "AnonHugePages:"));
	ASSERT_EQ(0, madvise(p + LARGE, LARGE, MADV_HUGEPAGE));
	p[LARGE] = 1;
	EXPECT_EQ(2048, smaps(p + LARGE, "AnonHugePages:"));
	munmap(p, 2 * LARGE);
	set_thp("always");
	p = map_large(1);
	ASSERT_EQ(0, madvise(p, LARGE, MADV_NOHUGEPAGE));
	p[0] = 1;
	EXPECT_EQ(0, smaps(p, "AnonHugePages:"));
	munmap(p, LARGE);
	set_thp("never");
	p = map_large(1);
	ASSERT_EQ(0, madvise(p, LARGE, MADV_HUGEPAGE));
	p[0] = 1;
	EXPECT_EQ(0, smaps(p, "AnonHugePages:"));
	munmap(p, LARGE);
}

TEST(a_part_is_unmapped)
{
	char *p;

	set_thp("always");
	p = map_large(3);
	fill(p, 3 * LARGE, 1);
	ASSERT_EQ(0, munmap(p + LARGE + 8 * PAGE, 16 * PAGE));
	check(p, 0, LARGE + 8 * PAGE, 1);
	check(p, LARGE + 24 * PAGE, 3 * LARGE, 1);
	EXPECT_EQ(2048, smaps(p, "AnonHugePages:"));
	ASSERT_EQ(0, munmap(p, LARGE + 8 * PAGE));
	check(p, LARGE + 24 * PAGE, 3 * LARGE, 1);
	ASSERT_EQ(0, munmap(p + LARGE, 2 * LARGE));
}

TEST(a_part_is_dropped)
{
	char *p;

	set_thp("always");
	p = map_large(2);
	fill(p, 2 * LARGE, 2);
	ASSERT_EQ(0, madvise(p + 3 * PAGE, LARGE, MADV_DONTNEED));
	check(p, 0, 3 * PAGE, 2);
	check(p, LARGE + 3 * PAGE, 2 * LARGE, 2);
	for (size_t i = 3 * PAGE; i < LARGE + 3 * PAGE; i++)
		ASSERT_EQ(0, p[i]);
	munmap(p, 2 * LARGE);
}

TEST(a_part_is_protected)
{
	char *p;

	set_thp("always");
	p = map_large(1);
	fill(p, LARGE, 3);
	ASSERT_EQ(0, mprotect(p + 4 * PAGE, PAGE, PROT_READ));
	check(p, 0, LARGE, 3);
	*(uint32_t *)(p + 3 * PAGE) = 7;
	*(uint32_t *)(p + 5 * PAGE) = 7;
	EXPECT_EQ(7, *(uint32_t *)(p + 3 * PAGE));
	ASSERT_EQ(0, mprotect(p, LARGE, PROT_NONE));
	ASSERT_EQ(0, mprotect(p, LARGE, PROT_READ | PROT_WRITE));
	check(p, 6 * PAGE, LARGE, 3);
	munmap(p, LARGE);
	p = map_large(1);
	fill(p, LARGE, 4);
	ASSERT_EQ(0, mprotect(p, LARGE, PROT_NONE));
	EXPECT_EQ(2048, smaps(p, "AnonHugePages:"));
	ASSERT_EQ(0, mprotect(p, LARGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(2048, smaps(p, "AnonHugePages:"));
	check(p, 0, LARGE, 4);
	fill(p, LARGE, 5);
	check(p, 0, LARGE, 5);
	munmap(p, LARGE);
}

TEST(it_moves)
{
	char *p, *q;

	set_thp("always");
	p = map_large(2);
	fill(p, 2 * LARGE, 6);
	q = mremap(p, 2 * LARGE, 3 * LARGE, MREMAP_MAYMOVE);
	ASSERT_TRUE(q != MAP_FAILED);
	check(q, 0, 2 * LARGE, 6);
	p = mremap(q + 5 * PAGE, LARGE, LARGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	ASSERT_TRUE(p != MAP_FAILED);
	for (size_t i = 5 * PAGE; i < LARGE + 5 * PAGE; i += 512)
		ASSERT_EQ(pattern(i, 6), *(uint32_t *)(p + i - 5 * PAGE));
	check(q, 0, 5 * PAGE, 6);
	check(q, LARGE + 5 * PAGE, 2 * LARGE, 6);
	munmap(p, LARGE);
	munmap(q, 3 * LARGE);
}

/* Child and parent each write, in both orders; nobody sees the other's. */
static void fork_and_write(char *p, size_t size, uint32_t seed)
{
	int go[2];
	pid_t child;
	char c;

	fill(p, size, seed);
	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		check(p, 0, size, seed);
		fill(p + size / 2, size / 2, seed + 1);
		check(p, 0, size / 2, seed);
		check(p + size / 2, 0, size / 2, seed + 1);
		ASSERT_EQ(1, write(go[1], "", 1));
		test_sleep_ms(20);
		check(p, 0, size / 2, seed);
		check(p + size / 2, 0, size / 2, seed + 1);
		_exit(0);
	}
	ASSERT_EQ(1, read(go[0], &c, 1));
	check(p, 0, size, seed);
	fill(p, size, seed + 2);
	check(p, 0, size, seed + 2);
	ASSERT_EQ(0, test_wait(child));
	check(p, 0, size, seed + 2);
	fill(p, size, seed + 3);
	check(p, 0, size, seed + 3);
	close(go[0]);
	close(go[1]);
}

TEST(fork_of_large_pages)
{
	char *p;

	set_thp("always");
	p = map_large(4);
	fork_and_write(p, 4 * LARGE, 100);
	munmap(p, 4 * LARGE);
}

TEST(fork_of_small_pages)
{
	char *p = map_large(4);

	if (!access(ENABLED, F_OK))
		set_thp("never");
	fork_and_write(p, 4 * LARGE, 200);
	munmap(p, 4 * LARGE);
}

/* A tree of processes that share tables; each unmaps, protects and writes its own. */
static void family(char *p, size_t size, int depth, uint32_t seed)
{
	pid_t child[2];

	for (int i = 0; depth && i < 2; i++) {
		child[i] = fork();
		ASSERT_GE(child[i], 0);
		if (!child[i]) {
			check(p, 0, size, seed);
			fill(p, size, seed + i + 1);
			family(p, size, depth - 1, seed + i + 1);
			_exit(0);
		}
	}
	check(p, 0, size, seed);
	ASSERT_EQ(0, mprotect(p + 3 * PAGE, LARGE, PROT_READ));
	ASSERT_EQ(0, munmap(p + LARGE + 100 * PAGE, 20 * PAGE));
	check(p, 0, LARGE + 100 * PAGE, seed);
	check(p, LARGE + 120 * PAGE, size, seed);
	for (int i = 0; depth && i < 2; i++)
		ASSERT_EQ(0, test_wait(child[i]));
}

TEST(a_family_shares_tables)
{
	for (int thp = 0; thp < 2; thp++) {
		char *p;

		if (!access(ENABLED, F_OK))
			set_thp(thp ? "always" : "never");
		p = map_large(3);
		fill(p, 3 * LARGE, 10);
		family(p, 3 * LARGE, 3, 10);
		munmap(p, 3 * LARGE);
	}
}

static _Atomic int stop;

static void *writer(void *arg)
{
	volatile uint32_t *p = arg;

	while (!stop)
		for (size_t i = 0; i < LARGE / 4; i += 1024)
			p[i]++;
	return NULL;
}

static void *dropper(void *arg)
{
	char *p = arg;

	for (unsigned int i = 0; !stop; i++)
		ASSERT_EQ(0, madvise(p + (i % 400) * PAGE, 50 * PAGE, MADV_DONTNEED));
	return NULL;
}

/* fork and exit while other threads fault in, drop and write the same memory. */
TEST_TIMEOUT(fork_races_with_threads, 60)
{
	pthread_t t[3];
	char *p;

	if (!access(ENABLED, F_OK))
		set_thp("always");
	p = map_large(2);
	fill(p, 2 * LARGE, 1);
	pthread_create(&t[0], NULL, writer, p);
	pthread_create(&t[1], NULL, writer, p);
	pthread_create(&t[2], NULL, dropper, p);
	for (int i = 0; i < 60; i++) {
		pid_t child = fork();

		ASSERT_GE(child, 0);
		if (!child) {
			uint32_t a = *(volatile uint32_t *)(p + 8192);

			check(p + LARGE, 0, 0, 1);
			if (*(volatile uint32_t *)(p + 8192) != a)
				_exit(1);
			*(volatile uint32_t *)(p + 8192) = 5;
			_exit(*(volatile uint32_t *)(p + 8192) != 5);
		}
		ASSERT_EQ(0, test_wait(child));
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	check(p, LARGE, 2 * LARGE, 1);
	munmap(p, 2 * LARGE);
}

TEST(what_fork_excludes_stays_excluded)
{
	char *p = map_large(2), *q;
	pid_t child;

	fill(p, 2 * LARGE, 9);
	ASSERT_EQ(0, madvise(p + 10 * PAGE, 5 * PAGE, MADV_DONTFORK));
	ASSERT_EQ(0, madvise(p + LARGE + 10 * PAGE, 5 * PAGE, MADV_WIPEONFORK));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		unsigned char v;

		check(p, 0, 10 * PAGE, 9);
		check(p, 15 * PAGE, LARGE + 10 * PAGE, 9);
		for (size_t i = 0; i < 5 * PAGE; i++)
			ASSERT_EQ(0, p[LARGE + 10 * PAGE + i]);
		EXPECT_ERRNO(ENOMEM, mincore(p + 10 * PAGE, PAGE, &v));
		q = mmap(p + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		ASSERT_TRUE(q != MAP_FAILED);
		EXPECT_EQ(0, *q);
		_exit(test_failures ? 1 : 0);
	}
	ASSERT_EQ(0, test_wait(child));
	check(p, 0, 2 * LARGE, 9);
	munmap(p, 2 * LARGE);
}

TEST(all_memory_comes_back)
{
	long before, after = 0;
	char *p;

	if (!access(ENABLED, F_OK))
		set_thp("always");
	for (int round = 0; round < 3; round++) {
		before = after;
		p = map_large(8);
		fill(p, 8 * LARGE, 1);
		family(p, 3 * LARGE, 2, 1);
		munmap(p, 8 * LARGE);
		test_sleep_ms(100);
		after = meminfo("AnonPages:");
	}
	EXPECT_LE(after, before + 64);
}

TEST_MAIN
