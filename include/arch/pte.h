/* SPDX-License-Identifier: MIT */
/*
 * Translation-table entries, one type for all levels: pte_t. mm/pgtable.c walks tables of any
 * arch with the inlines of <asm/pte.h>:
 *
 *   pte_none, pte_present, pte_leaf(pte, level) (maps memory at this level), pte_table_phys(pte)
 *   (the next table)
 *   pte_make(phys, prot, level)   a leaf;   pte_make_table(phys)   a link to the next level
 *   pte_phys(pte), pte_pfn(pte)   of a leaf
 *   pte_max_leaf_level()          highest level at which this CPU can map memory
 *   pte_write, pte_dirty, pte_young, pte_exec, pte_user, pte_special
 *   pte_wrprotect, pte_mkwrite, pte_mkdirty, pte_mkclean, pte_mkold, pte_mkyoung (value in, value
 *   out)
 *   pte_modify(pte, prot)         new permissions, keeps address, dirty, young, special
 *   pte_table_ro(link), pte_table_mkro(link), pte_table_mkrw(link)   nothing can be written through
 *   a read-only link
 *   pte_of_block(pte, i)          what maps page i of a block of level 1
 *   pte_break_before_make()       a present entry must be invalid, and flushed, before it gets
 *   another address
 *   pte_make_swap(u64 v) / pte_is_swap / pte_swap_val    a not-present entry that keeps 56 bits
 *   for the kernel
 *   pte_read(ptep), pte_set(ptep, pte), pte_clear(ptep), pte_xchg(ptep, pte), pte_cmpxchg(ptep,
 *   old, new)   single-copy atomic
 * A write to an entry that was present needs a TLB flush (mmu.h) before the page is reused.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <lib/types.h>
#include <arch/param.h>

/* Permissions and kind of a mapping, arch-neutral. */
#define PT_READ	     (1u << 0)
#define PT_WRITE     (1u << 1)
#define PT_EXEC	     (1u << 2) /* for the privilege that PT_USER names; never for both */
#define PT_USER	     (1u << 3)
#define PT_GLOBAL    (1u << 4) /* kernel mappings */
#define PT_DEVICE    (1u << 5) /* uncached, ordered */
#define PT_WC	     (1u << 6) /* write-combining / normal non-cached */
#define PT_DIRTY     (1u << 7)
#define PT_YOUNG     (1u << 8)
#define PT_SPECIAL   (1u << 9) /* no struct page reference is held (zero page, raw frames) */

#define PT_KERNEL    (PT_READ | PT_WRITE | PT_GLOBAL | PT_DIRTY | PT_YOUNG)
#define PT_KERNEL_RO (PT_READ | PT_GLOBAL | PT_YOUNG)
#define PT_KERNEL_RX (PT_READ | PT_EXEC | PT_GLOBAL | PT_YOUNG)
#define PT_KERNEL_IO (PT_READ | PT_WRITE | PT_GLOBAL | PT_DEVICE | PT_DIRTY | PT_YOUNG)

#include <asm/pte.h>

#endif
