/* SPDX-License-Identifier: MIT */
/*
 * What the three kinds of System V objects have in common: sysvipc(7), Documentation/ipc.md.
 *
 * An object embeds a struct kern_ipc_perm. It is in its kind's table until it is removed; then
 * ->deleted is set and nobody finds it any more. Its memory lasts until the last reference is gone
 * and an RCU grace period has passed.
 *
 * Locks: (w) ids->rwsem, written by who adds, removes or changes an object's owner; (l) perm->lock;
 * (i) constant. Order: mmap_lock > ids->rwsem > perm->lock.
 */
#ifndef IPC_UTIL_H
#define IPC_UTIL_H

#include <kernel/rcupdate.h>
#include <kernel/rwsem.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/rbtree.h>
#include <lib/refcount.h>
#include <lib/xarray.h>
#include <uapi/ipc.h>
#include <uapi/stat.h>

/* An id is seq << 15 | index. */
#define IPCMNI_SHIFT 15
#define IPCMNI	     (1 << IPCMNI_SHIFT) /* most objects of a kind */
#define IPCMNI_SEQ   (INT_MAX >> IPCMNI_SHIFT) /* last sequence number */

struct kern_ipc_perm {
	spinlock_t lock;
	bool deleted; /* (l) */
	int id; /* (i) once it is in the table */
	key_t key; /* (w) IPC_PRIVATE: found by id only */
	uid_t uid, cuid; /* uid: (l); cuid: (i) */
	gid_t gid, cgid;
	umode_t mode; /* (l) permissions, and SHM_DEST, SHM_LOCKED */
	refcount_t refcount;
	struct rb_node key_node; /* (w) in ids->keys unless IPC_PRIVATE */
	struct rcu_head rcu;
};

struct ipc_ids {
	struct rw_semaphore rwsem;
	struct xarray objs; /* (w) by index; read under RCU */
	struct rb_root keys; /* (w) */
	int in_use, max_idx, last_idx; /* (w) how many, the highest index, the last one given */
	unsigned int seq; /* (w) */
	int next_id; /* what the next object shall have as id, -1: any; sysctl */
};

#define IPC_IDS_INIT(nm)                                                                        \
	{                                                                                       \
		.rwsem = __RWSEM_INITIALIZER((nm).rwsem), .objs = XARRAY_INIT, .keys = RB_ROOT, \
		.max_idx = -1, .last_idx = -1, .seq = 0, .next_id = -1                          \
	}

extern struct ipc_ids msg_ids, sem_ids, shm_ids;

struct ipc_params {
	key_t key;
	int flg;
	size_t size; /* shm */
	int nsems; /* sem */
};

struct ipc_ops {
	/* Makes an object: its id or -errno. ids->rwsem held for writing. */
	int (*getnew)(const struct ipc_params *params);
	/* Whether the one that exists will do: 0 or -EINVAL. Its lock is held. */
	int (*more_checks)(struct kern_ipc_perm *perm, const struct ipc_params *params);
};

/* msgget(2), semget(2), shmget(2): the id or -errno. Sleeps. */
int ipcget(struct ipc_ids *ids, const struct ipc_ops *ops, const struct ipc_params *params);
/* Key, mode, owner (the caller), lock and one reference of a new object. */
void ipc_init_perm(struct kern_ipc_perm *perm, const struct ipc_params *params);
/*
 * Puts a finished object into the table, where others find it at once: its id, or -ENOSPC (@limit
 * of them exist), -ENOMEM. rwsem held for writing.
 */
int ipc_addid(struct ipc_ids *ids, struct kern_ipc_perm *perm, int limit);
/* Takes it out; the table's reference is now the caller's. rwsem (writing) and its lock held. */
void ipc_rmid(struct ipc_ids *ids, struct kern_ipc_perm *perm);
/* From now on it is found by id only. rwsem (writing) and its lock held. */
void ipc_set_key_private(struct ipc_ids *ids, struct kern_ipc_perm *perm);

/*
 * The object with this id (index, with whatever sequence number), locked: -EINVAL: there is none;
 * -EIDRM: it is being removed. Sparse does not count the lock.
 */
struct kern_ipc_perm *ipc_lock(struct ipc_ids *ids, int id);
struct kern_ipc_perm *ipc_lock_index(struct ipc_ids *ids, int index);
static inline void ipc_lock_object(struct kern_ipc_perm *perm)
{
	spin_lock(&perm->lock);
	__release(&perm->lock);
}
static inline void ipc_unlock(struct kern_ipc_perm *perm)
{
	__acquire(&perm->lock);
	spin_unlock(&perm->lock);
}
/* For IPC_SET, IPC_RMID: the caller must own it or have CAP_SYS_ADMIN, else -EPERM. */
struct kern_ipc_perm *ipc_lock_owned(struct ipc_ids *ids, int id);

static inline void ipc_getref(struct kern_ipc_perm *perm)
{
	refcount_inc(&perm->refcount);
}
/* The last one: @free after a grace period. */
static inline void ipc_putref(struct kern_ipc_perm *perm, void (*free)(struct rcu_head *))
{
	if (refcount_dec_and_test(&perm->refcount))
		call_rcu(&perm->rcu, free);
}

/* Whether the caller has the S_I?UGO bits of @flag, by its effective ids: 0 or -EACCES. */
int ipcperms(const struct kern_ipc_perm *perm, int flag);
void ipc_fill_perm64(struct ipc64_perm *out, const struct kern_ipc_perm *perm);
/* IPC_SET's owner and permissions: 0 or -EINVAL. */
int ipc_update_perm(struct kern_ipc_perm *perm, const struct ipc64_perm *in);

/* What *_INFO return: the highest index in use. rwsem held. */
static inline int ipc_max_idx(const struct ipc_ids *ids)
{
	return ids->max_idx < 0 ? 0 : ids->max_idx;
}
static inline time64_t ipc_time(void)
{
	return ktime_get_coarse_real() / NSEC_PER_SEC;
}

/* ---- limits (ipc_sysctl.c) and what they ask of their subsystems ---- */

extern int msg_ctlmax, msg_ctlmnb, msg_ctlmni;
extern int sem_ctls[4];
#define sc_semmsl sem_ctls[0]
#define sc_semmns sem_ctls[1]
#define sc_semopm sem_ctls[2]
#define sc_semmni sem_ctls[3]
extern unsigned long shm_ctlmax, shm_ctlall;
extern int shm_ctlmni, shm_rmid_forced;
/* Removes every segment that nobody has attached. Sleeps. */
void shm_destroy_orphaned(void);

struct seq_file;
/* /proc/sysvipc: one line. The object is locked. */
void msg_show(struct seq_file *m, struct kern_ipc_perm *perm);
void sem_show(struct seq_file *m, struct kern_ipc_perm *perm);
void shm_show(struct seq_file *m, struct kern_ipc_perm *perm);

#endif
