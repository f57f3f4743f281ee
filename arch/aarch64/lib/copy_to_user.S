/* SPDX-License-Identifier: MIT */
/*
 * unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n)
 *
 * After a fault the rest is copied byte by byte up to the first one that faults, so that the result
 * is exact.
 */
#include <asm/assembler.h>

.macro ld_s, x:vararg
	\x
.endm
.macro st_s, x:vararg
	user .Lfault_start, \x
.endm
.macro ld_b, x:vararg
	\x
.endm
.macro st_b, x:vararg
	user .Lfault_copy, \x
.endm
.macro ld_v, x:vararg
	\x
.endm
.macro st_v, x:vararg
	user .Lfault_simd, \x
.endm

func raw_copy_to_user
	set_pan	0
#include "copy_template.inc"
.Ldone:
	set_pan	1
	mov	x0, #0
	ret

	/* x3: where the copy has got to; x4, x5: the ends. */
.Lfault_simd:
	simd_end x16, w17
	b	.Lfault_copy
.Lfault_start:
	mov	x3, x0
.Lfault_copy:
	sub	x2, x5, x3
	sub	x1, x4, x2
.Lbyte:
	ldrb	w6, [x1], #1
	user .Lfault_byte, strb	w6, [x3], #1
	subs	x2, x2, #1
	b.ne	.Lbyte
.Lfault_byte:
	set_pan	1
	mov	x0, x2
	ret
endfunc raw_copy_to_user
