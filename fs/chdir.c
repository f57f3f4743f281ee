/* SPDX-License-Identifier: MIT */
/* chdir(2), fchdir(2), chroot(2), umask(2), and their kin for early user space. */
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include <uapi/mount.h>
#include "internal.h"

int init_chdir(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	set_fs_pwd(current->fs, &path);
	path_put(&path);
	return 0;
}

int init_chroot(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	set_fs_root(current->fs, &path);
	path_put(&path);
	return 0;
}

int init_switch_root(const char *newroot)
{
	int err = init_chdir(newroot);

	if (!err)
		err = init_mount(".", "/", NULL, MS_MOVE, NULL);
	if (!err)
		err = init_chroot(".");
	return err;
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		set_fs_root(current->fs, &path);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f = fdget_raw(fd);
	struct file *file = fd_file(f);
	int err;

	if (fd_empty(f))
		return -EBADF;
	if (!S_ISDIR(file->f_inode->i_mode))
		err = -ENOTDIR;
	else
		err = file_permission(file, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &file->f_path);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(umask, int, mask)
{
	struct fs_struct *fs = current->fs;
	int old;

	spin_lock(&fs->lock);
	old = fs->umask;
	WRITE_ONCE(fs->umask, mask & S_IRWXUGO);
	spin_unlock(&fs->lock);
	return old;
}
