/* SPDX-License-Identifier: MIT */
/* Dentries, path resolution and mounts, below /kunit-namei. */
#include <lib/err.h>
#include <lib/printf.h>
#include <kernel/kthread.h>
#include <kernel/kunit.h>
#include <uapi/fs.h>
#include <uapi/limits.h>
#include "mount_tree.h"

#define D "/kunit-namei"

static void cleanup(void *unused)
{
	init_umount(D "/m", MNT_DETACH);
	init_umount(D "/bind", MNT_DETACH);
	init_unlink(D "/d/e/f");
	init_unlink(D "/link");
	init_unlink(D "/loop");
	init_unlink(D "/up");
	init_unlink(D "/abs");
	init_rmdir(D "/d/e");
	init_rmdir(D "/d/g");
	init_rmdir(D "/d");
	init_rmdir(D "/m");
	init_rmdir(D "/bind");
	init_rmdir(D);
}

static int setup(struct kunit *test)
{
	int err = init_mkdir(D, 0755);

	if (!err)
		err = init_mkdir(D "/d", 0755);
	if (!err)
		err = init_mkdir(D "/d/e", 0755);
	if (!err)
		err = init_mknod(D "/d/e/f", S_IFREG | 0644, 0);
	return err ? err : kunit_add_action(test, cleanup, NULL);
}

/* The inode number of @name, or -errno. */
static long ino_of(const char *name, unsigned int flags)
{
	struct path path;
	long ino, err = kern_path(name, flags, &path);

	if (err)
		return err;
	ino = path.dentry->d_inode->i_ino;
	path_put(&path);
	return ino;
}

static void ways_to_one_file_agree(struct kunit *test)
{
	long f = ino_of(D "/d/e/f", 0);

	KUNIT_ASSERT_GT(test, f, 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "//d/./e///f", 0), f);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/../e/f", 0), f);
	KUNIT_EXPECT_EQ(test, ino_of("/../.." D "/d/../d/e/./f", 0), f);
}

static void errors_are_the_right_ones(struct kunit *test)
{
	char *name = kunit_kzalloc(test, PATH_MAX + 10);

	KUNIT_EXPECT_EQ(test, ino_of(D "/none", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ino_of(D "/none/x", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/f/x", 0), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/f/", 0), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/f/.", 0), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/f", LOOKUP_DIRECTORY), -ENOTDIR);
	KUNIT_ASSERT_NOT_NULL(test, name);
	memset(name, 'x', 256);
	name[0] = '/';
	KUNIT_EXPECT_EQ(test, ino_of(name, 0), -ENOENT);
	name[256] = 'x';
	KUNIT_EXPECT_EQ(test, ino_of(name, 0), -ENAMETOOLONG);
	memset(name, '/', PATH_MAX);
	KUNIT_EXPECT_EQ(test, ino_of(name, 0), -ENAMETOOLONG);
}

static void names_of_every_length_are_found(struct kunit *test)
{
	char name[300];
	int base = snprintf(name, sizeof(name), "%s/d/", D);

	for (int len = 1; len <= 255; len++) {
		memset(name + base, 'a' + len % 26, len);
		name[base + len] = 0;
		if (init_mknod(name, S_IFREG | 0600, 0)) {
			KUNIT_FAIL(test, "cannot make a name of %d bytes", len);
			continue;
		}
		KUNIT_EXPECT_GT(test, ino_of(name, 0), 0);
		name[base + len - 1]++;
		KUNIT_EXPECT_EQ(test, ino_of(name, 0), -ENOENT);
		name[base + len - 1]--;
		KUNIT_EXPECT_EQ(test, init_unlink(name), 0);
		KUNIT_EXPECT_EQ(test, ino_of(name, 0), -ENOENT);
	}
}

