/* SPDX-License-Identifier: MIT */
/*
 * Credentials: copy on write, overriding, groups, capabilities, and the counters that all tasks of
 * a user share.
 */
#include <kernel/cred.h>
#include <kernel/kunit.h>
#include <kernel/sched.h>
#include <kernel/user.h>

static void prepared_copy_is_private(struct kunit *test)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, new);
	new->uid = new->euid = 1234;
	KUNIT_EXPECT_EQ(test, current_uid(), old->uid);
	abort_creds(new);
	KUNIT_EXPECT_PTR_EQ(test, current_cred(), old);
}

static void override_is_undone(struct kunit *test)
{
	struct cred *new = prepare_creds();
	const struct cred *old;

	KUNIT_ASSERT_NOT_NULL(test, new);
	new->fsuid = 77;
	new->cap_effective = 0;
	new->euid = 77;
	old = override_creds(new);
	KUNIT_EXPECT_EQ(test, current_fsuid(), 77);
	KUNIT_EXPECT_FALSE(test, capable(CAP_SYS_ADMIN));
	KUNIT_EXPECT_TRUE(test, has_capability(current, CAP_SYS_ADMIN)); /* as others see it */
	revert_creds(old);
	abort_creds(new);
	KUNIT_EXPECT_EQ(test, current_fsuid(), 0);
	KUNIT_EXPECT_TRUE(test, capable(CAP_SYS_ADMIN));
}

static void groups_are_searched(struct kunit *test)
{
	static const gid_t gids[] = {3, 8, 15, 16, 1000, 70000, 4000000000u};
	const int n = ARRAY_SIZE(gids);
	struct cred *new = prepare_creds();
	struct group_info *gi = groups_alloc(n);
	const struct cred *old;

	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_ASSERT_NOT_NULL(test, gi);
	memcpy(gi->gid, gids, sizeof(gids));
	put_group_info(new->group_info);
	new->group_info = gi;
	new->fsgid = 500;
	new->egid = 600;
	old = override_creds(new);
	for (int i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(test, in_group_p(gids[i]));
		KUNIT_EXPECT_TRUE(test, in_egroup_p(gids[i]));
		KUNIT_EXPECT_FALSE(test, in_group_p(gids[i] + 2));
	}
	KUNIT_EXPECT_TRUE(test, in_group_p(500));
	KUNIT_EXPECT_FALSE(test, in_group_p(600));
	KUNIT_EXPECT_TRUE(test, in_egroup_p(600));
	KUNIT_EXPECT_FALSE(test, in_group_p(0));
	revert_creds(old);
	abort_creds(new);
}

static void a_user_has_one_object(struct kunit *test)
{
	struct user_struct *a = alloc_uid(4711), *b = alloc_uid(4711), *c = alloc_uid(4711 + 16);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_PTR_NE(test, a, c);
	atomic_inc(&a->processes);
	free_uid(b);
	b = alloc_uid(4711);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_EQ(test, atomic_read(&b->processes), 1);
	atomic_dec(&a->processes);
	free_uid(a);
	free_uid(b);
	free_uid(c);
	a = alloc_uid(0);
	KUNIT_EXPECT_PTR_EQ(test, a, &root_user);
	free_uid(a);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(prepared_copy_is_private),
	KUNIT_CASE(override_is_undone),
	KUNIT_CASE(groups_are_searched),
	KUNIT_CASE(a_user_has_one_object),
	{},
};
KUNIT_SUITE(cred, cases);
