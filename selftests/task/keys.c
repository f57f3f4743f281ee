/* SPDX-License-Identifier: MIT */
/* add_key(2), request_key(2), keyctl(2): keyrings, states, permissions, quotas. */
#include "../harness.h"
#include <linux/keyctl.h>
#include <sys/syscall.h>

static long add(const char *type, const char *desc, const void *data, size_t len, int ring)
{
	return syscall(SYS_add_key, type, desc, data, len, ring);
}

static long ctl(int op, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

static long request(const char *type, const char *desc, const char *callout, int ring)
{
	return syscall(SYS_request_key, type, desc, callout, ring);
}

static void need_keys(void)
{
	REQUIRE_CONFIG("KEYS");
	ASSERT_GE(ctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0), 1);
}

TEST(what_is_put_in_is_read_and_updated)
{
	char buf[16] = "";
	long key;

	need_keys();
	key = add("user", "a", "hello", 5, KEY_SPEC_SESSION_KEYRING);
	ASSERT_GE(key, 1);
	EXPECT_EQ(5, ctl(KEYCTL_READ, key, (long)buf, sizeof(buf), 0));
	EXPECT_STREQ("hello", buf);
	EXPECT_EQ(key, add("user", "a", "good bye", 8, KEY_SPEC_SESSION_KEYRING));
	EXPECT_EQ(8, ctl(KEYCTL_READ, key, (long)buf, 0, 0));
	EXPECT_EQ(0, ctl(KEYCTL_UPDATE, key, (long)"x", 1, 0));
	EXPECT_EQ(1, ctl(KEYCTL_READ, key, 0, 0, 0));
	EXPECT_EQ(key, request("user", "a", NULL, 0));
	EXPECT_EQ(key, ctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"a", 0));
	EXPECT_ERRNO(EINVAL, add("user", "b", "", 0, KEY_SPEC_SESSION_KEYRING));
	EXPECT_ERRNO(EINVAL, add("logon", "no-colon", "x", 1, KEY_SPEC_SESSION_KEYRING));
	EXPECT_ERRNO(ENODEV, add("no such", "b", "x", 1, KEY_SPEC_SESSION_KEYRING));
	EXPECT_ERRNO(ENOTDIR, add("user", "b", "x", 1, key));
}

TEST(states)
{
	long key;

	need_keys();
	key = add("user", "a", "x", 1, KEY_SPEC_SESSION_KEYRING);
	EXPECT_EQ(0, ctl(KEYCTL_REVOKE, key, 0, 0, 0));
	EXPECT_ERRNO(EKEYREVOKED, ctl(KEYCTL_READ, key, 0, 0, 0));
	EXPECT_ERRNO(EKEYREVOKED, request("user", "a", NULL, 0));
	EXPECT_NE(key, add("user", "a", "x", 1, KEY_SPEC_SESSION_KEYRING));
	key = add("user", "b", "x", 1, KEY_SPEC_SESSION_KEYRING);
	EXPECT_EQ(0, ctl(KEYCTL_SET_TIMEOUT, key, 1, 0, 0));
	sleep(2);
	EXPECT_ERRNO(EKEYEXPIRED, ctl(KEYCTL_READ, key, 0, 0, 0));
	key = add("user", "c", "x", 1, KEY_SPEC_SESSION_KEYRING);
	EXPECT_EQ(0, ctl(KEYCTL_INVALIDATE, key, 0, 0, 0));
	EXPECT_ERRNO(ENOKEY, request("user", "c", NULL, 0));
	EXPECT_ERRNO(ENOKEY, ctl(KEYCTL_READ, 0x7ffffff0, 0, 0, 0));
}

