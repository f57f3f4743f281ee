/* SPDX-License-Identifier: MIT */
/*
 * Several processes change one small tree of names at once: files, directories, links, renames and
 * exchanges, writes, truncation, attributes. Nothing is compared; what must hold is that every
 * error is one that such a race can give, and that the tree can be removed at the end. FSS_DIR
 * chooses the file system (default /tmp), FSS_OPS how many operations each makes.
 */
#include "../harness.h"
#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define PROCS 4

static unsigned long state;

static unsigned int rnd(unsigned int n)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned int)((state >> 33) % n);
}

static const char *name(char *buf)
{
	static const char *const dirs[] = {".", "a", "b", "a/c", "b/d"};

	sprintf(buf, "%s/%s%u", dirs[rnd(5)], rnd(8) ? "file-with-a-name-" : "d", rnd(40));
	return buf;
}

static bool fine(int err)
{
	return err == ENOENT || err == EEXIST || err == ENOTDIR || err == EISDIR ||
	       err == ENOTEMPTY || err == EINVAL || err == ELOOP || err == ENOSPC ||
	       err == EMLINK || err == ENODATA || err == EBUSY || err == EPERM || err == EOPNOTSUPP;
}

static int write_some(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDWR | O_CREAT | (rnd(4) ? 0 : O_TRUNC), 0644), ret = 0;

	if (fd < 0)
		return -1;
	memset(buf, (int)rnd(256), sizeof(buf));
	if (pwrite(fd, buf, 1 + rnd(sizeof(buf)), rnd(200000)) < 0 || (!rnd(10) && fsync(fd)) ||
	    (!rnd(10) && ftruncate(fd, rnd(100000))))
		ret = -1;
	if (!rnd(10))
		unlink(path); /* still open */
	close(fd);
	return ret;
}

static int one_op(void)
{
	char a[64], b[64];

	name(a);
	name(b);
	switch (rnd(13)) {
	case 0:
		return mkdir(a, 0755);
	case 1:
		return rmdir(a);
	case 2:
		return unlink(a);
	case 3:
		return link(a, b);
	case 4:
		return symlink(rnd(2) ? a :
					"x/y/z/a-rather-long-text-that-does-not-fit-into-an-inode/"
					"so-it-needs-a-block-of-its-own",
			       b);
	case 5:
		return rename(a, b);
	case 6:
		return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 1 + rnd(2));
	case 7:
		return truncate(a, rnd(300000));
	case 8:
		return rnd(2) ? setxattr(a, "user.some", b, strlen(b), 0) :
				removexattr(a, "user.some");
	case 9:
		return chmod(a, 0600 + rnd(64));
	default:
		return write_some(a);
	}
}

static int worker(int n, int ops)
{
	state = (unsigned long)(n + 1) * 77777;
	for (int i = 0; i < ops; i++) {
		if (one_op() && !fine(errno)) {
			printf("# fsstress: process %d, operation %d: %s\n", n, i, strerror(errno));
			return 1;
		}
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

TEST_TIMEOUT(concurrent_changes, 600)
{
	const char *dir = getenv("FSS_DIR"), *ops = getenv("FSS_OPS");
	char path[128];
	int status;

	snprintf(path, sizeof(path), "%s/fsstress-%d", dir ? dir : "/tmp", getpid());
	ASSERT_EQ(0, mkdir(path, 0755));
	ASSERT_EQ(0, chdir(path));
	ASSERT_EQ(0, mkdir("a", 0755) | mkdir("b", 0755) | mkdir("a/c", 0755) | mkdir("b/d", 0755));
	for (int i = 0; i < PROCS; i++)
		if (!fork())
			_exit(worker(i, ops ? atoi(ops) : 800));
	for (int i = 0; i < PROCS; i++) {
		ASSERT_TRUE(wait(&status) > 0);
		EXPECT_EQ(0, status);
	}
	if (!getenv("FSS_KEEP"))
		EXPECT_EQ(0, nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS));
}

TEST_MAIN
