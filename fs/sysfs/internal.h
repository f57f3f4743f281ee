/* SPDX-License-Identifier: MIT */
/* The tree behind /sys, for its two files: sysfs.c (the tree) and mount.c (the file system). */
#ifndef FS_SYSFS_INTERNAL_H
#define FS_SYSFS_INTERNAL_H

#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/cpumask.h>
#include <kernel/rwsem.h>
#include <fs/sysfs.h>

struct dir_context;
struct qstr;

/*
 * A directory, a file (attr) or a link (target). References: the tree's and one of each inode. (t)
 * tree lock, (c) constant, (u) use.
 */
struct sysfs_node {
	refcount_t ref;
	const struct sysfs_attr *attr; /* (c) */
	void *priv; /* (c) */
	char *target; /* (c) */
	ino_t ino; /* (c) */
	struct sysfs_node *parent; /* (t) */
	struct list_head children; /* (t) */
	struct list_head sibling; /* (t) */
	struct rw_semaphore use; /* shared while show or store runs */
	bool removed; /* (u) */
	char name[]; /* (c) */
};

extern struct sysfs_node *sysfs_root;

/* "0-2,5\n" */
ssize_t sysfs_emit_cpulist(char *buf, const cpumask_t *mask);

static inline bool sysfs_is_dir(const struct sysfs_node *node)
{
	return !node->attr && !node->target;
}

umode_t sysfs_mode(const struct sysfs_node *node);
/* The child called @name, referenced, or NULL. */
struct sysfs_node *sysfs_get_child(struct sysfs_node *dir, const struct qstr *name);
void sysfs_put(struct sysfs_node *node);
void sysfs_readdir(struct sysfs_node *dir, struct dir_context *ctx);

#endif
