/* SPDX-License-Identifier: MIT */
/*
 * The linked vDSO (vdso.so) as whole pages of constant data, mapped into programs by
 * kernel/task/vdso.c.
 */
#include <arch/param.h>

	.section .rodata.vdso, "a"
	.balign PAGE_SIZE
	.globl vdso_image_start, vdso_image_end
vdso_image_start:
	.incbin "vdso.so"
	.balign PAGE_SIZE
vdso_image_end:

	.section .note.GNU-stack, "", @progbits
