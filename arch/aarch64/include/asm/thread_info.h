/* SPDX-License-Identifier: MIT */
/*
 * What entry code must reach at fixed offsets from `current`: struct thread_info is task_struct's
 * first member. Offsets for assembly are in <asm/asm-offsets.h>.
 */
#ifndef ASM_THREAD_INFO_H
#define ASM_THREAD_INFO_H

#include <lib/types.h>

struct thread_info {
	unsigned long flags; /* TIF_*, atomic bit operations: other CPUs set bits */
	/*
	 * The preemption counter and, inverted, the wish to reschedule: the whole word is 0 exactly
	 * when a preemption is both wanted and allowed. Only the CPU that runs the task touches it.
	 */
	union {
		u64 preempt;
		struct {
			u32 preempt_count;
			u32 preempt_not_resched; /* 0: reschedule wanted */
		};
	};
	unsigned long kernel_sp; /* while switched out: points at struct switch_frame */
	u32 cpu; /* the CPU that runs it, or ran it last; written by the switch */
	/* copies in lib/ that use SIMD registers are under way: a switch must keep them */
	u32 kernel_simd;
};

#endif
