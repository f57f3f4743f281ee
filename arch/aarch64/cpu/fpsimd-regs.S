/* SPDX-License-Identifier: MIT */
/*
 * struct fpsimd_state <-> registers. The rounding mode is written only when it differs: that write
 * is slow on many CPUs.
 */
#include <asm/assembler.h>

#define FP_FPSR 512

.macro fpsimd_pairs insn
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	fpsimd_pair \insn, \n
	.endr
.endm
.macro fpsimd_pair insn, n
	.altmacro
	fpsimd_pair_1 \insn, \n, %(\n + 1)
	.noaltmacro
.endm
.macro fpsimd_pair_1 insn, n, m
	\insn	q\n, q\m, [x0, #16 * \n]
.endm

/* void fpsimd_save(struct fpsimd_state *state) */
func fpsimd_save
	fpsimd_pairs stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #FP_FPSR
	stp	w1, w2, [x0]
	ret
endfunc fpsimd_save

/* void fpsimd_load(const struct fpsimd_state *state) */
func fpsimd_load
	fpsimd_pairs ldp
	add	x0, x0, #FP_FPSR
	ldp	w1, w2, [x0]
	msr	fpsr, x1
	mrs	x3, fpcr
	cmp	x3, x2
	b.eq	1f
	msr	fpcr, x2
1:	ret
endfunc fpsimd_load
