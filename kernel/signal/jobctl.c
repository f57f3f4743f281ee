/* SPDX-License-Identifier: MIT */
/*
 * Job control: stopping a whole thread group and letting it run again, signal(7), setpgid(2),
 * wait(2).
 *
 * A thread that dequeues a stop signal starts a group stop: every thread gets JOBCTL_STOP_PENDING |
 * STOP_CONSUME and is counted in signal->group_stop_count; each, on its way to user mode, takes
 * itself off the count and sleeps in TASK_STOPPED. The last one sets SIGNAL_STOP_STOPPED and tells
 * the parent. SIGCONT (generate.c) undoes it at the moment it is sent and leaves SIGNAL_CLD_* for
 * the first thread that runs to report. All state: siglock.
 */
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include "signal.h"

void task_clear_jobctl_pending(struct task_struct *t, unsigned long mask)
{
	if (mask & JOBCTL_STOP_PENDING)
		mask |= JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
	t->jobctl &= ~mask;
	if (!(t->jobctl & JOBCTL_PENDING_MASK))
		task_clear_jobctl_trapping(t);
}

bool task_set_jobctl_pending(struct task_struct *t, unsigned long mask)
{
	if (fatal_signal_pending(t) || (t->flags & PF_EXITING))
		return false;
	if (mask & JOBCTL_STOP_SIGMASK)
		t->jobctl &= ~JOBCTL_STOP_SIGMASK;
	t->jobctl |= mask;
	return true;
}

static void set_stop_flags(struct signal_struct *sig, unsigned int flags)
{
	sig->flags &= ~(SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED | SIGNAL_CLD_STOPPED |
			SIGNAL_CLD_CONTINUED);
	sig->flags |= flags;
}

bool task_participate_group_stop(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	bool counted = t->jobctl & JOBCTL_STOP_CONSUME;

	task_clear_jobctl_pending(t, JOBCTL_STOP_PENDING);
	if (!counted)
		return false;
	if (sig->group_stop_count > 0)
		sig->group_stop_count--;
	if (sig->group_stop_count || (sig->flags & SIGNAL_STOP_STOPPED))
		return false;
	set_stop_flags(sig, SIGNAL_STOP_STOPPED);
	return true;
}

void task_join_group_stop(struct task_struct *t)
{
	struct signal_struct *sig = current->signal;
	unsigned long mask = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (sig->group_stop_count) {
		sig->group_stop_count++;
		mask |= JOBCTL_STOP_CONSUME;
	} else if (!(sig->flags & SIGNAL_STOP_STOPPED)) {
		return;
	}
	task_set_jobctl_pending(t, mask | JOBCTL_STOP_PENDING);
}

/*
 * Asks every thread to stop. False: SIGCONT or a fatal signal came after the stop signal was
 * dequeued.
 */
static bool start_group_stop(int signr)
{
	struct signal_struct *sig = current->signal;
	unsigned long gstop = JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
	struct task_struct *t;

	if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || (sig->flags & SIGNAL_GROUP_EXIT) ||
	    sig->group_exec_task)
		return false;
	if (!(sig->flags & SIGNAL_STOP_STOPPED))
		sig->group_exit_code = signr;
	sig->group_stop_count = 0;
	if (task_set_jobctl_pending(current, signr | gstop))
		sig->group_stop_count++;
	for_each_thread(current, t) {
		if (t == current || READ_ONCE(t->__state) & __TASK_STOPPED)
			continue;
		if (!task_set_jobctl_pending(t, signr | gstop))
			continue;
		sig->group_stop_count++;
		if (task_ptrace(t) & PT_SEIZED)
			ptrace_trap_notify(t);
		else
			signal_wake_up(t, false);
	}
	return true;
}

bool do_signal_stop(int signr) __must_hold(&current->sighand->siglock)
{
	bool tell_parent;

	if (!(current->jobctl & JOBCTL_STOP_PENDING) && !start_group_stop(signr))
		return false;
	if (unlikely(task_ptrace(current))) {
		/* The tracer hears first: it stops in a trap. */
		task_set_jobctl_pending(current, JOBCTL_TRAP_STOP);
		return false;
	}
	tell_parent = task_participate_group_stop(current);
	set_special_state(TASK_STOPPED);
	spin_unlock_irq(&current->sighand->siglock);
	if (tell_parent) {
		spin_lock_irq(&tasklist_lock);
		do_notify_parent_cldstop(current, false, CLD_STOPPED);
		spin_unlock_irq(&tasklist_lock);
	}
	schedule();
	spin_lock_irq(&current->sighand->siglock);
	return true;
}

bool report_cld(struct signal_struct *sig) __must_hold(&current->sighand->siglock)
{
	int why;

	if (likely(!(sig->flags & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED))))
		return false;
	why = sig->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	sig->flags &= ~(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
	spin_unlock_irq(&current->sighand->siglock);
	spin_lock_irq(&tasklist_lock);
	do_notify_parent_cldstop(current, false, why);
	spin_unlock_irq(&tasklist_lock);
	spin_lock_irq(&current->sighand->siglock);
	return true;
}

/* ---- exit and exec ---- */

void retarget_shared_pending(struct task_struct *task, ksigset_t which)
{
	ksigset_t retarget = task->signal->shared_pending.signal & which;
	struct task_struct *t;

	if (!retarget)
		return;
	for_each_thread(task, t) {
		if (t == task || (t->flags & PF_EXITING) ||
		    !has_pending_signals(retarget, t->blocked))
			continue;
		retarget &= t->blocked;
		if (!task_sigpending(t))
			signal_wake_up(t, false);
		if (!retarget)
			break;
	}
}

void exit_signals(struct task_struct *task)
{
	bool tell_parent = false;

	if (thread_group_empty(task) || (task->signal->flags & SIGNAL_GROUP_EXIT)) {
		task->flags |= PF_EXITING;
		return;
	}
	spin_lock_irq(&task->sighand->siglock);
	/* From here on nobody chooses this thread; what was chosen for it goes to the others. */
	task->flags |= PF_EXITING;
	if (task_sigpending(task)) {
		retarget_shared_pending(task, ~task->blocked);
		if (task->jobctl & JOBCTL_STOP_PENDING)
			tell_parent = task_participate_group_stop(task);
	}
	spin_unlock_irq(&task->sighand->siglock);
	if (tell_parent) {
		spin_lock_irq(&tasklist_lock);
		do_notify_parent_cldstop(task, false, CLD_STOPPED);
		spin_unlock_irq(&tasklist_lock);
	}
}

int zap_other_threads(struct task_struct *task)
{
	struct task_struct *t;
	int count = 0;

	task->signal->group_stop_count = 0;
	for_each_thread(task, t) {
		if (t == task)
			continue;
		task_clear_jobctl_pending(t, JOBCTL_PENDING_MASK);
		count++;
		if (t->exit_state)
			continue;
		t->pending.signal |= sigmask(SIGKILL);
		signal_wake_up(t, true);
	}
	return count;
}
