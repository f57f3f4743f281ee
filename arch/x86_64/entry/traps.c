/* SPDX-License-Identifier: MIT */
/*
 * Exceptions (SDM vol. 3, chapter 6). One of user mode is a signal to that task with the code and
 * address that Linux gives; one of the kernel is either an expected fault of a user access
 * (exception table) or a bug: die().
 */
#include <arch/debug.h>
#include <arch/mmu.h>
#include <arch/regs.h>
#include <arch/uaccess.h>
#include <kernel/extable.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <lib/string.h>
#include <asm/asm-offsets.h>
#include <asm/debugreg.h>
#include <asm/entry.h>
#include <asm/fpu.h>
#include <asm/irqflags.h>
#include <asm/msr.h>

#define CHECK_OFFSET(name, field) static_assert(PT_REGS_##name == offsetof(struct pt_regs, field))
CHECK_OFFSET(R15, r15);
CHECK_OFFSET(R14, r14);
CHECK_OFFSET(R13, r13);
CHECK_OFFSET(R12, r12);
CHECK_OFFSET(BP, bp);
CHECK_OFFSET(BX, bx);
CHECK_OFFSET(R11, r11);
CHECK_OFFSET(R10, r10);
CHECK_OFFSET(R9, r9);
CHECK_OFFSET(R8, r8);
CHECK_OFFSET(AX, ax);
CHECK_OFFSET(CX, cx);
CHECK_OFFSET(DX, dx);
CHECK_OFFSET(SI, si);
CHECK_OFFSET(DI, di);
CHECK_OFFSET(ORIG_AX, orig_ax);
CHECK_OFFSET(IP, ip);
CHECK_OFFSET(CS, cs);
CHECK_OFFSET(FLAGS, flags);
CHECK_OFFSET(SP, sp);
CHECK_OFFSET(SS, ss);
static_assert(PT_REGS_SIZE == sizeof(struct pt_regs));
static_assert(offsetof(struct task_struct, thread_info) == 0);
static_assert(offsetof(struct thread_info, flags) == TI_FLAGS);

/* Page-fault error code, SDM vol. 3, 4.7. */
#define PF_PROT	 0x01u
#define PF_WRITE 0x02u
#define PF_USER	 0x04u
#define PF_RSVD	 0x08u
#define PF_EXEC	 0x10u

static const char *const trap_names[] = {
	[X86_TRAP_DE] = "divide error",
	[X86_TRAP_DB] = "debug",
	[X86_TRAP_NMI] = "NMI",
	[X86_TRAP_BP] = "breakpoint",
	[X86_TRAP_OF] = "overflow",
	[X86_TRAP_BR] = "bound range",
	[X86_TRAP_UD] = "invalid opcode",
	[X86_TRAP_NM] = "device not available",
	[X86_TRAP_DF] = "double fault",
	[X86_TRAP_TS] = "invalid TSS",
	[X86_TRAP_NP] = "segment not present",
	[X86_TRAP_SS] = "stack segment",
	[X86_TRAP_GP] = "general protection fault",
	[X86_TRAP_PF] = "page fault",
	[X86_TRAP_MF] = "x87 error",
	[X86_TRAP_AC] = "alignment check",
	[X86_TRAP_MC] = "machine check",
	[X86_TRAP_XF] = "SIMD error",
};

static const char *trap_name(unsigned long vector)
{
	if (vector < ARRAY_SIZE(trap_names) && trap_names[vector])
		return trap_names[vector];
	return "unknown exception";
}

bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e = search_exception_table(regs->ip);

	if (!e)
		return false;
	regs->ip = (unsigned long)&e->fixup + e->fixup;
	return true;
}

static void note_trap(unsigned long vector, unsigned long error)
{
	current->thread.trap_nr = (u32)vector;
	current->thread.error_code = (u32)error;
}

/*
 * The code of SIGFPE for unmasked exception bits, most basic first: IE DE ZE OE UE PE. SDM vol. 1,
 * 8.5 and 11.5.
 */
static int fpe_code(u32 raised)
{
	if (raised & 0x01)
		return FPE_FLTINV;
	if (raised & 0x04)
		return FPE_FLTDIV;
	if (raised & 0x08)
		return FPE_FLTOVF;
	if (raised & 0x12)
		return FPE_FLTUND;
	if (raised & 0x20)
		return FPE_FLTRES;
	return 0;
}

static void fpu_error(struct pt_regs *regs, unsigned long vector)
{
	struct fpu_state *fpu = fpu_sync(current);
	u32 raised;
	int code;

	if (vector == X86_TRAP_MF)
		raised = fpu->fsw & ~fpu->fcw & 0x3f;
	else
		raised = fpu->mxcsr & ~(fpu->mxcsr >> 7) & 0x3f;
	code = fpe_code(raised);
	if (code) /* none: a spurious one, the program goes on */
		force_sig_fault(SIGFPE, code, (void __user *)regs->ip);
}

