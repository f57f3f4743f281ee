/* SPDX-License-Identifier: MIT */
/* sync(2), fsync(2) and statfs(2). */
#include <kernel/syscall.h>
#include <mm/pagemap.h>
#include <fs/file.h>
#include <uapi/fs.h>
#include <uapi/statfs.h>
#include "internal.h"

int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync)
{
	if (!file->f_op->fsync)
		return -EINVAL;
	return file->f_op->fsync(file, start, end, datasync);
}

int vfs_fsync(struct file *file, int datasync)
{
	return vfs_fsync_range(file, 0, MAX_LFS_FILESIZE, datasync);
}

static long fsync_fd(unsigned int fd, int datasync)
{
	struct fd f = fdget(fd);
	long err;

	if (fd_empty(f))
		return -EBADF;
	err = vfs_fsync(fd_file(f), datasync);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(fsync, unsigned int, fd)
{
	return fsync_fd(fd, 0);
}

SYSCALL_DEFINE1(fdatasync, unsigned int, fd)
{
	return fsync_fd(fd, 1);
}

SYSCALL_DEFINE0(sync)
{
	sync_filesystems();
	return 0;
}

/* What write-back lost of the file's file system since the file was opened or said so last. */
static int take_sb_error(struct file *file, struct super_block *sb)
{
	int err;

	spin_lock(&file->f_lock);
	err = errseq_check_and_advance(&sb->s_wb_err, &file->f_sb_err);
	spin_unlock(&file->f_lock);
	return err;
}

SYSCALL_DEFINE1(syncfs, int, fd)
{
	struct fd f = fdget(fd);
	struct super_block *sb;
	long err, err2;

	if (fd_empty(f))
		return -EBADF;
	sb = file_dentry(fd_file(f))->d_sb;
	down_read(&sb->s_umount);
	err = sync_filesystem(sb);
	up_read(&sb->s_umount);
	err2 = take_sb_error(fd_file(f), sb);
	fdput(f);
	return err ? err : err2;
}

int do_sync_file_range(struct file *file, loff_t offset, loff_t nbytes, unsigned int flags)
{
	umode_t mode = file_inode(file)->i_mode;

	if (flags & ~SYNC_FILE_RANGE_WRITE_AND_WAIT || offset < 0 || nbytes < 0 ||
	    offset + nbytes < offset)
		return -EINVAL;
	if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		return -ESPIPE;
	if (!file->f_mapping)
		return 0;
	return filemap_write_and_wait_range(file->f_mapping, offset,
					    nbytes ? offset + nbytes - 1 : MAX_LFS_FILESIZE);
}

SYSCALL_DEFINE4(sync_file_range, int, fd, loff_t, offset, loff_t, nbytes, unsigned int, flags)
{
	struct fd f = fdget(fd);
	long err;

	if (fd_empty(f))
		return -EBADF;
	err = do_sync_file_range(fd_file(f), offset, nbytes, flags);
	fdput(f);
	return err;
}

/* ---- statfs ---------------------------------------------------------------------------------- */

static int put_statfs(const struct path *path, struct statfs __user *ubuf)
{
	struct kstatfs k;
	struct statfs s;
	int err = vfs_statfs(path, &k);

	if (err)
		return err;
	s = (struct statfs){
		.f_type = k.f_type,
		.f_bsize = k.f_bsize,
		.f_blocks = k.f_blocks,
		.f_bfree = k.f_bfree,
		.f_bavail = k.f_bavail,
		.f_files = k.f_files,
		.f_ffree = k.f_ffree,
		.f_fsid = {{(int)k.f_fsid, (int)(k.f_fsid >> 32)}},
		.f_namelen = k.f_namelen,
		.f_frsize = k.f_frsize,
		.f_flags = k.f_flags,
	};
	return copy_to_user(ubuf, &s, sizeof(s)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(statfs, const char __user *, name, struct statfs __user *, ubuf)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = put_statfs(&path, ubuf);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(fstatfs, unsigned int, fd, struct statfs __user *, ubuf)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (fd_empty(f))
		return -EBADF;
	err = put_statfs(&fd_file(f)->f_path, ubuf);
	fdput(f);
	return err;
}
