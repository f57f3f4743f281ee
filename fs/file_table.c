/* SPDX-License-Identifier: MIT */
/*
 * struct file: made, counted, released.
 *
 * The memory is type-stable (SLAB_TYPESAFE_BY_RCU): a reader that found a file in a descriptor slot
 * may take a reference with inc-not-zero, but must look at the slot again, for the object may have
 * become another file. Locks inside are initialised once, by the constructor, and are free whenever
 * the object is.
 */
#include <lib/err.h>
#include <kernel/preempt.h>
#include <kernel/workqueue.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <fs/poll.h>
#include <fs/eventpoll.h>
#include <uapi/capability.h>
#include "internal.h"

static struct kmem_cache *filp_cache __ro_after_init;
static atomic_long_t nr_files;
static long max_files __ro_after_init = 8192;

static void file_ctor(void *p)
{
	struct file *file = p;

	memset(file, 0, sizeof(*file));
	mutex_init(&file->f_pos_lock);
	spin_lock_init(&file->f_lock);
}

long get_nr_files(void)
{
	return atomic_long_read(&nr_files);
}

long get_max_files(void)
{
	return max_files;
}

struct file *alloc_empty_file(unsigned int flags)
{
	struct file *file;

	if (unlikely(atomic_long_read(&nr_files) >= max_files) && !capable(CAP_SYS_ADMIN)) {
		pr_warn_ratelimited("file-max limit %ld reached\n", max_files);
		return ERR_PTR(-ENFILE);
	}
	file = kmem_cache_alloc(filp_cache, GFP_KERNEL);
	if (unlikely(!file))
		return ERR_PTR(-ENOMEM);
	atomic_long_inc(&nr_files);
	file->f_mode = OPEN_FMODE(flags);
	file->f_flags = flags;
	file->f_op = NULL;
	file->f_inode = NULL;
	file->f_path.mnt = NULL;
	file->f_path.dentry = NULL;
	file->f_mapping = NULL;
	file->f_pos = 0;
	file->private_data = NULL;
	file->f_cred = get_cred(current_cred());
	file->f_owner = NULL;
	file->f_ep = NULL;
	file->f_ra_prev = 0;
	file->f_ra_size = 0;
	file->f_wb_err = 0;
	/*
	 * Release: who takes a reference through a stale slot sees an empty file, not the old one.
	 */
	atomic_store_explicit(&file->f_count, 1, memory_order_release);
	return file;
}

void file_free(struct file *file)
{
	put_cred(file->f_cred);
	atomic_long_dec(&nr_files);
	kmem_cache_free(filp_cache, file);
}

/* Gives back what writing had claimed: see do_dentry_open(). */
static void file_put_write(struct file *file, struct inode *inode)
{
	put_write_access(inode);
	mnt_drop_write(file->f_path.mnt);
}

static void __fput(struct file *file)
{
	struct path path = file->f_path;
	struct inode *inode = file->f_inode;

	if (likely(file->f_mode & FMODE_OPENED)) {
		fsnotify_file(file, file->f_mode & FMODE_WRITE ? FS_CLOSE_WRITE : FS_CLOSE_NOWRITE);
		if (IS_ENABLED(CONFIG_EPOLL) && unlikely(file->f_ep))
			eventpoll_release(file);
		if (unlikely(inode->i_flctx))
			locks_remove_file(file);
		if (unlikely(file->f_flags & FASYNC) && file->f_op->fasync)
			file->f_op->fasync(-1, file, 0);
		if (file->f_op->release)
			file->f_op->release(inode, file);
		if (unlikely(file->f_owner))
			fown_release(file);
		if (file->f_mode & FMODE_WRITER)
			file_put_write(file, inode);
	}
	if (path.dentry) {
		dput(path.dentry);
		mntput(path.mnt);
	}
	file_free(file);
}

/* ---- deferred release ------------------------------------------------------------------------ */

static void fput_work_fn(struct callback_head *work)
{
	__fput(container_of(work, struct file, f_work));
}

static struct callback_head *dead_head; /* lock-free stack */
static void fput_dead_files(struct work_struct *work);
static DECLARE_WORK(dead_files_work, fput_dead_files);

static void fput_dead_files(struct work_struct *work)
{
	struct callback_head *w = xchg(&dead_head, NULL), *next;

	for (; w; w = next) {
		next = w->next;
		__fput(container_of(w, struct file, f_work));
	}
}

/*
 * Nothing below may be assumed of the context: the task may hold mmap_lock, or be no task at all.
 */
static void fput_later(struct file *file)
{
	struct callback_head *old;

	file->f_work.func = fput_work_fn;
	if (likely(!in_interrupt() && !current_is_kthread()) &&
	    !task_work_add(current, &file->f_work, false))
		return;
	old = READ_ONCE(dead_head);
	do {
		file->f_work.next = old;
	} while (!try_cmpxchg(&dead_head, &old, &file->f_work));
	schedule_work(&dead_files_work);
}

void fput(struct file *file)
{
	if (atomic_fetch_sub_explicit(&file->f_count, 1, memory_order_acq_rel) == 1)
		fput_later(file);
}

void fput_sync(struct file *file)
{
	if (atomic_fetch_sub_explicit(&file->f_count, 1, memory_order_acq_rel) == 1)
		__fput(file);
}

/* ---- files over inodes that no path leads to ------------------------------------------------- */

static void file_attach(struct file *file, const struct path *path,
			const struct file_operations *fops)
{
	struct inode *inode = path->dentry->d_inode;

	file->f_path = *path;
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	file->f_op = fops;
	file->f_mode |= FMODE_OPENED | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if (inode->i_flags & S_STREAM)
		file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	if ((file->f_mode & FMODE_READ) && (fops->read || fops->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if ((file->f_mode & FMODE_WRITE) && (fops->write || fops->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       unsigned int flags, const struct file_operations *fops)
{
	struct path path = {.mnt = mnt, .dentry = d_alloc_pseudo(mnt->mnt_sb, name)};
	struct file *file;

	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	file = alloc_empty_file(flags);
	if (IS_ERR(file)) {
		dput(path.dentry);
		return file;
	}
	d_set_inode_pseudo(path.dentry, inode);
	mntget(mnt);
	file_attach(file, &path, fops);
	return file;
}

struct file *alloc_file_clone(struct file *base, unsigned int flags,
			      const struct file_operations *fops)
{
	struct file *file = alloc_empty_file(flags);

	if (IS_ERR(file))
		return file;
	path_get(&base->f_path);
	file_attach(file, &base->f_path, fops);
	return file;
}

void file_table_init(void)
{
	filp_cache = kmem_cache_create("filp", sizeof(struct file), 8,
				       SLAB_PANIC | SLAB_TYPESAFE_BY_RCU, file_ctor);
	/* A tenth of memory at 1 KiB a file with its dentry and inode. */
	max_files = max_t(long, max_files, (long)(totalram_pages * (PAGE_SIZE / 1024) / 10));
}
