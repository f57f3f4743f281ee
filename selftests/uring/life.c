/* SPDX-License-Identifier: MIT */
/* Chains that fail in silence, and requests that outlive the thread or process which made them. */
#include "uring/uring.h"
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct timespec64 {
	long long s, ns;
};

FIXTURE(life)
{
	struct ring r;
	int p[2];
};

FIXTURE_SETUP(life)
{
	REQUIRE_CONFIG("IO_URING");
	ASSERT_EQ(0, ring_init(&self->r, 16, 0));
	ASSERT_EQ(0, pipe(self->p));
}

FIXTURE_TEARDOWN(life)
{
}

static bool nothing_more(struct ring *r)
{
	usleep(50000);
	ring_enter(r, 0, 0, IORING_ENTER_GETEVENTS);
	return *r->cq_head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
}

/* ---- IOSQE_CQE_SKIP_SUCCESS ------------------------------------------------------------------ */

#define SILENT (IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS)

TEST_F(life, a_silent_chain_that_works_says_its_last_word)
{
	for (int i = 0; i < 4; i++)
		ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, i)->flags = i < 3 ? SILENT : 0;
	ASSERT_EQ(4, ring_submit(&self->r, 1));
	EXPECT_EQ(3, ring_cqe(&self->r).user_data);
	EXPECT_TRUE(nothing_more(&self->r));
}

TEST_F(life, a_silent_one_that_fails_speaks_for_its_followers)
{
	struct io_uring_cqe c;

	for (int i = 0; i < 5; i++)
		ring_sqe(&self->r, i == 2 ? IORING_OP_READ : IORING_OP_NOP, -1, NULL, 0, 0, i)
			->flags = i < 4 ? SILENT : 0;
	ASSERT_EQ(5, ring_submit(&self->r, 1));
	c = ring_cqe(&self->r);
	EXPECT_EQ(2, c.user_data);
	EXPECT_EQ(-EBADF, c.res);
	EXPECT_TRUE(nothing_more(&self->r));
}

/* One that is not silent fails: its followers say that they were cancelled, silent or not. */
TEST_F(life, cancelled_followers_are_told)
{
	ring_sqe(&self->r, IORING_OP_READ, -1, NULL, 0, 0, 0)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 1)->flags = SILENT;
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 2);
	ASSERT_EQ(3, ring_submit(&self->r, 3));
	for (int i = 0; i < 3; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(i, c.user_data);
		EXPECT_EQ(i ? -ECANCELED : -EBADF, c.res);
	}
}

TEST_F(life, a_silent_timeout_fires_in_silence)
{
	struct timespec64 soon = {0, 5000000}, far = {1000, 0};
	struct io_uring_cqe c;
	char b;

	ring_sqe(&self->r, IORING_OP_READ, self->p[0], &b, 1, 0, 1)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_LINK_TIMEOUT, -1, &soon, 1, 0, 2)->flags =
		IOSQE_CQE_SKIP_SUCCESS;
	ASSERT_EQ(2, ring_submit(&self->r, 1));
	c = ring_cqe(&self->r);
	EXPECT_EQ(1, c.user_data);
	EXPECT_EQ(-ECANCELED, c.res);
	EXPECT_TRUE(nothing_more(&self->r));
	/* and when it was not needed */
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 3)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_LINK_TIMEOUT, -1, &far, 1, 0, 4)->flags =
		IOSQE_CQE_SKIP_SUCCESS;
	ASSERT_EQ(2, ring_submit(&self->r, 1));
	EXPECT_EQ(3, ring_cqe(&self->r).user_data);
	EXPECT_TRUE(nothing_more(&self->r));
}

TEST_F(life, a_refused_timeout_refuses_its_chain)
{
	struct timespec64 far = {1000, 0};
	char b;

	ring_sqe(&self->r, IORING_OP_READ, self->p[0], &b, 1, 0, 1)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_LINK_TIMEOUT, -1, &far, 1, 0, 2)->ioprio = 89;
	ASSERT_EQ(2, ring_submit(&self->r, 2));
	for (int i = 0; i < 2; i++) {
		struct io_uring_cqe c = ring_cqe(&self->r);

		EXPECT_EQ(c.user_data == 2 ? -EINVAL : -ECANCELED, c.res);
	}
}

/* ---- the end of who asked -------------------------------------------------------------------- */

static void *wait_for_the_pipe(void *arg)
{
	struct fixture_life *self = arg;

	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], NULL, 0, 0, 1)->poll32_events = POLLIN;
	return (void *)(long)ring_submit(&self->r, 0);
}

