/* SPDX-License-Identifier: MIT */
/* io_uring: rings, reads and writes, polls, timeouts, links, cancelling, workers. */
#include "uring/uring.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

FIXTURE(uring)
{
	struct ring r;
	int p[2];
};

FIXTURE_SETUP(uring)
{
	REQUIRE_CONFIG("IO_URING");
	ASSERT_EQ(0, ring_init(&self->r, 8, 0));
	ASSERT_EQ(0, pipe(self->p));
}

FIXTURE_TEARDOWN(uring)
{
}

TEST(refusals)
{
	struct io_uring_params p = {};

	REQUIRE_CONFIG("IO_URING");
	EXPECT_ERRNO(EINVAL, ring_setup(0, &p));
	EXPECT_ERRNO(EINVAL, ring_setup(32769, &p));
	EXPECT_ERRNO(EFAULT, ring_setup(1, (void *)test_bad_pointer));
	p.flags = 1u << 31;
	EXPECT_ERRNO(EINVAL, ring_setup(1, &p));
	p = (struct io_uring_params){.resv = {0, 1}};
	EXPECT_ERRNO(EINVAL, ring_setup(1, &p));
	p = (struct io_uring_params){.flags = IORING_SETUP_CQSIZE, .cq_entries = 2};
	EXPECT_ERRNO(EINVAL, ring_setup(4, &p));
	EXPECT_ERRNO(EBADF, syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
	EXPECT_ERRNO(EOPNOTSUPP, syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_io_uring_enter, 0, 0, 0, 1u << 30, NULL, 0));
}

TEST_F(uring, nops_come_back_in_order)
{
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 8; i++)
			ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, i);
		ASSERT_EQ(8, ring_submit(&self->r, 8));
		for (int i = 0; i < 8; i++) {
			struct io_uring_cqe c = ring_cqe(&self->r);

			EXPECT_EQ(i, c.user_data);
			EXPECT_EQ(0, c.res);
		}
	}
}

TEST_F(uring, overflow_is_kept)
{
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 8; i++)
			ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, round * 8 + i);
		ASSERT_EQ(8, ring_submit(&self->r, 0));
	}
	EXPECT_TRUE(*self->r.sq_flags & IORING_SQ_CQ_OVERFLOW);
	for (int i = 0; i < 40; i++)
		EXPECT_EQ(i, ring_cqe(&self->r).user_data);
	EXPECT_EQ(0, *self->r.sq_flags & IORING_SQ_CQ_OVERFLOW);
}

TEST_F(uring, read_waits_for_a_pipe)
{
	char buf[8] = "";

	ring_sqe(&self->r, IORING_OP_READ, self->p[0], buf, 8, -1, 1);
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	EXPECT_EQ(*self->r.cq_head, *self->r.cq_tail);
	ASSERT_EQ(3, write(self->p[1], "abc", 3));
	EXPECT_EQ(3, ring_cqe(&self->r).res);
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
}

TEST_F(uring, files_are_read_and_written)
{
	char buf[64] = "";
	struct iovec v[2] = {{"hello ", 6}, {"world", 5}}, in = {buf, sizeof(buf)};
	struct statx sx = {};
	int fd;

	ring_sqe(&self->r, IORING_OP_OPENAT, AT_FDCWD, "/tmp/uring.test", 0600, 0, 1)->open_flags =
		O_RDWR | O_CREAT | O_TRUNC;
	fd = ring_do(&self->r);
	ASSERT_TRUE(fd >= 0);
	ring_sqe(&self->r, IORING_OP_WRITEV, fd, v, 2, 0, 2);
	EXPECT_EQ(11, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_READV, fd, &in, 1, 6, 3);
	EXPECT_EQ(5, ring_do(&self->r));
	EXPECT_EQ(0, strcmp(buf, "world"));
	ring_sqe(&self->r, IORING_OP_FSYNC, fd, NULL, 0, 0, 4);
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_STATX, AT_FDCWD, "/tmp/uring.test", STATX_SIZE,
		 (unsigned long)&sx, 5);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_EQ(11, sx.stx_size);
	ring_sqe(&self->r, IORING_OP_CLOSE, fd, NULL, 0, 0, 6);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_ERRNO(EBADF, fcntl(fd, F_GETFD));
	ring_sqe(&self->r, IORING_OP_UNLINKAT, AT_FDCWD, "/tmp/uring.test", 0, 0, 7);
	EXPECT_EQ(0, ring_do(&self->r));
	EXPECT_ERRNO(ENOENT, access("/tmp/uring.test", F_OK));
	ring_sqe(&self->r, IORING_OP_READ, 999, buf, 1, 0, 8);
	EXPECT_EQ(-EBADF, ring_do(&self->r));
	ring_sqe(&self->r, 200, 0, NULL, 0, 0, 9);
	EXPECT_EQ(-EINVAL, ring_do(&self->r));
}

