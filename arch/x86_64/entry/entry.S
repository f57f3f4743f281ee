/* SPDX-License-Identifier: MIT */
/*
 * Every way into the kernel and out of it. On the kernel stack a way in leaves struct pt_regs
 * (asm/regs.h); callee-saved registers are in it except during a system call that needs no whole
 * frame, which leaves their slots, and those of rcx and r11, as they are.
 *
 *   system call syscall_entry -> sys_call_table -> sysret registers C preserves never go to memory
 *                  TIF_SYSCALL_WORK -> whole frame, syscall_trace_enter/exit, iret
 *   exceptions     exc_* -> handle_exception(), do_page_fault() -> ret_to_user | ret_to_kernel
 *   interrupts     irq_entries[] -> do_irq() -> the same
 *   NMI, #DB, #DF, #MC on their own stacks (IST); may come at any instruction, between SWAPGS and
 *    the stack switch too
 *
 * An entry from a user access in the kernel, or from a program that set AC, has user memory open
 * (SMAP): CLAC closes it.
 *
 * %gs is the user's in user mode and the kernel's (per-CPU) in the kernel; without SMP the kernel
 * has no use for it and nothing swaps.
 */
#include <arch/param.h>
#include <asm/asm-offsets.h>
#include <asm/extable.h>
#include <asm/eflags.h>
#include <asm/linkage.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/vectors.h>
#include <kernel/thread_info.h>
#include <generated/syscall_table.h>

	.section .entry.text, "ax"

	/* Calls the entry of system call rax, which is in range. */
.macro CALL_ENTRY
#ifdef CONFIG_SYSCALL_SLOTS
	movzwl sys_call_slots(,%rax,2), %eax
#endif
	call *sys_call_table(,%rax,8)
.endm

/* ---- pieces of a frame ---- */

	/* From di down; di is pushed already (or its slot holds something else). */
.macro PUSH_REST
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
.endm

.macro POP_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
	addq $8, %rsp
.endm

	/* Makes the frame of a system call whole; \off: distance from %rsp to the frame. */
.macro SAVE_FULL off=0
	movq %rbx, \off+PT_REGS_BX(%rsp)
	movq %rbp, \off+PT_REGS_BP(%rsp)
	movq %r12, \off+PT_REGS_R12(%rsp)
	movq %r13, \off+PT_REGS_R13(%rsp)
	movq %r14, \off+PT_REGS_R14(%rsp)
	movq %r15, \off+PT_REGS_R15(%rsp)
	movq \off+PT_REGS_IP(%rsp), %r11
	movq %r11, \off+PT_REGS_CX(%rsp)
	movq \off+PT_REGS_FLAGS(%rsp), %r11
	movq %r11, \off+PT_REGS_R11(%rsp)
.endm

/* ---- system calls ---- */

	/*
	 * SYSCALL: rcx = return address, r11 = flags, IRQs off (MSR_SYSCALL_MASK), still on the
	 * user's stack.
	 */
	.balign 64
	.globl syscall_entry
	.type syscall_entry, @function
syscall_entry:
	SWAPGS
	movq %rsp, PER_CPU(cpu_user_sp)
	movq PER_CPU(cpu_kernel_sp), %rsp
	pushq $USER_DS
	pushq PER_CPU(cpu_user_sp)
	pushq %r11
	pushq $USER_CS
	pushq %rcx
	pushq %rax
	pushq %rdi
	pushq %rsi
	pushq %rdx
	subq $16, %rsp			/* cx, ax */
	pushq %r8
	pushq %r9
	pushq %r10
	subq $56, %rsp			/* r11, bx, bp, r12-r15 */
	movq PER_CPU(current_task), %rcx
	testl $TIF_SYSCALL_WORK, TI_FLAGS(%rcx)
	jnz syscall_traced
	sti
	cmpl $NR_SYSCALLS, %eax
	jae syscall_unknown
	sbbq %rcx, %rcx			/* all ones; zero if the branch above was only predicted */
	andl %ecx, %eax
	movq %r10, %rcx
	CALL_ENTRY
syscall_done:
	cli
	movq PER_CPU(current_task), %rcx
	testl $TIF_EXIT_MASK, TI_FLAGS(%rcx)
	jnz syscall_exit_work
	/*
	 * The frame is as it was made: rcx is the address behind a SYSCALL in user space, so sysret
	 * cannot fault on it.
	 */
	movq PT_REGS_R10(%rsp), %r10
	movq PT_REGS_R9(%rsp), %r9
	movq PT_REGS_R8(%rsp), %r8
	movq PT_REGS_DX(%rsp), %rdx
	movq PT_REGS_SI(%rsp), %rsi
	movq PT_REGS_DI(%rsp), %rdi
	movq PT_REGS_IP(%rsp), %rcx
	movq PT_REGS_FLAGS(%rsp), %r11
	movq PT_REGS_SP(%rsp), %rsp
	SWAPGS
	sysretq

syscall_unknown:
	movq $-38, %rax			/* ENOSYS */
	jmp syscall_done

	/* The result is in rax; a signal, a reschedule or a tracer waits. */
