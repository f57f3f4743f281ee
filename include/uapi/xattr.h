/* SPDX-License-Identifier: MIT */
/* Extended attributes, xattr(7). */
#ifndef _UAPI_XATTR_H
#define _UAPI_XATTR_H

#define XATTR_CREATE		     0x1
#define XATTR_REPLACE		     0x2

#define XATTR_OS2_PREFIX	     "os2."
#define XATTR_OS2_PREFIX_LEN	     (sizeof(XATTR_OS2_PREFIX) - 1)
#define XATTR_MAC_OSX_PREFIX	     "osx."
#define XATTR_MAC_OSX_PREFIX_LEN     (sizeof(XATTR_MAC_OSX_PREFIX) - 1)
#define XATTR_BTRFS_PREFIX	     "btrfs."
#define XATTR_BTRFS_PREFIX_LEN	     (sizeof(XATTR_BTRFS_PREFIX) - 1)
#define XATTR_HURD_PREFIX	     "gnu."
#define XATTR_HURD_PREFIX_LEN	     (sizeof(XATTR_HURD_PREFIX) - 1)
#define XATTR_SECURITY_PREFIX	     "security."
#define XATTR_SECURITY_PREFIX_LEN    (sizeof(XATTR_SECURITY_PREFIX) - 1)
#define XATTR_SYSTEM_PREFIX	     "system."
#define XATTR_SYSTEM_PREFIX_LEN	     (sizeof(XATTR_SYSTEM_PREFIX) - 1)
#define XATTR_TRUSTED_PREFIX	     "trusted."
#define XATTR_TRUSTED_PREFIX_LEN     (sizeof(XATTR_TRUSTED_PREFIX) - 1)
#define XATTR_USER_PREFIX	     "user."
#define XATTR_USER_PREFIX_LEN	     (sizeof(XATTR_USER_PREFIX) - 1)
#define XATTR_CAPS_SUFFIX	     "capability"
#define XATTR_NAME_CAPS		     XATTR_SECURITY_PREFIX XATTR_CAPS_SUFFIX
#define XATTR_POSIX_ACL_ACCESS	     "posix_acl_access"
#define XATTR_NAME_POSIX_ACL_ACCESS  XATTR_SYSTEM_PREFIX XATTR_POSIX_ACL_ACCESS
#define XATTR_POSIX_ACL_DEFAULT	     "posix_acl_default"
#define XATTR_NAME_POSIX_ACL_DEFAULT XATTR_SYSTEM_PREFIX XATTR_POSIX_ACL_DEFAULT

#endif
