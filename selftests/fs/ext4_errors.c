/* SPDX-License-Identifier: MIT */
/*
 * What ext4 tells of writes that fail, of direct writes, and of damage: an fsync that succeeded
 * means that the data is there, whichever write failed after it or before.
 */
#include "../harness.h"
#include "mkext4.h"
#include <sys/statvfs.h>

#define MNT   "/tmp/e4err"
#define IMAGE "/tmp/e4err.img"

static char dev[32];
static int image, loop;

static void make(unsigned int bs)
{
	REQUIRE_CONFIG("EXT4_FS");
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	image = open(IMAGE, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(image, 0);
	make_ext4(image, bs, 3000);
	loop = loop_over(image, dev, sizeof(dev));
	mkdir(MNT, 0755);
}

static void begin(unsigned int bs, const char *options)
{
	make(bs);
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, options));
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

static int inject(const char *value)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/block/%s/fail/write", dev + 5);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1;
	close(fd);
	return ret;
}

/* ---- each is told once ----------------------------------------------------------------------- */

TEST(lost_data_is_told_once_to_each)
{
	int a, b, dir, late;
	char data[8192];

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	begin(1024, "");
	memset(data, 'a', sizeof(data));
	a = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ((ssize_t)sizeof(data), write(a, data, sizeof(data)));
	ASSERT_EQ(0, fsync(a));
	b = open(MNT "/file", O_RDWR);
	dir = open(MNT, O_RDONLY | O_DIRECTORY);
	ASSERT_EQ(0, syncfs(dir));
	ASSERT_EQ((ssize_t)sizeof(data), pwrite(a, data, sizeof(data), 0));
	ASSERT_EQ(0, inject("1"));
	EXPECT_ERRNO(EIO,
		     sync_file_range(a, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
	late = open(MNT "/file", O_RDWR);
	EXPECT_ERRNO(EIO, fsync(a));
	EXPECT_EQ(0, fsync(a));
	EXPECT_ERRNO(EIO, fdatasync(b));
	EXPECT_EQ(0, fdatasync(b));
	/* Opened when nobody had been told yet. */
	EXPECT_ERRNO(EIO, fsync(late));
	close(late);
	EXPECT_ERRNO(EIO, syncfs(dir));
	EXPECT_EQ(0, syncfs(dir));
	EXPECT_ERRNO(EIO, syncfs(a));
	/* Everybody has been told. */
	late = open(MNT "/file", O_RDWR);
	EXPECT_EQ(0, fsync(late));
	EXPECT_EQ(0, syncfs(late));
	close(late);
	close(dir);
	close(a);
	close(b);
	end();
}

/* ---- any write fails ------------------------------------------------------------------------- */

static bool intact(const char *name, char c, size_t n)
{
	static char back[65536];
	ssize_t got = test_read_file(name, back, sizeof(back));

	for (ssize_t i = 0; i < got; i++)
		if (back[i] != c)
			return false;
	return got == (ssize_t)n;
}

/* Whether the file was written and all of it is safe. */
static bool put(const char *name, char c, size_t n)
{
	static char data[65536];
	int fd = open(name, O_RDWR | O_CREAT, 0600);
	bool ok;

	if (fd < 0)
		return false;
	memset(data, c, n);
	ok = write(fd, data, n) == (ssize_t)n && fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool fail_nth(int nth, const char *how)
{
	char value[16];
	bool first, second, third;

	begin(1024, "");
	snprintf(value, sizeof(value), "%d%s", nth, how);
	ASSERT_EQ(0, inject(value));
	first = put(MNT "/first", 'f', 20000);
	second = put(MNT "/second", 's', 3000);
	if (second)
		second = rename(MNT "/second", MNT "/renamed") == 0;
	sync();
	third = put(MNT "/third", 't', 5000);
	umount(MNT);
	ASSERT_EQ(0, inject("0"));
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, ""));
	EXPECT_TRUE(!first || intact(MNT "/first", 'f', 20000));
	EXPECT_TRUE(!second || intact(MNT "/renamed", 's', 3000) ||
		    intact(MNT "/second", 's', 3000));
	EXPECT_TRUE(!third || intact(MNT "/third", 't', 5000));
	if (third && second)
		EXPECT_TRUE(intact(MNT "/renamed", 's', 3000));
	end();
	return first && second && third;
}

TEST_TIMEOUT(any_one_write_fails, 120)
{
	int failed = 0;

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	for (int n = 1; n <= 40; n++)
		failed += !fail_nth(n, "");
	EXPECT_GT(failed, 5);
}

TEST_TIMEOUT(the_disk_goes_away, 120)
{
	int failed = 0;

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	for (int n = 1; n <= 40; n++)
		failed += !fail_nth(n, "+");
	EXPECT_GT(failed, 5);
}

/* ---- a slow disk ----------------------------------------------------------------------------- */

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)strlen(value), write(fd, value, strlen(value)));
	close(fd);
}

