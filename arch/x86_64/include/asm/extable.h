/* SPDX-License-Identifier: MIT */
/*
 * Entries of the exception table (kernel/extable.h): where to go on when an access of user memory
 * faults for good.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#ifdef __ASSEMBLER__
/* clang-format off */
.macro EXTABLE insn, fixup
	.pushsection __ex_table, "a"
	.balign 4
	.long \insn - ., \fixup - .
	.popsection
.endm
/*
 * Open and close user memory when the CPU has SMAP: three-byte no-ops that boot code replaces
 * (cpu/alternative.c).
 */
.macro STAC
661:	.byte 0x0f, 0x1f, 0x00
	.pushsection alt_stac, "a"
	.long 661b - .
	.popsection
.endm
.macro CLAC
662:	.byte 0x0f, 0x1f, 0x00
	.pushsection alt_clac, "a"
	.long 662b - .
	.popsection
.endm
/* clang-format on */
#else
#define EXTABLE(insn, fixup)                  \
	".pushsection __ex_table, \"a\"\n"    \
	".balign 4\n"                         \
	".long " insn " - ., " fixup " - .\n" \
	".popsection\n"
#define __SMAP_ALT(section)                 \
	"661: .byte 0x0f, 0x1f, 0x00\n"     \
	".pushsection " section ", \"a\"\n" \
	".long 661b - .\n"                  \
	".popsection\n"
#define STAC __SMAP_ALT("alt_stac")
#define CLAC __SMAP_ALT("alt_clac")
#endif

#endif
