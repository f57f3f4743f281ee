/* SPDX-License-Identifier: MIT */
/*
 * The mount tree.
 *
 * Changed under namespace_sem held for writing; each change of a link that path walks follow is
 * made under dcache_lock with dcache_seq odd. A mount's count: one for being in the tree, one for
 * each path, file or child that names it. Umount decides "busy" by that count after moving
 * dcache_seq, so a walk that counts itself later sees the move and takes its reference back
 * (fs/namei.c legitimize()).
 */
#include <lib/err.h>
#include <lib/hash.h>
#include <kernel/rwsem.h>
#include <fs/fsnotify.h>
#include "mount_tree.h"

#define MOUNT_HASH_BITS 6

DECLARE_RWSEM(namespace_sem);
struct mnt_namespace init_mnt_ns = {
	.ns = {.count = REFCOUNT_INIT(1), .inum = NS_MNT_INIT_INO, .ops = MNT_NS_OPS},
	.poll = __WAIT_QUEUE_HEAD_INITIALIZER(init_mnt_ns.poll),
};
LIST_HEAD(mount_list); /* namespace_sem; in the order of mounting */
static struct hlist_head mount_hashtable[1 << MOUNT_HASH_BITS]; /* dcache_lock, RCU */
static struct kmem_cache *mnt_cache __ro_after_init;
static atomic_int last_mnt_id;

static struct hlist_head *mount_bucket(const struct vfsmount *mnt, const struct dentry *dentry)
{
	return &mount_hashtable[hash_64((unsigned long)mnt + ((unsigned long)dentry >> 5),
					MOUNT_HASH_BITS)];
}

/* ---- references ------------------------------------------------------------------------------ */

struct vfsmount *mntget(struct vfsmount *mnt)
{
	if (mnt)
		atomic_fetch_add_explicit(&real_mount(mnt)->mnt_count, 1, memory_order_relaxed);
	return mnt;
}

bool mntget_rcu(struct vfsmount *mnt)
{
	return atomic_inc_not_zero(&real_mount(mnt)->mnt_count);
}

static void mount_free_rcu(struct rcu_head *head)
{
	struct mount *m = container_of(head, struct mount, mnt_rcu);

	kfree(m->mnt_devname);
	kmem_cache_free(mnt_cache, m);
}

static void cleanup_mnt(struct mount *m)
{
	struct super_block *sb = m->mnt.mnt_sb;

	WARN_ON_ONCE(mnt_has_parent(m) || !list_empty(&m->mnt_mounts));
	if (fsnotify_on())
		fsnotify_mount_delete(&m->mnt);
	dput(m->mnt.mnt_root);
	call_rcu(&m->mnt_rcu, mount_free_rcu);
	deactivate_super(sb);
}

void mntput(struct vfsmount *mnt)
{
	if (!mnt)
		return;
	if (unlikely(READ_ONCE(real_mount(mnt)->mnt_expiry_mark)))
		WRITE_ONCE(real_mount(mnt)->mnt_expiry_mark, false);
	mntput_no_expire(mnt);
}

void mntput_no_expire(struct vfsmount *mnt)
{
	struct mount *m = real_mount(mnt);

	if (unlikely(atomic_fetch_sub_explicit(&m->mnt_count, 1, memory_order_acq_rel) == 1))
		cleanup_mnt(m);
}

/*
 * A writer counts itself, then looks whether writing is allowed; a remount forbids, then looks for
 * writers. Both orders are full barriers, so one of the two sees the other.
 */
int mnt_want_write(struct vfsmount *mnt)
{
	struct mount *m = real_mount(mnt);

	atomic_fetch_add_explicit(&m->mnt_writers, 1, memory_order_seq_cst);
	if (likely(!__mnt_is_readonly(mnt)))
		return 0;
	mnt_drop_write(mnt);
	return -EROFS;
}

void mnt_drop_write(struct vfsmount *mnt)
{
	atomic_fetch_sub_explicit(&real_mount(mnt)->mnt_writers, 1, memory_order_release);
}

bool __mnt_is_readonly(const struct vfsmount *mnt)
{
	return (READ_ONCE(mnt->mnt_flags) & MNT_READONLY) ||
	       (READ_ONCE(mnt->mnt_sb->s_flags) & SB_RDONLY);
}

