/* SPDX-License-Identifier: MIT */
/*
 * Files and directories on the root and on tmpfs: open(2), read(2), lseek(2), rename(2), link(2),
 * unlink(2), stat(2), getdents(2), permissions.
 */
#include "../harness.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

FIXTURE(dir)
{
	char path[64];
};

FIXTURE_SETUP(dir)
{
	strcpy(self->path, "/tmp/dirXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, chdir(self->path));
}

FIXTURE_TEARDOWN(dir)
{
	DIR *d = opendir(".");
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (unlink(e->d_name))
			rmdir(e->d_name);
	if (d)
		closedir(d);
	if (chdir("/") || rmdir(self->path))
		NOTE("%s stays: %s", self->path, strerror(errno));
}

static void make(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	ASSERT_EQ(0, close(fd));
}

static const char *contents(const char *name)
{
	static char buf[4096];

	return test_read_file(name, buf, sizeof(buf)) < 0 ? "(none)" : buf;
}

TEST_F(dir, what_is_written_is_read)
{
	make("a", "hello");
	EXPECT_STREQ("hello", contents("a"));
	make("a", "x");
	EXPECT_STREQ("x", contents("a"));
}

TEST_F(dir, open_flags)
{
	struct stat st;
	int fd;

	make("a", "abc");
	EXPECT_ERRNO(EEXIST, open("a", O_CREAT | O_EXCL | O_WRONLY, 0644));
	EXPECT_ERRNO(ENOENT, open("none", O_RDONLY));
	EXPECT_ERRNO(ENOTDIR, open("a/b", O_RDONLY));
	EXPECT_ERRNO(ENOTDIR, open("a", O_RDONLY | O_DIRECTORY));
	EXPECT_ERRNO(EISDIR, open(".", O_WRONLY));
	fd = open("a", O_WRONLY | O_APPEND);
	ASSERT_GE(fd, 0);
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(3, write(fd, "def", 3));
	EXPECT_STREQ("abcdef", contents("a"));
	close(fd);
	fd = open("a", O_RDWR | O_TRUNC);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(0, st.st_size);
	close(fd);
}

TEST_F(dir, seek_and_holes)
{
	char buf[10];
	int fd = open("a", O_CREAT | O_RDWR, 0644);

	ASSERT_EQ(1000000, lseek(fd, 1000000, SEEK_SET));
	ASSERT_EQ(3, write(fd, "end", 3));
	EXPECT_EQ(1000003, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(10, pread(fd, buf, 10, 500000));
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(0, buf[i]);
	EXPECT_EQ(3, pread(fd, buf, 10, 1000000));
	EXPECT_EQ(0, pread(fd, buf, 10, 2000000));
	EXPECT_ERRNO(EINVAL, lseek(fd, -1, SEEK_SET));
	EXPECT_ERRNO(EINVAL, lseek(fd, 0, 99));
	EXPECT_EQ(1000003, lseek(fd, 0, SEEK_CUR));
}

TEST_F(dir, pwrite_leaves_the_position)
{
	char c;
	int fd = open("a", O_CREAT | O_RDWR, 0644);

	ASSERT_EQ(6, write(fd, "abcdef", 6));
	ASSERT_EQ(1, lseek(fd, 1, SEEK_SET));
	ASSERT_EQ(1, pwrite(fd, "X", 1, 4));
	ASSERT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ('b', c);
	EXPECT_STREQ("abcdXf", contents("a"));
}

TEST_F(dir, vectors)
{
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	volatile int negative = -1;

	EXPECT_EQ(5, writev(fd, v, 3));
	EXPECT_STREQ("abcde", contents("a"));
	EXPECT_ERRNO(EINVAL, writev(fd, v, negative));
}

TEST_F(dir, large_files_keep_their_contents)
{
	static char block[65536], back[65536];
	int fd = open("a", O_CREAT | O_RDWR, 0644);

	for (int i = 0; i < 64; i++) {
		for (size_t k = 0; k < sizeof(block); k++)
			block[k] = i * 7 + k * 3 + (k >> 9);
		ASSERT_EQ((ssize_t)sizeof(block), write(fd, block, sizeof(block)));
	}
	for (int i = 63; i >= 0; i--) {
		for (size_t k = 0; k < sizeof(block); k++)
			block[k] = i * 7 + k * 3 + (k >> 9);
		ASSERT_EQ((ssize_t)sizeof(back),
			  pread(fd, back, sizeof(back), (off_t)i * sizeof(back)));
		ASSERT_EQ(0, memcmp(block, back, sizeof(back)));
	}
}

TEST_F(dir, truncate_both_ways)
{
	make("a", "abcdef");
	ASSERT_EQ(0, truncate("a", 3));
	EXPECT_STREQ("abc", contents("a"));
	ASSERT_EQ(0, truncate("a", 5));
	EXPECT_EQ(0, memcmp("abc\0\0", contents("a"), 5));
	EXPECT_ERRNO(EINVAL, truncate("a", -1));
	EXPECT_ERRNO(EISDIR, truncate(".", 0));
}

TEST_F(dir, links_count)
{
	struct stat st;

	make("a", "x");
	ASSERT_EQ(0, link("a", "b"));
	ASSERT_EQ(0, stat("b", &st));
	EXPECT_EQ(2, st.st_nlink);
	ASSERT_EQ(0, unlink("a"));
	ASSERT_EQ(0, stat("b", &st));
	EXPECT_EQ(1, st.st_nlink);
	EXPECT_STREQ("x", contents("b"));
	EXPECT_ERRNO(EEXIST, link("b", "b"));
	EXPECT_ERRNO(EPERM, link(".", "d"));
}

TEST_F(dir, an_unlinked_file_lives_while_open)
{
	char buf[4] = "";
	struct stat st;
	int fd;

	make("a", "abc");
	fd = open("a", O_RDONLY);
	ASSERT_EQ(0, unlink("a"));
	EXPECT_EQ(3, read(fd, buf, 3));
	EXPECT_STREQ("abc", buf);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_ERRNO(ENOENT, unlink("a"));
}

TEST_F(dir, rename_replaces)
{
	make("a", "A");
	make("b", "B");
	ASSERT_EQ(0, rename("a", "b"));
	EXPECT_STREQ("A", contents("b"));
	EXPECT_EQ(-1, access("a", F_OK));
	ASSERT_EQ(0, mkdir("d", 0755));
	EXPECT_ERRNO(EISDIR, rename("b", "d"));
	EXPECT_ERRNO(ENOTDIR, rename("d", "b"));
	ASSERT_EQ(0, mkdir("d/e", 0755));
	EXPECT_ERRNO(EINVAL, rename("d", "d/e/f"));
	ASSERT_EQ(0, mkdir("x", 0755));
	EXPECT_ERRNO(ENOTEMPTY, rename("x", "d"));
	ASSERT_EQ(0, rename("d/e", "e"));
	EXPECT_EQ(0, rmdir("e"));
}

TEST_F(dir, directories)
{
	struct stat st;

	ASSERT_EQ(0, mkdir("d", 0755));
	EXPECT_ERRNO(EEXIST, mkdir("d", 0755));
	ASSERT_EQ(0, stat("d", &st));
	EXPECT_TRUE(S_ISDIR(st.st_mode));
	make("d/f", "x");
	EXPECT_ERRNO(ENOTEMPTY, rmdir("d"));
	EXPECT_ERRNO(EISDIR, unlink("d"));
	EXPECT_ERRNO(ENOTDIR, rmdir("d/f"));
	ASSERT_EQ(0, unlink("d/f"));
	ASSERT_EQ(0, rmdir("d"));
	EXPECT_ERRNO(EINVAL, rmdir("."));
}

TEST_F(dir, many_names_are_all_listed)
{
	bool seen[500] = {false};
	struct dirent *e;
	char name[32];
	int n = 0;
	DIR *d;

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "file-with-a-number-%d", i);
		make(name, "");
	}
	d = opendir(".");
	ASSERT_TRUE(d != NULL);
	while ((e = readdir(d)) != NULL) {
		int i;

		if (sscanf(e->d_name, "file-with-a-number-%d", &i) == 1) {
			EXPECT_TRUE(!seen[i]);
			seen[i] = true;
			n++;
		}
	}
	EXPECT_EQ(500, n);
	closedir(d);
}

