/* SPDX-License-Identifier: MIT */
/*
 * Identity: credentials(7), capabilities(7), setresuid(2), getgroups(2), prctl(2); limits and
 * priorities. Needs root.
 */
#include "../harness.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void need_root(void)
{
	if (geteuid())
		SKIP("not root");
}

static void expect_uids(uid_t r, uid_t e, uid_t s)
{
	uid_t ruid, euid, suid;

	ASSERT_EQ(0, getresuid(&ruid, &euid, &suid));
	EXPECT_EQ(r, ruid);
	EXPECT_EQ(e, euid);
	EXPECT_EQ(s, suid);
}

TEST(uids_move_between_three_roles)
{
	need_root();
	ASSERT_EQ(0, setresuid(1000, 1001, 1002));
	expect_uids(1000, 1001, 1002);
	EXPECT_ERRNO(EPERM, setuid(0));
	EXPECT_ERRNO(EPERM, setresuid(-1, -1, 1003));
	EXPECT_EQ(0, setuid(1002));
	expect_uids(1000, 1002, 1002);
	EXPECT_EQ(0, setreuid(1002, 1000));
	expect_uids(1002, 1000, 1000);
	EXPECT_ERRNO(EINVAL, setuid(-1));
}

TEST(saved_root_comes_back)
{
	need_root();
	ASSERT_EQ(0, seteuid(1000));
	EXPECT_ERRNO(EPERM, sethostname("x", 1));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, setuid(1000));
	expect_uids(1000, 1000, 1000);
	EXPECT_ERRNO(EPERM, setuid(0));
}

TEST(setfsuid_returns_the_old_one)
{
	need_root();
	EXPECT_EQ(0, syscall(SYS_setfsuid, 1000));
	EXPECT_EQ(1000, syscall(SYS_setfsuid, -1));
	EXPECT_EQ(1000, syscall(SYS_setfsuid, 0));
	EXPECT_EQ(0, syscall(SYS_setfsuid, -1));
}

TEST(groups_are_a_set)
{
	gid_t in[] = {30, 10, 20}, out[8];

	need_root();
	ASSERT_EQ(0, setgroups(3, in));
	EXPECT_EQ(3, getgroups(0, NULL));
	ASSERT_EQ(3, getgroups(8, out));
	EXPECT_EQ(60, (int)(out[0] + out[1] + out[2]));
	EXPECT_ERRNO(EINVAL, getgroups(2, out));
	EXPECT_ERRNO(EINVAL, syscall(SYS_setgroups, 65537, in));
	ASSERT_EQ(0, setgroups(0, NULL));
	ASSERT_EQ(0, setresgid(5, 6, 7));
	ASSERT_EQ(0, setuid(1000));
	EXPECT_ERRNO(EPERM, setgroups(1, in));
	EXPECT_ERRNO(EPERM, setgid(8));
	EXPECT_EQ(0, setgid(7));
	EXPECT_EQ(7, (int)getegid());
}

static struct __user_cap_data_struct caps[2];

static long cap(int nr)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	return syscall(nr, &header, caps);
}

TEST(capabilities_go_with_root)
{
	struct __user_cap_header_struct header = {0x1234, 0};

	need_root();
	REQUIRE_CONFIG("CAPABILITIES");
	EXPECT_EQ(0, syscall(SYS_capget, &header, NULL));
	EXPECT_EQ(_LINUX_CAPABILITY_VERSION_3, (int)header.version);
	ASSERT_EQ(0, cap(SYS_capget));
	EXPECT_NE(0, (int)(caps[0].effective & 1 << CAP_SYS_ADMIN));
	/* One is given up, and its power with it. */
	caps[0].effective &= ~(1u << CAP_SYS_ADMIN);
	ASSERT_EQ(0, cap(SYS_capset));
	EXPECT_ERRNO(EPERM, sethostname("x", 1));
	caps[0].effective |= 1 << CAP_SYS_ADMIN;
	ASSERT_EQ(0, cap(SYS_capset));
	ASSERT_EQ(0, setuid(1000));
	ASSERT_EQ(0, cap(SYS_capget));
	EXPECT_EQ(0, (int)(caps[0].permitted | caps[0].effective | caps[1].permitted));
	caps[0].permitted = 1;
	EXPECT_ERRNO(EPERM, cap(SYS_capset));
}

TEST(keepcaps_keeps_them)
{
	need_root();
	REQUIRE_CONFIG("CAPABILITIES");
	ASSERT_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	ASSERT_EQ(0, setuid(1000));
	ASSERT_EQ(0, cap(SYS_capget));
	EXPECT_NE(0, (int)caps[0].permitted);
	EXPECT_EQ(0, (int)caps[0].effective);
	EXPECT_EQ(1, prctl(PR_CAPBSET_READ, CAP_CHOWN));
	EXPECT_ERRNO(EINVAL, prctl(PR_CAPBSET_READ, 99));
}

