/* SPDX-License-Identifier: MIT */
#ifndef ASM_TLB_H
#define ASM_TLB_H

/* TLB_VECTOR: other CPUs want entries of this one gone; arch/x86_64/mm/tlb.c. Hard IRQ context. */
void tlb_flush_interrupt(void);

#endif
