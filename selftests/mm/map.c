/* SPDX-License-Identifier: MIT */
/*
 * mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), fork's copies, and limits of an address
 * space.
 */
#include "../harness.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PAGE 4096ul

static char *map(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static sigjmp_buf back;

static void leave(int sig)
{
	siglongjmp(back, sig);
}

/* The signal of reading @p; 0: none. */
static int touch(volatile char *p)
{
	volatile int sig;

	signal(SIGSEGV, leave);
	signal(SIGBUS, leave);
	sig = sigsetjmp(back, 1);
	if (!sig)
		(void)*p;
	return sig;
}

TEST(anonymous_memory_is_zero)
{
	char *p = map(64 * PAGE, PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < 64 * PAGE; i++)
		ASSERT_EQ(0, p[i]);
	memset(p, 7, 64 * PAGE);
	ASSERT_EQ(0, munmap(p, 64 * PAGE));
	EXPECT_EQ(SIGSEGV, touch(p));
}

TEST(freed_memory_comes_back_zeroed)
{
	for (int round = 0; round < 50; round++) {
		char *p = map(1 << 20, PROT_READ | PROT_WRITE);

		for (size_t i = 0; i < 1 << 20; i += 512)
			ASSERT_EQ(0, p[i]);
		memset(p, 0xee, 1 << 20);
		ASSERT_EQ(0, munmap(p, 1 << 20));
	}
}

TEST(munmap_can_make_a_hole)
{
	char *p = map(5 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 1, 5 * PAGE);
	ASSERT_EQ(0, munmap(p + 2 * PAGE, PAGE));
	EXPECT_EQ(0, touch(p + PAGE));
	EXPECT_EQ(SIGSEGV, touch(p + 2 * PAGE));
	EXPECT_EQ(0, touch(p + 3 * PAGE));
	EXPECT_EQ(1, p[4 * PAGE]);
}

TEST(mprotect_changes_a_part)
{
	char *p = map(4 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 3, 4 * PAGE);
	ASSERT_EQ(0, mprotect(p + PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, touch(p + PAGE));
	ASSERT_EQ(0, mprotect(p, 4 * PAGE, PROT_READ));
	EXPECT_EQ(3, p[PAGE]);
	ASSERT_EQ(0, mprotect(p, 4 * PAGE, PROT_READ | PROT_WRITE));
	p[PAGE] = 4;
	EXPECT_EQ(4, p[PAGE]);
	ASSERT_EQ(0, munmap(p + PAGE, PAGE));
	EXPECT_ERRNO(ENOMEM, mprotect(p, 4 * PAGE, PROT_READ));
	EXPECT_ERRNO(EINVAL, mprotect(p + 1, PAGE, PROT_READ));
}

TEST(map_fixed_replaces)
{
	char *p = map(3 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 5, 3 * PAGE);
	ASSERT_TRUE(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == p + PAGE);
	EXPECT_EQ(5, p[0]);
	EXPECT_EQ(0, p[PAGE]);
	EXPECT_EQ(5, p[2 * PAGE]);
	EXPECT_TRUE(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0) == MAP_FAILED);
	EXPECT_EQ(EEXIST, errno);
}

TEST(bad_requests_are_refused)
{
	EXPECT_TRUE(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0) == MAP_FAILED);
	EXPECT_EQ(EBADF, errno);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 5) == MAP_FAILED);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(mmap(NULL, 1ul << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		    MAP_FAILED);
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_ERRNO(EINVAL, munmap((void *)1, PAGE));
	EXPECT_ERRNO(EINVAL, munmap((void *)PAGE, 0));
}

TEST(page_zero_cannot_be_mapped_by_anybody_else)
{
	if (geteuid() == 0)
		ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		    MAP_FAILED);
}

