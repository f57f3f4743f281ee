/* SPDX-License-Identifier: MIT */
/*
 * Job control: which session a terminal controls, which process group of it is in the foreground,
 * and what happens to the others (POSIX.1-2017 chapter 11.1, credentials(7), tty_ioctl(2)).
 *
 * A terminal knows its session and foreground group (tty->session, tty->pgrp, under ctrl_lock); a
 * process knows its terminal (signal->tty, under siglock, with a reference). Both are set by
 * tty_set_ctty() and cleared together by a hangup, by TIOCNOTTY of the session's leader, or by its
 * exit.
 */
#include <lib/list.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <fs/fs.h>
#include "tty.h"

/* ---- looking --------------------------------------------------------------------------------- */

struct tty_struct *get_current_tty(void)
{
	struct tty_struct *tty;

	spin_lock_irq(&current->sighand->siglock);
	tty = tty_kref_get(current->signal->tty);
	spin_unlock_irq(&current->sighand->siglock);
	return tty;
}

/* The foreground group, referenced, or NULL. */
static struct pid *tty_get_pgrp(struct tty_struct *tty)
{
	struct pid *pgrp;

	spin_lock(&tty->ctrl_lock);
	pgrp = get_pid(tty->pgrp);
	spin_unlock(&tty->ctrl_lock);
	return pgrp;
}

void tty_signal_pgrp(struct tty_struct *tty, int sig)
{
	struct pid *pgrp = tty_get_pgrp(tty);

	if (pgrp)
		kill_pgrp(pgrp, sig, 1);
	put_pid(pgrp);
}

void tty_proc_numbers(struct task_struct *task, u32 *tty_nr, int *tpgid)
{
	struct tty_struct *tty = NULL;
	struct pid *pgrp;
	unsigned long flags;

	*tty_nr = 0;
	*tpgid = -1;
	if (!lock_task_sighand(task, &flags))
		return;
	tty = tty_kref_get(task->signal->tty);
	unlock_task_sighand(task, &flags);
	if (!tty)
		return;
	pgrp = tty_get_pgrp(tty);
	*tty_nr = huge_encode_dev(tty->dev);
	*tpgid = pgrp ? pid_nr(pgrp) : -1;
	put_pid(pgrp);
	tty_kref_put(tty);
}

/* ---- the background asks --------------------------------------------------------------------- */

static bool signal_is_off(int sig)
{
	if (current->blocked & sigmask(sig))
		return true;
	return current->sighand->action[sig - 1].sa.sa_handler == SIG_IGN;
}

static bool in_foreground(struct tty_struct *tty)
{
	bool yes;

	rcu_read_lock();
	spin_lock(&tty->ctrl_lock);
	yes = !tty->pgrp || tty->pgrp == task_pgrp(current);
	spin_unlock(&tty->ctrl_lock);
	rcu_read_unlock();
	return yes;
}

static int stop_background(int sig)
{
	struct pid *pgrp;

	rcu_read_lock();
	pgrp = get_pid(task_pgrp(current));
	rcu_read_unlock();
	kill_pgrp(pgrp, sig, 1);
	put_pid(pgrp);
	return -ERESTARTSYS;
}

int tty_check_change(struct tty_struct *tty)
{
	if (READ_ONCE(current->signal->tty) != tty || in_foreground(tty))
		return 0;
	if (signal_is_off(SIGTTOU))
		return 0;
	if (is_current_pgrp_orphaned())
		return -EIO;
	return stop_background(SIGTTOU);
}

/* A read from the terminal: 0, -EIO, or -ERESTARTSYS after SIGTTIN. */
int tty_job_control_read(struct tty_struct *tty)
{
	if (READ_ONCE(current->signal->tty) != tty || in_foreground(tty))
		return 0;
	if (signal_is_off(SIGTTIN) || is_current_pgrp_orphaned())
		return -EIO;
	return stop_background(SIGTTIN);
}

/* ---- making and breaking the bond ------------------------------------------------------------ */

static void set_tty_pids(struct tty_struct *tty, struct pid *session, struct pid *pgrp)
{
	struct pid *old_session, *old_pgrp;

	spin_lock(&tty->ctrl_lock);
	old_session = tty->session;
	old_pgrp = tty->pgrp;
	tty->session = get_pid(session);
	tty->pgrp = get_pid(pgrp);
	spin_unlock(&tty->ctrl_lock);
	put_pid(old_session);
	put_pid(old_pgrp);
}

/* Exchanges a process's terminal, whose reference moves in and out. */
static struct tty_struct *swap_signal_tty(struct task_struct *task, struct tty_struct *tty,
					  struct pid *old_pgrp)
{
	struct tty_struct *old = NULL;
	struct pid *forgotten = old_pgrp;
	unsigned long flags;

