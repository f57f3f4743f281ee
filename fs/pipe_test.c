/* SPDX-License-Identifier: MIT */
/* Pipes through their files, from kernel memory. */
#include <lib/err.h>
#include <kernel/kthread.h>
#include <kernel/kunit.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <uapi/limits.h>
#include "internal.h"

static void put_ends(void *arg)
{
	struct file **f = arg;

	for (int i = 0; i < 2; i++)
		if (f[i])
			fput_sync(f[i]);
}

/* Both ends in test->priv; non-blocking. */
static int setup(struct kunit *test)
{
	struct file **f = kunit_kzalloc(test, 2 * sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	err = create_pipe_files(f, O_NONBLOCK);
	test->priv = f;
	return err ? err : kunit_add_action(test, put_ends, f);
}

static ssize_t wr(struct kunit *test, const void *p, size_t n)
{
	return kernel_write(((struct file **)test->priv)[1], p, n, NULL);
}

static ssize_t rd(struct kunit *test, void *p, size_t n)
{
	return kernel_read(((struct file **)test->priv)[0], p, n, NULL);
}

static void bytes_come_in_order(struct kunit *test)
{
	char buf[16] = {};

	KUNIT_EXPECT_EQ(test, wr(test, "abc", 3), 3);
	KUNIT_EXPECT_EQ(test, wr(test, "defg", 4), 4);
	KUNIT_EXPECT_EQ(test, rd(test, buf, 2), 2);
	KUNIT_EXPECT_EQ(test, rd(test, buf + 2, 10), 5);
	KUNIT_EXPECT_STREQ(test, buf, "abcdefg");
	KUNIT_EXPECT_EQ(test, rd(test, buf, 1), -EAGAIN);
}

static void random_sizes_match_a_model(struct kunit *test)
{
	u8 *out = kunit_kzalloc(test, 20000), *in = kunit_kzalloc(test, 20000);
	u32 written = 0, taken = 0;

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, in);
	for (int i = 0; i < 2000; i++) {
		u32 n = kunit_random(test) % 20000;
		ssize_t got;

		if (kunit_random(test) & 1) {
			for (u32 k = 0; k < n; k++)
				out[k] = (u8)((written + k) * 7 >> 2);
			got = n ? wr(test, out, n) : 0;
			if (got > 0)
				written += got;
			KUNIT_EXPECT_LE(test, written - taken, 16 * PAGE_SIZE);
		} else {
			got = n ? rd(test, in, n) : 0;
			for (ssize_t k = 0; k < got; k++)
				if (in[k] != (u8)((taken + k) * 7 >> 2)) {
					KUNIT_FAIL(test, "byte %u is wrong", taken + (u32)k);
					return;
				}
			if (got > 0)
				taken += got;
		}
	}
}

static void small_writes_are_whole_or_nothing(struct kunit *test)
{
	char *page = kunit_kzalloc(test, PIPE_BUF);
	ssize_t n;

	KUNIT_ASSERT_NOT_NULL(test, page);
	while ((n = wr(test, page, 3000)) == 3000)
		;
	KUNIT_EXPECT_EQ(test, n, -EAGAIN);
	KUNIT_EXPECT_EQ(test, rd(test, page, 100), 100);
	KUNIT_EXPECT_EQ(test, wr(test, page, 3000), -EAGAIN);
}

static void ends_are_noticed(struct kunit *test)
{
	struct file **f = test->priv;
	char c;

	KUNIT_EXPECT_FALSE(test, vfs_poll(f[0], NULL));
	KUNIT_EXPECT_EQ(test, wr(test, "x", 1), 1);
	KUNIT_EXPECT_TRUE(test, vfs_poll(f[0], NULL) & EPOLLIN);
	fput_sync(f[1]);
	f[1] = NULL;
	KUNIT_EXPECT_EQ(test, rd(test, &c, 1), 1);
	KUNIT_EXPECT_EQ(test, rd(test, &c, 1), 0);
	KUNIT_EXPECT_TRUE(test, vfs_poll(f[0], NULL) == EPOLLHUP);
}

static void resizing_keeps_the_bytes(struct kunit *test)
{
	struct file **f = test->priv;
	char buf[8] = {};

	KUNIT_EXPECT_EQ(test, pipe_fcntl(f[1], F_GETPIPE_SZ, 0), 16 * PAGE_SIZE);
	wr(test, "1234567", 7);
	rd(test, buf, 2);
	KUNIT_EXPECT_EQ(test, pipe_fcntl(f[1], F_SETPIPE_SZ, 5 * PAGE_SIZE), 8 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pipe_fcntl(f[1], F_SETPIPE_SZ, 1), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, rd(test, buf, 7), 5);
	KUNIT_EXPECT_MEMEQ(test, buf, "34567", 5);
}

static int slow_writer(void *arg)
{
	struct file *w = arg;
	u32 i;

	for (i = 0; i < 50000; i++)
		if (kernel_write(w, &i, sizeof(i), NULL) != sizeof(i))
			break;
	fput_sync(w);
	return 0;
}

static void a_blocked_side_is_woken(struct kunit *test)
{
	struct file *f[2];
	u32 i, v = 0;

	KUNIT_ASSERT_EQ(test, create_pipe_files(f, 0), 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(slow_writer, f[1], "kunit-pipe"));
	for (i = 0; kernel_read(f[0], &v, sizeof(v), NULL) == sizeof(v); i++)
		if (v != i)
			break;
	KUNIT_EXPECT_EQ(test, i, 50000);
	fput_sync(f[0]);
}

static const struct kunit_case cases[] = {KUNIT_CASE(bytes_come_in_order),
					  KUNIT_CASE(random_sizes_match_a_model),
					  KUNIT_CASE(small_writes_are_whole_or_nothing),
					  KUNIT_CASE(ends_are_noticed),
					  KUNIT_CASE(resizing_keeps_the_bytes),
					  KUNIT_CASE(a_blocked_side_is_woken),
					  {}};
KUNIT_SUITE_OPS(pipe, cases, setup, NULL);
