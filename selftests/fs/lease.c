/* SPDX-License-Identifier: MIT */
/* Leases (fcntl(2) F_SETLEASE), limits of pipes (pipe(7)), sysfs(2), ustat(2). */
#include "../harness.h"
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static volatile sig_atomic_t signals;

static void count(int sig)
{
	signals++;
}

static int make(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);

	ASSERT_GE(fd, 0);
	return fd;
}

TEST(lease_types)
{
	int rw, ro;

	REQUIRE_CONFIG("LEASES");
	rw = make("/tmp/lease");
	EXPECT_EQ(F_UNLCK, fcntl(rw, F_GETLEASE));
	EXPECT_ERRNO(EAGAIN, fcntl(rw, F_SETLEASE, F_RDLCK)); /* open for writing */
	EXPECT_EQ(0, fcntl(rw, F_SETLEASE, F_WRLCK));
	EXPECT_EQ(F_WRLCK, fcntl(rw, F_GETLEASE));
	EXPECT_EQ(0, fcntl(rw, F_SETLEASE, F_UNLCK));
	EXPECT_ERRNO(EAGAIN, fcntl(rw, F_SETLEASE, F_UNLCK));
	EXPECT_ERRNO(EINVAL, fcntl(rw, F_SETLEASE, 77));
	ro = open("/tmp/lease", O_RDONLY);
	EXPECT_ERRNO(EAGAIN, fcntl(rw, F_SETLEASE, F_WRLCK)); /* not the only one */
	EXPECT_ERRNO(EAGAIN, fcntl(ro, F_SETLEASE, F_RDLCK));
	close(rw);
	EXPECT_EQ(0, fcntl(ro, F_SETLEASE, F_RDLCK));
	EXPECT_EQ(F_RDLCK, fcntl(ro, F_GETLEASE));
	rw = open("/tmp/lease", O_RDONLY); /* not against it */
	EXPECT_GE(rw, 0);
	EXPECT_ERRNO(EINVAL, fcntl(open("/", O_RDONLY), F_SETLEASE, F_RDLCK));
	unlink("/tmp/lease");
}

TEST(opening_breaks_a_lease)
{
	int fd, status;
	pid_t pid;

	REQUIRE_CONFIG("LEASES");
	signal(SIGIO, count);
	fd = make("/tmp/lease2");
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_WRLCK));
	pid = fork();
	if (!pid) {
		double start = test_now();

		close(fd);
		if (open("/tmp/lease2", O_RDONLY | O_NONBLOCK) >= 0 || errno != EWOULDBLOCK)
			_exit(1);
		if (open("/tmp/lease2", O_RDONLY) < 0)
			_exit(2);
		_exit(test_now() - start < 0.05 ? 3 : 0);
	}
	while (!signals)
		test_sleep_ms(5);
	EXPECT_EQ(F_RDLCK, fcntl(fd, F_GETLEASE)); /* it may stay as that */
	test_sleep_ms(100);
	EXPECT_EQ(0, fcntl(fd, F_SETLEASE, F_UNLCK));
	status = test_wait(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	unlink("/tmp/lease2");
}

TEST(closing_ends_a_lease)
{
	int fd;

	REQUIRE_CONFIG("LEASES");
	fd = make("/tmp/lease3");
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_WRLCK));
	close(fd);
	fd = open("/tmp/lease3", O_RDWR | O_NONBLOCK);
	EXPECT_GE(fd, 0);
	unlink("/tmp/lease3");
}

/* Nobody gives it up: after the time it is taken. */
TEST(a_lease_is_taken_after_its_time)
{
	FILE *f;
	int fd;

	REQUIRE_CONFIG("LEASES");
	REQUIRE_CONFIG("PROC_SYSCTL");
	signal(SIGIO, SIG_IGN);
	f = fopen("/proc/sys/fs/lease-break-time", "w");
	ASSERT_TRUE(f != NULL);
	fprintf(f, "1\n");
	fclose(f);
	fd = make("/tmp/lease4");
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_WRLCK));
	EXPECT_EQ(0, truncate("/tmp/lease4", 5));
	EXPECT_EQ(F_UNLCK, fcntl(fd, F_GETLEASE));
	f = fopen("/proc/sys/fs/lease-break-time", "w");
	fprintf(f, "45\n");
	fclose(f);
	unlink("/tmp/lease4");
}

static long setting(const char *path)
{
	char text[32];

	return test_read_file(path, text, sizeof(text)) > 0 ? atol(text) : -1;
}

TEST(pipe_limits)
{
	long max, soft;
	int status, p[2];
	pid_t pid;

	REQUIRE_CONFIG("PROC_SYSCTL");
	max = setting("/proc/sys/fs/pipe-max-size");
	soft = setting("/proc/sys/fs/pipe-user-pages-soft");
	EXPECT_EQ(1048576, max);
	EXPECT_GT(soft, 0);
	pid = fork();
	if (!pid) {
		long used = 0, size = 0;

		if (setgid(1000) || setuid(1000))
			_exit(1);
		if (pipe(p) || fcntl(p[1], F_SETPIPE_SZ, max * 2) != -1 || errno != EPERM)
			_exit(2);
		close(p[0]);
		close(p[1]);
		for (int i = 0; i < 100 && used <= soft; i++) {
			if (pipe(p))
				_exit(3);
			size = fcntl(p[1], F_SETPIPE_SZ, max);
			if (size != max)
				break;
			used += max / 4096;
		}
		if (size != -1 || errno != EPERM)
			_exit(4);
		while (fcntl(p[1], F_GETPIPE_SZ) == 65536) /* then pipes get smaller */
			if (pipe(p))
				_exit(5);
		_exit(fcntl(p[1], F_GETPIPE_SZ) == 8192 ? 0 : 6);
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(65536, fcntl(p[0], F_GETPIPE_SZ));
}

#ifdef SYS_sysfs
TEST(sysfs_names_types)
{
	char name[64];
	long n, i;

	REQUIRE_CONFIG("SYSFS_SYSCALL");
	n = syscall(SYS_sysfs, 3);
	ASSERT_GT(n, 1);
	i = syscall(SYS_sysfs, 1, "tmpfs");
	ASSERT_TRUE(i >= 0 && i < n);
	EXPECT_EQ(0, syscall(SYS_sysfs, 2, i, name));
	EXPECT_STREQ("tmpfs", name);
	EXPECT_ERRNO(EINVAL, syscall(SYS_sysfs, 1, "no-such-fs"));
	EXPECT_ERRNO(EINVAL, syscall(SYS_sysfs, 2, 1000, name));
	EXPECT_ERRNO(EINVAL, syscall(SYS_sysfs, 4));
	EXPECT_ERRNO(EFAULT, syscall(SYS_sysfs, 1, test_bad_pointer));
	EXPECT_ERRNO(EFAULT, syscall(SYS_sysfs, 2, 0, test_bad_pointer));
}

TEST(ustat_by_device)
{
	char u[64];
	struct stat st;

	REQUIRE_CONFIG("SYSFS_SYSCALL");
	ASSERT_EQ(0, stat("/", &st));
	EXPECT_EQ(0, syscall(SYS_ustat, (unsigned int)st.st_dev, u));
	EXPECT_ERRNO(EINVAL, syscall(SYS_ustat, 0xfffffffful, u));
	EXPECT_ERRNO(EFAULT, syscall(SYS_ustat, (unsigned int)st.st_dev, test_bad_pointer));
}
#endif

TEST_MAIN
