/* SPDX-License-Identifier: MIT */
/*
 * use [-s FIRST-LAST] [-l SECONDS] [-T SECONDS] IMAGE...: what a guest does with damaged images.
 *
 * Each image is copied to /tmp (gunzipped if its name ends so), damaged by /flip with each seed
 * from FIRST to LAST (without -s: as it is), mounted through a loop device read-only and
 * read-write, and used: every name, attribute, extent and byte that can be reached is asked for,
 * and when it is writable, files are made, grown, cut, renamed and deleted. Errors are expected;
 * what counts is that the kernel stays up and everything ends. An image whose name begins with
 * "fat" is mounted as vfat, one with "part" is a disk whose partitions are looked for, read and
 * written at both ends, others are ext4. After -T no further image is begun. It prints:
 *
 *	TRY image[:seed] ro|rw
 *	DONE image[:seed] ro|rw mounted|refused milliseconds
 *	HANG image[:seed] ro|rw		not done within -l
 *	END images			all that were to be used, or all until -T
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define IMAGE	  "/tmp/x.img"
#define MNT	  "/m"
#define MOST	  400 /* names looked at */
#define READ_MOST (1 << 20) /* bytes of a file read from its start, and of its end */

static const char *fstype = "ext4";
static unsigned int limit = 60, total = 100000; /* seconds for one image; for all */
static unsigned int looked;
static char buf[65536];

static void ignore(long ret)
{
	(void)ret;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_attrs(const char *path)
{
	char names[4096], value[4096];
	ssize_t n = llistxattr(path, names, sizeof(names));

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1)
		ignore(lgetxattr(path, names + at, value, sizeof(value)));
	ignore(lgetxattr(path, "user.nothing", value, sizeof(value)));
}

static void read_extents(int fd)
{
	struct {
		struct fiemap m;
		struct fiemap_extent e[32];
	} f = {.m = {.fm_length = ~0ull, .fm_extent_count = 32}};

	ignore(ioctl(fd, FS_IOC_FIEMAP, &f));
	ignore(lseek(fd, 0, SEEK_DATA));
	ignore(lseek(fd, 0, SEEK_HOLE));
}

static void read_file(const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW), flags;
	char *p;

	if (fd < 0)
		return;
	for (off_t at = 0; at < READ_MOST && read(fd, buf, sizeof(buf)) > 0;)
		at += sizeof(buf);
	for (off_t at = size - READ_MOST; at > 0 && at < size; at += sizeof(buf))
		if (pread(fd, buf, sizeof(buf), at) < 0)
			break;
	for (off_t at = size / 7; at > READ_MOST && at < size; at += size / 7)
		ignore(pread(fd, buf, 4096, at));
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED) {
		int null = open("/dev/null", O_WRONLY);

		ignore(write(null, p, 100)); /* no SIGBUS if it cannot be read */
		close(null);
		munmap(p, 4096);
	}
	ignore(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	read_extents(fd);
	close(fd);
}

static void walk(const char *path, int depth)
{
	DIR *dir = opendir(path);
	char name[4096];
	struct dirent *d;
	struct stat st;

	if (!dir)
		return;
	while ((d = readdir(dir)) && looked < MOST) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		looked++;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >= (int)sizeof(name))
			continue;
		if (lstat(name, &st))
			continue;
		read_attrs(name);
		if (S_ISLNK(st.st_mode))
			ignore(readlink(name, buf, sizeof(buf)));
		else if (S_ISREG(st.st_mode))
			read_file(name, st.st_size);
		else if (S_ISDIR(st.st_mode) && depth < 30)
			walk(name, depth + 1);
	}
	closedir(dir);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_new(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		return;
	memset(buf, 'n', sizeof(buf));
	for (size_t at = 0; at < size; at += sizeof(buf))
		if (write(fd, buf, size - at < sizeof(buf) ? size - at : sizeof(buf)) < 0)
			break;
	ignore(pwrite(fd, "far", 3, (off_t)size + 300000));
	ignore(fallocate(fd, 0, 0, (off_t)size + 100000));
	ignore(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192));
	ignore(fsetxattr(fd, "user.small", "value", 5, 0));
	ignore(fsetxattr(fd, "user.large", buf, 900, 0));
	ignore(fsync(fd));
	close(fd);
}