	if (lock_task_sighand(task, &flags)) {
		old = task->signal->tty;
		forgotten = task->signal->tty_old_pgrp;
		task->signal->tty = tty;
		task->signal->tty_old_pgrp = old_pgrp;
		unlock_task_sighand(task, &flags);
	} else {
		old = tty;
	}
	put_pid(forgotten);
	return old;
}

void proc_clear_tty(struct task_struct *task)
{
	tty_kref_put(swap_signal_tty(task, NULL, NULL));
}

void tty_fork_signal(struct signal_struct *child, struct signal_struct *parent)
{
	child->tty = tty_kref_get(parent->tty);
	child->tty_old_pgrp = NULL;
}

/* current, a session leader without terminal, takes @tty. */
static void tty_set_ctty(struct tty_struct *tty)
{
	rcu_read_lock();
	set_tty_pids(tty, task_session(current), task_pgrp(current));
	rcu_read_unlock();
	tty_kref_put(swap_signal_tty(current, tty_kref_get(tty), NULL));
}

/*
 * open(2) of a terminal by a session leader that has none makes it the controlling terminal, unless
 * O_NOCTTY. tty_mutex held.
 */
void tty_open_ctty(struct tty_struct *tty, struct file *file, bool noctty)
{
	if (noctty || tty_is_pty_master(tty) || !(file->f_mode & FMODE_READ))
		return;
	if (current->signal->leader && !READ_ONCE(current->signal->tty) && !tty->session)
		tty_set_ctty(tty);
}

/*
 * Takes @tty from every process of @session; returns how many references that freed. tasklist_lock
 * held.
 */
static int forget_tty(struct tty_struct *tty, struct pid *session)
{
	struct task_struct *p;
	unsigned long flags;
	int refs = 0;

	do_each_pid_task(session, PIDTYPE_SID, p)
	{
		if (!lock_task_sighand(p, &flags))
			continue;
		if (p->signal->tty == tty) {
			p->signal->tty = NULL;
			refs++;
		}
		unlock_task_sighand(p, &flags);
	}
	return refs;
}

/* No session is controlled by @tty any more. May sleep. */
void tty_clear_session(struct tty_struct *tty)
{
	struct pid *session;
	int refs = 0;

	spin_lock(&tty->ctrl_lock);
	session = get_pid(tty->session);
	spin_unlock(&tty->ctrl_lock);
	if (session) {
		spin_lock_irq(&tasklist_lock);
		refs = forget_tty(tty, session);
		spin_unlock_irq(&tasklist_lock);
		put_pid(session);
	}
	set_tty_pids(tty, NULL, NULL);
	while (refs--)
		tty_kref_put(tty);
}

static void note_old_pgrp(struct task_struct *leader, struct pid *pgrp)
{
	unsigned long flags;
	struct pid *old;

	if (!lock_task_sighand(leader, &flags))
		return;
	old = leader->signal->tty_old_pgrp;
	leader->signal->tty_old_pgrp = get_pid(pgrp);
	unlock_task_sighand(leader, &flags);
	put_pid(old);
}

/*
 * SIGHUP and SIGCONT to the session's leader, who is told later (on_exit) which group was in the
 * foreground. tasklist_lock held.
 */
static void hangup_leader(struct pid *session, struct pid *pgrp)
{
	struct task_struct *p;

	do_each_pid_task(session, PIDTYPE_SID, p)
	{
		if (!p->signal->leader)
			continue;
		group_send_sig_info(SIGHUP, SEND_SIG_PRIV, p, PIDTYPE_TGID);
		group_send_sig_info(SIGCONT, SEND_SIG_PRIV, p, PIDTYPE_TGID);
		note_old_pgrp(p, pgrp);
	}
}

/* The signals of a hangup; afterwards nobody's controlling terminal is @tty. May sleep. */
void tty_session_hangup(struct tty_struct *tty, bool session_exit)
{
	struct pid *session, *pgrp;

	spin_lock(&tty->ctrl_lock);
	session = get_pid(tty->session);
	pgrp = get_pid(tty->pgrp);
	spin_unlock(&tty->ctrl_lock);
	if (session) {
		spin_lock_irq(&tasklist_lock);
		hangup_leader(session, pgrp);
		spin_unlock_irq(&tasklist_lock);
	}
	if (pgrp && session_exit)
		kill_pgrp(pgrp, SIGHUP, 1);
	tty_clear_session(tty);
	put_pid(pgrp);
	put_pid(session);
}

static void hangup_group(struct pid *pgrp, bool on_exit)
{
	if (!pgrp)
		return;
	kill_pgrp(pgrp, SIGHUP, on_exit);
	kill_pgrp(pgrp, SIGCONT, on_exit);
}

/* The terminal was hung up before: its last foreground group is told now. */
static void hangup_old_group(void)
{
	struct pid *pgrp;

	spin_lock_irq(&current->sighand->siglock);
	pgrp = current->signal->tty_old_pgrp;
	current->signal->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	hangup_group(pgrp, true);
	put_pid(pgrp);
}

