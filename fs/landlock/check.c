/* SPDX-License-Identifier: MIT */
/* What a task's layers allow, landlock(7). */
#include <uapi/errno.h>
#include <uapi/fs.h>
#include "../internal.h"
#include "landlock.h"

/*
 * What each layer gives at a path; a layer's index is its depth - 1. To move a file to another
 * directory is forbidden by all layers, also those that do not handle it, but where a rule allows
 * it.
 */
struct allowed {
	u32 layer[MAX_LAYERS];
	unsigned int nr;
};

static void start(struct allowed *a, const struct landlock_layer *top)
{
	a->nr = top->depth;
	for (const struct landlock_layer *l = top; l; l = l->below)
		a->layer[l->depth - 1] = ACCESS_ALL & ~l->handled & ~(u32)LANDLOCK_ACCESS_FS_REFER;
}

static void add_inode(struct allowed *a, const struct landlock_layer *top,
		      const struct inode *inode)
{
	for (const struct landlock_layer *l = top; l; l = l->below)
		a->layer[l->depth - 1] |= landlock_find_access(&l->rules, inode);
}

static bool allows(const struct allowed *a, u32 want)
{
	for (unsigned int i = 0; i < a->nr; i++)
		if (want & ~a->layer[i])
			return false;
	return true;
}

/* To the directory above, across mount points, which do not count themselves. False: the top. */
static bool step_up(struct path *path)
{
	struct dentry *parent;

	while (path->dentry == path->mnt->mnt_root)
		if (!follow_up(path))
			return false;
	parent = dget_parent(path->dentry);
	if (parent == path->dentry) { /* found by its handle: it is nowhere */
		dput(parent);
		return false;
	}
	dput(path->dentry);
	path->dentry = parent;
	return true;
}

/* Collects what is given at @path; may stop when that is @enough. */
static void collect(struct allowed *a, const struct path *path, u32 enough)
{
	const struct landlock_layer *top = current_cred()->landlock;
	struct path p = *path;

	start(a, top);
	/* Pipes, sockets and the like, through /proc/self/fd, are nobody's files. */
	if (p.mnt->mnt_sb->s_flags & SB_NOUSER) {
		for (unsigned int i = 0; i < a->nr; i++)
			a->layer[i] = ACCESS_ALL;
		return;
	}
	path_get(&p);
	do {
		add_inode(a, top, p.dentry->d_inode);
	} while (!allows(a, enough) && step_up(&p));
	path_put(&p);
}

static int check(const struct path *path, u32 want)
{
	struct allowed a;

	if (!want)
		return 0;
	collect(&a, path, want);
	return allows(&a, want) ? 0 : -EACCES;
}

/* ---- what is asked --------------------------------------------------------------------------- */

int __landlock_open(const struct path *path, const struct open_flags *op)
{
	/* O_RDONLY, O_WRONLY, O_RDWR as two bits; the fourth is for ioctl(2) only: neither. */
	unsigned int mode = (unsigned int)(op->open_flag + 1) & O_ACCMODE;
	u32 want = 0;

	if (mode & 1)
		want |= S_ISDIR(path->dentry->d_inode->i_mode) ? LANDLOCK_ACCESS_FS_READ_DIR :
								 LANDLOCK_ACCESS_FS_READ_FILE;
	if (mode & 2)
		want |= LANDLOCK_ACCESS_FS_WRITE_FILE;
	if (op->acc_mode & MAY_EXEC)
		want |= LANDLOCK_ACCESS_FS_EXECUTE;
	return check(path, want);
}

static u32 make_access(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return LANDLOCK_ACCESS_FS_MAKE_SYM;
	case S_IFDIR:
		return LANDLOCK_ACCESS_FS_MAKE_DIR;
	case S_IFCHR:
		return LANDLOCK_ACCESS_FS_MAKE_CHAR;
	case S_IFBLK:
		return LANDLOCK_ACCESS_FS_MAKE_BLOCK;
	case S_IFIFO:
		return LANDLOCK_ACCESS_FS_MAKE_FIFO;
	case S_IFSOCK:
		return LANDLOCK_ACCESS_FS_MAKE_SOCK;
	default:
		return LANDLOCK_ACCESS_FS_MAKE_REG;
	}
}

static u32 remove_access(bool isdir)
{
	return isdir ? LANDLOCK_ACCESS_FS_REMOVE_DIR : LANDLOCK_ACCESS_FS_REMOVE_FILE;
}

int __landlock_make(const struct path *dir, umode_t mode)
{
	return check(dir, make_access(mode));
}

int __landlock_remove(const struct path *dir, bool isdir)
{
	return check(dir, remove_access(isdir));
}

/* ---- from one directory to another ----------------------------------------------------------- */

/* Would @inode be allowed more at @to than at @from? Its own rules are the same in both places. */
static bool gains(const struct allowed *from, const struct allowed *to, const struct inode *inode)
{
	u32 matters = S_ISDIR(inode->i_mode) ? ACCESS_ALL : (u32)ACCESS_FILE;
	struct allowed own;

	start(&own, current_cred()->landlock);
	add_inode(&own, current_cred()->landlock, inode);
	for (unsigned int i = 0; i < from->nr; i++)
		if (to->layer[i] & ~(from->layer[i] | own.layer[i]) & matters)
			return true;
	return false;
}

/*
 * @moved goes from @from, where it takes @want_from, to @to, where it takes @want_to; @back (or
 * NULL) the other way. What is not allowed at all comes before what would be allowed too much.
 */
static int check_refer(const struct path *from, u32 want_from, const struct path *to, u32 want_to,
		       const struct inode *moved, const struct inode *back)
{
	struct allowed a, b;

	if (from->dentry == to->dentry)
		return check(from, want_from | want_to);
	collect(&a, from, ACCESS_ALL);
	collect(&b, to, ACCESS_ALL);
	if (!allows(&a, want_from) || !allows(&b, want_to))
		return -EACCES;
	if (!allows(&a, LANDLOCK_ACCESS_FS_REFER) || !allows(&b, LANDLOCK_ACCESS_FS_REFER))
		return -EXDEV;
	return gains(&a, &b, moved) || (back && gains(&b, &a, back)) ? -EXDEV : 0;
}

int __landlock_link(const struct path *from, const struct path *dir)
{
	struct path parent = {.mnt = dir->mnt, .dentry = dget_parent(from->dentry)};
	struct inode *inode = from->dentry->d_inode;
	int err = check_refer(&parent, 0, dir, make_access(inode->i_mode), inode, NULL);

	dput(parent.dentry);
	return err;
}

int __landlock_rename(const struct path *from, struct dentry *old, const struct path *to,
		      struct dentry *new, unsigned int flags)
{
	const struct inode *back = flags & RENAME_EXCHANGE ? new->d_inode : NULL;
	u32 want_from = remove_access(d_is_dir(old)), want_to = make_access(old->d_inode->i_mode);

	if (d_is_positive(new))
		want_to |= remove_access(d_is_dir(new));
	if (back)
		want_from |= make_access(back->i_mode);
	return check_refer(from, want_from, to, want_to, old->d_inode, back);
}

/* ---- ptrace(2) ------------------------------------------------------------------------------- */

bool landlock_may_trace(const struct cred *tracer, const struct cred *tracee)
{
	const struct landlock_layer *l = tracee->landlock;

	if (!tracer->landlock)
		return true;
	while (l && l->depth > tracer->landlock->depth)
		l = l->below;
	return l == tracer->landlock;
}
