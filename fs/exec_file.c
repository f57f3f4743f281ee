/* SPDX-License-Identifier: MIT */
/* Opening a file in order to run it. */
#include <lib/err.h>
#include <fs/fsnotify.h>
#include "internal.h"

static const struct open_flags exec_flags = {
	.open_flag = O_LARGEFILE | O_RDONLY,
	.acc_mode = MAY_EXEC,
	.lookup_flags = LOOKUP_FOLLOW,
};

struct file *do_open_execat(int dfd, struct filename *name, int flags)
{
	struct open_flags op = exec_flags;
	struct file *file;
	int err;

	if (flags & AT_SYMLINK_NOFOLLOW)
		op.lookup_flags &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		op.lookup_flags |= LOOKUP_EMPTY;
	file = do_filp_open(dfd, name, &op);
	if (IS_ERR(file))
		return file;
	err = -EACCES;
	if (!S_ISREG(file_inode(file)->i_mode) || path_noexec(&file->f_path))
		goto out;
	file->f_mode |= FMODE_EXEC;
	err = fsnotify_perm(file, FS_OPEN_EXEC_PERM);
	if (!err)
		err = deny_write_access(file);
	if (!err) {
		fsnotify_file(file, FS_OPEN_EXEC);
		return file;
	}
out:
	fput_sync(file);
	return ERR_PTR(err);
}

struct file *open_exec(const char *path)
{
	struct filename name;
	struct file *file;
	int err = getname_kernel(&name, path);

	if (err)
		return ERR_PTR(err);
	file = do_open_execat(AT_FDCWD, &name, 0);
	putname(&name);
	return file;
}

void fput_exec(struct file *file)
{
	if (!file)
		return;
	allow_write_access(file);
	fput(file);
}
