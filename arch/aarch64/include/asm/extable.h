/* SPDX-License-Identifier: MIT */
/*
 * The exception table: an instruction that may fault on a user address, and where to go on when the fault cannot be resolved.
 * Both are kept as distances from the entry itself. Usable from C (inside asm) and from assembly.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#ifdef __ASSEMBLER__

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

#else

#define _ASM_EXTABLE(insn, fixup)                                                                  \
	".pushsection __ex_table, \"a\"\n"                                                         \
	".balign 4\n"                                                                              \
	".long (" #insn ") - .\n"                                                                  \
	".long (" #fixup ") - .\n"                                                                 \
	".popsection\n"

#endif

#endif
