/* SPDX-License-Identifier: MIT */
/*
 * Taking signals out of the pending sets and acting on them: signal(7), "Execution of signal
 * handlers". current does this for itself on the way to user mode; a handler's frame is pushed by
 * the arch, everything else (ignore, stop, die) happens here.
 */
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include "signal.h"

/* ---- pending ---- */

bool recalc_sigpending_tsk(struct task_struct *t)
{
	if ((t->jobctl & JOBCTL_PENDING_MASK) ||
	    has_pending_signals(t->pending.signal, t->blocked) ||
	    has_pending_signals(t->signal->shared_pending.signal, t->blocked)) {
		set_tsk_thread_flag(t, TIF_SIGPENDING);
		return true;
	}
	/*
	 * Clearing is for t itself: another CPU may just have set it for a reason we do not see
	 * yet.
	 */
	return false;
}

void recalc_sigpending(void)
{
	if (!recalc_sigpending_tsk(current) && test_thread_flag(TIF_SIGPENDING))
		clear_thread_flag(TIF_SIGPENDING);
}

bool fatal_signal_pending(struct task_struct *t)
{
	return task_sigpending(t) && unlikely(READ_ONCE(t->pending.signal) & sigmask(SIGKILL));
}

/*
 * The lowest pending signal that @mask does not block; those a fault caused go first, as they
 * belong to the instruction at hand. 0: none.
 */
static int next_signal(const struct sigpending *pending, ksigset_t mask)
{
	ksigset_t ready = pending->signal & ~mask;

	if (!ready)
		return 0;
	if (ready & SIG_SYNCHRONOUS_MASK)
		ready &= SIG_SYNCHRONOUS_MASK;
	return __builtin_ctzll(ready) + 1;
}

/*
 * Takes the first instance of @sig off @list; the bit stays set while there is another. *timer: it
 * came from a POSIX timer.
 */
static void collect_signal(int sig, struct sigpending *pending, struct siginfo *info, bool *timer)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &pending->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		pending->signal &= ~sigmask(sig);
	if (likely(first)) {
		list_del_init(&first->list);
		copy_siginfo(info, &first->info);
		*timer = (first->flags & SIGQUEUE_PREALLOC) && info->si_code == SI_TIMER &&
			 info->si_sys_private;
		__sigqueue_free(first);
		return;
	}
	/* Its entry could not be allocated: all we know is the number. */
	clear_siginfo(info);
	info->si_signo = sig;
}

int dequeue_signal(struct task_struct *task, ksigset_t *mask, struct siginfo *info,
		   enum pid_type *type) __must_hold(&task->sighand->siglock)
{
	struct signal_struct *signal = task->signal;
	struct sigpending *pending = &task->pending;
	bool timer = false;
	int sig;

	*type = PIDTYPE_PID;
	sig = next_signal(pending, *mask);
	if (!sig) {
		*type = PIDTYPE_TGID;
		pending = &signal->shared_pending;
		sig = next_signal(pending, *mask);
	}
	if (sig) {
		collect_signal(sig, pending, info, &timer);
		if (unlikely(sig == SIGALRM) && *type == PIDTYPE_TGID)
			itimer_real_rearm(signal);
	}
	recalc_sigpending();
	if (!sig)
		return 0;
	if (unlikely(sig_in(sig, SIG_KERNEL_STOP_MASK)))
		task->jobctl |= JOBCTL_STOP_DEQUEUED;
	if (unlikely(timer)) {
		spin_unlock(&task->sighand->siglock);
		posixtimer_rearm(info);
		spin_lock(&task->sighand->siglock);
		info->si_sys_private = 0; /* user space must not see it */
	}
	return sig;
}

/* ---- masks ---- */

void __set_task_blocked(struct task_struct *t, ksigset_t set)
{
	if (task_sigpending(t) && !thread_group_empty(t))
		retarget_shared_pending(t, set & ~t->blocked);
	t->blocked = set;
	recalc_sigpending();
}

void set_current_blocked(ksigset_t set)
{
	set &= ~SIG_KERNEL_ONLY_MASK;
	/* Only current changes its mask, so it can look without the lock. */
	if (current->blocked == set)
		return;
	spin_lock_irq(&current->sighand->siglock);
	__set_task_blocked(current, set);
	spin_unlock_irq(&current->sighand->siglock);
}

void set_restore_sigmask(void)
{
	set_thread_flag(TIF_RESTORE_SIGMASK);
}

static void restore_saved_sigmask(void)
{
	if (test_thread_flag(TIF_RESTORE_SIGMASK)) {
		clear_thread_flag(TIF_RESTORE_SIGMASK);
		set_current_blocked(current->saved_sigmask);
	}
}

void restore_saved_sigmask_unless(bool interrupted)
{
	if (!interrupted)
		restore_saved_sigmask();
}

const u64 *sigmask_to_save(void)
{
	return unlikely(test_thread_flag(TIF_RESTORE_SIGMASK)) ? &current->saved_sigmask :
								 &current->blocked;
}

/* ---- actions ---- */

void flush_signal_handlers(struct task_struct *task, bool force_default)
{
	struct k_sigaction *ka = task->sighand->action;

	for (int i = 0; i < _NSIG; i++, ka++) {
		if (force_default || ka->sa.sa_handler != SIG_IGN)
			ka->sa.sa_handler = SIG_DFL;
		ka->sa.sa_flags = 0;
		ka->sa.sa_restorer = NULL;
		ka->sa.sa_mask.sig[0] = 0;
	}
}

