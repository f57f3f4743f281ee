/* SPDX-License-Identifier: MIT */
/*
 * procfs: files of a process that show its memory: maps and its relatives, cmdline, environ, auxv,
 * mem, pagemap, and the link exe.
 *
 * environ, mem and pagemap take the address space at open(2), as what was checked then; the process
 * may exec or exit meanwhile.
 */
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <uapi/auxvec.h>
#include <uapi/fs.h>
#include "internal.h"

/* ---- maps and exe ---------------------------------------------------------------------------- */

static int show_mm(struct seq_file *m, struct task_struct *task,
		   void (*show)(struct seq_file *m, struct mm_struct *mm))
{
	struct mm_struct *mm;

	if (!proc_may_access(task))
		return -EACCES;
	mm = get_task_mm(task);
	if (!mm)
		return 0;
	show(m, mm);
	mmput(mm);
	return 0;
}

int proc_pid_smaps_rollup(struct seq_file *m, struct task_struct *task)
{
	return show_mm(m, task, mm_show_smaps_rollup);
}

static void show_auxv(struct seq_file *m, struct mm_struct *mm)
{
	unsigned int n = 0;

	while (n + 2 < AT_VECTOR_SIZE && mm->saved_auxv[n] != AT_NULL)
		n += 2;
	seq_write(m, mm->saved_auxv, (n + 2) * sizeof(mm->saved_auxv[0]));
}

int proc_pid_auxv(struct seq_file *m, struct task_struct *task)
{
	return show_mm(m, task, show_auxv);
}

int proc_pid_exe(struct task_struct *task, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	struct file *exe;

	if (!mm)
		return -ENOENT;
	exe = get_mm_exe_file(mm);
	mmput(mm);
	if (!exe)
		return -ENOENT;
	*path = exe->f_path;
	path_get(path);
	fput(exe);
	return 0;
}

/* ---- copying out of another address space ---------------------------------------------------- */

/* Bytes [@addr, @addr + @n) of @mm to the user; bytes done (short at a bad page), or -errno. */
static ssize_t copy_mm_to_user(struct mm_struct *mm, unsigned long addr, char __user *buf, size_t n)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t done = 0;
	ssize_t err = 0;

	if (!page)
		return -ENOMEM;
	while (done < n) {
		size_t want = min_t(size_t, n - done, PAGE_SIZE);
		int got = access_remote_vm(mm, addr + done, page, want, FOLL_FORCE);

		if (got <= 0)
			break;
		if (copy_to_user(buf + done, page, got)) {
			err = -EFAULT;
			break;
		}
		done += got;
	}
	kfree(page);
	return done ? (ssize_t)done : err;
}

/* [start, end) of @mm as a file. */
static ssize_t read_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			  char __user *buf, size_t n, loff_t *pos)
{
	ssize_t got;

	if (*pos < 0 || start >= end || (u64)*pos >= end - start)
		return 0;
	got = copy_mm_to_user(mm, start + *pos, buf, min_t(u64, n, end - start - *pos));
	if (got > 0)
		*pos += got;
	return got;
}

/* ---- cmdline --------------------------------------------------------------------------------- */

struct arg_area {
	unsigned long arg_start, arg_end, env_start, env_end;
};

static struct arg_area get_arg_area(struct mm_struct *mm)
{
	struct arg_area a;

	spin_lock(&mm->arg_lock);
	a = (struct arg_area){mm->arg_start, mm->arg_end, mm->env_start, mm->env_end};
	spin_unlock(&mm->arg_lock);
	return a;
}

/*
 * A program that writes a title over its arguments (setproctitle) replaces the last NUL and may run
 * on into the environment: then the text goes to the first NUL behind.
 */
static unsigned long title_end(struct mm_struct *mm, const struct arg_area *a)
{
	unsigned long end = a->arg_end;
	char c;

	if (access_remote_vm(mm, a->arg_end - 1, &c, 1, FOLL_FORCE) != 1 || !c ||
	    a->env_start != a->arg_end)
		return end;
	while (end < a->env_end && access_remote_vm(mm, end, &c, 1, FOLL_FORCE) == 1 && c)
		end++;
	return end;
}

