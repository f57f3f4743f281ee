/* SPDX-License-Identifier: MIT */
/*
 * <kernel/uio.h> and <kernel/uaccess.h>: iterators against a flat copy, faults in the middle,
 * strings at the edge of a mapping.
 */
#include <lib/string.h>
#include <kernel/kunit.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <mm/page.h>
#include "test_mm.h"

#define BYTES 4000

static void fill(u8 *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = i * 7 + (i >> 8);
}

/* Cuts @buf into @n pieces of random length, some empty. */
static void cut(struct kunit *test, struct kvec *v, int n, u8 *buf, size_t len)
{
	for (int i = 0; i < n; i++) {
		size_t part = i == n - 1	     ? len :
			      kunit_random(test) % 3 ? kunit_random(test) % (len + 1) / 4 :
						       0;

		v[i] = (struct kvec){.iov_base = buf, .iov_len = part};
		buf += part;
		len -= part;
	}
}

static void kvec_source_gives_all_bytes_in_order(struct kunit *test)
{
	u8 *src = kunit_kzalloc(test, BYTES), *dst = kunit_kzalloc(test, BYTES);
	struct kvec v[12];
	struct iov_iter i;
	size_t at = 0;

	KUNIT_ASSERT_NOT_NULL(test, src);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	fill(src, BYTES);
	cut(test, v, 12, src, BYTES);
	iov_iter_kvec(&i, ITER_SOURCE, v, 12, BYTES);
	while (iov_iter_count(&i)) {
		size_t want = kunit_random(test) % 300 + 1, n = copy_from_iter(dst + at, want, &i);

		KUNIT_ASSERT_EQ(test, n, min_t(size_t, want, BYTES - at));
		at += n;
		/* Sometimes take a step back and read it again. */
		if (kunit_random(test) % 4 == 0) {
			size_t back = kunit_random(test) % (at + 1);

			iov_iter_revert(&i, back);
			at -= back;
		}
	}
	KUNIT_EXPECT_MEMEQ(test, dst, src, BYTES);
	KUNIT_EXPECT_EQ(test, copy_from_iter(dst, 1, &i), 0);
}

static void kvec_dest_is_filled_in_order(struct kunit *test)
{
	u8 *src = kunit_kzalloc(test, BYTES), *dst = kunit_kzalloc(test, BYTES);
	struct kvec v[9];
	struct iov_iter i;
	size_t at = 0;

	KUNIT_ASSERT_NOT_NULL(test, src);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	fill(src, BYTES);
	cut(test, v, 9, dst, BYTES);
	iov_iter_kvec(&i, ITER_DEST, v, 9, BYTES);
	while (iov_iter_count(&i))
		at += copy_to_iter(src + at, kunit_random(test) % 500 + 1, &i);
	KUNIT_EXPECT_EQ(test, at, BYTES);
	KUNIT_EXPECT_MEMEQ(test, dst, src, BYTES);
}

static void truncation_ends_the_iterator(struct kunit *test)
{
	u8 buf[64], out[64] = {};
	struct kvec v = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct iov_iter i;

	fill(buf, sizeof(buf));
	iov_iter_kvec(&i, ITER_SOURCE, &v, 1, sizeof(buf));
	iov_iter_truncate(&i, 10);
	KUNIT_EXPECT_EQ(test, copy_from_iter(out, 64, &i), 10);
	KUNIT_EXPECT_EQ(test, out[10], 0);
	KUNIT_EXPECT_FALSE(test, copy_from_iter_full(out, 1, &i));
}

static void full_copy_takes_all_or_nothing(struct kunit *test)
{
	u8 buf[16], out[16];
	struct kvec v = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct iov_iter i;

	iov_iter_kvec(&i, ITER_SOURCE, &v, 1, sizeof(buf));
	KUNIT_EXPECT_TRUE(test, copy_from_iter_full(out, 12, &i));
	KUNIT_EXPECT_FALSE(test, copy_from_iter_full(out, 8, &i));
	KUNIT_EXPECT_EQ(test, iov_iter_count(&i), 4);
	KUNIT_EXPECT_TRUE(test, copy_from_iter_full(out, 4, &i));
}

static void bvec_crosses_pages(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	struct bio_vec bv[2];
	struct iov_iter i;
	u8 out[200];

	KUNIT_ASSERT_NOT_NULL(test, page);
	fill(page_address(page), 2 * PAGE_SIZE);
	bv[0] = (struct bio_vec){.bv_page = page, .bv_offset = PAGE_SIZE - 100, .bv_len = 150};
	bv[1] = (struct bio_vec){.bv_page = page, .bv_offset = 0, .bv_len = 50};
	iov_iter_bvec(&i, ITER_SOURCE, bv, 2, 200);
	KUNIT_EXPECT_EQ(test, iov_iter_single_seg_count(&i), 150);
	KUNIT_EXPECT_EQ(test, copy_from_iter(out, 200, &i), 200);
	KUNIT_EXPECT_MEMEQ(test, out, (u8 *)page_address(page) + PAGE_SIZE - 100, 150);
	KUNIT_EXPECT_MEMEQ(test, out + 150, page_address(page), 50);
	__free_pages(page, 1);
}

/*
 * A user buffer whose last page is missing: what was copied counts, the position is right, nothing
 * is lost.
 */
