/* SPDX-License-Identifier: MIT */
/*
 * Access control lists as acl(5) and POSIX 1003.1e draft 17 define them: arrays of entries in the
 * order user_obj, users, group_obj, groups, mask (due when there are users or groups), other.
 *
 * Pure functions over (entries, count): no memory, no locks. What comes from outside is decoded,
 * then checked with acl_check(); the others expect a checked list.
 */
#ifndef LIB_ACL_H
#define LIB_ACL_H

#include <lib/types.h>
#include <uapi/posix_acl.h>

struct posix_acl_entry {
	u16 e_tag; /* ACL_* */
	u16 e_perm; /* ACL_READ | ACL_WRITE | ACL_EXECUTE */
	u32 e_id; /* of ACL_USER, ACL_GROUP */
};

/* Whom a list is asked about. */
struct acl_subject {
	uid_t fsuid;
	bool (*in_group)(gid_t gid);
};

/* Entries in an attribute value of @size bytes; -EINVAL when it cannot be one. */
int acl_xattr_count(size_t size);
/* An attribute value into acl_xattr_count() entries: 0, -EOPNOTSUPP (version), -EINVAL (tag). */
int acl_from_xattr(const void *value, size_t size, struct posix_acl_entry *e);
size_t acl_xattr_size(unsigned int n);
/* Fills acl_xattr_size(@n) bytes. */
void acl_to_xattr(const struct posix_acl_entry *e, unsigned int n, void *value);

/* 0 for a list of the right order with the entries it needs, else -EINVAL. */
int acl_check(const struct posix_acl_entry *e, unsigned int n);
/*
 * The permission bits that the list shows in a file's mode, into *mode (whose other bits stay).
 * True: the list says nothing that these bits do not.
 */
bool acl_equiv_mode(const struct posix_acl_entry *e, unsigned int n, umode_t *mode);
/* Whether @want (ACL_READ...) is granted on a file of @owner and @group: 0 or -EACCES. */
int acl_permission(const struct posix_acl_entry *e, unsigned int n, uid_t owner, gid_t group,
		   const struct acl_subject *who, unsigned int want);
/*
 * A default list becomes a new file's: what @mode leaves out is taken from it and what it leaves
 * out from *mode. True as acl_equiv_mode().
 */
bool acl_inherit(struct posix_acl_entry *e, unsigned int n, umode_t *mode);
/* chmod(2) of a file with a list. */
void acl_chmod(struct posix_acl_entry *e, unsigned int n, umode_t mode);

#endif
