/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a guest (run.py): makes SOCKETS sockets (a million unless the environment says
 * otherwise), passes descriptors over them and lets them go in every way: received, unread, in
 * circles that only a collector finds. Afterwards no file is open and no memory missing.
 */
#include "guest.h"
#include "unix/util.h"

#define BATCH 20000

/* Open files in the system. */
static long open_files(void)
{
	char buf[64];

	return test_read_file("/proc/sys/fs/file-nr", buf, sizeof(buf)) > 0 ? atol(buf) : -1;
}

static void pair(int type, int sv[2])
{
	ASSERT_EQ(0, socketpair(AF_UNIX, type, 0, sv));
}

static void close2(const int sv[2])
{
	close(sv[0]);
	close(sv[1]);
}

/* Each makes four sockets and leaves none behind, seen from here. */
static void received(int type)
{
	int a[2], b[2], got[4], n, flags;
	char c;

	pair(type, a);
	pair(type, b);
	ASSERT_EQ(1, send_fds(a[0], "x", 1, b, 2));
	ASSERT_EQ(1, recv_fds(a[1], &c, 1, got, 4, &n, &flags, 0));
	ASSERT_EQ(2, n);
	close2(got);
	close2(a);
	close2(b);
}

static void unread(int type)
{
	int a[2], b[2];

	pair(type, a);
	pair(type, b);
	ASSERT_EQ(1, send_fds(a[0], "x", 1, b, 2));
	close2(b);
	close2(a);
}

/* Either pair lies in the other's queue. */
static void crossed(int type)
{
	int a[2], b[2];

	pair(type, a);
	pair(type, b);
	ASSERT_EQ(1, send_fds(a[0], "x", 1, b, 2));
	ASSERT_EQ(1, send_fds(b[0], "x", 1, a, 2));
	close2(a);
	close2(b);
}

/* A pair in its own queues, and one that leads there. */
static void in_itself(int type)
{
	int a[2], b[2];

	pair(type, a);
	pair(type, b);
	ASSERT_EQ(1, send_fds(a[0], "x", 1, a, 2));
	ASSERT_EQ(1, send_fds(a[1], "x", 1, b, 1));
	ASSERT_EQ(1, send_fds(b[0], "x", 1, a, 1));
	close2(b);
	close2(a);
}

static void make_sockets(long nr)
{
	static void (*const ways[])(int) = {received, unread, crossed, in_itself};

	for (long i = 0; i < nr / 4; i++)
		ways[i % 4](i / 4 % 3 == 0 ? SOCK_STREAM :
			    i / 4 % 3 == 1 ? SOCK_DGRAM :
					     SOCK_SEQPACKET);
}

/* The end of any socket starts a collection. */
static bool files_fall_to(long most)
{
	for (int i = 0; i < 500 && open_files() > most; i++) {
		unread(SOCK_STREAM);
		test_sleep_ms(10);
	}
	return open_files() <= most;
}

TEST_TIMEOUT(no_socket_is_left, 4 * 3600)
{
	const char *want = getenv("SOCKETS");
	long nr = want ? atol(want) : 1000000, files, before;

	make_sockets(BATCH); /* caches fill */
	files_fall_to(0);
	files = open_files();
	before = unused();
	for (long done = 0; done < nr; done += BATCH) {
		make_sockets(BATCH);
		ASSERT_TRUE(open_files() < files + BATCH); /* the collector keeps up */
	}
	EXPECT_TRUE(files_fall_to(files + 8));
	/* Less than one byte a socket, beyond what caches keep; the last are freed in a while. */
	for (int i = 0; i < 100 && before - unused() > 1024 + nr / 1024; i++)
		test_sleep_ms(100);
	EXPECT_LE(before - unused(), 1024l + nr / 1024);
	NOTE("%ld sockets: %ld KB fewer are unused", nr, before - unused());
}

GUEST_MAIN
