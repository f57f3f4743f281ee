/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: the rules of their name spaces (xattr(7)) and the calls setxattr, getxattr,
 * listxattr and removexattr with their l and f forms. <fs/xattr.h> has the file system's side.
 */
#include <lib/byteorder.h>
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <fs/xattr.h>
#include <uapi/capability.h>
#include "internal.h"

/* ---- handlers -------------------------------------------------------------------------------- */

const char *xattr_full_name(const struct xattr_handler *handler, const char *name)
{
	return handler->prefix ? name - strlen(handler->prefix) : name;
}

/* Finds the handler of *@name and leaves in it what follows the prefix. */
static const struct xattr_handler *find_handler(const struct inode *inode, const char **name)
{
	const struct xattr_handler *const *h = inode->i_sb->s_xattr;

	for (; h && *h; h++) {
		size_t len;

		if ((*h)->name) {
			if (!strcmp((*h)->name, *name))
				return *h;
			continue;
		}
		len = strlen((*h)->prefix);
		if (strncmp((*h)->prefix, *name, len))
			continue;
		if (!(*name)[len])
			return ERR_PTR(-EINVAL);
		*name += len;
		return *h;
	}
	return ERR_PTR(-EOPNOTSUPP);
}

int xattr_list_one(char *buf, size_t size, size_t *used, const char *name)
{
	size_t len = strlen(name) + 1;

	if (size) {
		if (*used + len > size)
			return -ERANGE;
		memcpy(buf + *used, name, len);
	}
	*used += len;
	return 0;
}

ssize_t __vfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	const struct xattr_handler *h = find_handler(inode, &name);

	if (IS_ERR(h))
		return PTR_ERR(h);
	return h->get ? h->get(h, inode, name, buf, size) : -EOPNOTSUPP;
}

int __vfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	const char *full = name;
	const struct xattr_handler *h = find_handler(inode, &name);
	int err;

	if (IS_ERR(h))
		return PTR_ERR(h);
	if (!h->set)
		return -EOPNOTSUPP;
	if (!size)
		value = ""; /* an empty value, not no attribute */
	err = h->set(h, inode, name, value, size, flags);
	if (!err && !strcmp(full, XATTR_NAME_CAPS))
		inode->i_flags &= ~S_NOCAP;
	return err;
}

int __vfs_removexattr(struct inode *inode, const char *name)
{
	const struct xattr_handler *h = find_handler(inode, &name);

	if (IS_ERR(h))
		return PTR_ERR(h);
	return h->set ? h->set(h, inode, name, NULL, 0, XATTR_REPLACE) : -EOPNOTSUPP;
}

int inode_remove_caps(struct inode *inode)
{
	int err = __vfs_removexattr(inode, XATTR_NAME_CAPS);

	if (err && err != -ENODATA && err != -EOPNOTSUPP)
		return err;
	inode->i_flags |= S_NOCAP;
	return 0;
}

/* ---- name spaces ----------------------------------------------------------------------------- */

static bool in_space(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* security. belongs to security modules, of which there are only capabilities. */
static int security_permission(const char *name, int mask)
{
	if (!(mask & MAY_WRITE))
		return 0;
	if (!strcmp(name, XATTR_NAME_CAPS))
		return capable(CAP_SETFCAP) ? 0 : -EPERM;
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int xattr_permission(struct inode *inode, const char *name, int mask)
{
	int refused = mask & MAY_WRITE ? -EPERM : -ENODATA;

	if ((mask & MAY_WRITE) && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if (in_space(name, XATTR_SECURITY_PREFIX))
		return security_permission(name, mask);
	if (in_space(name, XATTR_SYSTEM_PREFIX))
		return 0; /* its handler decides */
	if (in_space(name, XATTR_TRUSTED_PREFIX))
		return capable(CAP_SYS_ADMIN) ? 0 : refused;
	if (in_space(name, XATTR_USER_PREFIX)) {
		if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode))
			return refused;
		if (S_ISDIR(inode->i_mode) && (inode->i_mode & S_ISVTX) && (mask & MAY_WRITE) &&
		    !inode_owner_or_capable(inode))
			return -EPERM;
	}
	return inode_permission(inode, mask);
}

ssize_t vfs_getxattr(struct dentry *dentry, const char *name, void *buf, size_t size)
{
	int err = xattr_permission(dentry->d_inode, name, MAY_READ);

	return err ? err : __vfs_getxattr(dentry->d_inode, name, buf, size);
}

ssize_t vfs_listxattr(struct dentry *dentry, char *buf, size_t size)
{
	struct inode *inode = dentry->d_inode;

	if (!inode->i_op->listxattr)
		return inode->i_sb->s_xattr ? 0 : -EOPNOTSUPP;
	return inode->i_op->listxattr(dentry, buf, size);
}

/* The form of security.capability that may be stored (capabilities(7)). */
static int check_caps_value(const char *name, const void *value, size_t size)
{
	const struct vfs_cap_data *data = value;
	u32 magic;

	if (strcmp(name, XATTR_NAME_CAPS))
		return 0;
	if (size != XATTR_CAPS_SZ_2 && size != XATTR_CAPS_SZ_3)
		return -EINVAL;
	magic = le32_to_cpu(data->magic_etc) & VFS_CAP_REVISION_MASK;
	if (magic != (size == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3))
		return -EINVAL;
	return 0;
}

int vfs_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size, int flags)
{
	struct inode *inode = dentry->d_inode;
	int err;

	inode_lock(inode);
	err = xattr_permission(inode, name, MAY_WRITE);
	if (!err)
		err = check_caps_value(name, value, size);
	if (!err)
		err = __vfs_setxattr(inode, name, value, size, flags);
	if (!err)
		fsnotify_attrib(dentry);
	inode_unlock(inode);
	return err;
}

