/* SPDX-License-Identifier: MIT */
/*
 * What a parent is told of its children: SIGCHLD and the wake-up of wait(2). Context: tasklist_lock
 * held, IRQs off.
 */
#include <lib/math64.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include "signal.h"

void __wake_up_parent(struct task_struct *task, struct task_struct *parent)
{
	struct wait_queue_head *q = &parent->signal->wait_chldexit;

	if (waitqueue_active(q))
		__wake_up(q, TASK_INTERRUPTIBLE, 1, task);
}

static clock_t ns_to_clock_t(u64 ns)
{
	return div_u64(ns, NSEC_PER_SEC / USER_HZ);
}

static void fill_sigchld(struct siginfo *info, int sig, struct task_struct *task, int why,
			 int status)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = why;
	info->si_pid = task_pid_nr(task);
	info->si_uid = task->real_cred->uid;
	info->si_status = status;
}

/* si_code and si_status of an exit code as wait4(2) encodes it. */
static void decode_exit_code(struct siginfo *info, int code)
{
	if (code & 0x80) {
		info->si_code = CLD_DUMPED;
		info->si_status = code & 0x7f;
	} else if (code & 0x7f) {
		info->si_code = CLD_KILLED;
		info->si_status = code & 0x7f;
	} else {
		info->si_code = CLD_EXITED;
		info->si_status = code >> 8;
	}
}

/*
 * @task is a zombie (its whole group is). Returns true if nobody will wait for it: the parent
 * ignores SIGCHLD or has SA_NOCLDWAIT, sigaction(2), POSIX _exit(). @sig: task->exit_signal.
 */
bool do_notify_parent(struct task_struct *task, int sig)
{
	struct task_struct *parent = task->parent;
	struct sighand_struct *psig = parent->sighand;
	__sighandler_t handler;
	struct siginfo info;
	unsigned long flags;
	bool autoreap = false;

	/* A parent that exec'd does not know what signal was agreed upon before. */
	if (sig != SIGCHLD && task->parent_exec_id != READ_ONCE(parent->self_exec_id))
		sig = SIGCHLD;
	fill_sigchld(&info, sig, task, 0, 0);
	info.si_utime = ns_to_clock_t(task->utime + task->signal->utime);
	info.si_stime = ns_to_clock_t(task->stime + task->signal->stime);
	decode_exit_code(&info, task->exit_code);
	if (IS_ENABLED(CONFIG_PIDFD) && wq_has_sleeper(&task->thread_pid->wait_pidfd))
		wake_up_all(&task->thread_pid->wait_pidfd);

	/* The kernel's threads do not wait for their children. */
	if (parent->flags & PF_KTHREAD && !task_ptrace(task))
		return true;
	spin_lock_irqsave(&psig->siglock, flags);
	if (!task_ptrace(task) && sig == SIGCHLD) {
		handler = psig->action[SIGCHLD - 1].sa.sa_handler;
		if (handler == SIG_IGN || (psig->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDWAIT)) {
			autoreap = true;
			if (handler == SIG_IGN)
				sig = 0;
		}
	}
	if (sig > 0 && valid_signal(sig))
		send_signal_locked(sig, &info, parent, PIDTYPE_TGID);
	__wake_up_parent(task, parent);
	spin_unlock_irqrestore(&psig->siglock, flags);
	return autoreap;
}

void do_notify_parent_cldstop(struct task_struct *task, bool for_ptracer, int why)
{
	struct task_struct *parent = for_ptracer ? task->parent : task->group_leader->real_parent;
	struct sighand_struct *sighand = parent->sighand;
	struct siginfo info;
	unsigned long flags;
	int status = SIGCONT;

	if (!for_ptracer)
		task = task->group_leader;
	if (why == CLD_STOPPED)
		status = task->signal->group_exit_code & 0x7f;
	else if (why == CLD_TRAPPED)
		status = task->exit_code & 0x7f;
	fill_sigchld(&info, SIGCHLD, task, why, status);
	info.si_utime = ns_to_clock_t(task->utime);
	info.si_stime = ns_to_clock_t(task->stime);

	spin_lock_irqsave(&sighand->siglock, flags);
	if (sighand->action[SIGCHLD - 1].sa.sa_handler != SIG_IGN &&
	    !(sighand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, PIDTYPE_TGID);
	/* Even when no signal is sent, wait(2) has something to report. */
	__wake_up_parent(task, parent);
	spin_unlock_irqrestore(&sighand->siglock, flags);
}
