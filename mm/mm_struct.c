/* SPDX-License-Identifier: MIT */
/*
 * Making, sharing and ending address spaces. <mm/mm.h> has the rules of the two reference counts.
 */
#include <arch/mmu.h>
#include <fs/fs.h>
#include <kernel/aio.h>
#include <kernel/bug.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#include "internal.h"
#include "vma_lock.h"

static struct kmem_cache *mm_cachep __ro_after_init;

/* root is set by mm_init(). Its users and count never drop to 0. */
struct mm_struct init_mm = {
	.mm_rb = {NULL},
	.mmap_lock = __RWSEM_INITIALIZER(init_mm.mmap_lock),
	.users = 2,
	.count = 2,
	.arg_lock = __SPIN_LOCK_INIT(init_mm.arg_lock),
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
};

void __init mm_struct_init(void)
{
	init_mm.root = arch_kernel_root();
	mm_cachep = KMEM_CACHE(mm_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

/* Everything that a new mm does not inherit. */
static bool mm_init_new(struct mm_struct *mm)
{
	struct page *root;

	mm->vma_cache = NULL;
	mm->mmap = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	init_rwsem(&mm->mmap_lock);
	atomic_set(&mm->users, 1);
	atomic_set(&mm->count, 1);
	memset(mm->rss, 0, sizeof(mm->rss));
	atomic_long_set(&mm->pgtables_bytes, 0);
	memset(&mm->arch, 0, sizeof(mm->arch));
	mm->total_vm = mm->locked_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	atomic_long_set(&mm->pinned_vm, 0);
	mm->hiwater_rss = mm->hiwater_vm = 0;
	spin_lock_init(&mm->arg_lock);
	mm->exe_file = NULL;
	mm->futex_hash = NULL;
	mm->aio_table = NULL;
	mm->oom_kills = 0;
	mm->pt_special = false;
	INIT_LIST_HEAD(&mm->mmlist);
	root = pt_page_alloc(mm);
	if (!root)
		return false;
	mm->root = page_address(root);
	if (!arch_mm_init(mm))
		return true;
	pt_page_free(mm, root);
	return false;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->task_size = TASK_SIZE;
	mm->mmap_base = TASK_SIZE;
	mm->flags = 1ul << MMF_DUMPABLE |
		    (current->mm ? mm_dump_filter(current->mm) : MM_DUMP_FILTER_DEFAULT)
			    << MMF_DUMP_FILTER;
	if (mm_init_new(mm))
		return mm;
	kmem_cache_free(mm_cachep, mm);
	return NULL;
}

void __mmdrop(struct mm_struct *mm)
{
	arch_mm_destroy(mm);
	pt_page_free(mm, virt_to_page(mm->root));
	kfree(mm->futex_hash);
	kmem_cache_free(mm_cachep, mm);
}

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;
	long accounted = 0;

	if (!mm->mmap)
		return;
	/* The OOM reaper and readers of /proc may still look. */
	mmap_write_lock(mm);
	tlb_gather_mmu(&tlb, mm, true);
	for_each_vma(mm, vma) {
		vma_unlink_file(vma);
		zap_range(&tlb, vma, vma->vm_start, vma->vm_end, false);
		if (vma->vm_flags & VM_ACCOUNT)
			accounted += vma_pages(vma);
		if (vma->vm_flags & VM_LOCKED)
			mod_vmstat(NR_MLOCK, -(long)vma_pages(vma));
	}
	free_user_tables(&tlb, mm->mmap->vm_start & ~(PT_SPAN(1) - 1), TASK_SIZE, 0, 0);
	tlb_finish_mmu(&tlb);
	vma = mm->mmap;
	mm->mmap = mm->vma_cache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		remove_vma(vma);
	}
	vm_unacct_memory(accounted);
}

void __mmput(struct mm_struct *mm)
{
	exit_aio(mm);
	exit_mmap(mm);
	set_mm_exe_file(mm, NULL);
	oom_victim_done(mm);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	task_lock(task);
	mm = task->mm;
	if (mm && ((task->flags & PF_KTHREAD) || !mmget_not_zero(mm)))
		mm = NULL;
	task_unlock(task);
	return mm;
}

void set_mm_exe_file(struct mm_struct *mm, struct file *file)
{
	struct file *old;

	/*
	 * Who gives us the file (exec, fork) denies writers already, so this cannot fail: ETXTBSY
	 * as long as the program runs.
	 */
	if (file) {
		get_file(file);
		WARN_ON_ONCE(deny_write_access(file));
	}
	spin_lock(&mm->arg_lock);
	old = mm->exe_file;
	mm->exe_file = file;
	spin_unlock(&mm->arg_lock);
	if (old)
		fput_exec(old);
}

