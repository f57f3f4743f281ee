/* SPDX-License-Identifier: MIT */
/* System V semaphores: semget(2) and semctl(2). */
#include <fs/seq_file.h>
#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "sem.h"

int sem_used;

/* ---- get ------------------------------------------------------------------------------------- */

static struct sem_array *alloc_array(const struct ipc_params *params)
{
	struct sem_array *sma =
		kvzalloc(sizeof(*sma) + params->nsems * sizeof(sma->sems[0]), GFP_KERNEL);

	if (!sma)
		return NULL;
	ipc_init_perm(&sma->perm, params);
	sma->nsems = params->nsems;
	sma->ctime = ipc_time();
	INIT_LIST_HEAD(&sma->complex);
	INIT_LIST_HEAD(&sma->undos);
	for (int i = 0; i < sma->nsems; i++) {
		INIT_LIST_HEAD(&sma->sems[i].zero);
		INIT_LIST_HEAD(&sma->sems[i].more);
	}
	return sma;
}

static int new_array(const struct ipc_params *params)
{
	struct sem_array *sma;
	int id;

	if (!params->nsems)
		return -EINVAL;
	if (params->nsems > READ_ONCE(sc_semmns) - sem_used)
		return -ENOSPC;
	sma = alloc_array(params);
	if (!sma)
		return -ENOMEM;
	id = ipc_addid(&sem_ids, &sma->perm, READ_ONCE(sc_semmni));
	if (id < 0)
		kvfree(sma);
	else
		sem_used += params->nsems;
	return id;
}

static int check_nsems(struct kern_ipc_perm *perm, const struct ipc_params *params)
{
	return params->nsems > sma_of(perm)->nsems ? -EINVAL : 0;
}

SYSCALL_DEFINE3(semget, key_t, key, int, nsems, int, flg)
{
	static const struct ipc_ops ops = {.getnew = new_array, .more_checks = check_nsems};
	struct ipc_params params = {.key = key, .flg = flg, .nsems = nsems};

	if (nsems < 0 || nsems > READ_ONCE(sc_semmsl))
		return -EINVAL;
	return ipcget(&sem_ids, &ops, &params);
}

/* ---- the set --------------------------------------------------------------------------------- */

static void remove_array(struct sem_array *sma)
{
	ipc_rmid(&sem_ids, &sma->perm);
	sem_used -= sma->nsems;
	sem_wake_all(sma, -EIDRM);
	sem_free_undos(sma);
	ipc_unlock(&sma->perm);
	sem_put_array(sma);
}

static long semctl_set(int semid, const struct semid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct semid64_ds in;
	int err;

	if (copy_from_user(&in, ubuf, sizeof(in)))
		return -EFAULT;
	down_write(&sem_ids.rwsem);
	perm = ipc_lock_owned(&sem_ids, semid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err) {
		err = ipc_update_perm(perm, &in.sem_perm);
		if (!err)
			sma_of(perm)->ctime = ipc_time();
		ipc_unlock(perm);
	}
	up_write(&sem_ids.rwsem);
	return err;
}

static long semctl_rmid(int semid)
{
	struct kern_ipc_perm *perm;
	int err;

	down_write(&sem_ids.rwsem);
	perm = ipc_lock_owned(&sem_ids, semid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err)
		remove_array(sma_of(perm));
	up_write(&sem_ids.rwsem);
	return err;
}

/* IPC_STAT of an id: 0; SEM_STAT of an index: the id. */
static long semctl_stat(int semid, int cmd, struct semid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct semid64_ds out;
	long ret;

	perm = cmd == IPC_STAT ? ipc_lock(&sem_ids, semid) : ipc_lock_index(&sem_ids, semid);
	if (IS_ERR(perm))
		return PTR_ERR(perm);
	ret = cmd == SEM_STAT_ANY ? 0 : ipcperms(perm, S_IRUGO);
	if (!ret) {
		memset(&out, 0, sizeof(out));
		ipc_fill_perm64(&out.sem_perm, perm);
		out.sem_otime = sma_of(perm)->otime;
		out.sem_ctime = sma_of(perm)->ctime;
		out.sem_nsems = sma_of(perm)->nsems;
		ret = cmd == IPC_STAT ? 0 : perm->id;
	}
	ipc_unlock(perm);
	if (ret >= 0 && copy_to_user(ubuf, &out, sizeof(out)))
		ret = -EFAULT;
	return ret;
}

static long semctl_info(int cmd, struct seminfo __user *uinfo)
{
	struct seminfo info = {
		.semmni = READ_ONCE(sc_semmni),
		.semmns = READ_ONCE(sc_semmns),
		.semmsl = READ_ONCE(sc_semmsl),
		.semopm = READ_ONCE(sc_semopm),
		.semvmx = SEMVMX,
		.semmnu = SEMMNU,
		.semmap = SEMMAP,
		.semume = SEMUME,
		.semusz = SEMUSZ,
		.semaem = SEMAEM,
	};
	int max_idx;

	down_read(&sem_ids.rwsem);
	if (cmd == SEM_INFO) {
		info.semusz = sem_ids.in_use;
		info.semaem = sem_used;
	}
	max_idx = ipc_max_idx(&sem_ids);
	up_read(&sem_ids.rwsem);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : max_idx;
}

/* ---- values ---------------------------------------------------------------------------------- */