/*
 * SIGTSTP and the tty's stop signals do nothing to an orphaned group: nobody could continue it.
 * Drops siglock to look.
 */
static bool stop_is_pointless(int signr) __must_hold(&current->sighand->siglock)
{
	bool orphaned;

	if (signr == SIGSTOP)
		return false;
	spin_unlock_irq(&current->sighand->siglock);
	orphaned = is_current_pgrp_orphaned();
	spin_lock_irq(&current->sighand->siglock);
	return orphaned;
}

static void __noreturn die_of(int signr) __releases(&current->sighand->siglock)
{
	spin_unlock_irq(&current->sighand->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(signr);
}

static void __noreturn die_with_core(const struct siginfo *info)
	__releases(&current->sighand->siglock)
{
	spin_unlock_irq(&current->sighand->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(info->si_signo | (do_coredump(info) ? 0x80 : 0));
}

/* AGAIN: siglock was dropped meanwhile. */
enum verdict { NEXT, AGAIN, HANDLER };

/* The default action of @signr. siglock held. */
static enum verdict default_action(int signr, const struct siginfo *info)
	__must_hold(&current->sighand->siglock)
{
	if (sig_in(signr, SIG_KERNEL_IGNORE_MASK))
		return NEXT;
	if (unlikely(current->signal->flags & SIGNAL_UNKILLABLE) &&
	    !sig_in(signr, SIG_KERNEL_ONLY_MASK))
		return NEXT;
	if (IS_ENABLED(CONFIG_CORE_DUMP) && sig_in(signr, SIG_KERNEL_COREDUMP_MASK))
		die_with_core(info);
	if (!sig_in(signr, SIG_KERNEL_STOP_MASK))
		die_of(signr);
	if (stop_is_pointless(signr))
		return NEXT;
	return do_signal_stop(signr) ? AGAIN : NEXT;
}

static enum verdict act_on(struct ksignal *ksig, int signr) __must_hold(&current->sighand->siglock)
{
	struct k_sigaction *ka = &current->sighand->action[signr - 1];

	if (ka->sa.sa_handler == SIG_IGN)
		return NEXT;
	if (ka->sa.sa_handler == SIG_DFL)
		return default_action(signr, &ksig->info);
	ksig->ka = *ka;
	if (ka->sa.sa_flags & SA_ONESHOT)
		ka->sa.sa_handler = SIG_DFL;
	return HANDLER;
}

/* One look at everything that may be pending. siglock held. */
static enum verdict take_one(struct ksignal *ksig) __must_hold(&current->sighand->siglock)
{
	struct signal_struct *signal = current->signal;
	enum pid_type type;
	int signr;

	if (unlikely((signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task)) {
		current->pending.signal &= ~sigmask(SIGKILL);
		recalc_sigpending();
		die_of(SIGKILL);
	}
	if (unlikely(current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0))
		return AGAIN;
	if (unlikely(current->jobctl & JOBCTL_TRAP_MASK)) {
		do_jobctl_trap();
		return AGAIN;
	}
	signr = dequeue_signal(current, &current->blocked, &ksig->info, &type);
	if (signr && unlikely(task_ptrace(current)) && signr != SIGKILL) {
		signr = ptrace_signal_stop(signr, &ksig->info, type);
		if (!signr)
			return NEXT;
	}
	ksig->sig = signr;
	return signr ? act_on(ksig, signr) : HANDLER;
}

bool get_signal(struct ksignal *ksig)
{
	enum verdict v;

	if (unlikely(test_thread_flag(TIF_NOTIFY_SIGNAL)))
		clear_thread_flag(TIF_NOTIFY_SIGNAL);
	if (unlikely(READ_ONCE(current->task_works)))
		task_work_run();
	ksig->sig = 0;
	if (!test_thread_flag(TIF_SIGPENDING))
		return false;
	spin_lock_irq(&current->sighand->siglock);
	do {
		while (report_cld(current->signal))
			;
		do {
			v = take_one(ksig);
		} while (v == NEXT);
	} while (v == AGAIN);
	spin_unlock_irq(&current->sighand->siglock);
	return ksig->sig > 0;
}

/* ---- frames ---- */

bool on_sig_stack(unsigned long sp)
{
	/* With SS_AUTODISARM the stack is free again as soon as a handler runs on it. */
	if (current->sas_ss_flags & SS_AUTODISARM)
		return false;
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

unsigned long sigsp(unsigned long sp, const struct ksignal *ksig)
{
	if (unlikely(ksig->ka.sa.sa_flags & SA_ONSTACK) && current->sas_ss_size &&
	    !on_sig_stack(sp))
		return current->sas_ss_sp + current->sas_ss_size;
	return sp;
}

void signal_setup_done(int failed, struct ksignal *ksig)
{
	ksigset_t blocked;

	if (unlikely(failed)) {
		force_sigsegv(ksig->sig);
		return;
	}
	/* The frame holds the mask to come back to. */
	clear_thread_flag(TIF_RESTORE_SIGMASK);
	blocked = current->blocked | sigset_bits(&ksig->ka.sa.sa_mask);
	if (!(ksig->ka.sa.sa_flags & SA_NODEFER))
		blocked |= sigmask(ksig->sig);
	set_current_blocked(blocked);
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}
}