struct file *get_mm_exe_file(struct mm_struct *mm)
{
	struct file *file;

	spin_lock(&mm->arg_lock);
	file = mm->exe_file;
	if (file)
		get_file(file);
	spin_unlock(&mm->arg_lock);
	return file;
}

void update_hiwater_rss(struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm);

	if (rss > mm->hiwater_rss)
		mm->hiwater_rss = rss;
}

/* ---- fork ---- */

struct copy {
	struct mm_struct *to;
	struct vm_area_struct *vma; /* the parent's */
	bool alone; /* nobody else changes the parent's entries */
	bool protected; /* some became read-only: flush */
	long anon, swapped;
};

/* Makes the parent's entry read-only; returns what it is now (none if it went away meanwhile). */
static pte_t protect_for_copy(struct copy *c, pte_t *ptep, pte_t pte)
{
	if (!pte_write(pte))
		return pte;
	c->protected = true;
	if (c->alone) {
		pte = pte_wrprotect(pte);
		pte_set(ptep, pte);
		return pte;
	}
	while (!pte_none(pte) && !pte_cmpxchg(ptep, pte, pte_wrprotect(pte)))
		pte = pte_read(ptep);
	return pte_none(pte) ? pte : pte_wrprotect(pte);
}

static bool copy_swap(struct copy *c, pte_t pte)
{
	if (pte_same(pte, pt_busy()) || !swap_dup(pte_swap_val(pte)))
		return false;
	c->swapped++;
	return true;
}

static void uncopy(struct copy *c, pte_t pte)
{
	if (pte_is_swap(pte)) {
		swap_put(pte_swap_val(pte));
		c->swapped--;
	} else if (pte_present(pte) && !pte_special(pte)) {
		put_page(pfn_to_page(pte_pfn(pte)));
		c->anon--;
	}
}

/*
 * Entries that a fault in the child could not make again: private pages, swap, raw frames.
 * Page-cache pages are found again.
 */
static int copy_leaves(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		       void *arg)
{
	struct copy *c = arg;
	pte_t *to = NULL;

	for (unsigned int i = first; i < first + n; i++) {
		pte_t pte = pte_read(&table[i]);

		if (pte_none(pte) ||
		    (pte_present(pte) && pte_special(pte) && !(c->vma->vm_flags & VM_PFNMAP)))
			continue;
		if (pte_present(pte) && !pte_special(pte)) {
			struct page *page = pfn_to_page(pte_pfn(pte));

			if (!PageAnon(page))
				continue;
			pte = protect_for_copy(c, &table[i], pte);
			if (pte_none(pte))
				continue;
			get_page(page);
			c->anon++;
		} else if (pte_is_swap(pte)) {
			if (!copy_swap(c, pte))
				continue;
		}
		if (!to) {
			to = pgtable_make(c->to, addr);
			if (!to) {
				uncopy(c, pte);
				return -ENOMEM;
			}
		}
		if (pte_is_swap(pte))
			page_set(virt_to_page(to), PG_private);
		pt_mark_used(to, i);
		pte_set(&to[i], pte);
	}
	return 0;
}

/* Nothing but private memory that the child gets whole, so that it may see all of a table. */
static bool may_share_table(const struct vm_area_struct *vma, unsigned long slot)
{
	while (vma->vm_prev && vma->vm_prev->vm_end > slot)
		vma = vma->vm_prev;
	for (; vma && vma->vm_start < slot + PT_SPAN(1); vma = vma->vm_next)
		if (!vma_is_anonymous(vma) ||
		    (vma->vm_flags & (VM_SHARED | VM_SPECIAL | VM_DONTCOPY | VM_WIPEONFORK)))
			return false;
	return true;
}

/* A whole large page of the parent becomes the child's too, read-only in both. */
static int copy_block(struct copy *c, pte_t *entry, pte_t link, unsigned long addr)
{
	pte_t *to = pgtable_make_link(c->to, addr), *table;

	if (!to)
		return -ENOMEM;
	link = protect_for_copy(c, entry, link);
	get_page(pfn_to_page(pte_pfn(link)));
	table = (pte_t *)((unsigned long)to & PAGE_MASK);
	pt_mark_used(table, to - table);
	pte_set(to, link);
	c->to->pt_special = true;
	c->anon += HPAGE_PAGES;
	inc_vmstat(NR_ANON_THPS);
	return PT_WALK_SKIP;
}

