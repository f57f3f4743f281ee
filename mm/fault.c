/* SPDX-License-Identifier: MIT */
/*
 * Page faults: from the arch's report to a page in place or a signal. This file has the way in,
 * anonymous memory and copy-on-write; fault_file.c has files.
 *
 * Everything here runs with the VMA locked for reading (vma_lock.h), or else mmap_lock, so it and
 * its tables stay; entries are changed by compare-and-exchange, so that threads fault in parallel
 * and whoever comes second finds the work done and returns to user mode to look again. Nothing a
 * user program does ends in more than a signal.
 */
#include <arch/mmu.h>
#include <arch/debug.h>
#include <arch/regs.h>
#include <arch/uaccess.h>
#include <kernel/extable.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>

#include "fault.h"
#include "vma_lock.h"

/* ---- anonymous memory ---- */

/*
 * Another page where one was present, as the architecture wants it: the entry is invalid, and
 * flushed, in between. *gone: somebody emptied the entry meanwhile. False: it was not orig_pte any
 * more.
 */
static bool replace_page(struct vm_fault *vmf, pte_t *ptep, pte_t new, bool *gone)
{
	bool taken;

	preempt_disable(); /* others wait for the entry */
	taken = pte_cmpxchg(ptep, vmf->orig_pte, pt_busy());
	if (taken) {
		tlb_flush_page(vmf->vma->vm_mm, vmf->address);
		*gone = !pte_cmpxchg(ptep, pt_busy(), new);
	}
	preempt_enable();
	return taken;
}

bool install_anon(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	u32 prot = vma->vm_prot | PT_DIRTY | PT_YOUNG;
	unsigned int idx = pt_index(vmf->address, 0);
	pte_t new = pte_make(page_to_phys(page), prot, 0);
	bool done, gone = false;

	sync_icache_page(vma, page);
	pt_mark_used(vmf->table, idx);
	if (pte_break_before_make() && pte_present(vmf->orig_pte))
		done = replace_page(vmf, &vmf->table[idx], new, &gone);
	else
		done = pte_cmpxchg(&vmf->table[idx], vmf->orig_pte, new);
	if (likely(done && !gone))
		add_mm_counter(vma->vm_mm, MM_ANONPAGES, 1);
	else
		put_page(page);
	return done;
}

static vm_fault_t map_zero_page(struct vm_fault *vmf)
{
	u32 prot = (vmf->vma->vm_prot & ~PT_WRITE) | PT_SPECIAL | PT_YOUNG;
	unsigned int idx = pt_index(vmf->address, 0);

	pt_mark_used(vmf->table, idx);
	pte_cmpxchg(&vmf->table[idx], vmf->orig_pte, pte_make(page_to_phys(zero_page), prot, 0));
	return 0;
}

static vm_fault_t do_anon_fault(struct vm_fault *vmf)
{
	struct page *page;

	if (!(vmf->flags & FAULT_WRITE))
		return map_zero_page(vmf);
	page = alloc_anon_page(__GFP_ZERO);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	install_anon(vmf, page);
	return 0;
}

/* ---- copy on write ---- */

/* The page of the entry with a reference, if the entry still is what it was. */
static struct page *pin_old_page(struct vm_fault *vmf)
{
	struct page *page = pfn_to_page(pte_pfn(vmf->orig_pte));

	if (!try_get_user_page(page))
		return NULL;
	if (likely(pte_same(pte_read(vmf_ptep(vmf)), vmf->orig_pte)))
		return page;
	put_page(page);
	return NULL;
}

/* @old stops being mapped here in favour of a private copy. */
static void old_page_replaced(struct vm_fault *vmf, struct page *old)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	tlb_flush_page(mm, vmf->address);
	add_mm_counter(mm, mm_counter(old), -1);
	if (!PageAnon(old))
		dec_vmstat(NR_FILE_MAPPED);
	put_page(old);
}

static vm_fault_t copy_page_for_write(struct vm_fault *vmf)
{
	struct page *old = pin_old_page(vmf), *new;
	vm_fault_t ret = 0;

	if (unlikely(!old))
		return 0;
	new = alloc_anon_page(0);
	if (unlikely(!new)) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	copy_page(page_address(new), page_address(old));
	vmf->vma->vm_has_anon = true;
	if (install_anon(vmf, new))
		old_page_replaced(vmf, old);
out:
	put_page(old);
	return ret;
}

/* The first write where reads saw the zero page (or raw frames of a private device mapping). */
static vm_fault_t write_special(struct vm_fault *vmf)
{
	struct page *new;

	if (!vma_is_anonymous(vmf->vma) && !(vmf->vma->vm_flags & VM_SHARED) &&
	    pte_pfn(vmf->orig_pte) != page_to_pfn(zero_page))
		return VM_FAULT_SIGSEGV;
	new = alloc_anon_page(__GFP_ZERO);
	if (unlikely(!new))
		return VM_FAULT_OOM;
	if (install_anon(vmf, new))
		tlb_flush_page(vmf->vma->vm_mm, vmf->address);
	return 0;
}

