/* SPDX-License-Identifier: MIT */
/* The state of a path walk: fs/namei.c walks, fs/open_path.c opens at its end. */
#ifndef FS_NAMEIDATA_H
#define FS_NAMEIDATA_H

#include "internal.h"

/*
 * With LOOKUP_RCU in flags the caller is inside rcu_read_lock() and path and root are borrowed;
 * without, path, root (when root_ref) and held[] are references. One walk is tried with it, and
 * redone without on -ECHILD.
 */
struct nameidata {
	struct path path;
	struct inode *inode; /* of path.dentry, as it was seen */
	struct qstr last;
	struct path root; /* mnt NULL: not looked up yet */
	unsigned int flags;
	unsigned int seq;
	int last_type;
	int dfd;
	unsigned int links; /* symlinks followed */
	unsigned int nr_held;
	bool root_ref;
	bool root_given; /* root was set by the caller and stays */
	const char *rest[MAXSYMLINKS]; /* where to go on after a link in the middle */
	struct dentry *held[MAXSYMLINKS]; /* links whose text is being walked */
};

static inline bool nd_rcu(const struct nameidata *nd)
{
	return nd->flags & LOOKUP_RCU;
}

static inline void nd_init(struct nameidata *nd, int dfd)
{
	nd->dfd = dfd;
	nd->root.mnt = NULL;
	nd->root_given = false;
}

/*
 * Starts a walk of @name: sets path; returns where the name goes on, or ERR_PTR. nd_end() is due in
 * any case.
 */
const char *nd_start(struct nameidata *nd, const char *name, unsigned int flags);
/* Walks all components of @name but the last, which is left in nd->last. */
int link_path_walk(const char *name, struct nameidata *nd);
/* Steps onto nd->last. A symlink to follow: its text; else NULL; or ERR_PTR. */
const char *walk_last(struct nameidata *nd);
/* Steps onto @dentry (referenced, consumed) as nd->last was found to be; ref-walk only. */
const char *step_onto(struct nameidata *nd, struct dentry *dentry, bool trailing);
/* Takes references for the end of an RCU walk; 0, -ECHILD, -EXDEV. Ends RCU in any case. */
int complete_walk(struct nameidata *nd);
/* Judges the error of an RCU walk: -ECHILD if the tree moved meanwhile. */
int nd_confirm(struct nameidata *nd, int err);
/* Drops what is held; after success path is kept for the caller when @keep. */
void nd_end(struct nameidata *nd, bool keep);

#endif
