/* SPDX-License-Identifier: MIT */
/* struct ucontext of aarch64. */
#ifndef _ASM_UAPI_UCONTEXT_H
#define _ASM_UAPI_UCONTEXT_H

#include <uapi/signal.h>
#include <asm/uapi/sigcontext.h>

struct ucontext {
	unsigned long uc_flags;
	struct ucontext __user *uc_link;
	stack_t uc_stack;
	sigset_t uc_sigmask;
	__u8 __unused[1024 / 8 - sizeof(sigset_t)]; /* room for 1024 signals */
	struct sigcontext uc_mcontext;
};

#endif
