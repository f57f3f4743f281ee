/* SPDX-License-Identifier: MIT */
/* Extended attributes (xattr(7)), access control lists (acl(5)), file capabilities. */
#include "../harness.h"
#include <linux/capability.h>
#include <linux/limits.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define UID 1000
#define GID 1000

FIXTURE(dir)
{
	char path[64];
};

/* A tmpfs of its own. */
FIXTURE_SETUP(dir)
{
	REQUIRE_CONFIG("XATTR");
	strcpy(self->path, "/tmp/xattrXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("x", self->path, "tmpfs", 0, "mode=755"));
	ASSERT_EQ(0, chdir(self->path));
	umask(022);
}

FIXTURE_TEARDOWN(dir)
{
	if (chdir("/") || umount2(self->path, MNT_DETACH) || rmdir(self->path))
		NOTE("%s stays: %s", self->path, strerror(errno));
}

static void touch(const char *name, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY, mode);

	ASSERT_GE(fd, 0);
	close(fd);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	return stat(name, &st) ? 0 : st.st_mode & 07777;
}

/* Runs @fn as an ordinary user without capabilities; 0 when it returned true. */
static int as_user(uid_t uid, gid_t gid, bool (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (syscall(SYS_setgroups, 0, NULL) || setgid(gid) || setuid(uid))
			_exit(2);
		_exit(fn() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* ---- the calls ------------------------------------------------------------------------------- */

TEST_F(dir, set_get_list_remove)
{
	char buf[64];
	int fd;

	touch("f", 0644);
	EXPECT_EQ(0, setxattr("f", "user.a", "one", 3, 0));
	EXPECT_EQ(3, getxattr("f", "user.a", NULL, 0));
	EXPECT_EQ(3, getxattr("f", "user.a", buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "one", 3));
	EXPECT_ERRNO(ERANGE, getxattr("f", "user.a", buf, 2));
	EXPECT_ERRNO(EEXIST, setxattr("f", "user.a", "x", 1, XATTR_CREATE));
	EXPECT_ERRNO(ENODATA, setxattr("f", "user.b", "x", 1, XATTR_REPLACE));
	EXPECT_EQ(0, setxattr("f", "user.b", "", 0, XATTR_CREATE));
	EXPECT_EQ(0, getxattr("f", "user.b", buf, sizeof(buf)));
	EXPECT_EQ(0, setxattr("f", "user.a", "two!", 4, XATTR_REPLACE));
	EXPECT_EQ(4, getxattr("f", "user.a", buf, sizeof(buf)));
	EXPECT_EQ(14, listxattr("f", NULL, 0));
	EXPECT_EQ(14, listxattr("f", buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "user.a\0user.b", 14));
	EXPECT_ERRNO(ERANGE, listxattr("f", buf, 13));
	fd = open("f", O_RDONLY);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(4, fgetxattr(fd, "user.a", buf, sizeof(buf)));
	EXPECT_EQ(0, fsetxattr(fd, "user.c", "3", 1, 0));
	EXPECT_EQ(21, flistxattr(fd, NULL, 0));
	EXPECT_EQ(0, fremovexattr(fd, "user.c"));
	close(fd);
	EXPECT_ERRNO(EBADF, fgetxattr(fd, "user.a", buf, sizeof(buf)));
	fd = open("f", O_PATH);
	EXPECT_ERRNO(EBADF, fsetxattr(fd, "user.c", "3", 1, 0));
	close(fd);
	EXPECT_EQ(0, removexattr("f", "user.a"));
	EXPECT_ERRNO(ENODATA, removexattr("f", "user.a"));
	EXPECT_ERRNO(ENODATA, getxattr("f", "user.a", buf, sizeof(buf)));
	EXPECT_ERRNO(ENOENT, setxattr("none", "user.a", "x", 1, 0));
}

TEST_F(dir, limits_of_names_and_values)
{
	static char big[XATTR_SIZE_MAX + 1];
	char name[300] = "user.";

	touch("f", 0644);
	memset(big, 'v', sizeof(big));
	memset(name + 5, 'n', sizeof(name) - 6);
	name[255] = 0;
	EXPECT_EQ(0, setxattr("f", name, "x", 1, 0));
	name[255] = 'n';
	name[256] = 0;
	EXPECT_ERRNO(ERANGE, setxattr("f", name, "x", 1, 0));
	EXPECT_ERRNO(ERANGE, getxattr("f", name, NULL, 0));
	EXPECT_ERRNO(ERANGE, setxattr("f", "", "x", 1, 0));
	EXPECT_EQ(0, setxattr("f", "user.big", big, XATTR_SIZE_MAX, 0));
	EXPECT_EQ(XATTR_SIZE_MAX, getxattr("f", "user.big", big, sizeof(big)));
	EXPECT_ERRNO(E2BIG, setxattr("f", "user.big", big, sizeof(big), 0));
	EXPECT_ERRNO(EINVAL, setxattr("f", "user.x", "x", 1, 4));
	EXPECT_ERRNO(EINVAL, setxattr("f", "user.", "x", 1, 0));
	EXPECT_ERRNO(EOPNOTSUPP, setxattr("f", "nospace.x", "x", 1, 0));
	EXPECT_ERRNO(EOPNOTSUPP, setxattr("f", "user", "x", 1, 0));
	EXPECT_ERRNO(EFAULT, setxattr("f", "user.x", test_bad_pointer, 5, 0));
	EXPECT_ERRNO(EFAULT, setxattr("f", test_bad_pointer, "x", 1, 0));
	EXPECT_ERRNO(EOPNOTSUPP, setxattr("/proc/version", "user.x", "x", 1, 0));
}

/* One user cannot fill the kernel's memory. */
TEST_F(dir, user_attributes_are_limited)
{
	static char big[XATTR_SIZE_MAX];
	char name[32];
	int i;

	touch("f", 0644);
	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "user.%d", i);
		if (setxattr("f", name, big, sizeof(big), 0))
			break;
	}
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_TRUE(i > 0 && i < 16);
	EXPECT_EQ(0, removexattr("f", "user.0"));
	EXPECT_EQ(0, setxattr("f", name, big, sizeof(big), 0));
}

TEST_F(dir, many_attributes)
{
	static char list[XATTR_LIST_MAX];
	char name[32], value[32];

	touch("f", 0644);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "user.n%d", i);
		snprintf(value, sizeof(value), "%d", i * 7);
		ASSERT_EQ(0, setxattr("f", name, value, strlen(value), XATTR_CREATE));
	}
	EXPECT_GT(listxattr("f", list, sizeof(list)), 8000);
	for (int i = 0; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "user.n%d", i);
		ASSERT_EQ(0, removexattr("f", name));
	}
	for (int i = 0; i < 1000; i++) {
		ssize_t n;

		snprintf(name, sizeof(name), "user.n%d", i);
		n = getxattr("f", name, value, sizeof(value) - 1);
		if (i % 2 == 0) {
			EXPECT_EQ(-1, n);
			continue;
		}
		ASSERT_GT(n, 0);
		value[n] = 0;
		EXPECT_EQ(i * 7, atoi(value));
	}
}