TEST(fork_copies_on_write)
{
	char *p = map(256 * PAGE, PROT_READ | PROT_WRITE);
	pid_t pid;

	memset(p, 1, 256 * PAGE);
	pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < 256; i++) {
			if (p[i * PAGE] != 1)
				_exit(1);
			p[i * PAGE] = 2;
		}
		_exit(0);
	}
	for (size_t i = 0; i < 256; i += 3)
		p[i * PAGE] = 3;
	EXPECT_EQ(0, test_wait(pid));
	for (size_t i = 0; i < 256; i++)
		ASSERT_EQ(i % 3 ? 1 : 3, p[i * PAGE]);
}

TEST(shared_memory_is_shared)
{
	volatile int *p =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_TRUE(p != MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		*p = 42;
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(42, *p);
}

static int temp_file(void)
{
	char name[] = "/tmp/mapXXXXXX";
	int fd = mkstemp(name);

	ASSERT_GE(fd, 0);
	unlink(name);
	return fd;
}

TEST(private_file_mappings_copy)
{
	int fd = temp_file();
	char *p, c;

	ASSERT_EQ(5, write(fd, "hello", 5));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	EXPECT_EQ(0, memcmp(p, "hello\0\0", 7));
	p[0] = 'J';
	ASSERT_EQ(1, pread(fd, &c, 1, 0));
	EXPECT_EQ('h', c);
}

TEST(shared_file_mappings_write_through)
{
	int fd = temp_file();
	char *p, buf[5];

	ASSERT_EQ(5, write(fd, "hello", 5));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	p[0] = 'J';
	ASSERT_EQ(0, msync(p, PAGE, MS_SYNC));
	ASSERT_EQ(5, pread(fd, buf, 5, 0));
	EXPECT_EQ(0, memcmp(buf, "Jello", 5));
	ASSERT_EQ(1, pwrite(fd, "C", 1, 0));
	EXPECT_EQ('C', p[0]);
}

TEST(a_store_to_a_shared_mapping_dates_the_file)
{
	struct timespec old[2] = {{1000, 0}, {1000, 0}};
	int fd = temp_file();
	struct stat st;
	char *p;

	ASSERT_EQ(5, write(fd, "hello", 5));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, futimens(fd, old));
	p[0] = 'J';
	ASSERT_EQ(0, msync(p, PAGE, MS_SYNC));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_GT(st.st_mtime, 1000);
}

TEST(shared_writing_needs_a_writable_file)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	if (fd < 0)
		SKIP("no /proc/self/exe");
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(EACCES, errno);
}

TEST(truncation_takes_mapped_pages)
{
	int fd = temp_file();
	char *p;

	ASSERT_EQ(0, ftruncate(fd, 3 * PAGE));
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	memset(p, 9, 3 * PAGE);
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	EXPECT_EQ(0, touch(p));
	EXPECT_EQ(SIGBUS, touch(p + 2 * PAGE));
	ASSERT_EQ(0, ftruncate(fd, 3 * PAGE));
	EXPECT_EQ(0, p[2 * PAGE]);
}

TEST(brk_moves)
{
	char *start = sbrk(0), *p;

	p = sbrk(10 * PAGE);
	ASSERT_TRUE(p == start);
	memset(p, 1, 10 * PAGE);
	ASSERT_EQ(0, brk(start));
	EXPECT_EQ(SIGSEGV, touch(start + 5 * PAGE));
	p = sbrk(10 * PAGE);
	ASSERT_TRUE(p == start);
	EXPECT_EQ(0, p[6 * PAGE]);
}

TEST(mremap_grows_moves_and_shrinks)
{
	char *p = map(2 * PAGE, PROT_READ | PROT_WRITE), *q;

	memset(p, 6, 2 * PAGE);
	q = mremap(p, 2 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
	ASSERT_TRUE(q != MAP_FAILED);
	EXPECT_EQ(6, q[PAGE]);
	EXPECT_EQ(0, q[50 * PAGE]);
	ASSERT_TRUE(mremap(q, 100 * PAGE, PAGE, 0) == q);
	EXPECT_EQ(6, q[0]);
	EXPECT_EQ(SIGSEGV, touch(q + PAGE));
}

TEST(madvise_dontneed_forgets)
{
	char *p = map(4 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 8, 4 * PAGE);
	ASSERT_EQ(0, madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(8, p[0]);
	EXPECT_EQ(0, p[PAGE]);
	EXPECT_EQ(8, p[3 * PAGE]);
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, 12345));
}

