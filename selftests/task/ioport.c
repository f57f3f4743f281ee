/* SPDX-License-Identifier: MIT */
/* I/O ports in user mode, where the architecture has them: ioperm(2) and iopl(2). */
#include "../harness.h"
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#ifdef __x86_64__
#include <sys/io.h>

#define PORT 0x80 /* of POST codes: writing it does nothing */

static void may_not(void (*use)(void))
{
	pid_t pid = fork();
	int status;

	ASSERT_NE(-1, pid);
	if (!pid) {
		use();
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void use_port(void)
{
	outb(0, PORT);
}

static void use_next_port(void)
{
	outb(0, PORT + 1);
}

static void use_last_port(void)
{
	inb(0xffff);
}

static void use_port_pair(void)
{
	outw(0, PORT);
}

static void stop_interrupts(void)
{
	__asm__ volatile("cli");
}

static void drop_rawio(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	ASSERT_EQ(0, syscall(SYS_capget, &header, data));
	data[0].effective &= ~(1u << CAP_SYS_RAWIO);
	ASSERT_EQ(0, syscall(SYS_capset, &header, data));
}

TEST(a_port_is_allowed_by_its_number)
{
	REQUIRE_CONFIG("X86_IOPL_IOPERM");
	may_not(use_port);
	ASSERT_EQ(0, ioperm(PORT, 1, 1));
	use_port();
	may_not(use_next_port);
	may_not(use_port_pair);
	ASSERT_EQ(0, ioperm(PORT, 2, 1));
	use_port_pair();
	ASSERT_EQ(0, ioperm(PORT, 1, 0));
	may_not(use_port);
	use_next_port();
	ASSERT_EQ(0, ioperm(PORT + 1, 1, 0));
	may_not(use_next_port);
}

TEST(the_last_port_is_one_too)
{
	REQUIRE_CONFIG("X86_IOPL_IOPERM");
	may_not(use_last_port);
	ASSERT_EQ(0, ioperm(0xffff, 1, 1));
	use_last_port();
	EXPECT_ERRNO(EINVAL, ioperm(0xffff, 2, 1));
	EXPECT_ERRNO(EINVAL, ioperm(0x10000, 1, 0));
	EXPECT_ERRNO(EINVAL, ioperm(5, 0, 1));
	EXPECT_ERRNO(EINVAL, ioperm(5, ~0ul, 1));
}

TEST(a_child_has_ports_of_its_own)
{
	int status;
	pid_t pid;

	REQUIRE_CONFIG("X86_IOPL_IOPERM");
	ASSERT_EQ(0, ioperm(PORT, 1, 1));
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		use_port();
		if (ioperm(PORT, 1, 0) || ioperm(PORT + 1, 1, 1))
			_exit(1);
		sched_yield();
		use_next_port();
		may_not(use_port);
		_exit(0);
	}
	for (int i = 0; i < 100; i++) {
		use_port();
		sched_yield();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	use_port();
	may_not(use_next_port);
}

TEST(level_3_allows_all_ports_and_no_more)
{
	REQUIRE_CONFIG("X86_IOPL_IOPERM");
	EXPECT_ERRNO(EINVAL, iopl(4));
	ASSERT_EQ(0, iopl(2));
	may_not(use_port);
	ASSERT_EQ(0, iopl(3));
	use_port();
	use_port_pair();
	use_last_port();
	may_not(stop_interrupts);
	ASSERT_EQ(0, iopl(0));
	may_not(use_port);
}

TEST(to_allow_takes_the_capability)
{
	REQUIRE_CONFIG("X86_IOPL_IOPERM");
	REQUIRE_CONFIG("CAPABILITIES");
	ASSERT_EQ(0, ioperm(PORT, 1, 1));
	ASSERT_EQ(0, iopl(1));
	drop_rawio();
	EXPECT_ERRNO(EPERM, ioperm(PORT, 1, 1));
	EXPECT_ERRNO(EPERM, iopl(2));
	EXPECT_EQ(0, iopl(0));
	EXPECT_EQ(0, ioperm(PORT, 1, 0));
	may_not(use_port);
}
#else
TEST(ports_are_of_another_architecture)
{
	SKIP("no I/O ports");
}
#endif

TEST_MAIN
