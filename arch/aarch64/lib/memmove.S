/* SPDX-License-Identifier: MIT */
/*
 * void *memmove(void *dst, const void *src, size_t n)
 *
 * memcpy() does it when the two do not overlap, and up to 64 bytes, where it loads all before it
 * stores any.
 */
#include <asm/assembler.h>

func memmove
	cmp	x2, #64
	b.ls	__memcpy
	subs	x3, x0, x1
	cneg	x4, x3, lo
	cmp	x4, x2
	b.hs	__memcpy
	cbz	x3, .Lout
	tbz	x3, #63, .Lbackward

	/* dst below src: upwards. */
	mov	x3, x0
.Lup_32:
	ldp	x6, x7, [x1], #16
	ldp	x8, x9, [x1], #16
	stp	x6, x7, [x3], #16
	stp	x8, x9, [x3], #16
	sub	x2, x2, #32
	cmp	x2, #32
	b.hs	.Lup_32
	cbz	x2, .Lout
.Lup_1:
	ldrb	w6, [x1], #1
	strb	w6, [x3], #1
	subs	x2, x2, #1
	b.ne	.Lup_1
.Lout:
	ret

	/* dst above src: downwards from the ends. */
.Lbackward:
	add	x1, x1, x2
	add	x3, x0, x2
.Ldown_32:
	ldp	x6, x7, [x1, #-16]!
	ldp	x8, x9, [x1, #-16]!
	stp	x6, x7, [x3, #-16]!
	stp	x8, x9, [x3, #-16]!
	sub	x2, x2, #32
	cmp	x2, #32
	b.hs	.Ldown_32
	cbz	x2, .Lout
.Ldown_1:
	ldrb	w6, [x1, #-1]!
	strb	w6, [x3, #-1]!
	subs	x2, x2, #1
	b.ne	.Ldown_1
	ret
endfunc memmove
