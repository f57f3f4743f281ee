/* SPDX-License-Identifier: MIT */
/*
 * A full ext4 loses nothing: a store to a mapping has its block, or gets SIGBUS; what was let
 * through is there after a remount. Blocks are smaller than a page, and as large.
 */
#include "../harness.h"
#include "mkext4.h"
#include <setjmp.h>
#include <sys/mman.h>

#define MNT	 "/tmp/e4full"
#define IMAGE	 "/tmp/e4full.img"
#define NR_PAGES 16
#define PAGE	 4096

static char dev[32];
static int image, loop;
static sigjmp_buf on_sigbus;

static void sigbus(int sig)
{
	siglongjmp(on_sigbus, 1);
}

static void begin(unsigned int bs)
{
	REQUIRE_CONFIG("EXT4_FS");
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	image = open(IMAGE, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(image, 0);
	make_ext4(image, bs, bs == 1024 ? 4096 : 2048);
	loop = loop_over(image, dev, sizeof(dev));
	mkdir(MNT, 0755);
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, ""));
	signal(SIGBUS, sigbus);
}

static void remount(void)
{
	ASSERT_EQ(0, umount(MNT));
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, ""));
}

static void end(void)
{
	EXPECT_EQ(0, umount(MNT));
	ioctl(loop, LOOP_CLR_FD);
	close(loop);
	close(image);
	unlink(IMAGE);
}

/* Writes pieces until there is no room for one more. */
static void fill(const char *name)
{
	static char piece[1024];
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ASSERT_GE(fd, 0);
	while (write(fd, piece, sizeof(piece)) > 0)
		;
	EXPECT_EQ(ENOSPC, errno);
	close(fd);
}

/* Whether the store was let through. */
static bool store(volatile char *p, char c)
{
	if (sigsetjmp(on_sigbus, 1))
		return false;
	*p = c;
	return true;
}

/* Stores beside the written part of a page, after the file grew and the disk was filled. */
static void grown_page(unsigned int bs)
{
	char back[2 * PAGE + 1], done[2 * PAGE] = {};
	int fd, refused = 0;
	char *p;

	begin(bs);
	memset(back, 'a', 1024);
	fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(1024, (int)write(fd, back, 1024));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_TRUE(store(p, 'b'));
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE));
	fill(MNT "/filler");
	for (int i = 1024; i < 2 * PAGE; i += 1024) {
		done[i] = store(p + i, 'c');
		refused += !done[i];
	}
	EXPECT_EQ(bs == 1024 ? 7 : 4, refused);
	EXPECT_EQ(0, msync(p, 2 * PAGE, MS_SYNC));
	munmap(p, 2 * PAGE);
	close(fd);
	remount();
	EXPECT_EQ(2 * PAGE, (int)test_read_file(MNT "/file", back, sizeof(back)));
	EXPECT_EQ('b', back[0]);
	EXPECT_EQ('a', back[1023]);
	for (int i = 1024; i < 2 * PAGE; i += 1024)
		EXPECT_EQ(done[i] ? 'c' : 0, back[i]);
	end();
}

TEST(small_blocks_of_a_page_that_grew)
{
	grown_page(1024);
}

TEST(page_sized_blocks_of_a_file_that_grew)
{
	grown_page(4096);
}

/* Blocks of fallocate() take what they were made for. */
static void preallocated(unsigned int bs)
{
	static char data[8 * PAGE], back[8 * PAGE + 1];
	int fd;
	char *p;

	begin(bs);
	memset(data, 'p', sizeof(data));
	fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, fallocate(fd, 0, 0, sizeof(data)));
	p = mmap(NULL, sizeof(data), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	fill(MNT "/filler");
	EXPECT_EQ(4 * PAGE, (int)write(fd, data, 4 * PAGE));
	for (size_t i = 4 * PAGE; i < sizeof(data); i += 512)
		EXPECT_TRUE(store(p + i, 'm'));
	for (size_t i = 4 * PAGE; i < sizeof(data); i++)
		data[i] = i % 512 ? 0 : 'm';
	EXPECT_EQ(0, fsync(fd));
	munmap(p, sizeof(data));
	close(fd);
	remount();
	EXPECT_EQ((int)sizeof(data), (int)test_read_file(MNT "/file", back, sizeof(back)));
	EXPECT_EQ(0, memcmp(data, back, sizeof(data)));
	end();
}

