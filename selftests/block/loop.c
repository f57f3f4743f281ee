/* SPDX-License-Identifier: MIT */
/* Loop devices: loop(4). */
#include "../harness.h"
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SIZE	  (4 << 20)
#define STATX_DIO 0x2000 /* STATX_DIOALIGN is new */

FIXTURE(loop)
{
	int ctl, fd, file, number;
	char dev[32], name[32];
};

FIXTURE_SETUP(loop)
{
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	strcpy(self->name, "/tmp/loopXXXXXX");
	self->file = mkstemp(self->name);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ftruncate(self->file, SIZE));
	self->ctl = open("/dev/loop-control", O_RDWR);
	ASSERT_GE(self->ctl, 0);
	self->number = ioctl(self->ctl, LOOP_CTL_GET_FREE);
	ASSERT_GE(self->number, 0);
	snprintf(self->dev, sizeof(self->dev), "/dev/loop%d", self->number);
	self->fd = open(self->dev, O_RDWR);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(loop)
{
	ioctl(self->fd, LOOP_CLR_FD);
	close(self->fd);
	unlink(self->name);
}

TEST_F(loop, data_goes_to_the_file)
{
	struct loop_info64 info;
	char a[8192], b[8192];
	unsigned long long size;

	EXPECT_EQ(-1, ioctl(self->fd, LOOP_GET_STATUS64, &info));
	EXPECT_EQ(ENXIO, errno);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, self->file));
	EXPECT_EQ(-1, ioctl(self->fd, LOOP_SET_FD, self->file));
	EXPECT_EQ(EBUSY, errno);
	ASSERT_EQ(0, ioctl(self->fd, BLKGETSIZE64, &size));
	EXPECT_EQ(SIZE, (long)size);
	memset(a, 'x', sizeof(a));
	ASSERT_EQ((ssize_t)sizeof(a), pwrite(self->fd, a, sizeof(a), 100000));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ((ssize_t)sizeof(b), pread(self->file, b, sizeof(b), 100000));
	EXPECT_EQ(0, memcmp(a, b, sizeof(a)));
	EXPECT_EQ(0, ioctl(self->fd, LOOP_CLR_FD));
	EXPECT_EQ(-1, ioctl(self->fd, LOOP_GET_STATUS64, &info));
	EXPECT_EQ(ENXIO, errno);
}

/* What was lost with one file is nothing to the next. */
TEST_F(loop, errors_go_with_their_file)
{
	char dir[] = "/tmp/small.XXXXXX", block[8192] = "x";
	int small;

	ASSERT_TRUE(mkdtemp(dir) != NULL);
	ASSERT_EQ(0, mount("t", dir, "tmpfs", 0, "size=64k"));
	ASSERT_EQ(0, chdir(dir));
	small = open("file", O_RDWR | O_CREAT, 0600);
	ASSERT_GE(small, 0);
	ASSERT_EQ(0, ftruncate(small, SIZE));
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, small));
	for (int i = 0; i < 64; i++)
		ASSERT_EQ((ssize_t)sizeof(block), write(self->fd, block, sizeof(block)));
	ASSERT_EQ(0, ioctl(self->fd, LOOP_CLR_FD));
	close(self->fd);
	self->fd = open(self->dev, O_RDWR);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, self->file));
	EXPECT_EQ(0, fsync(self->fd));
	close(small);
	ASSERT_EQ(0, chdir("/"));
	ASSERT_EQ(0, umount(dir));
	rmdir(dir);
}

TEST_F(loop, status_offset_and_limit)
{
	struct loop_info64 info = {.lo_offset = 4096, .lo_sizelimit = 65536}, got;
	unsigned long long size;
	struct stat st;
	char c;

	strcpy((char *)info.lo_file_name, self->name);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, self->file));
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_STATUS64, &info));
	ASSERT_EQ(0, ioctl(self->fd, BLKGETSIZE64, &size));
	EXPECT_EQ(65536, (long)size);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_GET_STATUS64, &got));
	ASSERT_EQ(0, fstat(self->file, &st));
	EXPECT_EQ(st.st_ino, got.lo_inode);
	EXPECT_EQ(self->number, (int)got.lo_number);
	EXPECT_EQ(4096, (long)got.lo_offset);
	EXPECT_EQ(0, strcmp(self->name, (char *)got.lo_file_name));
	ASSERT_EQ(1, pwrite(self->file, "z", 1, 4096 + 77));
	ASSERT_EQ(1, pread(self->fd, &c, 1, 77));
	EXPECT_EQ('z', c);
	info.lo_encrypt_type = LO_CRYPT_XOR;
	EXPECT_EQ(-1, ioctl(self->fd, LOOP_SET_STATUS64, &info));
	EXPECT_EQ(EINVAL, errno);
}

