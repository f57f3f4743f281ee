/* SPDX-License-Identifier: MIT */
/* System V shared memory: attaching and detaching, shmop(2). Objects and locks: shm.h. */
#include <fs/file.h>
#include <kernel/sem.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include "shm.h"

struct ipc_ids shm_ids = IPC_IDS_INIT(shm_ids);
int shm_rmid_forced;

static void free_segment(struct rcu_head *head)
{
	kfree(container_of(head, struct shmid_kernel, perm.rcu));
}

void shm_put(struct shmid_kernel *shp)
{
	ipc_putref(&shp->perm, free_segment);
}

/* ---- attachments ----------------------------------------------------------------------------- */

/* Nobody has it and somebody wanted it removed. Locked. */
static bool may_destroy(const struct shmid_kernel *shp)
{
	return !shp->nattch && !shp->perm.deleted &&
	       ((shp->perm.mode & SHM_DEST) || READ_ONCE(shm_rmid_forced));
}

/* Destroys it if it still may be. Sleeps. */
static void destroy_unused(struct shmid_kernel *shp)
{
	down_write(&shm_ids.rwsem);
	ipc_lock_object(&shp->perm);
	if (may_destroy(shp))
		shm_destroy(shp);
	else
		ipc_unlock(&shp->perm);
	up_write(&shm_ids.rwsem);
}

void shm_detach(struct shmid_kernel *shp)
{
	bool destroy;

	ipc_lock_object(&shp->perm);
	shp->nattch--;
	destroy = may_destroy(shp);
	ipc_unlock(&shp->perm);
	if (destroy)
		destroy_unused(shp);
}

static void shm_open(struct vm_area_struct *vma)
{
	struct shmid_kernel *shp = vma->vm_file->private_data;

	ipc_lock_object(&shp->perm);
	shp->nattch++;
	shp->atim = ipc_time();
	shp->lprid = task_tgid_nr(current);
	ipc_unlock(&shp->perm);
}

static void shm_close(struct vm_area_struct *vma)
{
	struct shmid_kernel *shp = vma->vm_file->private_data;

	ipc_lock_object(&shp->perm);
	shp->dtim = ipc_time();
	shp->lprid = task_tgid_nr(current);
	ipc_unlock(&shp->perm);
	shm_detach(shp);
}

static vm_fault_t shm_fault(struct vm_fault *vmf)
{
	return shmem_vm_ops.fault(vmf);
}

static const struct vm_operations_struct shm_vm_ops = {
	.open = shm_open,
	.close = shm_close,
	.fault = shm_fault,
	.map_pages = filemap_map_pages,
};

static int shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = shmem_mmap(file, vma);

	if (err)
		return err;
	vma->vm_ops = &shm_vm_ops;
	shm_open(vma);
	return 0;
}

static int shm_release(struct inode *inode, struct file *file)
{
	shm_put(file->private_data);
	return 0;
}

static const struct file_operations shm_file_operations = {
	.mmap = shm_mmap,
	.release = shm_release,
	.llseek = noop_llseek,
};

/* A file over the segment's memory for one attachment. ERR_PTR. Sleeps. */
static struct file *open_segment(struct shmid_kernel *shp, int flags)
{
	struct file *file = alloc_file_clone(shp->file, flags, &shm_file_operations);

	if (IS_ERR(file))
		return file;
	ipc_getref(&shp->perm);
	file->private_data = shp;
	return file;
}

/* ---- shmat ----------------------------------------------------------------------------------- */

/* What the flags of shmat(2) ask of rights, file and mapping. */
struct attach {
	unsigned long addr, prot, flags;
	int perm, open_flags;
};

/* 0 or -EINVAL. */
static int decode(struct attach *a, unsigned long addr, int flg)
{
	if (addr & (PAGE_SIZE - 1)) {
		if (!(flg & SHM_RND))
			return -EINVAL;
		addr &= ~(PAGE_SIZE - 1);
	}
	if (!addr && (flg & SHM_REMAP))
		return -EINVAL;
	a->addr = addr;
	a->flags = MAP_SHARED | (addr ? MAP_FIXED : 0);
	a->prot = flg & SHM_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE;
	a->perm = flg & SHM_RDONLY ? S_IRUGO : S_IRUGO | S_IWUGO;
	a->open_flags = flg & SHM_RDONLY ? O_RDONLY : O_RDWR;
	if (flg & SHM_EXEC) {
		a->prot |= PROT_EXEC;
		a->perm |= S_IXUGO;
	}
	return 0;
}

