/* SPDX-License-Identifier: MIT */
/*
 * Tables of level 0 that several address spaces share, and large pages: coming and going. The rules
 * are in <mm/pgtable.h>.
 *
 * fork makes the child link to the parent's table, both links read-only. The table then holds one
 * reference to each page it maps, for all who share it. Who wants to change something copies the
 * table: each page gets one more user and is write-protected in both; the TLBs are flushed before
 * the old table is let go. Who finds that it is alone just makes its link writable again.
 *
 * An entry of level 1 changes from one table, or page, to another through pt_busy(), with the flush
 * in between, and preemption off, because others wait for it: no CPU ever sees two translations of
 * an address.
 */
#include <arch/mmu.h>
#include <kernel/bug.h>
#include <kernel/preempt.h>
#include <kernel/rcupdate.h>
#include <lib/bitops.h>
#include <mm/mm.h>
#include <mm/pgtable.h>
#include <uapi/errno.h>

#include "internal.h"

/* Calls fn for every entry that may be set. */
static __always_inline void
for_each_used(struct page *table, void (*fn)(pte_t *ptep, unsigned int i, void *arg), void *arg)
{
	u64 used = atomic_load_explicit(&table->pt_used, memory_order_relaxed);
	pte_t *ptes = page_address(table);

	for (; used; used &= used - 1) {
		unsigned int first = __builtin_ctzll(used) << PT_GROUP_SHIFT;

		for (unsigned int i = first; i < first + PT_GROUP; i++)
			if (!pte_none(pte_read(&ptes[i])))
				fn(&ptes[i], i, arg);
	}
}

static struct page *mapped_page(pte_t pte)
{
	return pte_present(pte) && !pte_special(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
}

/* ---- the end of a table ---- */

static void free_after_rcu(struct rcu_head *head)
{
	free_unref_page(container_of(head, struct page, rcu));
}

static void put_entry(pte_t *ptep, unsigned int i, void *arg)
{
	struct page *page = mapped_page(pte_read(ptep));

	if (page)
		put_page(page);
}

void pt_put_shared(struct mm_struct *mm, struct page *table)
{
	atomic_long_sub(PAGE_SIZE, &mm->pgtables_bytes);
	if (!put_page_testzero(table))
		return;
	for_each_used(table, put_entry, NULL);
	dec_vmstat(NR_PAGETABLE);
	page_clear(table, PG_table);
	call_rcu(&table->rcu, free_after_rcu);
}

/* ---- copying ---- */

/* The entry, which may not be written through from now on, not even by who is alone one day. */
static pte_t protect_entry(pte_t *ptep)
{
	pte_t pte = pte_read(ptep);

	while (pte_present(pte) && pte_write(pte)) {
		if (pte_cmpxchg(ptep, pte, pte_wrprotect(pte)))
			return pte_wrprotect(pte);
		pte = pte_read(ptep);
	}
	return pte;
}

static void copy_entry(pte_t *ptep, unsigned int i, void *arg)
{
	pte_t pte = protect_entry(ptep), *to = arg;
	struct page *page = mapped_page(pte);

	if (page)
		get_page(page);
	pte_set(&to[i], pte);
}

static struct page *copy_table(struct mm_struct *mm, struct page *table)
{
	struct page *new = pt_page_alloc(mm);

