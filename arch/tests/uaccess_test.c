/* SPDX-License-Identifier: MIT */
/*
 * <arch/uaccess.h>: a fault is reported, exactly, and nothing else happens. Test threads have no
 * user memory, so every user address faults; the end of a vmalloc area stands in for the end of a
 * mapping in the bulk copies, which check no range themselves.
 */
#include <lib/errno.h>
#include <arch/param.h>
#include <arch/uaccess.h>
#include <kernel/kunit.h>
#include <lib/string.h>
#include <mm/vmalloc.h>
#include <uapi/futex.h>

#define NOWHERE ((void __user *)0x10000)

static void single_accesses_fault(struct kunit *test)
{
	u8 v8 = 1;
	u16 v16 = 1;
	u32 v32 = 1;
	u64 v64 = 1;

	KUNIT_EXPECT_EQ(test, raw_get_user(v8, (u8 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_get_user(v16, (u16 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_get_user(v32, (u32 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_get_user(v64, (u64 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_put_user(v8, (u8 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_put_user(v16, (u16 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_put_user(v32, (u32 __user *)NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, raw_put_user(v64, (u64 __user *)NOWHERE), -EFAULT);
}

static void bulk_accesses_fault(struct kunit *test)
{
	static char buf[1024];

	for (unsigned long n = 1; n <= sizeof(buf); n = n * 3 / 2 + 1) {
		KUNIT_EXPECT_EQ(test, raw_copy_from_user(buf, NOWHERE, n), n);
		KUNIT_EXPECT_EQ(test, raw_copy_to_user(NOWHERE, buf, n), n);
		KUNIT_EXPECT_EQ(test, raw_clear_user(NOWHERE, n), n);
	}
	KUNIT_EXPECT_EQ(test, raw_copy_from_user(buf, NOWHERE, 0), 0);
	KUNIT_EXPECT_EQ(test, raw_strncpy_from_user(buf, NOWHERE, sizeof(buf)), -EFAULT);
}

static void futex_accesses_fault(struct kunit *test)
{
	u32 seen;
	int old;

	KUNIT_EXPECT_EQ(test, arch_futex_cmpxchg(NOWHERE, 0, 1, &seen), -EFAULT);
	for (int op = FUTEX_OP_SET; op <= FUTEX_OP_XOR; op++)
		KUNIT_EXPECT_EQ(test, arch_futex_op(op, 1, &old, NOWHERE), -EFAULT);
	KUNIT_EXPECT_EQ(test, arch_futex_op(99, 1, &old, NOWHERE), -ENOSYS);
}

static void access_ok_knows_the_limit(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, access_ok(TASK_SIZE - 8, 8));
	KUNIT_EXPECT_FALSE(test, access_ok(TASK_SIZE - 8, 9));
	KUNIT_EXPECT_FALSE(test, access_ok(TASK_SIZE, 1));
	KUNIT_EXPECT_FALSE(test, access_ok(-1UL, 1));
	KUNIT_EXPECT_FALSE(test, access_ok(8, -1UL));
	KUNIT_EXPECT_FALSE(test, access_ok(KERNEL_BASE, 8));
}

/*
 * For each size and each number of bytes before the edge: as many are copied, the rest is reported
 * and untouched.
 */
static void copy_stops_at_the_edge(struct kunit *test)
{
	u8 *area = vmalloc(PAGE_SIZE), *buf = kunit_kzalloc(test, 1024);
	u8 *edge = area + PAGE_SIZE;

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		area[i] = (u8)(i + 1);
	for (unsigned int i = 0; i < 400; i++) {
		unsigned long n = 1 + kunit_random(test) % 800, have = kunit_random(test) % (n + 1);
		const void __user *from = (__force const void __user *)(edge - have);

		memset(buf, 0, 1024);
		KUNIT_EXPECT_EQ(test, raw_copy_from_user(buf, from, n), n - have);
		KUNIT_EXPECT_MEMEQ(test, buf, edge - have, have);
	}
	for (unsigned int i = 0; i < 400; i++) {
		unsigned long n = 1 + kunit_random(test) % 800, have = kunit_random(test) % (n + 1);
		void __user *to = (__force void __user *)(edge - have);

		memset(area, 0xee, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, raw_copy_to_user(to, buf, n), n - have);
		KUNIT_EXPECT_MEMEQ(test, edge - have, buf, have);
		KUNIT_EXPECT_EQ(test, edge[-(long)have - 1], 0xee);
		KUNIT_EXPECT_EQ(test, raw_clear_user(to, n), n - have);
	}
	vfree(area);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(single_accesses_fault),  KUNIT_CASE(bulk_accesses_fault),
	KUNIT_CASE(futex_accesses_fault),   KUNIT_CASE(access_ok_knows_the_limit),
	KUNIT_CASE(copy_stops_at_the_edge), {},
};
KUNIT_SUITE(arch_uaccess, cases);
