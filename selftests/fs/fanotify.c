/* SPDX-License-Identifier: MIT */
/* fanotify(7). */
#include "../harness.h"
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

/* Newer than some C libraries. */
#define REPORT_PIDFD	      0x80
#define EVENT_INFO_TYPE_PIDFD 4
#define MARK_EVICTABLE	      0x200
#define EVENT_RENAME	      0x10000000
#define OLD_DFID_NAME	      10
#define NEW_DFID_NAME	      12
#define MARK_IGNORE	      0x400

FIXTURE(fan)
{
	char path[64];
};

FIXTURE_SETUP(fan)
{
	REQUIRE_CONFIG("FANOTIFY");
	strcpy(self->path, "/tmp/fanotifyXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("x", self->path, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chdir(self->path));
}

FIXTURE_TEARDOWN(fan)
{
	if (chdir("/") || umount2(self->path, MNT_DETACH) || rmdir(self->path))
		NOTE("%s stays: %s", self->path, strerror(errno));
}

static void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	ASSERT_GE(fd, 0);
	close(fd);
}

static char buf[8192] __attribute__((aligned(8)));

/* The one event there is, or NULL. */
static struct fanotify_event_metadata *event(int fd)
{
	ssize_t n = read(fd, buf, sizeof(buf));
	struct fanotify_event_metadata *m = (void *)buf;

	if (n <= 0)
		return NULL;
	if (n != m->event_len || m->vers != FANOTIFY_METADATA_VERSION)
		NOTE("%zd bytes, event of %u", n, m->event_len);
	return m;
}

#define EXPECT_EVENT(fd_, mask_)                                                      \
	do {                                                                          \
		struct fanotify_event_metadata *m_ = event(fd_);                      \
                                                                                      \
		ASSERT_TRUE(m_ != NULL);                                              \
		EXPECT_EQ((unsigned long long)(mask_), (unsigned long long)m_->mask); \
		EXPECT_EQ(getpid(), m_->pid);                                         \
		if (m_->fd >= 0)                                                      \
			close(m_->fd);                                                \
	} while (0)

TEST_F(fan, an_inode_is_watched)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY), fd;
	struct stat a, b;

	ASSERT_GE(fan, 0);
	touch("f");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_MODIFY | FAN_CLOSE, AT_FDCWD,
				   "f"));
	fd = open("f", O_RDWR);
	ASSERT_EQ(sizeof(struct fanotify_event_metadata), read(fan, buf, sizeof(buf)));
	EXPECT_EQ(FAN_OPEN, ((struct fanotify_event_metadata *)buf)->mask);
	EXPECT_EQ(0, fstat(((struct fanotify_event_metadata *)buf)->fd, &a));
	EXPECT_EQ(0, stat("f", &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	close(((struct fanotify_event_metadata *)buf)->fd);
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(1, write(fd, "x", 1));
	close(fd);
	EXPECT_EVENT(fan, FAN_MODIFY | FAN_CLOSE_WRITE); /* merged */
	touch("g");
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN | FAN_CLOSE, AT_FDCWD, "f"));
	touch("f");
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_REMOVE, FAN_MODIFY, AT_FDCWD, "f"));
	EXPECT_ERRNO(ENOENT, fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "f"));
}

TEST_F(fan, children_directories_mounts)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	ASSERT_EQ(0, mkdir("d", 0755));
	touch("d/f");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "d"));
	touch("d/f");
	close(open("d", O_RDONLY));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf))); /* neither was asked for */
	ASSERT_EQ(0,
		  fanotify_mark(fan, FAN_MARK_ADD, FAN_EVENT_ON_CHILD | FAN_ONDIR, AT_FDCWD, "d"));
	touch("d/f");
	EXPECT_EVENT(fan, FAN_OPEN);
	close(open("d", O_RDONLY));
	EXPECT_EVENT(fan, FAN_OPEN);
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	touch("d/f");
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "."));
	touch("d/f");
	EXPECT_EVENT(fan, FAN_OPEN);
	close(open("/proc/version", O_RDONLY)); /* another mount */
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	/* What is ignored. */
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD,
				   "d/f"));
	touch("d/f");
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(0, truncate("d/f", 1)); /* ends it */
	touch("d/f");
	EXPECT_EVENT(fan, FAN_OPEN);
}

