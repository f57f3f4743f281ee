/* SPDX-License-Identifier: MIT */
/*
 * Who traces whom: PTRACE_TRACEME, ATTACH, SEIZE, DETACH, and what fork, exit and wait(2) do to it.
 * Rights: ptrace(2), "Ptrace access mode checking".
 */
#include <arch/ptrace.h>
#include <kernel/landlock.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <lib/errno.h>
#include <kernel/syscall.h>
#include "ptrace.h"

/* tasklist_lock held. */
static void ptrace_link(struct task_struct *t, struct task_struct *tracer)
{
	list_add(&t->ptrace_entry, &tracer->ptraced);
	t->parent = tracer;
}

/*
 * Stopped like its group, or running with it: what holds without a tracer. A tracee that is in a
 * trap must leave it for that.
 */
static void restore_group_state(struct task_struct *t) __must_hold(&t->sighand->siglock)
{
	struct signal_struct *sig = t->signal;

	task_clear_jobctl_pending(t, JOBCTL_TRAP_MASK);
	task_clear_jobctl_trapping(t);
	if (!(t->flags & PF_EXITING) &&
	    ((sig->flags & SIGNAL_STOP_STOPPED) || sig->group_stop_count)) {
		t->jobctl |= JOBCTL_STOP_PENDING;
		if (!(t->jobctl & JOBCTL_STOP_SIGMASK))
			t->jobctl |= SIGSTOP;
	}
	if (t->jobctl & JOBCTL_STOP_PENDING || READ_ONCE(t->__state) & __TASK_TRACED)
		ptrace_signal_wake_up(t, true);
}

void __ptrace_unlink(struct task_struct *t)
{
	clear_tsk_thread_flag(t, TIF_SYSCALL_TRACE);
	t->ptrace = 0;
	t->parent = t->real_parent;
	list_del_init(&t->ptrace_entry);
	spin_lock(&t->sighand->siglock);
	restore_group_state(t);
	spin_unlock(&t->sighand->siglock);
}

static bool ignores_children(struct sighand_struct *sighand)
{
	bool yes;

	spin_lock(&sighand->siglock);
	yes = sighand->action[SIGCHLD - 1].sa.sa_handler == SIG_IGN ||
	      sighand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDWAIT;
	spin_unlock(&sighand->siglock);
	return yes;
}

/* True: @t is a zombie that nobody will wait for, EXIT_DEAD now. tasklist_lock held. */
static bool detach_locked(struct task_struct *tracer, struct task_struct *t)
{
	bool dead = !thread_group_leader(t);

	__ptrace_unlink(t);
	if (t->exit_state != EXIT_ZOMBIE)
		return false;
	if (!dead && thread_group_empty(t)) {
		if (!same_thread_group(t->real_parent, tracer)) {
			dead = do_notify_parent(t, t->exit_signal);
		} else if (ignores_children(tracer->sighand)) {
			__wake_up_parent(t, tracer);
			dead = true;
		}
	}
	if (dead)
		t->exit_state = EXIT_DEAD;
	return dead;
}

void exit_ptrace(struct task_struct *tracer, struct list_head *dead)
{
	struct task_struct *t, *next;

	list_for_each_entry_safe(t, next, &tracer->ptraced, ptrace_entry) {
		if (t->ptrace & PT_EXITKILL)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, t);
		if (detach_locked(tracer, t))
			list_add(&t->ptrace_entry, dead);
	}
}

void ptrace_init_task(struct task_struct *child, bool trace)
{
	if (!trace || !current->ptrace)
		return;
	child->ptrace = current->ptrace & ~PT_SYSEMU;
	ptrace_link(child, current->parent);
	if (child->ptrace & PT_SEIZED)
		task_set_jobctl_pending(child, JOBCTL_TRAP_STOP);
	else
		child->pending.signal |= sigmask(SIGSTOP);
	set_tsk_thread_flag(child, TIF_SIGPENDING);
}

/* ---- attach ---- */

/* A tracee that its group has stopped already turns that stop into a trap: wait until it has. */
static void wait_until_trapped(struct task_struct *t)
{
	wait_event_killable(ptrace_trapping_wait, !(READ_ONCE(t->jobctl) & JOBCTL_TRAPPING));
}

static int link_tracee(struct task_struct *t, unsigned int ptrace)
{
	int err = -EPERM;

	spin_lock_irq(&tasklist_lock);
	if (t->exit_state || t->ptrace)
		goto out;
	err = 0;
	t->ptrace = ptrace;
	ptrace_link(t, current);
	if (!(ptrace & PT_SEIZED))
		send_sig_info(SIGSTOP, SEND_SIG_PRIV, t);
	spin_lock(&t->sighand->siglock);
	if (READ_ONCE(t->__state) & __TASK_STOPPED &&
	    task_set_jobctl_pending(t, JOBCTL_TRAP_STOP | JOBCTL_TRAPPING))
		signal_wake_up_state(t, __TASK_STOPPED);
	spin_unlock(&t->sighand->siglock);
out:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

long ptrace_attach(struct task_struct *t, bool seize, unsigned long addr, unsigned long options)
{
	unsigned int ptrace = PT_PTRACED;
	int err = -EPERM;

	if (seize) {
		if (addr || options & ~(unsigned long)PTRACE_O_MASK)
			return -EIO;
		if (options & PTRACE_O_SUSPEND_SECCOMP)
			return -EINVAL;
		ptrace |= PT_SEIZED | PT_OPT(options);
	}
	if (t->flags & PF_KTHREAD || same_thread_group(t, current))
		return -EPERM;
	/* An exec under way decides about rights by whether it is traced. */
	if (mutex_lock_interruptible(&t->signal->cred_guard_mutex))
		return -ERESTARTNOINTR;
	__acquire(&t->signal->cred_guard_mutex);
	if (ptrace_may_access(t, PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS))
		err = link_tracee(t, ptrace);
	mutex_unlock(&t->signal->cred_guard_mutex);
	if (!err)
		wait_until_trapped(t);
	return err;
}

long ptrace_traceme(void)
{
	long err = -EPERM;

	spin_lock_irq(&tasklist_lock);
	if (!current->ptrace &&
	    landlock_may_trace(current->real_parent->real_cred, current_cred())) {
		err = 0;
		/* A parent that ends would never get to let us go. */
		if (!(current->real_parent->flags & PF_EXITING)) {
			current->ptrace = PT_PTRACED;
			ptrace_link(current, current->real_parent);
		}
	}
	spin_unlock_irq(&tasklist_lock);
	return err;
}

long ptrace_detach(struct task_struct *t, unsigned long sig)
{
	bool dead;

	if (!valid_signal(sig))
		return -EIO;
	arch_single_step_disable(t);
	spin_lock_irq(&tasklist_lock);
	t->exit_code = sig;
	dead = detach_locked(current, t);
	spin_unlock_irq(&tasklist_lock);
	if (unlikely(dead))
		release_task(t);
	return 0;
}
