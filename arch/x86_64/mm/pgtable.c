/* SPDX-License-Identifier: MIT */
/*
 * The kernel's page tables. boot/head.S made boot_pgd -> boot_pdpt -> boot_pd -> boot_pt[] for the
 * image; they stay for good. The direct map is added here: direct_pd for its first GiB, direct_pt[]
 * for the 2 MiB blocks that hold the image (whose text and constants must not be writable through
 * it), all part of the image's bss, and the rest by the generic walker with tables from memblock.
 */
#include <arch/boot.h>
#include <arch/mmu.h>
#include <kernel/printk.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/pgtable.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fixmap.h>
#include <asm/msr.h>
#include <asm/setup.h>

extern pte_t boot_pgd[], boot_pdpt[], boot_pd[], boot_pt[]; /* head.S, kernel.lds.S */
extern pte_t direct_pt[];
extern const char boot_pt_pages[]; /* its address is the number */

static pte_t direct_pd[PT_ENTRIES] __section(".bss..page_aligned") __aligned(PAGE_SIZE);

#define IMAGE_BLOCKS ((unsigned long)boot_pt_pages)
#define IMAGE_END    (IMAGE_BLOCKS << PT_SHIFT(1)) /* physical end of the last of them */
#define PHYS_LIMIT   (1ull << PHYS_BITS)

