/* SPDX-License-Identifier: MIT */
/*
 * Between the files of signal/. Everything here is called with the task's sighand->siglock held,
 * unless it says otherwise.
 */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H

#include <kernel/ptrace.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>

/* A set as user space gives it: the 64 bits in one word. */
static inline ksigset_t sigset_bits(const sigset_t *set)
{
	return set->sig[0];
}

static inline bool sig_in(int sig, ksigset_t mask)
{
	return sigmask(sig) & mask;
}

static inline bool task_sigpending(const struct task_struct *t)
{
	return test_tsk_thread_flag(t, TIF_SIGPENDING);
}

static inline bool task_is_stopped_or_traced(const struct task_struct *t)
{
	return READ_ONCE(t->__state) & (__TASK_STOPPED | __TASK_TRACED);
}

/* Pending, not blocked. */
static inline bool has_pending_signals(ksigset_t pending, ksigset_t blocked)
{
	return pending & ~blocked;
}

/*
 * Stops only what may be woken by the stop's own wake-ups: pi_lock keeps out a waker that looked at
 * the state before.
 */
static inline void set_special_state(unsigned int state)
{
	unsigned long flags;

	spin_lock_irqsave(&current->pi_lock, flags);
	WRITE_ONCE(current->__state, state);
	spin_unlock_irqrestore(&current->pi_lock, flags);
}

bool recalc_sigpending_tsk(struct task_struct *t);
void __set_task_blocked(struct task_struct *t, ksigset_t set);
/* Removes the signals of @mask from @pending with their queue entries. */
void flush_sigqueue_mask(ksigset_t mask, struct sigpending *pending);
void __sigqueue_free(struct sigqueue *q);
bool sig_handler_ignored(__sighandler_t handler, int sig);
/* -EINVAL, -EPERM or 0: may current send @sig to @t? RCU or tasklist_lock; siglock not needed. */
int check_kill_permission(int sig, struct siginfo *info, struct task_struct *t);

static inline void signal_wake_up(struct task_struct *t, bool fatal)
{
	unsigned int state = 0;

	if (fatal)
		state = TASK_WAKEKILL | (t->jobctl & JOBCTL_PTRACE_FROZEN ? 0 : __TASK_TRACED);
	signal_wake_up_state(t, state);
}

/* jobctl.c */
bool task_set_jobctl_pending(struct task_struct *t, unsigned long mask);
void task_clear_jobctl_pending(struct task_struct *t, unsigned long mask);
/* @t stops (or exits) for the group: true if it was the last, so that the parent is to be told. */
bool task_participate_group_stop(struct task_struct *t);
/*
 * Stops current for the group if it has to, @signr starting a new stop. True: siglock was dropped
 * meanwhile, look at everything again.
 */
bool do_signal_stop(int signr) __must_hold(&current->sighand->siglock);
/*
 * Tells parents about a continue or stop that a sender noted. True: siglock was dropped meanwhile.
 */
bool report_cld(struct signal_struct *sig) __must_hold(&current->sighand->siglock);

/*
 * Tracing: kernel/ptrace/stop.c. ptrace_signal_stop() shows a dequeued signal to the tracer, which
 * may change or drop it: the signal to go on with, 0 none; do_jobctl_trap() stops for
 * JOBCTL_TRAP_*; both drop siglock meanwhile. ptrace_trap_notify(): a seized @t has to tell its
 * tracer that the group's state changed.
 */
#if IS_ENABLED(CONFIG_PTRACE)
int ptrace_signal_stop(int signr, struct siginfo *info, enum pid_type type)
	__must_hold(&current->sighand->siglock);
void do_jobctl_trap(void) __must_hold(&current->sighand->siglock);
void ptrace_trap_notify(struct task_struct *t);
void task_clear_jobctl_trapping(struct task_struct *t);
#else
static inline int ptrace_signal_stop(int signr, struct siginfo *info, enum pid_type type)
{
	return signr;
}
static inline void do_jobctl_trap(void)
{
}
static inline void ptrace_trap_notify(struct task_struct *t)
{
}
static inline void task_clear_jobctl_trapping(struct task_struct *t)
{
}
#endif

#endif
