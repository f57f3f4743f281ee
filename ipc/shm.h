/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory: the objects. (l) perm.lock; (i) constant.
 *
 * A segment is a shared memory object of mm/shmem.c, owned by ->file. Each shmat(2) makes a file of
 * its own over the same object, whose private_data is the segment (with a reference) and whose VMAs
 * ->nattch counts. States: in the table; SHM_DEST: marked to be removed, no key, still there
 * because it is attached; destroyed: out of the table, ->file given back (what is still mapped
 * lasts as long as its own file).
 */
#ifndef IPC_SHM_H
#define IPC_SHM_H

#include <fs/fs.h>
#include <mm/shmem.h>
#include <uapi/shm.h>
#include "util.h"

/* perm.mode, where shmctl(2) shows them too */
#define SHM_DEST   01000 /* goes when nobody has it attached */
#define SHM_LOCKED 02000 /* SHM_LOCK */

struct user_struct;

struct shmid_kernel {
	struct kern_ipc_perm perm;
	struct file *file; /* (i) */
	size_t segsz; /* (i) bytes */
	unsigned long nattch; /* (l) VMAs, and calls that are about to attach */
	time64_t atim, dtim, ctim; /* (l) */
	pid_t cprid, lprid; /* (i), (l) */
	pid_t creator; /* (i) the task that made it */
	struct user_struct *mlock_user; /* (l) whom SHM_LOCK is charged to */
};

static inline struct shmid_kernel *shp_of(struct kern_ipc_perm *perm)
{
	return container_of(perm, struct shmid_kernel, perm);
}
static inline unsigned long shm_pages(const struct shmid_kernel *shp)
{
	return PAGE_ALIGN(shp->segsz) >> PAGE_SHIFT;
}

extern unsigned long shm_tot; /* pages of all segments; shm_ids.rwsem */

/* ---- shm.c ---- */

void shm_put(struct shmid_kernel *shp);
/* Takes back an attachment of the unlocked segment, which may destroy it. Sleeps. */
void shm_detach(struct shmid_kernel *shp);

/* ---- shm_ctl.c ---- */

/* Out of the table, its memory let go. rwsem (writing) and its lock held; the lock is given up. */
void shm_destroy(struct shmid_kernel *shp);
/* SHM_UNLOCK. Locked. */
void shm_unlock_memory(struct shmid_kernel *shp);

#endif
