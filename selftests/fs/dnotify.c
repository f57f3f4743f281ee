/* SPDX-License-Identifier: MIT */
/* fcntl(2) F_NOTIFY. */
#include "../harness.h"
#include <sys/stat.h>

static volatile int seen, last_fd;

static void on_signal(int sig, siginfo_t *info, void *uc)
{
	seen++;
	last_fd = info->si_fd;
}

static int watch(unsigned long what)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	char dir[] = "/tmp/dnXXXXXX";
	int fd;

	REQUIRE_CONFIG("DNOTIFY");
	ASSERT_TRUE(mkdtemp(dir) != NULL);
	ASSERT_EQ(0, chdir(dir));
	ASSERT_EQ(0, sigaction(SIGRTMIN + 1, &sa, NULL));
	fd = open(".", O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGRTMIN + 1));
	ASSERT_EQ(0, fcntl(fd, F_NOTIFY, what));
	return fd;
}

TEST(once_unless_asked_for_more)
{
	int fd = watch(DN_CREATE);

	ASSERT_EQ(0, mkdir("a", 0700));
	EXPECT_EQ(1, seen);
	EXPECT_EQ(fd, last_fd);
	ASSERT_EQ(0, mkdir("b", 0700));
	EXPECT_EQ(1, seen);
	ASSERT_EQ(0, fcntl(fd, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT));
	ASSERT_EQ(0, rmdir("a"));
	ASSERT_EQ(0, mkdir("c", 0700));
	EXPECT_EQ(3, seen);
	ASSERT_EQ(0, fcntl(fd, F_NOTIFY, 0));
	ASSERT_EQ(0, rmdir("c"));
	EXPECT_EQ(3, seen);
	ASSERT_EQ(0, rmdir("b"));
}

TEST(what_happens_to_files_in_it)
{
	int fd = watch(DN_MODIFY | DN_ATTRIB | DN_MULTISHOT), file;

	file = open("f", O_CREAT | O_RDWR, 0600);
	ASSERT_GE(file, 0);
	EXPECT_EQ(0, seen);
	ASSERT_EQ(1, write(file, "x", 1));
	EXPECT_EQ(1, seen);
	ASSERT_EQ(0, chmod("f", 0644));
	EXPECT_EQ(2, seen);
	ASSERT_EQ(0, close(fd)); /* and nothing more */
	ASSERT_EQ(0, chmod("f", 0600));
	EXPECT_EQ(2, seen);
	ASSERT_ERRNO(ENOTDIR, fcntl(file, F_NOTIFY, DN_MODIFY));
	ASSERT_EQ(0, unlink("f"));
}

TEST(renames_within_only)
{
	watch(DN_RENAME | DN_MULTISHOT);
	ASSERT_EQ(0, mkdir("a", 0700));
	ASSERT_EQ(0, mkdir("b", 0700));
	ASSERT_EQ(0, rename("b", "a/b"));
	EXPECT_EQ(0, seen);
	ASSERT_EQ(0, rename("a/b", "b"));
	EXPECT_EQ(0, seen);
	ASSERT_EQ(0, rename("b", "c"));
	EXPECT_EQ(1, seen);
	ASSERT_EQ(0, rmdir("a"));
	ASSERT_EQ(0, rmdir("c"));
}

TEST_MAIN
