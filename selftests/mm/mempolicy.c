/* SPDX-License-Identifier: MIT */
/* Memory policies and where pages are, on a machine with at least node 0. */
#include "../harness.h"
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static long set(int mode, const unsigned long *mask, unsigned long max)
{
	return syscall(SYS_set_mempolicy, mode, mask, max);
}

static long get(int *mode, unsigned long *mask, unsigned long max, const void *addr, long flags)
{
	return syscall(SYS_get_mempolicy, mode, mask, max, addr, flags);
}

static long bind_to(void *p, size_t len, int mode, const unsigned long *mask)
{
	return syscall(SYS_mbind, p, len, mode, mask, 65, 0);
}

static void *map(size_t pages)
{
	return mmap(NULL, pages * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST(a_task_has_one)
{
	unsigned long one = 1, none = 0, far = 1ul << 63, mask[16];
	int mode = -1;

	REQUIRE_CONFIG("NUMA");
	EXPECT_EQ(0, get(&mode, NULL, 0, NULL, 0));
	EXPECT_EQ(MPOL_DEFAULT, mode);
	ASSERT_EQ(0, set(MPOL_INTERLEAVE, &one, 65));
	memset(mask, 0xff, sizeof(mask));
	EXPECT_EQ(0, get(&mode, mask, 1025, NULL, 0));
	EXPECT_EQ(MPOL_INTERLEAVE, mode);
	EXPECT_TRUE(mask[0] == 1 && !mask[1] && !mask[15]);
	EXPECT_ERRNO(EINVAL, set(MPOL_BIND, &none, 65));
	EXPECT_ERRNO(EINVAL, set(MPOL_DEFAULT, &one, 65));
	EXPECT_ERRNO(EINVAL, set(99, &one, 65));
	EXPECT_ERRNO(EINVAL, set(MPOL_BIND, &far, 65));
	EXPECT_ERRNO(EFAULT, set(MPOL_BIND, (void *)-1L, 65));
	EXPECT_ERRNO(EINVAL, get(&mode, NULL, 0, NULL, 99));
	EXPECT_EQ(0, set(MPOL_DEFAULT, NULL, 0));
}

TEST(memory_has_one)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned long one = 1, mask = 0;
	char *p = map(4);
	int mode = -1;

	REQUIRE_CONFIG("NUMA");
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, bind_to(p + page, page, MPOL_BIND, &one));
	EXPECT_EQ(0, get(&mode, &mask, 65, p + page, MPOL_F_ADDR));
	EXPECT_EQ(MPOL_BIND, mode);
	EXPECT_EQ(1, (long)mask);
	EXPECT_EQ(0, get(&mode, NULL, 0, p, MPOL_F_ADDR));
	EXPECT_EQ(MPOL_DEFAULT, mode);
	EXPECT_ERRNO(EFAULT, get(&mode, NULL, 0, NULL, MPOL_F_ADDR));
	EXPECT_ERRNO(EINVAL, bind_to(p + 1, page, MPOL_BIND, &one));
	ASSERT_EQ(0, munmap(p + 2 * page, page));
	EXPECT_ERRNO(EFAULT, bind_to(p, 4 * page, MPOL_BIND, &one));
	EXPECT_EQ(0, bind_to(p, 4 * page, MPOL_DEFAULT, NULL));
}

TEST(pages_are_somewhere)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = map(3);
	void *pages[3] = {p, p + page, NULL};
	int status[3] = {99, 99, 99}, nowhere = -1;

	REQUIRE_CONFIG("NUMA");
	p[0] = 1;
	EXPECT_EQ(0, syscall(SYS_move_pages, 0, 3ul, pages, NULL, status, 0));
	EXPECT_TRUE(status[0] >= 0);
	EXPECT_EQ(-ENOENT, status[1]);
	EXPECT_EQ(-EFAULT, status[2]);
	EXPECT_ERRNO(ENODEV, syscall(SYS_move_pages, 0, 1ul, pages, &nowhere, status, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_move_pages, 0, 1ul, pages, NULL, status, 0x100));
	EXPECT_ERRNO(ESRCH, syscall(SYS_move_pages, 0x3fffffff, 1ul, pages, NULL, status, 0));
}

TEST_MAIN