/* ---- rules of the name spaces ---------------------------------------------------------------- */

TEST_F(dir, user_only_on_files_and_directories)
{
	ASSERT_EQ(0, symlink("nowhere", "l"));
	ASSERT_EQ(0, mkfifo("p", 0644));
	ASSERT_EQ(0, mknod("c", S_IFCHR | 0644, makedev(1, 3)));
	ASSERT_EQ(0, mkdir("d", 0755));
	EXPECT_ERRNO(EPERM, lsetxattr("l", "user.x", "x", 1, 0));
	EXPECT_ERRNO(ENODATA, lgetxattr("l", "user.x", NULL, 0));
	EXPECT_ERRNO(EPERM, setxattr("p", "user.x", "x", 1, 0));
	EXPECT_ERRNO(EPERM, setxattr("c", "user.x", "x", 1, 0));
	EXPECT_EQ(0, setxattr("d", "user.x", "x", 1, 0));
	EXPECT_EQ(0, lsetxattr("l", "trusted.x", "x", 1, 0));
	EXPECT_EQ(1, lgetxattr("l", "trusted.x", NULL, 0));
	EXPECT_EQ(0, setxattr("p", "trusted.x", "x", 1, 0));
	EXPECT_ERRNO(ENOENT, setxattr("l", "trusted.x", "x", 1, 0));
}

