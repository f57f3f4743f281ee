/* SPDX-License-Identifier: MIT */
/*
 * procfs: the directories of processes and threads, /proc/PID and /proc/PID/task/TID. Two tables
 * say what is in them; what the files say is in pid_text.c, pid_mem.c, pid_fd.c and pid_set.c.
 *
 * An inode holds a struct pid, never a task: when the task is gone, every operation answers ESRCH
 * and the dentries are dropped at the next lookup.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <uapi/dirent.h>
#include <uapi/fs.h>
#include "internal.h"

struct task_struct *proc_task(const struct inode *inode)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(PROC_I(inode)->pid, PIDTYPE_PID);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

bool proc_may_access(struct task_struct *task)
{
	const struct cred *mine = current_cred(), *theirs;
	bool same;

	if (same_thread_group(task, current))
		return true;
	theirs = get_task_cred(task);
	same = mine->fsuid == theirs->uid && mine->fsuid == theirs->euid &&
	       mine->fsuid == theirs->suid && mine->fsgid == theirs->gid &&
	       mine->fsgid == theirs->egid && mine->fsgid == theirs->sgid;
	put_cred(theirs);
	return same || capable(CAP_SYS_PTRACE);
}

/* ---- inodes and their validity --------------------------------------------------------------- */

static void set_owner(struct inode *inode, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);

	inode->i_uid = cred->euid;
	inode->i_gid = cred->egid;
	put_cred(cred);
}

/* An inode of @pid's, owned as @task is. NULL: no memory. */
struct inode *proc_pid_inode(struct super_block *sb, struct pid *pid, umode_t mode,
			     struct task_struct *task)
{
	struct inode *inode = proc_new_inode(sb, mode);

	if (!inode)
		return NULL;
	PROC_I(inode)->pid = get_pid(pid);
	set_owner(inode, task);
	return inode;
}

/* RCU-safe. The owner is brought up to date too: it changes with setuid(2). */
static int pid_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);
	struct task_struct *task = NULL;

	if (!inode)
		return 0;
	rcu_read_lock();
	task = pid_task(PROC_I(inode)->pid, PIDTYPE_PID);
	if (task) {
		const struct cred *cred = rcu_dereference(task->real_cred);

		WRITE_ONCE(inode->i_uid, cred->euid);
		WRITE_ONCE(inode->i_gid, cred->egid);
	}
	rcu_read_unlock();
	return task != NULL;
}

/*
 * Nothing of a process is kept when nobody uses it: it would outlive the process, with its struct
 * pid, and pile up where programs look at /proc/self once each.
 */
