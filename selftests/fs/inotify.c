/* SPDX-License-Identifier: MIT */
/* inotify(7). */
#include "../harness.h"
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

FIXTURE(watch)
{
	char path[64];
	int fd;
};

FIXTURE_SETUP(watch)
{
	REQUIRE_CONFIG("INOTIFY");
	strcpy(self->path, "/tmp/inotifyXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("x", self->path, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chdir(self->path));
	self->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(watch)
{
	if (chdir("/") || umount2(self->path, MNT_DETACH) || rmdir(self->path))
		NOTE("%s stays: %s", self->path, strerror(errno));
}

static char buf[16384];
static ssize_t have, at;

/* The next event, NULL when there is none. */
static struct inotify_event *next(int fd)
{
	struct inotify_event *e;

	if (at == have) {
		have = read(fd, buf, sizeof(buf));
		at = 0;
		if (have <= 0) {
			have = 0;
			return NULL;
		}
	}
	e = (struct inotify_event *)(buf + at);
	at += sizeof(*e) + e->len;
	return e;
}

static uint32_t cookie;

#define EXPECT_EVENT(fd_, wd_, mask_, name_)                          \
	do {                                                          \
		struct inotify_event *e_ = next(fd_);                 \
                                                                      \
		ASSERT_TRUE(e_ != NULL);                              \
		EXPECT_EQ(wd_, e_->wd);                               \
		EXPECT_EQ((unsigned int)(mask_), e_->mask);           \
		EXPECT_STREQ(name_, e_->len ? e_->name : "");         \
		EXPECT_EQ(0, e_->len % sizeof(struct inotify_event)); \
		cookie = e_->cookie;                                  \
	} while (0)
#define EXPECT_NONE(fd_)                              \
	do {                                          \
		struct inotify_event *e_ = next(fd_); \
                                                      \
		if (e_)                               \
			NOTE("event %x", e_->mask);   \
		EXPECT_TRUE(e_ == NULL);              \
	} while (0)

static void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	ASSERT_GE(fd, 0);
	close(fd);
}

TEST_F(watch, a_file_is_used)
{
	int wd, fd;
	char c[10];

	touch("f");
	wd = inotify_add_watch(self->fd, "f", IN_ALL_EVENTS);
	EXPECT_EQ(1, wd);
	fd = open("f", O_RDWR);
	EXPECT_EVENT(self->fd, wd, IN_OPEN, "");
	ASSERT_EQ(3, write(fd, "abc", 3));
	EXPECT_EVENT(self->fd, wd, IN_MODIFY, "");
	ASSERT_EQ(3, pread(fd, c, 10, 0));
	EXPECT_EVENT(self->fd, wd, IN_ACCESS, "");
	ASSERT_EQ(0, pread(fd, c, 10, 100)); /* nothing was read */
	EXPECT_NONE(self->fd);
	ASSERT_EQ(0, ftruncate(fd, 1));
	EXPECT_EVENT(self->fd, wd, IN_MODIFY, "");
	ASSERT_EQ(0, fchmod(fd, 0600));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB, "");
	close(fd);
	EXPECT_EVENT(self->fd, wd, IN_CLOSE_WRITE, "");
	fd = open("f", O_RDONLY);
	close(fd);
	EXPECT_EVENT(self->fd, wd, IN_OPEN, "");
	EXPECT_EVENT(self->fd, wd, IN_CLOSE_NOWRITE, "");
	ASSERT_EQ(0, link("f", "g"));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB, "");
	ASSERT_EQ(0, unlink("g"));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB, "");
	ASSERT_EQ(0, rename("f", "g"));
	EXPECT_EVENT(self->fd, wd, IN_MOVE_SELF, "");
	ASSERT_EQ(0, utimensat(AT_FDCWD, "g", NULL, 0));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB, "");
	ASSERT_EQ(0, unlink("g"));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB, "");
	EXPECT_EVENT(self->fd, wd, IN_DELETE_SELF, "");
	EXPECT_EVENT(self->fd, wd, IN_IGNORED, "");
	EXPECT_NONE(self->fd);
	EXPECT_ERRNO(EINVAL, inotify_rm_watch(self->fd, wd));
}

