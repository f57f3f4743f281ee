/* SPDX-License-Identifier: MIT */
/*
 * Kernel address space beyond the direct map. An area is a range of addresses; all areas, live and
 * lazily freed, are in one tree by address. Areas are placed next-fit. A freed area's entries are
 * cleared at once, but the area stays in the tree until purge_areas() flushes the TLBs for all of
 * them together.
 *
 * Locks: vmap_lock guards the tree and the lazy list. map_mutex serialises adding page tables
 * (sleeps). Order: map_mutex > zone locks; vmap_lock is a leaf.
 */
#include <arch/io.h>
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/mutex.h>
#include <kernel/preempt.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

#include "internal.h"
#include "vmap.h"

static struct rb_root areas = RB_ROOT; /* vmap_lock */
static LIST_HEAD(lazy_areas); /* vmap_lock */
static unsigned long lazy_pages; /* vmap_lock */
static unsigned long search_from = VMALLOC_START; /* vmap_lock */
static DEFINE_SPINLOCK(vmap_lock);
static DEFINE_MUTEX(map_mutex);
static struct kmem_cache *area_cache;

#define LAZY_MAX 512 /* pages of address space */

/* ---- areas ---- */

/* The first area that ends above @addr. vmap_lock held. */
static struct vmap_area *area_after(unsigned long addr)
{
	struct rb_node *node = areas.rb_node;
	struct vmap_area *best = NULL;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb);

		if (va->end > addr) {
			best = va;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

static void area_insert(struct vmap_area *va)
{
	struct rb_node **link = &areas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = va->start < rb_entry(parent, struct vmap_area, rb)->start ?
			       &parent->rb_left :
			       &parent->rb_right;
	}
	rb_link_node(&va->rb, parent, link);
	rb_insert_color(&va->rb, &areas);
}

/* The lowest fitting start in [from, to); 0: none. vmap_lock held. */
static unsigned long area_find(unsigned long from, unsigned long to, unsigned long size,
			       unsigned long align, unsigned long offset)
{
	struct vmap_area *va = area_after(from);

	for (;;) {
		unsigned long start = ALIGN(from - offset, align) + offset;

		if (start < from || start + size > to || start + size < start)
			return 0;
		if (!va || start + size <= va->start)
			return start;
		from = va->end;
		va = rb_entry_safe(rb_next(&va->rb), struct vmap_area, rb);
	}
}

/* Makes the addresses of freed areas usable again. May not be called with IRQs off. */
static void purge_areas(void)
{
	unsigned long start = ULONG_MAX, end = 0;
	struct vmap_area *va, *next;
	LIST_HEAD(dead);

	spin_lock(&vmap_lock);
	list_splice_init(&lazy_areas, &dead);
	lazy_pages = 0;
	spin_unlock(&vmap_lock);
	list_for_each_entry(va, &dead, list) {
		start = min(start, va->start);
		end = max(end, va->end);
	}
	if (start >= end)
		return;
	tlb_flush_kernel_range(start, end);
	list_for_each_entry_safe(va, next, &dead, list) {
		spin_lock(&vmap_lock);
		rb_erase(&va->rb, &areas);
		spin_unlock(&vmap_lock);
		kmem_cache_free(area_cache, va);
	}
}

static struct vmap_area *area_place(unsigned long size, unsigned long align, unsigned long offset,
				    gfp_t gfp)
{
	struct vmap_area *va = kmem_cache_zalloc(area_cache, gfp);

	if (!va)
		return NULL;
	for (int attempt = 0; attempt < 2; attempt++) {
		spin_lock(&vmap_lock);
		va->start = area_find(search_from, VMALLOC_END, size, align, offset);
		if (!va->start)
			va->start = area_find(VMALLOC_START, VMALLOC_END, size, align, offset);
		if (va->start) {
			va->end = va->start + size;
			search_from = va->end;
			area_insert(va);
			spin_unlock(&vmap_lock);
			return va;
		}
		spin_unlock(&vmap_lock);
		purge_areas();
	}
	kmem_cache_free(area_cache, va);
	return NULL;
}

struct vmap_area *area_alloc(unsigned long size, unsigned long align, unsigned long offset,
			     gfp_t gfp)
{
	struct vmap_area *va = area_place(size, align, offset, gfp);

	if (va && kasan_populate(va->start, size)) {
		area_free(va);
		return NULL;
	}
	return va;
}

struct vmap_area *area_lookup(const void *addr)
{
	struct vmap_area *va;

	spin_lock(&vmap_lock);
	va = area_after((unsigned long)addr);
	if (va && (va->start > (unsigned long)addr || va->list.next))
		va = NULL;
	spin_unlock(&vmap_lock);
	return va;
}

int area_map(unsigned long addr, phys_addr_t pa, unsigned long size, u32 prot)
{
	int err;

	mutex_lock(&map_mutex);
	err = map_kernel_range(arch_kernel_root(), addr, pa, size, prot, pt_alloc_kernel);
	mutex_unlock(&map_mutex);
	return err;
}

