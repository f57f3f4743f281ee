/* SPDX-License-Identifier: MIT */
/*
 * Bringing memory up: the array of struct pages is mapped, free RAM goes to the page allocator,
 * then slab and vmalloc start. The order is in mm_init().
 */
#include <arch/boot.h>
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/pgtable.h>
#include <mm/slab.h>

#include "internal.h"

phys_addr_t kernel_phys_base __ro_after_init;
struct page *zero_page __ro_after_init;

#define BIG_MAP PT_SPAN(1)

/* Backs [va, va + size) of the page array with memory that is contiguous where it can be. */
static void __init vmemmap_map(unsigned long va, unsigned long end)
{
	while (va < end) {
		unsigned long size = min(end, round_down(va + BIG_MAP, BIG_MAP)) - va;
		phys_addr_t pa = memblock_phys_alloc(size, size == BIG_MAP ? BIG_MAP : PAGE_SIZE);

		if (!pa) {
			size = PAGE_SIZE;
			pa = memblock_phys_alloc(size, PAGE_SIZE);
		}
		if (!pa || map_kernel_range(arch_kernel_root(), va, pa, size, PT_KERNEL,
					    pt_alloc_memblock))
			panic("too little memory for the page array; give the machine more");
		va += size;
	}
}

void __init vmemmap_init(void)
{
	unsigned long done = 0;
	phys_addr_t base, end;

	for (unsigned int i = 0; memblock_mem_region(i, &base, &end); i++) {
		unsigned long first = round_down(PFN_DOWN(base), BLOCK_PAGES);
		unsigned long last = round_up(PFN_UP(end), BLOCK_PAGES);

		first = max(first, done);
		if (first < last)
			vmemmap_map((unsigned long)pfn_to_page(first),
				    (unsigned long)pfn_to_page(last));
		done = max(done, last);
	}
}

void __init mm_init(void)
{
	memblock_set_current_limit(~0ull);
	vmemmap_init();
	page_alloc_init(PFN_UP(memblock_end_of_DRAM()));
	memblock_free_all();
	page_alloc_ready();
	page_alloc_init_reserved(PFN_DOWN(boot_info.kernel_start), PFN_UP(boot_info.kernel_end));
	kmem_cache_init();
	zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!zero_page)
		panic("too little memory: nothing is left after boot; give the machine more");
	vmalloc_init();
	mm_struct_init();
	vma_cache_init();
	pr_info("memory: %lu KiB free of %llu KiB\n", nr_free_pages() << (PAGE_SHIFT - 10),
		memblock_phys_mem_size() >> 10);
}