static ssize_t cmdline_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task = proc_task(file_inode(file));
	struct mm_struct *mm;
	struct arg_area a;
	ssize_t ret = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return 0;
	a = get_arg_area(mm);
	if (a.arg_start < a.arg_end)
		ret = read_range(mm, a.arg_start, title_end(mm, &a), buf, n, pos);
	mmput(mm);
	return ret;
}

const struct file_operations proc_cmdline_fops = {
	.read = cmdline_read,
	.llseek = generic_file_llseek,
};

/* ---- files that hold an address space -------------------------------------------------------- */

static int mem_file_open(struct inode *inode, struct file *file)
{
	struct task_struct *task = proc_task(inode);
	int err = -EACCES;

	if (!task)
		return -ESRCH;
	if (proc_may_access(task)) {
		struct mm_struct *mm = get_task_mm(task);

		/* Keeps the struct, not the memory: a reader must not hold up an exit. */
		if (mm) {
			mmgrab(mm);
			mmput(mm);
		}
		file->private_data = mm;
		err = 0;
	}
	put_task_struct(task);
	return err;
}

static int mem_file_release(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = file->private_data;

	if (mm)
		mmdrop(mm);
	return 0;
}

/* The address space while somebody still runs in it; mmput() after use. */
static struct mm_struct *file_mm(struct file *file)
{
	struct mm_struct *mm = file->private_data;

	return mm && mmget_not_zero(mm) ? mm : NULL;
}

/* ---- maps, smaps ----------------------------------------------------------------------------- */

/* False: there is no memory any more. Pairs with maps_unlock(), which sparse cannot see. */
static bool maps_lock(struct mm_struct *mm)
{
	if (!mm || !mmget_not_zero(mm))
		return false;
	mmap_read_lock(mm);
	__release(&mm->mmap_lock);
	return true;
}

static void maps_unlock(struct mm_struct *mm)
{
	__acquire(&mm->mmap_lock);
	mmap_read_unlock(mm);
	mmput(mm);
}

/*
 * One VMA a record, so that reading a part costs that part. Positions of the walk are addresses:
 * what changes between two reads moves nothing else.
 */
static void *maps_start(struct seq_file *m, loff_t *pos)
{
	struct mm_struct *mm = m->private;
	struct vm_area_struct *vma;

	if (!maps_lock(mm))
		return NULL;
	vma = find_vma(mm, *pos);
	if (!vma)
		maps_unlock(mm);
	return vma;
}

static void *maps_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct vm_area_struct *next = ((struct vm_area_struct *)v)->vm_next;

	*pos = ((struct vm_area_struct *)v)->vm_end;
	if (!next)
		maps_unlock(m->private);
	return next;
}

static void maps_stop(struct seq_file *m, void *v)
{
	if (v)
		maps_unlock(m->private);
}

static int maps_show(struct seq_file *m, void *v)
{
	mm_show_map(m, v);
	return 0;
}

static int smaps_show(struct seq_file *m, void *v)
{
	mm_show_smap(m, v);
	return 0;
}

static const struct seq_operations maps_ops = {
	.start = maps_start, .next = maps_next, .stop = maps_stop, .show = maps_show};
static const struct seq_operations smaps_ops = {
	.start = maps_start, .next = maps_next, .stop = maps_stop, .show = smaps_show};

static int open_maps(struct inode *inode, struct file *file, const struct seq_operations *ops)
{
	struct mm_struct *mm;
	int err = mem_file_open(inode, file);

	if (err)
		return err;
	mm = file->private_data;
	file->private_data = NULL;
	err = seq_open(file, ops);
	if (!err)
		((struct seq_file *)file->private_data)->private = mm;
	else if (mm)
		mmdrop(mm);
	return err;
}

