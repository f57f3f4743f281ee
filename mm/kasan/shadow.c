/* SPDX-License-Identifier: MIT */
/*
 * The shadow and its page tables.
 *
 * At first all of it is one page, mapped everywhere by one table of each level (early_table). What
 * can be poisoned gets pages of its own: RAM and the image at boot (kasan_init()), areas of vmalloc
 * and stacks when they are made (kasan_populate()). The rest (page array, devices) keeps the early
 * page, which is then zero and read-only: accessible.
 *
 * A table is made its own by copying the shared one, so that what is translated stays the same; an
 * entry that maps the early page is cleared and flushed before it maps another (after boot, when
 * other CPUs run; nobody uses the area yet).
 */
#include <arch/boot.h>
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <uapi/errno.h>

#include "kasan.h"

extern char _end[], init_stack[];

static pte_t early_table[PT_LEVELS - 1][PT_ENTRIES] __aligned(PAGE_SIZE);
static u8 early_page[PAGE_SIZE] __aligned(PAGE_SIZE);
static DEFINE_MUTEX(shadow_mutex); /* changes of the tables after boot */

/* ---- poisoning ---- */

void kasan_poison(const void *addr, size_t size, u8 value)
{
	if (size)
		__real_memset(kasan_shadow(addr), value, size >> KASAN_SHIFT);
}

void kasan_unpoison(const void *addr, size_t size)
{
	__real_memset(kasan_shadow(addr), 0, size >> KASAN_SHIFT);
	if (size & (KASAN_GRANULE - 1))
		*kasan_shadow((const char *)addr + size) = size & (KASAN_GRANULE - 1);
}

void kasan_alloc_pages(struct page *page, unsigned int order)
{
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
}

void kasan_free_pages(struct page *page, unsigned int order)
{
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_PAGE_FREE);
}

/* ---- before the direct map ---- */

static pte_t *image_virt(phys_addr_t phys)
{
	return (pte_t *)(unsigned long)(phys - kernel_phys_base + KERNEL_BASE);
}

/* Empty entries of [va, end) that lie wholly inside it get the shared table of the next level. */
static void early_fill(pte_t *table, unsigned int level, unsigned long va, unsigned long end)
{
	for (unsigned long next; va != end; va = next) {
		pte_t *entry = &table[pt_index(va, level)];

		next = pt_addr_end(va, end, level);
		if (pte_none(pte_read(entry)))
			pte_set(entry, pte_make_table(__pa_symbol(early_table[level - 1])));
		else
			early_fill(image_virt(pte_table_phys(pte_read(entry))), level - 1, va,
				   next);
	}
}

void kasan_early_init(void)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		early_table[0][i] = pte_make(__pa_symbol(early_page), PT_KERNEL, 0);
	for (unsigned int l = 1; l < PT_LEVELS - 1; l++)
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			early_table[l][i] = pte_make_table(__pa_symbol(early_table[l - 1]));
	early_fill(arch_kernel_root(), PT_ROOT_LEVEL, KASAN_SHADOW_START, KASAN_SHADOW_END);
}

/* ---- shadow of one's own ---- */

/* Zeroed memory of 2^order pages, aligned to its size; 0: none. */
typedef phys_addr_t (*shadow_alloc_fn)(unsigned int order);

static phys_addr_t alloc_memblock(unsigned int order)
{
	phys_addr_t pa = memblock_phys_alloc(PAGE_SIZE << order, PAGE_SIZE << order);

	if (pa)
		__real_memset(__va(pa), 0, PAGE_SIZE << order);
	return pa;
}

static phys_addr_t alloc_late(unsigned int order)
{
	struct page *page = order ? NULL : alloc_page(GFP_KERNEL | __GFP_ZERO);

	return page ? page_to_phys(page) : 0;
}

static bool is_shared_table(pte_t entry, unsigned int level)
{
	return pte_table_phys(entry) == __pa_symbol(early_table[level - 1]);
}

