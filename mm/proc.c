/* SPDX-License-Identifier: MIT */
/* What /proc/PID says about an address space: proc(5). */
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/seq_file.h>
#include <kernel/cred.h>
#include <kernel/rcupdate.h>
#include <lib/string.h>
#include <mm/swap.h>
#include <uapi/capability.h>

#include "fault.h"

/* ---- maps ---- */

static const char *area_name(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->name)
		return vma->vm_ops->name(vma);
	if (vma->vm_file)
		return NULL;
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

static void show_area(struct seq_file *m, struct mm_struct *mm, struct vm_area_struct *vma)
{
	const char *name = area_name(mm, vma);
	unsigned long flags = vma->vm_flags, ino = 0;
	loff_t off = 0;
	dev_t dev = 0;

	if (vma->vm_file) {
		struct inode *inode = file_inode(vma->vm_file);

		dev = inode->i_sb->s_dev;
		ino = inode->i_ino;
		off = (loff_t)vma->vm_pgoff << PAGE_SHIFT;
	}
	seq_put_hex_ll(m, "", vma->vm_start, 8);
	seq_put_hex_ll(m, "-", vma->vm_end, 8);
	seq_printf(m, " %c%c%c%c", (flags & VM_READ) ? 'r' : '-', (flags & VM_WRITE) ? 'w' : '-',
		   (flags & VM_EXEC) ? 'x' : '-', (flags & VM_MAYSHARE) ? 's' : 'p');
	seq_put_hex_ll(m, " ", off, 8);
	seq_put_hex_ll(m, " ", MAJOR(dev), 2);
	seq_put_hex_ll(m, ":", MINOR(dev), 2);
	seq_put_decimal_ull(m, " ", ino);
	seq_putc(m, ' ');
	if (name || vma->vm_file)
		seq_pad_to(m, 73);
	if (name)
		seq_puts(m, name);
	else if (vma->vm_file)
		seq_path(m, &vma->vm_file->f_path, "\n");
	seq_putc(m, '\n');
}

void mm_show_map(struct seq_file *m, struct vm_area_struct *vma)
{
	show_area(m, vma->vm_mm, vma);
}

/* ---- smaps ---- */

struct mem_stats {
	unsigned long rss, anon, shared_clean, shared_dirty, private_clean, private_dirty,
		referenced, locked;
	unsigned int sharers; /* of the table under count */
	unsigned long huge;
	unsigned long swap;
	u64 swap_pss; /* bytes << 12 */
	u64 pss; /* bytes << 12 */
	u64 pss_dirty, pss_anon, pss_file, pss_shmem;
};

/*
 * Of a large page that is mapped in pieces only the number of all entries is known; @sharers have
 * the table that the entry is in.
 */
static unsigned int page_users(struct page *page, unsigned int sharers)
{
	struct page *head = compound_head(page);
	int users = page_count(head);

	if (page_test(head, PG_head))
		users = DIV_ROUND_UP(users, HPAGE_PAGES);
	else if (page_test(page, PG_cache) || PageSwapCache(page))
		users--; /* the cache's own reference is not a user */
	return max(users, 1) - 1 + sharers;
}

static void count_page(struct mem_stats *s, struct page *page, pte_t pte)
{
	unsigned int users = page_users(page, s->sharers);
	bool dirty = pte_dirty(pte) || PageDirty(page);
	u64 pss = (PAGE_SIZE << 12) / users;

	s->rss += PAGE_SIZE;
	s->pss += pss;
	if (PageAnon(page)) {
		s->anon += PAGE_SIZE;
		s->pss_anon += pss;
	} else if (PageSwapBacked(page)) {
		s->pss_shmem += pss;
	} else {
		s->pss_file += pss;
	}
	if (dirty)
		s->pss_dirty += pss;
	if (pte_young(pte) || PageReferenced(page))
		s->referenced += PAGE_SIZE;
	*(users > 1 ? (dirty ? &s->shared_dirty : &s->shared_clean) :
		      (dirty ? &s->private_dirty : &s->private_clean)) += PAGE_SIZE;
}

static void count_swap(struct mem_stats *s, pte_t pte)
{
	s->swap += PAGE_SIZE;
	s->swap_pss += (PAGE_SIZE << 12) / max(swap_users(pte_swap_val(pte)), 1u);
}

static int count_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
			void *arg)
{
	for (pte_t *ptep = table + first; n--; ptep++) {
		pte_t pte = pte_read(ptep);

		if (pte_present(pte) && !pte_special(pte))
			count_page(arg, pfn_to_page(pte_pfn(pte)), pte);
		else if (pte_is_swap(pte))
			count_swap(arg, pte);
	}
	return 0;
}

