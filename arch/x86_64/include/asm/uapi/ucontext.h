/* SPDX-License-Identifier: MIT */
/* struct ucontext of x86_64. */
#ifndef _ASM_UAPI_UCONTEXT_H
#define _ASM_UAPI_UCONTEXT_H

#include <uapi/signal.h>
#include <asm/uapi/sigcontext.h>

#define UC_FP_XSTATE	     0x1
#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

struct ucontext {
	unsigned long uc_flags;
	struct ucontext __user *uc_link;
	stack_t uc_stack;
	struct sigcontext uc_mcontext;
	sigset_t uc_sigmask;
};

#endif
