/* SPDX-License-Identifier: MIT */
/*
 * What the VFS asks the caller's sandbox, landlock(7). Without one each is one test. All of them
 * may be called with directories locked, and take only dcache_lock themselves.
 */
#ifndef FS_LANDLOCK_H
#define FS_LANDLOCK_H

#include <kernel/cred.h>
#include <kernel/sched.h>
#include <lib/list.h>
#include <fs/fs.h>

struct open_flags;

#if IS_ENABLED(CONFIG_LANDLOCK)
static inline bool landlock_on(void)
{
	return unlikely(current_cred()->landlock != NULL);
}
static inline void landlock_sb_init(struct super_block *sb)
{
	INIT_LIST_HEAD(&sb->s_landlock_rules);
}
/* The super block is going: rules no longer hold its inodes. Sleeps. */
void landlock_sb_delete(struct super_block *sb);

int __landlock_open(const struct path *path, const struct open_flags *op);
int __landlock_make(const struct path *dir, umode_t mode);
int __landlock_remove(const struct path *dir, bool isdir);
int __landlock_link(const struct path *from, const struct path *dir);
int __landlock_rename(const struct path *from, struct dentry *old, const struct path *to,
		      struct dentry *new, unsigned int flags);
#else
static inline bool landlock_on(void)
{
	return false;
}
static inline void landlock_sb_init(struct super_block *sb)
{
}
static inline void landlock_sb_delete(struct super_block *sb)
{
}
static inline int __landlock_open(const struct path *path, const struct open_flags *op)
{
	return 0;
}
static inline int __landlock_make(const struct path *dir, umode_t mode)
{
	return 0;
}
static inline int __landlock_remove(const struct path *dir, bool isdir)
{
	return 0;
}
static inline int __landlock_link(const struct path *from, const struct path *dir)
{
	return 0;
}
static inline int __landlock_rename(const struct path *from, struct dentry *old,
				    const struct path *to, struct dentry *new, unsigned int flags)
{
	return 0;
}
#endif

/* An open that is not O_PATH: 0 or -EACCES. */
static inline int landlock_open(const struct path *path, const struct open_flags *op)
{
	return landlock_on() ? __landlock_open(path, op) : 0;
}

/* A new name in @dir for an inode of type @mode; 0 is S_IFREG. 0 or -EACCES. */
static inline int landlock_make(const struct path *dir, umode_t mode)
{
	return landlock_on() ? __landlock_make(dir, mode) : 0;
}

/* A name in @dir goes. 0 or -EACCES. */
static inline int landlock_remove(const struct path *dir, bool isdir)
{
	return landlock_on() ? __landlock_remove(dir, isdir) : 0;
}

/* @from gets a name in @dir too. 0, -EACCES, or -EXDEV when it may not be in that directory. */
static inline int landlock_link(const struct path *from, const struct path *dir)
{
	return landlock_on() ? __landlock_link(from, dir) : 0;
}

/* @old in @from becomes @new in @to, RENAME_EXCHANGE: and back. As landlock_link(). */
static inline int landlock_rename(const struct path *from, struct dentry *old,
				  const struct path *to, struct dentry *new, unsigned int flags)
{
	return landlock_on() ? __landlock_rename(from, old, to, new, flags) : 0;
}

/* A change of the mount tree: a sandboxed task may make none. */
static inline int landlock_mount(void)
{
	return landlock_on() ? -EPERM : 0;
}

#endif
