/* SPDX-License-Identifier: MIT */
/*
 * Name spaces of a task, namespaces(7): what clone(2), unshare(2) and setns(2) change. The object
 * is shared by tasks and constant; a task that changes one of its name spaces gets a new object.
 */
#ifndef KERNEL_NSPROXY_H
#define KERNEL_NSPROXY_H

#include <lib/types.h>
#include <lib/refcount.h>
#include <lib/kconfig.h>
#include <lib/errno.h>
#include <uapi/sched.h>

struct fs_struct;
struct mnt_namespace;
struct ns_common;
struct task_struct;
struct uts_namespace;

struct ns_ops {
	const char *name; /* in /proc/PID/ns */
	unsigned int type; /* CLONE_NEW* */
	void (*put)(struct ns_common *ns);
	/* The caller moves in; -EPERM, -EINVAL. */
	int (*install)(struct ns_common *ns);
};

struct ns_common {
	refcount_t count;
	unsigned int inum; /* its file's inode number */
	const struct ns_ops *ops;
};

struct nsproxy {
	refcount_t count;
	struct uts_namespace *uts_ns;
	struct mnt_namespace *mnt_ns;
};

extern struct nsproxy init_nsproxy;
extern const struct ns_ops uts_ns_ops, mnt_ns_ops;
/* For the first name spaces, which are there in any case. */
#if IS_ENABLED(CONFIG_NAMESPACES)
#define INIT_NSPROXY (&init_nsproxy)
#define UTS_NS_OPS   (&uts_ns_ops)
#define MNT_NS_OPS   (&mnt_ns_ops)
#else
#define INIT_NSPROXY NULL
#define UTS_NS_OPS   NULL
#define MNT_NS_OPS   NULL
#endif

/* Numbers of the first name spaces' files, and where others start. */
#define NS_MNT_INIT_INO 0xF0000000u
#define NS_UTS_INIT_INO 0xEFFFFFFEu
unsigned int ns_alloc_inum(void);

#define CLONE_NS_BUILT (CLONE_NEWNS | CLONE_NEWUTS)

#if IS_ENABLED(CONFIG_NAMESPACES)
/* For a new task @t, whose fs is set. 0, -EPERM, -ENOMEM. */
int copy_namespaces(u64 flags, struct task_struct *t, struct nsproxy *from);
void exit_task_namespaces(struct task_struct *t);
/* unshare(2): the caller's fs is its own already. */
int unshare_namespaces(u64 flags);
/* Gives the caller another name space; the reference on it is consumed even on failure. */
int switch_uts_ns(struct uts_namespace *ns);
int switch_mnt_ns(struct mnt_namespace *ns);
/* The task's name space of @ops' type with a reference, or NULL. */
struct ns_common *task_get_ns(struct task_struct *task, const struct ns_ops *ops);
#else
static inline int unshare_namespaces(u64 flags)
{
	return -EINVAL;
}
static inline int copy_namespaces(u64 flags, struct task_struct *t, struct nsproxy *from)
{
	return 0;
}
static inline void exit_task_namespaces(struct task_struct *t)
{
}
#endif

#endif
