/* SPDX-License-Identifier: MIT */
/*
 * prctl(2): what is here does what it says; every other option is EINVAL, as on a Linux without it.
 */
#include <arch/thread.h>
#include <kernel/binfmts.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/seccomp.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <uapi/prctl.h>
#include "prctl.h"

static long set_name(const char __user *uname)
{
	char name[TASK_COMM_LEN];

	if (strncpy_from_user(name, uname, sizeof(name) - 1) < 0)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0';
	set_task_comm(current, name);
	return 0;
}

static long get_name(char __user *uname)
{
	char name[TASK_COMM_LEN];

	get_task_comm(name, current);
	return copy_to_user(uname, name, sizeof(name)) ? -EFAULT : 0;
}

static bool descends_from(struct task_struct *t, struct signal_struct *ancestor)
{
	for (t = t->real_parent; t != &init_task && !is_global_init(t); t = t->real_parent)
		if (t->signal == ancestor)
			return true;
	return false;
}

/*
 * Orphans among our descendants will come to us; those that exist already must know it when their
 * parent dies.
 */
static long set_subreaper(bool on)
{
	struct signal_struct *me = current->signal;
	struct task_struct *t;

	spin_lock_irq(&tasklist_lock);
	me->is_child_subreaper = on;
	if (on)
		for_each_process(t)
			if (!t->signal->has_child_subreaper && descends_from(t, me))
				t->signal->has_child_subreaper = true;
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

static long set_pdeathsig(unsigned long sig)
{
	if (!valid_signal(sig))
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	current->pdeath_signal = sig;
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

static long get_tsc(int __user *umode)
{
	int mode = arch_get_tsc_mode();

	return mode < 0 ? mode : put_user(mode, umode);
}

static long prctl_more(int option, unsigned long a2, unsigned long a3, unsigned long a4,
		       unsigned long a5)
{
	switch (option) {
	case PR_SET_CHILD_SUBREAPER:
		return set_subreaper(a2 != 0);
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)current->signal->is_child_subreaper, (int __user *)a2);
	case PR_SET_NO_NEW_PRIVS:
		if (a2 != 1 || a3 || a4 || a5)
			return -EINVAL;
		current->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a2 || a3 || a4 || a5 ? -EINVAL : current->no_new_privs;
	case PR_SET_TIMERSLACK:
		current->timer_slack_ns = (long)a2 > 0 ? a2 : current->default_timer_slack_ns;
		return 0;
	case PR_GET_TIMERSLACK: /* timers here are never later than asked for */
		return min_t(u64, current->timer_slack_ns, LONG_MAX);
	case PR_GET_TSC:
		return get_tsc((int __user *)a2);
	case PR_SET_TSC:
		return arch_set_tsc_mode(a2);
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, (int __user *__user *)a2);
	default:
		return cap_prctl(option, a2, a3, a4, a5);
	}
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, a2, unsigned long, a3, unsigned long, a4,
		unsigned long, a5)
{
	switch (option) {
	case PR_SET_PDEATHSIG:
		return set_pdeathsig(a2);
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)a2);
	case PR_GET_DUMPABLE:
		return get_dumpable(current->mm);
	case PR_SET_DUMPABLE:
		if (a2 != SUID_DUMP_DISABLE && a2 != SUID_DUMP_USER)
			return -EINVAL;
		set_dumpable(current->mm, a2);
		return 0;
	case PR_SET_NAME:
		return set_name((const char __user *)a2);
	case PR_GET_NAME:
		return get_name((char __user *)a2);
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return a2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_SECCOMP:
		return task_seccomp_mode(current);
	case PR_SET_SECCOMP:
		return prctl_set_seccomp(a2, (const char __user *)a3);
	default:
		return prctl_more(option, a2, a3, a4, a5);
	}
}