syscall_exit_work:
	movq %rax, PT_REGS_AX(%rsp)
	SAVE_FULL
	testl $TIF_SYSCALL_WORK, TI_FLAGS(%rcx)
	jz ret_to_user
	sti
	movq %rsp, %rdi
	call syscall_trace_exit
	cli
	jmp ret_to_user

syscall_traced:
	movq $-38, PT_REGS_AX(%rsp)
	SAVE_FULL
	sti
	movq %rsp, %rdi
	call syscall_trace_enter
	cmpl $NR_SYSCALLS, %eax
	jae 1f				/* -1 too: the result is already in the frame */
	sbbq %rcx, %rcx
	andl %ecx, %eax
	movq PT_REGS_DI(%rsp), %rdi
	movq PT_REGS_SI(%rsp), %rsi
	movq PT_REGS_DX(%rsp), %rdx
	movq PT_REGS_R10(%rsp), %rcx
	movq PT_REGS_R8(%rsp), %r8
	movq PT_REGS_R9(%rsp), %r9
	CALL_ENTRY
traced_return:
	movq %rax, PT_REGS_AX(%rsp)
1:	movq %rsp, %rdi
	call syscall_trace_exit
	cli
	jmp ret_to_user

	/*
	 * Calls that look at or change the whole frame (marked `!` in syscalls.tbl): the table
	 * names full_<entry>. They go back by iret, which loads everything; with a tracer the
	 * traced path does that anyway.
	 */
#define FULL_SYSCALL(entry)                                                                        \
	.globl full_##entry;                                                                       \
	.type full_##entry, @function;                                                             \
full_##entry:                                                                                      \
	leaq entry(%rip), %rax;                                                                    \
	jmp full_syscall;
#if __has_include(<generated/syscall_full.h>)
#include <generated/syscall_full.h>
#endif
full_syscall:
	SAVE_FULL 8
	call *%rax
	cmpq $traced_return, (%rsp)
	je 1f
	addq $8, %rsp
	movq %rax, PT_REGS_AX(%rsp)
	cli
	movq PER_CPU(current_task), %rcx
	testl $TIF_SYSCALL_WORK, TI_FLAGS(%rcx)
	jz ret_to_user
	sti
	movq %rsp, %rdi
	call syscall_trace_exit
	cli
	jmp ret_to_user
1:	ret

/* ---- back ---- */

	/* A whole user frame is at %rsp, IRQs are off. */
	.globl ret_to_user
ret_to_user:
	movq PER_CPU(current_task), %rax
	testl $TIF_WORK_MASK, TI_FLAGS(%rax)
	jz 1f
	movq %rsp, %rdi
	call exit_to_user_mode_loop
1:	POP_REGS
	SWAPGS
	.globl iret_to_user
iret_to_user:
	iretq

	/* Same, to the kernel: the interrupted code may have to give the CPU away. */
ret_to_kernel:
#ifdef CONFIG_PREEMPT
	cmpl $0, PER_CPU(__preempt_count)
	jne 1f
	testl $X86_EFLAGS_IF, PT_REGS_FLAGS(%rsp)
	jz 1f
	call preempt_schedule_irq
1:
#endif
	POP_REGS
	iretq

/* ---- exceptions ---- */

	/* The stack: vector, error code, ip, cs, flags, sp, ss. */
exc_common:
	cld
	CLAC
	pushq %rsi
	movq 8(%rsp), %rsi
	movq %rdi, 8(%rsp)
	PUSH_REST
	movq PT_REGS_ORIG_AX(%rsp), %rdx
	movq $-1, PT_REGS_ORIG_AX(%rsp)
	movq %rsp, %rdi
	testb $3, PT_REGS_CS(%rsp)
	jz 1f
	SWAPGS
exc_from_user:
	call handle_exception
	cli
	jmp ret_to_user
1:	cmpq $iret_to_user, PT_REGS_IP(%rsp)
	je bad_iret
	call handle_exception
	cli
	jmp ret_to_kernel

	/*
	 * iret found the user's frame unfit (a wild address or selector put there by sigreturn or
	 * ptrace). The CPU is in the kernel with the user's %gs; make it look like a fault of the
	 * user instruction: the user's registers with the frame that iret read.
	 */
bad_iret:
	SWAPGS
	movq %rsi, %r12
	movq %rdx, %r13
	call fixup_bad_iret
	movq %rax, %rsp
	movq %rax, %rdi
	movq %r12, %rsi
	movq %r13, %rdx
	jmp exc_from_user

	.globl exc_page_fault
exc_page_fault:
	cld
	CLAC
	pushq %rdi
	pushq %rsi
	PUSH_REST
	movq %cr2, %rsi
	movq PT_REGS_ORIG_AX(%rsp), %rdx
	movq $-1, PT_REGS_ORIG_AX(%rsp)
	movq %rsp, %rdi
	testb $3, PT_REGS_CS(%rsp)
	jz 1f
	SWAPGS
	call do_page_fault
	cli
	jmp ret_to_user
1:	call do_page_fault
	cli
	jmp ret_to_kernel

.macro EXC vector, has_error=0
	.balign 16
