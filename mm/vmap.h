/* SPDX-License-Identifier: MIT */
/* Private to vmalloc.c and stack.c. */
#ifndef MM_VMAP_H
#define MM_VMAP_H

#include <lib/list.h>
#include <lib/rbtree.h>
#include <mm/gfp.h>

struct page;

struct vmap_area {
	unsigned long start, end; /* the guard included */
	struct rb_node rb;
	struct list_head list; /* lazily freed; NULL pointers while live */
	struct page **pages; /* vmalloc: NULL for other areas */
	unsigned int nr_pages;
};

/*
 * Addresses [start, start + size) with start = offset modulo align; NULL: none left or no memory.
 * May sleep if @gfp says so.
 */
struct vmap_area *area_alloc(unsigned long size, unsigned long align, unsigned long offset,
			     gfp_t gfp);
/* Unmaps and gives the addresses back. Not from hard IRQ. */
void area_free(struct vmap_area *va);
/* The live area that holds @addr, or NULL. */
struct vmap_area *area_lookup(const void *addr);
/* Maps part of an area. 0 or -ENOMEM. May sleep. */
int area_map(unsigned long addr, phys_addr_t pa, unsigned long size, u32 prot);

#endif