int vfs_removexattr(struct dentry *dentry, const char *name)
{
	struct inode *inode = dentry->d_inode;
	int err;

	inode_lock(inode);
	err = xattr_permission(inode, name, MAY_WRITE);
	if (!err)
		err = __vfs_removexattr(inode, name);
	if (!err)
		fsnotify_attrib(dentry);
	inode_unlock(inode);
	return err;
}

/* ---- copies of user memory ------------------------------------------------------------------- */

static int get_xattr_name(char *name, const char __user *uname)
{
	long n = strncpy_from_user(name, uname, XATTR_NAME_MAX + 1);

	if (n < 0)
		return n;
	return n && n <= XATTR_NAME_MAX ? 0 : -ERANGE;
}

struct xattr_value {
	char name[XATTR_NAME_MAX + 1];
	void *data;
	size_t size;
	int flags;
};

static int get_xattr_value(struct xattr_value *v, const char __user *uname,
			   const void __user *uvalue, size_t size, int flags)
{
	int err;

	v->data = NULL;
	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = get_xattr_name(v->name, uname);
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	v->size = size;
	v->flags = flags;
	if (!size)
		return 0;
	v->data = kvmalloc(size, GFP_KERNEL);
	if (!v->data)
		return -ENOMEM;
	if (!copy_from_user(v->data, uvalue, size))
		return 0;
	kvfree(v->data);
	return -EFAULT;
}

static int set_on_path(const struct path *path, const struct xattr_value *v)
{
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	err = vfs_setxattr(path->dentry, v->name, v->data, v->size, v->flags);
	mnt_drop_write(path->mnt);
	return err;
}

static int remove_on_path(const struct path *path, const char *name)
{
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	err = vfs_removexattr(path->dentry, name);
	mnt_drop_write(path->mnt);
	return err;
}