TEST_F(uring, async_blocks_in_a_worker_and_is_cancelled)
{
	struct io_uring_cqe a, b;
	char name[] = "/tmp/uring.fifo";

	unlink(name);
	ASSERT_EQ(0, mkfifo(name, 0600));
	ring_sqe(&self->r, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0, 1)->open_flags = O_RDONLY;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	usleep(50000);
	EXPECT_EQ(*self->r.cq_head, *self->r.cq_tail);
	ring_sqe(&self->r, IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0, 0, 2);
	ASSERT_EQ(1, ring_submit(&self->r, 2));
	a = ring_cqe(&self->r);
	b = ring_cqe(&self->r);
	if (a.user_data == 1) {
		struct io_uring_cqe t = a;

		a = b;
		b = t;
	}
	EXPECT_EQ(-EALREADY, a.res);
	EXPECT_EQ(-EINTR, b.res);
	unlink(name);
}

TEST_F(uring, polls_are_removed_and_many)
{
	struct io_uring_cqe c;

	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], NULL, 0, 0, 1)->poll32_events = POLLIN;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	ring_sqe(&self->r, IORING_OP_POLL_REMOVE, -1, (void *)1, 0, 0, 2);
	ASSERT_EQ(1, ring_submit(&self->r, 2));
	c = ring_cqe(&self->r);
	EXPECT_EQ(c.user_data == 1 ? -ECANCELED : 0, c.res);
	c = ring_cqe(&self->r);
	EXPECT_EQ(c.user_data == 1 ? -ECANCELED : 0, c.res);
	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], NULL, IORING_POLL_ADD_MULTI, 0, 3)
		->poll32_events = POLLIN;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	for (int i = 0; i < 3; i++) {
		char b;

		ASSERT_EQ(1, write(self->p[1], "x", 1));
		c = ring_cqe(&self->r);
		EXPECT_EQ(POLLIN, c.res & POLLIN);
		EXPECT_TRUE(c.flags & IORING_CQE_F_MORE);
		ASSERT_EQ(1, read(self->p[0], &b, 1));
	}
}

TEST_F(uring, timeouts)
{
	struct __kernel_timespec {
		long long s, ns;
	} ts = {0, 20000000}, far = {1000, 0};

	ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, &ts, 1, 0, 1);
	EXPECT_EQ(-ETIME, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, &far, 1, 1, 2); /* or one entry */
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 3);
	ASSERT_EQ(2, ring_submit(&self->r, 2));
	EXPECT_EQ(3, ring_cqe(&self->r).user_data);
	EXPECT_EQ(0, ring_cqe(&self->r).res);
	ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, &far, 1, 0, 4);
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	ring_sqe(&self->r, IORING_OP_TIMEOUT_REMOVE, -1, (void *)4, 0, 0, 5);
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	for (int i = 0; i < 2; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(c.user_data == 4 ? -ECANCELED : 0, c.res);
	}
}

TEST_F(uring, links)
{
	struct __kernel_timespec {
		long long s, ns;
	} ts = {0, 20000000};
	char buf[8];

	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 1)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_READ, 999, buf, 1, 0, 2)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 3);
	ASSERT_EQ(3, ring_submit(&self->r, 3));
	for (int i = 0; i < 3; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(c.user_data == 1 ? 0 : c.user_data == 2 ? -EBADF : -ECANCELED, c.res);
	}
	ring_sqe(&self->r, IORING_OP_READ, self->p[0], buf, 8, 0, 4)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 5);
	ASSERT_EQ(2, ring_submit(&self->r, 2));
	for (int i = 0; i < 2; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(c.user_data == 4 ? -ECANCELED : -ETIME, c.res);
	}
}

