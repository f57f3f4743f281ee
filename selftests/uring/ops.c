/* SPDX-License-Identifier: MIT */
/* io_uring's operations, one by one: each does what its system call does, and refuses nonsense. */
#include "uring/uring.h"
#include <netinet/in.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

FIXTURE(ops)
{
	struct ring r;
	int p[2], s[2];
};

FIXTURE_SETUP(ops)
{
	REQUIRE_CONFIG("IO_URING");
	ASSERT_EQ(0, ring_init(&self->r, 16, 0));
	ASSERT_EQ(0, pipe(self->p));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->s));
}

FIXTURE_TEARDOWN(ops)
{
}

/* ---- files ----------------------------------------------------------------------------------- */

TEST_F(ops, space_is_allocated_and_synced)
{
	int fd = open("/tmp/uring.space", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;

	ASSERT_TRUE(fd >= 0);
	/* FALLOCATE: addr is the length, len the mode */
	ring_sqe(&self->r, IORING_OP_FALLOCATE, fd, (void *)8192, 0, 4096, 1);
	EXPECT_EQ(0, ring_do(&self->r));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(12288, st.st_size);
	ring_sqe(&self->r, IORING_OP_FALLOCATE, fd, (void *)0, 0, 0, 2);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FALLOCATE, fd, (void *)1, 0, 0, 2)->rw_flags = 1;
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_SYNC_FILE_RANGE, fd, NULL, 4096, 0, 3)->sync_range_flags =
		SYNC_FILE_RANGE_WRITE;
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_SYNC_FILE_RANGE, fd, NULL, 4096, 0, 3)->sync_range_flags = ~0u;
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FSYNC, fd, NULL, 0, 0, 4)->fsync_flags = IORING_FSYNC_DATASYNC;
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FSYNC, fd, NULL, 0, 0, 4)->fsync_flags = 2;
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FADVISE, fd, NULL, 4096, 0, 5)->fadvise_advice =
		POSIX_FADV_SEQUENTIAL;
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FADVISE, fd, NULL, 4096, 0, 5)->fadvise_advice = 77;
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FADVISE, self->p[0], NULL, 4096, 0, 5);
	EXPECT_EQ(-ESPIPE, ring_do(&self->r));
	close(fd);
	unlink("/tmp/uring.space");
}

TEST_F(ops, memory_is_advised)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(m != MAP_FAILED);
	m[0] = m[4096] = 1;
	ring_sqe(&self->r, IORING_OP_MADVISE, -1, m, 4096, 0, 1)->fadvise_advice = MADV_DONTNEED;
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_EQ(0, m[0]);
	EXPECT_EQ(1, m[4096]);
	ring_sqe(&self->r, IORING_OP_MADVISE, -1, m + 1, 4096, 0, 2)->fadvise_advice =
		MADV_DONTNEED;
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	munmap(m, 8192);
}

TEST_F(ops, pipes_are_spliced_and_teed)
{
	struct io_uring_sqe *sqe;
	char buf[8] = "";
	int q[2];

	ASSERT_EQ(0, pipe(q));
	ASSERT_EQ(5, write(self->p[1], "hello", 5));
	sqe = ring_sqe(&self->r, IORING_OP_TEE, q[1], NULL, 5, 0, 1);
	sqe->splice_fd_in = self->p[0];
	EXPECT_EQ(5, ring_do(&self->r));
	ASSERT_EQ(5, read(q[0], buf, 8));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	sqe = ring_sqe(&self->r, IORING_OP_SPLICE, q[1], (void *)-1, 3, -1, 2);
	sqe->splice_fd_in = self->p[0];
	EXPECT_EQ(3, ring_do(&self->r));
	ASSERT_EQ(3, read(q[0], buf, 8));
	ASSERT_EQ(2, read(self->p[0], buf, 8));
	EXPECT_EQ(0, memcmp(buf, "lo", 2));
	sqe = ring_sqe(&self->r, IORING_OP_SPLICE, q[1], (void *)0, 3, -1, 3);
	sqe->splice_fd_in = self->p[0]; /* at an offset of a pipe */
	EXPECT_EQ(-ESPIPE, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_SPLICE, q[1], (void *)-1, 3, -1, 3);
	sqe->splice_fd_in = 999;
	EXPECT_EQ(-EBADF, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_TEE, q[1], NULL, 5, 1, 1);
	sqe->splice_fd_in = self->p[0];
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
}

