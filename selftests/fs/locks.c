/* SPDX-License-Identifier: MIT */
/* Record locks: fcntl(2), "Advisory record locking". */
#include "../harness.h"
#include <sys/mman.h>

static int set_lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock fl = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return fcntl(fd, cmd, &fl);
}

/* The state letter of /proc/@pid/stat is 'S': it waits. */
static bool sleeps(pid_t pid)
{
	char path[40], line[256], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (test_read_file(path, line, sizeof(line)) < 0)
		return false;
	p = strrchr(line, ')');
	return p && p[2] == 'S';
}

static void until_it_sleeps(pid_t pid)
{
	while (!sleeps(pid))
		usleep(1000);
	usleep(20000);
}

/*
 * B waits for two bytes, first behind A, then behind C. When C then asks for what B holds, the ring
 * is B -> C -> B: whom B waits for has changed since it went to sleep.
 */
TEST(deadlock_is_seen_after_the_holder_changed)
{
	char name[] = "/tmp/locks.XXXXXX";
	int fd = mkstemp(name), go[2], back[2];
	pid_t b, c;
	char who;

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(back));
	ASSERT_EQ(0, set_lock(fd, F_SETLK, F_WRLCK, 0, 1)); /* this process is A */
	b = fork();
	if (b == 0) {
		if (set_lock(fd, F_SETLK, F_WRLCK, 10, 1) || write(go[1], "b", 1) != 1)
			_exit(1);
		_exit(set_lock(fd, F_SETLKW, F_WRLCK, 0, 3) ? 2 : 0);
	}
	ASSERT_EQ(1, read(go[0], &who, 1));
	c = fork();
	if (c == 0) {
		if (set_lock(fd, F_SETLK, F_WRLCK, 2, 1) || write(go[1], "c", 1) != 1)
			_exit(1);
		if (read(back[0], &who, 1) != 1)
			_exit(1);
		alarm(10);
		_exit(set_lock(fd, F_SETLKW, F_WRLCK, 10, 1) < 0 && errno == EDEADLK ? 0 : 2);
	}
	ASSERT_EQ(1, read(go[0], &who, 1));
	until_it_sleeps(b);
	EXPECT_EQ(0, set_lock(fd, F_SETLK, F_UNLCK, 0, 1));
	until_it_sleeps(b);
	EXPECT_EQ(1, write(back[1], "", 1));
	EXPECT_EQ(0, test_wait(c));
	EXPECT_EQ(0, test_wait(b));
}

TEST(a_range_is_split_and_joined)
{
	char name[] = "/tmp/locks.XXXXXX";
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 100};
	int fd = mkstemp(name);
	pid_t pid;

	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ(0, set_lock(fd, F_SETLK, F_WRLCK, 0, 30));
	ASSERT_EQ(0, set_lock(fd, F_SETLK, F_UNLCK, 10, 10));
	pid = fork();
	if (pid == 0) {
		bool ok = fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_WRLCK && fl.l_start == 0 &&
			  fl.l_len == 10 && fl.l_pid == getppid();

		fl = (struct flock){.l_type = F_RDLCK, .l_start = 10, .l_len = 0};
		ok = ok && fcntl(fd, F_GETLK, &fl) == 0 && fl.l_start == 20 && fl.l_len == 10;
		fl = (struct flock){.l_type = F_WRLCK, .l_start = 10, .l_len = 10};
		_exit(ok && fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_UNLCK ? 0 : 1);
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST_MAIN
