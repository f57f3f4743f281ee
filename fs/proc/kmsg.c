/* SPDX-License-Identifier: MIT */
/*
 * /proc/kmsg: the kernel log for one reader (klogd), "<level>text" a record. Reading takes records
 * out, as syslog(2) type 2 does, and waits for new ones; its position is one for the whole system.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <fs/poll.h>
#include "internal.h"

#define KMSG_LINE 1100

static DEFINE_MUTEX(kmsg_lock);
static u64 kmsg_seq; /* (kmsg_lock) next record */

static int kmsg_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/* The next record as text; its length, 0 if there is none. */
static size_t next_line(char *line)
{
	struct printk_meta meta;
	size_t len, head;
	u64 seq = kmsg_seq;

	len = printk_read(&seq, &meta, line + 16, KMSG_LINE - 18);
	if (!len)
		return 0;
	head = snprintf(line, 16, "<%u>", meta.facility << 3 | meta.level);
	memmove(line + head, line + 16, len);
	line[head + len] = '\n';
	return head + len + 1;
}

static ssize_t copy_lines(char *line, char __user *buf, size_t n)
{
	size_t done = 0, len;
	struct printk_meta meta;
	char none;

	while ((len = next_line(line)) != 0 && done + len <= n) {
		if (copy_to_user(buf + done, line, len))
			return done ? (ssize_t)done : -EFAULT;
		done += len;
		printk_read(&kmsg_seq, &meta, &none, 0);
	}
	return done || !len ? (ssize_t)done : -EINVAL;
}

static bool kmsg_ready(void)
{
	return READ_ONCE(kmsg_seq) < printk_next_pos();
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	char *line = kmalloc(KMSG_LINE, GFP_KERNEL);
	ssize_t ret;

	if (!line)
		return -ENOMEM;
	for (;;) {
		mutex_lock(&kmsg_lock);
		ret = copy_lines(line, buf, n);
		mutex_unlock(&kmsg_lock);
		if (ret || !n)
			break;
		ret = file->f_flags & O_NONBLOCK ? -EAGAIN :
						   wait_event_interruptible(log_wait, kmsg_ready());
		if (ret)
			break;
	}
	kfree(line);
	return ret;
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, &log_wait, wait);
	return kmsg_ready() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations kmsg_fops = {
	.open = kmsg_open,
	.read = kmsg_read,
	.poll = kmsg_poll,
	.llseek = no_llseek,
};

static int proc_kmsg_init(void)
{
	return proc_create("kmsg", 0400, NULL, &kmsg_fops) ? 0 : -ENOMEM;
}
fs_initcall(proc_kmsg_init);
