/* SPDX-License-Identifier: MIT */
/* System V shared memory: shmget(2) and shmctl(2). */
#include <fs/seq_file.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/user.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/capability.h>
#include "shm.h"

unsigned long shm_ctlmax = SHMMAX, shm_ctlall = SHMALL;
int shm_ctlmni = SHMMNI;
unsigned long shm_tot;

/* ---- get ------------------------------------------------------------------------------------- */

/* The memory of a segment, counted as committed unless SHM_NORESERVE. ERR_PTR. */
static struct file *make_memory(const struct ipc_params *params, unsigned long pages)
{
	bool reserve =
		!(params->flg & SHM_NORESERVE) || sysctl_overcommit_memory == OVERCOMMIT_NEVER;
	struct file *file;
	char name[16];

	snprintf(name, sizeof(name), "SYSV%08x", params->key);
	if (reserve && vm_enough_memory(current->mm, pages))
		return ERR_PTR(-ENOMEM);
	file = shmem_file_setup(name, params->size, reserve ? 0 : VM_NORESERVE);
	if (IS_ERR(file)) {
		if (reserve)
			vm_unacct_memory(pages);
		return file;
	}
	if (reserve)
		shmem_of(file->f_mapping)->accounted = pages; /* goes with the memory */
	return file;
}

static int new_segment(const struct ipc_params *params)
{
	unsigned long pages = PAGE_ALIGN(params->size) >> PAGE_SHIFT;
	struct shmid_kernel *shp;
	int id;

	if (params->size < SHMMIN || params->size > READ_ONCE(shm_ctlmax))
		return -EINVAL;
	if (pages << PAGE_SHIFT < params->size || shm_tot + pages < shm_tot ||
	    shm_tot + pages > READ_ONCE(shm_ctlall))
		return -ENOSPC;
	if (params->flg & SHM_HUGETLB)
		return -ENOENT; /* there is no size of huge pages */
	shp = kzalloc(sizeof(*shp), GFP_KERNEL);
	if (!shp)
		return -ENOMEM;
	ipc_init_perm(&shp->perm, params);
	shp->file = make_memory(params, pages);
	if (IS_ERR(shp->file)) {
		id = PTR_ERR(shp->file);
		goto out_free;
	}
	shp->segsz = params->size;
	shp->ctim = ipc_time();
	shp->cprid = task_tgid_nr(current);
	shp->creator = task_pid_nr(current);
	id = ipc_addid(&shm_ids, &shp->perm, READ_ONCE(shm_ctlmni));
	if (id < 0)
		goto out_file;
	file_inode(shp->file)->i_ino = id; /* as /proc/PID/maps shows it */
	shm_tot += pages;
	return id;
out_file:
	fput(shp->file);
out_free:
	kfree(shp);
	return id;
}

static int check_size(struct kern_ipc_perm *perm, const struct ipc_params *params)
{
	return params->size > shp_of(perm)->segsz ? -EINVAL : 0;
}

SYSCALL_DEFINE3(shmget, key_t, key, size_t, size, int, flg)
{
	static const struct ipc_ops ops = {.getnew = new_segment, .more_checks = check_size};
	struct ipc_params params = {.key = key, .flg = flg, .size = size};

	return ipcget(&shm_ids, &ops, &params);
}

/* ---- removal --------------------------------------------------------------------------------- */

void shm_destroy(struct shmid_kernel *shp)
{
	ipc_rmid(&shm_ids, &shp->perm);
	shm_unlock_memory(shp);
	shm_tot -= shm_pages(shp);
	ipc_unlock(&shp->perm);
	fput(shp->file);
	shm_put(shp);
}

static long shmctl_rmid(int shmid)
{
	struct kern_ipc_perm *perm;
	int err;

	down_write(&shm_ids.rwsem);
	perm = ipc_lock_owned(&shm_ids, shmid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err && shp_of(perm)->nattch) {
		perm->mode |= SHM_DEST;
		ipc_set_key_private(&shm_ids, perm);
		ipc_unlock(perm);
	} else if (!err) {
		shm_destroy(shp_of(perm));
	}
	up_write(&shm_ids.rwsem);
	return err;
}

static long shmctl_set(int shmid, const struct shmid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct shmid64_ds in;
	int err;

	if (copy_from_user(&in, ubuf, sizeof(in)))
		return -EFAULT;
	down_write(&shm_ids.rwsem);
	perm = ipc_lock_owned(&shm_ids, shmid);
	err = PTR_ERR_OR_ZERO(perm);
	if (!err) {
		err = ipc_update_perm(perm, &in.shm_perm);
		if (!err)
			shp_of(perm)->ctim = ipc_time();
		ipc_unlock(perm);
	}
	up_write(&shm_ids.rwsem);
	return err;
}

/* ---- SHM_LOCK -------------------------------------------------------------------------------- */

/* The pages of the segment do not leave for swap, at its owner's cost: 0 or -ENOMEM. Locked. */
static int lock_memory(struct shmid_kernel *shp)
{
	struct user_struct *user = current_user();
	unsigned long pages = shm_pages(shp);
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (shp->mlock_user)
		return 0;
	if ((u64)atomic_long_add_return(pages, &user->locked_vm) > limit &&
	    rlimit(RLIMIT_MEMLOCK) != RLIM_INFINITY && !capable(CAP_IPC_LOCK)) {
		atomic_long_sub(pages, &user->locked_vm);
		return -ENOMEM;
	}
	shp->mlock_user = get_uid(user);
	shp->perm.mode |= SHM_LOCKED;
	shmem_lock_pages(shmem_of(shp->file->f_mapping), true);
	return 0;
}

