/* SPDX-License-Identifier: MIT */
/*
 * Where another CPU starts: in real mode at the page below 1 MiB that boot/smp.c copied this to. It
 * goes straight to long mode with tables that map the page (read-execute) at its physical address
 * and the kernel where it belongs, then leaves the page for good. All CPUs may be here at once;
 * nothing is written.
 */
#include <arch/param.h>
#include <asm/linkage.h>
#include <asm/msr.h>
#include <asm/segment.h>

	.section .rodata.trampoline, "a"
	.balign 16
	.globl trampoline_start, trampoline_end, trampoline_fix_far, trampoline_fix_gdt
	.globl trampoline_fix_cr3
	.code16
trampoline_start:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	lgdtl tr_gdt_desc - trampoline_start
	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl trampoline_fix_cr3 - trampoline_start, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LME | EFER_NX | EFER_SCE), %eax
	wrmsr
	movl $CR0_KERNEL, %eax
	movl %eax, %cr0
	ljmpl *(trampoline_fix_far - trampoline_start)

	.code64
tr_long:
	movq $secondary_start, %rax
	jmp *%rax

	.balign 8
tr_gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff	/* KERNEL_CS */
	.quad 0x00cf93000000ffff	/* KERNEL_DS */
tr_gdt_end:
tr_gdt_desc:
	.word tr_gdt_end - tr_gdt - 1
trampoline_fix_gdt:			/* the page's address is added to these two */
	.long tr_gdt - trampoline_start
trampoline_fix_far:
	.long tr_long - trampoline_start
	.word KERNEL_CS
	.balign 4
trampoline_fix_cr3:
	.long 0
trampoline_end:

	/* At the kernel's address, on no stack. Which CPU is this? */
	.section .entry.text, "ax"
	.code64
secondary_start:
	movl $KERNEL_DS, %eax
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	cpuid
	cmpl $0xb, %eax
	jb 1f
	movl $0xb, %eax			/* the 32-bit id, where there is one */
	xorl %ecx, %ecx
	cpuid
	movl %edx, %eax
	testl %ebx, %ebx
	jnz 2f
1:	movl $1, %eax
	cpuid
	shrl $24, %ebx
	movl %ebx, %eax
2:	xorl %edi, %edi
3:	cmpl %eax, secondary_apic_id(,%rdi,4)
	je 4f
	incl %edi
	cmpl $CONFIG_NR_CPUS, %edi
	jb 3b
	cli				/* not one that was called */
	hlt
	jmp . - 1
4:	movq __per_cpu_offset(,%rdi,8), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	movl $MSR_GS_BASE, %ecx
	wrmsr
	movq PER_CPU(cpu_kernel_sp), %rsp
	xorl %ebp, %ebp
	call secondary_main
	ud2

	.section .note.GNU-stack, "", @progbits
