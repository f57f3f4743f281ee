/* SPDX-License-Identifier: MIT */
/* landlock(7): a program that restricts itself. */
#include "../harness.h"
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* The header is newer than some C libraries' kernels. */
#define EXECUTE	     (1 << 0)
#define WRITE_FILE   (1 << 1)
#define READ_FILE    (1 << 2)
#define READ_DIR     (1 << 3)
#define REMOVE_DIR   (1 << 4)
#define REMOVE_FILE  (1 << 5)
#define MAKE_CHAR    (1 << 6)
#define MAKE_DIR     (1 << 7)
#define MAKE_REG     (1 << 8)
#define MAKE_SOCK    (1 << 9)
#define MAKE_FIFO    (1 << 10)
#define MAKE_BLOCK   (1 << 11)
#define MAKE_SYM     (1 << 12)
#define REFER	     (1 << 13)
#define ALL	     ((1 << 14) - 1)
#define PATH_BENEATH 1

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

struct beneath {
	unsigned long long access;
	int fd;
} __attribute__((packed));

static int create(unsigned long long handled)
{
	return syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

static int add_fd(int set, int fd, unsigned long long access)
{
	struct beneath b = {access, fd};

	return syscall(SYS_landlock_add_rule, set, PATH_BENEATH, &b, 0);
}

static int add(int set, const char *path, unsigned long long access)
{
	int fd = open(path, O_PATH | O_CLOEXEC), ret = add_fd(set, fd, access), err = errno;

	close(fd);
	errno = err;
	return ret;
}

static int restrict_to(int set)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_landlock_restrict_self, set, 0);
}

FIXTURE(box)
{
	char path[64];
};

static void put(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0755);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(1, write(fd, "x", 1));
	close(fd);
}

FIXTURE_SETUP(box)
{
	REQUIRE_CONFIG("LANDLOCK");
	strcpy(self->path, "/tmp/landlockXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("x", self->path, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chdir(self->path));
	ASSERT_EQ(0, mkdir("a", 0755));
	ASSERT_EQ(0, mkdir("a/sub", 0755));
	ASSERT_EQ(0, mkdir("b", 0755));
	ASSERT_EQ(0, mkdir("c", 0755));
	put("a/f");
	put("a/sub/f");
	put("b/f");
}

/* The mount goes with the test's own process: a restricted one may not unmount. */
FIXTURE_TEARDOWN(box)
{
	if (chdir("/"))
		NOTE("%s", strerror(errno));
	umount2(self->path, MNT_DETACH);
}

static int try_open(const char *name, int flags)
{
	int fd = open(name, flags, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

TEST_F(box, calls_check_what_they_get)
{
	unsigned long long handled[2] = {EXECUTE, 0};
	int set, file = open("a/f", O_RDONLY), pipes[2];
	char page[4097] = {EXECUTE};

	EXPECT_EQ(2, syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_create_ruleset, handled, 8, 1));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_create_ruleset, handled, 8, 2));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_create_ruleset, handled, 7, 0));
	EXPECT_ERRNO(E2BIG, syscall(SYS_landlock_create_ruleset, page, sizeof(page), 0));
	EXPECT_ERRNO(EFAULT, syscall(SYS_landlock_create_ruleset, NULL, 8, 0));
	EXPECT_ERRNO(ENOMSG, create(0));
	EXPECT_ERRNO(EINVAL, create(1 << 14));
	set = syscall(SYS_landlock_create_ruleset, handled, 16, 0);
	ASSERT_GE(set, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(set, F_GETFD));
	close(set);
	handled[1] = 1;
	EXPECT_ERRNO(E2BIG, syscall(SYS_landlock_create_ruleset, handled, 16, 0));
	set = create(EXECUTE | READ_DIR);
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_add_rule, set, PATH_BENEATH, page, 1));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_add_rule, set, 0, page, 0));
	EXPECT_ERRNO(EFAULT, syscall(SYS_landlock_add_rule, set, PATH_BENEATH, NULL, 0));
	EXPECT_ERRNO(ENOMSG, add(set, "a", 0));
	EXPECT_ERRNO(EINVAL, add(set, "a", READ_FILE));
	EXPECT_ERRNO(EINVAL, add(set, "a/f", READ_DIR));
	EXPECT_ERRNO(EBADF, add_fd(set, -1, EXECUTE));
	EXPECT_ERRNO(EBADFD, add_fd(set, pipes[0], EXECUTE));
	EXPECT_ERRNO(EBADFD, add_fd(set, set, EXECUTE));
	EXPECT_ERRNO(EBADF, add(-1, "a", EXECUTE));
	EXPECT_ERRNO(EBADFD, add(file, "a", EXECUTE));
	EXPECT_EQ(0, add(set, "a", EXECUTE | READ_DIR));
	EXPECT_EQ(0, add(set, "a/f", EXECUTE));
	EXPECT_ERRNO(EINVAL, syscall(SYS_landlock_restrict_self, set, 1));
	EXPECT_ERRNO(EBADF, syscall(SYS_landlock_restrict_self, -1, 0));
	EXPECT_ERRNO(EBADFD, syscall(SYS_landlock_restrict_self, file, 0));
	for (int i = 0; i < 16; i++)
		EXPECT_EQ(0, syscall(SYS_landlock_restrict_self, set, 0));
	EXPECT_ERRNO(E2BIG, syscall(SYS_landlock_restrict_self, set, 0));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_ERRNO(EPERM, syscall(SYS_landlock_restrict_self, set, 0));
}