void shm_unlock_memory(struct shmid_kernel *shp)
{
	if (!shp->mlock_user)
		return;
	atomic_long_sub(shm_pages(shp), &shp->mlock_user->locked_vm);
	free_uid(shp->mlock_user);
	shp->mlock_user = NULL;
	shp->perm.mode &= ~SHM_LOCKED;
	shmem_lock_pages(shmem_of(shp->file->f_mapping), false);
}

static int may_lock(const struct kern_ipc_perm *perm, int cmd)
{
	if (capable(CAP_IPC_LOCK))
		return 0;
	if (current_euid() != perm->uid && current_euid() != perm->cuid)
		return -EPERM;
	return cmd == SHM_LOCK && !rlimit(RLIMIT_MEMLOCK) ? -EPERM : 0;
}

static long shmctl_lock(int shmid, int cmd)
{
	struct kern_ipc_perm *perm = ipc_lock(&shm_ids, shmid);
	int err;

	if (IS_ERR(perm))
		return PTR_ERR(perm);
	err = may_lock(perm, cmd);
	if (!err && cmd == SHM_LOCK)
		err = lock_memory(shp_of(perm));
	else if (!err)
		shm_unlock_memory(shp_of(perm));
	ipc_unlock(perm);
	return err;
}

/* ---- information ----------------------------------------------------------------------------- */

static unsigned long segment_rss(const struct shmid_kernel *shp)
{
	return shmem_pages(shmem_of(shp->file->f_mapping));
}

static void fill_stat(struct shmid64_ds *out, const struct shmid_kernel *shp)
{
	memset(out, 0, sizeof(*out));
	ipc_fill_perm64(&out->shm_perm, &shp->perm);
	out->shm_segsz = shp->segsz;
	out->shm_atime = shp->atim;
	out->shm_dtime = shp->dtim;
	out->shm_ctime = shp->ctim;
	out->shm_cpid = shp->cprid;
	out->shm_lpid = shp->lprid;
	out->shm_nattch = shp->nattch;
}

/* IPC_STAT of an id: 0; SHM_STAT of an index: the id. */
static long shmctl_stat(int shmid, int cmd, struct shmid64_ds __user *ubuf)
{
	struct kern_ipc_perm *perm;
	struct shmid64_ds out;
	long ret;

	perm = cmd == IPC_STAT ? ipc_lock(&shm_ids, shmid) : ipc_lock_index(&shm_ids, shmid);
	if (IS_ERR(perm))
		return PTR_ERR(perm);
	ret = cmd == SHM_STAT_ANY ? 0 : ipcperms(perm, S_IRUGO);
	if (!ret) {
		fill_stat(&out, shp_of(perm));
		ret = cmd == IPC_STAT ? 0 : perm->id;
	}
	ipc_unlock(perm);
	if (ret >= 0 && copy_to_user(ubuf, &out, sizeof(out)))
		ret = -EFAULT;
	return ret;
}

static long shmctl_ipc_info(struct shminfo64 __user *uinfo)
{
	struct shminfo64 info = {
		.shmmax = READ_ONCE(shm_ctlmax),
		.shmmin = SHMMIN,
		.shmmni = READ_ONCE(shm_ctlmni),
		.shmseg = READ_ONCE(shm_ctlmni),
		.shmall = READ_ONCE(shm_ctlall),
	};
	int max_idx;

	down_read(&shm_ids.rwsem);
	max_idx = ipc_max_idx(&shm_ids);
	up_read(&shm_ids.rwsem);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : max_idx;
}

static long shmctl_shm_info(struct shm_info __user *uinfo)
{
	struct kern_ipc_perm *perm;
	struct shm_info info;
	unsigned long idx;
	int max_idx;

	memset(&info, 0, sizeof(info));
	down_read(&shm_ids.rwsem);
	info.used_ids = shm_ids.in_use;
	info.shm_tot = shm_tot;
	xa_for_each(&shm_ids.objs, idx, perm)
		info.shm_rss += segment_rss(shp_of(perm));
	max_idx = ipc_max_idx(&shm_ids);
	up_read(&shm_ids.rwsem);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : max_idx;
}

SYSCALL_DEFINE3(shmctl, int, shmid, int, cmd, void __user *, buf)
{
	if (shmid < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return shmctl_ipc_info(buf);
	case SHM_INFO:
		return shmctl_shm_info(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shmctl_stat(shmid, cmd, buf);
	case IPC_SET:
		return shmctl_set(shmid, buf);
	case IPC_RMID:
		return shmctl_rmid(shmid);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shmctl_lock(shmid, cmd);
	default:
		return -EINVAL;
	}
}

void shm_show(struct seq_file *m, struct kern_ipc_perm *perm)
{
	const struct shmid_kernel *s = shp_of(perm);

	seq_printf(m,
		   "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10llu %10llu %10llu"
		   " %21lu %21lu\n",
		   perm->key, perm->id, perm->mode, s->segsz, s->cprid, s->lprid, s->nattch,
		   perm->uid, perm->gid, perm->cuid, perm->cgid, (unsigned long long)s->atim,
		   (unsigned long long)s->dtim, (unsigned long long)s->ctim,
		   segment_rss(s) << PAGE_SHIFT, 0ul);
}
