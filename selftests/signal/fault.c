/* SPDX-License-Identifier: MIT */
/*
 * Faults of a user program: each gives its signal with the right siginfo, or ends the program; none
 * does anything to the kernel. `for (n)` loops repeat because a kernel that leaks on this path dies
 * of the repetition.
 *
 * CFLAGS: -Wno-clobbered -Wno-infinite-recursion -Wno-unknown-warning-option
 */
#include "../harness.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static sigjmp_buf back;
static siginfo_t info;

static void catch_fault(int sig, siginfo_t *si, void *uc)
{
	info = *si;
	siglongjmp(back, sig);
}

static void catch_all(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	struct sigaction sa = {.sa_sigaction = catch_fault, .sa_flags = SA_SIGINFO};

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		ASSERT_EQ(0, sigaction(sigs[i], &sa, NULL));
}

/* The signal that @stmt raises; 0: none. */
#define SIGNAL_OF(stmt)                        \
	({                                     \
		int sig_ = sigsetjmp(back, 1); \
                                               \
		if (!sig_) {                   \
			stmt;                  \
		}                              \
		sig_;                          \
	})

static volatile char *volatile nowhere;

TEST_SIGNAL(null_write_ends_the_program, SIGSEGV)
{
	*nowhere = 1;
}

TEST(null_write_gives_sigsegv_maperr)
{
	catch_all();
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(nowhere[8] = 1));
	EXPECT_EQ(SEGV_MAPERR, info.si_code);
	EXPECT_TRUE(info.si_addr == (void *)8);
}

TEST(null_read_gives_sigsegv)
{
	catch_all();
	for (int n = 0; n < 200; n++)
		ASSERT_EQ(SIGSEGV, SIGNAL_OF((void)*nowhere));
}

TEST(kernel_addresses_give_sigsegv)
{
	static const uintptr_t addresses[] = {
		0xffff800000000000, 0xffffffff80000000, 0xffff000000000000, 0x8000000000000000,
		0x0000800000000000, 0x00fffffffffff000, 0xfffffffffffffff8,
	};

	catch_all();
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		nowhere = (char *)addresses[i];
		EXPECT_EQ(SIGSEGV, SIGNAL_OF((void)*nowhere));
		EXPECT_EQ(SIGSEGV, SIGNAL_OF(*nowhere = 1));
	}
}

TEST(read_only_page_gives_accerr)
{
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	catch_all();
	nowhere = p + 5;
	EXPECT_EQ(0, *nowhere);
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(*nowhere = 1));
	EXPECT_EQ(SEGV_ACCERR, info.si_code);
	EXPECT_TRUE(info.si_addr == p + 5);
}

TEST(prot_none_page_cannot_be_read)
{
	char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	catch_all();
	nowhere = p;
	EXPECT_EQ(SIGSEGV, SIGNAL_OF((void)*nowhere));
	EXPECT_EQ(SEGV_ACCERR, info.si_code);
}

static void jump_to(void *p)
{
	((void (*)(void))p)();
}

#if defined(__x86_64__)
static const unsigned char return_code[] = {0xc3};
#else
static const unsigned char return_code[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif

TEST(data_pages_do_not_execute)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	memcpy(p, return_code, sizeof(return_code));
	catch_all();
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(jump_to(p)));
	EXPECT_EQ(SEGV_ACCERR, info.si_code);
	EXPECT_TRUE(info.si_addr == p);
	ASSERT_EQ(0, mprotect(p, 4096, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(p, p + 4096);
	EXPECT_EQ(0, SIGNAL_OF(jump_to(p)));
}

TEST(the_stack_does_not_execute)
{
	unsigned char code[64] __attribute__((aligned(64)));

	memcpy(code, return_code, sizeof(return_code));
	catch_all();
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(jump_to(code)));
}

TEST(jumping_nowhere_gives_sigsegv)
{
	catch_all();
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(jump_to((void *)0x10)));
}

TEST(program_text_cannot_be_written)
{
	catch_all();
	nowhere = (char *)(uintptr_t)jump_to;
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(*nowhere = 0));
	EXPECT_EQ(SEGV_ACCERR, info.si_code);
}

TEST(undefined_instruction_gives_sigill)
{
	catch_all();
	for (int n = 0; n < 100; n++) {
#if defined(__x86_64__)
		ASSERT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__("ud2")));
#else
		ASSERT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__(".inst 0")));
#endif
		ASSERT_EQ(ILL_ILLOPN == info.si_code || ILL_ILLOPC == info.si_code, 1);
	}
}

