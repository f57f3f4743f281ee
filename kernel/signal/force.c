/* SPDX-License-Identifier: MIT */
/*
 * Signals that current caused itself by a fault and that it cannot go on without: delivered even if
 * blocked or ignored, then with the default action, so that a program that blocks SIGSEGV and
 * faults dies instead of faulting for ever. Context: process, IRQs on.
 */
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include "signal.h"

enum force_how { FORCE_CURRENT_HANDLER, FORCE_DEFAULT };

static void force_locked(struct siginfo *info, enum force_how how)
{
	struct task_struct *t = current;
	int sig = info->si_signo;
	struct k_sigaction *ka = &t->sighand->action[sig - 1];
	bool blocked = sig_in(sig, t->blocked);

	if (blocked || ka->sa.sa_handler == SIG_IGN || how == FORCE_DEFAULT) {
		ka->sa.sa_handler = SIG_DFL;
		t->blocked &= ~sigmask(sig);
	}
	/* Not even init survives its own faults. */
	if (ka->sa.sa_handler == SIG_DFL && !task_ptrace(t))
		t->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_signal_locked(sig, info, t, PIDTYPE_PID);
	/* It may have been pending, and blocked, before: then nobody was woken for it now. */
	if (!task_sigpending(t))
		signal_wake_up(t, false);
}

static void do_force(struct siginfo *info, enum force_how how)
{
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	force_locked(info, how);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
}

void force_sig_info(struct siginfo *info)
{
	do_force(info, FORCE_CURRENT_HANDLER);
}

void force_fatal_sig_info(struct siginfo *info)
{
	do_force(info, FORCE_DEFAULT);
}

static void force_kernel_sig(int sig, enum force_how how)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_code = SI_KERNEL;
	do_force(&info, how);
}

void force_sig(int sig)
{
	force_kernel_sig(sig, FORCE_CURRENT_HANDLER);
}

void force_fatal_sig(int sig)
{
	force_kernel_sig(sig, FORCE_DEFAULT);
}

/*
 * A frame for @sig could not be written: a handler of SIGSEGV may be on a better stack, unless it
 * was that one that failed.
 */
void force_sigsegv(int sig)
{
	if (sig == SIGSEGV)
		force_fatal_sig(SIGSEGV);
	else
		force_sig(SIGSEGV);
}

void force_sig_fault(int sig, int code, void __user *addr)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_code = code;
	info.si_addr = addr;
	do_force(&info, FORCE_CURRENT_HANDLER);
}