static int own_page(pte_t *entry, unsigned long va, shadow_alloc_fn alloc)
{
	phys_addr_t pa;

	if (pte_phys(pte_read(entry)) != __pa_symbol(early_page))
		return 0;
	pa = alloc(0);
	if (!pa)
		return -ENOMEM;
	if (kasan_enabled) { /* at boot the flush itself, which is checked, would need it */
		pte_clear(entry);
		tlb_flush_kernel_range(va, va + PAGE_SIZE);
	}
	pte_set(entry, pte_make(pa, PT_KERNEL, 0));
	return 0;
}

static int own_table(pte_t *entry, unsigned int level, shadow_alloc_fn alloc)
{
	phys_addr_t pa = alloc(0);

	if (!pa)
		return -ENOMEM;
	__real_memcpy(__va(pa), early_table[level - 1], PAGE_SIZE);
	pte_set(entry, pte_make_table(pa));
	return 0;
}

/* A whole block at once, at boot: true if there was room. */
static bool own_block(pte_t *entry, unsigned long size, shadow_alloc_fn alloc)
{
	phys_addr_t pa = size == PT_SPAN(1) && alloc == alloc_memblock ? alloc(PT_BITS) : 0;

	if (!pa)
		return false;
	pte_set(entry, pte_make(pa, PT_KERNEL, 1));
	return true;
}

static int own_level(pte_t *table, unsigned int level, unsigned long va, unsigned long end,
		     shadow_alloc_fn alloc)
{
	int err = 0;

	for (unsigned long next; va != end && !err; va = next) {
		pte_t *entry = &table[pt_index(va, level)];

		next = pt_addr_end(va, end, level);
		if (level == 0) {
			err = own_page(entry, va, alloc);
			continue;
		}
		if (pte_leaf(pte_read(entry), level))
			continue;
		if (is_shared_table(pte_read(entry), level)) {
			if (level == 1 && own_block(entry, next - va, alloc))
				continue;
			err = own_table(entry, level, alloc);
		}
		if (!err)
			err = own_level(pte_table(pte_read(entry)), level - 1, va, next, alloc);
	}
	return err;
}

static int own_shadow(unsigned long addr, size_t size, shadow_alloc_fn alloc)
{
	unsigned long from = (unsigned long)kasan_shadow((void *)addr) & PAGE_MASK;
	unsigned long to = PAGE_ALIGN((unsigned long)kasan_shadow((void *)(addr + size - 1)) + 1);

	return own_level(arch_kernel_root(), PT_ROOT_LEVEL, from, to, alloc);
}

int kasan_populate(unsigned long addr, size_t size)
{
	int err;

	mutex_lock(&shadow_mutex);
	err = own_shadow(addr, size, alloc_late);
	mutex_unlock(&shadow_mutex);
	if (!err)
		kasan_unpoison((void *)addr, size);
	return err;
}

/* ---- boot ---- */

static void __init own_or_stop(unsigned long addr, size_t size)
{
	if (size && own_shadow(addr, size, alloc_memblock))
		panic("too little memory for the shadow of KASAN; give the machine more");
}

typedef void (*ctor_fn)(void);
extern const ctor_fn __start_kasan_ctors[], __stop_kasan_ctors[];

void __init kasan_init(void)
{
	phys_addr_t base, end;

	/* Stacks in the image are being written to: theirs first. */
	own_or_stop(KERNEL_BASE, (unsigned long)_end - KERNEL_BASE);
	own_or_stop((unsigned long)init_stack, THREAD_SIZE);
	for (unsigned int i = 0; memblock_mem_region(i, &base, &end); i++)
		own_or_stop((unsigned long)__va(base), end - base);
	tlb_flush_kernel_range(KASAN_SHADOW_START, KASAN_SHADOW_END);
	__real_memset(early_page, 0, PAGE_SIZE);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		pte_set(&early_table[0][i], pte_make(__pa_symbol(early_page), PT_KERNEL_RO, 0));
	tlb_flush_kernel_range(KASAN_SHADOW_START, KASAN_SHADOW_END);
	kasan_enabled = true;
	for (const ctor_fn *f = __start_kasan_ctors; f < __stop_kasan_ctors; f++)
		(*f)();
	pr_info("kasan: every access of the kernel is checked\n");
}