TEST_F(life, a_poll_stays_when_its_thread_ends)
{
	struct io_uring_cqe c;
	pthread_t t;
	void *n;

	REQUIRE_THREADS();
	ASSERT_EQ(0, pthread_create(&t, NULL, wait_for_the_pipe, self));
	ASSERT_EQ(0, pthread_join(t, &n));
	ASSERT_EQ(1, (long)n);
	EXPECT_TRUE(nothing_more(&self->r));
	/* When what it waited for comes, there is nobody to look at it. */
	ASSERT_EQ(1, write(self->p[1], "x", 1));
	c = ring_cqe(&self->r);
	EXPECT_EQ(1, c.user_data);
	EXPECT_EQ(-ECANCELED, c.res);
}

TEST_F(life, a_child_leaves_timeouts_behind)
{
	struct timespec64 soon = {0, 300000000};
	struct io_uring_cqe c;
	bool seen[4] = {};
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* Waiting for the ring itself cannot last: it would keep the ring. */
		ring_sqe(&self->r, IORING_OP_POLL_ADD, self->r.fd, NULL, 0, 0, 1)->flags =
			IOSQE_IO_LINK;
		self->r.sqes[0].poll32_events = POLLIN;
		ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 2);
		ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, &soon, 1, 0, 3);
		_exit(ring_submit(&self->r, 0) != 3);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	for (int i = 0; i < 3; i++) {
		c = ring_cqe(&self->r);
		ASSERT_TRUE(c.user_data >= 1 && c.user_data <= 3);
		EXPECT_TRUE(!seen[c.user_data]);
		seen[c.user_data] = true;
		EXPECT_EQ(c.user_data == 3 ? -ETIME : -ECANCELED, c.res);
	}
}

static void *leave_requests(void *arg)
{
	static struct timespec64 soon = {0, 2000000};
	struct fixture_life *self = arg;

	/* The timer fires, and the pipe is written to, while and after the thread ends. */
	ring_sqe(&self->r, IORING_OP_TIMEOUT, -1, &soon, 1, 0, 1)->flags = IOSQE_IO_LINK;
	ring_sqe(&self->r, IORING_OP_NOP, -1, NULL, 0, 0, 2);
	ring_sqe(&self->r, IORING_OP_POLL_ADD, self->p[0], NULL, 0, 0, 3)->poll32_events = POLLIN;
	ring_submit(&self->r, 0);
	if (write(self->p[1], "x", 1) != 1)
		return arg;
	return NULL;
}

TEST_F(life, threads_end_as_their_requests_do)
{
	REQUIRE_THREADS();
	for (int round = 0; round < 50; round++) {
		pthread_t t;
		void *bad;
		char b;

		ASSERT_EQ(0, pthread_create(&t, NULL, leave_requests, self));
		ASSERT_EQ(0, pthread_join(t, &bad));
		ASSERT_TRUE(!bad);
		for (int i = 0; i < 3; i++) {
			struct io_uring_cqe c = ring_cqe(&self->r);

			ASSERT_TRUE(c.user_data >= 1 && c.user_data <= 3);
			if (c.user_data == 3)
				ASSERT_TRUE(c.res == POLLIN || c.res == -ECANCELED);
		}
		ASSERT_EQ(1, read(self->p[0], &b, 1));
	}
}

TEST_F(life, orphans_end_with_their_ring)
{
	for (int round = 0; round < 20; round++) {
		struct ring r;
		pthread_t t;
		struct fixture_life other = {.p = {self->p[0], self->p[1]}};

		REQUIRE_THREADS();
		ASSERT_EQ(0, ring_init(&r, 8, 0));
		other.r = r;
		ASSERT_EQ(0, pthread_create(&t, NULL, wait_for_the_pipe, &other));
		ASSERT_EQ(0, pthread_join(t, NULL));
		ASSERT_EQ(0, close(r.fd));
	}
	/* Nothing of them looks at the pipe any more. */
	ASSERT_EQ(1, write(self->p[1], "x", 1));
}

/* ---- limits ---------------------------------------------------------------------------------- */

TEST_F(life, limits_hold_in_workers)
{
	struct rlimit size = {4096, RLIM_INFINITY}, files = {64, 64};
	int fd = open("/tmp/uring.limit", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ASSERT_TRUE(fd >= 0);
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &size));
	ring_sqe(&self->r, IORING_OP_FALLOCATE, fd, (void *)8192, 0, 0, 1);
	EXPECT_EQ(-EFBIG, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_FALLOCATE, fd, (void *)4096, 0, 0, 1);
	EXPECT_EQ(0, ring_do(&self->r));
	ring_sqe(&self->r, IORING_OP_WRITE, fd, "x", 1, 4096, 2)->flags = IOSQE_ASYNC;
	EXPECT_EQ(-EFBIG, ring_do(&self->r));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	while (dup(fd) >= 0)
		;
	ring_sqe(&self->r, IORING_OP_OPENAT, AT_FDCWD, "/", 0, 0, 3)->flags = IOSQE_ASYNC;
	EXPECT_EQ(-EMFILE, ring_do(&self->r));
	unlink("/tmp/uring.limit");
}

TEST_MAIN