static long get_one(struct sem_array *sma, int num, int cmd)
{
	switch (cmd) {
	case GETVAL:
		return sma->sems[num].val;
	case GETPID:
		return sma->sems[num].pid;
	default:
		return sem_count_waiters(sma, num, cmd == GETZCNT);
	}
}

static void set_one(struct sem_array *sma, int num, int val)
{
	sma->sems[num].val = val;
	sma->sems[num].pid = task_tgid_nr(current);
	sma->ctime = ipc_time();
	sem_forget_undo(sma, num);
	sem_changed(sma, num);
}

/* GETVAL, GETPID, GETNCNT, GETZCNT, SETVAL. */
static long semctl_one(int semid, int num, int cmd, int val)
{
	struct kern_ipc_perm *perm;
	long ret;

	if (cmd == SETVAL && (val < 0 || val > SEMVMX))
		return -ERANGE;
	perm = ipc_lock(&sem_ids, semid);
	if (IS_ERR(perm))
		return PTR_ERR(perm);
	ret = ipcperms(perm, cmd == SETVAL ? S_IWUGO : S_IRUGO);
	if (!ret && (num < 0 || num >= sma_of(perm)->nsems))
		ret = -EINVAL;
	if (!ret && cmd == SETVAL)
		set_one(sma_of(perm), num, val);
	else if (!ret)
		ret = get_one(sma_of(perm), num, cmd);
	ipc_unlock(perm);
	return ret;
}

/* The set, locked, which the caller may use by @flag; or ERR_PTR. */
static struct sem_array *lock_permitted(int semid, int flag)
{
	struct kern_ipc_perm *perm = ipc_lock(&sem_ids, semid);
	int err;

	if (IS_ERR(perm))
		return ERR_CAST(perm);
	err = ipcperms(perm, flag);
	if (!err)
		return sma_of(perm);
	ipc_unlock(perm);
	return ERR_PTR(err);
}

/* How many semaphores the set has, when the caller may use it by @flag. */
static int permitted_nsems(int semid, int flag)
{
	struct sem_array *sma = lock_permitted(semid, flag);
	int nsems;

	if (IS_ERR(sma))
		return PTR_ERR(sma);
	nsems = sma->nsems;
	ipc_unlock(&sma->perm);
	return nsems;
}

static int get_values(int semid, unsigned short *vals)
{
	struct sem_array *sma = lock_permitted(semid, S_IRUGO);

	if (IS_ERR(sma))
		return PTR_ERR(sma);
	for (int i = 0; i < sma->nsems; i++)
		vals[i] = sma->sems[i].val;
	ipc_unlock(&sma->perm);
	return 0;
}

static int set_values(int semid, const unsigned short *vals)
{
	struct sem_array *sma = lock_permitted(semid, S_IWUGO);

	if (IS_ERR(sma))
		return PTR_ERR(sma);
	for (int i = 0; i < sma->nsems; i++) {
		sma->sems[i].val = vals[i];
		sma->sems[i].pid = task_tgid_nr(current);
	}
	sma->ctime = ipc_time();
	sem_forget_undo(sma, -1);
	for (int i = 0; i < sma->nsems; i++)
		sem_changed(sma, i);
	ipc_unlock(&sma->perm);
	return 0;
}

static int load_values(unsigned short *vals, const unsigned short __user *uvals, int n)
{
	if (copy_from_user(vals, uvals, n * sizeof(*vals)))
		return -EFAULT;
	for (int i = 0; i < n; i++)
		if (vals[i] > SEMVMX)
			return -ERANGE;
	return 0;
}

/* GETALL, SETALL. A set keeps its size, and an id is not soon another's. */
static long semctl_all(int semid, int cmd, unsigned short __user *uvals)
{
	int n = permitted_nsems(semid, cmd == SETALL ? S_IWUGO : S_IRUGO), err;
	unsigned short *vals;

	if (n < 0)
		return n;
	vals = kvmalloc_array(n, sizeof(*vals), GFP_KERNEL);
	if (!vals)
		return -ENOMEM;
	if (cmd == SETALL) {
		err = load_values(vals, uvals, n);
		if (!err)
			err = set_values(semid, vals);
	} else {
		err = get_values(semid, vals);
		if (!err && copy_to_user(uvals, vals, n * sizeof(*vals)))
			err = -EFAULT;
	}
	kvfree(vals);
	return err;
}

SYSCALL_DEFINE4(semctl, int, semid, int, num, int, cmd, unsigned long, arg)
{
	void __user *p = (void __user *)arg;

	if (semid < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return semctl_info(cmd, p);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return semctl_stat(semid, cmd, p);
	case GETALL:
	case SETALL:
		return semctl_all(semid, cmd, p);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case SETVAL:
		return semctl_one(semid, num, cmd, (int)arg);
	case IPC_SET:
		return semctl_set(semid, p);
	case IPC_RMID:
		return semctl_rmid(semid);
	default:
		return -EINVAL;
	}
}

void sem_show(struct seq_file *m, struct kern_ipc_perm *perm)
{
	const struct sem_array *sma = sma_of(perm);

	seq_printf(m, "%10d %10d  %4o %10u %5u %5u %5u %5u %10llu %10llu\n", perm->key, perm->id,
		   perm->mode, sma->nsems, perm->uid, perm->gid, perm->cuid, perm->cgid,
		   (unsigned long long)sma->otime, (unsigned long long)sma->ctime);
}
