/* SPDX-License-Identifier: MIT */
/*
 * Name spaces of mounts, mount_namespaces(7): a tree of mounts of its own for the tasks in it. With
 * CONFIG_NAMESPACES off there is the first one only.
 */
#ifndef FS_MNT_NAMESPACE_H
#define FS_MNT_NAMESPACE_H

#include <lib/types.h>
#include <kernel/nsproxy.h>
#include <kernel/sched.h>
#include <kernel/wait.h>

struct fs_struct;
struct mount;

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root; /* namespace_sem */
	u64 event; /* namespace_sem; counts changes, for poll of /proc/mounts */
	wait_queue_head_t poll;
};

extern struct mnt_namespace init_mnt_ns;

static inline struct mnt_namespace *current_mnt_ns(void)
{
	if (IS_ENABLED(CONFIG_NAMESPACES) && current->nsproxy)
		return current->nsproxy->mnt_ns;
	return &init_mnt_ns;
}

/*
 * A copy of @from's tree; root and cwd of @fs, which only the caller uses, move into it. ERR_PTR.
 * Sleeps.
 */
struct mnt_namespace *copy_mnt_ns(struct mnt_namespace *from, struct fs_struct *fs);
void put_mnt_ns(struct mnt_namespace *ns);
/* The caller's root and cwd become the top of @ns. */
void mnt_ns_enter(struct mnt_namespace *ns);

#endif
