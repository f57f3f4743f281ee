/* SPDX-License-Identifier: MIT */
/* overlayfs: two lower layers, an upper one, a work directory. */
#include "../harness.h"
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

FIXTURE(ovl)
{
	char path[64];
};

static void write_to(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
}

static const char *contents(const char *name)
{
	static char buf[4096];

	return test_read_file(name, buf, sizeof(buf)) < 0 ? "(none)" : buf;
}

static bool there(const char *name)
{
	return !access(name, F_OK);
}

static bool is_whiteout(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISCHR(st.st_mode) && !st.st_rdev;
}

static void mount_it(void)
{
	ASSERT_EQ(0, mount("overlay", "m", "overlay", 0,
			   "lowerdir=l1:l2,upperdir=u,workdir=w,redirect_dir=off"));
}

FIXTURE_SETUP(ovl)
{
	static const char *const dirs[] = {"l1", "l2",	    "u",       "w",
					   "m",	 "l1/both", "l2/both", "l2/only2"};

	REQUIRE_CONFIG("OVERLAY_FS");
	strcpy(self->path, "/tmp/overlayXXXXXX");
	ASSERT_TRUE(mkdtemp(self->path) != NULL);
	ASSERT_EQ(0, mount("x", self->path, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chdir(self->path));
	for (unsigned int i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	write_to("l1/a", "a of 1");
	write_to("l2/a", "a of 2");
	write_to("l2/b", "b of 2");
	write_to("l1/both/x", "x");
	write_to("l2/both/y", "y");
	write_to("l2/only2/z", "z");
	ASSERT_EQ(0, symlink("a", "l2/link"));
	mount_it();
}

FIXTURE_TEARDOWN(ovl)
{
	if (chdir(self->path) || umount("m"))
		NOTE("busy: %s", strerror(errno));
	if (chdir("/") || umount2(self->path, MNT_DETACH) || rmdir(self->path))
		NOTE("%s stays: %s", self->path, strerror(errno));
}

/* The names in @dir, sorted, each followed by a blank. */
static const char *names(const char *dir)
{
	static char out[1024];
	struct dirent **e;
	int n = scandir(dir, &e, NULL, alphasort);

	out[0] = 0;
	for (int i = 0; i < n; i++) {
		if (e[i]->d_name[0] != '.') {
			strcat(out, e[i]->d_name);
			strcat(out, " ");
		}
		free(e[i]);
	}
	return n < 0 ? "(none)" : out;
}

TEST_F(ovl, layers_are_merged)
{
	struct statfs fs;

	EXPECT_STREQ("a b both link only2 ", names("m"));
	EXPECT_STREQ("x y ", names("m/both"));
	EXPECT_STREQ("a of 1", contents("m/a"));
	EXPECT_STREQ("b of 2", contents("m/b"));
	EXPECT_STREQ("y", contents("m/both/y"));
	EXPECT_STREQ("a of 1", contents("m/link")); /* from the merged root */
	EXPECT_EQ(0, statfs("m", &fs));
	EXPECT_EQ(0x794c7630, fs.f_type);
	EXPECT_STREQ("", names("u"));
}

TEST_F(ovl, writing_copies_up)
{
	struct stat st, low;
	char *map;
	int fd;

	ASSERT_EQ(0, chmod("l2/b", 0640));
	ASSERT_EQ(0, chown("l2/b", 12, 34));
	ASSERT_EQ(0, setxattr("l2/b", "user.k", "v", 1, 0));
	ASSERT_EQ(0, stat("l2/b", &low));
	fd = open("m/b", O_WRONLY | O_APPEND);
	ASSERT_GE(fd, 0);
	EXPECT_TRUE(there("u/b"));
	EXPECT_EQ(1, write(fd, "!", 1));
	close(fd);
	EXPECT_STREQ("b of 2!", contents("m/b"));
	EXPECT_STREQ("b of 2", contents("l2/b"));
	EXPECT_EQ(0, stat("m/b", &st));
	EXPECT_EQ(0100640, st.st_mode);
	EXPECT_EQ(12, st.st_uid);
	EXPECT_EQ(34, st.st_gid);
	EXPECT_EQ(7, st.st_size);
	EXPECT_EQ(1, getxattr("m/b", "user.k", NULL, 0));
	/* Into a directory that is only below, by attribute, by truncation, by mapping. */
	ASSERT_EQ(0, chmod("m/only2/z", 0600));
	EXPECT_TRUE(there("u/only2/z"));
	EXPECT_EQ(0, truncate("m/a", 1));
	EXPECT_STREQ("a", contents("m/a"));
	EXPECT_EQ(0, setxattr("m/both/x", "user.q", "w", 1, 0));
	EXPECT_TRUE(there("u/both/x"));
	fd = open("m/both/y", O_RDWR);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(map != MAP_FAILED);
	EXPECT_EQ('y', map[0]);
	map[0] = 'Y';
	munmap(map, 4096);
	close(fd);
	EXPECT_STREQ("Y", contents("m/both/y"));
	EXPECT_STREQ("y", contents("l2/both/y"));
	EXPECT_STREQ("", names("w/work"));
}

TEST_F(ovl, removing_leaves_whiteouts)
{
	EXPECT_EQ(0, unlink("m/b"));
	EXPECT_TRUE(!there("m/b"));
	EXPECT_TRUE(is_whiteout("u/b"));
	EXPECT_STREQ("a both link only2 ", names("m"));
	EXPECT_ERRNO(ENOTEMPTY, rmdir("m/both"));
	EXPECT_EQ(0, unlink("m/both/x"));
	EXPECT_EQ(0, unlink("m/both/y"));
	EXPECT_STREQ("", names("m/both"));
	EXPECT_EQ(0, rmdir("m/both"));
	EXPECT_TRUE(is_whiteout("u/both"));
	EXPECT_TRUE(!there("m/both/x"));
	/* Made again, they do not show what was below. */
	write_to("m/b", "new");
	EXPECT_STREQ("new", contents("m/b"));
	EXPECT_EQ(0, mkdir("m/both", 0755));
	EXPECT_STREQ("", names("m/both"));
	EXPECT_EQ(1, getxattr("u/both", "trusted.overlay.opaque", NULL, 0));
	EXPECT_TRUE(getxattr("m/both", "trusted.overlay.opaque", NULL, 0) < 0);
	ASSERT_EQ(0, umount("m")); /* and not after a remount either */
	mount_it();
	EXPECT_STREQ("", names("m/both"));
	EXPECT_STREQ("new", contents("m/b"));
	EXPECT_STREQ("b of 2", contents("l2/b"));
	/* A file that was never below leaves nothing. */
	write_to("m/fresh", "f");
	EXPECT_EQ(0, unlink("m/fresh"));
	EXPECT_TRUE(!is_whiteout("u/fresh"));
	EXPECT_ERRNO(EPERM, mknod("m/wh", S_IFCHR, 0));
}

TEST_F(ovl, renames)
{
	EXPECT_EQ(0, rename("m/b", "m/c"));
	EXPECT_STREQ("b of 2", contents("m/c"));
	EXPECT_TRUE(is_whiteout("u/b"));
	EXPECT_EQ(0, rename("m/c", "m/a")); /* over one that is below */
	EXPECT_STREQ("b of 2", contents("m/a"));
	EXPECT_TRUE(!there("m/c"));
	EXPECT_TRUE(!is_whiteout("u/c"));
	EXPECT_ERRNO(EXDEV, rename("m/both", "m/moved")); /* mv(1) copies then */
	EXPECT_EQ(0, mkdir("m/d", 0755));
	write_to("m/d/f", "f");
	EXPECT_EQ(0, rename("m/d", "m/only2/d"));
	EXPECT_STREQ("f", contents("m/only2/d/f"));
	EXPECT_EQ(0, link("m/a", "m/hard"));
	write_to("m/hard", "both names");
	EXPECT_STREQ("both names", contents("m/a"));
	EXPECT_STREQ("both hard link only2 ", names("m") + 2);
	EXPECT_ERRNO(EXDEV, link("m/a", "l1/out"));
}

static char path_of_echo[64];

TEST_F(ovl, others_than_root_and_programs)
{
	struct stat st;
	pid_t pid;

	ASSERT_EQ(0, chmod("m/only2", 0777));
	pid = fork();
	if (!pid) {
		if (setgid(1000) || setuid(1000))
			_exit(1);
		if (open("m/a", O_WRONLY) >= 0 || errno != EACCES)
			_exit(2);
		if (open("m/only2/mine", O_CREAT | O_WRONLY, 0600) < 0)
			_exit(3);
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, stat("m/only2/mine", &st));
	EXPECT_EQ(1000, st.st_uid);
	/* A program in a lower layer. */
	ASSERT_TRUE(readlink("/proc/self/exe", path_of_echo, sizeof(path_of_echo) - 1) > 0);
	pid = fork();
	if (!pid) {
		char buf[65536];
		int in = open("/proc/self/exe", O_RDONLY),
		    out = open("l2/prog", O_CREAT | O_WRONLY, 0755);
		ssize_t n;

		while ((n = read(in, buf, sizeof(buf))) > 0)
			if (write(out, buf, n) != n)
				_exit(1);
		close(out);
		umount("m");
		if (mount("overlay", "m", "overlay", 0, "lowerdir=l1:l2"))
			_exit(2);
		execl("m/prog", "prog", "report", NULL);
		_exit(3);
	}
	EXPECT_EQ(77 << 8, test_wait(pid));
	EXPECT_ERRNO(EROFS, open("m/a", O_WRONLY)); /* no upper layer now */
}

static void __attribute__((constructor)) report(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "report"))
		_exit(77);
}

