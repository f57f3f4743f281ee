/* SPDX-License-Identifier: MIT */
/* Files, directories, mounts, descriptors: every allocation of a call fails in turn. */
#include "fault.h"
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static const char *dir(void)
{
	static char path[64];

	if (!path[0]) {
		snprintf(path, sizeof(path), "/tmp/fault.%d", getpid());
		mkdir(path, 0755);
		if (chdir(path))
			_exit(TEST_EXIT_FAIL);
	}
	return path;
}

static void fd_done(long fd)
{
	if (fd >= 0)
		close(fd);
}

SWEEP(creating_a_file)
{
	dir();
	fd_done(TRY(open("new", O_CREAT | O_RDWR | O_EXCL, 0600)));
	unlink("new");
}

SWEEP(opening_a_file)
{
	dir();
	fd_done(open("there", O_CREAT | O_RDWR, 0600));
	fd_done(TRY(open("there", O_RDONLY)));
}

SWEEP(opening_what_is_not_there)
{
	static unsigned int i;
	char name[32];

	dir();
	snprintf(name, sizeof(name), "n%u", i++ % 16);
	if (TRY(access(name, F_OK) ? (errno == ENOENT ? 0 : -1) : 0))
		return;
}

SWEEP(unnamed_file)
{
	fd_done(TRY(open(dir(), O_TMPFILE | O_RDWR, 0600)));
}

SWEEP(directories)
{
	dir();
	if (TRY(mkdir("d", 0700)) == 0)
		TRY(rmdir("d"));
	rmdir("d");
}

SWEEP(links)
{
	dir();
	fd_done(open("a", O_CREAT | O_RDWR, 0600));
	TRY(link("a", "b"));
	TRY(symlink("a/very/long/target/that/does/not/fit/into/the/inode/of/a/small/link", "c"));
	TRY(rename("a", "d"));
	unlink("a");
	unlink("b");
	unlink("c");
	unlink("d");
}

SWEEP(special_files)
{
	dir();
	if (TRY(mknod("fifo", S_IFIFO | 0600, 0)) == 0)
		fd_done(TRY(open("fifo", O_RDWR | O_NONBLOCK)));
	unlink("fifo");
	unlink("fifo");
}

SWEEP(reading_and_writing)
{
	static char buf[65536];
	struct iovec v[100];
	int fd;

	dir();
	for (int i = 0; i < 100; i++)
		v[i] = (struct iovec){buf + i * 600, 600};
	fd = open("data", O_CREAT | O_RDWR | O_TRUNC, 0600);
	TRY(pwrite(fd, buf, sizeof(buf), 0));
	TRY(pread(fd, buf, sizeof(buf), 0));
	TRY(pwritev(fd, v, 100, 65536));
	TRY(preadv(fd, v, 100, 0));
	TRY(ftruncate(fd, 100));
	TRY(fallocate(fd, 0, 0, 1 << 18));
	TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 1 << 16));
	TRY(fsync(fd));
	close(fd);
	unlink("data");
}

SWEEP(directory_listing)
{
	char buf[4096];
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY);

	TRY(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	TRY(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	close(fd);
}

SWEEP(paths)
{
	char buf[4096];
	struct statfs st;

	dir();
	symlink("target", "sym");
	TRY(readlink("sym", buf, sizeof(buf)));
	TRY(getcwd(buf, sizeof(buf)) ? 0 : -1);
	TRY(statfs("/tmp", &st));
	TRY(chdir("/proc/self"));
	TRY(chroot("/"));
	TRY(chdir(dir()));
	if (chdir(dir()))
		_exit(TEST_EXIT_FAIL);
	unlink("sym");
}

SWEEP(extended_attributes)
{
	char buf[256];

	dir();
	fd_done(open("x", O_CREAT | O_RDWR, 0600));
	if (setxattr("x", "user.none", "v", 1, 0) && errno == EOPNOTSUPP)
		SKIP("no extended attributes");
	TRY(setxattr("x", "user.some", "a value that takes memory", 25, 0));
	TRY(getxattr("x", "user.none", buf, sizeof(buf)));
	TRY(listxattr("x", buf, sizeof(buf)));
	TRY(removexattr("x", "user.none"));
	unlink("x");
}

SWEEP(locks)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10};
	int fd;

	dir();
	fd = open("l", O_CREAT | O_RDWR, 0600);
	TRY(flock(fd, LOCK_EX));
	TRY(fcntl(fd, F_SETLK, &l));
	l.l_type = F_UNLCK;
	l.l_start = 13;
	l.l_len = 2;
	TRY(fcntl(fd, F_SETLK, &l));
	TRY(fcntl(fd, F_SETLEASE, F_WRLCK));
	fcntl(fd, F_SETLEASE, F_UNLCK);
	close(fd);
	unlink("l");
}

