/* SPDX-License-Identifier: MIT */
/*
 * swapon(2), swapoff(2): areas on a ramdisk, memory that leaves and comes back unchanged, through
 * fork, mremap and munmap, what /proc says of it, and headers that lie.
 */
#include "../harness.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

TEST_MAIN
