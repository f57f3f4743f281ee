/* SPDX-License-Identifier: MIT */
/* What the files of fs/ share with each other and with nobody else. */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <arch/param.h>
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/seqlock.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/path.h>
#include <fs/stat.h>

/*
 * A mount in the tree. (d) changed under namespace_sem and dcache_lock with dcache_seq odd, read
 * under either or under RCU; (n) namespace_sem; (a) atomic; (i) constant.
 */
struct mount {
	struct vfsmount mnt;
	struct mount *mnt_parent; /* (d) itself: root or detached */
	struct dentry *mnt_mountpoint; /* (d) referenced while attached */
	struct hlist_node mnt_hash; /* (d) by (parent, mountpoint) */
	atomic_int mnt_count; /* (a) */
	atomic_int mnt_writers; /* (a) mnt_want_write(), open for writing */
	struct list_head mnt_mounts; /* (n) children, oldest first */
	struct list_head mnt_child; /* (n) in the parent's mnt_mounts */
	struct list_head
		mnt_list; /* (n) all attached mounts in /proc/mounts order; empty: detached */
	struct path mnt_was; /* where it hung, between detaching and the last put */
	struct mnt_namespace *mnt_ns; /* (n) NULL: in none */
	struct list_head mnt_share; /* (n) ring of its peer group */
	struct list_head mnt_slaves; /* (n) mounts that this one is the master of */
	struct list_head mnt_slave; /* (n) in the master's mnt_slaves */
	struct mount *mnt_master; /* (n) */
	int mnt_group; /* (n) number of its peer group; 0: not shared */
	u64 mnt_stamp; /* (n) see collect_targets() */
	int mnt_old_flags; /* (n) while mount_setattr(2) may have to undo */
	bool mnt_detached; /* (n) top of a tree that only a descriptor has */
	bool mnt_expiry_mark; /* MNT_EXPIRE was tried and nobody used it since */
	int mnt_id; /* (i) */
#if IS_ENABLED(CONFIG_FSNOTIFY)
	u32 mnt_fsnotify_mask; /* fsnotify_lock, both */
	struct hlist_head mnt_fsnotify_marks;
#endif
	const char *mnt_devname; /* (i) */
	struct rcu_head mnt_rcu;
};

static inline struct mount *real_mount(struct vfsmount *mnt)
{
	return container_of(mnt, struct mount, mnt);
}

static inline bool mnt_has_parent(const struct mount *m)
{
	return m->mnt_parent != m;
}

/* In a request mask: kstat.attributes are wanted as well, statx(2). No program may pass it. */
#define STAT_ATTRIBUTES STATX__RESERVED

#if IS_ENABLED(CONFIG_FILEATTR)
/* What of chattr(1)'s flags has no inode flag. */
void stat_add_fileattr(struct inode *inode, struct kstat *stat);
#else
static inline void stat_add_fileattr(struct inode *inode, struct kstat *stat)
{
}
#endif

/* What statx(2) says of any file: STATX_ATTR_*. @inode is @path's. */
static inline void stat_add_attributes(const struct path *path, struct inode *inode,
				       struct kstat *stat)
{
	u32 flags = READ_ONCE(inode->i_flags);

	if (path->mnt && path->dentry == path->mnt->mnt_root)
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	if (unlikely(flags & (S_IMMUTABLE | S_APPEND)))
		stat->attributes |= (flags & S_IMMUTABLE ? STATX_ATTR_IMMUTABLE : 0) |
				    (flags & S_APPEND ? STATX_ATTR_APPEND : 0);
	if (inode->i_op->fileattr_get)
		stat_add_fileattr(inode, stat);
}

/* The mount on (mnt, dentry), or NULL. RCU or dcache_lock; takes no reference. */
struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry);
/* The same, referenced. */
struct vfsmount *lookup_mnt(const struct path *path);
/* A reference unless the mount is being freed. RCU. */
bool mntget_rcu(struct vfsmount *mnt);
/* Whether @path is the root of a mount that the caller's root can reach downwards. */
bool path_is_under(const struct path *a, const struct path *b);

/* Unmounts whatever is mounted at @dentry anywhere. */
void detach_mounts(struct dentry *dentry);

/*
 * Eight bytes of a name. Names are terminated, so reading on to the end of the word is harmless as
 * long as it stays in the page.
 */
static __inline_unchecked u64 load_name_word(const char *p)
{
	u64 w = 0;

	if (unlikely(((unsigned long)p & (PAGE_SIZE - 1)) > PAGE_SIZE - 8)) {
		for (unsigned int i = 0; i < 8 && p[i] && p[i] != '/'; i++)
			w |= (u64)(u8)p[i] << (8 * i);
		return w;
	}
	__builtin_memcpy(&w, p, 8);
	return w;
}

struct dentry *__d_lookup_rcu(const struct dentry *parent, const struct qstr *name);

/* The second half of open: file->f_path is set (its references are consumed even on failure). */
int do_dentry_open(struct file *file, struct inode *inode);
/* Opens what @path is, with all checks of open(2). ERR_PTR. */
struct file *do_file_open_root(const struct path *path, const struct open_flags *op);
int vfs_open(const struct path *path, struct file *file);

/* fs/namei.c for fs/namei_ops.c */
#define LAST_NORM   0
#define LAST_ROOT   1
#define LAST_DOT    2
#define LAST_DOTDOT 3
/* *parent referenced; *last points into @name. */
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent,
		      struct qstr *last, int *type);
