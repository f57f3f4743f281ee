/* SPDX-License-Identifier: MIT */
/*
 * The exception table: an instruction that may fault on a user address, and where to go on when the
 * fault cannot be resolved. Both are kept as distances from the entry itself. Usable from C (inside
 * asm) and from assembly.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#ifdef __ASSEMBLER__
/* clang-format off */

.macro _asm_extable, insn, fixup
	.pushsection __ex_table, "a"
	.balign 4
	.long	(\insn) - .
	.long	(\fixup) - .
	.popsection
.endm

/* One instruction that may fault; @l is where the function gives up. */
.macro user, l, x:vararg
.Luser\@:
	\x
	_asm_extable .Luser\@, \l
.endm

/* clang-format on */
#else

/* @insn and @fixup as text of the assembler; _ASM_EXTABLE() takes plain labels. */
#define _ASM_EXTABLE_TEXT(insn, fixup)     \
	".pushsection __ex_table, \"a\"\n" \
	".balign 4\n"                      \
	".long (" insn ") - .\n"           \
	".long (" fixup ") - .\n"          \
	".popsection\n"
#define _ASM_EXTABLE(insn, fixup) _ASM_EXTABLE_TEXT(#insn, #fixup)

#endif

#endif