static void user_fault_is_a_short_copy(struct kunit *test)
{
	u8 *src = kunit_kzalloc(test, 2 * PAGE_SIZE);
	char __user *user;
	struct iov_iter i;
	size_t n;

	KUNIT_ASSERT_NOT_NULL(test, src);
	test_mm_enter(test);
	user = test_mm_map(test, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, import_ubuf(ITER_DEST, user + 100, PAGE_SIZE, &i), 0);
	n = copy_to_iter(src, PAGE_SIZE, &i);
	KUNIT_EXPECT_EQ(test, n, PAGE_SIZE - 100);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&i), 100);
	KUNIT_EXPECT_EQ(test, copy_to_iter(src, 50, &i), 0);
	KUNIT_EXPECT_EQ(test, fault_in_iov_iter_readable(&i, 100), 100);
	KUNIT_EXPECT_EQ(test, fault_in_iov_iter_writeable(&i, 100), 100);
	iov_iter_revert(&i, n);
	KUNIT_EXPECT_EQ(test, fault_in_iov_iter_writeable(&i, PAGE_SIZE), 100);
}

static void bad_vectors_are_refused(struct kunit *test)
{
	struct iovec fast[2], *iov;
	struct iovec __user *uv;
	struct iov_iter i;

	test_mm_enter(test);
	uv = test_mm_map(test, PAGE_SIZE);
	iov = fast;
	KUNIT_EXPECT_EQ(test, import_iovec(ITER_DEST, uv, UIO_MAXIOV + 1, 2, &iov, &i), -EINVAL);
	iov = fast;
	KUNIT_EXPECT_EQ(test,
			import_iovec(ITER_DEST, (void __user *)uv + PAGE_SIZE, 1, 2, &iov, &i),
			-EFAULT);
	KUNIT_EXPECT_NULL(test, iov);
	KUNIT_ASSERT_EQ(test, put_user(-1ul, &uv[1].iov_len), 0);
	iov = fast;
	KUNIT_EXPECT_EQ(test, import_iovec(ITER_DEST, uv, 3, 2, &iov, &i), -EINVAL);
	KUNIT_EXPECT_NULL(test, iov);
	KUNIT_ASSERT_EQ(test, put_user(0x7fffffff0000ul, &uv[1].iov_len), 0);
	iov = fast;
	KUNIT_EXPECT_EQ(test, import_iovec(ITER_DEST, uv, 2, 2, &iov, &i), MAX_RW_COUNT);
}

/* Every offset in a word and every length, up to the last byte of the mapping. */
static void strings_end_at_the_edge(struct kunit *test)
{
	char __user *user, *s;
	char out[64], in[48];

	test_mm_enter(test);
	user = test_mm_map(test, PAGE_SIZE);
	memset(in, 'a', sizeof(in));
	for (int len = 0; len < 40; len++) {
		in[len] = '\0';
		s = user + PAGE_SIZE - len - 1;
		KUNIT_ASSERT_EQ(test, copy_to_user(s, in, len + 1), 0);
		KUNIT_EXPECT_EQ(test, strnlen_user(s, 100), len + 1);
		KUNIT_EXPECT_EQ(test, strnlen_user(s, len + 1), len + 1);
		if (len) {
			KUNIT_EXPECT_EQ(test, strnlen_user(s, len), len + 1);
			KUNIT_EXPECT_EQ(test, strncpy_from_user(out, s, len), len);
		}
		KUNIT_EXPECT_EQ(test, strncpy_from_user(out, s, sizeof(out)), len);
		KUNIT_EXPECT_STREQ(test, out, in);
		in[len] = 'a';
	}
	/* No NUL before the end of the mapping. */
	KUNIT_ASSERT_EQ(test, copy_to_user(user + PAGE_SIZE - 5, "bbbbb", 5), 0);
	KUNIT_EXPECT_EQ(test, strnlen_user(user + PAGE_SIZE - 3, 100), 0);
	KUNIT_EXPECT_EQ(test, strncpy_from_user(out, user + PAGE_SIZE - 3, sizeof(out)), -EFAULT);
	KUNIT_EXPECT_EQ(test, strnlen_user((char __user *)TASK_SIZE, 10), 0);
	KUNIT_EXPECT_EQ(test, strncpy_from_user(out, (char __user *)-1ul, 10), -EFAULT);
}

static void structs_grow_and_shrink(struct kunit *test)
{
	u8 __user *user;
	u8 out[32];

	test_mm_enter(test);
	user = test_mm_map(test, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, put_user((u8)5, user), 0);
	memset(out, 0xff, sizeof(out));
	KUNIT_EXPECT_EQ(test, copy_struct_from_user(out, 32, user, 8), 0);
	KUNIT_EXPECT_EQ(test, out[0], 5);
	KUNIT_EXPECT_EQ(test, out[31], 0);
	KUNIT_EXPECT_EQ(test, copy_struct_from_user(out, 8, user, 200), 0);
	KUNIT_ASSERT_EQ(test, put_user((u8)1, user + 199), 0);
	KUNIT_EXPECT_EQ(test, copy_struct_from_user(out, 8, user, 200), -E2BIG);
	KUNIT_EXPECT_EQ(test, copy_struct_from_user(out, 8, user + PAGE_SIZE - 8, 200), -EFAULT);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(kvec_source_gives_all_bytes_in_order),
	KUNIT_CASE(kvec_dest_is_filled_in_order),
	KUNIT_CASE(truncation_ends_the_iterator),
	KUNIT_CASE(full_copy_takes_all_or_nothing),
	KUNIT_CASE(bvec_crosses_pages),
	KUNIT_CASE(user_fault_is_a_short_copy),
	KUNIT_CASE(bad_vectors_are_refused),
	KUNIT_CASE(strings_end_at_the_edge),
	KUNIT_CASE(structs_grow_and_shrink),
	{},
};
KUNIT_SUITE(uio, cases);
