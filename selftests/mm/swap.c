/* SPDX-License-Identifier: MIT */
/*
 * swapon(2), swapoff(2): areas on a ramdisk, memory that leaves and comes back unchanged, through
 * fork, mremap and munmap, what /proc says of it, and headers that lie.
 */
#include "../harness.h"
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>

#define DISK "/dev/ram2"
#define PAGE 4096ul
#define RW   (PROT_READ | PROT_WRITE)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static unsigned long disk_pages;

/* mkswap(8): the header of an area of @last + 1 pages. */
static void mkswap(uint32_t version, uint32_t last, uint32_t nr_bad, uint32_t bad,
		   const char *magic)
{
	static char page[PAGE];
	uint32_t *info = (uint32_t *)(page + 1024);
	int fd = open(DISK, O_RDWR);
	uint64_t size = 0;

	REQUIRE_CONFIG("SWAP");
	REQUIRE_CONFIG("BLK_DEV_RAM");
	if (fd < 0)
		SKIP("no " DISK);
	ASSERT_EQ(0, ioctl(fd, BLKGETSIZE64, &size));
	disk_pages = size / PAGE;
	if (!last)
		last = disk_pages - 1;
	memset(page, 0, sizeof(page));
	info[0] = version;
	info[1] = last;
	info[2] = nr_bad;
	((uint32_t *)(page + 1536))[0] = bad;
	memcpy(page + PAGE - 10, magic, 10);
	ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, 0));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
}

static void swap_on(void)
{
	swapoff(DISK);
	mkswap(1, 0, 0, 0, "SWAPSPACE2");
	ASSERT_EQ(0, swapon(DISK, 0));
}

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static void fill(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		memset(p + i * PAGE, i * 7 + 1, PAGE);
		*(size_t *)(p + i * PAGE) = i;
	}
}

static void check(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		ASSERT_EQ(i, *(const size_t *)(p + i * PAGE));
		ASSERT_EQ((char)(i * 7 + 1), p[i * PAGE + PAGE - 1]);
	}
}

static size_t resident(char *p, size_t pages)
{
	static unsigned char vec[65536];
	size_t n = 0;

	ASSERT_EQ(0, mincore(p, pages * PAGE, vec));
	for (size_t i = 0; i < pages; i++)
		n += vec[i] & 1;
	return n;
}

