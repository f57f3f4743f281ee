/* SPDX-License-Identifier: MIT */
/*
 * Exceptions, system calls, the context switch.
 *
 * In user mode SP_EL1 points at the struct stack_end of the task's kernel stack, so that the struct
 * pt_regs that entry pushes is right below it. In the kernel SP_EL0 is `current`. Everything runs
 * on the task's stack, interrupts too.
 *
 * A system call saves what C may change (x0-x17, x30; x18 is reserved) and leaves x19-x29 in their
 * registers, where they still are when it returns. What needs the whole frame (signals, tracing,
 * the calls marked `!` in syscalls.tbl) adds them to the frame first and loads all of it
 * afterwards.
 */
#include <asm/assembler.h>
#include <asm/asm-offsets.h>
#include <asm/esr.h>
#include <asm/sysreg.h>
#include <arch/param.h>
#include <kernel/thread_info.h>
#include <generated/syscall_table.h>

/*
 * One test on the way to user mode: every flag of bits 0 to 10. Those that ask for nothing
 * (FPU_RELOAD) are never set here.
 */
#define EXIT_FLAGS ((1 << (TIF_SECCOMP + 1)) - 1)
#if (TIF_EXIT_MASK & ~EXIT_FLAGS) != 0
#error "a flag of TIF_EXIT_MASK is above TIF_SECCOMP"
#endif

#define UNMASK_IRQ_ABORT_DEBUG 0xe
#define MASK_ALL	       0xf

