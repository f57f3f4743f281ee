/* SPDX-License-Identifier: MIT */
/*
 * System V semaphores: the objects. (l) perm.lock of the set; (u) ulp->lock, inside it.
 *
 * A call that has to wait is a struct sem_queue on its task's stack. One operation waits on its
 * semaphore's list (for zero, or for a larger value), several wait on the set's; all by age. Who
 * serves it unlinks it and sets ->status under the lock; after that it may be gone.
 */
#ifndef IPC_SEM_H
#define IPC_SEM_H

#include <lib/list.h>
#include <uapi/sem.h>
#include "util.h"

struct sem {
	int val; /* (l) 0..SEMVMX */
	pid_t pid; /* (l) of the last semop, SETVAL or undo */
	struct list_head zero, more; /* (l) calls of one operation that wait for 0, for more */
};

struct sem_array {
	struct kern_ipc_perm perm;
	time64_t otime, ctime; /* (l) */
	int nsems; /* (i) */
	struct list_head complex; /* (l) calls of several operations that wait */
	struct list_head undos; /* (l) undo records of this set */
	struct sem sems[];
};

/* What exit has to add to each semaphore of one set, for the tasks that share an undo list. */
struct sem_undo {
	struct list_head of_list; /* (u) of ulp->undos */
	struct list_head of_set; /* (l) */
	struct sem_undo_list *ulp; /* (i) */
	int semid; /* (i) */
	struct rcu_head rcu;
	short adj[]; /* (l) */
};

/*
 * Tasks made with CLONE_SYSVSEM share one. Records go with their set (IPC_RMID) or with the last of
 * the tasks.
 */
struct sem_undo_list {
	refcount_t refs;
	spinlock_t lock;
	struct list_head undos; /* (u) */
};

#define SEM_WAITING 1
struct sem_queue {
	struct list_head link; /* (l) */
	struct task_struct *task;
	const struct sembuf *sops;
	const struct sembuf *blocking; /* (l) the operation that cannot be done */
	unsigned int nsops;
	bool alters;
	struct sem_undo *undo; /* NULL: no operation has SEM_UNDO */
	int status; /* SEM_WAITING, then 0 or -errno */
};

static inline struct sem_array *sma_of(struct kern_ipc_perm *perm)
{
	return container_of(perm, struct sem_array, perm);
}

extern int sem_used; /* semaphores of all sets; sem_ids.rwsem */

/* ---- sem.c: the set is locked ---- */

/* Semaphore @num has changed: serves calls that waited for that. */
void sem_changed(struct sem_array *sma, int num);
void sem_wake_all(struct sem_array *sma, int status);
/* How many calls wait for semaphore @num to be zero, or to be larger. */
int sem_count_waiters(const struct sem_array *sma, int num, bool for_zero);
void sem_put_array(struct sem_array *sma);

/* ---- sem_undo.c ---- */

/*
 * The caller's undo record of the locked set, made if need be. The lock is given up in between and
 * held again on success; ERR_PTR: not held. Sleeps.
 */
struct sem_undo *sem_get_undo(struct sem_array *sma);
/* SETVAL, SETALL: forgets what was to be undone to @num (-1: to all). Locked. */
void sem_forget_undo(struct sem_array *sma, int num);
/* The set goes. Locked. */
void sem_free_undos(struct sem_array *sma);

#endif
