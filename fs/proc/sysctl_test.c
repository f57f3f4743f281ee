/* SPDX-License-Identifier: MIT */
/* Tests of the handlers that turn settings into text and back. */
#include <lib/errno.h>
#include <lib/string.h>
#include <kernel/kunit.h>
#include <kernel/sysctl.h>

static char buf[128];

/* Writes @text through @t's handler. */
static int put(const struct ctl_table *t, const char *text)
{
	size_t len = strlen(text);

	strcpy(buf, text);
	return t->proc_handler(t, true, buf, &len);
}

static const char *get(const struct ctl_table *t)
{
	size_t len = sizeof(buf) - 1;

	if (t->proc_handler(t, false, buf, &len))
		return "(error)";
	buf[len] = '\0';
	return buf;
}

static void numbers_round_trip(struct kunit *test)
{
	int v[3] = {1, -2, 3};
	struct ctl_table t = {.data = v, .maxlen = sizeof(v), .proc_handler = proc_dointvec};

	KUNIT_EXPECT_STREQ(test, get(&t), "1\t-2\t3\n");
	KUNIT_EXPECT_EQ(test, put(&t, " 10\t-20  0x1e\n"), 0);
	KUNIT_EXPECT_EQ(test, v[0], 10);
	KUNIT_EXPECT_EQ(test, v[1], -20);
	KUNIT_EXPECT_EQ(test, v[2], 30);
	KUNIT_EXPECT_EQ(test, put(&t, "7\n"), 0);
	KUNIT_EXPECT_EQ(test, v[0], 7);
	KUNIT_EXPECT_EQ(test, v[1], -20);
	KUNIT_EXPECT_EQ(test, put(&t, "\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(&t, "x\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, v[0], 7);
}

static void limits_hold(struct kunit *test)
{
	int v = 5, low = 1, high = 9;
	struct ctl_table t = {.data = &v,
			      .maxlen = sizeof(v),
			      .proc_handler = proc_dointvec_minmax,
			      .extra1 = &low,
			      .extra2 = &high};

	KUNIT_EXPECT_EQ(test, put(&t, "9"), 0);
	KUNIT_EXPECT_EQ(test, put(&t, "10"), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(&t, "0"), -EINVAL);
	KUNIT_EXPECT_NE(test, put(&t, "99999999999"), 0);
	KUNIT_EXPECT_EQ(test, v, 9);
}

static void strings_are_cut(struct kunit *test)
{
	char s[6] = "old";
	struct ctl_table t = {.data = s, .maxlen = sizeof(s), .proc_handler = proc_dostring};

	KUNIT_EXPECT_STREQ(test, get(&t), "old\n");
	KUNIT_EXPECT_EQ(test, put(&t, "abcdefgh\n"), 0);
	KUNIT_EXPECT_STREQ(test, s, "abcde");
	KUNIT_EXPECT_EQ(test, put(&t, "x\ny"), 0);
	KUNIT_EXPECT_STREQ(test, s, "x");
}

static void longs_round_trip(struct kunit *test)
{
	unsigned long v = 0;
	struct ctl_table t = {
		.data = &v, .maxlen = sizeof(v), .proc_handler = proc_doulongvec_minmax};

	KUNIT_EXPECT_EQ(test, put(&t, "1234567890123"), 0);
	KUNIT_EXPECT_EQ(test, v, 1234567890123);
	KUNIT_EXPECT_STREQ(test, get(&t), "1234567890123\n");
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(numbers_round_trip),
	KUNIT_CASE(limits_hold),
	KUNIT_CASE(strings_are_cut),
	KUNIT_CASE(longs_round_trip),
	{},
};
KUNIT_SUITE(sysctl, cases);