TEST(keyrings_in_keyrings)
{
	long a, b, key;
	int ids[4] = {0};

	need_keys();
	a = add("keyring", "a", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	b = add("keyring", "b", NULL, 0, a);
	key = add("user", "deep", "x", 1, b);
	ASSERT_GE(key, 1);
	EXPECT_EQ(key, request("user", "deep", NULL, 0));
	EXPECT_ERRNO(EDEADLK, ctl(KEYCTL_LINK, a, b, 0, 0));
	EXPECT_EQ(0, ctl(KEYCTL_LINK, key, a, 0, 0));
	EXPECT_EQ(8, ctl(KEYCTL_READ, a, (long)ids, 4, 0)); /* all there is, as much as fits */
	EXPECT_EQ(0, ids[1]);
	EXPECT_EQ(0, ctl(KEYCTL_UNLINK, b, a, 0, 0));
	EXPECT_ERRNO(ENOENT, ctl(KEYCTL_UNLINK, key, KEY_SPEC_SESSION_KEYRING, 0, 0));
	EXPECT_EQ(key, request("user", "deep", NULL, 0));
	EXPECT_EQ(0, ctl(KEYCTL_CLEAR, a, 0, 0, 0));
	EXPECT_ERRNO(ENOKEY, request("user", "deep", NULL, 0));
}

TEST(a_process_keyring_is_not_inherited)
{
	long key;
	int status;
	pid_t pid;

	need_keys();
	key = add("user", "mine", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	ASSERT_GE(key, 1);
	ASSERT_GE(add("user", "ours", "x", 1, KEY_SPEC_SESSION_KEYRING), 1);
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid)
		_exit((request("user", "mine", NULL, 0) < 0 && errno == ENOKEY) |
		      (request("user", "ours", NULL, 0) > 0) << 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(3, WEXITSTATUS(status));
	EXPECT_EQ(key, request("user", "mine", NULL, 0));
}

TEST(permissions)
{
	char text[64];
	long key;

	need_keys();
	key = add("user", "a", "x", 1, KEY_SPEC_SESSION_KEYRING);
	EXPECT_EQ(0, ctl(KEYCTL_SETPERM, key, 0x21010000, 0, 0)); /* view, setattr */
	EXPECT_GE(ctl(KEYCTL_DESCRIBE, key, (long)text, sizeof(text), 0), 10);
	EXPECT_STREQ("21010000;a", strstr(text, "21010000"));
	EXPECT_ERRNO(EACCES, ctl(KEYCTL_UPDATE, key, (long)"y", 1, 0));
	EXPECT_ERRNO(EACCES, request("user", "a", NULL, 0));
	EXPECT_ERRNO(EINVAL, ctl(KEYCTL_SETPERM, key, 0x40000000, 0, 0));
}

TEST(a_missing_key_is_remembered)
{
	int id = 0;

	need_keys();
	EXPECT_ERRNO(ENOKEY, request("user", "none", NULL, 0));
	EXPECT_EQ(0, ctl(KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, 0, 0, 0));
	if (!access("/sbin/request-key", F_OK))
		SKIP("somebody answers");
	EXPECT_ERRNO(ENOKEY, request("user", "none", "info", KEY_SPEC_SESSION_KEYRING));
	EXPECT_EQ(4, ctl(KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, (long)&id, 4, 0));
	EXPECT_ERRNO(ENOKEY, ctl(KEYCTL_READ, id, 0, 0, 0));
	EXPECT_EQ(id, add("user", "none", "x", 1, KEY_SPEC_SESSION_KEYRING));
	EXPECT_EQ(1, ctl(KEYCTL_READ, id, 0, 0, 0));
}

TEST(a_user_has_a_quota)
{
	static char big[19000];
	long first;

	if (getuid())
		SKIP("needs root");
	ASSERT_EQ(0, setuid(4711));
	need_keys();
	first = add("user", "big", big, sizeof(big), KEY_SPEC_SESSION_KEYRING);
	EXPECT_GE(first, 1);
	EXPECT_ERRNO(EDQUOT, add("user", "more", big, 2000, KEY_SPEC_SESSION_KEYRING));
	EXPECT_EQ(0, ctl(KEYCTL_UPDATE, first, (long)big, 10, 0));
	EXPECT_GE(add("user", "more", big, 2000, KEY_SPEC_SESSION_KEYRING), 1);
}

TEST_MAIN
