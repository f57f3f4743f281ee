/* SPDX-License-Identifier: MIT */
/*
 * The allocator of early boot: two sorted tables of physical ranges, memory (RAM) and reserved.
 * Boot CPU only, no locks, before mm_init() hands what is not reserved to the page allocator.
 *
 * Rules: the arch (or start_kernel) adds RAM from boot_info, then reserves the kernel image,
 * initrd, FDT and what else must survive; then allocation works. Allocations come from the top of
 * the memory below the limit, so that low memory stays free for devices; before the direct map is
 * complete the arch sets the limit to what its boot tables map at PAGE_OFFSET.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <lib/types.h>
#include <lib/compiler.h>

struct boot_info;

/*
 * Adds boot_info's RAM, clipped to PHYS_BITS, and reserves the kernel image, initrd and FDT. Called
 * once, first.
 */
void memblock_init(const struct boot_info *info);

/*
 * [base, base + size) is RAM / is in use. Ranges may overlap earlier ones. 0, or -ENOSPC when the
 * table is full.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
/* Takes a reservation back. */
int memblock_free(phys_addr_t base, phys_addr_t size);

/* Highest address (exclusive) that allocations may use. Default: no limit. */
void memblock_set_current_limit(phys_addr_t limit);

/*
 * Reserves @size bytes aligned to @align (power of two) below min(@max, limit); 0 when there is no
 * room. Contents undefined.
 */
phys_addr_t memblock_phys_alloc_below(phys_addr_t size, phys_addr_t align, phys_addr_t max);
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);
/*
 * Zeroed, by direct-map address; panics when there is no room (boot cannot go on): says how much
 * was wanted.
 */
void *memblock_alloc(phys_addr_t size, phys_addr_t align);
/* Not zeroed; NULL when there is no room. */
void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align);

bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);
phys_addr_t memblock_phys_mem_size(void);

/* The tables, for walkers: region @i of RAM; false past the end. */
bool memblock_mem_region(unsigned int i, phys_addr_t *base, phys_addr_t *end);
bool memblock_reserved_region(unsigned int i, phys_addr_t *base, phys_addr_t *end);

/*
 * Gives every page of RAM that is not reserved to the page allocator. Afterwards memblock must not
 * be called, but for free_reserved_area(). Called by mm_init().
 */
void memblock_free_all(void);

/*
 * Gives [start, end) (direct-map addresses, page aligned) of reserved memory to the page allocator;
 * returns pages. After mm_init().
 */
unsigned long free_reserved_area(void *start, void *end, const char *what);

/*
 * mm_init(): vmemmap, buddy, slab, vmalloc, in that order; after arch_map_boot_memory(). Boot CPU,
 * IRQs off. mm/init.c. mm_init_late(): what needs threads and CPUs.
 */
void mm_init(void);

#endif
