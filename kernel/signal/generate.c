/* SPDX-License-Identifier: MIT */
/*
 * Making signals pending, signal(7). A signal goes into the pending set of one thread (PIDTYPE_PID)
 * or of the whole group; a queue entry carries its siginfo. Standard signals are pending once;
 * realtime ones (32 and up) as often as they were sent. A signal that nobody would notice (ignored
 * and not blocked) is dropped here. complete_signal() then picks a thread and wakes it.
 *
 * Lock: sighand->siglock, IRQs off, everywhere. It may be taken from interrupts. tasklist_lock is
 * outside it.
 */
#include <lib/err.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/smp.h>
#include <kernel/user.h>
#include <mm/slab.h>
#include "signal.h"

static struct kmem_cache *sigqueue_cachep;

void __init signals_init(void)
{
	sigqueue_cachep = KMEM_CACHE(sigqueue, SLAB_PANIC);
}

/* ---- the queue ---- */

static struct sigqueue *new_sigqueue(struct task_struct *t, gfp_t gfp, bool override_limit)
{
	struct user_struct *user;
	struct sigqueue *q = NULL;

	rcu_read_lock();
	user = get_uid(rcu_dereference(t->real_cred)->user);
	rcu_read_unlock();
	if (atomic_inc_return(&user->sigpending) <= task_rlimit(t, RLIMIT_SIGPENDING) ||
	    override_limit)
		q = kmem_cache_alloc(sigqueue_cachep, gfp);
	if (unlikely(!q)) {
		atomic_dec(&user->sigpending);
		free_uid(user);
		return NULL;
	}
	INIT_LIST_HEAD(&q->list);
	q->flags = 0;
	q->user = user;
	return q;
}

void __sigqueue_free(struct sigqueue *q)
{
	if (q->flags & SIGQUEUE_PREALLOC)
		return;
	atomic_dec(&q->user->sigpending);
	free_uid(q->user);
	kmem_cache_free(sigqueue_cachep, q);
}

void flush_sigqueue(struct sigpending *pending)
{
	struct sigqueue *q, *n;

	pending->signal = 0;
	list_for_each_entry_safe(q, n, &pending->list, list) {
		list_del_init(&q->list);
		__sigqueue_free(q);
	}
}

void flush_sigqueue_mask(ksigset_t mask, struct sigpending *pending)
{
	struct sigqueue *q, *n;

	if (!(pending->signal & mask))
		return;
	pending->signal &= ~mask;
	list_for_each_entry_safe(q, n, &pending->list, list) {
		if (sig_in(q->info.si_signo, mask)) {
			list_del_init(&q->list);
			__sigqueue_free(q);
		}
	}
}

void flush_signals(struct task_struct *t)
{
	unsigned long flags;

	if (!lock_task_sighand(t, &flags))
		return;
	clear_tsk_thread_flag(t, TIF_SIGPENDING);
	flush_sigqueue(&t->pending);
	flush_sigqueue(&t->signal->shared_pending);
	unlock_task_sighand(t, &flags);
}

/* ---- who is woken ---- */

/* A thread in user mode on another CPU comes into the kernel, and so to its signals. */
static void kick_task(struct task_struct *t)
{
	unsigned int cpu = get_cpu();

	if (task_cpu(t) != cpu && task_curr(t))
		smp_send_reschedule(task_cpu(t));
	put_cpu();
}

void signal_wake_up_state(struct task_struct *t, unsigned int state)
{
	set_tsk_thread_flag(t, TIF_SIGPENDING);
	/* A task that signals itself is awake; an interrupt may find current about to sleep. */
	if (t == current && READ_ONCE(t->__state) == TASK_RUNNING)
		return;
	if (!wake_up_state(t, state | TASK_INTERRUPTIBLE))
		kick_task(t);
}

bool sig_handler_ignored(__sighandler_t handler, int sig)
{
	return handler == SIG_IGN || (handler == SIG_DFL && sig_in(sig, SIG_KERNEL_IGNORE_MASK));
}

