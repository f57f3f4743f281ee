/* SPDX-License-Identifier: MIT */
/*
 * Access control lists of inodes, acl(5). <lib/acl.h> has what a list means; this is where inodes
 * keep them.
 *
 * States of inode->i_acl and i_default_acl: ACL_NOT_CACHED (the file system has to be asked), NULL
 * (there is none), or a list, on which the inode has a reference. They change under i_rwsem held
 * exclusively, but for the step from ACL_NOT_CACHED, which any reader may make; readers use RCU. A
 * list is constant once an inode has it.
 *
 * A file system with lists sets SB_POSIXACL before it makes an inode, gives i_op->get_acl and
 * set_acl, puts the two posix_acl_*_xattr_handler in sb->s_xattr, and calls posix_acl_create() for
 * each new inode. One that knows that an inode has no list says cache_no_acl().
 */
#ifndef FS_POSIX_ACL_H
#define FS_POSIX_ACL_H

#include <lib/acl.h>
#include <lib/err.h>
#include <lib/refcount.h>
#include <kernel/rcupdate.h>
#include <fs/fs.h>

struct xattr_handler;

struct posix_acl {
	refcount_t a_refcount;
	struct rcu_head a_rcu;
	unsigned int a_count;
	struct posix_acl_entry a_entries[];
};

#define ACL_NOT_CACHED ((struct posix_acl *)-1)

#if IS_ENABLED(CONFIG_POSIX_ACL)
/* Room for @n entries; NULL: no memory. */
struct posix_acl *posix_acl_alloc(unsigned int n);
void posix_acl_release(struct posix_acl *acl);
/* From an attribute's value, unchecked: NULL for an empty list, ERR_PTR. */
struct posix_acl *posix_acl_from_xattr(const void *value, size_t size);

/*
 * The list of @type (ACL_TYPE_ACCESS, ACL_TYPE_DEFAULT), referenced; NULL: none; ERR_PTR. Sleeps.
 */
struct posix_acl *get_inode_acl(struct inode *inode, int type);
/* The inode's new list (may be NULL); takes a reference of its own. i_rwsem, or a new inode. */
void set_cached_acl(struct inode *inode, int type, struct posix_acl *acl);
/* What the list says to @mask: 0, -EACCES, -EAGAIN (there is none), -ECHILD (RCU). */
int posix_acl_check_inode(struct inode *inode, int mask);
/*
 * i_op->set_acl for lists that live only in the inode; also what others do first: a list that is
 * no more than mode bits goes into *@acl = NULL and the mode. i_rwsem held exclusively.
 */
int simple_set_acl(struct inode *inode, struct posix_acl *acl, int type);
int posix_acl_update_mode(struct inode *inode, umode_t *mode, struct posix_acl **acl);
/*
 * What a new inode of *@mode in @dir inherits: lists (referenced, or NULL) to be stored with it,
 * and *@mode as they leave it. 0 or -errno.
 */
int posix_acl_create(struct inode *dir, umode_t *mode, struct posix_acl **default_acl,
		     struct posix_acl **acl);
/* The same for lists that live only in the inode. */
int simple_acl_create(struct inode *dir, struct inode *inode);
/* After a chmod to @mode. i_rwsem held exclusively. */
int posix_acl_chmod(struct inode *inode, umode_t mode);
/* eviction */
void inode_forget_acls(struct inode *inode);

extern const struct xattr_handler posix_acl_access_xattr_handler;
extern const struct xattr_handler posix_acl_default_xattr_handler;
/* For a table of handlers. */
#define POSIX_ACL_XATTR_HANDLERS &posix_acl_access_xattr_handler, &posix_acl_default_xattr_handler,

static inline void cache_no_acl(struct inode *inode)
{
	inode->i_acl = NULL;
	inode->i_default_acl = NULL;
}

/* A zeroed inode of a file system with lists has to be asked for. */
static inline void inode_init_acls(struct inode *inode)
{
	if (inode->i_sb->s_flags & SB_POSIXACL)
		inode->i_acl = inode->i_default_acl = ACL_NOT_CACHED;
}

/* No list is known for certain to be there; NULL is the usual case. */
static inline bool inode_may_have_acl(const struct inode *inode)
{
	return READ_ONCE(inode->i_acl) != NULL;
}

static inline bool inode_has_cached_acl(const struct inode *inode, int type)
{
	struct posix_acl *const *slot =
		type == ACL_TYPE_ACCESS ? &inode->i_acl : &inode->i_default_acl;
	struct posix_acl *acl = READ_ONCE(*slot);

	return acl && acl != ACL_NOT_CACHED;
}

/* Whether files made in @dir take their permissions from a default list. */
static inline bool dir_has_default_acl(struct inode *dir)
{
	struct posix_acl *acl;

	if (likely(!READ_ONCE(dir->i_default_acl)))
		return false;
	acl = get_inode_acl(dir, ACL_TYPE_DEFAULT);
	if (IS_ERR_OR_NULL(acl))
		return false;
	posix_acl_release(acl);
	return true;
}
#else
#define simple_set_acl NULL
#define POSIX_ACL_XATTR_HANDLERS
static inline void posix_acl_release(struct posix_acl *acl)
{
}
static inline int posix_acl_check_inode(struct inode *inode, int mask)
{
	return -EAGAIN;
}
static inline int posix_acl_create(struct inode *dir, umode_t *mode, struct posix_acl **default_acl,
				   struct posix_acl **acl)
{
	*default_acl = *acl = NULL;
	return 0;
}
static inline int simple_acl_create(struct inode *dir, struct inode *inode)
{
	return 0;
}
static inline int posix_acl_chmod(struct inode *inode, umode_t mode)
{
	return 0;
}
static inline void inode_forget_acls(struct inode *inode)
{
}
static inline void cache_no_acl(struct inode *inode)
{
}
static inline void inode_init_acls(struct inode *inode)
{
}
static inline bool inode_may_have_acl(const struct inode *inode)
{
	return false;
}
static inline bool inode_has_cached_acl(const struct inode *inode, int type)
{
	return false;
}
static inline bool dir_has_default_acl(struct inode *dir)
{
	return false;
}
#endif

/*
 * The mode of something made in @dir: a default list takes the place of the umask (umask(2)); the
 * file system applies it by posix_acl_create(). Set-group-ID is judged by the mode that was asked
 * for: the umask may hide that the group can execute it.
 */
umode_t mode_strip_umask(struct inode *dir, umode_t mode);

#endif
