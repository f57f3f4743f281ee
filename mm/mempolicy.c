/* SPDX-License-Identifier: MIT */
/*
 * Memory policies, set_mempolicy(2) and its kin, on a machine whose memory is one node, number 0.
 * Where pages come from is then no question; programs still set policies, ask for them, and ask on
 * which node pages are, and get the answers of a Linux with one node.
 *
 * A policy is a mode, its flags, and whether it names the node. A task's is in its task_struct, of
 * which only it writes; a VMA's is six bits of vm_flags, so that VMAs of different policies stay
 * apart and equal ones merge by what is there.
 */
#include <lib/err.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <uapi/capability.h>
#include <uapi/mempolicy.h>

#include "internal.h"

#define NODES_ONE   0x08 /* the policy names node 0 */
#define MODE(pol)   ((pol)&7)
#define STATIC_BIT  0x10
#define RELATIV_BIT 0x20

/* ---- arguments ---- */

static int get_word(unsigned long *word, const unsigned long __user *from, unsigned long bits)
{
	if (get_user(*word, from))
		return -EFAULT;
	if (bits < 64)
		*word &= (1ul << bits) - 1;
	return 0;
}

/*
 * A set of nodes of which only node 0 may be in: *one. @maxnode counts the bits, and one more, as
 * the call always did. -EFAULT, -EINVAL.
 */
static int get_nodes(bool *one, const unsigned long __user *mask, unsigned long maxnode)
{
	unsigned long word;
	int err;

	*one = false;
	maxnode--;
	if (!maxnode || !mask)
		return 0;
	if (maxnode > PAGE_SIZE * 8)
		return -EINVAL;
	for (unsigned long at = 0; at < maxnode; at += 64) {
		err = get_word(&word, mask + at / 64, maxnode - at);
		if (err)
			return err;
		if (word & ~(at ? 0ul : 1ul))
			return -EINVAL;
		*one |= word;
	}
	return 0;
}

/* As many words as the caller's mask has; the first is @nodes. */
static int put_nodes(unsigned long __user *mask, unsigned long maxnode, unsigned long nodes)
{
	unsigned long bytes = (maxnode - 1 + 63) / 64 * 8;

	if (bytes > PAGE_SIZE)
		return -EINVAL;
	if (bytes < 8)
		return 0;
	if (put_user(nodes, mask) || (bytes > 8 && clear_user(mask + 1, bytes - 8)))
		return -EFAULT;
	return 0;
}

/* The six bits of a policy, or -EINVAL. */
static int make_policy(int mode, bool one)
{
	int flags = mode & MPOL_MODE_FLAGS, pol;

	mode &= ~MPOL_MODE_FLAGS;
	if ((unsigned int)mode >= MPOL_MAX || (flags & MPOL_F_NUMA_BALANCING) ||
	    (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES))
		return -EINVAL;
	switch (mode) {
	case MPOL_DEFAULT:
		return one ? -EINVAL : 0; /* flags without nodes to apply to are ignored */
	case MPOL_LOCAL:
		return one || flags ? -EINVAL : MPOL_LOCAL;
	case MPOL_PREFERRED:
		if (one)
			break;
		return flags ? -EINVAL : MPOL_LOCAL;
	default:
		if (!one)
			return -EINVAL;
	}
	pol = mode | NODES_ONE;
	if (flags & MPOL_F_STATIC_NODES)
		pol |= STATIC_BIT;
	if (flags & MPOL_F_RELATIVE_NODES)
		pol |= RELATIV_BIT;
	return pol;
}

static int mode_of(unsigned int pol)
{
	return MODE(pol) | (pol & STATIC_BIT ? MPOL_F_STATIC_NODES : 0) |
	       (pol & RELATIV_BIT ? MPOL_F_RELATIVE_NODES : 0);
}

static unsigned int vma_policy(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_POLICY_MASK) >> VM_POLICY_SHIFT;
}

