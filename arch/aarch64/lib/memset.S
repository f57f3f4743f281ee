/* SPDX-License-Identifier: MIT */
/*
 * void *memset(void *dst, int c, size_t n): large areas of zeros a cache block at a time where DC
 * ZVA clears 64 bytes.
 */
#include <asm/assembler.h>

func memset
	and	w1, w1, #0xff
	orr	w1, w1, w1, lsl #8
	orr	w1, w1, w1, lsl #16
	orr	x1, x1, x1, lsl #32
	add	x5, x0, x2
	cmp	x2, #16
	b.lo	.Lunder_16
	cmp	x2, #64
	b.hi	.Lover_64
	stp	x1, x1, [x0]
	stp	x1, x1, [x5, #-16]
	cmp	x2, #32
	b.ls	.Lout
	stp	x1, x1, [x0, #16]
	stp	x1, x1, [x5, #-32]
.Lout:
	ret

.Lunder_16:
	tbz	x2, #3, .Lunder_8
	str	x1, [x0]
	str	x1, [x5, #-8]
	ret
.Lunder_8:
	tbz	x2, #2, .Lunder_4
	str	w1, [x0]
	str	w1, [x5, #-4]
	ret
.Lunder_4:
	cbz	x2, .Lout
	lsr	x3, x2, #1
	strb	w1, [x0]
	strb	w1, [x0, x3]
	strb	w1, [x5, #-1]
	ret

.Lover_64:
	mov	x3, x0
	cmp	x2, #256
	ccmp	x1, #0, #0, hs
	b.eq	.Lzero
.Lstore:
	sub	x4, x5, #64
.Lloop_64:
	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	cmp	x3, x4
	b.lo	.Lloop_64
	stp	x1, x1, [x5, #-64]
	stp	x1, x1, [x5, #-48]
	stp	x1, x1, [x5, #-32]
	stp	x1, x1, [x5, #-16]
	ret

.Lzero:
	mrs	x6, dczid_el0
	and	w6, w6, #0x1f /* DZP and BS */
	cmp	w6, #4
	b.ne	.Lstore
	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	and	x3, x3, #~63
	sub	x4, x5, #128
.Lzva:
	dc	zva, x3
	add	x3, x3, #64
	dc	zva, x3
	add	x3, x3, #64
	cmp	x3, x4
	b.ls	.Lzva
	/* Less than 128 bytes are left. */

	sub	x4, x5, #64
	cmp	x3, x4
	b.lo	.Lloop_64
	stp	x1, x1, [x5, #-64]
	stp	x1, x1, [x5, #-48]
	stp	x1, x1, [x5, #-32]
	stp	x1, x1, [x5, #-16]
	ret
endfunc memset
