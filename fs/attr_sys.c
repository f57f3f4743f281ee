/* SPDX-License-Identifier: MIT */
/*
 * Calls that change one inode's attributes: chmod, chown, utimensat, truncate, fallocate; and
 * access(2), which asks.
 */
#include <kernel/syscall.h>
#include <kernel/sched_signal.h>
#include <mm/pagemap.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <uapi/capability.h>
#include <uapi/time.h>
#include "internal.h"

/* Locks, changes, with the mount claimed for writing. */
static int change_path(const struct path *path, struct iattr *attr)
{
	struct inode *inode = path->dentry->d_inode;
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	inode_lock(inode);
	err = notify_change(path->dentry, attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return err;
}

/* ---- chmod ----------------------------------------------------------------------------------- */

static int chmod_path(const struct path *path, umode_t mode)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = {
		.ia_valid = ATTR_MODE | ATTR_CTIME,
		.ia_mode = (mode & S_IALLUGO) | (inode->i_mode & ~S_IALLUGO),
	};

	if (S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	return change_path(path, &attr);
}

static long chmod_at(int dfd, const char __user *name, umode_t mode)
{
	struct path path;
	int err = user_path_at(dfd, name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = chmod_path(&path, mode);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(chmod, const char __user *, name, umode_t, mode)
{
	return chmod_at(AT_FDCWD, name, mode);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, name, umode_t, mode)
{
	return chmod_at(dfd, name, mode);
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f = fdget(fd);
	int err;

	if (fd_empty(f))
		return -EBADF;
	err = chmod_path(&fd_file(f)->f_path, mode);
	fdput(f);
	return err;
}

/* ---- chown ----------------------------------------------------------------------------------- */

/* A change of owner takes set-user-id away, even from root's files (chown(2)). */
static int chown_path(const struct path *path, uid_t uid, gid_t gid)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = {.ia_valid = ATTR_CTIME, .ia_uid = uid, .ia_gid = gid};

	if (uid != (uid_t)-1)
		attr.ia_valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.ia_valid |= ATTR_GID;
	if (S_ISREG(inode->i_mode))
		attr.ia_valid |= should_remove_suid(inode);
	return change_path(path, &attr);
}

static long chown_at(int dfd, const char __user *name, uid_t uid, gid_t gid, unsigned int how)
{
	struct path path;
	int err = user_path_at(dfd, name, how, &path);

	if (err)
		return err;
	err = chown_path(&path, uid, gid);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE3(chown, const char __user *, name, uid_t, uid, gid_t, gid)
{
	return chown_at(AT_FDCWD, name, uid, gid, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE3(lchown, const char __user *, name, uid_t, uid, gid_t, gid)
{
	return chown_at(AT_FDCWD, name, uid, gid, 0);
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, name, uid_t, uid, gid_t, gid, int, flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	return chown_at(dfd, name, uid, gid, how);
}

SYSCALL_DEFINE3(fchown, unsigned int, fd, uid_t, uid, gid_t, gid)
{
	struct fd f = fdget(fd);
	int err;

	if (fd_empty(f))
		return -EBADF;
	err = chown_path(&fd_file(f)->f_path, uid, gid);
	fdput(f);
	return err;
}

/* ---- times ----------------------------------------------------------------------------------- */

static bool nsec_valid(long nsec)
{
	return nsec == UTIME_NOW || nsec == UTIME_OMIT || (unsigned long)nsec < NSEC_PER_SEC;
}

/* Given times are the owner's business, even if one is now; a read-only mount comes first. */
static int set_times(const struct path *path, struct iattr *attr)
{
	struct inode *inode = path->dentry->d_inode;
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	if (!inode_owner_or_capable(inode) || IS_IMMUTABLE(inode) || IS_APPEND(inode))
		err = -EPERM;
	else
		err = change_path(path, attr);
	mnt_drop_write(path->mnt);
	return err;
}

/* @times NULL: both now, which needs write permission only. */
static int utimes_path(const struct path *path, const struct timespec64 *times)
{
	struct iattr attr = {.ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME};

	if (!times || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)) {
		attr.ia_valid |= ATTR_TOUCH;
		return change_path(path, &attr);
	}
	if (times[0].tv_nsec == UTIME_OMIT) {
		attr.ia_valid &= ~ATTR_ATIME;
	} else if (times[0].tv_nsec != UTIME_NOW) {
		attr.ia_atime = times[0];
		attr.ia_valid |= ATTR_ATIME_SET;
	}
	if (times[1].tv_nsec == UTIME_OMIT) {
		attr.ia_valid &= ~ATTR_MTIME;
	} else if (times[1].tv_nsec != UTIME_NOW) {
		attr.ia_mtime = times[1];
		attr.ia_valid |= ATTR_MTIME_SET;
	}
	return set_times(path, &attr);
}

static long do_utimes(int dfd, const char __user *name, const struct timespec64 *times, int flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (times && (!nsec_valid(times[0].tv_nsec) || !nsec_valid(times[1].tv_nsec)))
		return -EINVAL;
	if (times && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name && dfd != AT_FDCWD) {
		struct fd f = fdget(dfd);

		if (flags)
			err = -EINVAL;
		else
			err = fd_empty(f) ? -EBADF : utimes_path(&fd_file(f)->f_path, times);
		fdput(f);
		return err;
	}
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	err = user_path_at(dfd, name, how, &path);
	if (err)
		return err;
	err = utimes_path(&path, times);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, name,
		const struct __kernel_timespec __user *, utimes, int, flags)
{
	struct timespec64 times[2];

	if (utimes &&
	    (get_timespec64(&times[0], &utimes[0]) || get_timespec64(&times[1], &utimes[1])))
		return -EFAULT;
	return do_utimes(dfd, name, utimes ? times : NULL, flags);
}

/* Microseconds, for the older calls. */
static long do_futimesat(int dfd, const char __user *name,
			 const struct __kernel_old_timeval __user *utv)
{
	struct __kernel_old_timeval tv[2];
	struct timespec64 times[2];

	if (!utv)
		return do_utimes(dfd, name, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= USEC_PER_SEC)
			return -EINVAL;
		times[i].tv_sec = tv[i].tv_sec;
		times[i].tv_nsec = tv[i].tv_usec * NSEC_PER_USEC;
	}
	return do_utimes(dfd, name, times, 0);
}

SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, name,
		const struct __kernel_old_timeval __user *, tv)
{
	return do_futimesat(dfd, name, tv);
}

SYSCALL_DEFINE2(utimes, const char __user *, name, const struct __kernel_old_timeval __user *, tv)
{
	return do_futimesat(AT_FDCWD, name, tv);
}

SYSCALL_DEFINE2(utime, const char __user *, name, const struct utimbuf __user *, ut)
{
	struct timespec64 times[2] = {};
	struct utimbuf buf;

	if (ut && copy_from_user(&buf, ut, sizeof(buf)))
		return -EFAULT;
	if (ut) {
		times[0].tv_sec = buf.actime;
		times[1].tv_sec = buf.modtime;
	}
	return do_utimes(AT_FDCWD, name, ut ? times : NULL, 0);
}

/* ---- size ------------------------------------------------------------------------------------ */

int do_truncate(struct dentry *dentry, loff_t length, unsigned int attrs, struct file *file)
{
	struct inode *inode = dentry->d_inode;
	struct iattr attr = {.ia_valid = ATTR_SIZE | attrs, .ia_size = length, .ia_file = file};
	int err;

	if (length < 0)
		return -EINVAL;
	if (file)
		attr.ia_valid |= ATTR_FILE;
	inode_lock(inode);
	if (!capable(CAP_FSETID))
		attr.ia_valid |= should_remove_suid(inode);
	err = notify_change(dentry, &attr);
	inode_unlock(inode);
	return err;
}

int vfs_truncate(const struct path *path, loff_t length)
{
	struct inode *inode = path->dentry->d_inode;
	int err;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	err = inode_permission(inode, MAY_WRITE);
	if (!err && IS_APPEND(inode))
		err = -EPERM;
	if (!err)
		err = break_lease(inode, O_WRONLY);
	if (!err)
		err = get_write_access(inode);
	if (!err) {
		err = do_truncate(path->dentry, length, 0, NULL);
		put_write_access(inode);
	}
	mnt_drop_write(path->mnt);
	return err;
}

SYSCALL_DEFINE2(truncate, const char __user *, name, long, length)
{
	struct path path;
	int err;

	if (length < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = vfs_truncate(&path, length);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, unsigned long, length)
{
	struct file *file;
	struct fd f;
	int err;

	if ((long)length < 0)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	file = fd_file(f);
	if (!S_ISREG(file_inode(file)->i_mode) || !(file->f_mode & FMODE_WRITE))
		err = -EINVAL;
	else if (IS_APPEND(file_inode(file)))
		err = -EPERM;
	else
		err = do_truncate(file_dentry(file), length, ATTR_MTIME | ATTR_CTIME, file);
	fdput(f);
	return err;
}

/* The combinations that fallocate(2) allows. */
static int fallocate_mode(int mode)
{
	const int keep = FALLOC_FL_KEEP_SIZE;
	int op = mode & ~keep;

	if (op & ~(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE |
		   FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((op & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ==
		    (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE) ||
	    ((op & FALLOC_FL_PUNCH_HOLE) && !(mode & keep)))
		return -EOPNOTSUPP;
	if ((op & FALLOC_FL_COLLAPSE_RANGE && mode & ~FALLOC_FL_COLLAPSE_RANGE) ||
	    (op & FALLOC_FL_INSERT_RANGE && mode & ~FALLOC_FL_INSERT_RANGE) ||
	    (op & FALLOC_FL_UNSHARE_RANGE && op & ~FALLOC_FL_UNSHARE_RANGE))
		return -EINVAL;
	return 0;
}

long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	long err;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = fallocate_mode(mode);
	if (err)
		return err;
	if (((mode & ~FALLOC_FL_KEEP_SIZE) && IS_APPEND(inode)) || IS_IMMUTABLE(inode))
		return -EPERM;
	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -ENODEV;
	if (len > inode->i_sb->s_maxbytes - offset)
		return -EFBIG;
	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;
	err = file->f_op->fallocate(file, mode, offset, len);
	if (!err)
		fsnotify_file(file, FS_MODIFY);
	return err;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, offset, loff_t, len)
{
	struct fd f = fdget(fd);
	long err;

	if (fd_empty(f))
		return -EBADF;
	err = vfs_fallocate(fd_file(f), mode, offset, len);
	fdput(f);
	return err;
}

/* ---- access ---------------------------------------------------------------------------------- */

/* As the real ids may, not the effective ones. NULL: no memory. */
static const struct cred *real_ids(void)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return NULL;
	cred->fsuid = cred->uid;
	cred->fsgid = cred->gid;
	if (cred->uid)
		cred->cap_effective = 0;
	else
		cred->cap_effective = cred->cap_permitted;
	return cred;
}

static int access_path(const struct path *path, int mode)
{
	struct inode *inode = path->dentry->d_inode;
	int err;

	if ((mode & MAY_EXEC) && S_ISREG(inode->i_mode) && path_noexec(path))
		return -EACCES;
	err = inode_permission(inode, mode | MAY_ACCESS);
	if (!err && (mode & MAY_WRITE) &&
	    (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) || S_ISLNK(inode->i_mode)) &&
	    __mnt_is_readonly(path->mnt))
		err = -EROFS;
	return err;
}

static int access_at(int dfd, const char __user *name, int mode, int flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	err = user_path_at(dfd, name, how, &path);
	if (err)
		return err;
	err = access_path(&path, mode);
	path_put(&path);
	return err;
}

static bool ids_are_real(void)
{
	const struct cred *c = current_cred();

	return c->fsuid == c->uid && c->fsgid == c->gid &&
	       c->cap_effective == (c->uid ? 0 : c->cap_permitted);
}

static long do_faccessat(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *cred, *old;
	long err;

	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EACCESS || ids_are_real())
		return access_at(dfd, name, mode, flags);
	cred = real_ids();
	if (!cred)
		return -ENOMEM;
	old = override_creds(cred);
	err = access_at(dfd, name, mode, flags);
	revert_creds(old);
	put_cred(cred);
	return err;
}

int init_access(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = access_path(&path, MAY_EXEC);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(access, const char __user *, name, int, mode)
{
	return do_faccessat(AT_FDCWD, name, mode, 0);
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, name, int, mode)
{
	return do_faccessat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, name, int, mode, int, flags)
{
	return do_faccessat(dfd, name, mode, flags);
}
