/* SPDX-License-Identifier: MIT */
/*
 * The last resort: output and stack walks that work when little else does. Context of all: any,
 * IRQs off, locks held.
 */
#ifndef ARCH_DEBUG_H
#define ARCH_DEBUG_H

#include <lib/types.h>

/*
 * Writes @len bytes to the board's early console (polled); nothing when there is none yet. "\n"
 * is sent as CR LF.
 */
void early_console_write(const char *s, size_t len);

/* True when early_console_write() reaches somebody. */
bool early_console_present(void);

struct task_struct;
struct pt_regs;

/*
 * Calls fn(arg, pc, reliable) for each return address: from @regs when given, else from the
 * caller (task == current) or a switched-out task's saved context. Stops when fn returns false or
 * the stack ends; reads only within the task's own stacks.
 */
void arch_stack_walk(bool (*fn)(void *arg, unsigned long pc, bool reliable), void *arg,
		     struct task_struct *task, struct pt_regs *regs);

/* printk's the registers. */
void arch_show_regs(struct pt_regs *regs);

/*
 * Called by panic and oops for a trap; prints registers and backtrace, then panics
 * (kernel/panic.c; upcall).
 */
void die(const char *what, struct pt_regs *regs, unsigned long code) __attribute__((noreturn));

#endif
