/* SPDX-License-Identifier: MIT */
/* Process numbers: a radix tree from number to struct pid, read under RCU; see kernel/pid.h. */
#include <kernel/bug.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <lib/xarray.h>
#include <mm/slab.h>

int pid_max = PID_MAX_DEFAULT;

struct pid init_struct_pid = {.count = REFCOUNT_INIT(1)};

static DEFINE_XARRAY(pid_tree); /* pid_lock for writers */
static DEFINE_SPINLOCK(pid_lock); /* IRQs off: numbers are freed under tasklist_lock */
static u32 pid_cursor; /* pid_lock */
static struct kmem_cache *pid_cachep;

#define RESERVED_PIDS 300 /* numbers below are not given out again after the first wrap */

static int take_number(struct pid *pid, pid_t want)
{
	unsigned long flags;
	u32 nr = want;
	int err;

	spin_lock_irqsave(&pid_lock, flags);
	if (want) {
		err = xa_insert(&pid_tree, want, pid, GFP_ATOMIC);
		if (err == -EBUSY)
			err = -EEXIST;
	} else {
		u32 min = pid_cursor >= (u32)pid_max ? RESERVED_PIDS : 1;

		err = xa_alloc_cyclic(&pid_tree, &nr, pid, XA_LIMIT(min, pid_max - 1), &pid_cursor,
				      GFP_ATOMIC);
		if (err == -EBUSY)
			err = -EAGAIN;
	}
	if (err >= 0)
		pid->nr = nr;
	spin_unlock_irqrestore(&pid_lock, flags);
	return err < 0 ? err : 0;
}

struct pid *alloc_pid(pid_t want)
{
	struct pid *pid;
	int err;

	if (want < 0 || want >= pid_max)
		return ERR_PTR(-EINVAL);
	pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	for (int i = 0; i < PIDTYPE_MAX; i++)
		INIT_HLIST_HEAD(&pid->tasks[i]);
	init_waitqueue_head(&pid->wait_pidfd);
	err = take_number(pid, want);
	if (err) {
		kmem_cache_free(pid_cachep, pid);
		return ERR_PTR(err);
	}
	return pid;
}

static void pid_free_rcu(struct rcu_head *head)
{
	put_pid(container_of(head, struct pid, rcu));
}

void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	xa_erase(&pid_tree, pid->nr);
	spin_unlock_irqrestore(&pid_lock, flags);
	call_rcu(&pid->rcu, pid_free_rcu);
}

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(pid_cachep, pid);
}

struct pid *find_pid(pid_t nr)
{
	return nr > 0 ? xa_load(&pid_tree, nr) : NULL;
}

struct pid *find_get_pid(pid_t nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = find_pid(nr);
	if (pid && !refcount_inc_not_zero(&pid->count))
		pid = NULL;
	rcu_read_unlock();
	return pid;
}

struct pid *find_ge_pid(pid_t nr)
{
	unsigned long index = nr < 1 ? 1 : nr;
	struct pid *pid;

	rcu_read_lock();
	pid = xa_find(&pid_tree, &index, PID_MAX_LIMIT, XA_PRESENT);
	while (pid && !refcount_inc_not_zero(&pid->count))
		pid = xa_find_after(&pid_tree, &index, PID_MAX_LIMIT, XA_PRESENT);
	rcu_read_unlock();
	return pid;
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	struct hlist_node *first = pid ? READ_ONCE(pid->tasks[type].first) : NULL;

	return first ? container_of(first, struct task_struct, pid_links[type]) : NULL;
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *t;

	rcu_read_lock();
	t = pid_task(pid, type);
	if (t)
		get_task_struct(t);
	rcu_read_unlock();
	return t;
}

struct task_struct *find_task_by_pid(pid_t nr)
{
	return pid_task(find_pid(nr), PIDTYPE_PID);
}

struct task_struct *find_get_task_by_pid(pid_t nr)
{
	struct task_struct *t;

	rcu_read_lock();
	t = find_task_by_pid(nr);
	if (t)
		get_task_struct(t);
	rcu_read_unlock();
	return t;
}

/* Where @task keeps its pid of a type. */
static struct pid **task_pid_ptr(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? &task->thread_pid : &task->signal->pids[type];
}

void attach_pid(struct task_struct *task, enum pid_type type, struct pid *pid)
{
	hlist_add_head_rcu(&task->pid_links[type], &pid->tasks[type]);
}

static bool pid_unused(const struct pid *pid)
{
	for (int i = 0; i < PIDTYPE_MAX; i++)
		if (!hlist_empty(&pid->tasks[i]))
			return false;
	return true;
}

/* The number is given back when nobody is left under it in any role. */
static void unlink_pid(struct task_struct *task, enum pid_type type, struct pid *new)
{
	struct pid **slot = task_pid_ptr(task, type), *old = *slot;

	hlist_del_rcu(&task->pid_links[type]);
	WRITE_ONCE(*slot, new);
	if (old != &init_struct_pid && pid_unused(old))
		free_pid(old);
}

void detach_pid(struct task_struct *task, enum pid_type type)
{
	unlink_pid(task, type, NULL);
}

void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid)
{
	unlink_pid(task, type, pid);
	attach_pid(task, type, pid);
}

struct pid *task_pgrp(struct task_struct *t)
{
	return READ_ONCE(t->signal->pids[PIDTYPE_PGID]);
}

struct pid *task_session(struct task_struct *t)
{
	return READ_ONCE(t->signal->pids[PIDTYPE_SID]);
}

struct pid *task_tgid(struct task_struct *t)
{
	return READ_ONCE(t->signal->pids[PIDTYPE_TGID]);
}

pid_t task_pgrp_nr(struct task_struct *t)
{
	pid_t nr;

	rcu_read_lock();
	nr = pid_nr(task_pgrp(t));
	rcu_read_unlock();
	return nr;
}

pid_t task_session_nr(struct task_struct *t)
{
	pid_t nr;

	rcu_read_lock();
	nr = pid_nr(task_session(t));
	rcu_read_unlock();
	return nr;
}

/* 0 for a task that has been reaped. */
pid_t task_ppid_nr(struct task_struct *t)
{
	pid_t nr = 0;

	rcu_read_lock();
	if (READ_ONCE(t->thread_pid))
		nr = task_tgid_nr(rcu_dereference(t->real_parent));
	rcu_read_unlock();
	return nr;
}

pid_t last_pid(void)
{
	return READ_ONCE(pid_cursor) - 1;
}

void pid_init(void)
{
	pid_cachep = KMEM_CACHE(pid, SLAB_PANIC | SLAB_TYPESAFE_BY_RCU);
	pid_cursor = 1;
	for (int i = 0; i < PIDTYPE_MAX; i++)
		INIT_HLIST_HEAD(&init_struct_pid.tasks[i]);
	init_waitqueue_head(&init_struct_pid.wait_pidfd);
}
