/* SPDX-License-Identifier: MIT */
/*
 * Random operations on a file against a model in memory: writes, reads, truncation, mappings,
 * preallocation, holes, zeroed ranges, fsync, reopening. FSX_DIR chooses the file system (default
 * /tmp), FSX_OPS how many. What a file system does not offer (EOPNOTSUPP) is left out.
 */
#include "../harness.h"
#include <sys/mman.h>
#include <sys/stat.h>

#define MAX_LEN (300 * 1024)

#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE  1
#define FALLOC_FL_PUNCH_HOLE 2
#define FALLOC_FL_ZERO_RANGE 16
#endif

static unsigned char model[MAX_LEN], buf[MAX_LEN];
static long size;
static int fd;
static char path[256];
static unsigned long state = 1;
static bool broken;

static unsigned int rnd(unsigned int n)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned int)((state >> 33) % n);
}

static void fail(const char *what, long off, long len)
{
	if (!broken)
		printf("# fsx: %s at %ld+%ld, size %ld: %s\n", what, off, len, size,
		       strerror(errno));
	broken = true;
}

static void compare(const unsigned char *got, long off, long len, const char *what)
{
	for (long i = 0; i < len; i++) {
		if (got[i] != model[off + i]) {
			printf("# fsx: %s: byte %ld is %02x, not %02x (size %ld)\n", what, off + i,
			       got[i], model[off + i], size);
			broken = true;
			return;
		}
	}
}

static void grow(long to)
{
	if (to > size) {
		memset(model + size, 0, (size_t)(to - size));
		size = to;
	}
}

static void op_write(long off, long len)
{
	grow(off);
	for (long i = 0; i < len; i++)
		buf[i] = (unsigned char)rnd(256);
	if (pwrite(fd, buf, (size_t)len, off) != len)
		fail("write", off, len);
	grow(off + len);
	memcpy(model + off, buf, (size_t)len);
}

static void op_read(long off, long len)
{
	long want = off >= size ? 0 : off + len > size ? size - off : len;

	if (pread(fd, buf, (size_t)len, off) != want)
		fail("read", off, len);
	else
		compare(buf, off, want, "read");
}

static void op_truncate(long to)
{
	if (ftruncate(fd, to))
		fail("truncate", to, 0);
	if (to < size)
		size = to;
	grow(to);
}

static void op_mapped(long off, long len, bool write)
{
	long page = 4096, start = off & ~(page - 1);
	unsigned char *p;

	if (off >= size)
		return;
	if (off + len > size)
		len = size - off;
	p = mmap(NULL, (size_t)(off + len - start), PROT_READ | PROT_WRITE, MAP_SHARED, fd, start);
	if (p == MAP_FAILED) {
		fail("mmap", off, len);
		return;
	}
	if (write) {
		for (long i = 0; i < len; i++)
			model[off + i] = p[off - start + i] = (unsigned char)rnd(256);
	} else {
		compare(p + (off - start), off, len, "mapped read");
	}
	munmap(p, (size_t)(off + len - start));
}

static void op_fallocate(long off, long len, int mode)
{
	if (fallocate(fd, mode, off, len)) {
		if (errno != EOPNOTSUPP)
			fail("fallocate", off, len);
		return;
	}
	if (!(mode & FALLOC_FL_KEEP_SIZE))
		grow(off + len);
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE) && off < size)
		memset(model + off, 0, (size_t)(off + len > size ? size - off : len));
}

static void op_reopen(void)
{
	close(fd);
	fd = open(path, O_RDWR);
	if (fd < 0)
		fail("open", 0, 0);
}

static void one_op(void)
{
	long off = rnd(3) ? rnd(MAX_LEN / 2) : (long)rnd(64) * 1024;
	long len = 1 + (rnd(2) ? rnd(5000) : rnd(40000));

	if (off + len > MAX_LEN)
		len = MAX_LEN - off;
	switch (rnd(13)) {
	case 0:
	case 1:
	case 2:
		op_write(off, len);
		break;
	case 3:
	case 4:
		op_read(off, len);
		break;
	case 5:
		op_truncate(rnd(MAX_LEN * 3 / 4));
		break;
	case 6:
		op_mapped(off, len, true);
		break;
	case 7:
		op_mapped(off, len, false);
		break;
	case 8:
		op_fallocate(off, len, rnd(2) ? FALLOC_FL_KEEP_SIZE : 0);
		break;
	case 9:
		op_fallocate(off, len, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
		break;
	case 10:
		op_fallocate(off, len, FALLOC_FL_ZERO_RANGE | (rnd(2) ? FALLOC_FL_KEEP_SIZE : 0));
		break;
	case 11:
		if (rnd(2) ? fsync(fd) : fdatasync(fd))
			fail("fsync", 0, 0);
		/* Clean pages go: what is read next comes from the disk. */
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		break;
	default:
		op_reopen();
	}
}

TEST_TIMEOUT(random_ops_match_the_model, 600)
{
	const char *dir = getenv("FSX_DIR"), *ops = getenv("FSX_OPS"), *seed = getenv("KTAP_SEED");
	int n = ops ? atoi(ops) : 1500;
	struct stat st;

	state = seed ? strtoul(seed, NULL, 0) : 1;
	snprintf(path, sizeof(path), "%s/fsx-%d", dir ? dir : "/tmp", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_TRUE(fd >= 0);
	for (int i = 0; i < n && !broken; i++) {
		one_op();
		if (i % 16 == 0 && !broken && (fstat(fd, &st) || st.st_size != size))
			fail("size", st.st_size, 0);
		if (broken)
			printf("# fsx: in operation %d\n", i);
	}
	op_read(0, MAX_LEN);
	EXPECT_TRUE(!broken);
	close(fd);
	if (!getenv("FSX_KEEP"))
		unlink(path);
}

TEST_MAIN
