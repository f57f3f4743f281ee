/* SPDX-License-Identifier: MIT */
/* splice(2), tee(2), vmsplice(2), copy_file_range(2), posix_fadvise(2), readahead(2). */
#include "../harness.h"
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static char pattern[200000], back[200000];

static void make_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 7 + i / 251;
}

/* A file of @len bytes of the pattern, opened for reading and writing; its name is gone. */
static int make_file(size_t len)
{
	char name[] = "/tmp/spliceXXXXXX";
	int fd = mkstemp(name);

	make_pattern();
	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ((ssize_t)len, pwrite(fd, pattern, len, 0));
	return fd;
}

TEST(file_through_pipe_to_file)
{
	int in = make_file(150000), out = make_file(0), p[2];
	size_t done = 0;
	loff_t off = 0;

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(p));
	while (done < 150000) {
		ssize_t n = splice(in, &off, p[1], NULL, 150000 - done, SPLICE_F_MOVE);

		ASSERT_GT(n, 0);
		done += n;
		EXPECT_EQ((loff_t)done, off);
		while (n > 0) {
			ssize_t m = splice(p[0], NULL, out, NULL, n, 0);

			ASSERT_GT(m, 0);
			n -= m;
		}
	}
	EXPECT_EQ(0, splice(in, &off, p[1], NULL, 10, 0)); /* end of file */
	EXPECT_EQ(0, lseek(in, 0, SEEK_CUR));
	EXPECT_EQ(150000, lseek(out, 0, SEEK_CUR));
	ASSERT_EQ(150000, pread(out, back, sizeof(back), 0));
	EXPECT_EQ(0, memcmp(pattern, back, 150000));
}

/* A page that the pipe shares with a file is not what later writes to the pipe are added to. */
TEST(writes_do_not_reach_the_file)
{
	int in = make_file(10), p[2];
	loff_t off = 0;
	char c[4];

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(10, splice(in, &off, p[1], NULL, 10, 0));
	ASSERT_EQ(3, write(p[1], "XYZ", 3));
	EXPECT_EQ(13, read(p[0], back, sizeof(back)));
	EXPECT_EQ(0, memcmp(back, pattern, 10));
	EXPECT_EQ(0, memcmp(back + 10, "XYZ", 3));
	ASSERT_EQ(1, write(p[1], "a", 1));
	EXPECT_EQ(1, read(p[0], c, 1));
	EXPECT_EQ(10, pread(in, back, sizeof(back), 0));
	EXPECT_EQ(0, memcmp(back, pattern, 10));
}

