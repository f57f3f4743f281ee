/* SPDX-License-Identifier: MIT */
/* Extended attributes of files in memory: user., trusted., security. and access control lists. */
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include "tmpfs.h"

static int tmpfs_xattr_get(const struct xattr_handler *handler, struct inode *inode,
			   const char *name, void *buf, size_t size)
{
	return simple_xattr_get(&tmpfs_i(inode)->xattrs, xattr_full_name(handler, name), buf, size);
}

static int tmpfs_xattr_set(const struct xattr_handler *handler, struct inode *inode,
			   const char *name, const void *value, size_t size, int flags)
{
	int err = simple_xattr_set(&tmpfs_i(inode)->xattrs, xattr_full_name(handler, name), value,
				   size, flags);

	if (!err)
		inode->i_ctime = current_time(inode);
	return err;
}

#define TMPFS_XATTR(space)                                                         \
	{                                                                          \
		.prefix = (space), .get = tmpfs_xattr_get, .set = tmpfs_xattr_set, \
	}

static const struct xattr_handler user_handler = TMPFS_XATTR(XATTR_USER_PREFIX);
static const struct xattr_handler trusted_handler = TMPFS_XATTR(XATTR_TRUSTED_PREFIX);
static const struct xattr_handler security_handler = TMPFS_XATTR(XATTR_SECURITY_PREFIX);

const struct xattr_handler *const tmpfs_xattr_handlers[] = {
	&user_handler,
	&trusted_handler,
	&security_handler,
	POSIX_ACL_XATTR_HANDLERS NULL,
};

ssize_t tmpfs_listxattr(struct dentry *dentry, char *buf, size_t size)
{
	struct inode *inode = dentry->d_inode;

	return simple_xattr_list(inode, &tmpfs_i(inode)->xattrs, buf, size);
}
