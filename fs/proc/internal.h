/* SPDX-License-Identifier: MIT */
/* What the files of procfs share. */
#ifndef FS_PROC_INTERNAL_H
#define FS_PROC_INTERNAL_H

#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/pid.h>
#include <kernel/rwsem.h>
#include <kernel/sched.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/stat.h>

/*
 * An entry that kernel code registered. (t) tree lock, proc_tree_lock in generic.c; (c) constant. A
 * reference is held by the tree and by each inode.
 */
struct proc_dir_entry {
	refcount_t ref;
	umode_t mode; /* (c) */
	ino_t ino; /* (c) */
	const struct file_operations *fops; /* (c) of a file */
	int (*show)(struct seq_file *m, void *v); /* (c) of a single file */
	const struct seq_operations *seq; /* (c) */
	char *target; /* (c) of a symlink */
	void *data; /* (c) */
	struct proc_dir_entry *parent; /* (t) */
	struct list_head children; /* (t) in the order of creation */
	struct list_head sibling; /* (t) */
	struct rw_semaphore use; /* held shared while show runs */
	bool removed; /* (use) */
	char name[]; /* (c) */
};

struct pid_entry;
struct sysctl_dir;
struct ctl_table;

/* An inode of procfs: of an entry, of a process, of its descriptor, or of a sysctl. */
struct proc_inode {
	struct proc_dir_entry *pde;
	struct pid *pid;
	const struct pid_entry *entry;
	unsigned int fd;
	struct sysctl_dir *sysctl_dir;
	const struct ctl_table *sysctl;
	char link[24]; /* text of self and thread-self */
	struct inode vfs_inode;
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, vfs_inode);
}

/* A file, directory or link in a process's directory. */
struct pid_entry {
	const char *name;
	umode_t mode;
	/*
	 * One of: prints the file; says where the link goes; or own operations. @task is
	 * referenced.
	 */
	int (*show)(struct seq_file *m, struct task_struct *task);
	int (*get_path)(struct task_struct *task, struct path *path);
	const struct inode_operations *iop;
	const struct file_operations *fop;
};

/* The task of an inode, referenced, or NULL when it is gone. */
struct task_struct *proc_task(const struct inode *inode);
/* ptrace(2)'s read access check: same credentials, or CAP_SYS_PTRACE. */
bool proc_may_access(struct task_struct *task);

/* generic.c */
extern struct proc_dir_entry proc_root;
struct dentry *pde_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int pde_readdir(struct file *file, struct dir_context *ctx, struct proc_dir_entry *dir,
		loff_t first);
struct inode *pde_inode(struct super_block *sb, struct proc_dir_entry *pde);
void pde_get(struct proc_dir_entry *pde);
void pde_put(struct proc_dir_entry *pde);

/* inode of nothing in particular: number, times, owner root. */
struct inode *proc_new_inode(struct super_block *sb, umode_t mode);
/* Gives @dentry the inode (or -ENOMEM when it is NULL). */
struct dentry *proc_add(struct dentry *dentry, struct inode *inode);

/* pid.c: numbers in /proc */
struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *dentry);
int proc_pid_readdir(struct file *file, struct dir_context *ctx, loff_t first);
struct inode *proc_pid_inode(struct super_block *sb, struct pid *pid, umode_t mode,
			     struct task_struct *task);
/* dentry operations of everything that belongs to a process: valid while it lives. */
extern const struct dentry_operations proc_pid_dentry_ops;
struct dentry *proc_pid_add(struct dentry *dentry, struct inode *inode);
int proc_parse_number(const struct qstr *name, unsigned int *n);

/* pid_fd.c */
extern const struct inode_operations proc_fd_dir_iops, proc_fdinfo_dir_iops;
extern const struct file_operations proc_fd_dir_fops, proc_fdinfo_dir_fops;

/* pid_ns.c */
extern const struct inode_operations proc_ns_dir_iops;
extern const struct file_operations proc_ns_dir_fops;
#ifdef CONFIG_FAULT_INJECTION
#define PROC_FAIL_NTH_ENTRY FOPS("fail-nth", 0644, &proc_fail_nth_fops),
extern const struct file_operations proc_fail_nth_fops;
#else
#define PROC_FAIL_NTH_ENTRY
#endif
#if IS_ENABLED(CONFIG_NAMESPACES)
#define PROC_NS_ENTRY DIRECTORY("ns", 0511, &proc_ns_dir_iops, &proc_ns_dir_fops),
#else
#define PROC_NS_ENTRY
#endif

/* pid.c: a directory made of a table, for lookup and iterate_shared. */
struct dentry *proc_pid_lookup_in(struct inode *dir, struct dentry *dentry,
				  const struct pid_entry *table, size_t n);
int proc_pid_iterate_in(struct file *file, struct dir_context *ctx, const struct pid_entry *table,
			size_t n);

/* pid_text.c: contents of files */
int proc_pid_stat(struct seq_file *m, struct task_struct *task);
int proc_tid_stat(struct seq_file *m, struct task_struct *task);
int proc_pid_status(struct seq_file *m, struct task_struct *task);
int proc_pid_statm(struct seq_file *m, struct task_struct *task);
int proc_pid_limits(struct seq_file *m, struct task_struct *task);
int proc_pid_wchan(struct seq_file *m, struct task_struct *task);
int proc_pid_stack(struct seq_file *m, struct task_struct *task);
int proc_pid_oom_score(struct seq_file *m, struct task_struct *task);

/* pid_mem.c */
int proc_pid_smaps_rollup(struct seq_file *m, struct task_struct *task);
int proc_pid_auxv(struct seq_file *m, struct task_struct *task);
int proc_pid_exe(struct task_struct *task, struct path *path);
extern const struct file_operations proc_cmdline_fops, proc_environ_fops, proc_mem_fops,
	proc_pagemap_fops, proc_maps_fops, proc_smaps_fops;

/* pid_set.c: files that can be written */
extern const struct file_operations proc_coredump_filter_fops;
extern const struct file_operations proc_comm_fops, proc_oom_score_adj_fops, proc_oom_adj_fops;

/* sysctl.c, system.c, self.c */
void proc_sysctl_init(void);
struct inode *proc_sysctl_root(struct super_block *sb);
struct dentry *proc_self_lookup(struct dentry *dentry);
bool proc_is_self_name(const struct qstr *name);

#endif
