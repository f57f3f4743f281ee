/* SPDX-License-Identifier: MIT */
/* open(2), close(2) and their kind: flags taken apart, files made ready, descriptors installed. */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <mm/pagemap.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <uapi/openat2.h>
#include "internal.h"

#define VALID_OPEN_FLAGS                                                                      \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
	 O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |   \
	 O_CLOEXEC | O_PATH | __O_TMPFILE)
#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)

static unsigned int resolve_to_lookup(u64 resolve)
{
	unsigned int flags = 0;

	if (resolve & RESOLVE_NO_XDEV)
		flags |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		flags |= LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_NO_SYMLINKS)
		flags |= LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_BENEATH)
		flags |= LOOKUP_BENEATH;
	if (resolve & RESOLVE_IN_ROOT)
		flags |= LOOKUP_IN_ROOT;
	if (resolve & RESOLVE_CACHED)
		flags |= LOOKUP_CACHED;
	return flags;
}

static int check_tmpfile(int flags, int acc_mode)
{
	if ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE)
		return -EINVAL;
	return acc_mode & MAY_WRITE ? 0 : -EINVAL;
}

/* 0 or -EINVAL: combinations that open(2) refuses. */
int build_open_flags(int flags, umode_t mode, u64 resolve, struct open_flags *op)
{
	static const u8 acc_modes[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				       MAY_READ | MAY_WRITE};
	int acc_mode = acc_modes[flags & O_ACCMODE];

	flags &= VALID_OPEN_FLAGS;
	if (unlikely(flags & __O_TMPFILE)) {
		if (check_tmpfile(flags, acc_mode))
			return -EINVAL;
	}
	if (unlikely(flags & O_PATH)) {
		flags &= O_PATH_FLAGS;
		acc_mode = 0;
	}
	op->mode = flags & (O_CREAT | __O_TMPFILE) ? (mode & S_IALLUGO) | S_IFREG : 0;
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	op->open_flag = flags;
	if (flags & O_TRUNC)
		acc_mode |= MAY_WRITE;
	if (flags & O_APPEND)
		acc_mode |= MAY_APPEND;
	op->acc_mode = acc_mode;
	op->lookup_flags = resolve_to_lookup(resolve);
	if (flags & O_DIRECTORY)
		op->lookup_flags |= LOOKUP_DIRECTORY;
	if (!(flags & O_NOFOLLOW))
		op->lookup_flags |= LOOKUP_FOLLOW;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		op->lookup_flags &= ~LOOKUP_FOLLOW;
	return 0;
}

/* ---- struct file made ready ------------------------------------------------------------------ */

static const struct file_operations path_fops;

static int claim_write(struct file *file, struct inode *inode)
{
	int err = get_write_access(inode);

	if (err)
		return err;
	err = mnt_want_write(file->f_path.mnt);
	if (err) {
		put_write_access(inode);
		return err;
	}
	file->f_mode |= FMODE_WRITER;
	return 0;
}

