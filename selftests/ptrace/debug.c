/* SPDX-License-Identifier: MIT */
/* What debuggers need of the CPU: single steps, breakpoint instructions, hardware watchpoints. */
#include "ptrace.h"
#include <elf.h>
#include <stddef.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifdef __x86_64__
typedef struct user_regs_struct regs_t;
#define PC(r)	     ((r).rip)
#define BREAK_SIZE   1 /* pc is behind the breakpoint instruction */
#define BREAK(insn)  (((insn) & ~0xfful) | 0xcc)
#define SET_PC(r, v) ((r).rip = (v))
/* Instructions of one byte each: the addresses of steps are known. */
#define STEPS	  "nop; nop; nop; nop"
#define STEP_SIZE 1
#else
typedef struct user_pt_regs regs_t;
#define PC(r)	     ((r).pc)
#define BREAK_SIZE   0
#define BREAK(insn)  (((insn) & ~0xfffffffful) | 0xd4200000)
#define SET_PC(r, v) ((r).pc = (v))
#define STEPS	     "nop; nop; nop; nop"
#define STEP_SIZE    4
#endif

static unsigned long get_pc(pid_t pid, regs_t *regs)
{
	struct iovec iov = {regs, sizeof(*regs)};

	if (trace_p(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov))
		return 0;
	return PC(*regs);
}

static int set_pc(pid_t pid, regs_t *regs, unsigned long pc)
{
	struct iovec iov = {regs, sizeof(*regs)};

	SET_PC(*regs, pc);
	return trace_p(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

void four_nops(void);
__asm__(".text\n.globl four_nops\nfour_nops: " STEPS "; ret\n");

/* Puts a breakpoint on @at, runs to it, and takes it away again. */
static bool run_to(pid_t pid, unsigned long at)
{
	long insn, back;
	regs_t regs;

	if (trace_p(PTRACE_PEEKTEXT, pid, at, &insn) ||
	    trace(PTRACE_POKETEXT, pid, at, BREAK((unsigned long)insn)) ||
	    trace(PTRACE_CONT, pid, 0, 0) || wait_stop(pid) != SIGTRAP)
		return false;
	back = insn;
	if (get_pc(pid, &regs) != at + BREAK_SIZE)
		return false;
	return !trace(PTRACE_POKETEXT, pid, at, back) && !set_pc(pid, &regs, at);
}

TEST(breakpoints_and_steps)
{
	siginfo_t info;
	regs_t regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(four_nops);
	ASSERT_TRUE(run_to(pid, (uintptr_t)four_nops));
	for (int i = 1; i <= 4; i++) {
		ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
		ASSERT_EQ(SIGTRAP, wait_stop(pid));
		EXPECT_EQ((uintptr_t)four_nops + i * STEP_SIZE, get_pc(pid, &regs));
		EXPECT_EQ(0, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
		EXPECT_EQ(TRAP_TRACE, info.si_code);
#ifdef __x86_64__
		EXPECT_EQ(0, regs.eflags & 0x100); /* the trap flag is not shown */
#endif
	}
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, wait_exit(pid));
}

long call_getppid(void);
#ifdef __x86_64__
__asm__(".globl call_getppid\ncall_getppid: mov $110, %eax; syscall; nop; ret\n");
#define TO_CALL	   5
#define AFTER_CALL 7
#else
__asm__(".globl call_getppid\ncall_getppid: mov x8, #173; svc #0; nop; ret\n");
#define TO_CALL	   4
#define AFTER_CALL 8
#endif

static void do_call(void)
{
	_exit(call_getppid() != getppid());
}

TEST(a_step_over_a_system_call)
{
	regs_t regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(do_call);
	ASSERT_TRUE(run_to(pid, (uintptr_t)call_getppid));
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ((uintptr_t)call_getppid + TO_CALL, get_pc(pid, &regs));
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ((uintptr_t)call_getppid + AFTER_CALL, get_pc(pid, &regs));
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ((uintptr_t)call_getppid + AFTER_CALL + STEP_SIZE, get_pc(pid, &regs));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, wait_exit(pid));
}

static volatile int handled;

static void handler(int sig)
{
	handled = 1;
}

static void raise_once(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	_exit(!handled);
}

TEST(a_step_into_a_handler_ends_at_its_start)
{
	regs_t regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(raise_once);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(SIGUSR1, wait_stop(pid));
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, SIGUSR1));
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ((uintptr_t)handler, get_pc(pid, &regs));
	/* It does not go on stepping, also not when the handler returns. */
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, wait_exit(pid));
}

/* ---- watchpoints and breakpoints of the CPU ---- */

static volatile long watched __attribute__((aligned(8)));

#ifdef __x86_64__
#define DEBUGREG(n) (offsetof(struct user, u_debugreg) + 8 * (n))

/* In slot 1. @type: 0 execute, 1 write. */
static int arm(pid_t pid, unsigned long addr, bool watch)
{
	unsigned long dr7 = 1 << 2 | (watch ? 0xdul << 20 : 0); /* 8 bytes, write */

	return trace(PTRACE_POKEUSR, pid, DEBUGREG(7), 0) ||
	       trace(PTRACE_POKEUSR, pid, DEBUGREG(1), addr) ||
	       trace(PTRACE_POKEUSR, pid, DEBUGREG(7), dr7);
}

