/* SPDX-License-Identifier: MIT */
/*
 * Name spaces of tasks, namespaces(7): <kernel/nsproxy.h>. task->nsproxy changes under task_lock
 * of its own task only, so current reads it freely; the UTS name space is here too, since it is a
 * name and no more.
 */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/nsproxy.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/utsname.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/mnt_namespace.h>
#include <fs/nsfs.h>
#include <mm/slab.h>

struct nsproxy init_nsproxy = {
	.count = REFCOUNT_INIT(1),
	.uts_ns = &init_uts_ns,
	.mnt_ns = &init_mnt_ns,
};

unsigned int ns_alloc_inum(void)
{
	static _Atomic(unsigned int) last = NS_MNT_INIT_INO;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

/* ---- UTS ------------------------------------------------------------------------------------- */

static struct uts_namespace *uts_of(struct ns_common *ns)
{
	return container_of(ns, struct uts_namespace, ns);
}

static struct uts_namespace *copy_uts_ns(struct uts_namespace *from)
{
	struct uts_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ns->ns.count, 1);
	ns->ns.inum = ns_alloc_inum();
	ns->ns.ops = &uts_ns_ops;
	down_read(&uts_sem);
	ns->name = from->name;
	up_read(&uts_sem);
	return ns;
}

static void put_uts_ns(struct uts_namespace *ns)
{
	if (refcount_dec_and_test(&ns->ns.count))
		kfree(ns);
}

static void uts_put(struct ns_common *ns)
{
	put_uts_ns(uts_of(ns));
}

static int uts_install(struct ns_common *ns)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	refcount_inc(&ns->count);
	return switch_uts_ns(uts_of(ns));
}

const struct ns_ops uts_ns_ops = {
	.name = "uts",
	.type = CLONE_NEWUTS,
	.put = uts_put,
	.install = uts_install,
};

/* ---- the set --------------------------------------------------------------------------------- */

static void put_nsproxy(struct nsproxy *ns)
{
	if (!ns || !refcount_dec_and_test(&ns->count))
		return;
	put_uts_ns(ns->uts_ns);
	put_mnt_ns(ns->mnt_ns);
	kfree(ns);
}

/* Another object with the same name spaces. */
static struct nsproxy *clone_nsproxy(const struct nsproxy *from)
{
	struct nsproxy *ns = kmalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	refcount_set(&ns->count, 1);
	ns->uts_ns = from->uts_ns;
	ns->mnt_ns = from->mnt_ns;
	refcount_inc(&ns->uts_ns->ns.count);
	refcount_inc(&ns->mnt_ns->ns.count);
	return ns;
}

/* New name spaces as @flags ask; @fs moves into a new mount name space. ERR_PTR. */
static struct nsproxy *new_nsproxy(u64 flags, const struct nsproxy *from, struct fs_struct *fs)
{
	struct nsproxy *ns = clone_nsproxy(from);
	struct uts_namespace *uts;
	struct mnt_namespace *mnt;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	if (flags & CLONE_NEWUTS) {
		uts = copy_uts_ns(ns->uts_ns);
		if (IS_ERR(uts)) {
			put_nsproxy(ns);
			return ERR_CAST(uts);
		}
		put_uts_ns(ns->uts_ns);
		ns->uts_ns = uts;
	}
	if (flags & CLONE_NEWNS) {
		mnt = copy_mnt_ns(ns->mnt_ns, fs);
		if (IS_ERR(mnt)) {
			put_nsproxy(ns);
			return ERR_CAST(mnt);
		}
		put_mnt_ns(ns->mnt_ns);
		ns->mnt_ns = mnt;
	}
	return ns;
}

static void switch_nsproxy(struct task_struct *t, struct nsproxy *new)
{
	struct nsproxy *old;

	task_lock(t);
	old = t->nsproxy;
	t->nsproxy = new;
	task_unlock(t);
	put_nsproxy(old);
}

int copy_namespaces(u64 flags, struct task_struct *t, struct nsproxy *from)
{
	struct nsproxy *ns;

	if (likely(!(flags & CLONE_NS_BUILT))) {
		refcount_inc(&from->count);
		t->nsproxy = from;
		return 0;
	}
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ns = new_nsproxy(flags, from, t->fs);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	t->nsproxy = ns;
	return 0;
}

void exit_task_namespaces(struct task_struct *t)
{
	switch_nsproxy(t, NULL);
}

int unshare_namespaces(u64 flags)
{
	struct nsproxy *ns;

	if (!(flags & CLONE_NS_BUILT))
		return 0;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ns = new_nsproxy(flags, current->nsproxy, current->fs);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	switch_nsproxy(current, ns);
	return 0;
}

int switch_uts_ns(struct uts_namespace *uts)
{
	struct nsproxy *ns = clone_nsproxy(current->nsproxy);

	if (!ns) {
		put_uts_ns(uts);
		return -ENOMEM;
	}
	put_uts_ns(ns->uts_ns);
	ns->uts_ns = uts;
	switch_nsproxy(current, ns);
	return 0;
}

int switch_mnt_ns(struct mnt_namespace *mnt)
{
	struct nsproxy *ns = clone_nsproxy(current->nsproxy);

	if (!ns) {
		put_mnt_ns(mnt);
		return -ENOMEM;
	}
	put_mnt_ns(ns->mnt_ns);
	ns->mnt_ns = mnt;
	switch_nsproxy(current, ns);
	return 0;
}

struct ns_common *task_get_ns(struct task_struct *task, const struct ns_ops *ops)
{
	struct ns_common *ns = NULL;

	task_lock(task);
	if (task->nsproxy) {
		ns = ops == &uts_ns_ops ? &task->nsproxy->uts_ns->ns : &task->nsproxy->mnt_ns->ns;
		refcount_inc(&ns->count);
	}
	task_unlock(task);
	return ns;
}

SYSCALL_DEFINE2(setns, int, fd, int, type)
{
	struct file *file = fget(fd);
	struct ns_common *ns;
	int err = -EINVAL;

	if (!file)
		return -EBADF;
	ns = ns_of_file(file);
	if (ns && (!type || type == (int)ns->ops->type))
		err = ns->ops->install(ns);
	fput(file);
	return err;
}
