/* SPDX-License-Identifier: MIT */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#include <lib/types.h>
#include <asm/thread_info.h>

/* As Linux's struct user_fpsimd_state: what ptrace and signal frames hold. */
struct fpsimd_state {
	__uint128_t vregs[32];
	u32 fpsr;
	u32 fpcr;
	u32 reserved[2];
};

/*
 * FPU: the registers of the CPU hold this task's state exactly when the per-CPU `fpsimd_owner` is
 * this task and fpsimd_cpu is that CPU; then, while the task runs, they may be newer than ->fpsimd,
 * which is written when it is switched out. See cpu/fpsimd.c.
 */
struct arch_thread {
	struct fpsimd_state fpsimd;
	u64 tpidr; /* TPIDR_EL0; stale while the task runs */
	/* CPU that last loaded fpsimd; FPSIMD_NO_CPU: memory is newer than any register */
	u32 fpsimd_cpu;
	bool uses_fpsimd; /* false for kernel threads: nothing to save or load */
	bool single_step; /* PTRACE_SINGLESTEP: MDSCR_EL1.SS while it runs */
	struct hw_debug *hw_debug; /* a tracer's breakpoints or NULL: asm/hwdebug.h */
	u64 fault_address; /* of the last user fault, for the signal frame and ptrace */
	u64 fault_esr; /* its syndrome; 0: none, no esr_context record */
};

#define FPSIMD_NO_CPU 0xffffffffu

#endif
