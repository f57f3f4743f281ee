/* SPDX-License-Identifier: MIT */
/*
 * The end of a task. do_exit() gives back everything the task owns, tells the parent, and
 * switches away for good. A task is then a zombie until its parent waits for it, or is released
 * at once when nobody will.
 *
 *   running -> PF_EXITING -> EXIT_ZOMBIE -> (wait: EXIT_DEAD) -> released
 *                         \-> EXIT_DEAD -------------------------^
 */
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <kernel/acct.h>
#include <kernel/bug.h>
#include <kernel/completion.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/futex.h>
#include <kernel/io_uring.h>
#include <kernel/kthread.h>
#include <kernel/nsproxy.h>
#include <kernel/pid.h>
#include <kernel/posix-timers.h>
#include <kernel/printk.h>
#include <kernel/ptrace.h>
#include <kernel/sched_signal.h>
#include <kernel/seccomp.h>
#include <kernel/sem.h>
#include <kernel/syscall.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>
#include <kernel/user.h>
#include <mm/mm.h>
#include <uapi/wait.h>

static void delayed_put_task(struct rcu_head *head)
{
	put_task_struct(container_of(head, struct task_struct, rcu));
}

/* What the thread group keeps of a thread that goes. siglock held. */
static void account_dead_thread(struct task_struct *t, struct signal_struct *sig)
{
	sig->utime += t->utime;
	sig->stime += t->stime;
	sig->nvcsw += t->nvcsw;
	sig->nivcsw += t->nivcsw;
	sig->min_flt += t->min_flt;
	sig->maj_flt += t->maj_flt;
	sig->sum_sched_runtime += t->se.sum_exec_runtime;
}

/* Takes @t out of its group and out of every list. tasklist_lock held. */
static void unhash_task(struct task_struct *t)
{
	struct sighand_struct *sighand = t->sighand;
	struct signal_struct *sig = t->signal;
	bool last;

	spin_lock(&sighand->siglock);
	account_dead_thread(t, sig);
	last = --sig->nr_threads == 0;
	if (sig->notify_count > 0 && !--sig->notify_count)
		wake_up_process(sig->group_exec_task);
	if (t == sig->curr_target)
		sig->curr_target = last ? NULL : next_thread_around(t);
	nr_threads--;
	detach_pid(t, PIDTYPE_PID);
	if (last) {
		detach_pid(t, PIDTYPE_TGID);
		detach_pid(t, PIDTYPE_PGID);
		detach_pid(t, PIDTYPE_SID);
		list_del_rcu(&t->tasks);
		list_del_init(&t->sibling);
	}
	list_del_rcu(&t->thread_node);
	flush_sigqueue(&t->pending);
	WRITE_ONCE(t->sighand, NULL);
	spin_unlock(&sighand->siglock);
	__cleanup_sighand(sighand);
	if (last)
		flush_sigqueue(&sig->shared_pending);
}

/*
 * @t is dead and nobody will wait for it (any more). May be the last thread of a group whose
 * leader then can be waited for, or goes too.
 */
void release_task(struct task_struct *t)
{
	struct task_struct *leader;
	struct tty_struct *tty = NULL;
	bool more;

	do {
		more = false;
		atomic_dec(&t->real_cred->user->processes);
		spin_lock_irq(&tasklist_lock);
		ptrace_unlink(t);
		leader = t->group_leader;
		if (thread_group_empty(t))
			swap(tty, t->signal->tty);
		unhash_task(t);
		if (leader != t && thread_group_empty(leader) &&
		    leader->exit_state == EXIT_ZOMBIE) {
			/* The leader waited for its threads: now its parent hears of it. */
			more = do_notify_parent(leader, leader->exit_signal);
			if (more)
				leader->exit_state = EXIT_DEAD;
		}
		spin_unlock_irq(&tasklist_lock);
		tty_kref_put(tty);
		tty = NULL;
		call_rcu(&t->rcu, delayed_put_task);
		t = leader;
	} while (more);
}

/* ---- orphaned process groups: setpgid(2), POSIX "orphaned process group" ---- */

/* No member but @ignored has a parent in another group of the same session. tasklist_lock held. */
static bool will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored)
{
	struct task_struct *t;

	do_each_pid_task(pgrp, PIDTYPE_PGID, t)
	{
		if (t == ignored || (t->exit_state && thread_group_empty(t)) ||
		    is_global_init(t->real_parent))
			continue;
		if (task_pgrp(t->real_parent) != pgrp &&
		    task_session(t->real_parent) == task_session(t))
			return false;
	}
	return true;
}

