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
	struct mount *m;

	if (!mnt)
		return;
	m = real_mount(mnt);
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
struct mount *clone_mnt(struct mount *old, struct dentry *root)
{
	struct mount *m =
		alloc_mount(dget(root), old->mnt_devname, old->mnt.mnt_flags & MNT_USER_MASK);

	if (IS_ERR(m))
		dput(root);
	else
		atomic_fetch_add_explicit(&old->mnt.mnt_sb->s_active, 1, memory_order_relaxed);
	return m;
}

/* ---- tree surgery: namespace_sem held for writing -------------------------------------------- */

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
	if (list_empty(&m->mnt_list))
		list_add_tail(&m->mnt_list, &mount_list);
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

/*
 * Takes @top and all below it out of the tree; their tree references go to @dead, dropped by
 * free_dead_mounts().
 */
static void umount_tree(struct mount *top, struct list_head *dead)
{
	struct mount *m;

	/* Leaves first: a mount is detached once it has no child. */
	for (;;) {
		for (m = top; !list_empty(&m->mnt_mounts);)
			m = list_last_entry(&m->mnt_mounts, struct mount, mnt_child);
		detach_mnt(m, &m->mnt_was, INT_MAX);
		list_move_tail(&m->mnt_list, dead);
		if (m == top)
			return;
	}
}

static void free_dead_mounts(struct list_head *dead)
{
	while (!list_empty(dead)) {
		struct mount *m = list_first_entry(dead, struct mount, mnt_list);

		list_del_init(&m->mnt_list);
		path_put(&m->mnt_was);
		mntput(&m->mnt);
	}
}

/* A mount that nobody but the tree and the caller's path uses. */
static int umount_idle(struct mount *m, struct list_head *dead)
{
	int err = list_empty(&m->mnt_mounts) ? detach_mnt(m, &m->mnt_was, 2) : -EBUSY;

	if (!err)
		list_move_tail(&m->mnt_list, dead);
	return err;
}

int umount_path(struct path *path, int flags)
{
	struct mount *m = real_mount(path->mnt);
	LIST_HEAD(dead);
	int err = 0;

	down_write(&namespace_sem);
	if (list_empty(&m->mnt_list) || !mnt_has_parent(m))
		err = -EINVAL;
	else if (!(flags & MNT_DETACH))
		err = umount_idle(m, &dead);
	else
		umount_tree(m, &dead);
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
			umount_tree(m, &dead);
			goto again;
		}
	}
	up_write(&namespace_sem);
	free_dead_mounts(&dead);
}

/*
 * Puts the detached tree @m at @path, under lock_mount(). -ENOTDIR when one is a directory and the
 * other not, -ENOENT when @path was removed, -EINVAL when its mount was.
 */
int graft_tree(struct mount *m, const struct path *path)
{
	struct inode *at = path->dentry->d_inode;
	struct mount *parent = real_mount(path->mnt);

	if (S_ISDIR(at->i_mode) != d_is_dir(m->mnt.mnt_root))
		return -ENOTDIR;
	if (list_empty(&parent->mnt_list))
		return -EINVAL;
	if (IS_DEADDIR(at) || d_unlinked(path->dentry))
		return -ENOENT;
	attach_mnt(m, parent, path->dentry);
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
	umount_tree(m, &dead);
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
	up_write(&namespace_sem);
	root.mnt = &m->mnt;
	root.dentry = m->mnt.mnt_root;
	set_fs_root(&init_fs, &root);
	set_fs_pwd(&init_fs, &root);
}