static int maps_open(struct inode *inode, struct file *file)
{
	return open_maps(inode, file, &maps_ops);
}

static int smaps_open(struct inode *inode, struct file *file)
{
	return open_maps(inode, file, &smaps_ops);
}

static int maps_release(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = ((struct seq_file *)file->private_data)->private;

	if (mm)
		mmdrop(mm);
	return seq_release(inode, file);
}

const struct file_operations proc_maps_fops = {
	.open = maps_open, .read = seq_read, .llseek = seq_lseek, .release = maps_release};
const struct file_operations proc_smaps_fops = {
	.open = smaps_open, .read = seq_read, .llseek = seq_lseek, .release = maps_release};

/* ---- environ, mem ---------------------------------------------------------------------------- */

static ssize_t environ_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct mm_struct *mm = file_mm(file);
	struct arg_area a;
	ssize_t ret;

	if (!mm)
		return 0;
	a = get_arg_area(mm);
	ret = read_range(mm, a.env_start, a.env_end, buf, n, pos);
	mmput(mm);
	return ret;
}

const struct file_operations proc_environ_fops = {
	.open = mem_file_open,
	.read = environ_read,
	.llseek = generic_file_llseek,
	.release = mem_file_release,
};

static ssize_t mem_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct mm_struct *mm = file_mm(file);
	ssize_t ret;

	if (!mm)
		return 0;
	ret = copy_mm_to_user(mm, *pos, buf, n);
	if (ret > 0)
		*pos += ret;
	mmput(mm);
	return ret || !n ? ret : -EIO;
}

static ssize_t write_mm(struct mm_struct *mm, unsigned long addr, const char __user *buf, size_t n)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t done = 0;
	ssize_t err = -EIO;

	if (!page)
		return -ENOMEM;
	while (done < n) {
		size_t want = min_t(size_t, n - done, PAGE_SIZE);
		int put;

		if (copy_from_user(page, buf + done, want)) {
			err = -EFAULT;
			break;
		}
		put = access_remote_vm(mm, addr + done, page, want, FOLL_FORCE | FOLL_WRITE);
		if (put <= 0)
			break;
		done += put;
	}
	kfree(page);
	return done ? (ssize_t)done : err;
}

static ssize_t mem_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct mm_struct *mm = file_mm(file);
	ssize_t ret;

	if (!mm || !n)
		return 0;
	ret = write_mm(mm, *pos, buf, n);
	if (ret > 0)
		*pos += ret;
	mmput(mm);
	return ret;
}

/* Positions are addresses: any value. */
static loff_t mem_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

const struct file_operations proc_mem_fops = {
	.open = mem_file_open,
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
	.release = mem_file_release,
};

#define PAGEMAP_BATCH 64u

/* Entry n, 8 bytes, is of the page at n * PAGE_SIZE. */
static ssize_t pagemap_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct mm_struct *mm = file_mm(file);
	u64 entries[PAGEMAP_BATCH];
	size_t done = 0;
	ssize_t err = 0;

	if (!mm)
		return 0;
	if ((*pos | n) % sizeof(u64))
		err = -EINVAL;
	while (!err && done < n) {
		unsigned long page = (*pos + done) / sizeof(u64);
		unsigned int count = min_t(size_t, (n - done) / sizeof(u64), PAGEMAP_BATCH);
		int got = page < (mm->task_size >> PAGE_SHIFT) ?
				  mm_pagemap(mm, page << PAGE_SHIFT, entries, count) :
				  0;

		if (got <= 0) {
			err = got;
			break;
		}
		if (copy_to_user(buf + done, entries, got * sizeof(u64)))
			err = -EFAULT;
		else
			done += got * sizeof(u64);
	}
	mmput(mm);
	*pos += done;
	return done ? (ssize_t)done : err;
}

const struct file_operations proc_pagemap_fops = {
	.open = mem_file_open,
	.read = pagemap_read,
	.llseek = mem_llseek,
	.release = mem_file_release,
};