static bool user_may_not(void)
{
	char buf[64];

	EXPECT_ERRNO(EPERM, setxattr("f", "trusted.x", "x", 1, 0));
	EXPECT_ERRNO(ENODATA, getxattr("f", "trusted.t", buf, sizeof(buf)));
	EXPECT_ERRNO(EPERM, removexattr("f", "trusted.t"));
	EXPECT_ERRNO(EPERM, setxattr("f", "security.x", "x", 1, 0));
	EXPECT_EQ(1, getxattr("f", "security.s", buf, sizeof(buf)));
	EXPECT_EQ(1, getxattr("f", "user.u", buf, sizeof(buf)));
	EXPECT_ERRNO(EACCES, setxattr("f", "user.u", "y", 1, 0));
	EXPECT_ERRNO(EACCES, removexattr("f", "user.u"));
	EXPECT_ERRNO(EACCES, getxattr("secret", "user.u", buf, sizeof(buf)));
	EXPECT_EQ(18, listxattr("f", buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "security.s\0user.u", 18));
	EXPECT_ERRNO(EPERM, setxattr("sticky", "user.x", "x", 1, 0));
	return !test_failures;
}

TEST_F(dir, what_an_ordinary_user_may)
{
	touch("f", 0644);
	touch("secret", 0600);
	ASSERT_EQ(0, mkdir("sticky", 0));
	ASSERT_EQ(0, chmod("sticky", 01777));
	ASSERT_EQ(0, setxattr("f", "trusted.t", "t", 1, 0));
	ASSERT_EQ(0, setxattr("f", "security.s", "s", 1, 0));
	ASSERT_EQ(0, setxattr("f", "user.u", "u", 1, 0));
	ASSERT_EQ(0, setxattr("secret", "user.u", "u", 1, 0));
	EXPECT_EQ(0, as_user(UID, GID, user_may_not));
}