SWEEP(pipes)
{
	static char buf[8192];
	struct iovec v = {buf, sizeof(buf)};
	int p[2], q[2], file;

	dir();
	if (TRY(pipe(p)) < 0)
		return;
	if (pipe(q))
		_exit(TEST_EXIT_FAIL);
	TRY(fcntl(p[1], F_SETPIPE_SZ, 1 << 18));
	TRY(write(p[1], buf, sizeof(buf)));
	TRY(vmsplice(p[1], &v, 1, 0));
	TRY(tee(p[0], q[1], sizeof(buf), SPLICE_F_NONBLOCK));
	file = open("s", O_CREAT | O_RDWR, 0600);
	TRY(splice(p[0], NULL, file, NULL, sizeof(buf), SPLICE_F_NONBLOCK));
	lseek(file, 0, SEEK_SET);
	TRY(sendfile(q[1], file, NULL, 4096));
	TRY(copy_file_range(file, NULL, file, NULL, 0, 0));
	close(file);
	unlink("s");
	close(p[0]);
	close(p[1]);
	close(q[0]);
	close(q[1]);
}

SWEEP(descriptor_table)
{
	TRY(dup2(0, 700));
	close(700);
	if (!fork())
		_exit(0);
	wait(NULL);
	TRY(unshare(CLONE_FILES));
}

SWEEP(event_files)
{
	struct epoll_event e = {.events = EPOLLIN};
	sigset_t set;
	int ep, ev;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	fd_done(TRY(timerfd_create(CLOCK_MONOTONIC, 0)));
	fd_done(TRY(signalfd(-1, &set, 0)));
	ev = TRY(eventfd(1, 0));
	ep = TRY(epoll_create1(0));
	if (ev >= 0 && ep >= 0) {
		TRY(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e));
		TRY(epoll_wait(ep, &e, 1, 0));
	}
	fd_done(ev);
	fd_done(ep);
}

SWEEP(polling)
{
	struct pollfd fds[300];
	fd_set set;
	int p[2];

	if (pipe(p))
		_exit(TEST_EXIT_FAIL);
	for (int i = 0; i < 300; i++)
		fds[i] = (struct pollfd){p[0], POLLIN, 0};
	TRY(poll(fds, 300, 1));
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	TRY(select(1000, &set, NULL, NULL, &(struct timeval){0, 1000}));
	close(p[0]);
	close(p[1]);
}

SWEEP(watches)
{
	int fd, wd;

	dir();
	fd = TRY(inotify_init1(IN_NONBLOCK));
	if (fd >= 0) {
		wd = TRY(inotify_add_watch(fd, ".", IN_ALL_EVENTS));
		fd_done(TRY(open("w", O_CREAT | O_RDWR, 0600)));
		unlink("w");
		if (wd >= 0)
			TRY(inotify_rm_watch(fd, wd));
		close(fd);
	}
	unlink("w");
	fd = TRY(syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY));
	if (fd >= 0) {
		TRY(syscall(SYS_fanotify_mark, fd, FAN_MARK_ADD, (uint64_t)FAN_OPEN, AT_FDCWD,
			    "."));
		close(fd);
	}
}

SWEEP(mounting)
{
	dir();
	mkdir("m", 0755);
	if (TRY(mount("none", "m", "tmpfs", 0, "size=1m")) == 0)
		umount("m");
	if (TRY(mount("/tmp", "m", NULL, MS_BIND, NULL)) == 0)
		TRY(umount("m"));
	umount("m");
	rmdir("m");
}

SWEEP(mount_namespace)
{
	if (test_config("NAMESPACES") == 0)
		return;
	TRY(unshare(CLONE_NEWNS));
	TRY(unshare(CLONE_FS));
}

static void read_all(const char *path)
{
	char buf[2048];
	int fd = TRY(open(path, O_RDONLY));

	if (fd < 0)
		return;
	TRY(read(fd, buf, sizeof(buf)));
	close(fd);
}

SWEEP(proc_files)
{
	static const char *const files[] = {
		"/proc/self/maps",    "/proc/self/smaps", "/proc/self/status", "/proc/self/stat",
		"/proc/self/cmdline", "/proc/meminfo",	  "/proc/stat",	       "/proc/mounts",
		"/proc/self/environ", "/proc/uptime",	  "/proc/cpuinfo",     "/proc/version",
	};

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		read_all(files[i]);
}

SWEEP(terminals)
{
	int fd = TRY(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	fd_done(fd);
}

TEST_MAIN
