/* SPDX-License-Identifier: MIT */
/*
 * The one copy routine: memcpy, copy_from_user and copy_to_user are it with plain or fault-checked accesses. The file that includes
 * this defines four macros that emit one load or store each: ld_s/st_s where nothing has been copied yet when they fault, and
 * ld_b/st_b where the destination up to x3 has; and .Ldone, the way out.
 *
 * In: x0 destination, x1 source, x2 bytes. Kept: x0; x4, x5 the ends of source and destination once past the first instructions.
 * Up to 64 bytes everything is loaded before anything is stored. From COPY_SIMD_MIN on, 64 bytes go through v0-v3 at a time: they
 * are saved on the stack, and thread_info.kernel_simd makes a context switch in the middle keep them.
 */

#define COPY_SIMD_MIN 256

	add	x4, x1, x2
	add	x5, x0, x2
	cmp	x2, #16
	b.lo	.Lunder_16
	cmp	x2, #64
	b.hi	.Lover_64
	cmp	x2, #32
	ld_s	ldp	x6, x7, [x1]
	ld_s	ldp	x8, x9, [x4, #-16]
	b.hi	.Lover_32
	st_s	stp	x6, x7, [x0]
	st_s	stp	x8, x9, [x5, #-16]
	b	.Ldone

.Lover_32:
	ld_s	ldp	x10, x11, [x1, #16]
	ld_s	ldp	x12, x13, [x4, #-32]
	st_s	stp	x6, x7, [x0]
	st_s	stp	x10, x11, [x0, #16]
	st_s	stp	x12, x13, [x5, #-32]
	st_s	stp	x8, x9, [x5, #-16]
	b	.Ldone

.Lunder_16:
	tbz	x2, #3, .Lunder_8
	ld_s	ldr	x6, [x1]
	ld_s	ldr	x7, [x4, #-8]
	st_s	str	x6, [x0]
	st_s	str	x7, [x5, #-8]
	b	.Ldone
.Lunder_8:
	tbz	x2, #2, .Lunder_4
	ld_s	ldr	w6, [x1]
	ld_s	ldr	w7, [x4, #-4]
	st_s	str	w6, [x0]
	st_s	str	w7, [x5, #-4]
	b	.Ldone
.Lunder_4:
	cbz	x2, .Ldone
	lsr	x9, x2, #1
	ld_s	ldrb	w6, [x1]
	ld_s	ldrb	w7, [x1, x9]
	ld_s	ldrb	w8, [x4, #-1]
	st_s	strb	w6, [x0]
	st_s	strb	w7, [x0, x9]
	st_s	strb	w8, [x5, #-1]
	b	.Ldone

.Lover_64:
	mov	x3, x0
	cmp	x2, #COPY_SIMD_MIN
	b.hs	.Lsimd
	sub	x14, x5, #64
.Lloop_64:
	ld_b	ldp	x6, x7, [x1]
	ld_b	ldp	x8, x9, [x1, #16]
	ld_b	ldp	x10, x11, [x1, #32]
	ld_b	ldp	x12, x13, [x1, #48]
	add	x1, x1, #64
	st_b	stp	x6, x7, [x3]
	st_b	stp	x8, x9, [x3, #16]
	st_b	stp	x10, x11, [x3, #32]
	st_b	stp	x12, x13, [x3, #48]
	add	x3, x3, #64
	cmp	x3, x14
	b.lo	.Lloop_64
	/* The last 64 bytes, some of them a second time. */
	ld_b	ldp	x6, x7, [x4, #-64]
	ld_b	ldp	x8, x9, [x4, #-48]
	ld_b	ldp	x10, x11, [x4, #-32]
	ld_b	ldp	x12, x13, [x4, #-16]
	st_b	stp	x6, x7, [x5, #-64]
	st_b	stp	x8, x9, [x5, #-48]
	st_b	stp	x10, x11, [x5, #-32]
	st_b	stp	x12, x13, [x5, #-16]
	b	.Ldone

.Lsimd:
	simd_begin x16, w17
	sub	x14, x5, #256
	sub	x15, x5, #64
.Lloop_256:
	.rept	4
	ld_v	ld1	{v0.16b-v3.16b}, [x1], #64
	st_v	st1	{v0.16b-v3.16b}, [x3], #64
	.endr
	cmp	x3, x14
	b.ls	.Lloop_256
	cmp	x3, x15
	b.hi	.Lsimd_tail
.Lsimd_64:
	ld_v	ld1	{v0.16b-v3.16b}, [x1], #64
	st_v	st1	{v0.16b-v3.16b}, [x3], #64
	cmp	x3, x15
	b.ls	.Lsimd_64
.Lsimd_tail:
	cmp	x3, x5
	b.eq	.Lsimd_done
	sub	x13, x4, #64
	ld_v	ld1	{v0.16b-v3.16b}, [x13]
	st_v	st1	{v0.16b-v3.16b}, [x15]
.Lsimd_done:
	simd_end x16, w17
	b	.Ldone
