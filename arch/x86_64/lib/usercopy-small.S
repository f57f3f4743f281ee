/* SPDX-License-Identifier: MIT */
/*
 * Copy to or from user memory, and clear it, byte by byte: what is left in rcx when an access
 * faults is exact.
 */
#include <asm/extable.h>
#include <asm/linkage.h>

/* unsigned long __copy_user(void *to, const void *from, unsigned long n) */
FUNC(__copy_user)
	movq %rdx, %rcx
	STAC
1:	rep movsb
2:	CLAC
	movq %rcx, %rax
	ret
	EXTABLE 1b, 2b
END_FUNC(__copy_user)

/* unsigned long __clear_user(void *to, unsigned long n) */
FUNC(__clear_user)
	movq %rsi, %rcx
	xorl %eax, %eax
	STAC
1:	rep stosb
2:	CLAC
	movq %rcx, %rax
	ret
	EXTABLE 1b, 2b
END_FUNC(__clear_user)

	.section .note.GNU-stack, "", @progbits
