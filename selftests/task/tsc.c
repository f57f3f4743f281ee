/* SPDX-License-Identifier: MIT */
/* prctl(2) PR_SET_TSC, where the architecture has it; kcmp(2) of undo lists. */
#include "../harness.h"
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __x86_64__
static void read_counter(void)
{
	__asm__ volatile("rdtsc" : : : "eax", "edx");
}

TEST(reading_the_counter_can_be_forbidden)
{
	int mode = 0, status;
	pid_t pid;

	ASSERT_EQ(0, prctl(PR_GET_TSC, &mode));
	EXPECT_EQ(PR_TSC_ENABLE, mode);
	read_counter();
	EXPECT_ERRNO(EINVAL, prctl(PR_SET_TSC, 77));
	ASSERT_EQ(0, prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		sched_yield();
		read_counter();
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	ASSERT_EQ(0, prctl(PR_SET_TSC, PR_TSC_ENABLE));
	read_counter();
}
#endif

TEST(undo_lists_are_compared)
{
	pid_t me = getpid(), pid;
	int status;

	REQUIRE_CONFIG("KCMP");
	REQUIRE_CONFIG("SYSVIPC");
	pid = syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0);
	ASSERT_NE(-1, pid);
	if (!pid)
		_exit(syscall(SYS_kcmp, me, getpid(), KCMP_SYSVSEM, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_MAIN
