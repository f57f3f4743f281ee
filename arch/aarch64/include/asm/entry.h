/* SPDX-License-Identifier: MIT */
/* What entry/entry.S calls in C, and what C knows of it. */
#ifndef ASM_ENTRY_H
#define ASM_ENTRY_H

#include <lib/types.h>

struct pt_regs;
struct task_struct;

/* In entry.S. */
void ret_from_fork(void);
struct task_struct *cpu_switch_to(struct task_struct *prev, struct task_struct *next);
struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next);

/* cpu/thread.c */
void arch_kthread_return(int ret);
long arch_syscall_enter(struct pt_regs *regs);
void arch_exit_to_user_work(struct pt_regs *regs);

/* entry/traps.c. @esr, @far: ESR_EL1 and FAR_EL1. IRQs are off on entry and return. */
void el0_sync_handler(struct pt_regs *regs, u64 esr, u64 far);
void el1_sync_handler(struct pt_regs *regs, u64 esr, u64 far);
void el0_aarch32_handler(struct pt_regs *regs);
void irq_handler(struct pt_regs *regs);
void bad_exception_handler(struct pt_regs *regs, unsigned int vector, u64 esr)
	__attribute__((noreturn));
void stack_overflow_handler(struct pt_regs *regs, u64 sp, u64 esr, u64 far)
	__attribute__((noreturn));

/* The root interrupt controller's part of bringing up this CPU; whether there is one. */
int arch_irqchip_cpu_init(void);
bool arch_irqchip_present(void);

/* mm/fault.c */
void do_abort(struct pt_regs *regs, u64 esr, u64 far);

/* cpu/cpuid.c: an MRS of an ID register from user mode. True if it was emulated. */
bool emulate_id_mrs(struct pt_regs *regs, u32 insn);

/* boot/setup.c, cpu/smp.c: first C code of a CPU. */
void arch_setup(phys_addr_t fdt, unsigned int boot_el) __attribute__((noreturn));
void secondary_setup(void) __attribute__((noreturn));

#endif
