/* SPDX-License-Identifier: MIT */
/*
 * swapoff: every entry that names the area gets its page back. All processes are gone through until
 * no slot is used any more: fork and mremap may move entries to where we have been.
 */
#include <kernel/hrtimer.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <mm/swap.h>

#include "internal.h"

struct unuse {
	unsigned int type;
	unsigned long addr; /* of the entry that was found */
};

static int find_entry(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		      void *arg)
{
	struct unuse *u = arg;

	for (pte_t *ptep = table + first; n--; ptep++, addr += PAGE_SIZE) {
		pte_t pte = pte_read(ptep);

		if (!pte_is_swap(pte) || pte_same(pte, pt_busy()) ||
		    (pte_swap_val(pte) & (MAX_SWAPFILES - 1)) != u->type)
			continue;
		u->addr = addr;
		return 1;
	}
	return 0;
}

static int fault_in(struct vm_area_struct *vma, unsigned long addr)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, 0);

	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	if (ret & VM_FAULT_ERROR)
		return -EIO;
	return signal_pending(current) ? -EINTR : 0;
}

static int unuse_vma(struct vm_area_struct *vma, struct unuse *u)
{
	unsigned long from = vma->vm_start;
	int err = 0;

	while (!err && pgtable_for_each(vma->vm_mm, from, vma->vm_end, find_entry, u)) {
		from = u->addr;
		err = fault_in(vma, from);
		cond_resched();
	}
	return err;
}

static int unuse_mm(struct mm_struct *mm, struct unuse *u)
{
	struct vm_area_struct *vma;
	int err = 0;

	mmap_read_lock(mm);
	if (get_mm_counter(mm, MM_SWAPENTS)) {
		for_each_vma(mm, vma) {
			err = unuse_vma(vma, u);
			if (err)
				break;
		}
	}
	mmap_read_unlock(mm);
	return err;
}

static int unuse_all(struct unuse *u)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *pid;
	int err = 0;

	for (pid_t nr = 1; !err && (pid = find_ge_pid(nr)); nr++) {
		nr = pid_nr(pid);
		task = get_pid_task(pid, PIDTYPE_TGID);
		put_pid(pid);
		if (!task)
			continue;
		mm = get_task_mm(task);
		put_task_struct(task);
		if (!mm)
			continue;
		err = unuse_mm(mm, u);
		mmput(mm);
	}
	return err;
}

int swap_unuse(struct swap_area *area)
{
	struct unuse u = {.type = area->type};
	int err = 0;

	while (!err && READ_ONCE(area->inuse)) {
		err = unuse_all(&u);
		if (!err)
			err = shmem_unuse(area->type);
		if (!err && READ_ONCE(area->inuse))
			msleep(1);
		if (!err && signal_pending(current))
			err = -EINTR;
	}
	return err;
}
