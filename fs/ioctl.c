/* SPDX-License-Identifier: MIT */
/* ioctl(2): what every file understands, then the file's own. */
#include <kernel/syscall.h>
#include <fs/file.h>
#include <fs/fileattr.h>
#include <uapi/fs.h>
#include <uapi/termios.h>
#include "internal.h"

long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err = -ENOTTY;

	if (file->f_op->unlocked_ioctl)
		err = file->f_op->unlocked_ioctl(file, cmd, arg);
	return err == -ENOIOCTLCMD ? -ENOTTY : err;
}

static int ioctl_nonblock(struct file *file, const int __user *argp)
{
	int on;

	if (get_user(on, argp))
		return -EFAULT;
	spin_lock(&file->f_lock);
	if (on)
		file->f_flags |= O_NONBLOCK;
	else
		file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	return 0;
}

static int ioctl_async(unsigned int fd, struct file *file, const int __user *argp)
{
	int on, err = 0;

	if (get_user(on, argp))
		return -EFAULT;
	if (!!on == !!(file->f_flags & FASYNC))
		return 0;
	if (!file->f_op->fasync)
		return -ENOTTY;
	err = file->f_op->fasync(fd, file, on);
	if (err < 0)
		return err;
	spin_lock(&file->f_lock);
	file->f_flags = on ? file->f_flags | FASYNC : file->f_flags & ~FASYNC;
	spin_unlock(&file->f_lock);
	return 0;
}

static int ioctl_qsize(struct inode *inode, loff_t __user *argp)
{
	loff_t size;

	if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) && !S_ISLNK(inode->i_mode))
		return -ENOTTY;
	size = i_size_read(inode);
	return put_user(size, argp);
}

static long ioctl_regular(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file_inode(file);

	if (cmd == FIONREAD)
		return put_user((int)(i_size_read(inode) - file->f_pos), (int __user *)arg);
	if (cmd == FICLONE || cmd == FICLONERANGE || cmd == FIDEDUPERANGE)
		return -EOPNOTSUPP;
	return vfs_ioctl(file, cmd, arg);
}

static long do_vfs_ioctl(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file_inode(file);

	switch (cmd) {
	case FIOCLEX:
		set_close_on_exec(fd, true);
		return 0;
	case FIONCLEX:
		set_close_on_exec(fd, false);
		return 0;
	case FIONBIO:
		return ioctl_nonblock(file, (int __user *)arg);
	case FIOASYNC:
		return ioctl_async(fd, file, (int __user *)arg);
	case FIOQSIZE:
		return ioctl_qsize(inode, (loff_t __user *)arg);
	case FIGETBSZ:
		return put_user((int)inode->i_sb->s_blocksize, (int __user *)arg);
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSGETXATTR:
	case FS_IOC_FSSETXATTR:
		if (inode->i_op->fileattr_get)
			return fileattr_ioctl(file, cmd, arg);
		return vfs_ioctl(file, cmd, arg);
	default:
		return S_ISREG(inode->i_mode) ? ioctl_regular(file, cmd, arg) :
						vfs_ioctl(file, cmd, arg);
	}
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget(fd);
	long err;

	if (fd_empty(f))
		return -EBADF;
	err = do_vfs_ioctl(fd, fd_file(f), cmd, arg);
	fdput(f);
	return err;
}
