/* SPDX-License-Identifier: MIT */
/*
 * TLB: which address spaces a CPU may hold entries of, and how they are got rid of.
 *
 * With PCID a CPU keeps the entries of the last NR_SLOTS address spaces, slot n under PCID n + 1 (0
 * is the kernel's own). A slot remembers the space's ctx_id and how many flushes (gen) it has seen.
 * mm->arch.cpus has the CPUs that have the mm LOADED: only they are interrupted by a flush; the
 * others notice, when they load it again, that its gen has moved on, and flush then.
 *
 *	flush:  gen++              |  load:  set bit in cpus
 *	        read cpus, send    |         read gen, compare with the slot's
 *
 * Both sides have a full barrier in the middle (atomic operations on gen and cpus), so either the
 * flush sees the CPU or the CPU sees the flush.
 *
 * Without PCID a load of CR3 drops everything that is not global, and there is one slot.
 */
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/bitops.h>
#include <mm/mm.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fixmap.h>
#include <asm/msr.h>
#include <asm/platform.h>
#include <asm/tlb.h>

#define NR_SLOTS    6
#define CR3_NOFLUSH (1ull << 63)
#define FLUSH_PAGES 33 /* above this many, dropping all entries is cheaper than one by one */

struct tlb_slot {
	u64 ctx_id, gen;
};

/* All per CPU, touched with IRQs off. */
struct tlb_state {
	struct mm_struct *loaded; /* NULL: the kernel's own tables */
	unsigned int slot, next; /* of loaded; to be reused next */
	struct tlb_slot slots[NR_SLOTS];
};
static DEFINE_PER_CPU(struct tlb_state, tlb_state);

static void invlpg(unsigned long addr)
{
	__asm__ __volatile__("invlpg (%0)" : : "r"(addr) : "memory");
}

static u64 root_phys(const struct mm_struct *mm)
{
	unsigned long root = (unsigned long)mm->root;

	return root >= KERNEL_MAP_OFFSET ? image_to_phys((void *)root) : root - PAGE_OFFSET;
}

static u64 mm_gen(struct mm_struct *mm)
{
#ifdef CONFIG_SMP
	return atomic_load_explicit(&mm->arch.gen, memory_order_seq_cst);
#else
	return mm->arch.gen;
#endif
}

static void mark_loaded(struct mm_struct *mm, bool loaded)
{
#ifdef CONFIG_SMP
	if (loaded)
		set_bit(smp_processor_id_raw(), mm->arch.cpus); /* locked: a full barrier */
	else
		clear_bit(smp_processor_id_raw(), mm->arch.cpus);
#endif
}

/* The slot of @ctx_id, or the next one round robin with gen 0 (seen nothing). */
static unsigned int find_slot(struct tlb_state *s, u64 ctx_id)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		if (s->slots[i].ctx_id == ctx_id)
			return i;
	i = s->next;
	s->next = i + 1 == NR_SLOTS ? 0 : i + 1;
	s->slots[i].ctx_id = ctx_id;
	s->slots[i].gen = 0;
	return i;
}

static void load_kernel_root(struct tlb_state *s)
{
	s->loaded = NULL;
	write_cr3(image_to_phys(arch_kernel_root()));
}

static void load_root(struct tlb_state *s, struct mm_struct *mm)
{
	u64 gen = mm_gen(mm), cr3 = root_phys(mm);

	s->loaded = mm;
	if (!cpu_has(X86_PCID)) {
		s->slot = 0;
		s->slots[0] = (struct tlb_slot){mm->arch.ctx_id, gen};
		write_cr3(cr3);
		return;
	}
	s->slot = find_slot(s, mm->arch.ctx_id);
	cr3 |= s->slot + 1;
	if (s->slots[s->slot].gen == gen)
		cr3 |= CR3_NOFLUSH;
	s->slots[s->slot].gen = gen;
	write_cr3(cr3);
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	struct tlb_state *s = this_cpu_ptr(&tlb_state);
	struct mm_struct *loaded = s->loaded;

	if (next->arch.ctx_id == 0) {
		if (loaded) {
			load_kernel_root(s);
			mark_loaded(loaded, false);
		}
		return;
	}
	if (loaded == next)
		return;
	mark_loaded(next, true);
	load_root(s, next);
	if (loaded)
		mark_loaded(loaded, false);
}

void arch_mm_destroy(struct mm_struct *mm)
{
}

/* ---- flushing this CPU ---- */

struct flush {
	struct mm_struct *mm; /* NULL: kernel mappings */
	unsigned long start, end;
	u64 gen; /* of mm after this flush */
};

/* Drops all entries of the loaded mm. */
static void flush_loaded(struct tlb_state *s)
{
	u64 cr3 = root_phys(s->loaded);

	write_cr3(cpu_has(X86_PCID) ? cr3 | (s->slot + 1) : cr3);
}