TEST(preallocated_small_blocks)
{
	preallocated(1024);
}

TEST(preallocated_page_sized_blocks)
{
	preallocated(4096);
}

/* What lies in a mapping behind the end of the file is not in the file when it grows. */
TEST(stores_behind_the_end_stay_outside)
{
	char back[PAGE + 1];
	int fd;
	char *p;

	begin(1024);
	fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, ftruncate(fd, 1024));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	memset(p, 'x', PAGE);
	ASSERT_EQ(0, ftruncate(fd, 3000));
	p[2048] = 'y';
	ASSERT_EQ(1, (int)pwrite(fd, "z", 1, PAGE - 1));
	munmap(p, PAGE);
	close(fd);
	remount();
	ASSERT_EQ(PAGE, (int)test_read_file(MNT "/file", back, sizeof(back)));
	for (int i = 0; i < PAGE; i++) {
		char want = i < 1024 ? 'x' : i == 2048 ? 'y' : i == PAGE - 1 ? 'z' : 0;

		ASSERT_EQ(want, back[i]);
	}
	end();
}

/* ---- at random ------------------------------------------------------------------------------- */

struct model {
	int fd;
	char *map;
	off_t size;
	char want[NR_PAGES * PAGE];
	int refused;
};

static void random_step(struct model *m, unsigned int *seed)
{
	off_t at = rand_r(seed) % (NR_PAGES * PAGE), len = rand_r(seed) % 3000 + 1;
	static char data[4096];

	switch (rand_r(seed) % 8) {
	case 0: /* a hole, or a shorter file */
		if (rand_r(seed) % 4) {
			ASSERT_EQ(0, fallocate(m->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					       at, len));
			for (off_t i = at; i < at + len && i < m->size; i++)
				m->want[i] = 0;
			break;
		}
		ASSERT_EQ(0, ftruncate(m->fd, at));
		if (at < m->size)
			memset(m->want + at, 0, (size_t)(m->size - at));
		m->size = at;
		break;
	case 1:
		if (at > m->size && ftruncate(m->fd, at) == 0)
			m->size = at;
		break;
	case 2:
		if (at + len > (off_t)sizeof(m->want))
			break;
		memset(data, rand_r(seed), sizeof(data));
		len = pwrite(m->fd, data, (size_t)len, at);
		if (len > 0)
			memcpy(m->want + at, data, (size_t)len);
		if (len > 0 && at + len > m->size)
			m->size = at + len;
		break;
	case 3:
		if (rand_r(seed) % 4 == 0)
			ASSERT_EQ(0, fdatasync(m->fd));
		break;
	default:
		for (; at < m->size && len > 0; at += 700, len -= 700) {
			char c = (char)(rand_r(seed) | 1);

			if (store(m->map + at, c))
				m->want[at] = c;
			else
				m->refused++;
		}
	}
}

static void at_random(unsigned int bs)
{
	static struct model m;
	static char back[NR_PAGES * PAGE + 1];
	unsigned int seed = 1;

	begin(bs);
	m.fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	m.map = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	ASSERT_TRUE(m.map != MAP_FAILED);
	for (int round = 0; round < 12; round++) {
		struct stat st;

		/* Room for a few blocks more. */
		fill(MNT "/filler");
		ASSERT_EQ(0, stat(MNT "/filler", &st));
		ASSERT_EQ(0, truncate(MNT "/filler", st.st_size - rand_r(&seed) % 20000));
		for (int i = 0; i < 60; i++)
			random_step(&m, &seed);
		for (off_t i = 0; i < m.size; i++)
			ASSERT_EQ(m.want[i], m.map[i]);
	}
	EXPECT_GT(m.refused, 0);
	EXPECT_EQ(0, fsync(m.fd));
	munmap(m.map, sizeof(m.want));
	close(m.fd);
	remount();
	ASSERT_EQ(m.size, (off_t)test_read_file(MNT "/file", back, sizeof(back)));
	for (off_t i = 0; i < m.size; i++)
		ASSERT_EQ(m.want[i], back[i]);
	end();
}

TEST_TIMEOUT(small_blocks_at_random, 120)
{
	at_random(1024);
}

TEST_TIMEOUT(page_sized_blocks_at_random, 120)
{
	at_random(4096);
}

TEST_MAIN