static int disarm(pid_t pid, bool watch)
{
	return trace(PTRACE_POKEUSR, pid, DEBUGREG(7), 0);
}
#else
struct hwdebug {
	uint32_t info, pad;
	struct {
		uint64_t addr;
		uint32_t ctrl, pad;
	} reg[16];
};

static int put(pid_t pid, unsigned long addr, uint32_t ctrl, bool watch)
{
	struct hwdebug state = {.reg[1] = {.addr = addr, .ctrl = ctrl}};
	struct iovec iov = {&state, offsetof(struct hwdebug, reg[2])};

	return trace_p(PTRACE_SETREGSET, pid, watch ? NT_ARM_HW_WATCH : NT_ARM_HW_BREAK, &iov);
}

static int arm(pid_t pid, unsigned long addr, bool watch)
{
	return put(pid, addr, watch ? 0xff << 5 | 2 << 3 | 1 : 0xf << 5 | 1, watch);
}

static int disarm(pid_t pid, bool watch)
{
	return put(pid, 0, 0, watch);
}
#endif

static void write_watched(void)
{
	long before = watched;

	__asm__ volatile("" ::: "memory");
	watched = before + 1;
	_exit(0);
}

TEST(a_watchpoint_sees_a_write)
{
	siginfo_t info;
	long value = -1;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(write_watched);
	ASSERT_EQ(0, arm(pid, (uintptr_t)&watched, true));
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ(0, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_EQ(TRAP_HWBKPT, info.si_code);
#ifdef __x86_64__
	/* After the write, and the status register names the slot. */
	trace_p(PTRACE_PEEKDATA, pid, (uintptr_t)&watched, &value);
	EXPECT_EQ(1, value);
	trace_p(PTRACE_PEEKUSR, pid, DEBUGREG(6), &value);
	EXPECT_EQ(2, value & 0xf);
#else
	/* Before it. */
	trace_p(PTRACE_PEEKDATA, pid, (uintptr_t)&watched, &value);
	EXPECT_EQ(0, value);
	EXPECT_TRUE(info.si_addr == (void *)&watched);
#endif
	EXPECT_EQ(0, disarm(pid, true));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

TEST(a_breakpoint_register_stops)
{
	siginfo_t info;
	regs_t regs;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(four_nops);
	ASSERT_EQ(0, arm(pid, (uintptr_t)four_nops + STEP_SIZE, false));
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(SIGTRAP, wait_stop(pid));
	EXPECT_EQ(0, trace_p(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_EQ(TRAP_HWBKPT, info.si_code);
	EXPECT_EQ((uintptr_t)four_nops + STEP_SIZE, get_pc(pid, &regs));
	EXPECT_EQ(0, disarm(pid, false));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(0, wait_exit(pid));
}

static void fork_and_write(void)
{
	pid_t pid = fork();

	if (!pid)
		write_watched();
	_exit(wait_exit(pid));
}

/* A child starts without, and a kernel address is refused. */
TEST(watchpoints_are_not_inherited)
{
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	REQUIRE_CONFIG("FORK");
	pid = start(fork_and_write);
	EXPECT_TRUE(arm(pid, -4096ul, true));
	disarm(pid, true);
	ASSERT_EQ(0, arm(pid, (uintptr_t)&watched, true));
	trace(PTRACE_CONT, pid, 0, 0);
	int code = wait_stop(pid);

	if (code == SIGCHLD) {
		trace(PTRACE_CONT, pid, 0, 0);
		EXPECT_EQ(0, wait_exit(pid));
	} else {
		EXPECT_EQ(SIGCHLD, code);
		kill(pid, SIGKILL);
	}
}

#ifdef __x86_64__
TEST(registers_by_their_old_requests)
{
	struct user_fpregs_struct fp;
	struct user_regs_struct r;
	long value;
	pid_t pid;

	REQUIRE_CONFIG("PTRACE");
	pid = start(four_nops);
	EXPECT_EQ(0, trace_p(PTRACE_GETREGS, pid, 0, &r));
	EXPECT_EQ(0, trace_p(PTRACE_PEEKUSR, pid, offsetof(struct user, regs.rip), &value));
	EXPECT_EQ((long)r.rip, value);
	r.r15 = 0x1234;
	EXPECT_EQ(0, trace_p(PTRACE_SETREGS, pid, 0, &r));
	EXPECT_EQ(0, trace_p(PTRACE_PEEKUSR, pid, 0, &value));
	EXPECT_EQ(0x1234, value);
	EXPECT_EQ(0, trace_p(PTRACE_GETFPREGS, pid, 0, &fp));
	EXPECT_EQ(0x1f80, fp.mxcsr & 0xffc0);
	EXPECT_EQ(0, trace_p(PTRACE_SETFPREGS, pid, 0, &fp));
	fp.mxcsr = 0xffffffff;
	EXPECT_ERRNO(EINVAL, trace_p(PTRACE_SETFPREGS, pid, 0, &fp));
	EXPECT_ERRNO(EIO, trace_p(PTRACE_PEEKUSR, pid, 3, &value));
	EXPECT_ERRNO(EIO, trace_p(PTRACE_PEEKUSR, pid, sizeof(struct user) + 64, &value));
	EXPECT_ERRNO(EIO, trace(PTRACE_POKEUSR, pid, offsetof(struct user, signal), 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, wait_exit(pid));
}
#endif

TEST_MAIN
