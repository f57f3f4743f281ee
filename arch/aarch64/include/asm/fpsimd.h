/* SPDX-License-Identifier: MIT */
/*
 * FP/SIMD registers: whose values they hold, and when they move. See cpu/fpsimd.c.
 * save/load: one set of registers to or from memory; any context that owns the registers.
 */
#ifndef ASM_FPSIMD_H
#define ASM_FPSIMD_H

#include <lib/types.h>
#include <arch/thread.h>

void fpsimd_save(struct fpsimd_state *state);
void fpsimd_load(const struct fpsimd_state *state);

/* Inside the switch, IRQs off. */
void fpsimd_switch(struct task_struct *prev, struct task_struct *next);
/* Brings current->thread.fpsimd up to date, so that it can be copied. */
void fpsimd_sync_current(void);
/* current->thread.fpsimd was replaced: loads it. */
void fpsimd_reload_current(void);
/* current starts with all registers zero. */
void fpsimd_flush_current(void);

#endif
