/* SPDX-License-Identifier: MIT */
/* Instances of devpts, each mount its own: mount(2), pty(7), ioctl_tty(2). */
#include "../harness.h"
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define OPTIONS "mode=620,ptmxmode=666"

FIXTURE(devpts)
{
	char dir[64];
};

/* A directory that nobody else sees, with two places to mount on: a, b. */
FIXTURE_SETUP(devpts)
{
	REQUIRE_CONFIG("TTY");
	REQUIRE_CONFIG("UNIX98_PTYS");
	strcpy(self->dir, "/tmp/devpts.XXXXXX");
	ASSERT_TRUE(mkdtemp(self->dir) != NULL);
	ASSERT_EQ(0, mount("t", self->dir, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chdir(self->dir));
	ASSERT_EQ(0, mkdir("a", 0755));
	ASSERT_EQ(0, mkdir("b", 0755));
}

FIXTURE_TEARDOWN(devpts)
{
	ASSERT_EQ(0, chdir("/"));
	umount2(self->dir, MNT_DETACH);
	rmdir(self->dir);
}

static int number_of(int master)
{
	unsigned int n;

	return ioctl(master, TIOCGPTN, &n) ? -1 : (int)n;
}

static int open_master(const char *ptmx)
{
	int master = open(ptmx, O_RDWR | O_NOCTTY);

	if (master >= 0 && unlockpt(master))
		_exit(TEST_EXIT_FAIL);
	return master;
}

static long pty_count(void)
{
	char text[32] = "";
	int fd = open("/proc/sys/kernel/pty/nr", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		_exit(TEST_EXIT_FAIL);
	close(fd);
	return atol(text);
}

TEST_F(devpts, instances_have_numbers_of_their_own)
{
	int a, b, slave_a, slave_b;
	char text[8] = "";

	ASSERT_EQ(0, mount("p", "a", "devpts", 0, OPTIONS));
	ASSERT_EQ(0, mount("p", "b", "devpts", 0, OPTIONS));
	a = open_master("a/ptmx");
	ASSERT_GE(a, 0);
	EXPECT_EQ(0, number_of(a));
	EXPECT_EQ(0, access("a/0", F_OK));
	EXPECT_ERRNO(ENOENT, access("b/0", F_OK));
	b = open_master("b/ptmx");
	ASSERT_GE(b, 0);
	EXPECT_EQ(0, number_of(b));

	/* The same number, and not the same terminal. */
	slave_a = open("a/0", O_RDWR | O_NOCTTY);
	slave_b = open("b/0", O_RDWR | O_NOCTTY | O_NONBLOCK);
	ASSERT_GE(slave_a, 0);
	ASSERT_GE(slave_b, 0);
	ASSERT_EQ(3, write(a, "hi\n", 3));
	EXPECT_EQ(3, read(slave_a, text, sizeof(text)));
	EXPECT_STREQ("hi\n", text);
	EXPECT_ERRNO(EAGAIN, read(slave_b, text, sizeof(text)));
	close(a);
	EXPECT_ERRNO(ENOENT, access("a/0", F_OK));
	EXPECT_EQ(0, access("b/0", F_OK));
}

TEST_F(devpts, ptmx_elsewhere_takes_the_instance_beside_it)
{
	struct stat st;
	int master, slave;

	ASSERT_EQ(0, mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)));
	EXPECT_ERRNO(ENODEV, open("ptmx", O_RDWR | O_NOCTTY));
	ASSERT_EQ(0, mkdir("pts", 0755));
	EXPECT_ERRNO(ENODEV, open("ptmx", O_RDWR | O_NOCTTY));
	ASSERT_EQ(0, mount("p", "pts", "devpts", 0, OPTIONS));
	master = open_master("ptmx");
	ASSERT_GE(master, 0);
	ASSERT_EQ(0, stat("pts/0", &st));
	EXPECT_EQ(0620 | S_IFCHR, st.st_mode);
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	ASSERT_GE(slave, 0);
	ASSERT_EQ(1, write(slave, "x", 1));
}

