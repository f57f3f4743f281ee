/* SPDX-License-Identifier: MIT */
/* dup(2) and its kind, fcntl(2). */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <mm/shmem.h>
#include <fs/file.h>
#include <fs/pipe.h>
#include <uapi/capability.h>
#include <uapi/fs.h>
#include "internal.h"

/* ---- dup ------------------------------------------------------------------------------------- */

SYSCALL_DEFINE1(dup, unsigned int, fd)
{
	struct file *file = fget_raw(fd);
	int new;

	if (!file)
		return -EBADF;
	new = get_unused_fd_flags(0);
	if (new >= 0)
		fd_install(new, file);
	else
		fput(file);
	return new;
}

static long dup_onto(unsigned int old, unsigned int new, int flags)
{
	struct file *file;
	long err;

	if (new >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	file = fget_raw(old);
	if (!file)
		return -EBADF;
	err = do_dup2(current->files, file, new, flags);
	fput(file);
	return err;
}

SYSCALL_DEFINE3(dup3, unsigned int, old, unsigned int, new, int, flags)
{
	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	return dup_onto(old, new, flags);
}

SYSCALL_DEFINE2(dup2, unsigned int, old, unsigned int, new)
{
	if (unlikely(old == new)) {
		struct fd f = fdget_raw(old);

		if (fd_empty(f))
			return -EBADF;
		fdput(f);
		return old;
	}
	return dup_onto(old, new, 0);
}

/* ---- F_SETFL --------------------------------------------------------------------------------- */

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static int setfl(int fd, struct file *file, unsigned int arg)
{
	struct inode *inode = file_inode(file);
	int err = 0;

	if (((arg ^ file->f_flags) & O_APPEND) && IS_APPEND(inode))
		return -EPERM;
	if ((arg & O_NOATIME) && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if ((arg & O_DIRECT) && S_ISREG(inode->i_mode) &&
	    !(file->f_mapping && file->f_mapping->a_ops->direct_io))
		return -EINVAL;
	if (file->f_op->check_flags)
		err = file->f_op->check_flags(arg);
	if (err)
		return err;
	if (((arg ^ file->f_flags) & FASYNC) && file->f_op->fasync) {
		err = file->f_op->fasync(fd, file, (arg & FASYNC) != 0);
		if (err < 0)
			return err;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	spin_unlock(&file->f_lock);
	return 0;
}

/* ---- fcntl ----------------------------------------------------------------------------------- */

static long do_fcntl(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC: {
		int new = f_dupfd(arg, get_file(file), cmd == F_DUPFD_CLOEXEC ? O_CLOEXEC : 0);

		if (new < 0)
			fput(file);
		return new;
	}
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags;
	case F_SETFL:
		return setfl(fd, file, arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(file, cmd, arg);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(fd, file, cmd, arg);
	case F_GETOWN:
	case F_SETOWN:
	case F_GETOWN_EX:
	case F_SETOWN_EX:
	case F_GETSIG:
	case F_SETSIG:
		return fcntl_owner(file, cmd, arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return IS_ENABLED(CONFIG_PIPE_RESIZE) ? pipe_fcntl(file, cmd, arg) : -EINVAL;
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return IS_ENABLED(CONFIG_MEMFD) ? shmem_fcntl(file, cmd, arg) : -EINVAL;
	case F_GETLEASE:
		return fcntl_getlease(file);
	case F_SETLEASE:
		return fcntl_setlease(fd, file, arg);
	case F_NOTIFY:
		return fcntl_dirnotify(fd, file, arg);
	default:
		return -EINVAL;
	}
}

static bool fcntl_on_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
	       cmd == F_GETFL;
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget_raw(fd);
	long err = -EBADF;

	if (fd_empty(f))
		return -EBADF;
	if (!(fd_file(f)->f_mode & FMODE_PATH) || fcntl_on_path(cmd))
		err = do_fcntl(fd, fd_file(f), cmd, arg);
	fdput(f);
	return err;
}