/* x18 to x29: what the fast path of a system call does not save. */
.macro save_callee
	stp	x18, x19, [sp, #S_X18]
	stp	x20, x21, [sp, #S_X20]
	stp	x22, x23, [sp, #S_X22]
	stp	x24, x25, [sp, #S_X24]
	stp	x26, x27, [sp, #S_X26]
	stp	x28, x29, [sp, #S_X28]
.endm

.macro load_callee
	ldp	x18, x19, [sp, #S_X18]
	ldp	x20, x21, [sp, #S_X20]
	ldp	x22, x23, [sp, #S_X22]
	ldp	x24, x25, [sp, #S_X24]
	ldp	x26, x27, [sp, #S_X26]
	ldp	x28, x29, [sp, #S_X28]
.endm

.macro save_x0_x17
	stp	x0, x1, [sp, #S_X0]
	stp	x2, x3, [sp, #S_X2]
	stp	x4, x5, [sp, #S_X4]
	stp	x6, x7, [sp, #S_X6]
	stp	x8, x9, [sp, #S_X8]
	stp	x10, x11, [sp, #S_X10]
	stp	x12, x13, [sp, #S_X12]
	stp	x14, x15, [sp, #S_X14]
	stp	x16, x17, [sp, #S_X16]
.endm

.macro load_x2_x17
	ldp	x2, x3, [sp, #S_X2]
	ldp	x4, x5, [sp, #S_X4]
	ldp	x6, x7, [sp, #S_X6]
	ldp	x8, x9, [sp, #S_X8]
	ldp	x10, x11, [sp, #S_X10]
	ldp	x12, x13, [sp, #S_X12]
	ldp	x14, x15, [sp, #S_X14]
	ldp	x16, x17, [sp, #S_X16]
.endm

/* From user mode: all registers, current, no frame record above this one, not in a system call. */
.macro entry_from_user
	sub	sp, sp, #S_SIZE
	save_x0_x17
	save_callee
	ldr	x20, [sp, #S_TASK]
	mrs	x21, sp_el0
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	stp	x30, x21, [sp, #S_X30]
	stp	x22, x23, [sp, #S_PC]
	msr	sp_el0, x20
	mov	x24, #-1
	stp	x0, x24, [sp, #S_ORIG_X0]
	stp	xzr, xzr, [sp, #S_FRAME]
	mov	x29, #0
	mov	x0, sp
.endm

/* From the kernel: all registers, and a frame record that leads to what was interrupted. */
.macro entry_from_kernel
	save_x0_x17
	save_callee
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	add	x21, sp, #S_SIZE
	stp	x30, x21, [sp, #S_X30]
	stp	x22, x23, [sp, #S_PC]
	mov	x24, #-1
	stp	x0, x24, [sp, #S_ORIG_X0]
	stp	x29, x22, [sp, #S_FRAME]
	add	x29, sp, #S_FRAME
	mov	x0, sp
.endm

/*
 * A vector for an exception from the kernel. SP is tested before anything is stored: bit
 * THREAD_SHIFT is set only in the guard below a stack. x0 is kept in the difference of two values
 * of SP meanwhile.
 */
.macro kernel_vector target
	.balign	0x80
	sub	sp, sp, #S_SIZE
	add	sp, sp, x0
	sub	x0, sp, x0
	tbnz	x0, #THREAD_SHIFT, stack_overflow
	sub	x0, sp, x0
	sub	sp, sp, x0
	b	\target
.endm

	.section .entry.text, "ax"

	.balign	0x800
	.globl	vectors
vectors:
	/* From EL1 with SP_EL0: never used. */
	.rept	4
	.balign	0x80
	b	bad_sp0
	.endr

	/* From EL1. */
	kernel_vector el1_sync
	kernel_vector el1_irq
	kernel_vector el1_fiq
	kernel_vector el1_serror

	/* From EL0: a synchronous exception is most likely a system call. */
	.balign	0x80
	sub	sp, sp, #S_SIZE
	save_x0_x17
	mrs	x9, sp_el0
	mrs	x10, elr_el1
	mrs	x11, spsr_el1
	mrs	x12, esr_el1
	stp	x30, x9, [sp, #S_X30]
	stp	x10, x11, [sp, #S_PC]
	lsr	x12, x12, #ESR_EC_SHIFT
	ldr	x13, [sp, #S_TASK]
	cmp	x12, #EC_SVC64
	msr	sp_el0, x13
	b.ne	el0_sync_other
	stp	x0, x8, [sp, #S_ORIG_X0]
	ldr	x14, [x13, #TI_FLAGS]
	msr	daifclr, #UNMASK_IRQ_ABORT_DEBUG
	tst	x14, #TIF_SYSCALL_WORK
	b.ne	svc_work
	cmp	w8, #NR_SYSCALLS
	b.hs	svc_none
	b	svc_dispatch

	.balign	0x80
	b	el0_irq
	.balign	0x80
	b	el0_fiq
	.balign	0x80
	b	el0_serror

	/*
	 * From AArch32 EL0: there is none, since no AArch32 program is started and SPSR.M is
	 * checked; fatal to the task if it ever comes.
	 */
	.rept	4
	.balign	0x80
	b	el0_aarch32
	.endr
	.balign	0x80

svc_dispatch:
#ifdef CONFIG_SYSCALL_SLOTS
	ldr	x15, =sys_call_slots
	ldrh	w8, [x15, w8, uxtw #1]
#endif
	ldr	x15, =sys_call_table
	ldr	x15, [x15, w8, uxtw #3]
	blr	x15
svc_return:
	ldr	x13, [sp, #S_TASK]
	msr	daifset, #MASK_ALL
	ldr	x14, [x13, #TI_FLAGS]
	tst	x14, #EXIT_FLAGS
	b.ne	svc_exit_work
	ldp	x10, x11, [sp, #S_PC]
	ldp	x30, x9, [sp, #S_X30]
	msr	elr_el1, x10
	msr	spsr_el1, x11
	msr	sp_el0, x9
	ldr	x1, [sp, #S_X0 + 8]
	load_x2_x17
	add	sp, sp, #S_SIZE
	eret

svc_none:
	mov	x0, #-38 /* ENOSYS */
	b	svc_return

/*
 * A flag asks for something first: make the frame whole, ask, and take number and arguments from
 * the frame.
 */
svc_work:
	save_callee
	mov	x0, sp
	bl	arch_syscall_enter
	cmn	w0, #1
	b.eq	svc_skip
	mov	w8, w0
	ldp	x0, x1, [sp, #S_X0]
	ldp	x2, x3, [sp, #S_X2]
	ldp	x4, x5, [sp, #S_X4]
	cmp	w8, #NR_SYSCALLS
	b.hs	svc_none
	b	svc_dispatch
svc_skip:
	ldr	x0, [sp, #S_X0]
	b	svc_return

/* x14: flags. */
svc_exit_work:
	str	x0, [sp, #S_X0]
	save_callee
	tst	x14, #TIF_SYSCALL_WORK
	b.eq	ret_to_user
	msr	daifclr, #UNMASK_IRQ_ABORT_DEBUG
	mov	x0, sp
	bl	syscall_trace_exit

/* With the whole frame on the stack: does what the flags ask for, and leaves. */
	.globl	ret_to_user
ret_to_user:
	msr	daifset, #MASK_ALL
	ldr	x13, [sp, #S_TASK]
	ldr	x14, [x13, #TI_FLAGS]
	tst	x14, #EXIT_FLAGS
	b.eq	restore_all_user
	mov	x0, sp
	bl	arch_exit_to_user_work
restore_all_user:
	ldp	x10, x11, [sp, #S_PC]
	ldp	x30, x9, [sp, #S_X30]
	msr	elr_el1, x10
	msr	spsr_el1, x11
	msr	sp_el0, x9
	load_callee
	ldp	x0, x1, [sp, #S_X0]
	load_x2_x17
	add	sp, sp, #S_SIZE
	eret

/* x0-x17, x30, sp, pc and pstate are saved, current is set. */
el0_sync_other:
	save_callee
	mov	x24, #-1
	stp	x0, x24, [sp, #S_ORIG_X0]
	stp	xzr, xzr, [sp, #S_FRAME]
	mov	x29, #0
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	el0_sync_handler
	b	ret_to_user

el0_irq:
	entry_from_user
	bl	irq_handler
	b	ret_to_user

el0_fiq:
	entry_from_user
	mov	x1, #2
	b	bad_exception

el0_serror:
	entry_from_user
	mov	x1, #3
	b	bad_exception

el0_aarch32:
	entry_from_user
	bl	el0_aarch32_handler
	b	ret_to_user

el1_sync:
	entry_from_kernel
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	el1_sync_handler
	b	restore_all_kernel

el1_irq:
	entry_from_kernel
	bl	irq_handler
#ifdef CONFIG_PREEMPT
	mrs	x0, sp_el0
	ldr	x0, [x0, #TI_PREEMPT]
	cbnz	x0, restore_all_kernel
	bl	preempt_schedule_irq
#endif
restore_all_kernel:
	msr	daifset, #MASK_ALL
	ldp	x10, x11, [sp, #S_PC]
	msr	elr_el1, x10
	msr	spsr_el1, x11
	load_callee
	ldp	x0, x1, [sp, #S_X0]
	load_x2_x17
	ldr	x30, [sp, #S_X30]
	add	sp, sp, #S_SIZE
	eret

el1_fiq:
	entry_from_kernel
	mov	x1, #2
	b	bad_exception

el1_serror:
	entry_from_kernel
	mov	x1, #3
	b	bad_exception

bad_sp0:
	sub	sp, sp, #S_SIZE
	entry_from_kernel
	mov	x1, #4
/* x0: frame, x1: which. */
bad_exception:
	mrs	x2, esr_el1
	bl	bad_exception_handler
	b	.

/*
 * The kernel ran off its stack. x0 = SP as it would be, SP = that plus the old x0. The user's
 * TPIDR_EL0 and TPIDRRO_EL0 are used to hold the two: there is no way back to user mode.
 */
stack_overflow:
	msr	tpidr_el0, x0
	sub	x0, sp, x0
	msr	tpidrro_el0, x0
	adr_l	x0, overflow_stack + OVERFLOW_STACK_SIZE
	mov	sp, x0
	sub	sp, sp, #S_SIZE
	mrs	x0, tpidrro_el0
	entry_from_kernel
	mrs	x1, tpidr_el0
	add	x1, x1, #S_SIZE
	str	x1, [x0, #S_SP]
	mrs	x2, esr_el1
	mrs	x3, far_el1
	bl	stack_overflow_handler
	b	.

	.ltorg

/*
 * struct task_struct *cpu_switch_to(struct task_struct *prev, struct task_struct *next): IRQs off.
 * What the ABI lets a caller rely on is kept in a struct switch_frame on prev's stack. Returns
 * prev, on next's stack.
 */
func cpu_switch_to
	sub	sp, sp, #SWITCH_FRAME_SIZE
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mov	x9, sp
	ldr	x10, [x1, #TI_KERNEL_SP]
	str	x9, [x0, #TI_KERNEL_SP]
	mov	sp, x10
	msr	sp_el0, x1
	ldp	x19, x20, [sp]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #SWITCH_FRAME_SIZE
	ret
endfunc cpu_switch_to

/*
 * Where a new task starts, with its pt_regs on the stack: x0 = the task that ran before, x19 =
 * function or 0, x20 = its argument.
 */
func ret_from_fork
	bl	schedule_tail
	cbz	x19, 1f
	mov	x0, x20
	blr	x19
	bl	arch_kthread_return
1:	b	ret_to_user
endfunc ret_from_fork

/*
 * A system call that reads or writes the whole frame: full_NAME in the table stands for NAME.
 * Nothing has been pushed since entry.
 */
#define FULL_SYSCALL(name) full_syscall name

.macro full_syscall name
func full_\name
	save_callee
	mov	x19, x30
	bl	\name
	mov	x30, x19
	load_callee
	ret
endfunc full_\name
.endm

#include <generated/syscall_full.h>
