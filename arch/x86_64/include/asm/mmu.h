/* SPDX-License-Identifier: MIT */
#ifndef ASM_MMU_H
#define ASM_MMU_H

#include <lib/types.h>
#include <lib/atomic.h>

/*
 * TLB state of an address space; the scheme is described in arch/x86_64/mm/tlb.c.
 *   ctx_id unique for ever: a CPU's slot that remembers it cannot be taken for another mm's. 0:
 *    kernel only (init_mm)
 *   gen incremented by each flush; a CPU whose slot saw less flushes before it uses the slot again
 *   cpus     CPUs that have it loaded (atomic bits)
 */
struct arch_mm {
	u64 ctx_id;
#ifdef CONFIG_SMP
	_Atomic(u64) gen;
	unsigned long cpus[(CONFIG_NR_CPUS + 63) / 64];
#else
	u64 gen;
#endif
};

#endif
