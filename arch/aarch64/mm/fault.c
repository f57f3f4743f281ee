/* SPDX-License-Identifier: MIT */
/*
 * Aborts: decodes the syndrome and hands page faults to mm/fault.c; the rest are signals, fix-ups
 * or the end.
 */
#include <kernel/extable.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <arch/debug.h>
#include <arch/mmu.h>
#include <arch/regs.h>
#include <arch/uaccess.h>
#include <asm/entry.h>
#include <asm/esr.h>

bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *entry = search_exception_table(regs->pc);

	if (!entry)
		return false;
	regs->pc = (unsigned long)&entry->fixup + entry->fixup;
	return true;
}

static unsigned int fault_flags(const struct pt_regs *regs, u64 esr)
{
	unsigned int ec = ESR_EC(esr), flags = user_mode(regs) ? FAULT_USER : 0;

	if (ec == EC_IABT_LOWER || ec == EC_IABT_CURRENT)
		flags |= FAULT_EXEC;
	else if ((esr & (ESR_WNR | ESR_CM)) == ESR_WNR)
		flags |= FAULT_WRITE;
	if (ESR_FSC_TYPE(esr) != FSC_TRANSLATION)
		flags |= FAULT_PROT;
	return flags;
}

/* The address without its tag: the top byte of a user address is ignored by loads and stores. */
static u64 untagged(u64 far)
{
	return (u64)((s64)(far << 8) >> 8);
}

/*
 * The syndrome as a program may see it: of an address that is not its own it learns no more than
 * that there is nothing (translation fault, level 0), or how the kernel is mapped could be found
 * out.
 */
static u64 user_esr(u64 esr, u64 addr)
{
	if (addr < TASK_SIZE)
		return esr;
	return (esr & (0x3full << ESR_EC_SHIFT | ESR_IL | ESR_CM | ESR_WNR)) | FSC_TRANSLATION;
}

/* Not a matter of page tables: misaligned, or the memory system refused. */
static void hard_abort(struct pt_regs *regs, u64 esr, u64 addr)
{
	bool alignment = ESR_FSC(esr) == FSC_ALIGNMENT;

	if (user_mode(regs)) {
		current->thread.fault_address = addr;
		current->thread.fault_esr = user_esr(esr, addr);
		force_sig_fault(SIGBUS, alignment ? BUS_ADRALN : BUS_OBJERR, (void __user *)addr);
		return;
	}
	if (fixup_exception(regs))
		return;
	pr_emerg("abort at 0x%llx, ESR 0x%llx\n", addr, esr);
	die(alignment ? "misaligned access in the kernel" : "external abort in the kernel", regs,
	    esr);
}

void do_abort(struct pt_regs *regs, u64 esr, u64 far)
{
	struct arch_thread *thread = &current->thread;
	u64 addr = untagged(far);

	switch (ESR_FSC_TYPE(esr)) {
	case FSC_TRANSLATION:
	case FSC_ACCESS:
	case FSC_PERMISSION:
		break;
	default:
		hard_abort(regs, esr, addr);
		return;
	}
	if (!user_mode(regs)) {
		handle_page_fault(regs, addr, fault_flags(regs, esr));
		return;
	}
	/* For the signal frame, should a signal come of it. */
	thread->fault_address = addr;
	thread->fault_esr = user_esr(esr, addr);
	handle_page_fault(regs, addr, fault_flags(regs, esr));
	if (!signal_pending(current))
		thread->fault_esr = 0;
}