bool is_current_pgrp_orphaned(void)
{
	bool orphaned;

	spin_lock_irq(&tasklist_lock);
	orphaned = will_become_orphaned_pgrp(task_pgrp(current), NULL);
	spin_unlock_irq(&tasklist_lock);
	return orphaned;
}

static bool has_stopped_jobs(struct pid *pgrp)
{
	struct task_struct *t;

	do_each_pid_task(pgrp, PIDTYPE_PGID,
			 t) if (t->signal->flags & SIGNAL_STOP_STOPPED) return true;
	return false;
}

/*
 * @t leaves (or loses @parent): if its group becomes orphaned and has stopped members, they get
 * SIGHUP and SIGCONT.
 */
static void kill_orphaned_pgrp(struct task_struct *t, struct task_struct *parent)
{
	struct pid *pgrp = task_pgrp(t);
	struct task_struct *ignored = t;

	if (!parent)
		parent = t->real_parent; /* @t itself exits */
	else
		ignored = NULL; /* its parent exits; @t stays */
	if (task_pgrp(parent) != pgrp && task_session(parent) == task_session(t) &&
	    will_become_orphaned_pgrp(pgrp, ignored) && has_stopped_jobs(pgrp)) {
		__kill_pgrp_info(SIGHUP, SEND_SIG_PRIV, pgrp);
		__kill_pgrp_info(SIGCONT, SEND_SIG_PRIV, pgrp);
	}
}

/* ---- children of a dying task ---- */

static struct task_struct *live_thread(struct task_struct *of)
{
	struct task_struct *t;

	for_each_thread(of, t)
		if (!(t->flags & PF_EXITING))
			return t;
	return NULL;
}

/* Another thread of the group, else the nearest ancestor that is a subreaper, else init. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *reaper, *init = find_task_by_pid(1);

	reaper = live_thread(father);
	if (reaper)
		return reaper;
	if (father->signal->has_child_subreaper) {
		for (reaper = father->real_parent; reaper != &init_task && !is_global_init(reaper);
		     reaper = reaper->real_parent) {
			struct task_struct *t;

			if (!reaper->signal->is_child_subreaper)
				continue;
			t = live_thread(reaper);
			if (t)
				return t;
		}
	}
	return init ? init : &init_task;
}

static void reparent_leader(struct task_struct *father, struct task_struct *child,
			    struct list_head *dead)
{
	if (child->exit_state == EXIT_DEAD)
		return;
	child->exit_signal = SIGCHLD; /* a new parent in another process knows only this */
	if (!task_ptrace(child) && child->exit_state == EXIT_ZOMBIE && thread_group_empty(child) &&
	    do_notify_parent(child, child->exit_signal)) {
		child->exit_state = EXIT_DEAD;
		list_add(&child->ptrace_entry, dead);
	}
	kill_orphaned_pgrp(child, father);
}

/* tasklist_lock held. Children that can go at once are put on @dead. */
static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *child, *next, *t, *reaper;

	if (unlikely(!list_empty(&father->ptraced)))
		exit_ptrace(father, dead);
	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry_safe(child, next, &father->children, sibling) {
		for_each_thread(child, t) {
			rcu_assign_pointer(t->real_parent, reaper);
			if (!task_ptrace(t))
				t->parent = reaper;
			if (t->pdeath_signal)
				group_send_sig_info(t->pdeath_signal, SEND_SIG_NOINFO, t,
						    PIDTYPE_TGID);
		}
		if (!same_thread_group(reaper, father))
			reparent_leader(father, child, dead);
	}
	list_splice_tail_init(&father->children, &reaper->children);
}

/* Tells whoever wants to know; decides between zombie and gone. */
static void exit_notify(struct task_struct *t, bool group_dead)
{
	struct task_struct *child, *next;
	bool autoreap;
	LIST_HEAD(dead);

	spin_lock_irq(&tasklist_lock);
	forget_original_parent(t, &dead);
	if (group_dead)
		kill_orphaned_pgrp(t->group_leader, NULL);
	t->exit_state = EXIT_ZOMBIE;
	if (unlikely(task_ptrace(t))) {
		bool own = thread_group_leader(t) && thread_group_empty(t) && !ptrace_reparented(t);

		autoreap = do_notify_parent(t, own ? t->exit_signal : SIGCHLD);
	} else if (thread_group_leader(t) && !(t->flags & PF_KTHREAD)) {
		autoreap = thread_group_empty(t) && do_notify_parent(t, t->exit_signal);
	} else {
		autoreap = true; /* nobody waits for a thread; kthreadd never does */
	}
	if (autoreap) {
		t->exit_state = EXIT_DEAD;
		list_add(&t->ptrace_entry, &dead);
	}
	/* exec of another thread waits for the leader (de_thread). */
	if (t->signal->notify_count < 0)
		wake_up_process(t->signal->group_exec_task);
	spin_unlock_irq(&tasklist_lock);

	list_for_each_entry_safe(child, next, &dead, ptrace_entry) {
		list_del_init(&child->ptrace_entry);
		release_task(child);
	}
}

