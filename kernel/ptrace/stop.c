/* SPDX-License-Identifier: MIT */
/*
 * The tracee's side: how it stops and goes on, ptrace(2) "Death under ptrace", "Stopped states".
 *
 *   running --ptrace_stop()--> TASK_TRACED --PTRACE_CONT..., SIGKILL--> running
 *
 * A tracee stops by itself only, at points where its whole user frame is on its stack. From the
 * moment its state is TASK_TRACED (set under siglock) until it has left the CPU it is not
 * preempted, so a tracer that sees the state waits a moment at most for the registers to be in
 * memory. While the tracer works on it, it is JOBCTL_PTRACE_FROZEN and not even SIGKILL wakes it;
 * thawing looks for one that came meanwhile.
 *
 * Kinds of stop and what wait(2) reports in the second byte and above:
 *   signal delivery   the signal             ptrace_signal_stop()
 *   group stop        the stop signal        do_jobctl_trap() (seized: PTRACE_EVENT_STOP << 8 too)
 *   event             SIGTRAP | event << 8   ptrace_event()
 *   system call       SIGTRAP (| 0x80)       ptrace_syscall_enter(), ptrace_syscall_exit()
 *
 * Locks: tasklist_lock outside siglock, as everywhere; all of jobctl and last_siginfo: siglock.
 */
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <kernel/cred.h>
#include <kernel/signal.h>
#include "ptrace.h"

DECLARE_WAIT_QUEUE_HEAD(ptrace_trapping_wait);

void task_clear_jobctl_trapping(struct task_struct *t)
{
	if (unlikely(t->jobctl & JOBCTL_TRAPPING)) {
		t->jobctl &= ~JOBCTL_TRAPPING;
		wake_up_all(&ptrace_trapping_wait);
	}
}

void ptrace_trap_notify(struct task_struct *t)
{
	task_set_jobctl_pending(t, JOBCTL_TRAP_NOTIFY);
	ptrace_signal_wake_up(t, t->jobctl & JOBCTL_LISTENING);
}

/* Tells the tracer, and for a finished group stop the real parent too. Frees siglock, sleeps. */
static void sleep_traced(int why, bool gstop_done) __releases(&current->sighand->siglock)
{
	/* Nobody may see us traced but on a CPU for long: no preemption until schedule(). */
	preempt_disable();
	spin_unlock_irq(&current->sighand->siglock);
	spin_lock_irq(&tasklist_lock);
	if (likely(current->ptrace)) {
		do_notify_parent_cldstop(current, true, why);
		if (gstop_done && ptrace_reparented(current))
			do_notify_parent_cldstop(current, false, why);
	} else {
		/* Let go between the two locks: nobody would wake us. */
		__set_current_state(TASK_RUNNING);
		current->exit_code = 0;
		if (gstop_done)
			do_notify_parent_cldstop(current, false, why);
	}
	spin_unlock_irq(&tasklist_lock);
	preempt_enable_no_resched();
	schedule();
}

/*
 * Stops with @exit_code; returns the signal to go on with (0: none). siglock held, dropped
 * meanwhile. Without a tracer, or dying, does not stop and returns @exit_code.
 */
static int ptrace_stop(int exit_code, int why, unsigned long message, struct siginfo *info)
	__must_hold(&current->sighand->siglock)
{
	bool gstop_done = false;

	if (!current->ptrace || fatal_signal_pending(current))
		return exit_code;
	set_special_state(TASK_TRACED);
	current->ptrace_message = message;
	current->last_siginfo = info;
	current->exit_code = exit_code;
	/* A trap for a group stop is this thread's part in it. */
	if (why == CLD_STOPPED && (current->jobctl & JOBCTL_STOP_PENDING))
		gstop_done = task_participate_group_stop(current);
	task_clear_jobctl_pending(current, JOBCTL_TRAP_STOP);
	if (info && info->si_code >> 8 == PTRACE_EVENT_STOP)
		task_clear_jobctl_pending(current, JOBCTL_TRAP_NOTIFY);
	task_clear_jobctl_trapping(current);
	sleep_traced(why, gstop_done);

	spin_lock_irq(&current->sighand->siglock);
	exit_code = current->exit_code;
	current->exit_code = 0;
	current->last_siginfo = NULL;
	current->ptrace_message = 0;
	current->jobctl &= ~(JOBCTL_LISTENING | JOBCTL_PTRACE_FROZEN);
	/* What came while it was stopped has only set the flag when it could wake us. */
	recalc_sigpending_tsk(current);
	return exit_code;
}

