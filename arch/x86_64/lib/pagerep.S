/* SPDX-License-Identifier: MIT */
/* Clearing and copying a page eight bytes a step: any CPU. */
#include <asm/linkage.h>

FUNC(clear_page_rep)
	movl $512, %ecx
	xorl %eax, %eax
	rep stosq
	ret
END_FUNC(clear_page_rep)

FUNC(copy_page_rep)
	movl $512, %ecx
	rep movsq
	ret
END_FUNC(copy_page_rep)

	.section .note.GNU-stack, "", @progbits
