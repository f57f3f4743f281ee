/* SPDX-License-Identifier: MIT */
/*
 * Clearing and copying a page 32 bytes a store. The registers are somebody's: they are saved and
 * restored, and their upper halves stay in the initial state if they were (XGETBV 1, bit 2). What
 * AVX-512 has above them would be lost, so not if that is in use (bit 6). Preemption is off.
 */
#include <asm/linkage.h>

FUNC(clear_page_avx)
	movl $1, %ecx
	xgetbv
	testb $0x40, %al
	jnz clear_page_rep
	movl %eax, %esi
	subq $32, %rsp
	vmovups %ymm0, (%rsp)
	vxorps %xmm0, %xmm0, %xmm0
	leaq 4096(%rdi), %rdx
1:
	.set off, 0
	.rept 32
	vmovaps %ymm0, off(%rdi)
	.set off, off + 32
	.endr
	addq $1024, %rdi
	cmpq %rdx, %rdi
	jne 1b
	vmovups (%rsp), %ymm0
	testb $4, %sil
	jnz 2f
	vzeroupper
2:	addq $32, %rsp
	ret
END_FUNC(clear_page_avx)

FUNC(copy_page_avx)
	movl $1, %ecx
	xgetbv
	testb $0x40, %al
	jnz copy_page_rep
	movl %eax, %ecx
	subq $64, %rsp
	vmovups %ymm0, (%rsp)
	vmovups %ymm1, 32(%rsp)
	leaq 4096(%rdi), %r8
1:
	.set off, 0
	.rept 16
	vmovaps off(%rsi), %ymm0
	vmovaps off + 32(%rsi), %ymm1
	vmovaps %ymm0, off(%rdi)
	vmovaps %ymm1, off + 32(%rdi)
	.set off, off + 64
	.endr
	addq $1024, %rdi
	addq $1024, %rsi
	cmpq %r8, %rdi
	jne 1b
	vmovups (%rsp), %ymm0
	vmovups 32(%rsp), %ymm1
	testb $4, %cl
	jnz 2f
	vzeroupper
2:	addq $64, %rsp
	ret
END_FUNC(copy_page_avx)

	.section .note.GNU-stack, "", @progbits
