/* SPDX-License-Identifier: MIT */
/*
 * Virtually contiguous kernel memory between VMALLOC_START and VMALLOC_END: vmalloc, vmap, ioremap,
 * kernel stacks. Each area is followed by at least one unmapped guard page. Freed areas are
 * unmapped at once; their addresses are used again only after a TLB flush, done for many at a time.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <mm/gfp.h>

struct page;

#define VM_MAP	   0x0004u
#define VM_ALLOC   0x0002u
#define VM_IOREMAP 0x0001u

/* NULL when out of memory or address space. May sleep. */
void *vmalloc(unsigned long size) __malloc;
void *vzalloc(unsigned long size) __malloc;
void *__vmalloc(unsigned long size, gfp_t gfp) __malloc;
/* Not from hard IRQ. NULL is fine. */
void vfree(const void *addr);

/*
 * Maps @count pages read-write (@prot: PT_KERNEL...); the caller keeps its references. May sleep.
 */
void *vmap(struct page **pages, unsigned int count, u32 prot);
void vunmap(const void *addr);

static inline bool is_vmalloc_addr(const void *addr);
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_nr_pages(void);
/*
 * Size in bytes of the area that @addr is in, from @addr to its end; 0: not in an area. For
 * hardened user copies.
 */
unsigned long vmalloc_room(const void *addr);

/*
 * Kernel stacks: THREAD_SIZE bytes at an address aligned to 2 * THREAD_SIZE; the THREAD_SIZE bytes
 * below are never mapped, so that running off the end faults. Freed stacks are kept mapped, a few
 * per CPU. Contents undefined. alloc may sleep, NULL: no memory; free: any context but NMI.
 */
void *alloc_thread_stack(void);
void free_thread_stack(void *stack);
/* True if @addr is in the guard below a kernel stack. Any context. */
bool in_stack_guard(unsigned long addr);

#include <arch/param.h>
static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < VMALLOC_END;
}

#endif
