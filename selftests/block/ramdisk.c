/* SPDX-License-Identifier: MIT */
/* Block device files on a ramdisk: page cache, O_DIRECT, ioctls, partitions, injected errors. */
#include "../harness.h"
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define DISK "/dev/ram1"

static char *aligned(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, 4096, size))
		return NULL;
	return p;
}

static int open_disk(int flags)
{
	int fd;

	REQUIRE_CONFIG("BLK_DEV_RAM");
	fd = open(DISK, flags);
	if (fd < 0 && errno == ENOENT)
		SKIP("no " DISK);
	return fd;
}

static void fill(char *p, size_t n, unsigned int seed)
{
	while (n--)
		*p++ = (seed = seed * 1103515245 + 12345) >> 16;
}

TEST(what_is_written_is_read_back)
{
	static char out[100000], in[100000];
	int fd = open_disk(O_RDWR);

	ASSERT_GE(fd, 0);
	fill(out, sizeof(out), 1);
	ASSERT_EQ((ssize_t)sizeof(out), pwrite(fd, out, sizeof(out), 12345));
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, ioctl(fd, BLKFLSBUF));
	ASSERT_EQ((ssize_t)sizeof(in), pread(fd, in, sizeof(in), 12345));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

TEST(direct_io_and_the_page_cache_agree)
{
	char *a = aligned(65536), *b = aligned(65536);
	int fd = open_disk(O_RDWR), direct;

	ASSERT_GE(fd, 0);
	direct = open(DISK, O_RDWR | O_DIRECT);
	ASSERT_GE(direct, 0);
	fill(a, 65536, 2);
	ASSERT_EQ(65536, pwrite(fd, a, 65536, 1 << 20));
	ASSERT_EQ(65536, pread(direct, b, 65536, 1 << 20)); /* dirty pages are written first */
	EXPECT_EQ(0, memcmp(a, b, 65536));
	fill(a, 65536, 3);
	ASSERT_EQ(65536, pwrite(direct, a, 65536, 1 << 20));
	ASSERT_EQ(65536, pread(fd, b, 65536, 1 << 20)); /* old pages are gone */
	EXPECT_EQ(0, memcmp(a, b, 65536));
	EXPECT_EQ(-1, pread(direct, b + 1, 512, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(direct, b, 100, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST(a_mapping_is_the_disk)
{
	int fd = open_disk(O_RDWR);
	char *p, c;

	ASSERT_GE(fd, 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	ASSERT_TRUE(p != MAP_FAILED);
	p[5000] = 'm';
	ASSERT_EQ(0, msync(p, 8192, MS_SYNC));
	ASSERT_EQ(1, pread(fd, &c, 1, 4096 + 5000));
	EXPECT_EQ('m', c);
}

TEST(the_end_is_the_end)
{
	unsigned long long size;
	unsigned long sectors;
	char buf[8192] = {};
	int fd = open_disk(O_RDWR);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ioctl(fd, BLKGETSIZE64, &size));
	ASSERT_EQ(0, ioctl(fd, BLKGETSIZE, &sectors));
	EXPECT_EQ(size / 512, (unsigned long long)sectors);
	EXPECT_EQ((off_t)size, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(4096, pread(fd, buf, 8192, size - 4096));
	EXPECT_EQ(0, pread(fd, buf, 8192, size));
	EXPECT_EQ(4096, pwrite(fd, buf, 8192, size - 4096));
	EXPECT_EQ(-1, pwrite(fd, buf, 1, size));
	EXPECT_EQ(ENOSPC, errno);
}

TEST(sizes_and_read_only)
{
	int fd = open_disk(O_RDWR), v, one = 1, zero = 0;
	char c = 0;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ioctl(fd, BLKSSZGET, &v));
	EXPECT_EQ(512, v);
	ASSERT_EQ(0, ioctl(fd, BLKBSZGET, &v));
	EXPECT_EQ(4096, v);
	v = 1024;
	ASSERT_EQ(0, ioctl(fd, BLKBSZSET, &v));
	ASSERT_EQ(0, ioctl(fd, BLKBSZGET, &v));
	EXPECT_EQ(1024, v);
	ASSERT_EQ(0, ioctl(fd, BLKROSET, &one));
	EXPECT_EQ(-1, pwrite(fd, &c, 1, 0));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, ioctl(fd, BLKROSET, &zero));
	EXPECT_EQ(1, pwrite(fd, &c, 1, 0));
	EXPECT_EQ(-1, ioctl(fd, 0x1299));
	EXPECT_EQ(ENOTTY, errno);
}

TEST(discard_and_zeroing)
{
	unsigned long long range[2] = {1 << 20, 65536};
	char *a = aligned(65536), zero[512] = {};
	int fd = open_disk(O_RDWR);

	ASSERT_GE(fd, 0);
	fill(a, 65536, 4);
	ASSERT_EQ(65536, pwrite(fd, a, 65536, 1 << 20));
	ASSERT_EQ(0, ioctl(fd, BLKDISCARD, range)); /* a ramdisk frees the pages */
	ASSERT_EQ(65536, pread(fd, a, 65536, 1 << 20));
	EXPECT_EQ(0, memcmp(a + 512, zero, 512));
	fill(a, 65536, 5);
	ASSERT_EQ(65536, pwrite(fd, a, 65536, 1 << 20));
	ASSERT_EQ(0, ioctl(fd, BLKZEROOUT, range));
	ASSERT_EQ(65536, pread(fd, a, 65536, 1 << 20));
	EXPECT_EQ(0, memcmp(a + 65024, zero, 512));
	range[0] = 100;
	EXPECT_EQ(-1, ioctl(fd, BLKZEROOUT, range));
	EXPECT_EQ(EINVAL, errno);
}

TEST(exclusive_use_is_exclusive)
{
	int fd = open_disk(O_RDWR | O_EXCL), other;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, open(DISK, O_RDONLY | O_EXCL));
	EXPECT_EQ(EBUSY, errno);
	other = open(DISK, O_RDONLY);
	EXPECT_GE(other, 0);
	close(fd);
	fd = open(DISK, O_RDONLY | O_EXCL);
	EXPECT_GE(fd, 0);
}

TEST(advice_does_not_end_exclusive_use)
{
	int fd = open_disk(O_RDWR | O_EXCL);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM));
	EXPECT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL));
	close(fd);
	fd = open(DISK, O_RDWR | O_EXCL);
	EXPECT_GE(fd, 0);
	close(fd);
	fd = open(DISK, O_RDWR);
	EXPECT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM));
	close(fd);
	fd = open(DISK, O_RDWR | O_EXCL);
	EXPECT_GE(fd, 0);
}