static void count_block(struct mem_stats *s, struct page *page, unsigned long bytes, bool young)
{
	unsigned int users = max(page_count(page), 1);
	u64 pss = ((u64)bytes << 12) / users;

	s->rss += bytes;
	s->anon += bytes;
	s->huge += bytes;
	s->pss += pss;
	s->pss_anon += pss;
	s->pss_dirty += pss;
	if (young)
		s->referenced += bytes;
	*(users > 1 ? &s->shared_dirty : &s->private_dirty) += bytes;
}

static int count_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	struct mem_stats *s = arg;

	if (pt_link_block(link)) {
		count_block(s, pfn_to_page(pte_pfn(link)), end - addr, pte_young(link));
		return PT_WALK_SKIP;
	}
	s->sharers = max(page_count(phys_to_page(pte_table_phys(link))), 1);
	return 0;
}

static void count_area(struct mem_stats *s, struct vm_area_struct *vma)
{
	const struct pt_walk w = {.leaves = count_leaves, .link = count_link, .arg = s};
	u64 before = s->pss;

	rcu_read_lock();
	pgtable_walk_range(vma->vm_mm, vma->vm_start, vma->vm_end, &w);
	rcu_read_unlock();
	if (vma->vm_flags & VM_LOCKED)
		s->locked += s->pss - before;
}

/* @name with its blanks or tab: a row of smaps is printed too often for a format to be read. */
static void show_kb(struct seq_file *m, const char *name, unsigned long bytes)
{
	seq_put_decimal_ull_width(m, name, bytes >> 10, 8);
	seq_write(m, " kB\n", 4);
}

static void show_stats(struct seq_file *m, const struct mem_stats *s, bool rollup)
{
	show_kb(m, "Rss:            ", s->rss);
	show_kb(m, "Pss:            ", s->pss >> 12);
	show_kb(m, "Pss_Dirty:      ", s->pss_dirty >> 12);
	if (rollup) {
		show_kb(m, "Pss_Anon:       ", s->pss_anon >> 12);
		show_kb(m, "Pss_File:       ", s->pss_file >> 12);
		show_kb(m, "Pss_Shmem:      ", s->pss_shmem >> 12);
	}
	show_kb(m, "Shared_Clean:   ", s->shared_clean);
	show_kb(m, "Shared_Dirty:   ", s->shared_dirty);
	show_kb(m, "Private_Clean:  ", s->private_clean);
	show_kb(m, "Private_Dirty:  ", s->private_dirty);
	show_kb(m, "Referenced:     ", s->referenced);
	show_kb(m, "Anonymous:      ", s->anon);
	show_kb(m, "LazyFree:       ", 0);
	show_kb(m, "AnonHugePages:  ", s->huge);
	show_kb(m, "ShmemPmdMapped: ", 0);
	show_kb(m, "FilePmdMapped:  ", 0);
	show_kb(m, "Shared_Hugetlb: ", 0);
	show_kb(m, "Private_Hugetlb:", 0);
	show_kb(m, "Swap:           ", s->swap);
	show_kb(m, "SwapPss:        ", s->swap_pss >> 12);
	show_kb(m, "Locked:         ", s->locked >> 12);
}

static const struct {
	unsigned long flag;
	char name[4];
} vm_flag_names[] = {
	{VM_READ, "rd "},	{VM_WRITE, "wr "},	 {VM_EXEC, "ex "},
	{VM_SHARED, "sh "},	{VM_MAYREAD, "mr "},	 {VM_MAYWRITE, "mw "},
	{VM_MAYEXEC, "me "},	{VM_MAYSHARE, "ms "},	 {VM_GROWSDOWN, "gd "},
	{VM_PFNMAP, "pf "},	{VM_LOCKED, "lo "},	 {VM_IO, "io "},
	{VM_SEQ_READ, "sr "},	{VM_RAND_READ, "rr "},	 {VM_DONTCOPY, "dc "},
	{VM_DONTEXPAND, "de "}, {VM_LOCKONFAULT, "lf "}, {VM_ACCOUNT, "ac "},
	{VM_NORESERVE, "nr "},	{VM_WIPEONFORK, "wf "},	 {VM_DONTDUMP, "dd "},
	{VM_MIXEDMAP, "mm "},	{VM_HUGEPAGE, "hg "},	 {VM_NOHUGEPAGE, "nh "},
};

