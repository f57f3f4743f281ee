/* SPDX-License-Identifier: MIT */
/*
 * From an inode that was found by its handle to a dentry: <fs/exportfs.h>.
 *
 * A file gets a dentry without a name and a parent, which goes with its last user. A directory is
 * part of the tree or nothing, so one that has no dentry is connected: up through ".." to the
 * nearest directory that has one, then down again by names, one level at a time.
 */
#include <kernel/sched_signal.h>
#include <lib/err.h>
#include <lib/string.h>
#include <uapi/limits.h>
#include <fs/exportfs.h>
#include "internal.h"

#define MAX_DEPTH 65536 /* deeper than that ".." goes in circles, on a damaged disk */

/* The directory's dentry if it is in the tree, referenced. */
static struct dentry *tree_dentry(struct inode *dir)
{
	struct dentry *d = d_find_any_alias(dir);

	if (d && (IS_ROOT(d) || !d_unhashed(d)))
		return d;
	dput(d);
	return NULL;
}

/* Looks @child up in @parent by the name that it has there. */
static struct dentry *look_up_child(struct dentry *parent, struct inode *child)
{
	struct inode *dir = parent->d_inode;
	char name[NAME_MAX + 1];
	struct dentry *d;
	int len;

	inode_lock(dir);
	len = dir->i_sb->s_export_op->get_name(dir, name, child->i_ino);
	d = len < 0 ? ERR_PTR(len) : lookup_one_len(name, parent, len);
	inode_unlock(dir);
	if (IS_ERR(d) || d->d_inode == child)
		return d;
	dput(d);
	return ERR_PTR(-ESTALE); /* moved meanwhile */
}

/* The highest of @dir's ancestors (or itself) that has no dentry gets one. */
static struct dentry *connect_step(struct inode *dir)
{
	const struct export_operations *op = dir->i_sb->s_export_op;
	struct dentry *above, *d = ERR_PTR(-ESTALE);
	struct inode *parent;

	ihold(dir);
	for (unsigned int depth = 0; depth < MAX_DEPTH && !fatal_signal_pending(current); depth++) {
		parent = op->get_parent(dir);
		if (IS_ERR(parent)) {
			d = ERR_CAST(parent);
			break;
		}
		above = tree_dentry(parent);
		if (above) {
			d = look_up_child(above, dir);
			dput(above);
			iput(parent);
			break;
		}
		iput(dir);
		dir = parent;
	}
	iput(dir);
	return d;
}

/* Each level's dentry is held until the next has one: it keeps all above it. */
static struct dentry *connect_dir(struct inode *dir)
{
	struct dentry *d = tree_dentry(dir), *reached = NULL;

	if (!d && (!dir->i_sb->s_export_op->get_parent || !dir->i_nlink))
		return ERR_PTR(-ESTALE);
	while (!d) {
		struct dentry *next = connect_step(dir);

		dput(reached);
		if (IS_ERR(next))
			return next;
		if (next->d_inode == dir)
			return next;
		reached = next;
		d = tree_dentry(dir); /* somebody else may have done it */
	}
	dput(reached);
	return d;
}

struct dentry *d_obtain_alias(struct inode *inode)
{
	struct dentry *d;

	if (IS_ERR_OR_NULL(inode))
		return inode ? ERR_CAST(inode) : ERR_PTR(-ESTALE);
	if (S_ISDIR(inode->i_mode)) {
		d = connect_dir(inode);
		iput(inode);
		return d;
	}
	d = d_find_any_alias(inode);
	if (d) {
		iput(inode);
		return d;
	}
	d = d_alloc_pseudo(inode->i_sb, "");
	if (d) {
		d_set_inode_pseudo(d, inode);
		return d;
	}
	iput(inode);
	return ERR_PTR(-ENOMEM);
}
