/* SPDX-License-Identifier: MIT */
/*
 * Root, working directory and umask. Written under lock with seq odd; a path walk reads root and
 * pwd without either.
 */
#include <kernel/sched_signal.h>
#include "internal.h"

static struct kmem_cache *fs_cache __ro_after_init;

struct fs_struct init_fs = {
	.users = 1,
	.lock = __SPIN_LOCK_INIT("init_fs"),
	.seq = SEQCNT_ZERO,
	.umask = 0022,
};

void path_get(const struct path *path)
{
	mntget(path->mnt);
	dget(path->dentry);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

static void fs_set_path(struct fs_struct *fs, struct path *which, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	old = *which;
	*which = *path;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
	if (old.dentry)
		path_put(&old);
}

void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	fs_set_path(fs, &fs->root, path);
}

void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	fs_set_path(fs, &fs->pwd, path);
}

void get_fs_root(struct fs_struct *fs, struct path *root)
{
	spin_lock(&fs->lock);
	*root = fs->root;
	path_get(root);
	spin_unlock(&fs->lock);
}

void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	spin_lock(&fs->lock);
	*pwd = fs->pwd;
	path_get(pwd);
	spin_unlock(&fs->lock);
}

struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmem_cache_alloc(fs_cache, GFP_KERNEL);

	if (!fs)
		return NULL;
	atomic_store_explicit(&fs->users, 1, memory_order_relaxed);
	spin_lock_init(&fs->lock);
	seqcount_init(&fs->seq);
	fs->in_exec = false;
	spin_lock(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	fs->pwd = old->pwd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

struct fs_struct *get_fs_struct(struct fs_struct *fs)
{
	atomic_fetch_add_explicit(&fs->users, 1, memory_order_relaxed);
	return fs;
}

void put_fs_struct(struct fs_struct *fs)
{
	if (atomic_fetch_sub_explicit(&fs->users, 1, memory_order_acq_rel) != 1)
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kmem_cache_free(fs_cache, fs);
}

int unshare_fs_struct(void)
{
	struct fs_struct *old = current->fs, *fs;

	if (atomic_load_explicit(&old->users, memory_order_acquire) == 1)
		return 0;
	fs = copy_fs_struct(old);
	if (!fs)
		return -ENOMEM;
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	put_fs_struct(old);
	return 0;
}

void exit_fs(struct task_struct *task)
{
	struct fs_struct *fs = task->fs;

	if (!fs)
		return;
	task_lock(task);
	task->fs = NULL;
	task_unlock(task);
	put_fs_struct(fs);
}

int current_umask(void)
{
	return READ_ONCE(current->fs->umask);
}

/* Replaces @from by @to in one path; the number of references to @from that became free. */
static int replace_path(struct path *p, const struct path *from, const struct path *to)
{
	if (!path_equal(p, from))
		return 0;
	*p = *to;
	path_get(to);
	return 1;
}

void chroot_fs_refs(const struct path *old_root, const struct path *new_root)
{
	struct task_struct *p, *t;
	int freed = 0;

	rcu_read_lock();
	for_each_process_thread(p, t)
	{
		struct fs_struct *fs;

		task_lock(t);
		fs = t->fs;
		if (fs) {
			spin_lock(&fs->lock);
			write_seqcount_begin(&fs->seq);
			freed += replace_path(&fs->root, old_root, new_root);
			freed += replace_path(&fs->pwd, old_root, new_root);
			write_seqcount_end(&fs->seq);
			spin_unlock(&fs->lock);
		}
		task_unlock(t);
	}
	rcu_read_unlock();
	while (freed--)
		path_put(old_root);
}

void fs_struct_init(void)
{
	fs_cache = kmem_cache_create("fs_cache", sizeof(struct fs_struct), 0, SLAB_PANIC, NULL);
}