static void symlinks_lead_on(struct kunit *test)
{
	long f = ino_of(D "/d/e/f", 0), d = ino_of(D "/d", 0);

	KUNIT_ASSERT_EQ(test, init_symlink("d/e/f", D "/link"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("../kunit-namei/d", D "/up"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink(D "/up", D "/abs"), 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/link", LOOKUP_FOLLOW), f);
	KUNIT_EXPECT_NE(test, ino_of(D "/link", 0), f);
	KUNIT_EXPECT_EQ(test, ino_of(D "/up/e/f", 0), f);
	KUNIT_EXPECT_EQ(test, ino_of(D "/abs/e/../e/f", 0), f);
	KUNIT_EXPECT_EQ(test, ino_of(D "/abs", LOOKUP_FOLLOW), d);
	KUNIT_EXPECT_EQ(test, ino_of(D "/abs/", 0), d);
	KUNIT_EXPECT_EQ(test, ino_of(D "/abs", LOOKUP_FOLLOW | LOOKUP_NO_SYMLINKS), -ELOOP);
}

static void loops_end(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_symlink("loop", D "/loop"), 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/loop", LOOKUP_FOLLOW), -ELOOP);
	KUNIT_EXPECT_EQ(test, ino_of(D "/loop/x", 0), -ELOOP);
}

static void scopes_hold(struct kunit *test)
{
	struct path base, got;

	KUNIT_ASSERT_EQ(test, kern_path(D "/d", 0, &base), 0);
	KUNIT_EXPECT_EQ(test, vfs_path_lookup(&base, "../d/e", LOOKUP_BENEATH, &got), -EXDEV);
	KUNIT_EXPECT_EQ(test, vfs_path_lookup(&base, "/d/e", LOOKUP_BENEATH, &got), -EXDEV);
	KUNIT_EXPECT_EQ(test, vfs_path_lookup(&base, "e/../e", LOOKUP_BENEATH, &got), 0);
	path_put(&got);
	KUNIT_EXPECT_EQ(test, vfs_path_lookup(&base, "/../../e", LOOKUP_IN_ROOT, &got), 0);
	path_put(&got);
	path_put(&base);
}

static void a_mount_covers_and_uncovers(struct kunit *test)
{
	struct kstat st;
	struct file *file;

	KUNIT_ASSERT_EQ(test, init_mkdir(D "/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mknod(D "/m/under", S_IFREG | 0600, 0), 0);
	KUNIT_ASSERT_EQ(test, init_mount("t", D "/m", "ramfs", 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/m/under", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_mkdir(D "/m/x", 0755), 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/m/..", 0), ino_of(D, 0));
	KUNIT_EXPECT_EQ(test, init_rmdir(D "/m"), -EBUSY);
	file = filp_open(D "/m/x", O_RDONLY, 0);
	KUNIT_EXPECT_EQ(test, init_umount(D "/m", 0), -EBUSY);
	fput_sync(file);
	KUNIT_EXPECT_EQ(test, init_umount(D "/m", 0), 0);
	KUNIT_EXPECT_EQ(test, init_stat(D "/m/under", &st, 0), 0);
	init_unlink(D "/m/under");
	KUNIT_EXPECT_EQ(test, init_umount(D "/m", 0), -EINVAL);
}

static void a_bind_mount_shows_the_same(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir(D "/bind", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mount(D "/d", D "/bind", NULL, MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/bind/e/f", 0), ino_of(D "/d/e/f", 0));
	KUNIT_EXPECT_EQ(
		test, init_mount(NULL, D "/bind", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir(D "/bind/g", 0755), -EROFS);
	KUNIT_EXPECT_EQ(test, init_mkdir(D "/d/g", 0755), 0);
	KUNIT_EXPECT_GT(test, ino_of(D "/bind/g", 0), 0);
	KUNIT_EXPECT_EQ(test, init_umount(D "/bind", 0), 0);
}

static void paths_are_told_back(struct kunit *test)
{
	char buf[64];
	struct path path;

	KUNIT_ASSERT_EQ(test, kern_path(D "/d/e/f", 0, &path), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&path, buf, sizeof(buf)), D "/d/e/f");
	KUNIT_EXPECT_EQ(test, PTR_ERR(d_path(&path, buf, 8)), -ENAMETOOLONG);
	init_unlink(D "/d/e/f");
	KUNIT_EXPECT_STREQ(test, d_path(&path, buf, sizeof(buf)), D "/d/e/f (deleted)");
	path_put(&path);
	KUNIT_ASSERT_EQ(test, kern_path("/", 0, &path), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&path, buf, sizeof(buf)), "/");
	path_put(&path);
}

/* Walks must never see a file gone or half there while its directory is renamed to and fro. */
static int renamer(void *unused)
{
	struct filename a, b;

	getname_kernel(&a, D "/d/e");
	getname_kernel(&b, D "/d/g");
	while (!kthread_should_stop()) {
		do_renameat2(AT_FDCWD, &a, AT_FDCWD, &b, 0);
		do_renameat2(AT_FDCWD, &b, AT_FDCWD, &a, 0);
		cond_resched();
	}
	return 0;
}

static void walks_survive_renames(struct kunit *test)
{
	long f = ino_of(D "/d/e/f", 0);
	struct task_struct *t = kthread_run(renamer, NULL, "kunit-rename");
	unsigned int wrong = 0, found = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	for (int i = 0; i < 20000; i++) {
		long a = ino_of(D "/d/e/f", 0), up = ino_of(D "/d/e/../../d", 0);

		if (a != f && a != -ENOENT)
			wrong++;
		if (up < 0 && up != -ENOENT)
			wrong++;
		found += a == f;
		if (i % 64 == 0)
			cond_resched();
	}
	kthread_stop(t);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, found, 0);
	KUNIT_EXPECT_EQ(test, ino_of(D "/d/e/f", 0), f);
}

static const struct kunit_case cases[] = {KUNIT_CASE(ways_to_one_file_agree),
					  KUNIT_CASE(errors_are_the_right_ones),
					  KUNIT_CASE(names_of_every_length_are_found),
					  KUNIT_CASE(symlinks_lead_on),
					  KUNIT_CASE(loops_end),
					  KUNIT_CASE(scopes_hold),
					  KUNIT_CASE(a_mount_covers_and_uncovers),
					  KUNIT_CASE(a_bind_mount_shows_the_same),
					  KUNIT_CASE(paths_are_told_back),
					  KUNIT_CASE_TIMEOUT(walks_survive_renames, 60000),
					  {}};
KUNIT_SUITE_OPS(namei, cases, setup, NULL);
