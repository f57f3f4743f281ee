/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove, memset. Short sizes have no loop: loads and stores from both ends overlap in the
 * middle. Long ones are rep movsq/stosq, eight bytes a step, with the last eight bytes stored
 * apart.
 */
#include <asm/linkage.h>

FUNC(memcpy)
	movq %rdi, %rax
	cmpq $16, %rdx
	ja 3f
	cmpq $8, %rdx
	jb 1f
	movq (%rsi), %rcx
	movq -8(%rsi,%rdx), %r8
	movq %rcx, (%rdi)
	movq %r8, -8(%rdi,%rdx)
	ret
1:	cmpq $4, %rdx
	jb 2f
	movl (%rsi), %ecx
	movl -4(%rsi,%rdx), %r8d
	movl %ecx, (%rdi)
	movl %r8d, -4(%rdi,%rdx)
	ret
2:	testq %rdx, %rdx
	jz 9f
	movq %rdx, %r9
	shrq $1, %r9
	movb (%rsi), %cl
	movb (%rsi,%r9), %r10b
	movb -1(%rsi,%rdx), %r8b
	movb %cl, (%rdi)
	movb %r10b, (%rdi,%r9)
	movb %r8b, -1(%rdi,%rdx)
9:	ret
3:	cmpq $64, %rdx
	ja 5f
	cmpq $32, %rdx
	jbe 4f
	movq (%rsi), %rcx
	movq 8(%rsi), %r8
	movq 16(%rsi), %r9
	movq 24(%rsi), %r10
	movq %rcx, (%rdi)
	movq %r8, 8(%rdi)
	movq %r9, 16(%rdi)
	movq %r10, 24(%rdi)
	movq -32(%rsi,%rdx), %rcx
	movq -24(%rsi,%rdx), %r8
	movq %rcx, -32(%rdi,%rdx)
	movq %r8, -24(%rdi,%rdx)
	movq -16(%rsi,%rdx), %rcx
	movq -8(%rsi,%rdx), %r8
	movq %rcx, -16(%rdi,%rdx)
	movq %r8, -8(%rdi,%rdx)
	ret
4:	movq (%rsi), %rcx
	movq 8(%rsi), %r8
	movq -16(%rsi,%rdx), %r9
	movq -8(%rsi,%rdx), %r10
	movq %rcx, (%rdi)
	movq %r8, 8(%rdi)
	movq %r9, -16(%rdi,%rdx)
	movq %r10, -8(%rdi,%rdx)
	ret
5:	movq -8(%rsi,%rdx), %r8
	leaq -8(%rdi,%rdx), %r9
	leaq -1(%rdx), %rcx
	shrq $3, %rcx
	rep movsq
	movq %r8, (%r9)
	ret
END_FUNC(memcpy)

FUNC(memmove)
	movq %rdi, %rax
	movq %rdi, %rcx
	subq %rsi, %rcx
	cmpq %rdx, %rcx
	jb 2f
	/* neither overlaps the other: dst - src >= n and src - dst >= n */
	addq %rdx, %rcx
	jc 1f
	jmp memcpy
	/* dst below src: forwards, the last bytes read before they can be overwritten */
1:	cmpq $8, %rdx
	jb 3f
	movq -8(%rsi,%rdx), %r8
	leaq -8(%rdi,%rdx), %r9
	leaq -1(%rdx), %rcx
	shrq $3, %rcx
	rep movsq
	movq %r8, (%r9)
	ret
3:	testq %rdx, %rdx
	jz 9f
	movq %rdx, %rcx
	rep movsb
	ret
	/* dst inside src: backwards, the first bytes read before they can be overwritten */
2:	cmpq $8, %rdx
	jb 5f
	movq (%rsi), %r8
4:	movq -8(%rsi,%rdx), %rcx
	movq %rcx, -8(%rdi,%rdx)
	subq $8, %rdx
	cmpq $8, %rdx
	ja 4b
	movq %r8, (%rdi)
	ret
5:	testq %rdx, %rdx
	jz 9f
6:	movb -1(%rsi,%rdx), %cl
	movb %cl, -1(%rdi,%rdx)
	decq %rdx
	jnz 6b
9:	ret
END_FUNC(memmove)

FUNC(memset)
	movzbl %sil, %ecx
	movq $0x0101010101010101, %rax
	imulq %rax, %rcx
	movq %rdi, %r9
	cmpq $16, %rdx
	ja 3f
	cmpq $8, %rdx
	jb 1f
	movq %rcx, (%rdi)
	movq %rcx, -8(%rdi,%rdx)
	movq %r9, %rax
	ret
1:	cmpq $4, %rdx
	jb 2f
	movl %ecx, (%rdi)
	movl %ecx, -4(%rdi,%rdx)
	movq %r9, %rax
	ret
2:	testq %rdx, %rdx
	jz 9f
	movb %cl, (%rdi)
	movb %cl, -1(%rdi,%rdx)
	shrq $1, %rdx
	movb %cl, (%rdi,%rdx)
9:	movq %r9, %rax
	ret
3:	movq %rcx, -8(%rdi,%rdx)
	movq %rcx, %rax
	leaq -1(%rdx), %rcx
	shrq $3, %rcx
	rep stosq
	movq %r9, %rax
	ret
END_FUNC(memset)

	.section .note.GNU-stack, "", @progbits
