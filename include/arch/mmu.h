/* SPDX-License-Identifier: MIT */
/*
 * Address spaces and TLBs. <asm/mmu.h> gives `struct arch_mm` (PCID/ASID state, mask of CPUs that
 * may cache entries), embedded in mm_struct as ->arch. Flushes act on every CPU that may hold the
 * entry, are complete on return and include a barrier; context: not hard IRQ, IRQs on, unless
 * only this CPU can hold it.
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <lib/types.h>
#include <arch/pte.h>
#include <asm/mmu.h>

struct mm_struct;
struct pt_regs;
struct task_struct;

/*
 * The kernel's root table (for the walker), valid after arch_map_boot_memory(). Kernel top-level
 * entries are all populated at boot and shared by every mm.
 */
pte_t *arch_kernel_root(void);

/*
 * Makes mm->root (one zeroed page from the caller) a usable root: kernel half where tables are
 * shared. 0 or -ENOMEM.
 */
int arch_mm_init(struct mm_struct *mm);
/* No CPU uses @mm any more. */
void arch_mm_destroy(struct mm_struct *mm);

/*
 * Loads @next's tables on this CPU; IRQs off. @next is never NULL (kernel threads keep the
 * previous mm: active_mm, or init_mm).
 */
void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next);

/*
 * User mappings of @mm. @level: size of the entries flushed (0: pages). freed_tables: table pages
 * in the range are about to be freed.
 */
void tlb_flush_page(struct mm_struct *mm, unsigned long addr);
void tlb_flush_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		     bool freed_tables);
void tlb_flush_mm(struct mm_struct *mm);
/* Kernel mappings, all CPUs. */
void tlb_flush_kernel_range(unsigned long start, unsigned long end);
/* A not-present entry was made present, or permissions were widened: usually nothing to do. */
void tlb_update_entry(struct mm_struct *mm, unsigned long addr);

/*
 * Page faults. The arch decodes its fault and calls the upcall with IRQs on when they were on;
 * FAULT_* flags describe the access. mm/fault.c resolves it, sends the signal, runs the fix-up,
 * or calls die() for a kernel bug.
 */
#define FAULT_WRITE (1u << 0)
#define FAULT_EXEC  (1u << 1)
#define FAULT_USER  (1u << 2) /* came from user mode */
#define FAULT_PROT  (1u << 3) /* entry was present: a permission fault */
void handle_page_fault(struct pt_regs *regs, unsigned long addr, unsigned int flags);

#endif
