/* SPDX-License-Identifier: MIT */
/* Access control lists of inodes: <fs/posix_acl.h>. */
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <uapi/capability.h>
#include "internal.h"

/* ---- lists ----------------------------------------------------------------------------------- */

struct posix_acl *posix_acl_alloc(unsigned int n)
{
	struct posix_acl *acl = kmalloc(struct_size(acl, a_entries, n), GFP_KERNEL);

	if (acl) {
		refcount_set(&acl->a_refcount, 1);
		acl->a_count = n;
	}
	return acl;
}

void posix_acl_release(struct posix_acl *acl)
{
	if (acl && refcount_dec_and_test(&acl->a_refcount))
		kfree_rcu(acl, a_rcu);
}

static struct posix_acl *posix_acl_clone(const struct posix_acl *acl)
{
	struct posix_acl *copy = posix_acl_alloc(acl->a_count);

	if (copy)
		memcpy(copy->a_entries, acl->a_entries, acl->a_count * sizeof(acl->a_entries[0]));
	return copy;
}

struct posix_acl *posix_acl_from_xattr(const void *value, size_t size)
{
	int n = value ? acl_xattr_count(size) : 0, err;
	struct posix_acl *acl;

	if (n < 0)
		return ERR_PTR(n);
	if (!value)
		return NULL;
	acl = posix_acl_alloc(n);
	if (!acl)
		return ERR_PTR(-ENOMEM);
	err = acl_from_xattr(value, size, acl->a_entries);
	if (!err && n)
		return acl;
	posix_acl_release(acl);
	return ERR_PTR(err); /* NULL for a list without entries */
}

/* ---- of an inode ----------------------------------------------------------------------------- */

static struct posix_acl **acl_slot(struct inode *inode, int type)
{
	return type == ACL_TYPE_ACCESS ? &inode->i_acl : &inode->i_default_acl;
}

/* Asks the file system; what it says stays unless somebody set a list meanwhile. */
static struct posix_acl *read_acl(struct inode *inode, int type)
{
	struct posix_acl **slot = acl_slot(inode, type), *old = ACL_NOT_CACHED, *acl;

	if (!(inode->i_sb->s_flags & SB_POSIXACL) || !inode->i_op->get_acl)
		return NULL;
	acl = inode->i_op->get_acl(inode, type);
	if (IS_ERR(acl))
		return acl;
	if (acl)
		refcount_inc(&acl->a_refcount);
	if (!try_cmpxchg(slot, &old, acl))
		posix_acl_release(acl);
	return acl;
}

struct posix_acl *get_inode_acl(struct inode *inode, int type)
{
	struct posix_acl **slot = acl_slot(inode, type), *acl;

	for (;;) {
		acl = READ_ONCE(*slot);
		if (!acl)
			return NULL;
		if (acl == ACL_NOT_CACHED)
			return read_acl(inode, type);
		rcu_read_lock();
		acl = READ_ONCE(*slot);
		if (acl && acl != ACL_NOT_CACHED && refcount_inc_not_zero(&acl->a_refcount)) {
			rcu_read_unlock();
			return acl;
		}
		rcu_read_unlock();
	}
}

/* From here on path walks ask inode_permission(). Pairs with __d_set_inode(). */
static void forget_mode_is_all(struct inode *inode)
{
	spin_lock(&dcache_lock);
	inode->i_flags &= ~S_MODEPERM;
	spin_unlock(&dcache_lock);
}

void set_cached_acl(struct inode *inode, int type, struct posix_acl *acl)
{
	struct posix_acl *old;

	if (acl)
		refcount_inc(&acl->a_refcount);
	old = xchg(acl_slot(inode, type), acl);
	if (acl && type == ACL_TYPE_ACCESS)
		forget_mode_is_all(inode);
	if (old != ACL_NOT_CACHED)
		posix_acl_release(old);
}

void inode_forget_acls(struct inode *inode)
{
	if (likely(!inode->i_acl && !inode->i_default_acl))
		return;
	if (inode->i_acl != ACL_NOT_CACHED)
		posix_acl_release(inode->i_acl);
	if (inode->i_default_acl != ACL_NOT_CACHED)
		posix_acl_release(inode->i_default_acl);
	cache_no_acl(inode);
}

static int ask_acl(const struct posix_acl *acl, const struct inode *inode, int mask)
{
	struct acl_subject who = {.fsuid = current_fsuid(), .in_group = in_group_p};

	return acl_permission(acl->a_entries, acl->a_count, inode->i_uid, inode->i_gid, &who,
			      mask & (MAY_READ | MAY_WRITE | MAY_EXEC));
}

int posix_acl_check_inode(struct inode *inode, int mask)
{
	struct posix_acl *acl;
	int err = -EAGAIN;

	rcu_read_lock();
	acl = READ_ONCE(inode->i_acl);
	if (acl && acl != ACL_NOT_CACHED)
		err = ask_acl(acl, inode, mask);
	rcu_read_unlock();
	if (likely(acl != ACL_NOT_CACHED))
		return err;
	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;
	acl = get_inode_acl(inode, ACL_TYPE_ACCESS);
	if (IS_ERR(acl))
		return PTR_ERR(acl);
	if (!acl)
		return -EAGAIN;
	err = ask_acl(acl, inode, mask);
	posix_acl_release(acl);
	return err;
}

