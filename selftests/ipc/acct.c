/* SPDX-License-Identifier: MIT */
/* Process accounting: acct(2), acct(5). Needs root; on Linux, BSD_PROCESS_ACCT_V3. */
#include "../harness.h"
#include <linux/acct.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char name[] = "/tmp/acctXXXXXX";

static void need_root(void)
{
	int fd;

	REQUIRE_CONFIG("BSD_PROCESS_ACCT");
	if (geteuid())
		SKIP("not root");
	if (acct(NULL) && errno == ENOSYS)
		SKIP("acct is not built");
	mkdir("/tmp", 01777);
	fd = mkstemp(name);
	ASSERT_GE(fd, 0);
	close(fd);
}

static unsigned long comp(comp_t c)
{
	return (unsigned long)(c & 0x1fff) << (c >> 13) * 3;
}

TEST(errors)
{
	need_root();
	EXPECT_ERRNO(EISDIR, acct("/"));
	EXPECT_ERRNO(EACCES, acct("/dev/null"));
	EXPECT_ERRNO(ENOENT, acct("/tmp/no-such-file"));
	EXPECT_ERRNO(ENOTDIR, acct("/dev/null/x"));
	EXPECT_ERRNO(EFAULT, acct(test_bad_pointer));
	unlink(name);
	ASSERT_EQ(0, setuid(1000));
	EXPECT_ERRNO(EPERM, acct(NULL));
	EXPECT_ERRNO(EPERM, acct(name));
}

TEST(records)
{
	struct acct_v3 ac[4];
	struct rlimit none = {0, 0};
	struct stat st;
	pid_t a, b;
	int fd;

	need_root();
	if (test_config("BSD_PROCESS_ACCT") < 0)
		SKIP("other processes end here meanwhile");
	if (acct(name))
		SKIP("accounting cannot be turned on");
	a = fork();
	if (!a) {
		volatile unsigned long n = 0;
		double end = test_now() + 0.15;

		while (test_now() < end)
			n++;
		ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
		ASSERT_EQ(0, setresgid(7, 8, 8));
		ASSERT_EQ(0, setresuid(1234, 5, 5));
		_exit(3);
	}
	test_wait(a);
	b = fork();
	if (!b)
		for (;;)
			pause();
	kill(b, SIGKILL);
	test_wait(b);
	EXPECT_EQ(0, acct(NULL));
	if (!fork())
		_exit(0);
	wait(NULL);
	ASSERT_EQ(0, stat(name, &st));
	ASSERT_EQ(2 * 64, st.st_size);
	fd = open(name, O_RDONLY);
	ASSERT_EQ(128, read(fd, ac, sizeof(ac)));
	unlink(name);
	EXPECT_EQ(3, ac[0].ac_version);
	EXPECT_EQ((uint32_t)a, ac[0].ac_pid);
	EXPECT_EQ((uint32_t)getpid(), ac[0].ac_ppid);
	EXPECT_EQ(3u << 8, ac[0].ac_exitcode);
	EXPECT_EQ(1234u, ac[0].ac_uid);
	EXPECT_EQ(7u, ac[0].ac_gid);
	EXPECT_EQ(AFORK, ac[0].ac_flag & (AFORK | AXSIG | ACORE));
	EXPECT_TRUE(ac[0].ac_flag & ASU);
	EXPECT_LE(14, ac[0].ac_etime);
	EXPECT_LE(5ul, comp(ac[0].ac_utime) + comp(ac[0].ac_stime));
	EXPECT_LE(comp(ac[0].ac_utime) + comp(ac[0].ac_stime), ac[0].ac_etime + 10);
	EXPECT_LT(0ul, comp(ac[0].ac_mem));
	EXPECT_LE(time(NULL) - 30, ac[0].ac_btime);
	EXPECT_LE(ac[0].ac_btime, time(NULL));
	EXPECT_EQ(0, strncmp(ac[0].ac_comm, "acct", 4));
	EXPECT_EQ((uint32_t)b, ac[1].ac_pid);
	EXPECT_EQ((uint32_t)SIGKILL, ac[1].ac_exitcode);
	EXPECT_TRUE(ac[1].ac_flag & AXSIG);
}

TEST_MAIN