/* A write to a present entry that does not allow it, in a VMA that does (or is forced). */
static vm_fault_t do_write_protected(struct vm_fault *vmf)
{
	pte_t pte = vmf->orig_pte, *ptep = vmf_ptep(vmf);
	struct page *page;

	if (unlikely(pte_special(pte)))
		return write_special(vmf);
	page = pfn_to_page(pte_pfn(pte));
	if (vmf->vma->vm_flags & VM_SHARED)
		return do_shared_write(vmf, page);
	if (!PageAnon(page) || page_count(compound_head(page)) != 1)
		return copy_page_for_write(vmf);
	/* Nobody else has the page: no need to copy. */
	if (vmf->vma->vm_flags & VM_WRITE)
		pte = pte_mkwrite(pte);
	if (pte_cmpxchg(ptep, vmf->orig_pte, pte_mkyoung(pte_mkdirty(pte))))
		tlb_update_entry(vmf->vma->vm_mm, vmf->address);
	return 0;
}

/*
 * The entry allows the access: the accessed or dirty bit is software's business, or somebody
 * resolved the fault meanwhile.
 */
static vm_fault_t update_present(struct vm_fault *vmf)
{
	pte_t pte = pte_mkyoung(vmf->orig_pte);

	if (vmf->flags & FAULT_WRITE)
		pte = pte_mkdirty(pte);
	if (!pte_same(pte, vmf->orig_pte))
		pte_cmpxchg(vmf_ptep(vmf), vmf->orig_pte, pte);
	tlb_update_entry(vmf->vma->vm_mm, vmf->address);
	return 0;
}

/* An entry that is neither empty nor present. */
static noinline vm_fault_t do_absent(struct vm_fault *vmf)
{
	vm_fault_t ret;

	if (pte_same(vmf->orig_pte, pt_busy())) /* being replaced: look again */
		return 0;
	ret = do_swap_fault(vmf);
	if (!(ret & VM_FAULT_ERROR) && (vmf->flags & FAULT_WRITE) && pte_present(vmf->orig_pte))
		ret |= do_write_protected(vmf);
	return ret;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = addr & PAGE_MASK,
		.flags = flags,
	};
	pte_t *entry, link;

	entry = pgtable_make_link(vma->vm_mm, addr);
	if (unlikely(!entry))
		return VM_FAULT_OOM;
	link = pte_read(entry);
	if (unlikely(!pt_is_own_table(link))) {
		if (do_huge_fault(&vmf, entry))
			return 0;
		vmf.table = pgtable_own(vma->vm_mm, entry, addr);
		if (unlikely(!vmf.table))
			return VM_FAULT_OOM;
	} else {
		vmf.table = pte_table(link);
	}
	vmf.orig_pte = pte_read(vmf_ptep(&vmf));
	if (likely(pte_none(vmf.orig_pte)))
		return vma_is_anonymous(vma) ? do_anon_fault(&vmf) : do_file_fault(&vmf);
	if (unlikely(!pte_present(vmf.orig_pte)))
		return do_absent(&vmf);
	if ((flags & FAULT_WRITE) && !pte_write(vmf.orig_pte))
		return do_write_protected(&vmf);
	return update_present(&vmf);
}

/* ---- stack growth ---- */

int expand_stack(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long grow;

	addr &= PAGE_MASK;
	if (!(vma->vm_flags & VM_GROWSDOWN) || addr < mmap_min_addr)
		return -EFAULT;
	if (addr >= vma->vm_start)
		return 0;
	if (vma->vm_prev && (vma->vm_prev->vm_flags & VM_ACCESS_FLAGS) &&
	    !(vma->vm_prev->vm_flags & VM_GROWSDOWN) &&
	    addr < vma->vm_prev->vm_end + STACK_GUARD_GAP)
		return -ENOMEM;
	if (vma->vm_prev && addr < vma->vm_prev->vm_end)
		return -ENOMEM;
	grow = (vma->vm_start - addr) >> PAGE_SHIFT;
	if (vma->vm_end - addr > rlimit(RLIMIT_STACK) || grow > vma->vm_pgoff)
		return -ENOMEM;
	if (!may_expand_vm(mm, vma->vm_flags, grow) ||
	    mlock_future_ok(mm, vma->vm_flags, grow << PAGE_SHIFT))
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(mm, grow))
		return -ENOMEM;
	vm_stat_account(mm, vma->vm_flags, grow);
	vma_adjust(vma, addr, vma->vm_end, vma->vm_pgoff - grow);
	return 0;
}

/*
 * The VMA for @addr after growing a stack down to it, with mmap_lock held for reading as on entry;
 * NULL: none.
 */
static noinline struct vm_area_struct *grow_stack(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_unlock(mm);
	mmap_write_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start > addr && expand_stack(vma, addr))
		vma = NULL;
	mmap_write_downgrade(mm);
	return vma;
}

/* ---- the way in ---- */

static inline bool access_denied(const struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_WRITE)
		return !(vma->vm_flags & VM_WRITE);
	if (flags & FAULT_EXEC)
		return !(vma->vm_flags & VM_EXEC);
	return !(vma->vm_flags & VM_ACCESS_FLAGS);
}