static void show_vm_flags(struct seq_file *m, unsigned long flags)
{
	seq_puts(m, "VmFlags: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(vm_flag_names); i++)
		if (flags & vm_flag_names[i].flag)
			seq_write(m, vm_flag_names[i].name, 3);
	seq_putc(m, '\n');
}

static void show_rollup(struct seq_file *m, struct mm_struct *mm)
{
	struct mem_stats s = {0};
	struct vm_area_struct *vma;
	unsigned long end = 0;

	for_each_vma(mm, vma) {
		count_area(&s, vma);
		end = vma->vm_end;
	}
	seq_put_hex_ll(m, "", mm->mmap ? mm->mmap->vm_start : 0, 8);
	seq_put_hex_ll(m, "-", end, 8);
	seq_puts(m, " ---p 00000000 00:00 0 ");
	seq_pad_to(m, 73);
	seq_puts(m, "[rollup]\n");
	show_stats(m, &s, true);
}

void mm_show_smaps_rollup(struct seq_file *m, struct mm_struct *mm)
{
	mmap_read_lock(mm);
	show_rollup(m, mm);
	mmap_read_unlock(mm);
}

void mm_show_smap(struct seq_file *m, struct vm_area_struct *vma)
{
	struct mem_stats s = {0};

	count_area(&s, vma);
	show_area(m, vma->vm_mm, vma);
	show_kb(m, "Size:           ", vma->vm_end - vma->vm_start);
	show_kb(m, "KernelPageSize: ", PAGE_SIZE);
	show_kb(m, "MMUPageSize:    ", PAGE_SIZE);
	show_stats(m, &s, false);
	seq_put_decimal_ull(m, "THPeligible:    ",
			    thp_wanted(vma, (vma->vm_start + HPAGE_SIZE - 1) & ~(HPAGE_SIZE - 1)));
	seq_putc(m, '\n');
	show_vm_flags(m, vma->vm_flags);
}

/* ---- status, statm ---- */

void mm_show_status(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long anon = get_mm_counter(mm, MM_ANONPAGES),
		      file = get_mm_counter(mm, MM_FILEPAGES);
	unsigned long shmem = get_mm_counter(mm, MM_SHMEMPAGES), rss = anon + file + shmem;
	unsigned long text = PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK);
	unsigned long exec = mm->exec_vm << PAGE_SHIFT;

	text = min(text, exec);
	show_kb(m, "VmPeak:\t", max(mm->hiwater_vm, mm->total_vm) << PAGE_SHIFT);
	show_kb(m, "VmSize:\t", mm->total_vm << PAGE_SHIFT);
	show_kb(m, "VmLck:\t", mm->locked_vm << PAGE_SHIFT);
	show_kb(m, "VmPin:\t", (unsigned long)atomic_long_read(&mm->pinned_vm) << PAGE_SHIFT);
	show_kb(m, "VmHWM:\t", max(mm->hiwater_rss, rss) << PAGE_SHIFT);
	show_kb(m, "VmRSS:\t", rss << PAGE_SHIFT);
	show_kb(m, "RssAnon:\t", anon << PAGE_SHIFT);
	show_kb(m, "RssFile:\t", file << PAGE_SHIFT);
	show_kb(m, "RssShmem:\t", shmem << PAGE_SHIFT);
	show_kb(m, "VmData:\t", mm->data_vm << PAGE_SHIFT);
	show_kb(m, "VmStk:\t", mm->stack_vm << PAGE_SHIFT);
	show_kb(m, "VmExe:\t", text);
	show_kb(m, "VmLib:\t", exec - text);
	show_kb(m, "VmPTE:\t", (unsigned long)atomic_long_read(&mm->pgtables_bytes));
	show_kb(m, "VmSwap:\t", get_mm_counter(mm, MM_SWAPENTS) << PAGE_SHIFT);
}

unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text,
			 unsigned long *data, unsigned long *resident)
{
	*shared = get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
	*text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	*data = mm->data_vm + mm->stack_vm;
	*resident = *shared + get_mm_counter(mm, MM_ANONPAGES);
	return mm->total_vm;
}

/* ---- pagemap ---- */

#define PM_PRESENT   (1ull << 63)
#define PM_SWAP	     (1ull << 62) /* then bits 0-4 are the area, 5-54 the slot */
#define PM_FILE	     (1ull << 61)
#define PM_EXCLUSIVE (1ull << 56)

static u64 pagemap_entry(struct mm_struct *mm, unsigned long addr, bool show_frames)
{
	u64 entry = PM_PRESENT;
	pte_t pte = pgtable_get(mm, addr);

	if (!pte_present(pte))
		return pte_is_swap(pte) ? PM_SWAP | pte_swap_val(pte) : 0;
	if (show_frames)
		entry |= pte_pfn(pte);
	if (pte_special(pte))
		return entry;
	if (!PageAnon(pfn_to_page(pte_pfn(pte))))
		entry |= PM_FILE;
	else if (page_count(compound_head(pfn_to_page(pte_pfn(pte)))) == 1)
		entry |= PM_EXCLUSIVE;
	return entry;
}

int mm_pagemap(struct mm_struct *mm, unsigned long addr, u64 *buf, unsigned long n)
{
	bool show_frames = capable(CAP_SYS_ADMIN);

	mmap_read_lock(mm);
	rcu_read_lock();
	for (unsigned long i = 0; i < n; i++, addr += PAGE_SIZE)
		buf[i] = vma_lookup(mm, addr) ? pagemap_entry(mm, addr, show_frames) : 0;
	rcu_read_unlock();
	mmap_read_unlock(mm);
	return n;
}
