/* SPDX-License-Identifier: MIT */
/*
 * The thread group (signal_struct) and the signal actions (sighand_struct). Lock letters as in
 * sched.h.
 */
#ifndef KERNEL_SCHED_SIGNAL_H
#define KERNEL_SCHED_SIGNAL_H

#include <kernel/hrtimer.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include <uapi/resource.h>

struct sighand_struct {
	spinlock_t siglock; /* IRQs off */
	refcount_t count;
	struct wait_queue_head signalfd_wqh;
	struct k_sigaction action[_NSIG]; /* S */
	struct rcu_head rcu;
};

#define SIGNAL_STOP_STOPPED   0x00000001 /* job-control stop in effect */
#define SIGNAL_STOP_CONTINUED 0x00000002 /* SIGCONT since: WCONTINUED to report */
#define SIGNAL_GROUP_EXIT     0x00000004 /* group_exit_code is final */
#define SIGNAL_CLD_STOPPED    0x00000010 /* the parent is to be told */
#define SIGNAL_CLD_CONTINUED  0x00000020
#define SIGNAL_UNKILLABLE     0x00000040 /* process 1: default actions do not hit it */

struct core_state;
struct tty_struct;
struct posix_timers;
struct signal_struct {
	refcount_t sigcnt; /* tasks that point here */
	_Atomic int live; /* threads not yet past do_exit */
	int nr_threads; /* S */
	struct list_head thread_head; /* T r */
	struct wait_queue_head wait_chldexit;
	struct task_struct *curr_target; /* S: where to deliver next */
	struct sigpending shared_pending; /* S */
	int group_exit_code; /* S */
	int notify_count; /* S: exec waits until the others are gone */
	struct task_struct *group_exec_task; /* S */
	int group_stop_count; /* S */
	struct core_state *core_state; /* S: kernel/coredump.h, or NULL */
	unsigned int flags; /* S SIGNAL_* */
	bool is_child_subreaper, has_child_subreaper; /* T */
	struct pid *pids[PIDTYPE_MAX]; /* T: tgid, pgid, sid (PID unused) */
	bool leader; /* T session leader */
	struct tty_struct *tty; /* S: controlling terminal or NULL */
	struct pid *tty_old_pgrp; /* S */
	/* S ns: of dead threads; of waited-for children */
	u64 utime, stime, cutime, cstime;
	u64 nvcsw, nivcsw, cnvcsw, cnivcsw; /* S */
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt; /* S */
	u64 maxrss, cmaxrss; /* S KiB */
	u64 sum_sched_runtime; /* S ns */
	struct rlimit64 rlim[RLIM_NLIMITS]; /* group_leader's alloc_lock for writers */
	struct hrtimer real_timer; /* ITIMER_REAL */
	ktime_t it_real_incr; /* S */
	struct pid *leader_pid; /* - */
	struct {
		u64 expires, incr; /* S ns of CPU time: ITIMER_PROF, ITIMER_VIRTUAL */
	} it[2];
	struct posix_timers *posix_timers;
	int oom_score_adj, oom_score_adj_min; /* S */
	struct mutex cred_guard_mutex; /* exec against ptrace */
	struct rcu_head rcu;
};

extern struct sighand_struct init_sighand;
extern struct signal_struct init_signals;

static inline u64 task_rlimit(const struct task_struct *t, unsigned int limit)
{
	return READ_ONCE(t->signal->rlim[limit].rlim_cur);
}
static inline u64 task_rlimit_max(const struct task_struct *t, unsigned int limit)
{
	return READ_ONCE(t->signal->rlim[limit].rlim_max);
}
#define rlimit(l)     task_rlimit(current, l)
#define rlimit_max(l) task_rlimit_max(current, l)

/* kernel/task/fork.c: objects of sighand_struct come from here; drops a reference. */
struct kmem_cache;
extern struct kmem_cache *sighand_cachep;
void __cleanup_sighand(struct sighand_struct *sighand);

/* Takes the siglock of @t; NULL when it is already dead. Sparse does not count it. */
struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags);
static inline void unlock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	__acquire(&t->sighand->siglock);
	spin_unlock_irqrestore(&t->sighand->siglock, *flags);
}
/* The next thread of the group, round and round. siglock or RCU. */
static inline struct task_struct *next_thread_around(struct task_struct *t)
{
	struct list_head *next = READ_ONCE(t->thread_node.next);

	if (next == &t->signal->thread_head)
		next = READ_ONCE(next->next);
	return list_entry(next, struct task_struct, thread_node);
}

static inline bool thread_group_empty(struct task_struct *t)
{
	return list_is_singular(&t->signal->thread_head);
}
static inline int get_nr_threads(const struct task_struct *t)
{
	return READ_ONCE(t->signal->nr_threads);
}

#endif
