/* SPDX-License-Identifier: MIT */
/* memcpy, memmove, memset in as few bytes as they take: byte by byte. */
#include <asm/linkage.h>

FUNC(memcpy)
	movq %rdi, %rax
	movq %rdx, %rcx
	rep movsb
	ret
END_FUNC(memcpy)

FUNC(memmove)
	movq %rdi, %rax
	movq %rdi, %rcx
	subq %rsi, %rcx
	cmpq %rdx, %rcx
	movq %rdx, %rcx
	jb 1f				/* dst inside src: backwards */
	rep movsb
	ret
1:	leaq -1(%rdi,%rdx), %rdi
	leaq -1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret
END_FUNC(memmove)

FUNC(memset)
	movq %rdi, %r9
	movl %esi, %eax
	movq %rdx, %rcx
	rep stosb
	movq %r9, %rax
	ret
END_FUNC(memset)

	.section .note.GNU-stack, "", @progbits
