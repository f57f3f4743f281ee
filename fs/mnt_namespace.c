/* SPDX-License-Identifier: MIT */
/* Name spaces of mounts copied, entered and given up: <fs/mnt_namespace.h>. */
#include <lib/err.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include <uapi/sched.h>
#include "mount_tree.h"

/* What @from's mount became in the copy: both trees have the same shape. */
static void move_path(struct path *p, struct mount *from, struct mount *to)
{
	if (p->mnt == &from->mnt) {
		mntget(&to->mnt);
		p->mnt = &to->mnt;
	}
}

/* root and cwd of @fs, of whose mounts the references come back in *root and *pwd. */
static void move_fs(struct fs_struct *fs, struct mount *from_root, struct mount *to_root,
		    struct vfsmount **root, struct vfsmount **pwd)
{
	struct mount *from = from_root, *to = to_root;
	struct path r, w;

	spin_lock(&fs->lock);
	r = fs->root;
	w = fs->pwd;
	for (; from && to; from = next_mnt(from, from_root), to = next_mnt(to, to_root)) {
		if (r.mnt == fs->root.mnt)
			move_path(&r, from, to);
		if (w.mnt == fs->pwd.mnt)
			move_path(&w, from, to);
	}
	*root = r.mnt != fs->root.mnt ? fs->root.mnt : NULL;
	*pwd = w.mnt != fs->pwd.mnt ? fs->pwd.mnt : NULL;
	write_seqcount_begin(&fs->seq);
	fs->root = r;
	fs->pwd = w;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
}

struct mnt_namespace *copy_mnt_ns(struct mnt_namespace *from, struct fs_struct *fs)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	struct vfsmount *root = NULL, *pwd = NULL;
	struct mount *top;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ns->ns.count, 1);
	ns->ns.inum = ns_alloc_inum();
	ns->ns.ops = &mnt_ns_ops;
	init_waitqueue_head(&ns->poll);
	down_write(&namespace_sem);
	top = copy_tree(from->root, from->root->mnt.mnt_root, CLONE_LIKE, true);
	if (IS_ERR(top)) {
		up_write(&namespace_sem);
		kfree(ns);
		return ERR_CAST(top);
	}
	ns->root = top;
	for (struct mount *m = top; m; m = next_mnt(m, top)) {
		m->mnt_ns = ns;
		list_add_tail(&m->mnt_list, &mount_list);
	}
	move_fs(fs, from->root, top, &root, &pwd);
	up_write(&namespace_sem);
	mntput(root);
	mntput(pwd);
	return ns;
}

void put_mnt_ns(struct mnt_namespace *ns)
{
	LIST_HEAD(dead);

	if (!refcount_dec_and_test(&ns->ns.count))
		return;
	down_write(&namespace_sem);
	umount_tree(ns->root, &dead, false);
	up_write(&namespace_sem);
	free_dead_mounts(&dead);
	kfree(ns);
}

void mnt_ns_enter(struct mnt_namespace *ns)
{
	struct path top;

	down_read(&namespace_sem);
	top.mnt = mntget(&ns->root->mnt);
	top.dentry = dget(ns->root->mnt.mnt_root);
	up_read(&namespace_sem);
	while (d_mountpoint(top.dentry)) {
		struct vfsmount *m = lookup_mnt(&top);

		if (!m)
			break;
		path_put(&top);
		top.mnt = m;
		top.dentry = dget(m->mnt_root);
	}
	set_fs_root(current->fs, &top);
	set_fs_pwd(current->fs, &top);
	path_put(&top);
}

/* ---- as a file ------------------------------------------------------------------------------- */

static struct mnt_namespace *mnt_ns_of(struct ns_common *ns)
{
	return container_of(ns, struct mnt_namespace, ns);
}

static void mnt_ns_put(struct ns_common *ns)
{
	put_mnt_ns(mnt_ns_of(ns));
}

/* setns(2): not while others share the root and cwd that would change. */
static int mnt_ns_install(struct ns_common *ns)
{
	int err;

	if (!capable(CAP_SYS_CHROOT) || !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (atomic_load_explicit(&current->fs->users, memory_order_acquire) != 1)
		return -EINVAL;
	refcount_inc(&ns->count);
	err = switch_mnt_ns(mnt_ns_of(ns));
	if (!err)
		mnt_ns_enter(mnt_ns_of(ns));
	return err;
}

const struct ns_ops mnt_ns_ops = {
	.name = "mnt",
	.type = CLONE_NEWNS,
	.put = mnt_ns_put,
	.install = mnt_ns_install,
};
