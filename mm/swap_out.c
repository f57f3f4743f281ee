/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory leaves for swap. A hand goes through the page tables of all processes, by pid
 * and address: an entry that was used since it last came by is spared once. Up to SWAP_BATCH
 * entries are changed into swap entries, the TLBs flushed, mmap_lock dropped, the pages written;
 * those that nobody else has are freed then. Others stay in the swap cache until reclaim comes by.
 *
 * Tables with swap entries are marked PG_private: fork copies them and does not share them.
 */
#include <arch/mmu.h>
#include <kernel/mutex.h>
#include <kernel/pid.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <mm/pagemap.h>
#include <mm/swap.h>

#include "internal.h"

struct swap_batch {
	struct mm_struct *mm;
	bool harder;
	unsigned int n;
	unsigned long start, end; /* of the entries changed */
	unsigned long next; /* where to go on */
	struct page *pages[SWAP_BATCH]; /* locked, referenced; we are a user of their slots */
};

/* Where the hand stands. One at a time moves it. */
static DEFINE_MUTEX(hand_mutex);
static pid_t hand_pid;
static unsigned long hand_addr;

/* ---- writing ---- */

/* The page was written, or not. True if that freed it. */
static bool page_done(struct page *page, int err)
{
	u64 entry = page->private;
	bool freed;

	if (err)
		SetPageDirty(page);
	freed = !err && swap_cache_drop(page, false);
	if (!freed)
		SetPageDirty(page); /* others may still change it */
	swap_put(entry);
	unlock_page(page);
	put_page(page);
	return freed;
}

static unsigned long write_batch(struct swap_batch *b)
{
	unsigned long freed = 0;

	for (unsigned int i = 0, n; i < b->n; i += n) {
		u64 first = b->pages[i]->private;
		int err;

		for (n = 1; i + n < b->n; n++)
			if (b->pages[i + n]->private != first + ((u64)n << SWAP_TYPE_BITS))
				break;
		for (unsigned int j = 0; j < n; j++) {
			ClearPageDirty(b->pages[i + j]);
			SetPageUptodate(b->pages[i + j]);
		}
		err = swap_rw(first, &b->pages[i], n, true);
		if (err)
			pr_warn_ratelimited("swap: write failed: %d\n", err);
		for (unsigned int j = 0; j < n; j++)
			freed += page_done(b->pages[i + j], err);
	}
	return freed;
}

bool swap_write_page(struct page *page)
{
	struct swap_batch b = {.n = 1, .pages = {page}};

	return write_batch(&b);
}

bool swap_reclaim_page(struct page *page)
{
	bool freed = false;

	if (!try_get_page(page))
		return false;
	if (!PageSwapCache(page) || !trylock_page(page)) {
		put_page(page);
		return false;
	}
	/* Ours and the cache's reference: nobody has it mapped. */
	if (PageSwapCache(page) && page_count(page) == 2 && PageUptodate(page)) {
		if (PageDirty(page) && swap_dup_page(page))
			return swap_write_page(page);
		freed = !PageDirty(page) && swap_cache_drop(page, false);
	}
	unlock_page(page);
	put_page(page);
	return freed;
}

/* ---- taking entries ---- */

/* The slot of the locked page, with us as a user; 0: none. */
static u64 slot_for(struct page *page)
{
	if (!PageSwapCache(page))
		return swap_cache_new(page);
	return swap_dup_page(page) ? page->private : 0;
}

/* The entry @ptep of the locked, referenced @page becomes one of swap. */
static bool take_entry(struct swap_batch *b, pte_t *ptep, pte_t pte, struct page *page)
{
	u64 entry = slot_for(page);

	if (!entry)
		return false;
	page_set(virt_to_page(ptep), PG_private);
	if (swap_dup(entry)) {
		if (pte_cmpxchg(ptep, pte, pte_make_swap(entry)))
			return true;
		swap_put(entry);
	}
	swap_put(entry);
	return false;
}

static void consider(struct swap_batch *b, pte_t *ptep, pte_t pte, unsigned long addr)
{
	struct page *page = pfn_to_page(pte_pfn(pte));

	if (!PageAnon(page) || page_test(page, PG_tail) || page_test(page, PG_head))
		return;
	if (!b->harder && pte_young(pte)) {
		pte_cmpxchg(ptep, pte, pte_mkold(pte));
		return;
	}
	if (!try_get_page(page))
		return;
	if (!pte_same(pte_read(ptep), pte) || !trylock_page(page)) {
		put_page(page);
		return;
	}
	if (!take_entry(b, ptep, pte, page)) {
		unlock_page(page);
		put_page(page);
		return;
	}
	put_page(page); /* the entry's */
	b->pages[b->n++] = page;
	b->start = min(b->start, addr);
	b->end = max(b->end, addr + PAGE_SIZE);
}