TEST_F(watch, names_in_a_directory)
{
	int wd = inotify_add_watch(self->fd, ".", IN_ALL_EVENTS), fd;
	uint32_t from;

	ASSERT_EQ(1, wd);
	fd = open("f", O_CREAT | O_WRONLY, 0644);
	EXPECT_EVENT(self->fd, wd, IN_CREATE, "f");
	EXPECT_EVENT(self->fd, wd, IN_OPEN, "f");
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EVENT(self->fd, wd, IN_MODIFY, "f");
	close(fd);
	EXPECT_EVENT(self->fd, wd, IN_CLOSE_WRITE, "f");
	ASSERT_EQ(0, mkdir("d", 0755));
	EXPECT_EVENT(self->fd, wd, IN_CREATE | IN_ISDIR, "d");
	ASSERT_EQ(0, rename("f", "a-name-of-more-than-sixteen-bytes"));
	EXPECT_EVENT(self->fd, wd, IN_MOVED_FROM, "f");
	from = cookie;
	EXPECT_NE(0, from);
	EXPECT_EVENT(self->fd, wd, IN_MOVED_TO, "a-name-of-more-than-sixteen-bytes");
	EXPECT_EQ(from, cookie);
	ASSERT_EQ(0, rename("a-name-of-more-than-sixteen-bytes", "d/f"));
	EXPECT_EVENT(self->fd, wd, IN_MOVED_FROM, "a-name-of-more-than-sixteen-bytes");
	ASSERT_EQ(0, symlink("x", "l"));
	EXPECT_EVENT(self->fd, wd, IN_CREATE, "l");
	ASSERT_EQ(0, link("l", "m"));
	EXPECT_EVENT(self->fd, wd, IN_CREATE, "m");
	ASSERT_EQ(0, unlink("m"));
	EXPECT_EVENT(self->fd, wd, IN_DELETE, "m");
	ASSERT_EQ(0, unlink("d/f"));
	ASSERT_EQ(0, chmod("d", 0700));
	EXPECT_EVENT(self->fd, wd, IN_ATTRIB | IN_ISDIR, "d");
	ASSERT_EQ(0, rmdir("d"));
	EXPECT_EVENT(self->fd, wd, IN_DELETE | IN_ISDIR, "d");
	EXPECT_NONE(self->fd);
	EXPECT_EQ(0, inotify_rm_watch(self->fd, wd));
	EXPECT_EVENT(self->fd, wd, IN_IGNORED, "");
	touch("f");
	EXPECT_NONE(self->fd);
}

TEST_F(watch, a_watched_directory_goes)
{
	int wd;

	ASSERT_EQ(0, mkdir("d", 0755));
	wd = inotify_add_watch(self->fd, "d", IN_DELETE_SELF | IN_MOVE_SELF);
	ASSERT_EQ(0, rename("d", "e"));
	EXPECT_EVENT(self->fd, wd, IN_MOVE_SELF, "");
	ASSERT_EQ(0, rmdir("e"));
	EXPECT_EVENT(self->fd, wd, IN_DELETE_SELF, "");
	EXPECT_EVENT(self->fd, wd, IN_IGNORED, "");
	/* Unmounting. */
	ASSERT_EQ(0, mkdir("m", 0755));
	ASSERT_EQ(0, mount("x", "m", "tmpfs", 0, NULL));
	touch("m/f");
	wd = inotify_add_watch(self->fd, "m/f", IN_MODIFY);
	EXPECT_EQ(0, umount("m"));
	EXPECT_EVENT(self->fd, wd, IN_UNMOUNT, "");
	EXPECT_EVENT(self->fd, wd, IN_IGNORED, "");
	EXPECT_NONE(self->fd);
}

TEST_F(watch, the_directory_hears_first)
{
	int own, dir;

	mkdir("d", 0777);
	own = inotify_add_watch(self->fd, "d", IN_ATTRIB);
	dir = inotify_add_watch(self->fd, ".", IN_ATTRIB);
	ASSERT_EQ(0, chmod("d", 0700));
	EXPECT_EVENT(self->fd, dir, IN_ATTRIB | IN_ISDIR, "d");
	EXPECT_EVENT(self->fd, own, IN_ATTRIB | IN_ISDIR, "");
}

