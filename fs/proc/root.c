/* SPDX-License-Identifier: MIT */
/*
 * procfs: the file system itself. /proc holds what is registered (generic.c), one directory a
 * process (pid.c), self and thread-self, and sys (sysctl.c). There is one super block, however
 * often it is mounted.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <uapi/dirent.h>
#include <uapi/fs.h>
#include <uapi/magic.h>
#include "internal.h"

#define FIRST_PID_POS 512 /* directory positions below are of registered entries */

static struct kmem_cache *proc_inode_cache;

static struct inode *proc_alloc_inode(struct super_block *sb)
{
	struct proc_inode *pi = kmem_cache_zalloc(proc_inode_cache, GFP_KERNEL);

	return pi ? &pi->vfs_inode : NULL;
}

/* After a grace period: lock-free walkers may look at the link's text and the pid until then. */
static void proc_free_inode(struct inode *inode)
{
	struct proc_inode *pi = PROC_I(inode);

	put_pid(pi->pid);
	pde_put(pi->pde);
	kmem_cache_free(proc_inode_cache, pi);
}

static const struct super_operations proc_sops = {
	.alloc_inode = proc_alloc_inode,
	.free_inode = proc_free_inode,
	.statfs = simple_statfs,
};

struct inode *proc_new_inode(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode_pseudo(sb);

	if (!inode)
		return NULL;
	inode->i_mode = mode;
	inode->i_mtime = inode->i_atime = inode->i_ctime = current_time(inode);
	return inode;
}

struct dentry *proc_add(struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_add(dentry, inode);
	return NULL;
}

/* ---- self and thread-self -------------------------------------------------------------------- */

static void self_text(const struct qstr *name, char *text, size_t size)
{
	if (name->len == 4)
		snprintf(text, size, "%d", task_tgid_nr(current));
	else
		snprintf(text, size, "%d/task/%d", task_tgid_nr(current), task_pid_nr(current));
}

/* The link that another process looked up says another number. Runs under RCU too. */
static int self_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);
	char text[sizeof_field(struct proc_inode, link)];

	self_text(&dentry->d_name, text, sizeof(text));
	return inode && !strcmp(PROC_I(inode)->link, text);
}

static const struct dentry_operations self_dentry_ops = {
	.d_revalidate = self_revalidate,
};

bool proc_is_self_name(const struct qstr *name)
{
	return (name->len == 4 && !memcmp(name->name, "self", 4)) ||
	       (name->len == 11 && !memcmp(name->name, "thread-self", 11));
}

struct dentry *proc_self_lookup(struct dentry *dentry)
{
	struct inode *inode = proc_new_inode(dentry->d_sb, S_IFLNK | 0777);

	if (inode) {
		self_text(&dentry->d_name, PROC_I(inode)->link, sizeof(PROC_I(inode)->link));
		inode->i_op = &simple_symlink_inode_operations;
		inode->i_link = PROC_I(inode)->link;
	}
	dentry->d_op = &self_dentry_ops;
	dentry->d_flags |= DCACHE_OP_REVALIDATE;
	return proc_add(dentry, inode);
}

/* ---- the root directory ---------------------------------------------------------------------- */

static struct dentry *root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct dentry *found;

	if (proc_is_self_name(&dentry->d_name))
		return proc_self_lookup(dentry);
	if (IS_ENABLED(CONFIG_PROC_SYSCTL) && dentry->d_name.len == 3 &&
	    !memcmp(dentry->d_name.name, "sys", 3))
		return proc_add(dentry, proc_sysctl_root(dentry->d_sb));
	found = pde_lookup(dir, dentry, flags);
	if (PTR_ERR_OR_ZERO(found) == -ENOENT)
		found = proc_pid_lookup(dir, dentry);
	return found;
}

static const char *const extra_names[] = {"self", "thread-self", "sys"};

#define FIRST_PDE_POS (2 + ARRAY_SIZE(extra_names) - !IS_ENABLED(CONFIG_PROC_SYSCTL))

static bool emit_extra(struct dir_context *ctx)
{
	while (ctx->pos < FIRST_PDE_POS) {
		const char *name = extra_names[ctx->pos - 2];

		if (!dir_emit(ctx, name, strlen(name), ctx->pos, name[1] == 'y' ? DT_DIR : DT_LNK))
			return false;
		ctx->pos++;
	}
	return true;
}

static int root_iterate(struct file *file, struct dir_context *ctx)
{
	if (!dir_emit_dots(file, ctx) || !emit_extra(ctx))
		return 0;
	if (ctx->pos < FIRST_PID_POS) {
		if (pde_readdir(file, ctx, &proc_root, FIRST_PDE_POS))
			return 0;
		ctx->pos = FIRST_PID_POS;
	}
	return proc_pid_readdir(file, ctx, FIRST_PID_POS);
}

/*
 * stat(2) of /proc counts the processes as directories, as proc(5) readers expect of a link count.
 */
static int root_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	generic_fillattr(d_inode(path->dentry), stat);
	stat->nlink = 2 + READ_ONCE(nr_threads);
	return 0;
}

static const struct inode_operations root_iops = {
	.lookup = root_lookup,
	.getattr = root_getattr,
};

static const struct file_operations root_fops = {
	.iterate_shared = root_iterate,
	.llseek = generic_file_llseek,
};

static int proc_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_op = &proc_sops;
	sb->s_magic = PROC_SUPER_MAGIC;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_flags |= SB_NOEXEC | SB_NOSUID | SB_NODEV;
	root = pde_inode(sb, &proc_root);
	if (!root)
		return -ENOMEM;
	root->i_op = &root_iops;
	root->i_fop = &root_fops;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *proc_mount(const struct file_system_type *type, unsigned int flags,
				 const char *source, char *data)
{
	return mount_single(type, flags, data, proc_fill_super);
}

static struct file_system_type proc_type = {
	.name = "proc",
	.fs_flags = FS_USERNS_MOUNT,
	.mount = proc_mount,
	.kill_sb = kill_anon_super,
};

static int proc_init(void)
{
	proc_inode_cache = KMEM_CACHE(proc_inode, SLAB_RECLAIM_ACCOUNT);
	if (!proc_inode_cache)
		return -ENOMEM;
	return register_filesystem(&proc_type);
}
core_initcall(proc_init);
