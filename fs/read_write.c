/* SPDX-License-Identifier: MIT */
/*
 * Moving bytes: read(2), write(2) and their vector and positioned forms, lseek(2). A file gives
 * either read/write on a plain user buffer (drivers) or read_iter/write_iter.
 */
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <uapi/fs.h>
#include <uapi/uio.h>
#include "internal.h"

/* ---- lseek ----------------------------------------------------------------------------------- */

loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size)
{
	loff_t base;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->f_pos;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA: /* no holes: all is data, the end is the only hole */
	case SEEK_HOLE:
		if (offset < 0 || offset >= size)
			return -ENXIO;
		base = whence == SEEK_HOLE ? size - offset : 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &offset))
		return -EOVERFLOW;
	return vfs_setpos(file, offset, file_inode(file)->i_sb->s_maxbytes);
}

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, i_size_read(file_inode(file)));
}

loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek(file, offset, whence);
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (!(file->f_mode & FMODE_LSEEK))
		return -ESPIPE;
	return file->f_op->llseek(file, offset, whence);
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, off_t, offset, unsigned int, whence)
{
	struct fd f = fdget_pos(fd);
	loff_t pos;

	if (fd_empty(f))
		return -EBADF;
	pos = whence <= SEEK_MAX ? vfs_llseek(fd_file(f), offset, whence) : -EINVAL;
	fdput_pos(f);
	return pos;
}

/* ---- one buffer ------------------------------------------------------------------------------ */

/* Negative positions have no meaning outside /dev/mem. */
static int check_range(const loff_t *pos, size_t count)
{
	if (unlikely((ssize_t)count < 0))
		return -EINVAL;
	if (pos && unlikely(*pos < 0 || *pos + (loff_t)count < 0))
		return *pos < 0 ? -EINVAL : -EOVERFLOW;
	return 0;
}

static int iocb_flags_of(const struct file *file)
{
	unsigned int f = file->f_flags;
	int flags = 0;

	if (likely(!(f & (O_APPEND | O_DIRECT | O_DSYNC))))
		return 0;
	if (f & O_APPEND)
		flags |= IOCB_APPEND;
	if (f & O_DIRECT)
		flags |= IOCB_DIRECT;
	if (f & O_DSYNC)
		flags |= IOCB_DSYNC;
	if (f & __O_SYNC)
		flags |= IOCB_SYNC;
	return flags;
}

static ssize_t call_iter(struct file *file, struct iov_iter *iter, loff_t *pos, bool write,
			 int flags)
{
	struct kiocb iocb = {
		.ki_filp = file,
		.ki_pos = pos ? *pos : 0,
		.ki_flags = iocb_flags_of(file) | flags,
	};
	ssize_t n;

	if (write)
		n = file->f_op->write_iter(&iocb, iter);
	else
		n = file->f_op->read_iter(&iocb, iter);
	if (pos)
		*pos = iocb.ki_pos;
	return n;
}

/* What a file without any way to be read answers. */
static int cannot_read(const struct file *file)
{
	return S_ISDIR(file->f_inode->i_mode) ? -EISDIR : -EINVAL;
}

static ssize_t read_user(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct iov_iter iter;
	int err;

	if (unlikely(!(file->f_mode & FMODE_READ)))
		return -EBADF;
	if (unlikely(!(file->f_mode & FMODE_CAN_READ)))
		return cannot_read(file);
	err = check_range(pos, len);
	if (unlikely(err))
		return err;
	if (unlikely(!access_ok(buf, len)))
		return -EFAULT;
	if (len > MAX_RW_COUNT)
		len = MAX_RW_COUNT;
	if (file->f_op->read)
		return file->f_op->read(file, buf, len, pos);
	iov_iter_ubuf(&iter, ITER_DEST, buf, len);
	return call_iter(file, &iter, pos, false, 0);
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	if (likely(!fsnotify_on()))
		return read_user(file, buf, len, pos);
	n = file->f_mode & FMODE_READ ? fsnotify_perm(file, FS_ACCESS_PERM) : 0;
	if (n)
		return n;
	n = read_user(file, buf, len, pos);
	fsnotify_access(file, n);
	return n;
}

