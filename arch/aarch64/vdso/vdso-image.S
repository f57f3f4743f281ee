/* SPDX-License-Identifier: MIT */
/* The linked vDSO as whole pages of the kernel's read-only data. */
#include <arch/param.h>

	.section .rodata.vdso, "a"
	.balign	PAGE_SIZE
	.globl	vdso_image_start, vdso_image_end
vdso_image_start:
	.incbin	"vdso.so"
	.balign	PAGE_SIZE
vdso_image_end:
