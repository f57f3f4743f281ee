/* SPDX-License-Identifier: MIT */
/*
 * ASIDs: the names of address spaces in the TLB.
 *
 * A context id is generation | ASID, the generation above the ASID's bits. ASIDs of a generation
 * are handed out in order. When none are left, a new generation begins: address spaces that CPUs
 * are using keep their ASIDs (reserved), every CPU flushes its TLB before it next switches, and
 * everybody else gets a new id at the next switch to it.
 *
 *   active   the id a CPU uses; 0 after a rollover, which sends that CPU's next switch the slow way
 *   reserved what a CPU used when the generation ended
 *
 * The fast path takes no lock: its compare-and-exchange of `active` fails if a rollover has cleared
 * it meanwhile, and a rollover that comes later finds the new id there.
 */
#include <kernel/bug.h>
#include <kernel/cpumask.h>
#include <kernel/percpu.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <arch/mmu.h>
#include <asm/sections.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>
#include <asm/tlb.h>
#include <mm/mm.h>
#include <mm/page.h>

#define ASID_SHIFT 16
#define ASID_MASK  ((1UL << ASID_SHIFT) - 1)
#define GENERATION (1UL << ASID_SHIFT)

static DEFINE_SPINLOCK(asid_lock);
static _Atomic u64 generation = GENERATION;
static unsigned long next_asid = 1; /* asid_lock; 0 is nobody's */
static unsigned long nr_asids;

static DEFINE_PER_CPU(_Atomic u64, active);
static DEFINE_PER_CPU(u64, reserved); /* asid_lock */
static DEFINE_PER_CPU(bool, flush_pending); /* asid_lock */

static bool same_generation(u64 id)
{
	return (id & ~ASID_MASK) == atomic_load_explicit(&generation, memory_order_relaxed);
}

/* If @asid was in use at the last rollover: it stays its owner's, who gets the id @new. */
static bool update_reserved(u64 old, u64 new)
{
	bool hit = false;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(reserved, cpu) != old)
			continue;
		per_cpu(reserved, cpu) = new;
		hit = true;
	}
	return hit;
}

static bool asid_is_reserved(unsigned long asid)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if ((per_cpu(reserved, cpu) & ASID_MASK) == asid)
			return true;
	return false;
}

static void new_generation(void)
{
	unsigned int cpu;

	atomic_fetch_add_explicit(&generation, GENERATION, memory_order_relaxed);
	for_each_possible_cpu(cpu) {
		u64 id = atomic_exchange_explicit(&per_cpu(active, cpu), 0, memory_order_relaxed);

		/*
		 * 0: that CPU has not switched since the last rollover and still runs what it ran
		 * then.
		 */
		if (id)
			per_cpu(reserved, cpu) = id;
		per_cpu(flush_pending, cpu) = true;
	}
	next_asid = 1;
}

static u64 new_context(u64 old)
{
	u64 gen = atomic_load_explicit(&generation, memory_order_relaxed);

	if (old && update_reserved(old, gen | (old & ASID_MASK)))
		return gen | (old & ASID_MASK);
	do {
		if (next_asid == nr_asids) {
			new_generation();
			gen = atomic_load_explicit(&generation, memory_order_relaxed);
		}
	} while (asid_is_reserved(next_asid++));
	return gen | (next_asid - 1);
}

#if IS_ENABLED(CONFIG_SMP)
static_assert(CONFIG_NR_CPUS <= 64);

/* Nobody has used @mm's new ASID yet. */
static void forget_cpus(struct mm_struct *mm)
{
	atomic_store_explicit(&mm->arch.cpus, 0, memory_order_relaxed);
}

/*
 * This CPU will walk @mm's tables. The barrier pairs with that of flush_begin() in mm/tlb.c: either
 * a flush sees the bit, or this CPU's walks see the entries as they were changed before it.
 */
static void note_cpu(struct mm_struct *mm)
{
	u64 bit = 1ULL << smp_processor_id_raw();

	if (likely(atomic_load_explicit(&mm->arch.cpus, memory_order_relaxed) & bit))
		return;
	atomic_fetch_or_explicit(&mm->arch.cpus, bit, memory_order_relaxed);
	dsb(ish);
}
#else
static void forget_cpus(struct mm_struct *mm)
{
}

static void note_cpu(struct mm_struct *mm)
{
}
#endif

static u64 context_slow(struct mm_struct *mm)
{
	u64 id;

	spin_lock(&asid_lock);
	id = atomic_load_explicit(&mm->arch.context_id, memory_order_relaxed);
	if (!same_generation(id)) {
		u64 old = id;

		id = new_context(old);
		if ((id ^ old) & ASID_MASK)
			forget_cpus(mm);
		atomic_store_explicit(&mm->arch.context_id, id, memory_order_relaxed);
	}
	if (this_cpu_read(flush_pending)) {
		this_cpu_write(flush_pending, false);
		local_flush_tlb_all();
	}
	atomic_store_explicit(this_cpu_ptr(&active), id, memory_order_relaxed);
	spin_unlock(&asid_lock);
	return id;
}

static u64 context_get(struct mm_struct *mm)
{
	u64 id = atomic_load_explicit(&mm->arch.context_id, memory_order_relaxed);
	_Atomic u64 *mine = this_cpu_ptr(&active);
	u64 old = atomic_load_explicit(mine, memory_order_relaxed);

	if (old && same_generation(id) &&
	    atomic_compare_exchange_strong_explicit(mine, &old, id, memory_order_relaxed,
						    memory_order_relaxed))
		return id;
	return context_slow(mm);
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	u64 ttbr;

	if (next == &init_mm) {
		ttbr = __pa_symbol(reserved_pg_dir);
	} else {
		ttbr = __pa(next->root) | (context_get(next) & ASID_MASK) << 48;
		note_cpu(next);
	}
	write_sysreg(ttbr, ttbr0_el1);
	isb();
}

int arch_mm_init(struct mm_struct *mm)
{
	atomic_store_explicit(&mm->arch.context_id, 0, memory_order_relaxed);
	forget_cpus(mm);
	return 0;
}

/* Its ASID is not given to another before the next generation, which flushes it. */
void arch_mm_destroy(struct mm_struct *mm)
{
}

void asid_init(void)
{
	nr_asids = id_field(read_sysreg(id_aa64mmfr0_el1), 4) == 2 ? 1UL << 16 : 1UL << 8;
	BUG_ON(nr_asids <= CONFIG_NR_CPUS + 1);
}