static ssize_t write_user(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct iov_iter iter;
	int err;

	if (unlikely(!(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	if (unlikely(!(file->f_mode & FMODE_CAN_WRITE)))
		return -EINVAL;
	err = check_range(pos, len);
	if (unlikely(err))
		return err;
	if (unlikely(!access_ok(buf, len)))
		return -EFAULT;
	if (len > MAX_RW_COUNT)
		len = MAX_RW_COUNT;
	if (file->f_op->write)
		return file->f_op->write(file, buf, len, pos);
	iov_iter_ubuf(&iter, ITER_SOURCE, (char __user *)buf, len);
	return call_iter(file, &iter, pos, true, 0);
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	if (likely(!fsnotify_on()))
		return write_user(file, buf, len, pos);
	n = write_user(file, buf, len, pos);
	fsnotify_modify(file, n);
	return n;
}

/* The file's own position, or none. */
static inline loff_t *file_ppos(struct file *file)
{
	return file->f_mode & FMODE_STREAM ? NULL : &file->f_pos;
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t n;

	if (fd_empty(f))
		return -EBADF;
	n = vfs_read(fd_file(f), buf, count, file_ppos(fd_file(f)));
	fdput_pos(f);
	return n;
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t n;

	if (fd_empty(f))
		return -EBADF;
	n = vfs_write(fd_file(f), buf, count, file_ppos(fd_file(f)));
	fdput_pos(f);
	return n;
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, loff_t, pos)
{
	struct fd f;
	ssize_t n = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_mode & FMODE_PREAD)
		n = vfs_read(fd_file(f), buf, count, &pos);
	fdput(f);
	return n;
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, loff_t, pos)
{
	struct fd f;
	ssize_t n = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_mode & FMODE_PWRITE)
		n = vfs_write(fd_file(f), buf, count, &pos);
	fdput(f);
	return n;
}

/* ---- iterators and vectors ------------------------------------------------------------------- */

static int rwf_to_iocb(int rwf, int *iocb)
{
	__kernel_rwf_t flags = (__force __kernel_rwf_t)rwf;

	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
		return -EOPNOTSUPP;
	*iocb = 0;
	if (flags & RWF_NOWAIT)
		*iocb |= IOCB_NOWAIT;
	if (flags & RWF_HIPRI)
		*iocb |= IOCB_HIPRI;
	if (flags & RWF_DSYNC)
		*iocb |= IOCB_DSYNC;
	if (flags & RWF_SYNC)
		*iocb |= IOCB_DSYNC | IOCB_SYNC;
	if (flags & RWF_APPEND)
		*iocb |= IOCB_APPEND;
	return 0;
}

/* A driver without iterators: one call a segment, until one is short. */
static ssize_t loop_segments(struct file *file, struct iov_iter *iter, loff_t *pos, bool write)
{
	ssize_t total = 0;

	while (iov_iter_count(iter)) {
		size_t len = iov_iter_single_seg_count(iter);
		char __user *base = iter->type == ITER_UBUF ?
					    (char __user *)iter->ubuf + iter->iov_offset :
					    (char __user *)iter->iov->iov_base + iter->iov_offset;
		ssize_t n;

		if (write)
			n = file->f_op->write(file, base, len, pos);
		else
			n = file->f_op->read(file, base, len, pos);
		if (n < 0)
			return total ? total : n;
		total += n;
		if (n != len)
			break;
		iov_iter_advance(iter, n);
	}
	return total;
}

static ssize_t do_iter(struct file *file, struct iov_iter *iter, loff_t *pos, bool write, int rwf)
{
	fmode_t need = write ? FMODE_WRITE : FMODE_READ;
	fmode_t can = write ? FMODE_CAN_WRITE : FMODE_CAN_READ;
	int flags, err;
	ssize_t n;

	if (!(file->f_mode & need))
		return -EBADF;
	if (!(file->f_mode & can))
		return write ? -EINVAL : cannot_read(file);
	err = check_range(pos, iov_iter_count(iter));
	if (!err)
		err = rwf_to_iocb(rwf, &flags);
	if (err)
		return err;
	if (!iov_iter_count(iter))
		return 0;
	if ((flags & IOCB_NOWAIT) && !(file->f_mode & FMODE_NOWAIT))
		return -EOPNOTSUPP;
	if (!write) {
		err = fsnotify_perm(file, FS_ACCESS_PERM);
		if (unlikely(err))
			return err;
	}
	if (write ? !file->f_op->write_iter : !file->f_op->read_iter) {
		if (rwf & ~(__force int)RWF_HIPRI)
			return -EOPNOTSUPP;
		n = loop_segments(file, iter, pos, write);
	} else {
		n = call_iter(file, iter, pos, write, flags);
	}
	if (write)
		fsnotify_modify(file, n);
	else
		fsnotify_access(file, n);
	return n;
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int flags)
{
	if (!file->f_op->read_iter)
		return -EINVAL;
	return do_iter(file, iter, pos, false, flags);
}

ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int flags)
{
	if (!file->f_op->write_iter)
		return -EINVAL;
	return do_iter(file, iter, pos, true, flags);
}

