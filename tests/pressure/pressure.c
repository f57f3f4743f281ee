/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a guest with little memory (run.py): brings memory to its end in every way, and
 * looks that the right task dies, that nobody else does, and that all memory is back afterwards.
 * /dev/vda is a disk larger than memory; /dev/vdb, if there, becomes swap.
 */
#include "guest.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>

#define MB   (1ul << 20)
#define PAGE 4096ul

static long unused_before;

/* In the test itself, whose own pages count too. */
static void begin(void)
{
	unused_before = unused();
}

static void end_within(long kb)
{
	long now = 0;

	for (int i = 0; i < 50; i++) { /* the last of the dead may still be on their way out */
		now = unused();
		if (unused_before - now <= kb)
			return;
		test_sleep_ms(100);
	}
	NOTE("%ld KB are missing, of %ld", unused_before - now, unused_before);
	test_failures++;
}

static size_t memory(void)
{
	return (size_t)field("MemTotal:") << 10;
}

static void adjust(int adj)
{
	char text[16];
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	snprintf(text, sizeof(text), "%d", adj);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(3);
	close(fd);
}

/* A process that touches @bytes and then waits; its pid. The pipe's end says that it is done. */
static pid_t hog(size_t bytes, int adj, int done)
{
	pid_t pid = fork();
	char *p;

	if (pid)
		return pid;
	adjust(adj);
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		_exit(2);
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = 1;
	if (done >= 0 && write(done, "", 1) != 1)
		_exit(4);
	pause();
	_exit(0);
}

static bool alive(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static void end_of(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_TIMEOUT(the_largest_dies, 120)
{
	pid_t small, large;
	char c;
	int p[2];

	begin();
	ASSERT_EQ(0, pipe(p));
	small = hog(4 * MB, 0, p[1]);
	ASSERT_EQ(1, read(p[0], &c, 1));
	large = hog(4 * memory(), 0, -1);
	EXPECT_EQ(SIGKILL, test_wait(large) & 0x7f);
	EXPECT_TRUE(alive(small));
	end_of(small);
	close(p[0]);
	close(p[1]);
	end_within(1024);
}

TEST_TIMEOUT(who_is_marked_dies_first, 120)
{
	pid_t marked, large;
	char c;
	int p[2], status;

	begin();
	ASSERT_EQ(0, pipe(p));
	marked = hog(4 * MB, 1000, p[1]);
	ASSERT_EQ(1, read(p[0], &c, 1));
	large = hog(4 * memory(), 0, -1);
	status = test_wait(marked);
	EXPECT_EQ(SIGKILL, status & 0x7f);
	EXPECT_EQ(SIGKILL, test_wait(large) & 0x7f); /* its turn comes, as it goes on */
	close(p[0]);
	close(p[1]);
	end_within(1024);
}

static void bomb(void)
{
	for (;;) {
		if (fork() < 0)
			test_sleep_ms(20);
	}
}

static int count_of_user(unsigned int uid)
{
	char name[64], text[2048], *at;
	DIR *dir = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir))) {
		if (!atoi(e->d_name))
			continue;
		snprintf(name, sizeof(name), "/proc/%d/status", atoi(e->d_name));
		if (test_read_file(name, text, sizeof(text)) <= 0)
			continue;
		at = strstr(text, "Uid:");
		n += at && (unsigned int)strtol(at + 4, NULL, 10) == uid;
	}
	if (dir)
		closedir(dir);
	return n;
}

TEST_TIMEOUT(fork_bomb_under_a_limit, 120)
{
	struct rlimit rl = {150, 150};
	int n;
	pid_t pid;

	begin();
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		if (setrlimit(RLIMIT_NPROC, &rl) || setgid(1000) || setuid(1000))
			_exit(2);
		bomb();
	}
	test_sleep_ms(3000);
	n = count_of_user(1000);
	EXPECT_GT(n, 10);
	EXPECT_LE(n, 150);
	for (int i = 0; i < 200 && n; i++) {
		kill(-pid, SIGKILL);
		test_sleep_ms(20);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		n = count_of_user(1000);
	}
	EXPECT_EQ(0, n);
	end_within(1024);
}

