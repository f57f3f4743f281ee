/* SPDX-License-Identifier: MIT */
/*
 * An address space is named in the TLB by its ASID (mm/context.c); the kernel's entries are global.
 * TLB maintenance is broadcast to the inner shareable domain, but for an address space that has run
 * on one CPU only, which is where most of fork's and exec's flushes happen.
 */
#ifndef ASM_MMU_H
#define ASM_MMU_H

#include <lib/types.h>

struct arch_mm {
	_Atomic u64 context_id; /* generation << 16 | ASID; 0: none yet */
#if IS_ENABLED(CONFIG_SMP)
	_Atomic u64 cpus; /* bit n: CPU n has used this ASID, and may hold entries of it */
#endif
};

#endif
