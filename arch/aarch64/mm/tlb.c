/* SPDX-License-Identifier: MIT */
/*
 * TLB maintenance by address and ASID. A store to a table entry before the call is visible to every
 * walker before the entry is dropped (dsb), and no CPU uses the old entry after the return (dsb
 * again).
 */
#include <lib/types.h>
#include <lib/atomic.h>
#include <arch/mmu.h>
#include <asm/tlb.h>
#include <mm/mm.h>

/* Beyond so many pages, dropping everything of the address space is cheaper. */
#define FLUSH_MAX_PAGES	 512

#define ADDR_FIELD(addr) (((addr) >> PAGE_SHIFT) & 0xfffffffffffUL)

static u64 asid_field(struct mm_struct *mm)
{
	return atomic_load_explicit(&mm->arch.context_id, memory_order_relaxed) << 48;
}

void tlb_flush_page(struct mm_struct *mm, unsigned long addr)
{
	tlb_dsb_store();
	tlbi_arg(vale1, asid_field(mm) | ADDR_FIELD(addr));
	tlb_dsb();
}

void tlb_flush_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		     bool freed_tables)
{
	u64 asid = asid_field(mm);

	if (end - start > FLUSH_MAX_PAGES * PAGE_SIZE) {
		tlb_flush_mm(mm);
		return;
	}
	tlb_dsb_store();
	if (freed_tables) {
		for (; start < end; start += PAGE_SIZE)
			tlbi_arg(vae1, asid | ADDR_FIELD(start));
	} else {
		for (; start < end; start += PAGE_SIZE)
			tlbi_arg(vale1, asid | ADDR_FIELD(start));
	}
	tlb_dsb();
}

void tlb_flush_mm(struct mm_struct *mm)
{
	tlb_dsb_store();
	tlbi_arg(aside1, asid_field(mm));
	tlb_dsb();
}

void tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	tlb_dsb_store();
	if (end - start > FLUSH_MAX_PAGES * PAGE_SIZE) {
		tlbi(vmalle1);
	} else {
		for (; start < end; start += PAGE_SIZE)
			tlbi_arg(vaae1, ADDR_FIELD(start));
	}
	tlb_dsb();
	isb();
}

/* A walk that came too early ends in a fault, which finds nothing to do. */
void tlb_update_entry(struct mm_struct *mm, unsigned long addr)
{
}
