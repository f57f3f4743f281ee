/* SPDX-License-Identifier: MIT */
/*
 * task_struct's first member: what entry code and the preemption counter reach without knowing
 * task_struct.
 */
#ifndef ASM_THREAD_INFO_H
#define ASM_THREAD_INFO_H

#include <lib/types.h>

struct thread_info {
	unsigned long flags; /* TIF_*, atomic bit operations; offset TI_FLAGS in assembly */
	u32 preempt_count; /* while switched out; the running task's is per-CPU (asm/preempt.h) */
	u32 reserved;
};

#endif