/* A splice that waits for bytes in a worker is no reason for its process to stay. */
TEST_F(ops, a_waiting_splice_does_not_hold_the_dead)
{
	for (int how = 0; how < 20; how++) {
		pid_t pid = fork();
		int status, q[2];

		if (!pid) {
			struct ring r;

			if (pipe(q) || ring_init(&r, 4, 0))
				_exit(1);
			ring_sqe(&r, IORING_OP_SPLICE, q[1], (void *)-1, 1, -1, 1)->splice_fd_in =
				self->p[0];
			ring_submit(&r, 0);
			if (how & 1)
				raise(SIGKILL);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(how & 1 ? SIGKILL : 0, status);
	}
}

/* ---- names ----------------------------------------------------------------------------------- */

TEST_F(ops, names_are_made_moved_and_removed)
{
	struct stat a, b;
	char buf[64] = "";
	int top;

	ring_sqe(&self->r, IORING_OP_MKDIRAT, AT_FDCWD, "/tmp/uring.d", 0700, 0, 1);
	ASSERT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_MKDIRAT, AT_FDCWD, "/tmp/uring.d", 0700, 0, 1);
	EXPECT_EQ(-EEXIST, ring_do(&self->r));
	top = open("/tmp/uring.d", O_RDONLY | O_DIRECTORY);
	ASSERT_TRUE(top >= 0);
	close(openat(top, "a", O_CREAT | O_RDWR, 0600));
	ring_sqe(&self->r, IORING_OP_SYMLINKAT, top, "target", 0, (unsigned long)"s", 2);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_EQ(6, readlinkat(top, "s", buf, sizeof(buf)));
	EXPECT_EQ(0, strcmp(buf, "target"));
	ring_sqe(&self->r, IORING_OP_LINKAT, top, "a", top, (unsigned long)"b", 3);
	EXPECT_EQ(0, ring_do(&self->r));
	ASSERT_EQ(0, fstatat(top, "a", &a, 0));
	ASSERT_EQ(0, fstatat(top, "b", &b, 0));
	EXPECT_EQ(a.st_ino, b.st_ino);
	ring_sqe(&self->r, IORING_OP_RENAMEAT, top, "a", top, (unsigned long)"c", 4);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_ERRNO(ENOENT, fstatat(top, "a", &a, 0));
	ring_sqe(&self->r, IORING_OP_RENAMEAT, top, "s", top, (unsigned long)"c", 4)->rename_flags =
		1; /* RENAME_NOREPLACE */
	EXPECT_EQ(-EEXIST, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_UNLINKAT, AT_FDCWD, "/tmp/uring.d", 0, 0, 5)->unlink_flags =
		AT_REMOVEDIR;
	EXPECT_EQ(-ENOTEMPTY, ring_do(&self->r));
	for (const char *n = "bcs"; *n; n++) {
		ring_sqe(&self->r, IORING_OP_UNLINKAT, top, (char[2]){*n}, 0, 0, 6);
		EXPECT_EQ(0, ring_do(&self->r));
	}
	ring_sqe(&self->r, IORING_OP_UNLINKAT, AT_FDCWD, "/tmp/uring.d", 0, 0, 7)->unlink_flags =
		AT_REMOVEDIR;
	EXPECT_EQ(0, ring_do(&self->r));
	close(top);
}

/* What an operation has no use for must be 0, and a directory is not a registered file. */
TEST_F(ops, fields_without_a_use_are_refused)
{
	static const int ops[] = {IORING_OP_MKDIRAT,   IORING_OP_UNLINKAT, IORING_OP_LINKAT,
				  IORING_OP_SYMLINKAT, IORING_OP_STATX,	   IORING_OP_RENAMEAT};
	struct io_uring_sqe *sqe;

	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		sqe = ring_sqe(&self->r, ops[i], AT_FDCWD, "/tmp/x", 0, 0, 1);
		sqe->splice_fd_in = 1;
		EXPECT_EQ(-EINVAL, ring_do(&self->r));
		sqe = ring_sqe(&self->r, ops[i], AT_FDCWD, "/tmp/x", 0, 0, 1);
		sqe->buf_index = 1;
		EXPECT_EQ(-EINVAL, ring_do(&self->r));
		sqe = ring_sqe(&self->r, ops[i], AT_FDCWD, "/tmp/x", 0, 0, 1);
		sqe->flags = IOSQE_FIXED_FILE;
		EXPECT_EQ(-EBADF, ring_do(&self->r));
	}
	ring_sqe(&self->r, IORING_OP_SHUTDOWN, self->s[0], (void *)1, 0, 0, 1);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], (void *)1, 0, 0, 1);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_CLOSE, self->p[0], NULL, 1, 0, 1);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	EXPECT_TRUE(fcntl(self->p[0], F_GETFD) >= 0);
}

