/* SPDX-License-Identifier: MIT */
/*
 * The kernel's page tables. boot/early_map.c has mapped the image; here the direct map is made, in
 * two steps, since the allocator that gives tables hands out direct-map addresses:
 *
 *   arch_early_init()      a window: the RAM around the image, at most the 1 GiB that it lies in,
 *                          from tables inside the image
 *   arch_map_boot_memory() the rest, from memblock
 *
 * The image's text and rodata are read-only in the direct map too. Memory that the devicetree says
 * must not be mapped is left out.
 */
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <arch/boot.h>
#include <arch/mmu.h>
#include <asm/cpufeature.h>
#include <asm/sections.h>
#include <asm/smp.h>
#include <asm/sysreg.h>
#include <asm/tlb.h>
#include <mm/memblock.h>
#include <mm/page.h>
#include <mm/pgtable.h>

static phys_addr_t window_start __initdata, window_end __initdata;
static pte_t *next_boot_table __initdata;

/* Memory that the devicetree forbids to map (reserved-memory with no-map). */
#define MAX_HOLES 16
struct hole {
	phys_addr_t start, end;
};
static struct hole holes[MAX_HOLES] __initdata;
static unsigned int nr_holes __initdata;

pte_t *arch_kernel_root(void)
{
	return swapper_pg_dir;
}

/* ---- the window ---- */

/* A table inside the image, before the direct map holds the image. */
static pte_t *__init image_table(pte_t entry)
{
	return (pte_t *)(pte_table_phys(entry) - kernel_phys_base + KERNEL_BASE);
}

static pte_t *__init boot_table_below(pte_t *entry)
{
	pte_t *table;

	if (pte_present(*entry))
		return image_table(*entry);
	table = next_boot_table;
	next_boot_table += PT_ENTRIES;
	BUG_ON(next_boot_table > boot_tables_end);
	pte_set(entry, pte_make_table(__pa_symbol(table)));
	return table;
}

/* What a page of the direct map may do: the parts of the image that are constant stay so. */
static u32 __init direct_prot(phys_addr_t pa)
{
	unsigned long va = pa - kernel_phys_base + KERNEL_BASE;

	if (pa < kernel_phys_base || pa >= boot_info.kernel_end)
		return PT_KERNEL;
	if (va < (unsigned long)_einittext ||
	    (va >= (unsigned long)__start_rodata && va < (unsigned long)__end_rodata))
		return PT_KERNEL_RO;
	return PT_KERNEL;
}

/* Only blocks that hold a part of the image can be mixed. */
static bool __init block_is_uniform(phys_addr_t pa)
{
	if (pa + PT_SPAN(1) <= kernel_phys_base || pa >= boot_info.kernel_end)
		return true;
	for (unsigned long off = PAGE_SIZE; off < PT_SPAN(1); off += PAGE_SIZE)
		if (direct_prot(pa + off) != direct_prot(pa))
			return false;
	return true;
}

static void __init map_window_block(pte_t *pmd_table, phys_addr_t pa)
{
	pte_t *entry = &pmd_table[pt_index(pa + PAGE_OFFSET, 1)], *table;

	if (block_is_uniform(pa)) {
		pte_set(entry, pte_make(pa, direct_prot(pa), 1));
		return;
	}
	table = boot_table_below(entry);
	for (unsigned int i = 0; i < PT_ENTRIES; i++, pa += PAGE_SIZE)
		pte_set(&table[i], pte_make(pa, direct_prot(pa), 0));
}

static void __init find_nomap(void)
{
	u64 base, size;
	bool nomap;

	for (unsigned int i = 0; !fdt_reserved(&of_fdt, i, &base, &size, &nomap); i++) {
		if (!nomap)
			continue;
		if (nr_holes == MAX_HOLES)
			panic("more than %d no-map areas in the devicetree", MAX_HOLES);
		holes[nr_holes++] =
			(struct hole){round_down(base, PAGE_SIZE), PAGE_ALIGN(base + size)};
	}
}

static bool __init overlaps_nomap(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < nr_holes; i++)
		if (holes[i].start < end && holes[i].end > start)
			return true;
	return false;
}

/*
 * Finds [window_start, window_end): whole 2 MiB blocks of RAM around the image, free of what must
 * not be mapped.
 */
