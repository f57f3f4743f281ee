/* SPDX-License-Identifier: MIT */
/*
 * Sizes and addresses of aarch64: 4 KiB granule, 48-bit virtual addresses, TTBR0 for user space and
 * TTBR1 for the kernel.
 *
 *   0xffff000000000000  direct map of physical memory, 16 TiB
 *   0xffff800000000000  kernel image, 1 GiB less 8 MiB
 *   0xffff80003f800000  windows made by boot code: devicetree, early console, boot stack (FIXMAP_*)
 *   0xffff800080000000  vmalloc, kernel stacks, ioremap, to +256 GiB
 *   0xffff804000000000  struct page array, 256 GiB
 *
 * Everything but the direct map lies in one 512 GiB slot, so that a small machine pays for one
 * table of each level.
 */
#ifndef ASM_PARAM_H
#define ASM_PARAM_H

#define PAGE_SHIFT  12
#define PT_LEVELS   4
#define PT_BITS	    9
#define VA_BITS	    48
#define PHYS_BITS   44

#define PAGE_OFFSET _UL(0xffff000000000000)
#define KERNEL_BASE _UL(0xffff800000000000)

/*
 * Windows that boot/early_map.c makes: 4 MiB in two blocks for the devicetree, then a table of
 * single pages for the early console's registers and the boot CPU's first stack, which is
 * surrounded by unmapped pages.
 */
#define FIXMAP_FDT	      _UL(0xffff80003f800000)
#define FIXMAP_FDT_SIZE	      _UL(0x400000)
#define FIXMAP_PAGES	      _UL(0xffff80003fc00000)
#define FIXMAP_CONSOLE	      FIXMAP_PAGES
#define FIXMAP_INIT_STACK     (FIXMAP_PAGES + THREAD_ALIGN)

#define VMALLOC_START	      _UL(0xffff800080000000)
#define VMALLOC_END	      _UL(0xffff804000000000)
#define VMEMMAP_START	      _UL(0xffff804000000000)

#define TASK_SIZE	      (_UL(1) << VA_BITS)
#define STACK_TOP	      TASK_SIZE
#define MMAP_MIN_ADDR_DEFAULT 65536
#define ELF_ET_DYN_BASE	      (TASK_SIZE / 3 * 2 & ~_UL(0xffff))

/*
 * Kernel stacks are THREAD_SIZE bytes, aligned to THREAD_ALIGN: bit THREAD_SHIFT of every address
 * in a stack is 0 and of every address in the guard below it is 1, which lets exception entry
 * detect an overflow with one bit test.
 */
#ifdef CONFIG_KASAN
#define THREAD_SHIFT 15 /* red zones between variables */
#else
#define THREAD_SHIFT 14
#endif
#define THREAD_ALIGN	 (_UL(2) << THREAD_SHIFT)

#define CACHE_LINE_SHIFT 6

#define ARCH_ELF_MACHINE 183 /* EM_AARCH64 */
#define ARCH_UTS_MACHINE "aarch64"

#define PERCPU_IN_REG	 0

#endif
