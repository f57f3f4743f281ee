/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes, xattr(7).
 *
 * A file system lists handlers in sb->s_xattr, one for each name or prefix that it stores, and
 * gives i_op->listxattr. Rules of a name space (who may read user., trusted., security.) are the
 * VFS's; a handler gets calls that passed them. Setting runs with the inode's i_rwsem held
 * exclusively and the mount claimed for writing; getting and listing with neither.
 *
 * File systems in memory keep theirs in a struct simple_xattrs.
 */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include <lib/types.h>
#include <lib/rbtree.h>
#include <kernel/spinlock.h>
#include <fs/fs.h>
#include <uapi/limits.h>
#include <uapi/xattr.h>

struct xattr_handler {
	const char *name; /* a whole name, or NULL */
	const char *prefix; /* else a prefix with its dot */
	int flags; /* the handler's own */
	/*
	 * @name: what follows the prefix (the whole name if there is none). Bytes of the value;
	 * only that when @size is 0. -ENODATA, -ERANGE (buffer too small), -EOPNOTSUPP.
	 */
	int (*get)(const struct xattr_handler *handler, struct inode *inode, const char *name,
		   void *buf, size_t size);
	/* @value NULL: removes it, or -ENODATA. XATTR_CREATE: -EEXIST; XATTR_REPLACE: -ENODATA. */
	int (*set)(const struct xattr_handler *handler, struct inode *inode, const char *name,
		   const void *value, size_t size, int flags);
};

/* The name that a handler was found by: @name is what it was called with. */
const char *xattr_full_name(const struct xattr_handler *handler, const char *name);

#if IS_ENABLED(CONFIG_XATTR)
/*
 * With the caller's rights; sleep. get and list: bytes, or with @size 0 how many there are;
 * -ERANGE when the buffer is too small. set and remove expect the mount claimed, and lock.
 */
ssize_t vfs_getxattr(struct dentry *dentry, const char *name, void *buf, size_t size);
ssize_t vfs_listxattr(struct dentry *dentry, char *buf, size_t size);
int vfs_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size,
		 int flags);
int vfs_removexattr(struct dentry *dentry, const char *name);
/* The same without any check, locks of set and remove held: the kernel's own attributes. */
ssize_t __vfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int __vfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
int __vfs_removexattr(struct inode *inode, const char *name);
/* Drops security.capability if there is one; i_rwsem held exclusively. */
int inode_remove_caps(struct inode *inode);
#else
static inline ssize_t __vfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	return -EOPNOTSUPP;
}
static inline int inode_remove_caps(struct inode *inode)
{
	return 0;
}
#endif

/* Whether a write or chown has to ask for security.capability at all. */
static inline bool inode_may_have_caps(const struct inode *inode)
{
	return IS_ENABLED(CONFIG_XATTR) && !(inode->i_flags & S_NOCAP) && inode->i_sb->s_xattr;
}

/* ---- kept in memory -------------------------------------------------------------------------- */

/* Attributes of one inode by their full names. Zeroed memory is an empty set. */
struct simple_xattrs {
	struct rb_root root; /* lock */
	u32 bytes; /* names and values of user.; lock */
	spinlock_t lock;
};

/* user. attributes of one file, names included; the other name spaces are the administrator's. */
#define SIMPLE_XATTR_USER_MAX (128 * 1024)

static inline void simple_xattrs_init(struct simple_xattrs *xattrs)
{
	xattrs->root = RB_ROOT;
	xattrs->bytes = 0;
	spin_lock_init(&xattrs->lock);
}

#if IS_ENABLED(CONFIG_XATTR)
/* Results and errors as those of struct xattr_handler; names in full. */
int simple_xattr_get(struct simple_xattrs *xattrs, const char *name, void *buf, size_t size);
int simple_xattr_set(struct simple_xattrs *xattrs, const char *name, const void *value, size_t size,
		     int flags);
/* All names, each with its NUL, those of the inode's access control lists first. */
ssize_t simple_xattr_list(struct inode *inode, struct simple_xattrs *xattrs, char *buf,
			  size_t size);
void simple_xattrs_free(struct simple_xattrs *xattrs);
#else
static inline void simple_xattrs_free(struct simple_xattrs *xattrs)
{
}
#endif

/*
 * For i_op->listxattr: adds @name to a list of which *@used bytes are written; with @size 0 it only
 * counts. 0 or -ERANGE.
 */
int xattr_list_one(char *buf, size_t size, size_t *used, const char *name);

/* setxattr(2), getxattr(2) and their kind: user pointers; @how: LOOKUP_FOLLOW or 0. Sleep. */
long setxattr_at(const char __user *upath, const char __user *uname, const void __user *value,
		 size_t size, int flags, unsigned int how);
ssize_t getxattr_at(const char __user *path, const char __user *name, void __user *value,
		    size_t size, unsigned int how);
long file_setxattr(struct file *file, const char __user *name, const void __user *value,
		   size_t size, int flags);
ssize_t file_getxattr(struct file *file, const char __user *uname, void __user *value, size_t size);

#endif