/* The process that made an event is named by a descriptor, as long as it is there. */
TEST_F(fan, pidfd_names_the_process)
{
	int fan, fd, status;
	struct fanotify_event_metadata *m = (void *)buf;
	const struct {
		struct fanotify_event_info_header hdr;
		int pidfd;
	} *info = (void *)(buf + sizeof(*m));
	char path[64], text[512], want[32];
	pid_t pid;

	REQUIRE_CONFIG("PIDFD");
	EXPECT_ERRNO(EINVAL, fanotify_init(REPORT_PIDFD | FAN_REPORT_TID, O_RDONLY));
	fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | REPORT_PIDFD, O_RDONLY);
	ASSERT_GE(fan, 0);
	touch("f");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	fd = open("f", O_RDONLY);
	EXPECT_ERRNO(EINVAL, read(fan, buf, sizeof(*m) + sizeof(*info) - 1));
	ASSERT_EQ(sizeof(*m) + sizeof(*info), read(fan, buf, sizeof(buf)));
	EXPECT_EQ(sizeof(*m) + sizeof(*info), m->event_len);
	EXPECT_EQ(EVENT_INFO_TYPE_PIDFD, info->hdr.info_type);
	EXPECT_EQ(sizeof(*info), info->hdr.len);
	ASSERT_GE(info->pidfd, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(info->pidfd, F_GETFD));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", info->pidfd);
	snprintf(want, sizeof(want), "Pid:\t%d\n", getpid());
	if (test_config("PROC_FS")) {
		ASSERT_GT(test_read_file(path, text, sizeof(text)), 0);
		EXPECT_TRUE(strstr(text, want) != NULL);
	}
	close(info->pidfd);
	close(m->fd);
	close(fd);
	pid = fork();
	if (!pid)
		_exit(open("f", O_RDONLY) < 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(sizeof(*m) + sizeof(*info), read(fan, buf, sizeof(buf)));
	EXPECT_EQ(pid, m->pid);
	EXPECT_EQ(-1, info->pidfd);
	EXPECT_GE(m->fd, 0);
	/* Neither descriptor stays behind when the event cannot be delivered. */
	fd = dup(fan);
	close(fd);
	close(open("f", O_RDONLY));
	EXPECT_ERRNO(EFAULT, read(fan, test_bad_pointer, sizeof(*m) + sizeof(*info)));
	EXPECT_EQ(fd, dup(fan));
}

/* A mark that was evictable can be made to stay, not the other way round. */
TEST_F(fan, evictable_marks_can_stay)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);

	REQUIRE_CONFIG("PROC_SYSCTL");
	ASSERT_GE(drop, 0);
	touch("f");
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "f"));
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | MARK_EVICTABLE, FAN_ACCESS, AT_FDCWD, "f"));
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_CLOSE, AT_FDCWD, "f"));
	EXPECT_ERRNO(EEXIST,
		     fanotify_mark(fan, FAN_MARK_ADD | MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "f"));
	EXPECT_EQ(1, write(drop, "2", 1));
	touch("f");
	EXPECT_EVENT(fan, FAN_OPEN | FAN_CLOSE_WRITE);
	EXPECT_EQ(0, fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	close(drop);
	close(fan);
}

TEST_F(fan, who_has_no_rights_learns_no_pid)
{
	struct fanotify_event_metadata *m;
	int fan, status;
	pid_t pid;

	touch("f");
	ASSERT_EQ(0, chmod("f", 0666));
	ASSERT_EQ(0, chmod(".", 0777));
	REQUIRE_CONFIG("CAPABILITIES");
	ASSERT_EQ(0, setuid(65534));
	fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, O_RDONLY);
	ASSERT_GE(fan, 0);
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	pid = fork();
	if (!pid)
		_exit(open("f", O_RDONLY) < 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(0, m->pid);
	close(open("f", O_RDONLY));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(getpid(), m->pid);
}

