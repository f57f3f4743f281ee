/* SPDX-License-Identifier: MIT */
/* Access control lists, against a reading of acl(5) that goes entry by entry. */
#include <lib/acl.h>
#include <lib/errno.h>
#include <lib/string.h>
#include "host.h"

#define ENTRIES 12

static u32 my_groups;

static bool in_group(gid_t gid)
{
	return gid < 32 && (my_groups & (1u << gid));
}

static unsigned int add(struct posix_acl_entry *e, unsigned int n, unsigned int tag, u32 id)
{
	e[n] = (struct posix_acl_entry){.e_tag = tag, .e_perm = below(8), .e_id = id};
	return n + 1;
}

/* A valid list at random. */
static unsigned int random_acl(struct posix_acl_entry *e)
{
	unsigned int users = below(4), groups = below(4), n = 0;

	n = add(e, n, ACL_USER_OBJ, ~0u);
	for (unsigned int i = 0; i < users; i++)
		n = add(e, n, ACL_USER, below(8));
	n = add(e, n, ACL_GROUP_OBJ, ~0u);
	for (unsigned int i = 0; i < groups; i++)
		n = add(e, n, ACL_GROUP, below(8));
	if (users || groups || below(2))
		n = add(e, n, ACL_MASK, ~0u);
	return add(e, n, ACL_OTHER, ~0u);
}

static const struct posix_acl_entry *find(const struct posix_acl_entry *e, unsigned int n,
					  unsigned int tag, u32 id)
{
	for (unsigned int i = 0; i < n; i++)
		if (e[i].e_tag == tag && (id == ~0u || e[i].e_id == id))
			return &e[i];
	return NULL;
}

/* acl(5), ACCESS CHECK ALGORITHM, step by step. */
static bool model(const struct posix_acl_entry *e, unsigned int n, u32 owner, u32 group, u32 uid,
		  unsigned int want)
{
	const struct posix_acl_entry *mask = find(e, n, ACL_MASK, ~0u), *user;
	unsigned int limit = mask ? mask->e_perm : 7;
	bool member = false, granted = false;

	if (uid == owner)
		return !(want & ~find(e, n, ACL_USER_OBJ, ~0u)->e_perm);
	user = find(e, n, ACL_USER, uid);
	if (user)
		return !(want & ~(user->e_perm & limit));
	for (unsigned int i = 0; i < n; i++) {
		if (e[i].e_tag == ACL_GROUP_OBJ ? !in_group(group) :
						  e[i].e_tag != ACL_GROUP || !in_group(e[i].e_id))
			continue;
		member = true;
		granted |= !(want & ~(e[i].e_perm & limit));
	}
	if (member)
		return granted;
	return !(want & ~find(e, n, ACL_OTHER, ~0u)->e_perm);
}

static void test_permission(void)
{
	struct posix_acl_entry e[ENTRIES];
	struct acl_subject who = {.in_group = in_group};

	for (int i = 0; i < 50000 && !host_failed; i++) {
		unsigned int n = random_acl(e), want = below(8);
		u32 owner = below(8), group = below(8);

		EXPECT_EQ(acl_check(e, n), 0);
		who.fsuid = below(8);
		my_groups = rnd() & rnd() & 0xff;
		EXPECT_EQ(acl_permission(e, n, owner, group, &who, want) == 0,
			  model(e, n, owner, group, who.fsuid, want));
	}
}

static void test_form(void)
{
	struct posix_acl_entry e[ENTRIES], back[ENTRIES];
	u8 value[4 + 8 * ENTRIES];

	for (int i = 0; i < 2000 && !host_failed; i++) {
		unsigned int n = random_acl(e);
		size_t size = acl_xattr_size(n);

		acl_to_xattr(e, n, value);
		EXPECT_EQ(acl_xattr_count(size), n);
		EXPECT_EQ(acl_from_xattr(value, size, back), 0);
		EXPECT_EQ(memcmp(e, back, n * sizeof(e[0])), 0);
		EXPECT_EQ(acl_from_xattr(value, size - 1, back), -EINVAL);
		value[0] = 3;
		EXPECT_EQ(acl_from_xattr(value, size, back), -EOPNOTSUPP);
		value[0] = 2;
		value[4] = 3;
		EXPECT_EQ(acl_from_xattr(value, size, back), -EINVAL);
	}
	EXPECT_EQ(acl_xattr_count(0), -EINVAL);
	EXPECT_EQ(acl_xattr_count(4), 0);
}

/* Whatever the order and the tags, nothing but a well-formed list passes. */
static void test_check(void)
{
	static const unsigned int tags[] = {1, 2, 4, 8, 16, 32};
	struct posix_acl_entry e[ENTRIES];
	int good = 0;

	for (int i = 0; i < 200000 && !host_failed; i++) {
		unsigned int n = below(7), count[64] = {0};
		bool ok = true;

		for (unsigned int k = 0; k < n; k++) {
			add(e, k, tags[below(6)], below(20) ? below(8) : ~0u);
			count[e[k].e_tag]++;
			if (k && e[k].e_tag < e[k - 1].e_tag)
				ok = false;
			if ((e[k].e_tag == ACL_USER || e[k].e_tag == ACL_GROUP) && e[k].e_id == ~0u)
				ok = false;
		}
		if (count[1] != 1 || count[4] != 1 || count[32] != 1 || count[16] > 1 ||
		    ((count[2] || count[8]) && !count[16]))
			ok = false;
		good += ok;
		EXPECT_EQ(acl_check(e, n) == 0, ok);
	}
	EXPECT(good > 50);
}

static void test_modes(void)
{
	struct posix_acl_entry e[ENTRIES];

	for (int i = 0; i < 20000 && !host_failed; i++) {
		unsigned int n = random_acl(e);
		const struct posix_acl_entry *group = find(e, n, ACL_MASK, ~0u);
		umode_t mode = below(010000), want = mode, shown = 07000 | below(01000);
		bool plain = n == 3;

		if (!group)
			group = find(e, n, ACL_GROUP_OBJ, ~0u);
		EXPECT_EQ(acl_equiv_mode(e, n, &shown), plain);
		EXPECT_EQ(shown, 07000 | e[0].e_perm << 6 | group->e_perm << 3 | e[n - 1].e_perm);
		/* Inheriting leaves what both allow, in list and mode. */
		want &= 07000 | (shown & 0777);
		EXPECT_EQ(acl_inherit(e, n, &mode), plain);
		EXPECT_EQ(mode, want);
		shown = 0;
		acl_equiv_mode(e, n, &shown);
		EXPECT_EQ(shown, want & 0777);
		/* chmod is what the list then shows. */
		mode = below(01000);
		acl_chmod(e, n, mode);
		acl_equiv_mode(e, n, &shown);
		EXPECT_EQ(shown, mode);
		EXPECT_EQ(acl_check(e, n), 0);
	}
}

HOST_SUITE("acl", CASE(test_permission), CASE(test_form), CASE(test_check), CASE(test_modes))
