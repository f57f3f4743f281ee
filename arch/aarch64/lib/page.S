/* SPDX-License-Identifier: MIT */
/* clear_page() and copy_page(): one aligned page. */
#include <arch/param.h>
#include <asm/assembler.h>

/* void clear_page(void *page) */
func clear_page
	mrs	x1, dczid_el0
	add	x2, x0, #PAGE_SIZE
	and	w1, w1, #0x1f /* DZP and BS */
	cmp	w1, #4
	b.ne	.Lclear_stores
.Lclear_zva:
	.rept	16
	dc	zva, x0
	add	x0, x0, #64
	.endr
	cmp	x0, x2
	b.ne	.Lclear_zva
	ret
.Lclear_stores:
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	cmp	x0, x2
	b.ne	.Lclear_stores
	ret
endfunc clear_page

/* void copy_page(void *to, const void *from) */
func copy_page
	simd_begin x16, w17
	add	x2, x0, #PAGE_SIZE
.Lcopy_512:
	.rept	8
	ld1	{v0.16b-v3.16b}, [x1], #64
	st1	{v0.16b-v3.16b}, [x0], #64
	.endr
	cmp	x0, x2
	b.ne	.Lcopy_512
	simd_end x16, w17
	ret
endfunc copy_page
