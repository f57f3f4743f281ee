/* SPDX-License-Identifier: MIT */
/* io_setup(2) and its kind, by bare system calls. */
#include "harness.h"
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static int io_setup(unsigned int n, aio_context_t *ctx)
{
	return syscall(SYS_io_setup, n, ctx);
}

static int io_destroy(aio_context_t ctx)
{
	return syscall(SYS_io_destroy, ctx);
}

static int io_submit(aio_context_t ctx, long n, struct iocb **iocbs)
{
	return syscall(SYS_io_submit, ctx, n, iocbs);
}

static int io_getevents(aio_context_t ctx, long min, long n, struct io_event *ev,
			struct timespec *ts)
{
	return syscall(SYS_io_getevents, ctx, min, n, ev, ts);
}

static struct iocb make(int fd, int op, const void *buf, size_t len, long off)
{
	return (struct iocb){.aio_fildes = fd,
			     .aio_lio_opcode = op,
			     .aio_buf = (unsigned long)buf,
			     .aio_nbytes = len,
			     .aio_offset = off,
			     .aio_data = 0x1234};
}

TEST(refusals)
{
	aio_context_t ctx = 0;
	struct io_event ev;
	struct iocb cb, *p = &cb;

	REQUIRE_CONFIG("AIO");
	EXPECT_ERRNO(EINVAL, io_setup(0, &ctx));
	EXPECT_ERRNO(EINVAL, io_setup(-1, &ctx));
	EXPECT_ERRNO(EFAULT, io_setup(1, (aio_context_t *)test_bad_pointer));
	EXPECT_ERRNO(EINVAL, io_destroy(12345));
	EXPECT_ERRNO(EINVAL, io_submit(12345, 1, &p));
	EXPECT_ERRNO(EINVAL, io_getevents(12345, 0, 1, &ev, NULL));
	ASSERT_EQ(0, io_setup(8, &ctx));
	EXPECT_ERRNO(EINVAL, io_setup(8, &ctx)); /* not zero */
	EXPECT_ERRNO(EINVAL, io_submit(ctx, -1, &p));
	EXPECT_EQ(0, io_submit(ctx, 0, &p));
	EXPECT_ERRNO(EFAULT, io_submit(ctx, 1, (struct iocb **)test_bad_pointer));
	p = (struct iocb *)test_bad_pointer;
	EXPECT_ERRNO(EFAULT, io_submit(ctx, 1, &p));
	p = &cb;
	cb = make(-1, IOCB_CMD_PREAD, &ev, 1, 0);
	EXPECT_ERRNO(EBADF, io_submit(ctx, 1, &p));
	cb = make(0, 77, &ev, 1, 0);
	EXPECT_ERRNO(EINVAL, io_submit(ctx, 1, &p));
	EXPECT_ERRNO(EINVAL, io_getevents(ctx, 2, 1, &ev, NULL));
	EXPECT_ERRNO(EINVAL, io_getevents(ctx, -1, 1, &ev, NULL));
	EXPECT_EQ(0, io_destroy(ctx));
	EXPECT_ERRNO(EINVAL, io_destroy(ctx));
}