static ssize_t rw_vec(struct file *file, const struct iovec __user *vec, unsigned long nr,
		      loff_t *pos, bool write, int rwf)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	ssize_t n;

	if (unlikely(nr > UIO_MAXIOV))
		return -EINVAL;
	n = import_iovec(write ? ITER_SOURCE : ITER_DEST, vec, nr, UIO_FASTIOV, &iov, &iter);
	if (n >= 0) {
		n = do_iter(file, &iter, pos, write, rwf);
		kfree(iov);
	}
	return n;
}

/* At the file's own position. */
static ssize_t rw_here(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
		       bool write, int rwf)
{
	struct fd f = fdget_pos(fd);
	ssize_t n;

	if (fd_empty(f))
		return -EBADF;
	n = rw_vec(fd_file(f), vec, nr, file_ppos(fd_file(f)), write, rwf);
	fdput_pos(f);
	return n;
}

static ssize_t rw_at(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
		     bool write, int rwf)
{
	struct fd f;
	ssize_t n = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_mode & (write ? FMODE_PWRITE : FMODE_PREAD))
		n = rw_vec(fd_file(f), vec, nr, &pos, write, rwf);
	fdput(f);
	return n;
}

SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr)
{
	return rw_here(fd, vec, nr, false, 0);
}

SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr)
{
	return rw_here(fd, vec, nr, true, 0);
}

SYSCALL_DEFINE5(preadv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned long, pos, unsigned long, high)
{
	return rw_at(fd, vec, nr, pos, false, 0);
}

SYSCALL_DEFINE5(pwritev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned long, pos, unsigned long, high)
{
	return rw_at(fd, vec, nr, pos, true, 0);
}

SYSCALL_DEFINE6(preadv2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned long, pos, unsigned long, high, int, flags)
{
	return (long)pos == -1 ? rw_here(fd, vec, nr, false, flags) :
				 rw_at(fd, vec, nr, pos, false, flags);
}

SYSCALL_DEFINE6(pwritev2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned long, pos, unsigned long, high, int, flags)
{
	return (long)pos == -1 ? rw_here(fd, vec, nr, true, flags) :
				 rw_at(fd, vec, nr, pos, true, flags);
}

/* ---- from and to kernel memory --------------------------------------------------------------- */

ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos)
{
	struct kvec vec = {.iov_base = buf, .iov_len = min_t(size_t, len, MAX_RW_COUNT)};
	struct iov_iter iter;

	if (!file->f_op->read_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, vec.iov_len);
	return do_iter(file, &iter, pos, false, 0);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t *pos)
{
	struct kvec vec = {.iov_base = (void *)buf, .iov_len = min_t(size_t, len, MAX_RW_COUNT)};
	struct iov_iter iter;

	if (!file->f_op->write_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, vec.iov_len);
	return do_iter(file, &iter, pos, true, 0);
}

/* ---- limits of a write ----------------------------------------------------------------------- */

ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	loff_t max = inode->i_sb->s_maxbytes, pos;
	u64 limit = rlimit(RLIMIT_FSIZE);

	if (unlikely(IS_SWAPFILE(inode)))
		return -ETXTBSY;
	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = i_size_read(inode);
	pos = iocb->ki_pos;
	if (unlikely(limit < (u64)max)) {
		if ((u64)pos >= limit) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		max = limit;
	}
	if (unlikely(pos >= max))
		return -EFBIG;
	iov_iter_truncate(from, max - pos);
	return iov_iter_count(from);
}