TEST_F(dir, removing_while_listing)
{
	struct dirent *e;
	char name[16];
	DIR *d;

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		make(name, "");
	}
	d = opendir(".");
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] == 'f')
			ASSERT_EQ(0, unlink(e->d_name));
	rewinddir(d);
	while ((e = readdir(d)) != NULL)
		EXPECT_EQ('.', e->d_name[0]);
	closedir(d);
}

TEST_F(dir, symlinks)
{
	struct stat st;
	char buf[64];

	make("a", "x");
	ASSERT_EQ(0, symlink("a", "l"));
	EXPECT_STREQ("x", contents("l"));
	EXPECT_EQ(1, readlink("l", buf, sizeof(buf)));
	ASSERT_EQ(0, lstat("l", &st));
	EXPECT_TRUE(S_ISLNK(st.st_mode));
	EXPECT_EQ(1, st.st_size);
	ASSERT_EQ(0, symlink("loop", "loop"));
	EXPECT_ERRNO(ELOOP, open("loop", O_RDONLY));
	EXPECT_ERRNO(ELOOP, open("l", O_RDONLY | O_NOFOLLOW));
	ASSERT_EQ(0, symlink("missing", "dangling"));
	EXPECT_ERRNO(ENOENT, open("dangling", O_RDONLY));
	EXPECT_ERRNO(EINVAL, readlink("a", buf, sizeof(buf)));
	EXPECT_EQ(2, readlink("dangling", buf, 2));
}