TEST_F(ops, openat2_resolves_as_told)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY};
	int fd;

	ring_sqe(&self->r, IORING_OP_OPENAT2, AT_FDCWD, "/tmp", sizeof(how), (unsigned long)&how,
		 1);
	fd = ring_do(&self->r);
	ASSERT_TRUE(fd >= 0);
	how.resolve = RESOLVE_BENEATH;
	ring_sqe(&self->r, IORING_OP_OPENAT2, fd, "..", sizeof(how), (unsigned long)&how, 2);
	EXPECT_EQ(-EXDEV, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_OPENAT2, fd, ".", 3, (unsigned long)&how, 3);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	close(fd);
}

TEST_F(ops, extended_attributes)
{
	char buf[16] = "";
	int fd = open("/tmp/uring.xattr", O_RDWR | O_CREAT, 0600);
	struct io_uring_sqe *sqe;

	ASSERT_TRUE(fd >= 0);
	/* addr is the name, addr2 the value, addr3 the path */
	ring_sqe(&self->r, IORING_OP_FSETXATTR, fd, "user.a", 3, (unsigned long)"abc", 1);
	EXPECT_EQ(0, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_GETXATTR, 0, "user.a", sizeof(buf), (unsigned long)buf,
		       2);
	sqe->addr3 = (unsigned long)"/tmp/uring.xattr";
	EXPECT_EQ(3, ring_do(&self->r));
	EXPECT_EQ(0, strcmp(buf, "abc"));
	sqe = ring_sqe(&self->r, IORING_OP_SETXATTR, 0, "user.b", 2, (unsigned long)"xy", 3);
	sqe->addr3 = (unsigned long)"/tmp/uring.xattr";
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FGETXATTR, fd, "user.b", 16, (unsigned long)buf, 4);
	EXPECT_EQ(2, ring_do(&self->r));
	EXPECT_EQ(2, fgetxattr(fd, "user.b", buf, 16));
	ring_sqe(&self->r, IORING_OP_FGETXATTR, fd, "user.c", 16, (unsigned long)buf, 5);
	EXPECT_EQ(-ENODATA, ring_do(&self->r));
	close(fd);
	unlink("/tmp/uring.xattr");
}

/* ---- sockets --------------------------------------------------------------------------------- */

TEST_F(ops, sockets_are_made_and_connected)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/uring.sock"};
	struct io_uring_cqe c;
	int l, s[2];

	unlink(un.sun_path);
	ring_sqe(&self->r, IORING_OP_SOCKET, AF_UNIX, NULL, 0, SOCK_STREAM, 1);
	l = ring_do(&self->r);
	ASSERT_TRUE(l >= 0);
	ASSERT_EQ(0, bind(l, (void *)&un, sizeof(un)));
	ASSERT_EQ(0, listen(l, 4));
	/* One accept for all who come */
	ring_sqe(&self->r, IORING_OP_ACCEPT, l, NULL, 0, 0, 2)->ioprio = IORING_ACCEPT_MULTISHOT;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	for (int i = 0; i < 2; i++) {
		int a = -1;

		s[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ring_sqe(&self->r, IORING_OP_CONNECT, s[i], &un, 0, sizeof(un), 3);
		ASSERT_EQ(1, ring_submit(&self->r, 2));
		for (int k = 0; k < 2; k++) {
			c = ring_cqe(&self->r);
			if (c.user_data == 2) {
				EXPECT_TRUE(c.flags & IORING_CQE_F_MORE);
				a = c.res;
			} else {
				EXPECT_EQ(0, c.res);
			}
		}
		ASSERT_TRUE(a >= 0);
		ASSERT_EQ(2, send(a, "hi", 2, 0));
		ring_sqe(&self->r, IORING_OP_SHUTDOWN, a, NULL, SHUT_WR, 0, 4);
		EXPECT_EQ(0, ring_do(&self->r));
		EXPECT_EQ(2, recv(s[i], (char[8]){}, 8, MSG_WAITALL));
		EXPECT_EQ(0, recv(s[i], (char[8]){}, 8, 0));
		close(a);
	}
	ring_sqe(&self->r, IORING_OP_SHUTDOWN, self->p[0], NULL, SHUT_WR, 0, 5);
	EXPECT_EQ(-ENOTSOCK, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_CONNECT, self->s[0], &un, 0, 1000, 5);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_SOCKET, 4711, NULL, 0, SOCK_STREAM, 6);
	EXPECT_EQ(-EAFNOSUPPORT, ring_do(&self->r));
	unlink(un.sun_path);
}