static unsigned long writes_of(const char *disk)
{
	char path[64], text[256];
	unsigned long n = 0;

	snprintf(path, sizeof(path), "/sys/block/%s/stat", disk);
	if (test_read_file(path, text, sizeof(text)) > 0)
		sscanf(text, "%*s %*s %*s %*s %lu", &n);
	return n;
}

static void delay(const char *disk, const char *ms)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/%s/fail/delay", disk);
	set(path, ms);
}

/* Old data goes to its disk in its time, whatever another disk is at. */
TEST_TIMEOUT(a_slow_disk_delays_no_other, 60)
{
	char slow[32], name[64], data[4096] = {};
	int slow_image, slow_loop, fd;
	unsigned long before;

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	/* Mounted first, so it is looked at first. */
	slow_image = open("/tmp/slow.img", O_RDWR | O_CREAT | O_TRUNC, 0600);
	make_ext4(slow_image, 4096, 3000);
	slow_loop = loop_over(slow_image, slow, sizeof(slow));
	mkdir("/tmp/slow", 0755);
	ASSERT_EQ(0, mount(slow, "/tmp/slow", "ext4", 0, ""));
	begin(4096, "");
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/tmp/slow/f%d", i);
		fd = open(name, O_RDWR | O_CREAT, 0600);
		ASSERT_EQ(4096, (int)write(fd, data, 4096));
		close(fd);
	}
	fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, fsync(fd));
	before = writes_of(dev + 5);
	ASSERT_EQ(4096, (int)write(fd, data, 4096));
	close(fd);
	delay(slow + 5, "500");
	set("/proc/sys/vm/dirty_expire_centisecs", "10");
	set("/proc/sys/vm/dirty_writeback_centisecs", "10");
	sleep(4);
	EXPECT_GT(writes_of(dev + 5), before);
	delay(slow + 5, "0");
	set("/proc/sys/vm/dirty_expire_centisecs", "3000");
	set("/proc/sys/vm/dirty_writeback_centisecs", "500");
	EXPECT_EQ(0, umount("/tmp/slow"));
	ioctl(slow_loop, LOOP_CLR_FD);
	close(slow_loop);
	close(slow_image);
	unlink("/tmp/slow.img");
	end();
}

/* ---- direct writes --------------------------------------------------------------------------- */

static void direct_writes(unsigned int bs)
{
	static char want[65536], back[65537];
	char *data;
	int fd;

	begin(bs, "");
	ASSERT_EQ(0, posix_memalign((void **)&data, 4096, 65536));
	fd = open(MNT "/file", O_RDWR | O_CREAT, 0600);
	memset(want, 'o', 100);
	ASSERT_EQ(100, (int)write(fd, want, 100));
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_DIRECT));
	/* Within the block of the end, but behind the end. */
	memset(data, '1', 65536);
	ASSERT_EQ(512, (int)pwrite(fd, data, 512, 0));
	memcpy(want, data, 512);
	/* Over a hole, what is written, and the end. */
	ASSERT_EQ(0, ftruncate(fd, 20000));
	memset(data, '2', 65536);
	ASSERT_EQ(8192, (int)pwrite(fd, data, 8192, 4096));
	memcpy(want + 4096, data, 8192);
	ASSERT_EQ(0, fallocate(fd, FALLOC_FL_KEEP_SIZE, 16384, 40960));
	memset(data, '3', 65536);
	ASSERT_EQ(24576, (int)pwrite(fd, data, 24576, 8192));
	memcpy(want + 8192, data, 24576);
	/* Behind a gap. */
	memset(data, '4', 65536);
	ASSERT_EQ(4096, (int)pwrite(fd, data, 4096, 45056));
	memcpy(want + 45056, data, 4096);
	EXPECT_ERRNO(EINVAL, pwrite(fd, data, 100, 0));
	EXPECT_ERRNO(EINVAL, pwrite(fd, data, 512, 100));
	EXPECT_ERRNO(EINVAL, pwrite(fd, data, 100, 65536));
	ASSERT_EQ(49152, (int)pread(fd, data, 65536, 0));
	EXPECT_EQ(0, memcmp(want, data, 49152));
	close(fd);
	remount();
	EXPECT_EQ(49152, (int)test_read_file(MNT "/file", back, sizeof(back)));
	EXPECT_EQ(0, memcmp(want, back, 49152));
	free(data);
	end();
}

