/* SPDX-License-Identifier: MIT */
/*
 * exec by a thread of a process that has others, execve(2) "Effect on other attributes": every
 * other thread is killed, and when the caller was not the leader it becomes one, with the leader's
 * ids, parent and place in all lists: from outside, the process just goes on.
 *
 * The exiting threads tell us through signal->notify_count (siglock): positive, the number of
 * threads that still have to be released; -1, the leader has to become a zombie. Whoever reaches it
 * wakes signal->group_exec_task.
 */
#include <lib/err.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include "exec.h"

/*
 * Waits until all threads but the caller and the leader are released. 0, or -EAGAIN when somebody
 * kills the group first.
 */
static int wait_for_others(struct signal_struct *sig, struct sighand_struct *sighand)
{
	spin_lock_irq(&sighand->siglock);
	if ((sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exec_task) {
		spin_unlock_irq(&sighand->siglock);
		return -EAGAIN;
	}
	sig->group_exec_task = current;
	sig->notify_count = zap_other_threads(current);
	if (!thread_group_leader(current))
		sig->notify_count--;
	while (sig->notify_count) {
		__set_current_state(TASK_KILLABLE);
		spin_unlock_irq(&sighand->siglock);
		schedule();
		if (fatal_signal_pending(current))
			return -EAGAIN;
		spin_lock_irq(&sighand->siglock);
	}
	spin_unlock_irq(&sighand->siglock);
	return 0;
}

/* @task takes @old's place on the list that @old is on through pid_links[type]. */
static void replace_pid_link(struct task_struct *old, struct task_struct *task, enum pid_type type)
{
	hlist_add_behind(&task->pid_links[type], &old->pid_links[type]);
	hlist_del_rcu(&old->pid_links[type]);
}

/* Each is alone on its list; a reader without locks finds one of the two at any moment. */
static void swap_pid_heads(struct hlist_head *a, struct hlist_head *b)
{
	struct hlist_node *on_a = a->first, *on_b = b->first;

	WRITE_ONCE(a->first, on_b);
	WRITE_ONCE(b->first, on_a);
	WRITE_ONCE(on_a->pprev, &b->first);
	WRITE_ONCE(on_b->pprev, &a->first);
}

/*
 * The two exchange thread ids; group, process group and session links move to @task. tasklist_lock
 * held.
 */
static void exchange_tids(struct task_struct *task, struct task_struct *leader)
{
	struct pid *mine = task->thread_pid, *theirs = leader->thread_pid;

	swap_pid_heads(&mine->tasks[PIDTYPE_PID], &theirs->tasks[PIDTYPE_PID]);
	rcu_assign_pointer(task->thread_pid, theirs);
	rcu_assign_pointer(leader->thread_pid, mine);
	WRITE_ONCE(leader->pid, task->pid);
	WRITE_ONCE(task->pid, task->tgid);
	replace_pid_link(leader, task, PIDTYPE_TGID);
	replace_pid_link(leader, task, PIDTYPE_PGID);
	replace_pid_link(leader, task, PIDTYPE_SID);
}

/* current was a mere thread and is the process from now on. tasklist_lock held. */
static void take_over_leader(struct task_struct *leader)
{
	current->start_time = leader->start_time;
	exchange_tids(current, leader);
	list_replace_rcu(&leader->tasks, &current->tasks);
	INIT_LIST_HEAD(&leader->tasks);
	list_replace_init(&leader->sibling, &current->sibling);
	current->group_leader = current;
	leader->group_leader = current;
	current->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	/* Nobody may wait for it any more: release_task() is ours to call. */
	leader->exit_state = EXIT_DEAD;
}

/* Waits until the leader is a zombie and takes its place. 0, or -EAGAIN when we are to die too. */
static int replace_leader(struct signal_struct *sig, struct task_struct *leader)
{
	for (;;) {
		spin_lock_irq(&tasklist_lock);
		sig->notify_count = -1; /* exit_notify() of the leader sees it: same lock */
		if (leader->exit_state) {
			take_over_leader(leader);
			spin_unlock_irq(&tasklist_lock);
			release_task(leader);
			return 0;
		}
		__set_current_state(TASK_KILLABLE);
		spin_unlock_irq(&tasklist_lock);
		schedule();
		if (fatal_signal_pending(current))
			return -EAGAIN;
	}
}

int de_thread(void)
{
	struct signal_struct *sig = current->signal;
	struct sighand_struct *sighand = current->sighand;
	struct task_struct *leader = current->group_leader;
	int err;

	if (thread_group_empty(current))
		goto alone;
	err = wait_for_others(sig, sighand);
	if (!err && leader != current)
		err = replace_leader(sig, leader);
	spin_lock_irq(&sighand->siglock);
	sig->group_exec_task = NULL;
	sig->notify_count = 0;
	spin_unlock_irq(&sighand->siglock);
	if (err)
		return err;
alone:
	current->exit_signal = SIGCHLD;
	return 0;
}
