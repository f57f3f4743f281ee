/* SPDX-License-Identifier: MIT */
/* Signal frames exactly as Linux lays them out on each arch. */
#ifndef ARCH_SIGNAL_H
#define ARCH_SIGNAL_H

#include <lib/types.h>

struct pt_regs;
struct ksignal; /* <kernel/signal.h>: signal number, siginfo, k_sigaction */

/*
 * Pushes a frame for @ksig on the user stack (or the alternate stack: sigsp() in kernel/signal.h
 * chooses) that saves @regs, FPU state and the mask @oldset, and points @regs at the handler. 0,
 * or -EFAULT when the stack cannot be written (the caller forces SIGSEGV). May sleep.
 */
int arch_setup_rt_frame(struct ksignal *ksig, const u64 *oldset, struct pt_regs *regs);

/*
 * rt_sigreturn(2): restores registers, FPU state, mask (via set_current_blocked) and altstack
 * from the frame at the user stack pointer. Every value is checked: no privileged bit can be set
 * by it. Returns the value of the result register, or forces SIGSEGV.
 */
long arch_rt_sigreturn(struct pt_regs *regs);

#endif