static void set_can_modes(struct file *file)
{
	const struct file_operations *op = file->f_op;

	if ((file->f_mode & FMODE_READ) && (op->read || op->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if ((file->f_mode & FMODE_WRITE) && (op->write || op->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
	if ((file->f_mode & FMODE_LSEEK) && !op->llseek)
		file->f_mode &= ~FMODE_LSEEK;
}

int do_dentry_open(struct file *file, struct inode *inode)
{
	int err;

	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	file->f_sb_err = errseq_sample(&file_dentry(file)->d_sb->s_wb_err);
	if (file->f_mapping)
		file->f_wb_err = errseq_sample(&file->f_mapping->wb_err);
	if (unlikely(file->f_flags & O_PATH)) {
		file->f_mode = FMODE_PATH | FMODE_OPENED;
		file->f_op = &path_fops;
		return 0;
	}
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		file->f_mode |= FMODE_ATOMIC_POS;
	err = fsnotify_perm(file, FS_OPEN_PERM);
	if (unlikely(err))
		return err;
	err = break_lease(inode, file->f_flags);
	if (unlikely(err))
		return err;
	if ((file->f_mode & FMODE_WRITE) && S_ISREG(inode->i_mode)) {
		err = claim_write(file, inode);
		if (err)
			return err;
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	file->f_op = inode->i_fop;
	if (file->f_op->open) {
		err = file->f_op->open(inode, file);
		if (unlikely(err))
			goto out_write;
	}
	file->f_mode |= FMODE_OPENED;
	set_can_modes(file);
	file->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	if (unlikely(file->f_flags & O_DIRECT) && S_ISREG(inode->i_mode) &&
	    !(file->f_mapping && file->f_mapping->a_ops->direct_io))
		return -EINVAL;
	return 0;
out_write:
	if (file->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		mnt_drop_write(file->f_path.mnt);
	}
	return err;
}

int generic_file_open(struct inode *inode, struct file *file)
{
	return 0;
}

int nonseekable_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	file->f_mode |= FMODE_STREAM;
	return 0;
}

struct file *dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	struct file *file = alloc_empty_file(flags);
	int err;

	if (IS_ERR(file))
		return file;
	path_get(path);
	file->f_path = *path;
	err = do_dentry_open(file, path->dentry->d_inode);
	if (!err)
		return file;
	fput_sync(file);
	return ERR_PTR(err);
}

struct file *filp_open(const char *path, int flags, umode_t mode)
{
	struct open_flags op;
	struct filename name;
	struct file *file;
	int err = build_open_flags(flags, mode, 0, &op);

	if (!err)
		err = getname_kernel(&name, path);
	if (err)
		return ERR_PTR(err);
	file = do_filp_open(AT_FDCWD, &name, &op);
	putname(&name);
	return file;
}

/* ---- system calls ---------------------------------------------------------------------------- */

static long do_sys_openat2(int dfd, const char __user *uname, const struct open_flags *op)
{
	struct filename name;
	struct file *file;
	int fd, err = getname(&name, uname);

	if (unlikely(err))
		return err;
	fd = get_unused_fd_flags(op->open_flag);
	if (likely(fd >= 0)) {
		file = do_filp_open(dfd, &name, op);
		if (IS_ERR(file)) {
			put_unused_fd(fd);
			fd = PTR_ERR(file);
		} else {
			fd_install(fd, file);
		}
	}
	putname(&name);
	return fd;
}

static long do_sys_open(int dfd, const char __user *uname, int flags, umode_t mode)
{
	struct open_flags op;
	int err = build_open_flags(flags | O_LARGEFILE, mode, 0, &op);

	return err ? err : do_sys_openat2(dfd, uname, &op);
}

SYSCALL_DEFINE3(open, const char __user *, name, int, flags, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, name, flags, mode);
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, name, int, flags, umode_t, mode)
{
	return do_sys_open(dfd, name, flags, mode);
}

SYSCALL_DEFINE2(creat, const char __user *, name, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

#define VALID_RESOLVE                                                                      \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
	 RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* openat2(2) refuses what open(2) ignores. */
static int check_open_how(const struct open_how *how)
{
	u64 creating = O_CREAT | __O_TMPFILE;

	if (how->flags & ~(u64)VALID_OPEN_FLAGS || how->resolve & ~(u64)VALID_RESOLVE)
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (how->flags & creating ? how->mode & ~(u64)S_IALLUGO : how->mode)
		return -EINVAL;
	if ((how->flags & O_PATH) && (how->flags & ~(u64)O_PATH_FLAGS))
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) && (how->flags & (O_TRUNC | creating)))
		return -EAGAIN;
	return 0;
}

int build_open_how(const struct open_how *how, struct open_flags *op)
{
	int err = check_open_how(how);

	return err ? err :
		     build_open_flags((int)how->flags | O_LARGEFILE, (umode_t)how->mode,
				      how->resolve, op);
}

SYSCALL_DEFINE4(openat2, int, dfd, const char __user *, name, struct open_how __user *, uhow,
		size_t, usize)
{
	struct open_how how;
	struct open_flags op;
	int err;

	if (usize < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&how, sizeof(how), uhow, usize);
	if (!err)
		err = build_open_how(&how, &op);
	return err ? err : do_sys_openat2(dfd, name, &op);
}

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	int err = close_fd(fd);

	/* The descriptor is gone: a restarted close would hit somebody else's. */
	if (unlikely(err == -ERESTARTSYS || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND))
		err = -EINTR;
	return err;
}

SYSCALL_DEFINE3(close_range, unsigned int, first, unsigned int, last, unsigned int, flags)
{
	return do_close_range(first, last, flags);
}
