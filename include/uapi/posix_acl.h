/* SPDX-License-Identifier: MIT */
/* POSIX access control lists, acl(5): tags and permissions of an entry. */
#ifndef _UAPI_POSIX_ACL_H
#define _UAPI_POSIX_ACL_H

#define ACL_UNDEFINED_ID (-1)

/* a_type field in acl_user_posix_entry_t */
#define ACL_TYPE_ACCESS	 (0x8000)
#define ACL_TYPE_DEFAULT (0x4000)

/* e_tag */
#define ACL_USER_OBJ  (0x01)
#define ACL_USER      (0x02)
#define ACL_GROUP_OBJ (0x04)
#define ACL_GROUP     (0x08)
#define ACL_MASK      (0x10)
#define ACL_OTHER     (0x20)

/* e_perm */
#define ACL_READ    (0x04)
#define ACL_WRITE   (0x02)
#define ACL_EXECUTE (0x01)

#endif
