/* SPDX-License-Identifier: MIT */
/* Root, working directory and umask of a task; shared under CLONE_FS. */
#ifndef FS_FS_STRUCT_H
#define FS_FS_STRUCT_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <kernel/seqlock.h>
#include <kernel/spinlock.h>
#include <fs/path.h>

struct task_struct;

/* (a) atomic; (l) lock, writers also move seq so that an RCU walk reads root and pwd whole. */
struct fs_struct {
	atomic_int users; /* (a) tasks */
	spinlock_t lock;
	seqcount_t seq; /* written under lock */
	int umask; /* (l) */
	bool in_exec; /* (l) */
	struct path root; /* (l) */
	struct path pwd; /* (l) */
};

extern struct fs_struct init_fs;

/* A copy with references of its own, or NULL: no memory. */
struct fs_struct *copy_fs_struct(struct fs_struct *old);
/* Another user of the same. */
struct fs_struct *get_fs_struct(struct fs_struct *fs);
void put_fs_struct(struct fs_struct *fs);
int unshare_fs_struct(void);
void exit_fs(struct task_struct *task);
void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);
/* Referenced copies. */
void get_fs_root(struct fs_struct *fs, struct path *root);
void get_fs_pwd(struct fs_struct *fs, struct path *pwd);
int current_umask(void);
/* After pivot_root: every task at @old_root is moved to @new_root. */
void chroot_fs_refs(const struct path *old_root, const struct path *new_root);

#endif
