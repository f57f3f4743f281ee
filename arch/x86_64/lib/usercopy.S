/* SPDX-License-Identifier: MIT */
/*
 * Copy to or from user memory: the shape of memcpy. Any access may fault; what is left is then done
 * byte by byte up to the byte that faults, so the result (bytes not copied) is exact.
 */
#include <asm/extable.h>
#include <asm/linkage.h>

.macro U insn:vararg
663:	\insn
	EXTABLE 663b, .Lbytes
.endm

/* unsigned long __copy_user(void *to, const void *from, unsigned long n) */
FUNC(__copy_user)
	STAC
	cmpq $16, %rdx
	ja 3f
	cmpq $8, %rdx
	jb 1f
	U movq (%rsi), %rcx
	U movq -8(%rsi,%rdx), %r8
	U movq %rcx, (%rdi)
	U movq %r8, -8(%rdi,%rdx)
	jmp .Ldone
1:	cmpq $4, %rdx
	jb 2f
	U movl (%rsi), %ecx
	U movl -4(%rsi,%rdx), %r8d
	U movl %ecx, (%rdi)
	U movl %r8d, -4(%rdi,%rdx)
	jmp .Ldone
2:	testq %rdx, %rdx
	jz .Ldone
	movq %rdx, %r9
	shrq $1, %r9
	U movb (%rsi), %cl
	U movb (%rsi,%r9), %r10b
	U movb -1(%rsi,%rdx), %r8b
	U movb %cl, (%rdi)
	U movb %r10b, (%rdi,%r9)
	U movb %r8b, -1(%rdi,%rdx)
.Ldone:
	CLAC
	xorl %eax, %eax
	ret
3:	cmpq $64, %rdx
	ja 5f
	cmpq $32, %rdx
	jbe 4f
	U movq (%rsi), %rcx
	U movq 8(%rsi), %r8
	U movq 16(%rsi), %r9
	U movq 24(%rsi), %r10
	U movq %rcx, (%rdi)
	U movq %r8, 8(%rdi)
	U movq %r9, 16(%rdi)
	U movq %r10, 24(%rdi)
	U movq -32(%rsi,%rdx), %rcx
	U movq -24(%rsi,%rdx), %r8
	U movq %rcx, -32(%rdi,%rdx)
	U movq %r8, -24(%rdi,%rdx)
	U movq -16(%rsi,%rdx), %rcx
	U movq -8(%rsi,%rdx), %r8
	U movq %rcx, -16(%rdi,%rdx)
	U movq %r8, -8(%rdi,%rdx)
	jmp .Ldone
4:	U movq (%rsi), %rcx
	U movq 8(%rsi), %r8
	U movq -16(%rsi,%rdx), %r9
	U movq -8(%rsi,%rdx), %r10
	U movq %rcx, (%rdi)
	U movq %r8, 8(%rdi)
	U movq %r9, -16(%rdi,%rdx)
	U movq %r10, -8(%rdi,%rdx)
	jmp .Ldone
5:	movq %rdx, %rcx
	movl %edx, %r8d
	shrq $3, %rcx
	andl $7, %r8d
664:	rep movsq
	EXTABLE 664b, .Lwords
	movl %r8d, %edx
	testl %r8d, %r8d
	jz .Ldone
	U movq -8(%rsi,%rdx), %rcx
	U movq %rcx, -8(%rdi,%rdx)
	jmp .Ldone

.Lwords:				/* rcx words and r8 bytes are left */
	leaq (%r8,%rcx,8), %rdx
.Lbytes:
665:	movb (%rsi), %al
666:	movb %al, (%rdi)
	EXTABLE 665b, 667f
	EXTABLE 666b, 667f
	incq %rsi
	incq %rdi
	decq %rdx
	jnz 665b
667:	CLAC
	movq %rdx, %rax
	ret
END_FUNC(__copy_user)

/* unsigned long __clear_user(void *to, unsigned long n) */
FUNC(__clear_user)
	STAC
	xorl %eax, %eax
	movq %rsi, %rcx
	andl $7, %esi
	shrq $3, %rcx
1:	rep stosq
	movl %esi, %ecx
2:	rep stosb
	CLAC
	movq %rcx, %rax
	ret
3:	leaq (%rsi,%rcx,8), %rcx	/* bytes, up to the one that faults */
	jmp 2b
4:	CLAC
	movq %rcx, %rax
	ret
	EXTABLE 1b, 3b
	EXTABLE 2b, 4b
END_FUNC(__clear_user)

	.section .note.GNU-stack, "", @progbits