static void reload_cr3(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & CR4_PGE) { /* the way to flush global entries too */
		write_cr4(cr4 & ~CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
}

void drop_identity_map(void)
{
	pte_clear(&boot_pgd[0]);
	pte_clear(&boot_pdpt[0]);
	reload_cr3();
}

pte_t *arch_kernel_root(void)
{
	return boot_pgd;
}

/* ---- the direct map ---- */

static bool read_only_phys(phys_addr_t phys)
{
	return (phys >= image_to_phys(_text) && phys < image_to_phys(__text_end)) ||
	       (phys >= image_to_phys(__start_rodata) && phys < image_to_phys(__end_rodata));
}

/* The part of [base, end) below IMAGE_END, page by page; entries lie in one array of direct_pt. */
static void map_image_blocks(phys_addr_t base, phys_addr_t end)
{
	for (phys_addr_t p = base; p < min(end, (phys_addr_t)IMAGE_END); p += PAGE_SIZE)
		direct_pt[p >> PAGE_SHIFT] =
			pte_make(p, read_only_phys(p) ? PT_KERNEL_RO : PT_KERNEL, 0);
}

static void map_rest(phys_addr_t base, phys_addr_t end)
{
	base = max(base, (phys_addr_t)IMAGE_END);
	if (base >= end)
		return;
	if (map_kernel_range(boot_pgd, PAGE_OFFSET + base, base, end - base, PT_KERNEL,
			     pt_alloc_memblock))
		pr_crit("no memory for the tables of %#llx-%#llx: that memory is not usable\n",
			base, end);
}

/* Whole pages of region @i that belong into the map; false: none. */
static bool region_to_map(unsigned int i, phys_addr_t *base, phys_addr_t *end)
{
	const struct boot_mem_region *r = &boot_info.mem[i];

	if (r->type == BOOT_MEM_RESERVED)
		return false;
	/* Of RAM whole pages, of ACPI tables every byte. */
	*base = r->type == BOOT_MEM_RAM ? PAGE_ALIGN(r->base) : r->base & PAGE_MASK;
	*end = r->type == BOOT_MEM_RAM ? (r->base + r->size) & PAGE_MASK :
					 PAGE_ALIGN(r->base + r->size);
	*end = min(*end, (phys_addr_t)PHYS_LIMIT);
	return *base < *end;
}

/*
 * Regions may come in any order and the tables for one come from memory mapped before it, so the
 * limit grows from the image's blocks (where there is always some room below 1 MiB) with what is
 * mapped without a gap of unmapped RAM.
 */
void arch_map_boot_memory(void)
{
	phys_addr_t base, end, done = IMAGE_END;
	unsigned int i;

	memblock_reserve(0, PAGE_SIZE); /* the BIOS's, and NULL as a physical address */
	for (i = 0; i < IMAGE_BLOCKS; i++)
		direct_pd[i] = pte_make_table(image_to_phys(direct_pt) + i * PAGE_SIZE);
	for (i = 0; i < boot_info.nr_mem; i++)
		if (region_to_map(i, &base, &end))
			map_image_blocks(base, end);
	boot_pdpt[0] = pte_make_table(image_to_phys(direct_pd));

	memblock_set_current_limit(done);
	for (;;) {
		phys_addr_t next_base = PHYS_LIMIT, next_end = 0;

		/* the lowest region that is not mapped yet */
		for (i = 0; i < boot_info.nr_mem; i++)
			if (region_to_map(i, &base, &end) && end > done && base < next_base) {
				next_base = base;
				next_end = end;
			}
		if (!next_end)
			break;
		map_rest(max(next_base, done), next_end);
		done = next_end;
		memblock_set_current_limit(done);
	}
	reload_cr3();
	smp_reserve_trampoline();
}

/* ---- the identity-mapped page that other CPUs start on ---- */

void map_trampoline(phys_addr_t code, phys_addr_t pgd, phys_addr_t pdpt)
{
	pte_t *top = __va(pgd), *low = __va(pdpt);

	top[KERNEL_PGD_INDEX] = boot_pgd[KERNEL_PGD_INDEX];
	top[0] = pte_make_table(pdpt);
	low[0] = boot_pdpt[510]; /* boot_pd: its first table is that of the fixed mappings */
	pte_set(&boot_pt[code >> PAGE_SHIFT], pte_make(code, PT_READ | PT_EXEC | PT_YOUNG, 0));
}

void unmap_trampoline(phys_addr_t code)
{
	pte_clear(&boot_pt[code >> PAGE_SHIFT]);
}

/* ---- when boot is over ---- */

static void set_image_range(const char *from, const char *to, unsigned int prot)
{
	for (unsigned long p = image_to_phys(from); p < image_to_phys(to); p += PAGE_SIZE)
		pte_set(&boot_pt[p >> PAGE_SHIFT], prot ? pte_make(p, prot, 0) : (pte_t){0});
}

static void set_direct_range(const char *from, const char *to, unsigned int prot)
{
	for (unsigned long p = image_to_phys(from); p < image_to_phys(to); p += PAGE_SIZE)
		pte_set(&direct_pt[p >> PAGE_SHIFT], pte_make(p, prot, 0));
}

extern const char __init_begin[], __init_end[], __initbss_begin[], __initbss_end[];

/* All CPUs are up: their way in goes, and data that only boot writes becomes read-only. */
void arch_free_boot(void)
{
	unsigned long from = PAGE_ALIGN((unsigned long)__start_ro_after_init);
	unsigned long to = (unsigned long)__end_ro_after_init & PAGE_MASK;

	smp_free_trampoline();
	if (from >= to)
		return;
	set_image_range((char *)from, (char *)to, PT_KERNEL_RO);
	set_direct_range((char *)from, (char *)to, PT_KERNEL_RO);
	tlb_flush_kernel_range(from, to);
	tlb_flush_kernel_range(PAGE_OFFSET + image_to_phys((char *)from),
			       PAGE_OFFSET + image_to_phys((char *)to));
}

static void free_image_range(const char *begin, const char *end, const char *what)
{
	char *from = __va(image_to_phys(begin)), *to = __va(image_to_phys(end));

	set_image_range(begin, end, 0);
	set_direct_range(begin, end, PT_KERNEL);
	tlb_flush_kernel_range((unsigned long)begin, (unsigned long)end);
	tlb_flush_kernel_range((unsigned long)from, (unsigned long)to);
	free_reserved_area(from, to, what);
}

/* No boot code runs any more: its pages lose their mapping in the image and become plain memory. */
void arch_free_init_memory(void)
{
	free_image_range(__init_begin, __init_end, "boot code");
	free_image_range(__initbss_begin, __initbss_end, "boot data");
}

/* ---- address spaces ---- */

int arch_mm_init(struct mm_struct *mm)
{
	static _Atomic(u64) last_ctx_id;

	mm->root[KERNEL_PGD_INDEX] = boot_pgd[KERNEL_PGD_INDEX];
	mm->arch.ctx_id = atomic_fetch_add_explicit(&last_ctx_id, 1, memory_order_relaxed) + 1;
	mm->arch.gen = 1;
#ifdef CONFIG_SMP
	for (unsigned int i = 0; i < ARRAY_SIZE(mm->arch.cpus); i++)
		mm->arch.cpus[i] = 0;
#endif
	return 0;
}