/* What happens to a file itself is nothing for who asks for directories' handles only. */
TEST_F(fan, every_event_names_something)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DIR_FID | FAN_NONBLOCK, O_RDONLY);
	struct fanotify_event_metadata *m;

	ASSERT_GE(fan, 0);
	touch("f");
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
				   FAN_DELETE_SELF | FAN_MOVE_SELF | FAN_ONDIR, AT_FDCWD, "."));
	ASSERT_EQ(0, rename("f", "g"));
	ASSERT_EQ(0, unlink("g"));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(0, rename("d", "e"));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(FAN_MOVE_SELF | FAN_ONDIR, m->mask);
	EXPECT_GT(m->event_len, sizeof(*m));
	/* Nor are there names in what is no directory. */
	touch("f");
	EXPECT_ERRNO(ENOTDIR,
		     fanotify_mark(fan, FAN_MARK_ADD | MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY,
				   FAN_DELETE, AT_FDCWD, "f"));
	EXPECT_ERRNO(ENOTDIR,
		     fanotify_mark(fan, FAN_MARK_ADD | MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY,
				   FAN_OPEN | FAN_ONDIR, AT_FDCWD, "f"));
}

/* The first record of @m that has @type; *name: what is behind its handle. */
static struct fanotify_event_info_fid *record(struct fanotify_event_metadata *m, int type,
					      const char **name)
{
	char *p = (char *)m + m->metadata_len, *end = (char *)m + m->event_len;

	while (p < end) {
		struct fanotify_event_info_fid *r = (void *)p;
		struct file_handle *h = (void *)r->handle;

		if (r->hdr.info_type == type) {
			*name = (char *)h->f_handle + h->handle_bytes;
			return r;
		}
		p += r->hdr.len;
	}
	return NULL;
}

/* Of a directory: by itself to who watches all, by its name to who watches the parent. */
TEST_F(fan, a_directory_is_named_by_who_watches)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_NONBLOCK, O_RDONLY);
	struct fanotify_event_metadata *m;
	const char *name = "";

	ASSERT_GE(fan, 0);
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_ONDIR,
				   AT_FDCWD, "."));
	close(open("d", O_RDONLY));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	ASSERT_TRUE(record(m, FAN_EVENT_INFO_TYPE_DFID_NAME, &name) != NULL);
	EXPECT_STREQ(".", name);
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_ONDIR | FAN_EVENT_ON_CHILD,
				   AT_FDCWD, "."));
	close(open("d", O_RDONLY));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	ASSERT_TRUE(record(m, FAN_EVENT_INFO_TYPE_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("d", name);
}

/* FAN_RENAME tells of each directory that is watched, and of both to who watches them all. */
TEST_F(fan, a_rename_tells_of_the_watched_side)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_NONBLOCK, O_RDONLY);
	struct fanotify_event_metadata *m;
	const char *name = "";

	ASSERT_GE(fan, 0);
	ASSERT_EQ(0, mkdir("from", 0755));
	ASSERT_EQ(0, mkdir("to", 0755));
	touch("from/a");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, EVENT_RENAME, AT_FDCWD, "from"));
	ASSERT_EQ(0, rename("from/a", "to/b"));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	ASSERT_TRUE(record(m, OLD_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("a", name);
	EXPECT_TRUE(record(m, NEW_DFID_NAME, &name) == NULL);
	ASSERT_EQ(0, rename("to/b", "from/c"));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_TRUE(record(m, OLD_DFID_NAME, &name) == NULL);
	ASSERT_TRUE(record(m, NEW_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("c", name);
	/* A side that is ignored ignores the whole. */
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, EVENT_RENAME, AT_FDCWD,
				   "."));
	ASSERT_EQ(0, rename("from/c", "to/d"));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_TRUE(record(m, OLD_DFID_NAME, &name) != NULL);
	ASSERT_TRUE(record(m, NEW_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("d", name);
	ASSERT_EQ(0,
		  fanotify_mark(fan,
				FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
				EVENT_RENAME, AT_FDCWD, "to"));
	ASSERT_EQ(0, rename("to/d", "from/e"));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
}

/* What a directory ignores of its children is ignored for who watches the mount, too. */
TEST_F(fan, children_are_ignored_by_their_directory)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	unsigned int ignore = FAN_MARK_ADD | MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY;

	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, mkdir("d/sub", 0755));
	touch("d/f");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_ONDIR,
				   AT_FDCWD, "."));
	ASSERT_EQ(0, fanotify_mark(fan, ignore, FAN_OPEN | FAN_EVENT_ON_CHILD | FAN_ONDIR, AT_FDCWD,
				   "d"));
	close(open("d/sub", O_RDONLY));
	close(open("d/f", O_RDONLY));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(0,
		  fanotify_mark(fan, FAN_MARK_REMOVE | MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY,
				FAN_ONDIR, AT_FDCWD, "d"));
	close(open("d/f", O_RDONLY));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	close(open("d/sub", O_RDONLY));
	EXPECT_EVENT(fan, FAN_OPEN);
	/* What is watched of the directory itself is not of them, nor the other way round. */
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_CLOSE, AT_FDCWD, "d"));
	close(open("d/f", O_RDONLY));
	EXPECT_ERRNO(EAGAIN, read(fan, buf, sizeof(buf)));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	ASSERT_EQ(0, fanotify_mark(fan, ignore, FAN_OPEN, AT_FDCWD, "d"));
	ASSERT_EQ(0,
		  fanotify_mark(fan, FAN_MARK_ADD, FAN_MODIFY | FAN_EVENT_ON_CHILD, AT_FDCWD, "d"));
	close(open("d/f", O_RDONLY));
	EXPECT_EVENT(fan, FAN_OPEN);
}

