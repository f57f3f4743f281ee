/* SPDX-License-Identifier: MIT */
/*
 * The image is mapped where its physical address says (KERNEL_MAP_OFFSET + phys), so the page table
 * that maps its first 2 MiB has 256 free entries below 1 MiB. They are the fixed mappings: some for
 * good, the rest a window through which boot code looks at physical memory before there is a direct
 * map.
 */
#ifndef ASM_FIXMAP_H
#define ASM_FIXMAP_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <arch/param.h>
#include <arch/pte.h>

enum fixmap {
	FIX_NONE, /* its page catches accesses through a NULL symbol */
	FIX_LAPIC,
	FIX_TEXT_POKE,
	FIX_TEXT_POKE2,
	FIX_HPET,
	FIX_WINDOW, /* early_memremap: to the end */
	FIX_END = KERNEL_LOAD_PHYS >> PAGE_SHIFT,
};

static inline void *fix_to_virt(enum fixmap slot)
{
	return (void *)(KERNEL_MAP_OFFSET + ((unsigned long)slot << PAGE_SHIFT));
}

/*
 * Maps one page at @phys (page aligned) with PT_* @prot, or unmaps with @prot 0. This CPU's TLB
 * only. Boot, or IRQs off.
 */
void set_fixmap(enum fixmap slot, phys_addr_t phys, unsigned int prot);

/*
 * Looks at physical memory during boot: at most 1000 KiB at a time in all, read-write, cached.
 * NULL: does not fit. Unmap in reverse order. Boot CPU only, before SMP.
 */
void *early_memremap(phys_addr_t phys, size_t size);
void early_memunmap(void *addr, size_t size);

/* Physical address of an object of the image (its data, bss, init stack). */
static inline phys_addr_t image_to_phys(const void *sym)
{
	return (unsigned long)sym - KERNEL_MAP_OFFSET;
}

#endif
