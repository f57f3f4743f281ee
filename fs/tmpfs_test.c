/* SPDX-License-Identifier: MIT */
/*
 * Files in memory, through the interfaces that system calls use. Everything happens below
 * /kunit-tmpfs.
 */
#include <lib/err.h>
#include <kernel/kunit.h>
#include <uapi/fs.h>
#include <fs/initramfs.h>
#include "internal.h"

#define D "/kunit-tmpfs"

static int two(long (*fn)(struct filename *a, struct filename *b), const char *a, const char *b)
{
	struct filename fa, fb;
	long err;

	if (getname_kernel(&fa, a))
		return -ENOMEM;
	if (getname_kernel(&fb, b)) {
		putname(&fa);
		return -ENOMEM;
	}
	err = fn(&fa, &fb);
	putname(&fa);
	putname(&fb);
	return err;
}

static long do_rename(struct filename *a, struct filename *b)
{
	return do_renameat2(AT_FDCWD, a, AT_FDCWD, b, 0);
}

static long do_rename_noreplace(struct filename *a, struct filename *b)
{
	return do_renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE);
}

static long do_exchange(struct filename *a, struct filename *b)
{
	return do_renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static ssize_t put_file(const char *name, const void *data, size_t len)
{
	struct file *file = filp_open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, data, len, &pos);
	fput_sync(file);
	return n;
}

static ssize_t get_file_data(const char *name, void *data, size_t len)
{
	struct file *file = filp_open(name, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, data, len, &pos);
	fput_sync(file);
	return n;
}

static void cleanup(void *unused)
{
	static const char *const names[] = {D "/a", D "/b", D "/link", D "/sub/a", D "/sub/x"};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		init_unlink(names[i]);
	init_rmdir(D "/sub/deep");
	init_rmdir(D "/sub");
	init_rmdir(D "/other");
	init_rmdir(D);
}

static int setup(struct kunit *test)
{
	int err = init_mkdir(D, 0755);

	return err ? err : kunit_add_action(test, cleanup, NULL);
}

static void what_was_written_is_read(struct kunit *test)
{
	char buf[16] = {};
	struct kstat st;

	KUNIT_EXPECT_EQ(test, put_file(D "/a", "hello", 5), 5);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/a", buf, sizeof(buf)), 5);
	KUNIT_EXPECT_STREQ(test, buf, "hello");
	KUNIT_ASSERT_EQ(test, init_stat(D "/a", &st, 0), 0);
	KUNIT_EXPECT_EQ(test, st.size, 5);
	KUNIT_EXPECT_EQ(test, st.nlink, 1);
	KUNIT_EXPECT_EQ(test, st.mode, S_IFREG | 0644);
}

static void a_file_over_a_page_keeps_its_bytes(struct kunit *test)
{
	size_t len = 3 * PAGE_SIZE + 123;
	u8 *out = kunit_kzalloc(test, len), *in = kunit_kzalloc(test, len);

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, in);
	for (size_t i = 0; i < len; i++)
		out[i] = kunit_random(test);
	KUNIT_EXPECT_EQ(test, put_file(D "/a", out, len), len);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/a", in, len), len);
	KUNIT_EXPECT_MEMEQ(test, in, out, len);
}

static void holes_read_as_zero(struct kunit *test)
{
	struct file *file = filp_open(D "/a", O_RDWR | O_CREAT, 0600);
	loff_t pos = 2 * PAGE_SIZE;
	char c = 'x';

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, kernel_write(file, &c, 1, &pos), 1);
	pos = PAGE_SIZE / 2;
	KUNIT_EXPECT_EQ(test, kernel_read(file, &c, 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, c, 0);
	fput_sync(file);
}

static void links_share_one_file(struct kunit *test)
{
	char buf[4] = {};
	struct kstat st;

	put_file(D "/a", "abc", 3);
	KUNIT_EXPECT_EQ(test, init_link(D "/a", D "/b"), 0);
	KUNIT_ASSERT_EQ(test, init_stat(D "/b", &st, 0), 0);
	KUNIT_EXPECT_EQ(test, st.nlink, 2);
	KUNIT_EXPECT_EQ(test, init_unlink(D "/a"), 0);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/b", buf, 3), 3);
	KUNIT_EXPECT_STREQ(test, buf, "abc");
	KUNIT_EXPECT_EQ(test, init_stat(D "/a", &st, 0), -ENOENT);
}

static void an_unlinked_file_lives_while_open(struct kunit *test)
{
	struct file *file;
	loff_t pos = 0;
	char c = 0;

	put_file(D "/a", "q", 1);
	file = filp_open(D "/a", O_RDONLY, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, init_unlink(D "/a"), 0);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_nlink, 0);
	KUNIT_EXPECT_EQ(test, kernel_read(file, &c, 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, c, 'q');
	fput_sync(file);
}

