/* SPDX-License-Identifier: MIT */
/*
 * overlayfs: reading merged directories. The names of all layers are gathered, topmost first, when
 * a directory is read from its start; an open directory keeps them until it is rewound, so
 * positions are stable.
 */
#include <lib/rbtree.h>
#include "overlayfs.h"

struct ovl_name {
	struct rb_node node;
	struct list_head list; /* in the order they were found */
	u64 ino;
	unsigned int type, len;
	bool whiteout, fresh; /* fresh: of the layer being read */
	char name[];
};

struct ovl_names {
	struct dir_context ctx; /* while a layer is read */
	struct rb_root root;
	struct list_head list;
	unsigned int seen; /* entries that the last call brought */
	int err;
};

static int compare(const char *name, unsigned int len, const struct ovl_name *n)
{
	int d = memcmp(name, n->name, min(len, n->len));

	return d ? d : (int)len - (int)n->len;
}

static bool add_name(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		     unsigned int type)
{
	struct ovl_names *all = container_of(ctx, struct ovl_names, ctx);
	struct rb_node **link = &all->root.rb_node, *parent = NULL;
	struct ovl_name *n;

	all->seen++;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	while (*link) {
		int d = compare(name, len, rb_entry(*link, struct ovl_name, node));

		if (!d)
			return true; /* hidden by a layer above */
		parent = *link;
		link = d < 0 ? &parent->rb_left : &parent->rb_right;
	}
	n = kmalloc(sizeof(*n) + len + 1, GFP_KERNEL);
	if (!n) {
		all->err = -ENOMEM;
		return false;
	}
	*n = (struct ovl_name){.ino = ino, .type = type, .len = len, .fresh = true};
	memcpy(n->name, name, len);
	n->name[len] = 0;
	rb_link_node(&n->node, parent, link);
	rb_insert_color(&n->node, &all->root);
	list_add_tail(&n->list, &all->list);
	return true;
}

static void free_names(struct ovl_names *all)
{
	struct ovl_name *n, *next;

	list_for_each_entry_safe(n, next, &all->list, list)
		kfree(n);
}

/* Character devices may be whiteouts. */
static void find_whiteouts(struct ovl_names *all, struct dentry *dir)
{
	struct ovl_name *n;

	list_for_each_entry(n, &all->list, list) {
		struct qstr q = {.name = n->name, .len = n->len};
		struct dentry *d;

		if (!n->fresh)
			continue;
		n->fresh = false;
		if (n->type != S_IFCHR >> 12)
			continue;
		d = ovl_lookup_real(dir, &q);
		if (IS_ERR(d))
			continue;
		n->whiteout = ovl_is_whiteout(d);
		dput(d);
	}
}

static int read_layer(struct ovl_names *all, struct vfsmount *mnt, struct dentry *dir)
{
	struct path path = {.mnt = mnt, .dentry = dir};
	struct file *file = dentry_open(&path, O_RDONLY | O_DIRECTORY, current_cred());
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	file->f_mode |= FMODE_NONOTIFY;
	all->ctx.pos = 0;
	do {
		all->seen = 0;
		err = iterate_dir(file, &all->ctx);
	} while (!err && !all->err && all->seen);
	fput(file);
	find_whiteouts(all, dir);
	return err ? err : all->err;
}

static int read_names(struct inode *dir, struct ovl_names *all)
{
	struct ovl_inode *oi = ovl_i(dir);
	struct dentry *upper = ovl_upper(dir);
	const struct cred *old = ovl_override(dir->i_sb);
	int err = 0;

	*all = (struct ovl_names){.ctx.actor = add_name, .root = RB_ROOT};
	INIT_LIST_HEAD(&all->list);
	if (upper)
		err = read_layer(all, ovl_fs(dir->i_sb)->upper_mnt, upper);
	for (unsigned int i = 0; i < oi->nr_lower && !err; i++)
		err = read_layer(all, oi->lower[i].mnt, oi->lower[i].dentry);
	revert_creds(old);
	if (err)
		free_names(all);
	return err;
}

