/* SPDX-License-Identifier: MIT */
/*
 * Mounts: bind, move, propagation (mount_namespaces(7)), flags of a mount, the calls on
 * descriptors (fsopen(2) ...), umount2(2)'s flags, pivot_root(2), name spaces.
 */
#include "../harness.h"
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* <sys/mount.h> and <linux/mount.h> do not go together. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);
int umount(const char *target);
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW 8

FIXTURE(tree)
{
	char path[64];
};

/* A private tmpfs of its own, so that no test changes what others see. */
FIXTURE_SETUP(tree)
{
	strcpy(self->path, "/tmp/mountXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("top", self->path, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, self->path, NULL, MS_PRIVATE, NULL));
	ASSERT_EQ(0, chdir(self->path));
	ASSERT_EQ(0, mkdir("a", 0755));
	ASSERT_EQ(0, mkdir("b", 0755));
	ASSERT_EQ(0, mkdir("c", 0755));
}

FIXTURE_TEARDOWN(tree)
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

static bool there(const char *name)
{
	return !access(name, F_OK);
}

/* The optional fields of the mount at @name (relative) in mountinfo, "" if none, NULL: no mount. */
static const char *fields(const char *name)
{
	static char text[65536], out[128];
	char full[PATH_MAX], at[PATH_MAX], *line, *save = NULL;

	if (!getcwd(full, sizeof(full) - 64))
		return NULL;
	strcat(full, "/");
	strcat(full, name);
	if (test_read_file("/proc/self/mountinfo", text, sizeof(text)) < 0)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *sep = strstr(line, " - "), *opts;

		if (!sep || sscanf(line, "%*d %*d %*s %*s %4095s", at) != 1 || strcmp(at, full))
			continue;
		*sep = 0;
		opts = strstr(line, at) + strlen(at) + 1;
		opts = strchr(opts, ' ');
		snprintf(out, sizeof(out), "%s", opts ? opts + 1 : "");
		return out;
	}
	return NULL;
}

static bool has_field(const char *name, const char *what)
{
	const char *f = fields(name);

	return f && strstr(f, what);
}

/* ---- bind and move --------------------------------------------------------------------------- */

TEST_F(tree, bind_and_rbind)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("a/sub", 0755));
	ASSERT_EQ(0, mount("y", "a/sub", "tmpfs", 0, NULL));
	touch("a/sub/f");
	EXPECT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	EXPECT_TRUE(there("b/sub"));
	EXPECT_TRUE(!there("b/sub/f"));
	EXPECT_EQ(0, mount("a", "c", NULL, MS_BIND | MS_REC, NULL));
	EXPECT_TRUE(there("c/sub/f"));
	EXPECT_ERRNO(EBUSY, umount("c"));
	EXPECT_EQ(0, umount("c/sub"));
	EXPECT_EQ(0, umount("c"));
	EXPECT_TRUE(there("a/sub/f"));
	EXPECT_ERRNO(EINVAL, umount("c"));
	EXPECT_ERRNO(ENOENT, mount("none", "c", NULL, MS_BIND, NULL));
	EXPECT_ERRNO(EINVAL, mount("", "c", NULL, MS_BIND, NULL));
}

TEST_F(tree, move)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("a/d", 0755));
	touch("a/f");
	EXPECT_EQ(0, mount("a", "b", NULL, MS_MOVE, NULL));
	EXPECT_TRUE(there("b/f"));
	EXPECT_TRUE(!there("a/f"));
	EXPECT_ERRNO(ELOOP, mount("b", "b/d", NULL, MS_MOVE, NULL));
	EXPECT_ERRNO(EINVAL, mount("a", "c", NULL, MS_MOVE, NULL)); /* no mount */
	touch("file");
	EXPECT_ERRNO(EINVAL, mount("b", "file", NULL, MS_MOVE, NULL));
	/* Not out of a shared parent. */
	ASSERT_EQ(0, mount(NULL, ".", NULL, MS_SHARED, NULL));
	EXPECT_ERRNO(EINVAL, mount("b", "c", NULL, MS_MOVE, NULL));
}

