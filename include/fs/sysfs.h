/* SPDX-License-Identifier: MIT */
/*
 * sysfs: a tree of directories whose files are one value each. A directory is a struct sysfs_dir;
 * kernel code makes directories and attributes by path or below a parent, once; nothing is copied,
 * so attribute structs stay valid while they are registered.
 *
 * With CONFIG_SYSFS=n all of it is empty inlines that succeed.
 */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include <lib/kconfig.h>
#include <lib/types.h>

struct sysfs_node;

/*
 * show(): prints into @buf (PAGE_SIZE bytes) and returns the length or -errno. store(): @buf is
 * NUL-terminated, @len bytes; returns @len or -errno. Either may be NULL (EIO on use). Both may
 * sleep.
 */
struct sysfs_attr {
	const char *name;
	umode_t mode;
	ssize_t (*show)(const struct sysfs_attr *attr, void *priv, char *buf);
	ssize_t (*store)(const struct sysfs_attr *attr, void *priv, const char *buf, size_t len);
};

#define SYSFS_ATTR_RO(nm, fn)                            \
	{                                                \
		.name = (nm), .mode = 0444, .show = (fn) \
	}
#define SYSFS_ATTR_RW(nm, fn, st)                                       \
	{                                                               \
		.name = (nm), .mode = 0644, .show = (fn), .store = (st) \
	}

#if IS_ENABLED(CONFIG_SYSFS)
/*
 * The directory @path below @parent (NULL: /sys); every part that is missing is made. NULL: no
 * memory or a file is in the way. May sleep.
 */
struct sysfs_node *sysfs_mkdir(struct sysfs_node *parent, const char *path);
/* 0, -EEXIST, -ENOMEM. @priv is handed to show and store. */
int sysfs_create_file(struct sysfs_node *dir, const struct sysfs_attr *attr, void *priv);
/* The target is another node: the link's text is relative. */
int sysfs_create_link(struct sysfs_node *dir, const char *name, struct sysfs_node *target);
/* Removes @node and all below it; waits for show and store that run. NULL is fine. */
void sysfs_remove(struct sysfs_node *node);
/* The node at @path below @parent or NULL. */
struct sysfs_node *sysfs_find(struct sysfs_node *parent, const char *path);
#else
static inline struct sysfs_node *sysfs_mkdir(struct sysfs_node *parent, const char *path)
{
	return NULL;
}
static inline int sysfs_create_file(struct sysfs_node *dir, const struct sysfs_attr *attr,
				    void *priv)
{
	return 0;
}
static inline int sysfs_create_link(struct sysfs_node *dir, const char *name,
				    struct sysfs_node *target)
{
	return 0;
}
static inline void sysfs_remove(struct sysfs_node *node)
{
}
static inline struct sysfs_node *sysfs_find(struct sysfs_node *parent, const char *path)
{
	return NULL;
}
#endif

/* printf for show(): at most a page. */
int sysfs_emit(char *buf, const char *fmt, ...) __printf(2, 3);

#endif
