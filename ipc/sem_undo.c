/* SPDX-License-Identifier: MIT */
/*
 * SEM_UNDO, semop(2): what a process's operations with that flag added to semaphores is taken back
 * when it ends, or, where tasks share an undo list (clone(2), CLONE_SYSVSEM), when the last of them
 * does. A task that never used the flag has no list.
 */
#include <kernel/bug.h>
#include <kernel/sem.h>
#include <mm/slab.h>
#include "sem.h"

/* ---- lists of tasks -------------------------------------------------------------------------- */

/* Only its own task sets ->sysvsem, so there is nothing to lock. */
static struct sem_undo_list *get_undo_list(void)
{
	struct sem_undo_list *ulp = current->sysvsem;

	if (ulp)
		return ulp;
	ulp = kmalloc(sizeof(*ulp), GFP_KERNEL);
	if (!ulp)
		return NULL;
	refcount_set(&ulp->refs, 1);
	spin_lock_init(&ulp->lock);
	INIT_LIST_HEAD(&ulp->undos);
	current->sysvsem = ulp;
	return ulp;
}

int copy_semundo(u64 clone_flags, struct task_struct *t)
{
	struct sem_undo_list *ulp;

	t->sysvsem = NULL;
	if (!(clone_flags & CLONE_SYSVSEM))
		return 0;
	ulp = get_undo_list();
	if (!ulp)
		return -ENOMEM;
	refcount_inc(&ulp->refs);
	t->sysvsem = ulp;
	return 0;
}

/* ---- records --------------------------------------------------------------------------------- */

static struct sem_undo *find_undo(struct sem_undo_list *ulp, int semid)
{
	struct sem_undo *un, *found = NULL;

	spin_lock(&ulp->lock);
	list_for_each_entry(un, &ulp->undos, of_list) {
		if (un->semid == semid) {
			found = un;
			break;
		}
	}
	spin_unlock(&ulp->lock);
	return found;
}

static void add_undo(struct sem_array *sma, struct sem_undo_list *ulp, struct sem_undo *un)
{
	un->ulp = ulp;
	un->semid = sma->perm.id;
	list_add(&un->of_set, &sma->undos);
	spin_lock(&ulp->lock);
	list_add(&un->of_list, &ulp->undos);
	spin_unlock(&ulp->lock);
}

struct sem_undo *sem_get_undo(struct sem_array *sma)
{
	struct sem_undo_list *ulp = current->sysvsem;
	struct sem_undo *un = ulp ? find_undo(ulp, sma->perm.id) : NULL, *new;
	int nsems = sma->nsems, id = sma->perm.id;
	struct kern_ipc_perm *perm;

	if (likely(un))
		return un;
	ipc_unlock(&sma->perm);
	ulp = get_undo_list();
	new = kvzalloc(sizeof(*new) + nsems * sizeof(new->adj[0]), GFP_KERNEL);
	if (!ulp || !new) {
		kvfree(new);
		return ERR_PTR(-ENOMEM);
	}
	perm = ipc_lock(&sem_ids, id);
	if (IS_ERR(perm) || perm != &sma->perm) {
		if (!IS_ERR(perm))
			ipc_unlock(perm);
		kvfree(new);
		return ERR_PTR(-EIDRM);
	}
	/* A task that shares the list may have been here meanwhile. */
	un = find_undo(ulp, id);
	if (!un) {
		add_undo(sma, ulp, new);
		return new;
	}
	kvfree(new);
	return un;
}

void sem_forget_undo(struct sem_array *sma, int num)
{
	struct sem_undo *un;

	list_for_each_entry(un, &sma->undos, of_set)
		for (int i = num < 0 ? 0 : num; i < (num < 0 ? sma->nsems : num + 1); i++)
			un->adj[i] = 0;
}

static void free_undo_rcu(struct rcu_head *head)
{
	kvfree(container_of(head, struct sem_undo, rcu));
}

static void unlink_undo(struct sem_undo *un)
{
	list_del(&un->of_set);
	spin_lock(&un->ulp->lock);
	list_del(&un->of_list);
	spin_unlock(&un->ulp->lock);
}

void sem_free_undos(struct sem_array *sma)
{
	struct sem_undo *un, *next;

	list_for_each_entry_safe(un, next, &sma->undos, of_set) {
		unlink_undo(un);
		call_rcu(&un->rcu, free_undo_rcu); /* we hold a spinlock */
	}
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Takes back what @un records. The set is locked. */
static void apply_undo(struct sem_array *sma, const struct sem_undo *un)
{
	for (int i = 0; i < sma->nsems; i++) {
		struct sem *sem = &sma->sems[i];

		if (!un->adj[i])
			continue;
		/* More than there is, or than fits, cannot be taken back: semop(2), BUGS. */
		sem->val = clamp(sem->val + un->adj[i], 0, SEMVMX);
		sem->pid = task_tgid_nr(current);
		sma->otime = ipc_time();
	}
	for (int i = 0; i < sma->nsems; i++)
		if (un->adj[i])
			sem_changed(sma, i);
}

/*
 * The last task of @ulp ends: nobody else looks at it but IPC_RMID, which waits for sem_ids.rwsem.
 */
static void undo_all(struct sem_undo_list *ulp)
{
	struct kern_ipc_perm *perm;
	struct sem_undo *un, *next;

	down_read(&sem_ids.rwsem);
	list_for_each_entry_safe(un, next, &ulp->undos, of_list) {
		perm = ipc_lock(&sem_ids, un->semid);
		if (WARN_ON(IS_ERR(perm)))
			continue;
		unlink_undo(un);
		apply_undo(sma_of(perm), un);
		ipc_unlock(perm);
		kvfree(un);
	}
	up_read(&sem_ids.rwsem);
}

void exit_sem(struct task_struct *t)
{
	struct sem_undo_list *ulp = t->sysvsem;

	if (likely(!ulp))
		return;
	t->sysvsem = NULL;
	if (!refcount_dec_and_test(&ulp->refs))
		return;
	undo_all(ulp);
	kfree(ulp);
}