TEST_F(ops, messages_carry_vectors)
{
	char in[16] = "";
	struct iovec out[2] = {{"ab", 2}, {"cde", 3}}, into = {in, sizeof(in)};
	struct msghdr m = {.msg_iov = out, .msg_iovlen = 2},
		      n = {.msg_iov = &into, .msg_iovlen = 1};

	ring_sqe(&self->r, IORING_OP_SENDMSG, self->s[0], &m, 1, 0, 1);
	EXPECT_EQ(5, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_RECVMSG, self->s[1], &n, 1, 0, 2);
	EXPECT_EQ(5, ring_do(&self->r));
	EXPECT_EQ(0, strcmp(in, "abcde"));
}

/* What it points to is bad: the request says so, and those after it go on (as in Linux to 6.9). */
TEST_F(ops, bad_pointers_do_not_end_the_batch)
{
	ring_sqe(&self->r, IORING_OP_SENDMSG, self->s[0], NULL, 1, 0, 1);
	ring_sqe(&self->r, IORING_OP_READV, self->p[0], test_bad_pointer, 1, 0, 2);
	ring_sqe(&self->r, IORING_OP_WRITE, self->p[1], (void *)-4096, 16, 0, 3);
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 4);
	ASSERT_EQ(4, ring_submit(&self->r, 4));
	for (int i = 1; i <= 4; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(c.user_data == 4 ? 0 : -EFAULT, c.res);
	}
}

/* ---- what is the ring's own ------------------------------------------------------------------ */

TEST_F(ops, epoll_is_told)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = 42};
	int ep = epoll_create1(0);

	ring_sqe(&self->r, IORING_OP_EPOLL_CTL, ep, &e, EPOLL_CTL_ADD, self->p[0], 1);
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_EPOLL_CTL, ep, &e, EPOLL_CTL_ADD, self->p[0], 1);
	EXPECT_EQ(-EEXIST, ring_do(&self->r));
	ASSERT_EQ(1, write(self->p[1], "x", 1));
	e.data.u64 = 0;
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 1000));
	EXPECT_EQ(42, e.data.u64);
	ring_sqe(&self->r, IORING_OP_EPOLL_CTL, ep, NULL, EPOLL_CTL_DEL, self->p[0], 2);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
}

TEST_F(ops, rings_send_to_rings)
{
	struct io_uring_cqe c;
	struct ring other;

	ASSERT_EQ(0, ring_init(&other, 4, 0));
	ring_sqe(&self->r, IORING_OP_MSG_RING, other.fd, NULL, 77, 1234, 1);
	EXPECT_EQ(0, ring_do(&self->r));
	c = ring_cqe(&other);
	EXPECT_EQ(77, c.res);
	EXPECT_EQ(1234, c.user_data);
	ring_sqe(&self->r, IORING_OP_MSG_RING, self->p[0], NULL, 77, 1234, 1);
	EXPECT_EQ(-EBADFD, ring_do(&self->r));
}

TEST_F(ops, registered_files_are_updated)
{
	int fds[4] = {-1, -1, -1, -1}, fd;
	struct io_uring_sqe *sqe;
	char buf[8];

	ASSERT_EQ(0, ring_register(&self->r, IORING_REGISTER_FILES, fds, 4));
	fd = self->p[0];
	ring_sqe(&self->r, IORING_OP_FILES_UPDATE, -1, &fd, 1, 2, 1);
	EXPECT_EQ(1, ring_do(&self->r));
	ASSERT_EQ(1, write(self->p[1], "x", 1));
	ring_sqe(&self->r, IORING_OP_READ, 2, buf, 8, 0, 2)->flags = IOSQE_FIXED_FILE;
	EXPECT_EQ(1, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_OPENAT, AT_FDCWD, "/", 0, 0, 3);
	sqe->open_flags = O_RDONLY | O_DIRECTORY;
	sqe->file_index = 2; /* slot 1: no descriptor is used */
	EXPECT_EQ(0, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_READ, 1, buf, 8, 0, 4);
	sqe->flags = IOSQE_FIXED_FILE;
	EXPECT_EQ(-EISDIR, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_CLOSE, 0, NULL, 0, 0, 5);
	sqe->file_index = 2;
	EXPECT_EQ(0, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_READ, 1, buf, 8, 0, 6);
	sqe->flags = IOSQE_FIXED_FILE;
	EXPECT_EQ(-EBADF, ring_do(&self->r));
}

