/* SPDX-License-Identifier: MIT */
/*
 * Inside Landlock. A ruleset is what a program prepares by descriptor; restricting oneself makes a
 * layer of it, which never changes again, on top of the layers the task has already. Credentials
 * hold the top layer, a layer the one below it. Something is allowed when every layer allows it; a
 * layer allows what it does not handle, and what a rule of it on the file or on any directory
 * above gives.
 *
 * A rule holds its inode until the super block goes; then it stays in its tree without one.
 *
 * Letters: (l) landlock_lock; (m) the ruleset's mutex, constant in a layer; (i) constant.
 */
#ifndef FS_LANDLOCK_LANDLOCK_H
#define FS_LANDLOCK_LANDLOCK_H

#include <kernel/landlock.h>
#include <kernel/mutex.h>
#include <kernel/workqueue.h>
#include <lib/rbtree.h>
#include <lib/refcount.h>
#include <fs/landlock.h>
#include <uapi/landlock.h>

#define MAX_LAYERS 16

#define ACCESS_FILE \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE)
#define ACCESS_ALL ((u32)(LANDLOCK_ACCESS_FS_REFER << 1) - 1)

struct landlock_rule {
	struct rb_node node; /* (m) */
	unsigned long key; /* (i) the inode's address */
	struct inode *inode; /* (l) referenced; NULL: its super block is gone */
	struct list_head sb_node; /* (l) while inode is there */
	u32 access; /* (m) */
	bool orphan; /* (l) in no tree: who lets the inode go frees it */
};

struct landlock_ruleset {
	struct mutex lock;
	struct rb_root rules; /* (m) by key */
	u32 handled; /* (i) */
};

struct landlock_layer {
	refcount_t refs;
	struct landlock_layer *below; /* (i) referenced */
	unsigned int depth; /* (i) how many layers with those below */
	u32 handled; /* (i) */
	struct rb_root rules; /* (i) */
	struct work_struct free; /* its end sleeps */
};

/* @access for what is at and below @inode, besides what a rule gives already. 0, -ENOMEM. */
int landlock_add_to_rules(struct rb_root *rules, struct inode *inode, u32 access);
void landlock_free_rules(struct rb_root *rules);
/* What the rule on @inode allows; 0: there is none. */
u32 landlock_find_access(const struct rb_root *rules, const struct inode *inode);
/* A layer of @ruleset as it is, above @below, whose reference it takes; NULL: no memory. */
struct landlock_layer *landlock_new_layer(struct landlock_ruleset *ruleset,
					  struct landlock_layer *below);

#endif
