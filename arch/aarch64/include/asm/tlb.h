/* SPDX-License-Identifier: MIT */
/* TLB maintenance of the arch itself; what mm/ calls is in <arch/mmu.h>. */
#ifndef ASM_TLB_H
#define ASM_TLB_H

#include <lib/types.h>
#include <asm/barrier.h>

/* tlbi @op, here or broadcast. The caller has the barriers around it. */
#define tlbi(op)	      asm volatile("tlbi " #op : : : "memory")
#define tlbi_arg(op, arg)     asm volatile("tlbi " #op ", %0" : : "r"(arg) : "memory")
#define tlbi_all(op)	      asm volatile("tlbi " #op "is" : : : "memory")
#define tlbi_all_arg(op, arg) asm volatile("tlbi " #op "is, %0" : : "r"(arg) : "memory")

/* Everything, this CPU only. */
static inline void local_flush_tlb_all(void)
{
	dsb(nshst);
	asm volatile("tlbi vmalle1" : : : "memory");
	dsb(nsh);
	isb();
}

/* mm/context.c: once, before the first arch_switch_mm(). */
void asid_init(void);

#endif