exc_\vector:
	.if \has_error == 0
	pushq $0
	.endif
	pushq $\vector
	jmp exc_common
	.pushsection .rodata.exc_table, "a"
	.quad exc_\vector
	.popsection
.endm

.macro EXC_PARANOID vector, has_error=0
	.balign 16
exc_\vector:
	.if \has_error == 0
	pushq $0
	.endif
	pushq $\vector
	jmp exc_paranoid
	.pushsection .rodata.exc_table, "a"
	.quad exc_\vector
	.popsection
.endm

	/* Addresses of the first 32 vectors' code, in order. */
	.pushsection .rodata.exc_table, "a"
	.balign 8
	.globl exc_table
exc_table:
	.popsection
	EXC 0
	EXC_PARANOID 1
	EXC_PARANOID 2
	EXC 3
	EXC 4
	EXC 5
	EXC 6
	EXC 7
	EXC_PARANOID 8, 1
	EXC 9
	EXC 10, 1
	EXC 11, 1
	EXC 12, 1
	EXC 13, 1
	.pushsection .rodata.exc_table, "a"
	.quad exc_page_fault
	.popsection
	EXC 15
	EXC 16
	EXC 17, 1
	EXC_PARANOID 18
	EXC 19
	EXC 20
	EXC 21, 1
	EXC 22
	EXC 23
	EXC 24
	EXC 25
	EXC 26
	EXC 27
	EXC 28
	EXC 29, 1
	EXC 30, 1
	EXC 31

	/*
	 * On an exception stack. From user mode the frame moves to the task's own stack and all is
	 * as usual. From the kernel nothing is known of %gs: the kernel's base lies at the stack's
	 * top (cpu/tables.c), the present one is kept in rbx and put back.
	 */
exc_paranoid:
	cld
	CLAC
	pushq %rsi
	movq 8(%rsp), %rsi
	movq %rdi, 8(%rsp)
	PUSH_REST
	movq PT_REGS_ORIG_AX(%rsp), %rdx
	movq $-1, PT_REGS_ORIG_AX(%rsp)
	testb $3, PT_REGS_CS(%rsp)
	jz 2f
	SWAPGS
	movq PER_CPU(cpu_kernel_sp), %rdi
	movl $(PT_REGS_SIZE / 8), %ecx
1:	subq $8, %rdi
	movq -8(%rsp,%rcx,8), %rax
	movq %rax, (%rdi)
	decl %ecx
	jnz 1b
	movq %rdi, %rsp
	jmp exc_from_user
2:
#ifdef CONFIG_SMP
	movq %rdx, %r12
	movl $MSR_GS_BASE, %ecx
	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %rbx
	movl PT_REGS_SIZE(%rsp), %eax
	movl PT_REGS_SIZE+4(%rsp), %edx
	wrmsr
	movq %r12, %rdx
#endif
	movq %rsp, %rdi
	call handle_paranoid
#ifdef CONFIG_SMP
	movl $MSR_GS_BASE, %ecx
	movl %ebx, %eax
	movq %rbx, %rdx
	shrq $32, %rdx
	wrmsr
#endif
	POP_REGS
	iretq

/* ---- interrupts ---- */

	/* Entry n (8 bytes each) belongs to vector FIRST_IRQ_VECTOR + n. */
	.balign 8
	.globl irq_entries
irq_entries:
	.set vector, FIRST_IRQ_VECTOR
	.rept NR_VECTORS - FIRST_IRQ_VECTOR
	.byte 0x6a, vector - 128	/* pushq $vector - 128 */
	jmp irq_common
	.balign 8
	.set vector, vector + 1
	.endr

irq_common:
	cld
	CLAC
	pushq %rdi
	pushq %rsi
	PUSH_REST
	movq PT_REGS_ORIG_AX(%rsp), %rsi
	subq $-128, %rsi
	movq $-1, PT_REGS_ORIG_AX(%rsp)
	movq %rsp, %rdi
	testb $3, PT_REGS_CS(%rsp)
	jz 1f
	SWAPGS
	call do_irq
	jmp ret_to_user
1:	call do_irq
	jmp ret_to_kernel

/* ---- tasks ---- */

	/*
	 * struct task_struct *__switch_stacks(prev, unsigned long *prev_sp, unsigned long next_sp)
	 * Returns prev, on next's stack. The frame it leaves is struct switch_frame (cpu/thread.c).
	 */
	.globl __switch_stacks
	.type __switch_stacks, @function
__switch_stacks:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rsi)
	movq %rdx, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	movq %rdi, %rax
	ret

	/*
	 * A new task comes here from its first switch: rax = the task before, rbx = fn or 0, r12 =
	 * its argument; a user frame above.
	 */
	.globl ret_from_fork
ret_from_fork:
	movq %rax, %rdi
	call schedule_tail
	testq %rbx, %rbx
	jz 1f
	movq %rbx, %rdi
	movq %r12, %rsi
	call kernel_thread_main		/* comes back when the thread has become a user program */
1:	cli
	jmp ret_to_user

	.section .note.GNU-stack, "", @progbits