/* ---- propagation ----------------------------------------------------------------------------- */

TEST_F(tree, types_are_shown)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	EXPECT_STREQ("", fields("a"));
	EXPECT_EQ(0, mount(NULL, "a", NULL, MS_SHARED, NULL));
	EXPECT_TRUE(has_field("a", "shared:"));
	EXPECT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	EXPECT_TRUE(has_field("b", "shared:"));
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_SLAVE, NULL));
	EXPECT_TRUE(has_field("b", "master:"));
	EXPECT_TRUE(!has_field("b", "shared:"));
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_SHARED, NULL));
	EXPECT_TRUE(has_field("b", "shared:") && has_field("b", "master:"));
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_UNBINDABLE, NULL));
	EXPECT_STREQ("unbindable", fields("b"));
	EXPECT_ERRNO(EINVAL, mount("b", "c", NULL, MS_BIND, NULL));
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_PRIVATE, NULL));
	EXPECT_STREQ("", fields("b"));
	EXPECT_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_PRIVATE | MS_SHARED, NULL));
	EXPECT_ERRNO(EINVAL, mount(NULL, "c", NULL, MS_PRIVATE, NULL)); /* no mount */
}

TEST_F(tree, shared_mounts_see_each_others)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, "a", NULL, MS_SHARED, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
	touch("a/m/f");
	EXPECT_TRUE(there("b/m/f"));
	EXPECT_TRUE(has_field("b/m", "shared:"));
	EXPECT_EQ(0, umount("b/m"));
	EXPECT_TRUE(!there("a/m/f"));
	EXPECT_TRUE(fields("a/m") == NULL);
	/* A bind mount into it propagates as well, with what is on it. */
	ASSERT_EQ(0, mkdir("c/d", 0755));
	ASSERT_EQ(0, mount("z", "c/d", "tmpfs", 0, NULL));
	touch("c/d/g");
	ASSERT_EQ(0, mount("c", "b/m", NULL, MS_BIND | MS_REC, NULL));
	EXPECT_TRUE(there("a/m/d/g"));
	EXPECT_EQ(0, umount2("a/m", MNT_DETACH));
	EXPECT_TRUE(!there("b/m/d"));
	EXPECT_TRUE(there("c/d/g"));
}

TEST_F(tree, slaves_see_their_masters)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, "a", NULL, MS_SHARED, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mkdir("a/n", 0755));
	ASSERT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, "b", NULL, MS_SLAVE, NULL));
	ASSERT_EQ(0, mount("b", "c", NULL, MS_BIND, NULL)); /* another slave */
	EXPECT_TRUE(has_field("c", "master:"));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
	touch("a/m/f");
	EXPECT_TRUE(there("b/m/f"));
	EXPECT_TRUE(there("c/m/f"));
	EXPECT_TRUE(has_field("b/m", "master:"));
	ASSERT_EQ(0, mount("z", "b/n", "tmpfs", 0, NULL)); /* not upwards */
	touch("b/n/g");
	EXPECT_TRUE(!there("a/n/g"));
	EXPECT_TRUE(!there("c/n/g"));
	EXPECT_EQ(0, umount("a/m"));
	EXPECT_TRUE(!there("b/m/f"));
	EXPECT_TRUE(!there("c/m/f"));
	/* A slave that is shared passes on what it gets. */
	ASSERT_EQ(0, mount(NULL, "b", NULL, MS_SHARED, NULL));
	ASSERT_EQ(0, umount("c"));
	ASSERT_EQ(0, mount("b", "c", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
	touch("a/m/f");
	EXPECT_TRUE(there("b/m/f"));
	EXPECT_TRUE(there("c/m/f"));
	EXPECT_EQ(0, umount("a/m"));
	EXPECT_TRUE(!there("c/m/f"));
}

/* A mount that is bound below itself does not get a copy of itself. */
TEST_F(tree, a_new_peer_is_not_reached)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, "a", NULL, MS_SHARED, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mount("a", "a/m", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, "a/m", NULL, MS_SLAVE, NULL));
	EXPECT_EQ(0, umount("a/m"));
	EXPECT_EQ(0, umount("a"));
}