static void leave_tty(struct tty_struct *tty, bool on_exit)
{
	struct pid *pgrp;

	if (on_exit && tty->driver->type != TTY_TYPE_PTY_SLAVE) {
		mutex_lock(&tty_mutex);
		__tty_hangup(tty, true);
		mutex_unlock(&tty_mutex);
		return;
	}
	pgrp = tty_get_pgrp(tty);
	hangup_group(pgrp, on_exit);
	put_pid(pgrp);
}

void disassociate_ctty(bool on_exit)
{
	struct tty_struct *tty;

	if (!current->signal->leader)
		return;
	tty = get_current_tty();
	if (!tty) {
		if (on_exit)
			hangup_old_group();
		return;
	}
	leave_tty(tty, on_exit);
	tty_clear_session(tty);
	tty_kref_put(tty);
}

/* ---- ioctls ---------------------------------------------------------------------------------- */

static bool session_is_ours(struct tty_struct *tty)
{
	bool ours;

	rcu_read_lock();
	ours = tty->session && READ_ONCE(tty->session) == task_session(current);
	rcu_read_unlock();
	return ours;
}

/* @force 1: take it from the session that has it, if allowed. tty_mutex held. */
static int set_ctty_locked(struct tty_struct *tty, struct file *file, unsigned long force)
{
	if (current->signal->leader && session_is_ours(tty))
		return 0;
	if (!current->signal->leader || current->signal->tty)
		return -EPERM;
	if (tty->session) {
		if (force != 1 || !capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_clear_session(tty);
	}
	if (!(file->f_mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_set_ctty(tty);
	return 0;
}

static long do_tiocsctty(struct tty_struct *tty, struct file *file, unsigned long force)
{
	long ret;

	mutex_lock(&tty_mutex);
	ret = set_ctty_locked(tty, file, force);
	mutex_unlock(&tty_mutex);
	return ret;
}

static long do_tiocnotty(struct tty_struct *tty)
{
	if (READ_ONCE(current->signal->tty) != tty)
		return -ENOTTY;
	disassociate_ctty(false);
	proc_clear_tty(current);
	return 0;
}

static long do_tiocgpgrp(struct tty_struct *tty, struct tty_struct *real, int __user *arg)
{
	struct pid *pgrp;
	pid_t nr;

	if (tty == real && READ_ONCE(current->signal->tty) != real)
		return -ENOTTY;
	pgrp = tty_get_pgrp(real);
	nr = pid_nr(pgrp);
	put_pid(pgrp);
	return put_user(nr, arg);
}

/* The session that process group @pgrp is in; NULL if it is empty. RCU. */
static struct pid *session_of_pgrp(struct pid *pgrp)
{
	struct task_struct *p = pid_task(pgrp, PIDTYPE_PGID);

	if (!p)
		p = pid_task(pgrp, PIDTYPE_PID);
	return p ? task_session(p) : NULL;
}

static long set_foreground(struct tty_struct *real, pid_t nr)
{
	struct pid *pgrp, *old = NULL;
	long ret = -ESRCH;

	rcu_read_lock();
	pgrp = find_pid(nr);
	if (pgrp)
		ret = session_of_pgrp(pgrp) == task_session(current) ? 0 : -EPERM;
	if (!ret) {
		spin_lock(&real->ctrl_lock);
		old = real->pgrp;
		real->pgrp = get_pid(pgrp);
		spin_unlock(&real->ctrl_lock);
	}
	rcu_read_unlock();
	put_pid(old);
	return ret;
}

static long do_tiocspgrp(struct tty_struct *real, const int __user *arg)
{
	int nr, err = tty_check_change(real);

	if (err == -EIO)
		return -ENOTTY;
	if (err)
		return err;
	if (READ_ONCE(current->signal->tty) != real || !session_is_ours(real))
		return -ENOTTY;
	if (get_user(nr, arg))
		return -EFAULT;
	return nr < 0 ? -EINVAL : set_foreground(real, nr);
}

static long do_tiocgsid(struct tty_struct *tty, struct tty_struct *real, int __user *arg)
{
	pid_t nr;

	if (tty == real && READ_ONCE(current->signal->tty) != real)
		return -ENOTTY;
	spin_lock(&real->ctrl_lock);
	nr = pid_nr(real->session);
	spin_unlock(&real->ctrl_lock);
	return nr ? put_user(nr, arg) : -ENOTTY;
}

long tty_jobctrl_ioctl(struct tty_struct *tty, struct tty_struct *real, struct file *file,
		       unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TIOCSCTTY:
		return do_tiocsctty(real, file, arg);
	case TIOCNOTTY:
		return do_tiocnotty(tty);
	case TIOCGPGRP:
		return do_tiocgpgrp(tty, real, p);
	case TIOCSPGRP:
		return do_tiocspgrp(real, p);
	case TIOCGSID:
		return do_tiocgsid(tty, real, p);
	}
	return -ENOIOCTLCMD;
}
