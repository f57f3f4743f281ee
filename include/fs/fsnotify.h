/* SPDX-License-Identifier: MIT */
/*
 * Telling watchers what happens to files. The VFS calls the hooks at the end of this header; when
 * nobody watches anything, each is one test of fsnotify_marks. inotify and fanotify are the groups
 * that hear of events; Documentation/fsnotify.md has the theory.
 *
 * Letters: (n) fsnotify_lock; (q) the group's lock; (i) constant; (a) atomic.
 */
#ifndef FS_FSNOTIFY_H
#define FS_FSNOTIFY_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/spinlock.h>
#include <kernel/mutex.h>
#include <kernel/wait.h>
#include <fs/dcache.h>
#include <fs/fs.h>

/* Events: the numbers of inotify(7) and fanotify(7). */
#define FS_ACCESS	  0x00000001
#define FS_MODIFY	  0x00000002
#define FS_ATTRIB	  0x00000004
#define FS_CLOSE_WRITE	  0x00000008
#define FS_CLOSE_NOWRITE  0x00000010
#define FS_OPEN		  0x00000020
#define FS_MOVED_FROM	  0x00000040
#define FS_MOVED_TO	  0x00000080
#define FS_CREATE	  0x00000100
#define FS_DELETE	  0x00000200
#define FS_DELETE_SELF	  0x00000400
#define FS_MOVE_SELF	  0x00000800
#define FS_OPEN_EXEC	  0x00001000
#define FS_UNMOUNT	  0x00002000
#define FS_Q_OVERFLOW	  0x00004000
#define FS_IN_IGNORED	  0x00008000
#define FS_OPEN_PERM	  0x00010000
#define FS_ACCESS_PERM	  0x00020000
#define FS_OPEN_EXEC_PERM 0x00040000
#define FS_EVENT_ON_CHILD 0x08000000 /* in a mark: what happens to children counts */
#define FS_RENAME	  0x10000000
#define FS_ISDIR	  0x40000000 /* in an event; in a mark: directories count */

#define FS_PERM_EVENTS	  (FS_OPEN_PERM | FS_ACCESS_PERM | FS_OPEN_EXEC_PERM)
#define FS_DIRENT_EVENTS  (FS_CREATE | FS_DELETE | FS_MOVED_FROM | FS_MOVED_TO | FS_RENAME)
/* Events on a file that its directory's watchers may hear of. */
#define FS_CHILD_EVENTS                                                                    \
	(FS_ACCESS | FS_MODIFY | FS_ATTRIB | FS_CLOSE_WRITE | FS_CLOSE_NOWRITE | FS_OPEN | \
	 FS_OPEN_EXEC | FS_PERM_EVENTS)

struct fsnotify_group;
struct fsnotify_mark;

/* One thing that happened. */
struct fsnotify_info {
	u32 mask;
	u32 cookie; /* joins the halves of a rename */
	const struct path *path; /* how the file was reached, or NULL */
	struct inode *inode; /* it happened to this */
	struct inode *dir; /* a name in it is concerned, or NULL */
	const char *name; /* that name, terminated */
	/* FS_RENAME: where the name was. */
	struct inode *old_dir;
	const char *old_name;
	bool tell_old, tell_new; /* which side the group that is called has asked for */
};

struct fsnotify_ops {
	/*
	 * @mask: the events that @mark (and the group's other marks, for a merging group) let
	 * through. @child: the mark is on info->dir, the event on a child. 0, or what a permission
	 * event ends with. May sleep.
	 */
	int (*handle_event)(struct fsnotify_group *group, struct fsnotify_mark *mark, u32 mask,
			    const struct fsnotify_info *info, bool child);
	/* The mark leaves its object for good. May sleep. */
	void (*freeing_mark)(struct fsnotify_mark *mark, struct fsnotify_group *group);
	void (*free_mark)(struct fsnotify_mark *mark);
	void (*free_group)(struct fsnotify_group *group);
};