TEST_F(tree, recursive_and_unbindable)
{
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mkdir("a/n", 0755));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount("z", "a/n", "tmpfs", 0, NULL));
	touch("a/m/f");
	touch("a/n/f");
	EXPECT_EQ(0, mount(NULL, "a", NULL, MS_SHARED | MS_REC, NULL));
	EXPECT_TRUE(has_field("a/m", "shared:"));
	EXPECT_EQ(0, mount(NULL, "a", NULL, MS_PRIVATE | MS_REC, NULL));
	EXPECT_STREQ("", fields("a/m"));
	EXPECT_EQ(0, mount(NULL, "a/n", NULL, MS_UNBINDABLE, NULL));
	EXPECT_EQ(0, mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	EXPECT_TRUE(there("b/m/f"));
	EXPECT_TRUE(!there("b/n/f")); /* left out */
}

/* What the initramfs is unpacked to has a size, as a tmpfs has. */
TEST(root_has_a_size)
{
	static char buf[1 << 20];
	struct statfs before, after;
	int fd;

	REQUIRE_CONFIG("TMPFS");
	ASSERT_EQ(0, statfs("/", &before));
	if (before.f_type != 0x01021994)
		SKIP("the root is no tmpfs");
	EXPECT_GT(before.f_blocks, 0);
	EXPECT_LE(before.f_bavail, before.f_blocks);
	fd = open("/mount.size", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ((ssize_t)sizeof(buf), write(fd, buf, sizeof(buf)));
	close(fd);
	EXPECT_EQ(0, statfs("/", &after));
	EXPECT_LE(after.f_bfree, before.f_bfree - sizeof(buf) / before.f_bsize);
	EXPECT_EQ(0, unlink("/mount.size"));
}

/* ---- flags ----------------------------------------------------------------------------------- */

TEST_F(tree, flags_are_enforced)
{
	struct stat st;
	struct statfs fs;
	time_t before;
	int fd;

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	touch("a/f");
	ASSERT_EQ(0, mknod("a/null", S_IFCHR | 0666, 0x103));
	ASSERT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, NULL));
	EXPECT_ERRNO(EROFS, open("b/f", O_WRONLY));
	EXPECT_ERRNO(EROFS, unlink("b/f"));
	EXPECT_ERRNO(EACCES, open("b/null", O_RDONLY));
	/* Read-only comes before whose file it is. */
	ASSERT_EQ(0, seteuid(1000));
	EXPECT_ERRNO(EROFS, utimensat(AT_FDCWD, "b/f", (struct timespec[]){{1, 0}, {2, 0}}, 0));
	EXPECT_ERRNO(EPERM, utimensat(AT_FDCWD, "a/f", (struct timespec[]){{1, 0}, {2, 0}}, 0));
	ASSERT_EQ(0, seteuid(0));
	fd = open("a/f", O_WRONLY);
	EXPECT_GE(fd, 0); /* only that mount */
	EXPECT_ERRNO(EBUSY, mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	close(fd);
	EXPECT_EQ(0, statfs("b", &fs));
	EXPECT_EQ(1 | 4, fs.f_flags & (1 | 4)); /* ST_RDONLY, ST_NODEV */
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL));
	ASSERT_EQ(0, chmod("b/f", 0755));
	EXPECT_ERRNO(EACCES, execl("b/f", "f", NULL));
	/* Access times. */
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
	ASSERT_EQ(0,
		  utimensat(AT_FDCWD, "b/f", (struct timespec[]){{1000000, 0}, {2000000, 0}}, 0));
	fd = open("b/f", O_RDWR);
	ASSERT_EQ(1, write(fd, "x", 1));
	ASSERT_EQ(0, fstat(fd, &st));
	before = st.st_atime;
	ASSERT_EQ(1, pread(fd, &(char){0}, 1, 0));
	fstat(fd, &st);
	EXPECT_EQ(before, st.st_atime);
	close(fd);
	EXPECT_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL));
	fd = open("b/f", O_RDONLY);
	ASSERT_EQ(1, pread(fd, &(char){0}, 1, 0));
	fstat(fd, &st);
	EXPECT_NE(before, st.st_atime);
	close(fd);
}

