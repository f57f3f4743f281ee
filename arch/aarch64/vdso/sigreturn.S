/* SPDX-License-Identifier: MIT */
/*
 * Where a signal handler returns to. Unwinders know the frame by these two instructions; the nop
 * before is for those that look up the return address less one.
 */
	.section .text, "ax"
	.balign	4
	nop
	.globl	__kernel_rt_sigreturn
	.type	__kernel_rt_sigreturn, %function
__kernel_rt_sigreturn:
	mov	x8, #139 /* rt_sigreturn */
	svc	#0
	.size	__kernel_rt_sigreturn, . - __kernel_rt_sigreturn

	.section .note.GNU-stack, "", %progbits