bool path_noexec(const struct path *path)
{
	return (path->mnt->mnt_flags & MNT_NOEXEC) || (path->mnt->mnt_sb->s_flags & SB_NOEXEC);
}

bool mnt_may_suid(const struct vfsmount *mnt)
{
	return !(mnt->mnt_flags & MNT_NOSUID) && !(mnt->mnt_sb->s_flags & SB_NOSUID);
}

/* ---- looking --------------------------------------------------------------------------------- */

struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry)
{
	struct mount *m;

	hlist_for_each_entry_rcu(m, mount_bucket(mnt, dentry), mnt_hash)
		if (&m->mnt_parent->mnt == mnt && m->mnt_mountpoint == dentry)
			return m;
	return NULL;
}

struct vfsmount *lookup_mnt(const struct path *path)
{
	struct mount *m;

	spin_lock(&dcache_lock);
	m = __lookup_mnt(path->mnt, path->dentry);
	if (m)
		mntget(&m->mnt);
	spin_unlock(&dcache_lock);
	return m ? &m->mnt : NULL;
}

int follow_up(struct path *path)
{
	struct mount *m = real_mount(path->mnt);
	struct path up;

	spin_lock(&dcache_lock);
	if (!mnt_has_parent(m)) {
		spin_unlock(&dcache_lock);
		return 0;
	}
	up.mnt = mntget(&m->mnt_parent->mnt);
	up.dentry = dget(m->mnt_mountpoint);
	spin_unlock(&dcache_lock);
	path_put(path);
	*path = up;
	return 1;
}

void follow_down(struct path *path)
{
	struct vfsmount *mnt;

	while (READ_ONCE(path->dentry->d_flags) & DCACHE_MOUNTED) {
		mnt = lookup_mnt(path);
		if (!mnt)
			break;
		path_put(path);
		path->mnt = mnt;
		path->dentry = dget(mnt->mnt_root);
	}
}

bool path_is_under(const struct path *a, const struct path *b)
{
	struct vfsmount *mnt = a->mnt;
	struct dentry *dentry = a->dentry;
	bool under;

	/* is_subdir() reads d_parent chains that dcache_lock keeps still. */
	spin_lock(&dcache_lock);
	while (mnt != b->mnt && mnt_has_parent(real_mount(mnt))) {
		dentry = real_mount(mnt)->mnt_mountpoint;
		mnt = &real_mount(mnt)->mnt_parent->mnt;
	}
	under = mnt == b->mnt;
	for (; under && dentry != b->dentry; dentry = dentry->d_parent)
		under = dentry->d_parent != dentry;
	spin_unlock(&dcache_lock);
	return under;
}

struct mount *next_mnt(struct mount *m, struct mount *root)
{
	if (!list_empty(&m->mnt_mounts))
		return list_first_entry(&m->mnt_mounts, struct mount, mnt_child);
	while (m != root) {
		struct mount *parent = m->mnt_parent;

		if (!list_is_last(&m->mnt_child, &parent->mnt_mounts))
			return list_next_entry(m, mnt_child);
		m = parent;
	}
	return NULL;
}

/* ---- making ---------------------------------------------------------------------------------- */

struct mount *alloc_mount(struct dentry *root, const char *devname, int flags)
{
	struct mount *m = kmem_cache_zalloc(mnt_cache, GFP_KERNEL);

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->mnt_devname = kstrdup(devname ? devname : "none", GFP_KERNEL);
	if (!m->mnt_devname) {
		kmem_cache_free(mnt_cache, m);
		return ERR_PTR(-ENOMEM);
	}
	m->mnt.mnt_root = root;
	m->mnt.mnt_sb = root->d_sb;
	m->mnt.mnt_flags = flags;
	m->mnt_parent = m;
	m->mnt_mountpoint = root;
	m->mnt_id = atomic_fetch_add_explicit(&last_mnt_id, 1, memory_order_relaxed) + 1;
	atomic_store_explicit(&m->mnt_count, 1, memory_order_relaxed);
	INIT_HLIST_NODE(&m->mnt_hash);
	INIT_LIST_HEAD(&m->mnt_mounts);
	INIT_LIST_HEAD(&m->mnt_child);
	INIT_LIST_HEAD(&m->mnt_list);
	INIT_LIST_HEAD(&m->mnt_share);
	INIT_LIST_HEAD(&m->mnt_slaves);
	INIT_LIST_HEAD(&m->mnt_slave);
	return m;
}

