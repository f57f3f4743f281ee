/* SPDX-License-Identifier: MIT */
/* Pipes: pipe(7). */
#include "../harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

FIXTURE(pair)
{
	int r, w;
};

FIXTURE_SETUP(pair)
{
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	self->r = fd[0];
	self->w = fd[1];
}

FIXTURE_TEARDOWN(pair)
{
	close(self->r);
	close(self->w);
}

TEST_F(pair, bytes_come_in_order)
{
	char buf[8];

	ASSERT_EQ(3, write(self->w, "abc", 3));
	ASSERT_EQ(2, write(self->w, "de", 2));
	ASSERT_EQ(2, read(self->r, buf, 2));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	ASSERT_EQ(3, read(self->r, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "cde", 3));
}

TEST_F(pair, end_of_file_when_writers_are_gone)
{
	char c;

	ASSERT_EQ(1, write(self->w, "x", 1));
	close(self->w);
	EXPECT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(0, read(self->r, &c, 1));
}

TEST_F(pair, writing_to_nobody_gives_epipe)
{
	signal(SIGPIPE, SIG_IGN);
	close(self->r);
	EXPECT_ERRNO(EPIPE, write(self->w, "x", 1));
}

TEST_SIGNAL(writing_to_nobody_raises_sigpipe, SIGPIPE)
{
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	close(fd[0]);
	EXPECT_EQ(1, write(fd[1], "x", 1));
}

TEST_F(pair, nonblocking_empty_gives_eagain)
{
	char c;

	ASSERT_EQ(0, fcntl(self->r, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, read(self->r, &c, 1));
}

TEST_F(pair, nonblocking_full_gives_eagain)
{
	static char buf[65536];
	ssize_t n, total = 0;

	ASSERT_EQ(0, fcntl(self->w, F_SETFL, O_NONBLOCK));
	while ((n = write(self->w, buf, sizeof(buf))) > 0)
		total += n;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(total, 4096);
	EXPECT_EQ(4096, read(self->r, buf, 4096));
	EXPECT_EQ(4096, write(self->w, buf, 4096));
}

TEST_F(pair, a_large_write_arrives_whole)
{
	static char out[1 << 20], in[1 << 20];
	size_t done = 0;
	ssize_t n;
	pid_t pid;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 31 + (i >> 12);
	pid = fork();
	if (pid == 0)
		_exit(write(self->w, out, sizeof(out)) == (ssize_t)sizeof(out) ? 0 : 1);
	close(self->w);
	while ((n = read(self->r, in + done, sizeof(in) - done)) > 0)
		done += n;
	EXPECT_EQ(sizeof(out), done);
	EXPECT_EQ(0, memcmp(in, out, sizeof(out)));
	EXPECT_EQ(0, test_wait(pid));
}

/* POSIX: writes of at most PIPE_BUF bytes are not interleaved. */
TEST_F(pair, small_writes_are_atomic)
{
	char buf[512], out[512];
	int left = 4 * 200;

	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			memset(out, 'a' + i, sizeof(out));
			for (int n = 0; n < 200; n++)
				if (write(self->w, out, sizeof(out)) != sizeof(out))
					_exit(1);
			_exit(0);
		}
	close(self->w);
	while (left-- > 0) {
		size_t got = 0;

		while (got < sizeof(buf)) {
			ssize_t n = read(self->r, buf + got, sizeof(buf) - got);

			ASSERT_GT(n, 0);
			got += n;
		}
		for (size_t i = 1; i < sizeof(buf); i++)
			ASSERT_EQ(buf[0], buf[i]);
	}
}

TEST_F(pair, poll_says_what_is_ready)
{
	struct pollfd p[2] = {{self->r, POLLIN, 0}, {self->w, POLLOUT, 0}};

	ASSERT_EQ(1, poll(p, 2, 0));
	EXPECT_EQ(POLLOUT, p[1].revents);
	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(2, poll(p, 2, -1));
	EXPECT_EQ(POLLIN, p[0].revents);
	close(self->w);
	p[1].fd = -1;
	ASSERT_EQ(1, poll(p, 2, 0));
	EXPECT_EQ(POLLIN | POLLHUP, p[0].revents);
}

TEST_F(pair, poll_times_out)
{
	struct pollfd p = {self->r, POLLIN, 0};
	double start = test_now();

	EXPECT_EQ(0, poll(&p, 1, 50));
	EXPECT_TRUE(test_now() - start >= 0.05);
}

