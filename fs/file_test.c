/* SPDX-License-Identifier: MIT */
/* Descriptor tables. Each test runs with a table of its own. */
#include <lib/err.h>
#include <kernel/kunit.h>
#include <fs/file.h>
#include <fs/pipe.h>
#include "internal.h"

struct saved {
	struct files_struct *old, *mine;
};

static void restore(void *arg)
{
	struct saved *s = arg;

	task_lock(current);
	current->files = s->old;
	task_unlock(current);
	put_files(s->mine);
}

static int setup(struct kunit *test)
{
	struct saved *s = kunit_kzalloc(test, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return -ENOMEM;
	s->old = current->files;
	s->mine = dup_fd(s->old ? s->old : &init_files, &err);
	if (!s->mine)
		return err;
	task_lock(current);
	current->files = s->mine;
	task_unlock(current);
	do_close_range(0, ~0u, 0);
	return kunit_add_action(test, restore, s);
}

static struct file *root_file(void)
{
	return filp_open("/", O_RDONLY, 0);
}

static int open_root(unsigned int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = root_file();
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static void the_lowest_is_given(struct kunit *test)
{
	for (int i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, open_root(0), i);
	KUNIT_EXPECT_EQ(test, close_fd(7), 0);
	KUNIT_EXPECT_EQ(test, close_fd(3), 0);
	KUNIT_EXPECT_EQ(test, open_root(0), 3);
	KUNIT_EXPECT_EQ(test, open_root(0), 7);
	KUNIT_EXPECT_EQ(test, open_root(0), 10);
	KUNIT_EXPECT_EQ(test, close_fd(99), -EBADF);
}

static void a_table_grows(struct kunit *test)
{
	struct file *file = root_file();
	int fd;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (int i = 0; i < 1000; i++) {
		fd = get_unused_fd_flags(0);
		if (fd != i)
			break;
		fd_install(fd, get_file(file));
	}
	KUNIT_EXPECT_EQ(test, fd, 999);
	KUNIT_EXPECT_PTR_EQ(test, fd_file(fdget(999)), file);
	KUNIT_EXPECT_EQ(test, close_fd(64), 0);
	KUNIT_EXPECT_EQ(test, get_unused_fd_flags(0), 64);
	put_unused_fd(64);
	fput_sync(file);
}

static void a_copy_has_the_same_files(struct kunit *test)
{
	struct files_struct *copy;
	int err, a = open_root(0), b = open_root(O_CLOEXEC);
	struct file *file = fd_file(fdget(a));

	KUNIT_ASSERT_EQ(test, get_unused_fd_flags(0), 2); /* reserved: not in the copy */
	copy = dup_fd(current->files, &err);
	put_unused_fd(2);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_PTR_EQ(test, copy->fdt->fd[a], file);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 2);
	do_close_on_exec(copy);
	KUNIT_EXPECT_NULL(test, copy->fdt->fd[b]);
	KUNIT_EXPECT_PTR_EQ(test, copy->fdt->fd[a], file);
	KUNIT_EXPECT_EQ(test, copy->fdt->open_fds[0], 1ul << a);
	put_files(copy);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 1);
}

static void dup2_replaces(struct kunit *test)
{
	int a = open_root(0), b = open_root(0);
	struct file *file = fd_file(fdget(a));

	KUNIT_EXPECT_EQ(test, do_dup2(current->files, file, b, O_CLOEXEC), b);
	KUNIT_EXPECT_PTR_EQ(test, fd_file(fdget(b)), file);
	KUNIT_EXPECT_TRUE(test, get_close_on_exec(b));
	KUNIT_EXPECT_EQ(test, do_dup2(current->files, file, 200, 0), 200);
	KUNIT_EXPECT_FALSE(test, get_close_on_exec(200));
	KUNIT_EXPECT_EQ(test, f_dupfd(100, get_file(file), 0), 100);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 4);
	KUNIT_EXPECT_EQ(test, do_close_range(50, ~0u, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 2);
}

static void bad_descriptors_are_empty(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, fd_file(fdget(0)));
	KUNIT_EXPECT_NULL(test, fd_file(fdget(1u << 30)));
	KUNIT_EXPECT_NULL(test, fget(~0u));
	KUNIT_EXPECT_EQ(test, do_close_range(5, 4, 0), -EINVAL);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(the_lowest_is_given),       KUNIT_CASE(a_table_grows),
	KUNIT_CASE(a_copy_has_the_same_files), KUNIT_CASE(dup2_replaces),
	KUNIT_CASE(bad_descriptors_are_empty), {}};
KUNIT_SUITE_OPS(fdtable, cases, setup, NULL);
