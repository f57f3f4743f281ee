/* SPDX-License-Identifier: MIT */
/*
 * Exceptions in C. What a user program does wrong becomes a signal with the code and address that
 * Linux gives; what the kernel does wrong ends in die(). Handlers are called with everything
 * masked, and unmask as soon as the syndrome registers were read.
 */
#include <kernel/bug.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <arch/debug.h>
#include <arch/regs.h>
#include <asm/asm-offsets.h>
#include <asm/entry.h>
#include <asm/esr.h>
#include <asm/irqchip.h>

/* Used by entry.S alone. */
extern char overflow_stack[];

static const struct arch_irqchip *root_irqchip;

static inline void unmask_all(void)
{
	asm volatile("msr daifclr, #14" : : : "memory");
}

static inline void mask_all(void)
{
	asm volatile("msr daifset, #15" : : : "memory");
}

/* @esr is kept for the signal frame; 0 when Linux keeps none for this kind. */
static void user_fault(int sig, int code, u64 addr, u64 esr)
{
	current->thread.fault_address = esr ? addr : 0;
	current->thread.fault_esr = esr;
	force_sig_fault(sig, code, (void __user *)addr);
}

/* An undefined instruction: an ID register that programs may read, or SIGILL. */
static void user_undefined(struct pt_regs *regs)
{
	u32 insn;

	if (!get_user(insn, (const u32 __user *)regs->pc) && emulate_id_mrs(regs, insn))
		return;
	user_fault(SIGILL, ILL_ILLOPC, regs->pc, 0);
}

static void user_fp_exception(struct pt_regs *regs, u64 esr)
{
	int code = FPE_FLTUNK;

	if (esr & ESR_FP_TFV) {
		if (esr & ESR_FP_IOF)
			code = FPE_FLTINV;
		else if (esr & ESR_FP_DZF)
			code = FPE_FLTDIV;
		else if (esr & ESR_FP_OFF)
			code = FPE_FLTOVF;
		else if (esr & ESR_FP_UFF)
			code = FPE_FLTUND;
		else if (esr & ESR_FP_IXF)
			code = FPE_FLTRES;
	}
	user_fault(SIGFPE, code, regs->pc, 0);
}

static void user_exception(struct pt_regs *regs, u64 esr, u64 far)
{
	switch (ESR_EC(esr)) {
	case EC_PC_ALIGN:
		user_fault(SIGBUS, BUS_ADRALN, far, esr);
		break;
	case EC_SP_ALIGN:
		user_fault(SIGBUS, BUS_ADRALN, regs->sp, esr);
		break;
	case EC_UNKNOWN:
	case EC_SYS64:
		user_undefined(regs);
		break;
	case EC_BRK64:
		user_fault(SIGTRAP, TRAP_BRKPT, regs->pc, 0);
		break;
	case EC_SOFTSTP_LOWER:
		user_fault(SIGTRAP, TRAP_TRACE, regs->pc, 0);
		break;
	case EC_BREAKPT_LOWER:
		user_fault(SIGTRAP, TRAP_HWBKPT, regs->pc, 0);
		break;
	case EC_WATCHPT_LOWER:
		user_fault(SIGTRAP, TRAP_HWBKPT, far, 0);
		break;
	case EC_FP_EXC64:
		user_fp_exception(regs, esr);
		break;
	default:
		user_fault(SIGILL, ILL_ILLOPC, regs->pc, esr);
	}
}

void el0_sync_handler(struct pt_regs *regs, u64 esr, u64 far)
{
	unsigned int ec = ESR_EC(esr);

	unmask_all();
	if (ec == EC_DABT_LOWER || ec == EC_IABT_LOWER)
		do_abort(regs, esr, far);
	else
		user_exception(regs, esr, far);
	mask_all();
}

void el0_aarch32_handler(struct pt_regs *regs)
{
	unmask_all();
	force_fatal_sig(SIGILL);
	mask_all();
}

void el1_sync_handler(struct pt_regs *regs, u64 esr, u64 far)
{
	unsigned int ec = ESR_EC(esr);

	if (regs_irqs_enabled(regs))
		unmask_all();
	switch (ec) {
	case EC_DABT_CURRENT:
	case EC_IABT_CURRENT:
		do_abort(regs, esr, far);
		break;
	case EC_BRK64:
		die("breakpoint instruction in the kernel", regs, esr);
	case EC_PC_ALIGN:
	case EC_SP_ALIGN:
		die("misaligned PC or SP in the kernel", regs, esr);
	case EC_UNKNOWN:
		die("undefined instruction in the kernel", regs, esr);
	default:
		die("unexpected exception in the kernel", regs, esr);
	}
	mask_all();
}

void irq_handler(struct pt_regs *regs)
{
	struct pt_regs *old = set_irq_regs(regs);

	irq_enter();
	root_irqchip->handle();
	irq_exit();
	set_irq_regs(old);
}

void arch_set_irqchip(const struct arch_irqchip *chip)
{
	BUG_ON(root_irqchip);
	root_irqchip = chip;
}

#if IS_ENABLED(CONFIG_SMP)
void arch_send_ipi(unsigned int cpu, enum ipi ipi)
{
	root_irqchip->send_ipi(cpu, ipi);
}
#endif

/*
 * An interrupt controller that cannot be used is not noticed before this: without one nothing
 * works.
 */
int arch_irqchip_cpu_init(void)
{
	return root_irqchip->cpu_init ? root_irqchip->cpu_init() : 0;
}

bool arch_irqchip_present(void)
{
	return root_irqchip;
}

/* @vector: 2 FIQ, 3 SError, 4 any with SP_EL0 selected. */
void bad_exception_handler(struct pt_regs *regs, unsigned int vector, u64 esr)
{
	static const char *const names[] = {"sync", "IRQ", "FIQ", "SError", "SP_EL0 exception"};

	pr_emerg("%s from %s, ESR 0x%llx\n", vector < ARRAY_SIZE(names) ? names[vector] : "?",
		 user_mode(regs) ? "user mode" : "the kernel", esr);
	die("unexpected exception", regs, esr);
}

char overflow_stack[OVERFLOW_STACK_SIZE] __aligned(16);

void stack_overflow_handler(struct pt_regs *regs, u64 sp, u64 esr, u64 far)
{
	static bool again;

	if (again)
		cpu_halt();
	again = true;
	regs->sp = sp;
	pr_emerg("kernel stack overflow: SP 0x%llx, FAR 0x%llx, task %s, stack 0x%lx\n", sp, far,
		 current->comm, (unsigned long)current->stack);
	die("kernel stack overflow", regs, esr);
}
