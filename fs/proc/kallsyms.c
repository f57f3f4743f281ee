/* SPDX-License-Identifier: MIT */
/*
 * /proc/kallsyms: every function of the kernel, "address T name" a line, for perf, crash tools and
 * tracers. Addresses are for those who may read the log (CAP_SYSLOG); others see zeros, so that
 * they cannot aim at the kernel.
 */
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/kallsyms.h>
#include <uapi/errno.h>
#include "internal.h"

struct reader {
	struct kallsyms_cursor cursor;
	bool started; /* cursor is at its index */
	bool addresses;
};

static void *kallsyms_start(struct seq_file *m, loff_t *pos)
{
	struct reader *r = m->private;

	if (r->started && r->cursor.index == *pos)
		return r;
	r->started = *pos <= INT_MAX && kallsyms_seek(&r->cursor, (unsigned int)*pos);
	return r->started ? r : NULL;
}

static void *kallsyms_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct reader *r = v;

	++*pos;
	r->started = kallsyms_next(&r->cursor);
	return r->started ? r : NULL;
}

static void kallsyms_stop(struct seq_file *m, void *v)
{
}

static int kallsyms_show(struct seq_file *m, void *v)
{
	const struct reader *r = v;

	seq_put_hex_ll(m, "", r->addresses ? r->cursor.addr : 0, 16);
	seq_puts(m, " T ");
	seq_puts(m, r->cursor.name);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations kallsyms_ops = {
	.start = kallsyms_start,
	.next = kallsyms_seq_next,
	.stop = kallsyms_stop,
	.show = kallsyms_show,
};

static int kallsyms_open(struct inode *inode, struct file *file)
{
	struct reader *r = __seq_open_private(file, &kallsyms_ops, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->addresses = capable(CAP_SYSLOG);
	return 0;
}

static const struct file_operations kallsyms_fops = {
	.open = kallsyms_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static int kallsyms_proc_init(void)
{
	return proc_create("kallsyms", 0444, NULL, &kallsyms_fops) ? 0 : -ENOMEM;
}
fs_initcall(kallsyms_proc_init);