/* This program, run again with SUID_TEST in its environment, says what it was given. */
static void __attribute__((constructor)) report_when_asked(void)
{
	if (getenv("SUID_TEST"))
		_exit(getuid() == 1000 && geteuid() == 123 && getegid() == 456 &&
				      getauxval(AT_SECURE) ?
			      42 :
			      41);
}

static int run_suid(const char *path, bool no_new_privs)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (no_new_privs)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		setenv("SUID_TEST", "1", 1);
		execl(path, path, NULL);
		_exit(99);
	}
	status = test_wait(child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	char buf[65536];
	ssize_t n;

	ASSERT_GE(in, 0);
	ASSERT_GE(out, 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(out, buf, n));
	close(in);
	close(out);
}

TEST(set_user_id_programs_run_as_their_owner)
{
	char name[] = "/tmp/suidXXXXXX";

	REQUIRE_CONFIG("PROC_FS");
	need_root();
	REQUIRE_CONFIG("EXEC");
	close(mkstemp(name));
	copy_self(name);
	ASSERT_EQ(0, chown(name, 123, 456));
	ASSERT_EQ(0, chmod(name, 06755));
	ASSERT_EQ(0, setgid(1000));
	ASSERT_EQ(0, setuid(1000));
	EXPECT_EQ(42, run_suid(name, false));
	EXPECT_EQ(41, run_suid(name, true));
}

TEST(limits_bind_the_unprivileged)
{
	struct rlimit64 lim, up;

	need_root();
	EXPECT_ERRNO(EINVAL, syscall(SYS_prlimit64, 0, 99, NULL, &lim));
	ASSERT_EQ(0, syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &lim));
	lim.rlim_cur = 20;
	lim.rlim_max = 10;
	EXPECT_ERRNO(EINVAL, syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, &lim, NULL));
	lim.rlim_cur = 5;
	EXPECT_EQ(0, syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, &lim, NULL));
	ASSERT_EQ(0, setuid(1000));
	up = (struct rlimit64){5, 11};
	EXPECT_ERRNO(EPERM, syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, &up, NULL));
	up = (struct rlimit64){10, 10};
	EXPECT_EQ(0, syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, &up, NULL));
	EXPECT_ERRNO(EPERM, syscall(SYS_prlimit64, 1, RLIMIT_FSIZE, NULL, &lim));
}

TEST(priorities_fall_but_do_not_rise)
{
	need_root();
	EXPECT_EQ(0, setpriority(PRIO_PROCESS, 0, -5));
	EXPECT_EQ(-5, getpriority(PRIO_PROCESS, 0));
	EXPECT_EQ(0, setpriority(PRIO_PROCESS, 0, 5));
	ASSERT_EQ(0, setuid(1000));
	EXPECT_ERRNO(EACCES, setpriority(PRIO_PROCESS, 0, 4));
	EXPECT_EQ(0, setpriority(PRIO_PGRP, 0, 100));
	EXPECT_EQ(19, getpriority(PRIO_PROCESS, 0));
	EXPECT_ERRNO(EPERM, setpriority(PRIO_PROCESS, 1, 19));
	EXPECT_ERRNO(ESRCH, setpriority(PRIO_PROCESS, 4000000, 1));
	EXPECT_ERRNO(EINVAL, setpriority(9, 0, 1));
}

TEST(signals_need_the_same_user)
{
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	need_root();
	ASSERT_EQ(0, setuid(1000));
	EXPECT_ERRNO(EPERM, kill(child, SIGTERM));
	EXPECT_ERRNO(EPERM, kill(1, 0));
	EXPECT_ERRNO(ESRCH, kill(4000000, 0));
}

TEST(queued_signals_are_limited)
{
	struct rlimit lim = {100, 100};
	union sigval v = {};
	sigset_t rt;
	int n = 0;

	REQUIRE_CONFIG("SIGNALS_RT");
	need_root();
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &lim));
	ASSERT_EQ(0, setuid(4711));
	sigemptyset(&rt);
	sigaddset(&rt, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &rt, NULL);
	while (n < 1000 && !sigqueue(getpid(), SIGRTMIN, v))
		n++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(100, n);
	EXPECT_EQ(0, kill(getpid(), SIGCONT)); /* standard ones still go */
}

TEST(timer_slack_is_inherited_and_reset)
{
	long first = prctl(PR_GET_TIMERSLACK);
	pid_t pid;

	ASSERT_GT(first, 0);
	EXPECT_EQ(0, prctl(PR_SET_TIMERSLACK, 123456));
	EXPECT_EQ(123456, prctl(PR_GET_TIMERSLACK));
	pid = fork();
	if (pid == 0) {
		int bad = prctl(PR_GET_TIMERSLACK) != 123456;

		bad |= prctl(PR_SET_TIMERSLACK, 1) != 0;
		bad |= prctl(PR_SET_TIMERSLACK, 0) != 0;
		_exit(bad || prctl(PR_GET_TIMERSLACK) != 123456);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, prctl(PR_SET_TIMERSLACK, 0));
	EXPECT_EQ(first, prctl(PR_GET_TIMERSLACK));
}

TEST_MAIN