TEST_F(watch, flags_of_add_watch)
{
	int wd, wd2, fd;

	touch("f");
	ASSERT_EQ(0, symlink("f", "l"));
	wd = inotify_add_watch(self->fd, "f", IN_OPEN);
	EXPECT_EQ(wd, inotify_add_watch(self->fd, "f", IN_CLOSE | IN_MASK_ADD));
	touch("f");
	EXPECT_EVENT(self->fd, wd, IN_OPEN, "");
	EXPECT_EVENT(self->fd, wd, IN_CLOSE_WRITE, "");
	EXPECT_EQ(wd, inotify_add_watch(self->fd, "f", IN_CLOSE)); /* replaces */
	touch("f");
	EXPECT_EVENT(self->fd, wd, IN_CLOSE_WRITE, "");
	EXPECT_ERRNO(EEXIST, inotify_add_watch(self->fd, "f", IN_OPEN | IN_MASK_CREATE));
	EXPECT_ERRNO(EINVAL,
		     inotify_add_watch(self->fd, "f", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD));
	EXPECT_ERRNO(ENOTDIR, inotify_add_watch(self->fd, "f", IN_OPEN | IN_ONLYDIR));
	EXPECT_ERRNO(EINVAL, inotify_add_watch(self->fd, "f", 0));
	EXPECT_ERRNO(EBADF, inotify_add_watch(-1, "f", IN_OPEN));
	EXPECT_ERRNO(EINVAL, inotify_add_watch(open("f", O_RDONLY), "f", IN_OPEN));
	EXPECT_ERRNO(ENOENT, inotify_add_watch(self->fd, "none", IN_OPEN));
	EXPECT_ERRNO(EFAULT, inotify_add_watch(self->fd, test_bad_pointer, IN_OPEN));
	while (next(self->fd))
		;
	EXPECT_EQ(wd, inotify_add_watch(self->fd, "l", IN_OPEN));
	wd2 = inotify_add_watch(self->fd, "l", IN_OPEN | IN_DONT_FOLLOW);
	EXPECT_EQ(wd + 1, wd2);
	EXPECT_EQ(wd, inotify_add_watch(self->fd, "f", IN_OPEN | IN_ONESHOT));
	touch("f");
	EXPECT_EVENT(self->fd, wd, IN_OPEN, "");
	EXPECT_EVENT(self->fd, wd, IN_IGNORED, "");
	touch("f");
	EXPECT_NONE(self->fd);
	/* IN_EXCL_UNLINK */
	wd = inotify_add_watch(self->fd, ".", IN_MODIFY | IN_EXCL_UNLINK);
	EXPECT_EQ(wd2 + 1, wd);
	fd = open("f", O_WRONLY);
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EVENT(self->fd, wd, IN_MODIFY, "f");
	ASSERT_EQ(0, unlink("f"));
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_NONE(self->fd);
	close(fd);
}

TEST_F(watch, reading)
{
	struct pollfd p = {.fd = self->fd, .events = POLLIN};
	int wd = inotify_add_watch(self->fd, ".", IN_CREATE), n;
	char small[20];

	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_ERRNO(EAGAIN, read(self->fd, buf, sizeof(buf)));
	touch("f");
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(0, ioctl(self->fd, FIONREAD, &n));
	EXPECT_EQ(32, n);
	EXPECT_ERRNO(EINVAL, read(self->fd, small, sizeof(small)));
	touch("g");
	EXPECT_EQ(32, read(self->fd, buf, 63)); /* whole events only */
	EXPECT_EVENT(self->fd, wd, IN_CREATE, "g");
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_ERRNO(EINVAL, inotify_init1(1));
	EXPECT_ERRNO(EINVAL, inotify_rm_watch(self->fd, 77));
	EXPECT_ERRNO(EINVAL, inotify_rm_watch(open("f", O_RDONLY), wd));
	EXPECT_ERRNO(EBADF, write(self->fd, "x", 1));
}