TEST_F(dir, read_only_mounts_refuse)
{
	touch("f", 0644);
	ASSERT_EQ(0, setxattr("f", "user.a", "1", 1, 0));
	ASSERT_EQ(0, mount(NULL, self->path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	EXPECT_ERRNO(EROFS, setxattr("f", "user.a", "x", 1, 0));
	EXPECT_ERRNO(EROFS, removexattr("f", "user.a"));
	EXPECT_EQ(1, getxattr("f", "user.a", NULL, 0));
}

/* ---- access control lists -------------------------------------------------------------------- */

enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

struct acl {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} e[16];
};

static int set_acl(const char *file, const char *name, const struct acl *acl, int n)
{
	return setxattr(file, name, acl, 4 + 8 * n, 0);
}

#define ACCESS	"system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

/* rw for owner, @user may read and write, @group read, nobody else anything. */
static struct acl sample(void)
{
	return (struct acl){2,
			    {{USER_OBJ, 6, -1},
			     {USER, 6, UID},
			     {GROUP_OBJ, 4, -1},
			     {GROUP, 4, 2000},
			     {MASK, 6, -1},
			     {OTHER, 0, -1}}};
}

TEST_F(dir, acl_is_checked_and_returned)
{
	struct acl acl = sample(), back = {}, bad;

	REQUIRE_CONFIG("POSIX_ACL");
	touch("f", 0600);
	EXPECT_ERRNO(ENODATA, getxattr("f", ACCESS, NULL, 0));
	EXPECT_EQ(0, set_acl("f", ACCESS, &acl, 6));
	EXPECT_EQ(52, getxattr("f", ACCESS, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(&acl, &back, 52));
	EXPECT_EQ(0660, mode_of("f")); /* the mask shows as the group */
	EXPECT_ERRNO(ERANGE, getxattr("f", ACCESS, &back, 20));
	EXPECT_ERRNO(EACCES, set_acl("f", DEFAULT, &acl, 6));
	bad = acl;
	bad.version = 1;
	EXPECT_ERRNO(EOPNOTSUPP, set_acl("f", ACCESS, &bad, 6));
	EXPECT_ERRNO(EINVAL, setxattr("f", ACCESS, &acl, 51, 0));
	EXPECT_ERRNO(EINVAL, set_acl("f", ACCESS, &acl, 5)); /* no other */
	bad = acl;
	bad.e[4].tag = OTHER; /* no mask, two others */
	EXPECT_ERRNO(EINVAL, set_acl("f", ACCESS, &bad, 6));
	bad = acl;
	bad.e[1].perm = 8;
	EXPECT_ERRNO(EINVAL, set_acl("f", ACCESS, &bad, 6));
	ASSERT_EQ(0, symlink("f", "l"));
	EXPECT_ERRNO(EOPNOTSUPP, lsetxattr("l", ACCESS, &acl, 52, 0));
	EXPECT_EQ(0, removexattr("f", ACCESS));
	EXPECT_ERRNO(ENODATA, getxattr("f", ACCESS, NULL, 0));
	/* One that is only mode bits becomes the mode. */
	acl = (struct acl){2, {{USER_OBJ, 6, -1}, {GROUP_OBJ, 4, -1}, {OTHER, 2, -1}}};
	EXPECT_EQ(0, set_acl("f", ACCESS, &acl, 3));
	EXPECT_EQ(0642, mode_of("f"));
	EXPECT_ERRNO(ENODATA, getxattr("f", ACCESS, NULL, 0));
}

static bool can_write(void)
{
	int fd = open("f", O_RDWR);

	close(fd);
	return fd >= 0;
}

static bool can_only_read(void)
{
	int fd = open("f", O_RDONLY);

	close(fd);
	return fd >= 0 && !can_write();
}

static bool can_nothing(void)
{
	return open("f", O_RDONLY) < 0 && errno == EACCES && open("f", O_WRONLY) < 0;
}

static bool may_not_change_acl(void)
{
	struct acl acl = sample();

	return set_acl("f", ACCESS, &acl, 6) < 0 && errno == EPERM;
}

TEST_F(dir, acl_decides)
{
	struct acl acl = sample();

	REQUIRE_CONFIG("POSIX_ACL");
	touch("f", 0600);
	ASSERT_EQ(0, set_acl("f", ACCESS, &acl, 6));
	EXPECT_EQ(0, as_user(UID, GID, can_write));
	EXPECT_EQ(0, as_user(1234, 2000, can_only_read));
	EXPECT_EQ(0, as_user(1234, 0, can_only_read));
	EXPECT_EQ(0, as_user(1234, 1234, can_nothing));
	EXPECT_EQ(0, as_user(UID, GID, may_not_change_acl));
	ASSERT_EQ(0, chmod("f", 0640)); /* narrows the mask */
	EXPECT_EQ(0, as_user(UID, GID, can_only_read));
	ASSERT_EQ(0, chmod("f", 0600));
	EXPECT_EQ(0, as_user(UID, GID, can_nothing));
	ASSERT_EQ(0, chmod("f", 0666)); /* others have more than the named user had */
	EXPECT_EQ(0, as_user(1234, 1234, can_write));
	acl.e[1].perm = 0;
	acl.e[5].perm = 6;
	ASSERT_EQ(0, set_acl("f", ACCESS, &acl, 6));
	EXPECT_EQ(0, as_user(UID, GID, can_nothing));
	EXPECT_EQ(0, as_user(1234, 1234, can_write));
}

static bool cannot_enter(void)
{
	struct stat st;

	return stat("d/f", &st) < 0 && errno == EACCES;
}

static bool can_enter(void)
{
	struct stat st;

	return !stat("d/f", &st);
}

/* A walk through a directory that everybody may search by its mode, but for one. */
TEST_F(dir, acl_of_a_directory_on_the_way)
{
	struct acl acl = {2,
			  {{USER_OBJ, 7, -1},
			   {USER, 0, UID},
			   {GROUP_OBJ, 5, -1},
			   {MASK, 7, -1},
			   {OTHER, 5, -1}}};

	REQUIRE_CONFIG("POSIX_ACL");
	ASSERT_EQ(0, mkdir("d", 0755));
	touch("d/f", 0644);
	EXPECT_EQ(0, as_user(UID, GID, can_enter));
	ASSERT_EQ(0, set_acl("d", ACCESS, &acl, 5));
	EXPECT_EQ(0, as_user(UID, GID, cannot_enter));
	EXPECT_EQ(0, as_user(1234, 1234, can_enter));
	ASSERT_EQ(0, removexattr("d", ACCESS));
	EXPECT_EQ(0, as_user(UID, GID, can_enter));
}

TEST_F(dir, default_acl_is_inherited)
{
	struct acl acl = {2,
			  {{USER_OBJ, 7, -1},
			   {USER, 7, UID},
			   {GROUP_OBJ, 5, -1},
			   {MASK, 7, -1},
			   {OTHER, 0, -1}}},
		   back = {};
	char list[128];

	REQUIRE_CONFIG("POSIX_ACL");
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, set_acl("d", DEFAULT, &acl, 5));
	umask(077); /* has no part in it */
	touch("d/f", 0664);
	EXPECT_EQ(0660, mode_of("d/f"));
	EXPECT_EQ(44, getxattr("d/f", ACCESS, &back, sizeof(back)));
	EXPECT_EQ(6, back.e[0].perm);
	EXPECT_EQ(7, back.e[1].perm);
	EXPECT_EQ(6, back.e[3].perm); /* the mask */
	EXPECT_ERRNO(ENODATA, getxattr("d/f", DEFAULT, NULL, 0));
	ASSERT_EQ(0, mkdir("d/sub", 0777));
	EXPECT_EQ(0770, mode_of("d/sub"));
	EXPECT_EQ(44, getxattr("d/sub", DEFAULT, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(&acl, &back, 44));
	EXPECT_EQ(49, listxattr("d/sub", list, sizeof(list)));
	EXPECT_EQ(0, memcmp(list, ACCESS "\0" DEFAULT, 49));
	umask(027);
	touch("f", 0666); /* no default list here */
	EXPECT_EQ(0640, mode_of("f"));
	ASSERT_EQ(0, removexattr("d", DEFAULT));
	touch("d/g", 0666);
	EXPECT_EQ(0640, mode_of("d/g"));
}

/* ---- file capabilities ----------------------------------------------------------------------- */

static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0755);
	char buf[16384];
	ssize_t n;

	ASSERT_GE(in, 0);
	ASSERT_GE(out, 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(out, buf, n));
	close(in);
	close(out);
}