TEST(files)
{
	char name[] = "/tmp/aio-XXXXXX", buf[3][8] = {""};
	struct iovec iov[2] = {{buf[1], 3}, {buf[2], 3}};
	aio_context_t ctx = 0;
	struct io_event ev[8];
	struct iocb cb[4], *p[4] = {&cb[0], &cb[1], &cb[2], &cb[3]};
	int fd, efd = eventfd(0, EFD_NONBLOCK);
	uint64_t n = 0;

	REQUIRE_CONFIG("AIO");
	mkdir("/tmp", 01777);
	fd = mkstemp(name);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, io_setup(128, &ctx));
	cb[0] = make(fd, IOCB_CMD_PWRITE, "abcdef", 6, 0);
	cb[0].aio_flags = IOCB_FLAG_RESFD;
	cb[0].aio_resfd = efd;
	cb[1] = make(fd, IOCB_CMD_FDSYNC, NULL, 0, 0);
	cb[2] = make(fd, IOCB_CMD_PREAD, buf[0], 4, 1);
	cb[3] = make(fd, IOCB_CMD_PREADV, iov, 2, 0);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(1, io_submit(ctx, 1, &p[i]));
		EXPECT_EQ(1, io_getevents(ctx, 1, 1, &ev[i], NULL)); /* fsync may take longer */
	}
	EXPECT_EQ(6, ev[0].res);
	EXPECT_EQ(0x1234, ev[0].data);
	EXPECT_EQ((unsigned long)&cb[0], ev[0].obj);
	EXPECT_EQ(0, ev[1].res);
	EXPECT_EQ(4, ev[2].res);
	EXPECT_EQ(6, ev[3].res);
	EXPECT_EQ(0, memcmp(buf[0], "bcde", 4));
	EXPECT_EQ(0, memcmp(buf[2], "def", 3));
	EXPECT_EQ(8, read(efd, &n, 8));
	EXPECT_EQ(1, n);
	cb[0] = make(fd, IOCB_CMD_PREAD, test_bad_pointer, 4, 0);
	EXPECT_EQ(1, io_submit(ctx, 1, p));
	EXPECT_EQ(1, io_getevents(ctx, 1, 8, ev, NULL));
	EXPECT_EQ(-EFAULT, ev[0].res);
	/* More rounds than the ring has slots. */
	for (int i = 0; i < 1000; i++) {
		cb[0] = make(fd, IOCB_CMD_PREAD, buf[0], 4, 1);
		ASSERT_EQ(1, io_submit(ctx, 1, p));
		ASSERT_EQ(1, io_getevents(ctx, 1, 8, ev, NULL));
	}
	EXPECT_EQ(0, io_destroy(ctx));
	unlink(name);
}

TEST(polls)
{
	struct timespec ts = {0, 20000000};
	aio_context_t ctx = 0;
	struct io_event ev[2];
	struct iocb cb, other, *p = &cb;
	int fd[2];

	REQUIRE_CONFIG("AIO");
	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(0, io_setup(4, &ctx));
	cb = make(fd[0], IOCB_CMD_POLL, (void *)POLLIN, 0, 0);
	EXPECT_EQ(1, io_submit(ctx, 1, &p));
	EXPECT_EQ(0, io_getevents(ctx, 1, 2, ev, &ts));
	EXPECT_EQ(1, write(fd[1], "x", 1));
	EXPECT_EQ(1, io_getevents(ctx, 1, 2, ev, NULL));
	EXPECT_EQ(POLLIN, ev[0].res & POLLIN);
	EXPECT_EQ(1, io_submit(ctx, 1, &p)); /* ready already */
	EXPECT_EQ(1, io_getevents(ctx, 1, 2, ev, NULL));
	EXPECT_EQ(1, read(fd[0], &other, 1));
	EXPECT_EQ(1, io_submit(ctx, 1, &p));
	other = cb;
	EXPECT_ERRNO(EINVAL, syscall(SYS_io_cancel, ctx, &other, ev));
	EXPECT_ERRNO(EINPROGRESS, syscall(SYS_io_cancel, ctx, &cb, ev));
	EXPECT_EQ(1, io_getevents(ctx, 1, 2, ev, NULL));
	EXPECT_EQ(0, ev[0].res);
	EXPECT_EQ(1, io_submit(ctx, 1, &p));
	EXPECT_EQ(0, io_destroy(ctx)); /* with one that waits */
	ctx = 0;
	ASSERT_EQ(0, io_setup(4, &ctx));
	EXPECT_EQ(1, io_submit(ctx, 1, &p));
	/* And the end of the process does it too. */
}

TEST(full)
{
	aio_context_t ctx = 0;
	struct iocb cb, *p = &cb;
	struct io_event ev;
	char c;
	int fd = open("/dev/zero", O_RDONLY), n = 0;

	REQUIRE_CONFIG("AIO");
	ASSERT_EQ(0, io_setup(2, &ctx));
	cb = make(fd, IOCB_CMD_PREAD, &c, 1, 0);
	while (n < 100000 && io_submit(ctx, 1, &p) == 1)
		n++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(n, 2);
	EXPECT_EQ(1, io_getevents(ctx, 1, 1, &ev, NULL));
	EXPECT_EQ(1, io_submit(ctx, 1, &p));
}

TEST_MAIN
