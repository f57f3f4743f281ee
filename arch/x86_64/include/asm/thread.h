/* SPDX-License-Identifier: MIT */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#include <lib/types.h>
#include <asm/thread_info.h>

struct fpu_state;
struct io_bitmap;

/* Bits of arch_thread.switch_flags. */
#define THREAD_NO_TSC 0x01 /* CR4.TSD while it runs */
#define THREAD_IOPORT 0x02 /* may use some I/O port in user mode */

/*
 * What a task needs to run again besides its kernel stack. fs_base and gs_base are the user's;
 * while the task runs and the CPU has FSGSBASE the registers may be newer. fpu: asm/fpu.h; NULL for
 * a task that never was in user mode.
 */
struct arch_thread {
	unsigned long sp; /* kernel stack pointer while switched out */
	unsigned long fs_base, gs_base;
	u16 fs_sel, gs_sel;
	/* CPU whose registers were last loaded from or saved to fpu; FPU_NO_CPU: memory is newer */
	u32 fpu_cpu;
	struct fpu_state *fpu;
	/* Of the last fault, for signal frames. */
	u32 trap_nr, error_code;
	unsigned long cr2;
	/* For tracers: asm/debugreg.h. DR7 0: nothing armed. */
	unsigned long dr[4], dr7, virtual_dr6;
	bool forced_tf;
	u8 switch_flags; /* THREAD_: what few threads want of the CPU, set up by the switch */
#ifdef CONFIG_X86_IOPL_IOPERM
	u8 iopl;
	struct io_bitmap *io_bitmap; /* asm/ioport.h */
#endif
};

/* Brings current->thread.fs_base, gs_base and the selectors up to date. */
void arch_sync_segments(void);

#endif