static bool sig_task_ignored(int sig, struct task_struct *t, bool force)
{
	__sighandler_t handler = t->sighand->action[sig - 1].sa.sa_handler;

	/* init sees only what it asked for, and what the kernel forces on it. */
	if (unlikely(t->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL &&
	    !(force && sig_in(sig, SIG_KERNEL_ONLY_MASK)))
		return true;
	if (unlikely(t->flags & PF_KTHREAD) && handler == SIG_DFL && !force)
		return true;
	return sig_handler_ignored(handler, sig);
}

static bool sig_ignored(int sig, struct task_struct *t, bool force)
{
	/*
	 * Blocked signals stay pending even if ignored: the action may change before they are let
	 * through.
	 */
	if (sig_in(sig, t->blocked | t->real_blocked))
		return false;
	/* A tracer wants to see them; SIGKILL it cannot. */
	if (task_ptrace(t) && sig != SIGKILL)
		return false;
	return sig_task_ignored(sig, t, force);
}

static void stop_cancels_cont(struct task_struct *t)
{
	struct task_struct *p;

	flush_sigqueue_mask(sigmask(SIGCONT), &t->signal->shared_pending);
	for_each_thread(t, p)
		flush_sigqueue_mask(sigmask(SIGCONT), &p->pending);
}

/* SIGCONT lets a stopped group run whether or not it is blocked, ignored or handled. */
static void cont_wakes_group(struct task_struct *t)
{
	struct signal_struct *signal = t->signal;
	struct task_struct *p;
	unsigned int why = 0;

	flush_sigqueue_mask(SIG_KERNEL_STOP_MASK, &signal->shared_pending);
	for_each_thread(t, p) {
		flush_sigqueue_mask(SIG_KERNEL_STOP_MASK, &p->pending);
		task_clear_jobctl_pending(p, JOBCTL_STOP_PENDING);
		if (task_ptrace(p) & PT_SEIZED)
			ptrace_trap_notify(p);
		else
			wake_up_state(p, __TASK_STOPPED);
	}
	/*
	 * The first thread to run tells the parent (report_cld()): we may be in an interrupt,
	 * without tasklist_lock.
	 */
	if (signal->flags & SIGNAL_STOP_STOPPED)
		why = SIGNAL_CLD_CONTINUED;
	else if (signal->group_stop_count)
		why = SIGNAL_CLD_STOPPED;
	if (why) {
		signal->flags &= ~(SIGNAL_STOP_STOPPED | SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
		signal->flags |= why | SIGNAL_STOP_CONTINUED;
		signal->group_stop_count = 0;
		signal->group_exit_code = 0;
	}
}

/* Side effects that happen when a signal is sent. False: it need not be queued. */
static bool prepare_signal(int sig, struct task_struct *t, bool force)
{
	if (t->signal->flags & SIGNAL_GROUP_EXIT)
		return sig == SIGKILL && t->signal->core_state; /* ends the dump */
	if (sig_in(sig, SIG_KERNEL_STOP_MASK))
		stop_cancels_cont(t);
	else if (sig == SIGCONT)
		cont_wakes_group(t);
	return !sig_ignored(sig, t, force);
}

static bool wants_signal(int sig, struct task_struct *t)
{
	if (sig_in(sig, t->blocked) || (t->flags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (task_is_stopped_or_traced(t))
		return false;
	return t == current || task_curr(t) || !task_sigpending(t);
}

/*
 * @t itself if it is fit, else (for a group signal) any thread, taking turns; NULL: later, when one
 * unblocks it.
 */
static struct task_struct *choose_thread(int sig, struct task_struct *t, enum pid_type type)
{
	struct signal_struct *signal = t->signal;
	struct task_struct *p;

	if (wants_signal(sig, t))
		return t;
	if (type == PIDTYPE_PID || thread_group_empty(t))
		return NULL;
	p = signal->curr_target ? signal->curr_target : t;
	for (struct task_struct *first = p; !wants_signal(sig, p);) {
		p = next_thread_around(p);
		if (p == first)
			return NULL;
	}
	signal->curr_target = p;
	return p;
}

static bool sig_fatal(struct task_struct *t, int sig)
{
	return !sig_in(sig, SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK) &&
	       t->sighand->action[sig - 1].sa.sa_handler == SIG_DFL;
}

/*
 * Nothing can save the group: it dies at once, all threads together, without waiting for one to
 * dequeue the signal.
 */
static void start_group_exit(struct task_struct *t, int sig)
{
	struct signal_struct *signal = t->signal;
	struct task_struct *p;

	signal->flags = SIGNAL_GROUP_EXIT;
	signal->group_exit_code = sig;
	signal->group_stop_count = 0;
	for_each_thread(t, p) {
		task_clear_jobctl_pending(p, JOBCTL_PENDING_MASK);
		p->pending.signal |= sigmask(SIGKILL);
		signal_wake_up(p, true);
	}
}

static void complete_signal(int sig, struct task_struct *t, enum pid_type type)
{
	struct task_struct *chosen = choose_thread(sig, t, type);

	if (!chosen)
		return;
	if (sig_fatal(t, sig) &&
	    (t->signal->core_state || !(t->signal->flags & SIGNAL_GROUP_EXIT)) &&
	    !sig_in(sig, chosen->real_blocked) && (sig == SIGKILL || !task_ptrace(t)) &&
	    !sig_in(sig, SIG_KERNEL_COREDUMP_MASK)) {
		start_group_exit(t, sig);
		return;
	}
	signal_wake_up(chosen, sig == SIGKILL);
}

/* ---- sending ---- */

static bool is_si_special(const struct siginfo *info)
{
	return info <= SEND_SIG_PRIV;
}

static bool si_fromuser(const struct siginfo *info)
{
	return info == SEND_SIG_NOINFO || (!is_si_special(info) && SI_FROMUSER(info));
}

static bool is_queued_signal(int sig)
{
	return IS_ENABLED(CONFIG_SIGNALS_RT) && sig >= SIGRTMIN;
}

static void fill_info(struct siginfo *to, int sig, const struct siginfo *info)
{
	if (!is_si_special(info)) {
		copy_siginfo(to, info);
		return;
	}
	clear_siginfo(to);
	to->si_signo = sig;
	if (info == SEND_SIG_PRIV) {
		to->si_code = SI_KERNEL;
	} else {
		to->si_code = SI_USER;
		to->si_pid = task_tgid_nr(current);
		to->si_uid = current_uid();
	}
}

/*
 * Appends an entry. Without memory or over the limit a standard signal is sent all the same, only
 * its siginfo is lost; a realtime one from sigqueue(3) fails with -EAGAIN.
 */
static int queue_info(int sig, struct siginfo *info, struct task_struct *t,
		      struct sigpending *pending)
{
	bool override = sig < SIGRTMIN && (is_si_special(info) || info->si_code >= 0);
	struct sigqueue *q = new_sigqueue(t, GFP_ATOMIC, override);

	if (q) {
		list_add_tail(&q->list, &pending->list);
		fill_info(&q->info, sig, info);
		return 0;
	}
	return is_queued_signal(sig) && !is_si_special(info) && info->si_code != SI_USER ? -EAGAIN :
											   0;
}

static void notify_signalfd(struct task_struct *t)
{
	if (unlikely(waitqueue_active(&t->sighand->signalfd_wqh)))
		wake_up(&t->sighand->signalfd_wqh);
}

int send_signal_locked(int sig, struct siginfo *info, struct task_struct *t, enum pid_type type)
{
	struct sigpending *pending;
	int err;

	assert_spin_locked(&t->sighand->siglock);
	if (!prepare_signal(sig, t, info == SEND_SIG_PRIV))
		return 0;
	pending = type != PIDTYPE_PID ? &t->signal->shared_pending : &t->pending;
	if (!is_queued_signal(sig) && sig_in(sig, pending->signal))
		return 0;
	/* SIGKILL has no handler to show a siginfo to, and must need no memory. */
	if (sig != SIGKILL && !(t->flags & PF_KTHREAD)) {
		err = queue_info(sig, info, t, pending);
		if (err)
			return err;
	}
	notify_signalfd(t);
	pending->signal |= sigmask(sig);
	complete_signal(sig, t, type);
	return 0;
}

int do_send_sig_info(int sig, struct siginfo *info, struct task_struct *t, enum pid_type type)
{
	unsigned long flags;
	int err;

	if (!lock_task_sighand(t, &flags))
		return -ESRCH;
	err = send_signal_locked(sig, info, t, type);
	unlock_task_sighand(t, &flags);
	return err;
}

int send_sig_info(int sig, struct siginfo *info, struct task_struct *t)
{
	if (!valid_signal(sig))
		return -EINVAL;
	return do_send_sig_info(sig, info, t, PIDTYPE_PID);
}

int send_sig(int sig, struct task_struct *t, int priv)
{
	return send_sig_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, t);
}

/* ---- permission, kill(2) ---- */

static bool kill_ok_by_cred(struct task_struct *t)
{
	const struct cred *cred = current_cred(), *tcred;
	bool ok;

	rcu_read_lock();
	tcred = rcu_dereference(t->real_cred);
	ok = cred->euid == tcred->suid || cred->euid == tcred->uid || cred->uid == tcred->suid ||
	     cred->uid == tcred->uid;
	rcu_read_unlock();
	return ok || capable(CAP_KILL);
}

int check_kill_permission(int sig, struct siginfo *info, struct task_struct *t)
{
	if (!valid_signal(sig))
		return -EINVAL;
	if (!si_fromuser(info) || same_thread_group(current, t) || kill_ok_by_cred(t))
		return 0;
	/* A shell may continue its jobs whoever they have become. */
	if (sig == SIGCONT && task_session(t) == task_session(current))
		return 0;
	return -EPERM;
}

/* ---- to groups and by number ---- */

int group_send_sig_info(int sig, struct siginfo *info, struct task_struct *t, enum pid_type type)
{
	int err;

	rcu_read_lock();
	err = check_kill_permission(sig, info, t);
	rcu_read_unlock();
	if (!err && sig)
		err = do_send_sig_info(sig, info, t, type);
	return err;
}

int __kill_pgrp_info(int sig, struct siginfo *info, struct pid *pgrp)
{
	struct task_struct *t;
	int err = -ESRCH;
	bool sent = false;

	do_each_pid_task(pgrp, PIDTYPE_PGID, t)
	{
		err = group_send_sig_info(sig, info, t, PIDTYPE_PGID);
		sent |= !err;
	}
	return sent ? 0 : err;
}

int kill_pgrp(struct pid *pgrp, int sig, int priv)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&tasklist_lock, flags);
	err = __kill_pgrp_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pgrp);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

int kill_pid_info(int sig, struct siginfo *info, struct pid *pid)
{
	struct task_struct *t;
	int err = -ESRCH;

	rcu_read_lock();
	do {
		t = pid_task(pid, PIDTYPE_PID);
		if (t)
			err = group_send_sig_info(sig, info, t, PIDTYPE_TGID);
		/* -ESRCH of a task that was there: exec gave its number to another thread of it. */
	} while (t && err == -ESRCH && t != pid_task(pid, PIDTYPE_PID));
	rcu_read_unlock();
	return err;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	return kill_pid_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

/* ---- preallocated entries of POSIX timers ---- */

struct sigqueue *sigqueue_alloc(void)
{
	struct sigqueue *q = new_sigqueue(current, GFP_KERNEL, false);

	if (q) {
		q->flags |= SIGQUEUE_PREALLOC;
		clear_siginfo(&q->info);
	}
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	unsigned long flags;

	/* Still pending: whoever dequeues it frees it. */
	spin_lock_irqsave(&current->sighand->siglock, flags);
	q->flags &= ~SIGQUEUE_PREALLOC;
	if (!list_empty(&q->list))
		q = NULL;
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	if (q)
		__sigqueue_free(q);
}

/* siglock held. */
static int queue_prealloc(struct sigqueue *q, struct task_struct *t, enum pid_type type)
{
	int sig = q->info.si_signo;
	struct sigpending *pending;

	if (unlikely(!list_empty(&q->list))) {
		q->info.si_overrun++;
		return 1;
	}
	if (!prepare_signal(sig, t, false))
		return 1;
	q->info.si_overrun = 0;
	notify_signalfd(t);
	pending = type != PIDTYPE_PID ? &t->signal->shared_pending : &t->pending;
	list_add_tail(&q->list, &pending->list);
	pending->signal |= sigmask(sig);
	complete_signal(sig, t, type);
	return 0;
}

static int send_prealloc(struct sigqueue *q, struct task_struct *t, enum pid_type type)
{
	unsigned long flags;
	int ret;

	if (!lock_task_sighand(t, &flags))
		return -1;
	ret = queue_prealloc(q, t, type);
	unlock_task_sighand(t, &flags);
	return ret;
}

int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type)
{
	struct task_struct *t;
	int ret = -1;

	rcu_read_lock();
	t = pid_task(pid, type);
	if (t)
		ret = send_prealloc(q, t, type);
	rcu_read_unlock();
	return ret;
}
