/* SPDX-License-Identifier: MIT */
/*
 * TLB maintenance is broadcast to the inner shareable domain, so no CPU mask is kept. An address
 * space is named in the TLB by its ASID (mm/context.c); the kernel's entries are global.
 */
#ifndef ASM_MMU_H
#define ASM_MMU_H

#include <lib/types.h>

struct arch_mm {
	_Atomic u64 context_id; /* generation << 16 | ASID; 0: none yet */
};

#endif