static int take_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		       void *arg)
{
	struct swap_batch *b = arg;

	for (pte_t *ptep = table + first; n--; ptep++, addr += PAGE_SIZE) {
		pte_t pte = pte_read(ptep);

		if (!pte_present(pte) || pte_special(pte))
			continue;
		consider(b, ptep, pte, addr);
		if (b->n == SWAP_BATCH || !swap_pages_free()) {
			b->next = addr + PAGE_SIZE;
			return 1;
		}
	}
	return 0;
}

/* Large pages are split, shared tables copied, but only when there is no other way. */
static int take_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	struct swap_batch *b = arg;

	if (!pt_link_block(link) && !pt_link_shared(link))
		return 0;
	if (!b->harder)
		return PT_WALK_SKIP;
	return pgtable_own(b->mm, entry, addr) ? 0 : PT_WALK_SKIP;
}

static bool may_leave(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_LOCKED | VM_IO | VM_PFNMAP | VM_SHARED))
		return false;
	return vma_is_anonymous(vma) || vma->vm_has_anon;
}

/* Fills the batch from [start, end). mmap_lock held for reading. b->next: where to go on. */
static void take_range(struct swap_batch *b, unsigned long start, unsigned long end)
{
	const struct pt_walk w = {.leaves = take_leaves, .link = take_link, .arg = b};
	struct vm_area_struct *vma = find_vma(b->mm, start);

	b->n = 0;
	b->start = ULONG_MAX;
	b->end = 0;
	b->next = end;
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (may_leave(vma) &&
		    pgtable_walk_range(b->mm, max(start, vma->vm_start), min(end, vma->vm_end), &w))
			break;
	if (!b->n)
		return;
	tlb_flush_range(b->mm, b->start, b->end, false);
	add_mm_counter(b->mm, MM_ANONPAGES, -(long)b->n);
	add_mm_counter(b->mm, MM_SWAPENTS, b->n);
}

void swap_out_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct swap_batch b = {.mm = mm, .harder = true, .next = start};

	while (b.next < end && swap_pages_free() && !fatal_signal_pending(current)) {
		take_range(&b, b.next, end);
		write_batch(&b);
	}
}

/* ---- the hand ---- */

/* The address space of @pid's process, kept as a struct only; NULL: none. */
static struct mm_struct *mm_of(struct pid *pid)
{
	struct mm_struct *mm = NULL;
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	if (task) {
		task_lock(task);
		if (task->mm && !(task->flags & PF_KTHREAD)) {
			mm = task->mm;
			mmgrab(mm);
		}
		task_unlock(task);
	}
	rcu_read_unlock();
	return mm;
}

/* Moves the hand to the next process that has memory; NULL: there is none behind it. */
static struct mm_struct *hand_mm(void)
{
	struct mm_struct *mm;
	struct pid *pid;

	while ((pid = find_ge_pid(hand_pid))) {
		if (pid_nr(pid) != hand_pid)
			hand_addr = 0;
		hand_pid = pid_nr(pid);
		mm = mm_of(pid);
		put_pid(pid);
		if (mm)
			return mm;
		hand_pid++;
		hand_addr = 0;
	}
	return NULL;
}

/* Fills the batch from where the hand is; false: nothing found in this process. */
static bool take_at_hand(struct swap_batch *b)
{
	b->n = 0;
	b->next = TASK_SIZE;
	if (mmap_read_trylock(b->mm)) {
		take_range(b, hand_addr, TASK_SIZE);
		mmap_read_unlock(b->mm);
	}
	hand_addr = b->next;
	if (b->next >= TASK_SIZE) {
		hand_pid++;
		hand_addr = 0;
	}
	return b->n;
}

/* Moves the hand until a batch is found or it has been everywhere. */
static bool next_batch(struct swap_batch *b)
{
	bool wrapped = false, found = false;
	pid_t first;

	mutex_lock(&hand_mutex);
	first = hand_pid;
	while (!found) {
		b->mm = hand_mm();
		if (!b->mm && wrapped)
			break;
		if (!b->mm) {
			wrapped = true;
			hand_pid = 1;
			hand_addr = 0;
			continue;
		}
		if (wrapped && hand_pid > first) {
			mmdrop(b->mm);
			break;
		}
		found = take_at_hand(b);
		mmdrop(b->mm);
	}
	mutex_unlock(&hand_mutex);
	return found;
}

unsigned long swap_out_pages(unsigned long nr, bool harder)
{
	struct swap_batch b = {.harder = harder};
	unsigned long freed = 0;

	while (freed < nr && swap_pages_free() && next_batch(&b)) {
		freed += write_batch(&b);
		cond_resched();
	}
	return freed;
}