TEST_F(dir, names_that_are_too_long)
{
	char name[300], *path = malloc(5000);

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	EXPECT_ERRNO(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0644));
	name[255] = '\0';
	EXPECT_GE(open(name, O_CREAT | O_WRONLY, 0644), 0);
	memset(path, '/', 4999);
	path[4999] = '\0';
	EXPECT_ERRNO(ENAMETOOLONG, open(path, O_RDONLY));
	EXPECT_ERRNO(ENOENT, open("", O_RDONLY));
	free(path);
}

TEST_F(dir, permissions)
{
	struct stat st;
	pid_t pid;

	if (geteuid())
		SKIP("needs root");
	ASSERT_EQ(0, chmod(".", 0755));
	make("secret", "x");
	ASSERT_EQ(0, chmod("secret", 0600));
	ASSERT_EQ(0, mkdir("closed", 0700));
	pid = fork();
	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(1);
		if (open("secret", O_RDONLY) != -1 || errno != EACCES)
			_exit(2);
		if (open("new", O_CREAT | O_WRONLY, 0644) != -1 || errno != EACCES)
			_exit(3);
		if (chdir("closed") != -1 || errno != EACCES)
			_exit(4);
		if (chmod("secret", 0644) != -1 || errno != EPERM)
			_exit(5);
		if (unlink("secret") != -1 || errno != EACCES)
			_exit(6);
		if (access("secret", R_OK) != -1 || errno != EACCES)
			_exit(7);
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
	ASSERT_EQ(0, chown("secret", 65534, 65534));
	ASSERT_EQ(0, stat("secret", &st));
	EXPECT_EQ(65534, st.st_uid);
	umask(027);
	make("masked", "");
	ASSERT_EQ(0, stat("masked", &st));
	EXPECT_EQ(0640, st.st_mode & 0777);
}

TEST_F(dir, times)
{
	struct timespec ts[2] = {{1000, 5}, {2000, 7}};
	struct stat st, later;

	make("a", "");
	ASSERT_EQ(0, utimensat(AT_FDCWD, "a", ts, 0));
	ASSERT_EQ(0, stat("a", &st));
	EXPECT_EQ(1000, st.st_atim.tv_sec);
	EXPECT_EQ(2000, st.st_mtim.tv_sec);
	EXPECT_EQ(7, st.st_mtim.tv_nsec);
	test_sleep_ms(20);
	make("a", "now");
	ASSERT_EQ(0, stat("a", &later));
	EXPECT_GT(later.st_mtim.tv_sec, 100000);
}