/* ---- a task's policy ---- */

SYSCALL_DEFINE3(set_mempolicy, int, mode, const unsigned long __user *, mask, unsigned long,
		maxnode)
{
	bool one;
	int pol = get_nodes(&one, mask, maxnode);

	if (pol)
		return pol;
	pol = make_policy(mode, one);
	if (pol < 0)
		return pol;
	current->mempolicy = pol;
	return 0;
}

/* The policy at @addr of current's memory; -EFAULT: nothing is mapped. */
static int policy_at(unsigned long addr)
{
	struct vm_area_struct *vma;
	int pol = -EFAULT;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma)
		pol = vma_policy(vma);
	mmap_read_unlock(current->mm);
	return pol;
}

static long do_get_mempolicy(int *value, unsigned long *nodes, unsigned long addr,
			     unsigned long flags)
{
	int pol = current->mempolicy;

	*nodes = 1;
	*value = 0;
	if (flags & MPOL_F_MEMS_ALLOWED)
		return flags & (MPOL_F_NODE | MPOL_F_ADDR) ? -EINVAL : 0;
	if (flags & MPOL_F_ADDR) {
		pol = policy_at(addr);
		if (pol < 0)
			return pol;
	} else if (addr) {
		return -EINVAL;
	}
	*nodes = !!(pol & NODES_ONE);
	/* Of a page: its node. Of an interleaving task: the node of its next page. */
	if (flags & MPOL_F_NODE)
		return flags & MPOL_F_ADDR || MODE(pol) == MPOL_INTERLEAVE ? 0 : -EINVAL;
	*value = mode_of(pol);
	return 0;
}

SYSCALL_DEFINE5(get_mempolicy, int __user *, policy, unsigned long __user *, mask, unsigned long,
		maxnode, unsigned long, addr, unsigned long, flags)
{
	unsigned long nodes;
	int value;
	long err;

	if (mask && !maxnode)
		return -EINVAL;
	if (flags & ~(unsigned long)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	err = do_get_mempolicy(&value, &nodes, addr, flags);
	if (err)
		return err;
	if (policy && put_user(value, policy))
		return -EFAULT;
	return mask ? put_nodes(mask, maxnode, nodes) : 0;
}

/* ---- mbind ---- */

static int bind_vma(struct mm_struct *mm, struct vm_area_struct **vmap, unsigned long start,
		    unsigned long end, unsigned long policy_bits)
{
	struct vm_area_struct *vma = *vmap;
	int err;

	if ((vma->vm_flags & VM_POLICY_MASK) == policy_bits)
		return 0;
	err = isolate_vma(mm, &vma, start, end);
	if (err)
		return err;
	vma->vm_flags = (vma->vm_flags & ~VM_POLICY_MASK) | policy_bits;
	*vmap = vma_merge_around(mm, vma);
	return 0;
}

/* Back to the default may have holes; anything else applies to memory that is there. */
static bool has_hole(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; start < end; vma = vma->vm_next) {
		if (!vma || vma->vm_start > start)
			return true;
		start = vma->vm_end;
	}
	return false;
}

static int bind_range(struct mm_struct *mm, unsigned long start, unsigned long end, int pol)
{
	struct vm_area_struct *vma;
	int err = 0;

	if (pol && has_hole(mm, start, end))
		return -EFAULT;
	for (vma = find_vma(mm, start); vma && vma->vm_start < end && !err; vma = vma->vm_next)
		err = bind_vma(mm, &vma, start, end, (unsigned long)pol << VM_POLICY_SHIFT);
	return err;
}

