/* SPDX-License-Identifier: MIT */
/* Extended attributes of ext4 as the VFS sees them. */
#ifndef FS_EXT4_XATTR_H
#define FS_EXT4_XATTR_H

#include <fs/fs.h>

/* sb->s_xattr and SB_POSIXACL by the mount's options; before the first inode is made. */
void ext4_set_xattr_handlers(struct super_block *sb);
#if IS_ENABLED(CONFIG_POSIX_ACL)
struct posix_acl *ext4_get_acl(struct inode *inode, int type);
int ext4_set_acl(struct inode *inode, struct posix_acl *acl, int type);
/* What a new inode inherits from @dir, inside the handle that makes it. 0 or -errno. */
int ext4_init_acl(struct inode *dir, struct inode *inode);
#else
#define ext4_get_acl NULL
#define ext4_set_acl NULL
static inline int ext4_init_acl(struct inode *dir, struct inode *inode)
{
	return 0;
}
#endif

#endif
