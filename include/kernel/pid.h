/* SPDX-License-Identifier: MIT */
/*
 * Process numbers. A struct pid outlives the tasks that use it as pid, tgid, pgid or sid; holding
 * one never names another process by reuse. Found by number under RCU. Attach and detach:
 * tasklist_lock.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include <lib/types.h>
#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/rcupdate.h>
#include <kernel/wait.h>

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct task_struct;
struct pid {
	refcount_t count;
	pid_t nr;
	struct hlist_head tasks[PIDTYPE_MAX]; /* tasklist_lock; read under RCU */
	struct wait_queue_head wait_pidfd;
	struct rcu_head rcu;
};

#define PID_MAX_DEFAULT 32768
#define PID_MAX_LIMIT	(4 * 1024 * 1024)
extern int pid_max;
extern struct pid init_struct_pid;

/*
 * A new number (@want > 0: exactly that one). ERR_PTR(-EAGAIN) none left, -EEXIST, -ENOMEM,
 * -EINVAL. May sleep.
 */
struct pid *alloc_pid(pid_t want);
void free_pid(struct pid *pid); /* takes the number away; memory goes with the last reference */
void put_pid(struct pid *pid);
static inline struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}
static inline pid_t pid_nr(const struct pid *pid)
{
	return pid ? pid->nr : 0;
}

/* Under rcu_read_lock(); NULL if there is none. find_get_* take a reference and need no lock. */
struct pid *find_pid(pid_t nr);
struct pid *find_get_pid(pid_t nr);
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type); /* needs no lock */
struct task_struct *find_task_by_pid(pid_t nr);
struct task_struct *find_get_task_by_pid(pid_t nr);
/* The lowest pid >= @nr in use, for /proc; with a reference, or NULL. */
struct pid *find_ge_pid(pid_t nr);

/* tasklist_lock held. */
void attach_pid(struct task_struct *task, enum pid_type type, struct pid *pid);
void detach_pid(struct task_struct *task, enum pid_type type);
void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid);

#define do_each_pid_task(pid, type, task) \
	hlist_for_each_entry_rcu(task, &(pid)->tasks[type], pid_links[type])

/* The number that was given out last, for /proc/loadavg. Racy. */
pid_t last_pid(void);
void pid_init(void);

#endif
