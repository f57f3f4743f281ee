/* SPDX-License-Identifier: MIT */
/*
 * The boot-time allocator; the rules are in <mm/memblock.h>. A table is an array of disjoint,
 * sorted, non-adjacent ranges. Allocation walks RAM from the top down and takes the first gap
 * between reservations that is large enough.
 */
#include <mm/memblock.h>
#include <mm/page.h>
#include <arch/boot.h>
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <uapi/errno.h>

#include "internal.h"

#define MEMBLOCK_REGIONS 128

struct range {
	phys_addr_t base, end; /* end excluded */
};

struct range_table {
	unsigned int nr;
	struct range r[MEMBLOCK_REGIONS];
};

static struct range_table memory __initbss, reserved __initbss;
static phys_addr_t current_limit __initdata = ~0ull;

static void __init table_remove(struct range_table *t, unsigned int from, unsigned int to)
{
	memmove(&t->r[from], &t->r[to], (t->nr - to) * sizeof(t->r[0]));
	t->nr -= to - from;
}

/* Index of the first range that ends at or after @addr. */
static unsigned int __init table_first(struct range_table *t, phys_addr_t addr)
{
	unsigned int i = 0;

	while (i < t->nr && t->r[i].end < addr)
		i++;
	return i;
}

/* Unites [base, end) with the ranges that it overlaps or touches. */
static int __init table_add(struct range_table *t, phys_addr_t base, phys_addr_t end)
{
	unsigned int i = table_first(t, base), last = i;

	if (base >= end)
		return 0;
	while (last < t->nr && t->r[last].base <= end) {
		base = min(base, t->r[last].base);
		end = max(end, t->r[last].end);
		last++;
	}
	if (last > i) {
		t->r[i] = (struct range){base, end};
		table_remove(t, i + 1, last);
		return 0;
	}
	if (t->nr == MEMBLOCK_REGIONS) {
		pr_warn("memblock: no room for another %s range at %#llx\n",
			t == &memory ? "memory" : "reserved", base);
		return -ENOSPC;
	}
	memmove(&t->r[i + 1], &t->r[i], (t->nr - i) * sizeof(t->r[0]));
	t->nr++;
	t->r[i] = (struct range){base, end};
	return 0;
}

static int __init table_subtract(struct range_table *t, phys_addr_t base, phys_addr_t end)
{
	for (unsigned int i = 0; i < t->nr; i++) {
		struct range r = t->r[i];

		if (r.end <= base || r.base >= end)
			continue;
		table_remove(t, i, i + 1);
		if (r.base < base && table_add(t, r.base, base))
			return -ENOSPC;
		if (r.end > end && table_add(t, end, r.end))
			return -ENOSPC;
		i = (unsigned int)-1; /* the table moved: look again from the start */
	}
	return 0;
}

static bool __init table_has(struct range_table *t, phys_addr_t addr)
{
	unsigned int i = table_first(t, addr + 1);

	return i < t->nr && t->r[i].base <= addr;
}

int __init memblock_add(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = min(base + size, (phys_addr_t)1 << PHYS_BITS) & PAGE_MASK;

	return table_add(&memory, PAGE_ALIGN(base), end);
}

int __init memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return table_add(&reserved, base, base + size);
}

int __init memblock_free(phys_addr_t base, phys_addr_t size)
{
	return table_subtract(&reserved, base, base + size);
}

void __init memblock_set_current_limit(phys_addr_t limit)
{
	current_limit = limit;
}

bool __init memblock_is_memory(phys_addr_t addr)
{
	return table_has(&memory, addr);
}

bool __init memblock_is_reserved(phys_addr_t addr)
{
	return table_has(&reserved, addr);
}

phys_addr_t __init memblock_start_of_DRAM(void)
{
	return memory.nr ? memory.r[0].base : 0;
}

phys_addr_t __init memblock_end_of_DRAM(void)
{
	return memory.nr ? memory.r[memory.nr - 1].end : 0;
}

phys_addr_t __init memblock_phys_mem_size(void)
{
	phys_addr_t size = 0;

	for (unsigned int i = 0; i < memory.nr; i++)
		size += memory.r[i].end - memory.r[i].base;
	return size;
}

