/* SPDX-License-Identifier: MIT */
/*
 * uname(2), sysinfo(2), sysconf(3), getrandom(2): what a program learns about the machine it runs
 * on.
 */
#include "../harness.h"
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

TEST(uname_names_a_linux_of_this_machine)
{
	struct utsname u;
	int major = 0;

	ASSERT_EQ(0, uname(&u));
	EXPECT_STREQ("Linux", u.sysname);
#if defined(__x86_64__)
	EXPECT_STREQ("x86_64", u.machine);
#else
	EXPECT_STREQ("aarch64", u.machine);
#endif
	EXPECT_EQ(1, sscanf(u.release, "%d.", &major));
	EXPECT_GE(major, 3);
	EXPECT_NE('\0', u.version[0]);
}

TEST(sethostname_is_seen_by_uname)
{
	char long_name[65] = "x";
	struct utsname u;

	if (geteuid())
		SKIP("needs root");
	ASSERT_EQ(0, uname(&u));
	ASSERT_EQ(0, sethostname("selftest-host", 13));
	ASSERT_EQ(0, uname(&u));
	EXPECT_STREQ("selftest-host", u.nodename);
	EXPECT_ERRNO(EINVAL, sethostname(long_name, 65));
}

TEST(sysinfo_agrees_with_itself)
{
	struct sysinfo s;

	ASSERT_EQ(0, sysinfo(&s));
	EXPECT_GE(s.mem_unit, 1);
	EXPECT_GT(s.totalram, 0);
	EXPECT_LE(s.freeram, s.totalram);
	EXPECT_GE((uint64_t)s.totalram * s.mem_unit, 4u << 20);
	EXPECT_GE(s.procs, 1);
	EXPECT_GE(s.uptime, 0);
}

/* Others may free memory meanwhile: one try in ten is enough. */
TEST(sysinfo_freeram_follows_use)
{
	const size_t size = 16 << 20;
	bool seen = false;

	for (int try = 0; try < 10 && !seen; try++) {
		struct sysinfo before, during;
		volatile char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ASSERT_TRUE(p != MAP_FAILED);
		ASSERT_EQ(0, sysinfo(&before));
		for (size_t i = 0; i < size; i += 4096)
			p[i] = 1;
		ASSERT_EQ(0, sysinfo(&during));
		seen = (uint64_t)before.freeram * before.mem_unit -
			       (uint64_t)during.freeram * during.mem_unit >=
		       size / 2;
		munmap((char *)p, size);
	}
	EXPECT_TRUE(seen);
}

TEST(getrandom_fills_and_differs)
{
	unsigned char a[4096], b[4096];
	int zeros = 0;

	ASSERT_EQ(4096, getrandom(a, sizeof(a), 0));
	ASSERT_EQ(4096, getrandom(b, sizeof(b), 0));
	EXPECT_NE(0, memcmp(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++)
		zeros += a[i] == 0;
	EXPECT_LT(zeros, 64);
	EXPECT_EQ(0, getrandom(a, 0, 0));
}

TEST(getrandom_refuses_unknown_flags)
{
	char c;

	EXPECT_ERRNO(EINVAL, getrandom(&c, 1, 0x80));
	EXPECT_ERRNO(EINVAL, getrandom(&c, 1, GRND_RANDOM | 4));
	EXPECT_ERRNO(EFAULT, getrandom(test_bad_pointer, 1, 0));
}

TEST(there_is_at_least_one_cpu)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	EXPECT_GE(n, 1);
	EXPECT_LE(n, sysconf(_SC_NPROCESSORS_CONF));
	EXPECT_EQ(4096, sysconf(_SC_PAGESIZE));
}

TEST_MAIN