static int ptrace_do_notify(int signr, int exit_code, int why, unsigned long message)
	__must_hold(&current->sighand->siglock)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = signr;
	info.si_code = exit_code;
	info.si_pid = task_pid_nr(current);
	info.si_uid = current_uid();
	return ptrace_stop(exit_code, why, message, &info);
}

int ptrace_notify(int exit_code, unsigned long message)
{
	int signr;

	spin_lock_irq(&current->sighand->siglock);
	signr = ptrace_do_notify(SIGTRAP, exit_code, CLD_TRAPPED, message);
	spin_unlock_irq(&current->sighand->siglock);
	return signr;
}

void __ptrace_event(int event, unsigned long message)
{
	if (ptrace_event_enabled(current, event))
		ptrace_notify(event << 8 | SIGTRAP, message);
	else if (event == PTRACE_EVENT_EXEC && !(current->ptrace & PT_SEIZED))
		send_sig(SIGTRAP, current, 0); /* the old way to tell that exec is done */
}

void do_jobctl_trap(void) __must_hold(&current->sighand->siglock)
{
	struct signal_struct *sig = current->signal;
	int signr = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (current->ptrace & PT_SEIZED) {
		if (!sig->group_stop_count && !(sig->flags & SIGNAL_STOP_STOPPED))
			signr = SIGTRAP; /* PTRACE_INTERRUPT, or a new child's first stop */
		ptrace_do_notify(signr, signr | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
	} else {
		ptrace_stop(signr ? signr : SIGSTOP, CLD_STOPPED, 0, NULL);
	}
}

/* The tracer made another signal of it: it comes from the tracer then. */
static void info_of_tracer(struct siginfo *info, int signr)
{
	clear_siginfo(info);
	info->si_signo = signr;
	info->si_code = SI_USER;
	rcu_read_lock();
	info->si_pid = task_tgid_nr(rcu_dereference(current->parent));
	info->si_uid = rcu_dereference(rcu_dereference(current->parent)->real_cred)->uid;
	rcu_read_unlock();
}

int ptrace_signal_stop(int signr, struct siginfo *info, enum pid_type type)
	__must_hold(&current->sighand->siglock)
{
	/*
	 * The tracer may inject a stop signal; as if it had just been dequeued. SIGCONT meanwhile
	 * takes the flag away.
	 */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	signr = ptrace_stop(signr, CLD_TRAPPED, 0, info);
	if (!signr)
		return 0;
	if (signr != info->si_signo)
		info_of_tracer(info, signr);
	if (sig_in(signr, current->blocked)) {
		send_signal_locked(signr, info, current, type);
		return 0;
	}
	return signr;
}

/* ---- system calls ---- */

static void report_syscall(unsigned long message)
{
	unsigned int ptrace = current->ptrace;
	int signr;

	if (!(ptrace & PT_PTRACED))
		return;
	signr = ptrace_notify(SIGTRAP | (ptrace & PT_TRACESYSGOOD ? 0x80 : 0), message);
	/* Not the same as going on with a signal, but as near as it gets. */
	if (signr)
		send_sig(signr, current, 1);
}

bool ptrace_syscall_enter(struct pt_regs *regs)
{
	bool emulate = task_ptrace(current) & PT_SYSEMU;

	if (!test_thread_flag(TIF_SYSCALL_TRACE))
		return false;
	report_syscall(PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return emulate || fatal_signal_pending(current);
}

void ptrace_syscall_exit(struct pt_regs *regs)
{
	if (task_ptrace(current) & PT_SYSEMU)
		return;
	if (test_thread_flag(TIF_SINGLESTEP))
		arch_report_syscall_step(regs);
	else if (test_thread_flag(TIF_SYSCALL_TRACE))
		report_syscall(PTRACE_EVENTMSG_SYSCALL_EXIT);
}