/* What get (@name) or list (NULL) says, into user memory. */
static ssize_t read_on_path(const struct path *path, const char *name, void __user *ubuf,
			    size_t size, size_t max)
{
	void *buf = NULL;
	ssize_t n;

	size = min(size, max);
	if (size) {
		buf = kvmalloc(size, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	if (name)
		n = vfs_getxattr(path->dentry, name, buf, size);
	else
		n = vfs_listxattr(path->dentry, buf, size);
	if (n > 0 && size && copy_to_user(ubuf, buf, n))
		n = -EFAULT;
	else if (n == -ERANGE && size >= max)
		n = -E2BIG; /* no buffer would be large enough */
	kvfree(buf);
	return n;
}

/* ---- setxattr(2) ----------------------------------------------------------------------------- */

long setxattr_at(const char __user *upath, const char __user *uname, const void __user *value,
		 size_t size, int flags, unsigned int how)
{
	struct xattr_value v;
	struct path path;
	int err = get_xattr_value(&v, uname, value, size, flags);

	if (err)
		return err;
	err = user_path_at(AT_FDCWD, upath, how, &path);
	if (!err) {
		err = set_on_path(&path, &v);
		path_put(&path);
	}
	kvfree(v.data);
	return err;
}

SYSCALL_DEFINE5(setxattr, const char __user *, path, const char __user *, name, const void __user *,
		value, size_t, size, int, flags)
{
	return setxattr_at(path, name, value, size, flags, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE5(lsetxattr, const char __user *, path, const char __user *, name,
		const void __user *, value, size_t, size, int, flags)
{
	return setxattr_at(path, name, value, size, flags, 0);
}

long file_setxattr(struct file *file, const char __user *name, const void __user *value,
		   size_t size, int flags)
{
	struct xattr_value v;
	int err = get_xattr_value(&v, name, value, size, flags);

	if (err)
		return err;
	err = set_on_path(&file->f_path, &v);
	kvfree(v.data);
	return err;
}

SYSCALL_DEFINE5(fsetxattr, int, fd, const char __user *, name, const void __user *, value, size_t,
		size, int, flags)
{
	struct fd f = fdget(fd);
	long err;

	if (fd_empty(f))
		return -EBADF;
	err = file_setxattr(fd_file(f), name, value, size, flags);
	fdput(f);
	return err;
}

/* ---- getxattr(2), listxattr(2) --------------------------------------------------------------- */

/* @uname NULL: lists. */
static ssize_t readxattr_at(const char __user *upath, const char __user *uname, void __user *buf,
			    size_t size, size_t max, unsigned int how)
{
	char name[XATTR_NAME_MAX + 1];
	struct path path;
	ssize_t n = uname ? get_xattr_name(name, uname) : 0;

	if (!n)
		n = user_path_at(AT_FDCWD, upath, how, &path);
	if (n)
		return n;
	n = read_on_path(&path, uname ? name : NULL, buf, size, max);
	path_put(&path);
	return n;
}

ssize_t getxattr_at(const char __user *path, const char __user *name, void __user *value,
		    size_t size, unsigned int how)
{
	return name ? readxattr_at(path, name, value, size, XATTR_SIZE_MAX, how) : -EFAULT;
}

SYSCALL_DEFINE4(getxattr, const char __user *, path, const char __user *, name, void __user *,
		value, size_t, size)
{
	return getxattr_at(path, name, value, size, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE4(lgetxattr, const char __user *, path, const char __user *, name, void __user *,
		value, size_t, size)
{
	return getxattr_at(path, name, value, size, 0);
}

ssize_t file_getxattr(struct file *file, const char __user *uname, void __user *value, size_t size)
{
	char name[XATTR_NAME_MAX + 1];
	ssize_t n = get_xattr_name(name, uname);

	return n ? n : read_on_path(&file->f_path, name, value, size, XATTR_SIZE_MAX);
}

SYSCALL_DEFINE4(fgetxattr, int, fd, const char __user *, uname, void __user *, value, size_t, size)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (fd_empty(f))
		return -EBADF;
	n = file_getxattr(fd_file(f), uname, value, size);
	fdput(f);
	return n;
}

SYSCALL_DEFINE3(listxattr, const char __user *, path, char __user *, list, size_t, size)
{
	return readxattr_at(path, NULL, list, size, XATTR_LIST_MAX, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE3(llistxattr, const char __user *, path, char __user *, list, size_t, size)
{
	return readxattr_at(path, NULL, list, size, XATTR_LIST_MAX, 0);
}

SYSCALL_DEFINE3(flistxattr, int, fd, char __user *, list, size_t, size)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (fd_empty(f))
		return -EBADF;
	n = read_on_path(&fd_file(f)->f_path, NULL, list, size, XATTR_LIST_MAX);
	fdput(f);
	return n;
}

/* ---- removexattr(2) -------------------------------------------------------------------------- */

static long removexattr_at(const char __user *upath, const char __user *uname, unsigned int how)
{
	char name[XATTR_NAME_MAX + 1];
	struct path path;
	int err = get_xattr_name(name, uname);

	if (!err)
		err = user_path_at(AT_FDCWD, upath, how, &path);
	if (err)
		return err;
	err = remove_on_path(&path, name);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(removexattr, const char __user *, path, const char __user *, name)
{
	return removexattr_at(path, name, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE2(lremovexattr, const char __user *, path, const char __user *, name)
{
	return removexattr_at(path, name, 0);
}

SYSCALL_DEFINE2(fremovexattr, int, fd, const char __user *, uname)
{
	char name[XATTR_NAME_MAX + 1];
	struct fd f = fdget(fd);
	int err;

	if (fd_empty(f))
		return -EBADF;
	err = get_xattr_name(name, uname);
	if (!err)
		err = remove_on_path(&fd_file(f)->f_path, name);
	fdput(f);
	return err;
}