TEST(pipe_to_pipe_and_tee)
{
	int a[2], b[2];
	char buf[32];

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(a));
	ASSERT_EQ(0, pipe(b));
	ASSERT_EQ(11, write(a[1], "hello world", 11));
	EXPECT_EQ(5, tee(a[0], b[1], 5, 0));
	EXPECT_EQ(5, read(b[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(6, splice(a[0], NULL, b[1], NULL, 6, 0));
	EXPECT_EQ(5, read(a[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "world", 5));
	ASSERT_EQ(1, write(b[1], "!", 1));
	EXPECT_EQ(7, read(b[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "hello !", 7));
	/* Both copies are what they were, whatever is done to one. */
	ASSERT_EQ(3, write(a[1], "abc", 3));
	EXPECT_EQ(3, tee(a[0], b[1], 100, 0));
	ASSERT_EQ(3, write(a[1], "def", 3));
	EXPECT_EQ(6, read(a[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	EXPECT_EQ(3, read(b[0], buf, sizeof(buf)));
}

TEST(splice_errors)
{
	int f = make_file(100), p[2], q[2], ro, app;
	loff_t off = 0;

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, pipe(q));
	EXPECT_ERRNO(EBADF, splice(-1, NULL, p[1], NULL, 1, 0));
	EXPECT_ERRNO(EBADF, splice(f, NULL, p[0], NULL, 1, 0));
	EXPECT_ERRNO(EINVAL, splice(f, NULL, f, &off, 1, 0));
	EXPECT_ERRNO(EINVAL, splice(f, NULL, p[1], NULL, 1, 0x80));
	EXPECT_ERRNO(ESPIPE, splice(p[0], &off, f, NULL, 1, 0));
	EXPECT_ERRNO(ESPIPE, splice(f, NULL, p[1], &off, 1, 0));
	EXPECT_ERRNO(EINVAL, splice(p[0], NULL, p[1], NULL, 1, 0));
	EXPECT_ERRNO(EAGAIN, splice(p[0], NULL, f, NULL, 1, SPLICE_F_NONBLOCK));
	EXPECT_EQ(0, splice(f, NULL, p[1], NULL, 0, 0));
	ro = open("/tmp/splice-ro", O_CREAT | O_RDONLY, 0600);
	app = open("/tmp/splice-ro", O_WRONLY | O_APPEND);
	unlink("/tmp/splice-ro");
	ASSERT_EQ(1, write(p[1], "x", 1));
	EXPECT_ERRNO(EBADF, splice(p[0], NULL, ro, NULL, 1, 0));
	EXPECT_ERRNO(EINVAL, splice(p[0], NULL, app, NULL, 1, 0));
	EXPECT_ERRNO(EINVAL, tee(p[0], f, 1, 0));
	EXPECT_ERRNO(EINVAL, tee(p[0], p[1], 1, 0));
	EXPECT_ERRNO(EBADF, tee(p[1], q[1], 1, 0));
	close(p[1]);
	EXPECT_EQ(1, splice(p[0], NULL, q[1], NULL, 9, 0));
	EXPECT_EQ(0, splice(p[0], NULL, q[1], NULL, 9, 0)); /* no writer */
	EXPECT_EQ(0, tee(p[0], q[1], 9, 0));
	close(q[0]);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERRNO(EPIPE, splice(f, NULL, q[1], NULL, 9, 0));
}

TEST(splice_waits)
{
	int p[2], f = make_file(0), status;
	pid_t pid;

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid) {
		close(p[0]);
		test_sleep_ms(100);
		_exit(write(p[1], "late", 4) != 4);
	}
	EXPECT_EQ(4, splice(p[0], NULL, f, NULL, 100, 0));
	EXPECT_EQ(4, pread(f, back, 10, 0));
	EXPECT_EQ(0, memcmp(back, "late", 4));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	/* A full pipe. */
	fcntl(p[1], F_SETPIPE_SZ, 4096);
	ASSERT_EQ(4096, write(p[1], pattern, 4096));
	EXPECT_ERRNO(EAGAIN, splice(f, &(loff_t){0}, p[1], NULL, 1, SPLICE_F_NONBLOCK));
	pid = fork();
	if (!pid) {
		test_sleep_ms(100);
		_exit(read(p[0], back, 4096) != 4096);
	}
	EXPECT_EQ(4, splice(f, &(loff_t){0}, p[1], NULL, 100, 0));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST(vmsplice_both_ways)
{
	struct iovec v[3] = {{pattern + 100, 5000}, {pattern + 9000, 0}, {pattern + 20001, 9999}};
	int p[2];
	ssize_t n;

	REQUIRE_CONFIG("SPLICE");
	make_pattern();
	ASSERT_EQ(0, pipe(p));
	n = vmsplice(p[1], v, 3, 0);
	ASSERT_EQ(14999, n);
	v[0] = (struct iovec){back, 6000};
	v[1] = (struct iovec){back + 6000, 20000};
	EXPECT_EQ(14999, vmsplice(p[0], v, 2, 0));
	EXPECT_EQ(0, memcmp(back, pattern + 100, 5000));
	EXPECT_EQ(0, memcmp(back + 5000, pattern + 20001, 9999));
	EXPECT_ERRNO(EAGAIN, vmsplice(p[0], v, 1, SPLICE_F_NONBLOCK));
	EXPECT_ERRNO(EBADF, vmsplice(open("/dev/null", O_RDWR), v, 1, 0));
	EXPECT_ERRNO(EINVAL, vmsplice(p[1], v, IOV_MAX + 1, 0));
	v[0].iov_base = test_bad_pointer;
	EXPECT_ERRNO(EFAULT, vmsplice(p[1], v, 1, 0));
	/* What fits. */
	v[0] = (struct iovec){pattern, sizeof(pattern)};
	n = vmsplice(p[1], v, 1, 0);
	EXPECT_TRUE(n > 0 && n <= 65536);
	EXPECT_ERRNO(EAGAIN, vmsplice(p[1], v, 1, SPLICE_F_NONBLOCK));
}

TEST(splice_from_a_device_and_to_one)
{
	int p[2], zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

	REQUIRE_CONFIG("SPLICE");
	ASSERT_EQ(0, pipe(p));
	ASSERT_GE(zero, 0);
	EXPECT_EQ(100, splice(zero, NULL, p[1], NULL, 100, 0));
	EXPECT_EQ(40, read(p[0], back, 40));
	EXPECT_EQ(0, back[39]);
	EXPECT_EQ(60, splice(p[0], NULL, null, NULL, 100, 0));
}

/* ---- copy_file_range ------------------------------------------------------------------------- */

TEST(copy_range)
{
	int in = make_file(100000), out = make_file(0), dir = open("/", O_RDONLY);
	loff_t ipos = 10, opos = 5;
	struct stat st;

	REQUIRE_CONFIG("SENDFILE");
	EXPECT_EQ(99990, copy_file_range(in, &ipos, out, &opos, 200000, 0));
	EXPECT_EQ(100000, ipos);
	EXPECT_EQ(99995, opos);
	EXPECT_EQ(99990, pread(out, back, sizeof(back), 5));
	EXPECT_EQ(0, memcmp(back, pattern + 10, 99990));
	EXPECT_EQ(0, copy_file_range(in, &ipos, out, &opos, 10, 0));
	EXPECT_ERRNO(EINVAL, copy_file_range(in, &(loff_t){0}, out, &opos, 10, 1));
	EXPECT_ERRNO(EISDIR, copy_file_range(dir, NULL, out, NULL, 1, 0));
	EXPECT_ERRNO(EINVAL, copy_file_range(in, &(loff_t){0}, in, &(loff_t){5}, 10, 0));
	EXPECT_EQ(5, copy_file_range(in, &(loff_t){0}, in, &(loff_t){5}, 5, 0));
	EXPECT_ERRNO(EOVERFLOW, copy_file_range(in, &(loff_t){8}, out, NULL, SSIZE_MAX, 0));
	EXPECT_EQ(0, fstat(out, &st));
	EXPECT_EQ(99995, st.st_size);
}

TEST(copy_range_between_file_systems)
{
	int in = make_file(10), out;

	REQUIRE_CONFIG("SENDFILE");
	ASSERT_EQ(0, mkdir("/tmp/cfr", 0700));
	ASSERT_EQ(0, mount("x", "/tmp/cfr", "tmpfs", 0, NULL));
	out = open("/tmp/cfr/f", O_CREAT | O_RDWR, 0600);
	EXPECT_GE(out, 0);
	EXPECT_ERRNO(EXDEV, copy_file_range(in, NULL, out, NULL, 10, 0));
	close(out);
	umount2("/tmp/cfr", MNT_DETACH);
	rmdir("/tmp/cfr");
}

/* ---- advice ---------------------------------------------------------------------------------- */

TEST(advice)
{
	int f = make_file(10000), p[2];

	REQUIRE_CONFIG("ADVISE_SYSCALLS");
	ASSERT_EQ(0, pipe(p));
	for (int a = POSIX_FADV_NORMAL; a <= POSIX_FADV_NOREUSE; a++)
		EXPECT_EQ(0, posix_fadvise(f, 0, 0, a));
	EXPECT_EQ(EINVAL, posix_fadvise(f, 0, 0, 77));
	EXPECT_EQ(ESPIPE, posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL));
	EXPECT_EQ(EBADF, posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL));
	EXPECT_EQ(10000, pread(f, back, sizeof(back), 0)); /* nothing of tmpfs is dropped */
	EXPECT_EQ(0, memcmp(back, pattern, 10000));
	EXPECT_EQ(0, readahead(f, 0, 10000));
	EXPECT_ERRNO(EINVAL, readahead(p[0], 0, 1));
	EXPECT_ERRNO(EBADF, readahead(p[1], 0, 1));
	EXPECT_ERRNO(EBADF, readahead(-1, 0, 1));
}

TEST(fallocate_modes)
{
	int f = make_file(20000);

	EXPECT_EQ(0, fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192));
	EXPECT_EQ(20000, pread(f, back, sizeof(back), 0));
	EXPECT_EQ(0, back[4096] | back[12287]);
	EXPECT_EQ(pattern[12288], back[12288]);
	EXPECT_EQ(4096, lseek(f, 0, SEEK_HOLE));
	EXPECT_EQ(12288, lseek(f, 5000, SEEK_DATA));
	EXPECT_ERRNO(EOPNOTSUPP, fallocate(f, FALLOC_FL_PUNCH_HOLE, 0, 1));
	EXPECT_ERRNO(EOPNOTSUPP, fallocate(f, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
	EXPECT_ERRNO(EOPNOTSUPP, fallocate(f, FALLOC_FL_ZERO_RANGE, 0, 4096));
	EXPECT_ERRNO(EINVAL, fallocate(f, FALLOC_FL_COLLAPSE_RANGE | 1, 0, 4096));
	EXPECT_ERRNO(EINVAL, fallocate(f, 0, 0, 0));
	EXPECT_ERRNO(EFBIG, fallocate(f, 0, INT64_MAX - 1, 100));
}

/* ---- handles, chattr ------------------------------------------------------------------------- */

struct my_handle {
	unsigned int bytes;
	int type;
	unsigned char data[128];
};

static int name_to_handle(const char *name, struct my_handle *h, int *id, int flags)
{
	return syscall(SYS_name_to_handle_at, AT_FDCWD, name, h, id, flags);
}

TEST(files_by_handle)
{
	struct my_handle h = {0}, link = {128};
	int id, fd, f, root = open("/tmp", O_RDONLY);

	REQUIRE_CONFIG("FHANDLE");
	f = open("/tmp/by-handle", O_CREAT | O_RDWR, 0600);
	ASSERT_EQ(3, write(f, "abc", 3));
	EXPECT_ERRNO(EOVERFLOW, name_to_handle("/tmp/by-handle", &h, &id, 0));
	EXPECT_TRUE(h.bytes > 0 && h.bytes <= 128);
	EXPECT_EQ(0, name_to_handle("/tmp/by-handle", &h, &id, 0));
	EXPECT_ERRNO(EINVAL, name_to_handle("/tmp/by-handle", &h, &id, 1));
	fd = syscall(SYS_open_by_handle_at, root, &h, O_RDONLY);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(3, read(fd, back, 10));
	close(fd);
	ASSERT_EQ(0, symlink("by-handle", "/tmp/by-link"));
	EXPECT_EQ(0, name_to_handle("/tmp/by-link", &link, &id, AT_SYMLINK_FOLLOW));
	EXPECT_EQ(0, memcmp(h.data, link.data, h.bytes));
	link.bytes = 128;
	EXPECT_EQ(0, name_to_handle("/tmp/by-link", &link, &id, 0));
	EXPECT_ERRNO(ELOOP, syscall(SYS_open_by_handle_at, root, &link, O_RDONLY));
	unlink("/tmp/by-link");
	ASSERT_EQ(0, rename("/tmp/by-handle", "/tmp/by-handle2"));
	fd = syscall(SYS_open_by_handle_at, root, &h, O_RDWR);
	EXPECT_GE(fd, 0);
	close(fd);
	close(f);
	unlink("/tmp/by-handle2");
	EXPECT_ERRNO(ESTALE, syscall(SYS_open_by_handle_at, root, &h, O_RDONLY));
	h.bytes = 129;
	EXPECT_ERRNO(EINVAL, syscall(SYS_open_by_handle_at, root, &h, O_RDONLY));
	h.bytes = 128;
	EXPECT_ERRNO(EOPNOTSUPP, name_to_handle("/proc/version", &h, &id, 0));
}

#define GETFLAGS  _IOR('f', 1, long)
#define SETFLAGS  _IOW('f', 2, long)
#define IMMUTABLE 0x10
#define APPEND	  0x20
#define NODUMP	  0x40

TEST(immutable_and_append_only)
{
	int f = open("/tmp/fixed", O_CREAT | O_RDWR, 0600);
	unsigned int flags = 1;

	REQUIRE_CONFIG("FILEATTR");
	ASSERT_GE(f, 0);
	ASSERT_EQ(0, ioctl(f, GETFLAGS, &flags));
	EXPECT_EQ(0, flags);
	flags = IMMUTABLE;
	EXPECT_EQ(0, ioctl(f, SETFLAGS, &flags));
	EXPECT_ERRNO(EPERM, open("/tmp/fixed", O_WRONLY));
	EXPECT_ERRNO(EPERM, unlink("/tmp/fixed"));
	EXPECT_ERRNO(EPERM, chmod("/tmp/fixed", 0644));
	EXPECT_ERRNO(EPERM, link("/tmp/fixed", "/tmp/fixed2"));
	EXPECT_ERRNO(EPERM, fallocate(f, 0, 0, 100));
	EXPECT_ERRNO(EPERM, utimensat(AT_FDCWD, "/tmp/fixed", NULL, 0));
	flags = APPEND;
	EXPECT_EQ(0, ioctl(f, SETFLAGS, &flags));
	EXPECT_ERRNO(EPERM, open("/tmp/fixed", O_WRONLY));
	EXPECT_EQ(0, utimensat(AT_FDCWD, "/tmp/fixed", NULL, 0));
	close(f);
	f = open("/tmp/fixed", O_WRONLY | O_APPEND);
	EXPECT_GE(f, 0);
	EXPECT_EQ(2, write(f, "hi", 2));
	EXPECT_ERRNO(EPERM, ftruncate(f, 0));
	flags = 0;
	EXPECT_EQ(0, ioctl(f, SETFLAGS, &flags));
	flags = 4; /* compressed */
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(f, SETFLAGS, &flags));
	close(f);
	EXPECT_EQ(0, unlink("/tmp/fixed"));
}

TEST(statx_tells_flags)
{
	const unsigned long long known =
		STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE | STATX_ATTR_NODUMP;
	int f = open("/tmp/flagged", O_CREAT | O_RDWR, 0600);
	unsigned int flags = NODUMP | APPEND;
	struct statx st;

	REQUIRE_CONFIG("FILEATTR");
	ASSERT_GE(f, 0);
	ASSERT_EQ(0, statx(f, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st));
	EXPECT_EQ(known, st.stx_attributes_mask & known);
	EXPECT_EQ(0, st.stx_attributes & known);
	ASSERT_EQ(0, ioctl(f, SETFLAGS, &flags));
	ASSERT_EQ(0, statx(AT_FDCWD, "/tmp/flagged", 0, STATX_BASIC_STATS, &st));
	EXPECT_EQ(STATX_ATTR_NODUMP | STATX_ATTR_APPEND, st.stx_attributes & known);
	flags = 0;
	EXPECT_EQ(0, ioctl(f, SETFLAGS, &flags));
	close(f);
	unlink("/tmp/flagged");
}

TEST_MAIN
