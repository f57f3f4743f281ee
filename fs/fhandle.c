/* SPDX-License-Identifier: MIT */
/* name_to_handle_at(2), open_by_handle_at(2): <fs/exportfs.h>. */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/exportfs.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include "internal.h"

/* struct file_handle of open_by_handle_at(2) without its bytes. */
struct file_handle {
	u32 handle_bytes;
	s32 handle_type;
};

struct handle {
	struct file_handle head;
	u32 words[MAX_HANDLE_SZ / 4];
};

static int encode(const struct path *path, struct handle *h)
{
	const struct export_operations *op = path->dentry->d_sb->s_export_op;
	int len = h->head.handle_bytes / 4, type;

	if (!op || !op->encode_fh)
		return -EOPNOTSUPP;
	type = op->encode_fh(path->dentry->d_inode, h->words, &len);
	h->head.handle_bytes = len * 4;
	h->head.handle_type = type;
	if (type == FILEID_INVALID)
		return -EOVERFLOW;
	return 0;
}

static long put_handle(const struct path *path, struct file_handle __user *uhandle,
		       int __user *mnt_id)
{
	struct handle h = {};
	size_t len = sizeof(h.head);
	int err;

	if (copy_from_user(&h.head, uhandle, sizeof(h.head)))
		return -EFAULT;
	if (h.head.handle_bytes > MAX_HANDLE_SZ)
		return -EINVAL;
	err = encode(path, &h);
	if (err && err != -EOVERFLOW)
		return err;
	if (!err)
		len += h.head.handle_bytes;
	if (put_user(real_mount(path->mnt)->mnt_id, mnt_id) || copy_to_user(uhandle, &h, len))
		return -EFAULT;
	return err;
}

SYSCALL_DEFINE5(name_to_handle_at, int, dfd, const char __user *, name, struct file_handle __user *,
		handle, int __user *, mnt_id, int, flags)
{
	unsigned int how = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct path path;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	err = user_path_at(dfd, name, how, &path);
	if (err)
		return err;
	err = put_handle(&path, handle, mnt_id);
	path_put(&path);
	return err;
}

/* The mount that @dfd is on. */
static int mount_of(int dfd, struct path *path)
{
	struct fd f;

	if (dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, path);
		return 0;
	}
	f = fdget_raw(dfd);
	if (fd_empty(f))
		return -EBADF;
	*path = fd_file(f)->f_path;
	path_get(path);
	fdput(f);
	return 0;
}

/* path->dentry becomes what the handle names. */
static int decode(struct path *path, const struct handle *h)
{
	struct super_block *sb = path->mnt->mnt_sb;
	struct dentry *dentry = NULL;

	if (sb->s_export_op && sb->s_export_op->fh_to_dentry)
		dentry = sb->s_export_op->fh_to_dentry(sb, h->words, h->head.handle_bytes / 4,
						       h->head.handle_type);
	if (IS_ERR(dentry) && PTR_ERR(dentry) == -ENOMEM)
		return -ENOMEM;
	if (IS_ERR_OR_NULL(dentry))
		return -ESTALE;
	dput(path->dentry);
	path->dentry = dentry;
	return 0;
}

static long open_path(const struct path *path, int flags)
{
	struct open_flags op;
	struct file *file;
	int fd = build_open_flags(flags | O_LARGEFILE, 0, 0, &op);

	if (fd)
		return fd;
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		return fd;
	file = do_file_open_root(path, &op);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE3(open_by_handle_at, int, mountdirfd, struct file_handle __user *, uhandle, int,
		flags)
{
	struct handle h = {};
	struct path path;
	long err;

	if (!capable(CAP_DAC_READ_SEARCH))
		return -EPERM;
	if (copy_from_user(&h.head, uhandle, sizeof(h.head)))
		return -EFAULT;
	if (h.head.handle_bytes > MAX_HANDLE_SZ || !h.head.handle_bytes)
		return -EINVAL;
	if (copy_from_user(h.words, uhandle + 1, h.head.handle_bytes))
		return -EFAULT;
	err = mount_of(mountdirfd, &path);
	if (err)
		return err;
	err = decode(&path, &h);
	if (!err)
		err = open_path(&path, flags);
	path_put(&path);
	return err;
}