/* The child of a locked directory, negative if absent; fs lookup if not cached. */
struct dentry *lookup_one_qstr(const struct qstr *name, struct dentry *base, unsigned int flags);
/* fills *stat without a reference taken; -ECHILD: use vfs_getattr(). */
int filename_stat_rcu(int dfd, struct filename *name, unsigned int flags, struct kstat *stat,
		      u32 mask);
int may_delete(struct inode *dir, struct dentry *victim, bool isdir);
int may_create(struct inode *dir, struct dentry *child);
struct dentry *lock_rename(struct dentry *a, struct dentry *b);
void unlock_rename(struct dentry *a, struct dentry *b);
bool may_open_dev(const struct path *path);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int attrs, struct file *file);

/* fs/file_table.c */
/* fput() that releases at once: no lock may be held. */
void fput_sync(struct file *file);
/* Frees a file that was never opened. */
void file_free(struct file *file);
void file_table_init(void);

/* fs/attr.c: sugid bits that a write or chown takes away, as ATTR_KILL_*. */
unsigned int should_remove_suid(const struct inode *inode);

/* fs/super.c */
struct super_block *grab_super(const struct file_system_type *type, struct block_device *bdev);
/* st_dev of a file system on a device, instead of the anonymous number. */
void set_super_dev(struct super_block *sb, dev_t dev);

/* fs/inode.c and fs/inode_cache.c */
void evict(struct inode *inode);
/* Frees an inode that nobody has seen. */
void discard_new_inode(struct inode *inode);
void iput_hashed(struct inode *inode);
void inode_unhash_evicted(struct inode *inode);
/* i_lock held. */
void inode_lru_add(struct inode *inode);
struct wait_queue_head *inode_waitqueue(const struct inode *inode);
/* The inode is or was in the hash: it has the longer life of fs/inode_cache.c. */
static inline bool inode_was_hashed(const struct inode *inode)
{
	return inode->i_state & I_HASHED;
}

/* Caches and types, in vfs_init()'s order. */
void filename_init(void);
void fs_struct_init(void);
void inode_init(void);
void inode_cache_init(void);
void ramfs_init(void);

/* fs/locks.c */
#if IS_ENABLED(CONFIG_FILE_LOCKING)
int fcntl_getlk(struct file *file, unsigned int cmd, unsigned long arg);
int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg);
/* All POSIX locks of @owner (a files_struct) on the file's inode; the file's own locks. */
void locks_remove_posix(struct file *file, void *owner);
void locks_remove_file(struct file *file);
void locks_free_context(struct inode *inode);
#else
static inline int fcntl_getlk(struct file *file, unsigned int cmd, unsigned long arg)
{
	return -EINVAL;
}
static inline int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	return -EINVAL;
}
static inline void locks_remove_posix(struct file *file, void *owner)
{
}
static inline void locks_remove_file(struct file *file)
{
}
static inline void locks_free_context(struct inode *inode)
{
}
#endif

/* fs/notify/dnotify.c */
#if IS_ENABLED(CONFIG_DNOTIFY)
/* fcntl(2) F_NOTIFY. */
long fcntl_dirnotify(int fd, struct file *file, unsigned long arg);
/* The descriptor table @owner closes @file: it asks for no more signals. Sleeps. */
void dnotify_flush(struct file *file, const void *owner);
static inline void dnotify_close(struct file *file, const void *owner)
{
	if (unlikely(!hlist_empty(&file->f_inode->i_fsnotify_marks)) &&
	    S_ISDIR(file->f_inode->i_mode))
		dnotify_flush(file, owner);
}
#else
static inline long fcntl_dirnotify(int fd, struct file *file, unsigned long arg)
{
	return -EINVAL;
}
static inline void dnotify_close(struct file *file, const void *owner)
{
}
#endif

/* fs/leases.c */
#if IS_ENABLED(CONFIG_LEASES)
int fcntl_setlease(unsigned int fd, struct file *file, long type);
int fcntl_getlease(struct file *file);
void locks_remove_lease(struct file *file);
int __break_lease(struct inode *inode, unsigned int flags);
/*
 * Before @inode is opened with, or truncated as by, open @flags: leases against it are broken. 0,
 * -EWOULDBLOCK, -ERESTARTSYS. Sleeps.
 */
static inline int break_lease(struct inode *inode, unsigned int flags)
{
	return unlikely(inode->i_flctx) ? __break_lease(inode, flags) : 0;
}
#else
static inline int fcntl_setlease(unsigned int fd, struct file *file, long type)
{
	return -EINVAL;
}
static inline int fcntl_getlease(struct file *file)
{
	return F_UNLCK; /* nobody can have set one */
}
static inline void locks_remove_lease(struct file *file)
{
}
static inline int break_lease(struct inode *inode, unsigned int flags)
{
	return 0;
}
#endif

/* ustat(2): the mounted file system on @dev. 0, -EINVAL: there is none. */
int user_statfs_dev(dev_t dev, struct kstatfs *buf);

/* fs/fasync.c */
#if IS_ENABLED(CONFIG_FASYNC)
long fcntl_owner(struct file *file, unsigned int cmd, unsigned long arg);
/* Signals of @file go to the caller's process unless F_SETOWN said otherwise. 0 or -ENOMEM. */
int fown_default(struct file *file);
void fown_release(struct file *file);
#else
static inline long fcntl_owner(struct file *file, unsigned int cmd, unsigned long arg)
{
	return -EINVAL;
}
static inline void fown_release(struct file *file)
{
}
#endif

#endif
