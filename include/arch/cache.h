/* SPDX-License-Identifier: MIT */
/* Caches. Context of all: any; addresses are kernel virtual (direct map). */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <lib/types.h>

/* Makes code written at [start, start+len) visible to instruction fetch of all CPUs. */
void arch_sync_icache(const void *start, size_t len);
/* For devices that do not snoop: write back, or invalidate. Empty where DMA is coherent. */
void arch_dcache_clean(const void *start, size_t len);
void arch_dcache_invalidate(const void *start, size_t len);

/*
 * <asm/page.h>: clear_page(void *page), copy_page(void *to, const void *from): one aligned page,
 * fewest instructions.
 */
#include <asm/page.h>

#endif
