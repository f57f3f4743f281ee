/* SPDX-License-Identifier: MIT */
/*
 * unsigned long raw_clear_user(void __user *to, unsigned long n): returns the bytes not cleared,
 * exactly.
 */
#include <asm/assembler.h>

func raw_clear_user
	set_pan	0
	add	x5, x0, x1
	cmp	x1, #16
	b.lo	.Lbyte_start
	sub	x4, x5, #64
	cmp	x1, #64
	b.lo	.Lloop_16_start
.Lloop_64:
	user .Lbyte_start, stp xzr, xzr, [x0]
	user .Lbyte_start, stp xzr, xzr, [x0, #16]
	user .Lbyte_start, stp xzr, xzr, [x0, #32]
	user .Lbyte_start, stp xzr, xzr, [x0, #48]
	add	x0, x0, #64
	cmp	x0, x4
	b.ls	.Lloop_64
.Lloop_16_start:
	sub	x4, x5, #16
.Lloop_16:
	cmp	x0, x4
	b.hi	.Lbyte_start
	user .Lbyte_start, stp xzr, xzr, [x0]
	add	x0, x0, #16
	b	.Lloop_16
.Lbyte_start:
	cmp	x0, x5
	b.eq	.Lout
	user .Lout, strb wzr, [x0]
	add	x0, x0, #1
	b	.Lbyte_start
.Lout:
	set_pan	1
	sub	x0, x5, x0
	ret
endfunc raw_clear_user
