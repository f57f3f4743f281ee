/* SPDX-License-Identifier: MIT */
/* The checks of <asm/asm-offsets.h>. Makes no code. */
#include <kernel/sched.h>
#include <arch/regs.h>
#include <asm/asm-offsets.h>

static_assert(offsetof(struct task_struct, thread_info) == 0);
static_assert(offsetof(struct thread_info, flags) == TI_FLAGS);
static_assert(offsetof(struct thread_info, preempt) == TI_PREEMPT);
static_assert(offsetof(struct thread_info, kernel_sp) == TI_KERNEL_SP);
static_assert(offsetof(struct thread_info, cpu) == TI_CPU);
static_assert(offsetof(struct thread_info, kernel_simd) == TI_SIMD);

static_assert(offsetof(struct pt_regs, regs[0]) == S_X0);
static_assert(offsetof(struct pt_regs, regs[8]) == S_X8);
static_assert(offsetof(struct pt_regs, regs[18]) == S_X18);
static_assert(offsetof(struct pt_regs, regs[28]) == S_X28);
static_assert(offsetof(struct pt_regs, regs[30]) == S_X30);
static_assert(offsetof(struct pt_regs, sp) == S_SP);
static_assert(offsetof(struct pt_regs, pc) == S_PC);
static_assert(offsetof(struct pt_regs, pstate) == S_PSTATE);
static_assert(offsetof(struct pt_regs, orig_x0) == S_ORIG_X0);
static_assert(offsetof(struct pt_regs, syscallno) == S_SYSCALLNO);
static_assert(offsetof(struct pt_regs, frame) == S_FRAME);
static_assert(sizeof(struct pt_regs) == S_SIZE);
static_assert(sizeof(struct stack_end) == STACK_END_SIZE);
static_assert(sizeof(struct switch_frame) == SWITCH_FRAME_SIZE);
/* The stack pointer is a multiple of 16 at all times. */
static_assert(S_SIZE % 16 == 0 && STACK_END_SIZE % 16 == 0 && SWITCH_FRAME_SIZE % 16 == 0);