/* ---- umount2 --------------------------------------------------------------------------------- */

TEST_F(tree, umount_flags)
{
	int fd;

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	touch("a/f");
	fd = open("a/f", O_RDONLY);
	EXPECT_ERRNO(EBUSY, umount("a"));
	EXPECT_ERRNO(EBUSY, umount2("a", MNT_EXPIRE));
	close(fd);
	EXPECT_ERRNO(EAGAIN, umount2("a", MNT_EXPIRE));
	fd = open("a/f", O_RDONLY); /* used again */
	close(fd);
	EXPECT_ERRNO(EAGAIN, umount2("a", MNT_EXPIRE));
	EXPECT_EQ(0, umount2("a", MNT_EXPIRE));
	EXPECT_ERRNO(EINVAL, umount2("a", MNT_EXPIRE | MNT_DETACH));
	EXPECT_ERRNO(EINVAL, umount2("a", 0x100));
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	touch("a/f");
	fd = open("a/f", O_RDWR);
	EXPECT_EQ(0, umount2("a", MNT_DETACH));
	EXPECT_TRUE(!there("a/f"));
	EXPECT_EQ(1, write(fd, "x", 1)); /* goes on */
	close(fd);
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, symlink("a", "l"));
	EXPECT_ERRNO(EINVAL, umount2("l", UMOUNT_NOFOLLOW));
	EXPECT_EQ(0, umount2("l", 0));
}

/* ---- on descriptors -------------------------------------------------------------------------- */

static int fsopen_(const char *type, unsigned int flags)
{
	return syscall(SYS_fsopen, type, flags);
}

static int fsconfig_(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	return syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}

static int fsmount_(int fd, unsigned int flags, unsigned int attr)
{
	return syscall(SYS_fsmount, fd, flags, attr);
}

static int move_mount_(int from, const char *fname, int to, const char *tname, unsigned int flags)
{
	return syscall(SYS_move_mount, from, fname, to, tname, flags);
}