/* Somebody who listens: one inotify or fanotify descriptor. */
struct fsnotify_group {
	const struct fsnotify_ops *ops; /* (i) */
	refcount_t refs;
	unsigned int priority; /* (i) higher ones hear first */
	bool merge; /* (i) one call an event, not one a mark */
	bool shutdown; /* (q) nothing is queued any more */
	struct mutex mark_mutex; /* adding and removing of its own marks */
	struct list_head marks; /* (n) */
	spinlock_t lock;
	wait_queue_head_t wait; /* readers */
	struct list_head queue; /* (q) events */
	unsigned int nr_events, max_events; /* (q) */
	struct user_struct *user; /* (i) who is charged */
};

enum fsnotify_type { FSNOTIFY_INODE, FSNOTIFY_MOUNT, FSNOTIFY_SB };

#define FSNOTIFY_IGNORED_SURV_MODIFY 0x01
#define FSNOTIFY_EXCL_UNLINK	     0x02
#define FSNOTIFY_ONESHOT	     0x04
#define FSNOTIFY_EVICTABLE	     0x08 /* does not keep its inode in memory */
#define FSNOTIFY_NEW_IGNORE	     0x10 /* FAN_MARK_IGNORE, not FAN_MARK_IGNORED_MASK */

/* A group's interest in one object. Attached: in both lists, one reference for that. */
struct fsnotify_mark {
	refcount_t refs;
	struct fsnotify_group *group; /* (i) referenced */
	u32 mask, ignored; /* (n) */
	u32 flags; /* (n) */
	enum fsnotify_type type; /* (i) */
	bool attached; /* (n) */
	union {
		struct inode *inode; /* referenced while attached unless evictable */
		struct vfsmount *mnt;
		struct super_block *sb;
	}; /* (i) */
	struct hlist_node obj_node; /* (n) */
	struct list_head group_node; /* (n) */
	struct list_head sb_node; /* (n) marks of a super block's inodes */
};

#if IS_ENABLED(CONFIG_FSNOTIFY)
void fsnotify_group_init(struct fsnotify_group *group, const struct fsnotify_ops *ops);
void fsnotify_put_group(struct fsnotify_group *group);
/* No more events; every mark is removed. The caller keeps its reference. Sleeps. */
void fsnotify_shutdown_group(struct fsnotify_group *group);

/* Removes the group's marks on objects of @type. Sleeps. */
void fsnotify_clear_marks(struct fsnotify_group *group, enum fsnotify_type type);

/* Fills a zeroed mark, one reference. */
void fsnotify_mark_init(struct fsnotify_mark *mark, struct fsnotify_group *group);
void fsnotify_put_mark(struct fsnotify_mark *mark);
/* The group's mark on the object, referenced, or NULL. mark_mutex held. */
struct fsnotify_mark *fsnotify_find_mark(struct fsnotify_group *group, enum fsnotify_type type,
					 const void *object);
/* mark->type and object, mask and ignored are set. mark_mutex held. 0, -ENOENT (object gone). */
int fsnotify_add_mark(struct fsnotify_mark *mark);
/* Detaches it, if it is attached. Any locks but spinlocks may be held. */
void fsnotify_destroy_mark(struct fsnotify_mark *mark);
/*
 * New masks of an attached mark; returns whether it is still attached. One that loses
 * FSNOTIFY_EVICTABLE keeps its inode, which the caller has a reference on.
 */
bool fsnotify_change_mark(struct fsnotify_mark *mark, u32 mask, u32 ignored, u32 flags);

static inline void fsnotify_sb_init(struct super_block *sb)
{
	INIT_LIST_HEAD(&sb->s_fsnotify_inode_marks);
}
/* An inode that only evictable marks are on is evicted. */
void __fsnotify_inode_delete(struct inode *inode);
static inline void fsnotify_inode_delete(struct inode *inode)
{
	if (unlikely(!hlist_empty(&inode->i_fsnotify_marks)))
		__fsnotify_inode_delete(inode);
}