TEST_F(fan, fdinfo_tells)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	char path[64], text[1024], want[64];
	unsigned int mflags, mask, ignored;
	struct stat st;
	const char *p;

	REQUIRE_CONFIG("PROC_FS");
	touch("f");
	stat("f", &st);
	ASSERT_EQ(0,
		  fanotify_mark(fan,
				FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
				FAN_CLOSE_WRITE, AT_FDCWD, "f"));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "f"));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_MODIFY, AT_FDCWD,
				   "f"));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fan);
	ASSERT_GT(test_read_file(path, text, sizeof(text)), 0);
	snprintf(want, sizeof(want), "fanotify ino:%lx sdev:%x ", (long)st.st_ino,
		 major(st.st_dev) << 20 | minor(st.st_dev));
	p = strstr(text, want);
	ASSERT_TRUE(p != NULL);
	ASSERT_EQ(3, sscanf(p + strlen(want), "mflags:%x mask:%x ignored_mask:%x", &mflags, &mask,
			    &ignored));
	EXPECT_EQ(FAN_MARK_IGNORED_SURV_MODIFY, mflags);
	EXPECT_EQ(0, mask);
	EXPECT_EQ(FAN_CLOSE_WRITE, ignored);
	EXPECT_TRUE(strstr(p, " fhandle-bytes:") != NULL);
	p = strstr(text, "fanotify mnt_id:");
	ASSERT_TRUE(p != NULL);
	EXPECT_TRUE(strstr(p, " mflags:0 mask:20 ignored_mask:0\n") != NULL);
	snprintf(want, sizeof(want), "fanotify sdev:%x mflags:0 mask:2 ignored_mask:0\n",
		 major(st.st_dev) << 20 | minor(st.st_dev));
	EXPECT_TRUE(strstr(text, want) != NULL);
}