TEST(privileged_instruction_is_refused)
{
	catch_all();
#if defined(__x86_64__)
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(__asm__ __volatile__("hlt")));
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(__asm__ __volatile__("cli")));
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(__asm__ __volatile__("outb %%al, $0x80" : : "a"(0))));
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(__asm__ __volatile__("mov %%cr3, %%rax" : : : "rax")));
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(__asm__ __volatile__("int $0x8")));
#else
	EXPECT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__("mrs x0, ttbr0_el1" : : : "x0")));
	EXPECT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__("msr daifset, #2")));
	EXPECT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__("hvc #0")));
	EXPECT_EQ(SIGILL, SIGNAL_OF(__asm__ __volatile__("smc #0")));
#endif
}

TEST(breakpoint_gives_sigtrap)
{
	catch_all();
#if defined(__x86_64__)
	EXPECT_EQ(SIGTRAP, SIGNAL_OF(__asm__ __volatile__("int3")));
#else
	EXPECT_EQ(SIGTRAP, SIGNAL_OF(__asm__ __volatile__("brk #0")));
#endif
}

#if defined(__x86_64__)
TEST(divide_by_zero_gives_sigfpe)
{
	catch_all();
	EXPECT_EQ(SIGFPE,
		  SIGNAL_OF(__asm__ __volatile__("xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx"
						 :
						 :
						 : "eax", "ecx", "edx")));
	EXPECT_EQ(FPE_INTDIV, info.si_code);
}

/* QEMU's emulation (not KVM) never raises SSE exceptions. */
static bool is_emulated(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0x40000000, eax, ebx, ecx, edx);
	return ebx == 0x54474354; /* "TCGT" */
}

TEST(sse_exception_gives_sigfpe)
{
	unsigned int csr = 0x1f80 & ~0x200, old;
	volatile double zero = 0.0, one = 1.0, r = 0;

	if (is_emulated())
		SKIP("QEMU's TCG does not emulate SSE exceptions");
	catch_all();
	__asm__ __volatile__("stmxcsr %0" : "=m"(old));
	__asm__ __volatile__("ldmxcsr %0" : : "m"(csr));
	EXPECT_EQ(SIGFPE, SIGNAL_OF(r = one / zero));
	__asm__ __volatile__("ldmxcsr %0" : : "m"(old));
	EXPECT_EQ(FPE_FLTDIV, info.si_code);
	(void)r;
}

TEST(bad_stack_pointer_at_a_fault_ends_the_program)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		catch_all();
		__asm__ __volatile__("mov $0x10, %%rsp; push %%rax" : : : "memory");
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}
#else
TEST(divide_by_zero_gives_zero)
{
	volatile int zero = 0;
	int r = 1;

	__asm__ __volatile__("sdiv %w0, %w1, %w2" : "=r"(r) : "r"(1), "r"(zero));
	EXPECT_EQ(0, r);
}
#endif

static int deep(int n)
{
	volatile char frame[1024];

	memset((char *)frame, n, sizeof(frame));
	return deep(n + 1) + frame[n & 1023];
}

TEST(stack_overflow_gives_sigsegv_on_the_alternate_stack)
{
	static char stack[65536];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction sa = {.sa_sigaction = catch_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	volatile int depth = 0;

	ASSERT_EQ(0, sigaltstack(&ss, NULL));
	ASSERT_EQ(0, sigaction(SIGSEGV, &sa, NULL));
	EXPECT_EQ(SIGSEGV, SIGNAL_OF(depth = deep(0)));
	EXPECT_EQ(0, depth);
}

TEST_SIGNAL(stack_overflow_ends_the_program, SIGSEGV)
{
	NOTE("unreachable %d", deep(0));
}

TEST(the_stack_grows_to_its_limit)
{
	struct rlimit rl;
	pid_t pid;

	ASSERT_EQ(0, getrlimit(RLIMIT_STACK, &rl));
	pid = fork();
	if (pid == 0) {
		volatile char big[1 << 20];

		for (size_t i = sizeof(big); i > 0; i -= 4096)
			big[i - 1] = 1;
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST(mapped_file_beyond_its_end_gives_sigbus)
{
	char name[] = "/tmp/faultXXXXXX", *p;
	int fd = mkstemp(name);

	ASSERT_GE(fd, 0);
	unlink(name);
	ASSERT_EQ(0, ftruncate(fd, 4096));
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	catch_all();
	nowhere = p;
	EXPECT_EQ(0, SIGNAL_OF(*nowhere = 1));
	nowhere = p + 4096;
	EXPECT_EQ(SIGBUS, SIGNAL_OF((void)*nowhere));
	EXPECT_EQ(BUS_ADRERR, info.si_code);
}

TEST(a_blocked_fault_ends_the_program)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		sigset_t set;

		sigfillset(&set);
		sigprocmask(SIG_BLOCK, &set, NULL);
		*nowhere = 1;
	}
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(many_crashes_leave_the_kernel_well)
{
	for (int n = 0; n < 200; n++) {
		pid_t pid = fork();
		int status;

		ASSERT_GE(pid, 0);
		if (pid == 0)
			*nowhere = 1;
		status = test_wait(pid);
		ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

TEST_MAIN
