/* SPDX-License-Identifier: MIT */
/*
 * procfs: the tree of entries that kernel code registers, and their inodes. Lookups and changes
 * take proc_tree_lock; an entry that was removed lives until its last inode is gone, but its show
 * function is not called any more.
 */
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/sched.h>
#include <uapi/fs.h>
#include "internal.h"

static DECLARE_RWSEM(proc_tree_lock);

struct proc_dir_entry proc_root = {
	.ref = REFCOUNT_INIT(1),
	.mode = S_IFDIR | 0555,
	.ino = 1,
	.parent = &proc_root,
	.children = LIST_HEAD_INIT(proc_root.children),
	.sibling = LIST_HEAD_INIT(proc_root.sibling),
};

void pde_get(struct proc_dir_entry *pde)
{
	refcount_inc(&pde->ref);
}

void pde_put(struct proc_dir_entry *pde)
{
	if (!pde || !refcount_dec_and_test(&pde->ref))
		return;
	kfree(pde->target);
	kfree(pde);
}

/* ---- the tree: proc_tree_lock held ----------------------------------------------------------- */

static struct proc_dir_entry *find_child(struct proc_dir_entry *dir, const char *name, size_t len)
{
	struct proc_dir_entry *pde;

	list_for_each_entry(pde, &dir->children, sibling)
		if (!strncmp(pde->name, name, len) && !pde->name[len])
			return pde;
	return NULL;
}

/* Walks the directories of @*name, which becomes its last part. */
static struct proc_dir_entry *walk_parents(struct proc_dir_entry *dir, const char **name)
{
	const char *slash;

	while (dir && (slash = strchr(*name, '/')) != NULL) {
		dir = find_child(dir, *name, slash - *name);
		*name = slash + 1;
	}
	return dir && S_ISDIR(dir->mode) ? dir : NULL;
}

static struct proc_dir_entry *new_entry(const char *name, umode_t mode)
{
	struct proc_dir_entry *pde = kzalloc(sizeof(*pde) + strlen(name) + 1, GFP_KERNEL);

	if (!pde)
		return NULL;
	refcount_set(&pde->ref, 1);
	pde->mode = mode;
	pde->ino = get_next_ino();
	INIT_LIST_HEAD(&pde->children);
	INIT_LIST_HEAD(&pde->sibling);
	init_rwsem(&pde->use);
	strcpy(pde->name, name);
	return pde;
}

/* Puts a filled entry into the tree; frees it and returns NULL if there is no place for it. */
static struct proc_dir_entry *link_entry(struct proc_dir_entry *pde, const char *path,
					 struct proc_dir_entry *parent)
{
	down_write(&proc_tree_lock);
	parent = walk_parents(parent ? parent : &proc_root, &path);
	if (parent && !find_child(parent, path, strlen(path))) {
		pde->parent = parent;
		list_add_tail(&pde->sibling, &parent->children);
		parent = NULL;
	} else {
		parent = pde; /* to be dropped */
	}
	up_write(&proc_tree_lock);
	if (!parent)
		return pde;
	pde_put(pde);
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- registration ---------------------------------------------------------------------------- */

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	struct proc_dir_entry *pde = new_entry(last_part(name), S_IFDIR | 0555);

	return pde ? link_entry(pde, name, parent) : NULL;
}

struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
				    const char *target)
{
	struct proc_dir_entry *pde = new_entry(last_part(name), S_IFLNK | 0777);

	if (!pde)
		return NULL;
	pde->target = kstrdup(target, GFP_KERNEL);
	if (!pde->target) {
		pde_put(pde);
		return NULL;
	}
	return link_entry(pde, name, parent);
}

struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent,
					const struct file_operations *fops, void *data)
{
	struct proc_dir_entry *pde = new_entry(last_part(name), S_IFREG | (mode ? mode : 0444));

	if (!pde)
		return NULL;
	pde->fops = fops;
	pde->data = data;
	return link_entry(pde, name, parent);
}

static int pde_show(struct seq_file *m, void *v)
{
	struct proc_dir_entry *pde = PROC_I(file_inode(m->file))->pde;
	int err = -ENOENT;

	down_read(&pde->use);
	if (!pde->removed)
		err = pde->show(m, v);
	up_read(&pde->use);
	return err;
}

static int pde_single_open(struct inode *inode, struct file *file)
{
	return single_open(file, pde_show, PROC_I(inode)->pde->data);
}

static const struct file_operations pde_single_fops = {
	.open = pde_single_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static int pde_seq_open(struct inode *inode, struct file *file)
{
	int err = seq_open(file, PROC_I(inode)->pde->seq);

	if (!err)
		((struct seq_file *)file->private_data)->private = PROC_I(inode)->pde->data;
	return err;
}

static const struct file_operations pde_seq_fops = {
	.open = pde_seq_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release,
};

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *v), void *data)
{
	struct proc_dir_entry *pde = new_entry(last_part(name), S_IFREG | (mode ? mode : 0444));

	if (!pde)
		return NULL;
	pde->fops = &pde_single_fops;
	pde->show = show;
	pde->data = data;
	return link_entry(pde, name, parent);
}

