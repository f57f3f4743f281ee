/* SPDX-License-Identifier: MIT */
/* Files by handle on file systems of disks: name_to_handle_at(2), open_by_handle_at(2). */
#include "../harness.h"
#include "mkext4.h"
#include <sys/fanotify.h>
#include <sys/syscall.h>

#define MNT    "/tmp/handles"
#define BLOCKS 4096

FIXTURE(disk)
{
	int file, loop;
	char dev[32];
};

struct handle {
	unsigned int bytes;
	int type;
	unsigned int words[32];
};

static void mount_it(struct fixture_disk *self)
{
	ASSERT_EQ(0, mount(self->dev, MNT, "ext4", 0, NULL));
}

FIXTURE_SETUP(disk)
{
	REQUIRE_CONFIG("FHANDLE");
	REQUIRE_CONFIG("EXT4_FS");
	REQUIRE_CONFIG("BLK_DEV_LOOP");
	self->file = open("/tmp/handles.img", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(self->file, 0);
	make_ext4(self->file, 1024, BLOCKS);
	self->loop = loop_over(self->file, self->dev, sizeof(self->dev));
	mkdir(MNT, 0755);
	mount_it(self);
}

FIXTURE_TEARDOWN(disk)
{
	umount2(MNT, MNT_DETACH);
	close(self->loop);
	close(self->file);
	unlink("/tmp/handles.img");
	rmdir(MNT);
}

/* All names are forgotten. */
static void remount(struct fixture_disk *self)
{
	ASSERT_EQ(0, umount(MNT));
	mount_it(self);
}

static int get_handle(const char *path, struct handle *h)
{
	int id;

	memset(h, 0, sizeof(*h));
	h->bytes = sizeof(h->words);
	return syscall(SYS_name_to_handle_at, AT_FDCWD, path, h, &id, 0);
}

static int open_handle(struct handle *h, int flags)
{
	int root = open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, err;

	fd = syscall(SYS_open_by_handle_at, root, h, flags);
	err = errno;
	close(root);
	errno = err;
	return fd;
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
}

TEST_F(disk, a_file_is_found_again)
{
	struct stat a, b;
	struct handle h;
	char text[8] = "";
	int fd;

	put_file(MNT "/f", "hello");
	ASSERT_EQ(0, get_handle(MNT "/f", &h));
	remount(self);
	fd = open_handle(&h, O_RDWR);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(5, read(fd, text, sizeof(text)));
	EXPECT_STREQ("hello", text);
	EXPECT_EQ(1, write(fd, "!", 1));
	/* By its name it is the same one. */
	ASSERT_EQ(0, fstat(fd, &a));
	ASSERT_EQ(0, stat(MNT "/f", &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(6, b.st_size);
	EXPECT_EQ(0, unlink(MNT "/f"));
	EXPECT_ERRNO(ESTALE, open_handle(&h, O_RDONLY));
	close(fd);
	EXPECT_ERRNO(ESTALE, open_handle(&h, O_RDONLY));
	/* Its number may be given again: that is another file. */
	for (int i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof(name), MNT "/g%d", i);
		put_file(name, "x");
	}
	EXPECT_ERRNO(ESTALE, open_handle(&h, O_RDONLY));
}

TEST_F(disk, a_directory_is_found_with_its_path)
{
	struct handle h, middle;
	char link[128] = "", path[64];
	int fd;

	ASSERT_EQ(0, mkdir(MNT "/a", 0755));
	ASSERT_EQ(0, mkdir(MNT "/a/b", 0755));
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), MNT "/a/b/entry-with-a-long-name-%d", i);
		put_file(path, "x");
	}
	ASSERT_EQ(0, mkdir(MNT "/a/b/c", 0755));
	ASSERT_EQ(0, mkdir(MNT "/a/b/c/d", 0755));
	ASSERT_EQ(0, get_handle(MNT "/a/b/c/d", &h));
	ASSERT_EQ(0, get_handle(MNT "/a/b", &middle));
	remount(self);
	fd = open_handle(&h, O_RDONLY | O_DIRECTORY);
	ASSERT_GE(fd, 0);
	if (test_config("PROC_FS")) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ASSERT_GT(readlink(path, link, sizeof(link) - 1), 0);
		EXPECT_STREQ(MNT "/a/b/c/d", link);
	}
	EXPECT_EQ(0, mkdirat(fd, "e", 0755));
	EXPECT_EQ(0, access(MNT "/a/b/c/d/e", F_OK));
	EXPECT_ERRNO(ENOTEMPTY, rmdir(MNT "/a/b/c/d"));
	EXPECT_EQ(0, unlinkat(fd, "e", AT_REMOVEDIR));
	close(fd);
	EXPECT_EQ(0, rmdir(MNT "/a/b/c/d"));
	EXPECT_ERRNO(ESTALE, open_handle(&h, O_RDONLY));
	fd = open_handle(&middle, O_RDONLY);
	EXPECT_GE(fd, 0);
	close(fd);
}

TEST_F(disk, a_wrong_handle_is_stale)
{
	struct handle h, bad;

	put_file(MNT "/f", "x");
	ASSERT_EQ(0, get_handle(MNT "/f", &h));
	bad = h;
	bad.words[1] ^= 1;
	EXPECT_ERRNO(ESTALE, open_handle(&bad, O_RDONLY));
	bad = h;
	bad.words[0] = 8; /* the journal */
	bad.words[1] = 0;
	EXPECT_ERRNO(ESTALE, open_handle(&bad, O_RDONLY));
	bad.words[0] = 0xfffffff0;
	EXPECT_ERRNO(ESTALE, open_handle(&bad, O_RDONLY));
	bad.words[0] = MKEXT4_INODES; /* free */
	EXPECT_ERRNO(ESTALE, open_handle(&bad, O_RDONLY));
	bad = h;
	bad.bytes = 4;
	EXPECT_ERRNO(ESTALE, open_handle(&bad, O_RDONLY));
	h.bytes = 4;
	EXPECT_ERRNO(EOVERFLOW,
		     syscall(SYS_name_to_handle_at, AT_FDCWD, MNT "/f", &h, (int[1]){0}, 0));
	EXPECT_EQ(8u, h.bytes);
}

TEST_F(disk, events_can_name_files)
{
	int fan;

	REQUIRE_CONFIG("FANOTIFY");
	fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
	ASSERT_GE(fan, 0);
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CREATE, AT_FDCWD,
				   MNT));
}

TEST_MAIN
