/* SPDX-License-Identifier: MIT */
/*
 * The first page tables. Runs with the MMU off at the physical address of the image, so: no pointer
 * that the linker wrote down is followed, every symbol is reached relative to the program counter
 * and is therefore a physical address, and every access is aligned (the Makefile says so to the
 * compiler).
 *
 * The image is mapped at KERNEL_BASE with the final permissions of each section, in 2 MiB blocks
 * where a block lies in one section and in pages elsewhere. The code that turns the MMU on is also
 * mapped at its own address, in idmap_pg_dir. The devicetree gets a window, read-only; its size is
 * not known yet, so it gets two blocks.
 */
#include <lib/types.h>
#include <arch/param.h>
#include <arch/pte.h>
#include <asm/sections.h>
#include <asm/sysreg.h>

void early_map(phys_addr_t fdt);

unsigned int boot_tables_used;

#define MAP_RX (PT_KERNEL_RX)
#define MAP_RO (PT_KERNEL_RO)
#define MAP_RW (PT_KERNEL)

static pte_t *new_table(pte_t **pool)
{
	pte_t *table = *pool;

	*pool += PT_ENTRIES;
	return table;
}

static inline void put(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->val, pte.val);
}

/* The table that entry @index of @table leads to, made if it is not there. */
static pte_t *next_table(pte_t *table, unsigned int index, pte_t **pool)
{
	pte_t *next;

	if (pte_present(table[index]))
		return (pte_t *)pte_table_phys(table[index]);
	next = new_table(pool);
	put(&table[index], pte_make_table((phys_addr_t)next));
	return next;
}

static inline unsigned int index_at(unsigned long va, unsigned int level)
{
	return (va >> PT_SHIFT(level)) & (PT_ENTRIES - 1);
}

/* Maps the part [start, end) of the image; both are physical and multiples of the page size. */
static void map_image(pte_t *pmd_table, pte_t **pool, char *start, char *end, unsigned int prot)
{
	phys_addr_t base = (phys_addr_t)_start, pa = (phys_addr_t)start, stop = (phys_addr_t)end;

	while (pa < stop) {
		unsigned long va = KERNEL_BASE + (pa - base);
		unsigned int pmd = index_at(va, 1);
		pte_t *table;

		if (!(va & (PT_SPAN(1) - 1)) && stop - pa >= PT_SPAN(1)) {
			put(&pmd_table[pmd], pte_make(pa, prot, 1));
			pa += PT_SPAN(1);
			continue;
		}
		table = next_table(pmd_table, pmd, pool);
		put(&table[index_at(va, 0)], pte_make(pa, prot, 0));
		pa += PAGE_SIZE;
	}
}

static void map_identity(pte_t **pool)
{
	phys_addr_t pa = (phys_addr_t)_start;
	pte_t *table = idmap_pg_dir;

	table = next_table(table, index_at(pa, 3), pool);
	table = next_table(table, index_at(pa, 2), pool);
	put(&table[index_at(pa, 1)], pte_make(pa, MAP_RX, 1));
}

/* Boot stack and, later, the console's page. */
static void map_fixmap(pte_t *pmd_table)
{
	phys_addr_t stack = (phys_addr_t)init_stack_pages;

	put(&pmd_table[index_at(FIXMAP_PAGES, 1)], pte_make_table((phys_addr_t)fixmap_pages));
	for (unsigned long off = 0; off < THREAD_SIZE; off += PAGE_SIZE)
		put(&fixmap_pages[index_at(FIXMAP_INIT_STACK + off, 0)],
		    pte_make(stack + off, MAP_RW, 0));
}

static void map_fdt(pte_t *pmd_table, phys_addr_t fdt)
{
	phys_addr_t base = fdt & ~(PT_SPAN(1) - 1);

	if (!fdt || fdt >> PHYS_BITS)
		return;
	for (unsigned long off = 0; off < FIXMAP_FDT_SIZE; off += PT_SPAN(1))
		put(&pmd_table[index_at(FIXMAP_FDT + off, 1)], pte_make(base + off, MAP_RO, 1));
}

/* See set_pan in <asm/assembler.h>. The text is still writable here. */
struct pan_site {
	s32 offset;
	u32 insn;
};

extern struct pan_site __start_pan_sites[], __stop_pan_sites[];

static void patch_pan(void)
{
	if (!id_field(read_sysreg(id_aa64mmfr1_el1), 20))
		return;
	for (struct pan_site *site = __start_pan_sites; site < __stop_pan_sites; site++) {
		u32 *insn = (u32 *)((unsigned long)&site->offset + site->offset);

		WRITE_ONCE(*insn, site->insn);
		asm volatile("dc ivac, %0" : : "r"(insn) : "memory");
	}
	asm volatile("dsb sy" : : : "memory");
}

/*
 * Called by head.S once. @fdt: as the boot loader gave it, not yet checked; 0 if it cannot be one.
 */
void early_map(phys_addr_t fdt)
{
	pte_t *pool = boot_tables, *pud, *pmd;

	patch_pan();
	pud = next_table(swapper_pg_dir, index_at(KERNEL_BASE, 3), &pool);
	pmd = next_table(pud, index_at(KERNEL_BASE, 2), &pool);
	map_fixmap(pmd);
	map_fdt(pmd, fdt);
	map_identity(&pool);
	map_image(pmd, &pool, _start, __init_begin, MAP_RX);
	map_image(pmd, &pool, __init_begin, _einittext, MAP_RX);
	map_image(pmd, &pool, __initdata_begin, __init_end, MAP_RW);
	map_image(pmd, &pool, __start_rodata, __end_rodata, MAP_RO);
	map_image(pmd, &pool, _sdata, __initbss_begin, MAP_RW);
	map_image(pmd, &pool, __initbss_begin, __initbss_end, MAP_RW);
	map_image(pmd, &pool, __initbss_end, _end, MAP_RW);
	boot_tables_used = (unsigned int)(pool - boot_tables) / PT_ENTRIES;
}