struct mount *vfs_kern_mount(struct file_system_type *type, unsigned int sb_flags, const char *name,
			     char *data, int mnt_flags)
{
	struct dentry *root = type->mount(type, sb_flags, name, data);
	struct super_block *sb;
	struct mount *m;

	if (IS_ERR(root))
		return ERR_CAST(root);
	m = alloc_mount(root, name, mnt_flags);
	if (IS_ERR(m)) {
		sb = root->d_sb;
		dput(root);
		deactivate_super(sb);
	}
	return m;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct mount *m = vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL, MNT_INTERNAL);

	return IS_ERR(m) ? ERR_CAST(m) : &m->mnt;
}

/* Another mount of the same super block, rooted at @root. */
struct mount *clone_mnt(struct mount *old, struct dentry *root, enum clone_kind kind)
{
	struct mount *m =
		alloc_mount(dget(root), old->mnt_devname, old->mnt.mnt_flags & MNT_USER_MASK);

	if (IS_ERR(m)) {
		dput(root);
		return m;
	}
	atomic_fetch_add_explicit(&old->mnt.mnt_sb->s_active, 1, memory_order_relaxed);
	clone_propagation(m, old, kind);
	return m;
}

/* The child of @old's tree that is copied, with what is below; @all: unbindable ones too. */
static bool copied(const struct mount *child, const struct mount *old, const struct dentry *root,
		   bool all)
{
	if (child->mnt_parent == old && !is_subdir(child->mnt_mountpoint, root))
		return false;
	return all || !(child->mnt.mnt_flags & MNT_UNBINDABLE);
}

struct mount *copy_tree(struct mount *old, struct dentry *root, enum clone_kind kind, bool all)
{
	struct mount *top, *dst, *src = old, *child, *copy;
	LIST_HEAD(dead);

	if (!all && (old->mnt.mnt_flags & MNT_UNBINDABLE))
		return ERR_PTR(-EINVAL);
	top = dst = clone_mnt(old, root, kind);
	if (IS_ERR(top))
		return top;
	/* src walks the old tree; dst is its copy, whose parents mirror src's. */
	for (child = next_mnt(old, old); child; child = next_mnt(child, old)) {
		struct mount *p = child->mnt_parent;

		while (src != p && src != old) {
			src = src->mnt_parent;
			dst = dst->mnt_parent;
		}
		if (src != p || !copied(child, old, root, all))
			continue; /* left out, or below one that was */
		copy = clone_mnt(child, child->mnt.mnt_root, kind);
		if (IS_ERR(copy)) {
			/* Nothing of a copy is the last of its kind: no need to unlock. */
			umount_tree(top, &dead, false);
			free_dead_mounts(&dead);
			return copy;
		}
		if (all)
			copy->mnt.mnt_flags |= child->mnt.mnt_flags & MNT_UNBINDABLE;
		attach_mnt(copy, dst, child->mnt_mountpoint);
		src = child;
		dst = copy;
	}
	return top;
}

/* ---- tree surgery: namespace_sem held for writing -------------------------------------------- */

/* The name space of @m has changed: those who poll /proc/mounts look again. */
static void touch_mnt_namespace(struct mnt_namespace *ns)
{
	if (!ns)
		return;
	WRITE_ONCE(ns->event, ns->event + 1);
	wake_up_all(&ns->poll);
}

/* @m and what is below are in their parent's name space from now on. */
static void list_tree(struct mount *m)
{
	for (struct mount *p = m; p; p = next_mnt(p, m)) {
		p->mnt_ns = m->mnt_parent->mnt_ns;
		if (list_empty(&p->mnt_list))
			list_add_tail(&p->mnt_list, &mount_list);
	}
	touch_mnt_namespace(m->mnt_ns);
}