	if (!new)
		return NULL;
	for_each_used(table, copy_entry, page_address(new));
	atomic_store_explicit(&new->pt_used,
			      atomic_load_explicit(&table->pt_used, memory_order_relaxed),
			      memory_order_relaxed);
	return new;
}

/*
 * Replaces what @entry was by a link to @table, flushing what TLBs keep of it. False: it is not
 * @old any more.
 */
static bool replace_link(struct mm_struct *mm, pte_t *entry, pte_t old, struct page *table,
			 unsigned long addr)
{
	unsigned long base = addr & ~(PT_SPAN(1) - 1);

	preempt_disable();
	if (!pte_cmpxchg(entry, old, pt_busy())) {
		preempt_enable();
		return false;
	}
	tlb_flush_range(mm, base, base + PT_SPAN(1), true);
	atomic_thread_fence(memory_order_release);
	pte_set(entry, pte_make_table(page_to_phys(table)));
	preempt_enable();
	return true;
}

int pt_unshare(struct mm_struct *mm, pte_t *entry, pte_t link, unsigned long addr)
{
	struct page *table = phys_to_page(pte_table_phys(link)), *new;

	/* Pairs with the release of who else let go: its write-protecting is seen. */
	if (atomic_load_explicit(&table->_refcount, memory_order_acquire) == 1) {
		table->private = 0;
		pte_cmpxchg(entry, link, pte_table_mkrw(link));
		return 0;
	}
	new = copy_table(mm, table);
	if (!new)
		return -ENOMEM;
	if (replace_link(mm, entry, link, new, addr))
		pt_put_shared(mm, table);
	else
		pt_put_shared(mm, new);
	return 0;
}

/* ---- sharing ---- */

#define SHARE_GROUPS 2 /* tables with no more than this in use are copied */

static void count_anon(pte_t *ptep, unsigned int i, void *arg)
{
	struct page *page = mapped_page(pte_read(ptep));
	long *n = arg;

	*n += page && PageAnon(page);
}

/* While a table is shared nothing comes or goes, so ->private keeps the number, plus 1. */
long pt_shared_anon(struct page *table)
{
	long n = 0;

	if (!table->private) {
		for_each_used(table, count_anon, &n);
		table->private = n + 1;
	}
	return table->private - 1;
}

bool pt_share(struct mm_struct *mm, struct mm_struct *to, pte_t *parent, pte_t *child, pte_t link)
{
	struct page *table = phys_to_page(pte_table_phys(link));
	u64 used = atomic_load_explicit(&table->pt_used, memory_order_relaxed);

	/* PG_private: swap entries are counted one by one. */
	if (hweight64(used) <= SHARE_GROUPS || page_test(table, PG_private))
		return false;
	if (!pt_link_shared(link)) {
		table->private = 0;
		link = pte_table_mkro(link);
		pte_set(parent, link);
	}
	get_page(table);
	mm->pt_special = to->pt_special = true;
	atomic_long_add(PAGE_SIZE, &to->pgtables_bytes);
	pt_mark_used((pte_t *)((unsigned long)child & PAGE_MASK),
		     ((unsigned long)child & ~PAGE_MASK) / sizeof(pte_t));
	pte_set(child, link);
	return true;
}

/* ---- large pages ---- */

/*
 * Each of the pages becomes one of its own if nobody else has the large one; else they stay parts
 * of it, with a reference for each entry.
 */
static void split_page_users(struct page *head)
{
	int alone = 1;

	if (!atomic_compare_exchange_strong(&head->_refcount, &alone, 0)) {
		atomic_fetch_add_explicit(&head->_refcount, HPAGE_PAGES - 1, memory_order_relaxed);
		return;
	}
	for (unsigned long i = 0; i < HPAGE_PAGES; i++) {
		struct page *page = head + i;

		page->mapping = NULL;
		atomic_store_explicit(&page->flags, 1u << PG_anon, memory_order_relaxed);
		atomic_store_explicit(&page->_refcount, 1, memory_order_release);
	}
}

int pt_split_block(struct mm_struct *mm, pte_t *entry, unsigned long addr)
{
	unsigned long base = addr & ~(PT_SPAN(1) - 1);
	struct page *table = pt_page_alloc(mm);
	pte_t link = pt_read_link(entry), *ptes;

	if (!table)
		return -ENOMEM;
	preempt_disable();
	if (!pt_link_block(link) || !pte_cmpxchg(entry, link, pt_busy())) {
		preempt_enable();
		pt_page_free(mm, table);
		return 0;
	}
	tlb_flush_range(mm, base, base + PT_SPAN(1), false);
	split_page_users(pfn_to_page(pte_pfn(link)));
	ptes = page_address(table);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		ptes[i] = pte_of_block(link, i);
	atomic_store_explicit(&table->pt_used, ~0ull, memory_order_release);
	pte_set(entry, pte_make_table(page_to_phys(table)));
	preempt_enable();
	mod_vmstat(NR_ANON_THPS, -1);
	inc_vmstat(THP_SPLIT_PMD);
	return 0;
}

/* ---- before a change ---- */

struct prepare {
	struct mm_struct *mm;
	unsigned int how;
};

static int prepare_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	const struct prepare *p = arg;
	bool partial = end - addr < PT_SPAN(1);

	if (pt_link_block(link) ? !partial && !(p->how & PT_SPLIT) :
				  !pt_link_shared(link) || (!partial && !(p->how & PT_OWN)))
		return PT_WALK_SKIP;
	return pgtable_own(p->mm, entry, addr) ? PT_WALK_SKIP : -ENOMEM;
}

int pt_prepare(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int how)
{
	struct prepare p = {mm, how};
	const struct pt_walk w = {.link = prepare_link, .arg = &p};
	unsigned long first = pt_addr_end(start, end, 1), last = (end - 1) & ~(PT_SPAN(1) - 1);
	int err;

	if (!PT_LINKS_SPECIAL || likely(!READ_ONCE(mm->pt_special)))
		return 0;
	if (how != PT_EDGES)
		return pgtable_walk_range(mm, start, end, &w);
	err = pgtable_walk_range(mm, start, first, &w);
	if (!err && last >= first)
		err = pgtable_walk_range(mm, last, end, &w);
	return err;
}
