/* SPDX-License-Identifier: MIT */
/* procfs: /proc/PID/ns, the files of a task's name spaces (namespaces(7)). */
#include <kernel/nsproxy.h>
#include <fs/nsfs.h>
#include <fs/fs.h>
#include "internal.h"

static int get_ns(struct task_struct *task, const struct ns_ops *ops, struct path *path)
{
	struct ns_common *ns = task_get_ns(task, ops);

	return ns ? ns_get_path(ns, path) : -ENOENT;
}

static int pid_mnt_ns(struct task_struct *task, struct path *path)
{
	return get_ns(task, &mnt_ns_ops, path);
}

static int pid_uts_ns(struct task_struct *task, struct path *path)
{
	return get_ns(task, &uts_ns_ops, path);
}

static const struct pid_entry ns_entries[] = {
	{.name = "mnt", .mode = S_IFLNK | 0777, .get_path = pid_mnt_ns},
	{.name = "uts", .mode = S_IFLNK | 0777, .get_path = pid_uts_ns},
};

static struct dentry *ns_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pid_lookup_in(dir, dentry, ns_entries, ARRAY_SIZE(ns_entries));
}

static int ns_iterate(struct file *file, struct dir_context *ctx)
{
	return proc_pid_iterate_in(file, ctx, ns_entries, ARRAY_SIZE(ns_entries));
}

const struct inode_operations proc_ns_dir_iops = {.lookup = ns_lookup};
const struct file_operations proc_ns_dir_fops = {
	.iterate_shared = ns_iterate,
	.llseek = generic_file_llseek,
};