void area_free(struct vmap_area *va)
{
	bool purge;

	unmap_kernel_range(arch_kernel_root(), va->start, va->end - va->start);
	spin_lock(&vmap_lock);
	list_add(&va->list, &lazy_areas);
	lazy_pages += (va->end - va->start) >> PAGE_SHIFT;
	purge = lazy_pages > LAZY_MAX;
	spin_unlock(&vmap_lock);
	if (purge)
		purge_areas();
}

/* ---- vmap, vmalloc ---- */

/* An area of @size bytes and a guard page behind, nothing mapped yet. */
static struct vmap_area *area_guarded(unsigned long size, unsigned long align, gfp_t gfp)
{
	size = PAGE_ALIGN(size);
	if (!size || size > VMALLOC_END - VMALLOC_START - PAGE_SIZE)
		return NULL;
	return area_alloc(size + PAGE_SIZE, align, 0, gfp);
}

static int map_pages(unsigned long addr, struct page **pages, unsigned int count, u32 prot)
{
	for (unsigned int i = 0; i < count; i++, addr += PAGE_SIZE)
		if (area_map(addr, page_to_phys(pages[i]), PAGE_SIZE, prot))
			return -ENOMEM;
	return 0;
}

void *vmap(struct page **pages, unsigned int count, u32 prot)
{
	struct vmap_area *va =
		area_guarded((unsigned long)count << PAGE_SHIFT, PAGE_SIZE, GFP_KERNEL);

	if (!va)
		return NULL;
	if (map_pages(va->start, pages, count, prot)) {
		area_free(va);
		return NULL;
	}
	return (void *)va->start;
}

void vunmap(const void *addr)
{
	struct vmap_area *va = addr ? area_lookup(addr) : NULL;

	if (addr && !WARN_ON(!va))
		area_free(va);
}

static void free_page_array(struct page **pages, unsigned int count)
{
	mod_vmstat(NR_VMALLOC, -(long)count);
	release_pages(pages, count);
	kvfree(pages);
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	unsigned int n = 0, count = PFN_UP(size);
	struct vmap_area *va;

	if (size > totalram_pages << PAGE_SHIFT)
		return NULL;
	va = area_guarded(size, PAGE_SIZE, gfp);
	if (!va)
		return NULL;
	va->pages = kvmalloc_array(count, sizeof(struct page *), gfp & ~__GFP_ZERO);
	if (!va->pages)
		goto out_area;
	while (n < count) {
		va->pages[n] = alloc_page(gfp);
		if (!va->pages[n])
			goto out_pages;
		n++;
		inc_vmstat(NR_VMALLOC);
	}
	va->nr_pages = count;
	if (map_pages(va->start, va->pages, count, PT_KERNEL))
		goto out_pages;
	kasan_poison((void *)va->start, va->end - va->start, KASAN_VMALLOC_REDZONE);
	kasan_unpoison((void *)va->start, size);
	return (void *)va->start;

out_pages:
	free_page_array(va->pages, n);
out_area:
	area_free(va);
	return NULL;
}

void *vmalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL);
}

void *vzalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

void vfree(const void *addr)
{
	struct vmap_area *va;
	unsigned int count;
	struct page **pages;

	if (!addr)
		return;
	va = area_lookup(addr);
	if (WARN_ON(!va || va->start != (unsigned long)addr || !va->pages))
		return;
	pages = va->pages;
	count = va->nr_pages;
	area_free(va);
	free_page_array(pages, count);
}

struct page *vmalloc_to_page(const void *addr)
{
	unsigned int level;
	pte_t pte = pte_read(pgtable_walk(arch_kernel_root(), (unsigned long)addr, &level));

	if (!pte_leaf(pte, level))
		return NULL;
	return phys_to_page(pte_phys(pte) + ((unsigned long)addr & (PT_SPAN(level) - 1)));
}

unsigned long vmalloc_nr_pages(void)
{
	return vmstat_read(NR_VMALLOC);
}

unsigned long vmalloc_room(const void *addr)
{
	struct vmap_area *va = area_lookup(addr);

	return va ? va->end - (unsigned long)addr : 0;
}

/* ---- ioremap ---- */

void __iomem *ioremap(phys_addr_t phys, size_t size)
{
	unsigned long off = phys & ~PAGE_MASK, align;
	struct vmap_area *va;

	if (!size || phys + size < phys)
		return NULL;
	size = PAGE_ALIGN(size + off);
	align = size >= PT_SPAN(1) ? PT_SPAN(1) : PAGE_SIZE;
	va = area_guarded(size, align, GFP_KERNEL);
	if (!va)
		return NULL;
	if (area_map(va->start, phys - off, size, PT_KERNEL_IO)) {
		area_free(va);
		return NULL;
	}
	return (void __iomem *)(va->start + off);
}

void iounmap(void __iomem *addr)
{
	vunmap((const void __force *)addr);
}

void __init vmalloc_init(void)
{
	area_cache = KMEM_CACHE(vmap_area, SLAB_PANIC);
}
