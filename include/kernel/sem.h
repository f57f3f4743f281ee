/* SPDX-License-Identifier: MIT */
/* What the beginning and end of tasks mean to System V objects (ipc/sem_undo.c, ipc/shm.c). */
#ifndef KERNEL_SEM_H
#define KERNEL_SEM_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/sched.h>

#if IS_ENABLED(CONFIG_SYSVIPC)
/* fork: @t shares current's undo list (CLONE_SYSVSEM) or starts without. 0 or -ENOMEM. Sleeps. */
int copy_semundo(u64 clone_flags, struct task_struct *t);
/* @t, which is current or never ran, leaves its list; the last one undoes. Sleeps. */
void exit_sem(struct task_struct *t);
/* @t ends: where shm_rmid_forced is set, so do its unused segments (ipc/shm.c). Sleeps. */
void exit_shm(struct task_struct *t);
#else
static inline int copy_semundo(u64 clone_flags, struct task_struct *t)
{
	return 0;
}
static inline void exit_sem(struct task_struct *t)
{
}
static inline void exit_shm(struct task_struct *t)
{
}
#endif

#endif