static long number_in(const char *file, const char *name)
{
	static char text[65536];
	char *at;

	ASSERT_GT(test_read_file(file, text, sizeof(text)), 0);
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static char *out_and_checked(size_t pages)
{
	char *p = map(pages);

	fill(p, pages);
	ASSERT_EQ(0, madvise(p, pages * PAGE, MADV_PAGEOUT));
	ASSERT_EQ(0ul, resident(p, pages));
	return p;
}

TEST(memory_goes_and_comes_back)
{
	char *p;

	swap_on();
	p = out_and_checked(300);
	EXPECT_GE(number_in("/proc/self/status", "VmSwap:"), 1200);
	check(p, 300);
	EXPECT_EQ(300ul, resident(p, 300));
	EXPECT_EQ(0, number_in("/proc/self/status", "VmSwap:"));
	fill(p, 300);
	ASSERT_EQ(0, munmap(p, 300 * PAGE));
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(proc_tells_the_truth)
{
	struct sysinfo before, on;
	uint64_t entry;
	char line[512];
	char *p;
	int fd;

	swapoff(DISK);
	ASSERT_EQ(0, sysinfo(&before));
	swap_on();
	ASSERT_EQ(0, sysinfo(&on));
	EXPECT_EQ((disk_pages - 1) * PAGE / on.mem_unit, on.totalswap - before.totalswap);
	p = out_and_checked(64);
	EXPECT_EQ(256, number_in("/proc/self/smaps_rollup", "\nSwap:"));
	EXPECT_EQ(256, number_in("/proc/self/smaps_rollup", "\nSwapPss:"));
	EXPECT_GE(number_in("/proc/meminfo", "SwapTotal:") -
			  number_in("/proc/meminfo", "SwapFree:"),
		  256);
	fd = open("/proc/self/pagemap", O_RDONLY);
	ASSERT_EQ(8, pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8));
	EXPECT_EQ(1, (int)(entry >> 62)); /* swapped, not present */
	EXPECT_GT(entry >> 5 & 0xffffff, 0ull);
	ASSERT_GT(test_read_file("/proc/swaps", line, sizeof(line)), 0);
	EXPECT_TRUE(strstr(line, "\n" DISK " ") != NULL);
	EXPECT_TRUE(strstr(line, "partition") != NULL);
	munmap(p, 64 * PAGE);
	EXPECT_EQ(0, number_in("/proc/self/status", "VmSwap:"));
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(a_child_has_its_own_after_a_write)
{
	char *p;
	pid_t pid;

	swap_on();
	p = out_and_checked(100);
	pid = fork();
	if (!pid) {
		check(p, 100);
		memset(p, 0x55, 50 * PAGE);
		madvise(p, 100 * PAGE, MADV_PAGEOUT);
		for (size_t i = 0; i < 50 * PAGE; i++)
			if (p[i] != 0x55)
				_exit(1);
		_exit(test_failures != 0);
	}
	memset(p + 80 * PAGE, 0x66, PAGE);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0x66, p[80 * PAGE + 5]);
	check(p, 80);
	check(p, 50);
	munmap(p, 100 * PAGE);
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(moved_and_protected_memory_comes_back)
{
	char *p, *q;

	swap_on();
	p = out_and_checked(64);
	q = mremap(p, 64 * PAGE, 128 * PAGE, MREMAP_MAYMOVE);
	ASSERT_TRUE(q != MAP_FAILED);
	ASSERT_EQ(0, mprotect(q, 64 * PAGE, PROT_READ));
	check(q, 64);
	ASSERT_EQ(0, mprotect(q, 64 * PAGE, RW));
	fill(q, 64);
	ASSERT_EQ(0, madvise(q, 64 * PAGE, MADV_PAGEOUT));
	ASSERT_EQ(0, munmap(q + 10 * PAGE, PAGE));
	ASSERT_EQ(0, madvise(q + 20 * PAGE, PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, q[20 * PAGE]);
	check(q, 10);
	EXPECT_EQ(30ul, *(size_t *)(q + 30 * PAGE));
	munmap(q, 128 * PAGE);
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(private_file_memory_and_locked_memory)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p, *q;

	swap_on();
	p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	fill(p, 4);
	madvise(p, 4 * PAGE, MADV_PAGEOUT);
	check(p, 4);
	q = map(8);
	fill(q, 8);
	ASSERT_EQ(0, mlock(q, 8 * PAGE));
	EXPECT_ERRNO(EINVAL, madvise(q, 8 * PAGE, MADV_PAGEOUT));
	EXPECT_EQ(8ul, resident(q, 8));
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(swapoff_brings_all_back)
{
	char *p;
	pid_t pid;
	int go[2];

	swap_on();
	p = out_and_checked(500);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		char c;

		if (read(go[0], &c, 1) != 1)
			_exit(2);
		check(p, 500);
		_exit(test_failures != 0);
	}
	ASSERT_EQ(0, swapoff(DISK));
	EXPECT_EQ(0, number_in("/proc/self/status", "VmSwap:"));
	EXPECT_EQ(500ul, resident(p, 500));
	check(p, 500);
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_ERRNO(EINVAL, swapoff(DISK));
}

TEST(headers_that_lie_are_refused)
{
	swapoff(DISK);
	mkswap(1, 0, 0, 0, "SWAPSPACE1");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(2, 0, 0, 0, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, disk_pages, 0, 0, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, 0xffffffff, 0, 0, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, 0, 1, 0, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, 100, 1, 101, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, 100, 5000, 1, "SWAPSPACE2");
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0));
	mkswap(1, 100, 1, 50, "SWAPSPACE2");
	EXPECT_EQ(0, swapon(DISK, 0));
	EXPECT_ERRNO(EBUSY, swapon(DISK, 0));
	EXPECT_EQ(0, swapoff(DISK));
}

TEST(arguments)
{
	int fd;

	mkswap(1, 0, 0, 0, "SWAPSPACE2");
	EXPECT_ERRNO(ENOENT, swapon("/nowhere", 0));
	EXPECT_ERRNO(ENOENT, swapoff("/nowhere"));
	EXPECT_ERRNO(EFAULT, swapon(test_bad_pointer, 0));
	EXPECT_ERRNO(EINVAL, swapon(DISK, 0x80000));
	EXPECT_ERRNO(EINVAL, swapoff(DISK));
	EXPECT_ERRNO(EINVAL, swapon("/dev/null", 0));
	fd = open("/tmp/swapfile", O_CREAT | O_RDWR, 0600);
	ASSERT_EQ(0, ftruncate(fd, 1 << 20));
	EXPECT_ERRNO(EINVAL, swapon("/tmp/swapfile", 0)); /* tmpfs */
	close(fd);
	unlink("/tmp/swapfile");
	if (!fork()) {
		if (setuid(1000))
			_exit(2);
		EXPECT_ERRNO(EPERM, swapon(DISK, 0));
		EXPECT_ERRNO(EPERM, swapoff(DISK));
		_exit(test_failures != 0);
	}
	EXPECT_EQ(0, test_wait(-1));
	EXPECT_EQ(0, swapon(DISK, SWAP_FLAG_PREFER | 77));
	EXPECT_EQ(0, swapoff(DISK));
}

/* ---- shared memory ---- */

static long swapped_kb(void)
{
	return number_in("/proc/meminfo", "SwapTotal:") - number_in("/proc/meminfo", "SwapFree:");
}

#define SHARED_PAGES 64ul

/* A file of the kernel's tmpfs, filled, and mapped at *p; the descriptor. */
static int shared_file(char **p)
{
	int fd;

	REQUIRE_CONFIG("MEMFD");
	fd = memfd_create("swapped", 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, SHARED_PAGES * PAGE));
	*p = mmap(NULL, SHARED_PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	ASSERT_TRUE(*p != MAP_FAILED);
	fill(*p, SHARED_PAGES);
	return fd;
}

/* All of it leaves. */
static void push_out(char *p)
{
	long before = swapped_kb();

	ASSERT_EQ(0, madvise(p, SHARED_PAGES * PAGE, MADV_PAGEOUT));
	ASSERT_GE(swapped_kb() - before, (long)(SHARED_PAGES * PAGE / 1024));
}

TEST(shared_memory_goes_and_comes_back)
{
	char *p = mmap(NULL, SHARED_PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_TRUE(p != MAP_FAILED);
	swap_on();
	fill(p, SHARED_PAGES);
	push_out(p);
	pid = fork();
	if (!pid) {
		check(p, SHARED_PAGES);
		p[PAGE + 100] = 'x';
		_exit(test_failures);
	}
	ASSERT_EQ(0, test_wait(pid));
	ASSERT_EQ('x', p[PAGE + 100]);
	check(p, SHARED_PAGES);
	EXPECT_EQ(0, swapped_kb()); /* what came back has no slot any more */
	ASSERT_EQ(0, munmap(p, SHARED_PAGES * PAGE));
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(files_in_swap_are_read_and_written)
{
	char *p, buf[PAGE];
	struct stat st;
	int fd;

	swap_on();
	fd = shared_file(&p);
	push_out(p);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ((long)(SHARED_PAGES * PAGE / 512), (long)st.st_blocks);
	EXPECT_EQ((off_t)(SHARED_PAGES * PAGE), lseek(fd, 0, SEEK_HOLE));
	for (size_t i = 0; i < SHARED_PAGES; i += 2) {
		ASSERT_EQ((ssize_t)PAGE, pread(fd, buf, PAGE, i * PAGE));
		ASSERT_EQ(i, *(size_t *)buf);
	}
	ASSERT_EQ(3, pwrite(fd, "abc", 3, 5 * PAGE + 100));
	EXPECT_EQ(0, memcmp(p + 5 * PAGE + 100, "abc", 3));
	EXPECT_EQ((char)(5 * 7 + 1), p[5 * PAGE + 99]);
	check(p, SHARED_PAGES);
	close(fd);
	munmap(p, SHARED_PAGES * PAGE);
	EXPECT_EQ(0, swapped_kb());
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(what_is_cut_off_in_swap_is_gone)
{
	char *p;
	int fd;

	swap_on();
	fd = shared_file(&p);
	push_out(p);
	ASSERT_EQ(0, ftruncate(fd, 10 * PAGE + 50));
	ASSERT_EQ(0, ftruncate(fd, SHARED_PAGES * PAGE));
	EXPECT_EQ((char)(10 * 7 + 1), p[10 * PAGE + 49]);
	for (size_t i = 10 * PAGE + 50; i < SHARED_PAGES * PAGE; i += 512)
		ASSERT_EQ(0, p[i]);
	check(p, 10);
	fill(p, SHARED_PAGES);
	push_out(p);
	ASSERT_EQ(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * PAGE + 8,
			       4 * PAGE));
	EXPECT_EQ(3ul, *(size_t *)(p + 3 * PAGE));
	for (size_t i = 3 * PAGE + 8; i < 7 * PAGE + 8; i += 8)
		ASSERT_EQ(0ul, *(size_t *)(p + i));
	EXPECT_EQ((char)(7 * 7 + 1), p[7 * PAGE + 8]);
	check(p, 3);
	EXPECT_EQ(8ul, *(size_t *)(p + 8 * PAGE));
	madvise(p, SHARED_PAGES * PAGE, MADV_PAGEOUT);
	close(fd);
	munmap(p, SHARED_PAGES * PAGE);
	EXPECT_EQ(0, swapped_kb()); /* the last user is gone, and the slots with it */
	ASSERT_EQ(0, swapoff(DISK));
}

TEST(swapoff_brings_shared_memory_back)
{
	char *p, *q = mmap(NULL, SHARED_PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd;

	ASSERT_TRUE(q != MAP_FAILED);
	swap_on();
	fd = shared_file(&p);
	fill(q, SHARED_PAGES);
	push_out(p);
	push_out(q);
	ASSERT_EQ(0, swapoff(DISK));
	check(p, SHARED_PAGES);
	check(q, SHARED_PAGES);
	close(fd);
}

TEST(a_locked_segment_stays)
{
	int id = shmget(IPC_PRIVATE, SHARED_PAGES * PAGE, 0600 | IPC_CREAT);
	char *p;

	if (id < 0 && errno == ENOSYS)
		SKIP("no SysV shared memory");
	ASSERT_GE(id, 0);
	p = shmat(id, NULL, 0);
	ASSERT_TRUE(p != (void *)-1);
	shmctl(id, IPC_RMID, NULL);
	swap_on();
	fill(p, SHARED_PAGES);
	ASSERT_EQ(0, shmctl(id, SHM_LOCK, NULL));
	ASSERT_EQ(0, madvise(p, SHARED_PAGES * PAGE, MADV_PAGEOUT));
	EXPECT_EQ(0, swapped_kb());
	ASSERT_EQ(0, shmctl(id, SHM_UNLOCK, NULL));
	push_out(p);
	check(p, SHARED_PAGES);
	ASSERT_EQ(0, shmdt(p));
	EXPECT_EQ(0, swapped_kb());
	ASSERT_EQ(0, swapoff(DISK));
}

static atomic_bool done;

static void *keep_pushing(void *p)
{
	while (!atomic_load(&done))
		madvise(p, SHARED_PAGES * PAGE, MADV_PAGEOUT);
	return NULL;
}

TEST_TIMEOUT(pushed_out_while_in_use, 60)
{
	pthread_t t[2];
	char *p;
	int fd;

	REQUIRE_THREADS();
	swap_on();
	fd = shared_file(&p);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, keep_pushing, p));
	for (int round = 0; round < 30; round++) {
		fill(p, SHARED_PAGES);
		check(p, SHARED_PAGES);
		ASSERT_EQ((ssize_t)8, pwrite(fd, "12345678", 8, 9 * PAGE + 16));
		ASSERT_EQ(0, memcmp(p + 9 * PAGE + 16, "12345678", 8));
		ASSERT_EQ(0, ftruncate(fd, 20 * PAGE + 10));
		ASSERT_EQ(0, ftruncate(fd, SHARED_PAGES * PAGE));
		for (size_t i = 21; i < SHARED_PAGES; i++)
			ASSERT_EQ(0ul, *(volatile size_t *)(p + i * PAGE));
	}
	atomic_store(&done, true);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	close(fd);
	munmap(p, SHARED_PAGES * PAGE);
	EXPECT_EQ(0, swapped_kb());
	ASSERT_EQ(0, swapoff(DISK));
}
TEST_MAIN
