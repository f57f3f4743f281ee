/* SPDX-License-Identifier: MIT */
/* mkdir, mknod, unlink, rmdir, symlink, link, rename: names in, vfs_x() on locked parents. */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <uapi/capability.h>
#include <uapi/fs.h>
#include <fs/landlock.h>
#include <fs/posix_acl.h>
#include "internal.h"

/* ---- a place for a new name ------------------------------------------------------------------ */

struct dentry *filename_create(int dfd, struct filename *name, struct path *path,
			       unsigned int flags)
{
	bool want_dir = flags & LOOKUP_DIRECTORY;
	struct dentry *dentry;
	struct qstr last;
	int type, err, ro;

	err = filename_parentat(dfd, name, flags & LOOKUP_REVAL, path, &last, &type);
	if (err)
		return ERR_PTR(err);
	err = -EEXIST; /* ".", "..", "/" always exist */
	if (unlikely(type != LAST_NORM))
		goto out;
	ro = mnt_want_write(path->mnt);
	inode_lock(path->dentry->d_inode);
	dentry = lookup_one_qstr(&last, path->dentry, 0);
	if (IS_ERR(dentry)) {
		err = PTR_ERR(dentry);
		goto out_unlock;
	}
	if (d_is_positive(dentry))
		err = -EEXIST;
	else if (last.name[last.len] && !want_dir)
		err = -ENOENT; /* "new/" for something that is no directory */
	else
		err = ro;
	if (likely(!err))
		return dentry;
	dput(dentry);
out_unlock:
	inode_unlock(path->dentry->d_inode);
	if (!ro)
		mnt_drop_write(path->mnt);
out:
	path_put(path);
	return ERR_PTR(err);
}

struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags)
{
	struct filename fn;
	struct dentry *dentry;
	int err = getname_kernel(&fn, name);

	if (err)
		return ERR_PTR(err);
	dentry = filename_create(dfd, &fn, path, flags);
	putname(&fn);
	return dentry;
}

void done_path_create(struct path *path, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(path->dentry->d_inode);
	mnt_drop_write(path->mnt);
	path_put(path);
}

/* ---- making ---------------------------------------------------------------------------------- */

long do_mkdirat(int dfd, struct filename *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = filename_create(dfd, name, &path, LOOKUP_DIRECTORY);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = landlock_make(&path, S_IFDIR);
	if (!err)
		err = vfs_mkdir(path.dentry->d_inode, dentry,
				mode_strip_umask(path.dentry->d_inode, mode | S_IFDIR) & ~S_IFMT);
	done_path_create(&path, dentry);
	return err;
}