static void make_things(void)
{
	char name[64];

	write_new(MNT "/new-file", 200000);
	ignore(mkdir(MNT "/new-dir", 0755));
	ignore(symlink("short", MNT "/new-dir/link"));
	memset(buf, 'l', 200);
	buf[200] = 0;
	ignore(symlink(buf, MNT "/new-dir/long-link"));
	ignore(link(MNT "/new-file", MNT "/new-dir/hard"));
	ignore(mknod(MNT "/new-dir/fifo", S_IFIFO | 0600, 0));
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), MNT "/new-dir/some-file-number-%d", i);
		close(open(name, O_WRONLY | O_CREAT, 0644));
	}
	ignore(rename(MNT "/new-dir/some-file-number-7", MNT "/renamed"));
	ignore(rename(MNT "/new-dir", MNT "/lost+found/new-dir"));
}

/* What is there already is changed too: every third name in its own way. */
static void change(const char *path, int depth)
{
	DIR *dir = opendir(path);
	char name[4096], other[4200];
	struct dirent *d;
	struct stat st;
	int fd;

	if (!dir)
		return;
	while ((d = readdir(dir)) && looked++ < MOST) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >= (int)sizeof(name))
			continue;
		if (lstat(name, &st))
			continue;
		ignore(lsetxattr(name, "user.damage", "test", 4, 0));
		ignore(chmod(name, 0755));
		if (S_ISDIR(st.st_mode)) {
			if (depth < 30)
				change(name, depth + 1);
			snprintf(other, sizeof(other), "%s/added", name);
			if (depth < 3)
				write_new(other, 3000);
			if (looked % 2)
				ignore(rmdir(name));
			continue;
		}
		snprintf(other, sizeof(other), "%s.moved", name);
		switch (looked % 4) {
		case 0:
			ignore(unlink(name));
			break;
		case 1:
			ignore(rename(name, other));
			break;
		case 2:
			ignore(truncate(name, 100));
			ignore(link(name, other));
			break;
		default:
			fd = open(name, O_WRONLY | O_APPEND | O_NONBLOCK);
			ignore(write(fd, buf, 9000));
			ignore(pwrite(fd, buf, 10, st.st_size / 2));
			close(fd);
		}
	}
	closedir(dir);
}

static void remove_all(const char *path, int depth)
{
	DIR *dir = opendir(path);
	char name[4096];
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir)) && looked++ < MOST) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >= (int)sizeof(name))
			continue;
		if (unlink(name) && depth < 30) {
			remove_all(name, depth + 1);
			ignore(rmdir(name));
		}
	}
	closedir(dir);
}

/* ---- one image ------------------------------------------------------------------------------- */

static int attach(const char *image, int rdonly, unsigned int flags)
{
	struct loop_config c = {.fd = (unsigned int)open(image, rdonly ? O_RDONLY : O_RDWR)};
	int fd = open("/dev/loop0", rdonly ? O_RDONLY : O_RDWR), err;

	c.info.lo_flags = flags | LO_FLAGS_AUTOCLEAR | (rdonly ? LO_FLAGS_READ_ONLY : 0);
	err = ioctl(fd, LOOP_CONFIGURE, &c);
	close((int)c.fd);
	if (err) {
		printf("# cannot attach: %s\n", strerror(errno));
		exit(2);
	}
	return fd;
}

/* Both ends of a partition, and what lies behind it. */
static void use_ends(const char *path, int rw)
{
	int fd = open(path, rw ? O_RDWR : O_RDONLY);
	unsigned long long size = 0;

	if (fd < 0)
		return;
	ignore(ioctl(fd, BLKGETSIZE64, &size));
	for (unsigned long long at = 0; at <= size && size >= 4096; at += size - 4096) {
		ignore(pread(fd, buf, 8192, (off_t)at));
		if (rw)
			ignore(pwrite(fd, buf, 8192, (off_t)at));
		if (size == 4096)
			break;
	}
	ignore(fsync(fd));
	close(fd);
}

