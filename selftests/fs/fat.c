/* SPDX-License-Identifier: MIT */
/* vfat on a loop device; the file system is made here (FAT16, 512-byte clusters). */
#include "../harness.h"
#include <dirent.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/vfs.h>

#define SECTORS	   10000
#define FAT_LENGTH 40
#define ROOT	   512 /* entries */
#define DATA	   (1 + 2 * FAT_LENGTH + ROOT * 32 / 512)
#define MNT	   "/tmp/fat"

FIXTURE(fat)
{
	int file, loop;
	char dev[32];
};

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void make_fs(int fd)
{
	unsigned char b[512] = {0xeb, 0x3c, 0x90, 'm', 'k', 't', 'e', 's', 't'};

	put16(b + 11, 512);
	b[13] = 1;
	put16(b + 14, 1);
	b[16] = 2;
	put16(b + 17, ROOT);
	put16(b + 19, SECTORS);
	b[21] = 0xf8;
	put16(b + 22, FAT_LENGTH);
	put16(b + 510, 0xaa55);
	ASSERT_EQ(0, ftruncate(fd, SECTORS * 512));
	ASSERT_EQ(512, (int)pwrite(fd, b, 512, 0));
	memset(b, 0, sizeof(b));
	put16(b, 0xfff8);
	put16(b + 2, 0xffff);
	ASSERT_EQ(4, (int)pwrite(fd, b, 4, 512));
	ASSERT_EQ(4, (int)pwrite(fd, b, 4, 512 + FAT_LENGTH * 512));
}

FIXTURE_SETUP(fat)
{
	struct loop_config c = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
	int ctl;

	REQUIRE_CONFIG("FAT_FS");
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	self->file = open("/tmp/fat.img", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(self->file, 0);
	make_fs(self->file);
	ctl = open("/dev/loop-control", O_RDWR);
	snprintf(self->dev, sizeof(self->dev), "/dev/loop%d", ioctl(ctl, LOOP_CTL_GET_FREE));
	close(ctl);
	self->loop = open(self->dev, O_RDWR);
	c.fd = (unsigned int)self->file;
	ASSERT_EQ(0, ioctl(self->loop, LOOP_CONFIGURE, &c));
	mkdir(MNT, 0755);
	ASSERT_EQ(0, mount(self->dev, MNT, "vfat", 0, "umask=022"));
}

FIXTURE_TEARDOWN(fat)
{
	umount2(MNT, MNT_DETACH);
	ioctl(self->loop, LOOP_CLR_FD);
	close(self->loop);
	close(self->file);
	unlink("/tmp/fat.img");
}

static void write_file(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)n, write(fd, data, n));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
}