static int mknod_type_ok(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
	case 0:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

long do_mknodat(int dfd, struct filename *name, umode_t mode, dev_t dev)
{
	struct path path;
	struct dentry *dentry;
	struct inode *dir;
	int err = mknod_type_ok(mode);

	if (err)
		return err;
	dentry = filename_create(dfd, name, &path, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	dir = path.dentry->d_inode;
	mode = (mode & S_IFMT) | mode_strip_umask(dir, mode & S_IALLUGO);
	err = landlock_make(&path, mode);
	if (err)
		;
	else if (!(mode & S_IFMT) || S_ISREG(mode))
		err = vfs_create(dir, dentry, mode, true);
	else
		err = vfs_mknod(dir, dentry, mode, S_ISCHR(mode) || S_ISBLK(mode) ? dev : 0);
	done_path_create(&path, dentry);
	return err;
}

long do_symlinkat(struct filename *from, int newdfd, struct filename *to)
{
	struct path path;
	struct dentry *dentry = filename_create(newdfd, to, &path, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = landlock_make(&path, S_IFLNK);
	if (!err)
		err = vfs_symlink(path.dentry->d_inode, dentry, from->name);
	done_path_create(&path, dentry);
	return err;
}

/* protected_hardlinks is 0; the historic rules only. */
long do_linkat(int olddfd, struct filename *old, int newdfd, struct filename *new, int flags)
{
	struct path from, to;
	struct dentry *dentry;
	unsigned int how = 0;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH) && !*old->name)
			return -ENOENT;
		how |= LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		how |= LOOKUP_FOLLOW;
	err = filename_lookup(olddfd, old, how, &from);
	if (err)
		return err;
	dentry = filename_create(newdfd, new, &to, 0);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = from.mnt == to.mnt ? landlock_link(&from, &to) : -EXDEV;
		if (!err)
			err = vfs_link(from.dentry, to.dentry->d_inode, dentry);
		done_path_create(&to, dentry);
	}
	path_put(&from);
	return err;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* What a name that is no name says to the remover. */
static int last_type_error(int type, bool isdir)
{
	if (!isdir)
		return -EISDIR;
	if (type == LAST_DOT)
		return -EINVAL;
	return type == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

/* "file/" names nothing that unlink could remove. */
static int unlink_slashes(const struct dentry *dentry)
{
	if (d_is_negative(dentry))
		return -ENOENT;
	return d_is_dir(dentry) ? -EISDIR : -ENOTDIR;
}

static int remove_last(struct path *parent, const struct qstr *last, bool isdir,
		       struct inode **inode)
{
	struct inode *dir = parent->dentry->d_inode;
	struct dentry *dentry = lookup_one_qstr(last, parent->dentry, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_is_negative(dentry))
		err = -ENOENT;
	else if (!isdir && last->name[last->len])
		err = unlink_slashes(dentry);
	else
		err = landlock_remove(parent, isdir);
	if (!err && isdir) {
		err = vfs_rmdir(dir, dentry);
	} else if (!err) {
		/* The inode's end may take long: after the directory is unlocked. */
		*inode = dentry->d_inode;
		ihold(*inode);
		err = vfs_unlink(dir, dentry);
	}
	dput(dentry);
	return err;
}

static long do_remove(int dfd, struct filename *name, bool isdir)
{
	struct inode *inode = NULL;
	struct path parent;
	struct qstr last;
	int type, err;

	err = filename_parentat(dfd, name, 0, &parent, &last, &type);
	if (err)
		return err;
	if (type != LAST_NORM) {
		err = last_type_error(type, isdir);
		goto out;
	}
	err = mnt_want_write(parent.mnt);
	if (err)
		goto out;
	inode_lock(parent.dentry->d_inode);
	err = remove_last(&parent, &last, isdir, &inode);
	inode_unlock(parent.dentry->d_inode);
	mnt_drop_write(parent.mnt);
out:
	path_put(&parent);
	iput(inode);
	return err;
}

long do_unlinkat(int dfd, struct filename *name)
{
	return do_remove(dfd, name, false);
}

long do_rmdir(int dfd, struct filename *name)
{
	return do_remove(dfd, name, true);
}

/* ---- rename ---------------------------------------------------------------------------------- */

/* Slashes at the end want a directory. */
static int rename_slashes(const struct dentry *old, const struct dentry *new, const struct qstr *ol,
			  const struct qstr *nl, unsigned int flags)
{
	if (flags & RENAME_EXCHANGE) {
		if (d_is_negative(new))
			return -ENOENT;
		if (!d_is_dir(new) && nl->name[nl->len])
			return -ENOTDIR;
	}
	if (d_is_dir(old))
		return 0;
	if (ol->name[ol->len])
		return -ENOTDIR;
	if (!(flags & RENAME_EXCHANGE) && nl->name[nl->len])
		return -ENOTDIR;
	return 0;
}

/* Parents locked; @trap leads from one to the other. */
static int rename_locked(const struct path *from, const struct qstr *ol, const struct path *to,
			 const struct qstr *nl, struct dentry *trap, unsigned int flags)
{
	struct dentry *old = lookup_one_qstr(ol, from->dentry, 0), *new;
	int err;

	if (IS_ERR(old))
		return PTR_ERR(old);
	new = lookup_one_qstr(nl, to->dentry, 0);
	if (IS_ERR(new)) {
		dput(old);
		return PTR_ERR(new);
	}
	if (d_is_negative(old))
		err = -ENOENT;
	else if ((flags & RENAME_NOREPLACE) && d_is_positive(new))
		err = -EEXIST;
	else
		err = rename_slashes(old, new, ol, nl, flags);
	/* Not into its own subdirectory, nor onto its own ancestor. */
	if (!err && old == trap)
		err = -EINVAL;
	if (!err && new == trap)
		err = flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (!err)
		err = landlock_rename(from, old, to, new, flags);
	if (!err)
		err = vfs_rename(from->dentry->d_inode, old, to->dentry->d_inode, new, flags);
	dput(new);
	dput(old);
	return err;
}

long do_renameat2(int olddfd, struct filename *from, int newdfd, struct filename *to,
		  unsigned int flags)
{
	struct path op, np;
	struct qstr ol, nl;
	struct dentry *trap;
	int ot, nt, err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if ((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	err = filename_parentat(olddfd, from, 0, &op, &ol, &ot);
	if (err)
		return err;
	err = filename_parentat(newdfd, to, 0, &np, &nl, &nt);
	if (err)
		goto out_old;
	err = -EXDEV;
	if (op.mnt != np.mnt)
		goto out_new;
	err = -EBUSY;
	if (ot != LAST_NORM)
		goto out_new;
	if (nt != LAST_NORM) {
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
		goto out_new;
	}
	err = mnt_want_write(op.mnt);
	if (err)
		goto out_new;
	trap = lock_rename(np.dentry, op.dentry);
	err = rename_locked(&op, &ol, &np, &nl, trap, flags);
	unlock_rename(np.dentry, op.dentry);
	mnt_drop_write(op.mnt);
out_new:
	path_put(&np);
out_old:
	path_put(&op);
	return err;
}

/* ---- system calls ---------------------------------------------------------------------------- */

static long sys_one(int dfd, const char __user *uname, long (*fn)(int dfd, struct filename *name))
{
	struct filename name;
	long err = getname(&name, uname);

	if (err)
		return err;
	err = fn(dfd, &name);
	putname(&name);
	return err;
}

static long mkdir_user(int dfd, const char __user *uname, umode_t mode)
{
	struct filename name;
	long err = getname(&name, uname);

	if (err)
		return err;
	err = do_mkdirat(dfd, &name, mode);
	putname(&name);
	return err;
}

static long mknod_user(int dfd, const char __user *uname, umode_t mode, unsigned int dev)
{
	struct filename name;
	long err = getname(&name, uname);

	if (err)
		return err;
	err = do_mknodat(dfd, &name, mode, huge_decode_dev(dev));
	putname(&name);
	return err;
}

/* Two user names for one operation. */
struct two_names {
	struct filename a, b;
};

static int get_two(struct two_names *t, const char __user *a, unsigned int aflags,
		   const char __user *b)
{
	int err = getname_flags(&t->a, a, aflags);

	if (err)
		return err;
	err = getname(&t->b, b);
	if (err)
		putname(&t->a);
	return err;
}

static void put_two(struct two_names *t)
{
	putname(&t->a);
	putname(&t->b);
}

static long symlink_user(const char __user *target, int dfd, const char __user *linkname)
{
	struct two_names t;
	long err = get_two(&t, target, 0, linkname);

	if (err)
		return err;
	err = do_symlinkat(&t.a, dfd, &t.b);
	put_two(&t);
	return err;
}

static long link_user(int olddfd, const char __user *old, int newdfd, const char __user *new,
		      int flags)
{
	struct two_names t;
	long err = get_two(&t, old, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, new);

	if (err)
		return err;
	err = do_linkat(olddfd, &t.a, newdfd, &t.b, flags);
	put_two(&t);
	return err;
}

static long rename_user(int olddfd, const char __user *old, int newdfd, const char __user *new,
			unsigned int flags)
{
	struct two_names t;
	long err = get_two(&t, old, 0, new);

	if (err)
		return err;
	err = do_renameat2(olddfd, &t.a, newdfd, &t.b, flags);
	put_two(&t);
	return err;
}

SYSCALL_DEFINE2(mkdir, const char __user *, name, umode_t, mode)
{
	return mkdir_user(AT_FDCWD, name, mode);
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, name, umode_t, mode)
{
	return mkdir_user(dfd, name, mode);
}

SYSCALL_DEFINE3(mknod, const char __user *, name, umode_t, mode, unsigned int, dev)
{
	return mknod_user(AT_FDCWD, name, mode, dev);
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, name, umode_t, mode, unsigned int, dev)
{
	return mknod_user(dfd, name, mode, dev);
}

SYSCALL_DEFINE1(unlink, const char __user *, name)
{
	return sys_one(AT_FDCWD, name, do_unlinkat);
}

SYSCALL_DEFINE1(rmdir, const char __user *, name)
{
	return sys_one(AT_FDCWD, name, do_rmdir);
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, name, int, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return sys_one(dfd, name, flags & AT_REMOVEDIR ? do_rmdir : do_unlinkat);
}

SYSCALL_DEFINE2(symlink, const char __user *, target, const char __user *, linkname)
{
	return symlink_user(target, AT_FDCWD, linkname);
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dfd, const char __user *, linkname)
{
	return symlink_user(target, dfd, linkname);
}

SYSCALL_DEFINE2(link, const char __user *, old, const char __user *, new)
{
	return link_user(AT_FDCWD, old, AT_FDCWD, new, 0);
}

SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, old, int, newdfd, const char __user *,
		new, int, flags)
{
	return link_user(olddfd, old, newdfd, new, flags);
}

SYSCALL_DEFINE2(rename, const char __user *, old, const char __user *, new)
{
	return rename_user(AT_FDCWD, old, AT_FDCWD, new, 0);
}

SYSCALL_DEFINE4(renameat, int, olddfd, const char __user *, old, int, newdfd, const char __user *,
		new)
{
	return rename_user(olddfd, old, newdfd, new, 0);
}

SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, old, int, newdfd, const char __user *,
		new, unsigned int, flags)
{
	return rename_user(olddfd, old, newdfd, new, flags);
}
