/* SPDX-License-Identifier: MIT */
/* Fixed mappings and the boot-time window (asm/fixmap.h). */
#include <arch/mmu.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>

#define LEAST_PHYS_BITS 36 /* of any CPU in long mode; what is asked for before cpu_detect() */

extern pte_t boot_pt[]; /* of the first 2 MiB; kernel.lds.S */

static unsigned int window_next = FIX_WINDOW;

void set_fixmap(enum fixmap slot, phys_addr_t phys, unsigned int prot)
{
	void *addr = fix_to_virt(slot);

	pte_set(&boot_pt[slot], prot ? pte_make(phys, prot, 0) : (pte_t){0});
	__asm__ __volatile__("invlpg (%0)" : : "r"(addr) : "memory");
}

/* An address that comes from firmware; a bit that the CPU does not have would be a fault. */
static bool addressable(phys_addr_t phys, size_t size)
{
	unsigned int bits = boot_cpu.phys_bits ? boot_cpu.phys_bits : LEAST_PHYS_BITS;

	return phys < 1ull << bits && size <= (1ull << bits) - phys;
}

void *early_memremap(phys_addr_t phys, size_t size)
{
	unsigned long offset = phys & ~PAGE_MASK;
	unsigned int pages, first = window_next;

	if (!size || size > (FIX_END << PAGE_SHIFT) || !addressable(phys, size))
		return NULL;
	pages = PFN_UP(offset + size);
	if (pages > FIX_END - first)
		return NULL;
	for (unsigned int i = 0; i < pages; i++)
		set_fixmap(first + i, (phys & PAGE_MASK) + ((phys_addr_t)i << PAGE_SHIFT),
			   PT_KERNEL);
	window_next += pages;
	return fix_to_virt(first) + offset;
}

void early_memunmap(void *addr, size_t size)
{
	unsigned long offset = (unsigned long)addr & ~PAGE_MASK;
	unsigned int first = ((unsigned long)addr - KERNEL_MAP_OFFSET) >> PAGE_SHIFT;
	unsigned int pages = PFN_UP(offset + size);

	for (unsigned int i = 0; i < pages; i++)
		set_fixmap(first + i, 0, 0);
	window_next = first;
}