static void flush_everything(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & CR4_PGE) {
		write_cr4(cr4 & ~CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
}

static bool few_pages(const struct flush *f)
{
	return f->end - f->start <= FLUSH_PAGES << PAGE_SHIFT;
}

static void flush_pages(const struct flush *f)
{
	for (unsigned long a = f->start; a < f->end; a += PAGE_SIZE)
		invlpg(a);
}

/* IRQs off. */
static void flush_local(const struct flush *f)
{
	struct tlb_state *s = this_cpu_ptr(&tlb_state);
	struct tlb_slot *slot = &s->slots[s->slot];

	if (!f->mm) {
		if (few_pages(f))
			flush_pages(f); /* global entries go for every PCID */
		else
			flush_everything();
		return;
	}
	if (s->loaded != f->mm)
		return; /* its slot is behind now and will be flushed on load */
	if (slot->gen == f->gen - 1 && few_pages(f)) {
		flush_pages(f);
		slot->gen = f->gen;
	} else if (slot->gen < f->gen) {
		slot->gen = mm_gen(f->mm);
		flush_loaded(s);
	}
}

/* ---- flushing others ---- */

#ifdef CONFIG_SMP
/*
 * Each CPU has one request of its own, and a set of CPUs whose requests it still has to serve. The
 * asker sets its bit there and interrupts; who has served decrements the asker's count (release,
 * pairs with the asker's acquire).
 */
struct shootdown {
	struct flush flush;
	_Atomic(unsigned int) waiting;
	unsigned long asked_by[(CONFIG_NR_CPUS + 63) / 64]; /* atomic bits, set by others */
};
static DEFINE_PER_CPU_ALIGNED(struct shootdown, shootdown);

void tlb_flush_interrupt(void)
{
	struct shootdown *mine = this_cpu_ptr(&shootdown);

	for (unsigned int w = 0; w < ARRAY_SIZE(mine->asked_by); w++) {
		unsigned long bits = __atomic_exchange_n(&mine->asked_by[w], 0, __ATOMIC_ACQUIRE);

		for (; bits; bits &= bits - 1) {
			struct shootdown *asker = per_cpu_ptr(&shootdown, w * 64 + __ffs(bits));

			flush_local(&asker->flush);
			atomic_fetch_sub_explicit(&asker->waiting, 1, memory_order_release);
		}
	}
}

static void ask(struct shootdown *mine, const unsigned long *cpus)
{
	unsigned int self = smp_processor_id(), cpu;

	for_each_online_cpu(cpu) {
		struct shootdown *other = per_cpu_ptr(&shootdown, cpu);

		if (cpu == self || !test_bit(cpu, cpus))
			continue;
		atomic_fetch_add_explicit(&mine->waiting, 1, memory_order_relaxed);
		__atomic_fetch_or(&other->asked_by[self / 64], 1ul << (self % 64),
				  __ATOMIC_SEQ_CST);
		apic->send_ipi(x86_platform.apic_id[cpu], TLB_VECTOR);
	}
}

/*
 * With IRQs off (boot, panic) the others' requests are served while waiting: nobody can wait for us
 * for ever.
 */
static void flush_others(const struct flush *f, const unsigned long *cpus)
{
	struct shootdown *mine = this_cpu_ptr(&shootdown);

	if (num_online_cpus() == 1)
		return;
	mine->flush = *f;
	ask(mine, cpus);
	while (atomic_load_explicit(&mine->waiting, memory_order_acquire)) {
		if (irqs_disabled())
			tlb_flush_interrupt();
		cpu_relax();
	}
}

static const unsigned long *cpus_of(struct mm_struct *mm)
{
	return mm ? mm->arch.cpus : cpu_online_mask->bits;
}

static u64 next_gen(struct mm_struct *mm)
{
	return atomic_fetch_add_explicit(&mm->arch.gen, 1, memory_order_seq_cst) + 1;
}
#else
static void flush_others(const struct flush *f, const unsigned long *cpus)
{
}

static const unsigned long *cpus_of(struct mm_struct *mm)
{
	return NULL;
}

static u64 next_gen(struct mm_struct *mm)
{
	return ++mm->arch.gen;
}
#endif

static void flush(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct flush f = {.mm = mm, .start = start, .end = end};
	unsigned long flags;

	preempt_disable();
	if (mm)
		f.gen = next_gen(mm);
	local_irq_save(flags);
	flush_local(&f);
	local_irq_restore(flags);
	flush_others(&f, cpus_of(mm));
	preempt_enable();
}

void tlb_flush_page(struct mm_struct *mm, unsigned long addr)
{
	flush(mm, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
}

/*
 * A paging-structure cache entry of a freed table goes with any INVLPG (SDM vol. 3, 4.10.4.1), so
 * freed_tables needs nothing more.
 */
void tlb_flush_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		     bool freed_tables)
{
	flush(mm, start & PAGE_MASK, end);
}

void tlb_flush_mm(struct mm_struct *mm)
{
	flush(mm, 0, TASK_SIZE);
}

void tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	flush(NULL, start & PAGE_MASK, end);
}

/*
 * The CPU does not keep entries that are not present, and walks again before it faults on
 * permission.
 */
void tlb_update_entry(struct mm_struct *mm, unsigned long addr)
{
}
