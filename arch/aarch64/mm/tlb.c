/* SPDX-License-Identifier: MIT */
/*
 * TLB maintenance by address and ASID. A store to a table entry before the call is visible to every
 * walker before the entry is dropped (dsb), and no CPU uses the old entry after the return (dsb
 * again).
 */
#include <lib/types.h>
#include <lib/atomic.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <arch/mmu.h>
#include <asm/tlb.h>
#include <mm/mm.h>

/* Beyond so many pages, dropping everything of the address space is cheaper. */
#define FLUSH_MAX_PAGES	 64

#define ADDR_FIELD(addr) (((addr) >> PAGE_SHIFT) & 0xfffffffffffUL)

static u64 asid_field(struct mm_struct *mm)
{
	return atomic_load_explicit(&mm->arch.context_id, memory_order_relaxed) << 48;
}

/*
 * Makes the changed entries visible to walkers; true if no CPU but this one can hold entries of
 * @mm. Preemption is off from here to flush_end(). See note_cpu() in mm/context.c for the barrier.
 */
static inline bool flush_begin(struct mm_struct *mm)
{
#if IS_ENABLED(CONFIG_SMP)
	preempt_disable();
	dsb(ish);
	return !(atomic_load_explicit(&mm->arch.cpus, memory_order_relaxed) &
		 ~(1ULL << smp_processor_id()));
#else
	dsb(nshst);
	return true;
#endif
}

static inline void flush_end(bool local)
{
	if (local)
		dsb(nsh);
	else
		dsb(ish);
#if IS_ENABLED(CONFIG_SMP)
	preempt_enable();
#endif
}

void tlb_flush_page(struct mm_struct *mm, unsigned long addr)
{
	bool local = flush_begin(mm);
	u64 arg = asid_field(mm) | ADDR_FIELD(addr);

	if (local)
		tlbi_arg(vale1, arg);
	else
		tlbi_all_arg(vale1, arg);
	flush_end(local);
}

static void flush_pages(bool local, u64 asid, unsigned long start, unsigned long end)
{
	if (local) {
		for (; start < end; start += PAGE_SIZE)
			tlbi_arg(vale1, asid | ADDR_FIELD(start));
	} else {
		for (; start < end; start += PAGE_SIZE)
			tlbi_all_arg(vale1, asid | ADDR_FIELD(start));
	}
}

/* Freed tables: what walkers keep of the levels above goes only with the whole address space. */
void tlb_flush_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		     bool freed_tables)
{
	bool local;

	if (freed_tables || end - start > FLUSH_MAX_PAGES * PAGE_SIZE) {
		tlb_flush_mm(mm);
		return;
	}
	local = flush_begin(mm);
	flush_pages(local, asid_field(mm), start, end);
	flush_end(local);
}

void tlb_flush_mm(struct mm_struct *mm)
{
	bool local = flush_begin(mm);

	if (local)
		tlbi_arg(aside1, asid_field(mm));
	else
		tlbi_all_arg(aside1, asid_field(mm));
	flush_end(local);
}

void tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	dsb(ishst);
	if (end - start > FLUSH_MAX_PAGES * PAGE_SIZE) {
		tlbi_all(vmalle1);
	} else {
		for (; start < end; start += PAGE_SIZE)
			tlbi_all_arg(vaae1, ADDR_FIELD(start));
	}
	dsb(ish);
	isb();
}

/*
 * This CPU may have kept the entry as it was before it allowed more, and would fault for ever.
 * Others come here by faults of their own.
 */
void tlb_update_entry(struct mm_struct *mm, unsigned long addr)
{
	dsb(nshst);
	tlbi_arg(vale1, asid_field(mm) | ADDR_FIELD(addr));
	dsb(nsh);
}
