/* SPDX-License-Identifier: MIT */
/*
 * Robust futexes, get_robust_list(2): user space keeps a list of the locks a thread holds; when the
 * thread ends, each gets FUTEX_OWNER_DIED and one of its waiters is woken. The list is in user
 * memory and as hostile as that can be: every pointer is checked, its length is limited.
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "futex.h"

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, struct robust_list_head __user *__user *, head_ptr,
		size_t __user *, len_ptr)
{
	struct robust_list_head __user *head = NULL;
	struct task_struct *t;
	int err = -ESRCH;

	rcu_read_lock();
	t = pid ? find_task_by_pid(pid) : current;
	if (t) {
		err = ptrace_may_access(t, PTRACE_MODE_READ | PTRACE_MODE_REALCREDS) ? 0 : -EPERM;
		head = t->robust_list;
	}
	rcu_read_unlock();
	if (err)
		return err;
	if (put_user(sizeof(*head), len_ptr))
		return -EFAULT;
	return put_user(head, head_ptr);
}

/* An entry's address with the priority-inheritance mark in bit 0. */
static int fetch_entry(struct robust_list __user **entry, struct robust_list __user *__user *from,
		       bool *pi)
{
	unsigned long word;

	if (get_user(word, (unsigned long __user *)from))
		return -EFAULT;
	*entry = (struct robust_list __user *)(word & ~1ul);
	*pi = word & 1;
	return 0;
}

/* False when the list is not to be followed any further. */
static bool owner_died(u32 __user *uaddr, bool pi, bool pending)
{
	pid_t self = task_pid_nr(current);
	u32 value, seen;

	if ((unsigned long)uaddr % sizeof(u32) || get_user(value, uaddr))
		return false;
	/*
	 * Died between unlocking and waking: the word is free already, but the wake-up is still
	 * owed (or was lost when we took the word after a wake-up and died before we wrote our id).
	 */
	if (pending && !pi && !value) {
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
		return true;
	}
	for (;;) {
		if ((value & FUTEX_TID_MASK) != self)
			return true;
		if (arch_futex_cmpxchg(uaddr, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
				       &seen))
			return false;
		if (seen == value)
			break;
		value = seen;
	}
	if (!pi && (value & FUTEX_WAITERS))
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return true;
}

static u32 __user *entry_word(struct robust_list __user *entry, long offset)
{
	return (u32 __user *)((unsigned long)entry + offset);
}

void exit_robust_list(struct task_struct *task)
{
	struct robust_list_head __user *head = task->robust_list;
	struct robust_list __user *entry, *next, *pending;
	bool pi, next_pi, pending_pi, more;
	int limit = ROBUST_LIST_LIMIT;
	long offset;

	if (likely(!head))
		return;
	task->robust_list = NULL;
	if (fetch_entry(&entry, &head->list.next, &pi) || get_user(offset, &head->futex_offset) ||
	    fetch_entry(&pending, &head->list_op_pending, &pending_pi))
		return;
	while (entry != &head->list && limit--) {
		/* Read on before the lock is given away: its memory may go at once. */
		more = !fetch_entry(&next, &entry->next, &next_pi);
		if (entry != pending && !owner_died(entry_word(entry, offset), pi, false))
			return;
		if (!more)
			break;
		entry = next;
		pi = next_pi;
		cond_resched();
	}
	if (pending)
		owner_died(entry_word(pending, offset), pending_pi, true);
}
