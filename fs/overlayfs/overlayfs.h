/* SPDX-License-Identifier: MIT */
/*
 * overlayfs: several directory trees as one. The upper layer takes all changes; lower ones are only
 * read. Documentation/overlayfs.md has the on-disk marks and the rules.
 *
 * Inode states: lower only -> (copied up) -> has an upper dentry, which it keeps. A directory also
 * has the lower directories that are merged into it, topmost first.
 *
 * Locks: i_rwsem of overlay inodes > copy_lock > i_rwsem of the layers' inodes. Layers are touched
 * with the mounter's credentials.
 */
#ifndef FS_OVERLAYFS_H
#define FS_OVERLAYFS_H

#include <lib/err.h>
#include <lib/rbtree.h>
#include <kernel/mutex.h>
#include <fs/xattr.h>
#include "../mount_tree.h"

#define OVL_XATTR_PREFIX XATTR_TRUSTED_PREFIX "overlay."
#define OVL_XATTR_OPAQUE OVL_XATTR_PREFIX "opaque"
#define OVL_MAX_LOWER	 64

struct ovl_fs {
	struct vfsmount *upper_mnt; /* private clone; NULL: read-only */
	struct dentry *workdir;
	unsigned int nr_lower;
	struct vfsmount *lower_mnt[OVL_MAX_LOWER]; /* private clones, topmost first */
	const struct cred *cred; /* the mounter's */
	char *lowerdir, *upperdir, *workdir_name; /* for /proc/mounts */
	spinlock_t inode_lock;
	struct rb_root inodes; /* inode_lock; by key */
};

struct ovl_lower {
	struct dentry *dentry; /* referenced */
	struct vfsmount *mnt;
};

struct ovl_inode {
	struct mutex copy_lock;
	struct dentry *upper; /* referenced; set once, with release */
	unsigned int nr_lower; /* constant */
	struct ovl_lower *lower; /* constant */
	/*
	 * The real inode by which it is found again, while somebody watches or uses it and its name
	 * has been forgotten: a directory's lowest one, a file's topmost one. In ovl_fs.inodes
	 * unless cleared.
	 */
	const struct inode *key; /* ovl_fs.inode_lock, with key_node */
	struct rb_node key_node;
	struct inode vfs;
};

static inline struct ovl_fs *ovl_fs(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct ovl_inode *ovl_i(struct inode *inode)
{
	return container_of(inode, struct ovl_inode, vfs);
}

static inline struct dentry *ovl_upper(struct inode *inode)
{
	return smp_load_acquire(&ovl_i(inode)->upper);
}

/* What the file is in its topmost layer; borrowed. */
static inline struct path ovl_real(struct inode *inode)
{
	struct dentry *upper = ovl_upper(inode);

	if (upper)
		return (struct path){.mnt = ovl_fs(inode->i_sb)->upper_mnt, .dentry = upper};
	return (struct path){.mnt = ovl_i(inode)->lower[0].mnt,
			     .dentry = ovl_i(inode)->lower[0].dentry};
}

static inline const struct cred *ovl_override(const struct super_block *sb)
{
	return override_creds(ovl_fs(sb)->cred);
}

static inline bool ovl_is_whiteout(const struct dentry *dentry)
{
	return dentry->d_inode && S_ISCHR(dentry->d_inode->i_mode) && !dentry->d_inode->i_rdev;
}

/* inode.c */
extern const struct xattr_handler *const ovl_xattr_handlers[];
/* Mode, owner, times and size as the real inode has them. */
void ovl_copyattr(struct inode *inode);
/*
 * An inode over @upper and @lower, whose references (and the array) it takes over, also on failure.
 * NULL: no memory.
 */
struct inode *ovl_new_inode(struct super_block *sb, struct dentry *upper, struct ovl_lower *lower,
			    unsigned int nr_lower);
void ovl_free_layers(struct ovl_inode *oi);
/* The file @inode has an upper one now, and is found by that. */
void ovl_rekey_inode(struct inode *inode);
/* It is not found any more. */
void ovl_forget_inode(struct inode *inode);
extern const struct inode_operations ovl_file_iops, ovl_link_iops, ovl_special_iops;
int ovl_setattr(struct dentry *dentry, struct iattr *attr);
int ovl_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
ssize_t ovl_listxattr(struct dentry *dentry, char *buf, size_t size);

/* namei.c */
/* The entry called @name in the layer's directory @base, maybe negative, referenced. Locks it. */
struct dentry *ovl_lookup_real(struct dentry *base, const struct qstr *name);
struct dentry *ovl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
/* Whether a lower layer shows something under the name of @dentry. 1, 0 or -errno. */
int ovl_lower_positive(struct dentry *dentry);

/* copy_up.c: the file, and its directories before it, get into the upper layer. */
int ovl_copy_up(struct dentry *dentry);

/* dir.c */
extern const struct inode_operations ovl_dir_iops;
/* readdir.c */
extern const struct file_operations ovl_dir_fops;
/* 0 when the merged directory has no entries, else -ENOTEMPTY or -errno. */
int ovl_check_empty(struct inode *dir);
/* Removes the whiteouts in the upper directory @upper, which is empty as merged. Locks it. */
int ovl_clear_whiteouts(struct dentry *upper, const struct super_block *sb);
/* file.c */
extern const struct file_operations ovl_file_fops;

#endif