TEST_F(dir, nodes)
{
	struct stat st;
	int fd;
	char c = 1;

	if (geteuid())
		SKIP("needs root");
	if (mknod("zero", S_IFCHR | 0666, 1 << 8 | 5) && errno == EPERM)
		SKIP("mknod is not permitted here");
	ASSERT_EQ(0, stat("zero", &st));
	EXPECT_EQ((1 << 8 | 5), (int)st.st_rdev);
	fd = open("zero", O_RDONLY);
	if (fd >= 0) {
		EXPECT_EQ(1, read(fd, &c, 1));
		EXPECT_EQ(0, c);
	}
	ASSERT_EQ(0, mknod("fifo", S_IFIFO | 0644, 0));
	ASSERT_EQ(0, stat("fifo", &st));
	EXPECT_TRUE(S_ISFIFO(st.st_mode));
}

TEST_F(dir, fifo_connects)
{
	char buf[4] = "";
	pid_t pid;
	int fd;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = fork();
	if (pid == 0) {
		fd = open("f", O_WRONLY);
		_exit(write(fd, "abc", 3) != 3);
	}
	fd = open("f", O_RDONLY);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(3, read(fd, buf, 3));
	EXPECT_STREQ("abc", buf);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, read(fd, buf, 3));
}

TEST_F(dir, duplicates_share)
{
	int a = open("a", O_CREAT | O_RDWR, 0644), b = dup(a), c;

	ASSERT_EQ(3, write(a, "abc", 3));
	EXPECT_EQ(3, lseek(b, 0, SEEK_CUR));
	c = fcntl(a, F_DUPFD_CLOEXEC, 100);
	EXPECT_GE(c, 100);
	EXPECT_EQ(FD_CLOEXEC, fcntl(c, F_GETFD));
	EXPECT_EQ(50, dup2(a, 50));
	EXPECT_ERRNO(EBADF, dup2(a, 100000000));
	EXPECT_ERRNO(EBADF, dup(999));
	EXPECT_ERRNO(EINVAL, dup3(a, a, 0));
}

TEST_F(dir, sendfile_copies)
{
	int in, out;

	REQUIRE_CONFIG("SENDFILE");
	make("a", "0123456789");
	in = open("a", O_RDONLY);
	out = open("b", O_CREAT | O_WRONLY, 0644);
	EXPECT_EQ(10, sendfile(out, in, NULL, 100));
	EXPECT_STREQ("0123456789", contents("b"));
}

TEST_F(dir, cwd_is_named)
{
	char buf[256], small[3];

	ASSERT_EQ(0, mkdir("sub", 0755));
	ASSERT_EQ(0, chdir("sub"));
	ASSERT_TRUE(getcwd(buf, sizeof(buf)) != NULL);
	EXPECT_TRUE(strstr(buf, "/sub") != NULL);
	EXPECT_TRUE(getcwd(small, sizeof(small)) == NULL);
	EXPECT_EQ(ERANGE, errno);
	ASSERT_EQ(0, chdir(".."));
	ASSERT_EQ(0, rmdir("sub"));
}

TEST_F(dir, tmpfs_mounts_and_unmounts)
{
	struct statfs sf;

	REQUIRE_CONFIG("TMPFS");
	if (geteuid())
		SKIP("needs root");
	ASSERT_EQ(0, mkdir("m", 0755));
	if (mount("none", "m", "tmpfs", 0, "size=64k") && errno == EPERM)
		SKIP("mount is not permitted here");
	make("m/a", "inside");
	ASSERT_EQ(0, statfs("m", &sf));
	EXPECT_EQ(0x01021994, sf.f_type);
	EXPECT_EQ(16, sf.f_blocks * sf.f_bsize / 4096);
	EXPECT_ERRNO(EBUSY, rmdir("m"));
	ASSERT_EQ(0, umount("m"));
	EXPECT_EQ(-1, access("m/a", F_OK));
	EXPECT_ERRNO(ENODEV, mount("none", "m", "no-such-fs", 0, NULL));
	ASSERT_EQ(0, rmdir("m"));
}