TEST(partitions_by_hand)
{
	struct blkpg_partition p = {.start = 1 << 20, .length = 1 << 20, .pno = 1};
	struct blkpg_ioctl_arg arg = {.op = BLKPG_ADD_PARTITION, .data = &p};
	int fd = open_disk(O_RDWR), part;
	char a[4096], b[4096];
	struct stat st;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ioctl(fd, BLKPG, &arg));
	EXPECT_EQ(-1, ioctl(fd, BLKPG, &arg));
	EXPECT_EQ(EBUSY, errno);
	part = open(DISK "p1", O_RDWR);
	ASSERT_GE(part, 0);
	fill(a, sizeof(a), 6);
	ASSERT_EQ(4096, pwrite(part, a, 4096, 8192));
	ASSERT_EQ(0, fsync(part));
	ASSERT_EQ(4096, pread(fd, b, 4096, (1 << 20) + 8192));
	EXPECT_EQ(0, memcmp(a, b, 4096));
	EXPECT_EQ(-1, pwrite(part, a, 512, 1 << 20));
	EXPECT_EQ(ENOSPC, errno);
	arg.op = BLKPG_DEL_PARTITION;
	EXPECT_EQ(-1, ioctl(fd, BLKPG, &arg));
	EXPECT_EQ(EBUSY, errno);
	close(part);
	EXPECT_EQ(0, ioctl(fd, BLKPG, &arg));
	EXPECT_EQ(-1, stat(DISK "p1", &st));
}

static int inject(const char *what, const char *value)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/block/ram1/fail/%s", what);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1;
	close(fd);
	return ret;
}

TEST(errors_reach_the_caller)
{
	char *a = aligned(4096);
	int fd, other;

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	fd = open_disk(O_RDWR);
	ASSERT_GE(fd, 0);
	other = open(DISK, O_RDWR);
	ASSERT_GE(other, 0);
	memset(a, 7, 4096);
	ASSERT_EQ(0, ioctl(fd, BLKFLSBUF));
	ASSERT_EQ(0, inject("read", "1+"));
	EXPECT_EQ(-1, pread(fd, a, 4096, 3 << 20));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(0, inject("read", "0"));
	EXPECT_EQ(4096, pread(fd, a, 4096, 3 << 20)); /* tried again, not remembered */
	ASSERT_EQ(4096, pwrite(fd, a, 4096, 3 << 20));
	ASSERT_EQ(0, inject("write", "1+"));
	EXPECT_EQ(-1, fsync(fd));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(0, inject("write", "0"));
	EXPECT_EQ(0, fsync(fd)); /* told once */
	EXPECT_EQ(-1, fsync(other)); /* to each that was open */
	EXPECT_EQ(EIO, errno);
}

TEST_MAIN