static void rename_moves_replaces_and_exchanges(struct kunit *test)
{
	char buf[4] = {};
	struct kstat st;

	put_file(D "/a", "A", 1);
	put_file(D "/b", "B", 1);
	KUNIT_EXPECT_EQ(test, two(do_rename_noreplace, D "/a", D "/b"), -EEXIST);
	KUNIT_EXPECT_EQ(test, two(do_exchange, D "/a", D "/b"), 0);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/a", buf, 1), 1);
	KUNIT_EXPECT_EQ(test, buf[0], 'B');
	KUNIT_EXPECT_EQ(test, two(do_rename, D "/a", D "/b"), 0);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/b", buf, 1), 1);
	KUNIT_EXPECT_EQ(test, buf[0], 'B');
	KUNIT_EXPECT_EQ(test, init_stat(D "/a", &st, 0), -ENOENT);
}

static void directories_move_with_their_links(struct kunit *test)
{
	struct kstat st;

	KUNIT_ASSERT_EQ(test, init_mkdir(D "/sub", 0700), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir(D "/sub/deep", 0700), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir(D "/other", 0700), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir(D "/sub"), -ENOTEMPTY);
	KUNIT_EXPECT_EQ(test, two(do_rename, D "/sub", D "/sub/deep/x"), -EINVAL);
	KUNIT_EXPECT_EQ(test, two(do_rename, D "/sub/deep", D "/other/deep"), 0);
	KUNIT_EXPECT_EQ(test, init_stat(D "/sub", &st, 0), 0);
	KUNIT_EXPECT_EQ(test, st.nlink, 2);
	KUNIT_EXPECT_EQ(test, init_stat(D "/other", &st, 0), 0);
	KUNIT_EXPECT_EQ(test, st.nlink, 3);
	KUNIT_EXPECT_EQ(test, init_stat(D "/other/deep/../..", &st, 0), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir(D "/other/deep"), 0);
}

static void truncation_cuts_and_grows_with_zeroes(struct kunit *test)
{
	struct path path;
	char buf[8] = "xxxxxxx";

	put_file(D "/a", "abcdef", 6);
	KUNIT_ASSERT_EQ(test, kern_path(D "/a", 0, &path), 0);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&path, 2), 0);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&path, 5), 0);
	path_put(&path);
	KUNIT_EXPECT_EQ(test, get_file_data(D "/a", buf, 8), 5);
	KUNIT_EXPECT_MEMEQ(test, buf, "ab\0\0\0", 5);
}

static void a_backed_file_is_a_view_until_written(struct kunit *test)
{
	static char data[] = "from the archive";
	struct file *file = filp_open(D "/a", O_RDWR | O_CREAT, 0600);
	char buf[20] = {};
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, tmpfs_set_backing(file, data, 16), 0);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, 20, &pos), 16);
	KUNIT_EXPECT_STREQ(test, buf, "from the archive");
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, "FROM", 4, &pos), 4);
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, 20, &pos), 16);
	KUNIT_EXPECT_STREQ(test, buf, "FROM the archive");
	KUNIT_EXPECT_STREQ(test, data, "from the archive");
	fput_sync(file);
}

struct names {
	struct dir_context ctx;
	unsigned int count, stop;
	u64 last;
};

static bool count_name(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		       unsigned int type)
{
	struct names *n = container_of(ctx, struct names, ctx);

	if (n->count == n->stop)
		return false;
	n->count++;
	return true;
}

static void readdir_goes_on_where_it_stopped(struct kunit *test)
{
	struct names n = {.ctx.actor = count_name, .stop = 3};
	struct file *dir;

	put_file(D "/a", "", 0);
	put_file(D "/b", "", 0);
	init_symlink("a", D "/link");
	dir = filp_open(D, O_RDONLY | O_DIRECTORY, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dir);
	KUNIT_EXPECT_EQ(test, iterate_dir(dir, &n.ctx), 0);
	KUNIT_EXPECT_EQ(test, n.count, 3); /* . .. a */
	init_unlink(D "/a");
	n.stop = ~0u;
	KUNIT_EXPECT_EQ(test, iterate_dir(dir, &n.ctx), 0);
	KUNIT_EXPECT_EQ(test, n.count, 5);
	KUNIT_EXPECT_EQ(test, iterate_dir(dir, &n.ctx), 0);
	KUNIT_EXPECT_EQ(test, n.count, 5);
	fput_sync(dir);
}

static const struct kunit_case cases[] = {KUNIT_CASE(what_was_written_is_read),
					  KUNIT_CASE(a_file_over_a_page_keeps_its_bytes),
					  KUNIT_CASE(holes_read_as_zero),
					  KUNIT_CASE(links_share_one_file),
					  KUNIT_CASE(an_unlinked_file_lives_while_open),
					  KUNIT_CASE(rename_moves_replaces_and_exchanges),
					  KUNIT_CASE(directories_move_with_their_links),
					  KUNIT_CASE(truncation_cuts_and_grows_with_zeroes),
					  KUNIT_CASE(a_backed_file_is_a_view_until_written),
					  KUNIT_CASE(readdir_goes_on_where_it_stopped),
					  {}};
KUNIT_SUITE_OPS(tmpfs, cases, setup, NULL);