TEST(direct_writes_to_small_blocks)
{
	direct_writes(1024);
}

TEST(direct_writes_to_page_sized_blocks)
{
	direct_writes(4096);
}

/* What a direct write could not do past the page cache is on the disk when it returns. */
TEST(direct_writes_into_holes_fail_when_the_disk_does)
{
	char *data;
	int fd;

	REQUIRE_CONFIG("BLK_DEBUG_FAIL");
	begin(4096, "");
	ASSERT_EQ(0, posix_memalign((void **)&data, 4096, 8192));
	memset(data, 'd', 8192);
	fd = open(MNT "/file", O_RDWR | O_CREAT | O_DIRECT, 0600);
	ASSERT_EQ(8192, (int)pwrite(fd, data, 8192, 0));
	ASSERT_EQ(0, inject("1"));
	EXPECT_ERRNO(EIO, pwrite(fd, data, 8192, 8192));
	EXPECT_EQ(8192, (int)pwrite(fd, data, 8192, 8192));
	close(fd);
	end();
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* The inode of a file loses its extent header while the file system is not mounted. */
static void damage_file(void)
{
	unsigned char zero[2] = {}, inode[256];
	off_t table = 5 * 1024;

	ASSERT_TRUE(put(MNT "/file", 'x', 5000));
	ASSERT_EQ(0, umount(MNT));
	for (int ino = 11; ino < 20; ino++) {
		ASSERT_EQ(256, (int)pread(image, inode, 256, table + (ino - 1) * 256));
		if (inode[0] | inode[1])
			ASSERT_EQ(2, (int)pwrite(image, zero, 2, table + (ino - 1) * 256 + 40));
	}
	ASSERT_EQ(0, ioctl(loop, BLKFLSBUF));
}

static void expect_marked(void)
{
	unsigned char super[1024];

	ASSERT_EQ(1024, (int)pread(image, super, 1024, 1024));
	EXPECT_EQ(2, super[58] & 2);
	EXPECT_GT(super[0x194], 0);
}

TEST(damage_makes_it_read_only)
{
	struct statvfs st;
	struct stat sb;

	begin(1024, "");
	damage_file();
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, "errors=remount-ro"));
	EXPECT_ERRNO(EUCLEAN, stat(MNT "/file", &sb));
	EXPECT_ERRNO(EROFS, open(MNT "/new", O_RDWR | O_CREAT, 0600));
	ASSERT_EQ(0, statvfs(MNT, &st));
	EXPECT_TRUE(st.f_flag & ST_RDONLY);
	EXPECT_ERRNO(EROFS, mount(dev, MNT, "ext4", MS_REMOUNT, ""));
	expect_marked();
	end();
}

TEST(damage_is_lived_with_if_asked)
{
	struct stat sb;

	begin(1024, "");
	damage_file();
	ASSERT_EQ(0, mount(dev, MNT, "ext4", 0, "errors=continue"));
	/* Remounting does not forget it. */
	ASSERT_EQ(0, mount(dev, MNT, "ext4", MS_REMOUNT | MS_RDONLY, ""));
	ASSERT_EQ(0, mount(dev, MNT, "ext4", MS_REMOUNT, ""));
	EXPECT_ERRNO(EUCLEAN, stat(MNT "/file", &sb));
	EXPECT_TRUE(put(MNT "/new", 'n', 5000));
	expect_marked();
	remount();
	EXPECT_TRUE(intact(MNT "/new", 'n', 5000));
	end();
}

TEST_MAIN
