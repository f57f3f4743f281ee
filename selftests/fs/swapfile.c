/* SPDX-License-Identifier: MIT */
/* Swap in a file on ext4: memory goes to its blocks and comes back; files that cannot be used. */
#include "../harness.h"
#include "mkext4.h"
#include <sys/mman.h>
#include <sys/swap.h>

#define IMAGE "/tmp/swapmnt.img"
#define MNT   "/tmp/swapmnt"
#define FILE_ MNT "/swap"
#define PAGE  4096ul
#define PAGES 300u

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static char dev[32];
static int image, loop;

static void begin(unsigned int bs)
{
	REQUIRE_CONFIG("SWAP");
	REQUIRE_CONFIG("EXT4_FS");
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	image = open(IMAGE, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(image, 0);
	make_ext4(image, bs, bs == 1024 ? 4096 : 2048);
	loop = loop_over(image, dev, sizeof(dev));
	mkdir(MNT, 0755);
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

/* A file of PAGES, all of whose pages but @hole (0: none) were written, with a header. */
static void make_swapfile(unsigned int hole)
{
	static char page[PAGE];
	uint32_t *info = (uint32_t *)(page + 1024);
	int fd = open(FILE_, O_RDWR | O_CREAT | O_TRUNC, 0600);

	ASSERT_GE(fd, 0);
	for (unsigned int i = 0; i < PAGES; i++) {
		memset(page, 0, sizeof(page));
		if (!i) {
			info[0] = 1;
			info[1] = PAGES - 1;
			memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
		}
		if (!i || i != hole)
			ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, i * PAGE));
	}
	ASSERT_EQ(0, fsync(fd));
	close(fd);
}

static long swapped_kb(void)
{
	static char text[8192];
	char *total, *unused;

	ASSERT_GT(test_read_file("/proc/meminfo", text, sizeof(text)), 0);
	total = strstr(text, "SwapTotal:");
	unused = strstr(text, "SwapFree:");
	ASSERT_TRUE(total && unused);
	return strtol(total + 10, NULL, 10) - strtol(unused + 9, NULL, 10);
}

static void goes_and_comes_back(void)
{
	size_t n = PAGES - 50;
	unsigned int *p =
		mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	for (size_t i = 0; i < n * PAGE / 4; i++)
		p[i] = i * 2654435761u;
	ASSERT_EQ(0, madvise(p, n * PAGE, MADV_PAGEOUT));
	EXPECT_GE(swapped_kb(), (long)(n * PAGE / 1024));
	for (size_t i = 0; i < n * PAGE / 4; i++)
		ASSERT_EQ((unsigned int)(i * 2654435761u), p[i]);
	ASSERT_EQ(0, munmap(p, n * PAGE));
}

static void use_as_swap(unsigned int bs)
{
	static char text[4096];

	begin(bs);
	make_swapfile(0);
	ASSERT_EQ(0, swapon(FILE_, 0));
	ASSERT_GT(test_read_file("/proc/swaps", text, sizeof(text)), 0);
	EXPECT_TRUE(strstr(text, FILE_) && strstr(text, "file"));
	EXPECT_EQ(-1, swapon(FILE_, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-1, umount(MNT));
	EXPECT_EQ(EBUSY, errno);
	goes_and_comes_back();
	ASSERT_EQ(0, swapoff(FILE_));
	/* The file system is whole: the file is still there, and can go. */
	ASSERT_EQ(0, unlink(FILE_));
	end();
}

TEST(blocks_smaller_than_a_page)
{
	use_as_swap(1024);
}

TEST(blocks_of_a_page)
{
	use_as_swap(4096);
}

TEST(a_file_with_a_hole_is_refused)
{
	begin(4096);
	make_swapfile(100);
	EXPECT_EQ(-1, swapon(FILE_, 0));
	EXPECT_EQ(EINVAL, errno);
	end();
}
TEST_MAIN
