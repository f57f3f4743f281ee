/* SPDX-License-Identifier: MIT */
/* madvise(2), process_madvise(2) and remap_file_pages(2): what they do and what they refuse. */
#include "../harness.h"
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE 4096ul

#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static char *map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

TEST(cold_and_paged_out_memory_keeps_its_contents)
{
	char *p = map(64 * PAGE);

	memset(p, 7, 64 * PAGE);
	EXPECT_EQ(0, madvise(p, 64 * PAGE, MADV_COLD));
	EXPECT_EQ(0, madvise(p, 64 * PAGE, MADV_PAGEOUT));
	for (size_t i = 0; i < 64 * PAGE; i++)
		ASSERT_EQ(7, p[i]);
	ASSERT_EQ(0, mlock(p, PAGE));
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, MADV_COLD));
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, MADV_PAGEOUT));
	EXPECT_ERRNO(EINVAL, madvise(p + 1, PAGE, MADV_COLD));
	ASSERT_EQ(0, munmap(p + 8 * PAGE, PAGE));
	EXPECT_ERRNO(ENOMEM, madvise(p + 4 * PAGE, 8 * PAGE, MADV_COLD));
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, 12345));
}

static long advise(int fd, struct iovec *v, size_t n, int advice, unsigned int flags)
{
	return syscall(SYS_process_madvise, fd, v, n, advice, flags);
}

TEST(another_process_is_advised)
{
	char *p = map(16 * PAGE);
	struct iovec v[2] = {{p, 4 * PAGE}, {p + 8 * PAGE, 4 * PAGE}};
	int fd, go[2];
	pid_t child;

	REQUIRE_CONFIG("PROCESS_MADVISE");
	memset(p, 1, 16 * PAGE);
	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		char c;

		(void)!read(go[0], &c, 1);
		for (size_t i = 0; i < 16 * PAGE; i++)
			if (p[i] != 1)
				_exit(1);
		_exit(0);
	}
	fd = syscall(SYS_pidfd_open, child, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(8 * (long)PAGE, advise(fd, v, 2, MADV_COLD, 0));
	EXPECT_EQ(8 * (long)PAGE, advise(fd, v, 2, MADV_PAGEOUT, 0));
	EXPECT_EQ(0, advise(fd, v, 0, MADV_COLD, 0));
	EXPECT_ERRNO(EINVAL, advise(fd, v, 2, MADV_DONTNEED, 0));
	EXPECT_ERRNO(EINVAL, advise(fd, v, 2, MADV_COLD, 1));
	EXPECT_ERRNO(EBADF, advise(-1, v, 2, MADV_COLD, 0));
	v[1].iov_base = (void *)0x10000;
	EXPECT_EQ(4 * (long)PAGE, advise(fd, v, 2, MADV_COLD, 0));
	EXPECT_ERRNO(ENOMEM, advise(fd, v + 1, 1, MADV_COLD, 0));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(0, test_wait(child));
	EXPECT_ERRNO(ESRCH, advise(fd, v, 1, MADV_COLD, 0));
}

TEST(pages_of_a_file_are_rearranged)
{
	int fd = open("/tmp/remap", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p;

	ASSERT_GE(fd, 0);
	for (int i = 0; i < 4; i++) {
		char page[PAGE];

		memset(page, 'a' + i, sizeof(page));
		ASSERT_EQ((ssize_t)sizeof(page), write(fd, page, sizeof(page)));
	}
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, syscall(SYS_remap_file_pages, p, PAGE, 0, 3, 0));
	ASSERT_EQ(0, syscall(SYS_remap_file_pages, p + 3 * PAGE, PAGE, 0, 0, 0));
	EXPECT_EQ('d', p[0]);
	EXPECT_EQ('b', p[PAGE]);
	EXPECT_EQ('a', p[3 * PAGE]);
	p[0] = 'x';
	EXPECT_EQ(1, pread(fd, p + PAGE, 1, 3 * PAGE));
	EXPECT_EQ('x', p[PAGE]);
	EXPECT_ERRNO(EINVAL, syscall(SYS_remap_file_pages, p, PAGE, PROT_READ, 0, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_remap_file_pages, map(PAGE), PAGE, 0, 0, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_remap_file_pages, p, 0, 0, 0, 0));
	munmap(p, 4 * PAGE);
	close(fd);
	unlink("/tmp/remap");
}

TEST_MAIN