static int count_names(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void remount(struct fixture_fat *self)
{
	ASSERT_EQ(0, umount(MNT));
	ASSERT_EQ(0, mount(self->dev, MNT, "vfat", 0, "umask=022"));
}

TEST_F(fat, names_keep_their_letters_and_are_found_without)
{
	struct stat a, b;
	char buf[16];

	write_file(MNT "/Mixed Name.text", "one", 3);
	ASSERT_EQ(0, stat(MNT "/Mixed Name.text", &a));
	ASSERT_EQ(0, stat(MNT "/MIXED name.TEXT", &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	ASSERT_EQ(0, stat(MNT "/MIXEDN~1.TEX", &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_ERRNO(EEXIST, open(MNT "/mixed name.text", O_CREAT | O_EXCL | O_RDWR, 0644));
	EXPECT_ERRNO(ENOENT, stat(MNT "/other", &b));
	write_file(MNT "/OTHER", "two", 3);
	ASSERT_EQ(0, stat(MNT "/other", &b));
	remount(self);
	EXPECT_EQ(3, (int)test_read_file(MNT "/mixed Name.text", buf, sizeof(buf)));
	ASSERT_EQ(0, unlink(MNT "/MIXED NAME.TEXT"));
	EXPECT_ERRNO(ENOENT, stat(MNT "/Mixed Name.text", &a));
	EXPECT_ERRNO(EINVAL, mkdir(MNT "/a:b", 0755));
	EXPECT_ERRNO(EPERM, link(MNT "/OTHER", MNT "/hard"));
	EXPECT_ERRNO(EPERM, symlink("x", MNT "/soft"));
}

TEST_F(fat, data_is_there_after_a_remount)
{
	static char data[300000], back[300000];
	struct stat st;
	int fd;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 512);
	write_file(MNT "/big", data, sizeof(data));
	write_file(MNT "/sparse", "x", 1);
	ASSERT_EQ(0, truncate(MNT "/sparse", 5000));
	ASSERT_EQ(0, truncate(MNT "/big", 200001));
	ASSERT_EQ(0, truncate(MNT "/big", 250000));
	remount(self);
	fd = open(MNT "/big", O_RDONLY);
	ASSERT_EQ(250000, (int)read(fd, back, sizeof(back)));
	EXPECT_EQ(0, memcmp(data, back, 200001));
	for (int i = 200001; i < 250000; i++)
		ASSERT_EQ(0, back[i]);
	close(fd);
	ASSERT_EQ(0, stat(MNT "/sparse", &st));
	EXPECT_EQ(5000, (int)st.st_size);
	EXPECT_EQ(10, (int)st.st_blocks);
	EXPECT_EQ(0755, (int)(st.st_mode & 07777));
	ASSERT_EQ(0, chmod(MNT "/sparse", 0555));
	remount(self);
	ASSERT_EQ(0, stat(MNT "/sparse", &st));
	EXPECT_EQ(0555, (int)(st.st_mode & 07777));
	EXPECT_ERRNO(EPERM, chmod(MNT "/sparse", 0700));
	EXPECT_ERRNO(EPERM, chown(MNT "/sparse", 5, 5));
}

TEST_F(fat, directories_move_and_count_their_links)
{
	struct stat st, up;

	ASSERT_EQ(0, mkdir(MNT "/Dir", 0755));
	ASSERT_EQ(0, mkdir(MNT "/Dir/sub", 0755));
	ASSERT_EQ(0, mkdir(MNT "/Dir/sub/deep", 0755));
	ASSERT_EQ(0, stat(MNT "/Dir", &st));
	EXPECT_EQ(3, (int)st.st_nlink);
	EXPECT_ERRNO(EINVAL, rename(MNT "/Dir", MNT "/DIR/sub/x"));
	EXPECT_ERRNO(ENOTEMPTY, rmdir(MNT "/Dir"));
	ASSERT_EQ(0, rename(MNT "/Dir/sub", MNT "/moved"));
	remount(self);
	ASSERT_EQ(0, stat(MNT "/moved/..", &up));
	ASSERT_EQ(0, stat(MNT, &st));
	EXPECT_EQ(st.st_ino, up.st_ino);
	EXPECT_EQ(4, (int)st.st_nlink);
	ASSERT_EQ(0, rmdir(MNT "/Dir"));
	ASSERT_EQ(0, rmdir(MNT "/moved/deep"));
	ASSERT_EQ(0, stat(MNT "/moved", &st));
	EXPECT_EQ(2, (int)st.st_nlink);
}

TEST_F(fat, many_names_and_a_full_root)
{
	char name[64];
	int n, fd;

	ASSERT_EQ(0, mkdir(MNT "/d", 0755));
	for (n = 0; n < 150; n++) {
		snprintf(name, sizeof(name), MNT "/d/a rather long name, number %d", n);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		ASSERT_EQ(n % 64, (int)write(fd, name, (size_t)n % 64));
		close(fd);
	}
	EXPECT_EQ(152, count_names(MNT "/d"));
	for (n = 0; n < 150; n += 2) {
		snprintf(name, sizeof(name), MNT "/d/a rather long name, number %d", n);
		ASSERT_EQ(0, unlink(name));
	}
	remount(self);
	EXPECT_EQ(77, count_names(MNT "/d"));
	for (n = 0; n < ROOT; n++) {
		snprintf(name, sizeof(name), MNT "/F%d", n);
		if (mknod(name, S_IFREG | 0644, 0) && creat(name, 0644) < 0)
			break;
	}
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(ROOT - 2, n); /* "d" has a slot for its letter's case */
}

TEST_F(fat, a_full_disk_says_so_and_gives_all_back)
{
	static char data[65536];
	struct statfs before, after;
	int fd = open(MNT "/fill", O_RDWR | O_CREAT, 0644);

	ASSERT_EQ(0, statfs(MNT, &before));
	EXPECT_EQ(0x4d44, (int)before.f_type);
	while (write(fd, data, sizeof(data)) > 0)
		;
	EXPECT_EQ(ENOSPC, errno);
	ASSERT_EQ(0, statfs(MNT, &after));
	EXPECT_LT((int)after.f_bfree, 8); /* pages are written whole */
	ASSERT_EQ(0, unlink(MNT "/fill"));
	close(fd);
	ASSERT_EQ(0, statfs(MNT, &after));
	EXPECT_EQ(before.f_bfree, after.f_bfree);
	remount(self);
	ASSERT_EQ(0, statfs(MNT, &after));
	EXPECT_EQ(before.f_bfree, after.f_bfree);
}

TEST_F(fat, damage_is_refused_or_makes_it_read_only)
{
	unsigned char bad[4] = {3, 0, 2, 0}; /* clusters 2 and 3 follow each other */
	static char data[1500];

	write_file(MNT "/f", data, sizeof(data));
	ASSERT_EQ(0, umount(MNT));
	ASSERT_EQ(4, (int)pwrite(self->loop, bad, 4, 512 + 4));
	ASSERT_EQ(4, (int)pwrite(self->loop, bad, 4, 512 + FAT_LENGTH * 512 + 4));
	ASSERT_EQ(0, mount(self->dev, MNT, "vfat", 0, ""));
	unlink(MNT "/f"); /* the chain leads to what was just freed */
	sync();
	EXPECT_ERRNO(EROFS, open(MNT "/g", O_CREAT | O_RDWR, 0644));
	ASSERT_EQ(0, umount(MNT));
	bad[0] = 3; /* sectors in a cluster */
	ASSERT_EQ(1, (int)pwrite(self->loop, bad, 1, 13));
	EXPECT_ERRNO(EINVAL, mount(self->dev, MNT, "vfat", 0, ""));
}

TEST_MAIN