TEST_F(dir, tmpfs_size_is_a_limit)
{
	static char block[65536];
	ssize_t n, total = 0;
	int fd;

	REQUIRE_CONFIG("TMPFS");
	ASSERT_EQ(0, mkdir("m", 0755));
	if (mount("none", "m", "tmpfs", 0, "size=128k") && errno == EPERM)
		SKIP("mount is not permitted here");
	fd = open("m/a", O_CREAT | O_WRONLY, 0644);
	while ((n = write(fd, block, sizeof(block))) > 0)
		total += n;
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(128 << 10, total);
	close(fd);
	ASSERT_EQ(0, umount("m"));
	ASSERT_EQ(0, rmdir("m"));
}

/* The umask takes the group's right to execute, but it was asked for. */
TEST_F(dir, set_group_id_is_not_given_away)
{
	struct stat st;

	if (getuid())
		SKIP("needs root");
	ASSERT_EQ(0, mkdir("g", 0777));
	ASSERT_EQ(0, chown("g", 0, 5));
	ASSERT_EQ(0, chmod("g", 02777));
	ASSERT_EQ(0, chmod(".", 0777));
	ASSERT_EQ(0, setregid(1000, 1000));
	ASSERT_EQ(0, setreuid(-1, 1000));
	umask(S_IXGRP);
	close(open("g/f", O_CREAT | O_WRONLY, 02777));
	ASSERT_EQ(0, stat("g/f", &st));
	EXPECT_EQ(5, (int)st.st_gid);
	EXPECT_EQ(0, (int)(st.st_mode & S_ISGID));
	ASSERT_EQ(0, mkdir("g/d", 0777));
	ASSERT_EQ(0, stat("g/d", &st));
	EXPECT_TRUE(st.st_mode & S_ISGID);
	ASSERT_EQ(0, setreuid(-1, 0));
	rmdir("g/d");
	unlink("g/f");
}

TEST(a_pipe_can_be_asked_not_to_wait)
{
	struct iovec iov = {.iov_base = (char[8]){0}, .iov_len = 8};
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	EXPECT_ERRNO(EAGAIN, preadv2(fd[0], &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(8, pwritev2(fd[1], &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(8, preadv2(fd[0], &iov, 1, -1, RWF_NOWAIT));
}

TEST(a_directory_is_not_read)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct iovec v;
	char c;

	v = (struct iovec){&c, 1};
	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(EISDIR, read(fd, &c, 1));
	EXPECT_ERRNO(EISDIR, pread(fd, &c, 1, 0));
	EXPECT_ERRNO(EISDIR, readv(fd, &v, 1));
	EXPECT_ERRNO(EBADF, write(fd, &c, 1));
}

/* Two segments, the second of them at address 0. */
static void null_segments(int in, int out)
{
	char word[4] = "abc";
	struct iovec v[] = {{word, 4}, {NULL, 4}}, null_first[] = {{NULL, 4}, {word, 4}};

	EXPECT_ERRNO(EFAULT, writev(out, null_first, 2));
	EXPECT_EQ(4, writev(out, v, 2));
	EXPECT_EQ(8, write(out, "12345678", 8));
	lseek(in, 0, SEEK_SET);
	EXPECT_ERRNO(EFAULT, readv(in, null_first, 2));
	EXPECT_EQ(4, readv(in, v, 2));
}

TEST(address_zero_is_no_memory_of_the_kernel)
{
	int fd = memfd_create("holes", 0), pipes[2], zero = open("/dev/zero", O_RDWR);
	char word[4];
	struct iovec v[] = {{word, 4}, {NULL, 4}};
	char *volatile nowhere = NULL;

	ASSERT_GE(fd, 0);
	ASSERT_GE(zero, 0);
	null_segments(fd, fd);
	ASSERT_EQ(0, pipe(pipes));
	null_segments(pipes[0], pipes[1]);
	ASSERT_EQ(0, ftruncate(fd, 1 << 20));
	EXPECT_ERRNO(EFAULT, pread(fd, nowhere, 100, 65536));
	EXPECT_EQ(4, preadv(fd, v, 2, 65536));
	EXPECT_ERRNO(EFAULT, read(zero, nowhere, 100));
	EXPECT_EQ(4, readv(zero, v, 2));
}

TEST_MAIN
