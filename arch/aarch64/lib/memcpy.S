/* SPDX-License-Identifier: MIT */
/* void *memcpy(void *dst, const void *src, size_t n) */
#include <asm/assembler.h>

.macro ld_s, x:vararg
	\x
.endm
.macro st_s, x:vararg
	\x
.endm
.macro ld_b, x:vararg
	\x
.endm
.macro st_b, x:vararg
	\x
.endm
.macro ld_v, x:vararg
	\x
.endm
.macro st_v, x:vararg
	\x
.endm

func memcpy
	.globl	__memcpy /* for memmove: a name that the linker does not wrap */
__memcpy:
#include "copy_template.inc"
.Ldone:
	ret
endfunc memcpy
