/* SPDX-License-Identifier: MIT */
/* For assembly only: functions, addresses, and the code alternatives of mm/alternative.h. */
/* clang-format off */
#ifndef ASM_ASSEMBLER_H
#define ASM_ASSEMBLER_H

#include <asm/asm-offsets.h>
#include <asm/extable.h>

/* A function in its own section, so that the linker can drop it. */
.macro func, name, section=.text
	.pushsection \section\().\name, "ax"
	.globl	\name
	.type	\name, %function
	.balign	4
\name:
.endm

.macro endfunc, name
	.size	\name, . - \name
	.popsection
.endm

/* The address of a symbol within 4 GiB, wherever the image runs. */
.macro adr_l, reg, sym
	adrp	\reg, \sym
	add	\reg, \reg, :lo12:\sym
.endm

/* A constant of 64 bits, in as few instructions as it takes. */
.macro mov_q, reg, val
	.if	(((\val) >> 31) == 0 || ((\val) >> 31) == 0x1ffffffff)
	movz	\reg, #(((\val) >> 16) & 0xffff), lsl #16
	.else
	.if	(((\val) >> 47) == 0 || ((\val) >> 47) == 0x1ffff)
	movz	\reg, #(((\val) >> 32) & 0xffff), lsl #32
	.else
	movz	\reg, #(((\val) >> 48) & 0xffff), lsl #48
	movk	\reg, #(((\val) >> 32) & 0xffff), lsl #32
	.endif
	movk	\reg, #(((\val) >> 16) & 0xffff), lsl #16
	.endif
	movk	\reg, #((\val) & 0xffff)
.endm

.macro ldr_this_cpu, reg, sym, tmp
	adr_l	\reg, \sym
#ifdef CONFIG_SMP
	mrs	\tmp, tpidr_el1
	ldr	\reg, [\reg, \tmp]
#else
	ldr	\reg, [\reg]
#endif
.endm

/*
 * msr pan, #n on CPUs that have PAN: a nop that boot/early_map.c replaces before the text becomes
 * read-only.
 */
.macro set_pan, n
.Lpan\@:
	nop
	.pushsection .pan_sites, "a"
	.balign 4
	.long	.Lpan\@ - .
	.long	(0xd500409f | ((\n) << 8))
	.popsection
.endm

/*
 * Borrows v0-v3 from whoever's values they hold. In between, the code may fault, sleep and be
 * preempted: a context switch that finds thread_info.kernel_simd saves all vector registers with
 * the task. Not for code that runs before cpu_setup.
 */
.macro simd_begin, ti, tmp
	mrs	\ti, sp_el0
	ldr	\tmp, [\ti, #TI_SIMD]
	add	\tmp, \tmp, #1
	str	\tmp, [\ti, #TI_SIMD]
	sub	sp, sp, #64
	st1	{v0.16b-v3.16b}, [sp]
.endm

.macro simd_end, ti, tmp
	ld1	{v0.16b-v3.16b}, [sp], #64
	ldr	\tmp, [\ti, #TI_SIMD]
	sub	\tmp, \tmp, #1
	str	\tmp, [\ti, #TI_SIMD]
.endm

#endif