/* A step or a breakpoint. IRQs off until the status is read: the register is this CPU's. */
static void user_debug(struct pt_regs *regs)
{
	unsigned long dr6 = debugreg_take_status();

	current->thread.virtual_dr6 |= dr6 & (DR6_TRAPS | DR6_STEP);
	local_irq_enable();
	/* Breakpoints of the task that ran before may be named as well: those not enabled. */
	force_sig_fault(SIGTRAP,
			dr6 & DR6_TRAPS && current->thread.dr7 ? TRAP_HWBKPT :
			dr6 & DR6_STEP			       ? TRAP_TRACE :
								 TRAP_BRKPT,
			(void __user *)regs->ip);
}

/* IRQs are on. */
static void user_exception(struct pt_regs *regs, unsigned long vector)
{
	void __user *ip = (void __user *)regs->ip;

	switch (vector) {
	case X86_TRAP_DE:
		return force_sig_fault(SIGFPE, FPE_INTDIV, ip);
	case X86_TRAP_BP:
		return force_sig(SIGTRAP);
	case X86_TRAP_UD:
		return force_sig_fault(SIGILL, ILL_ILLOPN, ip);
	case X86_TRAP_AC:
		return force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
	case X86_TRAP_NP:
	case X86_TRAP_SS:
		return force_sig(SIGBUS);
	case X86_TRAP_MF:
	case X86_TRAP_XF:
		return fpu_error(regs, vector);
	default:
		return force_sig(SIGSEGV);
	}
}

void handle_exception(struct pt_regs *regs, unsigned long vector, unsigned long error)
{
	if (user_mode(regs)) {
		note_trap(vector, error);
		if (vector == X86_TRAP_DB)
			return user_debug(regs);
		local_irq_enable();
		return user_exception(regs, vector);
	}
	if (fixup_exception(regs))
		return;
	die(trap_name(vector), regs, error);
}

/* NMI, debug, double fault, machine check that hit the kernel, on their own stacks. */
void handle_paranoid(struct pt_regs *regs, unsigned long vector, unsigned long error)
{
	static const char nmi_text[] = "NMI for an unknown reason\n";

	switch (vector) {
	case X86_TRAP_NMI:
		/* It may have hit printk() with its lock held. */
		early_console_write(nmi_text, sizeof(nmi_text) - 1);
		return;
	case X86_TRAP_DB:
		/*
		 * The kernel touched memory that a tracer watches, or a leftover of user mode (mov
		 * to %ss, then syscall).
		 */
		regs->flags &= ~X86_EFLAGS_TF;
		debugreg_take_status();
		return;
	case X86_TRAP_DF:
		die("double fault (kernel stack overflow?)", regs, error);
	default:
		die(trap_name(vector), regs, error);
	}
}

static unsigned int fault_flags(unsigned long error)
{
	unsigned int flags = 0;

	if (error & PF_WRITE)
		flags |= FAULT_WRITE;
	if (error & PF_EXEC)
		flags |= FAULT_EXEC;
	if (error & PF_USER)
		flags |= FAULT_USER;
	if (error & PF_PROT)
		flags |= FAULT_PROT;
	return flags;
}

void do_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error)
{
	if (unlikely(error & PF_RSVD))
		die("corrupted page table", regs, error);
	if (likely((error & PF_USER) || user_mode(regs))) {
		struct arch_thread *thread = &current->thread;

		thread->trap_nr = X86_TRAP_PF;
		/*
		 * A kernel address looks like one that is mapped: nothing is to be learnt from the
		 * code.
		 */
		thread->error_code = (u32)(error | (addr >= TASK_SIZE ? PF_PROT : 0));
		thread->cr2 = addr;
	}
	if (regs_irqs_enabled(regs))
		local_irq_enable();
	/*
	 * The CPU looked something up for a program as the kernel would: a descriptor, or what a
	 * far return finds on the stack under some emulators. Nothing of a user's is there.
	 */
	if (unlikely(!(error & PF_USER) && user_mode(regs))) {
		force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)addr);
		return;
	}
	handle_page_fault(regs, addr, fault_flags(error));
}

/*
 * iret faulted with the kernel's registers as in @regs but ip to ss: those five are what it tried
 * to load, the last of the task's stack, and @regs lies below them. Gives the user's frame.
 */
struct pt_regs *fixup_bad_iret(struct pt_regs *regs)
{
	struct pt_regs *user = (struct pt_regs *)this_cpu_read(cpu_kernel_sp) - 1;

	memmove(user, regs, offsetof(struct pt_regs, ip));
	user->cs = USER_CS;
	user->ss = USER_DS;
	return user;
}