TEST_F(fan, errors)
{
	int fan = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), fid;

	touch("f");
	EXPECT_ERRNO(EINVAL, fanotify_init(0x80000000, O_RDONLY));
	EXPECT_ERRNO(EINVAL, fanotify_init(FAN_CLASS_NOTIF, 0x80000000));
	EXPECT_ERRNO(EINVAL, fanotify_init(FAN_CLASS_CONTENT | FAN_REPORT_FID, O_RDONLY));
	EXPECT_ERRNO(EINVAL, fanotify_init(FAN_REPORT_NAME, O_RDONLY));
	EXPECT_ERRNO(EINVAL, fanotify_mark(fan, FAN_MARK_ADD, 0, AT_FDCWD, "f"));
	EXPECT_ERRNO(EINVAL, fanotify_mark(fan, 0, FAN_OPEN, AT_FDCWD, "f"));
	EXPECT_ERRNO(EINVAL, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "f"));
	EXPECT_ERRNO(EINVAL, fanotify_mark(fan, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "."));
	EXPECT_ERRNO(ENOTDIR,
		     fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "f"));
	EXPECT_ERRNO(ENOENT, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "none"));
	EXPECT_ERRNO(EBADF, fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	EXPECT_ERRNO(EINVAL,
		     fanotify_mark(open("f", O_RDONLY), FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	fid = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
	EXPECT_ERRNO(EOPNOTSUPP,
		     fanotify_mark(fid, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/proc/version"));
	EXPECT_ERRNO(EINVAL,
		     fanotify_mark(fid, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_CREATE, AT_FDCWD, "."));
}

/* ---- records --------------------------------------------------------------------------------- */

TEST_F(fan, names_and_handles)
{
	int fan = fanotify_init(
		FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_REPORT_FID | FAN_REPORT_DFID_NAME, 0);
	struct fanotify_event_info_fid *r;
	struct fanotify_event_metadata *m;
	const char *name;
	struct statfs fs;

	ASSERT_GE(fan, 0);
	ASSERT_EQ(0, statfs(".", &fs));
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
				   FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_MODIFY | FAN_ONDIR,
				   AT_FDCWD, "."));
	touch("f");
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(FAN_CREATE, m->mask);
	EXPECT_EQ(FAN_NOFD, m->fd);
	r = record(m, FAN_EVENT_INFO_TYPE_DFID_NAME, &name);
	ASSERT_TRUE(r != NULL);
	EXPECT_STREQ("f", name);
	EXPECT_EQ(0, memcmp(&r->fsid, &fs.f_fsid, sizeof(r->fsid)));
	ASSERT_EQ(0, truncate("f", 10));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(FAN_MODIFY, m->mask);
	EXPECT_TRUE(record(m, FAN_EVENT_INFO_TYPE_FID, &name) != NULL);
	EXPECT_TRUE(record(m, FAN_EVENT_INFO_TYPE_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("f", name);
	ASSERT_EQ(0, mkdir("d", 0755));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(FAN_CREATE | FAN_ONDIR, m->mask);
	ASSERT_EQ(0, rename("f", "d/g"));
	ASSERT_GT(read(fan, buf, sizeof(buf)), 0);
	m = (void *)buf;
	EXPECT_EQ(FAN_MOVED_FROM, m->mask);
	m = (void *)(buf + m->event_len);
	EXPECT_EQ(FAN_MOVED_TO, m->mask);
	EXPECT_TRUE(record(m, FAN_EVENT_INFO_TYPE_DFID_NAME, &name) != NULL);
	EXPECT_STREQ("g", name);
	ASSERT_EQ(0, unlink("d/g"));
	m = event(fan);
	ASSERT_TRUE(m != NULL);
	EXPECT_EQ(FAN_DELETE, m->mask);
}

/* ---- permission ------------------------------------------------------------------------------ */

TEST_F(fan, opens_are_allowed_and_denied)
{
	int fan = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY), status;
	pid_t pid;

	ASSERT_GE(fan, 0);
	touch("f");
	ASSERT_EQ(0, fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "f"));
	pid = fork();
	if (!pid) {
		if (open("f", O_RDONLY) < 0)
			_exit(1);
		if (open("f", O_RDONLY) >= 0 || errno != EPERM)
			_exit(2);
		open("f", O_RDONLY); /* killed there */
		_exit(3);
	}
	for (int i = 0; i < 3; i++) {
		struct fanotify_event_metadata *m = event(fan);
		struct fanotify_response r;

		ASSERT_TRUE(m != NULL);
		EXPECT_EQ(FAN_OPEN_PERM, m->mask);
		EXPECT_EQ(pid, m->pid);
		if (i == 2)
			break;
		r = (struct fanotify_response){.fd = 12345, .response = FAN_ALLOW};
		EXPECT_ERRNO(ENOENT, write(fan, &r, sizeof(r)));
		r.fd = m->fd;
		r.response = i ? FAN_DENY : FAN_ALLOW;
		EXPECT_EQ(sizeof(r), write(fan, &r, sizeof(r)));
		close(m->fd);
	}
	kill(pid, SIGKILL);
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	/* A listener that goes lets everybody pass. */
	pid = fork();
	if (!pid) {
		close(fan);
		_exit(open("f", O_RDONLY) < 0);
	}
	test_sleep_ms(50);
	close(fan);
	EXPECT_EQ(0, test_wait(pid));
}

TEST_MAIN