/* A fault in kernel mode that no page can resolve. */
static noinline void kernel_fault(struct pt_regs *regs, unsigned long addr, unsigned int flags)
{
	if (fixup_exception(regs))
		return;
	die(in_stack_guard(addr) ? "kernel stack overflow" :
	    addr < PAGE_SIZE	 ? "NULL pointer dereference" :
	    (flags & FAULT_EXEC) ? "attempt to execute memory that is not kernel text" :
				   "bad kernel memory access",
	    regs, flags);
}

static noinline void bad_access(struct pt_regs *regs, unsigned long addr, unsigned int flags,
				int sig, int code)
{
	if (!(flags & FAULT_USER)) {
		kernel_fault(regs, addr, flags);
		return;
	}
	force_sig_fault(sig, code, (void __user *)addr);
}

static noinline void fault_failed(struct pt_regs *regs, unsigned long addr, unsigned int flags,
				  vm_fault_t ret)
{
	if (ret & VM_FAULT_SIGBUS) {
		bad_access(regs, addr, flags, SIGBUS, BUS_ADRERR);
	} else if (ret & VM_FAULT_SIGSEGV) {
		bad_access(regs, addr, flags, SIGSEGV, SEGV_ACCERR);
	} else if (!(flags & FAULT_USER)) {
		kernel_fault(regs, addr, flags);
	} else if (!fatal_signal_pending(current)) {
		/*
		 * The allocator has tried everything, a victim may be on its way out: try again
		 * unless there is none. With free pages at hand, it was just this allocation.
		 */
		if (!memory_is_low())
			return;
		if (!out_of_memory(GFP_USER, 0))
			force_fatal_sig(SIGKILL);
		else
			oom_wait();
	}
}

/* What every fault that found its VMA ends with. No lock is held. */
static __always_inline void fault_done(struct pt_regs *regs, unsigned long addr, unsigned int flags,
				       vm_fault_t ret)
{
	if (unlikely(ret & VM_FAULT_MAJOR)) {
		current->maj_flt++;
		inc_vmstat(PGMAJFAULT);
	} else {
		current->min_flt++;
	}
	if (unlikely(ret & VM_FAULT_ERROR))
		fault_failed(regs, addr, flags, ret);
}

/*
 * The VMA that may be accessed at @addr, or NULL and the si_code of the refusal. mmap_lock held for
 * reading.
 */
static inline struct vm_area_struct *find_accessible(struct mm_struct *mm, unsigned long addr,
						     unsigned int flags, int *code)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	*code = SEGV_MAPERR;
	if (unlikely(vma && vma->vm_start > addr))
		vma = (vma->vm_flags & VM_GROWSDOWN) ? grow_stack(mm, addr) : NULL;
	if (unlikely(!vma))
		return NULL;
	*code = SEGV_ACCERR;
	return likely(!access_denied(vma, flags)) ? vma : NULL;
}

/*
 * Waiting for mmap_lock would hide a kernel bug that faults while it holds the lock: only code with
 * a fix-up may.
 */
static noinline bool may_wait_for_mm(struct pt_regs *regs, unsigned int flags)
{
	return (flags & FAULT_USER) || search_exception_table(regs_pc(regs));
}

/* With the whole address space locked: the VMA is not there, is being changed, or is to grow. */
static noinline void fault_under_mmap_lock(struct pt_regs *regs, struct mm_struct *mm,
					   unsigned long addr, unsigned int flags)
{
	struct vm_area_struct *vma;
	vm_fault_t ret;
	int code;

	if (unlikely(!mmap_read_trylock(mm))) {
		if (!may_wait_for_mm(regs, flags)) {
			kernel_fault(regs, addr, flags);
			return;
		}
		mmap_read_lock(mm);
	}
	vma = find_accessible(mm, addr, flags, &code);
	if (unlikely(!vma)) {
		mmap_read_unlock(mm);
		bad_access(regs, addr, flags, SIGSEGV, code);
		return;
	}
	ret = handle_mm_fault(vma, addr, flags);
	mmap_read_unlock(mm);
	fault_done(regs, addr, flags, ret);
}

void handle_page_fault(struct pt_regs *regs, unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t ret;

	if (unlikely(addr >= TASK_SIZE || !mm)) {
		bad_access(regs, addr, flags, SIGSEGV, SEGV_MAPERR);
		return;
	}
	if (!(flags & FAULT_USER) &&
	    unlikely(current->pagefault_disabled || in_atomic() || !regs_irqs_enabled(regs))) {
		kernel_fault(regs, addr, flags);
		return;
	}
	inc_vmstat(PGFAULT);
	vma = vma_start_read(mm, addr);
	if (unlikely(!vma)) {
		fault_under_mmap_lock(regs, mm, addr, flags);
		return;
	}
	if (unlikely(access_denied(vma, flags))) {
		vma_end_read(vma);
		bad_access(regs, addr, flags, SIGSEGV, SEGV_ACCERR);
		return;
	}
	ret = handle_mm_fault(vma, addr, flags);
	vma_end_read(vma);
	fault_done(regs, addr, flags, ret);
}