void attach_mnt(struct mount *m, struct mount *parent, struct dentry *mountpoint)
{
	mntget(&parent->mnt);
	dget(mountpoint);
	spin_lock(&dcache_lock);
	write_seqcount_begin(&dcache_seq);
	m->mnt_parent = parent;
	m->mnt_mountpoint = mountpoint;
	mountpoint->d_flags |= DCACHE_MOUNTED;
	hlist_add_head_rcu(&m->mnt_hash, mount_bucket(&parent->mnt, mountpoint));
	write_seqcount_end(&dcache_seq);
	spin_unlock(&dcache_lock);
	list_add_tail(&m->mnt_child, &parent->mnt_mounts);
	if (mnt_attached(parent))
		list_tree(m);
}

/* Whether some other mount sits on @dentry: then DCACHE_MOUNTED stays. dcache_lock. */
static bool still_mountpoint(const struct dentry *dentry)
{
	struct mount *m;

	list_for_each_entry(m, &mount_list, mnt_list)
		if (mnt_has_parent(m) && m->mnt_mountpoint == dentry)
			return true;
	return false;
}

/*
 * Unhooks @m from its parent; *was names what it held there, for path_put() (NULLs: nothing).
 * -EBUSY if more than @max references exist. The count is read after dcache_seq moved; pairs with
 * legitimize(): a walk whose reference we do not see sees the move and gives it back.
 */
int detach_mnt(struct mount *m, struct path *was, int max)
{
	bool busy;

	was->mnt = NULL;
	was->dentry = NULL;
	if (!mnt_has_parent(m))
		return 0;
	spin_lock(&dcache_lock);
	write_seqcount_begin(&dcache_seq);
	atomic_thread_fence(memory_order_seq_cst);
	busy = atomic_load_explicit(&m->mnt_count, memory_order_relaxed) > max;
	if (!busy) {
		was->mnt = &m->mnt_parent->mnt;
		was->dentry = m->mnt_mountpoint;
		hlist_del_init_rcu(&m->mnt_hash);
		m->mnt_parent = m;
		m->mnt_mountpoint = m->mnt.mnt_root;
		if (!still_mountpoint(was->dentry))
			was->dentry->d_flags &= ~DCACHE_MOUNTED;
	}
	write_seqcount_end(&dcache_seq);
	spin_unlock(&dcache_lock);
	if (busy)
		return -EBUSY;
	list_del_init(&m->mnt_child);
	return 0;
}

/* One that was detached from @m->mnt_was; its tree reference goes to @dead. */
static void bury_mount(struct mount *m, struct list_head *dead, bool propagate)
{
	if (propagate && m->mnt_was.mnt)
		propagate_umount(&m->mnt_was, m->mnt.mnt_root, dead);
	change_propagation(m, MS_PRIVATE);
	list_move_tail(&m->mnt_list, dead);
	touch_mnt_namespace(m->mnt_ns);
	m->mnt_ns = NULL;
}

void umount_tree(struct mount *top, struct list_head *dead, bool propagate)
{
	struct mount *m;

	/* Leaves first: a mount is detached once it has no child. */
	for (;;) {
		for (m = top; !list_empty(&m->mnt_mounts);)
			m = list_last_entry(&m->mnt_mounts, struct mount, mnt_child);
		detach_mnt(m, &m->mnt_was, INT_MAX);
		bury_mount(m, dead, propagate);
		if (m == top)
			return;
	}
}

void free_dead_mounts(struct list_head *dead)
{
	while (!list_empty(dead)) {
		struct mount *m = list_first_entry(dead, struct mount, mnt_list);

		list_del_init(&m->mnt_list);
		if (m->mnt_was.dentry)
			path_put(&m->mnt_was);
		mntput(&m->mnt);
	}
}

/* A mount that nobody but the tree and the caller's path uses. */
static int umount_idle(struct mount *m, struct list_head *dead)
{
	int err = list_empty(&m->mnt_mounts) ? propagate_busy(m) : -EBUSY;

	if (!err)
		err = detach_mnt(m, &m->mnt_was, 2);
	if (!err)
		bury_mount(m, dead, true);
	return err;
}

/* MNT_EXPIRE, umount(2): the first call marks an idle mount, the second unmounts it. */
static int expire(struct mount *m)
{
	if (atomic_load_explicit(&m->mnt_count, memory_order_relaxed) > 2)
		return -EBUSY;
	if (READ_ONCE(m->mnt_expiry_mark))
		return 0;
	WRITE_ONCE(m->mnt_expiry_mark, true);
	return -EAGAIN;
}