/* The segment, with an attachment that shm_detach() takes back; ERR_PTR. */
static struct shmid_kernel *get_segment(int shmid, int perm_flags)
{
	struct kern_ipc_perm *perm = ipc_lock(&shm_ids, shmid);
	int err;

	if (IS_ERR(perm))
		return ERR_CAST(perm);
	err = ipcperms(perm, perm_flags);
	if (!err)
		shp_of(perm)->nattch++;
	ipc_unlock(perm);
	return err ? ERR_PTR(err) : shp_of(perm);
}

static unsigned long map_segment(struct file *file, size_t size, const struct attach *a, bool remap)
{
	struct mm_struct *mm = current->mm;
	unsigned long at, populate = 0;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (a->addr && !remap &&
	    (a->addr + size < a->addr || find_vma_intersection(mm, a->addr, a->addr + size)))
		at = -EINVAL;
	else
		at = do_mmap(mm, file, a->addr, size, a->prot, a->flags, 0, &populate);
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(mm, at, populate, true);
	return at;
}

static unsigned long do_shmat(int shmid, unsigned long addr, int flg)
{
	struct shmid_kernel *shp;
	struct attach a;
	struct file *file;
	unsigned long at;
	int err = decode(&a, addr, flg);

	if (err)
		return err;
	shp = get_segment(shmid, a.perm);
	if (IS_ERR(shp))
		return PTR_ERR(shp);
	file = open_segment(shp, a.open_flags);
	if (IS_ERR(file)) {
		at = PTR_ERR(file);
	} else {
		at = map_segment(file, shp->segsz, &a, flg & SHM_REMAP);
		fput(file);
	}
	shm_detach(shp);
	return at;
}

SYSCALL_DEFINE3(shmat, int, shmid, char __user *, addr, int, flg)
{
	return do_shmat(shmid, (unsigned long)addr, flg);
}

/* ---- shmdt ----------------------------------------------------------------------------------- */

/* Whether @vma is a piece of a segment that was attached at @addr. */
static bool is_piece(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_ops == &shm_vm_ops && vma->vm_start >= addr &&
	       (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff;
}

/* Unmaps what is left of the segment attached at @addr. mmap_lock held for writing. */
static int detach_at(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr), *next;
	unsigned long end = ULONG_MAX;
	struct file *file = NULL;
	int err = -EINVAL;

	for (; vma && vma->vm_start < end; vma = next) {
		next = vma->vm_next;
		if (!is_piece(vma, addr) || (file && vma->vm_file != file))
			continue;
		if (!file) {
			file = vma->vm_file;
			end = addr + PAGE_ALIGN(i_size_read(file_inode(file)));
		}
		err = do_munmap(mm, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	return err;
}

SYSCALL_DEFINE1(shmdt, char __user *, uaddr)
{
	unsigned long addr = (unsigned long)uaddr;
	struct mm_struct *mm = current->mm;
	int err;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = detach_at(mm, addr);
	mmap_write_unlock(mm);
	return err;
}

/* ---- shm_rmid_forced: proc(5) ---------------------------------------------------------------- */

/* Destroys the segments that nobody has attached: all, or those that task @creator made. */
static void destroy_orphaned(pid_t creator)
{
	struct kern_ipc_perm *perm;
	unsigned long idx;

	down_write(&shm_ids.rwsem);
	xa_for_each(&shm_ids.objs, idx, perm) {
		struct shmid_kernel *shp = shp_of(perm);

		ipc_lock_object(perm);
		if (may_destroy(shp) && (!creator || shp->creator == creator))
			shm_destroy(shp);
		else
			ipc_unlock(perm);
	}
	up_write(&shm_ids.rwsem);
}

void shm_destroy_orphaned(void)
{
	destroy_orphaned(0);
}

void exit_shm(struct task_struct *t)
{
	if (unlikely(READ_ONCE(shm_rmid_forced)))
		destroy_orphaned(task_pid_nr(t));
}