static int pid_delete_dentry(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations proc_pid_dentry_ops = {
	.d_revalidate = pid_revalidate,
	.d_delete = pid_delete_dentry,
};

struct dentry *proc_pid_add(struct dentry *dentry, struct inode *inode)
{
	dentry->d_op = &proc_pid_dentry_ops;
	dentry->d_flags |= DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE;
	return proc_add(dentry, inode);
}

/* ---- files that print, links that lead somewhere --------------------------------------------- */

static int pid_show(struct seq_file *m, void *v)
{
	const struct inode *inode = m->private;
	struct task_struct *task = proc_task(inode);
	int err;

	if (!task)
		return -ESRCH;
	err = PROC_I(inode)->entry->show(m, task);
	put_task_struct(task);
	return err;
}

/*
 * Files of mode 0400 tell secrets: the owner's uid alone does not open those of a set-user-ID
 * program.
 */
static int may_open(struct inode *inode)
{
	struct task_struct *task;
	int err = 0;

	if (inode->i_mode & 0044)
		return 0;
	task = proc_task(inode);
	if (!task)
		return -ESRCH;
	if (!proc_may_access(task))
		err = -EACCES;
	put_task_struct(task);
	return err;
}

static int pid_show_open(struct inode *inode, struct file *file)
{
	int err = may_open(inode);

	return err ? err : single_open(file, pid_show, inode);
}

static const struct file_operations pid_show_fops = {
	.open = pid_show_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static int pid_get_path(struct dentry *dentry, struct path *path)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = proc_task(inode);
	int err = -EACCES;

	if (!task)
		return -ENOENT;
	if (proc_may_access(task))
		err = PROC_I(inode)->entry->get_path(task, path);
	put_task_struct(task);
	return err;
}

static const struct inode_operations pid_link_iops = {
	.get_path = pid_get_path,
};

/* What @get finds in @task's fs_struct; -ENOENT when the task has left it. */
static int with_fs(struct task_struct *task, void (*get)(struct fs_struct *fs, struct path *path),
		   struct path *path)
{
	int err = -ENOENT;

	task_lock(task);
	if (task->fs) {
		get(task->fs, path);
		err = 0;
	}
	task_unlock(task);
	return err;
}

static int pid_cwd(struct task_struct *task, struct path *path)
{
	return with_fs(task, get_fs_pwd, path);
}

static int pid_root(struct task_struct *task, struct path *path)
{
	return with_fs(task, get_fs_root, path);
}

static int show_from_root(struct seq_file *m, struct task_struct *task,
			  int (*show)(struct seq_file *m, const struct path *root))
{
	struct path root;
	int err = with_fs(task, get_fs_root, &root);

	if (err)
		return -EINVAL;
	err = show(m, &root);
	path_put(&root);
	return err;
}

static int pid_mounts(struct seq_file *m, struct task_struct *task)
{
	return show_from_root(m, task, show_mounts);
}

static int pid_mountinfo(struct seq_file *m, struct task_struct *task)
{
	return show_from_root(m, task, show_mountinfo);
}

static int pid_personality(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%08x\n", task->personality);
	return 0;
}

/* ---- the tables ------------------------------------------------------------------------------ */

static const struct inode_operations task_dir_iops;
static const struct file_operations task_dir_fops;

#define TEXT(nm, md, fn)                                           \
	{                                                          \
		.name = (nm), .mode = S_IFREG | (md), .show = (fn) \
	}
#define LINK(nm, fn)                                                   \
	{                                                              \
		.name = (nm), .mode = S_IFLNK | 0777, .get_path = (fn) \
	}
#define FOPS(nm, md, ops)                                          \
	{                                                          \
		.name = (nm), .mode = S_IFREG | (md), .fop = (ops) \
	}
#define DIRECTORY(nm, md, i, f)                                              \
	{                                                                    \
		.name = (nm), .mode = S_IFDIR | (md), .iop = (i), .fop = (f) \
	}

#define COMMON_ENTRIES                                                                             \
	PROC_NS_ENTRY                                                                              \
	PROC_FAIL_NTH_ENTRY                                                                        \
	DIRECTORY("fd", 0500, &proc_fd_dir_iops, &proc_fd_dir_fops),                               \
		DIRECTORY("fdinfo", 0555, &proc_fdinfo_dir_iops, &proc_fdinfo_dir_fops),           \
		FOPS("environ", 0400, &proc_environ_fops), TEXT("auxv", 0400, proc_pid_auxv),      \
		TEXT("status", 0444, proc_pid_status), TEXT("personality", 0400, pid_personality), \
		TEXT("limits", 0444, proc_pid_limits), FOPS("comm", 0644, &proc_comm_fops),        \
		FOPS("cmdline", 0444, &proc_cmdline_fops), TEXT("statm", 0444, proc_pid_statm),    \
		FOPS("maps", 0444, &proc_maps_fops), FOPS("smaps", 0444, &proc_smaps_fops),        \
		TEXT("smaps_rollup", 0444, proc_pid_smaps_rollup),                                 \
		FOPS("pagemap", 0400, &proc_pagemap_fops), FOPS("mem", 0600, &proc_mem_fops),      \
		LINK("cwd", pid_cwd), LINK("root", pid_root), LINK("exe", proc_pid_exe),           \
		TEXT("mounts", 0444, pid_mounts), TEXT("mountinfo", 0444, pid_mountinfo),          \
		TEXT("wchan", 0444, proc_pid_wchan), TEXT("stack", 0400, proc_pid_stack),          \
		TEXT("oom_score", 0444, proc_pid_oom_score),                                       \
		FOPS("oom_score_adj", 0644, &proc_oom_score_adj_fops),                             \
		FOPS("oom_adj", 0644, &proc_oom_adj_fops)

static const struct pid_entry tgid_entries[] = {
	DIRECTORY("task", 0555, &task_dir_iops, &task_dir_fops),
	FOPS("coredump_filter", 0644, &proc_coredump_filter_fops),
	TEXT("stat", 0444, proc_pid_stat),
	COMMON_ENTRIES,
};

static const struct pid_entry tid_entries[] = {
	TEXT("stat", 0444, proc_tid_stat),
	COMMON_ENTRIES,
};

static bool name_is(const struct qstr *name, const char *s)
{
	return strlen(s) == name->len && !memcmp(name->name, s, name->len);
}

static struct inode *entry_inode(struct super_block *sb, struct inode *dir,
				 const struct pid_entry *e, struct task_struct *task)
{
	struct inode *inode = proc_pid_inode(sb, PROC_I(dir)->pid, e->mode, task);

	if (!inode)
		return NULL;
	PROC_I(inode)->entry = e;
	if (e->show)
		inode->i_fop = &pid_show_fops;
	if (e->get_path)
		inode->i_op = &pid_link_iops;
	if (e->iop)
		inode->i_op = e->iop;
	if (e->fop)
		inode->i_fop = e->fop;
	if (S_ISDIR(e->mode))
		inode_set_nlink(inode, 2);
	return inode;
}

struct dentry *proc_pid_lookup_in(struct inode *dir, struct dentry *dentry,
				  const struct pid_entry *table, size_t n)
{
	struct task_struct *task = proc_task(dir);
	struct dentry *found = ERR_PTR(-ENOENT);

	if (!task)
		return found;
	for (const struct pid_entry *e = table; e < table + n; e++) {
		if (!name_is(&dentry->d_name, e->name))
			continue;
		found = proc_pid_add(dentry, entry_inode(dentry->d_sb, dir, e, task));
		break;
	}
	put_task_struct(task);
	return found;
}

int proc_pid_iterate_in(struct file *file, struct dir_context *ctx, const struct pid_entry *table,
			size_t n)
{
	struct task_struct *task = proc_task(file_inode(file));

	if (!task)
		return -ENOENT;
	put_task_struct(task);
	if (!dir_emit_dots(file, ctx))
		return 0;
	while (ctx->pos - 2 < (loff_t)n) {
		const struct pid_entry *e = &table[ctx->pos - 2];
		u64 ino = ((u64)PROC_I(file_inode(file))->pid->nr << 16) | ctx->pos;

		if (!dir_emit(ctx, e->name, strlen(e->name), ino, e->mode >> 12))
			break;
		ctx->pos++;
	}
	return 0;
}

static struct dentry *tgid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pid_lookup_in(dir, dentry, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static int tgid_iterate(struct file *file, struct dir_context *ctx)
{
	return proc_pid_iterate_in(file, ctx, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static struct dentry *tid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pid_lookup_in(dir, dentry, tid_entries, ARRAY_SIZE(tid_entries));
}

static int tid_iterate(struct file *file, struct dir_context *ctx)
{
	return proc_pid_iterate_in(file, ctx, tid_entries, ARRAY_SIZE(tid_entries));
}

static const struct inode_operations tgid_iops = {.lookup = tgid_lookup};
static const struct inode_operations tid_iops = {.lookup = tid_lookup};
static const struct file_operations tgid_fops = {
	.iterate_shared = tgid_iterate,
	.llseek = generic_file_llseek,
};
struct pid *tgid_pidfd_to_pid(const struct file *file)
{
	return file->f_op == &tgid_fops ? PROC_I(file_inode(file))->pid : NULL;
}

static const struct file_operations tid_fops = {
	.iterate_shared = tid_iterate,
	.llseek = generic_file_llseek,
};

/* ---- numbers as names ------------------------------------------------------------------------ */

/* A decimal number without leading zeros: 0 or -ENOENT. */
int proc_parse_number(const struct qstr *name, unsigned int *n)
{
	unsigned int val = 0;

	if (!name->len || name->len > 9 || (name->name[0] == '0' && name->len > 1))
		return -ENOENT;
	for (u32 i = 0; i < name->len; i++) {
		unsigned int digit = (unsigned char)name->name[i] - '0';

		if (digit > 9)
			return -ENOENT;
		val = val * 10 + digit;
	}
	*n = val;
	return 0;
}

static struct inode *task_inode(struct super_block *sb, struct task_struct *task,
				const struct inode_operations *iop,
				const struct file_operations *fop)
{
	struct inode *inode = proc_pid_inode(sb, task->thread_pid, S_IFDIR | 0555, task);

	if (!inode)
		return NULL;
	inode->i_op = iop;
	inode->i_fop = fop;
	inode_set_nlink(inode, 2);
	return inode;
}

static struct task_struct *get_task_by_name(const struct qstr *name)
{
	unsigned int nr;

	return proc_parse_number(name, &nr) ? NULL : find_get_task_by_pid(nr);
}

/* /proc/NUMBER: a thread's number works too, though it is not listed. */
struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *task = get_task_by_name(&dentry->d_name);
	struct dentry *found;

	if (!task)
		return ERR_PTR(-ENOENT);
	found = proc_pid_add(dentry, task_inode(dentry->d_sb, task, &tgid_iops, &tgid_fops));
	put_task_struct(task);
	return found;
}

static bool is_leader(struct pid *pid)
{
	struct task_struct *task;
	bool yes;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	yes = task != NULL;
	rcu_read_unlock();
	return yes;
}

static bool emit_number(struct dir_context *ctx, pid_t nr)
{
	char name[12];
	int len = snprintf(name, sizeof(name), "%d", nr);

	return dir_emit(ctx, name, len, ((u64)nr << 16) | 1, DT_DIR);
}

/* Position @first + n stands for process n. */
int proc_pid_readdir(struct file *file, struct dir_context *ctx, loff_t first)
{
	struct pid *pid;

	while ((pid = find_ge_pid(ctx->pos - first)) != NULL) {
		pid_t nr = pid->nr;
		bool fits = !is_leader(pid) || emit_number(ctx, nr);

		put_pid(pid);
		if (!fits)
			return 0;
		ctx->pos = first + nr + 1;
	}
	return 0;
}

/* ---- /proc/PID/task -------------------------------------------------------------------------- */

static struct dentry *task_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct task_struct *leader = proc_task(dir);
	struct task_struct *task = get_task_by_name(&dentry->d_name);
	struct dentry *found = ERR_PTR(-ENOENT);

	if (leader && task && same_thread_group(leader, task))
		found = proc_pid_add(dentry, task_inode(dentry->d_sb, task, &tid_iops, &tid_fops));
	if (task)
		put_task_struct(task);
	if (leader)
		put_task_struct(leader);
	return found;
}

/* The lowest thread number of @leader's group that is at least @from; 0: none. */
static pid_t next_tid(struct task_struct *leader, pid_t from)
{
	struct task_struct *t;
	pid_t best = 0;

	rcu_read_lock();
	for_each_thread(leader, t)
		if (t->pid >= from && (!best || t->pid < best))
			best = t->pid;
	rcu_read_unlock();
	return best;
}

static int task_dir_iterate(struct file *file, struct dir_context *ctx)
{
	struct task_struct *leader = proc_task(file_inode(file));
	pid_t tid;

	if (!leader)
		return -ENOENT;
	if (!dir_emit_dots(file, ctx))
		goto out_put;
	while ((tid = next_tid(leader, ctx->pos - 2)) != 0) {
		if (!emit_number(ctx, tid))
			break;
		ctx->pos = tid + 3;
	}
out_put:
	put_task_struct(leader);
	return 0;
}

static int task_dir_getattr(const struct path *path, struct kstat *stat, u32 mask,
			    unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct task_struct *leader = proc_task(inode);

	generic_fillattr(inode, stat);
	if (leader) {
		stat->nlink = 2 + get_nr_threads(leader);
		put_task_struct(leader);
	}
	return 0;
}

static const struct inode_operations task_dir_iops = {
	.lookup = task_dir_lookup,
	.getattr = task_dir_getattr,
};

static const struct file_operations task_dir_fops = {
	.iterate_shared = task_dir_iterate,
	.llseek = generic_file_llseek,
};
