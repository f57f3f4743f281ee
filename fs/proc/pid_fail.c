/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/PID/fail-nth of <mm/fault_inject.h>. A number N makes the task's Nth allocation
 * from now on fail; reading gives those still to go.
 */
#include <kernel/uaccess.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include "internal.h"

static ssize_t fail_nth_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task = proc_task(file_inode(file));
	char text[16];
	int len;

	if (!task)
		return -ESRCH;
	len = snprintf(text, sizeof(text), "%u\n", READ_ONCE(task->fail_nth));
	put_task_struct(task);
	return simple_read_from_buffer(buf, n, pos, text, len);
}

static ssize_t fail_nth_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct task_struct *task;
	char text[16] = "";
	unsigned int nth;
	int err;

	if (copy_from_user(text, buf, min(n, sizeof(text) - 1)))
		return -EFAULT;
	err = kstrtouint(strim(text), 0, &nth);
	if (err)
		return err;
	task = proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	WRITE_ONCE(task->fail_nth, nth);
	put_task_struct(task);
	return n;
}

const struct file_operations proc_fail_nth_fops = {
	.read = fail_nth_read,
	.write = fail_nth_write,
	.llseek = generic_file_llseek,
};
