/* SPDX-License-Identifier: MIT */
/* Functions in assembly: each in its own section, so that the linker can drop what nothing uses. */
#ifndef ASM_LINKAGE_H
#define ASM_LINKAGE_H

#ifdef __ASSEMBLER__
/* clang-format off */
#define FUNC(name)							\
	.pushsection .text.name, "ax";					\
	.globl name;							\
	.type name, @function;						\
	.balign 16;							\
	name:
#define END_FUNC(name)							\
	.size name, .- name;						\
	.popsection

/* %gs:symbol(%rip) is this CPU's copy; without SMP there is only the symbol. */
#ifdef CONFIG_SMP
#define PER_CPU(sym) %gs:sym(%rip)
#define SWAPGS	     swapgs
#else
#define PER_CPU(sym) sym(%rip)
#define SWAPGS
#endif
/* clang-format on */
#endif

#endif