int umount_path(struct path *path, int flags)
{
	struct mount *m = real_mount(path->mnt);
	LIST_HEAD(dead);
	int err = 0;

	down_write(&namespace_sem);
	if (!check_mnt(m) || !mnt_has_parent(m))
		err = -EINVAL;
	else if (flags & MNT_EXPIRE)
		err = expire(m);
	if (!err && !(flags & MNT_DETACH))
		err = umount_idle(m, &dead);
	else if (!err)
		umount_tree(m, &dead, true);
	up_write(&namespace_sem);
	if (!err && !(flags & MNT_DETACH))
		sync_filesystem(m->mnt.mnt_sb);
	free_dead_mounts(&dead);
	return err;
}

void detach_mounts(struct dentry *dentry)
{
	struct mount *m, *next;
	LIST_HEAD(dead);

	if (!d_mountpoint(dentry))
		return;
	down_write(&namespace_sem);
again:
	list_for_each_entry_safe(m, next, &mount_list, mnt_list) {
		if (mnt_has_parent(m) && m->mnt_mountpoint == dentry) {
			umount_tree(m, &dead, false);
			goto again;
		}
	}
	up_write(&namespace_sem);
	free_dead_mounts(&dead);
}

/*
 * -ENOTDIR when one is a directory and the other not, -ENOENT when @path was removed, -EINVAL when
 * its mount was, or an unbindable mount would be copied.
 */
int graft_tree(struct mount *m, const struct path *path, bool moved)
{
	struct inode *at = path->dentry->d_inode;
	struct mount *parent = real_mount(path->mnt);
	LIST_HEAD(copies);
	LIST_HEAD(dead);
	int err;

	if (S_ISDIR(at->i_mode) != d_is_dir(m->mnt.mnt_root))
		return -ENOTDIR;
	if (!check_mnt(parent))
		return -EINVAL;
	if (IS_DEADDIR(at) || d_unlinked(path->dentry))
		return -ENOENT;
	if (moved && mnt_is_shared(parent) && tree_has_unbindable(m))
		return -EINVAL;
	err = propagate_mount(parent, path->dentry, m, &copies);
	if (err) {
		drop_copies(&copies, &dead);
		free_dead_mounts(&dead);
		return err;
	}
	attach_mnt(m, parent, path->dentry);
	attach_copies(&copies);
	return 0;
}

/* The mountpoint cannot be removed while its own i_rwsem is held: vfs_rmdir(), vfs_unlink(). */
void lock_mount(const struct path *path)
{
	inode_lock(path->dentry->d_inode);
	down_write(&namespace_sem);
	__release(&namespace_sem);
}

void unlock_mount(const struct path *path)
{
	__acquire(&namespace_sem);
	up_write(&namespace_sem);
	inode_unlock(path->dentry->d_inode);
}

/* All of @m's tree that was only built: nobody saw it. */
void drop_mount_tree(struct mount *m)
{
	LIST_HEAD(dead);

	down_write(&namespace_sem);
	umount_tree(m, &dead, false);
	up_write(&namespace_sem);
	free_dead_mounts(&dead);
}

void mnt_init(void)
{
	mnt_cache = kmem_cache_create("mnt_cache", sizeof(struct mount), 0,
				      SLAB_PANIC | SLAB_NO_MAGAZINE, NULL);
}

/* rootfs: the mount that everything hangs from. */
void mount_rootfs(void)
{
	struct file_system_type *type = get_fs_type("rootfs");
	struct mount *m = type ? vfs_kern_mount(type, 0, "rootfs", NULL, 0) : ERR_PTR(-ENODEV);
	struct path root;

	if (IS_ERR(m))
		panic("no rootfs: error %ld", PTR_ERR(m));
	down_write(&namespace_sem);
	list_add_tail(&m->mnt_list, &mount_list);
	m->mnt_ns = &init_mnt_ns;
	init_mnt_ns.root = m;
	up_write(&namespace_sem);
	root.mnt = &m->mnt;
	root.dentry = m->mnt.mnt_root;
	set_fs_root(&init_fs, &root);
	set_fs_pwd(&init_fs, &root);
}