struct proc_dir_entry *proc_create_seq(const char *name, umode_t mode,
				       struct proc_dir_entry *parent,
				       const struct seq_operations *ops)
{
	struct proc_dir_entry *pde = new_entry(last_part(name), S_IFREG | (mode ? mode : 0444));

	if (!pde)
		return NULL;
	pde->fops = &pde_seq_fops;
	pde->seq = ops;
	return link_entry(pde, name, parent);
}

void *proc_pde_data(const struct inode *inode)
{
	return PROC_I(inode)->pde->data;
}

/* Waits for a show that runs, then nobody calls it again. */
static void retire(struct proc_dir_entry *pde)
{
	down_write(&pde->use);
	pde->removed = true;
	up_write(&pde->use);
	pde_put(pde);
}

void proc_remove(struct proc_dir_entry *entry)
{
	LIST_HEAD(gone);
	struct proc_dir_entry *pde, *next;

	if (!entry)
		return;
	down_write(&proc_tree_lock);
	list_move(&entry->sibling, &gone);
	list_for_each_entry(pde, &gone, sibling)
		list_splice_tail_init(&pde->children, &gone);
	up_write(&proc_tree_lock);
	list_for_each_entry_safe(pde, next, &gone, sibling)
		retire(pde);
}

/* ---- inodes ---------------------------------------------------------------------------------- */

static struct proc_dir_entry *get_child(struct proc_dir_entry *dir, const struct qstr *name)
{
	struct proc_dir_entry *pde;

	down_read(&proc_tree_lock);
	pde = find_child(dir, name->name, name->len);
	if (pde)
		pde_get(pde);
	up_read(&proc_tree_lock);
	return pde;
}

static int pde_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);

	return inode && !READ_ONCE(PROC_I(inode)->pde->removed);
}

static const struct dentry_operations pde_dentry_ops = {
	.d_revalidate = pde_revalidate,
};

struct dentry *pde_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct proc_dir_entry *pde = get_child(PROC_I(dir)->pde, &dentry->d_name);
	struct inode *inode;

	if (!pde)
		return ERR_PTR(-ENOENT);
	inode = pde_inode(dentry->d_sb, pde);
	pde_put(pde);
	dentry->d_op = &pde_dentry_ops;
	dentry->d_flags |= DCACHE_OP_REVALIDATE;
	return proc_add(dentry, inode);
}

static bool emit_entry(struct dir_context *ctx, struct proc_dir_entry *pde)
{
	return dir_emit(ctx, pde->name, strlen(pde->name), pde->ino, pde->mode >> 12);
}

/*
 * Emits the children of @dir; position @first + n is the n-th. 0 when all fitted, 1 when the buffer
 * is full.
 */
int pde_readdir(struct file *file, struct dir_context *ctx, struct proc_dir_entry *dir,
		loff_t first)
{
	struct proc_dir_entry *pde;
	loff_t n = first;
	int full = 0;

	down_read(&proc_tree_lock);
	list_for_each_entry(pde, &dir->children, sibling) {
		if (n++ < ctx->pos)
			continue;
		if (!emit_entry(ctx, pde)) {
			full = 1;
			break;
		}
		ctx->pos = n;
	}
	up_read(&proc_tree_lock);
	return full;
}

static int dir_iterate(struct file *file, struct dir_context *ctx)
{
	if (dir_emit_dots(file, ctx))
		pde_readdir(file, ctx, PROC_I(file_inode(file))->pde, 2);
	return 0;
}

static const struct inode_operations dir_iops = {
	.lookup = pde_lookup,
};

static const struct file_operations dir_fops = {
	.iterate_shared = dir_iterate,
	.llseek = generic_file_llseek,
};

/* A new inode of @pde, or NULL. */
struct inode *pde_inode(struct super_block *sb, struct proc_dir_entry *pde)
{
	struct inode *inode = proc_new_inode(sb, pde->mode);

	if (!inode)
		return NULL;
	pde_get(pde);
	PROC_I(inode)->pde = pde;
	inode->i_ino = pde->ino;
	if (S_ISDIR(pde->mode)) {
		inode->i_op = &dir_iops;
		inode->i_fop = &dir_fops;
		inode_set_nlink(inode, 2);
	} else if (S_ISLNK(pde->mode)) {
		inode->i_op = &simple_symlink_inode_operations;
		inode->i_link = pde->target;
	} else {
		inode->i_fop = pde->fops;
	}
	return inode;
}
