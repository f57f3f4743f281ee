/* SPDX-License-Identifier: MIT */
/* posix_fadvise(2), readahead(2): what a program knows of how it will read a file. */
#include <fs/file.h>
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <mm/pagemap.h>
#include <uapi/fcntl.h>

#include "filemap.h"

static void set_read_pattern(struct file *file, fmode_t pattern)
{
	spin_lock(&file->f_lock);
	file->f_mode = (file->f_mode & ~(FMODE_RANDOM | FMODE_SEQUENTIAL)) | pattern;
	spin_unlock(&file->f_lock);
}

/*
 * Drops the clean pages that lie whole in [start, end] (the last page of a file may be partial),
 * after write-back of the dirty ones was begun.
 */
static void drop_range(struct address_space *mapping, loff_t start, loff_t end)
{
	loff_t size = i_size_read(mapping->host);
	pgoff_t first = (start + PAGE_SIZE - 1) >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

	filemap_fdatawrite_range(mapping, start, end);
	if (((end + 1) & ~PAGE_MASK) && end + 1 < size) {
		if (!last)
			return;
		last--;
	}
	if (last >= first)
		invalidate_mapping_pages(mapping, first, last);
}

/*
 * @len bytes from @offset; 0: to the end. 0, -EBADF, -ESPIPE (a pipe), -EINVAL. Sleeps
 * (posix_fadvise(2)).
 */
int vfs_fadvise(struct file *file, loff_t offset, loff_t len, int advice)
{
	struct address_space *mapping = file->f_mapping;
	loff_t end;

	if (S_ISFIFO(file->f_inode->i_mode))
		return -ESPIPE;
	if (!mapping || len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	end = !len || (u64)offset + len > LLONG_MAX ? LLONG_MAX : offset + len - 1;
	switch (advice) {
	case POSIX_FADV_NORMAL:
		set_read_pattern(file, 0);
		break;
	case POSIX_FADV_RANDOM:
		set_read_pattern(file, FMODE_RANDOM);
		break;
	case POSIX_FADV_SEQUENTIAL:
		set_read_pattern(file, FMODE_SEQUENTIAL);
		break;
	case POSIX_FADV_WILLNEED:
		if (mapping->host)
			filemap_populate(mapping, file, offset, end);
		break;
	case POSIX_FADV_DONTNEED:
		if (mapping->host)
			drop_range(mapping, offset, end);
		break;
	default: /* POSIX_FADV_NOREUSE: pages that are read once age like any other */
		break;
	}
	return 0;
}

SYSCALL_DEFINE4(fadvise64, int, fd, loff_t, offset, loff_t, len, int, advice)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return -EBADF;
	err = vfs_fadvise(file, offset, len, advice);
	fput(file);
	return err;
}

SYSCALL_DEFINE3(readahead, int, fd, loff_t, offset, size_t, count)
{
	struct file *file = fget(fd);
	umode_t mode;
	int err;

	if (!file)
		return -EBADF;
	mode = file_inode(file)->i_mode;
	if (!(file->f_mode & FMODE_READ))
		err = -EBADF;
	else if (!file->f_mapping || (!S_ISREG(mode) && !S_ISBLK(mode)))
		err = -EINVAL;
	else
		err = vfs_fadvise(file, offset, min_t(u64, count, LLONG_MAX), POSIX_FADV_WILLNEED);
	fput(file);
	return err;
}
