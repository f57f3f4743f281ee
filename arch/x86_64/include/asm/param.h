/* SPDX-License-Identifier: MIT */
/*
 * The address space of x86_64 with four levels. The whole kernel half lives in ONE top-level slot
 * (511, the last 512 GiB), so an address space is made by copying one entry and no top-level entry
 * is ever added later:
 *
 *   0000000000000000 - 00007fffffffefff  user
 *   ffffff8000000000  256 GiB  direct map of physical memory   (PAGE_OFFSET)
 *   ffffffc000000000    8 GiB  array of struct page            (VMEMMAP_START)
 *   ffffffc200000000  240 GiB  kernel stacks, vmalloc, ioremap (VMALLOC_START)
 *   ffffffff80000000    1 MiB  boot-time window and fixed mappings (asm/fixmap.h)
 *   ffffffff80100000           the image, linked where it is loaded: 1 MiB physical (KERNEL_BASE)
 *
 * RAM above 256 GiB is ignored with a message.
 */
#ifndef ASM_PARAM_H
#define ASM_PARAM_H

#define PAGE_SHIFT	  12
#define PT_LEVELS	  4
#define PT_BITS		  9
#define VA_BITS		  47 /* of each half */
#define PHYS_BITS	  38 /* RAM; device registers may be anywhere the CPU can address */

#define KERNEL_LOAD_PHYS  0x100000
#define KERNEL_MAP_OFFSET 0xffffffff80000000
#define KERNEL_BASE	  0xffffffff80100000
#define PAGE_OFFSET	  0xffffff8000000000
#define VMEMMAP_START	  0xffffffc000000000
#define VMALLOC_START	  0xffffffc200000000
#ifdef CONFIG_KASAN
#define VMALLOC_END 0xffffffe000000000 /* above: 64 GiB of shadow, see mm/kasan/ */
#else
#define VMALLOC_END 0xfffffffe00000000
#endif
#define KERNEL_PGD_INDEX      511

#define TASK_SIZE	      _UL(0x00007ffffffff000)
#define STACK_TOP	      TASK_SIZE
#define MMAP_MIN_ADDR_DEFAULT 65536
#define ELF_ET_DYN_BASE	      _UL(0x0000555555554000)

#ifdef CONFIG_KASAN
#define THREAD_SHIFT 15 /* red zones between variables */
#elif defined(CONFIG_X86_SMALL_STACK)
#define THREAD_SHIFT 13
#else
#define THREAD_SHIFT 14
#endif
#define CACHE_LINE_SHIFT 6

#define ARCH_ELF_MACHINE 62 /* EM_X86_64 */
#define ARCH_UTS_MACHINE "x86_64"
#define PERCPU_IN_REG	 1

#endif