TEST_F(ops, registered_memory_is_written)
{
	static char mem[4096];
	struct iovec v = {mem, sizeof(mem)};
	char buf[8] = "";

	memcpy(mem + 100, "fixed", 5);
	ASSERT_EQ(0, ring_register(&self->r, IORING_REGISTER_BUFFERS, &v, 1));
	ring_sqe(&self->r, IORING_OP_WRITE_FIXED, self->p[1], mem + 100, 5, 0, 1);
	EXPECT_EQ(5, ring_do(&self->r));
	ASSERT_EQ(5, read(self->p[0], buf, 8));
	EXPECT_EQ(0, strcmp(buf, "fixed"));
	ring_sqe(&self->r, IORING_OP_WRITE_FIXED, self->p[1], mem, 5, 0, 2)->buf_index = 1;
	EXPECT_EQ(-EFAULT, ring_do(&self->r));
}

TEST_F(ops, provided_buffers_are_taken_back)
{
	char mem[4][16];

	ring_sqe(&self->r, IORING_OP_PROVIDE_BUFFERS, 4, mem, 16, 0, 1)->buf_group = 3;
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_REMOVE_BUFFERS, 3, NULL, 0, 0, 2)->buf_group = 3;
	EXPECT_EQ(3, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_REMOVE_BUFFERS, 3, NULL, 0, 0, 2)->buf_group = 3;
	EXPECT_EQ(1, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_REMOVE_BUFFERS, 3, NULL, 0, 0, 2)->buf_group = 4;
	EXPECT_EQ(-ENOENT, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_PROVIDE_BUFFERS, 65537, mem, 16, 0, 1);
	EXPECT_EQ(-E2BIG, ring_do(&self->r));
}

TEST_F(ops, polls_and_timeouts_are_changed)
{
	long long far[2] = {1000, 0}, near[2] = {0, 10000000};
	struct io_uring_sqe *sqe;
	struct io_uring_cqe c;

	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[1], NULL, 0, 0, 1)->poll32_events = POLLPRI;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	sqe = ring_sqe(&self->r, IORING_OP_POLL_REMOVE, -1, (void *)1,
		       IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA, 7, 2);
	sqe->poll32_events = POLLOUT; /* which it is */
	ASSERT_EQ(1, ring_submit(&self->r, 2));
	for (int i = 0; i < 2; i++) {
		c = ring_cqe(&self->r);
		if (c.user_data == 7)
			EXPECT_EQ(POLLOUT, c.res & POLLOUT);
		else
			EXPECT_EQ(0, c.res);
	}
	ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, far, 1, 0, 3);
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	ring_sqe(&self->r, IORING_OP_TIMEOUT_REMOVE, -1, (void *)3, 0, (unsigned long)near, 4)
		->timeout_flags = IORING_TIMEOUT_UPDATE;
	ASSERT_EQ(1, ring_submit(&self->r, 2));
	for (int i = 0; i < 2; i++) {
		c = ring_cqe(&self->r);
		EXPECT_EQ(c.user_data == 3 ? -ETIME : 0, c.res);
	}
}

/* New events do not make one of many out of it, nor the other way round. */
TEST_F(ops, a_changed_poll_goes_on)
{
	struct io_uring_cqe c;
	char b;

	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], NULL, IORING_POLL_ADD_MULTI, 0, 1)
		->poll32_events = POLLPRI;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	ring_sqe(&self->r, IORING_OP_POLL_REMOVE, -1, (void *)1, IORING_POLL_UPDATE_EVENTS, 0, 2)
		->poll32_events = POLLIN;
	EXPECT_EQ(0, ring_do(&self->r));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(1, write(self->p[1], "x", 1));
		c = ring_cqe(&self->r);
		EXPECT_TRUE(c.user_data == 1);
		EXPECT_EQ(POLLIN, c.res & POLLIN);
		EXPECT_TRUE(c.flags & IORING_CQE_F_MORE);
		ASSERT_EQ(1, read(self->p[0], &b, 1));
	}
	ring_sqe(&self->r, IORING_OP_POLL_REMOVE, -1, (void *)1, IORING_POLL_ADD_MULTI, 0, 3);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
}

TEST_MAIN
