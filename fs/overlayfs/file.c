/* SPDX-License-Identifier: MIT */
/* overlayfs: an open file passes everything on to a file of the layer it was opened in. */
#include <kernel/uio.h>
#include <mm/mm.h>
#include "overlayfs.h"

static struct file *real_file(const struct file *file)
{
	return file->private_data;
}

#define REAL_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC | O_DIRECT | O_LARGEFILE)

static int ovl_open(struct inode *inode, struct file *file)
{
	const struct cred *old;
	struct file *real;
	struct path path;
	int err;

	if (file->f_mode & FMODE_WRITE) {
		err = ovl_copy_up(file_dentry(file));
		if (err)
			return err;
	}
	path = ovl_real(inode);
	old = ovl_override(inode->i_sb);
	real = dentry_open(&path, file->f_flags & REAL_FLAGS, current_cred());
	revert_creds(old);
	if (IS_ERR(real))
		return PTR_ERR(real);
	real->f_mode |= FMODE_NONOTIFY;
	file->private_data = real;
	file->f_mapping = real->f_mapping; /* pages, mmap, readahead */
	return 0;
}

static int ovl_release(struct inode *inode, struct file *file)
{
	fput(real_file(file));
	return 0;
}

static ssize_t ovl_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t n;

	if (!iov_iter_count(to))
		return 0;
	n = vfs_iter_read(real_file(iocb->ki_filp), to, &iocb->ki_pos, 0);
	file_accessed(iocb->ki_filp);
	return n;
}

static ssize_t ovl_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t n;

	if (!iov_iter_count(from))
		return 0;
	inode_lock(inode);
	n = vfs_iter_write(real_file(iocb->ki_filp), from, &iocb->ki_pos, 0);
	ovl_copyattr(inode);
	inode_unlock(inode);
	return n;
}

static loff_t ovl_llseek(struct file *file, loff_t offset, int whence)
{
	struct file *real = real_file(file);
	loff_t pos;

	real->f_pos = file->f_pos;
	pos = vfs_llseek(real, offset, whence);
	if (pos >= 0)
		file->f_pos = pos;
	return pos;
}

/* The pages are the real file's: its mapping is ours. */
static int ovl_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct file *real = real_file(file);

	return real->f_op->mmap ? real->f_op->mmap(file, vma) : -ENODEV;
}

static int ovl_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return vfs_fsync_range(real_file(file), start, end, datasync);
}

static long ovl_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	long err = vfs_fallocate(real_file(file), mode, offset, len);

	ovl_copyattr(file_inode(file));
	return err;
}

const struct file_operations ovl_file_fops = {
	.open = ovl_open,
	.release = ovl_release,
	.read_iter = ovl_read_iter,
	.write_iter = ovl_write_iter,
	.llseek = ovl_llseek,
	.mmap = ovl_mmap,
	.fsync = ovl_fsync,
	.fallocate = ovl_fallocate,
};