/* 0: a table was found, 1: none. */
static int use_partitions(int rw)
{
	int loop = attach(IMAGE, !rw, LO_FLAGS_PARTSCAN), found = 0;
	char path[64];

	ignore(ioctl(loop, BLKRRPART, 0));
	for (int i = 1; i <= 255; i++) {
		snprintf(path, sizeof(path), "/dev/loop0p%d", i);
		if (access(path, F_OK))
			continue;
		found = 1;
		use_ends(path, rw);
	}
	close(loop);
	return !found;
}

/* 0: mounted and used, 1: refused. */
static int use(int rw)
{
	int loop = attach(IMAGE, !rw, 0);
	struct statfs sf;

	if (mount("/dev/loop0", MNT, fstype, rw ? 0 : MS_RDONLY, "")) {
		printf("# %s\n", strerror(errno));
		return 1;
	}
	close(loop);
	ignore(statfs(MNT, &sf));
	looked = 0;
	walk(MNT, 0);
	if (rw) {
		make_things();
		looked = 0;
		change(MNT, 0);
		sync();
		looked = 0;
		walk(MNT, 0);
		looked = 0;
		remove_all(MNT, 0);
		write_new(MNT "/last", 3000000);
		ignore(umount2("/nowhere", 0));
	}
	if (umount(MNT)) {
		printf("# umount: %s\n", strerror(errno));
		ignore(umount2(MNT, MNT_DETACH));
	}
	return 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int wait_limit(pid_t pid, int *status)
{
	long end = now_ms() + limit * 1000l;

	while (now_ms() < end) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return 0;
		usleep(5000);
	}
	return -1;
}

static void report_stack(pid_t pid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		printf("# %s", line);
}

static int run(const char *command)
{
	int st = system(command);

	return st < 0 || !WIFEXITED(st) ? 1 : WEXITSTATUS(st);
}

/* A mode of an image: a child does it, so that what never ends is seen. */
static int one(const char *image, long seed, int rw)
{
	const char *base = strrchr(image, '/') ? strrchr(image, '/') + 1 : image;
	size_t n = strlen(image);
	char command[600], name[300];
	long began;
	pid_t pid;
	int st;

	fstype = strncmp(base, "fat", 3) ? "ext4" : "vfat";
	snprintf(name, sizeof(name), seed < 0 ? "%s" : "%s:%ld", base, seed);
	snprintf(command, sizeof(command), "%s %s >" IMAGE,
		 n > 3 && !strcmp(image + n - 3, ".gz") ? "gunzip -c" : "cat", image);
	if (run(command))
		printf("# cannot copy %s\n", image);
	snprintf(command, sizeof(command), "/flip " IMAGE " %ld", seed);
	if (seed >= 0 && run(command))
		printf("# cannot damage %s\n", image);
	printf("TRY %s %s\n", name, rw ? "rw" : "ro");
	began = now_ms();
	pid = fork();
	if (!pid)
		exit(strncmp(base, "part", 4) ? use(rw) : use_partitions(rw));
	if (wait_limit(pid, &st)) {
		printf("HANG %s %s\n", name, rw ? "rw" : "ro");
		report_stack(pid);
		kill(pid, SIGKILL);
		return -1;
	}
	if (!WIFEXITED(st) || WEXITSTATUS(st) > 1)
		printf("DIED %s %s: status %#x\n", name, rw ? "rw" : "ro", st);
	else
		printf("DONE %s %s %s %ld\n", name, rw ? "rw" : "ro",
		       WEXITSTATUS(st) ? "refused" : "mounted", now_ms() - began);
	return 0;
}

int main(int argc, char **argv)
{
	long first = -1, last = -1, end;
	unsigned int done = 0;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "T:s:l:")) > 0) {
		if (c == 'T')
			total = (unsigned int)atoi(optarg);
		else if (c == 'l')
			limit = (unsigned int)atoi(optarg);
		else if (c != 's' || sscanf(optarg, "%ld-%ld", &first, &last) != 2)
			return 2;
	}
	end = now_ms() + total * 1000l;
	for (long seed = first; seed <= last; seed++) {
		for (int i = optind; i < argc && now_ms() < end; i++) {
			for (int rw = 0; rw < 2; rw++)
				if (one(argv[i], seed, rw))
					return 1;
			done++;
		}
	}
	printf("END %u\n", done);
	return 0;
}