static unsigned long long effective_caps(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {};

	syscall(SYS_capget, &head, data);
	return data[0].effective | (unsigned long long)data[1].effective << 32;
}

/* The copy, run as "prog report-caps": 100 when it was given the one, 101 when not. */
static void __attribute__((constructor)) report_caps(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "report-caps"))
		_exit(effective_caps() == 1ull << CAP_NET_RAW ? 100 : 101);
}

static int run_prog(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (syscall(SYS_setgroups, 0, NULL) || setgid(GID) || setuid(UID))
			_exit(51);
		execl("./prog", "prog", "report-caps", NULL);
		_exit(errno == EPERM ? 50 : 52);
	}
	status = test_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(dir, file_capabilities)
{
	struct vfs_cap_data caps = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
				    {{1u << CAP_NET_RAW, 0}, {0, 0}}};
	int fd;

	REQUIRE_CONFIG("CAPABILITIES");
	copy_self("prog");
	EXPECT_EQ(101, run_prog());
	EXPECT_ERRNO(EINVAL, setxattr("prog", "security.capability", &caps, 7, 0));
	ASSERT_EQ(0, setxattr("prog", "security.capability", &caps, XATTR_CAPS_SZ_2, 0));
	EXPECT_EQ(100, run_prog());
	ASSERT_EQ(0, prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0));
	EXPECT_EQ(50, run_prog()); /* EPERM: it would lack one */
	fd = open("prog", O_WRONLY | O_APPEND);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(1, write(fd, "x", 1)); /* takes them away */
	close(fd);
	EXPECT_ERRNO(ENODATA, getxattr("prog", "security.capability", NULL, 0));
	ASSERT_EQ(0, setxattr("prog", "security.capability", &caps, XATTR_CAPS_SZ_2, 0));
	ASSERT_EQ(0, chown("prog", UID, GID));
	EXPECT_ERRNO(ENODATA, getxattr("prog", "security.capability", NULL, 0));
}

TEST_MAIN