TEST_TIMEOUT(sparse_mappings, 120)
{
	pid_t pid;
	int status;

	begin();
	pid = fork();
	if (!pid) {
		size_t span = 256ul << 30;
		char *p = mmap(NULL, span, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		adjust(500);
		if (p == MAP_FAILED)
			_exit(2);
		/* A page and a table each. */
		for (size_t i = 0; i < span; i += 2 * MB)
			p[i] = 1;
		_exit(0);
	}
	status = test_wait(pid);
	EXPECT_EQ(SIGKILL, status & 0x7f);
	end_within(1024);
}

TEST_TIMEOUT(tmpfs_to_the_brim, 120)
{
	static char buf[65536];
	char options[32];
	ssize_t n;
	size_t total = 0, size;
	int fd;

	begin();
	mkdir("/brim", 0755);
	size = field("MemFree:") * 1024ul / 10 * 8;
	snprintf(options, sizeof(options), "size=%zu", size);
	ASSERT_EQ(0, mount("brim", "/brim", "tmpfs", 0, options));
	fd = open("/brim/file", O_CREAT | O_RDWR, 0600);
	while ((n = write(fd, buf, sizeof(buf))) > 0)
		total += n;
	EXPECT_EQ(-1, n);
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_GE(total, size / 10 * 9);
	close(fd);
	ASSERT_EQ(0, umount("/brim"));
	rmdir("/brim");
	end_within(1024);
}

static void busy_with_memory(int number)
{
	size_t size = 2 * MB;
	unsigned int x = number;

	adjust(300);
	for (int round = 0; round < 20; round++) {
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p == MAP_FAILED)
			_exit(0);
		for (int i = 0; i < 8; i++) {
			x = x * 1103515245 + 12345;
			p[x % size] = number;
		}
		if (round % 2)
			mprotect(p + (x / 7 % 500) * PAGE, PAGE, PROT_READ);
		if (round < 18)
			munmap(p, size);
		test_sleep_ms(10);
	}
	_exit(0);
}

TEST_TIMEOUT(a_thousand_processes, 240)
{
	int started = 0, killed = 0, status;
	pid_t pid;

	begin();
	for (int i = 0; i < 1000; i++) {
		pid = fork();
		if (!pid)
			busy_with_memory(i);
		if (pid < 0 && errno != EAGAIN && errno != ENOMEM)
			EXPECT_EQ(0, errno);
		started += pid > 0;
	}
	for (int i = 0; i < started; i++) {
		ASSERT_GT(waitpid(-1, &status, 0), 0);
		if (WIFSIGNALED(status)) {
			EXPECT_EQ(SIGKILL, WTERMSIG(status));
			killed++;
		} else {
			EXPECT_EQ(0, WEXITSTATUS(status));
		}
	}
	EXPECT_GT(started, 100);
	NOTE("%d started, %d killed", started, killed);
	end_within(2048);
}

static void pattern(unsigned int *page, unsigned int number)
{
	for (unsigned int i = 0; i < PAGE / sizeof(*page); i++)
		page[i] = number * 2654435761u + i;
}

TEST_TIMEOUT(page_cache_larger_than_memory, 240)
{
	static unsigned int page[PAGE / 4], got[PAGE / 4];
	unsigned int pages = memory() / PAGE * 3 / 2;
	int fd = open("/dev/vda", O_RDWR);

	if (fd < 0)
		SKIP("no /dev/vda");
	begin();
	for (unsigned int i = 0; i < pages; i++) {
		pattern(page, i);
		ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, i * PAGE));
	}
	for (unsigned int i = 0; i < pages; i++) {
		unsigned int n = i * 7919u % pages;

		pattern(page, n);
		ASSERT_EQ((ssize_t)PAGE, pread(fd, got, PAGE, n * PAGE));
		ASSERT_EQ(0, memcmp(page, got, PAGE));
	}
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	end_within(1024);
}

/* mkswap(8) */
static bool swap_on(void)
{
	static char page[PAGE];
	unsigned int *info = (unsigned int *)(page + 1024);
	int fd = open("/dev/vdb", O_RDWR);
	off_t size;

	if (fd < 0)
		return false;
	size = lseek(fd, 0, SEEK_END);
	info[0] = 1;
	info[1] = size / PAGE - 1;
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	if (pwrite(fd, page, PAGE, 0) != (ssize_t)PAGE || fsync(fd))
		return false;
	close(fd);
	return !swapon("/dev/vdb", 0);
}