TEST_F(tree, fsopen_to_move_mount)
{
	struct statfs fs;
	int fd, m;

	REQUIRE_CONFIG("FSOPEN");
	EXPECT_ERRNO(ENODEV, fsopen_("no-such-fs", 0));
	EXPECT_ERRNO(EINVAL, fsopen_("tmpfs", 8));
	fd = fsopen_("tmpfs", FSOPEN_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(EINVAL, fsmount_(fd, 0, 0)); /* nothing made yet */
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_STRING, "source", "mine", 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_STRING, "size", "64k", 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_FLAG, "sync", NULL, 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	EXPECT_ERRNO(EBUSY, fsconfig_(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, fsmount_(fd, 0, 0x40000000));
	m = fsmount_(fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	ASSERT_GE(m, 0);
	EXPECT_ERRNO(EBUSY, fsmount_(fd, 0, 0));
	close(fd);
	EXPECT_TRUE(fields("a") == NULL);
	/* It can be used before it is anywhere. */
	fd = openat(m, "f", O_CREAT | O_RDWR, 0600);
	EXPECT_GE(fd, 0);
	close(fd);
	EXPECT_ERRNO(EINVAL, move_mount_(m, "", AT_FDCWD, "a", 0x80000000));
	EXPECT_ERRNO(ENOENT, move_mount_(m, "", AT_FDCWD, "a", 0));
	EXPECT_EQ(0, move_mount_(m, "", AT_FDCWD, "a", MOVE_MOUNT_F_EMPTY_PATH));
	close(m);
	EXPECT_TRUE(there("a/f"));
	EXPECT_EQ(0, statfs("a", &fs));
	EXPECT_EQ(16, fs.f_blocks);
	EXPECT_EQ(4 | 8, fs.f_flags & (2 | 4 | 8));
	EXPECT_EQ(0, move_mount_(AT_FDCWD, "a", AT_FDCWD, "b", 0)); /* as MS_MOVE */
	EXPECT_TRUE(there("b/f"));
	EXPECT_EQ(0, umount("b"));
}

TEST_F(tree, what_is_not_moved_goes_with_its_descriptor)
{
	int fd, m;

	REQUIRE_CONFIG("FSOPEN");
	fd = fsopen_("tmpfs", 0);
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	m = fsmount_(fd, 0, 0);
	ASSERT_GE(m, 0);
	close(fd);
	close(m);
	m = syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | AT_RECURSIVE);
	ASSERT_GE(m, 0);
	EXPECT_EQ(0, faccessat(m, "a", F_OK, 0));
	close(m);
	EXPECT_TRUE(there("a"));
}

TEST_F(tree, fsconfig_errors)
{
	int fd;

	REQUIRE_CONFIG("FSOPEN");
	fd = fsopen_("tmpfs", 0);
	EXPECT_ERRNO(EINVAL, fsconfig_(-1, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(0, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	EXPECT_ERRNO(EBADF, fsconfig_(999, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	EXPECT_ERRNO(EOPNOTSUPP, fsconfig_(fd, 100, "ro", NULL, 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(fd, FSCONFIG_SET_FLAG, NULL, NULL, 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(fd, FSCONFIG_SET_FLAG, "ro", "x", 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(fd, FSCONFIG_SET_STRING, "size", NULL, 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(fd, FSCONFIG_CMD_CREATE, "x", NULL, 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_STRING, "size", "bad", 0));
	EXPECT_ERRNO(EINVAL, fsconfig_(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	EXPECT_ERRNO(EBUSY, fsconfig_(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	close(fd);
}

TEST_F(tree, fspick_reconfigures)
{
	struct statfs fs;
	int fd;

	REQUIRE_CONFIG("FSOPEN");
	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	EXPECT_ERRNO(EINVAL, syscall(SYS_fspick, AT_FDCWD, "b", 0));
	EXPECT_ERRNO(EINVAL, syscall(SYS_fspick, AT_FDCWD, "a", 0x10000));
	fd = syscall(SYS_fspick, AT_FDCWD, "a", FSPICK_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_STRING, "sync", "false", 0)); /* a flag by name */
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_STRING, "size", "128k", 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	EXPECT_EQ(0, fsconfig_(fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	EXPECT_EQ(0, statfs("a", &fs));
	EXPECT_EQ(32, fs.f_blocks);
	EXPECT_ERRNO(EROFS, mkdir("a/x", 0755));
	close(fd);
}

TEST_F(tree, open_tree_shows_a_tree_elsewhere)
{
	int fd;

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
	touch("a/m/f");
	EXPECT_ERRNO(EINVAL, syscall(SYS_open_tree, AT_FDCWD, "a", AT_RECURSIVE));
	EXPECT_ERRNO(EINVAL, syscall(SYS_open_tree, AT_FDCWD, "a", 0x4));
	fd = syscall(SYS_open_tree, AT_FDCWD, "a", 0);
	EXPECT_GE(fd, 0);
	close(fd);
	fd = syscall(SYS_open_tree, AT_FDCWD, "a", OPEN_TREE_CLONE | AT_RECURSIVE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, faccessat(fd, "m/f", F_OK, 0));
	EXPECT_EQ(0, move_mount_(fd, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
	close(fd);
	EXPECT_TRUE(there("b/m/f"));
	EXPECT_TRUE(fields("b/m") != NULL);
	EXPECT_EQ(0, umount("b/m"));
	EXPECT_EQ(0, umount("b"));
}

TEST_F(tree, mount_setattr)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC};
	struct statfs fs;

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mount("y", "a/m", "tmpfs", 0, NULL));
#define SETATTR(flags, size) syscall(SYS_mount_setattr, AT_FDCWD, "a", flags, &attr, size)
	EXPECT_ERRNO(EINVAL, SETATTR(0x2, sizeof(attr)));
	EXPECT_ERRNO(EINVAL, SETATTR(0, 16));
	EXPECT_ERRNO(E2BIG, SETATTR(0, 5000));
	EXPECT_EQ(0, SETATTR(AT_RECURSIVE, sizeof(attr)));
	EXPECT_EQ(0, statfs("a/m", &fs));
	EXPECT_EQ(1 | 8, fs.f_flags & (1 | 8));
	EXPECT_ERRNO(EROFS, mkdir("a/x", 0755));
	attr = (struct mount_attr){.attr_clr = MOUNT_ATTR_RDONLY};
	EXPECT_EQ(0, SETATTR(0, sizeof(attr)));
	EXPECT_EQ(0, mkdir("a/x", 0755));
	EXPECT_ERRNO(EROFS, mkdir("a/m/x", 0755));
	attr = (struct mount_attr){.attr_set = MOUNT_ATTR_NOATIME};
	EXPECT_ERRNO(EINVAL, SETATTR(0, sizeof(attr))); /* without clearing what was */
	attr.attr_clr = MOUNT_ATTR__ATIME;
	EXPECT_EQ(0, SETATTR(0, sizeof(attr)));
	EXPECT_EQ(0, statfs("a", &fs));
	EXPECT_EQ(1024, fs.f_flags & (1024 | 4096)); /* ST_NOATIME, not ST_RELATIME */
	attr = (struct mount_attr){.propagation = MS_SHARED};
	EXPECT_EQ(0, SETATTR(0, sizeof(attr)));
	EXPECT_TRUE(has_field("a", "shared:"));
	attr.propagation = MS_SHARED | MS_PRIVATE;
	EXPECT_ERRNO(EINVAL, SETATTR(0, sizeof(attr)));
	attr = (struct mount_attr){.attr_set = MOUNT_ATTR_IDMAP};
	EXPECT_ERRNO(EINVAL, SETATTR(0, sizeof(attr)));
}

/* ---- name spaces, pivot_root ----------------------------------------------------------------- */

TEST_F(tree, a_mount_name_space_of_its_own)
{
	int status;
	pid_t pid;

	REQUIRE_CONFIG("NAMESPACES");
	ASSERT_EQ(0, mount(NULL, ".", NULL, MS_SHARED, NULL));
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS))
			_exit(1);
		if (mount("s", "a", "tmpfs", 0, NULL)) /* shared: seen outside */
			_exit(2);
		touch("a/shared");
		if (mount(NULL, ".", NULL, MS_PRIVATE, NULL))
			_exit(3);
		if (mount("p", "b", "tmpfs", 0, NULL))
			_exit(4);
		touch("b/private");
		_exit(there("b/private") ? 0 : 5);
	}
	status = test_wait(pid);
	EXPECT_EQ(0, status);
	EXPECT_TRUE(there("a/shared"));
	EXPECT_TRUE(!there("b/private"));
	EXPECT_EQ(0, umount("a"));
	EXPECT_ERRNO(EINVAL, unshare(CLONE_NEWNS | 0x1));
}

static ino_t ns_inode(const char *name)
{
	struct stat st;

	return stat(name, &st) ? 0 : st.st_ino;
}

TEST_F(tree, setns_goes_back)
{
	struct utsname u;
	ino_t mnt, uts;
	int m, n;

	REQUIRE_CONFIG("NAMESPACES");
	mnt = ns_inode("/proc/self/ns/mnt");
	uts = ns_inode("/proc/self/ns/uts");
	EXPECT_NE(0, mnt);
	EXPECT_EQ(mnt, ns_inode("/proc/1/ns/mnt"));
	m = open("/proc/self/ns/mnt", O_RDONLY);
	n = open("/proc/self/ns/uts", O_RDONLY);
	ASSERT_GE(m, 0);
	ASSERT_EQ(0, unshare(CLONE_NEWNS | CLONE_NEWUTS));
	EXPECT_NE(mnt, ns_inode("/proc/self/ns/mnt"));
	EXPECT_NE(uts, ns_inode("/proc/self/ns/uts"));
	EXPECT_EQ(0, sethostname("elsewhere", 9));
	uname(&u);
	EXPECT_STREQ("elsewhere", u.nodename);
	EXPECT_ERRNO(EINVAL, setns(m, CLONE_NEWUTS));
	EXPECT_ERRNO(EBADF, setns(-1, 0));
	EXPECT_ERRNO(EINVAL, setns(open("/proc/version", O_RDONLY), 0));
	EXPECT_EQ(0, setns(n, CLONE_NEWUTS));
	uname(&u);
	EXPECT_NE(0, strcmp("elsewhere", u.nodename));
	EXPECT_EQ(0, setns(m, 0));
	EXPECT_EQ(mnt, ns_inode("/proc/self/ns/mnt"));
	ASSERT_EQ(0, chdir(self->path));
	EXPECT_TRUE(there("a"));
}

TEST_F(tree, pivot_root)
{
	int status;
	pid_t pid;

	REQUIRE_CONFIG("NAMESPACES");
	pid = fork();
	if (!pid) {
		char old[PATH_MAX];

		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
			_exit(1);
		snprintf(old, sizeof(old), "%s/a", self->path);
		if (!syscall(SYS_pivot_root, ".", "/tmp") || errno != EINVAL)
			_exit(2);
		/* rootfs itself cannot be exchanged: chroot to something that is mounted. */
		if (mount("n", "b", "tmpfs", 0, NULL) || chdir("b") || mkdir("new", 0755) ||
		    mount("m", "new", "tmpfs", 0, NULL) || mkdir("new/old", 0755) || chroot("."))
			_exit(3);
		touch("/new/here");
		if (syscall(SYS_pivot_root, "/new", "/new/old"))
			_exit(4);
		if (!there("/here") || !there("/old/new"))
			_exit(5);
		_exit(umount2("/old", MNT_DETACH) ? 6 : 0);
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_TRUE(there("a"));
}

TEST_F(tree, statx_tells_mount_points)
{
	struct statx x;

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, statx(AT_FDCWD, "a", 0, STATX_BASIC_STATS, &x));
	EXPECT_TRUE(x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
	EXPECT_TRUE(x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	ASSERT_EQ(0, statx(AT_FDCWD, "b", 0, STATX_BASIC_STATS, &x));
	EXPECT_TRUE(!(x.stx_attributes & STATX_ATTR_MOUNT_ROOT));
}

/* Mounts and unmounts in shared trees by several at once, with walks through them. */
TEST_F(tree, many_at_once)
{
	double end = test_now() + 1.5;
	pid_t pid[4];

	ASSERT_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, "a", NULL, MS_SHARED, NULL));
	ASSERT_EQ(0, mkdir("a/m", 0755));
	ASSERT_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount("a", "c", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, "c", NULL, MS_SLAVE, NULL));
	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		while (!pid[i]) {
			switch (i) {
			case 0:
				mount("y", "a/m", "tmpfs", 0, NULL);
				umount2("a/m", MNT_DETACH);
				break;
			case 1:
				mount("z", "b/m", "tmpfs", 0, NULL);
				umount("b/m");
				break;
			case 2:
				there("a/m/x");
				there("b/m/x");
				there("c/m/x");
				break;
			default:
				if (!access("/proc/self/ns", F_OK) && !fork()) {
					unshare(CLONE_NEWNS);
					mount("y", "c/m", "tmpfs", 0, NULL);
					_exit(0);
				}
				wait(NULL);
			}
		}
	}
	while (test_now() < end)
		fields("a");
	for (int i = 0; i < 4; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	while (!umount2("a/m", MNT_DETACH))
		;
	while (!umount2("b/m", MNT_DETACH))
		;
	EXPECT_TRUE(fields("a/m") == NULL);
}

TEST_MAIN