TEST_F(devpts, node_outside_is_no_terminal)
{
	ASSERT_EQ(0, mount("p", "a", "devpts", 0, OPTIONS));
	ASSERT_GE(open_master("a/ptmx"), 0);
	ASSERT_EQ(0, mknod("slave", S_IFCHR | 0666, makedev(136, 0)));
	EXPECT_ERRNO(EIO, open("slave", O_RDWR | O_NOCTTY));
	/* The same node bound elsewhere is one. */
	ASSERT_EQ(0, mount("a/0", "slave", NULL, MS_BIND, NULL));
	EXPECT_GE(open("slave", O_RDWR | O_NOCTTY), 0);
}

TEST_F(devpts, max_limits_the_instance)
{
	char line[256];
	bool shown = false;
	FILE *mounts;

	EXPECT_ERRNO(EINVAL, mount("p", "a", "devpts", 0, "max=1048577"));
	EXPECT_ERRNO(EINVAL, mount("p", "a", "devpts", 0, "color=red"));
	ASSERT_EQ(0, mount("p", "a", "devpts", 0, OPTIONS ",max=2"));
	ASSERT_EQ(0, mount("p", "b", "devpts", 0, OPTIONS));
	EXPECT_EQ(0, number_of(open_master("a/ptmx")));
	EXPECT_EQ(1, number_of(open_master("a/ptmx")));
	EXPECT_ERRNO(ENOSPC, open("a/ptmx", O_RDWR | O_NOCTTY));
	EXPECT_GE(open_master("b/ptmx"), 0);
	ASSERT_EQ(0, mount("p", "a", NULL, MS_REMOUNT, OPTIONS ",max=3"));
	EXPECT_EQ(2, number_of(open_master("a/ptmx")));
	mounts = fopen("/proc/mounts", "r");
	ASSERT_TRUE(mounts != NULL);
	while (fgets(line, sizeof(line), mounts))
		shown |= strstr(line, "/a devpts") && strstr(line, "mode=620,ptmxmode=666,max=3");
	EXPECT_TRUE(shown);
}

TEST_F(devpts, terminal_outlives_its_mount)
{
	int master, slave;
	char c;

	ASSERT_EQ(0, mount("p", "a", "devpts", 0, OPTIONS));
	master = open_master("a/ptmx");
	ASSERT_GE(master, 0);
	slave = open("a/0", O_RDWR | O_NOCTTY);
	ASSERT_GE(slave, 0);
	ASSERT_EQ(0, umount2("a", MNT_DETACH));
	ASSERT_EQ(1, write(slave, "x", 1));
	EXPECT_EQ(1, read(master, &c, 1));
	EXPECT_EQ('x', c);
	close(slave);
	close(master);

	/* A master on another file system does not keep the mount. */
	ASSERT_EQ(0, mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)));
	ASSERT_EQ(0, mkdir("pts", 0755));
	ASSERT_EQ(0, mount("p", "pts", "devpts", 0, OPTIONS));
	master = open_master("ptmx");
	ASSERT_GE(master, 0);
	ASSERT_EQ(0, umount("pts"));
	EXPECT_ERRNO(ENODEV, ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	ASSERT_EQ(0, mount("p", "pts", "devpts", 0, OPTIONS));
	EXPECT_ERRNO(ENODEV, ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	close(master);
}

TEST_F(devpts, all_are_counted)
{
	long before;
	int masters[8];

	REQUIRE_CONFIG("PROC_SYSCTL");
	ASSERT_EQ(0, mount("p", "a", "devpts", 0, OPTIONS));
	ASSERT_EQ(0, mount("p", "b", "devpts", 0, OPTIONS));
	before = pty_count();
	for (int i = 0; i < 8; i++) {
		masters[i] = open_master(i % 2 ? "a/ptmx" : "b/ptmx");
		ASSERT_GE(masters[i], 0);
		EXPECT_EQ(i / 2, number_of(masters[i]));
	}
	EXPECT_EQ(before + 8, pty_count());
	for (int i = 0; i < 8; i++)
		close(masters[i]);
	EXPECT_EQ(before, pty_count());
}

TEST_MAIN
