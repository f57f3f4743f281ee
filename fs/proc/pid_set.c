/* SPDX-License-Identifier: MIT */
/*
 * procfs: files of a process that can be written: comm, oom_score_adj and its forerunner oom_adj.
 * proc(5).
 */
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <uapi/oom.h>
#include <mm/mm.h>
#include "internal.h"

/*
 * At most @size - 1 bytes of what was written, as a string without white space around. Its start,
 * or ERR_PTR.
 */
static char *get_text(char *text, size_t size, const char __user *buf, size_t n)
{
	n = min(n, size - 1);
	if (copy_from_user(text, buf, n))
		return ERR_PTR(-EFAULT);
	text[n] = '\0';
	return strim(text);
}

/* ---- comm ------------------------------------------------------------------------------------ */

static ssize_t comm_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task = proc_task(file_inode(file));
	char comm[TASK_COMM_LEN + 1];
	size_t len;

	if (!task)
		return -ESRCH;
	get_task_comm(comm, task);
	put_task_struct(task);
	len = strlen(comm);
	comm[len++] = '\n';
	return simple_read_from_buffer(buf, n, pos, comm, len);
}

static ssize_t comm_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task;
	char comm[TASK_COMM_LEN];
	size_t len = min(n, sizeof(comm) - 1);

	memset(comm, 0, sizeof(comm));
	if (copy_from_user(comm, buf, len))
		return -EFAULT;
	comm[strcspn(comm, "\n")] = '\0';
	task = proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	if (same_thread_group(task, current)) {
		set_task_comm(task, comm);
		len = n;
	} else {
		n = -EINVAL;
	}
	put_task_struct(task);
	return n;
}

const struct file_operations proc_comm_fops = {
	.read = comm_read,
	.write = comm_write,
	.llseek = generic_file_llseek,
};

/* ---- oom_score_adj, oom_adj ------------------------------------------------------------------ */

static ssize_t show_number(char __user *buf, size_t n, loff_t *pos, int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", value);

	return simple_read_from_buffer(buf, n, pos, text, len);
}

/* 0, -ESRCH when the task has died. */
static int get_adj(struct file *file, int *adj)
{
	struct task_struct *task = proc_task(file_inode(file));

	if (!task)
		return -ESRCH;
	*adj = READ_ONCE(task->signal->oom_score_adj);
	put_task_struct(task);
	return 0;
}

/* Lowering it below what a privileged process set before takes CAP_SYS_RESOURCE. */
static int set_adj(struct file *file, int adj)
{
	struct task_struct *task = proc_task(file_inode(file));
	bool may = capable(CAP_SYS_RESOURCE);
	unsigned long flags;
	int err = -ESRCH;

	if (!task)
		return err;
	if (lock_task_sighand(task, &flags)) {
		err = may || adj >= task->signal->oom_score_adj_min ? 0 : -EACCES;
		if (!err)
			task->signal->oom_score_adj = adj;
		if (!err && may)
			task->signal->oom_score_adj_min = adj;
		unlock_task_sighand(task, &flags);
	}
	put_task_struct(task);
	return err;
}

static int get_number(const char __user *buf, size_t n, int min_value, int max_value, int *value)
{
	char text[16], *p = get_text(text, sizeof(text), buf, n);
	int err;

	if (IS_ERR(p))
		return PTR_ERR(p);
	err = kstrtoint(p, 0, value);
	if (err)
		return err;
	return *value < min_value || *value > max_value ? -EINVAL : 0;
}

static ssize_t score_adj_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	int adj, err = get_adj(file, &adj);

	return err ? err : show_number(buf, n, pos, adj);
}

static ssize_t score_adj_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	int adj, err = get_number(buf, n, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX, &adj);

	if (!err)
		err = set_adj(file, adj);
	return err ? err : (ssize_t)n;
}

const struct file_operations proc_oom_score_adj_fops = {
	.read = score_adj_read,
	.write = score_adj_write,
	.llseek = generic_file_llseek,
};

/* oom_adj runs from -17 (never) to 15; the other from -1000 to 1000. */
static ssize_t oom_adj_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	int adj, err = get_adj(file, &adj);

	if (err)
		return err;
	if (adj == OOM_SCORE_ADJ_MAX)
		return show_number(buf, n, pos, OOM_ADJUST_MAX);
	return show_number(buf, n, pos, adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX);
}

static ssize_t oom_adj_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	int adj, err = get_number(buf, n, OOM_DISABLE, OOM_ADJUST_MAX, &adj);

	if (err)
		return err;
	adj = adj == OOM_ADJUST_MAX ? OOM_SCORE_ADJ_MAX : adj * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	err = set_adj(file, adj);
	return err ? err : (ssize_t)n;
}

const struct file_operations proc_oom_adj_fops = {
	.read = oom_adj_read,
	.write = oom_adj_write,
	.llseek = generic_file_llseek,
};

/* ---- coredump_filter ------------------------------------------------------------------------- */

static ssize_t filter_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task = proc_task(file_inode(file));
	struct mm_struct *mm;
	char text[16];
	int len = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	if (mm) {
		len = snprintf(text, sizeof(text), "%08lx\n", mm_dump_filter(mm));
		mmput(mm);
	}
	put_task_struct(task);
	return simple_read_from_buffer(buf, n, pos, text, len);
}

static void set_dump_filter(struct mm_struct *mm, unsigned long filter)
{
	unsigned long old = READ_ONCE(mm->flags), new;

	do {
		new = (old & ~(MM_DUMP_FILTER_MASK << MMF_DUMP_FILTER)) |
		      (filter & MM_DUMP_FILTER_MASK) << MMF_DUMP_FILTER;
	} while (!try_cmpxchg(&mm->flags, &old, new));
}

static ssize_t filter_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task;
	struct mm_struct *mm;
	int filter, err = get_number(buf, n, 0, INT_MAX, &filter);

	if (err)
		return err;
	task = proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	if (mm) {
		set_dump_filter(mm, filter);
		mmput(mm);
	}
	put_task_struct(task);
	return n;
}

const struct file_operations proc_coredump_filter_fops = {
	.read = filter_read,
	.write = filter_write,
	.llseek = generic_file_llseek,
};