int ovl_check_empty(struct inode *dir)
{
	struct ovl_names all;
	struct ovl_name *n;
	int err = read_names(dir, &all);

	if (err)
		return err;
	list_for_each_entry(n, &all.list, list)
		if (!n->whiteout)
			err = -ENOTEMPTY;
	free_names(&all);
	return err;
}

int ovl_clear_whiteouts(struct dentry *upper, const struct super_block *sb)
{
	struct ovl_names all = {.ctx.actor = add_name, .root = RB_ROOT};
	struct path path = {.mnt = ovl_fs(sb)->upper_mnt, .dentry = upper};
	struct file *file = dentry_open(&path, O_RDONLY | O_DIRECTORY, current_cred());
	struct ovl_name *n;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	INIT_LIST_HEAD(&all.list);
	do {
		all.seen = 0;
		err = iterate_dir(file, &all.ctx);
	} while (!err && !all.err && all.seen);
	fput(file);
	inode_lock(upper->d_inode);
	list_for_each_entry(n, &all.list, list) {
		struct dentry *d = err ? NULL : lookup_one_len(n->name, upper, n->len);

		if (IS_ERR_OR_NULL(d))
			continue;
		if (ovl_is_whiteout(d))
			err = vfs_unlink(upper->d_inode, d);
		dput(d);
	}
	inode_unlock(upper->d_inode);
	free_names(&all);
	return err ? err : all.err;
}

/* ---- an open directory ----------------------------------------------------------------------- */

struct ovl_dir {
	struct ovl_names names;
	bool read; /* names are gathered */
	struct ovl_name *next; /* at position next_pos */
	loff_t next_pos;
};

static int ovl_dir_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct ovl_dir), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static void forget(struct ovl_dir *d)
{
	if (d->read)
		free_names(&d->names);
	d->read = false;
}

static int ovl_dir_release(struct inode *inode, struct file *file)
{
	forget(file->private_data);
	kfree(file->private_data);
	return 0;
}

/* The name at @pos, where 2 is the first; the usual case is the one after the last. */
static struct ovl_name *name_at(struct ovl_dir *d, loff_t pos)
{
	struct ovl_name *n;
	loff_t i = 2;

	if (pos == d->next_pos && d->next)
		return d->next;
	list_for_each_entry(n, &d->names.list, list)
		if (i++ == pos)
			return n;
	return NULL;
}

static int ovl_iterate(struct file *file, struct dir_context *ctx)
{
	struct ovl_dir *d = file->private_data;
	struct ovl_name *n;
	int err;

	if (!ctx->pos)
		forget(d);
	if (!d->read) {
		err = read_names(file_inode(file), &d->names);
		if (err)
			return err;
		d->read = true;
		d->next = NULL;
	}
	if (!dir_emit_dots(file, ctx))
		return 0;
	n = name_at(d, ctx->pos);
	while (n) {
		if (!n->whiteout && !dir_emit(ctx, n->name, n->len, n->ino, n->type))
			break;
		ctx->pos++;
		n = list_is_last(&n->list, &d->names.list) ? NULL : list_next_entry(n, list);
	}
	d->next = n;
	d->next_pos = ctx->pos;
	return 0;
}

static int ovl_dir_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct dentry *upper = ovl_upper(file_inode(file));
	struct path path = {.mnt = ovl_fs(file_inode(file)->i_sb)->upper_mnt, .dentry = upper};
	struct file *real;
	int err;

	if (!upper)
		return 0;
	real = dentry_open(&path, O_RDONLY, current_cred());
	if (IS_ERR(real))
		return PTR_ERR(real);
	err = vfs_fsync_range(real, start, end, datasync);
	fput(real);
	return err;
}

const struct file_operations ovl_dir_fops = {
	.open = ovl_dir_open,
	.release = ovl_dir_release,
	.iterate_shared = ovl_iterate,
	.llseek = generic_file_llseek,
	.fsync = ovl_dir_fsync,
};