static void __init find_window(void)
{
	phys_addr_t first = round_down(kernel_phys_base, PT_SPAN(1));
	phys_addr_t last = round_up(boot_info.kernel_end, PT_SPAN(1));
	phys_addr_t low = round_down(kernel_phys_base, PT_SPAN(2));
	phys_addr_t high = low + PT_SPAN(2);

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem_region *r = &boot_info.mem[i];

		if (r->type != BOOT_MEM_RAM || kernel_phys_base < r->base ||
		    kernel_phys_base >= r->base + r->size)
			continue;
		low = max(low, round_up(r->base, PT_SPAN(1)));
		high = min(high, round_down(r->base + r->size, PT_SPAN(1)));
	}
	/*
	 * RAM that ends inside the image's last block: the image itself is there, see in_ram() in
	 * boot/setup.c.
	 */
	high = max(high, last);
	while (first > low && !overlaps_nomap(first - PT_SPAN(1), first))
		first -= PT_SPAN(1);
	while (last < high && !overlaps_nomap(last, last + PT_SPAN(1)))
		last += PT_SPAN(1);
	window_start = first;
	window_end = last;
}

static void __init map_window(void)
{
	pte_t *table = swapper_pg_dir;

	next_boot_table = boot_tables + boot_tables_used * PT_ENTRIES;
	table = boot_table_below(&table[pt_index(PAGE_OFFSET + window_start, 3)]);
	table = boot_table_below(&table[pt_index(PAGE_OFFSET + window_start, 2)]);
	for (phys_addr_t pa = window_start; pa < window_end; pa += PT_SPAN(1))
		map_window_block(table, pa);
}

/* ---- the rest ---- */

static void __init map_direct(phys_addr_t start, phys_addr_t end)
{
	if (start >= end)
		return;
	if (map_kernel_range(swapper_pg_dir, PAGE_OFFSET + start, start, end - start, PT_KERNEL,
			     pt_alloc_memblock))
		panic("too little memory for the direct map's tables; give the machine more");
}

/*
 * [start, end) without the holes from index @i on and without the window, which is mapped already.
 */
static void __init map_around_holes(phys_addr_t start, phys_addr_t end, unsigned int i)
{
	for (; i < nr_holes; i++) {
		if (holes[i].start >= end || holes[i].end <= start)
			continue;
		map_around_holes(start, holes[i].start, i + 1);
		map_around_holes(holes[i].end, end, i + 1);
		return;
	}
	map_direct(start, min(end, max(start, window_start)));
	map_direct(max(start, min(end, window_end)), end);
}

void __init arch_map_boot_memory(void)
{
	phys_addr_t base, end;

	for (unsigned int i = 0; memblock_mem_region(i, &base, &end); i++)
		map_around_holes(round_up(base, PAGE_SIZE), round_down(end, PAGE_SIZE), 0);
}

/* ---- order of boot ---- */

void __init arch_early_init(void)
{
	find_nomap();
	find_window();
	map_window();
	memblock_set_current_limit(window_end);
	asid_init();
	cpufeature_init();
}

void __init arch_init(void)
{
	psci_init();
	smp_publish_cpus();
}

static void free_image_range(char *begin, char *end, const char *what)
{
	size_t size = end - begin;
	void *direct = __va(__pa_symbol(begin));

	unmap_kernel_range(swapper_pg_dir, (unsigned long)begin, size);
	tlb_flush_kernel_range((unsigned long)begin, (unsigned long)end);
	if (protect_kernel_range((unsigned long)direct, size, PT_KERNEL, pt_alloc_kernel))
		return;
	free_reserved_area(direct, (char *)direct + size, what);
}

void arch_free_init_memory(void)
{
	free_image_range(__init_begin, __init_end, "boot code");
	free_image_range(__initbss_begin, __initbss_end, "boot data");
}

/* With CONFIG_CC_OPTIMIZE_FOR_SIZE the section is not given pages of its own. */
void arch_free_boot(void)
{
	unsigned long ro = (unsigned long)__start_ro_after_init;
	size_t size = __end_ro_after_init - __start_ro_after_init;

	if (!IS_ALIGNED(ro, PAGE_SIZE) || !IS_ALIGNED(size, PAGE_SIZE))
		return;
	protect_kernel_range(ro, size, PT_KERNEL_RO, pt_alloc_kernel);
	protect_kernel_range((unsigned long)__va(__pa_symbol(ro)), size, PT_KERNEL_RO,
			     pt_alloc_kernel);
}