TEST_F(watch, equal_events_are_one)
{
	int wd, fd;

	touch("f");
	wd = inotify_add_watch(self->fd, "f", IN_MODIFY);
	fd = open("f", O_WRONLY);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EVENT(self->fd, wd, IN_MODIFY, "");
	EXPECT_NONE(self->fd);
	close(fd);
}

static int limit(const char *name)
{
	char path[100], text[20];

	snprintf(path, sizeof(path), "/proc/sys/fs/inotify/%s", name);
	return test_read_file(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

TEST_F(watch, the_queue_overflows)
{
	int max = limit("max_queued_events"), fd[2], seen = 0;
	struct inotify_event *e;

	ASSERT_GT(max, 0);
	touch("a");
	touch("b");
	fd[0] = open("a", O_WRONLY);
	fd[1] = open("b", O_WRONLY);
	inotify_add_watch(self->fd, ".", IN_MODIFY);
	for (int i = 0; i < max + 100; i++)
		ASSERT_EQ(1, write(fd[i & 1], "x", 1));
	while ((e = next(self->fd))) {
		if (e->mask & IN_Q_OVERFLOW)
			break;
		seen++;
	}
	EXPECT_EQ(max, seen);
	ASSERT_TRUE(e != NULL);
	EXPECT_EQ(-1, e->wd);
	EXPECT_NONE(self->fd);
	ASSERT_EQ(1, write(fd[0], "x", 1));
	EXPECT_EVENT(self->fd, 1, IN_MODIFY, "a");
}

TEST_F(watch, instances_are_limited)
{
	int max = limit("max_user_instances"), n = 1;

	ASSERT_GT(max, 0);
	while (inotify_init1(0) >= 0 && n < 10000)
		n++;
	EXPECT_EQ(EMFILE, errno);
	EXPECT_LE(n, max);
}

TEST_F(watch, fdinfo_tells)
{
	char path[64], text[512];
	struct stat st;

	REQUIRE_CONFIG("PROC_FS");
	touch("f");
	stat("f", &st);
	inotify_add_watch(self->fd, "f", IN_MODIFY);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	ASSERT_GT(test_read_file(path, text, sizeof(text)), 0);
	snprintf(path, sizeof(path), "inotify wd:1 ino:%lx", (long)st.st_ino);
	EXPECT_TRUE(strstr(text, path) != NULL);
	EXPECT_TRUE(strstr(text, "mask:2 ") != NULL);
	EXPECT_TRUE(strstr(text, " fhandle-bytes:") != NULL);
}

/* Many watchers of one file, and many watches of one instance, while others use the files. */
TEST_F(watch, many)
{
	char name[32];
	int fds[40], wd, n = 0;

	touch("f");
	for (int i = 0; i < 40; i++) {
		fds[i] = inotify_init1(IN_NONBLOCK);
		ASSERT_GE(fds[i], 0);
		ASSERT_EQ(1, inotify_add_watch(fds[i], "f", IN_OPEN));
	}
	touch("f");
	for (int i = 0; i < 40; i++)
		EXPECT_EVENT(fds[i], 1, IN_OPEN, "");
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		touch(name);
		wd = inotify_add_watch(self->fd, name, IN_DELETE_SELF);
		ASSERT_EQ(i + 1, wd);
	}
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		ASSERT_EQ(0, unlink(name));
	}
	while (next(self->fd))
		n++;
	EXPECT_EQ(4000, n);
}

TEST_F(watch, watches_come_and_go_while_events_fly)
{
	double end = test_now() + 1;
	pid_t pid[3];

	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (;;) {
			touch("x");
			unlink("x");
			touch("y");
			rename("y", "x");
		}
	}
	while (test_now() < end) {
		int a = inotify_init1(IN_NONBLOCK);

		inotify_add_watch(a, ".", IN_ALL_EVENTS);
		inotify_add_watch(a, "x", IN_ALL_EVENTS);
		while (read(a, buf, sizeof(buf)) < 0)
			;
		inotify_rm_watch(a, 1);
		close(a);
	}
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

TEST_MAIN