TEST_F(box, opening)
{
	int set = create(READ_FILE | WRITE_FILE | READ_DIR | EXECUTE);
	char *args[] = {"f", NULL};
	int before = open("b/f", O_RDWR);

	ASSERT_EQ(0, add(set, "a", READ_FILE | READ_DIR));
	ASSERT_EQ(0, add(set, "a/sub/f", WRITE_FILE));
	ASSERT_EQ(0, restrict_to(set));
	EXPECT_EQ(0, try_open("a/f", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("a/f", O_WRONLY));
	EXPECT_EQ(EACCES, try_open("a/f", O_RDWR));
	EXPECT_EQ(0, try_open("a", O_RDONLY));
	EXPECT_EQ(0, try_open("a/sub", O_RDONLY));
	EXPECT_EQ(0, try_open("a/sub/f", O_RDWR));
	EXPECT_EQ(EACCES, try_open("b/f", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("b", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("/", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("a/sub/../../b/f", O_RDONLY));
	EXPECT_EQ(0, try_open("b/f", O_PATH));
	EXPECT_EQ(0, access("b/f", R_OK));
	EXPECT_ERRNO(EACCES, execv("a/f", args));
	/* What is open stays so, and what was never a name in the tree. */
	EXPECT_EQ(1, write(before, "y", 1));
	if (test_config("PROC_FS")) {
		char link[32];
		int pipes[2];

		ASSERT_EQ(0, pipe(pipes));
		snprintf(link, sizeof(link), "/proc/self/fd/%d", pipes[0]);
		EXPECT_EQ(0, try_open(link, O_RDONLY | O_NONBLOCK));
		snprintf(link, sizeof(link), "/proc/self/fd/%d", before);
		EXPECT_EQ(EACCES, try_open(link, O_RDONLY));
	}
}

TEST_F(box, making_and_removing)
{
	static const struct {
		mode_t mode;
		int access;
	} types[] = {{S_IFREG, MAKE_REG},
		     {S_IFCHR, MAKE_CHAR},
		     {S_IFBLK, MAKE_BLOCK},
		     {S_IFIFO, MAKE_FIFO},
		     {S_IFSOCK, MAKE_SOCK}};
	int given = MAKE_REG | MAKE_FIFO | MAKE_SYM | REMOVE_FILE, set = create(ALL & ~REFER), s;
	struct sockaddr_un name = {AF_UNIX, "a/socket"};

	ASSERT_EQ(0, add(set, "a", given));
	ASSERT_EQ(0, add(set, "b", MAKE_DIR | MAKE_SOCK | MAKE_CHAR | REMOVE_DIR | WRITE_FILE));
	ASSERT_EQ(0, restrict_to(set));
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int err = mknod("a/node", types[i].mode | 0600, 0x103) ? errno : 0;

		EXPECT_EQ(types[i].access & given ? 0 : EACCES, err);
		if (!err)
			EXPECT_EQ(0, unlink("a/node"));
	}
	EXPECT_EQ(0, symlink("f", "a/link"));
	EXPECT_ERRNO(EACCES, symlink("f", "b/link"));
	EXPECT_ERRNO(EACCES, mkdir("a/dir", 0700));
	EXPECT_EQ(0, mkdir("b/dir", 0700));
	EXPECT_EQ(0, rmdir("b/dir"));
	EXPECT_ERRNO(EACCES, rmdir("a/sub"));
	EXPECT_ERRNO(EACCES, unlink("b/f"));
	EXPECT_ERRNO(ENOENT, unlink("b/none"));
	EXPECT_EQ(EACCES, try_open("b/new", O_CREAT | O_WRONLY));
	EXPECT_EQ(0, try_open("b/f", O_CREAT | O_WRONLY));
	EXPECT_EQ(-1, access("b/new", F_OK));
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s >= 0) {
		EXPECT_ERRNO(EACCES, bind(s, (struct sockaddr *)&name, sizeof(name)));
		strcpy(name.sun_path, "b/socket");
		EXPECT_EQ(0, bind(s, (struct sockaddr *)&name, sizeof(name)));
	}
	/* Within one directory a rename takes both rights. */
	EXPECT_EQ(0, rename("a/f", "a/g"));
	EXPECT_ERRNO(EACCES, rename("b/f", "b/g"));
	EXPECT_EQ(0, link("a/g", "a/h"));
	EXPECT_ERRNO(EACCES, link("b/f", "b/h"));
}

TEST_F(box, to_another_directory)
{
	int set = create(READ_FILE | WRITE_FILE | REFER | MAKE_REG);

	ASSERT_EQ(0, add(set, "a", REFER | MAKE_REG | READ_FILE));
	ASSERT_EQ(0, add(set, "b", REFER | MAKE_REG));
	ASSERT_EQ(0, add(set, "c", MAKE_REG));
	ASSERT_EQ(0, restrict_to(set));
	EXPECT_EQ(0, rename("a/f", "b/g"));
	/* It would be readable there. */
	EXPECT_ERRNO(EXDEV, rename("b/g", "a/f"));
	EXPECT_ERRNO(EXDEV, link("b/g", "a/f"));
	EXPECT_ERRNO(EXDEV, rename("b/g", "c/g"));
	EXPECT_ERRNO(EXDEV, link("b/g", "c/g"));
	/* From a subdirectory: all below is the same. */
	EXPECT_EQ(0, rename("a/sub/f", "a/f"));
	EXPECT_EQ(0, link("a/f", "b/linked"));
	EXPECT_ERRNO(EACCES, rename("b/g", "g"));
}

TEST_F(box, without_refer_nothing_moves)
{
	int set = create(MAKE_REG);

	ASSERT_EQ(0, add(set, ".", MAKE_REG));
	ASSERT_EQ(0, restrict_to(set));
	EXPECT_ERRNO(EXDEV, rename("a/f", "b/g"));
	EXPECT_ERRNO(EXDEV, link("a/f", "b/g"));
	EXPECT_EQ(0, rename("a/f", "a/g"));
}

TEST_F(box, layers_only_take_away)
{
	int one = create(READ_FILE | WRITE_FILE), two = create(READ_FILE), status;
	pid_t pid;

	ASSERT_EQ(0, add(one, "a", READ_FILE | WRITE_FILE));
	ASSERT_EQ(0, add(one, "b", READ_FILE));
	ASSERT_EQ(0, add(two, "b", READ_FILE));
	ASSERT_EQ(0, restrict_to(one));
	/* The ruleset may grow, the restriction does not know. */
	ASSERT_EQ(0, add(one, "b", WRITE_FILE));
	EXPECT_EQ(EACCES, try_open("b/f", O_WRONLY));
	pid = fork();
	if (!pid) {
		if (restrict_to(two))
			_exit(1);
		_exit(try_open("a/f", O_RDONLY) == EACCES && !try_open("b/f", O_RDONLY) &&
				      !try_open("a/f", O_WRONLY) ?
			      0 :
			      2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, try_open("a/f", O_RDONLY));
}

TEST_F(box, mounts_and_tracing)
{
	int set = create(READ_FILE), status, ready[2];
	pid_t outside, inside;
	char c;

	ASSERT_EQ(0, pipe(ready));
	outside = fork();
	if (!outside)
		_exit(pause());
	ASSERT_EQ(0, restrict_to(set));
	EXPECT_ERRNO(EPERM, mount("x", "a", "tmpfs", 0, NULL));
	EXPECT_ERRNO(EPERM, umount2(self->path, MNT_DETACH));
	inside = fork();
	if (!inside) {
		EXPECT_EQ(1, write(ready[1], "", 1));
		_exit(pause());
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	if (test_config("PTRACE")) {
		EXPECT_ERRNO(EPERM, ptrace(PTRACE_SEIZE, outside, 0, 0));
		EXPECT_EQ(0, ptrace(PTRACE_SEIZE, inside, 0, 0));
	}
	kill(outside, SIGKILL);
	kill(inside, SIGKILL);
	waitpid(outside, &status, 0);
	waitpid(inside, &status, 0);
}

/* A rule does not keep a file system from going. */
TEST_F(box, rules_let_go_of_what_is_unmounted)
{
	int set = create(READ_FILE), status, go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, mount("x", "c", "tmpfs", 0, NULL));
	put("c/f");
	ASSERT_EQ(0, add(set, "c", READ_FILE));
	ASSERT_EQ(0, add(set, "c/f", READ_FILE));
	ASSERT_EQ(0, add(set, "a", READ_FILE));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		if (restrict_to(set) || try_open("c/f", O_RDONLY) || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(try_open("c/f", O_RDONLY) == ENOENT && !try_open("a/f", O_RDONLY) ? 0 : 2);
	}
	usleep(100000);
	ASSERT_EQ(0, umount("c"));
	EXPECT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(set);
}

TEST_MAIN
