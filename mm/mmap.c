/* SPDX-License-Identifier: MIT */
/*
 * mmap(2), munmap(2) and brk(2): placing, making and removing mappings. VMAs themselves are handled
 * in vma.c.
 */
#include <fs/fs.h>
#include <fs/mount.h>
#include <kernel/cred.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/shmem.h>
#include <uapi/capability.h>
#include <uapi/mman.h>
#include <uapi/personality.h>

#include "internal.h"

unsigned long mmap_min_addr = MMAP_MIN_ADDR_DEFAULT;
int randomize_va_space = IS_ENABLED(CONFIG_ASLR) ? 2 : 0;

/* ---- layout ---- */

static bool randomize(void)
{
	return IS_ENABLED(CONFIG_ASLR) && randomize_va_space &&
	       !(current->personality & ADDR_NO_RANDOMIZE);
}

/*
 * Pages of randomness: 28 bits (1 TiB) for mmap, 22 bits (16 GiB) for the stack, as Linux has by
 * default.
 */
static unsigned long random_pages(unsigned int bits)
{
	return randomize() ? (get_random_u64() & ((1ul << bits) - 1)) << PAGE_SHIFT : 0;
}

unsigned long randomize_stack_top(void)
{
	return PAGE_ALIGN(STACK_TOP) - random_pages(22);
}

void arch_pick_mmap_layout(struct mm_struct *mm, unsigned long stack_rlimit)
{
	unsigned long pad = STACK_GUARD_GAP + (1ul << (22 + PAGE_SHIFT)), gap = stack_rlimit;

	if (gap + pad > gap)
		gap += pad;
	gap = clamp(gap, 128ul << 20, TASK_SIZE / 6 * 5);
	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - gap - random_pages(28));
}

static bool range_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (vma && vm_start_gap(vma) < addr + len)
		return false;
	return true;
}

/*
 * Private memory of whole large pages begins where one can be mapped: all of it can get them, and
 * its tables at both ends are nobody else's. Its neighbours of the kind follow without a gap.
 */
static unsigned long large_page_slack(const struct file *file, unsigned long len)
{
	if (!thp_possible() || file || !len || len % HPAGE_SIZE)
		return 0;
	return HPAGE_SIZE - PAGE_SIZE;
}

unsigned long get_unmapped_area(struct mm_struct *mm, struct file *file, unsigned long addr,
				unsigned long len, pgoff_t pgoff, unsigned long flags)
{
	unsigned long low = max(PAGE_SIZE, mmap_min_addr), at, slack;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		return (addr & ~PAGE_MASK) ? (unsigned long)-EINVAL : addr;
	}
	if (addr) {
		addr = PAGE_ALIGN(addr);
		if (addr >= low && addr <= TASK_SIZE - len && range_is_free(mm, addr, len))
			return addr;
	}
	if (flags & MAP_32BIT)
		return vma_gap_bottomup(mm, len, 0x40000000, 0x80000000);
	slack = large_page_slack(file, len);
	if (slack) {
		at = vma_gap_topdown(mm, len + slack, low, mm->mmap_base);
		if (!IS_ERR_VALUE(at))
			return (at + slack) & ~(HPAGE_SIZE - 1);
	}
	at = vma_gap_topdown(mm, len, low, mm->mmap_base);
	if (IS_ERR_VALUE(at))
		at = vma_gap_bottomup(mm, len, max(low, TASK_SIZE / 3), TASK_SIZE);
	return at;
}

/* ---- limits ---- */

bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long npages)
{
	if (mm->total_vm + npages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	if ((vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) != VM_WRITE)
		return true;
	return mm->data_vm + npages <= rlimit(RLIMIT_DATA) >> PAGE_SHIFT;
}

void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	mm->total_vm += pages;
	if (vm_flags & VM_GROWSDOWN)
		mm->stack_vm += pages;
	else if ((vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_vm += pages;
	else if ((vm_flags & (VM_EXEC | VM_WRITE)) == VM_EXEC)
		mm->exec_vm += pages;
	if (vm_flags & VM_LOCKED) {
		mm->locked_vm += pages;
		mod_vmstat(NR_MLOCK, pages);
	}
	if (mm->total_vm > mm->hiwater_vm)
		mm->hiwater_vm = mm->total_vm;
}

/* Private memory that may be written counts as committed. */
static bool accountable(unsigned long vm_flags)
{
	return (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* ---- unmapping ---- */

/* VMAs of [start, end) leave the tree; the list of them by vm_next. Bounds are VMA bounds. */
static struct vm_area_struct *detach_range(struct mm_struct *mm, struct vm_area_struct *vma,
					   unsigned long end, struct vm_area_struct **next)
{
	struct vm_area_struct *first = vma, *last = NULL;

	while (vma && vma->vm_start < end) {
		struct vm_area_struct *following = vma->vm_next;

		vma_unlink(mm, vma);
		vm_stat_account(mm, vma->vm_flags, -(long)vma_pages(vma));
		if (last)
			last->vm_next = vma;
		last = vma;
		vma = following;
	}
	last->vm_next = NULL;
	*next = vma;
	return first;
}

static void unmap_detached(struct mm_struct *mm, struct vm_area_struct *first, unsigned long floor,
			   unsigned long ceiling)
{
	unsigned long start = first->vm_start, end = start, accounted = 0;
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	update_hiwater_rss(mm);
	tlb_gather_mmu(&tlb, mm, false);
	for (vma = first; vma; vma = vma->vm_next) {
		zap_range(&tlb, vma, vma->vm_start, vma->vm_end, false);
		end = vma->vm_end;
	}
	free_user_tables(&tlb, start, end, floor, ceiling);
	tlb_finish_mmu(&tlb);
	for (vma = first; vma; vma = next) {
		next = vma->vm_next;
		if (vma->vm_flags & VM_ACCOUNT)
			accounted += vma_pages(vma);
		remove_vma(vma);
	}
	if (accounted)
		vm_unacct_memory(accounted);
}

/*
 * Makes @start and @end bounds of VMAs where they lie inside one. 0 or -errno. *first: the VMA that
 * starts the range.
 */
static int split_at(struct mm_struct *mm, unsigned long start, unsigned long end,
		    struct vm_area_struct **first)
{
	struct vm_area_struct *vma = *first, *last;
	int err;

	if (vma->vm_start < start) {
		err = split_vma(mm, vma, start);
		if (err)
			return err;
		vma = vma->vm_next;
	}
	*first = vma;
	last = vma->vm_end >= end ? vma : find_vma(mm, end - 1);
	if (last && last->vm_start < end && last->vm_end > end)
		return split_vma(mm, last, end);
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	struct vm_area_struct *vma, *prev, *next;
	unsigned long end;
	int err;

	if ((start & ~PAGE_MASK) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end == start)
		return -EINVAL;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;
	err = split_at(mm, start, end, &vma);
	if (!err)
		err = pt_prepare(mm, start, end, PT_EDGES);
	if (err)
		return err;
	prev = vma->vm_prev;
	vma = detach_range(mm, vma, end, &next);
	unmap_detached(mm, vma, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
	return 0;
}

int vm_munmap(unsigned long addr, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	int err = mmap_write_lock_killable(mm);

	if (err)
		return err;
	err = do_munmap(mm, addr, len);
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return vm_munmap(addr, len);
}

/* ---- mapping ---- */

/* What mmap asked for, collected before anything changes. */
struct map_request {
	struct mm_struct *mm;
	struct file *file;
	unsigned long addr, len, vm_flags;
	pgoff_t pgoff;
};

unsigned long mmap_vm_flags(unsigned long prot, unsigned long flags)
{
	return ((prot & PROT_READ) ? VM_READ : 0) | ((prot & PROT_WRITE) ? VM_WRITE : 0) |
	       ((prot & PROT_EXEC) ? VM_EXEC : 0) | ((flags & MAP_GROWSDOWN) ? VM_GROWSDOWN : 0) |
	       ((flags & MAP_LOCKED) ? VM_LOCKED : 0);
}

/* Pages of [addr, addr + len) that are mapped already and will be replaced. */
static unsigned long mapped_pages(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma;
	unsigned long n = 0;

	for_each_vma_range(mm, vma, addr, addr + len) n +=
		(min(vma->vm_end, addr + len) - max(vma->vm_start, addr)) >> PAGE_SHIFT;
	return n;
}

/* The file's or the shared object's side of a new VMA. */
static int attach_object(struct vm_area_struct *vma, struct map_request *r)
{
	int err = 0;

	if (!r->file)
		return (r->vm_flags & VM_SHARED) ? shmem_zero_setup(vma) : 0;
	vma->vm_file = get_file(r->file);
	vma->vm_mapping = r->file->f_mapping;
	err = call_mmap(r->file, vma);
	if (err)
		goto out_file;
	if (!vma->vm_ops) /* /dev/zero: private memory after all */
		vma->vm_mapping = NULL;
	if (vma->vm_mapping &&
	    (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE))
		err = mapping_map_writable(vma->vm_mapping);
	if (!err)
		return 0;
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
out_file:
	if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
		zap_vma_range(vma, vma->vm_start, vma->vm_end);
	fput(vma->vm_file);
	return err;
}

static struct vm_area_struct *new_vma(struct map_request *r)
{
	struct vm_area_struct *vma = vm_area_alloc(r->mm);
	int err;

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = r->addr;
	vma->vm_end = r->addr + r->len;
	vma->vm_flags = r->vm_flags;
	vma->vm_pgoff = r->pgoff;
	vma_set_prot(vma);
	err = attach_object(vma, r);
	if (err) {
		vm_area_free(vma);
		return ERR_PTR(err);
	}
	vma_set_prot(vma);
	vma_link(r->mm, vma);
	if (vma->vm_mapping &&
	    (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE) && r->file)
		mapping_unmap_writable(vma->vm_mapping); /* vma_link() counted it too */
	return vma_merge_around(r->mm, vma);
}

static unsigned long mmap_region(struct map_request *r)
{
	struct mm_struct *mm = r->mm;
	unsigned long pages = r->len >> PAGE_SHIFT, end = r->addr + r->len;
	struct vm_area_struct *vma, *prev;
	int err;

	if (!may_expand_vm(mm, r->vm_flags, pages) &&
	    !may_expand_vm(mm, r->vm_flags, pages - mapped_pages(mm, r->addr, r->len)))
		return -ENOMEM;
	vma = find_vma(mm, r->addr);
	if (vma && vma->vm_start < end) {
		err = do_munmap(mm, r->addr, r->len);
		if (err)
			return err;
		vma = find_vma(mm, r->addr);
	}
	if (accountable(r->vm_flags)) {
		if (vm_enough_memory(mm, pages))
			return -ENOMEM;
		r->vm_flags |= VM_ACCOUNT;
	}
	prev = vma ? vma->vm_prev :
		     rb_entry_safe(rb_last(&mm->mm_rb), struct vm_area_struct, vm_rb);
	if (!r->file && vma_merge_new(mm, prev, r->addr, end, r->vm_flags, NULL, r->pgoff)) {
		vm_stat_account(mm, r->vm_flags, pages);
		return r->addr;
	}
	vma = new_vma(r);
	if (IS_ERR(vma)) {
		if (r->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		return PTR_ERR(vma);
	}
	vm_stat_account(mm, vma->vm_flags, pages);
	return r->addr;
}

#define SHARED_VALIDATE_FLAGS                                                         \
	(MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_GROWSDOWN | \
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | \
	 MAP_NONBLOCK | MAP_STACK)

static int check_file_map(struct file *file, unsigned long prot, unsigned long flags,
			  unsigned long *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~SHARED_VALIDATE_FLAGS)
			return -EOPNOTSUPP;
		fallthrough;
	case MAP_SHARED:
		if ((prot & PROT_WRITE) && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if (IS_APPEND(file_inode(file)) && (file->f_mode & FMODE_WRITE))
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		fallthrough;
	case MAP_PRIVATE:
		if (!(file->f_mode & FMODE_READ))
			return -EACCES;
		if (path_noexec(&file->f_path)) {
			if (*vm_flags & VM_EXEC)
				return -EPERM;
			*vm_flags &= ~VM_MAYEXEC;
		}
		if (!file->f_op->mmap)
			return -ENODEV;
		return (*vm_flags & VM_GROWSDOWN) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int check_anon_map(unsigned long flags, struct map_request *r)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (flags & MAP_GROWSDOWN)
			return -EINVAL;
		r->pgoff = 0;
		r->vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_PRIVATE:
		r->pgoff = r->addr >> PAGE_SHIFT;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Limits of locked memory: 0, -EPERM, -EAGAIN. */
static int check_locked(struct mm_struct *mm, unsigned long flags, unsigned long vm_flags,
			unsigned long len)
{
	if ((flags & MAP_LOCKED) && !rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return -EPERM;
	return mlock_future_ok(mm, vm_flags, len) ? -EAGAIN : 0;
}

unsigned long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr,
		      unsigned long len, unsigned long prot, unsigned long flags, pgoff_t pgoff,
		      unsigned long *populate)
{
	struct map_request r = {.mm = mm, .file = file, .pgoff = pgoff};
	unsigned long at;
	int err;

	*populate = 0;
	if (!len)
		return -EINVAL;
	if (flags & MAP_HUGETLB)
		return -ENOMEM; /* no huge page is reserved */
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	/* A hint below the lowest address that may be mapped means "anywhere". */
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		addr = addr && (addr & PAGE_MASK) < mmap_min_addr ? PAGE_ALIGN(mmap_min_addr) :
								    addr & PAGE_MASK;
	addr = get_unmapped_area(mm, file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (addr < mmap_min_addr && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	r.addr = addr;
	r.len = len;
	r.vm_flags =
		mmap_vm_flags(prot, flags) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	err = check_locked(mm, flags, r.vm_flags, len);
	if (!err)
		err = file ? check_file_map(file, prot, flags, &r.vm_flags) :
			     check_anon_map(flags, &r);
	if (err)
		return err;
	if ((flags & MAP_NORESERVE) && sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		r.vm_flags |= VM_NORESERVE;
	at = mmap_region(&r);
	if (!IS_ERR_VALUE(at) && ((r.vm_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED ||
				  (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		*populate = len;
	return at;
}

unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long prot, unsigned long flags, pgoff_t pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate, at;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	at = do_mmap(mm, file, addr, len, prot, flags, pgoff, &populate);
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(mm, at, populate, true);
	return at;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset)
{
	if (offset & ~PAGE_MASK)
		return -EINVAL;
	if (offset + PAGE_ALIGN(len) < offset)
		return -EINVAL;
	return vm_mmap_pgoff(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long,
		flags, unsigned long, fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long at;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
		if (flags & MAP_HUGETLB) {
			fput(file);
			return -EINVAL;
		}
	}
	at = vm_mmap_pgoff(file, addr, len, prot, flags, off >> PAGE_SHIFT);
	if (file)
		fput(file);
	return at;
}

/* ---- remap_file_pages ---- */

/* All of [start, end) is one shared mapping of one file, maybe in pieces. */
static bool is_one_shared_file(struct vm_area_struct *vma, unsigned long end)
{
	struct file *file = vma->vm_file;
	unsigned long flags = vma->vm_flags;

	if (!file || !(flags & VM_SHARED))
		return false;
	while (vma->vm_end < end) {
		struct vm_area_struct *next = vma->vm_next;

		if (!next || next->vm_start != vma->vm_end || next->vm_file != file ||
		    next->vm_flags != flags)
			return false;
		vma = next;
	}
	return true;
}

static unsigned long prot_of(unsigned long vm_flags)
{
	return ((vm_flags & VM_READ) ? PROT_READ : 0) | ((vm_flags & VM_WRITE) ? PROT_WRITE : 0) |
	       ((vm_flags & VM_EXEC) ? PROT_EXEC : 0);
}

/* remap_file_pages(2): deprecated there, and here as in Linux a way to say mmap(MAP_FIXED). */
SYSCALL_DEFINE5(remap_file_pages, unsigned long, start, unsigned long, size, unsigned long, prot,
		unsigned long, pgoff, unsigned long, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate = 0, ret = -EINVAL;
	struct vm_area_struct *vma;

	start &= PAGE_MASK;
	size &= PAGE_MASK;
	if (prot || start + size <= start || pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, start);
	if (vma && is_one_shared_file(vma, start + size)) {
		struct file *file = get_file(vma->vm_file);

		flags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE |
			((vma->vm_flags & VM_LOCKED) ? MAP_LOCKED : 0);
		ret = do_mmap(mm, file, start, size, prot_of(vma->vm_flags), flags, pgoff,
			      &populate);
		fput(file);
	}
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(mm, ret, populate, true);
	return IS_ERR_VALUE(ret) ? ret : 0;
}

/* ---- brk ---- */

/* mmap_lock held for writing. */
static int map_zeroes(struct mm_struct *mm, unsigned long addr, unsigned long len,
		      unsigned long vm_flags)
{
	struct map_request r = {
		.mm = mm,
		.addr = addr,
		.len = len,
		.vm_flags = VM_DATA_DEFAULT | vm_flags | mm->def_flags,
		.pgoff = addr >> PAGE_SHIFT,
	};
	unsigned long at;

	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	if (mlock_future_ok(mm, mm->def_flags, len))
		return -EAGAIN;
	at = mmap_region(&r);
	return IS_ERR_VALUE(at) ? (int)at : 0;
}

int vm_brk_flags(struct mm_struct *mm, unsigned long addr, unsigned long len,
		 unsigned long vm_flags)
{
	bool locked;
	int err;

	len = PAGE_ALIGN(len);
	if (!len)
		return 0;
	if ((addr & ~PAGE_MASK) || addr > TASK_SIZE - len)
		return -EINVAL;
	mmap_write_lock(mm);
	err = map_zeroes(mm, addr, len, vm_flags);
	locked = mm->def_flags & VM_LOCKED;
	mmap_write_unlock(mm);
	if (!err && locked)
		mm_populate(mm, addr, len, true);
	return err;
}

/* The data segment's size is limited: the program's data and the heap together. */
static bool brk_over_limit(struct mm_struct *mm, unsigned long brk)
{
	u64 limit = rlimit(RLIMIT_DATA);

	return limit != RLIM_INFINITY &&
	       brk - mm->start_brk + (mm->end_data - mm->start_data) > limit;
}

static bool brk_range_taken(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *next = find_vma(mm, start);

	return next && vm_start_gap(next) < end + PAGE_SIZE;
}

/* The new brk, or the old one when it cannot be had (brk(2)). mmap_lock held for writing. */
static unsigned long set_brk(struct mm_struct *mm, unsigned long brk, unsigned long *populate)
{
	unsigned long old = PAGE_ALIGN(mm->brk), new = PAGE_ALIGN(brk);

	if (brk < mm->start_brk || brk_over_limit(mm, brk) || new < brk)
		return mm->brk;
	if (new < old && do_munmap(mm, new, old - new))
		return mm->brk;
	if (new > old) {
		if (new > TASK_SIZE || brk_range_taken(mm, old, new) ||
		    map_zeroes(mm, old, new - old, 0))
			return mm->brk;
		if (mm->def_flags & VM_LOCKED)
			*populate = new - old;
	}
	mm->brk = brk;
	return brk;
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate = 0, old, ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	old = PAGE_ALIGN(mm->brk);
	ret = set_brk(mm, brk, &populate);
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(mm, old, populate, true);
	return ret;
}

/* ---- the stack of a new program ---- */

int setup_stack_vma(struct mm_struct *mm, unsigned long top, bool exec_stack)
{
	struct map_request r = {
		.mm = mm,
		.addr = top - PAGE_SIZE,
		.len = PAGE_SIZE,
		.vm_flags = VM_DATA_DEFAULT | VM_GROWSDOWN | (exec_stack ? VM_EXEC : 0),
		.pgoff = (top - PAGE_SIZE) >> PAGE_SHIFT,
	};
	unsigned long at;

	mmap_write_lock(mm);
	at = mmap_region(&r);
	mm->start_stack = top;
	mmap_write_unlock(mm);
	return IS_ERR_VALUE(at) ? (int)at : 0;
}