extern atomic_int fsnotify_marks; /* in the system */
extern atomic_int fsnotify_perm_marks; /* with permission events */

/* The slow halves of the hooks. */
int __fsnotify_path(const struct path *path, u32 mask);
void __fsnotify_dentry(struct dentry *dentry, u32 mask);
/* Only watchers of the inode itself hear of it. */
void __fsnotify_inode(struct inode *inode, u32 mask);
void __fsnotify_name(struct inode *dir, u32 mask, struct inode *inode, const char *name,
		     u32 cookie);
void __fsnotify_rename(struct inode *old_dir, const char *old_name, struct inode *new_dir,
		       struct dentry *moved);
u32 fsnotify_get_cookie(void);
/* The last name of an inode without links is gone; the mount is; the super block is. Sleep. */
void fsnotify_inoderemove(struct inode *inode);
void fsnotify_mount_delete(struct vfsmount *mnt);
void fsnotify_sb_delete(struct super_block *sb);

static inline bool fsnotify_on(void)
{
	return unlikely(atomic_load_explicit(&fsnotify_marks, memory_order_relaxed));
}
static inline bool fsnotify_perm_on(void)
{
	return unlikely(atomic_load_explicit(&fsnotify_perm_marks, memory_order_relaxed));
}
#else
static inline bool fsnotify_on(void)
{
	return false;
}
static inline bool fsnotify_perm_on(void)
{
	return false;
}
static inline void fsnotify_sb_init(struct super_block *sb)
{
}
static inline void fsnotify_inode_delete(struct inode *inode)
{
}
static inline int __fsnotify_path(const struct path *path, u32 mask)
{
	return 0;
}
static inline void __fsnotify_dentry(struct dentry *dentry, u32 mask)
{
}
static inline void __fsnotify_inode(struct inode *inode, u32 mask)
{
}
static inline void __fsnotify_name(struct inode *dir, u32 mask, struct inode *inode,
				   const char *name, u32 cookie)
{
}
static inline void __fsnotify_rename(struct inode *old_dir, const char *old_name,
				     struct inode *new_dir, struct dentry *moved)
{
}
static inline u32 fsnotify_get_cookie(void)
{
	return 0;
}
static inline void fsnotify_inoderemove(struct inode *inode)
{
}
static inline void fsnotify_mount_delete(struct vfsmount *mnt)
{
}
static inline void fsnotify_sb_delete(struct super_block *sb)
{
}
#endif

/* ---- hooks ----------------------------------------------------------------------------------- */

/* Something was done through an open file. May sleep; no spinlock. */
static inline void fsnotify_file(struct file *file, u32 mask)
{
	if (fsnotify_on() && !(file->f_mode & (FMODE_NONOTIFY | FMODE_PATH)))
		__fsnotify_path(&file->f_path, mask);
}

/* Before it is done: 0, or -EPERM when a fanotify listener forbids it. */
static inline int fsnotify_perm(struct file *file, u32 mask)
{
	if (!fsnotify_perm_on() || (file->f_mode & (FMODE_NONOTIFY | FMODE_PATH)))
		return 0;
	return __fsnotify_path(&file->f_path, mask);
}

static inline void fsnotify_access(struct file *file, ssize_t n)
{
	if (fsnotify_on() && n > 0)
		fsnotify_file(file, FS_ACCESS);
}

static inline void fsnotify_modify(struct file *file, ssize_t n)
{
	if (fsnotify_on() && n > 0)
		fsnotify_file(file, FS_MODIFY);
}

static inline void fsnotify_attrib(struct dentry *dentry)
{
	if (fsnotify_on())
		__fsnotify_dentry(dentry, FS_ATTRIB);
}

/* A name was made or removed in @dir: FS_CREATE, FS_DELETE. */
static inline void fsnotify_dirent(struct inode *dir, struct dentry *dentry, struct inode *inode,
				   u32 mask)
{
	if (fsnotify_on())
		__fsnotify_name(dir, mask, inode, dentry->d_name.name, 0);
}

#endif