TEST_F(pair, fionread_counts)
{
	int n = -1;

	ASSERT_EQ(5, write(self->w, "12345", 5));
	ASSERT_EQ(0, ioctl(self->r, FIONREAD, &n));
	EXPECT_EQ(5, n);
}

TEST_F(pair, vectors_work)
{
	char a[2], b[3];
	struct iovec out[2] = {{"ab", 2}, {"cde", 3}}, in[2] = {{a, 2}, {b, 3}};

	ASSERT_EQ(5, writev(self->w, out, 2));
	ASSERT_EQ(5, readv(self->r, in, 2));
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ(0, memcmp(b, "cde", 3));
}

TEST_F(pair, wrong_end_is_ebadf)
{
	char c;

	EXPECT_ERRNO(EBADF, write(self->r, "x", 1));
	EXPECT_ERRNO(EBADF, read(self->w, &c, 1));
	EXPECT_ERRNO(ESPIPE, lseek(self->r, 0, SEEK_SET));
}

TEST_F(pair, bad_buffer_is_efault)
{
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_ERRNO(EFAULT, read(self->r, test_bad_pointer, 1));
	EXPECT_ERRNO(EFAULT, write(self->w, test_bad_pointer, 1));
	EXPECT_ERRNO(EFAULT, pipe((int *)test_bad_pointer));
}

TEST(pipe2_flags)
{
	int fd[2];

	ASSERT_EQ(0, pipe2(fd, O_CLOEXEC | O_NONBLOCK));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd[0], F_GETFD));
	EXPECT_EQ(O_NONBLOCK, fcntl(fd[1], F_GETFL) & O_NONBLOCK);
	EXPECT_ERRNO(EINVAL, pipe2(fd, 0x40000000));
}

/* A ring of processes passes a number on. */
TEST(a_token_goes_round)
{
	int first[2], in, n = 0;

	ASSERT_EQ(0, pipe(first));
	in = first[0];
	for (int i = 0; i < 8; i++) {
		int next[2];

		ASSERT_EQ(0, pipe(next));
		if (fork() == 0) {
			int v;

			while (read(in, &v, sizeof(v)) == sizeof(v)) {
				v++;
				if (write(next[1], &v, sizeof(v)) != sizeof(v))
					_exit(1);
			}
			_exit(0);
		}
		in = next[0];
	}
	for (int round = 1; round <= 100; round++) {
		ASSERT_EQ((ssize_t)sizeof(n), write(first[1], &n, sizeof(n)));
		ASSERT_EQ((ssize_t)sizeof(n), read(in, &n, sizeof(n)));
		ASSERT_EQ(8 * round, n);
	}
}

/* ---- many at one end ------------------------------------------------------------------------- */

#define MANY 8

/* Children that read one byte each; the status of one that got it is 1. */
static void start_readers(int fd[2], pid_t pid[MANY])
{
	for (int i = 0; i < MANY; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i]) {
			char c;

			close(fd[1]);
			_exit(read(fd[0], &c, 1) == 1 ? 1 : 0);
		}
	}
	test_sleep_ms(100); /* all sleep */
}

static int sum_of_statuses(pid_t pid[MANY])
{
	int sum = 0;

	for (int i = 0; i < MANY; i++)
		sum += WEXITSTATUS(test_wait(pid[i]));
	return sum;
}

/* One write is for all of them. */
TEST(one_write_serves_many_sleeping_readers)
{
	pid_t pid[MANY];
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	start_readers(fd, pid);
	ASSERT_EQ(MANY, write(fd[1], "12345678", MANY));
	EXPECT_EQ(MANY, sum_of_statuses(pid));
}

TEST(the_end_wakes_all_sleeping_readers)
{
	pid_t pid[MANY];
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	start_readers(fd, pid);
	close(fd[1]);
	EXPECT_EQ(0, sum_of_statuses(pid));
}

/* All that was in a full pipe is read at once: there is room for every sleeping writer. */
TEST(one_read_lets_many_sleeping_writers_go_on)
{
	static char page[65536];
	pid_t pid[MANY];
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(65536, fcntl(fd[1], F_GETPIPE_SZ));
	ASSERT_EQ(65536, write(fd[1], page, 65536));
	for (int i = 0; i < MANY; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			_exit(write(fd[1], page, 4096) == 4096 ? 1 : 0);
	}
	test_sleep_ms(100);
	ASSERT_EQ(65536, read(fd[0], page, 65536));
	EXPECT_EQ(MANY, sum_of_statuses(pid));
}

TEST_MAIN
