/* SPDX-License-Identifier: MIT */
/* Offsets that assembly needs; each is checked by a static_assert in arch/x86_64/entry/traps.c. */
#ifndef ASM_ASM_OFFSETS_H
#define ASM_ASM_OFFSETS_H

#define PT_REGS_R15	0
#define PT_REGS_R14	8
#define PT_REGS_R13	16
#define PT_REGS_R12	24
#define PT_REGS_BP	32
#define PT_REGS_BX	40
#define PT_REGS_R11	48
#define PT_REGS_R10	56
#define PT_REGS_R9	64
#define PT_REGS_R8	72
#define PT_REGS_AX	80
#define PT_REGS_CX	88
#define PT_REGS_DX	96
#define PT_REGS_SI	104
#define PT_REGS_DI	112
#define PT_REGS_ORIG_AX 120
#define PT_REGS_IP	128
#define PT_REGS_CS	136
#define PT_REGS_FLAGS	144
#define PT_REGS_SP	152
#define PT_REGS_SS	160
#define PT_REGS_SIZE	168

#define TI_FLAGS	0

#endif