/* What is watched is found again after the cache of names has forgotten it. */
TEST_F(ovl, watches_outlive_the_cache_of_names)
{
	int in = inotify_init1(IN_NONBLOCK), dir;
	char buf[512];
	struct inotify_event *e = (void *)buf;
	struct stat before, after;

	REQUIRE_CONFIG("INOTIFY");
	REQUIRE_CONFIG("PROC_SYSCTL");
	ASSERT_GE(in, 0);
	EXPECT_EQ(0, stat("m/only2", &before));
	dir = inotify_add_watch(in, "m/only2", IN_ATTRIB | IN_CREATE);
	ASSERT_GE(dir, 0);
	write_to("/proc/sys/vm/drop_caches", "2");
	/* The first change makes the upper directory, the next one finds both. */
	EXPECT_EQ(0, chmod("m/only2", 0700));
	ASSERT_EQ(sizeof(*e), read(in, buf, sizeof(buf)));
	EXPECT_EQ(dir, e->wd);
	EXPECT_EQ(IN_ATTRIB | IN_ISDIR, e->mask);
	write_to("/proc/sys/vm/drop_caches", "2");
	write_to("m/only2/new", "x");
	ASSERT_GT(read(in, buf, sizeof(buf)), sizeof(*e));
	EXPECT_EQ(dir, e->wd);
	EXPECT_EQ(IN_CREATE, e->mask);
	EXPECT_STREQ("new", e->name);
	EXPECT_EQ(0, stat("m/only2", &after));
	EXPECT_EQ(before.st_ino, after.st_ino);
	/* The same with a file. */
	ASSERT_GE(inotify_add_watch(in, "m/only2/new", IN_MODIFY), 0);
	write_to("/proc/sys/vm/drop_caches", "2");
	write_to("m/only2/new", "y");
	ASSERT_EQ(sizeof(*e), read(in, buf, sizeof(*e)));
	EXPECT_EQ(IN_MODIFY, e->mask);
	close(in);
}

TEST_F(ovl, wrong_options)
{
	static const char *const bad[] = {
		"",
		"upperdir=u,workdir=w",
		"lowerdir=l1,upperdir=u",
		"lowerdir=l1,nonsense=1",
		"lowerdir=l1,upperdir=u,workdir=u/x",
		"lowerdir=m",
		"lowerdir=l1,redirect_dir=on",
	};

	ASSERT_EQ(0, mkdir("u/x", 0755));
	ASSERT_EQ(0, mkdir("n", 0755));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_ERRNO(EINVAL, mount("o", "n", "overlay", 0, bad[i]));
	EXPECT_ERRNO(ENOENT, mount("o", "n", "overlay", 0, "lowerdir=none"));
	EXPECT_ERRNO(ENOTDIR, mount("o", "n", "overlay", 0, "lowerdir=l1/a"));
}

TEST_MAIN