SYSCALL_DEFINE6(mbind, unsigned long, start, unsigned long, len, unsigned long, mode,
		const unsigned long __user *, mask, unsigned long, maxnode, unsigned int, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	bool one;
	int pol, err;

	if (flags & ~(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL) || mode > INT_MAX)
		return -EINVAL;
	err = get_nodes(&one, mask, maxnode);
	if (err)
		return err;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (start & ~PAGE_MASK)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -EINVAL;
	pol = make_policy(mode, one);
	if (pol < 0)
		return pol;
	if (end == start)
		return 0;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	err = bind_range(mm, start, end, pol); /* no page is ever on a wrong node */
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE4(set_mempolicy_home_node, unsigned long, start, unsigned long, len, unsigned long,
		node, unsigned long, flags)
{
	struct vm_area_struct *vma;
	unsigned long end = start + PAGE_ALIGN(len);
	int err = 0;

	if (flags || start & ~PAGE_MASK || end < start || node)
		return -EINVAL;
	/* For policies that prefer one of several nodes only; node 0 is home anyway. */
	mmap_read_lock(current->mm);
	for_each_vma_range(current->mm, vma, start, end)
	{
		unsigned int mode = MODE(vma_policy(vma));

		if (mode != MPOL_DEFAULT && mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
			err = -EOPNOTSUPP;
	}
	mmap_read_unlock(current->mm);
	return err;
}

/* ---- other processes, and where pages are ---- */

/* The memory of process @pid (0: current) with a reference. -ESRCH, -EPERM, -EINVAL (has none). */
static struct mm_struct *get_mm_of(pid_t pid)
{
	struct task_struct *task = pid ? find_get_task_by_pid(pid) : get_task_struct(current);
	struct mm_struct *mm = ERR_PTR(-EPERM);

	if (!task)
		return ERR_PTR(-ESRCH);
	if (ptrace_may_access(task, PTRACE_MODE_READ | PTRACE_MODE_REALCREDS)) {
		mm = get_task_mm(task);
		if (!mm)
			mm = ERR_PTR(-EINVAL);
	}
	put_task_struct(task);
	return mm;
}

SYSCALL_DEFINE4(migrate_pages, pid_t, pid, unsigned long, maxnode, const unsigned long __user *,
		from, const unsigned long __user *, to)
{
	bool old, new;
	int err = get_nodes(&old, from, maxnode);
	struct mm_struct *mm;

	if (!err)
		err = get_nodes(&new, to, maxnode);
	if (err)
		return err;
	mm = get_mm_of(pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	mmput(mm);
	return new ? 0 : -EINVAL; /* all that could move is there already */
}

#define PAGEMAP_PRESENT (1ull << 63)

/* The node of the page at @addr: 0, or -ENOENT (not in memory), -EFAULT (not mapped). */
static int node_of_page(struct mm_struct *mm, unsigned long addr)
{
	bool mapped;
	u64 entry;

	mmap_read_lock(mm);
	mapped = vma_lookup(mm, addr);
	mmap_read_unlock(mm);
	if (!mapped)
		return -EFAULT;
	mm_pagemap(mm, addr & PAGE_MASK, &entry, 1);
	return entry & PAGEMAP_PRESENT ? 0 : -ENOENT;
}

static int move_one(struct mm_struct *mm, const void __user *__user *page, const int __user *node,
		    int __user *status)
{
	const void __user *addr;
	int want = 0;

	if (get_user(addr, page) || (node && get_user(want, node)))
		return -EFAULT;
	if (want)
		return -ENODEV;
	return put_user(node_of_page(mm, (unsigned long)addr), status);
}

SYSCALL_DEFINE6(move_pages, pid_t, pid, unsigned long, n, const void __user *__user *, pages,
		const int __user *, nodes, int __user *, status, int, flags)
{
	struct mm_struct *mm;
	int err = 0;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	mm = get_mm_of(pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	for (unsigned long i = 0; i < n && !err; i++) {
		if (fatal_signal_pending(current))
			err = -ERESTARTNOHAND;
		else
			err = move_one(mm, pages + i, nodes ? nodes + i : NULL, status + i);
		cond_resched();
	}
	mmput(mm);
	return err;
}