static void churn(size_t pages, unsigned int seed, unsigned int rounds)
{
	unsigned int **p = calloc(pages, sizeof(*p));
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int *version = calloc(pages, sizeof(*version));

	ASSERT_TRUE(at != MAP_FAILED && p && version);
	for (size_t i = 0; i < pages; i++) {
		p[i] = (unsigned int *)(at + i * PAGE);
		p[i][i % 1024] = seed + i;
	}
	for (unsigned int r = 0; r < rounds; r++) {
		size_t n = (seed = seed * 1103515245u + 12345) / 65536 % pages;

		if (r % 3 == 0)
			p[n][(n + 1) % 1024] = ++version[n];
		ASSERT_EQ(version[n], p[n][(n + 1) % 1024]);
	}
	munmap(at, pages * PAGE);
	free(p);
	free(version);
}

TEST_TIMEOUT(swap_holds_what_memory_does_not, 300)
{
	size_t pages = memory() / PAGE * 3 / 2;
	unsigned int *p;

	if (!swap_on())
		SKIP("no swap: no /dev/vdb, or not built");
	begin();
	p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	for (size_t i = 0; i < pages; i++)
		p[i * 1024 + i % 1024] = i + 1;
	EXPECT_GT(field("SwapTotal:") - field("SwapFree:"), (long)(pages / 4));
	for (size_t i = 0; i < pages; i++)
		ASSERT_EQ(i + 1, (size_t)p[i * 1024 + i % 1024]);
	munmap(p, pages * PAGE);
	/* What is left is other programs' (ours before the fork, the runner's). */
	EXPECT_LE(field("SwapTotal:") - field("SwapFree:"), 1024l);
	ASSERT_EQ(0, swapoff("/dev/vdb"));
	EXPECT_EQ(0, field("SwapTotal:"));
	EXPECT_EQ(0, field("SwapCached:"));
	end_within(1024);
}

/* A tmpfs of more than all memory: its pages too go to swap, and come back as they were. */
TEST_TIMEOUT(tmpfs_larger_than_memory, 300)
{
	static unsigned int page[PAGE / 4], got[PAGE / 4];
	unsigned int pages = memory() / PAGE * 3 / 2;
	int fd;

	if (!swap_on())
		SKIP("no swap: no /dev/vdb, or not built");
	begin();
	mkdir("/large", 0755);
	ASSERT_EQ(0, mount("large", "/large", "tmpfs", 0, "size=150%"));
	fd = open("/large/file", O_CREAT | O_RDWR, 0600);
	for (unsigned int i = 0; i < pages; i++) {
		pattern(page, i);
		ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, (off_t)i * PAGE));
	}
	EXPECT_GT(field("SwapTotal:") - field("SwapFree:"), (long)(pages / 4));
	for (unsigned int i = 0; i < pages; i++) {
		unsigned int n = i * 7919u % pages;

		pattern(page, n);
		ASSERT_EQ((ssize_t)PAGE, pread(fd, got, PAGE, (off_t)n * PAGE));
		ASSERT_EQ(0, memcmp(page, got, PAGE));
	}
	close(fd);
	ASSERT_EQ(0, umount("/large"));
	rmdir("/large");
	EXPECT_LE(field("SwapTotal:") - field("SwapFree:"), 1024l);
	ASSERT_EQ(0, swapoff("/dev/vdb"));
	end_within(1024);
}

TEST_TIMEOUT(many_share_the_swap, 300)
{
	size_t each = memory() / PAGE / 3;
	pid_t pids[5];

	if (!swap_on())
		SKIP("no swap: no /dev/vdb, or not built");
	begin();
	for (int i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			churn(each, i + 1, 5000);
			_exit(test_failures != 0);
		}
	}
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(0, test_wait(pids[i]));
	EXPECT_LE(field("SwapTotal:") - field("SwapFree:"), 1024l);
	ASSERT_EQ(0, swapoff("/dev/vdb"));
	end_within(1024);
}

GUEST_MAIN