TEST(address_space_limit_is_enforced)
{
	struct rlimit rl = {64 << 20, 64 << 20};

	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &rl));
	EXPECT_TRUE(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		    MAP_FAILED);
	EXPECT_EQ(ENOMEM, errno);
}

/* One past what there is must fail or be killed, and give everything back. */
TEST_TIMEOUT(exhausting_memory_ends_only_the_eater, 120)
{
	pid_t pid;
	char *after;
	FILE *f;

	f = fopen("/proc/self/oom_score_adj", "w");
	if (f) {
		fputs("-500", f);
		fclose(f);
	}
	pid = fork();
	if (pid == 0) {
		size_t step = 8 << 20;

		f = fopen("/proc/self/oom_score_adj", "w");
		if (f) {
			fputs("1000", f);
			fclose(f);
		}
		if (access("/etc/kconfig", F_OK))
			_exit(0); /* not our guest: do not eat the host */
		for (;;) {
			char *p = mmap(NULL, step, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (p == MAP_FAILED)
				_exit(0);
			memset(p, 1, step);
		}
	}
	ASSERT_NE(-1, test_wait(pid));
	after = map(8 << 20, PROT_READ | PROT_WRITE);
	memset(after, 1, 8 << 20);
}

TEST(many_mappings)
{
	char *base = map(2000 * PAGE, PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < 2000; i += 2)
		ASSERT_EQ(0, mprotect(base + i * PAGE, PAGE, PROT_READ));
	for (size_t i = 1; i < 2000; i += 2)
		base[i * PAGE] = 1;
	for (size_t i = 0; i < 2000; i += 2)
		ASSERT_EQ(0, base[i * PAGE]);
	ASSERT_EQ(0, munmap(base, 2000 * PAGE));
}

TEST(mincore_and_mlock)
{
	unsigned char vec[2];
	char *p = map(2 * PAGE, PROT_READ | PROT_WRITE);

	p[0] = 1;
	ASSERT_EQ(0, mincore(p, 2 * PAGE, vec));
	EXPECT_EQ(1, vec[0] & 1);
	EXPECT_EQ(0, vec[1] & 1);
	ASSERT_EQ(0, mlock(p, 2 * PAGE));
	ASSERT_EQ(0, mincore(p, 2 * PAGE, vec));
	EXPECT_EQ(1, vec[1] & 1);
	ASSERT_EQ(0, munlock(p, 2 * PAGE));
}

static long page_tables_kb(void)
{
	static char text[8192];
	const char *p;

	ASSERT_GT(test_read_file("/proc/meminfo", text, sizeof(text)), 0);
	p = strstr(text, "PageTables:");
	ASSERT_TRUE(p != NULL);
	return atol(p + strlen("PageTables:"));
}

/* A table that fork shared, with several mappings in it, goes with all of them: once, not twice. */
TEST(shared_tables_are_counted_once)
{
	const size_t kb = 1024, mb = 1024 * kb;
	char *p = (char *)0x10000000000;
	long before;

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_EQ(p, mmap(p, 1024 * kb, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	ASSERT_EQ(p + 1536 * kb, mmap(p + 1536 * kb, 64 * kb, PROT_READ,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	memset(p, 1, 1024 * kb);
	before = page_tables_kb();
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(munmap(p - 2 * mb, 6 * mb) != 0);
		ASSERT_GT(pid, 0);
		EXPECT_EQ(0, test_wait(pid));
	}
	EXPECT_GE(page_tables_kb(), before - 64);
	EXPECT_EQ(1, p[0]);
}

TEST_MAIN