TEST_F(uring, drain_waits_for_all_before)
{
	char buf[8];

	ring_sqe(&self->r, IORING_OP_READ, self->p[0], buf, 8, 0, 1);
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 2)->flags = IOSQE_IO_DRAIN;
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 3);
	ASSERT_EQ(3, ring_submit(&self->r, 0));
	EXPECT_EQ(*self->r.cq_head, *self->r.cq_tail);
	ASSERT_EQ(1, write(self->p[1], "x", 1));
	for (int i = 1; i <= 3; i++)
		EXPECT_EQ(i, ring_cqe(&self->r).user_data);
}

TEST_F(uring, registered_files_and_buffers)
{
	static char mem[8192] __attribute__((aligned(4096)));
	struct iovec v = {mem, sizeof(mem)};
	int fds[2] = {self->p[0], self->r.fd};

	EXPECT_ERRNO(EBADF, ring_register(&self->r, IORING_REGISTER_FILES, fds, 2)); /* itself */
	ASSERT_EQ(0, ring_register(&self->r, IORING_REGISTER_FILES, fds, 1));
	ASSERT_EQ(0, ring_register(&self->r, IORING_REGISTER_BUFFERS, &v, 1));
	ASSERT_EQ(3, write(self->p[1], "abc", 3));
	ring_sqe(&self->r, IORING_OP_READ_FIXED, 0, mem + 4094, 3, 0, 1)->flags = IOSQE_FIXED_FILE;
	EXPECT_EQ(3, ring_do(&self->r));
	EXPECT_EQ(0, memcmp(mem + 4094, "abc", 3));
	ring_sqe(&self->r, IORING_OP_READ_FIXED, 0, mem + 8190, 3, 0, 1)->flags = IOSQE_FIXED_FILE;
	EXPECT_EQ(-EFAULT, ring_do(&self->r));
	ASSERT_EQ(0, ring_register(&self->r, IORING_UNREGISTER_FILES, NULL, 0));
	EXPECT_ERRNO(ENXIO, ring_register(&self->r, IORING_UNREGISTER_FILES, NULL, 0));
	ASSERT_EQ(0, ring_register(&self->r, IORING_UNREGISTER_BUFFERS, NULL, 0));
}

TEST_F(uring, sockets_and_provided_buffers)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe c;
	char mem[4][16];
	int s[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	sqe = ring_sqe(&self->r, IORING_OP_PROVIDE_BUFFERS, 4, mem, 16, 0, 1);
	sqe->buf_group = 7;
	EXPECT_EQ(0, ring_do(&self->r));
	sqe = ring_sqe(&self->r, IORING_OP_RECV, s[0], NULL, 16, 0, 2);
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = 7;
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	ring_sqe(&self->r, IORING_OP_SEND, s[1], "hi", 2, 0, 3);
	ASSERT_EQ(1, ring_submit(&self->r, 0));
	for (int i = 0; i < 2; i++) {
		c = ring_cqe(&self->r);
		EXPECT_EQ(2, c.res);
		if (c.user_data == 2) {
			EXPECT_TRUE(c.flags & IORING_CQE_F_BUFFER);
			EXPECT_EQ(0, memcmp(mem[c.flags >> IORING_CQE_BUFFER_SHIFT], "hi", 2));
		}
	}
}

TEST_F(uring, sqpoll)
{
	struct ring r;
	char buf[4];

	ASSERT_EQ(0, ring_init_params(&r, 4,
				      (struct io_uring_params){.flags = IORING_SETUP_SQPOLL,
							       .sq_thread_idle = 20}));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(3, write(self->p[1], "abc", 3));
		ring_sqe(&r, IORING_OP_READ, self->p[0], buf, 3, 0, i);
		ASSERT_TRUE(ring_enter(&r, 1, 0, IORING_ENTER_SQ_WAKEUP) >= 0);
		EXPECT_EQ(3, ring_cqe(&r).res);
		usleep(60000);
		EXPECT_TRUE(__atomic_load_n(r.sq_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP);
	}
}

TEST_F(uring, exit_with_requests_in_flight)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			char buf[8];
			struct ring r;

			if (ring_init(&r, 8, i & 1 ? IORING_SETUP_SQPOLL : 0))
				_exit(1);
			ring_sqe(&r, IORING_OP_READ, self->p[0], buf, 8, 0, 1);
			ring_sqe(&r, IORING_OP_TIMEOUT, -1, (long long[2]){1000, 0}, 1, 0, 2);
			ring_sqe(&r, IORING_OP_POLL_ADD, self->p[0], NULL, 0, 0, 3)->poll32_events =
				POLLIN;
			ring_submit(&r, 0);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

TEST_MAIN