/* ---- setting --------------------------------------------------------------------------------- */

int posix_acl_update_mode(struct inode *inode, umode_t *mode, struct posix_acl **acl)
{
	*mode = inode->i_mode;
	if (!*acl)
		return 0;
	if (acl_equiv_mode((*acl)->a_entries, (*acl)->a_count, mode))
		*acl = NULL;
	if (!in_group_p(inode->i_gid) && !capable(CAP_FSETID))
		*mode &= ~S_ISGID;
	return 0;
}

int simple_set_acl(struct inode *inode, struct posix_acl *acl, int type)
{
	umode_t mode;

	if (type == ACL_TYPE_ACCESS) {
		posix_acl_update_mode(inode, &mode, &acl);
		inode->i_mode = mode;
	}
	inode->i_ctime = current_time(inode);
	set_cached_acl(inode, type, acl);
	return 0;
}

/* i_rwsem held exclusively. */
static int set_posix_acl(struct inode *inode, int type, struct posix_acl *acl)
{
	if (!inode->i_op->set_acl || !(inode->i_sb->s_flags & SB_POSIXACL))
		return -EOPNOTSUPP;
	if (type == ACL_TYPE_DEFAULT && !S_ISDIR(inode->i_mode))
		return acl ? -EACCES : 0;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	if (acl && acl_check(acl->a_entries, acl->a_count))
		return -EINVAL;
	return inode->i_op->set_acl(inode, acl, type);
}

int posix_acl_chmod(struct inode *inode, umode_t mode)
{
	struct posix_acl *acl, *copy;
	int err;

	if (likely(!inode_may_have_acl(inode)) || S_ISLNK(mode) || !inode->i_op->set_acl)
		return 0;
	acl = get_inode_acl(inode, ACL_TYPE_ACCESS);
	if (IS_ERR_OR_NULL(acl))
		return PTR_ERR_OR_ZERO(acl);
	copy = posix_acl_clone(acl);
	posix_acl_release(acl);
	if (!copy)
		return -ENOMEM;
	acl_chmod(copy->a_entries, copy->a_count, mode);
	err = inode->i_op->set_acl(inode, copy, ACL_TYPE_ACCESS);
	posix_acl_release(copy);
	return err;
}

/* ---- inheriting ------------------------------------------------------------------------------ */

int posix_acl_create(struct inode *dir, umode_t *mode, struct posix_acl **default_acl,
		     struct posix_acl **acl)
{
	struct posix_acl *from, *copy;

	*default_acl = *acl = NULL;
	if (S_ISLNK(*mode) || likely(!READ_ONCE(dir->i_default_acl)))
		return 0;
	from = get_inode_acl(dir, ACL_TYPE_DEFAULT);
	if (IS_ERR_OR_NULL(from))
		return PTR_ERR_OR_ZERO(from);
	copy = posix_acl_clone(from);
	if (!copy) {
		posix_acl_release(from);
		return -ENOMEM;
	}
	if (acl_inherit(copy->a_entries, copy->a_count, mode))
		posix_acl_release(copy);
	else
		*acl = copy;
	if (S_ISDIR(*mode))
		*default_acl = from;
	else
		posix_acl_release(from);
	return 0;
}

int simple_acl_create(struct inode *dir, struct inode *inode)
{
	struct posix_acl *def, *acl;
	umode_t mode = inode->i_mode;
	int err = posix_acl_create(dir, &mode, &def, &acl);

	cache_no_acl(inode);
	if (err)
		return err;
	inode->i_mode = mode;
	inode->i_acl = acl;
	inode->i_default_acl = def;
	return 0;
}

/* ---- as attributes --------------------------------------------------------------------------- */

static int posix_acl_xattr_get(const struct xattr_handler *handler, struct inode *inode,
			       const char *name, void *buf, size_t size)
{
	struct posix_acl *acl;
	int n;

	if (!(inode->i_sb->s_flags & SB_POSIXACL) || S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	acl = get_inode_acl(inode, handler->flags);
	if (IS_ERR(acl))
		return PTR_ERR(acl);
	if (!acl)
		return -ENODATA;
	n = acl_xattr_size(acl->a_count);
	if (size && size < (size_t)n)
		n = -ERANGE;
	else if (size)
		acl_to_xattr(acl->a_entries, acl->a_count, buf);
	posix_acl_release(acl);
	return n;
}

static int posix_acl_xattr_set(const struct xattr_handler *handler, struct inode *inode,
			       const char *name, const void *value, size_t size, int flags)
{
	struct posix_acl *acl;
	int err;

	if (S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	acl = posix_acl_from_xattr(value, size);
	if (IS_ERR(acl))
		return PTR_ERR(acl);
	err = set_posix_acl(inode, handler->flags, acl);
	posix_acl_release(acl);
	return err;
}

const struct xattr_handler posix_acl_access_xattr_handler = {
	.name = XATTR_NAME_POSIX_ACL_ACCESS,
	.flags = ACL_TYPE_ACCESS,
	.get = posix_acl_xattr_get,
	.set = posix_acl_xattr_set,
};

const struct xattr_handler posix_acl_default_xattr_handler = {
	.name = XATTR_NAME_POSIX_ACL_DEFAULT,
	.flags = ACL_TYPE_DEFAULT,
	.get = posix_acl_xattr_get,
	.set = posix_acl_xattr_set,
};
