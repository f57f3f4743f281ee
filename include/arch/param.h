/* SPDX-License-Identifier: MIT */
/*
 * Sizes and addresses that an arch fixes at build time. <asm/param.h> defines, usable from
 * assembly too:
 *
 *   PAGE_SHIFT              12 today; every other page constant follows from it
 *   PT_LEVELS, PT_BITS      levels of translation tables (4) and bits a level (9)
 *   VA_BITS, PHYS_BITS      implemented virtual bits, highest physical bits the kernel handles
 *   KERNEL_BASE             link address of the kernel image (kernel.lds.S starts there)
 *   PAGE_OFFSET             virtual address of physical 0 in the direct map
 *   VMEMMAP_START           virtual address of struct page of pfn 0
 *   VMALLOC_START/_END      kernel stacks, vmalloc, ioremap
 *   TASK_SIZE               first address that is not a user address
 *   STACK_TOP               highest initial user stack address, page aligned
 *   MMAP_MIN_ADDR_DEFAULT   65536
 *   ELF_ET_DYN_BASE         where a static PIE or PIE program is put before randomisation
 *   THREAD_SHIFT            log2 of a kernel stack's bytes
 *   CACHE_LINE_SHIFT        log2 of the line that false sharing is avoided for
 *   ARCH_ELF_MACHINE        EM_* of programs that exec accepts
 *   ARCH_UTS_MACHINE        uname(2) machine, a string
 *   PERCPU_IN_REG           1 when per-CPU data is reached through a segment register (x86)
 */
#ifndef ARCH_PARAM_H
#define ARCH_PARAM_H

#include <asm/param.h>

#if defined(__ASSEMBLER__) || defined(__ASSEMBLY__)
#define _UL(x) x
#else
#define _UL(x) (x##UL)
#endif

#define PAGE_SIZE   (_UL(1) << PAGE_SHIFT)
#define PAGE_MASK   (~(PAGE_SIZE - 1))
#define THREAD_SIZE (_UL(1) << THREAD_SHIFT)
#define CACHE_LINE  (1 << CACHE_LINE_SHIFT)

/* Bytes that one entry of level @l spans; level 0 is the page table of 4 KiB entries. */
#define PT_SHIFT(l)   (PAGE_SHIFT + PT_BITS * (l))
#define PT_SPAN(l)    (_UL(1) << PT_SHIFT(l))
#define PT_ENTRIES    (1 << PT_BITS)

#define PFN_DOWN(x)   ((x) >> PAGE_SHIFT)
#define PFN_UP(x)     (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_PHYS(x)   ((phys_addr_t)(x) << PAGE_SHIFT)
#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)

#endif