/* statx(2): what O_DIRECT wants, which is also what it insists on. */
TEST_F(loop, direct_transfers_want_alignment)
{
	unsigned int st[64], mem, offset;
	char *page;
	int fd;

	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, self->file));
	ASSERT_EQ(0, syscall(SYS_statx, AT_FDCWD, self->dev, 0, STATX_DIO, st));
	EXPECT_EQ(STATX_DIO, st[0] & STATX_DIO);
	mem = st[38];
	offset = st[39];
	EXPECT_EQ(512, mem);
	EXPECT_EQ(512, offset);
	page = aligned_alloc(4096, 4096);
	fd = open(self->dev, O_RDONLY | O_DIRECT);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(offset, pread(fd, page + mem, offset, offset));
	EXPECT_ERRNO(EINVAL, pread(fd, page + mem / 2, offset, offset));
	EXPECT_ERRNO(EINVAL, pread(fd, page, offset / 2, offset));
	EXPECT_ERRNO(EINVAL, pread(fd, page, offset, offset / 2));
	close(fd);
	free(page);
	/* Of other files nobody says so. */
	ASSERT_EQ(0, syscall(SYS_statx, AT_FDCWD, "/dev/null", 0, STATX_DIO, st));
	EXPECT_EQ(0, st[0] & STATX_DIO);
}

TEST_F(loop, a_read_only_file_makes_a_read_only_disk)
{
	int ro = open(self->name, O_RDONLY), v = 0;

	ASSERT_GE(ro, 0);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, ro));
	ASSERT_EQ(0, ioctl(self->fd, BLKROGET, &v));
	EXPECT_EQ(1, v);
	EXPECT_EQ(-1, pwrite(self->fd, "a", 1, 0));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(loop, autoclear_with_the_last_close)
{
	struct loop_config config = {.fd = self->file, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
	struct loop_info64 info;

	ASSERT_EQ(0, ioctl(self->fd, LOOP_CONFIGURE, &config));
	close(self->fd);
	self->fd = open(self->dev, O_RDWR);
	ASSERT_GE(self->fd, 0);
	EXPECT_EQ(-1, ioctl(self->fd, LOOP_GET_STATUS64, &info));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(loop, partitions_are_scanned)
{
	struct loop_config config = {.fd = self->file, .info.lo_flags = LO_FLAGS_PARTSCAN};
	unsigned char mbr[512] = {};
	unsigned long long size;
	char part[48];
	int fd;

	mbr[446 + 4] = 0x83;
	mbr[446 + 9] = 8; /* from sector 2048, 1024 long */
	mbr[446 + 13] = 4;
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	ASSERT_EQ(512, pwrite(self->file, mbr, 512, 0));
	ASSERT_EQ(0, ioctl(self->fd, LOOP_CONFIGURE, &config));
	snprintf(part, sizeof(part), "%sp1", self->dev);
	fd = open(part, O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ioctl(fd, BLKGETSIZE64, &size));
	EXPECT_EQ(1024 * 512, (long)size);
	close(fd);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_CLR_FD));
	EXPECT_EQ(-1, open(part, O_RDONLY));
}

TEST_F(loop, devices_come_and_go)
{
	int n = ioctl(self->ctl, LOOP_CTL_ADD, 77), fd;

	ASSERT_EQ(77, n);
	EXPECT_EQ(-1, ioctl(self->ctl, LOOP_CTL_ADD, 77));
	EXPECT_EQ(EEXIST, errno);
	fd = open("/dev/loop77", O_RDWR);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, ioctl(self->ctl, LOOP_CTL_REMOVE, 77));
	EXPECT_EQ(EBUSY, errno);
	close(fd);
	EXPECT_EQ(0, ioctl(self->ctl, LOOP_CTL_REMOVE, 77));
	EXPECT_EQ(-1, ioctl(self->ctl, LOOP_CTL_REMOVE, 77));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, open("/dev/loop77", O_RDWR));
}

TEST_F(loop, not_on_itself)
{
	int other;

	ASSERT_EQ(0, ioctl(self->fd, LOOP_SET_FD, self->file));
	other = open(self->dev, O_RDONLY);
	ASSERT_GE(other, 0);
	ASSERT_EQ(0, ioctl(self->fd, LOOP_CLR_FD)); /* used by another: cleared later */
	close(other);
	ASSERT_GE(self->fd, 0);
}

TEST_MAIN