static bool __init table_region(struct range_table *t, unsigned int i, phys_addr_t *base,
				phys_addr_t *end)
{
	if (i >= t->nr)
		return false;
	*base = t->r[i].base;
	*end = t->r[i].end;
	return true;
}

bool __init memblock_mem_region(unsigned int i, phys_addr_t *base, phys_addr_t *end)
{
	return table_region(&memory, i, base, end);
}

bool __init memblock_reserved_region(unsigned int i, phys_addr_t *base, phys_addr_t *end)
{
	return table_region(&reserved, i, base, end);
}

/* The highest aligned place for @size bytes in [base, end) clear of reservations; 0: none. */
static phys_addr_t __init find_in_range(phys_addr_t base, phys_addr_t end, phys_addr_t size,
					phys_addr_t align)
{
	unsigned int i = reserved.nr;

	while (end > base && end - base >= size) {
		phys_addr_t at = round_down(end - size, align);

		while (i > 0 && reserved.r[i - 1].base >= at + size)
			i--;
		if (at < base)
			return 0;
		if (i == 0 || reserved.r[i - 1].end <= at)
			return at;
		end = reserved.r[i - 1].base;
	}
	return 0;
}

phys_addr_t __init memblock_phys_alloc_below(phys_addr_t size, phys_addr_t align, phys_addr_t limit)
{
	limit = min(limit, current_limit);
	for (unsigned int i = memory.nr; i-- > 0;) {
		phys_addr_t at =
			find_in_range(memory.r[i].base, min(memory.r[i].end, limit), size, align);

		if (at)
			return memblock_reserve(at, size) ? 0 : at;
	}
	return 0;
}

phys_addr_t __init memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_below(size, align, ~0ull);
}

void *__init memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t at = memblock_phys_alloc(size, align);

	return at ? __va(at) : NULL;
}

void *__init memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	void *p = memblock_alloc_raw(size, align);

	if (!p)
		panic("too little memory: %llu KiB wanted at boot, %llu KiB of RAM in all; "
		      "give the machine more",
		      size >> 10, memblock_phys_mem_size() >> 10);
	return memset(p, 0, size);
}

void __init memblock_init(const struct boot_info *info)
{
	for (unsigned int i = 0; i < info->nr_mem; i++) {
		const struct boot_mem_region *m = &info->mem[i];

		if (m->type == BOOT_MEM_RAM)
			memblock_add(m->base, m->size);
	}
	/* What firmware keeps wins where its map contradicts itself. */
	for (unsigned int i = 0; i < info->nr_mem; i++) {
		const struct boot_mem_region *m = &info->mem[i];

		if (m->type != BOOT_MEM_RAM && memblock_is_memory(m->base))
			memblock_reserve(round_down(m->base, PAGE_SIZE),
					 PAGE_ALIGN(m->size + (m->base & ~PAGE_MASK)));
	}
	memblock_reserve(0, PAGE_SIZE); /* frame 0 means "none" in places */
	memblock_reserve(info->kernel_start, info->kernel_end - info->kernel_start);
	if (info->initrd_size)
		memblock_reserve(info->initrd_start, info->initrd_size);
	if (info->fdt && info->fdt_size)
		memblock_reserve(info->fdt, info->fdt_size);
}

/* Hands [base, end) less its reservations to the page allocator. */
static void __init free_range(phys_addr_t base, phys_addr_t end)
{
	for (unsigned int i = 0; i < reserved.nr && base < end; i++) {
		phys_addr_t rbase = round_down(reserved.r[i].base, PAGE_SIZE);
		phys_addr_t rend = PAGE_ALIGN(reserved.r[i].end);

		if (rend <= base || rbase >= end)
			continue;
		if (rbase > base)
			page_alloc_add_range(PFN_DOWN(base), PFN_DOWN(rbase));
		base = rend;
	}
	if (base < end)
		page_alloc_add_range(PFN_DOWN(base), PFN_DOWN(end));
}

void __init memblock_free_all(void)
{
	for (unsigned int i = 0; i < memory.nr; i++)
		free_range(memory.r[i].base, memory.r[i].end);
}
