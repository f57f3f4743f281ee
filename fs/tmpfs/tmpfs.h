/* SPDX-License-Identifier: MIT */
/* One code for rootfs, ramfs and tmpfs: they differ in their limits. */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <lib/xarray.h>
#include <mm/shmem.h>
#include <mm/vmstat.h>
#include "../internal.h"

struct tmpfs_inode {
	struct shmem_object obj; /* regular files */
#if IS_ENABLED(CONFIG_XATTR)
	struct simple_xattrs xattrs;
#endif
	u32 fsflags; /* FS_*_FL; i_rwsem */
	bool exported; /* in the super block's handles; handle_lock */
	struct inode vfs;
};

/* Of one super block. Limits 0: none. */
struct tmpfs_sb {
	struct shmem_limit blocks;
	atomic_long_t inodes;
	long max_inodes;
	spinlock_t handle_lock;
	struct xarray handles; /* inodes by number that a handle was given for; handle_lock */
	umode_t mode;
	uid_t uid;
	gid_t gid;
};

static inline struct tmpfs_inode *tmpfs_i(struct inode *inode)
{
	return container_of(inode, struct tmpfs_inode, vfs);
}

static inline struct tmpfs_sb *tmpfs_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* Half of memory: what a tmpfs may hold unless told otherwise, in pages. */
static inline unsigned long tmpfs_default_blocks(void)
{
	return totalram_pages / 2;
}

/* A new inode of any type in @dir (NULL: the root); NULL: no memory or no inode left. */
struct inode *tmpfs_new_inode(struct super_block *sb, struct inode *dir, umode_t mode, dev_t dev);
int tmpfs_fill_super(struct super_block *sb, void *data, int silent);

/* fs/tmpfs/options.c with CONFIG_TMPFS: "size=,nr_blocks=,nr_inodes=,mode=,uid=,gid=". */
#if IS_ENABLED(CONFIG_TMPFS)
int tmpfs_parse_options(struct tmpfs_sb *sbi, char *data);
int tmpfs_remount(struct super_block *sb, unsigned int *flags, char *data);
int tmpfs_show_options(struct seq_file *m, struct dentry *root);
#endif

extern struct super_operations tmpfs_sops;

/* fs/tmpfs/export.c */
extern const struct export_operations tmpfs_export_ops;
#if IS_ENABLED(CONFIG_FILE_HANDLES)
void tmpfs_forget_handle(struct inode *inode);
#else
static inline void tmpfs_forget_handle(struct inode *inode)
{
}
#endif

/* fs/tmpfs/xattr.c */
#if IS_ENABLED(CONFIG_XATTR)
extern const struct xattr_handler *const tmpfs_xattr_handlers[];
ssize_t tmpfs_listxattr(struct dentry *dentry, char *buf, size_t size);
static inline void tmpfs_xattr_init(struct inode *inode)
{
	simple_xattrs_init(&tmpfs_i(inode)->xattrs);
	inode->i_flags |= S_NOCAP;
}
static inline void tmpfs_xattr_free(struct inode *inode)
{
	if (unlikely(tmpfs_i(inode)->xattrs.root.rb_node))
		simple_xattrs_free(&tmpfs_i(inode)->xattrs);
}
#else
#define tmpfs_xattr_handlers NULL
#define tmpfs_listxattr	     NULL
static inline void tmpfs_xattr_init(struct inode *inode)
{
}
static inline void tmpfs_xattr_free(struct inode *inode)
{
}
#endif

#endif