static int copy_link(pte_t *entry, pte_t link, unsigned long addr, unsigned long end, void *arg)
{
	struct copy *c = arg;
	pte_t *to, there;

	if (pt_link_block(link)) {
		if (end - addr == PT_SPAN(1))
			return copy_block(c, entry, link, addr);
		return pgtable_own(c->vma->vm_mm, entry, addr) ? 0 : -ENOMEM;
	}
	if (!IS_ENABLED(CONFIG_PT_SHARE) || !may_share_table(c->vma, addr & ~(PT_SPAN(1) - 1)))
		return 0;
	to = pgtable_make_link(c->to, addr);
	if (!to)
		return -ENOMEM;
	there = pte_read(to);
	if (!pte_none(there)) /* by the VMA below, which has a part of the same table */
		return pt_link_shared(there) ? PT_WALK_SKIP : 0;
	if (!pt_share(c->vma->vm_mm, c->to, entry, to, link))
		return 0;
	c->protected = true;
	c->anon += pt_shared_anon(phys_to_page(pte_table_phys(link)));
	return PT_WALK_SKIP;
}

/* Shared mappings and untouched private files need nothing copied. */
static bool must_copy_entries(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WIPEONFORK)
		return false;
	if (vma->vm_flags & VM_PFNMAP)
		return true;
	return !(vma->vm_flags & VM_SHARED) && (vma->vm_has_anon || vma_is_anonymous(vma));
}

static int copy_entries(struct copy *c, struct vm_area_struct *vma)
{
	const struct pt_walk w = {.leaves = copy_leaves, .link = copy_link, .arg = c};
	int err;

	if (!must_copy_entries(vma))
		return 0;
	c->vma = vma;
	c->alone = atomic_read(&vma->vm_mm->users) == 1 && !vma->vm_mapping;
	c->anon = c->swapped = 0;
	err = pgtable_walk_range(vma->vm_mm, vma->vm_start, vma->vm_end, &w);
	add_mm_counter(c->to, MM_ANONPAGES, c->anon);
	if (c->swapped)
		add_mm_counter(c->to, MM_SWAPENTS, c->swapped);
	return err;
}

/* The child's VMA, linked behind what it has. */
static struct vm_area_struct *copy_vma(struct mm_struct *mm, struct vm_area_struct *orig)
{
	struct vm_area_struct *vma;

	if ((orig->vm_flags & VM_ACCOUNT) && vm_enough_memory(mm, vma_pages(orig)))
		return NULL;
	vma = vm_area_dup(orig);
	if (!vma) {
		if (orig->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(vma_pages(orig));
		return NULL;
	}
	vma->vm_mm = mm;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (vma->vm_flags & VM_WIPEONFORK)
		vma->vm_has_anon = false;
	if (vma->vm_file)
		get_file(vma->vm_file);
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	vma_link(mm, vma);
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	return vma;
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct copy c = {.to = mm};
	struct vm_area_struct *vma;
	int err = 0;

	/* All first: a table that becomes shared may be of several. */
	for_each_vma(oldmm, vma)
		vma_start_write(vma);
	for_each_vma(oldmm, vma) {
		if (vma->vm_flags & VM_DONTCOPY)
			continue;
		if (!copy_vma(mm, vma)) {
			err = -ENOMEM;
			break;
		}
		err = copy_entries(&c, vma);
		if (err)
			break;
	}
	if (c.protected)
		tlb_flush_mm(oldmm);
	vma_end_write_all(mm);
	return err;
}

static int dup_mmap_locked(struct mm_struct *mm, struct mm_struct *oldmm)
{
	int err = mmap_write_lock_killable(oldmm);

	if (err)
		return -ERESTARTNOINTR;
	err = dup_mmap(mm, oldmm);
	mmap_write_unlock(oldmm);
	return err;
}

struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);
	int err;

	if (!mm)
		return NULL;
	memcpy(mm, oldmm, sizeof(*mm));
	if (!mm_init_new(mm)) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	mm->flags &= 3ul << MMF_DUMPABLE | MM_DUMP_FILTER_MASK << MMF_DUMP_FILTER |
		     0xful << MMF_MEMBARRIER_GLOBAL;
	mm->def_flags = 0;
	err = dup_mmap_locked(mm, oldmm);
	if (err) {
		mmput(mm);
		return ERR_PTR(err);
	}
	set_mm_exe_file(mm, oldmm->exe_file);
	mm->hiwater_rss = get_mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	return mm;
}