/* ---- do_exit ---- */

static void complete_vfork_done(struct task_struct *t)
{
	struct completion *vfork;

	task_lock(t);
	vfork = t->vfork_done;
	if (vfork) {
		t->vfork_done = NULL;
		complete(vfork);
	}
	task_unlock(t);
}

void mm_release(struct task_struct *t, struct mm_struct *mm)
{
	exit_robust_list(t);
	futex_pi_exit(!(t->flags & PF_EXITING));
	if (t->clear_child_tid && mm) {
		/* Only somebody who shares the memory can wait for it. */
		if (atomic_read(&mm->users) > 1) {
			put_user(0, t->clear_child_tid);
			futex_wake((u32 __user *)t->clear_child_tid, true, 1,
				   FUTEX_BITSET_MATCH_ANY);
		}
		t->clear_child_tid = NULL;
	}
	if (t->vfork_done)
		complete_vfork_done(t);
}

static void exit_mm(void)
{
	struct mm_struct *mm = current->mm;
	u64 rss;

	mm_release(current, mm);
	if (!mm)
		return;
	rss = max(get_mm_rss(mm), mm->hiwater_rss) << (PAGE_SHIFT - 10);
	if (current->signal->maxrss < rss)
		current->signal->maxrss = rss;
	/* Keep the tables loaded until the next switch: as a kernel thread does. */
	mmgrab(mm);
	task_lock(current);
	local_irq_disable();
	current->mm = NULL;
	local_irq_enable();
	task_unlock(current);
	mmput(mm);
}

void do_exit(long code)
{
	struct task_struct *t = current;
	bool group_dead;

	if (unlikely(in_interrupt()))
		panic("a task ended inside an interrupt handler");
	if (unlikely(t->flags & PF_IDLE))
		panic("the idle task tried to end");
	if (unlikely(preempt_count())) {
		pr_err("%s[%d] ended with preempt count %#x\n", t->comm, t->pid, preempt_count());
		preempt_count_sub(preempt_count());
	}
	coredump_task_exit();
	ptrace_event(PTRACE_EVENT_EXIT, code);
	exit_signals(t); /* sets PF_EXITING */
	group_dead = atomic_fetch_sub(&t->signal->live, 1) == 1;
	if (group_dead) {
		if (unlikely(is_global_init(t)))
			panic("Attempted to kill init! exitcode=0x%08x. Process 1 must not end",
			      t->signal->group_exit_code ? t->signal->group_exit_code : (int)code);
		exit_itimers(t);
	}
	t->exit_code = code;
	if (group_dead)
		acct_process(code);
	io_uring_exit(group_dead);
	exit_mm();
	exit_sem(t);
	exit_shm(t);
	exit_files(t);
	exit_fs(t);
	exit_task_namespaces(t);
	seccomp_exit(t);
	if (group_dead)
		disassociate_ctty(true);
	task_work_run();
	exit_notify(t, group_dead);

	preempt_disable();
	WRITE_ONCE(t->__state, TASK_DEAD);
	schedule_dead();
}

/* Ends all threads of current's process with @code (as wait(2) encodes it). */
void do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;

	if (sig->flags & SIGNAL_GROUP_EXIT) {
		code = sig->group_exit_code;
	} else if (sig->group_exec_task) {
		code = 0;
	} else {
		spin_lock_irq(&current->sighand->siglock);
		if (sig->flags & SIGNAL_GROUP_EXIT) {
			code = sig->group_exit_code;
		} else if (sig->group_exec_task) {
			code = 0;
		} else {
			sig->group_exit_code = code;
			sig->flags = (sig->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
			zap_other_threads(current);
		}
		spin_unlock_irq(&current->sighand->siglock);
	}
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, code)
{
	do_exit((code & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, code)
{
	do_group_exit((code & 0xff) << 8);
}
